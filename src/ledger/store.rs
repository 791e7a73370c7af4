//! The ledger's table.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::chain::{Entry, GENESIS, Tips, hex};
use crate::error::{Error, Result};
use crate::vault::{ChainEnd, Head, Tx, Vault, from_millis};

const COLUMNS: &str = "seq, device_id, device_seq, at, action, subject, body, prev, hash";

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    Ok(Entry {
        seq: row.get(0)?,
        device: row.get(1)?,
        device_seq: row.get(2)?,
        at: from_millis(row.get(3)?),
        action: row.get(4)?,
        subject: row.get(5)?,
        body: row.get(6)?,
        prev: row.get(7)?,
        hash: row.get(8)?,
    })
}

/// Adds an entry to this device's chain, in the transaction of what it records. `body` must hold no claim value.
///
/// # Errors
/// The database's.
pub fn append(tx: &Tx, action: &str, subject: &str, body: &Value) -> Result<()> {
    let ChainEnd { device, device_seq, hash: prev } = match tx.chain_end() {
        Some(end) => end,
        None => chain_end(tx)?,
    };
    let mut entry = Entry {
        seq: 0,
        device,
        device_seq: device_seq + 1,
        at: tx.now(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        body: body.to_string(),
        prev,
        hash: GENESIS,
    };
    entry.hash = entry.computed_hash();
    tx.prepare_cached(
        "INSERT INTO ledger (device_id, device_seq, at, action, subject, body, prev, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        device,
        entry.device_seq,
        tx.now_millis(),
        action,
        subject,
        entry.body,
        entry.prev,
        entry.hash
    ])?;
    let end = ChainEnd { device, device_seq: entry.device_seq, hash: entry.hash };
    tx.advance(Head { seq: tx.last_insert_rowid(), hash: entry.hash_hex() }, end);
    Ok(())
}

fn chain_end(tx: &Tx) -> Result<ChainEnd> {
    let device: String = tx.query_row("SELECT value FROM meta WHERE name = 'device_id'", [], |row| row.get(0))?;
    let device: Uuid = device.parse().map_err(|_| Error::damaged("its device id is not an id"))?;
    let last = tx
        .prepare_cached("SELECT device_seq, hash FROM ledger WHERE device_id = ?1 ORDER BY device_seq DESC LIMIT 1")?
        .query_map([device], |row| Ok((row.get(0)?, row.get(1)?)))?
        .next()
        .transpose()?;
    let (device_seq, hash) = last.unwrap_or((0, GENESIS));
    Ok(ChainEnd { device, device_seq, hash })
}

/// Records that the data key was changed, unless that is recorded: a rotation that was cut off may come here twice.
///
/// # Errors
/// The database's.
pub fn append_rotation(tx: &Tx, from: &str, to: &str) -> Result<()> {
    const ACTION: &str = "key-rotated";
    let sql = "SELECT EXISTS (SELECT 1 FROM ledger WHERE action = ?1 AND subject = ?2)";
    match tx.query_row(sql, [ACTION, to], |row| row.get(0))? {
        true => Ok(()),
        false => append(tx, ACTION, to, &json!({"from": from})),
    }
}

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// At most this many, the newest.
    pub limit: Option<usize>,
    /// Only those whose subject is one of these, or whose body names one of them; none for all.
    pub about: Vec<String>,
}

/// The entries that a filter lets through, newest first.
///
/// # Errors
/// The database's.
pub fn entries(connection: &Connection, filter: &Filter) -> Result<Vec<Entry>> {
    let limit = filter.limit.map_or(-1, |limit| limit as i64);
    // No index finds them: each entry is looked at, so that looking must be cheap.
    let about = |place: usize| format!("subject = ?{place} OR instr(body, '\"' || ?{place} || '\"') > 0");
    let wanted = match filter.about.len() {
        0 => "TRUE".to_owned(),
        several => (2..several + 2).map(about).collect::<Vec<_>>().join(" OR "),
    };
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM ledger WHERE {wanted} ORDER BY seq DESC LIMIT ?1"))?;
    let params: Vec<&dyn ToSql> =
        std::iter::once(&limit as &dyn ToSql).chain(filter.about.iter().map(|about| about as &dyn ToSql)).collect();
    Ok(statement.query_map(&*params, entry)?.collect::<rusqlite::Result<_>>()?)
}

