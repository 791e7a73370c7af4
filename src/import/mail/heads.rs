//! What many heads say, in one piece of memory: one thread notes them while another counts.

use std::ops::Range;

use jiff::{Timestamp, ToSpan};

use super::head::{self, Head, Trace};

/// Heads, one after the other.
#[derive(Default)]
pub struct Heads {
    bytes: Vec<u8>,
    traces: Vec<(Trace, Range<usize>)>,
    heads: Vec<Noted>,
}

/// Where in the bytes and traces a head's are.
struct Noted {
    addresses: Range<usize>,
    traces: Range<usize>,
    date: Option<Timestamp>,
    unsubscribe: bool,
    aside: bool,
    cut: bool,
}

/// What one head says.
pub struct Said<'h> {
    heads: &'h Heads,
    noted: &'h Noted,
}

impl Heads {
    /// How many bytes they take.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets them, and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.traces.clear();
        self.heads.clear();
    }

    /// Notes a head, which went on if it is `cut`. Where its own date is none, it is the one that the mailbox gives it.
    pub fn push(&mut self, head: &[u8], cut: bool, now: Timestamp, kept: impl FnOnce() -> Option<Timestamp>) {
        let start = self.bytes.len();
        let mut read =
            Head { addresses: std::mem::take(&mut self.bytes), traces: Vec::with_capacity(8), ..Head::default() };
        head::parse(head, &mut read);
        let Head { addresses, date, traces, unsubscribe, aside } = read;
        self.bytes = addresses;
        let addresses = start..self.bytes.len();
        let first = self.traces.len();
        for (trace, value) in traces {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(value);
            self.traces.push((trace, start..self.bytes.len()));
        }
        let date = if aside { None } else { date.and_then(head::date).filter(|date| is_plausible(*date, now)) };
        let date = date.or_else(|| if aside { None } else { kept().filter(|date| is_plausible(*date, now)) });
        let traces = first..self.traces.len();
        self.heads.push(Noted { addresses, traces, date, unsubscribe, aside, cut });
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Said<'_>> {
        self.heads.iter().map(|noted| Said { heads: self, noted })
    }
}

/// No mail is from before there was any, and none from tomorrow.
fn is_plausible(date: Timestamp, now: Timestamp) -> bool {
    date.as_second() > 0 && date <= now.saturating_add(24.hours()).unwrap_or(Timestamp::MAX)
}

impl<'h> Said<'h> {
    /// The lines of the fields with addresses, one after the other.
    pub fn addresses(&self) -> &'h [u8] {
        &self.heads.bytes[self.noted.addresses.clone()]
    }

    /// The traces of who sent it.
    pub fn traces(&self) -> impl Iterator<Item = (Trace, &'h [u8])> {
        let heads = self.heads;
        heads.traces[self.noted.traces.clone()].iter().map(|(trace, value)| (*trace, &heads.bytes[value.clone()]))
    }

    /// When it was written, or came.
    pub fn date(&self) -> Option<Timestamp> {
        self.noted.date
    }

    /// Whether it says how to unsubscribe.
    pub fn unsubscribe(&self) -> bool {
        self.noted.unsubscribe
    }

    /// Whether the user did not want it, or wrote it.
    pub fn aside(&self) -> bool {
        self.noted.aside
    }

    /// Whether it went on.
    pub fn cut(&self) -> bool {
        self.noted.cut
    }
}
