//! A new data key: the database is written anew, and every slot with it.
//!
//! A slot's file with the new key lies beside the one with the old key until the database has the new one, so that at
//! each moment every slot opens the vault, whatever was reached when the power went:
//!
//! ```text
//!                      vault.toml   slots                  database
//! at first             old          NAME.age               old
//! 1 announce           old, new     NAME.age               old
//! 2 write new slots    old, new     NAME.age NAME.next.age old
//! 3 rekey              old, new     NAME.age NAME.next.age old or new: one transaction
//! 4 settle: rename     old, new     NAME.age (the new)     new
//! 5 settle: tell       new          NAME.age               new
//! ```
//!
//! One that was cut off is settled by the next command: forwards if the database has the new key, else backwards. That
//! takes no secret, since nothing has to be wrapped again.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{collections::HashMap, fs};

use age::secrecy::SecretString;

use super::key::DataKey;
use super::slot::{self, Asker, SlotKind};
use super::{DATABASE, Manifest, Tx, Vault, database, files};
use crate::error::{Error, Result};

/// How long a rotation waits for other commands to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a rotation tells how far it is.
const TELL: Duration = Duration::from_millis(200);

/// The passphrases of passphrase slots, by the slot's name. Every other slot is closed by its recipient.
pub type Passphrases = HashMap<String, SecretString>;

/// A rotation that is prepared: the new slots are made, and nothing is written.
pub struct Plan {
    key: DataKey,
    slots: Vec<(PathBuf, Vec<u8>)>,
    before: Manifest,
}

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    /// Fingerprint of the key that the vault had.
    pub from: String,
    /// Fingerprint of the key that it has.
    pub to: String,
    /// Files under the old key that went, by name: copies that no slot opens any more.
    pub removed: Vec<String>,
}

/// How a rotation that was cut off ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The vault has the new key.
    Forwards,
    /// The vault has the old key, as if nothing had happened.
    Backwards,
}

impl Plan {
    /// Makes a new key and wraps it for every slot.
    ///
    /// # Errors
    /// Kind locked for a passphrase slot without its passphrase; kind not found for a plugin that is not installed.
    pub fn new(vault: &Vault, passphrases: &Passphrases, asker: &Asker) -> Result<Self> {
        let key = DataKey::generate()?;
        let before = vault.manifest.clone();
        let wrap = |slot: &super::SlotEntry| {
            let bytes = slot::rewrap(slot, &key, passphrases.get(&slot.name), asker).map_err(|e| name_slot(e, slot))?;
            Ok((slot.next_path(&vault.dir), bytes))
        };
        let slots = before.slots.iter().map(wrap).collect::<Result<_>>()?;
        Ok(Self { key, slots, before })
    }
}

fn name_slot(error: Error, slot: &super::SlotEntry) -> Error {
    match error.kind() {
        crate::error::Kind::NotFound => {
            Error::not_found(format!("the slot {} cannot be written anew: {error}", slot.name))
                .hint(format!("install the plugin, or do without the slot: cmr key remove {}", slot.name))
        }
        _ => error,
    }
}

impl Vault {
    /// Whether a rotation was begun and is not finished.
    pub fn is_rotating(&self) -> bool {
        self.manifest.next_key_fingerprint.is_some()
    }

    /// Carries a rotation out. `record` writes its ledger entry, unless it is there; `progress` is told from time to
    /// time how much of the database is written, as a fraction; `waits` once, if other commands use the vault.
    ///
    /// # Errors
    /// Kind failed if other commands use the vault for too long, its slots were changed since, or the disk fails: then
    /// the vault is as it was.
    pub fn rotate(
        mut self,
        plan: Plan,
        record: impl Fn(&Tx, &str, &str) -> Result<()>,
        waits: impl FnOnce(),
        progress: impl Fn(f64) + Sync,
    ) -> Result<(Self, Rotated)> {
        let alone = files::hold_alone(&self.hold, &self.dir, Duration::ZERO)? || {
            waits();
            files::hold_alone(&self.hold, &self.dir, PATIENCE)?
        };
        if !alone {
            return Err(Error::failed("another command uses the vault: nothing was changed")
                .hint("end it, and try again; cmr lock ends the agent"));
        }
        self.manifest = Manifest::read(&self.dir)?;
        if self.manifest != plan.before {
            return Err(Error::failed("the key slots were changed meanwhile: nothing was changed").hint("try again"));
        }
        self.announce(&plan)?;
        let path = self.dir.join(DATABASE);
        let rekeyed = watched(&path, &progress, || database::rekey(&self.connection, &plan.key, &path));
        if let Err(error) = rekeyed {
            return Err(self.give_up(error, &plan));
        }
        self.fingerprint = plan.key.fingerprint();
        let removed = self.settle_forwards(&record)?;
        files::hold_with_others(&self.hold, &self.dir)?;
        let rotated = Rotated { from: plan.before.key_fingerprint, to: plan.key.fingerprint(), removed };
        Ok((self, rotated))
    }

