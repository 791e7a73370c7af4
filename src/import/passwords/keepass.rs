//! KeePass 2 XML, which KeePassXC and others write too: the plain form of what a `.kdbx` holds
//! (<https://keepass.info/help/kb/kdbx.html>).
//!
//! Of an entry's strings, the title, the user name and the addresses are kept; every other is dropped where it stands.
//! Old versions of entries (`History`) are no entries.

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use quick_xml::events::BytesStart;
use zeroize::{Zeroize, Zeroizing};

use super::super::evidence::{Place, Secret, Sink};
use super::Found;
use super::entry::{Entry, date};
use super::format::Format;
use super::xml::{Node, Xml};
use crate::error::{Error, Result};

/// Where the document says a text stands: its element, within that element's parent.
type Where<'t> = (&'t str, &'t str);

/// A group that is open.
#[derive(Default)]
struct Group {
    name: String,
    bin: bool,
}

/// What was read so far.
struct Reader {
    found: Found,
    /// The open elements, outermost first.
    path: Vec<String>,
    groups: Vec<Group>,
    /// The group that holds what was deleted, where there is one.
    bin: Option<String>,
    entry: Option<Entry>,
    /// How many `History` elements are open.
    history: usize,
    /// The name of the string within an entry, and whether its value is there.
    key: String,
    value: bool,
    /// The text of the element, where it is one that is kept.
    text: Zeroizing<String>,
    /// Whether the value is encrypted within the document.
    protected: bool,
}

/// Reads the whole document.
pub(super) fn read(document: &str, sink: &mut dyn Sink) -> Result<Found> {
    let mut xml = Xml::new(document);
    let mut reader = Reader {
        found: Found::new(Format::KeePassXml),
        path: Vec::new(),
        groups: Vec::new(),
        bin: None,
        entry: None,
        history: 0,
        key: String::new(),
        value: false,
        text: Zeroizing::new(String::new()),
        protected: false,
    };
    loop {
        match xml.next()? {
            Node::Open(tag) if reader.path.is_empty() && tag.name().as_ref() != "KeePassFile" => {
                return Err(Error::bad_input(format!("line {}: this is XML, but not of KeePass 2", xml.line()))
                    .hint("leave --format out to have the file recognised"));
            }
            Node::Open(tag) => reader.open(&tag, xml.line()),
            Node::Text(text) => reader.text(&text),
            Node::Close => {
                reader.close(sink)?;
                sink.at(xml.bytes())?;
            }
            Node::End => return Ok(reader.found),
        }
    }
}

