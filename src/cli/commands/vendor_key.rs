//! `cmr vendor set --new-key`.

use super::super::output::text::count;
use super::super::output::vault::DryRun;
use super::super::output::vendor_key::{NewKeyLine, NewKeys};
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::delivery::rekey;
use crate::error::Kind;
use crate::vault::{Tx, Vault};
use crate::vendor::{self, Vendor};

/// Whether the key is to be changed: false after `--dry-run`, which says what would be.
pub(super) fn confirmed(session: &Session, vault: &Vault, vendor: &Vendor) -> Result<bool> {
    rekey::check(vault.connection(), vendor)?;
    let name = &vendor.name;
    if session.globals().dry_run {
        let would = format!("{name} would be told of a new key with the next push.");
        session.printer().show(&DryRun { would })?;
        return Ok(false);
    }
    session.require(&format!("Sign with a new key at {name}? The old one signs until {name} took it."), "--yes")?;
    Ok(true)
}

/// Queues a new key for every vendor that knows one. What is in the way at one vendor is said, and stops no other.
pub(super) fn change_all(session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let ids = vendor::introduced(vault.connection())?;
    let mut able = 0;
    for id in &ids {
        let vendor = vendor::get(vault.connection(), id)?;
        able += usize::from(rekey::check(vault.connection(), &vendor).is_ok());
    }
    let vendors = count(able, "vendor");
    if session.globals().dry_run {
        let would = format!("{vendors} would be told of a new key with the next push.");
        session.printer().show(&DryRun { would })?;
        return Ok(Outcome::Done);
    }
    if able > 0 {
        session
            .require(&format!("Sign with a new key at {vendors}? The old ones sign until they took it."), "--yes")?;
    }
    let vendors = vault.write(|tx| ids.iter().map(|id| change(tx, id)).collect::<Result<_>>())?;
    session.printer().show(&NewKeys { vendors })?;
    Ok(Outcome::Done)
}

fn change(tx: &Tx, id: &str) -> Result<NewKeyLine> {
    let vendor = vendor::get(tx, id)?;
    let reason = match tx.nested(|| rekey::queue(tx, &vendor)) {
        Ok(_) => None,
        Err(error) if error.kind() == Kind::BadInput => Some(error.to_string()),
        Err(error) => return Err(error),
    };
    Ok(NewKeyLine { vendor: vendor.name, queued: reason.is_none(), reason })
}
