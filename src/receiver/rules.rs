//! What the vendor does with a message, decided from the message and what is held, and from nothing else: these
//! functions are pure. The duties are those of the profile's description for vendors: a lower version is dropped,
//! revoked stays revoked, and an end that has passed ends the grant.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::model::{Grant, GrantStatus, Outcome};
use super::verify::Message;
use crate::wire::event::{AckStatus, GrantContent, GrantRenewed, GrantRevoked};

/// What surrounds a message about a grant.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// Claims that the vendor takes; empty means any.
    pub claims_supported: &'a [String],
    /// `txn` of the SET.
    pub txn: Option<&'a str>,
    /// `sub` of the SET's subject.
    pub sub: &'a str,
    /// Hash of the compact SET.
    pub set_hash: &'a str,
}

/// What the customer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A `grant-acknowledged`.
    Acknowledged {
        /// The version that the vendor holds, or the message's own if it holds none.
        version: u32,
        /// The decision.
        status: AckStatus,
        /// Claims that were not taken.
        refused_claims: Vec<String>,
    },
    /// A `deletion-completed`.
    Deleted {
        /// The version that ended the grant, or that expired.
        version: u32,
        /// Names of the claims deleted.
        deleted: Vec<String>,
        /// When.
        completed_at: Timestamp,
    },
}

/// A decision: what is held from now on, and what is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What became of the message.
    pub outcome: Outcome,
    /// Why, if it was not applied.
    pub reason: Option<String>,
    /// The grant as it is from now on; none leaves it as it was.
    pub grant: Option<Grant>,
    /// The answers to send.
    pub replies: Vec<Reply>,
}

impl Decision {
    fn applied(grant: Grant, reply: Reply) -> Self {
        Self { outcome: Outcome::Applied, reason: None, grant: Some(grant), replies: vec![reply] }
    }

    fn dropped(reason: impl Into<String>, reply: Option<Reply>) -> Self {
        Self {
            outcome: Outcome::Dropped,
            reason: Some(reason.into()),
            grant: None,
            replies: reply.into_iter().collect(),
        }
    }
}

/// What to do with a message about a grant that is, or is not yet, held.
pub fn decide(held: Option<&Grant>, message: &Message, context: &Context<'_>) -> Decision {
    match message {
        Message::Bind | Message::Rekeyed(_) | Message::Feedback(_) => Decision::dropped("it is about no grant", None),
        Message::Revoked(revoked) => revoke(held, revoked, context),
        Message::Content(content) => match held.and_then(|grant| too_late(grant, content.version)) {
            Some(decision) => decision,
            None if content.expires_at <= context.now => past_end(held, blank(content, context), context),
            None => take(content, context),
        },
        Message::Renewed(renewed) => match held {
            None => Decision::dropped("no such grant", Some(rejected(renewed.version))),
            Some(grant) => too_late(grant, renewed.version).unwrap_or_else(|| renew(grant, renewed, context)),
        },
    }
}

/// The answer to a message that cannot change the grant any more.
fn too_late(held: &Grant, version: u32) -> Option<Decision> {
    let stale = version <= held.version;
    match held.status {
        GrantStatus::Revoked if stale => Some(Decision::dropped("the grant is revoked", None)),
        GrantStatus::Revoked => Some(Decision::dropped("the grant is revoked", Some(rejected(held.version)))),
        GrantStatus::Expired => Some(Decision::dropped("the grant has expired", Some(rejected(held.version)))),
        GrantStatus::Active | GrantStatus::Rejected if stale => {
            let reason = format!("version {version} is not newer than {}", held.version);
            Some(Decision::dropped(reason, Some(acknowledged(held))))
        }
        GrantStatus::Active | GrantStatus::Rejected => None,
    }
}

fn rejected(version: u32) -> Reply {
    Reply::Acknowledged { version, status: AckStatus::Rejected, refused_claims: Vec::new() }
}

fn acknowledged(grant: &Grant) -> Reply {
    Reply::Acknowledged {
        version: grant.version,
        status: grant.acknowledged,
        refused_claims: grant.refused_claims.clone(),
    }
}

/// The content's grant, with nothing taken yet.
fn blank(content: &GrantContent, context: &Context<'_>) -> Grant {
    Grant {
        grant_id: content.grant_id.clone(),
        version: content.version,
        status: GrantStatus::Rejected,
        expires_at: content.expires_at,
        claims: BTreeMap::new(),
        acknowledged: AckStatus::Rejected,
        refused_claims: Vec::new(),
        deleted: Vec::new(),
        purposes: purposes(&content.record),
        record: None,
        terms: content.terms.clone(),
        txn: context.txn.map(Into::into),
        sub: context.sub.into(),
        set_hash: context.set_hash.into(),
        ended_at: None,
    }
}

