//! The keys that customers are bound to, now and before.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::model::Binding;
use super::store::{from_json, to_json};
use crate::wire::jose::Jwk;

/// The key that a customer is bound to.
pub fn binding(db: &Connection, customer: i64) -> rusqlite::Result<Option<Binding>> {
    let sql = "SELECT issuer, jwk FROM customer WHERE id = ?1 AND issuer IS NOT NULL";
    db.query_row(sql, [customer], |row| Ok(Binding { issuer: row.get("issuer")?, jwk: from_json(row, "jwk")? }))
        .optional()
}

/// Binds a key to a customer who has none. `false` if the key is another customer's.
pub fn bind(db: &Connection, customer: i64, binding: &Binding, now: Timestamp) -> rusqlite::Result<bool> {
    if !add_key(db, customer, &binding.jwk, now)? {
        return Ok(false);
    }
    let sql = "UPDATE OR IGNORE customer SET issuer = ?2, jwk = ?3, bound_at = ?4 WHERE id = ?1 AND issuer IS NULL";
    let values = params![customer, binding.issuer, to_json(&binding.jwk), now.as_microsecond()];
    Ok(db.execute(sql, values)? == 1)
}

/// Binds another key in place of the one that a customer has. `false` if it was ever bound before, to whomever.
pub fn rebind(db: &Connection, customer: i64, jwk: &Jwk, now: Timestamp) -> rusqlite::Result<bool> {
    if !add_key(db, customer, jwk, now)? {
        return Ok(false);
    }
    let replaced = "UPDATE customer_key SET replaced_at = ?3
                    WHERE customer = ?1 AND thumbprint <> ?2 AND replaced_at IS NULL";
    db.execute(replaced, params![customer, thumbprint(jwk), now.as_microsecond()])?;
    db.execute("UPDATE customer SET jwk = ?2 WHERE id = ?1", params![customer, to_json(jwk)])?;
    Ok(true)
}

fn add_key(db: &Connection, customer: i64, jwk: &Jwk, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "INSERT OR IGNORE INTO customer_key (thumbprint, customer, bound_at) VALUES (?1, ?2, ?3)";
    Ok(db.execute(sql, params![thumbprint(jwk), customer, now.as_microsecond()])? == 1)
}

fn thumbprint(jwk: &Jwk) -> String {
    jwk.thumbprint().unwrap_or_default()
}

/// The thumbprints of the keys that a customer was bound to, the present one first.
pub fn keys(db: &Connection, customer: i64) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT thumbprint FROM customer_key WHERE customer = ?1
               ORDER BY replaced_at IS NOT NULL, replaced_at DESC";
    db.prepare_cached(sql)?.query_map([customer], |row| row.get(0))?.collect()
}
