//! E-mail: the text of a message, handed to the user's own mail server, or by the user themselves.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Channel, Given, Kind, Outcome, Parcel, Pending, ReadResult, Text, Way, readable};
use crate::delivery::answer::Answer;
use crate::delivery::mail::{self, Account, Envelope};
use crate::delivery::text::{self, Author, Language, Sheet};
use crate::error::{Error, Result};
use crate::text::short;
use crate::vendor;
use crate::wire::event::Event;

/// Where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The vendor's address.
    pub to: String,
    /// The vendor's language (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Settings {
    /// What the user gives for it, checked.
    ///
    /// # Errors
    /// Kind usage without an address, kind bad input for one that is none.
    pub fn of(given: &Given) -> Result<Self> {
        let to = given.mail_to.as_deref().ok_or_else(|| {
            Error::usage("--mail-to is missing: the vendor's e-mail address").hint("--mail-to privacy@shop.example")
        })?;
        given.language.as_deref().map(Language::checked).transpose()?;
        Ok(Self { to: mail::address(to)?.to_string(), language: given.language.clone() })
    }
}

/// The way to a vendor by e-mail.
pub struct Mail {
    settings: Settings,
    account: Option<Account>,
    author: Author,
}

impl Mail {
    /// The way by these settings, with the user's account, if there is one.
    pub fn new(settings: Settings, account: Option<Account>, author: Author) -> Self {
        Self { settings, account, author }
    }

    pub(in crate::delivery) fn open(connection: &Connection, row: vendor::Channel) -> Result<Self> {
        let settings: Settings = readable(row)?;
        Ok(Self::new(settings, mail::account(connection)?, text::author(connection)?))
    }

    /// The vendor's address.
    pub fn to(&self) -> &str {
        &self.settings.to
    }

    /// The text of a message, as it would go.
    pub fn text(&self, parcel: &Parcel) -> Text {
        let language = self.settings.language.as_deref().and_then(Language::of);
        text::write(parcel, language, &self.author, Sheet::Screen)
    }

    /// Who writes to whom. Without an account, from the address that the vendor knows the user by.
    ///
    /// # Errors
    /// Kind bad input where no address of the user is one that the vendor may know.
    pub fn envelope(&self, parcel: &Parcel) -> Result<Envelope> {
        let known = || parcel.identity.get("email").and_then(serde_json::Value::as_str).map(str::to_owned);
        let from = self.account.as_ref().map(|account| account.from.clone()).or_else(known).ok_or_else(|| {
            Error::bad_input(format!("nobody can say from which address of yours {} is written to", parcel.vendor.name))
                .hint("cmr outbox account --from ADDRESS --smtp HOST:PORT, or write a mailto: URL: --mailto")
        })?;
        Ok(Envelope {
            from,
            name: self.account.as_ref().and_then(|account| account.name.clone()),
            to: self.settings.to.clone(),
            id: parcel.message.id.clone(),
            at: parcel.message.created_at,
        })
    }

    fn by_hand(parcel: &Parcel) -> Outcome {
        let id = short(&parcel.message.id);
        let words = format!(
            "no mail account is set up: cmr outbox account; or send it yourself: cmr outbox write {id} --output mail.eml"
        );
        Outcome { answer: Answer::ByHand, words, unsent: true }
    }
}

impl Channel for Mail {
    fn kind(&self) -> Kind {
        Kind::Mail
    }

    fn leads_to(&self) -> String {
        self.settings.to.clone()
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

    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(async move {
            let Some(account) = &self.account else { return Self::by_hand(parcel) };
            match self.envelope(parcel) {
                Ok(envelope) => mail::send::send(account, way, &envelope, &self.text(parcel)).await,
                Err(error) => Outcome { answer: Answer::Account, words: error.to_string(), unsent: true },
            }
        })
    }

    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        // The text says what is taken back.
        self.deliver(way, parcel)
    }

    fn read_back<'a>(&'a self, _: &'a mut Way<'_>, _: &'a [String]) -> Option<Pending<'a, ReadResult>> {
        None
    }
}

/// Whether a person can be told of an event: keys mean nothing in a text.
pub(super) fn says_something(event: Event) -> bool {
    use Event::*;
    matches!(event, GrantCreated | GrantUpdated | GrantRenewed | GrantRevoked | FeedbackSubmitted)
}
