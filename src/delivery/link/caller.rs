//! Asking an authorization server: the requests of the OAuth library over our own HTTP, each with a proof of its own.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use oauth2::basic::BasicClient;
use oauth2::http::header::{AUTHORIZATION, CONTENT_TYPE};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ErrorResponse, ErrorResponseType,
    HttpRequest, HttpResponse, RequestTokenError, StandardErrorResponse, TokenUrl,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded;

use super::metadata::Server;
use super::{Auth, Client, Failure, MAX_ANSWER, MAX_WORDS, proof};
use crate::delivery::http::{HeaderName, HeaderValue, Http, Method, Reply, Request, Trouble};
use crate::error::{Error, Result};
use crate::text::printable;
use crate::wire::jose::SigningKey;

/// The content type of what is asked (RFC 6749, appendix B).
const FORM: &str = "application/x-www-form-urlencoded";

/// The type of a client assertion (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The header fields of RFC 9449.
pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");
pub(super) const DPOP_NONCE: &str = "dpop-nonce";

/// The library's client, with the one endpoint that all ways share.
pub(super) type Asking = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What the library calls an error of the server.
pub(super) type Refusal<T> = RequestTokenError<Lost, StandardErrorResponse<T>>;

/// No answer, or none that is more than "not now".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Lost(String);

/// Who asks an authorization server.
pub struct Caller<'a> {
    http: &'a Http,
    allow_loopback: bool,
    server: &'a Server,
    client: &'a Client,
    key: &'a SigningKey,
    /// Whether tokens are to be bound to the key.
    binds: bool,
    /// The nonce that the server gave last.
    nonce: RefCell<Option<String>>,
    /// Why the server is not talked to.
    refused: RefCell<Option<Error>>,
    /// What was asked last: its secrets must not come back in an error.
    asked: RefCell<Vec<u8>>,
}

impl<'a> Caller<'a> {
    /// A caller for one client.
    pub fn new(
        http: &'a Http,
        allow_loopback: bool,
        server: &'a Server,
        client: &'a Client,
        key: &'a SigningKey,
        binds: bool,
    ) -> Self {
        let (nonce, refused, asked) = Default::default();
        Self { http, allow_loopback, server, client, key, binds, nonce, refused, asked }
    }

    /// The library's client.
    pub(super) fn asking(&self) -> Asking {
        let auth = if self.client.auth == Auth::Basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        let asking = BasicClient::new(ClientId::new(self.client.id.clone()))
            .set_auth_type(auth)
            .set_token_uri(TokenUrl::from_url(self.server.token_endpoint.clone()));
        match &self.client.secret {
            Some(secret) => asking.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => asking,
        }
    }

    /// The authorization server.
    pub(super) fn server(&self) -> &Server {
        self.server
    }

    /// Posts a form that the library has no request for, proven like all others.
    pub(super) async fn post(&self, url: &Url, form: &[(&str, &str)]) -> Result<Reply, Failure> {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(form);
        let mut request = Request::new(Method::POST, url.clone(), MAX_ANSWER);
        match (&self.client.secret, self.client.auth) {
            (Some(secret), Auth::Basic) => {
                let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let secret = encoded(secret.expose_secret()).into();
                let header = crate::delivery::http::basic(&encoded(&self.client.id), &secret);
                request = request.authorized(Some(header.map_err(Failure::Unusable)?));
            }
            (Some(secret), _) => {
                pairs.append_pair("client_id", &self.client.id).append_pair("client_secret", secret.expose_secret());
            }
            (None, _) => {
                pairs.append_pair("client_id", &self.client.id);
            }
        }
        let request = request.with_body(FORM, pairs.finish());
        self.proven(&request).await.map_err(|trouble| match trouble {
            Trouble::Network { what, .. } => Failure::Lost(what),
            Trouble::Refused(error) => Failure::Unusable(error),
        })
    }

    /// Sends a request with the proofs that it needs; once more with a nonce, if the server wants one (RFC 9449, section 8).
    async fn proven(&self, request: &Request) -> Result<Reply, Trouble> {
        *self.asked.borrow_mut() = request.body.clone().unwrap_or_default().into_bytes();
        let had = self.nonce.borrow().clone();
        let reply = self.once(request).await?;
        let new = reply.header(DPOP_NONCE).filter(|nonce| nonce.len() <= 1024).map(str::to_owned);
        if let Some(new) = new {
            *self.nonce.borrow_mut() = Some(new);
        }
        let wants = reply.status == 400 && code(&reply.body).is_some_and(|code| code == "use_dpop_nonce");
        match wants && *self.nonce.borrow() != had {
            true => self.once(request).await,
            false => Ok(reply),
        }
    }

