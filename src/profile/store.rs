//! The claims' and personas' tables.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::model::{Claim, ClaimName, ClaimValue};
use crate::error::{Error, Result};
use crate::vault::{Tx, from_millis};

/// The persona that a new vault has.
pub const DEFAULT_PERSONA: &str = "default";

/// One version of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The claim and its value.
    pub claim: Claim,
    /// Where the value came from: `typed`, `edited`, or the name of an imported file.
    pub source: String,
    /// From when.
    pub set_at: Timestamp,
    /// Until when; none for the current one.
    pub ended_at: Option<Timestamp>,
}

fn parse_name(text: &str) -> Result<ClaimName> {
    text.parse().map_err(|_| Error::damaged(format!("it holds a claim of an unknown name, {text:?}")))
}

fn parse_value(text: &str) -> Result<ClaimValue> {
    serde_json::from_str(text).map_err(|_| Error::damaged("it holds a claim whose value is not readable"))
}

/// All current claims of a persona, by name.
///
/// # Errors
/// The database's.
pub fn current(connection: &Connection, persona: &str) -> Result<Vec<Claim>> {
    let mut statement = connection
        .prepare_cached("SELECT name, value FROM claim WHERE persona = ?1 AND ended_at IS NULL ORDER BY name")?;
    let mut rows = statement.query([persona])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
        claims.push(Claim { name: parse_name(&name)?, value: parse_value(&value)? });
    }
    Ok(claims)
}

/// The names of the claims whose value came from this source.
///
/// # Errors
/// The database's.
pub fn taken_from(connection: &Connection, source: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT name FROM claim WHERE source = ?1 AND ended_at IS NULL ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    Ok(statement.query_map([source], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The names of the claims that have a value, of a persona or of all.
///
/// # Errors
/// The database's.
pub fn claim_names(connection: &Connection, persona: Option<&str>) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT name FROM claim WHERE (?1 IS NULL OR persona = ?1) AND ended_at IS NULL ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    Ok(statement.query_map([persona], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// One current claim.
///
/// # Errors
/// The database's.
pub fn get(connection: &Connection, persona: &str, name: &ClaimName) -> Result<Option<ClaimValue>> {
    connection
        .prepare_cached("SELECT value FROM claim WHERE persona = ?1 AND name = ?2 AND ended_at IS NULL")?
        .query_row(params![persona, name.to_string()], |row| row.get::<_, String>(0))
        .optional()?
        .map(|value| parse_value(&value))
        .transpose()
}

pub(super) fn put(tx: &Tx, persona: &str, claim: &Claim, source: &str) -> Result<()> {
    end(tx, persona, &claim.name)?;
    tx.prepare_cached("INSERT INTO claim (persona, name, value, source, set_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            persona,
            claim.name.to_string(),
            claim.value.to_json().to_string(),
            source,
            tx.now_millis()
        ])?;
    Ok(())
}

pub(super) fn end(tx: &Tx, persona: &str, name: &ClaimName) -> Result<()> {
    tx.prepare_cached("UPDATE claim SET ended_at = ?3 WHERE persona = ?1 AND name = ?2 AND ended_at IS NULL")?
        .execute(params![persona, name.to_string(), tx.now_millis()])?;
    Ok(())
}

/// Every version of a claim, or of all claims, newest first.
///
/// # Errors
/// The database's.
pub fn history(connection: &Connection, persona: &str, name: Option<&ClaimName>) -> Result<Vec<Version>> {
    let mut statement = connection.prepare(
        "SELECT name, value, source, set_at, ended_at FROM claim
         WHERE persona = ?1 AND (?2 IS NULL OR name = ?2) ORDER BY set_at DESC, id DESC",
    )?;
    let mut rows = statement.query(params![persona, name.map(ClaimName::to_string)])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
        versions.push(Version {
            claim: Claim { name: parse_name(&name)?, value: parse_value(&value)? },
            source: row.get(2)?,
            set_at: from_millis(row.get(3)?),
            ended_at: row.get::<_, Option<i64>>(4)?.map(from_millis),
        });
    }
    Ok(versions)
}

/// The personas, with how many claims each has.
///
/// # Errors
/// The database's.
pub fn personas(connection: &Connection) -> Result<Vec<(String, u32)>> {
    let mut statement = connection.prepare(
        "SELECT p.name, (SELECT count(*) FROM claim c WHERE c.persona = p.name AND c.ended_at IS NULL)
         FROM persona p ORDER BY p.created_at, p.name",
    )?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Makes sure that a persona of this name exists.
///
/// # Errors
/// Kind not found, naming the nearest ones.
pub fn require_persona(connection: &Connection, name: &str) -> Result<()> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM persona WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if known.is_some() {
        return Ok(());
    }
    let personas = personas(connection)?;
    let near = crate::text::nearest(name, personas.iter().map(|(name, _)| name.as_str())).join(" or ");
    let near = if near.is_empty() { String::new() } else { format!("did you mean {near}? ") };
    Err(Error::not_found(format!("there is no persona {name:?}"))
        .hint(format!("{near}make it with: cmr persona add {name}")))
}

pub(super) fn insert_persona(tx: &Tx, name: &str) -> Result<bool> {
    let new =
        tx.execute("INSERT OR IGNORE INTO persona (name, created_at) VALUES (?1, ?2)", (name, tx.now_millis()))?;
    Ok(new == 1)
}

pub(super) fn delete_persona(tx: &Tx, name: &str) -> Result<()> {
    tx.execute("DELETE FROM claim WHERE persona = ?1", [name])?;
    tx.execute("DELETE FROM persona WHERE name = ?1", [name])?;
    Ok(())
}

pub(super) fn persona_is_lent(connection: &Connection, name: &str) -> Result<bool> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM \"grant\" WHERE persona = ?1)", [name], |row| row.get(0))?)
}
