//! CSV, row by row (RFC 4180, and what programs make of it), in memory that is wiped after each row.

use zeroize::{Zeroize, Zeroizing};

use super::source::Text;
use crate::error::{Error, Result};

/// The longest field, in bytes: 1 MiB.
const LONGEST_FIELD: usize = 1024 * 1024;

/// The longest row, in bytes: 4 MiB. What is longer is not a login, but a quote that swallowed the file.
const LONGEST_ROW: usize = 4 * 1024 * 1024;

/// The most fields of a row.
const MOST_FIELDS: usize = 1024;

/// How a file of rows is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between fields.
    pub(super) delimiter: u8,
    /// What takes the meaning of a quote away, where it is not a second quote.
    pub(super) escape: Option<u8>,
}

/// Where in a row a byte stands, as far as quotes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// At the beginning of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quotes,
    /// Behind a quote that ends a field, or is half of one within it.
    Behind,
}

/// The rows of a file.
pub(super) struct Table<'a> {
    text: Text<'a>,
    core: csv_core::Reader,
    row: Zeroizing<Vec<u8>>,
    /// How much of `row` the current row takes.
    used: usize,
    ends: Vec<usize>,
    fields: usize,
    /// The line that the current row begins in, and the one that the next begins in at the earliest.
    line: u64,
    next_line: u64,
    carriage: bool,
    dialect: Dialect,
    within: Within,
    /// Whether a text goes on behind the quote that ended it: csv_core takes that, and rows may be swallowed.
    astray: bool,
}

impl<'a> Table<'a> {
    pub(super) fn new(text: Text<'a>, dialect: Dialect) -> Self {
        let mut builder = csv_core::ReaderBuilder::new();
        // A file escapes with a backslash or with a second quote; both at once misread `"\"""`.
        builder.delimiter(dialect.delimiter).escape(dialect.escape).double_quote(dialect.escape.is_none());
        Self {
            text,
            core: builder.build(),
            row: Zeroizing::new(vec![0; 16 * 1024]),
            used: 0,
            ends: vec![0; MOST_FIELDS],
            fields: 0,
            line: 0,
            next_line: 1,
            carriage: false,
            dialect,
            within: Within::Start,
            astray: false,
        }
    }

    /// Reads the next row; empty lines are none. Whether there is one.
    ///
    /// # Errors
    /// Kind bad input, with its line, for a row that does not end, and for one without measure.
    pub(super) fn next(&mut self) -> Result<bool> {
        self.row[..self.used].zeroize();
        (self.used, self.fields) = (0, 0);
        (self.within, self.astray) = (Within::Start, false);
        let mut begun = false;
        loop {
            let input = self.text.ready()?;
            if input.is_empty() {
                return self.last(begun);
            }
            if !begun {
                let blank = input.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                if blank > 0 {
                    self.next_line += lines(&input[..blank], &mut self.carriage);
                    self.text.take(blank);
                    continue;
                }
                (begun, self.line) = (true, self.next_line);
            }
            let (row, ends) = (&mut self.row[self.used..], &mut self.ends[self.fields..]);
            let (result, read, written, ended) = self.core.read_record(input, row, ends);
            self.next_line += lines(&input[..read], &mut self.carriage);
            if self.dialect.escape.is_none() {
                (self.within, self.astray) = watched(&input[..read], self.dialect.delimiter, self.within, self.astray);
            }
            self.text.take(read);
            if self.grown(&result, written, ended)? {
                return Ok(true);
            }
        }
    }

    /// The end of the file: of a row without an end of line, or in the middle of quotes.
    fn last(&mut self, begun: bool) -> Result<bool> {
        let mut end: &[u8] = b"\n";
        if !begun {
            return Ok(false);
        }
        loop {
            let (row, ends) = (&mut self.row[self.used..], &mut self.ends[self.fields..]);
            let (result, read, written, ended) = self.core.read_record(end, row, ends);
            end = &end[read..];
            if result == csv_core::ReadRecordResult::InputEmpty {
                return Err(Error::bad_input(format!(
                    "line {}: a quote opens in this row and is not closed until the end of the file",
                    self.line
                ))
                .hint("the file may be cut off: export it again"));
            }
            if self.grown(&result, written, ended)? {
                return Ok(true);
            }
        }
    }

