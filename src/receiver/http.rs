//! The routes: HTTP in, HTTP out. What a request means is decided elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::desk::{Desk, Pushed};
use crate::error::{Error, Result};
use crate::wire::discovery::{CmrObject, DEFAULT_MAX_SET_BYTES, Metadata, PROFILE_VERSION};
use crate::wire::event::{Event, TERMS};
use crate::wire::jose::JwkSet;
use crate::wire::transport::{ErrorBody, ErrorCode, PollRequest, PollResponse, SET_CONTENT_TYPE};

/// Where RFC 9728 puts the metadata.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// How long a poll waits for news.
const LONG_POLL: Duration = Duration::from_secs(30);

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(20);

/// What every request shares.
pub struct Site {
    /// The vendor.
    pub desk: Desk,
    /// A name for people.
    pub name: Option<String>,
    /// The path of the resource URL, without a slash at its end.
    pub base: String,
    /// Set when the server stops: polls answer at once.
    pub stopping: AtomicBool,
}

impl Site {
    fn metadata(&self) -> Metadata {
        let resource = self.desk.resource();
        let endpoint = |name: &str| format!("{}/{name}", resource.trim_end_matches('/'));
        Metadata {
            resource: resource.into(),
            resource_name: self.name.clone(),
            jwks_uri: endpoint("jwks.json"),
            authorization_servers: Vec::new(),
            bearer_methods_supported: vec!["header".into()],
            resource_policy_uri: None,
            cmr: CmrObject {
                version: PROFILE_VERSION,
                push_endpoint: endpoint("set"),
                poll_endpoint: endpoint("poll"),
                events_supported: Event::from_customer().map(Event::uri).collect(),
                claims_supported: self.desk.claims_supported().to_vec(),
                terms_supported: TERMS.map(Into::into).to_vec(),
                max_set_bytes: Some(DEFAULT_MAX_SET_BYTES),
            },
        }
    }

    fn is_metadata(&self, path: &str) -> bool {
        path.strip_prefix(WELL_KNOWN).is_some_and(|rest| rest.is_empty() || rest == self.base)
    }
}

/// The routes of a site. The resource's own path stands before them, so they are matched by hand.
pub fn routes(site: Arc<Site>) -> Router {
    Router::new().fallback(route).with_state(site)
}

