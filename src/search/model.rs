//! What can be searched, and what is found.

use jiff::Timestamp;

use crate::delivery::Message;
use crate::ledger::Entry;
use crate::vendor::{Card, Note};

/// What stands before a word that was searched, in a snippet; after it stands [`HIT_END`]. Both are invisible, take no
/// room, and are taken out of all text that is not ours.
pub const HIT: char = '\u{2062}';

/// What stands after a word that was searched.
pub const HIT_END: char = '\u{2063}';

/// Of how many matches of a noun, the newest, the best are chosen: weighing a million would take a second.
pub const CANDIDATES: usize = 1000;

/// A noun that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// Vendors, by name, title, domain and account.
    Vendor,
    /// Notes about vendors.
    Note,
    /// Messages out and in: what they are about, and never what they carry.
    Message,
    /// Entries of the ledger.
    Ledger,
}

impl Noun {
    /// All, in the order in which they are shown.
    pub const ALL: [Noun; 4] = [Noun::Vendor, Noun::Note, Noun::Message, Noun::Ledger];

    /// The name, as in JSON and in the index.
    pub fn name(self) -> &'static str {
        match self {
            Noun::Vendor => "vendor",
            Noun::Note => "note",
            Noun::Message => "message",
            Noun::Ledger => "ledger",
        }
    }
}

/// How to search.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where.
    pub nouns: Vec<Noun>,
    /// At most this many of each noun.
    pub limit: usize,
    /// The newest first, and not the best.
    pub newest: bool,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// By noun; none of them is empty.
    pub groups: Vec<Group>,
}

/// What was found of one noun.
#[derive(Debug, Clone)]
pub struct Group {
    /// Of which.
    pub noun: Noun,
    /// The best first, or the newest.
    pub hits: Vec<Hit>,
    /// Whether more matched than are here.
    pub more: bool,
    /// Whether more matched than were weighed: then the best of the newest [`CANDIDATES`] are here.
    pub newest_weighed: bool,
}

/// One thing that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Since when it is there.
    pub at: Timestamp,
    /// Where the words stand in it, between [`HIT`] and [`HIT_END`].
    pub snippet: String,
    /// What it is.
    pub thing: Thing,
    /// The name of the vendor that it is about.
    pub vendor: Option<String>,
}

/// What was found.
#[derive(Debug, Clone)]
pub enum Thing {
    /// A vendor.
    Vendor(Card),
    /// A note about one.
    Note(Note),
    /// A message.
    Message(Box<Message>),
    /// An entry of the ledger.
    Ledger(Box<Entry>),
}

impl Hit {
    /// The snippet without the marks around what was searched.
    pub fn plain_snippet(&self) -> String {
        self.snippet.replace([HIT, HIT_END], "")
    }
}
