//! The SQLCipher database: opening, transactions, and errors that name the file.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use uuid::Uuid;

use super::anchor::Head;
use super::key::DataKey;
use super::schema;
use crate::error::{Error, Kind, Result};

/// How long a command waits for another that is writing.
const BUSY: Duration = Duration::from_secs(20);

/// A transaction that changes the vault.
pub struct Tx<'a> {
    transaction: rusqlite::Transaction<'a>,
    now: Timestamp,
    head: RefCell<Option<Head>>,
    chain: Cell<Option<ChainEnd>>,
}

/// The end of this device's chain in the ledger.
#[derive(Debug, Clone, Copy)]
pub struct ChainEnd {
    /// Whose chain it is.
    pub device: Uuid,
    /// How many entries it has.
    pub device_seq: i64,
    /// The hash of the last.
    pub hash: [u8; 32],
}

impl Tx<'_> {
    /// The one time of everything in this transaction, to the millisecond.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The same in milliseconds since 1970, as it is stored.
    pub fn now_millis(&self) -> i64 {
        to_millis(self.now)
    }

    /// Runs a part that may fail without the rest: on an error nothing of the part is done, and the transaction goes on.
    ///
    /// # Errors
    /// Whatever `part` returns, and the database's.
    pub fn nested<T>(&self, part: impl FnOnce() -> Result<T>) -> Result<T> {
        let head = self.head.borrow().clone();
        self.execute_batch("SAVEPOINT part")?;
        let result = part();
        if let Err(error) = &result {
            // Where the disk is full or fails, SQLite takes back the whole transaction: nothing may go on in its place.
            if self.is_autocommit() {
                return if is_from_sqlite(error) {
                    result
                } else {
                    Err(Error::failed("the database took the change back"))
                };
            }
            self.execute_batch("ROLLBACK TO part")?;
            *self.head.borrow_mut() = head;
            self.chain.set(None);
        }
        self.execute_batch("RELEASE part")?;
        result
    }

    /// The end of the chain as this transaction left it; none before its first entry.
    pub fn chain_end(&self) -> Option<ChainEnd> {
        self.chain.get()
    }

    /// Tells the vault what the ledger's last entry is once this commits, and what the next one follows.
    pub fn advance(&self, head: Head, end: ChainEnd) {
        *self.head.borrow_mut() = Some(head);
        self.chain.set(Some(end));
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

/// A time as it is stored: milliseconds since 1970, UTC.
pub fn to_millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A stored time. One outside of what a timestamp can hold is clamped.
pub fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

pub(super) fn create(path: &Path, key: &DataKey) -> Result<Connection> {
    // Its owner's alone from its first byte on, whatever the umask; the files beside it take its mode over.
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    options.map_err(|e| crate::error::io("create", path, e))?;
    (|| {
        let mut connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        schema::migrate(&mut connection, path)?;
        Ok(connection)
    })()
    .map_err(|e: Error| name_file(e, path))
}

pub(super) fn open(path: &Path, key: &DataKey) -> Result<Connection> {
    if !path.exists() {
        return Err(Error::damaged(format!("{} is missing", path.display())).hint("restore it from a backup"));
    }
    // SQLite takes an empty file for a new database; a vault's is never empty.
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        return Err(name_file(Error::damaged("it is empty"), path));
    }
    let open = || -> Result<Connection> {
        let mut connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        schema::migrate(&mut connection, path)?;
        Ok(connection)
    };
    match open() {
        Err(error) if is_on_read_only_medium(&error, path) => open_read_only(path, key),
        other => other.map_err(|e| name_file(e, path)),
    }
}

/// Whether a database could not be opened because nothing can be written beside it, not even what SQLite keeps there
/// while it reads.
fn is_on_read_only_medium(error: &Error, path: &Path) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<rusqlite::Error>());
    let cannot_open = source.and_then(rusqlite::Error::sqlite_error_code) == Some(ErrorCode::CannotOpen);
    let dir = path.parent().unwrap_or(Path::new("."));
    cannot_open && rustix::fs::access(dir, rustix::fs::Access::WRITE_OK) == Err(rustix::io::Errno::ROFS)
}

