//! The text of a statement as UTF-8, whatever it was, read in pieces: character sets, lines, and how long anything may be.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use crate::error::{Error, Result};
use crate::import::charset::{guess, wide_without_mark};

/// Bytes that are read and decoded at a time.
const CHUNK: usize = 64 * 1024;

/// The longest line, field or tag, in bytes of UTF-8: 1 MiB.
pub(super) const LONGEST: usize = 1024 * 1024;

/// A statement as UTF-8: by its byte order mark, else each line for itself: UTF-8, else what the file says it is, else
/// what it looks like. A lone carriage return ends a line where the file has no line feed at its beginning.
pub(super) struct Source<'a> {
    input: &'a mut dyn Read,
    /// Bytes that are read and not yet decoded.
    raw: Vec<u8>,
    /// Text that nobody took yet, from `taken` on.
    ready: Vec<u8>,
    taken: usize,
    wide: Option<Decoder>,
    said: Option<&'static Encoding>,
    guess: Option<&'static Encoding>,
    old_mac: bool,
    started: bool,
    ended: bool,
    line: u64,
    bytes: u64,
    /// Bytes that were taken since [`Source::mark`].
    since: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        Self {
            input,
            raw: Vec::with_capacity(CHUNK),
            ready: Vec::new(),
            taken: 0,
            wide: None,
            said: None,
            guess: None,
            old_mac: false,
            started: false,
            ended: false,
            line: 1,
            bytes: 0,
            since: 0,
        }
    }

    /// The line that is read now, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes of the input were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// From here on, [`LONGEST`] bytes may be taken until the next mark.
    pub(super) fn mark(&mut self) {
        self.since = 0;
    }

    /// The first text of the file, without taking it: at most some 64 KiB.
    pub(super) fn head(&mut self) -> Result<&str> {
        let bytes = self.fill_buf().map_err(unreadable)?;
        Ok(match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        })
    }

    /// The next line without its end, and whether it was too long to be kept; nothing at the end of the file.
    pub(super) fn next_line(&mut self, line: &mut String) -> Result<Option<bool>> {
        line.clear();
        let (mut all, mut too_long, mut any) = (Vec::new(), false, false);
        loop {
            self.mark();
            let piece = self.fill_buf().map_err(unreadable)?;
            if piece.is_empty() {
                break;
            }
            any = true;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(piece.len(), |at| at + 1);
            if all.len() + taken <= LONGEST {
                all.extend_from_slice(&piece[..end.unwrap_or(taken)]);
            } else {
                too_long = true;
            }
            self.consume(taken);
            if end.is_some() {
                break;
            }
        }
        line.push_str(String::from_utf8_lossy(&all).trim_end_matches('\r'));
        Ok(any.then_some(too_long))
    }

    fn fill(&mut self) -> io::Result<()> {
        while !self.ended && self.raw.len() < CHUNK {
            let held = self.raw.len();
            self.raw.resize(CHUNK, 0);
            let read = self.input.read(&mut self.raw[held..]);
            self.raw.truncate(held + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => self.ended = true,
                Ok(count) => self.bytes += count as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if !self.started {
            self.started = true;
            self.start();
        }
        Ok(())
    }

    /// What the first bytes say of the character set.
    fn start(&mut self) {
        let (encoding, mark) = match Encoding::for_bom(&self.raw) {
            Some(found) => found,
            None => (wide_without_mark(&self.raw).unwrap_or(UTF_8), 0),
        };
        self.raw.drain(..mark);
        if encoding == UTF_8 {
            self.said = said(&self.raw);
            self.old_mac = self.raw.contains(&b'\r') && !self.raw.contains(&b'\n');
        } else {
            self.wide = Some(encoding.new_decoder_without_bom_handling());
        }
    }

    fn decode(&mut self) {
        if self.wide.is_some() {
            return self.decode_wide();
        }
        let end = self.end_of_piece();
        let piece: Vec<u8> = self.raw.drain(..end).collect();
        match std::str::from_utf8(&piece) {
            Ok(_) => self.ready.extend_from_slice(&piece),
            Err(_) => piece.split_inclusive(|byte| *byte == b'\n').for_each(|line| self.decode_line(line, &piece)),
        }
        if self.old_mac {
            self.ready.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
    }

    fn decode_line(&mut self, line: &[u8], piece: &[u8]) {
        if std::str::from_utf8(line).is_ok() {
            return self.ready.extend_from_slice(line);
        }
        let encoding = match self.said {
            Some(said) => said,
            None => *self.guess.get_or_insert_with(|| guess(piece)),
        };
        self.ready.extend_from_slice(encoding.decode_without_bom_handling(line).0.as_bytes());
    }

    /// Up to the last end of a line, so that no line is torn; of a line that is longer than all of it, up to the last
    /// whole character.
    fn end_of_piece(&self) -> usize {
        if self.ended {
            return self.raw.len();
        }
        if let Some(at) = self.raw.iter().rposition(|byte| *byte == b'\n') {
            return at + 1;
        }
        match std::str::from_utf8(&self.raw) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.raw.len(),
        }
    }

    fn decode_wide(&mut self) {
        let Some(decoder) = &mut self.wide else { return };
        let mut out = vec![0; 3 * CHUNK];
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(&self.raw, &mut out, self.ended);
        self.ready.extend_from_slice(&out[..written]);
        if let DecoderResult::Malformed(..) = result {
            self.ready.extend_from_slice("\u{fffd}".as_bytes());
        }
        self.raw.drain(..read);
    }
}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let count = piece.len().min(out.len());
        out[..count].copy_from_slice(&piece[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a field is longer than 1 MiB"));
        }
        while self.taken == self.ready.len() && !(self.ended && self.raw.is_empty()) {
            self.ready.clear();
            self.taken = 0;
            self.fill()?;
            self.decode();
        }
        Ok(&self.ready[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        let piece = &self.ready[self.taken..self.taken + count];
        self.line += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.taken += count;
        self.since += count;
    }
}

/// The character set that the file names: `encoding="…"` of an XML declaration, or `CHARSET:` of an OFX 1 header
/// (OFX 1.6, section 2.2), whose numbers are code pages.
fn said(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    let label = if let Some((_, rest)) = head.split_once("encoding=") {
        rest.get(1..)?.split(['"', '\'']).next()?.to_owned()
    } else {
        let set = head.split_once("CHARSET:")?.1.split_whitespace().next()?;
        let is_page = set.len() == 4 && set.bytes().all(|byte| byte.is_ascii_digit());
        if is_page { format!("windows-{set}") } else { set.to_owned() }
    };
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != UTF_8 && encoding.is_ascii_compatible())
}

/// A file that could not be read, for the user: what of it is the file's own fault, and what is the disk's.
pub(super) fn unreadable(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::IsADirectory => {
            Error::bad_input("this is a folder, not a file").hint("name the statement itself")
        }
        io::ErrorKind::InvalidData => Error::bad_input(error.to_string()),
        _ => Error::failed(format!("cannot read on: {error}")).because(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut input = bytes;
        let mut source = Source::new(&mut input);
        let (mut line, mut all) = (String::new(), Vec::new());
        while source.next_line(&mut line).unwrap().is_some() {
            all.push(line.clone());
        }
        all
    }

    #[test]
    fn character_sets_are_told_apart() {
        let said = "Datum;Empfänger\n01.02.2024;Bäckerei Jünger\n";
        let expected = ["Datum;Empfänger", "01.02.2024;Bäckerei Jünger"];
        assert_eq!(lines(said.as_bytes()), expected);
        assert_eq!(lines(format!("\u{feff}{said}").as_bytes()), expected);
        assert_eq!(lines(&said.chars().map(|c| c as u8).collect::<Vec<_>>()), expected);
        let wide = |mark: bool| -> Vec<u8> {
            let units = mark.then_some(0xfeff).into_iter().chain(said.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        };
        assert_eq!(lines(&wide(true)), expected);
        assert_eq!(lines(&wide(false)), expected);
    }

    #[test]
    fn what_the_file_says_is_believed_where_it_is_not_utf_8() {
        assert_eq!(lines(b"CHARSET:1250\n<NAME>\xe8esk\xfd\n")[1], "<NAME>český");
        assert_eq!(lines("CHARSET:1250\n<NAME>český\n".as_bytes())[1], "<NAME>český");
        assert_eq!(lines(b"<?xml version=\"1.0\" encoding='iso-8859-15'?>\n\xa4\n")[1], "€");
    }

    #[test]
    fn lines_end_in_any_of_three_ways() {
        assert_eq!(lines(b"a\r\nb\r\r\nc"), ["a", "b", "c"]);
        assert_eq!(lines(b"a\rb\rc"), ["a", "b", "c"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept() {
        let long = [b"a\n".as_slice(), &vec![b'x'; 2 * LONGEST], b"\nb\n"].concat();
        let mut input = long.as_slice();
        let mut source = Source::new(&mut input);
        let mut line = String::new();
        let mut told = Vec::new();
        while let Some(too_long) = source.next_line(&mut line).unwrap() {
            told.push((source.line() - 1, too_long));
            assert!(line.len() <= LONGEST);
        }
        assert_eq!(told, [(1, false), (2, true), (3, false)]);
    }
}
