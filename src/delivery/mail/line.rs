//! The line to a mail server: connected and encrypted before anything of an account or a message goes over it.
//!
//! TLS is made here, and lettre speaks over it: after STARTTLS nothing may be taken for an answer that came before, and a
//! server that does not offer it gets nothing (RFC 3207, section 6; RFC 8314, section 4.1).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::commands::{Ehlo, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, ServerInfo};
use lettre::transport::smtp::response::Response;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::wire::Halt;
use super::{Account, Tls};
use crate::delivery::http::is_for_another_name;

/// The most that a server may say in a conversation, in bytes.
const MOST_SAID: usize = 256 * 1024;

/// The longest answer before the line is encrypted, in bytes (RFC 5321, section 4.5.3.1.5, and a line for each extension).
const MOST_IN_CLEAR: u64 = 16 * 1024;

/// What a server says first, for a line on which it has said it before.
const GREETING: &[u8] = b"220 \r\n";

/// A connected stream of bytes.
trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A line over which lettre can speak.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    peer: SocketAddr,
    /// What is read before anything that comes.
    first: &'static [u8],
    /// How much may still come.
    left: usize,
}

/// Who we say we are (RFC 5321, section 4.1.1.1): an address literal that is true of every machine.
pub(super) fn hello() -> ClientId {
    ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
}

/// Connects to an account's server, and encrypts the line as the account says.
pub(super) async fn connect(account: &Account, tls: &rustls::ClientConfig) -> Result<Line, Halt> {
    let tcp = reach(account).await?;
    let peer = tcp.peer_addr().map_err(|e| Halt::nothing(account, &e.to_string()))?;
    let (stream, first): (Box<dyn Stream>, &'static [u8]) = match account.tls {
        Tls::Implicit => (Box::new(encrypt(account, tls, tcp).await?), b""),
        Tls::Starttls => (Box::new(encrypt(account, tls, ask_for_tls(account, tcp).await?).await?), GREETING),
        Tls::None if peer.ip().is_loopback() => (Box::new(tcp), b""),
        Tls::None => {
            let what = format!("{} is not on this machine: nothing goes there without TLS", account.server());
            return Err(Halt::Account(what));
        }
    };
    Ok(Line { stream, peer, first, left: MOST_SAID })
}

async fn reach(account: &Account) -> Result<TcpStream, Halt> {
    let found = tokio::net::lookup_host((account.host.as_str(), account.port)).await;
    let addresses: Vec<SocketAddr> = found.map_err(|e| Halt::nothing(account, &e.to_string()))?.collect();
    if account.tls == Tls::None && !addresses.iter().all(|address| address.ip().is_loopback()) {
        let what = format!("{} is not on this machine: nothing goes there without TLS", account.server());
        return Err(Halt::Account(what));
    }
    let tcp = TcpStream::connect(addresses.as_slice()).await.map_err(|e| Halt::nothing(account, &e.to_string()))?;
    // A message and its end are written apart: the second would wait until the first is acknowledged.
    tcp.set_nodelay(true).map_err(|e| Halt::nothing(account, &e.to_string()))?;
    Ok(tcp)
}

async fn encrypt(
    account: &Account,
    tls: &rustls::ClientConfig,
    tcp: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Halt> {
    let name = ServerName::try_from(account.host.clone())
        .map_err(|_| Halt::Account(format!("{} is no name that a certificate has", account.host)))?;
    let connector = TlsConnector::from(Arc::new(tls.clone()));
    connector.connect(name, tcp).await.map_err(|e| match is_for_another_name(&e) {
        // Waiting does not make it the user's server.
        true => Halt::Account(format!("{}: {e}: another server answers there", account.server())),
        false => Halt::nothing(account, &e.to_string()),
    })
}

/// Asks for TLS on a line in clear. What came with the answer, and so in clear, ends it: it could be taken for what the
/// server says afterwards.
async fn ask_for_tls(account: &Account, tcp: TcpStream) -> Result<TcpStream, Halt> {
    let mut plain = BufReader::new(tcp);
    expect(account, &mut plain).await?;
    say(account, &mut plain, &Ehlo::new(hello()).to_string()).await?;
    let offers = ServerInfo::from_response(&expect(account, &mut plain).await?);
    if !offers.is_ok_and(|offers| offers.supports_feature(Extension::StartTls)) {
        let what = format!("{} offers no encryption (STARTTLS): nothing was sent to it", account.server());
        return Err(Halt::Account(what));
    }
    say(account, &mut plain, &Starttls.to_string()).await?;
    expect(account, &mut plain).await?;
    match plain.buffer().is_empty() {
        true => Ok(plain.into_inner()),
        false => Err(Halt::Account(format!(
            "{} said more in clear than it should have: nothing was sent to it",
            account.server()
        ))),
    }
}

async fn say(account: &Account, plain: &mut BufReader<TcpStream>, command: &str) -> Result<(), Halt> {
    plain.get_mut().write_all(command.as_bytes()).await.map_err(|e| Halt::nothing(account, &e.to_string()))
}

/// A positive answer.
async fn expect(account: &Account, plain: &mut BufReader<TcpStream>) -> Result<Response, Halt> {
    let mut answer = Vec::new();
    let mut bounded = plain.take(MOST_IN_CLEAR);
    loop {
        let begin = answer.len();
        let read = bounded.read_until(b'\n', &mut answer).await.map_err(|e| Halt::nothing(account, &e.to_string()))?;
        // RFC 5321, section 4.2.1: all lines of an answer but the last have a hyphen after the code.
        if read == 0 || answer.get(begin + 3) != Some(&b'-') {
            break;
        }
    }
    let broken = || Halt::Nothing { what: format!("{} broke off", account.server()) };
    let response: Response = String::from_utf8_lossy(&answer).parse().map_err(|_| broken())?;
    match response.is_positive() {
        true => Ok(response),
        false => {
            let words = response.message().collect::<Vec<_>>().join(" ");
            Err(Halt::answered(response.code().into(), &words).about_the_account())
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(into.remaining()));
            into.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        let came = into.filled().len() - before;
        match self.left.checked_sub(came) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::Error::other("the server says too much"))),
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
