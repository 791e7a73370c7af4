//! Filling: other people's files. One reader a file, one common result: what each line, entry or message says about a vendor.

mod address;
pub mod bank;
mod charset;
pub mod collect;
pub mod directory;
mod directory_store;
pub mod evidence;
pub mod ghost;
mod held_store;
pub mod mail;
pub mod matching;
pub mod model;
pub mod passwords;
pub mod payee;
pub mod plan;
mod sensitive;
mod store;
mod undo_store;
pub mod vcard;
mod vendor_store;
pub mod write;

pub use directory_store::{Entry, of_site, write as write_directory};
pub use held_store::{Contact, Held, Trace, Traces, contacts, held_by_vendor, held_claim, traces};
pub use store::{Waiting, answer, batches, find_batch, unmatched};
pub use undo_store::{Staying, Undone, undo};
pub use vendor_store::{brought, place_older};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
