//! From the bytes of a file to text, in memory that is wiped: character sets, and how much is read at all.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use zeroize::{Zeroize, Zeroizing};

use super::super::charset::{guess, wide_without_mark};
use super::super::evidence::Sink;
use crate::error::{Error, Result};

/// Bytes that are read and decoded at a time.
const CHUNK: usize = 64 * 1024;

/// The largest JSON or XML document, in bytes of UTF-8: 256 MiB. CSV is read row by row, and has no limit as a whole.
pub(super) const LARGEST: usize = 256 * 1024 * 1024;

/// The text of a file as UTF-8, whatever it was: by its byte order mark, else UTF-8, else line by line by what the
/// bytes look like.
pub(super) struct Text<'a> {
    input: &'a mut dyn Read,
    /// Bytes that are read and not yet decoded: the first `held`.
    raw: Zeroizing<Vec<u8>>,
    held: usize,
    /// Text that nobody took yet, from `taken` on.
    ready: Zeroizing<Vec<u8>>,
    taken: usize,
    wide: Option<Decoder>,
    guess: Option<&'static Encoding>,
    started: bool,
    ended: bool,
    lines: u64,
    bytes: u64,
    remark: Option<String>,
}

impl<'a> Text<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        Self {
            input,
            raw: Zeroizing::new(vec![0; CHUNK]),
            held: 0,
            // No old character set takes more than three bytes of UTF-8 a byte: it never grows, and so leaves no copy.
            ready: Zeroizing::new(Vec::with_capacity(3 * CHUNK + 16)),
            taken: 0,
            wide: None,
            guess: None,
            started: false,
            ended: false,
            lines: 0,
            bytes: 0,
            remark: None,
        }
    }

    /// How many bytes of the input were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the user should know of the character set.
    pub(super) fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// Text that is ready, or nothing at the end.
    pub(super) fn ready(&mut self) -> Result<&[u8]> {
        while self.taken == self.ready.len() && !(self.ended && self.held == 0) {
            self.ready.zeroize();
            self.taken = 0;
            self.fill()?;
            self.decode();
        }
        Ok(&self.ready[self.taken..])
    }

    /// So much of what was ready is taken.
    pub(super) fn take(&mut self, count: usize) {
        self.taken += count;
    }

    fn fill(&mut self) -> Result<()> {
        while !self.ended && self.held < self.raw.len() {
            match self.input.read(&mut self.raw[self.held..]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.held += count;
                    self.bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
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
        let (encoding, mark) = match Encoding::for_bom(&self.raw[..self.held]) {
            Some((encoding, mark)) => (encoding, mark),
            None => (wide_without_mark(&self.raw[..self.held]).unwrap_or(UTF_8), 0),
        };
        self.drop_raw(mark);
        if encoding != UTF_8 {
            self.wide = Some(encoding.new_decoder_without_bom_handling());
            self.remark = Some(format!("the file is {}, and was read as that", encoding.name()));
        }
    }

    fn decode(&mut self) {
        if self.wide.is_some() {
            return self.decode_wide();
        }
        let end = self.end_of_piece();
        let mut rest = &self.raw[..end];
        if std::str::from_utf8(rest).is_ok() {
            self.lines += count_lines(rest);
            self.ready.extend_from_slice(rest);
        } else {
            while !rest.is_empty() {
                let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
                let (line, after) = rest.split_at(line);
                self.lines += 1;
                if std::str::from_utf8(line).is_ok() {
                    self.ready.extend_from_slice(line);
                } else {
                    let encoding = *self.guess.get_or_insert_with(|| guess(&self.raw[..end]));
                    if self.remark.is_none() {
                        self.remark = Some(format!("line {}: not UTF-8, and read as {}", self.lines, encoding.name()));
                    }
                    let text = Zeroizing::new(encoding.decode_without_bom_handling(line).0.into_owned());
                    self.ready.extend_from_slice(text.as_bytes());
                }
                rest = after;
            }
        }
        self.drop_raw(end);
    }

    /// Up to the last end of a line, so that no line is torn; of a line that is longer than all of it, up to the last
    /// whole character.
    fn end_of_piece(&self) -> usize {
        let raw = &self.raw[..self.held];
        if self.ended {
            return raw.len();
        }
        if let Some(at) = raw.iter().rposition(|byte| *byte == b'\n') {
            return at + 1;
        }
        match std::str::from_utf8(raw) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => raw.len(),
        }
    }

    fn decode_wide(&mut self) {
        let Some(decoder) = &mut self.wide else { return };
        let mut out = Zeroizing::new(vec![0; 3 * CHUNK]);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&self.raw[..self.held], &mut out, self.ended);
        self.ready.extend_from_slice(&out[..written]);
        if let DecoderResult::Malformed(..) = result {
            self.ready.extend_from_slice("\u{fffd}".as_bytes());
        }
        self.drop_raw(read);
    }

    fn drop_raw(&mut self, count: usize) {
        self.raw.copy_within(count..self.held, 0);
        self.held -= count;
    }

    /// All of it, for what can only be read as a whole. `length` is about how many bytes the file has: for a good guess,
    /// memory is taken once.
    ///
    /// # Errors
    /// Kind bad input for more than [`LARGEST`], and for what cannot be read.
    pub(super) fn whole(&mut self, length: u64, sink: &mut dyn Sink) -> Result<Zeroizing<String>> {
        // Decoding makes no text of so many bytes small enough: UTF-16 is at best halved.
        if length > 2 * LARGEST as u64 {
            return Err(too_large());
        }
        let room = usize::try_from(length).unwrap_or(CHUNK).clamp(CHUNK, 32 * 1024 * 1024);
        let mut all: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(room));
        loop {
            let piece = self.ready()?;
            let count = piece.len();
            if count == 0 {
                break;
            }
            if all.len() + count > LARGEST {
                return Err(too_large());
            }
            extend(&mut all, piece);
            self.take(count);
            sink.at(self.bytes)?;
        }
        // Every piece is UTF-8, and so is their sum.
        let text = String::from_utf8(std::mem::take(&mut *all));
        Ok(Zeroizing::new(text.map_err(|_| Error::bad_input("the text could not be decoded"))?))
    }
}

