//! Signing again: what never left, and was signed long ago or by a key that was replaced since. It says the same under
//! a new `jti` and `iat`. What may have arrived keeps its bytes: only by them does the vendor know it again.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use uuid::Uuid;

use super::message::{Message, MessageState};
use super::store;
use super::{mail, queue_store};
use crate::error::{Error, Result};
use crate::ledger::{self, disclosure};
use crate::vault::Tx;
use crate::vendor;
use crate::wire::event::Event;
use crate::wire::jose::set_hash;
use crate::wire::set::{Claims, Unchecked};

/// After how many days a message that never left is signed again before it leaves.
pub(super) const OLD_DAYS: i64 = 7;

/// Whether a message is to be signed again before it is sent.
fn is_old(message: &Message, now: Timestamp) -> bool {
    never_left(message) && message.created_at <= now - (24 * OLD_DAYS).hours()
}

fn never_left(message: &Message) -> bool {
    matches!(message.state, MessageState::Queued | MessageState::Held) && message.attempted_at.is_none()
}

/// The message to send in place of one whose turn it is: itself, or itself signed again if it waited for too long.
///
/// # Errors
/// The database's.
pub(super) fn if_old(tx: &Tx, message: Message) -> Result<Message> {
    if is_old(&message, tx.now()) { again(tx, &message) } else { Ok(message) }
}

/// Signs again all that waits for a vendor and never left, by the key that is the relationship's now. Returns how many.
///
/// # Errors
/// The database's.
pub(super) fn all_open(tx: &Tx, vendor_id: &str) -> Result<usize> {
    let mut open = queue_store::open_of(tx, vendor_id)?;
    open.retain(never_left);
    open.iter().try_for_each(|message| again(tx, message).map(|_| ()))?;
    Ok(open.len())
}

/// Signs a message that never left again: a new `jti` and `iat`, and the hash of what is before it now; all else is as it
/// was, and so is its turn.
///
/// # Errors
/// Kind damaged for a message that cannot be read; the database's.
pub(super) fn again(tx: &Tx, message: &Message) -> Result<Message> {
    let claims = claims_of(tx, message)?;
    // No look at how large it is: it waits already, and the vendor says if it is too large.
    let key = vendor::signing_key(tx, &message.vendor_id)?;
    let jws = claims.sign(&key, message.event == Event::RelationshipCreated.name());
    let new = Message { id: claims.jti, set_hash: set_hash(&jws), jws, created_at: tx.now(), ..message.clone() };
    store::insert(tx, &new, &new.id)?;
    queue_store::take_turn(tx, &message.id, &new.id)?;
    disclosure::carry_over(tx, &message.id, &new.id)?;
    mail::take_edited_over(tx, &message.id, &new.id)?;
    let reason = format!("signed again as {}", new.id);
    queue_store::set_state(tx, &message.id, MessageState::Cancelled, Some(&reason))?;
    let body = json!({"vendor": message.vendor_id, "event": message.event, "grant": message.grant_id, "was": message.id,
                      "key": key.thumbprint(), "set_hash": new.set_hash});
    ledger::append(tx, "message-signed-again", &new.id, &body)?;
    Ok(new)
}

fn claims_of(tx: &Tx, message: &Message) -> Result<Claims> {
    let unreadable = || Error::damaged(format!("it holds a message, {}, that is not readable", message.id));
    let set = Unchecked::parse(&message.jws).map_err(|_| unreadable())?;
    let mut claims = set.peek().clone();
    claims.jti = id_after(&message.id)?;
    claims.iat = tx.now().as_second();
    if let (Some(grant), Some(version)) = (&message.grant_id, message.version) {
        let prev = store::last_before(tx, grant, version)?.map(|before| before.set_hash);
        for payload in claims.events.values_mut().filter_map(Value::as_object_mut) {
            match &prev {
                Some(prev) => payload.insert("prev".into(), json!(prev)),
                None => payload.remove("prev"),
            };
        }
    }
    Ok(claims)
}

/// A new id that stands in the old one's place among all ids: they are the order in which messages leave. A UUIDv7 ends in
/// 32 bits of nothing but chance, and these alone are drawn again.
fn id_after(old: &str) -> Result<String> {
    let old: Uuid = old.parse().map_err(|_| Error::damaged(format!("it holds a message whose id is none: {old}")))?;
    let mut bytes = *old.as_bytes();
    while bytes == *old.as_bytes() {
        getrandom::fill(&mut bytes[12..])
            .map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
    }
    Ok(Uuid::from_bytes(bytes).to_string())
}
