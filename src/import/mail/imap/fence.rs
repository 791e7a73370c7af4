//! What a server may say to the parser. imap-proto ends the program on answers that no sound server gives (a byte beyond
//! ASCII right behind a code, a date that is `NIL`, an annotation that is no UTF-8) and calls itself for each bracket; a
//! fuzz target found that. So what was not asked for is left out before it is parsed, and what would end the program is
//! mended.

use std::io;

/// Brackets within one another, at most: an answer that is asked for has two.
const DEEPEST: usize = 16;

/// The longest line, in bytes.
const LONGEST: usize = 1024 * 1024;

/// The answers that are let through, as they begin behind `* ` or `* 12 `.
const WANTED: [&[u8]; 10] =
    [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH", b"CAPABILITY", b"LIST", b"FLAGS", b"EXISTS", b"FETCH"];

/// Lines on their way from the server. Literals (RFC 3501, 4.3) pass as they are.
#[derive(Debug, Default)]
pub struct Fence {
    line: Vec<u8>,
    /// What is left of a literal.
    literal: usize,
    /// Whether the line goes on with one that ended in a literal.
    goes_on: bool,
    /// Whether the answer is one that was asked for.
    wanted: bool,
    depth: usize,
}

impl Fence {
    /// Takes bytes, and gives those that may go on.
    pub fn pass(&mut self, mut bytes: &[u8], through: &mut Vec<u8>) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.literal > 0 {
                let (now, later) = bytes.split_at(self.literal.min(bytes.len()));
                self.literal -= now.len();
                if self.wanted {
                    through.extend_from_slice(now);
                }
                bytes = later;
                continue;
            }
            let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            let (now, later) = bytes.split_at(end);
            self.line.extend_from_slice(now);
            if self.line.len() > LONGEST {
                return Err(io::Error::other("the server gives a line of more than 1 MiB"));
            }
            if now.ends_with(b"\n") {
                self.end_line(through)?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn end_line(&mut self, through: &mut Vec<u8>) -> io::Result<()> {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.goes_on, false) {
            self.wanted = is_wanted(&line);
            self.depth = 0;
        }
        self.nest(&line)?;
        mend(&mut line);
        if let Some(length) = literal(&line) {
            self.literal = length;
            self.goes_on = true;
        }
        if self.wanted {
            through.extend_from_slice(&line);
        }
        Ok(())
    }

    /// Follows the brackets, wherever they stand: in a text there are fewer than that as well.
    fn nest(&mut self, line: &[u8]) -> io::Result<()> {
        for byte in line {
            match byte {
                b'(' => self.depth += 1,
                b')' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth > DEEPEST {
                return Err(io::Error::other("the server gives an answer with too many brackets"));
            }
        }
        Ok(())
    }
}

/// Whether an answer is the end of a command, a request to go on, or one of those that were asked for.
fn is_wanted(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"* ") else { return true };
    let mut words = rest.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let word = words.find(|word| !word.iter().all(u8::is_ascii_digit)).unwrap_or_default();
    WANTED.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
}

/// Takes out what ends the program.
fn mend(line: &mut Vec<u8>) {
    const NIL: &[u8] = b"INTERNALDATE NIL";
    for at in 1..line.len() {
        if line[at - 1] == b']' && !line[at].is_ascii() {
            line[at] = b' ';
        }
    }
    while let Some(at) = line.windows(NIL.len()).position(|window| window.eq_ignore_ascii_case(NIL)) {
        line.splice(at..at + NIL.len(), *b"INTERNALDATE \"\"");
    }
}

/// How long the literal is that a line ends in: `{142}`.
fn literal(line: &[u8]) -> Option<usize> {
    let text = line.strip_suffix(b"\n")?;
    let text = text.strip_suffix(b"\r").unwrap_or(text).strip_suffix(b"}")?;
    let digits = &text[memchr::memrchr(b'{', text)? + 1..];
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passed(bytes: &[u8]) -> io::Result<String> {
        let mut through = Vec::new();
        Fence::default().pass(bytes, &mut through)?;
        Ok(String::from_utf8_lossy(&through).into_owned())
    }

    #[test]
    fn what_was_asked_for_passes_as_it_is() {
        let text = "* OK [CAPABILITY IMAP4rev1] hi\r\n+ \r\nA1 OK done\r\n* LIST () \"/\" {5}\r\nB(]é\r\n* 2 EXISTS\r\n\
                    * 1 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (FROM)]<0> {4}\r\n]é)\r\n)\r\n* BYE\r\n";
        let text = text.replace("B(]é\r\n", "B(]é").replace("]é)\r\n)", "]é))");
        assert_eq!(passed(text.as_bytes()).unwrap(), text);
    }

    #[test]
    fn what_was_not_asked_for_and_what_ends_the_program_does_not() {
        assert_eq!(
            passed(b"* METADATA \"x\" {3}\r\n\xff\xfe\xfd NIL\r\n* ID (\"a\" NIL)\r\nA1 OK\r\n").unwrap(),
            "A1 OK\r\n"
        );
        assert_eq!(passed(b"A1 OK [READ-ONLY]\x8f done\r\n").unwrap(), "A1 OK [READ-ONLY]  done\r\n");
        assert_eq!(passed(b"* 1 FETCH (internaldate nil)\r\n").unwrap(), "* 1 FETCH (INTERNALDATE \"\")\r\n");
        assert!(passed(&b"* 1 FETCH (BODYSTRUCTURE ((((((((((((((((((((((\r\n"[..]).is_err());
        assert!(passed(&[b'x'; LONGEST + 1]).is_err());
    }

    proptest! {
        #[test]
        fn it_is_the_same_however_the_bytes_come(text in "(\\* [A-Z0-9 ]{0,6}[({\\]é0-9})]{0,9}\r\n){0,6}", cut in 0_usize..99) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let (mut fence, mut through) = (Fence::default(), Vec::new());
            let parts = fence.pass(first, &mut through).and_then(|()| fence.pass(second, &mut through));
            let whole = passed(bytes);
            prop_assert_eq!(parts.is_ok(), whole.is_ok());
            if let Ok(whole) = whole {
                prop_assert_eq!(String::from_utf8_lossy(&through), whole);
            }
        }
    }
}
