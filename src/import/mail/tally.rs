//! What all messages come to: one piece of evidence for each host that wrote to each address, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use serde::Serialize;

use super::super::evidence::{Details, Evidence, Kind, Place, Sink};
use super::heads::{Heads, Said};
use super::letter::{self, Letter, Why};
use super::traces::{self, Traces};
use crate::error::Result;
use crate::text::printable;

/// The most pairs of a host and an address that are kept.
const MAX_PAIRS: usize = 100_000;

/// How many combinations of address lines are remembered, so that the next message with the same costs little.
const MAX_REMEMBERED: usize = 200_000;

/// What a reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// How many messages were read.
    pub messages: u64,
    /// How many of them are evidence.
    pub from_vendors: u64,
}

/// Counts messages.
pub struct Tally {
    mine: Vec<String>,
    now: Timestamp,
    summary: Summary,
    pairs: Vec<Pair>,
    by_key: HashMap<Box<str>, u32>,
    remembered: Remembered,
    apart: Apart,
    most: usize,
    /// The last message's head, of which the room is used again.
    scratch: Heads,
}

/// A host that wrote to an address of the user's; which, its key says.
#[derive(Default)]
struct Pair {
    name: Option<Box<str>>,
    place: u64,
    messages: u64,
    unsubscribe: u64,
    /// In seconds.
    first: Option<i64>,
    last: Option<i64>,
    traces: Traces,
}

/// What lines with addresses come to.
#[derive(Clone, Copy)]
enum Verdict {
    /// A message of this pair.
    Pair(u32),
    /// One too many.
    Full,
    PassedOver(Why),
    Bad(Why),
}

/// What lines came to before, by 128 bits of them: the lines themselves would not stay in the processor's cache. The bits are
/// of two hashes with keys that are drawn anew in each run, so that nobody can write two letters that have the same.
#[derive(Default)]
struct Remembered {
    keys: [RandomState; 2],
    verdicts: HashMap<[u64; 2], Verdict>,
}

impl Remembered {
    fn print(&self, lines: &[u8]) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one(lines))
    }
}

/// What gives no evidence, each reason once.
#[derive(Default)]
struct Apart(Vec<Reason>);

struct Reason {
    /// A file or folder that stands for all with the same reason; none for messages.
    file: Option<String>,
    why: String,
    /// Nothing is wrong with it.
    fine: bool,
    /// Where it came first.
    place: Place,
    count: u64,
}

impl Apart {
    fn count(&mut self, place: Place, file: Option<&str>, why: &str, fine: bool) {
        let same =
            |reason: &&mut Reason| (reason.file.is_some(), reason.fine) == (file.is_some(), fine) && reason.why == why;
        match self.0.iter_mut().find(same) {
            Some(reason) => reason.count += 1,
            None => self.0.push(Reason { file: file.map(printable), why: why.to_owned(), fine, place, count: 1 }),
        }
    }

    /// One line for each reason, with how many.
    fn tell(self, sink: &mut dyn Sink) -> Result<()> {
        for Reason { file, why, fine, place, count } in self.0 {
            let text = match (file, count) {
                (None, 1) => format!("1 message {why}"),
                (None, _) => format!("{count} messages {why}"),
                (Some(file), 1) => format!("{file}: {why}"),
                (Some(file), _) => format!("{file} and {} more: {why}", count - 1),
            };
            if fine { sink.passed_over(place, &text)? } else { sink.skipped(place, &text)? }
        }
        Ok(())
    }
}

impl Tally {
    /// Nothing yet. `mine` are the user's own addresses: what comes from them the user wrote.
    pub fn new(mine: &[String]) -> Self {
        Self {
            mine: mine.iter().filter_map(|address| super::host::mine(address)).collect(),
            now: Timestamp::now(),
            summary: Summary::default(),
            pairs: Vec::new(),
            by_key: HashMap::new(),
            remembered: Remembered::default(),
            apart: Apart::default(),
            most: MAX_PAIRS,
            scratch: Heads::default(),
        }
    }

    /// Counts a message by its head. Where its own date is none, it is the one that the mailbox gives it.
    pub fn message(&mut self, head: &[u8], cut: bool, kept: impl FnOnce() -> Option<Timestamp>) {
        let mut one = std::mem::take(&mut self.scratch);
        one.clear();
        one.push(head, cut, self.now, kept);
        self.count(&one);
        self.scratch = one;
    }

    /// Counts messages by what their heads say.
    pub fn count(&mut self, heads: &Heads) {
        heads.iter().for_each(|said| self.one(&said));
    }

    fn one(&mut self, said: &Said<'_>) {
        self.summary.messages += 1;
        let place = Place::Item(self.summary.messages);
        if said.cut() {
            self.apart.count(place, None, "with a head of more than 256 KiB, of which the beginning was read", true);
        }
        if said.aside() {
            return self.apart.count(place, None, "marked as sent, a draft, unwanted or thrown away", true);
        }
        match self.verdict(said.addresses()) {
            Verdict::Pair(at) => {
                self.summary.from_vendors += 1;
                self.pairs[at as usize].add(said);
            }
            Verdict::Full => {
                let text = format!("beyond the first {} pairs of a sender and an address of yours", self.most);
                self.apart.count(place, None, &text, false);
            }
            Verdict::PassedOver(why) => self.apart.count(place, None, words(why), true),
            Verdict::Bad(why) => self.apart.count(place, None, words(why), false),
        }
    }

