//! From bytes to the text of single cards: character sets, and where each card begins and ends.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::Problem;
use crate::error::Error;

/// The text of one card.
pub(super) struct Source {
    /// The line of its `BEGIN` in the file, from 1.
    pub line: usize,
    /// The lines between `BEGIN` and `END`; the first is the line after `BEGIN`. Lines of another card within this
    /// one are empty.
    pub body: Vec<String>,
    /// Where cards within this card begin.
    pub nested: Vec<usize>,
}

/// The text of a file: by its byte order mark, else UTF-8, else line by line.
pub(super) fn decode(bytes: &[u8]) -> (String, Vec<Problem>) {
    let (text, problems) = if let Some((encoding, mark)) = Encoding::for_bom(bytes).filter(|(e, _)| *e != UTF_8) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[mark..]);
        let what = format!("some of the text is not {}", encoding.name());
        (text, if bad { vec![Problem::new(1, &what)] } else { Vec::new() })
    } else {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), Vec::new()),
            Err(_) => decode_lines(bytes),
        }
    };
    let old_mac = text.contains('\r') && !text.contains('\n');
    (if old_mac { text.replace('\r', "\n") } else { text.into_owned() }, problems)
}

/// A file that is not UTF-8 as a whole is often a mixture. Each line counts for itself: UTF-8, else what its property
/// says (`CHARSET=`, vCard 2.1), else windows-1252.
fn decode_lines(bytes: &[u8]) -> (Cow<'_, str>, Vec<Problem>) {
    let mut text = String::with_capacity(bytes.len() * 2);
    let mut problems: Vec<Problem> = Vec::new();
    let mut named = None;
    let mut seen: Vec<&'static Encoding> = Vec::new();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            named = charset(line);
        }
        if let Ok(line) = std::str::from_utf8(line) {
            text.push_str(line);
            continue;
        }
        let encoding = named.filter(|named| *named != UTF_8).unwrap_or(WINDOWS_1252);
        text.push_str(&encoding.decode_without_bom_handling(line).0);
        if !seen.contains(&encoding) {
            seen.push(encoding);
            problems.push(Problem::read(index + 1, &format!("not UTF-8: read as {}", encoding.name())));
        }
    }
    (Cow::Owned(text), problems)
}

/// The character set that a property names in its parameters.
fn charset(line: &[u8]) -> Option<&'static Encoding> {
    let parameters = line.split(|byte| *byte == b':').next()?;
    parameters.split(|byte| *byte == b';').find_map(|parameter| {
        let (name, value) = parameter.split_at_checked(8)?;
        name.eq_ignore_ascii_case(b"CHARSET=").then(|| Encoding::for_label(value)).flatten()
    })
}

/// Bytes that are not UTF-8, as the most frequent of the old character sets.
pub(super) fn windows_1252(bytes: &[u8]) -> String {
    WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Begin,
    End,
}

/// Whether a line begins or ends a card.
fn mark(line: &str) -> Option<Mark> {
    let (name, value) = line.split_once(':')?;
    let trim = |text: &'_ str| text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned();
    if !trim(value).eq_ignore_ascii_case("VCARD") {
        return None;
    }
    match trim(name).to_ascii_uppercase().as_str() {
        "BEGIN" => Some(Mark::Begin),
        "END" => Some(Mark::End),
        _ => None,
    }
}

/// The name in upper case of the property that begins on this line, without its group.
pub(super) fn property_name(line: &str) -> Option<String> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    let (name, _) = line.split_once([':', ';'])?;
    let name = name.rsplit('.').next().unwrap_or(name).trim();
    Some(name.to_ascii_uppercase()).filter(|name| !name.is_empty())
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

fn is_agent(line: &str) -> bool {
    property_name(line).as_deref() == Some("AGENT")
}

/// A card that has begun and not ended.
struct Open {
    source: Source,
    /// White space before `BEGIN`, and so before every line: without it, an indented line continues the one before.
    indent: String,
    /// How many cards are open within this one.
    depth: usize,
}

impl Open {
    fn new(number: usize, line: &str) -> Self {
        let indent = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        Self { source: Source { line: number, body: Vec::new(), nested: Vec::new() }, indent, depth: 0 }
    }

    fn previous(&self) -> Option<&String> {
        self.source.body.iter().rev().find(|line| !line.trim().is_empty())
    }
}

