//! Lending, changing and taking back: a grant's new state, its signed message, its disclosures and its ledger entry, in
//! one transaction and before anything is sent.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::channel::{Kind as ChannelKind, Ways};
use super::events::{About, Signer};
use super::{queue_store, rekey, renewal, store};
use crate::error::{Error, Kind, Result};
use crate::grant::model::Mode;
use crate::grant::preview::{Outgoing, Row, preview, sendable};
use crate::grant::record::{Parties, record};
use crate::grant::{self, Grant, LentClaim, Scope, State, Status, Step};
use crate::ledger::{self, disclosure};
use crate::profile;
use crate::profile::model::ClaimName;
use crate::vault::Tx;
use crate::vendor::{self, Vendor};
use crate::wire::event::{Event, GrantContent, GrantRevoked, RelationshipCreated};
use crate::wire::set::Unchecked;

/// How long a vendor has to state the deletion after a revocation, in days: the month of GDPR Art. 12(3), as 30 days.
pub const CONFIRM_DAYS: i64 = 30;

/// The preview of lending these claims of a persona to a vendor.
///
/// # Errors
/// The database's.
pub fn look(connection: &Connection, vendor: &Vendor, persona: &str, claims: &[LentClaim]) -> Result<Vec<Row>> {
    let query = disclosure::Query { vendor_id: Some(&vendor.id), ..Default::default() };
    let mut known = BTreeMap::new();
    for disclosure in
        disclosure::known(connection, &query)?.into_iter().filter(|d| d.delivered_at.is_some() && !d.refused)
    {
        // Newest first: the first of each claim is what the vendor should use.
        known.entry(disclosure.claim).or_insert(disclosure.value);
    }
    Ok(preview(&outgoing(connection, vendor, persona, claims)?, &known))
}

/// What of a grant can be sent now, by claim; whatever the vendor has.
fn to_send(connection: &Connection, vendor: &Vendor, grant: &Grant) -> Result<BTreeMap<String, Value>> {
    let outgoing = outgoing(connection, vendor, &grant.persona, &grant.scope.claims)?;
    Ok(sendable(&preview(&outgoing, &BTreeMap::new())))
}

fn outgoing(connection: &Connection, vendor: &Vendor, persona: &str, claims: &[LentClaim]) -> Result<Vec<Outgoing>> {
    let aliases = vendor::aliases(connection, &vendor.id)?;
    let ways = Ways::of(connection, vendor)?;
    let mut outgoing = Vec::new();
    for lent in claims {
        let plain = ClaimName::plain(lent.claim.base())?;
        let alias = aliases.iter().find(|(name, _)| *name == lent.claim).or(aliases.iter().find(|(n, _)| *n == plain));
        let value = match alias {
            Some((_, value)) => Some(value.clone()),
            None => profile::get(connection, persona, &lent.claim)?,
        };
        outgoing.push(Outgoing {
            claim: lent.claim.base().to_owned(),
            value: value.map(|value| value.to_json()),
            alias: alias.is_some(),
            taken: ways.takes(lent.claim.base()),
        });
    }
    Ok(outgoing)
}

/// A grant as the user asked for it.
pub struct NewGrant<'a> {
    /// To whom.
    pub vendor: &'a Vendor,
    /// Whose values.
    pub persona: &'a str,
    /// What, what for, how.
    pub scope: Scope,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Writes a grant down without telling the vendor.
///
/// # Errors
/// The database's.
pub fn draft(tx: &Tx, new: NewGrant) -> Result<Grant> {
    let grant = Grant {
        id: Uuid::now_v7().to_string(),
        vendor_id: new.vendor.id.clone(),
        persona: new.persona.to_owned(),
        scope: new.scope,
        state: State::DRAFT,
        txn: Uuid::now_v7().to_string(),
        created_at: tx.now(),
        expires_at: new.expires_at,
        ended_at: None,
        ended_how: None,
        confirm_by: None,
        confirmed_at: None,
        renewal: None,
        closed_at: None,
        reminded_at: None,
    };
    grant::insert(tx, &grant)?;
    note(tx, "grant-drafted", &grant, json!({}))?;
    Ok(grant)
}

