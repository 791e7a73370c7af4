//! The tables of imports: batches, evidence, and what each of several imports says of it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::evidence::Kind;
use super::matching::{Candidate, Wanted};
use super::model::{Batch, BatchKind, Counts, Item, Source};
use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis, to_millis};

/// What tells one piece of evidence from all others.
pub(super) type Key = [u8; 16];

/// The key of a piece of evidence: that of its reader, within the format.
pub(super) fn key(format: &str, key: &str) -> Key {
    let hash = Sha256::new().chain_update(format).chain_update([0]).chain_update(key).finalize();
    std::array::from_fn(|index| hash[index])
}

const BATCH: &str = "SELECT number, id, kind, at, sources, counts, undone_at FROM import_batch";

fn batch(row: &Row) -> rusqlite::Result<Result<Batch>> {
    let (kind, sources, counts): (String, String, String) = (row.get(2)?, row.get(4)?, row.get(5)?);
    let read = || {
        let sources = serde_json::from_str::<Vec<Source>>(&sources).ok()?;
        Some((BatchKind::from_name(&kind)?, sources, serde_json::from_str::<Counts>(&counts).ok()?))
    };
    let Some((kind, sources, counts)) = read() else {
        return Ok(Err(Error::damaged("it holds an import that is not readable")));
    };
    Ok(Ok(Batch {
        number: row.get(0)?,
        id: row.get(1)?,
        kind,
        at: from_millis(row.get(3)?),
        sources,
        counts,
        undone_at: row.get::<_, Option<i64>>(6)?.map(from_millis),
    }))
}

/// The imports that were made, newest first.
///
/// # Errors
/// The database's.
pub fn batches(connection: &Connection) -> Result<Vec<Batch>> {
    let mut statement = connection.prepare(&format!("{BATCH} ORDER BY number DESC"))?;
    statement.query_map([], batch)?.map(|row| row?).collect()
}

/// The import that a user means: by its number, its id, or the beginning or end of that.
///
/// # Errors
/// Kind not found, or where several are meant.
pub fn find_batch(connection: &Connection, typed: &str) -> Result<Batch> {
    let sql = format!("{BATCH} WHERE number = ?1 OR id = ?2");
    let number = typed.parse::<i64>().ok().filter(|_| typed.len() < 8);
    if let Some(found) = connection.prepare(&sql)?.query_row(params![number, typed], batch).optional()? {
        return found;
    }
    let typed = typed.to_ascii_lowercase();
    let long_enough = typed.len() >= 4;
    let mut found: Vec<Batch> = batches(connection)?;
    found.retain(|batch| long_enough && (batch.id.starts_with(&typed) || batch.id.ends_with(&typed)));
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), _) => {
            Err(Error::not_found(format!("{typed:?} could be several imports")).hint("type more of the id"))
        }
        (None, _) => Err(Error::not_found(format!("there is no import {typed:?}")).hint("cmr import list shows all")),
    }
}

/// Begins a batch.
pub(super) fn begin(tx: &Tx, kind: BatchKind, sources: &[Source]) -> Result<(i64, String)> {
    let id = Uuid::now_v7().to_string();
    tx.execute(
        "INSERT INTO import_batch (id, kind, at, sources, counts) VALUES (?1, ?2, ?3, ?4, '{}')",
        params![id, kind.name(), tx.now_millis(), json!(sources).to_string()],
    )?;
    Ok((tx.last_insert_rowid(), id))
}

/// Ends a batch, which did this.
pub(super) fn end(tx: &Tx, number: i64, counts: &Counts) -> Result<()> {
    tx.execute("UPDATE import_batch SET counts = ?2 WHERE number = ?1", params![number, json!(counts).to_string()])?;
    Ok(())
}

/// Takes a batch away that brought nothing.
pub(super) fn forget(tx: &Tx, number: i64) -> Result<()> {
    tx.execute("DELETE FROM import_batch WHERE number = ?1", [number])?;
    Ok(())
}

/// A piece of evidence as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub id: i64,
    pub batch: i64,
    pub vendor_id: Option<String>,
    pub first_seen: Option<i64>,
    pub last_seen: Option<i64>,
    pub details: Option<String>,
}

