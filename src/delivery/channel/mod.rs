//! The ways to a vendor: its protocol endpoint, SCIM, its own API, e-mail, a letter. One interface, a file each. The queue,
//! the retries, the preview and the ledger know no difference between them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Answer;
use super::exchange::Seat;
use super::http::{Http, Reply, Request, Trouble};
use super::message::Message;
use crate::grant::Grant;
use crate::vendor::Vendor;
use crate::wire::event::Event;

/// What sort of way it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
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

impl Kind {
    /// All of them, those first that say most about what becomes of a message.
    pub const ALL: [Kind; 5] = [Kind::Set, Kind::Scim, Kind::Connector, Kind::Mail, Kind::Letter];

    /// The name, as it is typed, and as in JSON and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Set => "set",
            Kind::Scim => "scim",
            Kind::Connector => "connector",
            Kind::Mail => "mail",
            Kind::Letter => "letter",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

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
    /// The text as the user edited it, for ways that carry a text.
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

impl Outcome {
    /// The vendor's server took it, in the way in which this channel says so.
    pub fn taken() -> Self {
        Self { answer: Answer::Taken, words: String::new(), unsent: false }
    }
}

/// What a vendor shows of claims that were asked for: the value, or nothing where it shows that it has none. A claim that it
/// does not show at all is not among them: what it has of it is unknown.
pub type ReadBack = BTreeMap<String, Option<Value>>;

/// Something that is still under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One way to one vendor.
pub trait Channel {
    /// What sort of way it is.
    fn kind(&self) -> Kind;

    /// Where it leads, as people read it: a URL, an address.
    fn leads_to(&self) -> String;

    /// Whether it can carry a claim, by its OpenID name.
    fn takes(&self, claim: &str) -> bool;

    /// Whether it can carry an event.
    fn carries(&self, event: Event) -> bool;

    /// Brings a message: what is lent, or lent otherwise now.
    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome>;

    /// Brings the end of a grant: takes back what can be taken back.
    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome>;

    /// Reads what the vendor shows of these claims, by their OpenID names. None where this way shows nothing.
    fn read_back<'a>(&'a self, way: &'a mut Way<'_>, claims: &'a [String]) -> Option<Pending<'a, ReadResult>>;
}

/// What came of reading back: what the vendor shows, or why it could not be asked.
pub type ReadResult = Result<ReadBack, Outcome>;

/// The means to go a way: the network, and what the vendor gave to be let in.
pub struct Way<'a> {
    /// The network.
    pub http: &'a Http,
    /// The conversation's seat, which it gives up while a vendor takes its time.
    pub seat: &'a mut Seat,
    /// Whether the vendor may be on this machine.
    pub allow_loopback: bool,
    /// The token or the password that lets in.
    pub credential: Option<&'a SecretString>,
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
    pub async fn send(&mut self, request: Request) -> Result<Reply, Trouble> {
        let start = Instant::now();
        let reply = self.seat.wait(self.http.send(request, self.allow_loopback)).await;
        let took = start.elapsed();
        if took > QUICK.min(self.http.timeout() / super::talk::PATIENCE) {
            *self.waited += took;
        }
        reply
    }
}
