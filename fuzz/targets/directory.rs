//! The reader of JustDeleteMe, given any bytes as its file.

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
    let path = std::env::temp_dir().join(format!("cmr-fuzz-{}", std::process::id())).join("sites.json");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a place to write");
    std::fs::write(&path, bytes).expect("a file");
    drop(read(&path, &mut Checks));
});
