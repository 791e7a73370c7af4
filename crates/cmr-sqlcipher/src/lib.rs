//! The glue between `cmr` and SQLCipher's C interface: the only place in the project where `unsafe` may stand.
//!
//! SQL text is copied by SQLite into memory that is not wiped, so a key must not travel in a `PRAGMA key`. It goes
//! through `sqlite3_key`, from a buffer that is wiped on return; SQLCipher keeps its own copy in its private heap,
//! which it wipes itself.

use std::ffi::{c_int, c_void};

use rusqlite::{Connection, Result, ffi};
use zeroize::Zeroizing;

unsafe extern "C" {
    /// SQLCipher's keying call; `zKey` is `x'…64 hex digits…'` for a raw key.
    fn sqlite3_key(db: *mut ffi::sqlite3, key: *const c_void, len: c_int) -> c_int;
}

/// Keys a connection with a raw 32-byte key, before any other statement touches the database.
///
/// The key is not checked here: the first read of the database does that.
///
/// # Errors
/// Whatever SQLCipher answers, usually that it could not allocate memory.
pub fn key(connection: &Connection, key: &[u8; 32]) -> Result<()> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut literal = Zeroizing::new([0u8; 67]);
    literal[0] = b'x';
    literal[1] = b'\'';
    for (index, byte) in key.iter().enumerate() {
        literal[2 + 2 * index] = HEX[usize::from(byte >> 4)];
        literal[3 + 2 * index] = HEX[usize::from(byte & 15)];
    }
    literal[66] = b'\'';
    // SAFETY: the handle is valid while `connection` is borrowed; SQLCipher reads `len` bytes from `key` during the
    // call and keeps no pointer to them.
    let code = unsafe { sqlite3_key(connection.handle(), literal.as_ptr().cast(), literal.len() as c_int) };
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}
