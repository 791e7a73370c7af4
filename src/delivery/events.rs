//! Signing a relationship's messages.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::message::{Message, MessageState};
use crate::error::{Error, Result};
use crate::vault::Tx;
use crate::vendor::{self, Relationship, Vendor};
use crate::wire::event::Event;
use crate::wire::jose::{SigningKey, set_hash};
use crate::wire::set::{Audience, Claims, SubjectId};

/// All that signing for one vendor needs.
pub(super) struct Signer<'a> {
    pub(super) vendor: &'a Vendor,
    pub(super) relationship: Relationship,
    key: SigningKey,
}

/// What a message is about.
#[derive(Default, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) grant_id: Option<&'a str>,
    pub(super) version: Option<u32>,
    pub(super) txn: Option<&'a str>,
}

impl<'a> Signer<'a> {
    /// A vendor that an import brought has had no key until now.
    pub(super) fn of(tx: &Tx, vendor: &'a Vendor) -> Result<Self> {
        vendor::ensure_key(tx, &vendor.id)?;
        let relationship = vendor::relationship(tx, &vendor.id)?;
        let key = vendor::signing_key(tx, &vendor.id)?;
        Ok(Self { vendor, relationship, key })
    }

    /// Signs an event into a message that waits to be sent.
    ///
    /// # Errors
    /// Kind bad input for a message larger than the vendor takes.
    pub(super) fn sign(&self, event: Event, payload: &impl Serialize, about: About, now: Timestamp) -> Result<Message> {
        let payload =
            serde_json::to_value(payload).map_err(|e| Error::failed(format!("cannot write a message: {e}")))?;
        let id = Uuid::now_v7().to_string();
        let resource = self.vendor.resource();
        let claims = Claims {
            iss: self.relationship.issuer.clone(),
            aud: Audience::One(resource.to_owned()),
            jti: id.clone(),
            iat: now.as_second(),
            toe: Some(now.as_second()),
            txn: about.txn.map(str::to_owned),
            sub_id: Some(SubjectId::new(resource, &self.relationship.subject)),
            events: [(event.uri(), payload)].into(),
        };
        let jws = claims.sign(&self.key, event == Event::RelationshipCreated);
        let most = self.vendor.max_set_bytes();
        // A vendor must not be able to keep a grant from being taken back by what it says of itself, nor end an exchange with
        // others in which it is to be shown the key again.
        let goes_anyway = matches!(event, Event::GrantRevoked | Event::RelationshipCreated);
        if jws.len() > most && !goes_anyway {
            return Err(Error::bad_input(format!(
                "the message would be {} bytes, and {} takes {most} at most",
                jws.len(),
                self.vendor.name
            ))
            .hint("lend fewer claims in one grant"));
        }
        Ok(Message {
            id,
            outgoing: true,
            vendor_id: self.vendor.id.clone(),
            grant_id: about.grant_id.map(str::to_owned),
            event: event.name().to_owned(),
            version: about.version,
            set_hash: set_hash(&jws),
            jws,
            state: MessageState::Queued,
            created_at: now,
            attempts: 0,
            attempted_at: None,
            due_at: None,
            delivered_at: None,
            reason: None,
            answers: None,
            verified_by: None,
            channel: None,
        })
    }
}
