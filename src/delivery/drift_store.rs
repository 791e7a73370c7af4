//! The table of what vendors showed.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use super::channel::Kind;
use super::drift::{Finding, State};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::{Tx, from_millis};
use crate::vendor::Vendor;

/// What a vendor showed of a claim, when it was last asked after a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// OpenID claim name.
    pub claim: String,
    /// By which way it was asked.
    pub channel: Kind,
    /// The message that had brought it, or taken it back.
    pub message_id: String,
    /// What was found.
    pub state: State,
    /// What it showed, where that is not what it should.
    pub seen: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Keeps what was found. The ledger gets claims and states, and no value.
pub(super) fn keep(tx: &Tx, vendor: &Vendor, channel: Kind, findings: &[Finding]) -> Result<()> {
    let mut states = Map::new();
    for Finding { expected, state, seen } in findings {
        tx.prepare_cached(
            "INSERT INTO read_back (vendor_id, claim, channel, message_id, state, seen, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET state = excluded.state, seen = excluded.seen, at = excluded.at",
        )?
        .execute(params![
            vendor.id,
            expected.claim,
            channel.name(),
            expected.message_id,
            state.name(),
            seen,
            tx.now_millis()
        ])?;
        states.insert(expected.claim.clone(), Value::from(state.name()));
    }
    let body = json!({"vendor": vendor.id, "channel": channel.name(), "claims": states});
    ledger::append(tx, "read-back", &vendor.name, &body)
}

/// What a vendor showed, the newest first.
///
/// # Errors
/// Kind damaged for a row that is not readable.
pub fn of_vendor(connection: &Connection, vendor_id: &str) -> Result<Vec<Kept>> {
    let mut statement = connection.prepare(
        "SELECT claim, channel, message_id, state, seen, at FROM read_back WHERE vendor_id = ?1
         ORDER BY at DESC, claim, message_id DESC",
    )?;
    statement.query_map([vendor_id], kept)?.map(|row| row?).collect()
}

/// What was last found of a claim after a message that brought it, or took it back.
///
/// # Errors
/// Kind damaged for a row that is not readable.
pub fn of_message(connection: &Connection, vendor_id: &str, claim: &str, message_id: &str) -> Result<Option<Kept>> {
    let mut statement = connection.prepare_cached(
        "SELECT claim, channel, message_id, state, seen, at FROM read_back
         WHERE vendor_id = ?1 AND claim = ?2 AND message_id = ?3 ORDER BY at DESC LIMIT 1",
    )?;
    statement.query_map([vendor_id, claim, message_id], kept)?.next().transpose()?.transpose()
}

/// Vendors of which any reading was wrong, by id and name; a later message may have mended it since.
///
/// # Errors
/// The database's.
pub(super) fn vendors_once_wrong(connection: &Connection) -> Result<Vec<(String, String)>> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT v.id, v.name FROM read_back r JOIN vendor v ON v.id = r.vendor_id
         WHERE r.state IN ('drifted', 'still_there')",
    )?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

fn kept(row: &Row) -> rusqlite::Result<Result<Kept>> {
    let (channel, state): (String, String) = (row.get(1)?, row.get(3)?);
    let (claim, message_id, seen) = (row.get(0)?, row.get(2)?, row.get(4)?);
    let at = from_millis(row.get(5)?);
    let read = || Some((Kind::from_name(&channel)?, State::from_name(&state)?));
    let damaged = || Error::damaged(format!("it holds a reading, {channel} {state}, that is not readable"));
    Ok(read().ok_or_else(damaged).map(|(channel, state)| Kept { claim, channel, message_id, state, seen, at }))
}
