//! Vendors as imports see them: whom a site or a name stands for, and those that imports make.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use uuid::Uuid;

use super::matching::{Candidate, Known, Listed, New, Wanted, names};
use crate::error::{Error, Result};
use crate::vault::Tx;
use crate::vendor::identity::{is_tenant, label, plain_name, site};

/// Candidates that a question may have, at most.
const SHOWN: usize = 12;

fn candidate(row: &Row) -> rusqlite::Result<Candidate> {
    Ok(Candidate { id: row.get(0)?, name: row.get(1)?, domain: row.get(2)? })
}

/// Looks up whom evidence may be about, and remembers the last site.
pub(super) struct Lookup<'a> {
    connection: &'a Connection,
    /// Whether there is any directory, and any answer: most vaults have neither.
    has_directory: bool,
    has_answers: bool,
    last_site: Option<(String, Vec<Candidate>)>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(connection: &'a Connection) -> Result<Self> {
        let any = |table: &str| -> Result<bool> {
            Ok(connection.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {table})"), [], |row| row.get(0))?)
        };
        let (has_directory, has_answers) = (any("directory_name")?, any("import_answer")?);
        Ok(Self { connection, has_directory, has_answers, last_site: None })
    }

    /// What is known of whom a piece of evidence may be about.
    pub(super) fn known(&mut self, wanted: &Wanted) -> Result<Known> {
        let mut known = Known::default();
        let Some(key) = wanted.key() else { return Ok(known) };
        if self.has_answers {
            known.answered = self.answered(key)?;
        }
        match &wanted.site {
            Some(site) => known.at_site = self.at(site)?,
            None => known.named = self.named(key)?,
        }
        if self.has_directory && known.at_site.is_empty() {
            known.listed = self.listed(key)?;
        }
        Ok(known)
    }

    fn at(&mut self, site: &str) -> Result<Vec<Candidate>> {
        if let Some((last, found)) = &self.last_site
            && last == site
        {
            return Ok(found.clone());
        }
        let found = at_site(self.connection, site)?;
        self.last_site = Some((site.to_owned(), found.clone()));
        Ok(found)
    }

    /// Vendors of a name: what the user or an export calls them, or the first label of their site. `otto.de` and `otto.ch` are
    /// two of the name, whichever of them came first and is called so; and the label of a tenant is nobody's name.
    fn named(&self, plain: &str) -> Result<Vec<Candidate>> {
        let mut found: Vec<Candidate> = Vec::new();
        let sql = "SELECT id, name, domain, ifnull(called = ?3, 0) FROM vendor WHERE name IN (?1, ?2)
                   UNION SELECT id, name, domain, 1 FROM vendor WHERE called = ?3
                   UNION SELECT id, name, domain, ifnull(called = ?3, 0) FROM vendor
                         WHERE site > ?1 || '.' AND site < ?1 || '/' OR site > ?2 || '.' AND site < ?2 || '/' LIMIT ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        let (dashed, joined) = (plain.replace(' ', "-"), plain.replace(' ', ""));
        let rows = statement.query_map(params![dashed, joined, plain, SHOWN as i64], |row| {
            Ok((candidate(row)?, row.get::<_, bool>(3)?))
        })?;
        for row in rows {
            let (vendor, called) = row?;
            let by_label = !called && [&dashed, &joined].contains(&&label(&vendor.domain).to_owned());
            if !(by_label && is_tenant(&vendor.domain) || found.contains(&vendor)) {
                found.push(vendor);
            }
        }
        Ok(found)
    }

    fn listed(&self, key: &str) -> Result<Vec<Listed>> {
        let sql = "SELECT r.name, r.record FROM directory_name n JOIN directory_record r ON r.id = n.record_id
                   WHERE n.name = ?1 LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![key, SHOWN as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
        rows.into_iter().map(|(name, record)| self.company(name, &record)).collect()
    }

    fn company(&self, name: String, record: &str) -> Result<Listed> {
        let record: Value = serde_json::from_str(record).unwrap_or_default();
        let domains = record["domains"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut sites: Vec<String> = Vec::new();
        for found in domains.iter().filter_map(|domain| site(domain.as_str()?)) {
            if !sites.contains(&found) {
                sites.push(found);
            }
        }
        let mut vendors: Vec<Candidate> = Vec::new();
        for site in &sites {
            vendors.extend(at_site(self.connection, site)?);
        }
        Ok(Listed { name, sites, vendors })
    }

    fn answered(&self, key: &str) -> Result<Option<Candidate>> {
        let sql = "SELECT v.id, v.name, v.domain FROM import_answer a JOIN vendor v ON v.id = a.answer
                   WHERE a.kind = 'vendor' AND a.question = ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([key], candidate).optional()?)
    }
}

