//! `slots/used.toml`: when each slot last opened the vault. It is a help for deciding which slot can go, and no record:
//! it is written without waiting for the disk, a failure is passed over, and of two commands at once one may be lost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::super::files;
use super::SlotEntry;

/// A use within this time of the last one is not written again.
const SOON: SignedDuration = SignedDuration::from_secs(60);

fn path(dir: &Path) -> PathBuf {
    dir.join("slots").join("used.toml")
}

fn read(dir: &Path) -> BTreeMap<String, Timestamp> {
    std::fs::read_to_string(path(dir)).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
}

/// Remembers that a slot was used now.
pub(super) fn note(dir: &Path, name: &str) {
    let (mut all, now) = (read(dir), Timestamp::now());
    if all.get(name).is_some_and(|last| now.duration_since(*last).abs() < SOON) {
        return;
    }
    all.insert(name.to_owned(), now);
    let written = toml::to_string(&all)
        .map_err(|e| crate::error::Error::failed(e.to_string()))
        .and_then(|text| files::replace_lazily(&path(dir), text.as_bytes()));
    if let Err(error) = written {
        log::debug!("the use of the slot {name} is not remembered: {error}");
    }
}

/// When a slot last opened the vault. What stands there of an earlier slot of the same name does not count.
pub fn last(dir: &Path, slot: &SlotEntry) -> Option<Timestamp> {
    read(dir).get(&slot.name).copied().filter(|used| *used >= slot.created)
}

#[cfg(test)]
mod tests {
    use super::super::SlotKind;
    use super::*;

    #[test]
    fn the_last_use_is_remembered_until_the_slot_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let mut slot =
            SlotEntry { name: "laptop".into(), kind: SlotKind::Device, created: Timestamp::now(), recipient: None };
        note(dir.path(), "laptop");
        assert_eq!(last(dir.path(), &slot), None, "there is no place to write it, and that is no failure");
        std::fs::create_dir(dir.path().join("slots")).unwrap();
        note(dir.path(), "laptop");
        let first = last(dir.path(), &slot).unwrap();
        note(dir.path(), "laptop");
        assert_eq!(last(dir.path(), &slot), Some(first), "not written again so soon");
        slot.created = Timestamp::now() + SignedDuration::from_secs(1);
        assert_eq!(last(dir.path(), &slot), None);
        std::fs::write(path(dir.path()), "nonsense").unwrap();
        assert_eq!(last(dir.path(), &slot), None);
    }
}
