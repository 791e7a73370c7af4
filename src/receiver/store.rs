//! The receiver's database: plain SQLite, because a vendor protects it as it protects its other records.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key_store::binding;
use super::model::{Customer, Grant, Outcome, Outgoing};
use super::verify::Verified;
use crate::error::{Error, Result, io};
use crate::wire::event::FeedbackSubmitted;
use crate::wire::jose::SigningKey;
use crate::wire::transport::ErrorBody;

/// The database's file in the data directory.
pub const FILE: &str = "receiver.db";

/// One entry a version; `user_version` says how many have run. Times are microseconds since 1970, UTC.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE signing_key (
        id INTEGER PRIMARY KEY CHECK (id = 1), seed BLOB NOT NULL CHECK (length(seed) = 32)
    ) STRICT;
    CREATE TABLE customer (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, token_hash BLOB NOT NULL UNIQUE,
        created_at INTEGER NOT NULL, issuer TEXT UNIQUE, jwk TEXT, bound_at INTEGER
    ) STRICT;
    CREATE TABLE lent (
        customer INTEGER NOT NULL REFERENCES customer, grant_id TEXT NOT NULL, version INTEGER NOT NULL,
        status TEXT NOT NULL, expires_at INTEGER NOT NULL, acknowledged TEXT NOT NULL, refused_claims TEXT NOT NULL,
        deleted TEXT NOT NULL, purposes TEXT NOT NULL, record TEXT, terms TEXT, txn TEXT, sub TEXT NOT NULL,
        set_hash TEXT NOT NULL, ended_at INTEGER, PRIMARY KEY (customer, grant_id)
    ) STRICT;
    CREATE INDEX lent_due ON lent (expires_at) WHERE status = 'active';
    CREATE TABLE claim (
        customer INTEGER NOT NULL, grant_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (customer, grant_id, name), FOREIGN KEY (customer, grant_id) REFERENCES lent
    ) STRICT;
    CREATE TABLE received (
        id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, iss TEXT NOT NULL, jti TEXT NOT NULL,
        event TEXT NOT NULL, grant_id TEXT, version INTEGER, set_hash TEXT NOT NULL, received_at INTEGER NOT NULL,
        outcome TEXT NOT NULL, reason TEXT, UNIQUE (iss, jti)
    ) STRICT;
    CREATE INDEX received_from ON received (customer);
    CREATE TABLE outgoing (
        id INTEGER PRIMARY KEY AUTOINCREMENT, customer INTEGER NOT NULL REFERENCES customer,
        jti TEXT NOT NULL UNIQUE, event TEXT NOT NULL, token TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX outgoing_to ON outgoing (customer, id);
    CREATE TABLE refused (
        id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, jti TEXT NOT NULL,
        err TEXT NOT NULL, description TEXT NOT NULL, refused_at INTEGER NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE customer_key (
        thumbprint TEXT PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, bound_at INTEGER NOT NULL,
        replaced_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX customer_key_of ON customer_key (customer);
    INSERT INTO customer_key
        SELECT substr(issuer, length('urn:ietf:params:oauth:jwk-thumbprint:sha-256:') + 1), id, bound_at, NULL
        FROM customer WHERE issuer IS NOT NULL;
    CREATE INDEX received_hash ON received (set_hash);
    CREATE TABLE feedback (
        id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, jti TEXT NOT NULL, body TEXT NOT NULL,
        received_at INTEGER NOT NULL
    ) STRICT;
",
];

const GRANT_COLUMNS: &str = "grant_id, version, status, expires_at, acknowledged, refused_claims, deleted, purposes, \
                             record, terms, txn, sub, set_hash, ended_at";

/// An open database.
pub struct Store(Connection);

impl Store {
    /// Opens the database of a data directory, and makes both if they are not there.
    ///
    /// # Errors
    /// Where the directory or the file cannot be made, opened or brought to this version.
    pub fn create(data_dir: &Path) -> Result<Self> {
        if !data_dir.is_dir() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
            made.map_err(|e| io("create the directory", data_dir, e))?;
        }
        let path = data_dir.join(FILE);
        // SQLite gives its -wal and -shm files the mode of this one.
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        file.map_err(|e| io("create", &path, e))?;
        Self::open(data_dir)
    }

    /// Opens the database of a data directory.
    ///
    /// # Errors
    /// Kind not found if there is none; otherwise where it cannot be opened or brought to this version.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(FILE);
        if !path.exists() {
            return Err(Error::not_found(format!("no receiver has run in {}", data_dir.display()))
                .hint("cmr receiver serve starts one"));
        }
        let open = || -> rusqlite::Result<Connection> {
            let mut connection = Connection::open(&path)?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            // secure_delete overwrites what is deleted: a revoked claim must not stay in a free page.
            connection.execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;",
            )?;
            migrate(&mut connection)?;
            Ok(connection)
        };
        let connection =
            open().map_err(|e| Error::failed(format!("cannot open {}: {e}", path.display())).because(e))?;
        let version: usize = connection
            .query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))
            .map_err(failed)?
            .try_into()
            .unwrap_or(usize::MAX);
        if version > MIGRATIONS.len() {
            return Err(Error::failed(format!("{} was written by a newer cmr", path.display())));
        }
        Ok(Self(connection))
    }

    /// Runs `work` in one transaction, which is durable when this returns.
    ///
    /// # Errors
    /// What `work` or the database answers; nothing is changed then.
    pub fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let done = work(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }

    /// Runs `work` on one state of the database.
    ///
    /// # Errors
    /// What `work` or the database answers.
    pub fn read<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.0.transaction().and_then(|transaction| work(&transaction)).map_err(failed)
    }

    /// Empties the write-ahead log into the database, so that values deleted there leave the log as well. `false`
    /// if a reader held it back: the next call does it.
    ///
    /// # Errors
    /// What the database answers.
    pub fn empty_log(&mut self) -> Result<bool> {
        let busy: i64 = self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failed)?;
        Ok(busy == 0)
    }
}

