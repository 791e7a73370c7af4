//! Where a request meets the store: verified, decided, written down and answered in one transaction.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::Notify;
use uuid::Uuid;

use super::key_store;
use super::model::{Binding, Customer, Grant, Outcome, Outgoing};
use super::rules::{self, Context, Decision, Reply};
use super::store::{self, Receipt, Store};
use super::verify::{Message, Verified, verify};
use crate::error::Result;
use crate::wire::event::{DeletionCompleted, Event, GrantAcknowledged};
use crate::wire::jose::{SigningKey, set_hash};
use crate::wire::set::{Audience, Claims, Refusal, SubjectId};
use crate::wire::transport::{ErrorCode, PollRequest, PollResponse};

/// The most SETs that one poll hands out.
const MAX_POLLED: u32 = 100;

/// The vendor at work: its identity, its store, and who waits for news.
pub struct Desk {
    store: Mutex<Store>,
    key: SigningKey,
    resource: String,
    claims_supported: Vec<String>,
    /// Wakes the polls that wait, when an answer was laid out or the server stops.
    pub news: Notify,
}

/// What becomes of a pushed SET.
#[derive(Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is durable.
    Accepted,
    /// It is not taken, and why.
    Refused(Refusal),
    /// The token is nobody's.
    Stranger,
}

/// What a transaction changed that somebody outside of it has to know.
#[derive(Debug, Default)]
struct Effects {
    /// An answer was laid out.
    queued: bool,
    /// A stored value was deleted.
    erased: bool,
}

impl Desk {
    /// A desk over an open store.
    pub fn new(store: Store, key: SigningKey, resource: String, claims_supported: Vec<String>) -> Self {
        Self { store: Mutex::new(store), key, resource, claims_supported, news: Notify::new() }
    }

    /// The vendor's resource URL.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The vendor's signing key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Claims that the vendor takes; empty means any.
    pub fn claims_supported(&self) -> &[String] {
        &self.claims_supported
    }

    /// Whether a customer's token has this hash.
    ///
    /// # Errors
    /// What the store answers.
    pub fn knows(&self, token_hash: &[u8]) -> Result<bool> {
        self.store().read(|db| Ok(store::customer(db, token_hash)?.is_some()))
    }

    /// Takes a pushed SET: when this says accepted, the SET's effect and its answer are durable.
    ///
    /// # Errors
    /// What the store answers.
    pub fn push(&self, token_hash: &[u8], token: &str, now: Timestamp) -> Result<Pushed> {
        let token = token.trim_end();
        self.change(|db, effects| {
            self.expire_overdue(db, now, effects)?;
            match store::customer(db, token_hash)? {
                Some(customer) => self.receive(db, &customer, token, now, effects),
                None => Ok(Pushed::Stranger),
            }
        })
    }

    fn receive(
        &self,
        db: &Connection,
        customer: &Customer,
        token: &str,
        now: Timestamp,
        effects: &mut Effects,
    ) -> rusqlite::Result<Pushed> {
        let hash = set_hash(token);
        // Taken before, by a key that may have been replaced since: the same bytes have the same answer.
        if store::has_taken(db, customer.id, &hash)? {
            return Ok(Pushed::Accepted);
        }
        let set = match verify(token, customer.binding.as_ref(), &self.resource, now) {
            Ok(set) => set,
            Err(refusal) => return Ok(Pushed::Refused(refusal)),
        };
        if customer.binding.is_none() && !key_store::bind(db, customer.id, &set.binding, now)? {
            return Ok(foreign_key());
        }
        if store::is_known(db, &set.claims.iss, &set.claims.jti)? {
            return Ok(Pushed::Accepted);
        }
        if let Message::Rekeyed(jwk) = &set.message
            && !key_store::rebind(db, customer.id, jwk, now)?
        {
            return Ok(foreign_key());
        }
        self.take(db, customer, &set, &hash, now, effects)?;
        Ok(Pushed::Accepted)
    }

    /// Acts on a SET that is seen for the first time.
    fn take(
        &self,
        db: &Connection,
        customer: &Customer,
        set: &Verified,
        set_hash: &str,
        now: Timestamp,
        effects: &mut Effects,
    ) -> rusqlite::Result<()> {
        let decision = match set.message.grant() {
            None => Decision { outcome: Outcome::Applied, reason: None, grant: None, replies: Vec::new() },
            Some((grant_id, _)) => self.decide(db, customer.id, grant_id, set, set_hash, now)?,
        };
        let receipt =
            Receipt { set_hash, received_at: now, outcome: decision.outcome, reason: decision.reason.as_deref() };
        store::record(db, customer.id, set, &receipt)?;
        if let Message::Feedback(feedback) = &set.message {
            store::keep_feedback(db, customer.id, &set.claims.jti, feedback, now)?;
        }
        if let Some(grant) = &decision.grant {
            effects.erased |= store::put_grant(db, customer.id, grant)?;
        }
        let about = About {
            grant_id: set.message.grant().map(|(id, _)| id).unwrap_or_default(),
            set_hash,
            issuer: &set.binding.issuer,
            sub: &set.subject.sub,
            txn: set.claims.txn.as_deref(),
        };
        for reply in decision.replies {
            store::queue(db, customer.id, &self.answer(&about, reply, now), now)?;
            effects.queued = true;
        }
        Ok(())
    }

