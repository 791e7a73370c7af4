//! `cmr init`.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::super::args::init::InitArgs;
use super::super::output::vault::{DryRun, Made};
use super::super::secret;
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::error::{Error, io};
use crate::vault::key::DataKey;
use crate::vault::slot::{NewSlot, new_recovery};
use crate::vault::{Tx, Vault, passphrase};
use crate::{ledger, profile};

pub(in super::super) fn run(args: &InitArgs, session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    if crate::vault::Manifest::exists(&dir) {
        return Err(Error::bad_input(format!("there is already a vault in {}", dir.display()))
            .hint("choose another place with --vault DIR, or use the one that is there: cmr status"));
    }
    let passphrase = new_passphrase(session)?;
    if session.globals().dry_run {
        session.printer().show(&DryRun { would: format!("A vault would be made in {}.", dir.display()) })?;
        return Ok(Outcome::Done);
    }
    // Before the vault: one whose recovery key has no place to go would lose it for good.
    let recovery_file = args.recovery_file.as_deref().map(RecoveryFile::create).transpose()?;
    let (vault, recovery) = make(&dir, &passphrase)?;
    let recovery_file = match recovery_file {
        Some(file) => Some(file.keep(&recovery).inspect_err(|_| {
            session.printer().warn("the vault was made, but the recovery key could not be written");
        })?),
        None => None,
    };
    session.printer().show(&Made {
        vault: dir.display().to_string(),
        id: vault.manifest().id.to_string(),
        slots: vault.manifest().slots.iter().map(|slot| slot.name.clone()).collect(),
        recovery_key: recovery_file.is_none().then(|| recovery.to_string()),
        recovery_file,
    })?;
    if session.prompt().is_interactive() && args.recovery_file.is_none() {
        check_recovery(session, &recovery)?;
    }
    session.printer().remark("Next: cmr profile import card.vcf, or cmr profile set name \"Ada Lovelace\"");
    Ok(Outcome::Done)
}

/// Makes a vault with a passphrase slot and a recovery slot.
pub(in super::super) fn make(dir: &Path, passphrase: &SecretString) -> Result<(Vault, zeroize::Zeroizing<String>)> {
    make_with(dir, &DataKey::generate()?, passphrase)
}

/// The same, with a given data key.
pub(super) fn make_with(
    dir: &Path,
    key: &DataKey,
    passphrase: &SecretString,
) -> Result<(Vault, zeroize::Zeroizing<String>)> {
    let (identity, recovery) = new_recovery();
    let slots = [NewSlot::Passphrase(passphrase), NewSlot::Recovery(&identity)];
    let first = |tx: &Tx| {
        ledger::append(tx, "vault-created", "vault", &json!({"slots": ["passphrase", "recovery"]}))?;
        profile::add_persona(tx, profile::DEFAULT_PERSONA).map(|_| ())
    };
    Ok((Vault::create(dir, key, &slots, first)?, recovery))
}

fn new_passphrase(session: &Session) -> Result<SecretString> {
    if let Some((given, _)) = secret::given_passphrase(session.globals())? {
        passphrase::check(given.expose_secret())?;
        return Ok(given);
    }
    let offered = passphrase::offer()?;
    session.printer().remark(&format!(
        "A passphrase protects the vault. Choose one, or take this one, which is strong:\n\n    {}\n\n\
         Leave the line empty to take it; you will type it once more.\n",
        offered.as_str()
    ));
    loop {
        let typed = match session.prompt().is_interactive() {
            true => session.prompt().optional_secret("Passphrase")?,
            false => Some(session.prompt().secret("Passphrase")?),
        };
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

/// Makes sure that the recovery key was kept before its line scrolls away.
fn check_recovery(session: &Session, recovery: &str) -> Result<()> {
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
    session.printer().warn(
        "the recovery key was not confirmed: without it, a forgotten passphrase loses the vault. \
         To get another, delete the vault's directory and type cmr init again",
    );
    Ok(())
}

/// The new file for the recovery key. It is removed again unless the key is kept in it.
struct RecoveryFile<'a> {
    path: &'a Path,
    file: File,
    kept: bool,
}

impl<'a> RecoveryFile<'a> {
    fn create(path: &'a Path) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        Ok(Self { path, file: file.map_err(|e| io("create", path, e))?, kept: false })
    }

    fn keep(mut self, recovery: &str) -> Result<String> {
        let written = writeln!(self.file, "{recovery}").and_then(|()| self.file.sync_all());
        written.map_err(|e| io("write", self.path, e))?;
        self.kept = true;
        Ok(self.path.display().to_string())
    }
}

impl Drop for RecoveryFile<'_> {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(self.path);
        }
    }
}
