//! What a vendor's people are shown of a customer, as it is read.

use rusqlite::{Connection, Row};

use super::key_store::keys;
use super::model::{CustomerView, FeedbackView, ReceivedView, RefusedView, WaitingView};
use super::store::{from_json, from_word, time};

/// Every customer with their row id, in the order of their names.
pub fn customers(db: &Connection) -> rusqlite::Result<Vec<(i64, CustomerView)>> {
    let sql = "SELECT id, name, created_at, issuer, bound_at,
                      (SELECT count(*) FROM lent WHERE customer = customer.id AND status = 'active') AS active
               FROM customer ORDER BY name";
    let read = |row: &Row<'_>| {
        let view = CustomerView {
            name: row.get("name")?,
            created_at: time(row, "created_at")?,
            issuer: row.get("issuer")?,
            bound_at: row.get::<_, Option<i64>>("bound_at")?.map(|_| time(row, "bound_at")).transpose()?,
            keys: keys(db, row.get("id")?)?,
            active_grants: row.get("active")?,
        };
        Ok((row.get("id")?, view))
    };
    db.prepare(sql)?.query_map([], read)?.collect()
}

/// The SETs that a customer sent, oldest first.
pub fn received(db: &Connection, customer: i64) -> rusqlite::Result<Vec<ReceivedView>> {
    let read = |row: &Row<'_>| {
        Ok(ReceivedView {
            jti: row.get("jti")?,
            event: row.get("event")?,
            grant_id: row.get("grant_id")?,
            version: row.get("version")?,
            set_hash: row.get("set_hash")?,
            received_at: time(row, "received_at")?,
            outcome: from_word(row, "outcome")?,
            reason: row.get("reason")?,
        })
    };
    db.prepare("SELECT * FROM received WHERE customer = ?1 ORDER BY id")?.query_map([customer], read)?.collect()
}

/// The answers that wait for a customer, oldest first, without their bodies.
pub fn queued(db: &Connection, customer: i64) -> rusqlite::Result<Vec<WaitingView>> {
    let read = |row: &Row<'_>| {
        Ok(WaitingView { jti: row.get("jti")?, event: row.get("event")?, created_at: time(row, "created_at")? })
    };
    db.prepare("SELECT * FROM outgoing WHERE customer = ?1 ORDER BY id")?.query_map([customer], read)?.collect()
}

/// The answers that a customer refused, oldest first.
pub fn refusals(db: &Connection, customer: i64) -> rusqlite::Result<Vec<RefusedView>> {
    let read = |row: &Row<'_>| {
        Ok(RefusedView {
            jti: row.get("jti")?,
            err: row.get("err")?,
            description: row.get("description")?,
            refused_at: time(row, "refused_at")?,
        })
    };
    db.prepare("SELECT * FROM refused WHERE customer = ?1 ORDER BY id")?.query_map([customer], read)?.collect()
}

/// What a customer had to say, oldest first.
pub fn feedback(db: &Connection, customer: i64) -> rusqlite::Result<Vec<FeedbackView>> {
    let read = |row: &Row<'_>| {
        Ok(FeedbackView {
            jti: row.get("jti")?,
            feedback: from_json(row, "body")?,
            received_at: time(row, "received_at")?,
        })
    };
    db.prepare("SELECT * FROM feedback WHERE customer = ?1 ORDER BY id")?.query_map([customer], read)?.collect()
}
