//! Public directories of whom to write to about data, from a local checkout: the companies, supervisory authorities,
//! company packs and obsolete records of datenanfragen/data (CC0-1.0), and the `sites.json` of JustDeleteMe (MIT).
//!
//! What they say of a company is read as it is: nobody here has checked that an address is right.

mod datenanfragen;
mod justdeleteme;
mod place;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// A text without the mark that some editors begin UTF-8 with.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A directory that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Directory {
    /// <https://github.com/datenanfragen/data>
    Datenanfragen,
    /// <https://github.com/jdm-contrib/jdm>
    Justdeleteme,
}

impl Directory {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Directory::Datenanfragen => "datenanfragen",
            Directory::Justdeleteme => "JustDeleteMe",
        }
    }

    /// The licence of its data, by its SPDX identifier.
    pub fn licence(self) -> &'static str {
        match self {
            Directory::Datenanfragen => "CC0-1.0",
            Directory::Justdeleteme => "MIT",
        }
    }
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A company or another organisation that holds data.
    Company,
    /// An authority that complaints go to (GDPR, article 77).
    Authority,
    /// An online service, with how to delete an account there.
    Service,
    /// A company that is gone, or goes by another record ([`DirectoryRecord::replaced_by`]).
    Obsolete,
}

/// What a directory says of one company, authority or service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRecord {
    /// Whose record it is.
    pub source: Directory,
    /// What it is of.
    pub sort: Sort,
    /// What makes it the same at the next import, within its source.
    pub slug: String,
    /// The name: of a company, in its legal form.
    pub name: String,
    /// Hosts of it, lower case, internationalised names in ASCII, without a leading `www.`; the first is its own site.
    pub domains: Vec<String>,
    /// Services and companies that it is responsible for, as the directory names them (`runs`).
    pub aliases: Vec<String>,
    /// How to reach it about data.
    pub contacts: Contacts,
    /// ISO 3166-1 codes in lower case of the countries that the record is for; empty for all of them.
    pub countries: Vec<String>,
    /// The language (ISO 639-1) in which a request should be written.
    pub language: Option<String>,
    /// How to delete an account.
    pub deletion: Option<Deletion>,
    /// What a request must contain.
    pub requires: Vec<Required>,
    /// Whether a copy of an identity document is asked for with every request.
    pub needs_id_document: bool,
    /// How a request should go: `email`, `letter`, `fax` or `webform`.
    pub medium: Option<String>,
    /// Remarks of the directory.
    pub comments: Vec<String>,
    /// How far the directory itself trusts it: `tested`, `verified`, `imported` or `scraped`.
    pub quality: Option<String>,
    /// Of an obsolete record: why, by the directory's own word.
    pub obsolete: Option<String>,
    /// Of an obsolete record: the slug of the record that counts instead.
    pub replaced_by: Option<String>,
}

/// How to reach a company about data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contacts {
    /// An e-mail address.
    pub email: Option<String>,
    /// The address of a form.
    pub webform: Option<String>,
    /// The lines of a postal address; the last is the country.
    pub address: Vec<String>,
    /// A fax number.
    pub fax: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// The fingerprint of the e-mail address's OpenPGP key.
    pub pgp_fingerprint: Option<String>,
    /// Where that key can be downloaded.
    pub pgp_url: Option<String>,
}

/// How to delete an account at a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// The page for it.
    pub url: Option<String>,
    /// `easy`, `medium`, `hard`, `limited` or `impossible`, by the directory's own word.
    pub difficulty: String,
    /// What to do there, in English.
    pub notes: Option<String>,
    /// What to write, where it is done by e-mail.
    pub email_body: Option<String>,
    /// Under which subject.
    pub email_subject: Option<String>,
}

/// What a request must contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Required {
    /// What it is, in words.
    pub what: String,
    /// What sort of thing: `input`, `textarea`, `email`, `address`, `name` or `birthdate`.
    pub sort: String,
    /// Whether it may be left out.
    pub optional: bool,
}

