//! The `sites.json` of JustDeleteMe: how hard it is to delete an account, and where it is done.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::datenanfragen::{host, line, some, unread};
use super::place::{self, LARGEST_LIST};
use super::{Contacts, Deletion, Desk, Directory, DirectoryRecord, Sort, without_mark};
use crate::error::{Error, Result};

/// Entries, at most: there are 2,591.
const MOST_SITES: usize = 100_000;

/// An entry. Notes and addresses in other languages (`notes_fr`, `url_de`) are let go.
#[derive(Deserialize)]
struct Raw {
    name: String,
    url: Option<String>,
    difficulty: Option<String>,
    notes: Option<String>,
    email: Option<String>,
    email_subject: Option<String>,
    email_body: Option<String>,
    #[serde(default)]
    domains: Vec<String>,
}

/// Reads a list.
pub(super) fn read(path: &Path, desk: &mut Desk) -> Result<()> {
    let file = place::short(path);
    let bytes = match place::bytes(path, LARGEST_LIST) {
        Ok(bytes) => bytes,
        Err(why) => return desk.bad(&file, &why),
    };
    parse(&bytes, &file, desk)
}

/// Reads a list, entry by entry: one that is not as it should be spoils no other.
pub(super) fn parse(bytes: &[u8], file: &str, desk: &mut Desk) -> Result<()> {
    let mut json = serde_json::Deserializer::from_slice(without_mark(bytes));
    let mut failed = None;
    let read = Sites { file, desk, failed: &mut failed }.deserialize(&mut json).and_then(|()| json.end());
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => desk.bad(file, &unread(&error)),
        (None, Ok(())) => Ok(()),
    }
}

struct Sites<'d, 'a> {
    file: &'d str,
    desk: &'d mut Desk<'a>,
    /// What the sink returned.
    failed: &'d mut Option<Error>,
}

impl<'de> DeserializeSeed<'de> for Sites<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Sites<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of sites")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sites: A) -> Result<(), A::Error> {
        let mut number = 0;
        // A value first: whatever is wrong within it, the list goes on after it.
        while let Some(site) = sites.next_element::<Value>()? {
            number += 1;
            if number > MOST_SITES {
                while sites.next_element::<IgnoredAny>()?.is_some() {}
            }
            let told = match record(site).filter(|_| number <= MOST_SITES) {
                Some(record) => self.desk.record(record),
                None => self.desk.bad(self.file, &format!("entry {number} is no site: it has no name or no domain")),
            };
            if let Err(error) = told {
                *self.failed = Some(error);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

fn record(site: Value) -> Option<DirectoryRecord> {
    let raw: Raw = serde_json::from_value(site).ok()?;
    let name = line(&raw.name);
    let domains: Vec<String> = raw.domains.iter().filter_map(|domain| host(domain)).collect();
    let first = domains.first().filter(|_| !name.is_empty())?.clone();
    let url = some(raw.url);
    Some(DirectoryRecord {
        source: Directory::Justdeleteme,
        sort: Sort::Service,
        // Names change, and two services may have one; there are several services on one domain too.
        slug: format!("{first}/{}", name.to_lowercase()),
        name,
        domains,
        aliases: Vec::new(),
        contacts: Contacts { email: some(raw.email), ..Contacts::default() },
        countries: Vec::new(),
        language: None,
        deletion: Some(Deletion {
            url: url.filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            difficulty: some(raw.difficulty).unwrap_or_else(|| "unknown".to_owned()),
            notes: some(raw.notes),
            email_body: some(raw.email_body),
            email_subject: some(raw.email_subject),
        }),
        requires: Vec::new(),
        needs_id_document: false,
        medium: None,
        comments: Vec::new(),
        quality: None,
        obsolete: None,
        replaced_by: None,
    })
}
