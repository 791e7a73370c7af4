//! The table of messages, with what became of each.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::message::{Message, MessageState};
use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis, to_millis};
use crate::vendor::ChannelKind;
use crate::wire::event::Event;

const COLUMNS: &str = "m.id, m.direction, m.vendor_id, m.grant_id, m.event, m.version, m.jws, m.set_hash, d.state, \
                       m.created_at, coalesce(d.attempts, 0), d.attempted_at, d.due_at, d.delivered_at, d.reason, \
                       m.answers, m.verified_by, d.channel";

/// A message with what became of it, which only our own have.
const MESSAGES: &str = "message m LEFT JOIN delivery d ON d.message_id = m.id";

/// Our messages, by what became of them.
pub(super) const DELIVERIES: &str = "delivery d CROSS JOIN message m ON m.id = d.message_id";

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
        channel: row.get::<_, Option<String>>(17)?.and_then(|name| ChannelKind::from_name(&name)),
    })
}

fn select(connection: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Message>> {
    select_from(connection, MESSAGES, rest, params)
}

pub(super) fn select_from(
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
    let rows = statement.query_map(params, |row| Ok((message(row)?, row.get(18)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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
pub(super) const LEFT_OR_WILL: &str = "(d.state <> 'cancelled' OR d.attempted_at IS NOT NULL)";

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
pub(super) fn place(event: &str) -> u8 {
    match Event::from_name(event) {
        Some(Event::RelationshipCreated) => 0,
        Some(Event::GrantRevoked) => 1,
        _ => 2,
    }
}
