//! Where in a path the directories are, and what of it is read at all: no symbolic link out of it, and nothing of any size.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Directory;
use crate::error::{Error, Result, io};
use crate::text::printable;

/// The largest record, in bytes: the largest of datenanfragen has 7,540.
pub(super) const LARGEST_RECORD: u64 = 256 * 1024;

/// The largest `sites.json`, in bytes: it has 1.2 MB.
pub(super) const LARGEST_LIST: u64 = 32 * 1024 * 1024;

/// Files in a folder, at most: there are 3,069 companies.
const MOST_FILES: usize = 100_000;

/// A folder of records, or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub kind: Kind,
    pub path: PathBuf,
}

/// What a place holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Companies,
    Authorities,
    Packs,
    Obsolete,
    Sites,
}

/// The folders of datenanfragen/data.
const FOLDERS: [(&str, Kind); 4] = [
    ("companies", Kind::Companies),
    ("supervisory-authorities", Kind::Authorities),
    ("company-packs", Kind::Packs),
    ("obsolete-records", Kind::Obsolete),
];

impl Place {
    pub(super) fn source(&self) -> Directory {
        match self.kind {
            Kind::Sites => Directory::Justdeleteme,
            _ => Directory::Datenanfragen,
        }
    }
}

/// The places in a path: it is one, or holds some, or its folders do.
pub(super) fn find(path: &Path) -> Result<Vec<Place>> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::not_found(format!("there is no {}", path.display())),
        _ => io("read", path, error),
    })?;
    if metadata.is_file() {
        return Ok(vec![Place { kind: Kind::Sites, path: path.to_owned() }]);
    }
    if !metadata.is_dir() {
        return Err(Error::bad_input(format!("{} is neither a file nor a folder", path.display()))
            .hint("clone https://github.com/datenanfragen/data, and name the folder"));
    }
    // A folder that is named itself counts, whatever it is called up to the last link.
    let named = path.canonicalize().map_err(|error| io("read", path, error))?;
    let name = named.file_name().unwrap_or_default();
    if let Some((_, kind)) = FOLDERS.iter().find(|(folder, _)| name == *folder) {
        return Ok(vec![Place { kind: *kind, path: named }]);
    }
    let mut places = within(&named);
    if places.is_empty() {
        places = folders(&named)?.iter().flat_map(|folder| within(folder)).collect();
    }
    match places.is_empty() {
        false => Ok(places),
        true => Err(Error::bad_input(format!("there is no directory of companies in {}", path.display()))
            .hint("clone https://github.com/datenanfragen/data, and name the folder")),
    }
}

/// The places directly in a folder; JustDeleteMe keeps its list in `_data`.
fn within(folder: &Path) -> Vec<Place> {
    let folders = FOLDERS.iter().map(|(name, kind)| Place { kind: *kind, path: folder.join(name) });
    let lists = ["sites.json", "_data/sites.json"].map(|name| Place { kind: Kind::Sites, path: folder.join(name) });
    let real = |place: &Place| {
        let found = fs::symlink_metadata(&place.path);
        found.is_ok_and(|found| if place.kind == Kind::Sites { found.is_file() } else { found.is_dir() })
    };
    folders.chain(lists).filter(real).collect()
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| io("read", folder, error))?.take(MOST_FILES) {
        let entry = entry.map_err(|error| io("read", folder, error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// A file that is not read, and why.
pub(super) type LeftOut = (String, &'static str);

/// The JSON files of a folder, in the order of their names, and what is not read of it.
pub(super) fn files(folder: &Path) -> Result<(Vec<PathBuf>, Vec<LeftOut>)> {
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(|error| io("read", folder, error))? {
        let entry = entry.map_err(|error| io("read", folder, error))?;
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_file() && files.len() < MOST_FILES => files.push(path),
            Ok(kind) if kind.is_file() => left_out.push((short(&path), "there are more than 100,000 files")),
            Ok(kind) if kind.is_symlink() => left_out.push((short(&path), "a symbolic link, which is not followed")),
            _ => left_out.push((short(&path), "this is no file")),
        }
    }
    files.sort();
    left_out.sort();
    Ok((files, left_out))
}

/// The bytes of a file, unless they are more than `most`.
pub(super) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let why = |error: std::io::Error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(why)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(why)?;
    match bytes.len() as u64 > most {
        true => Err(format!("larger than {} KiB", most / 1024)),
        false => Ok(bytes),
    }
}

/// A file by its folder and name.
pub(super) fn short(path: &Path) -> String {
    let mut parts: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    parts.reverse();
    printable(&parts.join("/"))
}