/// Companies that hold data on many people, put together for a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Its name, such as `credit-agencies`.
    pub slug: String,
    /// The country, or `all`.
    pub country: String,
    /// Whether each of them is likely to hold data on anybody (`add-all`), and not only some (`choose`).
    pub add_all: bool,
    /// The slugs of the companies.
    pub companies: Vec<String>,
}

/// Who hears of what a directory holds.
pub trait DirectorySink {
    /// A record.
    ///
    /// # Errors
    /// Whatever keeps it from going on.
    fn record(&mut self, record: DirectoryRecord) -> Result<()>;

    /// A pack of companies.
    ///
    /// # Errors
    /// As [`DirectorySink::record`].
    fn pack(&mut self, pack: Pack) -> Result<()>;

    /// What could not be read: the file, and why, with the line where it is known.
    ///
    /// # Errors
    /// As [`DirectorySink::record`]: with `--strict`, anything that is bad.
    fn skipped(&mut self, file: &str, why: &str) -> Result<()>;

    /// So many records were read in all. Asked to stop (Ctrl-C), it is an error.
    ///
    /// # Errors
    /// Kind failed where the user wants to stop.
    fn at(&mut self, records: u64) -> Result<()>;
}

/// What was read, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The directories that were found, each with the licence of its data.
    pub sources: Vec<Directory>,
    /// Companies.
    pub companies: u64,
    /// Supervisory authorities.
    pub authorities: u64,
    /// Services.
    pub services: u64,
    /// Obsolete records.
    pub obsolete: u64,
    /// Packs of companies.
    pub packs: u64,
    /// Files and entries that could not be read; the sink heard of each.
    pub skipped: u64,
}

impl Summary {
    /// Records and packs that were read.
    pub fn records(&self) -> u64 {
        self.companies + self.authorities + self.services + self.obsolete + self.packs
    }

    fn count(&mut self, sort: Sort) {
        match sort {
            Sort::Company => self.companies += 1,
            Sort::Authority => self.authorities += 1,
            Sort::Service => self.services += 1,
            Sort::Obsolete => self.obsolete += 1,
        }
    }
}

/// Reads the directories at a path: a checkout of datenanfragen/data or one of its folders, a checkout of JustDeleteMe or
/// its `sites.json`, or a folder that holds several of these.
///
/// # Errors
/// Kind not found where there is nothing; bad input where there is no directory in it, or nothing in it was good.
pub fn read(path: &Path, sink: &mut dyn DirectorySink) -> Result<Summary> {
    let places = place::find(path)?;
    let mut desk = Desk { sink, summary: Summary::default(), first_bad: None };
    for place in &places {
        let source = place.source();
        if !desk.summary.sources.contains(&source) {
            desk.summary.sources.push(source);
        }
        match source {
            Directory::Datenanfragen => datenanfragen::read(place, &mut desk)?,
            Directory::Justdeleteme => justdeleteme::read(&place.path, &mut desk)?,
        }
    }
    desk.close()
}

/// What the readers hand their records to.
struct Desk<'a> {
    sink: &'a mut dyn DirectorySink,
    summary: Summary,
    first_bad: Option<String>,
}

impl Desk<'_> {
    fn record(&mut self, record: DirectoryRecord) -> Result<()> {
        self.summary.count(record.sort);
        self.sink.record(record)?;
        self.step()
    }

    fn pack(&mut self, pack: Pack) -> Result<()> {
        self.summary.packs += 1;
        self.sink.pack(pack)?;
        self.step()
    }

    fn step(&mut self) -> Result<()> {
        let records = self.summary.records();
        if records.is_multiple_of(100) { self.sink.at(records) } else { Ok(()) }
    }

    fn bad(&mut self, file: &str, why: &str) -> Result<()> {
        self.summary.skipped += 1;
        self.first_bad.get_or_insert_with(|| format!("{file}: {why}"));
        self.sink.skipped(file, why)
    }

    fn close(self) -> Result<Summary> {
        use crate::error::Error;
        self.sink.at(self.summary.records())?;
        match (self.summary.records(), self.first_bad) {
            (0, Some(bad)) => Err(Error::bad_input(format!("no record could be read; {bad}"))),
            (0, None) => Err(Error::bad_input("there are no records in it")),
            _ => Ok(self.summary),
        }
    }
}
