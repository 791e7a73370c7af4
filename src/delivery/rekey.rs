//! Changing the key of a relationship, by `keys-changed`.
//!
//! The new key is kept before the vendor is told of it, and signs nothing but its own proof until the vendor took it.
//! From the first attempt until the answer is known the change goes before all else: it alone is good whichever of the two
//! keys the vendor knows.

use rusqlite::Connection;
use serde_json::json;

use super::events::{About, Signer};
use super::message::{Message, MessageState};
use super::{queue_store, resign, store};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::Tx;
use crate::vendor::{self, Vendor};
use crate::wire::event::{Event, KeysChanged};
use crate::wire::jose::SigningKey;
use crate::wire::key_proof::Change;

/// Makes a new key for a relationship, and queues the message that tells the vendor. Where an account
/// is linked by a registered client, `link::renew` puts the new key there too, once the vendor took it.
///
/// # Errors
/// Kind bad input for a vendor that does not know the present key, does not take such a message, or was told of another
/// new key and did not take it yet.
pub fn queue(tx: &Tx, vendor: &Vendor) -> Result<Message> {
    check(tx, vendor)?;
    let signer = Signer::of(tx, vendor)?;
    let (old, _) = vendor::own_keys(tx, &vendor.id)?;
    let new = SigningKey::generate().map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
    vendor::add_next_key(tx, &vendor.id, &new)?;
    let change = Change { issuer: &signer.relationship.issuer, audience: vendor.resource(), old_key: &old.thumbprint };
    let payload = KeysChanged { proof: change.prove(&new, tx.now()), jwk: new.public() };
    let message = signer.sign(Event::KeysChanged, &payload, About::default(), tx.now())?;
    store::insert(tx, &message, &message.id)?;
    let body = json!({"vendor": vendor.id, "message": message.id, "set_hash": message.set_hash,
                      "old_key": old.thumbprint, "new_key": new.thumbprint()});
    ledger::append(tx, "key-change-queued", &vendor.name, &body)?;
    Ok(message)
}

/// Whether the key of a relationship can be changed now.
///
/// # Errors
/// As [`queue`].
pub fn check(connection: &Connection, vendor: &Vendor) -> Result<()> {
    let name = &vendor.name;
    if vendor::relationship(connection, &vendor.id)?.introduced_at.is_none() {
        return Err(Error::bad_input(format!("{name} does not know your key yet: there is nothing to change")));
    }
    if vendor::own_keys(connection, &vendor.id)?.1.is_some() {
        return Err(Error::bad_input(format!("a new key waits already for {name} to take it"))
            .hint(format!("tell it: cmr push {name}")));
    }
    if vendor.leaves_out(Event::KeysChanged) {
        return Err(Error::bad_input(format!("{name} does not say that it takes a change of key"))
            .hint(format!("read its document again: cmr vendor set {name} --discover")));
    }
    Ok(())
}

/// What follows when a message is settled, in the same transaction: with a change of key that was delivered the new key
/// signs, and signs again what waits; with one that failed the old key stays. Other messages change nothing here.
///
/// # Errors
/// The database's.
pub(super) fn settled(tx: &Tx, vendor: &Vendor, message: &mut Message) -> Result<()> {
    if message.event != Event::KeysChanged.name() {
        return Ok(());
    }
    match message.state {
        MessageState::Delivered => taken(tx, vendor, message),
        MessageState::Failed => refused(tx, vendor, message),
        // The vendor said no to the only attempt: it knows the old key, and what is urgent may go first.
        MessageState::Held if store::get(tx, &message.id)?.attempts <= 1 => queue_store::wait_in_turn(tx, message),
        _ => Ok(()),
    }
}

fn taken(tx: &Tx, vendor: &Vendor, message: &Message) -> Result<()> {
    let (old, _) = vendor::own_keys(tx, &vendor.id)?;
    let Some(new) = vendor::end_key_change(tx, &vendor.id, true)? else { return Ok(()) };
    let signed_again = resign::all_open(tx, &vendor.id)?;
    let body = json!({"vendor": vendor.id, "message": message.id, "old_key": old.thumbprint, "new_key": new.thumbprint,
                      "signed_again": signed_again});
    ledger::append(tx, "key-changed", &vendor.name, &body)
}

fn refused(tx: &Tx, vendor: &Vendor, message: &mut Message) -> Result<()> {
    let reason = format!("{}; the old key goes on signing", message.reason.as_deref().unwrap_or_default());
    queue_store::set_state(tx, &message.id, MessageState::Failed, Some(&reason))?;
    message.reason = Some(reason);
    put_away(tx, vendor, message)
}

fn put_away(tx: &Tx, vendor: &Vendor, message: &Message) -> Result<()> {
    let Some(new) = vendor::end_key_change(tx, &vendor.id, false)? else { return Ok(()) };
    let body = json!({"vendor": vendor.id, "message": message.id, "new_key": new.thumbprint});
    ledger::append(tx, "key-change-ended", &vendor.name, &body)
}

/// What follows when the user drops a message: the old key stays.
///
/// # Errors
/// Kind bad input for a change of key whose answer is not known: the vendor may know us by the new key alone.
pub(super) fn dropped(tx: &Tx, message: &Message) -> Result<()> {
    // One that failed has ended already; another change may wait by now.
    if message.event != Event::KeysChanged.name() || message.state == MessageState::Failed {
        return Ok(());
    }
    let vendor = vendor::get(tx, &message.vendor_id)?;
    if message.state == MessageState::Queued && message.attempted_at.is_some() {
        return Err(Error::bad_input(format!("{} may have taken the new key already", vendor.name))
            .hint(format!("the next push finds out: cmr push {} --now", vendor.name)));
    }
    put_away(tx, &vendor, message)
}

/// Lets the relationship's key be registered again before a change of it: the vendor has just said that it knows neither
/// that message nor its key.
pub(super) fn stand_back(tx: &Tx, vendor: &Vendor) -> Result<()> {
    let open = queue_store::open_of(tx, &vendor.id)?;
    let change = open.iter().find(|message| message.event == Event::KeysChanged.name());
    change.map_or(Ok(()), |message| queue_store::wait_in_turn(tx, message))
}