async fn route(State(site): State<Arc<Site>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let here = path.strip_prefix(site.base.as_str());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let answer = match here {
        _ if reads && site.is_metadata(&path) => Ok(json(StatusCode::OK, &site.metadata())),
        Some("/jwks.json") if reads => Ok(json(StatusCode::OK, &JwkSet { keys: vec![site.desk.key().public()] })),
        Some("/set") if request.method() == Method::POST => push(site, request).await,
        Some("/poll") if request.method() == Method::POST => poll(site, request).await,
        _ => Ok(StatusCode::NOT_FOUND.into_response()),
    };
    answer.unwrap_or_else(|failure| match failure {
        Failure::Answered(response) => response,
        Failure::Broken(error) => {
            log::error!("{error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    })
}

/// Why a request is not carried out.
enum Failure {
    /// The sender's fault, with the answer to give.
    Answered(Response),
    /// Ours; the sender learns no more than that.
    Broken(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

fn refuse(status: StatusCode, err: ErrorCode, description: &str) -> Failure {
    Failure::Answered(json(status, &ErrorBody { err, description: description.into() }))
}

fn invalid(status: StatusCode, description: &str) -> Failure {
    refuse(status, ErrorCode::InvalidRequest, description)
}

fn stranger() -> Failure {
    let body = ErrorBody {
        err: ErrorCode::AuthenticationFailed,
        description: "a bearer token that this vendor gave is needed".into(),
    };
    let mut response = json(StatusCode::UNAUTHORIZED, &body);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Failure::Answered(response)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}

/// A pushed SET (RFC 8935).
async fn push(site: Arc<Site>, request: Request) -> Result<Response, Failure> {
    let token_hash = authenticate(&site, request.headers()).await?;
    if media_type(request.headers()) != SET_CONTENT_TYPE {
        return Err(invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content type is not application/secevent+jwt"));
    }
    let body = read(request.into_body()).await?;
    let token = String::from_utf8(body.to_vec())
        .map_err(|_| invalid(StatusCode::BAD_REQUEST, "the body is not a compact SET"))?;
    let pushed = blocking(site, move |site| site.desk.push(&token_hash, &token, Timestamp::now())).await?;
    match pushed {
        Pushed::Accepted => Ok(StatusCode::ACCEPTED.into_response()),
        Pushed::Stranger => Err(stranger()),
        Pushed::Refused(refusal) => {
            log::info!("a SET is refused: {}", refusal.code.as_str());
            Err(refuse(StatusCode::BAD_REQUEST, refusal.code, &refusal.description))
        }
    }
}

/// A poll (RFC 8936), which waits for news if the customer wants that and there is none.
async fn poll(site: Arc<Site>, request: Request) -> Result<Response, Failure> {
    let token_hash = authenticate(&site, request.headers()).await?;
    let body = read(request.into_body()).await?;
    let mut asked: PollRequest = serde_json::from_slice(&body)
        .map_err(|_| invalid(StatusCode::BAD_REQUEST, "the body is not a poll request"))?;
    let until = Instant::now() + LONG_POLL;
    loop {
        let mut news = std::pin::pin!(site.desk.news.notified());
        // From here on no news is missed, though it is not waited for yet.
        news.as_mut().enable();
        let (response, kept) = look(&site, token_hash, asked).await?;
        let patience = until.saturating_duration_since(Instant::now());
        let at_once = kept.return_immediately || kept.max_events == Some(0) || site.stopping.load(Ordering::SeqCst);
        if at_once || !response.sets.is_empty() || patience.is_zero() {
            return Ok(json(StatusCode::OK, &response));
        }
        asked = PollRequest { ack: Vec::new(), set_errs: Default::default(), ..kept };
        // Running out of time is no failure: the last look follows.
        let _ = tokio::time::timeout(patience, news).await;
    }
}

async fn look(
    site: &Arc<Site>,
    token_hash: [u8; 32],
    asked: PollRequest,
) -> Result<(PollResponse, PollRequest), Failure> {
    let (response, asked) =
        blocking(Arc::clone(site), move |site| Ok((site.desk.poll(&token_hash, &asked, Timestamp::now())?, asked)))
            .await?;
    response.map(|response| (response, asked)).ok_or_else(stranger)
}

/// The hash of the request's bearer token, if the token is a customer's.
async fn authenticate(site: &Arc<Site>, headers: &HeaderMap) -> Result<[u8; 32], Failure> {
    let token_hash = bearer(headers).map(|token| <[u8; 32]>::from(Sha256::digest(token))).ok_or_else(stranger)?;
    let known = blocking(Arc::clone(site), move |site| site.desk.knows(&token_hash)).await?;
    if known { Ok(token_hash) } else { Err(stranger()) }
}

/// The token of `Authorization: Bearer` (RFC 6750, section 2.1); the scheme's case does not matter.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The content type without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn read(body: Body) -> Result<Bytes, Failure> {
    // A body that is a little too long is read to its end, so that its sender is there to hear the answer.
    let body = tokio::time::timeout(BODY_TIME, to_bytes(body, 4 * DEFAULT_MAX_SET_BYTES));
    let body = body.await.map_err(|_| invalid(StatusCode::REQUEST_TIMEOUT, "the body does not arrive"))?;
    match body {
        Ok(body) if body.len() <= DEFAULT_MAX_SET_BYTES => Ok(body),
        _ => Err(invalid(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than max_set_bytes")),
    }
}

/// Runs what touches the database off the thread that serves.
async fn blocking<T: Send + 'static>(
    site: Arc<Site>,
    work: impl FnOnce(&Site) -> Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(move || work(&site)).await;
    Ok(done.map_err(|e| Error::failed("a request broke off").because(e))??)
}
