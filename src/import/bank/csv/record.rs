//! From lines to records. The state machine of the `csv` crate parses; what is decided here is where a record ends if its
//! quotes do not.

use std::collections::VecDeque;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::super::source::Source;
use crate::error::Result;

/// Lines that a quoted field may run over, and bytes.
const MOST_LINES: usize = 16;
const MOST_BYTES: usize = 64 * 1024;

/// Columns, at most.
const MOST_COLUMNS: usize = 256;

/// A line of the file.
#[derive(Debug, Clone)]
struct Line {
    number: u64,
    text: String,
    too_long: bool,
}

/// What stands on one or more lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The first line.
    pub line: u64,
    /// The fields, or what is wrong.
    pub fields: Result<Vec<String>, &'static str>,
}

/// The records of a file.
pub(super) struct Records<'s, 'i> {
    pub source: &'s mut Source<'i>,
    ahead: VecDeque<Line>,
    reader: Reader,
    plain: Reader,
    /// How many columns the file has, as far as it is known.
    pub expected: usize,
}

impl<'s, 'i> Records<'s, 'i> {
    pub(super) fn new(source: &'s mut Source<'i>) -> Self {
        let (reader, plain) = readers(b',');
        Self { source, ahead: VecDeque::new(), reader, plain, expected: 0 }
    }

    /// Reads ahead, at most `lines` lines or 64 KiB, and finds out by what the fields are separated.
    pub(super) fn sniff(&mut self, lines: usize) -> Result<u8> {
        let mut bytes = 0;
        while self.ahead.len() < lines && bytes < MOST_BYTES {
            let Some(line) = self.read_line()? else { break };
            bytes += line.text.len();
            self.ahead.push_back(line);
        }
        let score = |separator: &u8| {
            let (_, mut plain) = readers(*separator);
            let (mut reader, _) = readers(*separator);
            let mut counts = std::collections::BTreeMap::new();
            for line in &self.ahead {
                let fields = parse(&mut reader, &line.text).or_else(|| parse(&mut plain, &line.text));
                let count = fields.map_or(0, |fields| fields.len());
                *counts.entry(count).or_insert(0usize) += 1;
            }
            let alike = counts.into_iter().filter(|(count, _)| *count > 1);
            alike.map(|(count, lines)| lines * count.min(8)).max().unwrap_or(0)
        };
        // The first of the best: a file that several fit has the rarer one on purpose.
        let separators = [b';', b'\t', b',', b'|'];
        let best = separators.iter().rev().max_by_key(|separator| score(separator)).copied().unwrap_or(b',');
        (self.reader, self.plain) = readers(best);
        Ok(best)
    }

    /// The records of what was read ahead, without taking them. They end where one is not complete.
    pub(super) fn sample(&mut self) -> Vec<Record> {
        let kept = self.ahead.clone();
        let mut sample = Vec::new();
        while !self.ahead.is_empty() {
            let Ok(Some(record)) = self.take(false) else { break };
            sample.push(record);
        }
        self.ahead = kept;
        sample
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Option<Record>> {
        self.take(true)
    }

    fn read_line(&mut self) -> Result<Option<Line>> {
        let (number, mut text) = (self.source.line(), String::new());
        let too_long = self.source.next_line(&mut text)?;
        Ok(too_long.map(|too_long| Line { number, text, too_long }))
    }

    fn line(&mut self, more: bool) -> Result<Option<Line>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None if more => self.read_line(),
            None => Ok(None),
        }
    }

    fn take(&mut self, more: bool) -> Result<Option<Record>> {
        let Some(first) = self.line(more)? else { return Ok(None) };
        let record = |fields| Ok(Some(Record { line: first.number, fields }));
        if first.too_long {
            return record(Err("the line is longer than 1 MiB"));
        }
        if let Some(fields) = parse(&mut self.reader, &first.text) {
            return record(Ok(fields));
        }
        // A quote is open. Where the line has all its columns without it, it went astray.
        let plain = parse(&mut self.plain, &first.text).map(unquoted);
        if let Some(fields) = plain.filter(|fields| self.expected > 1 && fields.len() == self.expected) {
            return record(Ok(fields));
        }
        let mut all = first.text.clone();
        let mut taken: Vec<Line> = Vec::new();
        while taken.len() < MOST_LINES && all.len() < MOST_BYTES {
            let Some(line) = self.line(more)? else { break };
            let too_long = line.too_long;
            all.push('\n');
            all.push_str(&line.text);
            taken.push(line);
            if too_long {
                break;
            }
            if let Some(fields) = parse(&mut self.reader, &all) {
                return record(Ok(fields));
            }
        }
        taken.into_iter().rev().for_each(|line| self.ahead.push_front(line));
        record(Err("a quote begins here that does not end"))
    }
}

