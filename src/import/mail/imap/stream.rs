//! What comes from the server, counted: an answer is bounded, whatever length it claims.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fence::Fence;

/// The most that one answer may have, in bytes.
const MAX_ANSWER: u64 = 1024 * 1024;

/// How much is read at a time, in bytes.
const PIECE: usize = 8 * 1024;

/// How much was read in all, and before the answer that is being read.
#[derive(Debug, Default)]
pub struct Meter {
    total: AtomicU64,
    before: AtomicU64,
}

impl Meter {
    /// An answer is complete.
    pub fn answered(&self) {
        self.before.store(self.total(), Ordering::Relaxed);
    }

    /// How much was read in all.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    fn read(&self, count: usize) -> io::Result<()> {
        let total = self.total.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        bounded(total - self.before.load(Ordering::Relaxed))
    }
}

fn bounded(length: u64) -> io::Result<()> {
    match length {
        0..=MAX_ANSWER => Ok(()),
        _ => Err(io::Error::other("the server gives an answer of more than 1 MiB")),
    }
}

/// A connection to a server, over TLS or whatever else there is between.
pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Connection for S {}

/// A connection with a meter.
#[derive(Debug)]
pub struct Metered<'c> {
    stream: Box<dyn Connection + 'c>,
    meter: Arc<Meter>,
    fence: Fence,
    /// What passed the fence, and how much of it was taken.
    ready: Vec<u8>,
    taken: usize,
}

impl<'c> Metered<'c> {
    pub fn new(stream: impl Connection + 'c, meter: Arc<Meter>) -> Self {
        Self { stream: Box::new(stream), meter, fence: Fence::default(), ready: Vec::new(), taken: 0 }
    }
}

impl AsyncRead for Metered<'_> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Room for as much as the answer claims to have.
        bounded(buf.remaining() as u64)?;
        let this = &mut *self;
        while this.taken == this.ready.len() {
            let mut piece = [0; PIECE];
            let mut read = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.meter.read(read.filled().len())?;
            this.ready.clear();
            this.taken = 0;
            this.fence.pass(read.filled(), &mut this.ready)?;
        }
        let now = &this.ready[this.taken..];
        let now = &now[..now.len().min(buf.remaining())];
        buf.put_slice(now);
        this.taken += now.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded_and_a_conversation_is_not() {
        let meter = Meter::default();
        for _ in 0..10 {
            meter.read(MAX_ANSWER as usize).expect("an answer of that size");
            meter.answered();
        }
        meter.read(MAX_ANSWER as usize).expect("an answer of that size");
        assert!(meter.read(1).is_err());
        assert_eq!(meter.total(), 11 * MAX_ANSWER + 1);
    }
}
