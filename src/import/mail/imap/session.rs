//! A conversation with a server: every wait ends, and whoever wants to stop is heard in between.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::{Capability, Response, ResponseCode, Status};
use rustls_pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::super::evidence::Sink;
use super::stream::{Connection, Meter, Metered};
use super::{Account, Plain};
use crate::error::{Error, Result};
use crate::text::printable;

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the sink is asked whether to go on.
const TICK: Duration = Duration::from_millis(200);

/// How much of a server's words is shown, in characters.
const MAX_WORDS: usize = 300;

/// A mailbox that is open.
pub struct Session<'c> {
    inner: async_imap::Session<Metered<'c>>,
    meter: Arc<Meter>,
    host: String,
}

/// Connects to the account's server.
pub async fn connect(account: &Account, sink: &mut dyn Sink) -> Result<TlsStream<TcpStream>> {
    let Account { host, port, .. } = account;
    check(account)?;
    let config = Arc::new(crate::tls::client()?);
    let name =
        ServerName::try_from(host.clone()).map_err(|_| Error::bad_input(format!("{} is no host", printable(host))))?;
    let meter = Meter::default();
    let stream = wait(host, &meter, sink, TcpStream::connect((host.as_str(), *port))).await?;
    let stream = stream.map_err(|e| failed(host, &e))?;
    let stream = wait(host, &meter, sink, TlsConnector::from(config).connect(name, stream)).await?;
    stream.map_err(|e| failed(host, &e))
}

impl<'c> Session<'c> {
    /// Opens the mailbox over a connection.
    pub async fn open(stream: impl Connection + 'c, account: &Account, sink: &mut dyn Sink) -> Result<Self> {
        let host = &account.host;
        check(account)?;
        let meter = Arc::new(Meter::default());
        let mut client = Client::new(Metered::new(stream, Arc::clone(&meter)));
        let greeting = wait(host, &meter, sink, client.read_response()).await?;
        let greeting = greeting.map_err(|e| failed(host, &e))?.ok_or_else(|| broken(host))?;
        let way = greeted(host, greeting.parsed())?;
        meter.answered();
        let opened = match way {
            Way::Plain => wait(host, &meter, sink, client.authenticate("PLAIN", Plain(account))).await?,
            Way::Login => {
                wait(host, &meter, sink, client.login(&account.user, account.password.expose_secret())).await?
            }
        };
        let inner = opened.map_err(|(error, _)| refused(host, error))?;
        meter.answered();
        Ok(Self { inner, meter, host: host.clone() })
    }

    /// Gives a command, and each answer to `take` until it is done.
    pub async fn command(
        &mut self,
        command: &str,
        sink: &mut dyn Sink,
        take: &mut dyn FnMut(&Response<'_>) -> Result<()>,
    ) -> Result<()> {
        let Self { inner, meter, host } = self;
        let sent = wait(host, meter, sink, inner.run_command(command)).await?;
        let id = sent.map_err(|error| other(host, error))?;
        loop {
            let answer = wait(host, meter, sink, inner.read_response()).await?;
            let answer = answer.map_err(|e| failed(host, &e))?.ok_or_else(|| broken(host))?;
            meter.answered();
            match answer.parsed() {
                Response::Done { tag, status: Status::Ok, .. } if *tag == id => return sink.at(meter.total()),
                Response::Done { tag, outcome, .. } if *tag == id => {
                    let words = words(outcome.information.as_deref().unwrap_or("without a reason"));
                    return Err(Error::failed(format!("{host} refuses to show it: {words}")));
                }
                Response::Data { status: Status::Bye, .. } => return Err(broken(host)),
                response => take(response)?,
            }
        }
    }

    /// Says goodbye; whoever does not listen has nothing of ours to lose.
    pub async fn leave(mut self, sink: &mut dyn Sink) {
        _ = self.command("LOGOUT", sink, &mut |_| Ok(())).await;
    }
}

/// Waits, and lets the user stop meanwhile.
async fn wait<F: Future>(host: &str, meter: &Meter, sink: &mut dyn Sink, work: F) -> Result<F::Output> {
    let mut work = pin!(work);
    for _ in 0..PATIENCE.as_millis() / TICK.as_millis() {
        match tokio::time::timeout(TICK, &mut work).await {
            Ok(done) => return Ok(done),
            Err(_) => sink.at(meter.total())?,
        }
    }
    Err(Error::failed(format!("{host} did not answer in time")))
}

/// How a server takes a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `AUTHENTICATE PLAIN`.
    Plain,
    /// `LOGIN`.
    Login,
}

