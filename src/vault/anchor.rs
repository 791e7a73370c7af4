//! The ledger's head, kept outside the database.
//!
//! SQLCipher notices a changed page, but not an older copy of the whole file, and not a damaged write-ahead log,
//! whose newest commits it drops without a word. So each commit leaves the head of the ledger in a small file
//! beside the database. It is written after the commit and never waits for the disk: it may lag behind the
//! database, and it must never be ahead of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::files;
use crate::error::{Result, io};

/// The last entry of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub seq: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("head")
}

pub(super) fn read(dir: &Path) -> Result<Option<Head>> {
    match fs::read_to_string(path(dir)) {
        Ok(text) => Ok(parse(&text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io("read", &path(dir), e)),
    }
}

fn parse(text: &str) -> Option<Head> {
    let (seq, hash) = text.strip_suffix('\n')?.split_once(' ')?;
    Some(Head { seq: seq.parse().ok()?, hash: hash.to_owned() })
}

/// Moves the anchor forward. Of two commands at once, the later head stays.
pub(super) fn write(dir: &Path, head: &Head) -> Result<()> {
    let _guard = files::lock(&dir.join(".lock"))?;
    match read(dir)? {
        Some(present) if present.seq >= head.seq => Ok(()),
        _ => reset(dir, head),
    }
}

pub(super) fn reset(dir: &Path, head: &Head) -> Result<()> {
    files::replace_lazily(&path(dir), format!("{} {}\n", head.seq, head.hash).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchor_only_moves_forward_and_a_cut_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), None);
        let head = |seq: i64| Head { seq, hash: format!("{seq:02x}") };
        write(dir.path(), &head(7)).unwrap();
        write(dir.path(), &head(5)).unwrap();
        assert_eq!(read(dir.path()).unwrap(), Some(head(7)));
        fs::write(path(dir.path()), "8 ab").unwrap();
        assert_eq!(read(dir.path()).unwrap(), None);
    }
}
