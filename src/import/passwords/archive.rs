//! ZIP archives: which of their entries are exports, and how much of them is inflated at most.

use std::io::{self, Cursor, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::evidence::{Evidence, Place, Secret, Sink};
use super::format::{Format, Sealed};
use super::{Found, head, plain, recognise};
use crate::error::{Error, Kind, Result};
use crate::text::printable;

/// The most entries that an archive may have: attachments have one each.
const MOST_ENTRIES: usize = 20_000;

/// The most that is inflated of one archive, in bytes: 256 MiB.
const MOST_INFLATED: u64 = 256 * 1024 * 1024;

/// From here on, an entry may not be more than [`STEEPEST`] times as large as it is compressed. Text never is.
const STEEP_FROM: u64 = 8 * 1024 * 1024;

/// See [`STEEP_FROM`].
const STEEPEST: u64 = 100;

/// Reads every export within an archive. A format other than [`Format::Archive`] takes those of that format alone.
pub(super) fn read<R: Read + Seek>(wanted: Format, input: R, sink: &mut dyn Sink) -> Result<Found> {
    let mut archive = ZipArchive::new(input).map_err(damaged)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Error::bad_input(format!("the archive has more than {MOST_ENTRIES} entries")));
    }
    let mut found = Found::new(Format::Archive);
    let mut left = MOST_INFLATED;
    let mut bad: Vec<(Place, String, Error)> = Vec::new();
    for index in 0..archive.len() {
        let (name, encrypted) = {
            let entry = archive.by_index_raw(index).map_err(damaged)?;
            (String::from_utf8_lossy(entry.name_raw()).into_owned(), entry.encrypted())
        };
        if !may_be_export(&name) {
            continue;
        }
        if encrypted {
            return Err(Sealed::Zip.refusal());
        }
        let place = Place::Item(index as u64 + 1);
        match read_entry(wanted, &mut archive, index, &name, &mut left, sink, &mut found)? {
            Some(Ok(())) => {}
            Some(Err(error)) => bad.push((place, printable(&name), error)),
            None => sink.passed_over(place, &format!("{}: no export that is known", printable(&name)))?,
        }
    }
    // What is wrong with one of several is told, and the others are kept; alone, it is what is wrong with the archive.
    if found.format == Format::Archive {
        return Err(bad.into_iter().next().map_or_else(nothing_in_it, |(_, _, error)| error));
    }
    for (place, name, error) in bad {
        sink.skipped(place, &format!("{name}: not read, or not to its end: {error}"))?;
    }
    Ok(found)
}

fn nothing_in_it() -> Error {
    Error::bad_input("this ZIP archive holds no export of a password manager that is known")
        .hint("export again, and name the file as the manager wrote it")
}

/// By its name alone, whether an entry can be an export and no attachment.
fn may_be_export(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let attachment = lower.split('/').any(|part| matches!(part, "files" | "attachments" | "__macosx"));
    let ends = [".json", ".csv", ".xml", ".pgp", ".data"].into_iter().any(|ending| lower.ends_with(ending));
    ends && !attachment
}

/// Reads one entry, where it is an export; an error within is what is wrong with that one alone. `left` is how much may still be
/// inflated.
fn read_entry<R: Read + Seek>(
    wanted: Format,
    archive: &mut ZipArchive<R>,
    index: usize,
    name: &str,
    left: &mut u64,
    sink: &mut dyn Sink,
    found: &mut Found,
) -> Result<Option<Result<()>>> {
    let entry = archive.by_index(index).map_err(damaged)?;
    let (size, packed) = (entry.size(), entry.compressed_size());
    if size > *left || is_steep(size, packed) {
        return Err(bomb(name));
    }
    let mut inflated = Inflated { entry, read: 0, left: *left, packed, name, burst: false };
    let start = head(&mut inflated)?;
    let format = match recognise(&start) {
        _ if name.to_ascii_lowercase().ends_with(".pgp") => Some(Format::Sealed(Sealed::Pgp)),
        format => format.filter(|format| *format != Format::Archive),
    };
    let Some(format) = format.filter(|format| wanted == Format::Archive || wanted == *format) else {
        *left = left.saturating_sub(inflated.read);
        return Ok(None);
    };
    let mut within = Within { name: printable(name), sink, at: 0 };
    let read = plain(format, &mut Cursor::new(start).chain(&mut inflated), size, &mut within);
    *left = left.saturating_sub(inflated.read);
    match read {
        Ok(of_entry) => {
            found.format = of_entry.format;
            found.identities.extend(of_entry.identities);
            found.remarks.extend(of_entry.remarks.into_iter().map(|remark| format!("{}: {remark}", printable(name))));
            Ok(Some(Ok(())))
        }
        Err(error) if error.kind() == Kind::BadInput && !inflated.burst => Ok(Some(Err(error))),
        Err(error) => Err(error),
    }
}

fn is_steep(size: u64, packed: u64) -> bool {
    size > STEEP_FROM && size / STEEPEST > packed
}

fn bomb(name: &str) -> Error {
    Error::bad_input(format!("{}: it inflates to more than any export holds: a ZIP bomb", printable(name)))
        .hint("do not unpack it; export again")
}

fn damaged(error: ZipError) -> Error {
    match error {
        ZipError::UnsupportedArchive(what) if what == ZipError::PASSWORD_REQUIRED => Sealed::Zip.refusal(),
        ZipError::Io(error) if error.kind() == io::ErrorKind::IsADirectory => super::source::unreadable(error),
        error => Error::bad_input("the ZIP archive is damaged or cut off").hint("export it again").because(error),
    }
}

/// An entry while it is inflated: what it says of its size is not believed.
struct Inflated<'n, R> {
    entry: R,
    read: u64,
    left: u64,
    packed: u64,
    name: &'n str,
    /// It turned out to be a bomb.
    burst: bool,
}

impl<R: Read> Read for Inflated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // What goes wrong in here is the archive's fault, unless the disk says otherwise.
        let count = self.entry.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Other => io::Error::new(io::ErrorKind::InvalidData, error),
            _ => error,
        })?;
        self.read += count as u64;
        if self.read > self.left || is_steep(self.read, self.packed) {
            self.burst = true;
            return Err(io::Error::other(bomb(self.name)));
        }
        Ok(count)
    }
}

/// A sink that says which entry of the archive a reason is about.
struct Within<'s> {
    name: String,
    sink: &'s mut dyn Sink,
    at: u64,
}

impl Sink for Within<'_> {
    fn found(&mut self, evidence: Evidence) -> Result<()> {
        self.sink.found(evidence)
    }

    fn skipped(&mut self, place: Place, why: &str) -> Result<()> {
        self.sink.skipped(place, &format!("{}: {why}", self.name))
    }

    fn passed_over(&mut self, place: Place, why: &str) -> Result<()> {
        self.sink.passed_over(place, &format!("{}: {why}", self.name))
    }

    fn dropped(&mut self, secret: Secret) {
        self.sink.dropped(secret);
    }

    fn at(&mut self, bytes: u64) -> Result<()> {
        // Of an archive it is not known how much of the file that is; only that it goes on, and whether to stop.
        self.at = self.at.max(bytes);
        self.sink.at(self.at)
    }
}
