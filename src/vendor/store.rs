//! The tables of vendors, relationships, aliases, notes and keys.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::channel_store::{channels, insert_channel};
use super::identity::{plain_name, site};
use super::key_store::{add_key, make_key};
use super::model::{Channel, ChannelKind, Relationship, Vendor};
use crate::error::{Error, Result};
use crate::ledger;
use crate::profile::model::{ClaimName, ClaimValue};
use crate::text::nearest;
use crate::vault::{Tx, from_millis, to_millis};
use crate::wire::discovery::{Metadata, resource_id};
use crate::wire::jose::Jwk;

const COLUMNS: &str =
    "id, name, title, url, domain, document, allow_loopback, approved_origins, added_at, discovered_at";

fn vendor(row: &Row) -> rusqlite::Result<Result<Vendor>> {
    let id: String = row.get(0)?;
    let (url, metadata, origins): (String, Option<String>, String) = (row.get(3)?, row.get(5)?, row.get(7)?);
    let damaged = |what| Error::damaged(format!("it holds a vendor, {id}, whose {what} is not readable"));
    let parse = || -> Result<(Url, Option<Metadata>, Vec<String>)> {
        Ok((
            Url::parse(&url).map_err(|_| damaged("URL"))?,
            metadata.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| damaged("document"))?,
            serde_json::from_str(&origins).map_err(|_| damaged("list of origins"))?,
        ))
    };
    let (url, metadata, approved_origins) = match parse() {
        Ok(parts) => parts,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(Vendor {
        name: row.get(1)?,
        title: row.get(2)?,
        resource: match &metadata {
            Some(metadata) => metadata.resource.clone(),
            None => resource_id(&url),
        },
        url,
        domain: row.get(4)?,
        metadata,
        allow_loopback: row.get(6)?,
        approved_origins,
        added_at: from_millis(row.get(8)?),
        discovered_at: from_millis(row.get(9)?),
        id,
    }))
}

fn select(connection: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Vendor>> {
    let from = "FROM vendor LEFT JOIN vendor_document ON vendor_id = id";
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} {from} {rest}"))?;
    statement.query_map(params, vendor)?.map(|row| row?).collect()
}

