//! The encrypted store: key slots (age), the database (SQLCipher), its schema, and the anchor of the ledger's head.
//!
//! A vault is a directory:
//!
//! ```text
//! vault.toml      which vault this is, the fingerprint of its data key, its key slots
//! slots/*.age     the data key, wrapped once for each way to open the vault
//! slots/used.toml when each of them last was used; no record, and may be missing
//! vault.db        everything else, encrypted with the data key
//! head            the ledger's last entry, kept outside the database so that an older copy of it is noticed
//! .agent          a link to the socket of the agent, while there is one
//! search.db       what search was built from it: a cache, encrypted with the same key
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;

pub mod agent;
mod anchor;
mod cache;
mod database;
mod files;
pub mod key;
mod manifest;
pub mod passphrase;
mod rotate;
mod schema;
pub mod slot;
mod slots;

pub use anchor::Head;
pub use cache::{CacheTrouble, cache_trouble, memory_cache, open_cache, remove_cache};
pub use database::{ChainEnd, Tx, from_millis, name_database, quick_check, to_millis};
pub use files::{lock, replace, try_lock};
pub use manifest::{Manifest, SlotEntry};
pub use rotate::{Passphrases, Plan, Rotated, Settled, passphrase_slots};
pub use slots::working_without;

use crate::error::{Error, Result, io};
use key::DataKey;
use slot::{NewSlot, Wrapped};

/// How far the ledger's anchor may lag while there are many writes in a row.
const ANCHOR_LAG: Duration = Duration::from_millis(100);

/// The database's file name.
pub const DATABASE: &str = "vault.db";

/// An open vault.
pub struct Vault {
    dir: PathBuf,
    manifest: Manifest,
    connection: rusqlite::Connection,
    /// Fingerprint of the key that the database has: of two, while a rotation is not finished.
    fingerprint: String,
    /// Held together with other commands; a rotation holds it alone.
    hold: fs::File,
}

impl Vault {
    /// Makes a vault: directory, slots and database appear together, or not at all.
    ///
    /// `first` writes whatever the new vault must hold from its first moment, its first ledger entry above all.
    ///
    /// # Errors
    /// Kind bad input if the directory already holds something; kind failed for the disk.
    pub fn create(dir: &Path, key: &DataKey, slots: &[NewSlot], first: impl FnOnce(&Tx) -> Result<()>) -> Result<Self> {
        refuse_occupied(dir)?;
        let parent = match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|e| io("create", parent, e))?;
        let staging = tempfile::Builder::new()
            .prefix(".cmr-init-")
            .tempdir_in(parent)
            .map_err(|e| io("create a directory in", parent, e))?;
        Self::furnish(staging.path(), key, slots, first)?;
        fs::rename(staging.path(), dir).map_err(|e| io("create", dir, e))?;
        // Renamed away: there is nothing left to remove.
        let _ = staging.keep();
        files::sync_dir(parent)?;
        Self::open(dir, Manifest::read(dir)?, key)
    }

    fn furnish(dir: &Path, key: &DataKey, slots: &[NewSlot], first: impl FnOnce(&Tx) -> Result<()>) -> Result<()> {
        let now = Timestamp::now();
        files::private_dir(dir)?;
        let slot_dir = dir.join("slots");
        fs::create_dir(&slot_dir).map_err(|e| io("create", &slot_dir, e))?;
        files::private_dir(&slot_dir)?;
        let mut manifest = Manifest::new(Uuid::now_v7(), key.fingerprint(), now);
        for slot in slots {
            let Wrapped { bytes, entry } = slot.wrap(slot.kind().name(), key, now)?;
            replace(&slot_dir.join(entry.file_name()), &bytes)?;
            manifest.slots.push(entry);
        }
        manifest.write(dir)?;
        let device = Uuid::now_v7();
        let database = dir.join(DATABASE);
        let mut connection = database::create(&database, key)?;
        let head = database::write(&mut connection, &database, |tx| {
            tx.execute(
                "INSERT INTO device (id, name, created_at) VALUES (?1, 'this device', ?2)",
                (device, tx.now_millis()),
            )?;
            tx.execute(
                "INSERT INTO meta (name, value) VALUES ('vault_id', ?1), ('device_id', ?2)",
                (manifest.id.to_string(), device.to_string()),
            )?;
            first(tx)
        })?;
        if let Some(head) = head.1 {
            anchor::write(dir, &head)?;
        }
        Ok(())
    }

    /// Opens a vault with its data key.
    ///
    /// # Errors
    /// Kind not found without a vault there; kind locked for the key of another vault; kind damaged for files that
    /// are not what this program wrote, or a database older than the ledger's anchor says.
    pub fn open(dir: &Path, manifest: Manifest, key: &DataKey) -> Result<Self> {
        Self::open_with(database::open, files::hold(dir)?, dir, manifest, key)
    }

    /// Opens a vault for reading alone, as [`Vault::open`] does, but changes nothing and waits for nobody.
    ///
    /// # Errors
    /// Those of [`Vault::open`]; kind failed for a vault of another version of this program, or a busy one.
    pub fn open_for_reading(dir: &Path, manifest: Manifest, key: &DataKey) -> Result<Self> {
        Self::open_with(database::open_for_reading, files::hold_at_once(dir)?, dir, manifest, key)
    }

    fn open_with(
        open: fn(&Path, &DataKey) -> Result<rusqlite::Connection>,
        hold: fs::File,
        dir: &Path,
        manifest: Manifest,
        key: &DataKey,
    ) -> Result<Self> {
        // A rotation may have ended while this command waited, for a person or for the rotation.
        let knew = manifest.takes(key);
        let now = manifest.read_again(dir)?;
        if !now.takes(key) {
            return Err(match knew {
                true => Error::failed("the data key was rotated while this command waited").hint("try again"),
                false => foreign(dir, &now, key),
            });
        }
        let path = dir.join(DATABASE);
        let connection = open(&path, key)?;
        Ok(Self { dir: dir.to_owned(), manifest: now, connection, fingerprint: key.fingerprint(), hold })
    }

    /// Where the vault lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Which vault it is, and its slots.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The connection, for reading. What changes the vault goes through [`Vault::write`].
    pub fn connection(&self) -> &rusqlite::Connection {
        &self.connection
    }

    /// Runs one transaction that changes the vault: durable when this returns, and nothing of it done on an error.
    ///
    /// # Errors
    /// Whatever `change` returns, and database errors as [`Error`]s that name the file.
    pub fn write<T>(&mut self, change: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
        let (value, head) = database::write(&mut self.connection, &self.dir.join(DATABASE), change)?;
        if let Some(head) = head {
            self.move_anchor(&head);
        }
        Ok(value)
    }

    fn move_anchor(&self, head: &Head) {
        // It is done and durable: an anchor that lags is allowed, and reporting a failure would make the user do it again.
        if let Err(error) = anchor::write(&self.dir, head) {
            log::warn!("the change is made, but the ledger's anchor was not moved: {error}");
        }
    }

    /// Writes many times in a row: what each of them costs beside its commit is paid once in a while, and at the end.
    ///
    /// # Errors
    /// The database's.
    pub fn many_writes(&mut self) -> Result<ManyWrites<'_>> {
        database::many_writes(&self.connection, true)?;
        Ok(ManyWrites { vault: self, head: None, anchored: Instant::now() })
    }

    /// What the last write left outside the database about the ledger's head.
    ///
    /// # Errors
    /// Kind failed if the file cannot be read. A missing or cut file is `None`.
    pub fn anchor(&self) -> Result<Option<Head>> {
        anchor::read(&self.dir)
    }

    /// Sets the anchor to this head, whatever it was: only after the user accepted what the ledger lost.
    ///
    /// # Errors
    /// Kind failed for the disk.
    pub fn set_anchor(&self, head: &Head) -> Result<()> {
        anchor::reset(&self.dir, head)
    }
}