/// Opens a database that nobody can change, without the files that SQLite keeps beside one.
fn open_read_only(path: &Path, key: &DataKey) -> Result<Connection> {
    let log = path.with_extension("db-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        return Err(Error::failed(format!(
            "{} is on a medium that cannot be written, and its newest changes lie in {}",
            path.display(),
            log.display()
        ))
        .hint("copy the vault's directory to where it can be written, and use the copy: --vault DIR"));
    }
    let absolute = std::path::absolute(path).map_err(|e| crate::error::io("find", path, e))?;
    let url = url::Url::from_file_path(&absolute)
        .map_err(|()| Error::failed(format!("{} cannot be opened where nothing can be written", path.display())))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let mut connection = keyed(format!("{url}?immutable=1"), key, flags).map_err(|e| name_file(e, path))?;
    schema::migrate(&mut connection, path).map_err(|e| name_file(e, path))?;
    Ok(connection)
}

/// Opens for reading alone: nothing is migrated, and nobody who writes is waited for.
pub(super) fn open_for_reading(path: &Path, key: &DataKey) -> Result<Connection> {
    const BRIEFLY: Duration = Duration::from_millis(100);
    let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BRIEFLY)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    match schema::is_current(&connection)? {
        true => Ok(connection),
        false => Err(Error::failed(format!("the schema of {} is not that of this program", path.display()))),
    }
}

/// Opens a database with a key. Errors are SQLite's own, and name no file.
pub(super) fn keyed(path: impl AsRef<Path>, key: &DataKey, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Before keying: SQLCipher would write to stderr about what we report ourselves.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    cmr_sqlcipher::key(&connection, key.expose())?;
    connection.busy_timeout(BUSY)?;
    // A plan must not depend on what is bound to it: with partial indexes about, SQLite would plan anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL")?;
    Ok(connection)
}

/// Whether the database has this key. One that cannot be read at all has: whoever opens it next says what is wrong.
pub(super) fn opens(path: &Path, key: &DataKey) -> bool {
    let look = || -> Result<i64> {
        let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?)
    };
    look().map_or_else(|error| error.kind() != Kind::Damaged, |_| true)
}

/// Gives the database a new key: every page is written anew in one transaction, and the log is empty afterwards.
/// Nobody else may have the database open: those with the old key could not read it any more.
pub(super) fn rekey(connection: &Connection, key: &DataKey, path: &Path) -> Result<()> {
    let run = || {
        connection.flush_prepared_statement_cache();
        empty_log(connection)?;
        cmr_sqlcipher::rekey(connection, key.expose())?;
        // SQLCipher does not say whether its last commit was made.
        if !opens(path, key) {
            return Err(Error::failed("it could not be written anew: is the disk full?"));
        }
        empty_log(connection)
    };
    run().map_err(|e| name_file(e, path))
}

/// Writes the log back into the database and cuts it to nothing.
fn empty_log(connection: &Connection) -> Result<()> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    match busy {
        0 => Ok(()),
        _ => Err(Error::failed("another program has the vault open").hint("end it, and try again")),
    }
}

pub(super) fn write<T>(
    connection: &mut Connection,
    path: &Path,
    change: impl FnOnce(&Tx) -> Result<T>,
) -> Result<(T, Option<Head>)> {
    let now = from_millis(to_millis(Timestamp::now()));
    let run = || -> Result<(T, Option<Head>)> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tx = Tx { transaction, now, head: RefCell::new(None), chain: Cell::new(None) };
        let value = change(&tx)?;
        let head = tx.head.take();
        tx.transaction.commit()?;
        Ok((value, head))
    };
    run().map_err(|e| name_file(e, path))
}

/// Sets the connection up for many writes in a row, or back: a larger part of the database is kept in memory, so that a
/// page is not decrypted again and again, and the log is written back less often.
pub(super) fn many_writes(connection: &Connection, many: bool) -> Result<()> {
    // In KiB, where negative, and in pages: SQLite's own are 2 MB and 1000.
    let (cache, checkpoint) = if many { (-16_000, 4000) } else { (-2000, 1000) };
    connection.pragma_update(None, "cache_size", cache)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", checkpoint, |_| Ok(()))?;
    Ok(())
}

