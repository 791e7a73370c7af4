//! What a vendor reads where a person opens its post: a message as a text, in its language and in the user's. Pure: a
//! parcel goes in, a text comes out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::Value;

mod compose;
mod de;
mod en;
mod es;
mod facts;
mod fr;
mod law;
mod phrases;
#[cfg(test)]
mod tests;

pub use law::Law;
use phrases::Phrases;

use super::channel::{Parcel, Text};
use crate::error::{Error, Result};
use crate::profile::model::ClaimValue;
use crate::profile::{self, DEFAULT_PERSONA};
use facts::Facts;

/// A language that texts are written in, as people in a place write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// English, as in the United States.
    American,
    /// French.
    French,
    /// German.
    German,
    /// German, as in Switzerland.
    Swiss,
    /// Spanish.
    Spanish,
}

impl Language {
    /// The language of a tag (BCP 47): its first subtag decides, and its region how a date is written.
    pub fn of(tag: &str) -> Option<Self> {
        let tag = tag.replace('_', "-").to_ascii_lowercase();
        let mut subtags = tag.split('-');
        let language = subtags.next()?;
        let region = |wanted: &str| tag.split('-').skip(1).any(|subtag| subtag == wanted);
        match language {
            "en" if region("us") => Some(Language::American),
            "en" => Some(Language::English),
            "fr" => Some(Language::French),
            "de" if region("ch") || region("li") => Some(Language::Swiss),
            "de" => Some(Language::German),
            "es" => Some(Language::Spanish),
            _ => None,
        }
    }

    /// Checks what was typed as a vendor's language.
    ///
    /// # Errors
    /// Kind bad input for a language that no text is written in.
    pub fn checked(typed: &str) -> Result<Self> {
        Self::of(typed).ok_or_else(|| {
            Error::bad_input(format!("no text is written in {typed:?}"))
                .hint("en, fr, de or es; with a region where it matters: en-US, de-CH")
        })
    }

    fn phrases(self) -> &'static Phrases {
        match self {
            Language::English => &en::ENGLISH,
            Language::American => &en::AMERICAN,
            Language::French => &fr::FRENCH,
            Language::German => &de::GERMAN,
            Language::Swiss => &de::SWISS,
            Language::Spanish => &es::SPANISH,
        }
    }

    /// Whether who reads one reads the other.
    fn is_read_as(self, other: Self) -> bool {
        self.phrases().name == other.phrases().name
    }
}

/// Who writes, as far as it decides how: never what is told.
#[derive(Debug, Clone)]
pub struct Author {
    /// The user's language. None where it is not known, or not one that texts are written in.
    pub language: Option<Language>,
    /// The law that the user lives under.
    pub law: Law,
    /// Where the user's days begin.
    pub zone: TimeZone,
}

/// Who the user is by their own profile: the language and the time zone that they gave, and the law where their address is.
/// The environment of a command has no say: a text that is looked at must be the one that goes.
///
/// # Errors
/// The database's.
pub fn author(connection: &Connection) -> Result<Author> {
    let first = |name: &str| -> Result<Option<ClaimValue>> {
        Ok(profile::named(connection, DEFAULT_PERSONA, name)?.into_iter().next().map(|claim| claim.value))
    };
    let text = |name: &str| {
        first(name).map(|value| match value {
            Some(ClaimValue::Text(text)) => Some(text),
            _ => None,
        })
    };
    let law = match first("address")? {
        Some(ClaimValue::Address(address)) => {
            Law::of(address.country.as_deref().unwrap_or_default(), address.region.as_deref())
        }
        _ => Law::None,
    };
    let zone = text("zoneinfo")?.and_then(|name| TimeZone::get(&name).ok());
    Ok(Author {
        language: text("locale")?.as_deref().and_then(Language::of),
        law,
        zone: zone.unwrap_or_else(TimeZone::system),
    })
}

/// A day, in the language that a text begins in.
pub fn day(at: Timestamp, vendors: Option<Language>, author: &Author) -> String {
    first(vendors, author).phrases().day(at.to_zoned(author.zone.clone()).date())
}

/// A claim's value in lines, as on an envelope.
pub fn lines_of(value: &Value) -> Vec<String> {
    facts::in_lines(value)
}

/// The language that a text begins in.
fn first(vendors: Option<Language>, author: &Author) -> Language {
    vendors.or(author.language).unwrap_or(Language::English)
}

/// What the text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// A screen.
    Screen,
    /// Paper, which is signed by hand.
    Paper,
}

/// What stands between two languages.
const BETWEEN: &str = "\n\n* * *\n\n";

/// The text of a parcel: the user's own where they edited it. Else in the vendor's language; where that is not the user's,
/// in the user's below it, so that they know what they send. Without a language of the vendor's, in the user's; without
/// either, in English.
pub fn write(parcel: &Parcel, vendors: Option<Language>, author: &Author, sheet: Sheet) -> Text {
    if let Some(edited) = &parcel.edited {
        return edited.clone();
    }
    let first = first(vendors, author);
    let facts = Facts::of(parcel, author);
    let mut text = compose::write(&facts, first.phrases(), author.law, sheet);
    // What the user has to say is in their own words, and is said once.
    let second = author.language.filter(|own| !own.is_read_as(first) && !facts.is_in_own_words());
    if let Some(own) = second {
        text.body.push_str(BETWEEN);
        text.body.push_str(&compose::write(&facts, own.phrases(), author.law, Sheet::Screen).body);
    }
    text
}
