//! The tables of keys: those that vendors sign with, and the relationships' own.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis};
use crate::wire::jose::{Jwk, SigningKey};
use crate::wire::set::customer_issuer;

/// The relationship's current signing key.
///
/// # Errors
/// Kind damaged if there is none.
pub fn signing_key(connection: &Connection, vendor_id: &str) -> Result<SigningKey> {
    let seed: Option<[u8; 32]> = connection
        .prepare_cached("SELECT seed FROM signing_key WHERE vendor_id = ?1 AND retired_at IS NULL")?
        .query_row([vendor_id], |row| row.get(0))
        .optional()?;
    let seed = zeroize::Zeroizing::new(seed.ok_or_else(|| keyless(vendor_id))?);
    Ok(SigningKey::from_seed(&seed))
}

/// Gives a relationship its first key, unless it has one: that of a vendor which an import brought has none until there is
/// something to sign.
///
/// # Errors
/// The database's, or where the system has no random numbers to give.
pub fn ensure_key(tx: &Tx, vendor_id: &str) -> Result<()> {
    let sql = "SELECT issuer = '' FROM relationship WHERE vendor_id = ?1";
    let keyless = tx.prepare_cached(sql)?.query_row([vendor_id], |row| row.get::<_, bool>(0)).optional()?;
    if keyless == Some(true) {
        make_key(tx, vendor_id)?;
    }
    Ok(())
}

/// Makes a relationship's first key, which also is who the user is there. Returns its thumbprint.
pub(super) fn make_key(tx: &Tx, vendor_id: &str) -> Result<String> {
    let key = SigningKey::generate().map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
    let thumbprint = key.thumbprint();
    tx.execute(
        "UPDATE relationship SET issuer = ?2, subject = ?3 WHERE vendor_id = ?1",
        params![vendor_id, customer_issuer(&thumbprint), thumbprint],
    )?;
    tx.execute(
        "INSERT INTO signing_key (thumbprint, vendor_id, seed, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![thumbprint, vendor_id, key.seed().as_slice(), tx.now_millis()],
    )?;
    Ok(thumbprint)
}

/// A key of a relationship, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKey {
    /// Its RFC 7638 thumbprint.
    pub thumbprint: String,
    /// Since when it signs; for the next one, since when it waits to be taken.
    pub since: Timestamp,
}

/// The key that signs for a relationship, and the one that its vendor is being told of.
///
/// # Errors
/// Kind damaged if none signs.
pub fn own_keys(connection: &Connection, vendor_id: &str) -> Result<(OwnKey, Option<OwnKey>)> {
    let read = |sql: &str| -> Result<Option<OwnKey>> {
        let key = |row: &Row| Ok(OwnKey { thumbprint: row.get(0)?, since: from_millis(row.get(1)?) });
        Ok(connection.prepare_cached(sql)?.query_row([vendor_id], key).optional()?)
    };
    let now = read("SELECT thumbprint, created_at FROM signing_key WHERE vendor_id = ?1 AND retired_at IS NULL")?;
    let next = read("SELECT thumbprint, created_at FROM next_key WHERE vendor_id = ?1")?;
    Ok((now.ok_or_else(|| keyless(vendor_id))?, next))
}

fn keyless(vendor_id: &str) -> Error {
    Error::damaged(format!("it holds no signing key for the vendor {vendor_id}"))
}

/// Keeps the key that a vendor is about to be told of. It signs nothing yet but its own proof.
///
/// # Errors
/// The database's: there is one at most.
pub fn add_next_key(tx: &Tx, vendor_id: &str, key: &SigningKey) -> Result<()> {
    tx.execute(
        "INSERT INTO next_key (vendor_id, thumbprint, seed, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![vendor_id, key.thumbprint(), key.seed().as_slice(), tx.now_millis()],
    )?;
    Ok(())
}

/// Ends a change of key: the next key signs from now on, or, if the vendor would not have it, is put away with those that
/// were replaced. None is ever thrown away: a vendor may know it all the same. Returns it, or none if no change waited.
///
/// # Errors
/// The database's.
pub fn end_key_change(tx: &Tx, vendor_id: &str, taken: bool) -> Result<Option<OwnKey>> {
    let (_, Some(next)) = own_keys(tx, vendor_id)? else { return Ok(None) };
    let now = tx.now_millis();
    if taken {
        let retire = "UPDATE signing_key SET retired_at = ?2 WHERE vendor_id = ?1 AND retired_at IS NULL";
        tx.execute(retire, params![vendor_id, now])?;
    }
    tx.execute(
        "INSERT INTO signing_key (thumbprint, vendor_id, seed, created_at, retired_at)
         SELECT thumbprint, vendor_id, seed, ?2, ?3 FROM next_key WHERE vendor_id = ?1",
        params![vendor_id, now, (!taken).then_some(now)],
    )?;
    tx.execute("DELETE FROM next_key WHERE vendor_id = ?1", [vendor_id])?;
    Ok(Some(next))
}

