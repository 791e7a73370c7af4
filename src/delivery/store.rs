//! The messages' table.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::message::{Message, MessageState};
use super::rekey;
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::{Tx, from_millis, to_millis};
use crate::wire::event::Event;

const COLUMNS: &str = "m.id, m.direction, m.vendor_id, m.grant_id, m.event, m.version, m.jws, m.set_hash, d.state, \
                       m.created_at, coalesce(d.attempts, 0), d.attempted_at, d.due_at, d.delivered_at, d.reason, \
                       m.answers, m.verified_by";

/// A message with what became of it, which only our own have.
const MESSAGES: &str = "message m LEFT JOIN delivery d ON d.message_id = m.id";

/// Our messages, by what became of them.
const DELIVERIES: &str = "delivery d CROSS JOIN message m ON m.id = d.message_id";

/// As the index over them says it: those that wait, or are held and stop the others.
pub(super) const OPEN: &str = "d.state IN ('queued', 'held')";

fn message(row: &Row) -> rusqlite::Result<Message> {
    let time = |index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(from_millis));
    let state: Option<String> = row.get(8)?;
    Ok(Message {
        id: row.get(0)?,
        outgoing: row.get::<_, String>(1)? == "out",
        vendor_id: row.get(2)?,
        grant_id: row.get(3)?,
        event: row.get(4)?,
        version: row.get(5)?,
        jws: row.get(6)?,
        set_hash: row.get(7)?,
        state: state
            .map_or(MessageState::Received, |name| MessageState::from_name(&name).unwrap_or(MessageState::Held)),
        created_at: from_millis(row.get(9)?),
        attempts: row.get(10)?,
        attempted_at: time(11)?,
        due_at: time(12)?,
        delivered_at: time(13)?,
        reason: row.get(14)?,
        answers: row.get(15)?,
        verified_by: row.get(16)?,
    })
}

fn select(connection: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Message>> {
    select_from(connection, MESSAGES, rest, params)
}

fn select_from(
    connection: &Connection,
    tables: &str,
    rest: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM {tables} {rest}"))?;
    Ok(statement.query_map(params, message)?.collect::<rusqlite::Result<_>>()?)
}

/// Our messages: those that are not at an end, or all. Newest first.
///
/// # Errors
/// The database's.
pub fn list(connection: &Connection, all: bool) -> Result<Vec<Message>> {
    if all {
        return select_from(connection, DELIVERIES, "ORDER BY d.message_id DESC", []);
    }
    let mut found = select_from(connection, DELIVERIES, &format!("WHERE {OPEN}"), [])?;
    found.extend(select_from(connection, DELIVERIES, "WHERE d.state = 'failed'", [])?);
    found.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(found)
}

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

/// What names a message of ours to its user.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// Its id.
    pub id: String,
    /// The vendor's name.
    pub vendor: String,
    /// The event's name.
    pub event: String,
    /// What has become of it.
    pub state: MessageState,
}

/// Our messages whose id, or whose id's last eight digits, begin like this: newest first, at most `limit`; those that
/// are not at an end, or all.
///
/// # Errors
/// The database's.
pub fn beginning_with(connection: &Connection, start: &str, all: bool, limit: usize) -> Result<Vec<Brief>> {
    let states = if all { "" } else { "AND d.state IN ('queued', 'held', 'failed')" };
    // The ids are looked through in an index: the messages themselves are large.
    let ids = "SELECT id FROM message
               WHERE substr(id, 1, length(?1)) = lower(?1) OR substr(id, -8, length(?1)) = lower(?1)";
    let mut statement = connection.prepare(&format!(
        "SELECT m.id, v.name, m.event, d.state FROM {DELIVERIES} JOIN vendor v ON v.id = m.vendor_id
         WHERE true {states} AND m.id IN ({ids}) ORDER BY m.id DESC LIMIT ?2"
    ))?;
    let brief = |row: &Row| -> rusqlite::Result<Brief> {
        let state = MessageState::from_name(&row.get::<_, String>(3)?).unwrap_or(MessageState::Held);
        Ok(Brief { id: row.get(0)?, vendor: row.get(1)?, event: row.get(2)?, state })
    };
    Ok(statement.query_map(params![start, limit as i64], brief)?.collect::<rusqlite::Result<_>>()?)
}

