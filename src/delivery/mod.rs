//! Moving: the outbox and the inbox, conversations with many vendors at once, what to do with each answer, and the way
//! over HTTP. It uses the nouns and the wire; nothing uses it but the door and search.

pub mod address;
pub mod answer;
pub mod by_hand;
pub mod channel;
pub mod close;
pub mod discover;
pub mod drift;
mod drift_store;
mod events;
pub mod exchange;
pub mod feedback;
pub mod http;
pub mod inbox;
mod incoming;
pub mod lend;
pub mod letter;
pub mod link;
pub mod mail;
pub mod message;
pub mod pull;
pub mod push;
mod queue_store;
#[cfg(test)]
mod race_tests;
pub mod receipt;
pub mod rekey;
#[cfg(test)]
mod rekey_tests;
pub mod relocation;
pub mod renewal;
pub mod resign;
mod store;
pub mod talk;
pub mod tasks;
pub mod text;
mod underway_store;

pub use message::{Message, MessageState};
pub use queue_store::{Counts, counts, drop_message, release, release_mail, retry, retry_all};
pub use store::{Brief, after, beginning_with, find, list, named, of_grant, received_beginning_with};
pub use underway_store::{Of, Underway, next_due, underway};
