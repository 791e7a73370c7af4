//! Who sent a SET and what it says: pure, from the SET and the key that its sender's token is bound to.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::Binding;
use crate::wire::event::{
    Event, FeedbackSubmitted, GrantContent, GrantRenewed, GrantRevoked, KeysChanged, RelationshipCreated,
};
use crate::wire::jose::Jwk;
use crate::wire::key_proof::Change;
use crate::wire::set::{Claims, Refusal, SubjectId, Unchecked, customer_issuer};
use crate::wire::transport::ErrorCode;

/// The longest id that a customer may use, in bytes.
const MAX_ID: usize = 255;

/// What a customer can say.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The first message, which binds the key.
    Bind,
    /// The grant, whole.
    Content(GrantContent),
    /// The same grant for longer.
    Renewed(GrantRenewed),
    /// Taken back.
    Revoked(GrantRevoked),
    /// From now on this key signs.
    Rekeyed(Jwk),
    /// The customer's own words.
    Feedback(FeedbackSubmitted),
}

impl Message {
    /// The grant that it is about and the version it states.
    pub fn grant(&self) -> Option<(&str, u32)> {
        match self {
            Message::Bind | Message::Rekeyed(_) | Message::Feedback(_) => None,
            Message::Content(content) => Some((&content.grant_id, content.version)),
            Message::Renewed(renewed) => Some((&renewed.grant_id, renewed.version)),
            Message::Revoked(revoked) => Some((&revoked.grant_id, revoked.version)),
        }
    }
}

/// A message whose sender is certain.
#[derive(Debug)]
pub struct Verified {
    /// The claims of the SET.
    pub claims: Claims,
    /// Its subject.
    pub subject: SubjectId,
    /// Its event.
    pub event: Event,
    /// What it says.
    pub message: Message,
    /// The key and issuer that it is verified with, to be bound if none is yet.
    pub binding: Binding,
}

/// Verifies a SET from the holder of a customer's token. A token without a key takes only `relationship-created`
/// with the key in its header; afterwards a key in a header is compared with the bound one and never trusted.
///
/// # Errors
/// A [`Refusal`] with the standard code.
pub fn verify(token: &str, bound: Option<&Binding>, resource: &str, now: Timestamp) -> Result<Verified, Refusal> {
    let set = Unchecked::parse(token)?;
    let binding = match bound {
        Some(bound) => known_key(&set, bound)?,
        None => first_key(&set)?,
    };
    let claims = set.verify(&binding.jwk, &binding.issuer, resource, now)?;
    let subject = subject(&claims, resource)?;
    if claims.jti.is_empty() || claims.jti.len() > MAX_ID {
        return Err(invalid("jti is empty or too long"));
    }
    let change = Change { issuer: &binding.issuer, audience: resource, old_key: &binding.jwk.thumbprint()? };
    let (event, message) = message(&claims, change, now)?;
    Ok(Verified { subject, event, message, binding, claims })
}

fn invalid(description: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, description)
}

fn invalid_key(description: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidKey, description)
}

fn known_key(set: &Unchecked<'_>, bound: &Binding) -> Result<Binding, Refusal> {
    let thumbprint = bound.jwk.thumbprint()?;
    let header = set.header();
    if header.kid.as_ref().is_some_and(|kid| *kid != thumbprint) {
        return Err(invalid_key("kid is not the key that this account is bound to"));
    }
    if let Some(jwk) = &header.jwk
        && jwk.thumbprint()? != thumbprint
    {
        return Err(invalid_key("jwk is not the key that this account is bound to"));
    }
    Ok(bound.clone())
}

fn first_key(set: &Unchecked<'_>) -> Result<Binding, Refusal> {
    let bind = Event::RelationshipCreated.uri();
    if set.peek().event().is_some_and(|(uri, _)| uri != bind) {
        return Err(invalid_key("this account is bound to no key yet: relationship-created comes first"));
    }
    let jwk: Jwk = set.header().jwk.clone().ok_or_else(|| invalid_key("the header holds no jwk to bind"))?;
    let thumbprint = jwk.thumbprint()?;
    if set.header().kid.as_ref() != Some(&thumbprint) {
        return Err(invalid_key("kid is not the thumbprint of jwk"));
    }
    Ok(Binding { issuer: customer_issuer(&thumbprint), jwk })
}

fn subject(claims: &Claims, resource: &str) -> Result<SubjectId, Refusal> {
    let subject = claims.sub_id.clone().ok_or_else(|| invalid("sub_id is missing"))?;
    if subject.format != "iss_sub" || subject.iss != resource {
        return Err(invalid("sub_id is not an iss_sub of this recipient"));
    }
    Ok(subject)
}

fn message(claims: &Claims, change: Change, now: Timestamp) -> Result<(Event, Message), Refusal> {
    let (uri, payload) = claims.event().ok_or_else(|| invalid("events does not hold exactly one event"))?;
    let event = Event::from_uri(uri).ok_or_else(|| invalid("the event is not one that this recipient takes"))?;
    let message = match event {
        Event::RelationshipCreated => {
            payload_as::<RelationshipCreated>(event, payload)?;
            Message::Bind
        }
        Event::GrantCreated | Event::GrantUpdated => Message::Content(payload_as(event, payload)?),
        Event::GrantRenewed => Message::Renewed(payload_as(event, payload)?),
        Event::GrantRevoked => Message::Revoked(payload_as(event, payload)?),
        Event::KeysChanged => {
            let changed: KeysChanged = payload_as(event, payload)?;
            change.check(&changed.proof, &changed.jwk, now)?;
            Message::Rekeyed(changed.jwk)
        }
        Event::FeedbackSubmitted => Message::Feedback(payload_as(event, payload)?),
        _ => return Err(invalid("the event is one that a vendor sends")),
    };
    match message.grant() {
        Some((id, _)) if id.is_empty() || id.len() > MAX_ID => Err(invalid("grant_id is empty or too long")),
        Some((_, 0)) => Err(invalid("version counts from 1")),
        _ => Ok((event, message)),
    }
}

/// A payload of the right type. The reason is not passed on, because it may quote a value.
fn payload_as<T: DeserializeOwned>(event: Event, payload: &Value) -> Result<T, Refusal> {
    T::deserialize(payload).map_err(|_| invalid(format!("the payload is not that of {}", event.name())))
}