/// Offers a drafted grant: the vendor is told with the next push.
///
/// # Errors
/// Kind bad input if no claim of it can be sent, or it is no draft.
pub fn offer(tx: &Tx, vendor: &Vendor, grant: &mut Grant) -> Result<()> {
    advance(grant, Step::Offer)?;
    let signer = Signer::of(tx, vendor)?;
    introduce(tx, &signer)?;
    tell_content(tx, &signer, grant, Event::GrantCreated)?;
    grant::save(tx, grant)
}

/// Tells a vendor a grant whole again, after its scope, its purpose, its end or a value changed.
///
/// # Errors
/// Kind bad input if the grant has ended.
pub fn change(tx: &Tx, vendor: &Vendor, grant: &mut Grant) -> Result<()> {
    advance(grant, Step::Change)?;
    renewal::void_if_wider(tx, grant)?;
    if grant.state.status != Status::Draft {
        let signer = Signer::of(tx, vendor)?;
        let event = overtake(tx, &signer, grant)?;
        tell_content(tx, &signer, grant, event)?;
    }
    grant::save(tx, grant)
}

/// Takes back what of a grant is under way, because the grant goes whole again: the event that it goes with.
pub(super) fn overtake(tx: &Tx, signer: &Signer, grant: &mut Grant) -> Result<Event> {
    let never_left = !queue_store::cancel_untried(tx, &grant.id)?;
    queue_store::stop_retrying(tx, &grant.id)?;
    introduce(tx, signer)?;
    if !never_left {
        return Ok(Event::GrantUpdated);
    }
    // Nobody has seen a version of it: the vendor's count begins at 1.
    grant.state.version = 1;
    Ok(Event::GrantCreated)
}

/// Takes a grant back: it counts at once here. Unsent messages of it are cancelled. Returns whether the vendor is told:
/// not if it never heard of the grant.
///
/// # Errors
/// Kind bad input if the grant has ended already.
pub fn revoke(tx: &Tx, vendor: &Vendor, grant: &mut Grant, how: &str) -> Result<bool> {
    let told = queue_store::cancel_untried(tx, &grant.id)?;
    queue_store::stop_retrying(tx, &grant.id)?;
    advance(grant, Step::Revoke { told })?;
    grant.ended_at = Some(tx.now());
    grant.ended_how = Some(how.to_owned());
    if told {
        let confirm_by = tx.now() + (24 * CONFIRM_DAYS).hours();
        grant.confirm_by = Some(confirm_by);
        let payload = GrantRevoked {
            grant_id: grant.id.clone(),
            version: grant.state.version,
            prev: prev(tx, grant)?,
            effective_at: tx.now(),
            event_state: "ConsentWithdrawn".into(),
            requested: ["stop-processing", "delete", "notify-recipients"].map(str::to_owned).into(),
            confirm_by,
        };
        queue(tx, &Signer::of(tx, vendor)?, grant, Event::GrantRevoked, &payload, json!({"how": how}))?;
    } else {
        note(tx, "grant-revoked", grant, json!({"how": how, "vendor_was_told": false}))?;
    }
    grant::save(tx, grant)?;
    Ok(told)
}

/// Ends the grants whose time is over. A vendor that was told the end ends them by itself; what was written into its own
/// system knows of no end, and is taken back there.
///
/// # Errors
/// The database's.
pub fn expire_due(tx: &Tx) -> Result<Vec<Grant>> {
    let mut due = grant::due_to_expire(tx, tx.now())?;
    for grant in &mut due {
        let vendor = vendor::get(tx, &grant.vendor_id)?;
        if knows_no_end(tx, &vendor)? {
            revoke(tx, &vendor, grant, "its time was over")?;
            continue;
        }
        let told = queue_store::cancel_untried(tx, &grant.id)?;
        queue_store::stop_retrying(tx, &grant.id)?;
        advance(grant, Step::Expire { told })?;
        grant.ended_at = Some(grant.expires_at);
        grant.ended_how = Some("its time was over".into());
        note(tx, "grant-expired", grant, json!({}))?;
        grant::save(tx, grant)?;
    }
    Ok(due)
}

/// Whether what is lent to a vendor stands in a system that nobody told when it ends.
fn knows_no_end(connection: &Connection, vendor: &Vendor) -> Result<bool> {
    let way = Ways::of(connection, vendor)?.carrying(Event::GrantRevoked).map(|way| way.kind());
    Ok(matches!(way, Some(ChannelKind::Scim | ChannelKind::Connector)))
}

