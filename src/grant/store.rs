//! The grants' table.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::model::{Grant, Mode, Renewal, Scope};
use super::state::{State, Status, Step, VendorStatus};
use crate::error::{Error, Result};
use crate::profile::model::ClaimName;
use crate::vault::{Tx, from_millis, to_millis};
use crate::vendor;

const COLUMNS: &str = "id, vendor_id, persona, scope, status, vendor_status, version, txn, created_at, expires_at, \
                       ended_at, ended_how, confirm_by, confirmed_at, renew_for, renew_until, closed_at, reminded_at, \
                       vendor_version";

fn grant(row: &Row) -> rusqlite::Result<Result<Grant>> {
    let time = |index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(from_millis));
    let id: String = row.get(0)?;
    let (scope, status, vendor): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let parsed =
        serde_json::from_str(&scope).ok().zip(Status::from_name(&status)).zip(VendorStatus::from_name(&vendor));
    let Some(((scope, status), vendor)) = parsed else {
        return Ok(Err(Error::damaged(format!("it holds a grant, {id}, that is not readable"))));
    };
    Ok(Ok(Grant {
        id,
        vendor_id: row.get(1)?,
        persona: row.get(2)?,
        scope,
        state: State { status, vendor, version: row.get(6)?, confirmed: row.get(18)? },
        txn: row.get(7)?,
        created_at: from_millis(row.get(8)?),
        expires_at: from_millis(row.get(9)?),
        ended_at: time(10)?,
        ended_how: row.get(11)?,
        confirm_by: time(12)?,
        confirmed_at: time(13)?,
        renewal: row.get::<_, Option<String>>(14)?.zip(time(15)?).map(|(each, until)| Renewal { each, until }),
        closed_at: time(16)?,
        reminded_at: time(17)?,
    }))
}

fn select(connection: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Grant>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM \"grant\" {rest}"))?;
    statement.query_map(params, grant)?.map(|row| row?).collect()
}

/// All grants, newest first.
///
/// # Errors
/// The database's.
pub fn list(connection: &Connection) -> Result<Vec<Grant>> {
    select(connection, "ORDER BY created_at DESC, id DESC", [])
}

/// The grants of one vendor, newest first.
///
/// # Errors
/// The database's.
pub fn list_of_vendor(connection: &Connection, vendor_id: &str) -> Result<Vec<Grant>> {
    select(connection, "WHERE vendor_id = ?1 ORDER BY created_at DESC, id DESC", [vendor_id])
}

/// The grant of this id.
///
/// # Errors
/// Kind not found.
pub fn get(connection: &Connection, id: &str) -> Result<Grant> {
    let found = select(connection, "WHERE id = ?1", [id])?.pop();
    found.ok_or_else(|| Error::not_found(format!("there is no grant {id}")).hint("cmr grant list --all shows all"))
}

/// The id of a vendor's grant whose messages and answers this `txn` ties together.
///
/// # Errors
/// The database's.
pub fn of_txn(connection: &Connection, vendor_id: &str, txn: &str) -> Result<Option<String>> {
    let sql = "SELECT id FROM \"grant\" WHERE vendor_id = ?1 AND txn = ?2";
    Ok(connection.prepare_cached(sql)?.query_row([vendor_id, txn], |row| row.get(0)).optional()?)
}

/// The grant that a user means: its id, the beginning or end of it, or a vendor that has only one that could be meant
/// (the current one; without one, the last).
///
/// # Errors
/// Kind not found if there is none or there are several: it is never guessed.
pub fn find(connection: &Connection, typed: &str) -> Result<Grant> {
    let looks_like_id = typed.len() >= 4 && typed.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if looks_like_id {
        let pattern = typed.to_ascii_lowercase();
        let found = select(connection, "WHERE id = ?1 OR id LIKE ?1 || '%' OR id LIKE '%' || ?1", [&pattern])?;
        if !found.is_empty() {
            return one(typed, found);
        }
    }
    let vendor = vendor::find(connection, typed).map_err(|e| match e.kind() {
        crate::error::Kind::NotFound if looks_like_id => {
            Error::not_found(format!("there is no grant {typed}")).hint("cmr grant list --all shows all")
        }
        _ => e,
    })?;
    let all = list_of_vendor(connection, &vendor.id)?;
    if all.is_empty() {
        return Err(Error::not_found(format!("{} has no grant", vendor.name))
            .hint(format!("make one: cmr grant create {} --claims … --purpose …", vendor.name)));
    }
    let current: Vec<Grant> =
        all.iter().filter(|g| g.state.status.is_current() || g.state.status == Status::Draft).cloned().collect();
    one(typed, if current.is_empty() { all.into_iter().take(1).collect() } else { current })
}

