//! HTTP to vendors: addresses checked before they are connected to, no redirect followed blindly, every body bounded.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use base64ct::Encoding;
use reqwest::Client;
pub use reqwest::Method;
use reqwest::header::{ACCEPT, AsHeaderName, CONTENT_TYPE, LOCATION};
pub use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::address;
use crate::error::{Error, Result};

/// How long a request may take, unless the user says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The most of an error's body that is read, in bytes.
pub const MAX_ERROR_BODY: usize = 8 * 1024;

/// How many redirects of a GET are followed, each on the same origin.
const MAX_REDIRECTS: usize = 3;

/// Why a request got no answer.
#[derive(Debug)]
pub enum Trouble {
    /// The network: it may work later.
    Network {
        /// What went wrong, in words.
        what: String,
        /// Whether the request may have reached the other side.
        sent: bool,
    },
    /// We do not want to talk to that address, or not in this way.
    Refused(Error),
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Network { what, .. } => Error::failed(what),
            Trouble::Refused(error) => error,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body, at most as much as was asked for.
    pub body: Vec<u8>,
    /// Whether the body went on.
    pub cut: bool,
    /// Whether the body broke off before its end.
    pub broken: bool,
}

impl Reply {
    /// A header field of it, if it is text.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A request, whatever it is for. A redirect comes back as the answer that it is, and a body that is larger than asked for
/// is cut.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its header fields. Those with a secret are marked sensitive ([`bearer`], [`basic`]): nothing prints them then.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<String>,
    /// The most of the answer's body that is read, in bytes.
    pub limit: usize,
}

impl Request {
    /// A request for JSON, without a body.
    pub fn new(method: Method, url: Url, limit: usize) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self { method, url, headers, body: None, limit }
    }

    /// The same with a body of this content type.
    #[must_use]
    pub fn with_body(mut self, content_type: &'static str, body: String) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = Some(body);
        self
    }

    /// The same with this value of `Authorization`.
    #[must_use]
    pub fn authorized(mut self, authorization: Option<HeaderValue>) -> Self {
        if let Some(value) = authorization {
            self.headers.insert(AUTHORIZATION, value);
        }
        self
    }
}

/// `Authorization` with a bearer token (RFC 6750).
///
/// # Errors
/// Kind bad input for a token with characters that no token has.
pub fn bearer(token: &SecretString) -> Result<HeaderValue> {
    with_secret("Bearer ", token)
}

/// A header field's value: these words, and a secret.
///
/// # Errors
/// Kind bad input for a secret with characters that no token has.
pub fn with_secret(words: &str, token: &SecretString) -> Result<HeaderValue> {
    sensitive(&Zeroizing::new(format!("{words}{}", token.expose_secret())))
}

/// `Authorization` with a user's name and password (RFC 7617).
///
/// # Errors
/// Kind bad input for a name with a colon.
pub fn basic(user: &str, password: &SecretString) -> Result<HeaderValue> {
    if user.contains(':') {
        return Err(Error::bad_input("a user name with a colon cannot be sent to a vendor"));
    }
    let pair = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
    sensitive(&Zeroizing::new(format!("Basic {}", base64ct::Base64::encode_string(pair.as_bytes()))))
}

fn sensitive(text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Error::bad_input("the vendor's token holds characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Runs what talks to vendors, on this thread. Only commands that send or fetch come here.
///
/// # Errors
/// Kind failed where no network can be started.
pub fn run<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("cannot start the network: {e}")))?;
    let result = runtime.block_on(work);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    Ok(result)
}

/// A client for one vendor. It connects to addresses that were checked, keeps what it connected, and shares with other
/// clients only whom it trusts.
pub struct Http {
    tls: rustls::ClientConfig,
    timeout: Duration,
    clients: RefCell<HashMap<(String, bool), Client>>,
}

impl Http {
    /// A client that trusts the web's certificate authorities, and those in the file that `CMR_CA_FILE` names.
    ///
    /// # Errors
    /// Kind bad input for a file without certificates.
    pub fn new(timeout: Duration) -> Result<Self> {
        Ok(Self { tls: crate::tls::client()?, timeout, clients: RefCell::default() })
    }

    /// A client for another vendor: two vendors share no connection.
    pub fn apart(&self) -> Self {
        Self { tls: self.tls.clone(), timeout: self.timeout, clients: RefCell::default() }
    }

    /// Whom it trusts, for what speaks TLS and not HTTP.
    pub(super) fn tls(&self) -> &rustls::ClientConfig {
        &self.tls
    }