/// The piece of evidence of this key.
pub(super) fn stored(connection: &Connection, key: &Key) -> Result<Option<Stored>> {
    let sql = "SELECT id, batch, vendor_id, first_seen, last_seen, details FROM evidence WHERE key = ?1";
    let read = |row: &Row| {
        Ok(Stored {
            id: row.get(0)?,
            batch: row.get(1)?,
            vendor_id: row.get(2)?,
            first_seen: row.get(3)?,
            last_seen: row.get(4)?,
            details: row.get(5)?,
        })
    };
    Ok(connection.prepare_cached(sql)?.query_row([key], read).optional()?)
}

/// Keeps a piece of evidence; false if it is there already.
pub(super) fn insert(tx: &Tx, batch: i64, key: &Key, item: &Item, vendor: Option<&Candidate>) -> Result<bool> {
    let evidence = &item.evidence;
    let waits_for = match vendor {
        Some(_) => None,
        None => Wanted::of(evidence).key().map(str::to_owned),
    };
    let inserted = tx
        .prepare_cached(
            "INSERT INTO evidence (key, batch, kind, vendor_id, waits_for, host, name, account, first_seen, last_seen,
                                   source, place, details)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (key) DO NOTHING",
        )?
        .execute(params![
            key,
            batch,
            evidence.kind.name(),
            vendor.map(|vendor| &vendor.id),
            waits_for,
            evidence.host,
            evidence.name,
            evidence.account,
            evidence.first_seen.map(to_millis),
            evidence.last_seen.map(to_millis),
            item.source as i64,
            evidence.place.to_string(),
            evidence.details.text()
        ])?;
    if inserted == 0 {
        return Ok(false);
    }
    let id = tx.last_insert_rowid();
    for (claim, value) in &evidence.claims {
        tx.prepare_cached("INSERT OR IGNORE INTO evidence_claim (evidence_id, claim, value) VALUES (?1, ?2, ?3)")?
            .execute(params![id, claim, value])?;
    }
    Ok(true)
}

/// What is said anew of a piece of evidence that is there, if it says more than before: seen earlier, or later.
pub(super) fn widened(stored: &Stored, item: &Item) -> Option<Stored> {
    let (first, last) = (item.evidence.first_seen.map(to_millis), item.evidence.last_seen.map(to_millis));
    let widened = Stored {
        first_seen: stored.first_seen.into_iter().chain(first).min(),
        last_seen: stored.last_seen.max(last),
        details: match item.evidence.details.text() {
            Some(details) if last > stored.last_seen => Some(details.to_owned()),
            _ => stored.details.clone(),
        },
        ..stored.clone()
    };
    (widened != *stored).then_some(widened)
}

/// Keeps what a batch says of a piece of evidence that was there before. `stored` is the piece as it was: what its own batch
/// says of it, where no other has said anything yet.
pub(super) fn see_again(tx: &Tx, batch: i64, stored: &Stored, item: &Item) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO evidence_seen (evidence_id, batch, first_seen, last_seen, details, source, place)
         SELECT id, batch, ?2, ?3, ?4, source, place FROM evidence WHERE id = ?1",
    )?
    .execute(params![stored.id, stored.first_seen, stored.last_seen, stored.details])?;
    let evidence = &item.evidence;
    let (first, last) = (evidence.first_seen.map(to_millis), evidence.last_seen.map(to_millis));
    tx.prepare_cached(
        "INSERT INTO evidence_seen AS s (evidence_id, batch, first_seen, last_seen, details, source, place)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET
             first_seen = coalesce(min(s.first_seen, excluded.first_seen), s.first_seen, excluded.first_seen),
             last_seen = coalesce(max(s.last_seen, excluded.last_seen), s.last_seen, excluded.last_seen),
             details = iif(excluded.details IS NOT NULL AND excluded.last_seen > ifnull(s.last_seen, -9e18),
                           excluded.details, s.details)",
    )?
    .execute(params![
        stored.id,
        batch,
        first,
        last,
        evidence.details.text(),
        item.source as i64,
        evidence.place.to_string()
    ])?;
    Ok(())
}