fn one(typed: &str, mut found: Vec<Grant>) -> Result<Grant> {
    match found.len() {
        1 => Ok(found.remove(0)),
        several => {
            let one = |grant: &Grant| {
                let short = grant.id.get(grant.id.len().saturating_sub(8)..).unwrap_or(&grant.id);
                let purposes: Vec<&str> = grant.scope.purposes.iter().map(|purpose| purpose.term.as_str()).collect();
                format!("{short} ({})", purposes.join(", "))
            };
            let listed: Vec<String> = found.iter().take(6).map(one).collect();
            let others = if several > listed.len() { ", …" } else { "" };
            Err(Error::not_found(format!("{typed} could be {several} grants: {}{others}", listed.join(", ")))
                .hint("type the id of one of them"))
        }
    }
}

/// What names a grant to its user.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// Its id.
    pub id: String,
    /// The vendor's name.
    pub vendor: String,
    /// Where it stands.
    pub status: Status,
    /// The terms of its purposes.
    pub purposes: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// The grants that a word could be the beginning of: of the vendor's name, else of the id or the id's last eight
/// digits. By vendor, newest first, at most `limit`; those that have not ended, or all.
///
/// # Errors
/// The database's.
pub fn beginning_with(connection: &Connection, start: &str, all: bool, limit: usize) -> Result<Vec<Brief>> {
    let statuses = if all { "" } else { "AND g.status IN ('draft', 'offered', 'active')" };
    // From the names to their grants, each by its index: CROSS JOIN tells the planner to.
    let by_name = format!(
        "FROM vendor v CROSS JOIN \"grant\" g ON g.vendor_id = v.id
         WHERE v.name >= ?1 AND v.name < ?1 || char(0x10FFFF) {statuses} ORDER BY v.name, g.id DESC"
    );
    let found = briefs(connection, &by_name, start, limit)?;
    if !found.is_empty() || start.is_empty() {
        return Ok(found);
    }
    let ids = "SELECT id FROM \"grant\"
               WHERE substr(id, 1, length(?1)) = lower(?1) OR substr(id, -8, length(?1)) = lower(?1)";
    let by_id = format!(
        "FROM \"grant\" g JOIN vendor v ON v.id = g.vendor_id WHERE g.id IN ({ids}) {statuses} ORDER BY g.id DESC"
    );
    briefs(connection, &by_id, start, limit)
}

fn briefs(connection: &Connection, among: &str, start: &str, limit: usize) -> Result<Vec<Brief>> {
    let sql = format!("SELECT g.id, v.name, g.status, g.scope, g.expires_at {among} LIMIT ?2");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![start, limit as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, status, scope): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
        let Some((status, scope)) = Status::from_name(&status).zip(serde_json::from_str::<Scope>(&scope).ok()) else {
            return Err(Error::damaged(format!("it holds a grant, {id}, that is not readable")));
        };
        let purposes = scope.purposes.into_iter().map(|purpose| purpose.term).collect();
        found.push(Brief { id, vendor: row.get(1)?, status, purposes, expires_at: from_millis(row.get(4)?) });
    }
    Ok(found)
}

/// The current grants that follow changes of one of these claims of a persona.
///
/// # Errors
/// The database's.
pub fn carrying(connection: &Connection, persona: &str, names: &[ClaimName], now: Timestamp) -> Result<Vec<Grant>> {
    let current = select(
        connection,
        "WHERE persona = ?1 AND status IN ('offered', 'active') AND expires_at > ?2 ORDER BY created_at, id",
        params![persona, to_millis(now)],
    )?;
    let carries = |grant: &Grant| {
        grant.scope.mode == Mode::Continuous && grant.scope.claims.iter().any(|lent| names.contains(&lent.claim))
    };
    Ok(current.into_iter().filter(carries).collect())
}

/// The grants whose time is over, and that do not say so yet.
///
/// # Errors
/// The database's.
pub fn due_to_expire(connection: &Connection, now: Timestamp) -> Result<Vec<Grant>> {
    select(connection, "WHERE status IN ('offered', 'active') AND expires_at <= ?1", [to_millis(now)])
}

