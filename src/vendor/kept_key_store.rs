//! Keys of both sides that were kept, those that are no longer used too: what was signed with them must still verify.

use jiff::Timestamp;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::vault::from_millis;
use crate::wire::jose::{Jwk, SigningKey};

/// A public key, and the time that it was seen or used in.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptKey {
    /// The key.
    pub jwk: Jwk,
    /// Since when.
    pub from: Timestamp,
    /// Until when: when a vendor's key was last seen, or ours was retired; none for ours that is in use.
    pub to: Option<Timestamp>,
}

/// The keys that a vendor was seen with.
///
/// # Errors
/// Kind damaged for one that is not readable.
pub fn kept_keys(connection: &Connection, vendor_id: &str) -> Result<Vec<KeptKey>> {
    let sql = "SELECT jwk, first_seen, last_seen FROM vendor_key WHERE vendor_id = ?1 ORDER BY first_seen, kid";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([vendor_id])?;
    let mut kept = Vec::new();
    while let Some(row) = rows.next()? {
        let jwk = serde_json::from_str(&row.get::<_, String>(0)?)
            .map_err(|_| Error::damaged("it holds a key that is not readable"))?;
        kept.push(KeptKey { jwk, from: from_millis(row.get(1)?), to: Some(from_millis(row.get(2)?)) });
    }
    Ok(kept)
}

/// The public keys of the relationship with a vendor, oldest first.
///
/// # Errors
/// The database's.
pub fn kept_own_keys(connection: &Connection, vendor_id: &str) -> Result<Vec<KeptKey>> {
    let sql = "SELECT seed, created_at, retired_at FROM signing_key WHERE vendor_id = ?1 ORDER BY created_at";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([vendor_id], |row| {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(row.get(0)?);
        let to = row.get::<_, Option<i64>>(2)?.map(from_millis);
        Ok(KeptKey { jwk: SigningKey::from_seed(&seed).public(), from: from_millis(row.get(1)?), to })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
