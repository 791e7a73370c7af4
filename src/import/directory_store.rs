//! The tables of the public directories: who is called what, and how to reach it.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::collect::{Collected, stopped};
use super::store;
use super::vendor_store::Maker;
use super::write::{Written, finish, waiting};
use crate::error::Result;
use crate::vault::Tx;
use crate::vendor::identity::{plain_name, site};

/// A record of a directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The directory.
    pub source: String,
    /// What the directory tells it from others by.
    pub slug: String,
    /// What the directory calls it.
    pub name: String,
    /// What else it is called: its services, its former names.
    pub aliases: Vec<String>,
    /// Its hosts, the main one first.
    pub domains: Vec<String>,
    /// All that the directory says, in this project's own words: contacts, deletion, what a request must contain.
    pub record: Value,
}

impl Entry {
    /// What it is found by: sites, and names in plain words.
    fn names(&self) -> BTreeSet<String> {
        let sites = self.domains.iter().filter_map(|domain| site(domain));
        let names = self.aliases.iter().chain([&self.name]).filter_map(|name| plain_name(name));
        sites.chain(names).collect()
    }

    fn stored(&self) -> String {
        let mut record = self.record.clone();
        if let Some(members) = record.as_object_mut() {
            members.insert("domains".into(), json!(self.domains));
            members.insert("aliases".into(), json!(self.aliases));
        }
        record.to_string()
    }
}

/// Writes the records of a directory, and gives evidence that waits for one of their names its vendor.
///
/// # Errors
/// The database's; kind failed where the user wants to stop. Nothing is done then.
pub fn write(tx: &Tx, collected: &Collected, entries: &[Entry], stop: &AtomicBool) -> Result<Written> {
    super::vendor_store::place_older(tx)?;
    let (batch, id) = store::begin(tx, collected.kind, &collected.sources)?;
    let mut written = Written::default();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut told: HashMap<(&str, &str), Vec<String>> = HashMap::new();
    for (number, entry) in entries.iter().enumerate() {
        if number % 256 == 0 && stop.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        let stored = entry.stored();
        let same = told.entry((&entry.source, &entry.slug)).or_default();
        if same.contains(&stored) {
            written.counts.seen_again += 1;
            continue;
        }
        // Two of one name in a list are two.
        let slug = match same.len() {
            0 => entry.slug.clone(),
            before => format!("{} ({})", entry.slug, before + 1),
        };
        same.push(stored.clone());
        match put(tx, batch, entry, &slug, &stored)? {
            true => {
                written.counts.records += 1;
                names.extend(entry.names());
            }
            false => written.counts.seen_again += 1,
        }
    }
    if store::any_waits(tx)? {
        let names: Vec<String> = names.into_iter().collect();
        let (settled, made) = waiting(tx, batch, &names, &mut Maker::new(tx, batch))?;
        written.counts.settled = settled.len() as u64;
        written.new_vendors = made;
    }
    finish(tx, batch, id, collected, written)
}

/// Keeps a record, unless it is known as it is. One that it takes the place of is set aside.
fn put(tx: &Tx, batch: i64, entry: &Entry, slug: &str, stored: &str) -> Result<bool> {
    let sql = "SELECT id, record, batch FROM directory_record WHERE source = ?1 AND slug = ?2 AND replaced_by IS NULL";
    let before: Option<(i64, String, i64)> = tx
        .prepare_cached(sql)?
        .query_row((&entry.source, slug), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match before {
        Some((_, record, from)) if record == stored || from == batch => return Ok(false),
        Some((id, record, _)) => {
            unname(tx, id, &record)?;
            tx.execute("UPDATE directory_record SET replaced_by = ?2 WHERE id = ?1", [id, batch])?;
        }
        None => {}
    }
    tx.prepare_cached("INSERT INTO directory_record (source, slug, name, record, batch) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![entry.source, slug, entry.name, stored, batch])?;
    name(tx, tx.last_insert_rowid(), &entry.names())?;
    Ok(true)
}

fn name(tx: &Tx, id: i64, names: &BTreeSet<String>) -> Result<()> {
    let mut statement = tx.prepare_cached("INSERT OR IGNORE INTO directory_name (name, record_id) VALUES (?1, ?2)")?;
    for name in names {
        statement.execute(params![name, id])?;
    }
    Ok(())
}

/// What a stored record is found by.
fn stored_names(name: &str, record: &str) -> BTreeSet<String> {
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    let texts = |member: &str| -> Vec<String> {
        let list = record[member].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let (domains, aliases) = (texts("domains"), texts("aliases"));
    let entry = Entry {
        source: String::new(),
        slug: String::new(),
        name: name.to_owned(),
        aliases,
        domains,
        record: Value::Null,
    };
    entry.names()
}

fn unname(tx: &Tx, id: i64, record: &str) -> Result<()> {
    let title: String = tx.query_row("SELECT name FROM directory_record WHERE id = ?1", [id], |row| row.get(0))?;
    let mut statement = tx.prepare_cached("DELETE FROM directory_name WHERE name = ?1 AND record_id = ?2")?;
    for name in stored_names(&title, record) {
        statement.execute(params![name, id])?;
    }
    Ok(())
}

/// Takes the records of a batch away, and puts those back whose place they took.
pub(super) fn undo(tx: &Tx, batch: i64) -> Result<()> {
    let select = |sql: &str| -> Result<Vec<(i64, String, String)>> {
        let mut statement = tx.prepare(sql)?;
        let rows = statement.query_map([batch], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    // One that a newer import set aside meanwhile has no names.
    for (id, _, record) in select("SELECT id, name, record FROM directory_record WHERE batch = ?1")? {
        unname(tx, id, &record)?;
    }
    // What it set aside is set aside by whoever set this one aside, or stands again.
    tx.execute(
        "UPDATE directory_record AS old SET replaced_by = new.replaced_by FROM directory_record AS new
         WHERE old.replaced_by = ?1 AND new.batch = ?1 AND new.source = old.source AND new.slug = old.slug",
        [batch],
    )?;
    tx.execute("DELETE FROM directory_record WHERE batch = ?1", [batch])?;
    // Whichever stand and have no names: those that stand again.
    let standing = "SELECT r.id, r.name, r.record FROM directory_record r WHERE r.replaced_by IS NULL AND r.batch < ?1
                    AND NOT EXISTS (SELECT 1 FROM directory_name n WHERE n.record_id = r.id)";
    let back = match tx.query_row("SELECT EXISTS (SELECT 1 FROM directory_record)", [], |row| row.get::<_, bool>(0))? {
        true => select(standing)?,
        false => Vec::new(),
    };
    for (id, title, record) in back {
        name(tx, id, &stored_names(&title, &record))?;
    }
    Ok(())
}

/// What the directories say of whoever is at a site: the directory, its name for it, and the record.
///
/// # Errors
/// The database's.
pub fn of_site(connection: &Connection, site: &str) -> Result<Vec<(String, String, Value)>> {
    let sql = "SELECT r.source, r.name, r.record FROM directory_name n JOIN directory_record r ON r.id = n.record_id
               WHERE n.name = ?1 ORDER BY r.source, r.slug";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([site], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
    rows.map(|row| {
        let (source, name, record) = row?;
        Ok((source, name, serde_json::from_str(&record).unwrap_or_default()))
    })
    .collect()
}
