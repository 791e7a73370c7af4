//! Taking in: what a verified message of a vendor changes, in the transaction that stores it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::message::{Message, MessageState};
use super::queue_store;
use super::store;
use crate::error::{Error, Result};
use crate::grant::{self, Grant, Step};
use crate::ledger::{self, disclosure};
use crate::profile::model::CATALOGUE;
use crate::text::printable;
use crate::vault::Tx;
use crate::vendor::Vendor;
use crate::wire::event::{AckStatus, DeletionCompleted, Event, GrantAcknowledged};
use crate::wire::jose::{Jwk, set_hash};
use crate::wire::set::{Claims, Refusal};
use crate::wire::transport::ErrorCode;

/// The largest SET of a vendor that is looked at, in bytes.
pub(super) const MAX_SET: usize = 64 * 1024;

/// How many messages of one vendor are kept whose event is not known: it could send new names for ever.
const MAX_UNKNOWN: u32 = 100;

/// How much of an event's URI is kept, in characters.
const MAX_URI: usize = 200;

/// How many of a pull's refusals the ledger names one by one.
const NAMED: usize = 5;

/// What became of a verified SET.
#[derive(Debug)]
pub(super) enum Taken {
    /// It is stored with all that it changes: it is acknowledged.
    Accepted(Message),
    /// It is stored and changes nothing, and the vendor is told that it was not understood.
    Kept(Message, Refusal),
    /// It was stored before: it is acknowledged again, or refused again.
    Repeated(Option<Refusal>),
}

/// A verified SET inside of the transaction that takes it in. Its errors of kind bad input go back to the vendor.
pub(super) struct Incoming<'a> {
    pub(super) tx: &'a Tx<'a>,
    pub(super) vendor: &'a Vendor,
    pub(super) claims: &'a Claims,
    pub(super) token: &'a str,
    pub(super) key: &'a Jwk,
}