/// What vendors sent whose id, or whose id's last eight digits, begins like this: id, the vendor's name and the event,
/// newest first, at most `limit`.
///
/// # Errors
/// The database's.
pub fn received_beginning_with(
    connection: &Connection,
    start: &str,
    limit: usize,
) -> Result<Vec<(String, String, String)>> {
    let mut statement = connection.prepare(
        "SELECT m.id, v.name, m.event FROM message m JOIN vendor v ON v.id = m.vendor_id
         WHERE m.direction = 'in'
           AND (substr(m.id, 1, length(?1)) = lower(?1) OR substr(m.id, -8, length(?1)) = lower(?1))
         ORDER BY m.id DESC LIMIT ?2",
    )?;
    let row = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    Ok(statement.query_map(params![start, limit as i64], row)?.collect::<rusqlite::Result<_>>()?)
}

/// The ids of what vendors sent, or one of them, newest first: they stand in an index, and the messages are large.
pub(super) fn received_ids(connection: &Connection, vendor_id: Option<&str>) -> Result<Vec<String>> {
    let ids = |sql: &str, params: &[&dyn rusqlite::ToSql]| -> Result<Vec<String>> {
        let mut statement = connection.prepare(sql)?;
        Ok(statement.query_map(params, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    };
    match vendor_id {
        Some(id) => {
            ids("SELECT id FROM message WHERE vendor_id = ?1 AND direction = 'in' ORDER BY id DESC", params![id])
        }
        None => ids("SELECT id FROM message WHERE direction = 'in' ORDER BY +id DESC", &[]),
    }
}

/// Our replies to a message of a vendor, oldest first.
pub(super) fn replies(connection: &Connection, id: &str) -> Result<Vec<Message>> {
    select(connection, "WHERE m.answers = ?1 AND m.direction = 'out' AND d.state <> 'cancelled' ORDER BY m.id", [id])
}

/// Every message about a grant, both ways, oldest first.
///
/// # Errors
/// The database's.
pub fn of_grant(connection: &Connection, grant_id: &str) -> Result<Vec<Message>> {
    select(connection, "WHERE m.grant_id = ?1 ORDER BY m.created_at, m.id", [grant_id])
}

/// The messages, both ways, whose id comes after this one, at most so many, in the order of their ids; each with its
/// `jti`, which is the vendor's own for what came in.
///
/// # Errors
/// The database's.
pub fn after(connection: &Connection, id: &str, limit: usize) -> Result<Vec<(Message, String)>> {
    with_jti(connection, "WHERE m.id > ?1 ORDER BY m.id LIMIT ?2", (id, limit as i64))
}

/// The message of this id and those of the grant of this id, as [`after`] gives them.
///
/// # Errors
/// The database's.
pub fn named(connection: &Connection, id: &str) -> Result<Vec<(Message, String)>> {
    with_jti(connection, "WHERE m.id = ?1 OR m.grant_id = ?1 ORDER BY m.id", [id])
}

fn with_jti(connection: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<(Message, String)>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, m.jti FROM {MESSAGES} {rest}"))?;
    let rows = statement.query_map(params, |row| Ok((message(row)?, row.get(17)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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

/// The message of this id, or of the beginning or end of one.
///
/// # Errors
/// Kind not found if there is none or there are several.
pub fn find(connection: &Connection, typed: &str) -> Result<Message> {
    find_among(connection, typed, "TRUE", "cmr outbox list --all shows all")
}

/// The message of a vendor of this id, or of the beginning or end of one.
pub(super) fn find_received(connection: &Connection, typed: &str) -> Result<Message> {
    find_among(connection, typed, "direction = 'in'", "cmr inbox list --all shows all")
}

fn find_among(connection: &Connection, typed: &str, which: &str, hint: &str) -> Result<Message> {
    let fine = typed.len() >= 4 && typed.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let mut found = match fine {
        true => {
            // The ids are looked through in an index: the messages themselves are large.
            let ids = "SELECT id FROM message WHERE id = ?1 OR id LIKE ?1 || '%' OR id LIKE '%' || ?1";
            select(connection, &format!("WHERE m.id IN ({ids}) AND {which}"), [typed.to_ascii_lowercase()])?
        }
        false => Vec::new(),
    };
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Error::not_found(format!("there is no message {typed}")).hint(hint)),
        several => Err(Error::not_found(format!("{typed} could be {several} messages")).hint("type more of the id")),
    }
}

/// The message of this very id.
pub(super) fn get(connection: &Connection, id: &str) -> Result<Message> {
    let found = select(connection, "WHERE m.id = ?1", [id])?.pop();
    found.ok_or_else(|| Error::not_found(format!("there is no message {id}")))
}

/// Cancelled before it ever left: the vendor cannot have it.
const LEFT_OR_WILL: &str = "(d.state <> 'cancelled' OR d.attempted_at IS NOT NULL)";

/// The last message of a grant that may have left or will: what the next one names as `prev`.
pub(super) fn last_of_grant(connection: &Connection, grant_id: &str) -> Result<Option<Message>> {
    last_where(connection, grant_id, "true")
}

/// The last message of a grant before this version that may have left or will.
pub(super) fn last_before(connection: &Connection, grant_id: &str, version: u32) -> Result<Option<Message>> {
    let rest = format!(
        "WHERE m.grant_id = ?1 AND m.direction = 'out' AND m.version < ?2 AND {LEFT_OR_WILL}
         ORDER BY m.version DESC, m.id DESC LIMIT 1"
    );
    Ok(select(connection, &rest, params![grant_id, version])?.pop())
}

/// The last message of a grant that carried its claims, sent or to be sent.
pub(super) fn last_content(connection: &Connection, grant_id: &str) -> Result<Option<Message>> {
    last_where(connection, grant_id, "m.event IN ('grant-created', 'grant-updated')")
}

/// The last of a grant's messages of ours that are such. An index finds it: all others are not even read.
fn last_where(connection: &Connection, grant_id: &str, such: &str) -> Result<Option<Message>> {
    let rest = format!(
        "WHERE m.id = (SELECT m.id FROM message m CROSS JOIN delivery d ON d.message_id = m.id
                       WHERE m.grant_id = ?1 AND m.direction = 'out' AND {such} AND {LEFT_OR_WILL}
                       ORDER BY m.version DESC, m.id DESC LIMIT 1)"
    );
    Ok(select(connection, &rest, [grant_id])?.pop())
}

/// Whether a message that carries a grant's claims is still to be sent.
pub(super) fn content_waits(connection: &Connection, grant_id: &str) -> Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {MESSAGES}
         WHERE m.grant_id = ?1 AND {OPEN} AND m.event IN ('grant-created', 'grant-updated'))"
    );
    Ok(connection.query_row(&sql, [grant_id], |row| row.get(0))?)
}