/// Finds the cards of a text.
pub(super) fn split(text: &str) -> (Vec<Source>, Vec<Problem>) {
    let mut splitter = Splitter { cards: Vec::new(), problems: Vec::new(), open: None, outside: false };
    for (index, line) in text.lines().enumerate() {
        splitter.line(index + 1, line);
    }
    splitter.close(false);
    (splitter.cards, splitter.problems)
}

struct Splitter {
    cards: Vec<Source>,
    problems: Vec<Problem>,
    open: Option<Open>,
    /// Whether the last lines were outside any card, and have been reported.
    outside: bool,
}

impl Splitter {
    fn line(&mut self, number: usize, line: &str) {
        let Some(open) = &mut self.open else { return self.between(number, line) };
        let line = line.strip_prefix(open.indent.as_str()).unwrap_or(line);
        // A card within this one may be indented, as a continuation of its AGENT.
        let found = mark(line).filter(|_| open.depth > 0 || !is_indented(line));
        match found {
            Some(Mark::End) if open.depth == 0 => self.close(true),
            Some(Mark::End) => {
                open.depth -= 1;
                open.source.body.push(String::new());
            }
            Some(Mark::Begin) if open.depth > 0 || open.previous().is_some_and(|line| is_agent(line)) => {
                open.nest(number, "");
            }
            Some(Mark::Begin) => {
                self.close(false);
                self.open = Some(Open::new(number, line));
            }
            None if is_agent(line) && line.split_once(':').is_some_and(|(_, rest)| mark(rest) == Some(Mark::Begin)) => {
                open.nest(number, "AGENT:");
            }
            None if open.depth > 0 => open.source.body.push(String::new()),
            None if matches!(property_name(line).as_deref(), Some("BEGIN" | "END")) => {
                open.source.body.push(String::new());
                self.problems.push(Problem::new(number, "not part of a vCard"));
            }
            None => open.source.body.push(line.to_owned()),
        }
    }

    /// A line that is in no card.
    fn between(&mut self, number: usize, line: &str) {
        match mark(line) {
            Some(Mark::Begin) => {
                self.outside = false;
                self.open = Some(Open::new(number, line.trim_start_matches('\u{feff}')));
            }
            Some(Mark::End) => {
                self.outside = false;
                self.problems.push(Problem::new(number, "END:VCARD without its BEGIN:VCARD"));
            }
            None if self.outside || line.trim().is_empty() => {}
            None => {
                self.outside = true;
                self.problems.push(Problem::new(number, "not part of a vCard"));
            }
        }
    }

    fn close(&mut self, ended: bool) {
        let Some(mut open) = self.open.take() else { return };
        // Nothing came after an indented end: it was no continuation of the line before it.
        let last = open.source.body.iter().rposition(|line| !line.trim().is_empty());
        let indented_end = last.filter(|last| !ended && mark(&open.source.body[*last]) == Some(Mark::End));
        if let Some(last) = indented_end {
            open.source.body.truncate(last);
        }
        if !ended && indented_end.is_none() {
            let what = "this card has no END:VCARD; it may be cut off: what there is of it is read";
            self.problems.push(Problem::read(open.source.line, what));
        }
        self.cards.push(open.source);
    }
}

impl Open {
    fn nest(&mut self, number: usize, line: &str) {
        if self.depth == 0 {
            self.source.nested.push(number);
        }
        self.depth += 1;
        self.source.body.push(line.to_owned());
    }
}

/// Why a file without any vCard is refused: what it looks like.
pub(super) fn refusal(bytes: &[u8], text: &str) -> Error {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let head: String = start.chars().take(4096).collect::<String>().to_ascii_lowercase();
    let zeros = bytes.iter().take(64).filter(|byte| **byte == 0).count();
    let what = if start.is_empty() {
        "the file is empty"
    } else if zeros >= bytes.len().min(64) / 3 && zeros > 0 {
        "this looks like UTF-16 without a byte order mark, or like a binary file"
    } else if text.contains('\0') {
        "this is a binary file, not a vCard"
    } else if head.starts_with('<') && head.contains("vcard") {
        "this is an XML vCard (RFC 6351), which is not read"
    } else if head.starts_with('[') && head.contains("\"vcard\"") {
        "this is a jCard, a vCard in JSON (RFC 7095), which is not read"
    } else if head.starts_with("begin:vcalendar") {
        "this is a calendar (iCalendar), not a vCard"
    } else {
        "no BEGIN:VCARD was found: this is not a vCard"
    };
    Error::bad_input(what).hint("export the contacts as vCard (.vcf), version 3.0 or 4.0, in UTF-8")
}
