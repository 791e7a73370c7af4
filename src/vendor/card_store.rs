//! Vendors and notes by the page, and no more of them than a line says: what lists and search read.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Result;
use crate::vault::from_millis;

/// What is said of a vendor on a line, and what it is found by: all but its document, which is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// What the user calls it.
    pub name: String,
    /// What it calls itself.
    pub title: Option<String>,
    /// The URL that it was discovered at.
    pub url: String,
    /// Its host.
    pub domain: String,
    /// Whether its host may be this machine.
    pub allow_loopback: bool,
    /// The user's account or customer number there.
    pub account: Option<String>,
    /// The user's rank of it, 1 first.
    pub rank: Option<i64>,
    /// Whether a token is kept for it.
    pub has_token: bool,
    /// Since when it is in the vault.
    pub added_at: Timestamp,
}

const CARD: &str = "SELECT v.id, v.name, v.title, v.url, v.domain, v.allow_loopback, r.account, r.rank,
                           r.token IS NOT NULL, v.added_at
                    FROM vendor v LEFT JOIN relationship r ON r.vendor_id = v.id";

fn to_card(row: &Row) -> rusqlite::Result<Card> {
    Ok(Card {
        id: row.get(0)?,
        name: row.get(1)?,
        title: row.get(2)?,
        url: row.get(3)?,
        domain: row.get(4)?,
        allow_loopback: row.get(5)?,
        account: row.get(6)?,
        rank: row.get(7)?,
        has_token: row.get(8)?,
        added_at: from_millis(row.get(9)?),
    })
}

/// All vendors, by rank, then by name.
///
/// # Errors
/// The database's.
pub fn list(connection: &Connection) -> Result<Vec<Card>> {
    let mut statement = connection.prepare(&format!("{CARD} ORDER BY r.rank IS NULL, r.rank, v.name"))?;
    Ok(statement.query_map([], to_card)?.collect::<rusqlite::Result<_>>()?)
}

/// The card of the vendor of this id.
///
/// # Errors
/// The database's.
pub fn card(connection: &Connection, id: &str) -> Result<Option<Card>> {
    Ok(connection.prepare_cached(&format!("{CARD} WHERE v.id = ?1"))?.query_row([id], to_card).optional()?)
}

/// The cards of the vendors whose id comes after this one, at most so many, in the order of their ids.
///
/// # Errors
/// The database's.
pub fn cards_after(connection: &Connection, id: &str, limit: usize) -> Result<Vec<Card>> {
    let mut statement = connection.prepare_cached(&format!("{CARD} WHERE v.id > ?1 ORDER BY v.id LIMIT ?2"))?;
    Ok(statement.query_map((id, limit as i64), to_card)?.collect::<rusqlite::Result<_>>()?)
}

/// What the vendor of this id is called.
///
/// # Errors
/// The database's.
pub fn name_of(connection: &Connection, id: &str) -> Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT name FROM vendor WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// A note about a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number in this vault.
    pub id: i64,
    /// The vendor's id.
    pub vendor_id: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

fn to_note(row: &Row) -> rusqlite::Result<Note> {
    Ok(Note { id: row.get(0)?, vendor_id: row.get(1)?, at: from_millis(row.get(2)?), text: row.get(3)? })
}

/// The note of this number.
///
/// # Errors
/// The database's.
pub fn note(connection: &Connection, id: i64) -> Result<Option<Note>> {
    let mut statement = connection.prepare_cached("SELECT id, vendor_id, at, text FROM note WHERE id = ?1")?;
    Ok(statement.query_row([id], to_note).optional()?)
}

/// The notes after this number, about any vendor, at most so many, oldest first.
///
/// # Errors
/// The database's.
pub fn notes_after(connection: &Connection, id: i64, limit: usize) -> Result<Vec<Note>> {
    let sql = "SELECT id, vendor_id, at, text FROM note WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map((id, limit as i64), to_note)?.collect::<rusqlite::Result<_>>()?)
}
