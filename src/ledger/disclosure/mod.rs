//! Disclosures: which claim value left for which vendor, when, and whether the vendor stated that it is deleted.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::chain::hex;

mod store;

pub use store::{
    carry_over, known, last_of_grant, last_of_grants, left_of_grant, mark_deleted, mark_refused, mark_refused_deleted,
    record,
};

/// One claim value that a message carries, with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Disclosure {
    /// The vendor's id.
    pub vendor_id: String,
    /// The vendor's name.
    pub vendor: String,
    /// The grant.
    pub grant_id: String,
    /// The message that carried it.
    pub message_id: String,
    /// OpenID claim name.
    pub claim: String,
    /// The value.
    pub value: Value,
    /// Salted hash of the value, as the ledger has it.
    pub hash: String,
    /// When the vendor's server took it; none while that was not known, at the moment asked for.
    pub delivered_at: Option<Timestamp>,
    /// When it was first sent: since then the vendor may have it.
    pub attempted_at: Option<Timestamp>,
    /// Whether the vendor said that it did not take this claim. It has seen it all the same.
    pub refused: bool,
    /// When the vendor stated that it is deleted.
    pub deleted_at: Option<Timestamp>,
}

/// Which disclosures to list. Times compare with when the value first left.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// Of this vendor.
    pub vendor_id: Option<&'a str>,
    /// Of this OpenID claim.
    pub claim: Option<&'a str>,
    /// As the vendor knew, or may have known, on this moment.
    pub at: Option<Timestamp>,
}

/// What a vendor states to have deleted of a grant.
pub struct Deletion<'a> {
    /// The grant.
    pub grant_id: &'a str,
    /// The version that it speaks of: what was sent later is not covered.
    pub version: u32,
    /// The claims.
    pub claims: &'a [&'a str],
    /// The message that states it.
    pub by: &'a str,
}

/// SHA-256 of salt and value: a value can be proved with its salt, and not be guessed without.
fn salted_hash(salt: &[u8], value: &str) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update(value).finalize())
}
