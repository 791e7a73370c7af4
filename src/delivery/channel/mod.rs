//! The ways to a vendor: its protocol endpoint, SCIM, its own API, e-mail, a letter. One interface, a file each. The queue,
//! the retries, the preview and the ledger know no difference between them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Answer, retry_after};
use super::exchange::Seat;
use super::http::{Http, Reply, Request, Trouble};
use super::link::Credential;
use super::mail::Lines;
use super::message::Message;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::text::printable;
pub use crate::vendor::ChannelKind as Kind;
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;

pub mod connector;
pub mod letter;
pub mod mail;
mod parcel;
pub mod scim;
mod set;
mod setup;

pub(super) use parcel::pack;
pub use setup::{Given, settings};

/// A message whose turn it is, with all that any way needs to bring it: nothing of it is read from the vault later.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The message. Its signed token is what goes to an endpoint of the protocol, and the user's own record elsewhere.
    pub message: Message,
    /// Its event.
    pub event: Event,
    /// The grant that it is about, as it is now.
    pub grant: Option<Grant>,
    /// The vendor.
    pub vendor: Arc<Vendor>,
    /// The user's account or customer number there.
    pub account: Option<String>,
    /// What the vendor is to have by this message: OpenID names of claims to their values.
    pub set: BTreeMap<String, Value>,
    /// What it was told of these claims before.
    pub before: BTreeMap<String, Value>,
    /// What is to be taken from it: claims that no current grant lends it any more, with the value that it was last told.
    pub clear: BTreeMap<String, Value>,
    /// The least that tells the vendor who writes: name, e-mail, account; only what it has already.
    pub identity: BTreeMap<String, Value>,
    /// What the user has to say, for a message in their own words.
    pub words: Option<String>,
    /// The text as the user edited it, or as it first left, for ways that carry a text.
    pub edited: Option<Text>,
}

/// A text to a vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What it is about, on one line.
    pub subject: String,
    /// All else.
    pub body: String,
}

/// What came of bringing a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The answer, for the table of what to do ([`super::answer::verdict`]).
    pub answer: Answer,
    /// What it says, in words for the user; printable.
    pub words: String,
    /// Whether nothing can have arrived.
    pub unsent: bool,
}

/// The most characters of a vendor's words that are kept.
const MAX_WORDS: usize = 300;

impl Outcome {
    /// The vendor's server took it, in the way in which this channel says so.
    pub fn taken() -> Self {
        Self { answer: Answer::Taken, words: String::new(), unsent: false }
    }

    /// There is no way by which it could go.
    pub(super) fn no_way() -> Self {
        Self { answer: Answer::NotContacted, words: "no channel carries it".into(), unsent: true }
    }

    /// There was no answer.
    pub fn none(trouble: &Trouble) -> Self {
        match trouble {
            Trouble::Network { what, sent } => Self { answer: Answer::Nothing, words: what.clone(), unsent: !sent },
            Trouble::Refused(error) => Self { answer: Answer::NotContacted, words: error.to_string(), unsent: true },
        }
    }

    /// An answer over HTTP, with what it says.
    pub fn http(reply: &Reply, words: &str) -> Self {
        let wait = reply.header("retry-after").and_then(|header| retry_after(header, Timestamp::now()));
        let answer = Answer::Http { status: reply.status, code: None, retry_after: wait };
        let words = printable(words).chars().take(MAX_WORDS).collect();
        Self { answer, words, unsent: false }
    }
}

/// The ways to one vendor, in the user's order.
pub struct Ways(Vec<Box<dyn Channel>>);

impl Ways {
    /// The ways to a vendor.
    ///
    /// # Errors
    /// Kind damaged for one that is not readable.
    pub fn of(connection: &Connection, vendor: &Vendor) -> Result<Self> {
        let rows = vendor::channels(connection, &vendor.id)?;
        Ok(Self(rows.into_iter().map(|row| open(connection, vendor, row)).collect::<Result<_>>()?))
    }

    /// The way by which an event goes: the first that can carry it.
    pub fn carrying(&self, event: Event) -> Option<&dyn Channel> {
        self.0.iter().map(|way| &**way).find(|way| way.carries(event))
    }

    /// Whether what is lent can carry a claim: by the way that it goes.
    pub fn takes(&self, claim: &str) -> bool {
        self.carrying(Event::GrantCreated).is_some_and(|way| way.takes(claim))
    }

    /// Whether what is lent goes by the protocol, whose vendor knows the relationship's key.
    pub fn speak_the_protocol(&self) -> bool {
        self.carrying(Event::GrantCreated).is_some_and(|way| way.kind() == Kind::Set)
    }

