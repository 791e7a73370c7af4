//! What an import is: a batch of evidence from some files, which can be taken back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Kind, Place, Secret};
use crate::error::{Error, Result};

/// What sort of files an import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchKind {
    /// A password manager's export.
    Passwords,
    /// A mailbox.
    Mail,
    /// A bank's statement.
    Bank,
    /// A public directory.
    Directory,
    /// Contacts.
    Vcard,
}

impl BatchKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Passwords, Self::Mail, Self::Bank, Self::Directory, Self::Vcard];

    /// Its name, as it is typed and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passwords => "passwords",
            Self::Mail => "mail",
            Self::Bank => "bank",
            Self::Directory => "directory",
            Self::Vcard => "vcard",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A file that an import read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Its name, or what else it is: a folder of a mail server.
    pub file: String,
    /// Its format, by the reader's name for it.
    pub format: String,
    /// How many pieces of evidence were found in it.
    pub found: u64,
}

/// A piece of evidence, and which of the sources it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The source's place among the import's.
    pub source: usize,
    /// What was found.
    pub evidence: Evidence,
}

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The source's place among the import's.
    pub source: usize,
    /// Where it stands; none for what is wrong with the file as a whole.
    pub place: Option<Place>,
    /// Why, in words for the user.
    pub why: String,
    /// Whether something is wrong with it. What is none of a vendor's is passed over, and fine.
    pub bad: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Pieces of evidence that were not known.
    pub new: u64,
    /// Pieces that were known from an earlier import, or from before in this one.
    pub seen_again: u64,
    /// How many of these say something newer than before.
    pub updated: u64,
    /// Vendors that were made.
    pub new_vendors: u64,
    /// Vendors that were there, and that evidence was found of.
    pub known_vendors: u64,
    /// Pieces that are of no vendor that is known.
    pub unmatched: u64,
    /// How many of these could be of several vendors.
    pub ambiguous: u64,
    /// Pieces that waited from earlier imports, and have a vendor now.
    pub settled: u64,
    /// Records of a directory that are new or changed.
    pub records: u64,
    /// What was not taken.
    pub skipped: u64,
    /// Secrets that were dropped while reading.
    pub dropped: BTreeMap<String, u64>,
}

impl Counts {
    /// Whether the vault would be another one.
    pub fn changes_something(&self) -> bool {
        self.new + self.updated + self.settled + self.records > 0
    }
}

/// An import that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its number in this vault.
    pub number: i64,
    /// Its id.
    pub id: String,
    /// What sort of files it read.
    pub kind: BatchKind,
    /// When.
    pub at: Timestamp,
    /// The files.
    pub sources: Vec<Source>,
    /// What it did.
    pub counts: Counts,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

impl Kind {
    /// Its name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Login => "login",
            Kind::Payment => "payment",
            Kind::Mail => "mail",
            Kind::Card => "card",
            Kind::Directory => "directory",
        }
    }

    /// # Errors
    /// Kind damaged for a name that is none.
    pub(super) fn stored(name: &str) -> Result<Self> {
        let all = [Kind::Login, Kind::Payment, Kind::Mail, Kind::Card, Kind::Directory];
        all.into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::damaged("it holds evidence of a kind that does not exist"))
    }
}

impl Secret {
    /// Its name, as it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Secret::Password => "password",
            Secret::SecondFactor => "second_factor",
            Secret::Card => "card",
            Secret::Note => "note",
        }
    }
}
