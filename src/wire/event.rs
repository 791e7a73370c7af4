//! The events and their payloads. Times inside a payload are RFC 3339 in UTC; durations are ISO 8601.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::jose::Jwk;

/// What every event name of this profile begins with; the major version is its last part. Kept here alone, because
/// it becomes an https namespace once the project has a domain.
pub const NAMESPACE: &str = "urn:cmr:secevent:1:";

/// SSF's own connection test (OpenID Shared Signals Framework 1.0, section 8.1.4).
pub const SSF_VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// The agreements of IEEE 7012 (MyTerms), by their ids in the DPV list: what a vendor may do beyond the service itself.
/// `SD` lends for a service; `PDC` is a personal data *contribution*, and grants use.
pub static TERMS: [&str; 9] = [
    "SD-BASE",
    "SD-BASE-DP",
    "SD-BASE-A",
    "SD-BASE-AT",
    "SD-BASE-ATP",
    "SD-BASE-ATP-S3P",
    "PDC-AI",
    "PDC-GOOD",
    "PDC-INTENT",
];

/// The events that this version sends or understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Customer to vendor: binds the relationship's key; no claims.
    RelationshipCreated,
    /// Customer to vendor: a new grant with its claims.
    GrantCreated,
    /// Customer to vendor: the same grant, whole, after a change of scope, purpose or value.
    GrantUpdated,
    /// Customer to vendor: the same grant for longer; no data.
    GrantRenewed,
    /// Customer to vendor: taken back.
    GrantRevoked,
    /// Customer to vendor: another key signs from now on.
    KeysChanged,
    /// Customer to vendor: what the customer has to say, in their own words.
    FeedbackSubmitted,
    /// Vendor to customer: what became of a grant message.
    GrantAcknowledged,
    /// Vendor to customer: a signed statement of what was deleted and what was kept.
    DeletionCompleted,
    /// Vendor to customer: it signs the agreement.
    TermsAccepted,
    /// Vendor to customer: it would sign another agreement.
    TermsCountered,
    /// Vendor to customer: it signs none.
    TermsDeclined,
    /// Vendor to customer: where a request about a right stands.
    RightsStatus,
    /// Vendor to customer: an answer to what the customer had to say.
    FeedbackResponded,
    /// Vendor to customer: an offer.
    OfferMade,
    /// Vendor to customer: the connection test of SSF.
    Verification,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 16] = [
        Event::RelationshipCreated,
        Event::GrantCreated,
        Event::GrantUpdated,
        Event::GrantRenewed,
        Event::GrantRevoked,
        Event::KeysChanged,
        Event::FeedbackSubmitted,
        Event::GrantAcknowledged,
        Event::DeletionCompleted,
        Event::TermsAccepted,
        Event::TermsCountered,
        Event::TermsDeclined,
        Event::RightsStatus,
        Event::FeedbackResponded,
        Event::OfferMade,
        Event::Verification,
    ];

    /// The name without its namespace, as people read it.
    pub fn name(self) -> &'static str {
        match self {
            Event::RelationshipCreated => "relationship-created",
            Event::GrantCreated => "grant-created",
            Event::GrantUpdated => "grant-updated",
            Event::GrantRenewed => "grant-renewed",
            Event::GrantRevoked => "grant-revoked",
            Event::KeysChanged => "keys-changed",
            Event::FeedbackSubmitted => "feedback-submitted",
            Event::GrantAcknowledged => "grant-acknowledged",
            Event::DeletionCompleted => "deletion-completed",
            Event::TermsAccepted => "terms-accepted",
            Event::TermsCountered => "terms-countered",
            Event::TermsDeclined => "terms-declined",
            Event::RightsStatus => "rights-status",
            Event::FeedbackResponded => "feedback-responded",
            Event::OfferMade => "offer-made",
            Event::Verification => "verification",
        }
    }

    /// The event URI as it stands on the wire.
    pub fn uri(self) -> String {
        match self {
            Event::Verification => SSF_VERIFICATION.into(),
            other => format!("{NAMESPACE}{}", other.name()),
        }
    }

    /// The event of a URI.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.uri() == uri)
    }

    /// The event of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// The events that a customer sends.
    pub fn from_customer() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|event| event.is_from_customer())
    }

    /// Whether a customer sends it, and not a vendor.
    pub fn is_from_customer(self) -> bool {
        use Event::*;
        matches!(
            self,
            RelationshipCreated
                | GrantCreated
                | GrantUpdated
                | GrantRenewed
                | GrantRevoked
                | KeysChanged
                | FeedbackSubmitted
        )
    }
}

/// `relationship-created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationshipCreated {
    /// Always `none`: a relationship lends nothing by itself.
    pub claims_offered: String,
}