/// Takes the content whole, but for claims that the vendor does not want.
fn take(content: &GrantContent, context: &Context<'_>) -> Decision {
    let wanted =
        |claim: &String| context.claims_supported.is_empty() || context.claims_supported.iter().any(|c| c == claim);
    let (claims, refused): (BTreeMap<_, _>, BTreeMap<_, _>) =
        content.claims.clone().into_iter().partition(|(claim, _)| wanted(claim));
    let mut grant = blank(content, context);
    grant.refused_claims = refused.into_keys().collect();
    if claims.is_empty() && !grant.refused_claims.is_empty() {
        let reply = acknowledged(&grant);
        let reason = Some("none of the claims is taken here".to_owned());
        return Decision { outcome: Outcome::Rejected, reason, grant: Some(grant), replies: vec![reply] };
    }
    grant.status = GrantStatus::Active;
    grant.acknowledged =
        if grant.refused_claims.is_empty() { AckStatus::Accepted } else { AckStatus::PartiallyAccepted };
    grant.claims = claims;
    grant.record = Some(content.record.clone());
    let reply = acknowledged(&grant);
    Decision::applied(grant, reply)
}

/// A message that sets an end in the past: not taken, and what was held of the grant is deleted.
fn past_end(held: Option<&Grant>, next: Grant, context: &Context<'_>) -> Decision {
    let next = Grant { claims: held.map(|grant| grant.claims.clone()).unwrap_or_default(), ..next };
    let (grant, deleted) = end(next, GrantStatus::Expired, context.now);
    let mut replies = vec![rejected(grant.version)];
    if !grant.deleted.is_empty() {
        replies.push(deleted);
    }
    let reason = Some("expires_at has passed".to_owned());
    Decision { outcome: Outcome::Rejected, reason, grant: Some(grant), replies }
}

fn renew(held: &Grant, renewed: &GrantRenewed, context: &Context<'_>) -> Decision {
    let next = Grant {
        version: renewed.version,
        expires_at: renewed.expires_at,
        txn: context.txn.map(Into::into).or_else(|| held.txn.clone()),
        sub: context.sub.into(),
        set_hash: context.set_hash.into(),
        ..held.clone()
    };
    if renewed.expires_at <= context.now {
        return past_end(Some(held), next, context);
    }
    let reply = acknowledged(&next);
    Decision::applied(next, reply)
}

/// Takes the grant back whatever the version says: a withdrawal that arrives late is still a withdrawal. One for a
/// grant that never came is kept, so that the grant is refused when it does.
fn revoke(held: Option<&Grant>, revoked: &GrantRevoked, context: &Context<'_>) -> Decision {
    if let Some(held) = held.filter(|grant| grant.status == GrantStatus::Revoked) {
        return Decision::dropped("the grant is revoked already", Some(deletion(held, context.now)));
    }
    let unknown = || Grant {
        expires_at: revoked.effective_at,
        ..blank(
            &GrantContent {
                grant_id: revoked.grant_id.clone(),
                version: revoked.version,
                prev: None,
                expires_at: revoked.effective_at,
                terms: None,
                record: Value::Null,
                claims: BTreeMap::new(),
                changes: Vec::new(),
            },
            context,
        )
    };
    let grant = held.cloned().unwrap_or_else(unknown);
    let grant = Grant {
        version: grant.version.max(revoked.version),
        txn: context.txn.map(Into::into).or(grant.txn),
        sub: context.sub.into(),
        set_hash: context.set_hash.into(),
        ..grant
    };
    let (grant, reply) = end(grant, GrantStatus::Revoked, context.now);
    Decision::applied(grant, reply)
}

/// Deletes what is held of a grant, and states it.
fn end(grant: Grant, status: GrantStatus, now: Timestamp) -> (Grant, Reply) {
    let deleted = if grant.claims.is_empty() { grant.deleted } else { grant.claims.into_keys().collect() };
    let ended = Grant { status, deleted, claims: BTreeMap::new(), record: None, ended_at: Some(now), ..grant };
    let reply = deletion(&ended, now);
    (ended, reply)
}

fn deletion(ended: &Grant, now: Timestamp) -> Reply {
    Reply::Deleted {
        version: ended.version,
        deleted: ended.deleted.clone(),
        completed_at: ended.ended_at.unwrap_or(now),
    }
}

/// Ends a grant whose time has passed, without being told.
pub fn expire(grant: Grant, now: Timestamp) -> (Grant, Reply) {
    end(grant, GrantStatus::Expired, now)
}

/// The purposes that a consent record names. Records differ in nesting and prefix, so every member called purpose
/// is read, and of an object its term or its words.
pub fn purposes(record: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_purposes(record, &mut found);
    found
}

fn collect_purposes(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_purposes(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.rsplit([':', '/', '#']).next().unwrap_or(name).to_ascii_lowercase();
                match name.as_str() {
                    "purpose" | "purposes" | "haspurpose" => name_purposes(member, found),
                    _ => collect_purposes(member, found),
                }
            }
        }
        _ => {}
    }
}

fn name_purposes(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !found.contains(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| name_purposes(item, found)),
        Value::Object(members) => {
            let named = ["@id", "id", "term", "purpose", "@type", "type", "description", "words"];
            if let Some(member) = named.iter().find_map(|name| members.get(*name)) {
                name_purposes(member, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
