//! The vendor's side: a reference server that takes what customers lend, and gives it back. It shares `wire/`,
//! `error` and `text` with the rest of the program, and has a store of its own.
//!
//! `server` runs it; `http` holds the routes (RFC 8935, RFC 8936, RFC 9728); `verify` says who sent a message and
//! `rules` what to do with it, both pure; `desk` does it, in one transaction with the answer; `store` is the SQL.
//!
//! The body of a received SET is never stored, only its hash and what was decided: so a deletion deletes. What a
//! customer has to say is kept: it is meant to be read.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::text::nearest;
use crate::wire::jose::b64;

mod desk;
mod http;
mod key_store;
mod model;
mod rules;
mod server;
mod show_store;
mod store;
mod verify;

#[cfg(test)]
mod rekey_tests;
#[cfg(test)]
mod test_kit;
#[cfg(test)]
mod tests;

pub use model::{
    CustomerDetail, CustomerView, FeedbackView, Grant, GrantStatus, NewCustomer, Outcome, ReceivedView, RefusedView,
    WaitingView,
};
pub use server::{Config, Server, Signals};

use store::Store;

/// Adds a customer to a receiver's data, running or not, and makes the token that they will present.
///
/// # Errors
/// Kind bad input for a name that is empty or taken; otherwise where the data directory cannot be used.
pub fn add_customer(data_dir: &Path, name: &str) -> Result<NewCustomer> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::bad_input("a customer needs a name"));
    }
    let mut secret = [0u8; 32];
    getrandom::fill(&mut secret).map_err(|e| Error::failed("the system has no random numbers").because(e))?;
    let token = b64(&secret);
    let hash = Sha256::digest(&token);
    let added = Store::create(data_dir)?.write(|db| store::add_customer(db, name, &hash, Timestamp::now()))?;
    match added {
        true => Ok(NewCustomer { name: name.into(), token }),
        false => Err(Error::bad_input(format!("there is a customer named {name:?} already"))),
    }
}

/// Every customer of a receiver, in the order of their names.
///
/// # Errors
/// Kind not found if no receiver has run there; otherwise where its data cannot be read.
pub fn customers(data_dir: &Path) -> Result<Vec<CustomerView>> {
    let customers = Store::open(data_dir)?.read(|db| show_store::customers(db))?;
    Ok(customers.into_iter().map(|(_, customer)| customer).collect())
}

/// Everything held about one customer, or about all of them.
///
/// # Errors
/// Kind not found for an unknown name, or if no receiver has run there; otherwise where its data cannot be read.
pub fn show(data_dir: &Path, customer: Option<&str>) -> Result<Vec<CustomerDetail>> {
    let mut store = Store::open(data_dir)?;
    let all = store.read(|db| show_store::customers(db))?;
    if let Some(name) = customer
        && !all.iter().any(|(_, known)| known.name == name)
    {
        let error = Error::not_found(format!("there is no customer named {name:?}"));
        return Err(match nearest(name, all.iter().map(|(_, known)| known.name.as_str())).as_slice() {
            [] => error,
            near => error.hint(format!("did you mean {}?", near.join(" or "))),
        });
    }
    let wanted = all.into_iter().filter(|(_, known)| customer.is_none_or(|name| known.name == name));
    store.read(|db| wanted.map(|(id, customer)| detail(db, id, customer)).collect())
}

fn detail(db: &Connection, id: i64, customer: CustomerView) -> rusqlite::Result<CustomerDetail> {
    Ok(CustomerDetail {
        customer,
        grants: store::grants(db, id)?,
        received: show_store::received(db, id)?,
        feedback: show_store::feedback(db, id)?,
        waiting: show_store::queued(db, id)?,
        refused: show_store::refusals(db, id)?,
    })
}