/// A grant that a change of the profile went to.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The vendor.
    pub vendor: Vendor,
    /// The grant, changed.
    pub grant: Grant,
    /// OpenID names of the claims whose value is another one now.
    pub claims: Vec<String>,
    /// Why the vendor cannot be told: then nothing of the grant changed.
    pub problem: Option<String>,
}

/// Queues an update for every current grant that carries one of these claims, and whose vendor would get another value
/// than it was last told. Others hear nothing.
///
/// # Errors
/// The database's.
pub fn follow(tx: &Tx, persona: &str, names: &[ClaimName]) -> Result<Vec<Followed>> {
    let mut followed = Vec::new();
    for grant in grant::carrying(tx, persona, names, tx.now())? {
        let vendor = vendor::get(tx, &grant.vendor_id)?;
        followed.extend(follow_grant(tx, vendor, grant)?);
    }
    Ok(followed)
}

/// As [`follow`], for one vendor: after an alias changed.
///
/// # Errors
/// The database's.
pub fn follow_vendor(tx: &Tx, vendor: &Vendor) -> Result<Vec<Followed>> {
    let mut followed = Vec::new();
    let follows = |grant: &Grant| grant.scope.mode == Mode::Continuous && grant.is_current(tx.now());
    for grant in grant::list_of_vendor(tx, &vendor.id)?.into_iter().filter(follows) {
        followed.extend(follow_grant(tx, vendor.clone(), grant)?);
    }
    Ok(followed)
}

/// Lets one grant follow. What one vendor will not take must not keep the user from changing their own profile: then
/// nothing of the grant changes, and the problem is said.
fn follow_grant(tx: &Tx, vendor: Vendor, mut grant: Grant) -> Result<Option<Followed>> {
    let Some(claims) = differs(tx, &vendor, &grant)? else { return Ok(None) };
    let before = grant.clone();
    let problem = match tx.nested(|| follow_or_end(tx, &vendor, &mut grant)) {
        Ok(()) => None,
        Err(error) if error.kind() == Kind::BadInput => {
            grant = before;
            Some(error.to_string())
        }
        Err(error) => return Err(error),
    };
    Ok(Some(Followed { vendor, grant, claims, problem }))
}

/// A grant that never left, and of which nothing is left to lend, is over: its unsent message must not go either.
fn follow_or_end(tx: &Tx, vendor: &Vendor, grant: &mut Grant) -> Result<()> {
    let nothing_left = to_send(tx, vendor, grant)?.is_empty();
    if nothing_left && queue_store::nothing_left(tx, &grant.id)? {
        return revoke(tx, vendor, grant, "its last claim was taken away").map(|_| ());
    }
    change(tx, vendor, grant)
}

/// The claims whose value would differ from what the vendor was last told; none if all are the same.
fn differs(tx: &Tx, vendor: &Vendor, grant: &Grant) -> Result<Option<Vec<String>>> {
    let now = to_send(tx, vendor, grant)?;
    let claims = differing(&last_told(tx, grant)?, &now);
    Ok((!claims.is_empty()).then_some(claims))
}

fn differing(before: &BTreeMap<String, Value>, now: &BTreeMap<String, Value>) -> Vec<String> {
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| before.get(*name) != now.get(*name)).cloned().collect()
}

/// The claims in the last message of the grant that carried any.
pub(super) fn last_told(connection: &Connection, grant: &Grant) -> Result<BTreeMap<String, Value>> {
    let Some(message) = store::last_content(connection, &grant.id)? else { return Ok(BTreeMap::new()) };
    let unreadable = || Error::damaged(format!("it holds a message, {}, that is not readable", message.id));
    let set = Unchecked::parse(&message.jws).map_err(|_| unreadable())?;
    let (_, payload) = set.peek().event().ok_or_else(unreadable)?;
    let content: GrantContent = serde_json::from_value(payload.clone()).map_err(|_| unreadable())?;
    Ok(content.claims)
}

pub(super) fn advance(grant: &mut Grant, step: Step) -> Result<()> {
    grant.state = grant.state.step(step).map_err(|refused| {
        Error::bad_input(format!("{refused}: nothing more can be done with it"))
            .hint("make a new one: cmr grant create")
    })?;
    Ok(())
}

pub(super) fn prev(tx: &Tx, grant: &Grant) -> Result<Option<String>> {
    Ok(store::last_of_grant(tx, &grant.id)?.map(|message| message.set_hash))
}