/// Our message to a vendor with this hash.
pub(super) fn by_hash(connection: &Connection, vendor_id: &str, set_hash: &str) -> Result<Option<Message>> {
    let rest = "WHERE m.set_hash = ?2 AND m.direction = 'out' AND m.vendor_id = ?1";
    Ok(select(connection, rest, [vendor_id, set_hash])?.pop())
}

/// Whether this version of a grant may have reached the vendor.
pub(super) fn may_have_arrived(connection: &Connection, grant_id: &str, version: u32) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM message m JOIN delivery d ON d.message_id = m.id
               WHERE m.grant_id = ?1 AND m.direction = 'out' AND m.version = ?2 AND d.attempted_at IS NOT NULL)";
    Ok(connection.query_row(sql, params![grant_id, version], |row| row.get(0))?)
}

/// Whether a vendor acknowledged this message of ours before.
pub(super) fn was_acknowledged(connection: &Connection, id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM message WHERE answers = ?1 AND event = 'grant-acknowledged')";
    Ok(connection.query_row(sql, [id], |row| row.get(0))?)
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

/// The event under which this `jti` of a vendor was received before.
pub(super) fn received_event(connection: &Connection, vendor_id: &str, jti: &str) -> Result<Option<String>> {
    let sql = "SELECT event FROM message WHERE vendor_id = ?1 AND direction = 'in' AND jti = ?2";
    Ok(connection.prepare_cached(sql)?.query_row([vendor_id, jti], |row| row.get(0)).optional()?)
}

