//! The table of deliveries: what became of our messages, and whose turn it is.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::json;

use super::answer::Hold;
use super::message::{Message, MessageState};
use super::rekey;
use super::store::{DELIVERIES, LEFT_OR_WILL, OPEN, get, list, place, select_from};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::{Tx, to_millis};
use crate::vendor::ChannelKind;
use crate::wire::event::Event;

/// How many messages of ours are not at an end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They will be sent, or sent again.
    pub queued: u32,
    /// The user must do something first.
    pub held: u32,
    /// The vendor will never take them.
    pub failed: u32,
}

/// Counts what is not at an end, without reading it.
///
/// # Errors
/// The database's.
pub fn counts(connection: &Connection) -> Result<Counts> {
    let sql = format!(
        "SELECT (SELECT count(*) FROM delivery d WHERE {OPEN}),
                (SELECT count(*) FROM delivery d WHERE {OPEN} AND d.state = 'held'),
                (SELECT count(*) FROM delivery d WHERE d.state = 'failed')"
    );
    let (open, held, failed): (u32, u32, u32) =
        connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Counts { queued: open - held, held, failed })
}

/// The message whose turn it is at a vendor: it waits to be sent, or is held and stops the others.
pub(super) fn next_of(connection: &Connection, vendor_id: &str) -> Result<Option<Message>> {
    // A revocation goes first; then the oldest.
    let rest = format!("WHERE d.vendor_id = ?1 AND {OPEN} ORDER BY d.place, d.message_id LIMIT 1");
    Ok(select_from(connection, DELIVERIES, &rest, [vendor_id])?.pop())
}

/// Vendors with something to send: those first that something is taken back from, then those that have waited longest.
pub(super) fn vendors_waiting(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare(&format!(
        "SELECT d.vendor_id FROM delivery d WHERE {OPEN} AND d.state = 'queued'
         GROUP BY d.vendor_id ORDER BY min(d.place <> 1), min(d.message_id)"
    ))?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Whether the relationship's key is on its way to a vendor.
pub(super) fn introduction_waits(connection: &Connection, vendor_id: &str) -> Result<bool> {
    // Before all others in the queue, only the key's own messages stand.
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {DELIVERIES}
         WHERE d.vendor_id = ?1 AND {OPEN} AND d.place = 0 AND m.event = 'relationship-created')"
    );
    Ok(connection.query_row(&sql, [vendor_id], |row| row.get(0))?)
}

/// The messages to a vendor that wait or are held, in their order.
pub(super) fn open_of(connection: &Connection, vendor_id: &str) -> Result<Vec<Message>> {
    let rest = format!("WHERE d.vendor_id = ?1 AND {OPEN} ORDER BY d.place, d.message_id");
    select_from(connection, DELIVERIES, &rest, [vendor_id])
}

/// Notes that a message is being sent: from now on it may have arrived.
///
/// A change of the key goes before everything else from then on: until its answer is known, nobody can say by which key
/// the vendor knows us.
pub(super) fn mark_attempt(tx: &Tx, message: &Message, by: ChannelKind) -> Result<()> {
    let sql = "UPDATE delivery SET attempts = attempts + 1, attempted_at = coalesce(attempted_at, ?2),
                                   place = CASE WHEN ?3 THEN 0 ELSE place END, channel = ?4
               WHERE message_id = ?1";
    let first = message.event == Event::KeysChanged.name();
    tx.prepare_cached(sql)?.execute((&message.id, tx.now_millis(), first, by.name()))?;
    Ok(())
}

/// Notes that the attempt did not even reach the vendor's server: nothing has left by it.
pub(super) fn unmark_attempt(tx: &Tx, message: &Message) -> Result<()> {
    let before = message.attempted_at.map(to_millis);
    tx.execute("UPDATE delivery SET attempted_at = ?2 WHERE message_id = ?1", params![message.id, before])?;
    if before.is_none() {
        wait_in_turn(tx, message)?;
    }
    Ok(())
}

/// Puts a message where it stands by its event: a change of the key that is known not to have been taken waits for its
/// turn again.
pub(super) fn wait_in_turn(tx: &Tx, message: &Message) -> Result<()> {
    let sql = "UPDATE delivery SET place = ?2 WHERE message_id = ?1";
    tx.prepare_cached(sql)?.execute(params![message.id, place(&message.event)])?;
    Ok(())
}