    /// Steps 1 and 2. The manifest comes first: what is found later beside it belongs to this rotation.
    fn announce(&mut self, plan: &Plan) -> Result<()> {
        self.manifest.next_key_fingerprint = Some(plan.key.fingerprint());
        self.manifest.write(&self.dir)?;
        plan.slots.iter().try_for_each(|(path, bytes)| files::replace(path, bytes))
    }

    /// Takes the announcement back, where the database could not be written. If it was written all the same, the next
    /// command finds that out.
    fn give_up(self, error: Error, plan: &Plan) -> Error {
        let Self { dir, mut manifest, connection, hold, .. } = self;
        drop(connection);
        let has_new = database::opens(&dir.join(DATABASE), &plan.key);
        if !has_new && let Err(more) = settle_backwards(&dir, &mut manifest) {
            log::warn!("the rotation is not taken back yet: {more}");
        }
        drop(hold);
        error
    }

    /// Finishes a rotation that was cut off; `None` if there is none, or others use the vault: then it can wait.
    ///
    /// # Errors
    /// Kind failed for the disk, and what `record` returns.
    pub fn settle(&mut self, record: impl Fn(&Tx, &str, &str) -> Result<()>) -> Result<Option<Settled>> {
        if !self.is_rotating() || !files::hold_alone(&self.hold, &self.dir, Duration::ZERO)? {
            return Ok(None);
        }
        self.manifest = Manifest::read(&self.dir)?;
        let settled = match &self.manifest.next_key_fingerprint {
            None => None,
            Some(next) if *next == self.fingerprint => {
                self.settle_forwards(&record)?;
                Some(Settled::Forwards)
            }
            Some(_) => {
                settle_backwards(&self.dir, &mut self.manifest)?;
                Some(Settled::Backwards)
            }
        };
        files::hold_with_others(&self.hold, &self.dir)?;
        Ok(settled)
    }

    /// Steps 4 and 5, however far they were taken before. The ledger entry is first: without it the vault would have
    /// changed its key and not say so.
    fn settle_forwards(&mut self, record: &impl Fn(&Tx, &str, &str) -> Result<()>) -> Result<Vec<String>> {
        let Some(next) = self.manifest.next_key_fingerprint.clone() else { return Ok(Vec::new()) };
        let before = self.manifest.key_fingerprint.clone();
        self.write(|tx| record(tx, &before, &next))?;
        for slot in &self.manifest.slots {
            let path = slot.next_path(&self.dir);
            if path.exists() {
                fs::rename(&path, slot.path(&self.dir)).map_err(|e| crate::error::io("rename", &path, e))?;
            }
        }
        files::sync_dir(&self.dir.join("slots"))?;
        let removed = remove_old_copies(&self.dir)?;
        self.manifest.key_fingerprint = next;
        self.manifest.next_key_fingerprint = None;
        self.manifest.write(&self.dir)?;
        Ok(removed)
    }
}

fn settle_backwards(dir: &Path, manifest: &mut Manifest) -> Result<()> {
    for slot in &manifest.slots {
        files::remove(&slot.next_path(dir))?;
    }
    files::sync_dir(&dir.join("slots"))?;
    manifest.next_key_fingerprint = None;
    manifest.write(dir)
}

/// Removes what the old key encrypts beside the database: the search index, which is made anew, and the copies from
/// before changes of the schema, which no slot opens any more. The names of these copies.
fn remove_old_copies(dir: &Path) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for name in old_copies(dir)? {
        files::remove(&dir.join(&name))?;
        if name.starts_with("vault-before-v") {
            removed.push(name);
        }
    }
    removed.sort();
    Ok(removed)
}

fn old_copies(dir: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(dir).map_err(|e| crate::error::io("read", dir, e))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let index = |name: &str| name == "search.db" || name.starts_with("search.db-");
    let copy = |name: &str| name.starts_with("vault-before-v");
    Ok(names.filter(|name| index(name) || copy(name)).collect())
}

/// Runs the rekeying and tells how far it is. It is one call into the database, so it is the log's growth that tells.
fn watched<T>(database: &Path, progress: &(impl Fn(f64) + Sync), work: impl FnOnce() -> T) -> T {
    let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
    let log = database.with_file_name(format!("{DATABASE}-wal"));
    let (whole, (done, wait)) = (size(database).max(1), channel::<()>());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(TELL) == Err(RecvTimeoutError::Timeout) {
                progress((size(&log) as f64 / whole as f64).min(1.0));
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// The passphrase slots of a vault: what a rotation must be given the passphrases of.
pub fn passphrase_slots(manifest: &Manifest) -> impl Iterator<Item = &super::SlotEntry> {
    manifest.slots.iter().filter(|slot| slot.kind == SlotKind::Passphrase)
}

#[cfg(test)]
#[path = "rotate_tests.rs"]
mod tests;
