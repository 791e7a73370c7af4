//! The readers of the public directories, given any bytes as a file of theirs.

#![no_main]

use cmr::error::Result;
use cmr::import::directory::{DirectoryRecord, DirectorySink, Pack, read};
use libfuzzer_sys::fuzz_target;

struct Checks;

impl DirectorySink for Checks {
    fn record(&mut self, record: DirectoryRecord) -> Result<()> {
        assert!(record.domains.iter().all(|domain| domain.is_ascii() && domain.len() <= 253));
        Ok(())
    }

    fn pack(&mut self, _: Pack) -> Result<()> {
        Ok(())
    }

    fn skipped(&mut self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn at(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    // On a disk of memory, where there is one: a file a run.
    let memory = std::path::Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let root = root.join(format!("cmr-fuzz-{}", std::process::id()));
    let files: &[&str] = match env!("CARGO_BIN_NAME") {
        "directory-sites" => &["sites.json"],
        // Whatever a record is of: one file in the place of each.
        _ => &["companies/a.json", "supervisory-authorities/a.json", "company-packs/a.json", "obsolete-records/a.json"],
    };
    for file in files {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a place to write");
        std::fs::write(&path, bytes).expect("a file");
    }
    drop(read(&root, &mut Checks));
});
