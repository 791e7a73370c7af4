//! `cmr init`.

use std::path::Path;

use secrecy::SecretString;
use serde_json::json;

use super::super::args::init::InitArgs;
use super::super::output::vault::{DryRun, Made};
use super::super::secret;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::new_secret::{SecretFile, check_recovery, new_passphrase};
use crate::error::Error;
use crate::vault::key::DataKey;
use crate::vault::slot::{NewSlot, new_recovery};
use crate::vault::{Tx, Vault};
use crate::{ledger, profile};

pub(in super::super) fn run(args: &InitArgs, session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    if crate::vault::Manifest::exists(&dir) {
        return Err(Error::bad_input(format!("there is already a vault in {}", dir.display()))
            .hint("choose another place with --vault DIR, or use the one that is there: cmr status"));
    }
    let given = secret::given_passphrase(session.globals())?.map(|(given, _)| given);
    let passphrase = new_passphrase(session, given)?;
    if session.globals().dry_run {
        session.printer().show(&DryRun { would: format!("A vault would be made in {}.", dir.display()) })?;
        return Ok(Outcome::Done);
    }
    // Before the vault: one whose recovery key has no place to go would lose it for good.
    let recovery_file = args.recovery_file.as_deref().map(SecretFile::create).transpose()?;
    let (vault, recovery) = make(&dir, &passphrase)?;
    let recovery_file = match recovery_file {
        Some(mut file) => {
            file.write(&recovery).inspect_err(|_| {
                session.printer().warn("the vault was made, but the recovery key could not be written");
            })?;
            Some(file.keep())
        }
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
        check_recovery(
            session,
            &recovery,
            "without it, a forgotten passphrase loses the vault. For another: cmr key add recovery --replace",
        )?;
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