/// Reads every page and checks its authentication code and the structure of the database.
///
/// # Errors
/// Kind damaged, with the first thing that is wrong.
pub fn quick_check(connection: &Connection) -> Result<()> {
    let first = |pragma: &str| -> Result<Option<String>> {
        let mut statement = connection.prepare(pragma)?;
        let mut rows = statement.query([])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    };
    let check = || {
        if let Some(problem) = first("PRAGMA cipher_integrity_check")? {
            return Err(Error::damaged(format!("it does not verify: {problem}")));
        }
        match first("PRAGMA quick_check")?.as_deref() {
            Some("ok") => Ok(()),
            other => Err(Error::damaged(format!("it is not whole: {}", other.unwrap_or("no answer")))),
        }
    };
    check().map_err(|e| name_file(e, Path::new(connection.path().unwrap_or(super::DATABASE))))
}

/// Names the database in an error that it gave while it was read, outside of this room.
pub fn name_database(error: Error, dir: &Path) -> Error {
    if is_from_sqlite(&error) { name_file(error, &dir.join(super::DATABASE)) } else { error }
}

fn is_from_sqlite(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<rusqlite::Error>())
}

/// Adds the file to a damage report that does not name one yet.
fn name_file(error: Error, path: &Path) -> Error {
    match error.kind() {
        Kind::Damaged if error.hint_text().is_none() => {
            Error::damaged(format!("{}: {error}", path.display())).hint("restore the vault from a backup")
        }
        _ => error,
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        match code {
            // The data key was checked against its fingerprint before: it is the file that is wrong.
            Some(ErrorCode::NotADatabase) => {
                Error::damaged("it is not a vault's database, or its first page is damaged")
            }
            Some(ErrorCode::DatabaseCorrupt) => Error::damaged("it is damaged or cut short"),
            Some(ErrorCode::SystemIoFailure) if is_reading(&error) => {
                Error::damaged(format!("it could not be read ({error})"))
            }
            Some(ErrorCode::SystemIoFailure) if is_syncing(&error) => {
                Error::failed(format!("the disk failed: the change was taken back ({error})"))
                    // Its bytes may lie in the log until others are written over them.
                    .hint("it may still be found after a crash: before you repeat it, look with cmr log")
            }
            Some(ErrorCode::SystemIoFailure) => {
                Error::failed(format!("the disk failed: nothing was changed ({error})"))
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::failed("another command is still writing to the vault").hint("try again when it is done")
            }
            Some(ErrorCode::DiskFull) => Error::failed("the disk is full: nothing was changed"),
            Some(ErrorCode::ReadOnly) => Error::failed("the vault is read-only: nothing was changed"),
            _ => Error::failed(format!("the vault's database failed: {error}")),
        }
        .because(error)
    }
}

/// Whether it was written, and could not be made durable.
fn is_syncing(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|failure| failure.extended_code == rusqlite::ffi::SQLITE_IOERR_FSYNC)
}

