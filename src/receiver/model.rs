//! What a vendor holds about its customers, and how it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::event::{AckStatus, FeedbackSubmitted};
use crate::wire::jose::Jwk;

/// Where a grant stands at the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantStatus {
    /// In force: its claims may be used.
    Active,
    /// Every claim was refused, so nothing is held; a later version may still be accepted.
    Rejected,
    /// Its end has passed, and the claims are deleted. It does not come back.
    Expired,
    /// Taken back by the customer, and the claims are deleted. It does not come back.
    Revoked,
}

impl GrantStatus {
    /// Whether nothing can bring the grant back: new claims need a new grant id.
    pub fn has_ended(self) -> bool {
        matches!(self, GrantStatus::Expired | GrantStatus::Revoked)
    }

    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            GrantStatus::Active => "active",
            GrantStatus::Rejected => "rejected",
            GrantStatus::Expired => "expired",
            GrantStatus::Revoked => "revoked",
        }
    }
}

/// What became of a SET that was answered with 202.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It changed what the vendor holds, as the customer asked.
    Applied,
    /// The vendor decided not to take it, and said so.
    Rejected,
    /// It came too late to change anything.
    Dropped,
}

/// A grant as the vendor holds it. It is also what the rules decide upon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The customer's id of it.
    pub grant_id: String,
    /// The highest version taken.
    pub version: u32,
    /// Where it stands.
    pub status: GrantStatus,
    /// When the claims must be deleted, told or not.
    pub expires_at: Timestamp,
    /// The values in use, by OpenID claim name. Empty once the grant has ended.
    pub claims: BTreeMap<String, Value>,
    /// What the customer was told about this version.
    pub acknowledged: AckStatus,
    /// Claims of this version that the vendor does not take; their values were never stored.
    pub refused_claims: Vec<String>,
    /// Names of the claims that were deleted when the grant ended.
    pub deleted: Vec<String>,
    /// What the claims may be used for, as the consent record says it.
    pub purposes: Vec<String>,
    /// The consent record (ISO/IEC TS 27560 field names). Deleted with the claims.
    pub record: Option<Value>,
    /// The IEEE 7012 agreement proffered with it.
    pub terms: Option<String>,
    /// What ties the grant's messages together.
    pub txn: Option<String>,
    /// The customer's pairwise name in the grant's messages.
    pub sub: String,
    /// Hash of the last message that changed the grant.
    pub set_hash: String,
    /// When it was revoked or expired.
    pub ended_at: Option<Timestamp>,
}

/// The key that a customer's token is bound to, since their `relationship-created` or their last `keys-changed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The URN of the first key's thumbprint: the `iss` of every message of the relationship.
    pub issuer: String,
    /// The key.
    pub jwk: Jwk,
}

/// A customer who presented a token that was given to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Row id in this receiver's store.
    pub id: i64,
    /// The key of the relationship; none before the first message.
    pub binding: Option<Binding>,
}

/// A SET that is signed and waits to be polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id, a UUIDv7.
    pub jti: String,
    /// The name of its event.
    pub event: &'static str,
    /// The compact SET.
    pub token: String,
}

/// A customer who was just added, with the token to hand to them. The token is stored nowhere.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NewCustomer {
    /// The vendor's name for them.
    pub name: String,
    /// 32 random bytes, base64url: the bearer token of their requests.
    pub token: String,
}

/// A customer, without what they lent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomerView {
    /// The vendor's name for them.
    pub name: String,
    /// When they were added.
    pub created_at: Timestamp,
    /// The issuer URN that the token is bound to; none before their first message.
    pub issuer: Option<String>,
    /// When it was bound.
    pub bound_at: Option<Timestamp>,
    /// The thumbprints of the keys that it was bound to: the one that signs now, then those that it replaced.
    pub keys: Vec<String>,
    /// How many of their grants are in force.
    pub active_grants: u32,
}

/// Everything held about a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomerDetail {
    /// Who.
    #[serde(flatten)]
    pub customer: CustomerView,
    /// Their grants, those that ended too, in the order of their ids.
    pub grants: Vec<Grant>,
    /// The SETs that were answered with 202, oldest first.
    pub received: Vec<ReceivedView>,
    /// What they had to say, in their own words, oldest first.
    pub feedback: Vec<FeedbackView>,
    /// Answers that wait to be polled, oldest first.
    pub waiting: Vec<WaitingView>,
    /// Answers that the customer refused, oldest first.
    pub refused: Vec<RefusedView>,
}

/// A SET that was received. Its body is not kept, so that a deletion deletes; but for what the customer had to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceivedView {
    /// Its id.
    pub jti: String,
    /// The name of its event.
    pub event: String,
    /// The grant that it is about.
    pub grant_id: Option<String>,
    /// The version that it states.
    pub version: Option<u32>,
    /// Hash of the compact SET.
    pub set_hash: String,
    /// When it came.
    pub received_at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, if it was not applied.
    pub reason: Option<String>,
}

/// What a customer had to say. Somebody else's text: make it printable before it reaches a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedbackView {
    /// The id of the message that it came in.
    pub jti: String,
    /// The words, and what they are about.
    #[serde(flatten)]
    pub feedback: FeedbackSubmitted,
    /// When it came.
    pub received_at: Timestamp,
}

/// A SET that waits to be polled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    /// Its id.
    pub jti: String,
    /// The name of its event.
    pub event: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// An answer that the customer could not use (`setErrs` of a poll).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedView {
    /// The id of the answer.
    pub jti: String,
    /// The code of RFC 8935.
    pub err: String,
    /// The customer's words. Somebody else's text: make it printable before it reaches a terminal.
    pub description: String,
    /// When they said so.
    pub refused_at: Timestamp,
}