    /// Takes note of what was written, and makes room for more. Whether the row is complete.
    fn grown(&mut self, result: &csv_core::ReadRecordResult, written: usize, ended: usize) -> Result<bool> {
        use csv_core::ReadRecordResult as Read;
        self.used += written;
        self.fields += ended;
        match result {
            Read::Record => return Ok(true),
            Read::OutputFull if self.row.len() >= LONGEST_ROW => return Err(self.too_long("longer than 4 MiB")),
            Read::OutputEndsFull => return Err(self.too_long("of more than 1,024 fields")),
            Read::OutputFull => {
                let mut larger = Zeroizing::new(vec![0; (2 * self.row.len()).min(LONGEST_ROW)]);
                larger[..self.used].copy_from_slice(&self.row[..self.used]);
                self.row = larger;
            }
            Read::InputEmpty | Read::End => {}
        }
        Ok(false)
    }

    fn too_long(&self, what: &str) -> Error {
        Error::bad_input(format!("line {}: a row {what}, which no login is", self.line))
            .hint("a quote may be astray in that line, or the file is something else")
    }

    /// The fields of the row.
    pub(super) fn row(&self) -> Row<'_> {
        // On one line it costs nobody else a row.
        let astray = self.astray && self.next_line > self.line + 1;
        Row { text: &self.row[..self.used], ends: &self.ends[..self.fields], line: self.line, astray }
    }

    pub(super) fn text(&self) -> &Text<'a> {
        &self.text
    }
}

/// Where the bytes of a row end, and whether a text went on behind its closing quote.
fn watched(bytes: &[u8], delimiter: u8, mut within: Within, mut astray: bool) -> (Within, bool) {
    for byte in bytes {
        within = match (within, *byte) {
            (Within::Quotes, b'"') => Within::Behind,
            (Within::Quotes, _) | (Within::Behind, b'"') => Within::Quotes,
            (Within::Start, b'"') => Within::Quotes,
            (_, byte) if byte == delimiter || byte == b'\n' || byte == b'\r' => Within::Start,
            (Within::Behind, b' ') => Within::Behind,
            (Within::Behind, _) => {
                astray = true;
                Within::Plain
            }
            _ => Within::Plain,
        };
    }
    (within, astray)
}

/// How many lines end in these bytes: with LF, CR LF or, in files from old programs, CR. `carriage` is whether the byte
/// before was a CR.
fn lines(bytes: &[u8], carriage: &mut bool) -> u64 {
    let ends = bytes.iter().filter(|byte| {
        let after = std::mem::replace(carriage, **byte == b'\r');
        **byte == b'\r' || **byte == b'\n' && !after
    });
    ends.count() as u64
}

/// One row. It has no `Debug`: it holds secrets.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    text: &'r [u8],
    ends: &'r [usize],
    /// The line in the file that it begins in, from 1.
    pub(super) line: u64,
    astray: bool,
}

impl<'r> Row<'r> {
    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field, trimmed; empty where the row is too short.
    pub(super) fn field(&self, index: usize) -> &'r str {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let (Some(start), Some(end)) = (start, self.ends.get(index)) else { return "" };
        // The text is UTF-8 and its delimiters are ASCII, and so is each field; if not, it is as if it were not there.
        std::str::from_utf8(&self.text[start..*end]).unwrap_or_default().trim()
    }

    pub(super) fn fields(self) -> impl Iterator<Item = &'r str> {
        (0..self.len()).map(move |index| self.field(index))
    }

    /// Whether a field is too long, or holds what no text does.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        let starts = std::iter::once(&0).chain(self.ends);
        if starts.zip(self.ends).any(|(start, end)| end - start > LONGEST_FIELD) {
            return Some("a field is longer than 1 MiB");
        }
        if self.astray {
            return Some("a quote is astray in it, or in a row that it swallowed");
        }
        self.text.contains(&0).then_some("it holds NUL bytes, which no text does")
    }
}

/// What a first line says itself to stand between the fields, as spreadsheets write it: `sep=;`.
pub(super) fn said(line: &str) -> Option<u8> {
    match line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n', '"']).trim_start_matches('"').as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter @ (b',' | b';' | b'\t' | b'|')] => Some(*delimiter),
        _ => None,
    }
}

