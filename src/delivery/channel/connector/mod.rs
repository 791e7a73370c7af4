//! The vendor's own API, described by a connector file: data, and no code.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Channel, Given, Kind, Outcome, Parcel, Pending, ReadBack, ReadResult, Way};
use crate::delivery::answer::Answer;
use crate::delivery::http::{Reply, Request, Trouble};
use crate::error::{Error, Result};
use crate::wire::event::Event;

mod answer;
pub mod file;
mod request;
pub mod shelf;
mod template;
#[cfg(test)]
mod tests;

use file::{File, Withdraw};
use template::{Filling, Place};

/// The most of an answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Where a vendor's API is, and how it is talked to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The whole description: a file that changes on the disk changes nothing until the user takes it.
    pub connector: File,
    /// The address that its paths begin at.
    pub host: Url,
    /// What the user gave, by name.
    pub fields: BTreeMap<String, String>,
}

impl Settings {
    /// The settings by what was given: which connector, the vendor's URL, and what the connector asks for.
    ///
    /// # Errors
    /// Kind usage for what is missing or too much, naming the option; as [`shelf::named`].
    pub fn of(given: &Given) -> Result<Self> {
        let name = given.connector.as_deref().ok_or_else(|| {
            Error::usage("--connector is missing: which one").hint("cmr vendor connector list shows them")
        })?;
        let connector = shelf::named(name, given.connectors.as_deref())?;
        let host = match (&connector.origin, &given.url) {
            (Some(origin), _) => {
                Url::parse(origin).map_err(|e| Error::bad_input(format!("{origin} is no URL: {e}")))?
            }
            (None, Some(url)) => url.clone(),
            (None, None) => {
                return Err(Error::usage("--url is missing: where its server is").hint("--url https://chat.example"));
            }
        };
        for (field, about) in &connector.fields {
            if given.with.get(field).is_none_or(|value| value.is_empty()) {
                return Err(Error::usage(format!("{name} wants {field}: {about}")).hint(format!("--with {field}=…")));
            }
        }
        if let Some(unknown) = given.with.keys().find(|field| !connector.fields.contains_key(*field)) {
            let wants: Vec<&str> = connector.fields.keys().map(String::as_str).collect();
            return Err(Error::usage(format!("{name} takes no {}", crate::text::printable(unknown)))
                .hint(format!("it takes {}", if wants.is_empty() { "nothing".into() } else { wants.join(", ") })));
        }
        Ok(Self { connector, host, fields: given.with.clone() })
    }
}

/// The way to a vendor by its own API.
pub struct Connector(Settings);

impl Connector {
    /// The way by these settings.
    pub fn new(settings: Settings) -> Self {
        Self(settings)
    }

    fn filling<'a>(&'a self, claims: &'a BTreeMap<String, Value>, empty: bool) -> Filling<'a> {
        Filling { claims, fields: &self.0.fields, empty }
    }

    /// Makes the requests that have places for these claims, in their order, until one fails.
    async fn put(&self, way: &mut Way<'_>, claims: &BTreeMap<String, Value>, empty: bool) -> Result<(), Outcome> {
        let with = self.filling(claims, empty);
        let null = matches!(self.0.connector.withdraw, Withdraw::Clear { null: true, .. });
        for call in self.0.connector.set.iter().filter(|call| request::says_something(call, &with)) {
            let request = request::of_call(&self.0, call, &with, null).map_err(refused)?;
            self.send(way, request, &with).await?;
        }
        Ok(())
    }

    async fn send(&self, way: &mut Way<'_>, request: Request, with: &Filling<'_>) -> Result<Reply, Outcome> {
        let file = &self.0.connector;
        let request = request::let_in(request, &file.auth, with, way.credential).map_err(refused)?;
        let reply = way.send(request).await.map_err(|trouble| Outcome::none(&trouble))?;
        match answer::trouble(file, &reply, way.credential.map(|secret| secret.expose_secret())) {
            None => Ok(reply),
            Some(outcome) => Err(outcome),
        }
    }

    /// Takes away what can be taken away. What the API does not let go of is named.
    async fn clear(&self, way: &mut Way<'_>, parcel: &Parcel) -> Outcome {
        let title = &self.0.connector.title;
        let ask = |claims: Vec<&String>| {
            let claims: Vec<&str> = claims.into_iter().map(String::as_str).collect();
            let words =
                format!("{title} does not let go of {} by its API: take it away there yourself", claims.join(", "));
            Outcome { answer: Answer::ByHand, words, unsent: false }
        };
        let Withdraw::Clear { keeps, .. } = &self.0.connector.withdraw else {
            return ask(parcel.clear.keys().collect());
        };
        let (kept, cleared): (BTreeMap<_, _>, BTreeMap<_, _>) =
            parcel.clear.clone().into_iter().partition(|(claim, _)| keeps.contains(claim));
        match self.put(way, &cleared, true).await {
            Err(outcome) => outcome,
            Ok(()) if kept.is_empty() => Outcome::taken(),
            Ok(()) => ask(kept.keys().collect()),
        }
    }

    async fn show(&self, way: &mut Way<'_>, claims: &[String]) -> ReadResult {
        let nothing = BTreeMap::new();
        let with = self.filling(&nothing, false);
        let mut shown = ReadBack::new();
        for read in &self.0.connector.read {
            let request = request::of_read(&self.0, read, &with).map_err(refused)?;
            let reply = self.send(way, request, &with).await?;
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            for (name, pointer) in &read.claims {
                let (Ok(place), Some(value)) = (Place::parse(name), body.pointer(pointer)) else { continue };
                if claims.contains(&place.claim) {
                    place.put(value.as_str().unwrap_or_default(), &mut shown);
                }
            }
        }
        Ok(shown)
    }
}

/// What could not even be asked.
fn refused(error: Error) -> Outcome {
    Outcome::none(&Trouble::Refused(error))
}

impl Channel for Connector {
    fn kind(&self) -> Kind {
        Kind::Connector
    }

    fn leads_to(&self) -> String {
        format!("{} at {}", self.0.connector.title, self.0.host)
    }

    fn takes(&self, claim: &str) -> bool {
        self.0.connector.claims().contains(claim)
    }

    fn carries(&self, event: Event) -> bool {
        // An end that moves is no field of an API.
        matches!(event, Event::GrantCreated | Event::GrantUpdated | Event::GrantRevoked)
    }

    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(async move {
            match self.put(way, &parcel.set, false).await {
                Err(outcome) => outcome,
                Ok(()) if parcel.clear.is_empty() => Outcome::taken(),
                Ok(()) => self.clear(way, parcel).await,
            }
        })
    }

    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(self.clear(way, parcel))
    }

    fn read_back<'a>(&'a self, way: &'a mut Way<'_>, claims: &'a [String]) -> Option<Pending<'a, ReadResult>> {
        let reads = !self.0.connector.read.is_empty();
        reads.then(|| Box::pin(self.show(way, claims)) as Pending<'a, ReadResult>)
    }
}
