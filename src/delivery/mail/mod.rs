//! E-mail: the user's own account, messages in the form of e-mail, and what vendors write back.

use lettre::Address;
use secrecy::SecretString;

pub mod answer;
mod form;
mod line;
mod lines;
pub mod send;
mod store;
mod wire;

pub use form::{Envelope, eml, mailto, message_id};
pub(super) use lines::AT_ONCE;
pub use lines::Lines;
pub use store::{account, kept_text, put_account, put_edited, received, remove_account, take_edited_over};
pub(in crate::delivery) use store::{forget_text, is_edited, keep_text, set_brought};

use crate::error::{Error, Result};
use crate::text::printable;

/// The port of submission over TLS from the first byte (RFC 8314, section 7.3).
const IMPLICIT_TLS: u16 = 465;

/// The longest name of an account's owner, in characters.
const MAX_NAME: usize = 200;

/// The user's own mail account: who writes, and the server that takes it from them.
#[derive(Debug, Clone)]
pub struct Account {
    /// The address that messages come from.
    pub from: String,
    /// The name beside it.
    pub name: Option<String>,
    /// The server for submission.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is encrypted.
    pub tls: Tls,
    /// Who logs in there.
    pub user: Option<String>,
    /// With what.
    pub password: Option<SecretString>,
}

/// How the way to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// From the first byte (RFC 8314, section 3.3).
    Implicit,
    /// After STARTTLS (RFC 3207), and never without it.
    Starttls,
    /// Not at all: to a server on this machine, without logging in. For tests.
    None,
}

impl Tls {
    /// The name, as it is typed, and as in JSON and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            Tls::Implicit => "implicit",
            Tls::Starttls => "starttls",
            Tls::None => "none",
        }
    }

    /// What has this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Tls::Implicit, Tls::Starttls, Tls::None].into_iter().find(|tls| tls.name() == name)
    }

    /// What a port means: STARTTLS, but for the one of TLS from the first byte.
    pub fn of_port(port: u16) -> Self {
        if port == IMPLICIT_TLS { Tls::Implicit } else { Tls::Starttls }
    }
}

impl Account {
    /// Checks that its parts fit together.
    ///
    /// # Errors
    /// Kind bad input, naming what does not.
    pub fn check(&self) -> Result<()> {
        address(&self.from)?;
        if self.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME || printable(name) != *name) {
            return Err(Error::bad_input("the name beside your address is too long, or holds control characters"));
        }
        if self.tls == Tls::None && self.user.is_some() {
            return Err(Error::bad_input("nobody logs in without TLS: the password would go in clear")
                .hint("leave --tls none out: it is for tests with a server that wants no password"));
        }
        Ok(())
    }

    /// Where its server is, as it is typed.
    pub fn server(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// Checks an e-mail address (RFC 5321, section 4.1.2).
///
/// # Errors
/// Kind bad input for what is none.
pub fn address(typed: &str) -> Result<Address> {
    let refuse = || {
        Error::bad_input(format!("{} is no e-mail address", printable(typed))).hint("it has the form ada@example.org")
    };
    typed.trim().parse().map_err(|_| refuse())
}

/// A server as it is typed: a host, and a port unless it is that of TLS from the first byte.
///
/// # Errors
/// Kind bad input for what names no host.
pub fn server(typed: &str) -> Result<(String, u16)> {
    // Of a URL, host and port are read by the parser of URLs, which knows what brackets are.
    let url = url::Url::parse(&format!("smtp://{}", typed.trim()));
    let bare = |url: &url::Url| url.username().is_empty() && url.password().is_none() && url.path().is_empty();
    let host = url.as_ref().ok().filter(|url| bare(url)).and_then(|url| url.host_str());
    match (host, &url) {
        (Some(host), Ok(url)) if !host.is_empty() => {
            Ok((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(IMPLICIT_TLS)))
        }
        _ => Err(Error::bad_input(format!("{} is no mail server", printable(typed)))
            .hint("it has the form smtp.example.org:465")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(tls: Tls, user: Option<&str>) -> Account {
        let (host, port) = server("smtp.example.org").unwrap();
        let from = "ada@example.org".into();
        Account { from, name: None, host, port, tls, user: user.map(str::to_owned), password: None }
    }

    #[test]
    fn a_server_is_a_host_and_a_port() {
        assert_eq!(server("smtp.example.org").unwrap(), ("smtp.example.org".into(), 465));
        assert_eq!(server("smtp.example.org:587").unwrap(), ("smtp.example.org".into(), 587));
        assert_eq!(server("[::1]:2525").unwrap(), ("::1".into(), 2525));
        for wrong in ["", "smtp.example.org:", "smtp.example.org:99999", "ada@smtp.example.org", "a b", "x/y"] {
            assert!(server(wrong).is_err() || wrong == "smtp.example.org:", "{wrong}");
        }
        assert_eq!(
            (Tls::of_port(465), Tls::of_port(587), Tls::of_port(25)),
            (Tls::Implicit, Tls::Starttls, Tls::Starttls)
        );
    }

    #[test]
    fn nobody_logs_in_without_tls() {
        assert!(account(Tls::None, Some("ada")).check().is_err());
        assert!(account(Tls::None, None).check().is_ok() && account(Tls::Starttls, Some("ada")).check().is_ok());
        let named = |name: &str| Account { name: Some(name.into()), ..account(Tls::Implicit, None) };
        assert!(named("Ada\r\nBcc: eve@example.org").check().is_err() && named("Ada Lovelace").check().is_ok());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in
            ["", "ada", "ada@", "@example.org", "ada@example.org\r\nRCPT TO:<eve@example.org>", "a b@example.org"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert_eq!(address(" privacy@acme.example ").unwrap().to_string(), "privacy@acme.example");
    }
}
