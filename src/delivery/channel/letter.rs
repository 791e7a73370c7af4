//! A letter: the text of a message on paper, which the user prints and posts.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mail::says_something;
use super::{Channel, Given, Kind, Outcome, Parcel, Pending, ReadResult, Text, Way, readable};
use crate::delivery::answer::Answer;
use crate::delivery::letter::{self, Paper};
use crate::delivery::text::{self, Author, Language, Sheet};
use crate::error::{Error, Result};
use crate::text::short;
use crate::vendor;
use crate::wire::event::Event;

/// Where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The vendor's postal address, in lines.
    pub to: String,
    /// The vendor's language (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Settings {
    /// What the user gives for it, checked.
    ///
    /// # Errors
    /// Kind usage without an address, kind bad input for one that no window shows.
    pub fn of(given: &Given) -> Result<Self> {
        let to = given.letter_to.as_deref().ok_or_else(|| {
            Error::usage("--letter-to is missing: the vendor's postal address")
                .hint("--letter-to FILE, or --letter-to 'Acme\\n1 Street\\nTown'")
        })?;
        given.language.as_deref().map(Language::checked).transpose()?;
        Ok(Self { to: letter::address(to)?.join("\n"), language: given.language.clone() })
    }
}

/// The way to a vendor by letter.
pub struct Letter {
    settings: Settings,
    author: Author,
}

impl Letter {
    /// The way by these settings.
    pub fn new(settings: Settings, author: Author) -> Self {
        Self { settings, author }
    }

    pub(in crate::delivery) fn open(connection: &Connection, row: vendor::Channel) -> Result<Self> {
        let settings: Settings = readable(row)?;
        Ok(Self::new(settings, text::author(connection)?))
    }

    /// The text of a message, as it would go.
    pub fn text(&self, parcel: &Parcel) -> Text {
        text::write(parcel, self.language(), &self.author, Sheet::Paper)
    }

    fn language(&self) -> Option<Language> {
        self.settings.language.as_deref().and_then(Language::of)
    }

    /// The letter of a message as a PDF, dated on this moment's day.
    ///
    /// # Errors
    /// Kind bad input for what cannot be printed.
    pub fn pdf(&self, parcel: &Parcel, at: Timestamp) -> Result<Vec<u8>> {
        let to = letter::address(&self.settings.to)?;
        let date = text::day(at, self.language(), &self.author);
        let (from, text) = (sender(parcel), self.text(parcel));
        letter::write(&letter::Letter { from: &from, to: &to, date: &date, text: &text }, Paper::of(&to))
    }
}

/// Who writes, and where an answer goes by post: only by what this letter tells the vendor, or what it knows already.
fn sender(parcel: &Parcel) -> Vec<String> {
    let name = parcel.identity.get("name").and_then(Value::as_str);
    let address = parcel.set.get("address").map(text::lines_of).unwrap_or_default();
    name.map(crate::text::printable).into_iter().chain(address).collect()
}

impl Channel for Letter {
    fn kind(&self) -> Kind {
        Kind::Letter
    }

    fn leads_to(&self) -> String {
        self.settings.to.replace('\n', ", ")
    }

    fn takes(&self, _: &str) -> bool {
        true
    }

    fn carries(&self, event: Event) -> bool {
        says_something(event)
    }

    fn text(&self, parcel: &Parcel) -> Option<Text> {
        Some(self.text(parcel))
    }

    fn deliver<'a>(&'a self, _: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        let id = short(&parcel.message.id);
        let words = format!("print and post it: cmr outbox write {id} --output letter.pdf");
        Box::pin(std::future::ready(Outcome { answer: Answer::ByHand, words, unsent: true }))
    }

    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        self.deliver(way, parcel)
    }

    fn read_back<'a>(&'a self, _: &'a mut Way<'_>, _: &'a [String]) -> Option<Pending<'a, ReadResult>> {
        None
    }
}
