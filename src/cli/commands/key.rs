//! `cmr key`.

use super::super::args::key::{KeyArgs, KeyVerb};
use super::super::output::vault::{Keys, Slot};
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::vault::Manifest;

pub(in super::super) fn run(args: &KeyArgs, session: &Session) -> Result<Outcome> {
    match args.verb {
        KeyVerb::List => list(session),
    }
}

/// Lists the slots without opening the vault: what is shown is no secret.
fn list(session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    let manifest = Manifest::read(&dir)?;
    let slots = manifest.slots.iter().map(|slot| Slot {
        name: slot.name.clone(),
        kind: slot.kind.name().to_owned(),
        created: slot.created,
        recipient: slot.recipient.clone(),
        file: crate::vault::slot::inspect(&dir, slot).map_or_else(|error| error.to_string(), |()| "ok".to_owned()),
    });
    let keys =
        Keys { id: manifest.id.to_string(), key_fingerprint: manifest.key_fingerprint.clone(), slots: slots.collect() };
    session.printer().show(&keys)?;
    session.printer().remark("Check that a slot opens the vault: CMR_IDENTITY_FILE=recovery.txt cmr status");
    Ok(Outcome::Done)
}
