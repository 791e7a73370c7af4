//! The protocol: signed messages, posted to the vendor's own endpoint for them (RFC 8935).

use url::Url;

use super::{Channel, Kind, Outcome, Parcel, Pending, ReadResult, Way};
use crate::delivery::answer::Answer;
use crate::delivery::http::{self, MAX_ERROR_BODY, Method, Reply, Request, Trouble};
use crate::delivery::talk::endpoint;
use crate::error::{Error, Result};
use crate::vendor::Vendor;
use crate::wire::event::Event;
use crate::wire::transport::{ErrorBody, SET_CONTENT_TYPE};

/// The way to a vendor that publishes a document.
pub(super) struct Set {
    push_endpoint: String,
    claims_supported: Vec<String>,
}

impl Set {
    pub(super) fn of(vendor: &Vendor) -> Result<Self> {
        let document = vendor.metadata.as_ref();
        let document = document.ok_or_else(|| Error::damaged(format!("it holds no document of {}", vendor.name)))?;
        Ok(Self {
            push_endpoint: document.cmr.push_endpoint.clone(),
            claims_supported: document.cmr.claims_supported.clone(),
        })
    }

    async fn post(way: &mut Way<'_>, parcel: &Parcel) -> std::result::Result<Reply, Trouble> {
        // As the vendor's document names it now: it may have been read again since.
        let url = parcel.vendor.metadata.as_ref().map(|document| endpoint(&document.cmr.push_endpoint));
        let missing = || Error::damaged(format!("it holds no document of {}", parcel.vendor.name));
        let url: Url = url.unwrap_or_else(|| Err(missing())).map_err(Trouble::Refused)?;
        let token = way.credential.map(http::bearer).transpose().map_err(Trouble::Refused)?;
        let request = Request::new(Method::POST, url, MAX_ERROR_BODY)
            .with_body(SET_CONTENT_TYPE, parcel.message.jws.clone())
            .authorized(token);
        way.send(request).await
    }
}

impl Channel for Set {
    fn kind(&self) -> Kind {
        Kind::Set
    }

    fn leads_to(&self) -> String {
        self.push_endpoint.clone()
    }

    fn takes(&self, claim: &str) -> bool {
        self.claims_supported.is_empty() || self.claims_supported.iter().any(|taken| taken == claim)
    }

    fn carries(&self, event: Event) -> bool {
        event.is_from_customer()
    }

    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(async move {
            match Self::post(way, parcel).await {
                Ok(reply) => read(&reply),
                Err(trouble) => Outcome::none(&trouble),
            }
        })
    }

    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        // The message itself says what is taken back.
        self.deliver(way, parcel)
    }

    fn read_back<'a>(&'a self, _: &'a mut Way<'_>, _: &'a [String]) -> Option<Pending<'a, ReadResult>> {
        None
    }
}

/// The answer, and what it says in words.
fn read(reply: &Reply) -> Outcome {
    if reply.broken && (400..500).contains(&reply.status) {
        // What it would have said decides whether the message fails for good.
        let words = format!("it answered {}, and its answer broke off", reply.status);
        return Outcome { answer: Answer::Nothing, words, unsent: false };
    }
    let body: Option<ErrorBody> = serde_json::from_slice(&reply.body).ok();
    let words = match &body {
        Some(body) if !body.description.is_empty() => {
            format!("{} {}: {}", reply.status, body.err.as_str(), body.description)
        }
        Some(body) => format!("{} {}", reply.status, body.err.as_str()),
        None => format!("it answered {}", reply.status),
    };
    let mut outcome = Outcome::http(reply, &words);
    if let Answer::Http { code, .. } = &mut outcome.answer {
        *code = body.map(|body| body.err);
    }
    outcome
}
