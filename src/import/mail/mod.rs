//! Mail: who writes to the user, and to which address. Heads alone are read; bodies are read past, neither decoded nor kept.
//!
//! All messages of one host to one address of the user's are one piece of evidence. Where a message comes from is what its
//! `From` says; signatures of domains (DKIM) are told, and not verified.

mod folder;
mod head;
mod heads;
mod host;
pub mod imap;

mod letter;
mod mbox;
mod pipeline;
mod tally;
mod traces;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use jiff::Timestamp;

use self::head::MAX_HEAD;
use self::tally::Tally;
use super::evidence::Sink;
use crate::error::{Error, Result, io};

pub(super) use self::host::{host, is_provider};
pub use self::tally::Summary;

/// What a file of mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Many messages in one file, each after a line `From …`.
    Mbox,
    /// One message (RFC 5322), as `.eml` or in a Maildir, or as Apple Mail keeps it (`.emlx`).
    Message,
}

impl Format {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Mbox => "mbox",
            Format::Message => "eml",
        }
    }
}

/// What is known before anything is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'o> {
    /// What the file is; by its content if none.
    pub format: Option<Format>,
    /// The user's own addresses. What comes from them the user wrote; and where a message names several recipients, they
    /// tell which of them it came to.
    pub mine: &'o [String],
}

/// What a file is that begins like this, by its content.
pub fn recognise(beginning: &[u8]) -> Option<Format> {
    let text = without_preamble(beginning);
    if text.starts_with(b"From ") {
        return Some(Format::Mbox);
    }
    let heads = ["from:", "to:", "date:", "subject:", "received:", "return-path:", "delivered-to:", "message-id:"];
    let head = &text[..head::end(text).unwrap_or(text.len())];
    let mut lines = head.split(|byte| *byte == b'\n');
    let known = |line: &[u8]| {
        heads.iter().any(|name| line.len() >= name.len() && line[..name.len()].eq_ignore_ascii_case(name.as_bytes()))
    };
    (lines.clone().next().is_some_and(head::is_field) && lines.any(known)).then_some(Format::Message)
}

/// Without a byte order mark, blank lines, the length that stands before a message in an `.emlx`,
/// and a line `>From …`.
fn without_preamble(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let counts = !line.is_empty() && line.len() < 20 && line.trim_ascii_end().iter().all(u8::is_ascii_digit);
    // A line that parted the message from others, and was quoted when it was taken out of an mbox.
    let parted = text.starts_with(b">From ");
    if counts || parted { text[line.len()..].trim_ascii_start() } else { text }
}

/// Reads a file, a Maildir, or a folder of either, down to the last folder in it.
///
/// # Errors
/// Not found; kind bad input for what is no mail; and what the sink says.
pub fn read(path: &Path, options: Options<'_>, sink: &mut dyn Sink) -> Result<Summary> {
    let mut reading = Reading { tally: Tally::new(options.mine), total: 0 };
    let kind = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("there is no {}", path.display())),
        _ => io("read", path, error),
    })?;
    if kind.is_dir() {
        folder::read(path, &mut reading, sink)?;
    } else if kind.is_file() {
        let file = File::open(path).map_err(|e| io("read", path, e))?;
        reading.file(file, &path.display().to_string(), options.format, sink)?;
    } else {
        // A pipe may never say a word.
        return Err(Error::bad_input(format!("{} is neither a file nor a folder", path.display()))
            .hint("what comes from a pipe is read from standard input: cmr import mail -"));
    }
    reading.tally.finish(sink)
}

/// Reads what comes from a stream, which is called `name` in errors.
///
/// # Errors
/// As [`read`].
pub fn read_stream(input: impl Read + Send, name: &str, options: Options<'_>, sink: &mut dyn Sink) -> Result<Summary> {
    let mut reading = Reading { tally: Tally::new(options.mine), total: 0 };
    reading.file(input, name, options.format, sink)?;
    reading.tally.finish(sink)
}

/// Files that are read into one tally.
struct Reading {
    tally: Tally,
    /// How many bytes were read in all.
    total: u64,
}

impl Reading {
    fn file(
        &mut self,
        mut input: impl Read + Send,
        name: &str,
        format: Option<Format>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let beginning = beginning(&mut input, name)?;
        match format.or_else(|| recognise(&beginning)) {
            Some(Format::Mbox) => self.mbox(beginning, input, name, sink),
            Some(Format::Message) => self.message(&beginning, None, sink),
            None => Err(no_mail(&beginning, name)),
        }
    }

    fn mbox(&mut self, beginning: Vec<u8>, rest: impl Read + Send, name: &str, sink: &mut dyn Sink) -> Result<()> {
        let skipped = beginning.len() - beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning).len();
        let mut beginning = Cursor::new(beginning);
        beginning.set_position(skipped as u64);
        self.total = pipeline::read(beginning.chain(rest), name, self.total, &mut self.tally, sink)?;
        Ok(())
    }

    /// A message of its own; `kept` is when it came, as its file's name says.
    fn message(&mut self, beginning: &[u8], kept: Option<Timestamp>, sink: &mut dyn Sink) -> Result<()> {
        let text = without_preamble(beginning);
        let head = head::end(text);
        let cut = head.is_none() && beginning.len() == MAX_HEAD;
        self.tally.message(&text[..head.unwrap_or(text.len())], cut, || kept);
        self.total += beginning.len() as u64;
        sink.at(self.total)
    }
}

/// As much of a file as a head may have.
fn beginning(input: &mut impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match input.take(MAX_HEAD as u64).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::failed(format!("cannot read {name}: {error}")).because(error)),
    }
}

fn no_mail(beginning: &[u8], name: &str) -> Error {
    let packed = |what: &str, hint: &str| Error::bad_input(format!("{name} is {what}")).hint(hint);
    match beginning {
        [] => Error::bad_input(format!("{name} is empty")),
        [0x1f, 0x8b, ..] => packed("packed with gzip", "unpack it first: gunzip FILE"),
        [b'B', b'Z', b'h', ..] => packed("packed with bzip2", "unpack it first: bunzip2 FILE"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => packed("packed with xz", "unpack it first: unxz FILE"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => packed("packed with zstd", "unpack it first: unzstd FILE"),
        [b'P', b'K', 3, 4, ..] => packed("a ZIP archive", "unpack it first, and import the folder"),
        [b'!', b'B', b'D', b'N', ..] => {
            packed("an Outlook data file (PST)", "turn it into an mbox first: readpst FILE")
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => packed("an Outlook message (MSG)", "save it as .eml in the mail program"),
        _ => packed(
            "no mail: it begins neither with a line `From …` nor with the head of a message",
            "cmr import mail reads mbox, Maildir, and .eml files",
        ),
    }
}

#[cfg(test)]
#[path = "corpus_tests.rs"]
mod corpus_tests;
#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
