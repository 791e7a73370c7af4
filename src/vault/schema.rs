//! The schema and its versions, counted in `PRAGMA user_version`.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::files;
use crate::error::{Error, Result, io};

/// `cmrv`, so that `file` and a curious reader know whose database it is once it is decrypted.
const APPLICATION_ID: i64 = 0x636d_7276;

/// Each takes the schema one version further. Never edit one that was released.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
];

/// Brings the schema to this program's version; a backup of an older vault is left beside it first.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    apply(connection, path, MIGRATIONS)
}

/// Whether the schema is this program's: nothing would be migrated.
pub(super) fn is_current(connection: &Connection) -> Result<bool> {
    Ok(version(connection)? == MIGRATIONS.len() as i64)
}

fn apply(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<()> {
    let known = migrations.len() as i64;
    let version = version(connection)?;
    if version == known {
        return Ok(());
    }
    if version > known {
        return Err(Error::failed(format!(
            "{} was written by a newer cmr: its schema is {version}, and this program knows {known}",
            path.display()
        ))
        .hint("use a newer cmr"));
    }
    if version == 0 && !is_new(connection)? {
        return Err(Error::damaged("it is not a vault's database"));
    }
    if version > 0 {
        backup(connection, path, version)?;
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another command may have done it while this one waited for the lock.
    for migration in migrations.iter().skip(self::version(&tx)? as usize) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Whether the database holds nothing at all yet.
fn is_new(connection: &Connection) -> Result<bool> {
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(objects == 0)
}

fn backup(connection: &Connection, path: &Path, version: i64) -> Result<()> {
    let copy = path.with_file_name(format!("vault-before-v{}.db", version + 1));
    if copy.exists() {
        return Ok(());
    }
    // One that was cut off, by a full disk or a kill, never has the copy's name.
    let new = copy.with_extension("db.new");
    files::remove(&new)?;
    // VACUUM INTO keeps the encryption and works while others write.
    let written = connection.execute("VACUUM INTO ?1", [new.to_string_lossy()]);
    if let Err(error) = written {
        let _ = files::remove(&new);
        return Err(error.into());
    }
    let durable = || fs::File::open(&new)?.sync_all().and_then(|()| fs::rename(&new, &copy));
    durable().map_err(|e| io("write", &copy, e))?;
    files::sync_dir(path.parent().unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_is_reached_from_the_one_before_and_a_backup_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.db");
        let mut connection = Connection::open(&path).unwrap();
        let one = ["CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);"];
        apply(&mut connection, &path, &one).unwrap();
        let two = [one[0], "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 8"];
        apply(&mut connection, &path, &two).unwrap();
        let row: (i64, i64) = connection.query_row("SELECT x, y FROM a", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(row, (7, 8));
        let old = Connection::open(dir.path().join("vault-before-v2.db")).unwrap();
        assert_eq!(version(&old).unwrap(), 1);
        assert!(apply(&mut connection, &path, &one).unwrap_err().to_string().contains("newer cmr"));
    }

    #[test]
    fn a_failing_migration_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.db");
        let mut connection = Connection::open(&path).unwrap();
        assert!(apply(&mut connection, &path, &["CREATE TABLE a (x INTEGER) STRICT", "nonsense"]).is_err());
        assert_eq!(version(&connection).unwrap(), 0);
        assert!(is_new(&connection).unwrap());
    }
}
