//! The conversation with the user's mail server (RFC 5321, RFC 6409): log in, hand a message over.

use std::cell::Cell;
use std::error::Error as _;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use secrecy::ExposeSecret;

use super::{Account, Tls, address, line};
use crate::text::printable;

/// The most characters of a server's words that are kept.
const MAX_WORDS: usize = 300;

/// The most messages that go over one connection: servers count, and end those that go on for long.
const MOST_MESSAGES: usize = 50;

/// A message on its way to the user's server.
pub(super) struct Outgoing<'a> {
    /// Who sends it.
    pub account: &'a Account,
    /// The address that it goes to.
    pub to: &'a str,
    /// The message.
    pub bytes: &'a [u8],
    /// Whether anything of it may have arrived.
    pub left: Cell<bool>,
}

/// Why a message went no further.
#[derive(Debug, PartialEq)]
pub(super) enum Halt {
    /// Nobody answered, or not to the end.
    Nothing {
        /// What went wrong, in words.
        what: String,
    },
    /// The server answered with a code that is no yes (RFC 5321, section 4.2.1).
    Answered {
        /// The code.
        code: u16,
        /// What it says with it; printable.
        words: String,
    },
    /// The account does not let in, or cannot be used as it is set up: the user has to look at it.
    Account(String),
}

impl Halt {
    /// Nobody answered, and what went wrong.
    pub(super) fn nothing(account: &Account, words: &str) -> Self {
        // "Connection refused (os error 111)": the number tells a person nothing.
        let words = words.split(" (os error").next().unwrap_or(words);
        Halt::Nothing { what: format!("{}: {}", account.server(), printable(words)) }
    }

    /// The server answered.
    pub(super) fn answered(code: u16, words: &str) -> Self {
        let words = printable(&format!("{code} {words}")).chars().take(MAX_WORDS).collect();
        Halt::Answered { code, words }
    }

    /// An answer for good before the message was spoken of is one to the account.
    pub(super) fn about_the_account(self) -> Self {
        match self {
            Halt::Answered { code, words } if code >= 500 => Halt::Account(words),
            other => other,
        }
    }

    /// Whether the server wants fewer connections: it goes, or cannot serve so many (RFC 5321, section 3.8; 432 is what
    /// Exchange says).
    pub(super) fn is_one_too_many(&self) -> bool {
        matches!(self, Halt::Answered { code: 421 | 432, .. })
    }

    /// Whether the connection can go on after it.
    pub(super) fn leaves_the_line(&self) -> bool {
        match self {
            Halt::Nothing { .. } => false,
            Halt::Answered { code, .. } => *code != 421,
            Halt::Account(_) => true,
        }
    }

    fn of(account: &Account, error: &lettre::transport::smtp::Error) -> Self {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        match error.status() {
            Some(code) => Self::answered(code.into(), &words),
            None if error.is_client() => Halt::Account(printable(&words)),
            None if words.is_empty() => Halt::Nothing { what: format!("{} broke off", account.server()) },
            None => Halt::Nothing { what: format!("{}: {}", account.server(), printable(&words)) },
        }
    }
}

/// Logs in and does nothing.
pub(super) async fn check(account: &Account, tls: &rustls::ClientConfig) -> Result<(), Halt> {
    // It let us in: that is what was asked.
    Session::open(account, tls).await?.end().await;
    Ok(())
}

/// A conversation with the user's server, logged in: several messages go over it, one after the other.
pub(super) struct Session {
    server: AsyncSmtpConnection,
    /// Where it leads, and who is logged in.
    place: (String, Option<String>),
    /// How many messages went over it.
    handed: usize,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(account: &Account, tls: &rustls::ClientConfig) -> Result<Self, Halt> {
        let line = line::connect(account, tls).await?;
        let halt = |e: lettre::transport::smtp::Error| Halt::of(account, &e).about_the_account();
        let stream = Box::new(line);
        let mut server = AsyncSmtpConnection::connect_with_transport(stream, &line::hello()).await.map_err(halt)?;
        if let (Some(user), Some(password)) = (&account.user, &account.password) {
            if account.tls == Tls::None {
                return Err(Halt::Account("nobody logs in without TLS: the password would go in clear".into()));
            }
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            server.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(halt)?;
        }
        Ok(Self { server, place: place(account), handed: 0 })
    }

    /// Whether messages of this account can go over it.
    pub(super) fn serves(&self, account: &Account) -> bool {
        self.place == place(account)
    }

    /// Hands a message over.
    pub(super) async fn hand_over(&mut self, mail: &Outgoing<'_>) -> Result<(), Halt> {
        let (account, no_address) = (mail.account, |e: crate::error::Error| Halt::Account(e.to_string()));
        let (from, to) = (address(&account.from).map_err(no_address)?, address(mail.to).map_err(no_address)?);
        let (server, halt) = (&mut self.server, |e: lettre::transport::smtp::Error| Halt::of(account, &e));
        let international = !from.to_string().is_ascii() || !to.to_string().is_ascii();
        if international && !server.server_info().supports_feature(Extension::SmtpUtfEight) {
            // RFC 6531, section 3.1.
            let words = "it takes no address beyond ASCII (SMTPUTF8)";
            return Err(Halt::Account(format!("{}: {words}", account.server())));
        }
        let parameters = if international { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
        self.handed += 1;
        server.command(Mail::new(Some(from), parameters)).await.map_err(|e| halt(e).about_the_account())?;
        server.command(Rcpt::new(to, Vec::new())).await.map_err(halt)?;
        server.command(Data).await.map_err(halt)?;
        mail.left.set(true);
        server.message(mail.bytes).await.map_err(halt)?;
        Ok(())
    }

    /// Whether it is still there and takes another message, of which nothing is mixed with one that was refused (RFC
    /// 5321, section 4.1.1.5).
    pub(super) async fn is_ready_again(&mut self) -> bool {
        self.handed < MOST_MESSAGES && self.server.command(Rset).await.is_ok()
    }

    /// Says goodbye: whether the server hears it changes nothing.
    pub(super) async fn end(mut self) {
        let _ = self.server.quit().await;
    }
}

fn place(account: &Account) -> (String, Option<String>) {
    (account.server(), account.user.clone())
}