/// What stands between the fields of a header: of comma, semicolon and tab, the one that it has most of.
pub(super) fn delimiter(header: &str) -> u8 {
    let count = |wanted: u8| header.bytes().filter(|byte| *byte == wanted).count();
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect { delimiter: b',', escape: None };

    fn rows(bytes: &[u8], dialect: Dialect) -> Result<Vec<(u64, Vec<String>)>> {
        let mut input = bytes;
        let mut table = Table::new(Text::new(&mut input), dialect);
        let mut rows = Vec::new();
        while table.next()? {
            rows.push((table.row().line, table.row().fields().map(str::to_owned).collect()));
        }
        Ok(rows)
    }

    #[test]
    fn each_row_knows_its_line() {
        let read = rows(b"\r\na,b\r\n\r\n\"x\ny\",\"z\"\"\"\n\nlast,\"\"", COMMA).unwrap();
        let lines: Vec<u64> = read.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 4, 7]);
        assert_eq!(read[1].1, ["x\ny", "z\""]);
        assert_eq!(read[2].1, ["last", ""]);
        let lines = |text: &[u8]| rows(text, COMMA).unwrap().iter().map(|(line, _)| *line).collect::<Vec<_>>();
        assert_eq!(lines(b"a,b\rc,d\r\re,f\r"), [1, 2, 4]);
        assert_eq!(lines(b"a,b\r\nc,\"d\r\ne\"\r\nf,g"), [1, 2, 4]);
        assert!(rows(b"", COMMA).unwrap().is_empty() && rows(b"\n\n", COMMA).unwrap().is_empty());
    }

    #[test]
    fn a_backslash_escapes_where_the_manager_says_so() {
        let keepass = Dialect { delimiter: b',', escape: Some(b'\\') };
        let read = rows(br#""a","b\"c\\","d""#, keepass).unwrap();
        assert_eq!(read[0].1, ["a", "b\"c\\", "d"]);
    }

    #[test]
    fn a_quote_that_never_closes_is_named_by_its_line() {
        let error = rows(b"a,b\n1,2\n3,\"4\n5,6\n", COMMA).unwrap_err();
        assert!(error.to_string().starts_with("line 3: a quote"), "{error}");
        assert_eq!(error.kind(), crate::error::Kind::BadInput);
    }

    #[test]
    fn a_quote_astray_is_named_with_the_row_that_it_begins_in() {
        let troubles = |text: &str| {
            let mut input = text.as_bytes();
            let mut table = Table::new(Text::new(&mut input), COMMA);
            let mut troubles = Vec::new();
            while table.next().unwrap() {
                troubles.extend(table.row().trouble().map(|_| table.row().line));
            }
            troubles
        };
        assert_eq!(troubles("a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n"), [2]);
        assert_eq!(troubles("a,\"b\"\n1,\"x \"\"y\"\" z\"\n2,\"q\" ,\"r\"\n3,5\" disk\n4,\"a\"b\n"), [0_u64; 0]);
    }

    #[test]
    fn a_line_without_end_is_refused_long_before_its_end() {
        let mut input = std::io::Read::chain(&b"a,b\n"[..], std::io::repeat(b'x'));
        let mut table = Table::new(Text::new(&mut input), COMMA);
        assert!(table.next().unwrap());
        let error = table.next().unwrap_err();
        assert!(error.to_string().starts_with("line 2: a row longer than 4 MiB"), "{error}");
        assert!(table.text().bytes() < 8 * 1024 * 1024);
        let mut input = std::io::Read::chain(&b"a,b\n"[..], std::io::repeat(b','));
        let mut table = Table::new(Text::new(&mut input), COMMA);
        assert!(table.next().unwrap());
        assert!(table.next().unwrap_err().to_string().contains("1,024 fields"));
    }

    #[test]
    fn long_fields_and_nul_bytes_are_named() {
        let long = format!("{},b\n", "x".repeat(LONGEST_FIELD + 1));
        let mut input = long.as_bytes();
        let mut table = Table::new(Text::new(&mut input), COMMA);
        assert!(table.next().unwrap());
        assert_eq!(table.row().trouble(), Some("a field is longer than 1 MiB"));
        let mut input = &b"a\0,b\n"[..];
        let mut table = Table::new(Text::new(&mut input), COMMA);
        assert!(table.next().unwrap());
        assert!(table.row().trouble().unwrap().contains("NUL"));
    }

    #[test]
    fn the_delimiter_is_the_most_frequent() {
        assert_eq!(delimiter("a,b;c"), b',');
        assert_eq!(delimiter("a;b;c"), b';');
        assert_eq!(delimiter("a\tb"), b'\t');
        assert_eq!(
            (said("sep=;\r"), said("\"sep=,\""), said("sep=a"), said("name;url")),
            (Some(b';'), Some(b','), None, None)
        );
    }
}
