//! The conversation with the user's mail server (RFC 5321, RFC 6409): log in, hand a message over.

use std::cell::Cell;
use std::error::Error as _;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use secrecy::ExposeSecret;

use super::{Account, Tls, address, line};
use crate::text::printable;

/// The most characters of a server's words that are kept.
const MAX_WORDS: usize = 300;

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
    /// Nobody answered.
    pub(super) fn nothing(account: &Account, error: &std::io::Error) -> Self {
        let words = error.to_string();
        // "Connection refused (os error 111)": the number tells a person nothing.
        let words = words.split(" (os error").next().unwrap_or(&words);
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
    let mut server = log_in(account, tls).await?;
    // It let us in: that is what was asked.
    let _ = server.quit().await;
    Ok(())
}

/// Hands a message over. `left` is set once anything of it may have arrived.
pub(super) async fn hand_over(
    account: &Account,
    tls: &rustls::ClientConfig,
    to: &str,
    mail: &[u8],
    left: &Cell<bool>,
) -> Result<(), Halt> {
    let no_address = |e: crate::error::Error| Halt::Account(e.to_string());
    let (from, to) = (address(&account.from).map_err(no_address)?, address(to).map_err(no_address)?);
    let mut server = log_in(account, tls).await?;
    let halt = |e: lettre::transport::smtp::Error| Halt::of(account, &e);
    let international = !from.to_string().is_ascii() || !to.to_string().is_ascii();
    if international && !server.server_info().supports_feature(Extension::SmtpUtfEight) {
        // RFC 6531, section 3.1.
        let words = "it takes no address beyond ASCII (SMTPUTF8)";
        return Err(Halt::Account(format!("{}: {words}", account.server())));
    }
    let parameters = if international { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    server.command(Mail::new(Some(from), parameters)).await.map_err(|e| halt(e).about_the_account())?;
    server.command(Rcpt::new(to, Vec::new())).await.map_err(halt)?;
    server.command(Data).await.map_err(halt)?;
    left.set(true);
    server.message(mail).await.map_err(halt)?;
    // It has taken the message: whether it hears goodbye changes nothing.
    let _ = server.quit().await;
    Ok(())
}

async fn log_in(account: &Account, tls: &rustls::ClientConfig) -> Result<AsyncSmtpConnection, Halt> {
    let line = line::connect(account, tls).await?;
    let halt = |e: lettre::transport::smtp::Error| Halt::of(account, &e).about_the_account();
    let mut server = AsyncSmtpConnection::connect_with_transport(Box::new(line), &line::hello()).await.map_err(halt)?;
    if let (Some(user), Some(password)) = (&account.user, &account.password) {
        if account.tls == Tls::None {
            return Err(Halt::Account("nobody logs in without TLS: the password would go in clear".into()));
        }
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        server.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(halt)?;
    }
    Ok(server)
}