    /// How long a request may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Gets a document of at most `limit` bytes. Redirects are followed on the same origin only.
    ///
    /// # Errors
    /// [`Trouble`], also for a body that is larger.
    pub async fn get(&self, url: &Url, allow_loopback: bool, limit: usize) -> Result<Reply, Trouble> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.send(Request::new(Method::GET, at.clone(), limit), allow_loopback).await?;
            if reply.cut {
                let what = format!("{at} sends more than {limit} bytes");
                return Err(Trouble::Refused(Error::bad_input(what)));
            }
            match (reply.status, reply.header(LOCATION).and_then(|to| at.join(to).ok())) {
                (301 | 302 | 303 | 307 | 308, Some(next)) if next.origin() == at.origin() => at = next,
                (301 | 302 | 303 | 307 | 308, Some(next)) => {
                    let host = next.origin().ascii_serialization();
                    let what = format!("{at} redirects to another origin, {host}");
                    return Err(Trouble::Refused(
                        Error::bad_input(what).hint("if that is the vendor, give its own URL"),
                    ));
                }
                _ => return Ok(reply),
            }
        }
        Err(Trouble::Refused(Error::bad_input(format!("{url} redirects more than {MAX_REDIRECTS} times"))))
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// [`Trouble`]. A larger body than asked for is cut, not an error.
    pub async fn send(&self, request: Request, allow_loopback: bool) -> Result<Reply, Trouble> {
        let Request { method, url, headers, body, limit } = request;
        let url = &url;
        let client = self.client(url, allow_loopback).await?;
        log::debug!("{method} {url}");
        let mut request = client.request(method, url.clone()).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let mut response = request.send().await.map_err(|e| trouble(url, &e))?;
        let mut reply = Reply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            cut: false,
            broken: false,
        };
        log::debug!("{} from {url}", reply.status);
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(_) => {
                    reply.broken = true;
                    break;
                }
            };
            let room = limit - reply.body.len();
            reply.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                reply.cut = true;
                break;
            }
        }
        Ok(reply)
    }

    /// A client that connects to addresses of this URL's host that were checked, and to no other.
    async fn client(&self, url: &Url, allow_loopback: bool) -> Result<Client, Trouble> {
        let key = (url.origin().ascii_serialization(), allow_loopback);
        if let Some(client) = self.clients.borrow().get(&key) {
            return Ok(client.clone());
        }
        let addresses = tokio::time::timeout(self.timeout, checked_addresses(url, allow_loopback))
            .await
            .map_err(|_| unsent(format!("{} did not resolve in time", host(url))))??;
        let client = Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent("cmr")
            .timeout(self.timeout)
            .connect_timeout(self.timeout.min(Duration::from_secs(10)))
            .resolve_to_addrs(&host(url), &addresses)
            .build()
            .map_err(|e| Trouble::Refused(Error::failed(format!("cannot set up TLS: {e}"))))?;
        self.clients.borrow_mut().insert(key, client.clone());
        Ok(client)
    }
}

fn plain_http(url: &Url) -> Error {
    Error::bad_input(format!("{url} is not https: a vendor is reached over TLS"))
        .hint("for tests on this machine, add the vendor with --allow-loopback")
}

fn unsent(what: String) -> Trouble {
    Trouble::Network { what, sent: false }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

async fn checked_addresses(url: &Url, allow_loopback: bool) -> Result<Vec<SocketAddr>, Trouble> {
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
        Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
        // Nothing that it could resolve to would do: the name need not even be looked up.
        Some(Host::Domain(name)) if url.scheme() != "https" && !allow_loopback && name != "localhost" => {
            return Err(Trouble::Refused(plain_http(url)));
        }
        Some(Host::Domain(name)) => tokio::net::lookup_host((name, port))
            .await
            .map_err(|e| unsent(format!("{name} does not resolve: {e}")))?
            .collect(),
        None => Vec::new(),
    };
    let refuse = |error: Error| Err(Trouble::Refused(error));
    for address in &addresses {
        if let Some(objection) = address::objection(address.ip(), allow_loopback) {
            let named = host(url);
            let ip = address.ip().to_string();
            let resolved = if named.contains(&ip) { String::new() } else { format!(", {ip}") };
            let what = format!("{named} is {objection}{resolved}: it is not contacted");
            let error = Error::bad_input(what);
            return refuse(match address.ip().is_loopback() {
                true => error.hint("for tests on this machine, add the vendor with --allow-loopback"),
                false => error,
            });
        }
    }
    if addresses.is_empty() {
        return Err(unsent(format!("{} has no address", host(url))));
    }
    if url.scheme() != "https" && !addresses.iter().all(|address| address.ip().is_loopback()) {
        return refuse(plain_http(url));
    }
    Ok(addresses)
}

/// Why there was no answer. A server whose certificate is somebody else's is not the vendor's: waiting does not make it so.
fn trouble(url: &Url, error: &reqwest::Error) -> Trouble {
    let what = network_words(url, error);
    match is_for_another_name(error) {
        true => Trouble::Refused(
            Error::must_act(format!("{what}: another server answers there"))
                .hint("has the vendor moved? cmr vendor show NAME says where it was"),
        ),
        false => Trouble::Network { what, sent: !error.is_connect() },
    }
}

/// Whether a connection failed because the server's certificate is for another name.
pub(super) fn is_for_another_name(error: &(dyn std::error::Error + 'static)) -> bool {
    use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
    use rustls::Error::InvalidCertificate;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let tls = error.downcast_ref::<rustls::Error>();
        if matches!(tls, Some(InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))) {
            return true;
        }
        // An error of input and output holds another as its own, and not as its source.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = held.map(|held| held as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    false
}

/// What went wrong, with the innermost cause, which names the matter: "Connection refused", "certificate expired".
fn network_words(url: &Url, error: &reqwest::Error) -> String {
    let at = url.origin().ascii_serialization();
    if error.is_timeout() {
        return format!("{at} did not answer in time");
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let words = cause.to_string();
    // "Connection refused (os error 111)": the number tells a person nothing.
    let words = words.split(" (os error").next().unwrap_or(&words);
    format!("{at}: {}", crate::text::printable(words))
}
