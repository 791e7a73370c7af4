//! The browser: the authorization code grant with PKCE (RFC 7636), which comes back to a port of this machine that nobody
//! knew before (RFC 8252, section 7.3).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use oauth2::{AuthUrl, AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use url::{Url, form_urlencoded};

use super::caller::Caller;
use super::tokens::{self, scopes};
use super::{Failure, Link, MAX_WORDS, Tokens};
use crate::error::{Error, Result};
use crate::text::printable;

/// The path of the redirect.
const PATH: &str = "/linked";

/// The redirect as it is registered: the port is any (RFC 8252, section 7.3).
pub const REDIRECT: &str = "http://127.0.0.1/linked";

/// How long the browser is waited for.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long the last page may take to leave.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// What is expected to come back.
struct Expected {
    state: String,
    issuer: String,
    /// Whether the server said that it names itself (RFC 9207).
    names_itself: bool,
    answer: mpsc::Sender<Came>,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// A code.
    Code(String),
    /// The server said no, in these words.
    No(String),
    /// It is the answer of another server than was asked (RFC 9207).
    MixedUp,
}

/// A browser that is waited for.
pub struct Asked {
    /// The page that the user opens.
    pub url: Url,
    redirect: RedirectUrl,
    verifier: PkceCodeVerifier,
    answers: mpsc::Receiver<Came>,
    stop: Arc<Notify>,
    server: JoinHandle<()>,
}