/// Gives a message the turn of another, with all that has become of that one.
pub(super) fn take_turn(tx: &Tx, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE delivery SET place = o.place, attempts = o.attempts, due_at = o.due_at, reason = o.reason
               FROM (SELECT * FROM delivery WHERE message_id = ?1) o WHERE delivery.message_id = ?2";
    tx.prepare_cached(sql)?.execute([old, new])?;
    Ok(())
}

/// Sets what became of a message.
pub(super) fn set_state(tx: &Tx, id: &str, state: MessageState, reason: Option<&str>) -> Result<()> {
    let delivered = (state == MessageState::Delivered).then(|| tx.now_millis());
    tx.prepare_cached(
        "UPDATE delivery SET state = ?2, reason = ?3, due_at = NULL, delivered_at = coalesce(?4, delivered_at)
         WHERE message_id = ?1",
    )?
    .execute(params![id, state.name(), reason, delivered])?;
    Ok(())
}

/// The same, unless the message is at an end: false, and nothing is set.
pub(super) fn set_state_of_open(tx: &Tx, id: &str, state: MessageState, reason: Option<&str>) -> Result<bool> {
    let sql = "UPDATE delivery SET state = ?2, reason = ?3, due_at = NULL
               WHERE message_id = ?1 AND state IN ('queued', 'held')";
    Ok(tx.execute(sql, params![id, state.name(), reason])? > 0)
}

/// Keeps a message for later, unless it is at an end: then false.
pub(super) fn set_due(tx: &Tx, id: &str, due: Timestamp, reason: &str) -> Result<bool> {
    let sql = "UPDATE delivery SET due_at = ?2, reason = ?3 WHERE message_id = ?1 AND state IN ('queued', 'held')";
    Ok(tx.execute(sql, params![id, to_millis(due), reason])? > 0)
}

/// Whether no message of a grant ever left.
pub(super) fn nothing_left(connection: &Connection, grant_id: &str) -> Result<bool> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM message m JOIN delivery d ON d.message_id = m.id
               WHERE m.grant_id = ?1 AND (d.attempted_at IS NOT NULL OR d.delivered_at IS NOT NULL))";
    Ok(connection.query_row(sql, [grant_id], |row| row.get(0))?)
}

/// Cancels what never left of a grant's messages: it has been overtaken. Whether any remain that may have reached the
/// vendor.
pub(super) fn cancel_untried(tx: &Tx, grant_id: &str) -> Result<bool> {
    cancel(tx, grant_id, "attempted_at IS NULL", "overtaken before it was sent")?;
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM message m CROSS JOIN delivery d ON d.message_id = m.id
                        WHERE m.grant_id = ?1 AND m.direction = 'out' AND {LEFT_OR_WILL})"
    );
    Ok(tx.query_row(&sql, [grant_id], |row| row.get(0))?)
}

/// Takes messages of a grant that may have arrived out of the queue: a later version overtakes them either way.
pub(super) fn stop_retrying(tx: &Tx, grant_id: &str) -> Result<()> {
    cancel(tx, grant_id, "attempted_at IS NOT NULL", "overtaken; it may have arrived")
}

/// Takes messages of a grant that its vendor declined out of the queue: the grant is over.
pub(super) fn stop_declined(tx: &Tx, grant_id: &str) -> Result<()> {
    cancel(tx, grant_id, "TRUE", "the vendor declined")
}

/// Takes a grant's unsent renewals out of the queue: a later one says all that they did.
pub(super) fn cancel_renewals(tx: &Tx, grant_id: &str) -> Result<()> {
    let which = "message_id IN (SELECT id FROM message WHERE grant_id = ?1 AND event = 'grant-renewed')";
    cancel(tx, grant_id, which, "overtaken by a later renewal")
}

