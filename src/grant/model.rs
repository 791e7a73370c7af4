//! What a grant holds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::profile::model::ClaimName;

/// Claims, purpose and duration lent to one vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// UUIDv7.
    pub id: String,
    /// To whom, by the vault's id.
    pub vendor_id: String,
    /// Whose values: a persona of the profile.
    pub persona: String,
    /// What is lent, what for, and how.
    pub scope: Scope,
    /// Where it stands.
    pub state: State,
    /// Ties its messages and their answers together.
    pub txn: String,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended, in words.
    pub ended_how: Option<String>,
    /// By when the vendor should have stated the deletion.
    pub confirm_by: Option<Timestamp>,
    /// When the vendor last confirmed something.
    pub confirmed_at: Option<Timestamp>,
    /// The user's rule by which it is renewed; none for by hand only.
    pub renewal: Option<Renewal>,
    /// When the user stopped waiting for the vendor to confirm its end.
    pub closed_at: Option<Timestamp>,
    /// When the user was last reminded that nothing touches it.
    pub reminded_at: Option<Timestamp>,
}

/// A user's rule: this grant, as it stands, may be renewed without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// For how long each time: an ISO 8601 duration.
    pub each: String,
    /// Never past this end.
    pub until: Timestamp,
}

/// What is lent, what for, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The claims.
    pub claims: Vec<LentClaim>,
    /// What they may be used for.
    pub purposes: Vec<Purpose>,
    /// `Consent` or `Contract` (DPV 2.2).
    pub lawful_basis: String,
    /// Once, or kept up to date while the grant lasts.
    pub mode: Mode,
    /// How long the vendor may keep the claims after it got them: an ISO 8601 duration. Not the same as expiry.
    pub data_life: String,
    /// Who else may have them.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// The IEEE 7012 agreement.
    #[serde(default)]
    pub terms: Option<String>,
}

/// One claim of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LentClaim {
    /// Which claim of the profile.
    pub claim: ClaimName,
    /// Why it is needed.
    #[serde(default)]
    pub why: Option<String>,
    /// Whether the purpose can do without it.
    #[serde(default)]
    pub optional: bool,
}

/// What claims may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// A term of DPV 2.2.
    pub term: String,
    /// The user's own words.
    #[serde(default)]
    pub words: Option<String>,
}

/// Whether changes of a claim follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The values of the day of the grant; later changes are not told.
    Once,
    /// Every change of a lent claim is told while the grant lasts.
    Continuous,
}

impl Grant {
    /// Whether the vendor may use the claims at this moment.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.state.status.is_current() && now < self.expires_at
    }

    /// The OpenID names of its claims.
    pub fn claim_names(&self) -> Vec<String> {
        self.scope.claims.iter().map(|lent| lent.claim.base().to_owned()).collect()
    }
}