/// Keeps what is said anew of a piece of evidence.
pub(super) fn widen(tx: &Tx, widened: &Stored) -> Result<()> {
    tx.prepare_cached("UPDATE evidence SET first_seen = ?2, last_seen = ?3, details = ?4 WHERE id = ?1")?
        .execute(params![widened.id, widened.first_seen, widened.last_seen, widened.details])?;
    Ok(())
}

/// Gives a piece of evidence that waited its vendor.
pub(super) fn settle(tx: &Tx, batch: i64, evidence_id: i64, vendor_id: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE evidence SET vendor_id = ?2, waits_for = NULL, matched_by = CASE WHEN batch = ?3 THEN NULL ELSE ?3 END
         WHERE id = ?1 AND vendor_id IS NULL",
    )?
    .execute(params![evidence_id, vendor_id, batch])?;
    Ok(())
}

/// A piece of evidence that is of no known vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its number in this vault.
    pub id: i64,
    /// What it shows.
    pub kind: Kind,
    /// The host, as the file has it.
    pub host: Option<String>,
    /// The name, as the file has it.
    pub name: Option<String>,
    /// My account there.
    pub account: Option<String>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// The number of the import that brought it.
    pub batch: i64,
    /// The file it is from.
    pub file: String,
    /// Where it stands there.
    pub place: String,
}

const WAITING: &str = "SELECT e.id, e.kind, e.host, e.name, e.account, e.last_seen, e.batch,
                              coalesce(json_extract(b.sources, '$[' || e.source || '].file'), ''), e.place
                       FROM evidence e JOIN import_batch b ON b.number = e.batch";

fn to_waiting(row: &Row) -> rusqlite::Result<Result<Waiting>> {
    let kind = match Kind::stored(&row.get::<_, String>(1)?) {
        Ok(kind) => kind,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(Waiting {
        id: row.get(0)?,
        kind,
        host: row.get(2)?,
        name: row.get(3)?,
        account: row.get(4)?,
        last_seen: row.get::<_, Option<i64>>(5)?.map(from_millis),
        batch: row.get(6)?,
        file: row.get(7)?,
        place: row.get(8)?,
    }))
}

/// All evidence of no known vendor, in the order in which it came.
///
/// # Errors
/// The database's.
pub fn unmatched(connection: &Connection) -> Result<Vec<Waiting>> {
    let mut statement =
        connection.prepare(&format!("{WAITING} WHERE e.vendor_id IS NULL ORDER BY e.batch, e.source, e.id"))?;
    statement.query_map([], to_waiting)?.map(|row| row?).collect()
}

/// Evidence that waits for one site or name.
pub(super) fn waiting_for(connection: &Connection, key: &str) -> Result<Vec<Waiting>> {
    let mut statement = connection.prepare_cached(&format!("{WAITING} WHERE e.waits_for = ?1"))?;
    statement.query_map([key], to_waiting)?.map(|row| row?).collect()
}

/// Whether there is any evidence.
pub(super) fn any(connection: &Connection) -> Result<bool> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM evidence)", [], |row| row.get(0))?)
}

/// Whether any evidence waits for a vendor.
pub(super) fn any_waits(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM evidence WHERE waits_for IS NOT NULL)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Remembers what the user answered, and by which import.
pub(super) fn remember(tx: &Tx, batch: i64, kind: &str, question: &str, answer: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO import_answer (kind, question, answer, batch) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, question) DO UPDATE SET answer = excluded.answer, batch = excluded.batch
         WHERE answer <> excluded.answer",
    )?
    .execute(params![kind, question, answer, batch])?;
    Ok(())
}

/// What the user answered to a question of this kind.
///
/// # Errors
/// The database's.
pub fn answer(connection: &Connection, kind: &str, question: &str) -> Result<Option<String>> {
    let sql = "SELECT answer FROM import_answer WHERE kind = ?1 AND question = ?2";
    Ok(connection.prepare_cached(sql)?.query_row([kind, question], |row| row.get(0)).optional()?)
}
