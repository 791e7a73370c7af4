//! The tags of OFX, as banks write them: version 1 is SGML without the ends of its elements (OFX 1.6, section 2.3), version
//! 2 is XML, and real files are somewhere between the two. A tag that is not closed ends at the next one.

use std::io::BufRead;

use super::super::source::{LONGEST, Source, unreadable};
use crate::error::{Error, Result};

/// A tag, or the text between two.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `<NAME>`, in upper case.
    Open(String),
    /// `</NAME>`, in upper case.
    Close(String),
    /// Text that is not only white space, without the space around it.
    Text(String),
}

/// The tokens of a file, one after the other.
pub(super) struct Markup<'s, 'i> {
    pub source: &'s mut Source<'i>,
    next: Vec<Token>,
    /// The line on which the last token stood.
    pub line: u64,
}

impl<'s, 'i> Markup<'s, 'i> {
    pub(super) fn new(source: &'s mut Source<'i>) -> Self {
        Self { source, next: Vec::new(), line: 1 }
    }

    /// The next token; nothing at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Token>> {
        loop {
            if let Some(token) = self.next.pop() {
                return Ok(Some(token));
            }
            let mut text = String::new();
            loop {
                let piece = self.until(b'<')?;
                text.push_str(&unescaped(piece.strip_suffix('<').unwrap_or(&piece)));
                if !piece.ends_with('<') {
                    return Ok(self.text(&text));
                }
                match self.tag()? {
                    Tag::Token(token) => {
                        self.next.push(token);
                        break;
                    }
                    Tag::Text(more) => text.push_str(&more),
                    Tag::Nothing => {}
                }
                if text.len() > LONGEST {
                    return Err(Error::bad_input(format!("line {}: a text is longer than 1 MiB", self.source.line())));
                }
            }
            if let Some(token) = self.text(&text) {
                return Ok(Some(token));
            }
        }
    }

    fn text(&self, text: &str) -> Option<Token> {
        let text = text.trim();
        (!text.is_empty()).then(|| Token::Text(text.to_owned()))
    }

    fn until(&mut self, end: u8) -> Result<String> {
        let mut bytes = Vec::new();
        self.source.mark();
        let line = self.source.line();
        let read = self.source.read_until(end, &mut bytes).map_err(unreadable);
        read.map_err(|error| Error::new(error.kind(), format!("line {line}: {error}")))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What stands after `<`.
    fn tag(&mut self) -> Result<Tag> {
        self.line = self.source.line();
        let mut inner = self.until(b'>')?;
        if inner.starts_with("![CDATA[") {
            while !inner.ends_with("]]>") {
                inner.push_str(&self.more(b'>', inner.len())?);
            }
            return Ok(Tag::Text(inner["![CDATA[".len()..inner.len() - "]]>".len()].to_owned()));
        }
        if inner.starts_with("!--") {
            while !inner.ends_with("-->") {
                inner.push_str(&self.more(b'>', inner.len())?);
            }
            return Ok(Tag::Nothing);
        }
        if inner.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("!DOCTYPE")) {
            let what =
                format!("line {}: the file declares its own markup (DOCTYPE), which no statement needs", self.line);
            return Err(Error::bad_input(what).hint("download the statement again from the bank"));
        }
        Ok(self.named(&inner))
    }

    fn named(&mut self, inner: &str) -> Tag {
        let Some(tag) = inner.strip_suffix('>') else { return Tag::Text(format!("<{}", unescaped(inner))) };
        if tag.starts_with('?') {
            return Tag::Nothing;
        }
        // A text may hold a `<` that was not escaped; the tag begins at the last one.
        let (text, tag) = match tag.rsplit_once('<') {
            Some((text, tag)) => (Some(text), tag),
            None => (None, tag),
        };
        let name = tag.trim().trim_end_matches('/').split_whitespace().next().unwrap_or_default();
        let (name, closes) = match name.strip_prefix('/') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':'));
        if !is_name {
            return Tag::Text(format!("<{}", unescaped(inner)));
        }
        let name = name.to_ascii_uppercase();
        let token = if closes { Token::Close(name) } else { Token::Open(name) };
        match text {
            None => Tag::Token(token),
            Some(text) => {
                self.next.push(token);
                Tag::Token(Token::Text(format!("<{}", unescaped(text).trim())))
            }
        }
    }

    fn more(&mut self, end: u8, so_far: usize) -> Result<String> {
        let more = self.until(end)?;
        if more.is_empty() || so_far > LONGEST {
            return Err(Error::bad_input(format!("line {}: what begins here does not end", self.line)));
        }
        Ok(more)
    }
}

enum Tag {
    Token(Token),
    Text(String),
    Nothing,
}

/// The escapes of OFX (section 2.3.2.1: `&lt;`, `&gt;`, `&amp;`, `&nbsp;`) and of XML; any other ampersand is one.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match entity.and_then(|(name, after)| Some((character(name)?, after))) {
            Some((c, after)) => {
                plain.push(c);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(text: &str) -> Result<Vec<String>> {
        let mut input = text.as_bytes();
        let mut source = Source::new(&mut input);
        let mut markup = Markup::new(&mut source);
        let mut all = Vec::new();
        while let Some(token) = markup.next()? {
            all.push(match token {
                Token::Open(name) => format!("+{name}"),
                Token::Close(name) => format!("-{name}"),
                Token::Text(text) => text,
            });
        }
        Ok(all)
    }

    #[test]
    fn tags_closed_or_not() {
        assert_eq!(tokens("<A><b>1\n<C>two</C ></A>").unwrap(), ["+A", "+B", "1", "+C", "two", "-C", "-A"]);
        assert_eq!(tokens("<?xml version='1.0'?><A/><!-- <B> --><NAME x=\"y\">z").unwrap(), ["+A", "+NAME", "z"]);
        assert_eq!(tokens("<N><![CDATA[A & <B>  ]]></N>").unwrap(), ["+N", "A & <B>", "-N"]);
    }

    #[test]
    fn what_was_not_escaped_is_text() {
        assert_eq!(
            tokens("<N>AT&T &amp; a &lt; b &#65;&bogus;\n<M>x").unwrap(),
            ["+N", "AT&T & a < b A&bogus;", "+M", "x"]
        );
        assert_eq!(tokens("<N>A <3 B\n<M>x").unwrap(), ["+N", "A", "<3 B", "+M", "x"]);
        assert_eq!(tokens("<N>end <").unwrap(), ["+N", "end <"]);
    }

    #[test]
    fn a_declaration_of_entities_is_refused() {
        let bomb = "<?xml version='1.0'?>\n<!DOCTYPE x [<!ENTITY a \"aaaa\">]><OFX>&a;</OFX>";
        let error = tokens(bomb).unwrap_err();
        assert!(error.to_string().starts_with("line 2"), "{error}");
        assert!(tokens("<A><![CDATA[x").unwrap_err().to_string().contains("does not end"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[<>/!&;A-C\\[\\]\\-\n \u{0}é]{0,60}") {
            let _ = tokens(&text);
        }
    }
}
