//! What readers find: one piece of evidence a line, entry or message, and what they had to leave out.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;

/// What a piece of evidence shows about a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// I have an account there.
    Login,
    /// I pay it, or it pays me.
    Payment,
    /// It writes to me.
    Mail,
    /// It stands in my address book.
    Card,
    /// A public directory says how to reach it.
    Directory,
}

/// One piece of evidence. It never holds a secret: readers drop those while they parse.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What it shows.
    pub kind: Kind,
    /// The vendor's host as the file has it, lower case, internationalised names in ASCII. No port, no path.
    pub host: Option<String>,
    /// The vendor's name as the file has it.
    pub name: Option<String>,
    /// My account there: a user name, a customer or mandate number.
    pub account: Option<String>,
    /// Claims of mine that the vendor has by this, by their OpenID names, as text: the e-mail address of a login, the alias
    /// that it writes to.
    pub claims: Vec<(&'static str, String)>,
    /// When it was first seen, as the file says.
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// What makes the same item the same at the next import of a file of this kind: stable, and no secret.
    pub key: String,
    /// Where it stands.
    pub place: Place,
    /// What else the file says and is worth keeping, by its reader's own names.
    pub details: Details,
}

/// What else a file says of something: a JSON object, kept as its text. A hundred thousand of them may wait to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details(Box<str>);

impl Details {
    /// Those of an object; none of an empty one.
    pub fn of(object: &impl Serialize) -> Self {
        // What has names for keys is JSON.
        let text = serde_json::to_string(object).unwrap_or_default();
        Self(if text == "{}" { Box::default() } else { text.into() })
    }

    /// The text. None where there is nothing to say.
    pub fn text(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&self.0)
    }

    /// The object, to look into it; null where there is nothing to say.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this line, from 1.
    Line(u64),
    /// In this entry, message or record, from 1.
    Item(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// A sort of secret that was dropped while parsing, and is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// A password or passphrase.
    Password,
    /// A TOTP secret or a passkey.
    SecondFactor,
    /// A card's number or code.
    Card,
    /// A note or field that is kept secret, or that may hold anything.
    Note,
}

/// Who hears of what a reader finds.
pub trait Sink {
    /// A piece of evidence. An error ends the reading.
    ///
    /// # Errors
    /// Whatever keeps it from going on.
    fn found(&mut self, evidence: Evidence) -> Result<()>;

    /// What is left out, and why, in words for the user: every line of a file is found, skipped or none of a vendor's.
    ///
    /// # Errors
    /// As [`Sink::found`]: with `--strict`, anything that is bad.
    fn skipped(&mut self, place: Place, why: &str) -> Result<()>;

    /// What is none of a vendor's, and why: a secure note, a card, the router at home. Nothing is wrong with it, so that
    /// `--strict` lets it pass; to a sink that makes no difference, it is skipped.
    ///
    /// # Errors
    /// As [`Sink::found`].
    fn passed_over(&mut self, place: Place, why: &str) -> Result<()> {
        self.skipped(place, why)
    }

    /// A secret was dropped.
    fn dropped(&mut self, secret: Secret);

    /// So many bytes of the input were read in all. Asked to stop (Ctrl-C), it is an error.
    ///
    /// # Errors
    /// Kind failed where the user wants to stop.
    fn at(&mut self, bytes: u64) -> Result<()>;
}
