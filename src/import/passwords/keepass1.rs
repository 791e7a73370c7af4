//! The XML of KeePass 1 (`pwlist`, `pwentry`) and of KeePassX (`database`, `group`, `entry`). Their times have no zone,
//! and are taken for UTC.

use zeroize::{Zeroize, Zeroizing};

use super::super::evidence::{Place, Secret, Sink};
use super::Found;
use super::entry::{Entry, date};
use super::format::Format;
use super::xml::{Node, Xml};
use crate::error::{Error, Result};

/// What was read so far.
struct Reader {
    /// The open elements, outermost first.
    path: Vec<String>,
    /// The titles of KeePassX's open groups.
    groups: Vec<String>,
    entry: Option<Entry>,
    text: Zeroizing<String>,
    /// Whether the element has any text.
    value: bool,
}

/// Reads the whole document.
pub(super) fn read(document: &str, sink: &mut dyn Sink) -> Result<Found> {
    let mut xml = Xml::new(document);
    let mut reader =
        Reader { path: Vec::new(), groups: Vec::new(), entry: None, text: Zeroizing::new(String::new()), value: false };
    loop {
        match xml.next()? {
            Node::Open(tag) if reader.path.is_empty() && tag.name().as_ref() == "KeePassFile" => {
                return Err(Error::bad_input(format!("line {}: this is KeePass 2 XML", xml.line()))
                    .hint("leave --format out to have the file recognised"));
            }
            Node::Open(tag) => reader.open(tag.name().as_ref(), xml.line()),
            Node::Text(text) => reader.text(&text),
            Node::Close => {
                reader.close(sink)?;
                sink.at(xml.bytes())?;
            }
            Node::End => return Ok(Found::new(Format::KeePass1Xml)),
        }
    }
}

impl Reader {
    fn open(&mut self, name: &str, line: u64) {
        match name {
            "group" if self.entry.is_none() => self.groups.push(String::new()),
            "pwentry" | "entry" => self.entry = Some(Entry::new(Place::Line(line))),
            _ => {}
        }
        self.path.push(name.to_owned());
        self.text.zeroize();
        self.value = false;
    }

    fn own(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn text(&mut self, text: &str) {
        if !matches!(self.own(), "password" | "notes" | "comment" | "attachment" | "bin") {
            self.text.push_str(text);
        }
        self.value |= !text.trim().is_empty();
    }

    fn close(&mut self, sink: &mut dyn Sink) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        let own = self.path.pop().unwrap_or_default();
        let value = std::mem::take(&mut self.value);
        if matches!(own.as_str(), "pwentry" | "entry") {
            return self.end_entry(sink);
        }
        match (&mut self.entry, own.as_str()) {
            (Some(entry), "title") => entry.title(&text),
            (Some(entry), "username") => entry.account(&text),
            (Some(entry), "url") => entry.address(&text, sink),
            (Some(entry), "password") => entry.password(value, sink),
            (Some(_), "notes" | "comment" | "attachment" | "bin") if value => sink.dropped(Secret::Note),
            (Some(entry), "uuid") => entry.id(&text),
            (Some(entry), "group") => entry.detail("folder", &text),
            (Some(entry), "creationtime" | "creation") => entry.created(date(&text)),
            (Some(entry), "lastmodtime" | "lastmod") => entry.changed(date(&text)),
            (Some(entry), "lastaccesstime" | "lastaccess") => entry.used(date(&text)),
            (None, "group") => drop(self.groups.pop()),
            (None, "title") => {
                self.groups.last_mut().into_iter().for_each(|group| *group = text.trim().to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn end_entry(&mut self, sink: &mut dyn Sink) -> Result<()> {
        let Some(mut entry) = self.entry.take() else { return Ok(()) };
        entry.detail("folder", &self.groups.join("/"));
        entry.tell(sink)
    }
}
