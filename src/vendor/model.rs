//! What is known of a vendor, and my side of the relationship with it.

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::wire::discovery::Metadata;

/// A vendor, as discovery found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    /// Our id of it.
    pub id: String,
    /// What the user calls it; unique, whatever the case.
    pub name: String,
    /// What it calls itself.
    pub title: Option<String>,
    /// The URL that it was discovered at.
    pub url: Url,
    /// The URL's host.
    pub domain: String,
    /// Its document.
    pub metadata: Metadata,
    /// Whether its host may resolve to this machine, and be reached without TLS there.
    pub allow_loopback: bool,
    /// Origins other than its own that the user approved for its endpoints.
    pub approved_origins: Vec<String>,
    /// Since when it is in the vault.
    pub added_at: Timestamp,
    /// When its document was last read.
    pub discovered_at: Timestamp,
}

impl Vendor {
    /// What people read: its name, and what it calls itself where that differs.
    pub fn display(&self) -> String {
        match &self.title {
            Some(title) if !title.eq_ignore_ascii_case(&self.name) => format!("{} ({title})", self.name),
            _ => self.name.clone(),
        }
    }

    /// The exact audience of what is sent to it, and issuer of what it sends.
    pub fn resource(&self) -> &str {
        &self.metadata.resource
    }
}

/// My side of one vendor.
#[derive(Debug, Clone)]
pub struct Relationship {
    /// My account or customer number there.
    pub account: Option<String>,
    /// How much it matters to me; 1 is first.
    pub rank: Option<i64>,
    /// Who I am there: the URN of the relationship's first key. Pairwise; it stays when the key rotates.
    pub issuer: String,
    /// The vendor's name for me: the thumbprint of the first key until account linking tells another.
    pub subject: String,
    /// The bearer token that the vendor gave.
    pub token: Option<SecretString>,
    /// When the vendor took the relationship's key.
    pub introduced_at: Option<Timestamp>,
}