impl Incoming<'_> {
    /// Stores it with all that it changes.
    ///
    /// # Errors
    /// Kind bad input for what goes back to the vendor and is not stored.
    pub(super) fn apply(&self) -> Result<Taken> {
        if let Some(event) = store::received_event(self.tx, &self.vendor.id, &self.claims.jti)? {
            // We may have been cut off before the vendor heard of it.
            return Ok(Taken::Repeated(Event::from_name(&event).is_none().then(not_known)));
        }
        let (uri, payload) = self.claims.event().ok_or_else(|| Error::bad_input("events does not hold one event"))?;
        match Event::from_uri(uri).filter(|event| !event.is_from_customer()) {
            Some(Event::GrantAcknowledged) => self.acknowledged(payload).map(Taken::Accepted),
            Some(Event::DeletionCompleted) => self.deleted(payload).map(Taken::Accepted),
            Some(Event::Verification) => {
                let message = self.message(Event::Verification.name(), None, None, None);
                self.record(&message, "connection-verified", json!({}))?;
                Ok(Taken::Accepted(message))
            }
            Some(event) => self.said(event, payload).map(Taken::Accepted),
            None => self.unknown(uri).map(|message| Taken::Kept(message, not_known())),
        }
    }

    /// Keeps what the vendor has to say and what changes nothing here, beside what it is about.
    fn said(&self, event: Event, payload: &Value) -> Result<Message> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let ours = match (text("set_hash"), text("about")) {
            (Some(hash), _) => store::by_hash(self.tx, &self.vendor.id, hash)?,
            (_, Some(jti)) => store::sent_as(self.tx, &self.vendor.id, jti)?,
            _ => None,
        };
        let (answers, grant) = ours.map_or((None, None), |ours| (Some(ours.id), ours.grant_id));
        let grant = match (grant, &self.claims.txn) {
            (None, Some(txn)) => grant::of_txn(self.tx, &self.vendor.id, txn)?,
            (grant, _) => grant,
        };
        let message = self.message(event.name(), grant.as_deref(), None, answers);
        self.record(&message, event.name(), json!({"grant": grant}))?;
        Ok(message)
    }

    /// Keeps a message whose event this version does not know: a later one may, and the user can read it now.
    fn unknown(&self, uri: &str) -> Result<Message> {
        if store::count_unknown(self.tx, &self.vendor.id)? >= MAX_UNKNOWN {
            return Err(Error::bad_input("this event is not known here, and no more of them are kept"));
        }
        let uri: String = printable(uri).chars().take(MAX_URI).collect();
        // The colon tells it from a name of ours.
        let event = if uri.contains(':') { uri } else { format!("unknown:{uri}") };
        let message = self.message(&event, None, None, None);
        self.record(&message, "event-not-known", json!({"event": event}))?;
        Ok(message)
    }

    fn acknowledged(&self, payload: &Value) -> Result<Message> {
        let ack: GrantAcknowledged = parse(payload)?;
        let (mut grant, ours) = self.about(&ack.grant_id, &ack.set_hash)?;
        let message =
            self.message(Event::GrantAcknowledged.name(), Some(&grant.id), Some(ack.version), Some(ours.id.clone()));
        let refused = match ack.status {
            AckStatus::Rejected => grant.claim_names(),
            _ => ack.refused_claims.clone(),
        };
        // What a vendor took, it does not un-know by another word on the same message.
        if !store::was_acknowledged(self.tx, &ours.id)? {
            disclosure::mark_refused(self.tx, &ours.id, &refused)?;
        }
        // What never left cannot have been answered, whatever version an answer names.
        if Some(ack.version) == ours.version || store::may_have_arrived(self.tx, &grant.id, ack.version)? {
            self.step(&mut grant, Step::Acknowledged(ack.version, ack.status))?;
        }
        let refused = claims_among(&ack.refused_claims);
        let body = json!({"grant": grant.id, "version": ack.version, "status": ack.status, "refused_claims": refused});
        self.record(&message, Event::GrantAcknowledged.name(), body)?;
        Ok(message)
    }

    fn deleted(&self, payload: &Value) -> Result<Message> {
        let statement: DeletionCompleted = parse(payload)?;
        let (mut grant, ours) = self.about(&statement.grant_id, &statement.set_hash)?;
        let version = Some(statement.version);
        let name = Event::DeletionCompleted.name();
        let message = self.message(name, Some(&grant.id), version, Some(ours.id.clone()));
        let retained = claims_among(statement.retained.iter().map(|retained| &retained.claim));
        let body = json!({"grant": grant.id, "version": statement.version, "retained": retained,
                          "deleted": claims_among(&statement.deleted)});
        self.record(&message, name, body)?;
        let kept = |claim: &str| statement.retained.iter().any(|retained| retained.claim == claim);
        let deleted: Vec<&str> = statement.deleted.iter().map(String::as_str).filter(|claim| !kept(claim)).collect();
        // The version of the message that it answers: its own number could name what was never sent.
        let version = statement.version.min(ours.version.unwrap_or(0));
        let deletion = disclosure::Deletion { grant_id: &grant.id, version, claims: &deleted, by: &message.id };
        disclosure::mark_deleted(self.tx, &deletion)?;
        // A statement that passes over a claim is not one about the grant.
        if disclosure::left_of_grant(self.tx, &grant.id)?.iter().all(|claim| kept(claim)) {
            disclosure::mark_refused_deleted(self.tx, &deletion)?;
            self.step(&mut grant, Step::DeletionStated(version))?;
        }
        Ok(message)
    }

    /// The grant and our message that the vendor speaks about: it must be one that went to this very vendor.
    fn about(&self, grant_id: &str, hash: &str) -> Result<(Grant, Message)> {
        let unknown = || Error::bad_input("it is about a message that was not sent to this vendor");
        let ours = store::by_hash(self.tx, &self.vendor.id, hash)?.ok_or_else(unknown)?;
        if ours.grant_id.as_deref() != Some(grant_id) {
            return Err(unknown());
        }
        Ok((grant::get(self.tx, grant_id)?, ours))
    }

    fn step(&self, grant: &mut Grant, step: Step) -> Result<()> {
        let before = grant.state;
        if let Ok(state) = grant.state.step(step) {
            grant.state = state;
        }
        if grant.state != before {
            grant.confirmed_at = Some(self.tx.now());
            if !grant.state.status.is_current() && grant.ended_at.is_none() {
                grant.ended_at = Some(self.tx.now());
                grant.ended_how = Some("the vendor declined it".into());
                // Whoever declines a message has it, even where its server never said that it took it.
                queue_store::stop_declined(self.tx, &grant.id)?;
            }
            grant::save(self.tx, grant)?;
        }
        Ok(())
    }

    fn message(&self, event: &str, grant: Option<&str>, version: Option<u32>, answers: Option<String>) -> Message {
        Message {
            id: Uuid::now_v7().to_string(),
            outgoing: false,
            vendor_id: self.vendor.id.clone(),
            grant_id: grant.map(str::to_owned),
            event: event.to_owned(),
            version,
            jws: self.token.to_owned(),
            set_hash: set_hash(self.token),
            state: MessageState::Received,
            created_at: self.tx.now(),
            attempts: 0,
            attempted_at: None,
            due_at: None,
            delivered_at: None,
            reason: None,
            answers,
            verified_by: serde_json::to_string(self.key).ok(),
            channel: None,
        }
    }

    fn record(&self, message: &Message, action: &str, mut body: Value) -> Result<()> {
        store::insert(self.tx, message, &self.claims.jti)?;
        body["vendor"] = json!(self.vendor.id);
        body["message"] = json!(message.id);
        body["set_hash"] = json!(message.set_hash);
        body["key"] = json!(self.key.thumbprint().unwrap_or_default());
        let subject = message.grant_id.as_deref().unwrap_or(&self.vendor.name);
        ledger::append(self.tx, action, subject, &body)
    }
}

