//! The table of the user's moves.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::Relocation;
use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis, to_millis};

const COLUMNS: &str = "id, claim, personas, old, new, from_at, begun_at";

fn relocation(row: &Row) -> rusqlite::Result<Result<Relocation>> {
    let (claim, personas): (String, String) = (row.get(1)?, row.get(2)?);
    let (old, new): (Option<String>, String) = (row.get(3)?, row.get(4)?);
    let (id, from_at, begun_at) = (row.get(0)?, row.get(5)?, row.get::<_, Option<i64>>(6)?);
    let read = || {
        Some(Relocation {
            id,
            claim: claim.parse().ok()?,
            personas: serde_json::from_str(&personas).ok()?,
            old: old.map(|old| serde_json::from_str(&old)).transpose().ok()?,
            new: serde_json::from_str(&new).ok()?,
            from_at: from_millis(from_at),
            begun_at: begun_at.map(from_millis),
        })
    };
    Ok(read().ok_or_else(|| Error::damaged("it holds a move that is not readable")))
}

fn select(connection: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Relocation>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM relocation {rest}"))?;
    statement.query_map(params, relocation)?.map(|row| row?).collect()
}

/// The last move, begun or not.
///
/// # Errors
/// The database's.
pub fn last(connection: &Connection) -> Result<Option<Relocation>> {
    Ok(select(connection, "ORDER BY id DESC LIMIT 1", [])?.pop())
}

/// The moves whose day has come, and that are not begun.
pub(super) fn due(connection: &Connection, now: Timestamp) -> Result<Vec<Relocation>> {
    select(connection, "WHERE begun_at IS NULL AND from_at <= ?1 ORDER BY id", [to_millis(now)])
}

/// Forgets moves that are not begun: a new plan takes their place. Returns how many.
pub(super) fn drop_planned(tx: &Tx) -> Result<usize> {
    Ok(tx.execute("DELETE FROM relocation WHERE begun_at IS NULL", [])?)
}

pub(super) fn insert(tx: &Tx, planned: &Relocation) -> Result<i64> {
    tx.execute(
        "INSERT INTO relocation (claim, personas, old, new, from_at, planned_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            planned.claim.to_string(),
            serde_json::json!(planned.personas).to_string(),
            planned.old.as_ref().map(|old| old.to_json().to_string()),
            planned.new.to_json().to_string(),
            to_millis(planned.from_at),
            tx.now_millis()
        ],
    )?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn mark_begun(tx: &Tx, id: i64) -> Result<()> {
    tx.execute("UPDATE relocation SET begun_at = ?2 WHERE id = ?1", (id, tx.now_millis()))?;
    Ok(())
}