    fn decide(
        &self,
        db: &Connection,
        customer: i64,
        grant_id: &str,
        set: &Verified,
        set_hash: &str,
        now: Timestamp,
    ) -> rusqlite::Result<Decision> {
        let context = Context {
            now,
            claims_supported: &self.claims_supported,
            txn: set.claims.txn.as_deref(),
            sub: &set.subject.sub,
            set_hash,
        };
        let held = store::grant(db, customer, grant_id)?;
        Ok(rules::decide(held.as_ref(), &set.message, &context))
    }

    /// Ends the grants whose time has passed.
    ///
    /// # Errors
    /// What the store answers.
    pub fn sweep(&self, now: Timestamp) -> Result<()> {
        self.change(|db, effects| self.expire_overdue(db, now, effects))
    }

    fn expire_overdue(&self, db: &Connection, now: Timestamp, effects: &mut Effects) -> rusqlite::Result<()> {
        for (customer, grant) in store::overdue(db, now)? {
            let (ended, reply) = rules::expire(grant, now);
            effects.erased |= store::put_grant(db, customer, &ended)?;
            if let Some(Binding { issuer, .. }) = key_store::binding(db, customer)? {
                let outgoing = self.answer(&About::grant(&ended, &issuer), reply, now);
                store::queue(db, customer, &outgoing, now)?;
                effects.queued = true;
            }
        }
        Ok(())
    }

    /// Settles what a poll acknowledges, and hands out what waits, oldest first. None for a token that is nobody's.
    ///
    /// # Errors
    /// What the store answers.
    pub fn poll(&self, token_hash: &[u8], request: &PollRequest, now: Timestamp) -> Result<Option<PollResponse>> {
        self.change(|db, effects| {
            self.expire_overdue(db, now, effects)?;
            let Some(customer) = store::customer(db, token_hash)? else { return Ok(None) };
            for jti in &request.ack {
                store::settle(db, customer.id, jti)?;
            }
            for (jti, why) in &request.set_errs {
                if store::settle(db, customer.id, jti)? {
                    store::refuse(db, customer.id, jti, why, now)?;
                }
            }
            let limit = request.max_events.unwrap_or(MAX_POLLED).min(MAX_POLLED);
            let (sets, more_available) = store::waiting(db, customer.id, limit)?;
            Ok(Some(PollResponse { sets: sets.into_iter().collect(), more_available }))
        })
    }

    /// One transaction, and afterwards what its effects ask for.
    fn change<T>(&self, work: impl FnOnce(&Connection, &mut Effects) -> rusqlite::Result<T>) -> Result<T> {
        let mut effects = Effects::default();
        let mut store = self.store();
        let done = store.write(|db| work(db, &mut effects))?;
        if effects.erased && !store.empty_log()? {
            log::warn!("a reader keeps deleted claims in the write-ahead log for now");
        }
        if effects.queued {
            self.news.notify_waiters();
        }
        Ok(done)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, about: &About<'_>, reply: Reply, now: Timestamp) -> Outgoing {
        let (event, payload) = payload(about, reply);
        let jti = Uuid::now_v7().to_string();
        let claims = Claims {
            iss: self.resource.clone(),
            aud: Audience::One(about.issuer.into()),
            jti: jti.clone(),
            iat: now.as_second(),
            toe: Some(now.as_second()),
            txn: about.txn.map(Into::into),
            sub_id: Some(SubjectId::new(&self.resource, about.sub)),
            events: BTreeMap::from([(event.uri(), payload)]),
        };
        Outgoing { jti, event: event.name(), token: claims.sign(&self.key, false) }
    }
}

fn foreign_key() -> Pushed {
    let why = "the key was used before: every relationship has its own, and a key that was replaced does not come back";
    Pushed::Refused(Refusal::new(ErrorCode::InvalidKey, why))
}

/// What an answer refers to.
struct About<'a> {
    grant_id: &'a str,
    set_hash: &'a str,
    issuer: &'a str,
    sub: &'a str,
    txn: Option<&'a str>,
}

impl<'a> About<'a> {
    /// The last message of a grant.
    fn grant(grant: &'a Grant, issuer: &'a str) -> Self {
        Self {
            grant_id: &grant.grant_id,
            set_hash: &grant.set_hash,
            issuer,
            sub: &grant.sub,
            txn: grant.txn.as_deref(),
        }
    }
}

fn payload(about: &About<'_>, reply: Reply) -> (Event, serde_json::Value) {
    let (grant_id, set_hash) = (about.grant_id.to_owned(), about.set_hash.to_owned());
    let (event, payload) = match reply {
        Reply::Acknowledged { version, status, refused_claims } => {
            let payload = GrantAcknowledged { grant_id, version, set_hash, status, refused_claims };
            (Event::GrantAcknowledged, serde_json::to_value(payload))
        }
        Reply::Deleted { version, deleted, completed_at } => {
            let (retained, recipients_notified) = (Vec::new(), Vec::new());
            let payload =
                DeletionCompleted { grant_id, version, set_hash, completed_at, deleted, retained, recipients_notified };
            (Event::DeletionCompleted, serde_json::to_value(payload))
        }
    };
    (event, payload.unwrap_or_default())
}
