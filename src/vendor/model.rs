//! What is known of a vendor, and my side of the relationship with it.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::wire::discovery::{DEFAULT_MAX_SET_BYTES, Metadata};
use crate::wire::event::Event;

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
    /// What discovery makes of the URL for the wire: the audience of what is signed for it.
    pub resource: String,
    /// Its document, if it speaks the protocol.
    pub metadata: Option<Metadata>,
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
        &self.resource
    }

    /// The largest SET that may be sent to it, in bytes.
    pub fn max_set_bytes(&self) -> usize {
        self.metadata.as_ref().map_or(DEFAULT_MAX_SET_BYTES, Metadata::max_set_bytes)
    }

    /// The agreements that it says it signs; empty means that it does not say.
    pub fn terms_supported(&self) -> &[String] {
        self.metadata.as_ref().map_or(&[], |metadata| &metadata.cmr.terms_supported)
    }

    /// Whether it says that it does not take an event, by listing others.
    pub fn leaves_out(&self, event: Event) -> bool {
        let supported = self.metadata.as_ref().map_or(&[][..], |metadata| &metadata.cmr.events_supported);
        !supported.is_empty() && !supported.contains(&event.uri())
    }

    /// Its address on the web, where it has one: one that is known by its e-mail or postal address alone has a URN.
    pub fn web(&self) -> Option<&Url> {
        matches!(self.url.scheme(), "http" | "https").then_some(&self.url)
    }
}

/// What sort of way to a vendor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Signed messages to the vendor's own endpoint for them.
    Set,
    /// SCIM 2.0 (RFC 7644).
    Scim,
    /// The vendor's own API, described by a connector file.
    Connector,
    /// E-mail.
    Mail,
    /// A letter on paper.
    Letter,
}

impl ChannelKind {
    /// All of them, those first that say most about what becomes of a message.
    pub const ALL: [ChannelKind; 5] =
        [ChannelKind::Set, ChannelKind::Scim, ChannelKind::Connector, ChannelKind::Mail, ChannelKind::Letter];

    /// The name, as it is typed, and as in JSON and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Set => "set",
            ChannelKind::Scim => "scim",
            ChannelKind::Connector => "connector",
            ChannelKind::Mail => "mail",
            ChannelKind::Letter => "letter",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A way to a vendor, as it was set up.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// What sort of way it is.
    pub kind: ChannelKind,
    /// Where it leads, in the terms of its kind. Never what lets in.
    pub settings: Value,
    /// Who set it up.
    pub found_by: FoundBy,
}

impl Channel {
    /// The protocol, as the vendor's document names it.
    pub const PROTOCOL: Channel =
        Channel { kind: ChannelKind::Set, settings: Value::Null, found_by: FoundBy::Discovery };
}

/// Who set a way up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The vendor's document named it.
    Discovery,
    /// The user gave it.
    User,
    /// It came with an import.
    Import,
}

impl FoundBy {
    /// The name, as in JSON and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            FoundBy::Discovery => "discovery",
            FoundBy::User => "user",
            FoundBy::Import => "import",
        }
    }

    /// Who it is by name.
    pub fn from_name(name: &str) -> Option<Self> {
        [FoundBy::Discovery, FoundBy::User, FoundBy::Import].into_iter().find(|who| who.name() == name)
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
