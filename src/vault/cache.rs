//! Databases beside the vault's own that hold nothing which cannot be made anew: encrypted with the same key, never
//! backed up, and thrown away without a word.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::database::keyed;
use super::key::DataKey;
use crate::error::{Error, Result, io};

/// Pages that are kept in memory, in KiB: building an index reads its own pages again and again.
const CACHE_KIB: i64 = 32 * 1024;

/// Opens a cache, or makes an empty one.
///
/// It has a rollback journal and no write-ahead log, so that it can be read where nothing can be written.
///
/// # Errors
/// Kind damaged for a file that this key does not open; kind failed where none can be made.
pub fn open_cache(path: &Path, key: &DataKey) -> Result<Connection> {
    if !path.exists() {
        let made = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        made.map_err(|e| io("create", path, e))?;
    }
    let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The power may fail: what is lost then is found out by the hash of the last entry that was read, and read again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(connection)
}

/// An empty cache that ends with the process, for where nothing can be written.
///
/// # Errors
/// Kind failed if there is no memory.
pub fn memory_cache() -> Result<Connection> {
    Ok(Connection::open_in_memory()?)
}

/// Throws a cache away; one that is not there is gone already.
///
/// # Errors
/// Kind failed where nothing can be written.
pub fn remove_cache(path: &Path) -> Result<()> {
    let journal = path.with_extension("db-journal");
    // The journal last: without its database it means nothing, and the other way round it would be taken for another's.
    [path, &journal].into_iter().try_for_each(|path| match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io("remove", path, e)),
        _ => Ok(()),
    })
}

/// What is wrong with a cache, as far as whoever uses it should care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTrouble {
    /// It is not what was written, or of another key: throw it away.
    Damaged,
    /// It cannot be written here.
    Unwritable,
}

/// Whether an error is one that a cache may give; none for all others.
pub fn cache_trouble(error: &Error) -> Option<CacheTrouble> {
    use CacheTrouble::{Damaged, Unwritable};
    let source = std::error::Error::source(error)?;
    if source.is::<std::io::Error>() {
        return Some(Unwritable);
    }
    match source.downcast_ref::<rusqlite::Error>()? {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory => None,
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::DiskFull | ErrorCode::PermissionDenied => {
                Some(Unwritable)
            }
            ErrorCode::SystemIoFailure if error.kind() != crate::error::Kind::Damaged => Some(Unwritable),
            _ => Some(Damaged),
        },
        _ => Some(Damaged),
    }
}
