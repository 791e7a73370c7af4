//! Adding and removing key slots of an open vault.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::files::Staged;
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
            Ok((entry.clone(), Some(Staged::new(&entry.path(dir), &bytes)?)))
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
        let removed = self.change_slots(|tx, dir, manifest| {
            let entry = manifest.slot(name)?.clone();
            working_without(dir, manifest, &entry)?;
            record(tx, &entry)?;
            manifest.slots.retain(|slot| slot.name != name);
            Ok((entry, None))
        })?;
        // After the manifest: a slot in it without a file would be a damaged one.
        files::remove(&removed.path(&self.dir))?;
        Ok(removed)
    }

    /// One change of the slots at a time, with its ledger entry. The files are written beside the old ones before the
    /// entry is committed, and put in their place after it, which takes no space: a full disk changes nothing. One that
    /// is cut off between the two leaves the old slots, and an entry of what was not done.
    fn change_slots(
        &mut self,
        change: impl FnOnce(&Tx, &Path, &mut Manifest) -> Result<(SlotEntry, Option<Staged>)>,
    ) -> Result<SlotEntry> {
        let dir = self.dir.clone();
        let slots = dir.join("slots");
        let lock = fs::File::open(&slots).map_err(|e| io("open", &slots, e))?;
        lock.lock().map_err(|e| io("lock", &slots, e))?;
        let mut manifest = Manifest::read(&dir)?;
        let (entry, staged, staged_manifest) = self.write(|tx| {
            let (entry, staged) = change(tx, &dir, &mut manifest)?;
            Ok((entry, staged, manifest.stage(&dir)?))
        })?;
        staged.map_or(Ok(()), Staged::put)?;
        staged_manifest.put()?;
        self.manifest = manifest;
        Ok(entry)
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

/// The kinds of the slots that are left without this one, and whose files are whole.
///
/// # Errors
/// Kind bad input if there are none.
pub fn working_without(dir: &Path, manifest: &Manifest, entry: &SlotEntry) -> Result<Vec<SlotKind>> {
    let others = manifest.slots.iter().filter(|slot| slot.name != entry.name);
    let left: Vec<_> = others.filter(|slot| slot::inspect(dir, slot).is_ok()).map(|slot| slot.kind).collect();
    match left.is_empty() {
        true => {
            Err(Error::bad_input(format!("{} is the last slot that works: without it the vault is lost", entry.name))
                .hint("add another one first: cmr key add --help"))
        }
        false => Ok(left),
    }
}