fn readers(separator: u8) -> (Reader, Reader) {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(separator);
    (builder.build(), builder.quoting(false).build())
}

/// The fields of one record; nothing if a quote in it is still open.
fn parse(reader: &mut Reader, text: &str) -> Option<Vec<String>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    // A lone carriage return would end the record.
    let line = format!("{}\n", text.replace('\r', " "));
    let (mut out, mut ends) = (vec![0; line.len()], [0; MOST_COLUMNS]);
    reader.reset();
    let (result, _, _, columns) = reader.read_record(line.as_bytes(), &mut out, &mut ends);
    if !matches!(result, ReadRecordResult::Record | ReadRecordResult::OutputEndsFull) {
        return None;
    }
    let mut start = 0;
    let fields = ends[..columns].iter().map(|end| {
        let field = String::from_utf8_lossy(&out[start..*end]).into_owned();
        start = *end;
        // As some banks write it, so that a spreadsheet takes it for a text.
        match field.strip_prefix("=\"").and_then(|field| field.strip_suffix('"')) {
            Some(field) => field.to_owned(),
            None => field,
        }
    });
    Some(fields.collect())
}

fn unquoted(fields: Vec<String>) -> Vec<String> {
    fields.into_iter().map(|field| field.trim_matches('"').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, expected: usize) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let mut input = text.as_bytes();
        let mut source = Source::new(&mut input);
        let mut records = Records::new(&mut source);
        records.sniff(10).unwrap();
        records.expected = expected;
        let mut all = Vec::new();
        while let Some(record) = records.next().unwrap() {
            all.push((record.line, record.fields));
        }
        all
    }

    fn good(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, &'static str>) {
        (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn fields_are_separated_as_most_lines_are() {
        assert_eq!(records("a;1,5;c\nd;2,5;f\n", 3), [good(1, &["a", "1,5", "c"]), good(2, &["d", "2,5", "f"])]);
        assert_eq!(records("a\tb\tc, d\n", 3), [good(1, &["a", "b", "c, d"])]);
        assert_eq!(records("\"a,b\",\"c\"\"d\",e\r\n", 3), [good(1, &["a,b", "c\"d", "e"])]);
    }

    #[test]
    fn a_quoted_field_may_have_lines() {
        let text = "a,\"b\nc\",d\ne,f,g\n";
        assert_eq!(records(text, 3), [good(1, &["a", "b\nc", "d"]), good(3, &["e", "f", "g"])]);
    }

    #[test]
    fn a_quote_astray_spoils_no_other_line() {
        let text = "a;\"b;c\nd;\"e\";f\ng;h;i\n";
        let expected = [good(1, &["a", "b", "c"]), good(2, &["d", "e", "f"]), good(3, &["g", "h", "i"])];
        assert_eq!(records(text, 3), expected);
        let cut = records("a;b;c\nd;\"e\nf;g;h\n", 3);
        assert_eq!(cut[1].1, Err("a quote begins here that does not end"));
        assert_eq!(cut[2], good(3, &["f", "g", "h"]));
    }
}
