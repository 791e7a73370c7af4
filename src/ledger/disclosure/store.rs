//! The disclosures' tables.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::{Deletion, Disclosure, Query, salted_hash};
use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis, to_millis};

/// Records what a message carries. Returns what the ledger entry says of it: claims and salted hashes.
///
/// # Errors
/// The database's, or where the system has no random numbers to give.
pub fn record<'a>(
    tx: &Tx,
    message_id: &str,
    vendor_id: &str,
    grant_id: &str,
    claims: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Result<Value> {
    let mut listed = Vec::new();
    for (claim, value) in claims {
        let mut salt = [0u8; 16];
        getrandom::fill(&mut salt).map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
        let value = value.to_string();
        let hash = salted_hash(&salt, &value);
        tx.prepare_cached(
            "INSERT INTO disclosure (message_id, vendor_id, grant_id, claim, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![message_id, vendor_id, grant_id, claim, hash])?;
        tx.prepare_cached("INSERT INTO disclosed_value (disclosure_id, salt, value) VALUES (?1, ?2, ?3)")?
            .execute(params![tx.last_insert_rowid(), salt, value])?;
        listed.push(json!({"claim": claim, "hash": hash}));
    }
    Ok(Value::Array(listed))
}

/// What vendors know: disclosures delivered, and not stated deleted at the moment asked for. Newest first. What a vendor
/// refused it has seen: it is among them, and says so. The latest of each vendor and claim is what the vendor should use; older ones it has seen as well. Those
/// without `delivered_at` left and were not answered: the vendor may know them.
///
/// # Errors
/// The database's.
pub fn known(connection: &Connection, query: &Query) -> Result<Vec<Disclosure>> {
    let mut statement = connection.prepare(
        "SELECT d.vendor_id, v.name, d.grant_id, d.message_id, d.claim, dv.value, d.hash,
                CASE WHEN m.delivered_at <= ?3 THEN m.delivered_at END, m.attempted_at, d.refused, d.deleted_at
         FROM disclosure d
         JOIN delivery m ON m.message_id = d.message_id
         JOIN vendor v ON v.id = d.vendor_id
         JOIN disclosed_value dv ON dv.disclosure_id = d.id
         WHERE (?1 IS NULL OR d.vendor_id = ?1) AND (?2 IS NULL OR d.claim = ?2)
           AND coalesce(m.attempted_at, m.delivered_at) <= ?3
           AND (d.deleted_at IS NULL OR d.deleted_at > ?3)
         ORDER BY coalesce(m.delivered_at, m.attempted_at) DESC, d.id DESC",
    )?;
    let at = query.at.map_or(i64::MAX, to_millis);
    Ok(statement.query_map(params![query.vendor_id, query.claim, at], disclosure)?.collect::<rusqlite::Result<_>>()?)
}

/// When a claim of this grant was last delivered to the vendor.
///
/// # Errors
/// The database's.
pub fn last_of_grant(connection: &Connection, grant_id: &str) -> Result<Option<Timestamp>> {
    let sql = format!("SELECT max(m.delivered_at) FROM {OF_GRANT} JOIN delivery m ON m.message_id = d.message_id");
    let last: Option<i64> = connection.query_row(&sql, [grant_id], |row| row.get(0))?;
    Ok(last.map(from_millis))
}

/// Lets a message carry what another one, which never left, was to carry.
///
/// # Errors
/// The database's.
pub fn carry_over(tx: &Tx, from: &str, to: &str) -> Result<()> {
    tx.prepare_cached("UPDATE disclosure SET message_id = ?2 WHERE message_id = ?1")?.execute([from, to])?;
    Ok(())
}

/// The disclosures of a grant, by the messages that carried them: those have an index by grant.
const OF_GRANT: &str = "message g CROSS JOIN disclosure d ON d.message_id = g.id AND g.grant_id = ?1";

/// When a claim of each grant was last delivered, by the grant's id: of all vendors, or of one.
///
/// # Errors
/// The database's.
pub fn last_of_grants(connection: &Connection, vendor_id: Option<&str>) -> Result<HashMap<String, Timestamp>> {
    let which = if vendor_id.is_some() { "d.vendor_id = ?1" } else { "?1 IS NULL" };
    let mut statement = connection.prepare(&format!(
        "SELECT d.grant_id, max(m.delivered_at) FROM disclosure d JOIN delivery m ON m.message_id = d.message_id
         WHERE {which} AND m.delivered_at IS NOT NULL GROUP BY d.grant_id"
    ))?;
    let rows = statement.query_map([vendor_id], |row| Ok((row.get(0)?, from_millis(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Marks claims of a message as refused by the vendor.
///
/// # Errors
/// The database's.
pub fn mark_refused(tx: &Tx, message_id: &str, claims: &[String]) -> Result<()> {
    for claim in claims {
        tx.execute("UPDATE disclosure SET refused = 1 WHERE message_id = ?1 AND claim = ?2", (message_id, claim))?;
    }
    Ok(())
}

/// Marks claims of a grant as stated deleted.
///
/// # Errors
/// The database's.
pub fn mark_deleted(tx: &Tx, deletion: &Deletion) -> Result<()> {
    for claim in deletion.claims {
        tx.execute(
            "UPDATE disclosure SET deleted_at = ?4, deleted_by = ?5
             WHERE claim = ?2 AND deleted_at IS NULL
               AND message_id IN (SELECT id FROM message WHERE grant_id = ?1 AND version <= ?3)",
            params![deletion.grant_id, claim, deletion.version, tx.now_millis(), deletion.by],
        )?;
    }
    Ok(())
}

/// Marks what the vendor refused of a grant as gone too: it stated the deletion of all that it had taken.
///
/// # Errors
/// The database's.
pub fn mark_refused_deleted(tx: &Tx, deletion: &Deletion) -> Result<()> {
    tx.execute(
        "UPDATE disclosure SET deleted_at = ?3, deleted_by = ?4
         WHERE refused = 1 AND deleted_at IS NULL
           AND message_id IN (SELECT id FROM message WHERE grant_id = ?1 AND version <= ?2)",
        params![deletion.grant_id, deletion.version, tx.now_millis(), deletion.by],
    )?;
    Ok(())
}

/// The claims of the last delivered version of a grant that were neither refused nor stated deleted.
///
/// # Errors
/// The database's.
pub fn left_of_grant(connection: &Connection, grant_id: &str) -> Result<Vec<String>> {
    let delivered = format!("{OF_GRANT} JOIN delivery m ON m.message_id = d.message_id AND m.delivered_at IS NOT NULL");
    let mut statement = connection.prepare(&format!(
        "SELECT d.claim FROM {delivered}
         WHERE d.refused = 0 AND d.deleted_at IS NULL AND g.version = (SELECT max(g.version) FROM {delivered})"
    ))?;
    Ok(statement.query_map([grant_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn disclosure(row: &Row) -> rusqlite::Result<Disclosure> {
    let time = |index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(from_millis));
    let value: String = row.get(5)?;
    Ok(Disclosure {
        vendor_id: row.get(0)?,
        vendor: row.get(1)?,
        grant_id: row.get(2)?,
        message_id: row.get(3)?,
        claim: row.get(4)?,
        value: serde_json::from_str(&value).unwrap_or_default(),
        hash: row.get(6)?,
        delivered_at: time(7)?,
        attempted_at: time(8)?,
        refused: row.get(9)?,
        deleted_at: time(10)?,
    })
}