/// The id and the name of every vendor.
///
/// # Errors
/// The database's.
pub fn names(connection: &Connection) -> Result<Vec<(String, String)>> {
    let mut statement = connection.prepare("SELECT id, name FROM vendor")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// The names that begin like this, and their vendors' domains, by name: at most `limit`, and the last one of all. So
/// what they have in common is what all of them have in common, however many there are.
///
/// # Errors
/// The database's.
pub fn beginning_with(connection: &Connection, start: &str, limit: usize) -> Result<Vec<(String, String)>> {
    // A range, which the index of the names answers: a pattern would read every vendor.
    let among = "FROM vendor WHERE name >= ?1 AND name < ?1 || char(0x10FFFF)";
    let select = |order: &str, limit: usize| -> Result<Vec<(String, String)>> {
        let mut statement =
            connection.prepare(&format!("SELECT name, domain {among} ORDER BY name {order} LIMIT ?2"))?;
        let rows = statement.query_map(params![start, limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let mut found = select("ASC", limit)?;
    if found.len() == limit {
        let last = select("DESC", 1)?;
        found.extend(last.into_iter().filter(|last| !found.contains(last)).collect::<Vec<_>>());
    }
    Ok(found)
}

/// How many vendors there are.
///
/// # Errors
/// The database's.
pub fn count(connection: &Connection) -> Result<usize> {
    let count: i64 = connection.query_row("SELECT count(*) FROM vendor", [], |row| row.get(0))?;
    Ok(count.unsigned_abs() as usize)
}

/// The ids of the vendors that took the relationship's key: those that may have something to say.
///
/// # Errors
/// The database's.
pub fn introduced(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT vendor_id FROM relationship WHERE introduced_at IS NOT NULL ORDER BY rank IS NULL, rank, vendor_id",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The vendor of this id.
///
/// # Errors
/// Kind not found.
pub fn get(connection: &Connection, id: &str) -> Result<Vendor> {
    let found = select(connection, "WHERE id = ?1", [id])?.pop();
    found.ok_or_else(|| Error::not_found(format!("there is no vendor {id}")))
}

/// The vendor that a user means: by name, id, domain or resource URL, else by the unique beginning of a name.
///
/// # Errors
/// Kind not found if there is none, naming near ones, or if there are several: it is never guessed.
pub fn find(connection: &Connection, typed: &str) -> Result<Vendor> {
    let mut found = select(connection, "WHERE name = ?1 OR id = ?1", [typed])?;
    if found.is_empty() {
        let url = Url::parse(typed).ok();
        let resource = url.as_ref().map(resource_id).unwrap_or_default();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        // A domain is stored in ASCII, as it is in the DNS.
        let domain = url::Host::parse(typed).map_or_else(|_| typed.to_owned(), |host| host.to_string());
        // By the domain, which has an index, whatever was typed.
        let rest = "WHERE domain = lower(?1) OR (domain = ?2 AND rtrim(url, '/') = ?3)";
        found = select(connection, rest, [&domain, host, &resource])?;
    }
    if found.len() > 1 {
        let names = found.iter().take(SHOWN).map(|vendor| vendor.name.clone());
        return Err(ambiguous(typed, found.len(), names.collect()));
    }
    if let Some(vendor) = found.pop() {
        return Ok(vendor);
    }
    let names = beginning(connection, typed, SHOWN)?;
    match names.as_slice() {
        [] => Err(unknown(connection, typed)?),
        [(id, _)] => get(connection, id),
        _ => {
            let several = beginning(connection, typed, usize::MAX)?.len();
            Err(ambiguous(typed, several, names.into_iter().map(|(_, name)| name).collect()))
        }
    }
}

/// How many names an error lists.
const SHOWN: usize = 6;

/// Ids and names of the vendors whose name begins so, by name: read from the index of names alone.
fn beginning(connection: &Connection, typed: &str, limit: usize) -> Result<Vec<(String, String)>> {
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT id, name FROM vendor
         WHERE name >= ?1 AND name < ?1 || char(0x10ffff) AND substr(name, 1, length(?1)) = ?1 COLLATE NOCASE
         ORDER BY name LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(-1);
    let rows = statement.query_map((typed, limit), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn ambiguous(typed: &str, several: usize, names: Vec<String>) -> Error {
    let others = if several > names.len() { ", …" } else { "" };
    Error::not_found(format!("{typed:?} could be {several} vendors: {}{others}", names.join(", ")))
        .hint("type more of the name")
}

fn unknown(connection: &Connection, typed: &str) -> Result<Error> {
    let names = names(connection)?;
    let near = nearest(typed, names.iter().map(|(_, name)| name.as_str()));
    Ok(Error::not_found(format!("there is no vendor {typed:?}")).hint(match near.as_slice() {
        [] => "cmr vendor list shows all; cmr vendor add NAME --url URL adds one".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    }))
}

/// What is needed to add a vendor.
pub struct NewVendor {
    /// What the user calls it.
    pub name: String,
    /// The URL that it was discovered at.
    pub url: Url,
    /// Its document, if it speaks the protocol.
    pub metadata: Option<Metadata>,
    /// The ways to it beside the protocol, in the user's order.
    pub channels: Vec<Channel>,
    /// The keys that it signs with.
    pub keys: Vec<Jwk>,
    /// Whether its host may be this machine.
    pub allow_loopback: bool,
    /// Origins that the user approved.
    pub approved_origins: Vec<String>,
    /// The bearer token that it gave.
    pub token: Option<SecretString>,
}

/// Adds a vendor and the relationship with it, with a signing key of its own: two vendors cannot join what they know
/// of the user by a key.
///
/// # Errors
/// Kind bad input for a name that is taken or cannot be one, or a URL that another vendor has.
pub fn add(tx: &Tx, new: NewVendor) -> Result<Vendor> {
    super::check_name(&new.name)?;
    let domain = new.url.host_str().unwrap_or_default();
    // By the domain, which has an index: a scan for the URL would read the whole of a large vault.
    let taken = select(tx, "WHERE name = ?1 OR (domain = ?2 AND url = ?3)", (&new.name, domain, new.url.as_str()))?;
    if let Some(other) = taken.first() {
        return Err(Error::bad_input(format!("there is already a vendor {} at {}", other.name, other.url))
            .hint(format!("cmr vendor show {}", other.name)));
    }
    let (id, now) = (Uuid::now_v7().to_string(), tx.now_millis());
    let title = new.metadata.as_ref().and_then(|m| m.resource_name.as_deref()).map(crate::text::printable);
    tx.execute(
        "INSERT INTO vendor (id, name, title, url, domain, allow_loopback, approved_origins, added_at, discovered_at,
                             site, called)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
        params![
            id,
            new.name,
            title,
            new.url.as_str(),
            domain,
            new.allow_loopback,
            json!(new.approved_origins).to_string(),
            now,
            site(domain).unwrap_or_default(),
            title.as_deref().and_then(plain_name)
        ],
    )?;
    if let Some(metadata) = &new.metadata {
        let document = json!(metadata).to_string();
        tx.execute("INSERT INTO vendor_document (vendor_id, document) VALUES (?1, ?2)", (&id, document))?;
    }
    let is_ordered = new.channels.iter().any(|channel| channel.kind == ChannelKind::Set);
    if new.metadata.is_some() && !is_ordered {
        insert_channel(tx, &id, &Channel::PROTOCOL)?;
    }
    new.channels.iter().try_for_each(|channel| insert_channel(tx, &id, channel))?;
    tx.execute(
        "INSERT INTO relationship (vendor_id, issuer, subject, token, created_at) VALUES (?1, '', '', ?2, ?3)",
        params![id, new.token.as_ref().map(|t| t.expose_secret()), now],
    )?;
    let thumbprint = make_key(tx, &id)?;
    for jwk in &new.keys {
        add_key(tx, &id, jwk)?;
    }
    let kinds: Vec<&str> = channels(tx, &id)?.into_iter().map(|channel| channel.kind.name()).collect();
    let body = json!({"url": new.url.as_str(), "key": thumbprint, "allow_loopback": new.allow_loopback,
                      "approved_origins": new.approved_origins, "channels": kinds, "vendor": id});
    ledger::append(tx, "vendor-added", &new.name, &body)?;
    get(tx, &id)
}

/// The relationship with a vendor.
///
/// # Errors
/// Kind damaged if there is none: each vendor has one.
pub fn relationship(connection: &Connection, vendor_id: &str) -> Result<Relationship> {
    connection
        .prepare_cached(
            "SELECT account, rank, issuer, subject, token, introduced_at FROM relationship WHERE vendor_id = ?1",
        )?
        .query_row([vendor_id], |row| {
            Ok(Relationship {
                account: row.get(0)?,
                rank: row.get(1)?,
                issuer: row.get(2)?,
                subject: row.get(3)?,
                token: row.get::<_, Option<String>>(4)?.map(SecretString::from),
                introduced_at: row.get::<_, Option<i64>>(5)?.map(from_millis),
            })
        })
        .optional()?
        .ok_or_else(|| Error::damaged(format!("it holds no relationship with the vendor {vendor_id}")))
}

/// Records that a vendor took the relationship's key.
///
/// # Errors
/// The database's.
pub fn mark_introduced(tx: &Tx, vendor_id: &str) -> Result<()> {
    tx.execute("UPDATE relationship SET introduced_at = ?2 WHERE vendor_id = ?1", (vendor_id, tx.now_millis()))?;
    Ok(())
}

fn changed(tx: &Tx, vendor: &Vendor, what: &str) -> Result<()> {
    ledger::append(tx, "vendor-changed", &vendor.name, &json!({"vendor": vendor.id, "changed": what}))
}

/// Calls a vendor otherwise.
///
/// # Errors
/// Kind bad input for a name that is taken or cannot be one.
pub fn rename(tx: &Tx, vendor: &Vendor, name: &str) -> Result<()> {
    super::check_name(name)?;
    if let Some(other) = select(tx, "WHERE name = ?1 AND id <> ?2", (name, &vendor.id))?.first() {
        return Err(Error::bad_input(format!("there is already a vendor {}", other.name)));
    }
    tx.execute("UPDATE vendor SET name = ?2 WHERE id = ?1", (&vendor.id, name))?;
    changed(tx, vendor, "name")
}

/// Sets what the vendor is called in full.
///
/// # Errors
/// The database's.
pub fn set_title(tx: &Tx, vendor: &Vendor, title: &str) -> Result<()> {
    let sql = "UPDATE vendor SET title = ?2, called = ?3 WHERE id = ?1";
    tx.execute(sql, (&vendor.id, title, plain_name(title)))?;
    changed(tx, vendor, "title")
}

/// Sets the account or customer number there; none takes it away.
///
/// # Errors
/// The database's.
pub fn set_account(tx: &Tx, vendor: &Vendor, account: Option<&str>) -> Result<()> {
    tx.execute("UPDATE relationship SET account = ?2 WHERE vendor_id = ?1", (&vendor.id, account))?;
    changed(tx, vendor, "account")
}

/// Sets the rank, 1 being first; none takes it away.
///
/// # Errors
/// The database's.
pub fn set_rank(tx: &Tx, vendor: &Vendor, rank: Option<i64>) -> Result<()> {
    tx.execute("UPDATE relationship SET rank = ?2 WHERE vendor_id = ?1", (&vendor.id, rank))?;
    changed(tx, vendor, "rank")
}

/// Sets the bearer token.
///
/// # Errors
/// The database's.
pub fn set_token(tx: &Tx, vendor: &Vendor, token: &SecretString) -> Result<()> {
    tx.execute("UPDATE relationship SET token = ?2 WHERE vendor_id = ?1", (&vendor.id, token.expose_secret()))?;
    changed(tx, vendor, "token")
}

/// Stores a document that was read again, and what was approved with it.
///
/// # Errors
/// The database's.
pub fn set_metadata(tx: &Tx, vendor: &Vendor, metadata: &Metadata, approved: &[String]) -> Result<()> {
    tx.execute(
        "UPDATE vendor SET approved_origins = ?2, discovered_at = ?3 WHERE id = ?1",
        params![vendor.id, json!(approved).to_string(), tx.now_millis()],
    )?;
    let document = json!(metadata).to_string();
    let known = vendor.metadata.is_some();
    tx.execute(
        "INSERT INTO vendor_document (vendor_id, document) VALUES (?1, ?2)
         ON CONFLICT (vendor_id) DO UPDATE SET document = excluded.document",
        (&vendor.id, document),
    )?;
    if !known {
        insert_channel(tx, &vendor.id, &Channel::PROTOCOL)?;
    }
    if Some(metadata) == vendor.metadata.as_ref() && approved == vendor.approved_origins {
        return Ok(());
    }
    changed(tx, vendor, "document")
}

/// Adds a note about a vendor, dated `at`.
///
/// # Errors
/// The database's.
pub fn add_note(tx: &Tx, vendor: &Vendor, at: Timestamp, text: &str) -> Result<()> {
    tx.execute("INSERT INTO note (vendor_id, at, text) VALUES (?1, ?2, ?3)", params![vendor.id, to_millis(at), text])?;
    ledger::append(tx, "note-added", &vendor.name, &json!({"vendor": vendor.id}))
}

/// The notes about a vendor, newest first.
///
/// # Errors
/// The database's.
pub fn notes(connection: &Connection, vendor_id: &str) -> Result<Vec<(Timestamp, String)>> {
    let mut statement =
        connection.prepare("SELECT at, text FROM note WHERE vendor_id = ?1 ORDER BY at DESC, id DESC")?;
    let rows = statement.query_map([vendor_id], |row| Ok((from_millis(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What this vendor gets in place of claims of the profile.
///
/// # Errors
/// The database's.
pub fn aliases(connection: &Connection, vendor_id: &str) -> Result<Vec<(ClaimName, ClaimValue)>> {
    let mut statement =
        connection.prepare_cached("SELECT claim, value FROM alias WHERE vendor_id = ?1 ORDER BY claim")?;
    let rows = statement.query_map([vendor_id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (claim, value) = row?;
        let value =
            serde_json::from_str(&value).map_err(|_| Error::damaged("it holds an alias that is not readable"))?;
        Ok((claim.parse()?, value))
    })
    .collect()
}

/// Sets an alias.
///
/// # Errors
/// The database's.
pub fn set_alias(tx: &Tx, vendor: &Vendor, claim: &ClaimName, value: &ClaimValue) -> Result<()> {
    tx.execute(
        "INSERT INTO alias (vendor_id, claim, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (vendor_id, claim) DO UPDATE SET value = excluded.value",
        params![vendor.id, claim.to_string(), value.to_json().to_string()],
    )?;
    ledger::append(tx, "alias-set", &vendor.name, &json!({"vendor": vendor.id, "claim": claim}))
}

/// Takes an alias away. Returns false if there was none.
///
/// # Errors
/// The database's.
pub fn remove_alias(tx: &Tx, vendor: &Vendor, claim: &ClaimName) -> Result<bool> {
    let gone =
        tx.execute("DELETE FROM alias WHERE vendor_id = ?1 AND claim = ?2", params![vendor.id, claim.to_string()])?;
    if gone > 0 {
        ledger::append(tx, "alias-removed", &vendor.name, &json!({"vendor": vendor.id, "claim": claim}))?;
    }
    Ok(gone > 0)
}
