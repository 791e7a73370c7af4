//! What the readers of XML share: events that borrow from the document, so that nothing of it is copied, and no
//! document type that could define entities.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::{Error, Result};

/// The deepest nesting of elements.
const DEEPEST: usize = 200;

/// What comes next in a document.
pub(super) enum Node<'d> {
    /// An element begins.
    Open(BytesStart<'d>),
    /// The innermost element ends.
    Close,
    /// A piece of text.
    Text(std::borrow::Cow<'d, str>),
    /// The document ends.
    End,
}

/// A document, event by event.
pub(super) struct Xml<'d> {
    document: &'d str,
    reader: Reader<&'d [u8]>,
    depth: usize,
    /// An element that was written as empty: its end comes next.
    empty: bool,
    /// Whether there was any element.
    opened: bool,
    counted: usize,
    line: u64,
}

impl<'d> Xml<'d> {
    pub(super) fn new(document: &'d str) -> Self {
        let document = document.trim_start_matches('\u{feff}');
        Self {
            document,
            reader: Reader::from_str(document),
            depth: 0,
            empty: false,
            opened: false,
            counted: 0,
            line: 1,
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// Kind bad input, with its line, for what is not well formed, and for a document type with content of its own.
    pub(super) fn next(&mut self) -> Result<Node<'d>> {
        if std::mem::take(&mut self.empty) {
            return self.close();
        }
        loop {
            let event = self.reader.read_event();
            return match event.map_err(|_| self.broken("the XML is broken here"))? {
                Event::Start(tag) => self.open(tag, false),
                Event::Empty(tag) => self.open(tag, true),
                Event::End(_) => self.close(),
                Event::Text(text) => Ok(Node::Text(text.into_inner())),
                Event::CData(text) => Ok(Node::Text(text.into_inner())),
                Event::GeneralRef(reference) => Ok(Node::Text(self.referred(&reference)?.into())),
                Event::DocType(name) if is_harmless(&name) => continue,
                Event::DocType(_) => Err(self.broken("a document type with content of its own is not read")),
                Event::Eof if !self.opened => Err(self.broken("this is no XML")),
                Event::Eof if self.depth > 0 => Err(self.broken("the file ends too early, it may be cut off")),
                Event::Eof => Ok(Node::End),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            };
        }
    }

    fn open(&mut self, tag: BytesStart<'d>, empty: bool) -> Result<Node<'d>> {
        self.depth += 1;
        (self.empty, self.opened) = (empty, true);
        if self.depth > DEEPEST {
            return Err(self.broken("elements are nested more than 200 deep"));
        }
        Ok(Node::Open(tag))
    }

    fn close(&mut self) -> Result<Node<'d>> {
        self.depth = self.depth.saturating_sub(1);
        Ok(Node::Close)
    }

    /// One of the five entities of XML 1.0, section 4.6, or a character by its number.
    fn referred(&mut self, reference: &quick_xml::events::BytesRef<'_>) -> Result<String> {
        if let Ok(Some(c)) = reference.resolve_char_ref() {
            return Ok(c.to_string());
        }
        match quick_xml::escape::resolve_xml_entity(reference) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.broken("an entity that is not defined")),
        }
    }

    /// The line that was reached, from 1.
    pub(super) fn line(&mut self) -> u64 {
        let reached = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.document.len());
        if reached > self.counted {
            let passed = &self.document.as_bytes()[self.counted..reached];
            self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.counted = reached;
        }
        self.line
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.buffer_position()
    }

    fn broken(&mut self, what: &str) -> Error {
        let line = self.line();
        Error::bad_input(format!("line {line}: {what}")).hint("export it again")
    }
}

/// A name and nothing else (`<!DOCTYPE KEEPASSX_DATABASE>`): no entities, no file from elsewhere.
fn is_harmless(name: &str) -> bool {
    name.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Result<String> {
        let mut xml = Xml::new(document);
        let mut told = String::new();
        loop {
            match xml.next()? {
                Node::Open(tag) => told += &format!("<{}", tag.name().as_ref()),
                Node::Close => told += ">",
                Node::Text(text) => told += &text,
                Node::End => return Ok(told),
            }
        }
    }

    #[test]
    fn a_document_is_read_in_order() {
        let read = read("<?xml version=\"1.0\"?><a><b/>x &amp; &#x41;<![CDATA[<y>]]></a>").unwrap();
        assert_eq!(read, "<a<b>x & A<y>>");
    }

    #[test]
    fn a_bomb_a_stranger_and_a_break_are_named_by_their_line() {
        let bomb = "<!DOCTYPE a [\n<!ENTITY b \"bbbb\">\n]>\n<a>&b;</a>";
        assert!(read(bomb).unwrap_err().to_string().contains("document type"));
        assert!(read("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>").is_err());
        assert!(read("<!DOCTYPE KEEPASSX_DATABASE><a/>").is_ok());
        assert_eq!(read("<a>\n&lol;</a>").unwrap_err().to_string(), "line 2: an entity that is not defined");
        assert_eq!(read("<a>\n\n<b></a>").unwrap_err().to_string(), "line 3: the XML is broken here");
        assert!(read("<a><b>").unwrap_err().to_string().contains("ends too early"));
        assert!(read(&"<a>".repeat(100_000)).unwrap_err().to_string().contains("nested"));
    }
}
