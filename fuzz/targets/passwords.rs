//! A reader of passwords, given any bytes: a result or a refusal, and never a secret in the words of a refusal.

#![no_main]

use std::io::Cursor;

use cmr::error::Result;
use cmr::import::evidence::{Evidence, Place, Secret, Sink};
use cmr::import::passwords::{Format, read, read_any};
use libfuzzer_sys::fuzz_target;

/// Stands where secrets do in the seeds; the fuzzer may carry it anywhere, and so it is looked for only in what a reader
/// says about a file.
const MARK: &str = "S3CRET";

/// A sink that checks what it hears.
struct Checks;

impl Sink for Checks {
    fn found(&mut self, evidence: Evidence) -> Result<()> {
        let printable = |text: &str| text.chars().all(|c| !c.is_control());
        let host = evidence.host.as_deref().unwrap_or("a.b");
        assert!(host.contains('.') && host.len() <= 253 && host.is_ascii());
        assert!(evidence.name.as_deref().is_none_or(printable) && evidence.account.as_deref().is_none_or(printable));
        assert!(evidence.host.is_some() || evidence.name.is_some());
        Ok(())
    }

    fn skipped(&mut self, _: Place, why: &str) -> Result<()> {
        assert!(!why.contains(MARK));
        Ok(())
    }

    fn dropped(&mut self, _: Secret) {}

    fn at(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let name = env!("CARGO_BIN_NAME").strip_prefix("passwords-").unwrap_or_default();
    let result = match name.parse::<Format>() {
        Ok(format) => read(format, Cursor::new(bytes), &mut Checks),
        Err(_) => read_any(Cursor::new(bytes), &mut Checks),
    };
    // Names of entries in an archive are told, and anything may stand in them.
    if let (Err(error), false) = (result, bytes.starts_with(b"PK")) {
        assert!(!error.to_string().contains(MARK));
    }
});
