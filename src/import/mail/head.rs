//! The head of a message (RFC 5322, 2.2): which of its fields say who wrote to whom. Fields are told apart here; what
//! stands in them is parsed by mail-parser.

use jiff::fmt::rfc2822;
use jiff::{Timestamp, civil, tz::Offset};
use mail_parser::{DateTime, MessageParser};
use memchr::{memchr, memchr_iter};

use super::folder::NOT_VENDORS;

/// The most of a head that is read, in bytes.
pub const MAX_HEAD: usize = 256 * 1024;

/// How many fields of a sort are looked at.
const MAX_FIELDS: usize = 8;

/// The fields that are looked at.
pub const FIELDS: &str = "From Sender Reply-To To Cc Delivered-To X-Original-To Envelope-To X-Envelope-To X-Mailing-List List-Post Date List-Unsubscribe List-Id \
                          DKIM-Signature Authentication-Results Return-Path";

/// What a head says, as it stands.
#[derive(Debug, Default)]
pub struct Head<'h> {
    /// The lines of the fields with addresses, one after the other.
    pub addresses: Vec<u8>,
    /// `Date`.
    pub date: Option<&'h [u8]>,
    /// The traces of who sent it.
    pub traces: Vec<(Trace, &'h [u8])>,
    /// Whether it says how to unsubscribe.
    pub unsubscribe: bool,
    /// Whether Gmail keeps it as one that the user did not want, or wrote: an export has all in one file.
    pub aside: bool,
}

/// A field that tells more about the sender than its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// `List-Unsubscribe` (RFC 2369).
    Unsubscribe,
    /// `List-Id` (RFC 2919).
    List,
    /// `DKIM-Signature` (RFC 6376): not verified here.
    Dkim,
    /// `Authentication-Results` (RFC 8601): what the mailbox's server says that it verified.
    Authenticated,
    /// `Return-Path`.
    Returns,
}

impl Trace {
    /// How many fields of this sort count. Of the results of an authentication the first does: the server of this mailbox
    /// put it on top, and what is below it anybody may have written.
    fn most(self) -> usize {
        if self == Trace::Authenticated { 1 } else { MAX_FIELDS }
    }
}

/// Where the head ends: behind its blank line. None where there is no blank line in it.
pub fn end(bytes: &[u8]) -> Option<usize> {
    if bytes.first() == Some(&b'\n') {
        return Some(1);
    }
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Whether a line begins as a field does (RFC 5322, 3.6.8): a name without spaces, and a colon.
pub fn is_field(line: &[u8]) -> bool {
    name(line).is_some()
}

fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr(b':', &line[..line.len().min(80)])?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())).then_some(name)
}

/// Tells the fields of a head apart. `head` goes up to its blank line, or is cut off before.
pub fn parse<'h>(head: &'h [u8], into: &mut Head<'h>) {
    let mut rest = head;
    while !rest.is_empty() {
        let (field, after) = rest.split_at(field_length(rest));
        rest = after;
        take(field, into);
    }
}

/// How long a field is, with the lines that it is folded into.
fn field_length(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes)
        .find(|at| !matches!(bytes.get(at + 1), Some(b' ' | b'\t')))
        .map_or(bytes.len(), |at| at + 1)
}

/// The value of a field of this name (RFC 5322, 4.5.8: spaces before the colon are an old way to write it).
fn value<'h>(field: &'h [u8], name: &str) -> Option<&'h [u8]> {
    let (start, rest) = field.split_at_checked(name.len())?;
    let rest = if rest.first() == Some(&b':') { rest } else { rest.trim_ascii_start() };
    rest.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(name.as_bytes()))
}

fn take<'h>(field: &'h [u8], into: &mut Head<'h>) {
    let (addresses, traces): (&[&str], &[(&str, Trace)]) = match field[0] | 0x20 {
        b'f' => (&["From"], &[]),
        b's' => (&["Sender"], &[]),
        b't' => (&["To"], &[]),
        b'c' => (&["Cc"], &[]),
        b'x' => (&["X-Original-To", "X-Envelope-To", "X-Mailing-List"], &[]),
        b'e' => (&["Envelope-To"], &[]),
        b'd' => (&["Delivered-To"], &[("DKIM-Signature", Trace::Dkim)]),
        b'l' => (&["List-Post"], &[("List-Unsubscribe", Trace::Unsubscribe), ("List-Id", Trace::List)]),
        b'a' => (&[], &[("Authentication-Results", Trace::Authenticated)]),
        b'r' => (&["Reply-To"], &[("Return-Path", Trace::Returns)]),
        _ => return,
    };
    if let Some(labels) = value(field, "X-Gmail-Labels") {
        into.aside |= is_aside(labels);
    }
    if let Some(flag) = value(field, "X-Spam-Flag") {
        into.aside |= flag.trim_ascii().eq_ignore_ascii_case(b"yes");
    }
    if addresses.iter().any(|name| value(field, name).is_some()) {
        into.addresses.extend_from_slice(field);
        if field.last() != Some(&b'\n') {
            into.addresses.push(b'\n');
        }
    }
    if let Some((trace, value)) = traces.iter().find_map(|(name, trace)| Some((*trace, value(field, name)?))) {
        into.unsubscribe |= trace == Trace::Unsubscribe;
        if into.traces.iter().filter(|(other, _)| *other == trace).count() < trace.most() {
            into.traces.push((trace, value));
        }
    } else if into.date.is_none() {
        into.date = value(field, "Date");
    }
}