/// Queues the relationship's key ahead of the first message, unless the vendor has it or it is on its way.
pub(super) fn introduce(tx: &Tx, signer: &Signer) -> Result<()> {
    if signer.relationship.introduced_at.is_some()
        || !Ways::of(tx, signer.vendor)?.speak_the_protocol()
        || queue_store::introduction_waits(tx, &signer.vendor.id)?
    {
        return Ok(());
    }
    queue_introduction(tx, signer)
}

/// Queues the relationship's key whatever was sent before.
pub(super) fn introduce_again(tx: &Tx, vendor: &Vendor) -> Result<()> {
    rekey::stand_back(tx, vendor)?;
    if queue_store::introduction_waits(tx, &vendor.id)? {
        return Ok(());
    }
    queue_introduction(tx, &Signer::of(tx, vendor)?)
}

fn queue_introduction(tx: &Tx, signer: &Signer) -> Result<()> {
    let payload = RelationshipCreated::default();
    let message = signer.sign(Event::RelationshipCreated, &payload, About::default(), tx.now())?;
    store::insert(tx, &message, &message.id)?;
    let body = json!({"vendor": signer.vendor.id, "message": message.id, "set_hash": message.set_hash});
    ledger::append(tx, "relationship-created", &signer.vendor.name, &body)
}

fn tell_content(tx: &Tx, signer: &Signer, grant: &Grant, event: Event) -> Result<()> {
    let claims = to_send(tx, signer.vendor, grant)?;
    if claims.is_empty() && event == Event::GrantCreated {
        let name = &signer.vendor.name;
        if Ways::of(tx, signer.vendor)?.carrying(event).is_none() {
            return Err(Error::bad_input(format!("no channel leads to {name}: nothing can be lent to it"))
                .hint(format!("set one up: cmr vendor set {name} --channel mail --mail-to ADDRESS")));
        }
        return Err(Error::bad_input(format!("no claim of this grant can be sent to {}", signer.vendor.name))
            .hint("cmr grant preview shows why"));
    }
    tell_claims(tx, signer, grant, event, claims)
}

/// Tells a grant whole, with these values of its claims.
pub(super) fn tell_claims(
    tx: &Tx,
    signer: &Signer,
    grant: &Grant,
    event: Event,
    claims: BTreeMap<String, Value>,
) -> Result<()> {
    let parties = Parties {
        customer: &signer.relationship.issuer,
        vendor: signer.vendor.resource(),
        vendor_name: signer.vendor.title.as_deref().unwrap_or(&signer.vendor.name),
    };
    let before = last_told(tx, grant)?;
    let content = GrantContent {
        grant_id: grant.id.clone(),
        version: grant.state.version,
        prev: prev(tx, grant)?,
        expires_at: grant.expires_at,
        terms: grant.scope.terms.clone(),
        record: record(grant, &parties, "ConsentGiven"),
        changes: if before.is_empty() { Vec::new() } else { differing(&before, &claims) },
        claims,
    };
    queue(tx, signer, grant, event, &content, json!({"expires": grant.expires_at}))
}

/// Signs and stores a message of a grant, its disclosures, and the ledger entry of all of it.
pub(super) fn queue(
    tx: &Tx,
    signer: &Signer,
    grant: &Grant,
    event: Event,
    payload: &impl serde::Serialize,
    mut body: Value,
) -> Result<()> {
    let about = About { grant_id: Some(&grant.id), version: Some(grant.state.version), txn: Some(&grant.txn) };
    let message = signer.sign(event, payload, about, tx.now())?;
    store::insert(tx, &message, &message.id)?;
    let payload = serde_json::to_value(payload).unwrap_or_default();
    let claims = payload.get("claims").and_then(Value::as_object);
    if let Some(claims) = claims {
        let pairs = claims.iter().map(|(claim, value)| (claim.as_str(), value));
        body["claims"] = disclosure::record(tx, &message.id, &signer.vendor.id, &grant.id, pairs)?;
    }
    body["message"] = json!(message.id);
    body["set_hash"] = json!(message.set_hash);
    note(tx, event.name(), grant, body)
}

pub(super) fn note(tx: &Tx, action: &str, grant: &Grant, mut body: Value) -> Result<()> {
    body["vendor"] = json!(grant.vendor_id);
    body["version"] = json!(grant.state.version);
    body["purposes"] = json!(grant.scope.purposes.iter().map(|purpose| &purpose.term).collect::<Vec<_>>());
    ledger::append(tx, action, &grant.id, &body)
}