/// The names of claims among what a vendor calls claims. All else is text of its own, which may quote a value: it stays
/// in the message, and out of the ledger.
fn claims_among<'a>(named: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    let is_claim = |name: &&str| CATALOGUE.iter().any(|kind| kind.name == *name);
    named.into_iter().map(String::as_str).filter(is_claim).collect()
}

fn not_known() -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, "this event is not known here")
}

/// Checks a SET's size, before anything else is looked at.
pub(super) fn check_size(token: &str) -> Result<(), Refusal> {
    match token.len() <= MAX_SET {
        true => Ok(()),
        false => {
            let what = format!("the SET has {} bytes, and {MAX_SET} are taken at most", token.len());
            Err(Refusal::new(ErrorCode::InvalidRequest, what))
        }
    }
}

/// What did not verify as it is shown and written down, `jti` and why. The vendor chooses how long its words are.
pub(super) fn in_short(jti: &str, why: &str) -> (String, String) {
    let cut = |text: &str, most: usize| printable(text).chars().take(most).collect();
    (cut(jti, 64), cut(why, 200))
}

/// Writes down that a vendor sent what did not verify, [`in_short`], in one entry and without what it said: the vendor
/// could fill the ledger otherwise.
///
/// # Errors
/// The database's.
pub(super) fn note_refused(tx: &Tx, vendor: &Vendor, refused: &[(String, String)]) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let one = |(jti, why): &(String, String)| json!({"jti": jti, "why": why});
    let named: Vec<Value> = refused.iter().take(NAMED).map(one).collect();
    let body = json!({"vendor": vendor.id, "count": refused.len(), "refused": named});
    ledger::append(tx, "answers-refused", &vendor.name, &body)
}

fn parse<T: serde::de::DeserializeOwned>(payload: &Value) -> Result<T> {
    // The parser's own words may quote a value, and this ends in the ledger.
    serde_json::from_value(payload.clone())
        .map_err(|_| Error::bad_input("the payload does not hold what the event should"))
}
