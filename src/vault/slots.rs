//! Adding and removing key slots of an open vault.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::key::DataKey;
use super::manifest::{Manifest, SlotEntry};
use super::slot::{self, NewSlot, SlotKind, Wrapped};
use super::{Tx, Vault, files};
use crate::error::{Error, Result, io};

impl Vault {
    /// Adds a slot, or puts a new one in the place of the one that has its name. `record` writes the ledger entry.
    ///
    /// # Errors
    /// Kind bad input for a name that is taken or no name; kind locked for a key that is not this vault's; kind failed
    /// for the disk, and while a rotation is not finished.
    pub fn add_slot(
        &mut self,
        name: &str,
        new: &NewSlot,
        key: &DataKey,
        replace: bool,
        record: impl FnOnce(&Tx, &SlotEntry) -> Result<()>,
    ) -> Result<SlotEntry> {
        slot::check_name(name)?;
        self.refuse_while_rotating()?;
        if key.fingerprint() != self.manifest.key_fingerprint {
            return Err(Error::locked("that is not the key of this vault"));
        }
        refuse_taken(&self.manifest, name, replace)?;
        let Wrapped { bytes, entry } = new.wrap(name, key, Timestamp::now())?;
        self.change_slots(|tx, dir, manifest| {
            refuse_taken(manifest, name, replace)?;
            record(tx, &entry)?;
            manifest.slots.retain(|slot| slot.name != name);
            manifest.slots.push(entry.clone());
            files::replace(&entry.path(dir), &bytes)?;
            manifest.write(dir)?;
            Ok(entry)
        })
    }

    /// Removes a slot. `record` writes the ledger entry.
    ///
    /// The data key stays what it is: whoever read it before can go on using a copy of the database. Only a rotation
    /// ends that.
    ///
    /// # Errors
    /// Kind not found for a name that no slot has; kind bad input for the last slot whose file is whole.
    pub fn remove_slot(&mut self, name: &str, record: impl FnOnce(&Tx, &SlotEntry) -> Result<()>) -> Result<SlotEntry> {
        self.refuse_while_rotating()?;
        self.change_slots(|tx, dir, manifest| {
            let entry = manifest.slot(name)?.clone();
            refuse_last(dir, manifest, &entry)?;
            record(tx, &entry)?;
            manifest.slots.retain(|slot| slot.name != name);
            // First the manifest: a slot in it without a file would be a damaged one.
            manifest.write(dir)?;
            files::remove(&entry.path(dir))?;
            Ok(entry)
        })
    }

    /// One change of the slots at a time, with its ledger entry: the files are written before the entry is committed,
    /// so that nothing is recorded that was not done.
    fn change_slots<T>(&mut self, change: impl FnOnce(&Tx, &Path, &mut Manifest) -> Result<T>) -> Result<T> {
        let dir = self.dir.clone();
        let slots = dir.join("slots");
        let lock = fs::File::open(&slots).map_err(|e| io("open", &slots, e))?;
        lock.lock().map_err(|e| io("lock", &slots, e))?;
        let mut manifest = Manifest::read(&dir)?;
        let changed = self.write(|tx| change(tx, &dir, &mut manifest))?;
        self.manifest = manifest;
        Ok(changed)
    }

    fn refuse_while_rotating(&self) -> Result<()> {
        match self.is_rotating() {
            true => {
                Err(Error::failed("a rotation of the data key is not finished, and another command uses the vault")
                    .hint("try again when it is done"))
            }
            false => Ok(()),
        }
    }
}

fn refuse_taken(manifest: &Manifest, name: &str, replace: bool) -> Result<()> {
    match (manifest.slots.iter().any(|slot| slot.name == name), replace) {
        (true, false) => Err(Error::bad_input(format!("there is a slot named {name} already"))
            .hint("give another name, or put the new one in its place: --replace")),
        (false, true) => manifest.slot(name).map(|_| ()),
        _ => Ok(()),
    }
}

fn refuse_last(dir: &Path, manifest: &Manifest, entry: &SlotEntry) -> Result<()> {
    match working_without(dir, manifest, entry).is_empty() {
        true => {
            Err(Error::bad_input(format!("{} is the last slot that works: without it the vault is lost", entry.name))
                .hint("add another one first: cmr key add --help"))
        }
        false => Ok(()),
    }
}

/// The kinds of the slots that are left without this one, and whose files are whole.
pub fn working_without(dir: &Path, manifest: &Manifest, entry: &SlotEntry) -> Vec<SlotKind> {
    let others = manifest.slots.iter().filter(|slot| slot.name != entry.name);
    others.filter(|slot| slot::inspect(dir, slot).is_ok()).map(|slot| slot.kind).collect()
}
