//! Renewing: by hand, or by a rule that the user made. A rule is bound to the scope that it was made for: the change
//! that makes a grant wider takes its rule away.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::events::Signer;
use super::lend::{advance, last_told, note, overtake, prev, queue, tell_claims};
use super::queue_store;
use super::store;
use crate::error::{Error, Kind, Result};
use crate::grant::renewal::{Decision, Why, check, decide};
use crate::grant::{self, Grant, Renewal, Scope, Status, Step, scope};
use crate::vault::Tx;
use crate::vendor::{self, Vendor};
use crate::wire::event::{Event, GrantRenewed};

/// Lets a grant last longer; no data is sent again.
///
/// Where data of it still waits, the whole goes with the new end instead, in one message and with the same values: a
/// vendor that got the old end after it had passed would never take the new one.
///
/// # Errors
/// Kind bad input if the grant has ended: an ended grant needs a new one.
pub fn renew(tx: &Tx, vendor: &Vendor, grant: &mut Grant, expires_at: Timestamp) -> Result<()> {
    if grant.state.status == Status::Draft {
        return Err(Error::bad_input("the grant is a draft: the vendor was not told yet")
            .hint(format!("offer it: cmr grant amend {} --offer", grant.id)));
    }
    let waiting = match store::content_waits(tx, &grant.id)? {
        true => Some(last_told(tx, grant)?),
        false => None,
    };
    advance(grant, Step::Change)?;
    grant.expires_at = expires_at;
    let signer = Signer::of(tx, vendor)?;
    match waiting {
        Some(claims) => {
            let event = overtake(tx, &signer, grant)?;
            tell_claims(tx, &signer, grant, event, claims)?;
        }
        None => tell_end(tx, &signer, grant)?,
    }
    grant::save(tx, grant)
}

fn tell_end(tx: &Tx, signer: &Signer, grant: &Grant) -> Result<()> {
    queue_store::cancel_renewals(tx, &grant.id)?;
    let payload = GrantRenewed {
        grant_id: grant.id.clone(),
        version: grant.state.version,
        prev: prev(tx, grant)?,
        expires_at: grant.expires_at,
        event_state: "RenewedConsentGiven".into(),
    };
    queue(tx, signer, grant, Event::GrantRenewed, &payload, json!({"expires": grant.expires_at}))
}

/// Gives a grant a rule, in the place of the one that it has. Nothing is renewed or sent by that.
///
/// # Errors
/// Kind bad input for a grant that is not current, and for a rule that could never renew it.
pub fn set_rule(tx: &Tx, grant: &mut Grant, rule: Renewal) -> Result<()> {
    check(grant, &rule, tx.now())?;
    let mut body = rule_body(&rule);
    body["scope"] = scope_body(&grant.scope);
    note(tx, "renewal-rule-set", grant, body)?;
    grant.renewal = Some(rule);
    grant::save(tx, grant)
}

/// Takes a grant's rule away.
///
/// # Errors
/// Kind not found if it has none.
pub fn remove_rule(tx: &Tx, grant: &mut Grant) -> Result<()> {
    let rule = grant.renewal.take().ok_or_else(|| Error::not_found("the grant has no rule"))?;
    note(tx, "renewal-rule-removed", grant, rule_body(&rule))?;
    grant::save(tx, grant)
}

/// Takes the rule away from a grant whose scope is wider than it is stored: the user said yes to less. The grant is
/// not saved yet.
pub(super) fn void_if_wider(tx: &Tx, grant: &mut Grant) -> Result<()> {
    let Some(rule) = &grant.renewal else { return Ok(()) };
    let wider = scope::widens(&grant::get(tx, &grant.id)?.scope, &grant.scope);
    if wider.is_empty() {
        return Ok(());
    }
    let mut body = rule_body(rule);
    body["wider"] = json!(wider);
    note(tx, "renewal-rule-voided", grant, body)?;
    grant.renewal = None;
    Ok(())
}

fn rule_body(rule: &Renewal) -> Value {
    json!({"each": rule.each, "until": rule.until})
}

/// What the user said yes to, so that the ledger alone can show that a renewal was for the same or less.
fn scope_body(scope: &Scope) -> Value {
    json!({
        "claims": scope.claims.iter().map(|lent| lent.claim.to_string()).collect::<Vec<_>>(),
        "purposes": scope.purposes,
        "lawful_basis": scope.lawful_basis,
        "mode": scope.mode,
        "data_life": scope.data_life,
        "recipients": scope.recipients,
        "terms": scope.terms,
    })
}

/// A grant that is due, and what is to be done with it, or was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The grant, as it was before.
    pub grant: Grant,
    /// The vendor's name.
    pub vendor: String,
    /// Never [`Decision::NotYet`].
    pub decision: Decision,
}

impl Due {
    /// Whether its rule renews it.
    pub fn is_renewed(&self) -> bool {
        matches!(self.decision, Decision::Renew { .. })
    }
}

/// The grants that end within so much time, and whether their rules renew them; those first that end first. One that
/// ended before its rule could renew it is named for as long after its end.
///
/// # Errors
/// The database's.
pub fn due(connection: &Connection, now: Timestamp, within: SignedDuration) -> Result<Vec<Due>> {
    let from = now.checked_sub(within).unwrap_or(Timestamp::MIN);
    let to = now.checked_add(within).unwrap_or(Timestamp::MAX);
    let mut due = Vec::new();
    for grant in grant::ending(connection, from, to)? {
        let decision = decide(&grant, now, within);
        if decision != Decision::NotYet {
            let vendor = vendor::name_of(connection, &grant.vendor_id)?.unwrap_or_default();
            due.push(Due { grant, vendor, decision });
        }
    }
    Ok(due)
}

/// Renews what is due and has a rule that allows it, and returns all that is due. One that fails is among those that
/// need the user, and costs the others nothing.
///
/// # Errors
/// The database's.
pub fn renew_due(tx: &Tx, within: SignedDuration) -> Result<Vec<Due>> {
    let mut all = due(tx, tx.now(), within)?;
    for due in &mut all {
        let Decision::Renew { until } = due.decision else { continue };
        match tx.nested(|| renew_by_rule(tx, due.grant.clone(), until)) {
            Err(error) if is_of_one_grant(&error) => due.decision = Decision::NeedsUser(Why::Failed(error.to_string())),
            other => other?,
        }
    }
    Ok(all)
}

/// Whether a failure says something of one grant, and nothing of the vault.
fn is_of_one_grant(error: &Error) -> bool {
    error.kind() != Kind::Failed && std::error::Error::source(error).is_none()
}

fn renew_by_rule(tx: &Tx, mut grant: Grant, until: Timestamp) -> Result<()> {
    let vendor = vendor::get(tx, &grant.vendor_id)?;
    let was = grant.expires_at;
    renew(tx, &vendor, &mut grant, until)?;
    let mut body = grant.renewal.as_ref().map(rule_body).unwrap_or_default();
    body["was"] = json!(was);
    body["expires"] = json!(until);
    note(tx, "renewal-rule-used", &grant, body)
}
