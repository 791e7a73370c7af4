//! Lending: what a grant holds, the states it goes through, its preview, and its consent record.

pub mod ended;
pub mod model;
pub mod preview;
pub mod record;
pub mod renewal;
pub mod scope;
pub mod state;
mod store;
pub mod vocabulary;

pub use model::{Grant, LentClaim, Purpose, Renewal, Scope};
pub use state::{State, Status, Step, VendorStatus};
pub use store::{
    Brief, beginning_with, carrying, due_to_expire, ending, find, get, insert, list, list_of_vendor, mark_reminded,
    of_txn, save, take_step, watched,
};