/// How many messages of a vendor are kept whose event is not known: those have URIs, and ours names.
pub(super) fn count_unknown(connection: &Connection, vendor_id: &str) -> Result<u32> {
    let sql = "SELECT count(*) FROM message WHERE vendor_id = ?1 AND direction = 'in' AND instr(event, ':') > 0";
    Ok(connection.query_row(sql, [vendor_id], |row| row.get(0))?)
}

/// Our message to a vendor with this `jti`.
pub(super) fn sent_as(connection: &Connection, vendor_id: &str, jti: &str) -> Result<Option<Message>> {
    let rest = "WHERE m.vendor_id = ?1 AND m.direction = 'out' AND m.jti = ?2";
    Ok(select(connection, rest, [vendor_id, jti])?.pop())
}

/// Stores a message, and that one of ours is to be sent. `jti` is the vendor's own for what came in.
pub(super) fn insert(tx: &Tx, message: &Message, jti: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO message (id, direction, vendor_id, grant_id, event, version, jti, jws, set_hash, created_at,
                              answers, verified_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        message.id,
        if message.outgoing { "out" } else { "in" },
        message.vendor_id,
        message.grant_id,
        message.event,
        message.version,
        jti,
        message.jws,
        message.set_hash,
        to_millis(message.created_at),
        message.answers,
        message.verified_by,
    ])?;
    if message.outgoing {
        let sql = "INSERT INTO delivery (message_id, vendor_id, place, state, due_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let due = message.due_at.map(to_millis);
        let place = place(&message.event);
        tx.prepare_cached(sql)?.execute(params![message.id, message.vendor_id, place, message.state.name(), due])?;
    }
    Ok(())
}

/// Which messages go before others: the key that the rest is signed with, then what takes back. A change of the key waits
/// for its turn until it may have arrived: see [`mark_attempt`].
fn place(event: &str) -> u8 {
    match Event::from_name(event) {
        Some(Event::RelationshipCreated) => 0,
        Some(Event::GrantRevoked) => 1,
        _ => 2,
    }
}

/// Notes that a message is being sent: from now on it may have arrived.
///
/// A change of the key goes before everything else from then on: until its answer is known, nobody can say by which key
/// the vendor knows us.
pub(super) fn mark_attempt(tx: &Tx, message: &Message) -> Result<()> {
    let sql = "UPDATE delivery SET attempts = attempts + 1, attempted_at = coalesce(attempted_at, ?2),
                                   place = CASE WHEN ?3 THEN 0 ELSE place END
               WHERE message_id = ?1";
    tx.prepare_cached(sql)?.execute((&message.id, tx.now_millis(), message.event == Event::KeysChanged.name()))?;
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
    let again = |message: &Message| {
        matches!(message.state, MessageState::Held | MessageState::Queued)
            && vendor_id.is_none_or(|only| only == message.vendor_id)
    };
    let mut messages: Vec<Message> = list(tx, false)?.into_iter().filter(again).collect();
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