/// Stores a key of a vendor, or that it was seen again. A key that changed under the same id is not taken: a receipt
/// names the key it was verified with.
///
/// # Errors
/// Kind bad input for a key without an id, or whose id stood for another key.
pub fn add_key(tx: &Tx, vendor_id: &str, jwk: &Jwk) -> Result<()> {
    let kid = jwk.kid.as_deref().ok_or_else(|| Error::bad_input("a key of the vendor has no kid"))?;
    if let Some(present) = key(tx, vendor_id, kid)?
        && present.thumbprint() != jwk.thumbprint()
    {
        return Err(Error::bad_input(format!(
            "the vendor now has another key under the id {:?} than before",
            crate::text::printable(kid)
        )));
    }
    tx.execute(
        "INSERT INTO vendor_key (vendor_id, kid, jwk, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (vendor_id, kid) DO UPDATE SET last_seen = excluded.last_seen",
        params![vendor_id, kid, json!(jwk).to_string(), tx.now_millis()],
    )?;
    Ok(())
}

/// The key of a vendor with this id.
///
/// # Errors
/// The database's.
pub fn key(connection: &Connection, vendor_id: &str, kid: &str) -> Result<Option<Jwk>> {
    let jwk: Option<String> = connection
        .prepare_cached("SELECT jwk FROM vendor_key WHERE vendor_id = ?1 AND kid = ?2")?
        .query_row([vendor_id, kid], |row| row.get(0))
        .optional()?;
    jwk.map(|text| serde_json::from_str(&text).map_err(|_| Error::damaged("it holds a key that is not readable")))
        .transpose()
}

/// The key of a vendor with this id, if it was among its keys when they were last fetched: a key that the vendor withdrew
/// verifies old receipts, and no new answer.
///
/// # Errors
/// The database's.
pub fn current_key(connection: &Connection, vendor_id: &str, kid: &str) -> Result<Option<Jwk>> {
    let sql = "SELECT last_seen = (SELECT max(last_seen) FROM vendor_key WHERE vendor_id = ?1)
               FROM vendor_key WHERE vendor_id = ?1 AND kid = ?2";
    match connection.prepare_cached(sql)?.query_row([vendor_id, kid], |row| row.get::<_, bool>(0)).optional()? {
        Some(true) => key(connection, vendor_id, kid),
        _ => Ok(None),
    }
}

/// When a vendor's keys were last fetched, and when it was last asked for them, whatever came of it.
///
/// # Errors
/// The database's.
pub fn keys_asked(connection: &Connection, vendor_id: &str) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
    let sql = "SELECT (SELECT max(last_seen) FROM vendor_key WHERE vendor_id = ?1), keys_asked_at
               FROM vendor WHERE id = ?1";
    let time = |row: &Row, index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(from_millis));
    let times = connection.prepare_cached(sql)?.query_row([vendor_id], |row| Ok((time(row, 0)?, time(row, 1)?)));
    Ok(times.optional()?.unwrap_or_default())
}

/// Notes that a vendor is being asked for its keys.
///
/// # Errors
/// The database's.
pub fn note_asked(tx: &Tx, vendor_id: &str) -> Result<()> {
    let sql = "UPDATE vendor SET keys_asked_at = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute((vendor_id, tx.now_millis()))?;
    Ok(())
}

/// The keys of a vendor: id and when each was last seen.
///
/// # Errors
/// The database's.
pub fn keys(connection: &Connection, vendor_id: &str) -> Result<Vec<(String, Timestamp)>> {
    let mut statement = connection
        .prepare("SELECT kid, last_seen FROM vendor_key WHERE vendor_id = ?1 ORDER BY last_seen DESC, kid")?;
    let rows = statement.query_map([vendor_id], |row| Ok((row.get(0)?, from_millis(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
#[path = "key_store_tests.rs"]
mod tests;
