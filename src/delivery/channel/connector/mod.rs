//! Connectors: the vendor's own API, described by a file. Values are put into the requests that the file describes; nothing
//! in a file is run.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::Encoding;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Channel, Given, Kind, Outcome, Parcel, Pending, ReadBack, ReadResult, Way};
use crate::delivery::answer::Answer;
use crate::delivery::http::{Reply, Request, Trouble};
use crate::error::{Error, Result};
use crate::text::printable;
use crate::wire::event::Event;

mod answer;
mod check;
mod check_call;
pub mod file;
mod load;
mod render;
#[cfg(test)]
mod render_tests;
mod setup;
mod shelf;
mod shown;
mod template;

pub use file::File;
pub use load::{Mistake, parse};
pub use setup::fixed_host;
pub use shelf::{Shelved, file as read_file, list};

use file::{By, Call, Errors, Meaning};
use template::Values;

/// What is kept of a connector: the whole file, so that one that changes on the disk changes nothing until the user takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The file.
    pub connector: File,
    /// Where the API is.
    pub host: Url,
    /// What the user gave.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// The way by a vendor's own API.
pub struct Connector {
    settings: Settings,
}

/// What was done, or what came of trying to.
type Done<T> = std::result::Result<T, Outcome>;

impl Connector {
    /// A way by its settings.
    ///
    /// # Errors
    /// Kind damaged for a file that this program would not take.
    pub fn new(settings: Settings) -> Result<Self> {
        match load::is_sound(&settings.connector) {
            true => Ok(Self { settings }),
            false => Err(Error::damaged("it holds a connector that is not readable")),
        }
    }

    fn file(&self) -> &File {
        &self.settings.connector
    }

    /// Brings what is lent, and takes back what is lent no more.
    async fn bring(&self, way: &mut Way<'_>, parcel: &Parcel) -> Done<Outcome> {
        let nothing = BTreeMap::new();
        let values = self.values(&parcel.set, &parcel.before, &nothing);
        let made = self.make(way, &self.file().set, &values).await?;
        if made == 0 && !parcel.set.is_empty() {
            let claims = listed(parcel.set.keys());
            return Ok(by_hand(format!("{} takes no {claims} by its API", self.file().title)));
        }
        self.take_back(way, parcel).await.map_err(|outcome| Outcome { unsent: outcome.unsent && made == 0, ..outcome })
    }

    /// Takes back what no grant lends any more, and says what only the vendor can.
    async fn take_back(&self, way: &mut Way<'_>, parcel: &Parcel) -> Done<Outcome> {
        let (file, gone) = (self.file(), &parcel.clear);
        if gone.is_empty() {
            return Ok(Outcome::taken());
        }
        let mut left: BTreeSet<&String> = gone.keys().collect();
        match file.take_back.by {
            By::Ask => {}
            By::DeleteToken if parcel.event != Event::GrantRevoked => {}
            By::DeleteToken => left.clear(),
            By::Clear => {
                for call in &file.take_back.requests {
                    let clears = render::claims_of(call).map_err(refused)?;
                    left.retain(|claim| !clears.contains(*claim));
                }
            }
        }
        if left.len() < gone.len() {
            let nothing = BTreeMap::new();
            self.make(way, &file.take_back.requests, &self.values(&nothing, &nothing, gone)).await?;
        }
        if left.is_empty() {
            return Ok(Outcome::taken());
        }
        let ask = file.take_back.ask.as_deref().unwrap_or("ask the vendor to delete it");
        Ok(by_hand(format!("{} cannot take back {} by its API: {ask}", file.title, listed(left))))
    }

