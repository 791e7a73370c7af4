//! `cmr vendor verify`.

use super::super::output::verify::Verification;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::moving::{self, Heard};
use crate::delivery::channel::Ways;
use crate::delivery::drift::{self, Asked, State};
use crate::delivery::talk::Plan;
use crate::error::Error;
use crate::vendor;

/// Asks a vendor what it shows of what it was told.
pub(super) fn run(session: &Session, typed: &str, timeout: u64) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), typed)?;
    if !Ways::of(vault.connection(), &vendor)?.show_something() {
        return Err(Error::not_found(format!("no channel of {} shows what it has", vendor.name))
            .hint(format!("what it was told: cmr vendor knows {}", vendor.name)));
    }
    let plan = Plan { vendor_id: Some(vendor.id.clone()), verify: true, ..Plan::default() };
    let turn = moving::turn(session, &vault)?;
    let mut heard = Heard::default();
    moving::converse(session, &mut vault, timeout, &plan, &mut heard)?;
    drop(turn);
    let asked = heard.read_back.pop().ok_or_else(|| Error::failed(format!("{} was not asked", vendor.name)))?;
    let kept = drift::of_vendor(vault.connection(), &vendor.id)?;
    session.printer().show(&Verification::of(&asked, &kept))?;
    let (outcome, next) = concluded(&asked);
    if let Some(next) = next {
        session.printer().remark(&next);
    }
    Ok(outcome)
}

/// What it comes to, and what to type next.
fn concluded(asked: &Asked) -> (Outcome, Option<String>) {
    let (vendor, any) = (&asked.vendor, |state| asked.findings.iter().any(|finding| finding.state == state));
    match &asked.trouble {
        _ if asked.findings.is_empty() => (Outcome::NothingFound, None),
        Some(trouble) if trouble.must_act => {
            let next = format!("A new token, if that is it: cmr vendor set {vendor} --token-file FILE");
            (Outcome::UserMustAct, Some(next))
        }
        Some(_) => (Outcome::Queued, Some(format!("Later: cmr vendor verify {vendor}"))),
        None if any(State::StillThere) => {
            let next = format!(
                "If its removal is still on its way: cmr push {vendor}. Else ask {vendor} to delete it; it has been told to."
            );
            (Outcome::UserMustAct, Some(next))
        }
        None if any(State::Drifted) => {
            let next = format!(
                "If a newer value is on its way: cmr push {vendor}. Else somebody changed it there: cmr grant list {vendor} \
                 shows the grant, and cmr grant amend GRANT brings your values again."
            );
            (Outcome::UserMustAct, Some(next))
        }
        None if any(State::Unknown) => {
            (Outcome::UserMustAct, Some(format!("{vendor} shows nothing of some of it: nobody can tell what it has.")))
        }
        None => (Outcome::Done, None),
    }
}
