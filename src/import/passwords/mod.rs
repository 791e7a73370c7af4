//! What password managers and browsers export: who the user has an account with. The secrets are dropped while parsing.
//!
//! One reader a format, in a file of its own. All of them hand [`Evidence`](super::evidence::Evidence) to a
//! [`Sink`], one piece for each host of a login. Its key is the export's own id of the item and the host; where an
//! export has no ids, the host and the account, so that the same login has the same key in every export of its kind.
//!
//! # What is dropped, and how
//!
//! Passwords, TOTP secrets, passkeys, numbers and codes of cards, notes and fields of the user's own never leave a
//! reader: they are skipped where they stand in the document (JSON, XML), or stand in a row that is wiped before the
//! next is read (CSV). What an address says beyond its host goes too. Each is counted. The document itself is wiped
//! when its reader is done; the working memory of the inflating of a ZIP archive is not ours to wipe.

mod apple;
mod archive;
mod bitwarden;
mod bitwarden_csv;
mod chromium;
mod columns;
mod dashlane;
mod dashlane_csv;
mod entry;
mod firefox;
mod format;
mod identity;
mod json;
mod keepass;
mod keepass1;
mod keepass_csv;
mod lastpass;
mod layout;
mod onepassword;
mod onepassword_csv;
mod other_csv;
mod passkey;
mod proton;
mod proton_csv;
mod recognise;
mod source;
mod table;
mod xml;

#[cfg(test)]
mod bad_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod secrets_tests;

use std::io::{Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::evidence::{Place, Sink};
use crate::error::{Error, Result};

pub use format::{Format, Sealed};
pub use identity::Identity;
pub use recognise::{HEAD, recognise, unrecognised};

use layout::Sort;
use source::Text;

/// What an export holds beside the evidence that went to the sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it was: for an archive, what was in it.
    pub format: Format,
    /// Identities that may fill the profile, after asking.
    pub identities: Vec<Identity>,
    /// What the user should know of how it was read: a character set.
    pub remarks: Vec<String>,
}

impl Found {
    fn new(format: Format) -> Self {
        Self { format, identities: Vec::new(), remarks: Vec::new() }
    }

    /// Remarks, once, that a column that is not read seems to hold the addresses.
    fn unread(&mut self, column: &str, place: Place) {
        let remark = |place: &str| {
            format!("{place}the column {column:?} holds an address, and is not read: call it \"url\" in the header")
        };
        if !self.remarks.iter().any(|known| known.ends_with(&remark(""))) {
            self.remarks.push(remark(&format!("{place}: ")));
        }
    }

    /// Takes an item that is no login.
    fn other(&mut self, sort: Sort, place: Place, sink: &mut dyn Sink) -> Result<()> {
        match sort {
            Sort::Login => Ok(()),
            Sort::Other(why) => sink.passed_over(place, why),
            Sort::Identity(identity) => match identity.settled() {
                Some(identity) => {
                    if !identity.left_out.is_empty() {
                        let left = identity.left_out.join(", ");
                        self.remarks
                            .push(format!("{place}: the profile does not take this identity's {left} as it is"));
                    }
                    self.identities.push(identity);
                    sink.passed_over(place, "an identity, which is offered to the profile")
                }
                None => sink.passed_over(place, "an identity without anything for the profile"),
            },
        }
    }
}

/// Reads an export, recognised by its content.
///
/// # Errors
/// As [`recognise`] tells, kind bad input for what it is not; and as [`read`].
pub fn read_any<R: Read + Seek>(mut input: R, sink: &mut dyn Sink) -> Result<Found> {
    let head = head(&mut input)?;
    let format = recognise(&head).ok_or_else(|| unrecognised(&head))?;
    rewind(&mut input)?;
    read(format, input, sink)
}

/// Reads an export of a known format. An archive may be given for what stands within it.
///
/// # Errors
/// Kind bad input, with its line where there is one, for what is encrypted, damaged, cut off or not of this format; and
/// whatever the sink says.
pub fn read<R: Read + Seek>(format: Format, mut input: R, sink: &mut dyn Sink) -> Result<Found> {
    let head = head(&mut input)?;
    if head.is_empty() {
        return Err(unrecognised(&head));
    }
    rewind(&mut input)?;
    if head.starts_with(recognise::ZIP) && !matches!(format, Format::Sealed(_)) {
        return archive::read(format, input, sink);
    }
    let length = input.seek(SeekFrom::End(0)).map_err(source::unreadable)?;
    rewind(&mut input)?;
    plain(format, &mut input, length, sink)
}

/// Reads what stands in no archive. `length` is about how many bytes it has.
fn plain(format: Format, input: &mut dyn Read, length: u64, sink: &mut dyn Sink) -> Result<Found> {
    let mut text = Text::new(input);
    if let Some(layout) = layout_of(format) {
        return layout::read(layout, text, sink);
    }
    let whole: fn(&str, &mut dyn Sink) -> Result<Found> = match format {
        Format::BitwardenJson => bitwarden::read,
        Format::OnePassword => onepassword::read,
        Format::KeePassXml => keepass::read,
        Format::KeePass1Xml => keepass1::read,
        Format::DashlaneJson => dashlane::read,
        Format::ProtonJson => proton::read,
        Format::Sealed(sealed) => return Err(sealed.refusal()),
        _ => return Err(Error::bad_input(format!("this is not {}: it is no ZIP archive", format.title()))),
    };
    let document = text.whole(length, sink)?;
    let mut found = whole(&document, sink)?;
    found.remarks.extend(text.remark().map(str::to_owned));
    Ok(found)
}

/// How a format's CSV is laid out.
fn layout_of(format: Format) -> Option<&'static layout::Layout> {
    LAYOUTS.into_iter().find(|layout| layout.format == format)
}

/// Every CSV, those with more marks of their own first.
static LAYOUTS: [&layout::Layout; 12] = [
    &bitwarden_csv::LAYOUT,
    &firefox::LAYOUT,
    &lastpass::LAYOUT,
    &dashlane_csv::LAYOUT,
    &proton_csv::LAYOUT,
    &onepassword_csv::LAYOUT,
    &onepassword_csv::OLD,
    &keepass_csv::XC,
    &keepass_csv::ONE,
    &apple::LAYOUT,
    &chromium::LAYOUT,
    &other_csv::LAYOUT,
];

fn rewind(input: &mut impl Seek) -> Result<()> {
    input.seek(SeekFrom::Start(0)).map_err(source::unreadable)?;
    Ok(())
}

/// The beginning of a file, by which it is recognised.
fn head(input: &mut impl Read) -> Result<Zeroizing<Vec<u8>>> {
    let mut head = Zeroizing::new(vec![0; HEAD]);
    let mut held = 0;
    while held < head.len() {
        match input.read(&mut head[held..]) {
            Ok(0) => break,
            Ok(count) => held += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(source::unreadable(error)),
        }
    }
    head.truncate(held);
    Ok(head)
}