    fn values<'a>(
        &'a self,
        claims: &'a BTreeMap<String, Value>,
        before: &'a BTreeMap<String, Value>,
        gone: &'a BTreeMap<String, Value>,
    ) -> Values<'a> {
        Values { claims, before, gone, fields: &self.settings.fields }
    }

    /// Makes requests in their order until one fails. Returns how many were made. None is made where any cannot be.
    async fn make(&self, way: &mut Way<'_>, calls: &[Call], values: &Values<'_>) -> Done<usize> {
        let mut requests = Vec::new();
        for call in calls {
            if let Some(request) = render::request(call, &self.settings.host, values).map_err(refused)? {
                requests.push((request, call.graphql.is_some()));
            }
        }
        let count = requests.len();
        for (made, (request, is_graphql)) in requests.into_iter().enumerate() {
            let sent = |outcome: Outcome| Outcome { unsent: outcome.unsent && made == 0, ..outcome };
            self.ask(way, request, is_graphql, values, &self.file().errors).await.map_err(sent)?;
        }
        Ok(count)
    }

    /// Sends one request with what lets in, and hears whether all is well.
    async fn ask(
        &self,
        way: &mut Way<'_>,
        mut request: Request,
        graphql: bool,
        values: &Values<'_>,
        errors: &Errors,
    ) -> Done<Reply> {
        let Some(token) = way.credential else {
            let answer = Answer::Meant { status: None, like: 401, retry_after: None };
            return Err(Outcome { answer, words: "it wants a token, and there is none".into(), unsent: true });
        };
        render::let_in(&mut request, self.file(), values, token).map_err(refused)?;
        let reply = way.send(request).await.map_err(|trouble| Outcome::none(&trouble))?;
        answer::read(&reply, errors, graphql, &self.secrets(token, values))?;
        Ok(reply)
    }

    /// What no words may repeat: the token, and as it is sent with a name.
    fn secrets(&self, token: &SecretString, values: &Values<'_>) -> Vec<SecretString> {
        let pair =
            |user: String| base64ct::Base64::encode_string(format!("{user}:{}", token.expose_secret()).as_bytes());
        let user = render::user(self.file(), values).ok().flatten();
        std::iter::once(token.clone()).chain(user.map(pair).map(SecretString::from)).collect()
    }

    async fn read(&self, way: &mut Way<'_>, reading: &file::Reading, claims: &[String]) -> Done<ReadBack> {
        let nothing = BTreeMap::new();
        let values = self.values(&nothing, &nothing, &nothing);
        let request = render::request(&reading.request, &self.settings.host, &values).map_err(refused)?;
        let missing = || refused(Error::bad_input("something that is needed to read it is not given"));
        let mut request = request.ok_or_else(missing)?;
        request.limit = render::MAX_ANSWER;
        let graphql = reading.request.graphql.is_some();
        // Nothing of the user's has left by asking.
        let mut errors = self.file().errors.clone();
        errors.codes.extend(reading.nothing.iter().map(|code| (code.clone(), Meaning::Taken)));
        let asked = self.ask(way, request, graphql, &values, &errors).await;
        let reply = asked.map_err(|outcome| Outcome { unsent: true, ..outcome })?;
        let body = (!reply.cut && !reply.broken).then(|| serde_json::from_slice(&reply.body).ok()).flatten();
        match body {
            Some(body) => Ok(shown::shown(reading, &body, claims)),
            None => Err(Outcome { answer: Answer::Nothing, words: "it answered with no JSON".into(), unsent: true }),
        }
    }
}

/// What could not be sent as it is.
fn refused(error: Error) -> Outcome {
    Outcome::none(&Trouble::Refused(error))
}

fn by_hand(words: String) -> Outcome {
    Outcome { answer: Answer::ByHand, words: printable(&words), unsent: false }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl Channel for Connector {
    fn kind(&self) -> Kind {
        Kind::Connector
    }

    fn leads_to(&self) -> String {
        format!("{} at {}", self.file().name, self.settings.host)
    }

    fn takes(&self, claim: &str) -> bool {
        self.file().claims.iter().any(|taken| taken == claim)
    }

    fn carries(&self, event: Event) -> bool {
        // An API holds values, and knows neither grants nor what a customer has to say.
        matches!(event, Event::GrantCreated | Event::GrantUpdated | Event::GrantRevoked)
    }

    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(async move { self.bring(way, parcel).await.unwrap_or_else(|outcome| outcome) })
    }

    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(async move { self.take_back(way, parcel).await.unwrap_or_else(|outcome| outcome) })
    }

    fn shows(&self) -> bool {
        self.file().read.is_some()
    }

    fn read_back<'a>(&'a self, way: &'a mut Way<'_>, claims: &'a [String]) -> Option<Pending<'a, ReadResult>> {
        let reading = self.file().read.as_ref()?;
        Some(Box::pin(self.read(way, reading, claims)))
    }
}