    /// Whether any of them shows what the vendor has.
    pub fn show_something(&self) -> bool {
        self.0.iter().any(|way| way.shows())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Channel> {
        self.0.iter().map(|way| &**way)
    }
}

/// Reads what one kind of way has for settings.
fn open(connection: &Connection, vendor: &Vendor, row: vendor::Channel) -> Result<Box<dyn Channel>> {
    let account = || Ok::<_, Error>(vendor::relationship(connection, &vendor.id)?.account);
    match row.kind {
        Kind::Set => Ok(Box::new(set::Set::of(vendor)?)),
        Kind::Scim => Ok(Box::new(scim::Scim::new(readable(row)?).known_as(account()?))),
        Kind::Connector => Ok(Box::new(connector::Connector::new(readable(row)?)?)),
        Kind::Mail => Ok(Box::new(mail::Mail::open(connection, row)?)),
        Kind::Letter => Ok(Box::new(letter::Letter::open(connection, row)?)),
    }
}

/// The settings of a way, in the terms of its kind.
fn readable<T: serde::de::DeserializeOwned>(row: vendor::Channel) -> Result<T> {
    let damaged = || Error::damaged(format!("it holds a channel, {}, that is not readable", row.kind.name()));
    serde_json::from_value(row.settings).map_err(|_| damaged())
}

/// What a vendor shows of claims that were asked for: the value, or nothing where it shows that it has none; an array where
/// it shows several. A claim that it does not show at all is not among them: what it has of it is unknown.
pub type ReadBack = BTreeMap<String, Option<Value>>;

/// Something that is still under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One way to one vendor.
pub trait Channel: Send + Sync {
    /// What sort of way it is.
    fn kind(&self) -> Kind;

    /// Where it leads, as people read it: a URL, an address.
    fn leads_to(&self) -> String;

    /// Whether it can carry a claim, by its OpenID name.
    fn takes(&self, claim: &str) -> bool;

    /// Whether it can carry an event.
    fn carries(&self, event: Event) -> bool;

    /// The text that a message goes as. None where it does not go as a text.
    fn text(&self, _: &Parcel) -> Option<Text> {
        None
    }

    /// Brings a message: what is lent, or lent otherwise now.
    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome>;

    /// Brings the end of a grant: takes back what can be taken back.
    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome>;

    /// Whether it shows what the vendor has: whether [`Channel::read_back`] reads anything.
    fn shows(&self) -> bool {
        false
    }

    /// Reads what the vendor shows of these claims, by their OpenID names. None where this way shows nothing.
    fn read_back<'a>(&'a self, way: &'a mut Way<'_>, claims: &'a [String]) -> Option<Pending<'a, ReadResult>>;
}

/// What came of reading back: what the vendor shows, or why it could not be asked.
pub type ReadResult = std::result::Result<ReadBack, Outcome>;

/// The means to go a way: the network, and what the vendor gave to be let in.
pub struct Way<'a> {
    /// The network.
    pub http: &'a Http,
    /// The lines to the user's own mail server.
    pub mail: &'a Lines,
    /// The conversation's seat, which it gives up while a vendor takes its time.
    pub seat: &'a mut Seat,
    /// Whether the vendor may be on this machine.
    pub allow_loopback: bool,
    /// The token or the password that lets in.
    pub credential: Option<&'a SecretString>,
    /// The same, where each request that carries it needs a proof.
    pub proves: Option<&'a Credential>,
    /// How long slow answers took, together.
    pub waited: &'a mut Duration,
}

/// What is not slow, whatever the time-out.
const QUICK: Duration = Duration::from_secs(1);

impl Way<'_> {
    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// [`Trouble`]: there was no answer.
    pub async fn send(&mut self, request: Request) -> std::result::Result<Reply, Trouble> {
        let Some(credential) = self.proves else { return self.once(request).await };
        let reply = self.once(credential.proven(request.clone()).map_err(Trouble::Refused)?).await?;
        match credential.wants_again(&reply) {
            true => self.once(credential.proven(request).map_err(Trouble::Refused)?).await,
            false => Ok(reply),
        }
    }

    async fn once(&mut self, request: Request) -> std::result::Result<Reply, Trouble> {
        let start = Instant::now();
        let reply = self.seat.wait(self.http.send(request, self.allow_loopback)).await;
        self.note_slow(start.elapsed());
        reply
    }

    /// Notes how long an answer took, where that was long.
    pub fn note_slow(&mut self, took: Duration) {
        if took > QUICK.min(self.http.timeout() / super::talk::PATIENCE) {
            *self.waited += took;
        }
    }
}