/// The entry of this number.
///
/// # Errors
/// Kind not found.
pub fn get(connection: &Connection, seq: i64) -> Result<Entry> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE seq = ?1");
    connection.prepare_cached(&sql)?.query_row([seq], entry).optional()?.ok_or_else(|| {
        Error::not_found(format!("there is no entry {seq} in the ledger")).hint("cmr log shows the newest")
    })
}

/// The entries after this number, at most so many, oldest first.
///
/// # Errors
/// The database's.
pub fn after(connection: &Connection, seq: i64, limit: usize) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map((seq, limit as i64), entry)?.collect::<rusqlite::Result<_>>()?)
}

/// How many entries there are.
///
/// # Errors
/// The database's.
pub fn count(connection: &Connection) -> Result<u64> {
    // Numbered from 1, and none is ever taken away: counting a million would read them all.
    let last: i64 = connection.query_row("SELECT coalesce(max(seq), 0) FROM ledger", [], |row| row.get(0))?;
    Ok(last.unsigned_abs())
}

/// The last entry.
///
/// # Errors
/// The database's.
pub fn head(connection: &Connection) -> Result<Option<Head>> {
    at(connection, None)
}

fn at(connection: &Connection, seq: Option<i64>) -> Result<Option<Head>> {
    let sql = match seq {
        Some(_) => "SELECT seq, hash FROM ledger WHERE seq = ?1",
        None => "SELECT seq, hash FROM ledger WHERE ?1 IS NULL ORDER BY seq DESC LIMIT 1",
    };
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let hash: [u8; 32] = row.get(1)?;
    Ok(Some(Head { seq: row.get(0)?, hash: hex(&hash) }))
}

/// Compares the ledger with the anchor that the last write left outside the database.
///
/// # Errors
/// Kind damaged if the database is older than the anchor, or another one: changes that were reported done are missing.
pub fn check_anchor(vault: &Vault) -> Result<()> {
    let Some(anchor) = vault.anchor()? else { return Ok(()) };
    if at(vault.connection(), Some(anchor.seq))?.as_ref() == Some(&anchor) {
        return Ok(());
    }
    let last = head(vault.connection())?.map_or(0, |head| head.seq);
    let what = match anchor.seq > last {
        true => format!(
            "it is older than the ledger's anchor: it ends at entry {last}, and entry {} was written",
            anchor.seq
        ),
        false => format!("its ledger is not the one that was written: entry {} differs", anchor.seq),
    };
    Err(Error::damaged(format!("{}: {what}", vault.dir().join(crate::vault::DATABASE).display())).hint(
        "restore the newest backup of the whole vault directory, or go on without what is missing: cmr log verify --accept-loss",
    ))
}

/// What a verification of the whole ledger found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// The last one.
    pub head: Option<Head>,
}

/// Verifies every entry, in order. `progress` is told after each.
///
/// # Errors
/// Kind damaged, naming the first broken entry.
pub fn verify(connection: &Connection, mut progress: impl FnMut(u64)) -> Result<Verified> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM ledger ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut tips = Tips::default();
    let mut verified = Verified { entries: 0, head: None };
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        tips.follow(&entry).map_err(|why| {
            Error::damaged(format!("the ledger is broken at entry {}: {why}", entry.seq))
                .hint(format!("what stands before entry {} verifies; restore a backup to compare", entry.seq))
        })?;
        verified.entries += 1;
        verified.head = Some(Head { seq: entry.seq, hash: entry.hash_hex() });
        progress(verified.entries);
    }
    Ok(verified)
}