/// Listens on this machine, and gives the page that the user opens.
///
/// # Errors
/// Kind bad input for a server without such a page; kind failed where no port can be had.
pub async fn begin(caller: &Caller<'_>, link: &Link) -> Result<Asked> {
    let page = link.server.authorization_endpoint.clone();
    let page = page.ok_or_else(|| Error::bad_input("the authorization server has no page for a browser"))?;
    let methods = &link.server.code_challenge_methods_supported;
    if !methods.is_empty() && !methods.iter().any(|method| method == "S256") {
        return Err(Error::bad_input("the authorization server cannot tie an answer to its question (PKCE, S256)"));
    }
    let no_port = |e: std::io::Error| Error::failed(format!("cannot listen on this machine: {e}"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    let redirect = RedirectUrl::new(format!("http://127.0.0.1:{port}{PATH}"))
        .map_err(|e| Error::failed(format!("no redirect: {e}")))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let asking = caller.asking().set_auth_uri(AuthUrl::from_url(page));
    let mut request = asking
        .authorize_url(CsrfToken::new_random)
        .set_pkce_challenge(challenge)
        .set_redirect_uri(Cow::Borrowed(&redirect))
        .add_scopes(scopes(&link.scope));
    if let Some(resource) = &link.resource {
        request = request.add_extra_param("resource", resource);
    }
    if link.scope.iter().any(|scope| scope == "offline_access") {
        // OpenID Connect Core 1.0, section 11: without it, no refresh token.
        request = request.add_extra_param("prompt", "consent");
    }
    let (url, state) = request.url();
    let (answer, answers) = mpsc::channel(1);
    let expected = Expected {
        state: state.secret().clone(),
        issuer: link.server.issuer.clone(),
        names_itself: link.server.authorization_response_iss_parameter_supported,
        answer,
    };
    let stop = Arc::new(Notify::new());
    let server = serve(listener, expected, Arc::clone(&stop));
    Ok(Asked { url, redirect, verifier, answers, stop, server })
}

impl Asked {
    /// Waits until the browser comes back, and gets the tokens for the code that it brings.
    ///
    /// # Errors
    /// A [`Failure`].
    pub async fn wait(mut self, caller: &Caller<'_>, link: &Link) -> Result<Tokens, Failure> {
        let came = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        self.stop.notify_one();
        // The last page may not leave, and is not waited for.
        let _ = tokio::time::timeout(LAST_PAGE, self.server).await;
        let code = match came {
            Ok(Some(Came::Code(code))) => code,
            Ok(Some(Came::No(code))) => return Err(Failure::Refused { code, words: String::new() }),
            Ok(Some(Came::MixedUp)) => return Err(Failure::Unusable(mixed_up(&link.server.issuer))),
            Ok(None) | Err(_) => return Err(Failure::Unusable(nobody_came())),
        };
        let asking = caller.asking();
        let mut request = asking
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(self.verifier)
            .set_redirect_uri(Cow::Borrowed(&self.redirect));
        if let Some(resource) = &link.resource {
            request = request.add_extra_param("resource", resource);
        }
        let answer = request.request_async(caller).await.map_err(|error| caller.failure(error))?;
        tokens::read(&answer, link.dpop, None, Timestamp::now())
    }
}

fn mixed_up(issuer: &str) -> Error {
    Error::must_act(format!("the browser came back with the answer of another server than {}", printable(issuer)))
        .hint("nothing was linked: somebody may have tried to mix two servers up")
}

fn nobody_came() -> Error {
    Error::must_act("nobody came back from the browser in time").hint("try again, and open the page at once")
}

/// Answers on this machine until it is stopped.
fn serve(listener: TcpListener, expected: Expected, stop: Arc<Notify>) -> JoinHandle<()> {
    let router = Router::new().route(PATH, get(redirected)).with_state(Arc::new(expected));
    tokio::spawn(async move {
        let server = axum::serve(listener, router).with_graceful_shutdown(async move { stop.notified().await });
        if let Err(error) = server.await {
            log::info!("listening on this machine ended: {error}");
        }
    })
}

async fn redirected(State(expected): State<Arc<Expected>>, RawQuery(query): RawQuery) -> Response {
    let Some(came) = judge(&expected, query.as_deref().unwrap_or_default()) else {
        return page(StatusCode::BAD_REQUEST, "This is not the answer to what cmr asked. Nothing was done with it.\n");
    };
    let words = match came {
        Came::Code(_) => "You can close this window: cmr goes on in the terminal.\n",
        Came::No(_) | Came::MixedUp => "Nothing was linked. You can close this window: cmr says why in the terminal.\n",
    };
    // Whoever came first was it.
    match expected.answer.try_send(came) {
        Ok(()) => page(StatusCode::OK, words),
        Err(_) => page(StatusCode::GONE, "This has been answered already.\n"),
    }
}

fn page(status: StatusCode, words: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")], words).into_response()
}

/// What a redirect means; none for one that answers nothing that we asked: it is not the state that we sent.
fn judge(expected: &Expected, query: &str) -> Option<Came> {
    let value = |wanted: &str| {
        let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
        // RFC 6749, section 3.1: no parameter comes twice.
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.into_owned())
    };
    if value("state").as_ref() != Some(&expected.state) {
        return None;
    }
    match value("iss") {
        Some(issuer) if issuer != expected.issuer => return Some(Came::MixedUp),
        None if expected.names_itself => return Some(Came::MixedUp),
        _ => {}
    }
    let shown = |text: String| printable(&text).chars().take(MAX_WORDS).collect();
    Some(match (value("error"), value("code")) {
        (Some(error), _) => Came::No(shown(error)),
        (None, Some(code)) if !code.is_empty() => Came::Code(code),
        (None, _) => Came::No("it brought no code".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_an_answer_without_our_state(query in "[a-z=&%0-9-]{0,60}", names_itself: bool) {
            prop_assume!(!query.contains("the-state"));
            prop_assert_eq!(judged(&query, names_itself), None);
        }
    }

    fn judged(query: &str, names_itself: bool) -> Option<Came> {
        let (answer, _) = mpsc::channel(1);
        let issuer = "https://as.example".to_owned();
        judge(&Expected { state: "the-state".into(), issuer, names_itself, answer }, query)
    }

    #[test]
    fn only_the_state_that_was_sent_is_an_answer() {
        for query in ["code=c", "code=c&state=other", "code=c&state=", "", "state=the-state&state=other&code=c"] {
            assert_eq!(judged(query, false), None, "{query}");
        }
        assert_eq!(judged("code=c&state=the-state", false), Some(Came::Code("c".into())));
    }

    #[test]
    fn the_answer_of_another_server_is_a_mix_up_and_so_is_one_without_a_name_where_one_was_promised() {
        let other = "code=c&state=the-state&iss=https%3A%2F%2Fevil.example";
        assert_eq!(judged(other, false), Some(Came::MixedUp));
        assert_eq!(judged("code=c&state=the-state", true), Some(Came::MixedUp));
        let right = "code=c&state=the-state&iss=https%3A%2F%2Fas.example";
        assert_eq!(judged(right, true), Some(Came::Code("c".into())));
        assert_eq!(judged("code=c&iss=https%3A%2F%2Fevil.example", false), None);
    }

    #[test]
    fn a_no_is_a_no_whatever_comes_with_it() {
        let no = |query| judged(query, false);
        assert_eq!(no("error=access_denied&code=c&state=the-state"), Some(Came::No("access_denied".into())));
        assert_eq!(no("error=%1b%5b2J&state=the-state"), Some(Came::No("[2J".into())));
        assert_eq!(no("state=the-state"), Some(Came::No("it brought no code".into())));
        assert_eq!(no("code=a&code=b&state=the-state"), Some(Came::No("it brought no code".into())));
    }
}