impl Reader {
    fn at(&self) -> Where<'_> {
        let mut innermost = self.path.iter().rev().map(String::as_str);
        let own = innermost.next().unwrap_or_default();
        (innermost.next().unwrap_or_default(), own)
    }

    fn open(&mut self, tag: &BytesStart<'_>, line: u64) {
        let name = tag.name().as_ref().to_owned();
        match name.as_str() {
            "Group" => self.groups.push(Group::default()),
            "History" => self.history += 1,
            "Entry" if self.history == 0 => self.entry = Some(Entry::new(Place::Line(line))),
            "String" => self.key.clear(),
            "Value" => self.protected = is_protected(tag),
            _ => {}
        }
        self.path.push(name);
        self.text.zeroize();
        self.value = false;
    }

    /// Takes a text where it is one that is kept; of others, only that it is there.
    fn text(&mut self, text: &str) {
        let kept = match self.at() {
            ("String", "Value") => self.is_kept(),
            (_, "Key" | "Name" | "UUID" | "RecycleBinUUID" | "Tags") | ("Times", _) => true,
            _ => false,
        };
        if kept {
            self.text.push_str(text);
        }
        self.value |= !text.trim().is_empty();
    }

    /// Whether the value of this string is told: never what is encrypted within the document.
    fn is_kept(&self) -> bool {
        let name = matches!(self.key.as_str(), "Title" | "UserName");
        self.entry.is_some() && !self.protected && (name || is_address(&self.key))
    }

    fn close(&mut self, sink: &mut dyn Sink) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        match self.at() {
            ("Meta", "RecycleBinUUID") => self.bin = Some(text.trim().to_owned()).filter(|id| is_id(id)),
            ("Group", "UUID") => {
                let bin = self.bin.as_deref() == Some(text.trim());
                self.groups.last_mut().into_iter().for_each(|group| group.bin = bin);
            }
            ("Group", "Name") => {
                self.groups.last_mut().into_iter().for_each(|group| group.name = text.trim().to_owned());
            }
            ("String", "Key") => self.key = text.trim().to_owned(),
            ("String", "Value") => self.string(&text, sink),
            (_, "Group") => drop(self.groups.pop()),
            (_, "History") => self.history = self.history.saturating_sub(1),
            (_, "Entry") if self.history == 0 => self.end_entry(sink)?,
            _ => self.of_entry(&text),
        }
        self.path.pop();
        self.value = false;
        Ok(())
    }

    /// What stands in an entry itself.
    fn of_entry(&mut self, text: &str) {
        let at = match self.path.as_slice() {
            [.., parent, own] if self.history == 0 => (parent.as_str(), own.as_str()),
            _ => return,
        };
        let Some(entry) = &mut self.entry else { return };
        match at {
            ("Entry", "UUID") => entry.id(text),
            ("Entry", "Tags") => entry.detail("tags", text),
            ("Times", "CreationTime") => entry.created(time(text)),
            ("Times", "LastModificationTime") => entry.changed(time(text)),
            ("Times", "LastAccessTime") => entry.used(time(text)),
            _ => {}
        }
    }

    /// A string of the entry. Of old versions only the secrets are told: they are in the file, and dropped.
    fn string(&mut self, text: &str, sink: &mut dyn Sink) {
        let old = self.history > 0;
        let Some(entry) = &mut self.entry else { return };
        match self.key.as_str() {
            "Password" if !old => entry.password(self.value, sink),
            "Password" if self.value => sink.dropped(Secret::Password),
            "Title" if !old => entry.title(text),
            "UserName" if !old => entry.account(text),
            key if !old && is_address(key) => entry.address(text, sink),
            "Password" | "Title" | "UserName" => {}
            key if self.value && !is_address(key) => sink.dropped(sort_of(key)),
            _ => {}
        }
    }

    fn end_entry(&mut self, sink: &mut dyn Sink) -> Result<()> {
        let Some(mut entry) = self.entry.take() else { return Ok(()) };
        if self.groups.iter().any(|group| group.bin) {
            return entry.pass_over("in the recycle bin", sink);
        }
        // The first group is the database itself.
        let names: Vec<&str> = self.groups.iter().skip(1).map(|group| group.name.as_str()).collect();
        entry.detail("folder", &names.join("/"));
        entry.tell(sink)
    }
}

/// Whether a string holds an address: the entry's own, or a further one, which KeePassXC and Keepass2Android keep so.
fn is_address(key: &str) -> bool {
    key == "URL" || key.starts_with("KP2A_URL")
}

/// What sort of secret a string of the user's or of a plug-in's is, by its name.
fn sort_of(key: &str) -> Secret {
    let lower = key.to_ascii_lowercase();
    let factor =
        ["otp", "totp", "hmacotp", "timeotp", "kpex_passkey"].into_iter().any(|start| lower.starts_with(start));
    if factor { Secret::SecondFactor } else { Secret::Note }
}

/// `Protected="True"`: the value is encrypted by the inner stream of a database.
fn is_protected(tag: &BytesStart<'_>) -> bool {
    let value = tag.try_get_attribute("Protected").ok().flatten();
    value.is_some_and(|value| value.value.as_ref().eq_ignore_ascii_case("true"))
}

/// Whether it is an id: where there is no recycle bin, sixteen zeros stand for it.
fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.trim_end_matches('=').chars().all(|c| c == 'A')
}

/// A time as text, or, as KDBX 4 has it, the seconds since the year 1 in base64.
fn time(text: &str) -> Option<Timestamp> {
    const YEAR_1_TO_1970: i64 = 62_135_596_800;
    let text = text.trim();
    date(text).or_else(|| {
        let mut bytes = [0; 8];
        let decoded = Base64::decode(text, &mut bytes).ok()?;
        let seconds = i64::from_le_bytes(decoded.try_into().ok()?).checked_sub(YEAR_1_TO_1970)?;
        date(&seconds.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_versions() {
        let expected: Timestamp = "2017-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(time("2017-01-01T00:00:00Z"), Some(expected));
        let seconds = (expected.as_second() + 62_135_596_800).to_le_bytes();
        assert_eq!(time(&Base64::encode_string(&seconds)), Some(expected));
        assert_eq!(time("nonsense"), None);
    }

    #[test]
    fn the_second_factor_is_known_by_its_name() {
        for key in ["otp", "TOTP Seed", "TimeOtp-Secret-Base32", "KPEX_PASSKEY_PRIVATE_KEY_PEM"] {
            assert_eq!(sort_of(key), Secret::SecondFactor, "{key}");
        }
        assert_eq!(sort_of("pin"), Secret::Note);
    }
}