fn cancel(tx: &Tx, grant_id: &str, which: &str, reason: &str) -> Result<()> {
    let sql = format!(
        "UPDATE delivery SET state = 'cancelled', reason = ?2
         WHERE vendor_id = (SELECT vendor_id FROM \"grant\" WHERE id = ?1) AND state IN ('queued', 'held') AND {which}
           AND (SELECT grant_id FROM message WHERE id = message_id) = ?1"
    );
    tx.execute(&sql, [grant_id, reason])?;
    Ok(())
}

/// Puts a held or waiting message back to be sent now.
///
/// # Errors
/// Kind bad input for a message that is at an end.
pub fn retry(tx: &Tx, message: &Message) -> Result<()> {
    // As it is now: another command may have sent or cancelled it since it was looked at.
    let message = &get(tx, &message.id)?;
    if !matches!(message.state, MessageState::Held | MessageState::Queued) {
        return Err(Error::bad_input(format!("the message is {}: it is not sent again", message.state.name()))
            .hint("a fix is a new message: change or revoke the grant"));
    }
    tx.execute(
        "UPDATE delivery SET state = 'queued', due_at = NULL, reason = NULL WHERE message_id = ?1",
        [&message.id],
    )?;
    ledger::append(tx, "message-retried", &message.id, &json!({"vendor": message.vendor_id}))
}

/// Puts back whatever is held or waits, of one vendor or of all, to be sent now. Returns it as it is now.
///
/// # Errors
/// The database's.
pub fn retry_all(tx: &Tx, vendor_id: Option<&str>) -> Result<Vec<Message>> {
    put_back(tx, |message| vendor_id.is_none_or(|only| only == message.vendor_id))
}

/// Puts back what is held at a vendor for one of these reasons: what was wanting is there now. Returns it as it is now.
///
/// # Errors
/// The database's.
pub fn release(tx: &Tx, vendor_id: &str, holds: &[Hold]) -> Result<Vec<Message>> {
    put_back(tx, |message| message.vendor_id == vendor_id && holds.iter().any(|hold| is_held(message, *hold)))
}

/// Puts back what waited for a mail account, now that there is one: what it did not let through, and what nobody has begun
/// to bring by hand. Returns it as it is now.
///
/// # Errors
/// The database's.
pub fn release_mail(tx: &Tx) -> Result<Vec<Message>> {
    put_back(tx, |message| {
        let untouched = message.channel == Some(ChannelKind::Mail) && message.attempted_at.is_none();
        is_held(message, Hold::Account) || untouched && is_held(message, Hold::ByHand)
    })
}

/// Whether a message is held for this reason, which stands before what the vendor says.
fn is_held(message: &Message, hold: Hold) -> bool {
    let says = |reason: &str| reason.starts_with(hold.reason());
    message.state == MessageState::Held && message.reason.as_deref().is_some_and(says)
}

/// Puts back those of what is held or waits that are meant.
fn put_back(tx: &Tx, which: impl Fn(&Message) -> bool) -> Result<Vec<Message>> {
    let open = |message: &Message| matches!(message.state, MessageState::Held | MessageState::Queued);
    let mut messages = list(tx, false)?;
    messages.retain(|message| open(message) && which(message));
    for message in &mut messages {
        retry(tx, message)?;
        (message.state, message.due_at, message.reason) = (MessageState::Queued, None, None);
    }
    Ok(messages)
}

/// Drops a message that waits, is held or failed, at the user's word.
///
/// # Errors
/// Kind bad input for a message that is at an end.
pub fn drop_message(tx: &Tx, message: &Message) -> Result<()> {
    let message = &get(tx, &message.id)?;
    if !matches!(message.state, MessageState::Held | MessageState::Queued | MessageState::Failed) {
        return Err(Error::bad_input(format!("the message is {}: there is nothing to drop", message.state.name())));
    }
    if message.event == Event::GrantRevoked.name() {
        return Err(Error::bad_input(
            "a revocation cannot be dropped: the vendor would go on as if nothing had happened",
        )
        .hint(format!("send it: cmr outbox retry {}", message.id)));
    }
    rekey::dropped(tx, message)?;
    set_state(tx, &message.id, MessageState::Cancelled, Some("dropped by the user"))?;
    let may_have_arrived = message.attempted_at.is_some();
    let body = json!({"vendor": message.vendor_id, "may_have_arrived": may_have_arrived});
    ledger::append(tx, "message-dropped", &message.id, &body)
}