    /// A message is one that the user did not keep, or did not send.
    pub fn set_aside(&mut self) {
        self.summary.messages += 1;
        let place = Place::Item(self.summary.messages);
        self.apart.count(place, None, "marked as a draft or as thrown away", true);
    }

    /// A file or folder is left out.
    pub fn left_out(&mut self, file: &str, why: &str, fine: bool) {
        self.apart.count(Place::Item(self.summary.messages + 1), Some(file), why, fine);
    }

    /// How many messages were counted.
    pub fn messages(&self) -> u64 {
        self.summary.messages
    }

    /// What dates are measured by: none is from tomorrow.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn verdict(&mut self, lines: &[u8]) -> Verdict {
        let print = self.remembered.print(lines);
        if let Some(verdict) = self.remembered.verdicts.get(&print) {
            return *verdict;
        }
        let verdict = match letter::settle(lines, &self.mine) {
            Letter::From { host, name, to } => self.pair(&host, name, to.as_deref()),
            Letter::PassedOver(why) => Verdict::PassedOver(why),
            Letter::Bad(why) => Verdict::Bad(why),
        };
        if self.remembered.verdicts.len() == MAX_REMEMBERED {
            self.remembered.verdicts.clear();
        }
        self.remembered.verdicts.insert(print, verdict);
        verdict
    }

    fn pair(&mut self, host: &str, name: Option<String>, to: Option<&str>) -> Verdict {
        let key = key(host, to);
        if let Some(at) = self.by_key.get(key.as_str()) {
            let known = &mut self.pairs[*at as usize].name;
            *known = known.take().or(name.map(Into::into));
            return Verdict::Pair(*at);
        }
        let Some(at) = u32::try_from(self.pairs.len()).ok().filter(|_| self.pairs.len() < self.most) else {
            return Verdict::Full;
        };
        let (name, place) = (name.map(Into::into), self.summary.messages);
        self.pairs.push(Pair { name, place, ..Pair::default() });
        self.by_key.insert(key.into(), at);
        Verdict::Pair(at)
    }

    /// Tells the sink what was found, and what was left out: one line for each reason, with how many.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(self, sink: &mut dyn Sink) -> Result<Summary> {
        drop(self.remembered);
        self.apart.tell(sink)?;
        let mut keys: Vec<(u32, Box<str>)> = self.by_key.into_iter().map(|(key, at)| (at, key)).collect();
        keys.sort_unstable_by_key(|(at, _)| *at);
        for (pair, (_, key)) in self.pairs.into_iter().zip(keys) {
            sink.found(pair.evidence(key.into()))?;
        }
        Ok(self.summary)
    }
}

/// What the details of a pair hold.
#[derive(Serialize)]
struct Told<'a> {
    messages: u64,
    with_unsubscribe: u64,
    #[serde(flatten)]
    traces: traces::Told<'a>,
}

impl Pair {
    fn add(&mut self, said: &Said<'_>) {
        self.messages += 1;
        self.unsubscribe += u64::from(said.unsubscribe());
        if let Some(date) = said.date().map(Timestamp::as_second) {
            self.first = Some(self.first.map_or(date, |first| first.min(date)));
            self.last = Some(self.last.map_or(date, |last| last.max(date)));
        }
        said.traces().for_each(|(trace, value)| self.traces.add(trace, value));
    }

    fn evidence(self, key: String) -> Evidence {
        let (host, to) = key.split_once(' ').unwrap_or((&key, NOBODY));
        let claims = Some(to).filter(|to| *to != NOBODY).map(|to| ("email", to.to_owned()));
        let seen = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
        let told = Told { messages: self.messages, with_unsubscribe: self.unsubscribe, traces: self.traces.told() };
        Evidence {
            kind: Kind::Mail,
            host: Some(host.to_owned()),
            name: self.name.map(Into::into),
            account: None,
            claims: claims.into_iter().collect(),
            first_seen: seen(self.first),
            last_seen: seen(self.last),
            key,
            place: Place::Item(self.place),
            details: Details::of(&told),
        }
    }
}

/// What a key has where a message does not tell which address it came to.
const NOBODY: &str = "-";

/// What stays the same from one import to the next. A host has no space in it.
fn key(host: &str, to: Option<&str>) -> String {
    format!("{host} {}", to.unwrap_or(NOBODY))
}

fn words(why: Why) -> &'static str {
    match why {
        Why::Person => "from a person's address, not a vendor's",
        Why::Own => "from an address of yours",
        Why::System => "from a mail system, not from a vendor",
        Why::Service => "from a mailing service, of which nothing says for whom it sent",
        Why::Relay => "through a relay that hides who wrote",
        Why::NoSender => "without a sender",
        Why::NoHost => "from an address without a host on the internet",
        Why::SeveralSenders => "from several senders at different hosts, and nobody says which one sent it",
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