impl Default for RelationshipCreated {
    fn default() -> Self {
        Self { claims_offered: "none".into() }
    }
}

/// `grant-created` and `grant-updated`: the grant, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantContent {
    /// The grant.
    pub grant_id: String,
    /// Counts up from 1; a lower one than the last seen is dropped.
    pub version: u32,
    /// Hash of the previous SET of this grant that was sent ([`super::jose::set_hash`]); none on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    /// When the vendor must stop using the claims, told or not.
    pub expires_at: Timestamp,
    /// The IEEE 7012 agreement proffered with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// The consent record, ISO/IEC TS 27560 field names.
    pub record: Value,
    /// OpenID claim names to values.
    pub claims: BTreeMap<String, Value>,
    /// Claim names that differ from the previous version: for reading only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// `grant-renewed`: a new end, no data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRenewed {
    /// The grant.
    pub grant_id: String,
    /// The new version.
    pub version: u32,
    /// Hash of the previous SET of this grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    /// The new end.
    pub expires_at: Timestamp,
    /// `RenewedConsentGiven` (DPV).
    pub event_state: String,
}

/// `grant-revoked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRevoked {
    /// The grant.
    pub grant_id: String,
    /// The new version; nothing after it is accepted.
    pub version: u32,
    /// Hash of the previous SET of this grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    /// When it was taken back.
    pub effective_at: Timestamp,
    /// `ConsentWithdrawn` (DPV).
    pub event_state: String,
    /// `stop-processing`, `delete`, `notify-recipients`.
    pub requested: Vec<String>,
    /// By when the customer expects a `deletion-completed`.
    pub confirm_by: Timestamp,
}

/// `keys-changed`: signed by the key that is replaced, with a proof by the one that replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysChanged {
    /// The key that signs from now on.
    pub jwk: Jwk,
    /// Its own signature over who changes from which key to which ([`super::key_proof`]).
    pub proof: String,
}

/// What sort of thing a customer has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Something is needed of the vendor: an answer, a service.
    Need,
    /// What matters to the customer.
    Priority,
    /// What went well.
    Praise,
    /// What was expected, and did not come.
    Disappointment,
    /// What could be better.
    Suggestion,
    /// What went wrong, and is to be put right.
    Complaint,
}

impl FeedbackKind {
    /// The name, as on the wire and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            FeedbackKind::Need => "need",
            FeedbackKind::Priority => "priority",
            FeedbackKind::Praise => "praise",
            FeedbackKind::Disappointment => "disappointment",
            FeedbackKind::Suggestion => "suggestion",
            FeedbackKind::Complaint => "complaint",
        }
    }
}

/// `feedback-submitted`: the customer's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackSubmitted {
    /// Of what sort.
    pub kind: FeedbackKind,
    /// The `jti` of the message that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The words.
    pub text: String,
    /// What the customer would like to come of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_outcome: Option<String>,
    /// By when they would like an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<Timestamp>,
}

/// What a vendor decided about a grant message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckStatus {
    /// All of it is in use.
    Accepted,
    /// All but `refused_claims`.
    PartiallyAccepted,
    /// None of it.
    Rejected,
}

/// `grant-acknowledged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantAcknowledged {
    /// The grant.
    pub grant_id: String,
    /// The version that the vendor now holds.
    pub version: u32,
    /// Hash of the compact SET received ([`super::jose::set_hash`]).
    pub set_hash: String,
    /// The decision.
    pub status: AckStatus,
    /// Claims that the vendor does not take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_claims: Vec<String>,
}

/// A claim that a vendor keeps after a revocation, and on what ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retained {
    /// OpenID claim name.
    pub claim: String,
    /// The law or contract that the vendor names.
    pub legal_basis: String,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// `deletion-completed`: what a vendor states that it deleted. A statement, never proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionCompleted {
    /// The grant.
    pub grant_id: String,
    /// The version of the revocation, or of the grant that expired.
    pub version: u32,
    /// Hash of the compact revocation received, or of the last grant message on expiry.
    pub set_hash: String,
    /// When.
    pub completed_at: Timestamp,
    /// Claim names deleted.
    pub deleted: Vec<String>,
    /// Claims kept, each with its ground.
    #[serde(default)]
    pub retained: Vec<Retained>,
    /// Who was told to delete as well.
    #[serde(default)]
    pub recipients_notified: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_found_again_by_its_uri_and_name() {
        for event in Event::ALL {
            assert_eq!(Event::from_uri(&event.uri()), Some(event));
            assert_eq!(Event::from_name(event.name()), Some(event));
        }
        assert_eq!(Event::from_uri("urn:cmr:secevent:2:grant-created"), None);
    }
}
