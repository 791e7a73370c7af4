//! The change of address: planned for a day, begun with one change of the profile, and followed at each vendor until the
//! last one confirmed.

use jiff::Timestamp;
use serde_json::json;

use super::lend::{self, Followed};
use crate::error::{Error, Result};
use crate::ledger;
use crate::profile::model::{ClaimName, ClaimValue};
use crate::profile::{self, Change};
use crate::vault::{Tx, Vault};

mod standing;
mod store;

pub use standing::{Has, Line, Stage, lines};
pub use store::last;

/// Another address, from a day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Relocation {
    /// Its number in this vault; 0 for one that is only thought of.
    pub id: i64,
    /// Which address.
    pub claim: ClaimName,
    /// In which personas.
    pub personas: Vec<String>,
    /// The address before.
    pub old: Option<ClaimValue>,
    /// The new address.
    pub new: ClaimValue,
    /// From when it holds.
    pub from_at: Timestamp,
    /// When the profile was changed and vendors began to hear of it.
    pub begun_at: Option<Timestamp>,
}

/// Writes a move down, in the place of one that was planned and not begun.
///
/// # Errors
/// Kind bad input for an address that is what the profile has.
pub fn plan(tx: &Tx, planned: &Relocation) -> Result<Relocation> {
    if planned.old.as_ref() == Some(&planned.new) {
        return Err(Error::bad_input("that is the address that the profile has: nothing moves"));
    }
    store::drop_planned(tx)?;
    let id = store::insert(tx, planned)?;
    let body = json!({"claim": planned.claim, "personas": planned.personas, "from": planned.from_at});
    ledger::append(tx, "move-planned", &planned.claim.to_string(), &body)?;
    Ok(Relocation { id, ..planned.clone() })
}

/// Begins the moves whose day has come: the profile says the new address, and the grants that carry it follow.
///
/// # Errors
/// The database's.
pub fn begin_due(tx: &Tx) -> Result<Vec<Followed>> {
    let mut followed = Vec::new();
    for relocation in store::due(tx, tx.now())? {
        followed.extend(begin(tx, &relocation)?);
    }
    Ok(followed)
}

/// The same, where nothing is written as long as no day has come.
///
/// # Errors
/// The database's.
pub fn begin_if_due(vault: &mut Vault) -> Result<()> {
    if store::due(vault.connection(), Timestamp::now())?.is_empty() {
        return Ok(());
    }
    vault.write(begin_due).map(|_| ())
}

/// Changes the profile, and lets grants follow. A persona that is gone, or has that address already, is left as it is.
fn begin(tx: &Tx, relocation: &Relocation) -> Result<Vec<Followed>> {
    // First, so that no message of this change is older than it.
    store::mark_begun(tx, relocation.id)?;
    ledger::append(tx, "move-begun", &relocation.claim.to_string(), &json!({"personas": relocation.personas}))?;
    let mut followed = Vec::new();
    for persona in &relocation.personas {
        if profile::require_persona(tx, persona).is_err() {
            continue;
        }
        let old = profile::get(tx, persona, &relocation.claim)?;
        if old.as_ref() == Some(&relocation.new) {
            continue;
        }
        let change = Change { name: relocation.claim.clone(), old, new: Some(relocation.new.clone()) };
        profile::apply(tx, persona, &[change], "move")?;
        followed.extend(lend::follow(tx, persona, std::slice::from_ref(&relocation.claim))?);
    }
    Ok(followed)
}
