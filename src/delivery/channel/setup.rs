//! Setting a way up: what the user gives for it, and what is kept of that.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use url::Url;

use super::{Kind, connector, letter, mail, scim};
use crate::error::Result;

/// What the user gives to set ways up: each takes what is its own.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The vendor's address on the web, or that of its server.
    pub url: Option<Url>,
    /// Which connector.
    pub connector: Option<String>,
    /// Where the user's own connectors lie.
    pub connectors: Option<PathBuf>,
    /// Whatever else a way needs, by name.
    pub with: BTreeMap<String, String>,
    /// The vendor's e-mail address.
    pub mail_to: Option<String>,
    /// The vendor's postal address, in lines.
    pub letter_to: Option<String>,
    /// The vendor's language.
    pub language: Option<String>,
    /// Whether the vendor may be on this machine.
    pub allow_loopback: bool,
}

impl Given {
    /// Whether anything is given for a way of this kind.
    pub fn speaks_of(&self, kind: Kind) -> bool {
        match kind {
            Kind::Set => false,
            Kind::Scim => !self.with.is_empty(),
            Kind::Connector => self.connector.is_some() || !self.with.is_empty(),
            Kind::Mail => self.mail_to.is_some() || self.language.is_some(),
            Kind::Letter => self.letter_to.is_some() || self.language.is_some(),
        }
    }
}

/// What is kept of a way of this kind: where it leads.
///
/// # Errors
/// Kind bad input, or usage for what is missing, naming the option.
pub fn settings(kind: Kind, given: &Given) -> Result<Value> {
    match kind {
        Kind::Set => Ok(json!({})),
        Kind::Scim => Ok(json!(scim::Settings::of(given)?)),
        Kind::Connector => Ok(json!(connector::Settings::of(given)?)),
        Kind::Mail => Ok(json!(mail::Settings::of(given)?)),
        Kind::Letter => Ok(json!(letter::Settings::of(given)?)),
    }
}
