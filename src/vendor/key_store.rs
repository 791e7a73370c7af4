//! The tables of keys: those that vendors sign with, and the relationships' own.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis};
use crate::wire::jose::{Jwk, SigningKey};

/// The relationship's current signing key.
///
/// # Errors
/// Kind damaged if there is none.
pub fn signing_key(connection: &Connection, vendor_id: &str) -> Result<SigningKey> {
    let seed: Option<[u8; 32]> = connection
        .prepare_cached("SELECT seed FROM signing_key WHERE vendor_id = ?1 AND retired_at IS NULL")?
        .query_row([vendor_id], |row| row.get(0))
        .optional()?;
    let seed = zeroize::Zeroizing::new(
        seed.ok_or_else(|| Error::damaged(format!("it holds no signing key for the vendor {vendor_id}")))?,
    );
    Ok(SigningKey::from_seed(&seed))
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
