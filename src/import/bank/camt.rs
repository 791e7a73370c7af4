//! CAMT: ISO 20022 camt.053 (statement), and camt.052 (report) and camt.054 (notification), which hold the same entries.
//!
//! Versions differ in where a name stands (`Cdtr/Nm`, from version 7 `Cdtr/Pty/Nm`), in the status (`Sts`, `Sts/Cd`), and
//! in the amount of a part of an entry (`AmtDtls/TxAmt/Amt`, `Amt`). Namespaces and prefixes are let go: elements are known
//! by their path.

mod entry;

use quick_xml::Reader;
use quick_xml::errors::Error as XmlError;
use quick_xml::events::{BytesStart, Event};

use super::desk::Desk;
use super::source::{LONGEST, Source};
use crate::error::{Error, Result};
use entry::{Entry, Part};

/// Elements in one another, at most: version 8 has 12 or so.
const DEEPEST: usize = 64;

/// What is known of the place in the file.
#[derive(Default)]
struct Place {
    path: Vec<String>,
    text: String,
    /// `Ccy` of an amount that is open.
    currency: String,
    entry: Option<Entry>,
    part: Option<Part>,
    statements: u64,
}

pub(super) fn read(source: &mut Source, desk: &mut Desk) -> Result<()> {
    desk.summary.format = "CAMT".to_owned();
    let mut reader = Reader::from_reader(source);
    let (mut place, mut buffer) = (Place::default(), Vec::new());
    loop {
        buffer.clear();
        reader.get_mut().mark();
        let line = reader.get_ref().line();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return broken(&error, reader.get_ref().line(), desk),
        };
        match event {
            Event::Start(tag) => place.open(&tag, line)?,
            Event::Empty(tag) => {
                place.open(&tag, line)?;
                place.close(desk)?;
            }
            Event::End(_) if place.close(desk)? => desk.step(reader.get_ref())?,
            Event::End(_) => {}
            Event::Text(text) => place.text.push_str(&text),
            Event::CData(text) => place.text.push_str(&text),
            Event::GeneralRef(name) => place.text.push_str(&referred(&name)),
            Event::DocType(_) => {
                let what = format!("line {line}: the file declares its own markup (DOCTYPE), which no statement needs");
                return Err(Error::bad_input(what).hint("download the statement again from the bank"));
            }
            Event::Eof => break,
            _ => {}
        }
        if place.text.len() > LONGEST {
            return Err(Error::bad_input(format!("line {line}: a text is longer than 1 MiB")));
        }
    }
    place.end(reader.get_ref().line(), desk)
}

/// XML that is broken from here on: what came before is kept.
fn broken(error: &XmlError, line: u64, desk: &mut Desk) -> Result<()> {
    let why = match error {
        XmlError::Io(error) => error.to_string(),
        error => format!("the XML is broken: {error}"),
    };
    desk.bad(line, &format!("{why}; nothing after it was read"))
}

impl Place {
    fn open(&mut self, tag: &BytesStart, line: u64) -> Result<()> {
        if self.path.len() >= DEEPEST {
            return Err(Error::bad_input(format!("line {line}: more than {DEEPEST} elements within one another")));
        }
        let name = tag.local_name().into_inner().to_owned();
        match name.as_str() {
            "Ntry" => self.entry = Some(Entry::new(line)),
            "TxDtls" if self.entry.is_some() => self.part = Some(Part::new(line)),
            "Stmt" | "Rpt" | "Ntfctn" => self.statements += 1,
            "Amt" => {
                let currency = tag.try_get_attribute("Ccy").ok().flatten();
                self.currency = currency.map(|ccy| ccy.value.into_owned()).unwrap_or_default();
            }
            _ => {}
        }
        self.path.push(name);
        self.text.clear();
        Ok(())
    }

    /// The end of an element; whether it was an entry's.
    fn close(&mut self, desk: &mut Desk) -> Result<bool> {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if !text.is_empty() {
            self.leaf(text, desk);
        }
        match self.path.pop().as_deref() {
            Some("TxDtls") => {
                if let (Some(entry), Some(part)) = (&mut self.entry, self.part.take()) {
                    entry.parts.push(part);
                }
            }
            Some("Ntry") => {
                if let Some(entry) = self.entry.take() {
                    entry.book(desk)?;
                    return Ok(true);
                }
            }
            _ => {}
        }
        Ok(false)
    }

    /// An element with a text in it.
    fn leaf(&mut self, text: &str, desk: &mut Desk) {
        let from = |name: &str| self.path.iter().rposition(|part| part == name).map(|at| at + 1);
        let below = |at: usize| self.path[at..].iter().map(String::as_str).collect::<Vec<_>>();
        if let Some(entry) = &mut self.entry {
            match (&mut self.part, from("TxDtls")) {
                (Some(part), Some(at)) => part.leaf(&below(at), text, &self.currency),
                _ => entry.leaf(&below(from("Ntry").unwrap_or(0)), text, &self.currency),
            }
            return;
        }
        let Some(at) = from("Stmt").or_else(|| from("Rpt")).or_else(|| from("Ntfctn")) else { return };
        match below(at).as_slice() {
            ["Acct" | "RltdAcct", "Id", "IBAN"] | ["Acct" | "RltdAcct", "Id", "Othr", "Id"] => desk.own_account(text),
            ["Acct", "Ownr", "Nm"] => desk.owner(text),
            _ => {}
        }
    }

    fn end(self, line: u64, desk: &mut Desk) -> Result<()> {
        if let Some(entry) = self.entry {
            return desk.bad(entry.line, "the file is cut off in this entry");
        }
        if !self.path.is_empty() {
            desk.bad(line, "the file is cut off: an element has no end")?;
        }
        match self.statements {
            0 => Err(Error::bad_input("there is no statement of an account in it")
                .hint("download the statement again from the bank")),
            _ => Ok(()),
        }
    }
}

/// What `&name;` stands for: the five of XML, and characters by number. There are no others without a DOCTYPE.
fn referred(name: &str) -> String {
    let by_number = |number: &str| match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    };
    match quick_xml::escape::resolve_predefined_entity(name) {
        Some(text) => text.to_owned(),
        None => {
            name.strip_prefix('#').and_then(by_number).and_then(char::from_u32).map(String::from).unwrap_or_default()
        }
    }
}
