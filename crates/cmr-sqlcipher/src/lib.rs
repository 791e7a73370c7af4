//! The glue between `cmr` and SQLCipher's C interface: the only place in the project where `unsafe` may stand.
//!
//! SQL text is copied by SQLite into memory that is not wiped, so a key must not travel in a `PRAGMA key`. It goes
//! through `sqlite3_key`, from a buffer that is wiped on return; SQLCipher keeps its own copy in its private heap,
//! which it wipes itself.
//!
//! The cryptography is RustCrypto's: SQLCipher is compiled to ask this crate for it (`provider`, over `cipher`). A program
//! that uses SQLCipher has to link this crate, if only by `use cmr_sqlcipher as _`.

mod cipher;
mod provider;

use std::ffi::{c_int, c_void};

use rusqlite::{Connection, Result, ffi};
use zeroize::Zeroizing;

unsafe extern "C" {
    /// SQLCipher's keying call; `key` is `x'…64 hex digits…'` for a raw key.
    fn sqlite3_key(db: *mut ffi::sqlite3, key: *const c_void, len: c_int) -> c_int;
    /// Encrypts the database anew; `key` as above.
    fn sqlite3_rekey(db: *mut ffi::sqlite3, key: *const c_void, len: c_int) -> c_int;
}

/// Keys a connection with a raw 32-byte key, before any other statement touches the database.
///
/// The key is not checked here: the first read of the database does that.
///
/// # Errors
/// Whatever SQLCipher answers, usually that it could not allocate memory.
pub fn key(connection: &Connection, key: &[u8; 32]) -> Result<()> {
    let literal = literal(key);
    // SAFETY: the handle is valid while `connection` is borrowed; SQLCipher reads `len` bytes from `key` during the
    // call and keeps no pointer to them.
    answer(unsafe { sqlite3_key(connection.handle(), literal.as_ptr().cast(), literal.len() as c_int) })
}

/// Encrypts the database of a keyed connection anew with another raw 32-byte key, page by page in one transaction.
///
/// SQLCipher does not report a commit that fails, after which this connection reads nothing more: open the file again
/// with the new key to know that it counts. Whoever dies in the middle leaves a file with exactly one working key.
///
/// # Errors
/// A transaction that is open or another connection that is writing, a page that cannot be read, a disk that is full, a
/// connection without a key. The old key counts on, and the connection only reads from then on.
pub fn rekey(connection: &Connection, key: &[u8; 32]) -> Result<()> {
    let literal = literal(key);
    // SAFETY: as for `key`.
    let code = unsafe { sqlite3_rekey(connection.handle(), literal.as_ptr().cast(), literal.len() as c_int) };
    if code != ffi::SQLITE_OK {
        // SQLCipher would encrypt what this connection writes with the new key, beside pages that have the old one.
        connection.execute_batch("PRAGMA query_only = ON")?;
    }
    answer(code)
}

/// `x'…'`, as SQLCipher takes a raw key.
fn literal(key: &[u8; 32]) -> Zeroizing<[u8; 67]> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut literal = Zeroizing::new([b'\''; 67]);
    literal[0] = b'x';
    for (digits, byte) in literal[2..66].chunks_exact_mut(2).zip(key) {
        digits[0] = HEX[usize::from(byte >> 4)];
        digits[1] = HEX[usize::from(byte & 15)];
    }
    literal
}

fn answer(code: c_int) -> Result<()> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_what_sqlcipher_takes_for_a_raw_key() {
        let key: [u8; 32] = std::array::from_fn(|i| i as u8 * 8 + 1);
        let expected = "x'0109111921293139414951596169717981899199a1a9b1b9c1c9d1d9e1e9f1f9'";
        assert_eq!(*literal(&key), expected.as_bytes());
    }
}