/// Whether Gmail's labels, in whatever language, say that it is unwanted, thrown away, sent, or a draft.
fn is_aside(labels: &[u8]) -> bool {
    let text = String::from_utf8_lossy(labels);
    // Other letters than ASCII are encoded words (RFC 2047).
    let decoded = text.contains("=?").then(|| {
        let head = format!("Subject: {}\n\n", text.trim());
        MessageParser::new().with_minimal_headers().parse_headers(head.as_bytes())?.subject().map(str::to_owned)
    });
    let text = decoded.flatten().unwrap_or_else(|| text.into_owned()).to_lowercase();
    let aside = |label: &str| label == "chat" || NOT_VENDORS.contains(&label);
    text.split(',').any(|label| aside(label.trim().trim_matches('"')))
}

/// When a message was written, by its `Date`. None for a date that the calendar does not have.
pub fn date(value: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(&value[..value.len().min(200)]);
    match DateTime::parse_rfc822(&text) {
        Some(date) => timestamp(&date),
        // Without seconds, for one.
        None => rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text.trim()).ok(),
    }
}

fn timestamp(date: &DateTime) -> Option<Timestamp> {
    let number = |part: u8| i8::try_from(part).ok();
    let (year, month, day) = (i16::try_from(date.year).ok()?, number(date.month)?, number(date.day)?);
    let day = civil::Date::new(year, month, day).ok()?;
    let time = civil::Time::new(number(date.hour)?, number(date.minute)?, number(date.second)?, 0).ok()?;
    let east = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
    let offset = Offset::from_seconds(if date.tz_before_gmt { -east } else { east }).ok()?;
    offset.to_timestamp(day.to_datetime(time)).ok()
}

/// When a message came, by the line before it in an mbox (RFC 4155): in UTC, unless it says otherwise.
pub fn date_of_from_line(line: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(line).ok()?.trim_end();
    let words: Vec<&str> = text.split_whitespace().collect();
    let start =
        words.iter().rposition(|word| matches!(*word, "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun"))?;
    let date = words[start..].join(" ");
    let zoned = ["%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y %z"];
    zoned.iter().find_map(|format| Timestamp::strptime(format, &date).ok()).or_else(|| {
        let civil = civil::DateTime::strptime("%a %b %d %H:%M:%S %Y", &date).ok()?;
        Offset::UTC.to_timestamp(civil).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(text: &str) -> Head<'_> {
        let mut head = Head::default();
        parse(text.as_bytes(), &mut head);
        head
    }

    #[test]
    fn a_head_ends_at_its_blank_line() {
        assert_eq!(end(b"A: b\n\nbody"), Some(6));
        assert_eq!(end(b"A: b\r\n\r\nbody"), Some(8));
        assert_eq!(end(b"\nbody"), Some(1));
        assert_eq!(end(b"A: b\nC: d\n"), None);
        assert_eq!(end(b""), None);
    }

    #[test]
    fn fields_are_told_apart_whatever_their_case_and_folding() {
        let text = "fRoM: Shop\r\n <news@shop.example>\r\nSubject: From: x\r\nDKIM-Signature: v=1;\r\n\td=shop.example\r\n\
                    DATE : Tue, 1 Apr 2025 10:00:00 +0200\r\nAuthentication-Results: one\r\nAuthentication-Results: two\r\n\
                    list-unsubscribe: <https://shop.example/u>\r\n\r\n";
        let head = head(text);
        assert_eq!(head.addresses, b"fRoM: Shop\r\n <news@shop.example>\r\n");
        assert!(head.date.is_some() && head.unsubscribe);
        let traces: Vec<Trace> = head.traces.iter().map(|(trace, _)| *trace).collect();
        assert_eq!(traces, [Trace::Dkim, Trace::Authenticated, Trace::Unsubscribe]);
        assert_eq!(head.traces[1].1, b" one\r\n");
    }

    #[track_caller]
    fn is(found: Option<Timestamp>, expected: &str) {
        assert_eq!(found.map(|at| at.to_string()).as_deref(), Some(expected));
    }

    #[test]
    fn dates_as_they_are_written() {
        is(date(b" Tue, 1 Apr 2025 10:00:00 +0200 (CEST)\r\n"), "2025-04-01T08:00:00Z");
        is(date(b"01 Apr 99 10:00 GMT"), "1999-04-01T10:00:00Z");
        is(date(b"Tue, 1 Apr 2025 10:00:00 -0330"), "2025-04-01T13:30:00Z");
        for none in
            ["", "Sun, 30 Feb 2025 10:00:00 +0000", "yesterday", "Mon, 45 Foo 20x5", "1 Apr 2025 25:00:00 +0000"]
        {
            assert_eq!(date(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn dates_of_the_line_between_messages() {
        is(date_of_from_line(b"From a@b.example Tue Mar 04 03:33:20 2003\n"), "2003-03-04T03:33:20Z");
        is(date_of_from_line(b"From - Tue Mar  4 03:33:20 2003\r\n"), "2003-03-04T03:33:20Z");
        is(date_of_from_line(b"From 123@xxx Tue Mar 04 03:33:20 +0100 2003"), "2003-03-04T02:33:20Z");
        for none in ["From me", "From a Tue Feb 30 03:33:20 2003", "From a Tue"] {
            assert_eq!(date_of_from_line(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn every_field_of_the_list_is_looked_at() {
        for name in FIELDS.split(' ') {
            let text = format!("{name}: x\r\n");
            let head = head(&text);
            assert!(head.date.is_some() || !head.addresses.is_empty() || !head.traces.is_empty(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_head_is_told_apart(bytes: Vec<u8>) {
            let mut head = Head::default();
            parse(&bytes, &mut head);
            _ = (end(&bytes), date(&bytes), date_of_from_line(&bytes));
            prop_assert!(head.addresses.len() <= bytes.len() + 1);
        }
    }
}
