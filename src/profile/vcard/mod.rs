//! vCard in and out: versions 2.1, 3.0 and 4.0 (RFC 6350) are read, 4.0 is written.
//!
//! Lines and escapes are the business of the `calcard` crate, in both directions; this room decides which property
//! becomes which claim, and says what it left out.
//!
//! # What comes back
//!
//! `read(write(claims))` gives the same claims, in the order of the catalogue, labels included: the label of a claim
//! travels in `PROP-ID` (RFC 9554, section 4.7), which is believed only in cards whose `PRODID` is that of this
//! program; other programs find it in `TYPE` or in Apple's `X-ABLabel`. A vCard cannot carry
//!
//! - a labelled given, family, middle or birth name, birth date or gender: such a claim is not written;
//! - control characters, and white space around a value;
//! - two spaces in a row in a nickname, which the reader may take for one;
//! - a birth date that is neither a date, nor a day without a year, nor a year: it is not written.

mod company;
mod labels;
mod map;
mod source;
mod write;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use calcard::vcard::{VCard, VCardEntry, VCardProperty, VCardValue};
use calcard::{Entry, Parser};

use crate::error::{Error, Result};
use crate::profile::model::Claim;
use crate::text::printable;

pub use company::{Company, CompanyFile, companies};
pub use write::write;

/// The largest file that is read, in bytes: 16 MiB.
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// Bad lines that are reported one by one in one card; further ones are passed over together.
const BAD_LINES_A_CARD: usize = 16;

/// How a card of this program names its writer (`PRODID`).
const PRODUCT: &str = "-//cmr//";

/// A file of cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFile {
    /// The cards, in the order of the file.
    pub cards: Vec<Card>,
    /// What could not be read, in the order of lines.
    pub problems: Vec<Problem>,
}

/// One card, as claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its place in the file, from 1.
    pub number: usize,
    /// The line of its `BEGIN`, from 1.
    pub line: usize,
    /// What to call it: the formatted name, else the name, the organisation, an e-mail address, or `card N`.
    pub title: String,
    /// What a profile can hold of it; not checked yet.
    pub claims: Vec<Claim>,
    /// What a profile has no place for.
    pub left_out: Vec<LeftOut>,
}

/// A property of a card that did not become a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// The property's name in upper case, such as `NOTE`.
    pub property: String,
    /// The reason, in a few words.
    pub why: String,
}

/// Something in the file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file, from 1.
    pub line: usize,
    /// What it is, fit for a terminal and at most 80 characters long.
    pub what: String,
    /// Whether the line was read all the same: it is worth knowing, and nothing is missing.
    pub is_read: bool,
}

impl Problem {
    fn new(line: usize, what: &str) -> Self {
        Self { line, what: bounded(what, 80), is_read: false }
    }

    fn read(line: usize, what: &str) -> Self {
        Self { is_read: true, ..Self::new(line, what) }
    }
}

/// Reads a file of vCards. Broken cards are read as far as they go, and what is wrong with them is reported.
///
/// # Errors
/// Kind bad input if the file is larger than [`LARGEST_FILE`], or if there is no vCard in it at all; the message says
/// what the file looks like instead.
pub fn read(bytes: &[u8]) -> Result<CardFile> {
    let (parsed, mut problems) = parse_all(bytes)?;
    let mut cards = Vec::with_capacity(parsed.len());
    for (index, parsed) in parsed.into_iter().enumerate() {
        let mapped = map::claims(&parsed.card, &parsed.lines, &parsed.nested);
        problems.extend(mapped.problems);
        cards.push(Card {
            number: index + 1,
            line: parsed.line,
            title: mapped.title.unwrap_or_else(|| format!("card {}", index + 1)),
            claims: mapped.claims,
            left_out: mapped.left_out,
        });
    }
    problems.sort_by_key(|problem| problem.line);
    Ok(CardFile { cards, problems })
}

/// One card, read and not understood yet.
struct Parsed {
    card: VCard,
    /// The line of its `BEGIN`.
    line: usize,
    /// The line of each property, where it is known.
    lines: Vec<Option<usize>>,
    /// Where cards within it begin.
    nested: Vec<usize>,
}