fn failed(error: rusqlite::Error) -> Error {
    Error::failed(format!("the receiver's database: {error}")).because(error)
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (number, migration) in (1u32..).zip(MIGRATIONS).filter(|(number, _)| *number > version) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.commit()
}

/// The vendor's signing key: the one kept, or `fresh`, which is kept from now on.
pub fn signing_key(db: &Connection, fresh: &SigningKey) -> rusqlite::Result<SigningKey> {
    db.execute("INSERT OR IGNORE INTO signing_key (id, seed) VALUES (1, ?1)", [fresh.seed().as_slice()])?;
    db.query_row("SELECT seed FROM signing_key", [], |row| Ok(SigningKey::from_seed(&row.get(0)?)))
}

/// Adds a customer. `false` if the name is taken.
pub fn add_customer(db: &Connection, name: &str, token_hash: &[u8], now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO customer (name, token_hash, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING";
    Ok(db.execute(sql, params![name, token_hash, now.as_microsecond()])? == 1)
}

/// The customer whose token has this hash.
pub fn customer(db: &Connection, token_hash: &[u8]) -> rusqlite::Result<Option<Customer>> {
    let sql = "SELECT id FROM customer WHERE token_hash = ?1";
    let id: Option<i64> = db.query_row(sql, [token_hash], |row| row.get(0)).optional()?;
    id.map(|id| Ok(Customer { id, binding: binding(db, id)? })).transpose()
}

/// Whether these very bytes were received from this customer, and answered with 202.
pub fn has_taken(db: &Connection, customer: i64, set_hash: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM received WHERE set_hash = ?2 AND customer = ?1)";
    db.prepare_cached(sql)?.query_row(params![customer, set_hash], |row| row.get(0))
}

/// Whether a SET of this issuer and id was received before.
pub fn is_known(db: &Connection, iss: &str, jti: &str) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM received WHERE iss = ?1 AND jti = ?2)", [iss, jti], |row| row.get(0))
}

/// What is written down of a received SET beside the SET itself.
pub struct Receipt<'a> {
    /// Hash of the compact SET.
    pub set_hash: &'a str,
    /// When it came.
    pub received_at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<&'a str>,
}

/// Writes down that a SET was received, without its body.
pub fn record(db: &Connection, customer: i64, set: &Verified, receipt: &Receipt<'_>) -> rusqlite::Result<()> {
    let grant = set.message.grant();
    db.execute(
        "INSERT INTO received (customer, iss, jti, event, grant_id, version, set_hash, received_at, outcome, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            customer,
            set.claims.iss,
            set.claims.jti,
            set.event.name(),
            grant.map(|(id, _)| id),
            grant.map(|(_, version)| version),
            receipt.set_hash,
            receipt.received_at.as_microsecond(),
            word(&receipt.outcome),
            receipt.reason,
        ],
    )?;
    Ok(())
}

/// A grant with its claims.
pub fn grant(db: &Connection, customer: i64, grant_id: &str) -> rusqlite::Result<Option<Grant>> {
    let sql = format!("SELECT {GRANT_COLUMNS} FROM lent WHERE customer = ?1 AND grant_id = ?2");
    db.query_row(&sql, params![customer, grant_id], |row| read_grant(db, customer, row)).optional()
}

/// Every grant of a customer.
pub fn grants(db: &Connection, customer: i64) -> rusqlite::Result<Vec<Grant>> {
    let sql = format!("SELECT {GRANT_COLUMNS} FROM lent WHERE customer = ?1 ORDER BY grant_id");
    db.prepare(&sql)?.query_map([customer], |row| read_grant(db, customer, row))?.collect()
}

/// Grants in force whose time has passed, each with its customer.
pub fn overdue(db: &Connection, now: Timestamp) -> rusqlite::Result<Vec<(i64, Grant)>> {
    let sql = format!("SELECT customer, {GRANT_COLUMNS} FROM lent WHERE status = 'active' AND expires_at <= ?1");
    let read = |row: &Row<'_>| {
        let customer = row.get("customer")?;
        Ok((customer, read_grant(db, customer, row)?))
    };
    db.prepare(&sql)?.query_map([now.as_microsecond()], read)?.collect()
}

