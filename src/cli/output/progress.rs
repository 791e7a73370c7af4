//! A line on standard error that says how far something has come, and is gone in the end.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// What is over sooner than this is not worth a line.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often the line changes.
const PACE: Duration = Duration::from_millis(100);

/// The line; it goes with this. It is drawn by a thread of its own: while somebody is waited for nothing is reported,
/// and that is when a person wants to read it.
pub struct Progress {
    at: Arc<At>,
    painter: Option<(Sender<()>, JoinHandle<()>)>,
}

/// So many are done, of so many.
#[derive(Default)]
struct At {
    done: AtomicU64,
    of: AtomicU64,
}

impl Progress {
    pub(super) fn new(what: &'static str, visible: bool) -> Self {
        let at = Arc::new(At::default());
        let (stop, stopped) = channel();
        let shared = Arc::clone(&at);
        let draw = move || paint(what, &shared, &stopped, PATIENCE, &mut anstream::stderr());
        // Without a thread to spare there is no line.
        let painter = visible.then(|| Builder::new().spawn(draw).ok()).flatten().map(|painter| (stop, painter));
        Self { at, painter }
    }

    /// So many are done, of so many.
    pub fn at(&self, done: u64, of: u64) {
        self.at.of.store(of, Ordering::Relaxed);
        self.at.done.store(done, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, painter)) = self.painter.take() {
            drop(stop);
            // The line is gone before anything else is printed. A thread that failed drew nothing of worth.
            let _ = painter.join();
        }
    }
}

/// Draws the line until nobody holds the other end of `stopped`.
fn paint(what: &str, at: &At, stopped: &Receiver<()>, patience: Duration, out: &mut impl Write) {
    let (mut drawn, mut wait) = (None, patience);
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = PACE;
        let now = (at.done.load(Ordering::Relaxed), at.of.load(Ordering::Relaxed));
        if now.1 > 0 && drawn != Some(now) {
            drawn = Some(now);
            let (done, of) = now;
            write(out, &format!("\r\u{1b}[K{what}: {done} of {of} ({} %)", done * 100 / of));
        }
    }
    if drawn.is_some() {
        write(out, "\r\u{1b}[K");
    }
}

fn write(out: &mut impl Write, text: &str) {
    // Nobody is left to tell if this fails.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells what is written, so that a test need not guess when.
    struct Told(Sender<String>);

    impl Write for Told {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(text).into_owned());
            Ok(text.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_line_is_drawn_though_nothing_more_is_reported() {
        let at = &At { done: 26.into(), of: 30.into() };
        let (stop, stopped) = channel();
        let (tell, told) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || paint("Delivering", at, &stopped, Duration::ZERO, &mut Told(tell)));
            assert_eq!(told.recv().as_deref(), Ok("\r\u{1b}[KDelivering: 26 of 30 (86 %)"));
            drop(stop);
        });
        assert_eq!(told.iter().collect::<Vec<_>>(), ["\r\u{1b}[K"]);
    }

    #[test]
    fn what_is_over_soon_draws_nothing() {
        let at = At { done: 1.into(), of: 2.into() };
        let (stop, stopped) = channel();
        drop(stop);
        let mut drawn = Vec::new();
        paint("Delivering", &at, &stopped, PATIENCE, &mut drawn);
        assert_eq!(String::from_utf8_lossy(&drawn), "");
    }
}
