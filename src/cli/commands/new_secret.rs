//! Secrets that a command makes or asks for anew: a passphrase, a recovery key, a file with an identity.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::super::session::Session;
use super::super::{Result, new_file};
use crate::error::io;
use crate::vault::passphrase;

/// The new passphrase that was given, or one that a person chooses: typed twice, and strong.
pub(super) fn new_passphrase(session: &Session, given: Option<SecretString>) -> Result<SecretString> {
    if let Some(given) = given {
        passphrase::check(given.expose_secret())?;
        return Ok(given);
    }
    if !session.prompt().is_interactive() {
        // Nobody is offered anything: the error names what answers.
        return session.prompt().secret("New passphrase");
    }
    let offered = passphrase::offer()?;
    session.printer().remark(&format!(
        "A passphrase protects the vault. Choose one, or take this one, which is strong:\n\n    {}\n\n\
         Leave the line empty to take it; you will type it once more.\n",
        offered.as_str()
    ));
    loop {
        let typed = session.prompt().optional_secret("New passphrase")?;
        let chosen = typed.unwrap_or_else(|| SecretString::from(offered.as_str()));
        if let Err(error) = passphrase::check(chosen.expose_secret()) {
            session.printer().warn(&error.to_string());
            continue;
        }
        let again = session.prompt().secret("The same again")?;
        if again.expose_secret() == chosen.expose_secret() {
            return Ok(chosen);
        }
        session.printer().warn("the two differ: once more");
    }
}

/// Makes sure that a recovery key was kept before its line scrolls away. `otherwise` is what to do where it was not.
pub(super) fn check_recovery(session: &Session, recovery: &str, otherwise: &str) -> Result<()> {
    let tail = &recovery[recovery.len() - 6..];
    for _ in 0..3 {
        let typed = session
            .prompt()
            .line("Type the last six characters of the recovery key, when you have kept it", "--recovery-file")?;
        if typed.trim().eq_ignore_ascii_case(tail) {
            return Ok(());
        }
        session.printer().warn("that is not how it ends");
    }
    session.printer().warn(&format!("the recovery key was not confirmed: {otherwise}"));
    Ok(())
}

/// A new file for a secret, readable by its owner alone. It is removed again unless it is kept.
pub(super) struct SecretFile<'a> {
    path: &'a Path,
    file: File,
    kept: bool,
}

impl<'a> SecretFile<'a> {
    /// Makes it. One that is there is left alone.
    pub(super) fn create(path: &'a Path) -> Result<Self> {
        Ok(Self { path, file: new_file::create(path)?, kept: false })
    }

    /// Writes the secret, durably.
    pub(super) fn write(&mut self, text: &str) -> Result<()> {
        let written = writeln!(self.file, "{text}").and_then(|()| self.file.sync_all());
        written.map_err(|e| io("write", self.path, e))
    }

    /// Leaves it where it is, and says where.
    pub(super) fn keep(mut self) -> String {
        self.kept = true;
        self.path.display().to_string()
    }
}

impl Drop for SecretFile<'_> {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(self.path);
        }
    }
}
