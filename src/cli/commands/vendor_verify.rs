//! `cmr vendor verify`.

use super::super::output::verify::Verification;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::moving::{self, Heard};
use crate::delivery::channel::Ways;
use crate::delivery::drift::{self, Asked, State};
use crate::delivery::lend;
use crate::delivery::talk::Plan;
use crate::error::Error;
use crate::grant;
use crate::vault::Vault;
use crate::vendor::{self, Vendor};

/// Asks a vendor what it shows of what it was told.
pub(super) fn run(session: &Session, typed: &str, again: bool, timeout: u64) -> Result<Outcome> {
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
    if again {
        return bring_again(session, &mut vault, &vendor, &asked);
    }
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
            let left = asked.findings.iter().filter(|finding| finding.state == State::StillThere);
            let next = match left.into_iter().all(|finding| finding.expected.told) {
                true => format!("{vendor} was told to let go of it, and shows it still: ask {vendor} itself."),
                false => format!("{vendor} was not told yet to let go of it. If that waits: cmr push {vendor}"),
            };
            (Outcome::UserMustAct, Some(next))
        }
        None if any(State::Drifted) => {
            let next = format!(
                "If a newer value is on its way: cmr push {vendor}. Else somebody changed it there; to bring yours again: \
                 cmr vendor verify {vendor} --again"
            );
            (Outcome::UserMustAct, Some(next))
        }
        None if any(State::Unknown) => {
            (Outcome::UserMustAct, Some(format!("{vendor} shows nothing of some of it: nobody can tell what it has.")))
        }
        None => (Outcome::Done, None),
    }
}

/// Queues the grants whose claims the vendor shows otherwise, as they are: what they lend, it was told before.
fn bring_again(session: &Session, vault: &mut Vault, vendor: &Vendor, asked: &Asked) -> Result<Outcome> {
    let drifted = asked.findings.iter().filter(|finding| finding.state == State::Drifted);
    let claims: Vec<&str> = drifted.map(|finding| finding.expected.claim.as_str()).collect();
    if claims.is_empty() {
        session.printer().remark("Nothing is to be brought again: no claim that is lent shows another value.");
        return Ok(concluded(asked).0);
    }
    let question = format!("Bring your value of {} to {} again?", claims.join(", "), vendor.name);
    if session.globals().dry_run || !session.confirm(&question, "--yes")? {
        return Ok(Outcome::UserMustAct);
    }
    vault.write(|tx| {
        for mut grant in grant::list_of_vendor(tx, &vendor.id)? {
            let lends = grant.scope.claims.iter().any(|lent| claims.contains(&lent.claim.base()));
            if lends && grant.is_current(tx.now()) {
                lend::change(tx, vendor, &mut grant)?;
            }
        }
        Ok(())
    })?;
    session.printer().remark(&format!("It goes with the next push: cmr push {}", vendor.name));
    Ok(Outcome::UserMustAct)
}
