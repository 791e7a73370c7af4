//! Keying and keying anew, through the file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use rusqlite::{Connection, Error, ErrorCode};

const OLD: [u8; 32] = [0x3c; 32];
const NEW: [u8; 32] = [0xa5; 32];

fn open(path: &Path, key: &[u8; 32]) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA cipher_log_level = NONE").unwrap();
    cmr_sqlcipher::key(&connection, key).unwrap();
    connection
}

fn fill(path: &Path) -> Connection {
    let connection = open(path, &OLD);
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE t (text TEXT) STRICT;
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
               INSERT INTO t SELECT hex(randomblob(100)) FROM n;",
        )
        .unwrap();
    connection
}

fn rows(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
}

#[test]
fn a_file_opens_with_its_key_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    drop(fill(&path));
    assert_eq!(rows(&open(&path, &OLD)), Ok(500));
    let code = rows(&open(&path, &NEW)).unwrap_err().sqlite_error_code();
    assert_eq!(code, Some(ErrorCode::NotADatabase));
}

#[test]
fn after_rekey_only_the_new_key_opens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let connection = fill(&path);
    cmr_sqlcipher::rekey(&connection, &NEW).unwrap();
    assert_eq!(rows(&connection), Ok(500), "the connection goes on");
    drop(connection);
    assert_eq!(rows(&open(&path, &NEW)), Ok(500));
    assert!(rows(&open(&path, &OLD)).is_err());
}

#[test]
fn a_rekey_that_may_not_write_leaves_the_old_key_and_spoils_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let connection = fill(&path);
    let other = open(&path, &OLD);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let code = cmr_sqlcipher::rekey(&connection, &NEW).unwrap_err().sqlite_error_code();
    assert_eq!(code, Some(ErrorCode::DatabaseBusy));
    drop(other);
    let refused = connection.execute_batch("INSERT INTO t VALUES ('under the new key')").unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::ReadOnly), "it would spoil the file");
    drop(connection);
    assert_eq!(rows(&open(&path, &OLD)), Ok(500));
}

#[test]
fn a_connection_without_a_key_is_not_keyed_anew() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA cipher_log_level = NONE; CREATE TABLE t (x)").unwrap();
    let refused = cmr_sqlcipher::rekey(&connection, &NEW).unwrap_err();
    assert!(matches!(refused, Error::SqliteFailure(failure, _) if failure.code == ErrorCode::ApiMisuse), "{refused}");
}