    async fn once(&self, request: &Request) -> Result<Reply, Trouble> {
        let mut request = request.clone();
        if self.client.auth == Auth::PrivateKeyJwt {
            let assertion = proof::assertion(self.key, &self.client.id, &self.server.issuer, Timestamp::now());
            let mut pairs = form_urlencoded::Serializer::new(request.body.take().unwrap_or_default());
            pairs.append_pair("client_assertion_type", ASSERTION_TYPE).append_pair("client_assertion", &assertion);
            request.body = Some(pairs.finish());
        }
        if self.binds && request.url == self.server.token_endpoint {
            let nonce = self.nonce.borrow().clone();
            let proof =
                proof::dpop(self.key, request.method.as_str(), &request.url, None, nonce.as_deref(), Timestamp::now());
            let proof = HeaderValue::try_from(proof).map_err(|_| unusable("its nonce cannot stand in a header"))?;
            request.headers.insert(DPOP, proof);
        }
        self.http.send(request, self.allow_loopback).await
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, Lost> {
        let reply = match self.translated(request) {
            Ok(request) => self.proven(&request).await,
            Err(error) => Err(Trouble::Refused(error)),
        };
        let reply = match reply {
            Ok(reply) if reply.broken => return Err(Lost("its answer broke off".into())),
            Ok(reply) if reply.status >= 500 || matches!(reply.status, 408 | 425 | 429) => {
                return Err(Lost(format!("it answered {}", reply.status)));
            }
            Ok(reply) if reply.cut => return Ok(self.refuse(too_large())),
            Ok(reply) => reply,
            Err(Trouble::Network { what, .. }) => return Err(Lost(what)),
            Err(Trouble::Refused(error)) => return Ok(self.refuse(error)),
        };
        let mut response = HttpResponse::new(reply.body);
        *response.status_mut() =
            oauth2::http::StatusCode::from_u16(reply.status).map_err(|_| Lost("its answer has no status".into()))?;
        if let Some(value) = reply.headers.get(CONTENT_TYPE) {
            response.headers_mut().insert(CONTENT_TYPE, value.clone());
        }
        Ok(response)
    }

    /// Keeps why the server is not talked to, and gives the library an answer that ends whatever it does: it would take an
    /// error for a connection that was lost, and go on.
    fn refuse(&self, error: Error) -> HttpResponse {
        *self.refused.borrow_mut() = Some(error);
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = oauth2::http::StatusCode::BAD_REQUEST;
        response
    }

    fn translated(&self, request: HttpRequest) -> Result<Request> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|e| Error::failed(format!("no URL to ask at: {e}")))?;
        let body = String::from_utf8(body).map_err(|_| Error::failed("a request is not text"))?;
        let mut authorization = head.headers.get(AUTHORIZATION).cloned();
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Ok(Request::new(Method::POST, url, MAX_ANSWER).with_body(FORM, body).authorized(authorization))
    }

    /// What the library's error means. A server's own words are left out where they quote a secret of the request.
    pub(super) fn failure<T: ErrorResponseType + 'static>(&self, error: Refusal<T>) -> Failure
    where
        StandardErrorResponse<T>: ErrorResponse,
    {
        if let Some(error) = self.refused.borrow_mut().take() {
            return Failure::Unusable(error);
        }
        match error {
            RequestTokenError::Request(Lost(what)) => Failure::Lost(what),
            RequestTokenError::ServerResponse(said) => {
                let code = said.error();
                let words = said.error_description().map(String::as_str).unwrap_or_default();
                self.refusal(&spelled(code), words)
            }
            // The parser's own words would quote what it read, which may be a token.
            _ => Failure::Unusable(Error::failed(format!(
                "the answer of {} is not what RFC 6749 says",
                self.server.origin()
            ))),
        }
    }

    /// An answer that says no, to a request that the library has none for.
    pub(super) fn refused(&self, reply: &Reply) -> Failure {
        if reply.status >= 500 || matches!(reply.status, 408 | 425 | 429) || reply.broken {
            return Failure::Lost(format!("it answered {}", reply.status));
        }
        let body: Option<ErrorBody> = serde_json::from_slice(&reply.body).ok();
        match body {
            Some(body) => self.refusal(&body.error, &body.error_description),
            None => Failure::Refused { code: format!("it answered {}", reply.status), words: String::new() },
        }
    }

    fn refusal(&self, code: &str, words: &str) -> Failure {
        let shown = |text: &str| printable(text).chars().take(MAX_WORDS).collect::<String>();
        let asked = self.asked.borrow();
        let quotes = |text: &str| {
            let secret = |value: &str| value.len() >= 8 && text.contains(value);
            form_urlencoded::parse(&asked).any(|(name, value)| name != "client_id" && name != "scope" && secret(&value))
        };
        let code = if quotes(code) { String::new() } else { shown(code) };
        let words = if quotes(words) { String::new() } else { shown(words) };
        Failure::Refused { code, words }
    }
}

impl<'c> AsyncHttpClient<'c> for Caller<'_> {
    type Error = Lost;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Lost>> + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(Caller::call(self, request))
    }
}

/// The code as it stood in the answer.
fn spelled(code: &impl ErrorResponseType) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        _ => "an error".to_owned(),
    }
}

/// The body of an error (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    #[serde(default)]
    error_description: String,
}

fn code(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<ErrorBody>(body).ok().map(|body| body.error)
}

fn unusable(what: &str) -> Trouble {
    Trouble::Refused(Error::bad_input(what))
}

fn too_large() -> Error {
    Error::bad_input(format!("the authorization server sends more than {MAX_ANSWER} bytes"))
}