fn parse_all(bytes: &[u8]) -> Result<(Vec<Parsed>, Vec<Problem>)> {
    if bytes.len() > LARGEST_FILE {
        return Err(Error::bad_input("the file is larger than 16 MiB, the limit for a file of vCards"));
    }
    let (text, mut problems) = source::decode(bytes);
    let (sources, more) = source::split(&text);
    if sources.is_empty() {
        return Err(source::refusal(bytes, &text));
    }
    problems.extend(more);
    let mut parsed = Vec::with_capacity(sources.len());
    for source in sources {
        let (mut card, more) = parse(&source);
        problems.extend(more);
        let lines = property_lines(&card, &source);
        for (entry, line) in card.entries.iter_mut().zip(&lines) {
            if let Some(line) = line {
                repair(entry, &source.body[*line]);
            }
        }
        let lines = lines.into_iter().map(|line| line.map(|index| source.line + 1 + index)).collect::<Vec<_>>();
        parsed.push(Parsed { card, line: source.line, lines, nested: source.nested });
    }
    Ok((parsed, problems))
}

/// Gives one card to the parser: strictly, as long as it names lines that it cannot read, then as it can.
fn parse(source: &source::Source) -> (VCard, Vec<Problem>) {
    let mut body: Vec<String> = source.body.iter().map(|line| with_charset(line)).collect();
    let mut problems = Vec::new();
    let mut from = 0;
    for _ in 0..BAD_LINES_A_CARD {
        match Parser::new(&whole(&body)).strict().entry() {
            Entry::VCard(vcard) => return (vcard, problems),
            Entry::InvalidLine(text) => {
                let Some(index) = find_line(&body, from, &text) else { break };
                // Not its text: a note that a program wrote without folding it looks like this.
                problems.push(Problem::new(source.line + 1 + index, "not a vCard property"));
                body[index].clear();
                from = index + 1;
            }
            _ => break,
        }
    }
    problems.push(Problem::new(source.line, "some lines of this card could not be read"));
    match Parser::new(&whole(&body)).entry() {
        Entry::VCard(vcard) => (vcard, problems),
        _ => (VCard::default(), problems),
    }
}

/// The line of the card's body on which each property begins; the parser does not say.
fn property_lines(card: &VCard, source: &source::Source) -> Vec<Option<usize>> {
    let mut lines: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (index, line) in source.body.iter().enumerate() {
        if let Some(name) = source::property_name(line) {
            lines.entry(name).or_default().push_back(index);
        }
    }
    let names = card.entries.iter().map(|entry| entry.name.as_str().to_ascii_uppercase());
    names.map(|name| lines.get_mut(&name).and_then(VecDeque::pop_front)).collect()
}

/// Puts right what the parser loses, by the line as it was written.
fn repair(entry: &mut VCardEntry, line: &str) {
    let Some((parameters, value)) = line.split_once(':') else { return };
    // The day of `1985-04-12` in version 4.0, and of `--04-12` in any: both are written all the same. Such a birth
    // date becomes a text again, and is read as one.
    let cut = |value: &VCardValue| matches!(value, VCardValue::PartialDateTime(date) if date.day.is_none());
    if entry.name == VCardProperty::Bday && value.contains('-') && entry.values.first().is_some_and(cut) {
        entry.values = vec![VCardValue::Text(value.to_owned())];
    }
    if !names_no_charset(parameters) {
        return;
    }
    for value in &mut entry.values {
        if let VCardValue::Binary(data) = value {
            *value = VCardValue::Text(source::windows_1252(&data.data));
        }
    }
}

/// Whether a property is quoted-printable (vCard 2.1) and does not say in which character set.
fn names_no_charset(parameters: &str) -> bool {
    let parameters = parameters.to_ascii_uppercase();
    parameters.contains("QUOTED-PRINTABLE") && !parameters.contains("CHARSET")
}

/// The parser takes quoted-printable text without a character set for windows-1252, though it often is UTF-8. Told of
/// a set that it does not know, it gives UTF-8 as text and anything else as bytes.
fn with_charset(line: &str) -> String {
    match line.split_once(':') {
        Some((parameters, value)) if source::property_name(line).is_some() && names_no_charset(parameters) => {
            format!("{parameters};CHARSET=X-UNKNOWN:{value}")
        }
        _ => line.to_owned(),
    }
}

/// The text of a card with both of its ends. The empty line keeps a soft line break at the end from swallowing `END`.
fn whole(body: &[String]) -> String {
    format!("BEGIN:VCARD\n{}\n\nEND:VCARD\n", body.join("\n"))
}

/// The line that the parser complained of; it gives the text without folds and without some of the white space.
fn find_line(body: &[String], from: usize, text: &str) -> Option<usize> {
    let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '"').collect::<String>();
    let wanted = squeeze(text);
    let starts = |line: &String| {
        let line = squeeze(line);
        !line.is_empty() && (wanted.starts_with(&line) || line.starts_with(&wanted) && !wanted.is_empty())
    };
    body.iter().skip(from).position(starts).map(|index| index + from)
}

/// Somebody else's text, fit for a terminal and no longer than `most` characters.
fn bounded(text: &str, most: usize) -> String {
    let text = printable(text);
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