/// Whether reading failed: the file is shorter or other than it should be. A disk that is full, over its quota or gone
/// fails at writing, and damages nothing.
fn is_reading(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA, SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ};
    const READING: [i32; 4] = [SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA];
    error.sqlite_error().is_some_and(|failure| READING.contains(&failure.extended_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_cannot_be_written_is_no_damage() {
        use rusqlite::ffi;
        let kind = |code| Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).kind();
        for code in [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_TRUNCATE, ffi::SQLITE_FULL] {
            assert_eq!(kind(code), Kind::Failed, "{code}");
        }
        for code in [ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert_eq!(kind(code), Kind::Damaged, "{code}");
        }
    }

    fn texts(connection: &Connection, pragma: &str) -> Vec<String> {
        let mut statement = connection.prepare(pragma).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    fn new(dir: &Path) -> (Connection, DataKey) {
        let key = DataKey::generate().unwrap();
        (create(&dir.join("vault.db"), &key).unwrap(), key)
    }

    #[test]
    fn sqlcipher_was_compiled_with_our_flags() {
        let dir = tempfile::tempdir().unwrap();
        let (connection, _) = new(dir.path());
        let options = texts(&connection, "PRAGMA compile_options");
        for wanted in ["TEMP_STORE=3", "OMIT_LOAD_EXTENSION", "DQS=0", "HAS_CODEC", "DEFAULT_MEMSTATUS=0"] {
            assert!(options.iter().any(|option| option == wanted), "{wanted} is not among {options:?}");
        }
        assert_eq!(texts(&connection, "PRAGMA cipher_provider"), ["rustcrypto"]);
        let version = texts(&connection, "PRAGMA cipher_version").remove(0);
        assert!(version.starts_with("4."), "{version}");
    }

    #[test]
    fn a_connection_keeps_its_promises() {
        let dir = tempfile::tempdir().unwrap();
        let (created, key) = new(dir.path());
        drop(created);
        let connection = open(&dir.path().join("vault.db"), &key).unwrap();
        let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(texts(&connection, "PRAGMA journal_mode"), ["wal"]);
        assert_eq!(number("PRAGMA synchronous"), 2, "FULL: a commit that was reported survives a power loss");
        assert_eq!(number("PRAGMA foreign_keys"), 1);
        assert_eq!(number("PRAGMA trusted_schema"), 0);
        assert!(connection.prepare("SELECT \"no such column\"").is_err(), "DQS=0");
    }

    #[test]
    fn a_database_that_nobody_can_change_is_read_unless_its_log_holds_changes() {
        let dir = tempfile::tempdir().unwrap();
        let (created, key) = new(dir.path());
        let path = dir.path().join("vault.db");
        created.execute("INSERT INTO meta VALUES ('a', 'b')", []).unwrap();
        let error = open_read_only(&path, &key).unwrap_err();
        assert!(error.to_string().contains("vault.db-wal"), "{error}");
        drop(created);
        let connection = open_read_only(&path, &key).unwrap();
        let value: String = connection.query_row("SELECT value FROM meta", [], |row| row.get(0)).unwrap();
        assert_eq!(value, "b");
        assert!(connection.execute("DELETE FROM meta", []).is_err());
    }

    #[test]
    fn what_could_not_be_made_durable_may_still_be_found() {
        use rusqlite::ffi;
        let error = |code| Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(error(ffi::SQLITE_IOERR_FSYNC).hint_text().is_some_and(|hint| hint.contains("cmr log")));
        assert!(error(ffi::SQLITE_IOERR_WRITE).to_string().contains("nothing was changed"));
    }

    /// A sorter that spills would go to a file in clear: it must not, even where somebody asks for one.
    #[test]
    fn nothing_temporary_leaves_memory_and_nothing_on_disk_is_in_clear() {
        let dir = tempfile::tempdir().unwrap();
        let (connection, _) = new(dir.path());
        connection
            .execute_batch("PRAGMA temp_store = FILE; PRAGMA cache_size = 10; PRAGMA temp.cache_size = 10")
            .unwrap();
        connection
            .execute_batch(
                "CREATE TEMP TABLE spill AS
                   WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
                   SELECT i, 'PLAINTEXT-MARKER-' || hex(randomblob(64)) AS text FROM n;
                 CREATE TABLE kept AS SELECT * FROM spill ORDER BY text;",
            )
            .unwrap();
        let open_files = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
        let paths = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        // A file without a name, or one that was unlinked as soon as it was opened.
        let nameless = |path: &std::path::PathBuf| {
            std::fs::read_link(path)
                .is_ok_and(|to| ["/#", "etilqs_"].iter().any(|it| to.to_string_lossy().contains(it)))
        };
        let deleted = open_files.map(|entry| entry.path()).filter(nameless);
        let (paths, deleted): (Vec<_>, Vec<_>) = (paths.collect(), deleted.collect());
        assert!(paths.iter().any(|path| path.metadata().unwrap().len() > 100_000), "nothing was written");
        assert_eq!(deleted, Vec::<std::path::PathBuf>::new(), "SQLite opened a temporary file");
        for path in paths {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(16).any(|part| part == b"PLAINTEXT-MARKER"), "{} is in clear", path.display());
        }
    }
}