fn too_large() -> Error {
    Error::bad_input("the file is larger than 256 MiB, which no export of logins is")
        .hint("export again without attachments")
}

/// Adds bytes; where the room does not suffice, the old memory is wiped.
pub(super) fn extend(all: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    let wanted = all.len() + piece.len();
    if wanted > all.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(wanted.max(2 * all.capacity())));
        larger.extend_from_slice(all);
        *all = larger;
    }
    all.extend_from_slice(piece);
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// A file that could not be read, for the user: what of it is the file's own fault, and what is the disk's.
pub(super) fn unreadable(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::IsADirectory => {
            Error::bad_input("this is a folder, not a file").hint("name the exported file itself")
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            Error::bad_input("the file is damaged or cut off").hint("export it again").because(error)
        }
        _ => match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::failed(format!("cannot read on: {error}")).because(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Heard;
    use super::*;

    fn whole(bytes: &[u8]) -> (String, Option<String>) {
        let mut input = bytes;
        let mut text = Text::new(&mut input);
        let all = text.whole(bytes.len() as u64, &mut Heard::default()).unwrap();
        (all.to_string(), text.remark().map(str::to_owned))
    }

    #[test]
    fn character_sets_are_told_apart_and_named() {
        let said = "url,user\nhttps://ä.example,jürgen\n";
        assert_eq!(whole(said.as_bytes()), (said.to_owned(), None));
        assert_eq!(whole(format!("\u{feff}{said}").as_bytes()), (said.to_owned(), None));
        let cp1252: Vec<u8> = said.chars().map(|c| c as u8).collect();
        let (text, remark) = whole(&cp1252);
        assert_eq!((text.as_str(), remark.as_deref()), (said, Some("line 2: not UTF-8, and read as windows-1252")));
        let wide = |mark: bool| -> Vec<u8> {
            let units = mark.then_some(0xfeff).into_iter().chain(said.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        };
        for bytes in [wide(true), wide(false)] {
            let (text, remark) = whole(&bytes);
            assert_eq!(text, said);
            assert!(remark.unwrap().contains("UTF-16LE"));
        }
    }

    #[test]
    fn a_line_longer_than_a_chunk_keeps_its_characters() {
        for start in ["", "x", "xy"] {
            let long = format!("{start}{}", "€".repeat(CHUNK));
            assert_eq!(whole(long.as_bytes()), (long, None));
        }
    }

    #[test]
    fn a_mixture_is_read_line_by_line() {
        let (text, remark) = whole(b"caf\xc3\xa9\ncaf\xe9\ncaf\xc3\xa9\n");
        assert_eq!(text, "café\ncafé\ncafé\n");
        assert!(remark.unwrap().starts_with("line 2"));
    }
}
