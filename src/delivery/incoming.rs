//! Taking in: what a verified message of a vendor changes, in the transaction that stores it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::message::{Message, MessageState};
use super::store;
use crate::error::{Error, Result};
use crate::grant::{self, Grant, Step};
use crate::ledger::{self, disclosure};
use crate::text::printable;
use crate::vault::Tx;
use crate::vendor::Vendor;
use crate::wire::event::{AckStatus, DeletionCompleted, Event, GrantAcknowledged};
use crate::wire::jose::{Jwk, set_hash};
use crate::wire::set::Claims;

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
    /// Kind bad input for what goes back to the vendor.
    pub(super) fn apply(&self) -> Result<Message> {
        let (uri, payload) = self.claims.event().ok_or_else(|| Error::bad_input("events does not hold one event"))?;
        match Event::from_uri(uri) {
            Some(Event::GrantAcknowledged) => self.acknowledged(payload),
            Some(Event::DeletionCompleted) => self.deleted(payload),
            Some(Event::Verification) => {
                let message = self.message(Event::Verification, None, None, None);
                self.record(&message, "connection-verified", json!({}))?;
                Ok(message)
            }
            _ => Err(Error::bad_input("this event is not known here")),
        }
    }

    fn acknowledged(&self, payload: &Value) -> Result<Message> {
        let ack: GrantAcknowledged = parse(payload)?;
        let (mut grant, ours) = self.about(&ack.grant_id, &ack.set_hash)?;
        let message = self.message(Event::GrantAcknowledged, Some(&grant.id), Some(ack.version), Some(ours.id.clone()));
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
        let refused: Vec<String> = ack.refused_claims.iter().map(|claim| printable(claim)).collect();
        let body = json!({"grant": grant.id, "version": ack.version, "status": ack.status, "refused_claims": refused});
        self.record(&message, Event::GrantAcknowledged.name(), body)?;
        Ok(message)
    }

    fn deleted(&self, payload: &Value) -> Result<Message> {
        let statement: DeletionCompleted = parse(payload)?;
        let (mut grant, ours) = self.about(&statement.grant_id, &statement.set_hash)?;
        let version = Some(statement.version);
        let message = self.message(Event::DeletionCompleted, Some(&grant.id), version, Some(ours.id.clone()));
        let body = json!({"grant": grant.id, "version": statement.version, "deleted": statement.deleted,
                          "retained": statement.retained, "recipients_notified": statement.recipients_notified});
        self.record(&message, Event::DeletionCompleted.name(), body)?;
        let kept = |claim: &str| statement.retained.iter().any(|retained| retained.claim == claim);
        let deleted: Vec<&str> = statement.deleted.iter().map(String::as_str).filter(|claim| !kept(claim)).collect();
        // The version of the message that it answers: its own number could name what was never sent.
        let version = statement.version.min(ours.version.unwrap_or(0));
        let deletion = disclosure::Deletion { grant_id: &grant.id, version, claims: &deleted, by: &message.id };
        disclosure::mark_deleted(self.tx, &deletion)?;
        // A statement that passes over a claim is not one about the grant.
        if disclosure::left_of_grant(self.tx, &grant.id)?.iter().all(|claim| kept(claim)) {
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
            }
            grant::save(self.tx, grant)?;
        }
        Ok(())
    }

    fn message(&self, event: Event, grant: Option<&str>, version: Option<u32>, answers: Option<String>) -> Message {
        Message {
            id: Uuid::now_v7().to_string(),
            outgoing: false,
            vendor_id: self.vendor.id.clone(),
            grant_id: grant.map(str::to_owned),
            event: event.name().to_owned(),
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

fn parse<T: serde::de::DeserializeOwned>(payload: &Value) -> Result<T> {
    serde_json::from_value(payload.clone()).map_err(|e| Error::bad_input(format!("the payload is not readable: {e}")))
}
