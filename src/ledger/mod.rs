//! The proof: an append-only hash chain with one entry for each change, in the change's own transaction; and the
//! disclosures, which answer what a vendor knows and knew.

pub mod chain;
pub mod disclosure;
#[cfg(test)]
mod nested_tests;
mod store;

pub use chain::Entry;
pub use store::{Filter, Verified, after, append, append_rotation, check_anchor, count, entries, get, head, verify};
