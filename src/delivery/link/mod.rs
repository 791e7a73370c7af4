//! Account linking by OAuth: the vendor lets in whoever the user let in once, and the user takes that back.
//!
//! `discover` finds the vendor's authorization server, `metadata` says what of its document counts; `register` makes one
//! client for one relationship; `device` and `browser` are the two ways in which the user says yes; `caller` is how each
//! request proves who asks, `proof` what is signed for that; `tokens` refreshes, `unlink` takes everything back.
//! Decisions: `docs/decisions/0018-linking.md`.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use url::Url;

use crate::error::Error;
use crate::text::printable;

pub mod browser;
pub mod caller;
pub mod credential;
pub mod device;
pub mod discover;
pub mod metadata;
mod proof;
pub mod register;
mod renew;
mod store;
pub mod tokens;
pub mod unlink;

pub use credential::{Credential, credential};
pub use store::{
    find, forget, is_linked, keep_client, keep_linked, keep_new_key, keep_pending, keep_tokens, key_of, names, summary,
};

use metadata::Server;

/// The most of an answer of an authorization server that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// The most characters of a server's words that are shown.
const MAX_WORDS: usize = 200;

/// How long before its end a token counts as expired: it must live until the vendor looks at it.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// How a client proves itself to the authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// By a JWT that the relationship's key signs (RFC 7523).
    PrivateKeyJwt,
    /// By a secret, in a header (RFC 6749, section 2.3.1).
    Basic,
    /// By a secret, in the body.
    Post,
    /// Not at all: a public client.
    None,
}

impl Auth {
    /// All of them.
    pub const ALL: [Auth; 4] = [Auth::PrivateKeyJwt, Auth::Basic, Auth::Post, Auth::None];

    /// The name in RFC 7591, and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            Auth::PrivateKeyJwt => "private_key_jwt",
            Auth::Basic => "client_secret_basic",
            Auth::Post => "client_secret_post",
            Auth::None => "none",
        }
    }

    /// The way of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|auth| auth.name() == name)
    }
}

/// Who we are to an authorization server: another one for each relationship.
#[derive(Debug, Clone)]
pub struct Client {
    /// The name that the server gave.
    pub id: String,
    /// A secret, for servers that want one.
    pub secret: Option<SecretString>,
    /// How it proves itself.
    pub auth: Auth,
    /// Where its registration is read, changed and deleted (RFC 7592), and what lets in there.
    pub registration: Option<(Url, SecretString)>,
}

/// The tokens of a linked account.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// What lets in.
    pub access: SecretString,
    /// What gets the next one.
    pub refresh: Option<SecretString>,
    /// Whether it is bound to a key (RFC 9449).
    pub dpop: bool,
    /// Until when it lets in, if the server said so.
    pub expires_at: Option<Timestamp>,
    /// What it lets do, if the server said so.
    pub scope: Option<String>,
}

impl Tokens {
    /// Whether it no longer lets in, or not for long enough.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end.duration_since(now) <= LEEWAY)
    }
}

/// A link between a relationship and an account, from the registration of its client on.
#[derive(Debug, Clone)]
pub struct Link {
    /// What the authorization server published.
    pub server: Server,
    /// Origins other than the vendor's own that the user approved for it.
    pub approved_origins: Vec<String>,
    /// The resource that tokens are asked for (RFC 8707): none where the vendor's document did not name the server.
    pub resource: Option<String>,
    /// What is asked for.
    pub scope: Vec<String>,
    /// Whether tokens are to be bound to the key.
    pub dpop: bool,
    /// Who we are there.
    pub client: Client,
    /// The thumbprint of the relationship's key that the client has. It may be older than the one that signs messages.
    pub client_key: String,
    /// The tokens, once the user said yes.
    pub tokens: Option<Tokens>,
    /// When the tokens were last refreshed.
    pub refreshed_at: Option<Timestamp>,
    /// When the account was linked.
    pub linked_at: Option<Timestamp>,
    /// A device code that nobody confirmed yet.
    pub pending: Option<device::Pending>,
}

impl Link {
    /// Whether something of it lies at the vendor that only this knows how to take back.
    pub fn is_worth_keeping(&self) -> bool {
        self.tokens.is_some() || self.client.registration.is_some()
    }
}

/// What of a link may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The authorization server.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// When the account was linked; none while nobody confirmed it.
    pub linked_at: Option<Timestamp>,
    /// When the tokens were last refreshed.
    pub refreshed_at: Option<Timestamp>,
    /// Until when the token lets in.
    pub expires_at: Option<Timestamp>,
    /// Whether it is refreshed then.
    pub refreshes: bool,
    /// Whether it is bound to a key.
    pub dpop: bool,
    /// What it lets do.
    pub scope: Option<String>,
}

impl Summary {
    /// What is shown of a link.
    pub fn of(link: &Link) -> Self {
        let tokens = link.tokens.as_ref();
        let asked = || (!link.scope.is_empty()).then(|| link.scope.join(" "));
        Self {
            issuer: printable(&link.server.issuer),
            client_id: printable(&link.client.id),
            linked_at: link.linked_at,
            refreshed_at: link.refreshed_at,
            expires_at: tokens.and_then(|tokens| tokens.expires_at),
            refreshes: tokens.is_some_and(|tokens| tokens.refresh.is_some()),
            dpop: tokens.is_some_and(|tokens| tokens.dpop),
            scope: tokens.and_then(|tokens| tokens.scope.clone()).or_else(asked).map(|scope| printable(&scope)),
        }
    }
}

/// Why an authorization server gave nothing.
#[derive(Debug)]
pub enum Failure {
    /// There was no answer, or none yet: it may work later.
    Lost(String),
    /// It said no: the standard's code, and its own words where they may be shown.
    Refused {
        /// The code of RFC 6749, section 5.2.
        code: String,
        /// Its own words.
        words: String,
    },
    /// What it said cannot be used, or it is not talked to.
    Unusable(Error),
}

impl Failure {
    /// Whether it said no in just this way.
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Failure::Refused { code, .. } if code == wanted)
    }

    /// The same for the user, after what was tried.
    pub fn during(self, what: &str) -> Error {
        match self {
            Failure::Lost(why) => Error::failed(format!("{what}: {why}")).hint("try again"),
            Failure::Refused { code, words } if words.is_empty() => Error::must_act(format!("{what}: {code}")),
            Failure::Refused { code, words } => Error::must_act(format!("{what}: {code} ({words})")),
            Failure::Unusable(error) => error,
        }
    }
}
