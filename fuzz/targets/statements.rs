//! The readers of statements and of mail, given any bytes: a result or a refusal, and nothing unprintable.

#![no_main]

use cmr::error::Result;
use cmr::import::evidence::{Evidence, Place, Secret, Sink};
use cmr::import::mail::imap;
use cmr::import::{bank, mail};
use libfuzzer_sys::fuzz_target;

/// A sink that checks what it hears.
struct Checks;

impl Sink for Checks {
    fn found(&mut self, evidence: Evidence) -> Result<()> {
        let printable = |text: &str| text.chars().all(|c| !c.is_control());
        assert!(evidence.name.as_deref().is_none_or(printable) && evidence.account.as_deref().is_none_or(printable));
        assert!(evidence.host.as_deref().is_none_or(|host| host.len() <= 253 && host.is_ascii()));
        assert!(evidence.host.is_some() || evidence.name.is_some());
        Ok(())
    }

    fn skipped(&mut self, _: Place, _: &str) -> Result<()> {
        Ok(())
    }

    fn dropped(&mut self, _: Secret) {}

    fn at(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
}

/// A mailbox whose server says this, whatever it is asked.
fn conversation(said: &[u8]) {
    let password = secrecy::SecretString::from("x".to_owned());
    let account = imap::Account { host: "mail.example".to_owned(), port: imap::PORT, user: "me".to_owned(), password };
    drop(imap::read_over(tokio::io::join(said, tokio::io::sink()), &account, &[], &[], &mut Checks));
}

fuzz_target!(|bytes: &[u8]| {
    let statement = |format| drop(bank::read(&mut &bytes[..], format, &|_| None, &[], &mut Checks));
    let letters = |format| {
        let options = mail::Options { format, mine: &[] };
        drop(mail::read_stream(bytes, "fuzzed", options, &mut Checks));
    };
    match env!("CARGO_BIN_NAME") {
        "bank-ofx" => statement(Some(bank::Format::Ofx)),
        "bank-camt" => statement(Some(bank::Format::Camt)),
        "bank-csv" => statement(Some(bank::Format::Csv)),
        "bank-any" => statement(None),
        "mail-mbox" => letters(Some(mail::Format::Mbox)),
        "mail-imap" => conversation(bytes),
        "mail-eml" => letters(Some(mail::Format::Message)),
        _ => letters(None),
    }
});