fn read_grant(db: &Connection, customer: i64, row: &Row<'_>) -> rusqlite::Result<Grant> {
    let grant_id: String = row.get("grant_id")?;
    let claims = db
        .prepare_cached("SELECT name, value FROM claim WHERE customer = ?1 AND grant_id = ?2")?
        .query_map(params![customer, grant_id], |row| Ok((row.get("name")?, from_json(row, "value")?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Grant {
        claims,
        grant_id,
        version: row.get("version")?,
        status: from_word(row, "status")?,
        expires_at: time(row, "expires_at")?,
        acknowledged: from_word(row, "acknowledged")?,
        refused_claims: from_json(row, "refused_claims")?,
        deleted: from_json(row, "deleted")?,
        purposes: from_json(row, "purposes")?,
        record: row.get::<_, Option<String>>("record")?.map(|_| from_json(row, "record")).transpose()?,
        terms: row.get("terms")?,
        txn: row.get("txn")?,
        sub: row.get("sub")?,
        set_hash: row.get("set_hash")?,
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(|_| time(row, "ended_at")).transpose()?,
    })
}

/// Stores a grant and exactly its claims, in place of what was stored of it. Says whether something was: its values
/// are gone from the database, but perhaps not yet from its log.
pub fn put_grant(db: &Connection, customer: i64, grant: &Grant) -> rusqlite::Result<bool> {
    db.execute("DELETE FROM claim WHERE customer = ?1 AND grant_id = ?2", params![customer, grant.grant_id])?;
    let erased =
        db.execute("DELETE FROM lent WHERE customer = ?1 AND grant_id = ?2", params![customer, grant.grant_id])?;
    let sql = format!(
        "INSERT INTO lent (customer, {GRANT_COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    db.execute(
        &sql,
        params![
            customer,
            grant.grant_id,
            grant.version,
            word(&grant.status),
            grant.expires_at.as_microsecond(),
            word(&grant.acknowledged),
            to_json(&grant.refused_claims),
            to_json(&grant.deleted),
            to_json(&grant.purposes),
            grant.record.as_ref().map(to_json),
            grant.terms,
            grant.txn,
            grant.sub,
            grant.set_hash,
            grant.ended_at.map(Timestamp::as_microsecond),
        ],
    )?;
    let mut insert =
        db.prepare_cached("INSERT INTO claim (customer, grant_id, name, value) VALUES (?1, ?2, ?3, ?4)")?;
    for (name, value) in &grant.claims {
        insert.execute(params![customer, grant.grant_id, name, to_json(value)])?;
    }
    Ok(erased > 0)
}

/// Lays an answer out to be polled.
pub fn queue(db: &Connection, customer: i64, set: &Outgoing, now: Timestamp) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO outgoing (customer, jti, event, token, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![customer, set.jti, set.event, set.token, now.as_microsecond()],
    )?;
    Ok(())
}

/// The oldest answers that wait for a customer, by id, at most `limit`, and whether there are more.
pub fn waiting(db: &Connection, customer: i64, limit: u32) -> rusqlite::Result<(Vec<(String, String)>, bool)> {
    let mut sets: Vec<(String, String)> = db
        .prepare_cached("SELECT jti, token FROM outgoing WHERE customer = ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![customer, i64::from(limit) + 1], |row| Ok((row.get("jti")?, row.get("token")?)))?
        .collect::<rusqlite::Result<_>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = sets.len() > limit;
    sets.truncate(limit);
    Ok((sets, more))
}

/// Takes an answer off the queue, because its customer has it.
pub fn settle(db: &Connection, customer: i64, jti: &str) -> rusqlite::Result<bool> {
    Ok(db.execute("DELETE FROM outgoing WHERE customer = ?1 AND jti = ?2", params![customer, jti])? == 1)
}

/// Writes down that a customer refused an answer.
pub fn refuse(db: &Connection, customer: i64, jti: &str, why: &ErrorBody, now: Timestamp) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO refused (customer, jti, err, description, refused_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![customer, jti, why.err.as_str(), why.description, now.as_microsecond()],
    )?;
    Ok(())
}

/// Keeps what a customer has to say: it is meant for the vendor.
pub fn keep_feedback(
    db: &Connection,
    customer: i64,
    jti: &str,
    body: &FeedbackSubmitted,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO feedback (customer, jti, body, received_at) VALUES (?1, ?2, ?3, ?4)",
        params![customer, jti, to_json(body), now.as_microsecond()],
    )?;
    Ok(())
}

pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, Box::new(e)))
}

pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    parse(&row.get::<_, String>(column)?)
}

fn parse<T: DeserializeOwned>(json: &str) -> rusqlite::Result<T> {
    serde_json::from_str(json).map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))
}

/// A name from one of the closed lists, stored without its quotes.
fn word(value: &impl Serialize) -> String {
    to_json(value).trim_matches('"').to_owned()
}

pub(super) fn from_word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    parse(&to_json(&row.get::<_, String>(column)?))
}