fn at_site(connection: &Connection, site: &str) -> Result<Vec<Candidate>> {
    let mut statement =
        connection.prepare_cached("SELECT id, name, domain FROM vendor WHERE site = ?1 ORDER BY id LIMIT ?2")?;
    let rows = statement.query_map(params![site, SHOWN as i64], candidate)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives the vendors that an older program made what they are found by.
///
/// # Errors
/// The database's.
pub fn place_older(tx: &Tx) -> Result<()> {
    let older: Vec<(String, String, Option<String>)> = {
        let mut statement = tx.prepare("SELECT id, domain, title FROM vendor WHERE site IS NULL")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for (id, domain, title) in older {
        let called = title.as_deref().and_then(plain_name);
        tx.prepare_cached("UPDATE vendor SET site = ?2, called = ?3 WHERE id = ?1")?.execute((
            id,
            site(&domain).unwrap_or_default(),
            called,
        ))?;
    }
    Ok(())
}

/// Makes the vendors of an import, each with a name of its own.
pub(super) struct Maker<'a> {
    tx: &'a Tx<'a>,
    batch: i64,
    made: HashMap<New, Candidate>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(tx: &'a Tx<'a>, batch: i64) -> Self {
        Self { tx, batch, made: HashMap::new() }
    }

    /// The vendor that was made for this, or is now. `called` is what else it is found by.
    pub(super) fn make(&mut self, new: &New, called: Option<&str>) -> Result<(Candidate, bool)> {
        let same = New { title: if new.site.is_some() { None } else { new.title.clone() }, ..new.clone() };
        if let Some(made) = self.made.get(&same) {
            return Ok((made.clone(), false));
        }
        let made = Candidate {
            id: Uuid::now_v7().to_string(),
            name: self.free_name(new)?,
            domain: new.site.clone().unwrap_or_default(),
        };
        self.insert(&made, new, called)?;
        self.made.insert(same, made.clone());
        Ok((made, true))
    }

    fn free_name(&self, new: &New) -> Result<String> {
        let mut taken = self.tx.prepare_cached("SELECT 1 FROM vendor WHERE name = ?1")?;
        for name in names(new) {
            if !taken.exists([&name])? {
                return Ok(name);
            }
        }
        Err(Error::failed("no name is free for a vendor"))
    }

    fn insert(&self, made: &Candidate, new: &New, called: Option<&str>) -> Result<()> {
        let (tx, now) = (self.tx, self.tx.now_millis());
        let url = match &new.site {
            Some(site) => format!("https://{site}/"),
            None => format!("urn:uuid:{}", Uuid::now_v7()),
        };
        let title = new.title.as_deref().map(crate::text::printable);
        let title = title.filter(|title| !title.eq_ignore_ascii_case(&made.name));
        tx.prepare_cached(
            "INSERT INTO vendor (id, name, title, url, domain, allow_loopback, approved_origins, added_at, discovered_at,
                                 site, called)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, '[]', ?6, ?6, ?5, ?7)",
        )?
        .execute(params![made.id, made.name, title, url, made.domain, now, called])?;
        tx.prepare_cached("INSERT INTO relationship (vendor_id, issuer, subject, created_at) VALUES (?1, '', '', ?2)")?
            .execute(params![made.id, now])?;
        tx.prepare_cached("INSERT INTO import_vendor (vendor_id, batch, name, title) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![made.id, self.batch, made.name, title])?;
        Ok(())
    }
}

/// The ids of the vendors that came with a batch, in order.
///
/// # Errors
/// The database's.
pub fn brought(connection: &Connection, batch_id: &str) -> Result<Vec<String>> {
    let sql = "SELECT v.vendor_id FROM import_vendor v JOIN import_batch b ON b.number = v.batch
               WHERE b.id = ?1 ORDER BY v.vendor_id";
    let mut statement = connection.prepare(sql)?;
    Ok(statement.query_map([batch_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