fn greeted(host: &str, greeting: &Response<'_>) -> Result<Way> {
    match greeting {
        Response::Data { status: Status::Ok, outcome } => match &outcome.code {
            Some(ResponseCode::Capabilities(all)) => way(all).ok_or_else(|| {
                Error::must_act(format!("{host} takes no password"))
                    .hint("export the mail as mbox, and import that: cmr import mail FILE")
            }),
            _ => Ok(Way::Login),
        },
        Response::Data { outcome, .. } => {
            let words = words(outcome.information.as_deref().unwrap_or("without a reason"));
            Err(Error::failed(format!("{host} turns us away: {words}")))
        }
        _ => Err(Error::failed(format!("{host} does not speak IMAP"))),
    }
}

/// The way that a server's capabilities leave.
pub fn way(all: &[Capability<'_>]) -> Option<Way> {
    let says =
        |name: &str| all.iter().any(|one| matches!(one, Capability::Atom(atom) if atom.eq_ignore_ascii_case(name)));
    let plain = all.iter().any(|one| matches!(one, Capability::Auth(how) if how.eq_ignore_ascii_case("PLAIN")));
    match (plain, says("LOGINDISABLED")) {
        (true, _) => Some(Way::Plain),
        (false, false) => Some(Way::Login),
        (false, true) => None,
    }
}

/// A name and password that can be sent (RFC 4616: neither has a NUL; RFC 3501: a quoted string has no line's end).
fn check(account: &Account) -> Result<()> {
    let sound = |text: &str| !text.is_empty() && !text.contains(['\0', '\r', '\n']);
    match sound(&account.user) && sound(account.password.expose_secret()) {
        true => Ok(()),
        false => Err(Error::bad_input("the name or the password is empty, or has a line's end in it")),
    }
}

/// A name as a quoted string (RFC 3501, 4.3).
pub fn quoted(name: &str) -> Result<String> {
    match name.contains(['\0', '\r', '\n']) {
        true => Err(Error::bad_input("its name has a line's end in it")),
        false => Ok(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))),
    }
}

fn words(text: &str) -> String {
    printable(text).chars().take(MAX_WORDS).collect()
}

fn broken(host: &str) -> Error {
    Error::failed(format!("{host} broke the connection off: nothing was imported")).hint("try again")
}

fn failed(host: &str, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => broken(host),
        _ => {
            let text = error.to_string();
            // "Connection refused (os error 111)": the number tells a person nothing.
            Error::failed(format!("{host}: {}", words(text.split(" (os error").next().unwrap_or(&text))))
        }
    }
}

/// An error of the library. It never holds what we sent.
fn other(host: &str, error: async_imap::error::Error) -> Error {
    match error {
        async_imap::error::Error::Io(error) => failed(host, &error),
        async_imap::error::Error::ConnectionLost => broken(host),
        error => Error::failed(format!("{host}: {}", words(&error.to_string()))),
    }
}

fn refused(host: &str, error: async_imap::error::Error) -> Error {
    match error {
        async_imap::error::Error::No(_) | async_imap::error::Error::Bad(_) => {
            Error::must_act(format!("{host} does not take this name and password"))
                .hint("many providers want a password for this program alone: make one in the account's settings")
        }
        error => other(host, error),
    }
}
