//! A line on standard error that says how far something has come, and is gone in the end.

use std::io::Write;
use std::time::{Duration, Instant};

/// What is over sooner than this is not worth a line.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often the line changes.
const PACE: Duration = Duration::from_millis(100);

/// The line; it goes with this.
pub struct Progress {
    what: &'static str,
    shown: bool,
    next: Instant,
    visible: bool,
}

impl Progress {
    pub(super) fn new(what: &'static str, visible: bool) -> Self {
        Self { what, shown: false, next: Instant::now() + PATIENCE, visible }
    }

    /// So many are done, of so many.
    pub fn at(&mut self, done: u64, of: u64) {
        if !self.visible || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + PACE;
        self.shown = true;
        let percent = done * 100 / of.max(1);
        self.write(&format!("\r\u{1b}[K{}: {done} of {of} ({percent} %)", self.what));
    }

    fn write(&self, text: &str) {
        let mut stderr = anstream::stderr().lock();
        // Nobody is left to tell if this fails.
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            self.write("\r\u{1b}[K");
        }
    }
}