/// A vault that is written to many times in a row. Each write is durable when it returns, as always; the ledger's anchor
/// lags somewhat, which it may.
pub struct ManyWrites<'a> {
    vault: &'a mut Vault,
    head: Option<Head>,
    anchored: Instant,
}

impl ManyWrites<'_> {
    /// As [`Vault::write`].
    ///
    /// # Errors
    /// Those of [`Vault::write`].
    pub fn write<T>(&mut self, change: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
        let path = self.vault.dir.join(DATABASE);
        let (value, head) = database::write(&mut self.vault.connection, &path, change)?;
        self.head = head.or(self.head.take());
        if self.anchored.elapsed() > ANCHOR_LAG {
            self.anchor();
        }
        Ok(value)
    }

    fn anchor(&mut self) {
        if let Some(head) = self.head.take() {
            self.vault.move_anchor(&head);
        }
        self.anchored = Instant::now();
    }
}

impl Drop for ManyWrites<'_> {
    fn drop(&mut self) {
        self.anchor();
        if let Err(error) = database::many_writes(&self.vault.connection, false) {
            log::warn!("the database keeps more memory than it needs: {error}");
        }
    }
}

fn foreign(dir: &Path, manifest: &Manifest, key: &DataKey) -> Error {
    Error::locked(format!(
        "this key opens another vault: its fingerprint is {}, and {} wants {}",
        key.fingerprint(),
        dir.display(),
        manifest.key_fingerprint
    ))
}

fn refuse_occupied(dir: &Path) -> Result<()> {
    if Manifest::exists(dir) {
        return Err(Error::bad_input(format!("there is already a vault in {}", dir.display()))
            .hint("choose another place with --vault DIR, or use the one that is there: cmr status"));
    }
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(Error::bad_input(format!("{} is not empty, and not a vault", dir.display()))
            .hint("choose an empty place with --vault DIR")),
        Ok(false) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(io("read", dir, e)),
    }
}
