//! An mbox, message by message: mboxo, mboxrd, mboxcl and mboxcl2 (RFC 4155 has no more than the common part of them).
//! Bodies are read past and not kept.

use std::io::Read;
use std::sync::LazyLock;

use memchr::{memchr, memmem};

use super::head::{self, MAX_HEAD};
use crate::error::{Error, Result};

/// How much is read at once. A head, the line before it and what tells the next one from text fit in.
const BLOCK: usize = 1024 * 1024;

/// The longest line that may part messages, and how much of the one after it is looked at.
const MAX_LINE: usize = 1024;

/// What is kept of what was searched: less than a line's beginning, and the line's end before it.
const OVERLAP: usize = 8;

static FROM: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("\nFrom "));
static LENGTH: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("\nContent-Length:"));

/// Hears how many bytes were read in all; its error ends the reading.
pub type At<'a> = &'a mut dyn FnMut(u64) -> Result<()>;

/// A message of an mbox, without its body.
pub struct Message<'m> {
    /// The line that parts it from the one before.
    pub from_line: &'m [u8],
    /// Its head.
    pub head: &'m [u8],
    /// Whether the head went on.
    pub cut: bool,
}

/// Parts what it reads into messages, in a buffer that does not grow.
pub struct Mbox<R> {
    input: R,
    name: String,
    buffer: Vec<u8>,
    /// What of the buffer is to be looked at yet.
    start: usize,
    end: usize,
    /// There is no more to read.
    over: bool,
    /// How much was read in all.
    total: u64,
    began: bool,
}

impl<R: Read> Mbox<R> {
    /// An mbox that is called `name` in errors.
    pub fn new(input: R, name: String) -> Self {
        let buffer = vec![0; BLOCK];
        Self { input, name, buffer, start: 0, end: 0, over: false, total: 0, began: false }
    }

    /// The next message, or none at the end.
    ///
    /// # Errors
    /// What keeps it from reading, what `at` says, and kind bad input for what is no mbox.
    pub fn next(&mut self, at: At<'_>) -> Result<Option<Message<'_>>> {
        let found = if self.began { self.skip_body(at)? } else { self.begin(at)? };
        if !found {
            return Ok(None);
        }
        let line = self.line(at)?;
        let (length, cut) = self.head(line, at)?;
        let from = self.start;
        let (line, head) = (from..from + line, from + line..from + line + length);
        // The blank line's end stays: the next message may begin right behind it.
        self.start = self.past_body(head.clone()).max(head.start) - 1;
        Ok(Some(Message { from_line: &self.buffer[line], head: &self.buffer[head], cut }))
    }

    fn begin(&mut self, at: At<'_>) -> Result<bool> {
        self.began = true;
        self.fill(at)?;
        let blank = self.rest().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.start += blank;
        match self.rest() {
            [] => Ok(false),
            rest if rest.starts_with(b"From ") => Ok(true),
            _ => Err(Error::bad_input(format!("{} does not begin with a line `From …`: it is no mbox", self.name))),
        }
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads until the buffer is full or the input ends; what was looked at makes room.
    fn fill(&mut self, at: At<'_>) -> Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while !self.over && self.end < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.over = true,
                Ok(count) => (self.end, self.total) = (self.end + count, self.total + count as u64),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::failed(format!("cannot read {}: {error}", self.name)).because(error)),
            }
        }
        at(self.total)
    }

    /// At least so many bytes are there, or all that there are.
    fn ensure(&mut self, length: usize, at: At<'_>) -> Result<()> {
        if self.end - self.start < length && !self.over { self.fill(at) } else { Ok(()) }
    }

    /// How long the line `From ` is.
    fn line(&mut self, at: At<'_>) -> Result<usize> {
        self.ensure(MAX_LINE, at)?;
        let rest = self.rest();
        let seen = &rest[..rest.len().min(MAX_LINE)];
        Ok(memchr(b'\n', seen).map_or(seen.len(), |at| at + 1))
    }

    /// How long the head behind the line is, and whether it went on.
    fn head(&mut self, line: usize, at: At<'_>) -> Result<(usize, bool)> {
        loop {
            let rest = &self.rest()[line..];
            let seen = &rest[..rest.len().min(MAX_HEAD)];
            if let Some(length) = head::end(seen) {
                return Ok((before_another(&seen[..length]), false));
            }
            if seen.len() == MAX_HEAD || self.over {
                let length = before_another(seen);
                return Ok((length, length == MAX_HEAD));
            }
            self.fill(at)?;
        }
    }

    /// Where the body ends by `Content-Length`, if another message begins right there, or the file ends; else where
    /// it begins.
    fn past_body(&self, head: std::ops::Range<usize>) -> usize {
        let stated = || {
            let seen = &self.buffer[head.start - 1..head.end];
            let at = LENGTH.find(seen)? + "\nContent-Length:".len();
            let digits = seen[at..].split(|byte| *byte == b'\n').next()?;
            let length: usize = std::str::from_utf8(digits).ok()?.trim().parse().ok()?;
            let end = head.end.checked_add(length).filter(|end| *end <= self.end)?;
            let blank =
                self.buffer[end..self.end].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).take(4).count();
            let next = &self.buffer[end + blank..self.end];
            let is_last = next.is_empty() && self.over;
            (is_last || next.starts_with(b"From ")).then_some(end + blank)
        };
        stated().unwrap_or(head.end)
    }

    /// Goes on to the next line that parts messages; false at the end.
    fn skip_body(&mut self, at: At<'_>) -> Result<bool> {
        loop {
            let Some(found) = FROM.find(self.rest()) else {
                if self.over {
                    return Ok(false);
                }
                self.start = self.start.max(self.end.saturating_sub(OVERLAP));
                self.fill(at)?;
                continue;
            };
            // What comes before it stays in sight.
            let before = found.min(2);
            self.start += found - before;
            self.ensure(2 * MAX_LINE, at)?;
            let rest = self.rest();
            let blank = matches!(&rest[..before], [.., b'\n'] | [b'\n', b'\r']) || before == 0;
            let parts = parts(blank, &rest[before + 1..rest.len().min(before + 1 + 2 * MAX_LINE)]);
            self.start += before + 1;
            if parts {
                return Ok(true);
            }
        }
    }
}

/// How much of a head is one: a message without a body may have no blank line either.
fn before_another(head: &[u8]) -> usize {
    let dated = |at: &usize| dated(head[at + 1..].split(|byte| *byte == b'\n').next().unwrap_or_default());
    FROM.find_iter(head).find(dated).map_or(head.len(), |at| at + 1)
}

/// Whether a line that begins with `From ` parts messages. It does with a date in it, as every program writes it, behind a
/// blank line or before a field; without one, between the two. Else somebody wrote a sentence that begins with that word.
fn parts(after_blank: bool, text: &[u8]) -> bool {
    let Some(end) = memchr(b'\n', text) else { return false };
    let (line, next) = (&text[..end], &text[end + 1..]);
    match dated(line) {
        true => after_blank || head::is_field(next),
        false => after_blank && head::is_field(next),
    }
}

/// Whether a line has a time of day and a year.
fn dated(line: &[u8]) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let time = line.windows(5).any(|five| five[2] == b':' && digits(&five[..2]) && digits(&five[3..]));
    let year = |word: &[u8]| word.len() == 4 && digits(word) && (word.starts_with(b"19") || word.starts_with(b"20"));
    time && line.split(u8::is_ascii_whitespace).any(year)
}

#[cfg(test)]
#[path = "mbox_tests.rs"]
mod tests;