/// The grants whose end a rule or the user may have to care for: those that hold and end before `to`, and those that a
/// rule was to renew and that ended since `from`. First those that end first.
///
/// # Errors
/// The database's.
pub fn ending(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Grant>> {
    select(
        connection,
        "WHERE (status IN ('offered', 'active') AND expires_at <= ?2)
            OR (status = 'expired' AND renew_for IS NOT NULL AND expires_at BETWEEN ?1 AND ?2)
         ORDER BY expires_at, id",
        [to_millis(from), to_millis(to)],
    )
}

/// The grants to look after: those that are current, and those that ended without the vendor's word on it.
///
/// # Errors
/// The database's.
pub fn watched(connection: &Connection) -> Result<Vec<Grant>> {
    select(
        connection,
        "WHERE status IN ('offered', 'active')
            OR (status IN ('revoked', 'expired') AND vendor_status = 'not_confirmed' AND closed_at IS NULL)",
        [],
    )
}

/// Notes that the user was reminded of a grant that nothing touches.
///
/// # Errors
/// The database's.
pub fn mark_reminded(tx: &Tx, id: &str) -> Result<()> {
    tx.prepare_cached("UPDATE \"grant\" SET reminded_at = ?2 WHERE id = ?1")?.execute((id, tx.now_millis()))?;
    Ok(())
}

/// Stores a new grant.
///
/// # Errors
/// The database's.
pub fn insert(tx: &Tx, grant: &Grant) -> Result<()> {
    tx.execute(
        "INSERT INTO \"grant\" (id, vendor_id, persona, scope, status, vendor_status, version, txn, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            grant.id,
            grant.vendor_id,
            grant.persona,
            scope_json(grant)?,
            grant.state.status.name(),
            grant.state.vendor.name(),
            grant.state.version,
            grant.txn,
            to_millis(grant.created_at),
            to_millis(grant.expires_at),
        ],
    )?;
    Ok(())
}

/// Takes a step with a grant that changes nothing but its state, if it can be taken. What stays the same is not written.
///
/// # Errors
/// Kind not found; the database's.
pub fn take_step(tx: &Tx, id: &str, step: Step) -> Result<()> {
    let mut statement =
        tx.prepare_cached("SELECT status, vendor_status, version, vendor_version FROM \"grant\" WHERE id = ?1")?;
    let (status, vendor, version, confirmed) = statement
        .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)))
        .optional()?
        .ok_or_else(|| Error::not_found(format!("there is no grant {id}")))?;
    let unreadable = || Error::damaged(format!("it holds a grant, {id}, that is not readable"));
    let (status, vendor) = Status::from_name(&status).zip(VendorStatus::from_name(&vendor)).ok_or_else(unreadable)?;
    let before = State { status, vendor, version, confirmed };
    if let Ok(state) = before.step(step)
        && state != before
    {
        let sql =
            "UPDATE \"grant\" SET status = ?2, vendor_status = ?3, version = ?4, vendor_version = ?5 WHERE id = ?1";
        let (status, vendor) = (state.status.name(), state.vendor.name());
        tx.prepare_cached(sql)?.execute((id, status, vendor, state.version, state.confirmed))?;
    }
    Ok(())
}

/// Stores all of a grant that can change.
///
/// # Errors
/// The database's.
pub fn save(tx: &Tx, grant: &Grant) -> Result<()> {
    tx.execute(
        "UPDATE \"grant\" SET scope = ?2, status = ?3, vendor_status = ?4, version = ?5, expires_at = ?6, ended_at = ?7,
                ended_how = ?8, confirm_by = ?9, confirmed_at = ?10, renew_for = ?11, renew_until = ?12, closed_at = ?13,
                reminded_at = ?14, vendor_version = ?15
         WHERE id = ?1",
        params![
            grant.id,
            scope_json(grant)?,
            grant.state.status.name(),
            grant.state.vendor.name(),
            grant.state.version,
            to_millis(grant.expires_at),
            grant.ended_at.map(to_millis),
            grant.ended_how,
            grant.confirm_by.map(to_millis),
            grant.confirmed_at.map(to_millis),
            grant.renewal.as_ref().map(|rule| &rule.each),
            grant.renewal.as_ref().map(|rule| to_millis(rule.until)),
            grant.closed_at.map(to_millis),
            grant.reminded_at.map(to_millis),
            grant.state.confirmed,
        ],
    )?;
    Ok(())
}

fn scope_json(grant: &Grant) -> Result<String> {
    serde_json::to_string(&grant.scope).map_err(|e| Error::failed(format!("cannot write the grant's scope: {e}")))
}
