//! A rotation that ends at each of its steps, and one with a program beside it that knows nothing of it.

use std::cell::RefCell;

use super::super::slot::{Identities, NewSlot, Recipient, new_recovery};
use super::*;

struct Place {
    dir: tempfile::TempDir,
    /// The secret of each slot.
    secrets: Vec<String>,
}

/// A vault with three slots, and something in it.
fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let (identity, secret) = new_recovery();
    let key = DataKey::generate().unwrap();
    let mut vault = Vault::create(&path, &key, &[NewSlot::Recovery(&identity)], |tx| {
        tx.execute_batch("INSERT INTO meta (name, value) VALUES ('story', 'once upon a time')")?;
        Ok(())
    })
    .unwrap();
    let mut secrets = vec![secret.to_string()];
    for name in ["laptop", "phone"] {
        let (identity, secret) = new_recovery();
        let recipient = Recipient::from(identity.to_public());
        let new = NewSlot::To(SlotKind::Device, &recipient, &Asker::nobody());
        vault.add_slot(name, &new, &key, false, |_, _| Ok(())).unwrap();
        secrets.push(secret.to_string());
    }
    Place { dir, secrets }
}

impl Place {
    fn path(&self) -> PathBuf {
        self.dir.path().join("vault")
    }

    fn key(&self, secret: &str) -> DataKey {
        let manifest = Manifest::read(&self.path()).unwrap();
        let asker = Asker::nobody();
        let identities = Identities::parse("it".into(), secret.as_bytes(), &asker).unwrap();
        identities.unlock(&self.path(), &manifest, &asker).unwrap()
    }

    fn open(&self, secret: &str) -> Vault {
        Vault::open(&self.path(), Manifest::read(&self.path()).unwrap(), &self.key(secret)).unwrap()
    }

    /// Everything is as it should be, for whoever comes with any of the slots.
    #[track_caller]
    fn is_whole(&self) {
        for secret in &self.secrets {
            let vault = self.open(secret);
            let story: String = vault
                .connection()
                .query_row("SELECT value FROM meta WHERE name = 'story'", [], |row| row.get(0))
                .unwrap();
            assert_eq!(story, "once upon a time");
            database::quick_check(vault.connection()).unwrap();
        }
    }

    #[track_caller]
    fn has_no_traces(&self) {
        let manifest = Manifest::read(&self.path()).unwrap();
        assert_eq!(manifest.next_key_fingerprint, None);
        let mut names: Vec<String> = fs::read_dir(self.path().join("slots"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "used.toml")
            .collect();
        names.sort();
        assert_eq!(names, ["laptop.age", "phone.age", "recovery.age"]);
    }
}

/// Where the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Until {
    Announced,
    OneSlot,
    AllSlots,
    Rekeyed,
    Recorded,
    OneRenamed,
    AllRenamed,
}

fn rotate_until(place: &Place, until: Until) -> (String, String) {
    let mut vault = place.open(&place.secrets[0]);
    let plan = Plan::new(&vault, &Passphrases::new(), &Asker::nobody()).unwrap();
    let names = (vault.manifest.key_fingerprint.clone(), plan.key.fingerprint());
    vault.manifest.next_key_fingerprint = Some(names.1.clone());
    vault.manifest.write(&vault.dir).unwrap();
    let written = match until {
        Until::Announced => 0,
        Until::OneSlot => 1,
        _ => plan.slots.len(),
    };
    for (path, bytes) in &plan.slots[..written] {
        files::replace(path, bytes).unwrap();
    }
    if until >= Until::Rekeyed {
        database::rekey(&vault.connection, &plan.key, &vault.dir.join(DATABASE)).unwrap();
    }
    if until >= Until::Recorded {
        vault.write(|tx| record(tx, &names.0, &names.1)).unwrap();
    }
    let renamed = match until {
        Until::OneRenamed => 1,
        Until::AllRenamed => plan.slots.len(),
        _ => 0,
    };
    for slot in &vault.manifest.slots[..renamed] {
        fs::rename(slot.next_path(&vault.dir), slot.path(&vault.dir)).unwrap();
    }
    names
}

fn record(tx: &Tx, from: &str, to: &str) -> Result<()> {
    tx.execute("INSERT OR IGNORE INTO meta (name, value) VALUES (?1, ?2)", [format!("rotated to {to}"), from.into()])?;
    Ok(())
}

#[test]
fn a_rotation_that_ends_anywhere_leaves_a_vault_that_every_slot_opens() {
    use Until::{AllRenamed, AllSlots, Announced, OneRenamed, OneSlot, Recorded, Rekeyed};
    for until in [Announced, OneSlot, AllSlots, Rekeyed, Recorded, OneRenamed, AllRenamed] {
        let place = place();
        let (from, to) = rotate_until(&place, until);
        place.is_whole();
        // With whichever slot somebody comes next, the end is the same.
        let secret = &place.secrets[until as usize % 3];
        let mut vault = place.open(secret);
        assert!(vault.is_rotating(), "{until:?}");
        let (expected, now) = match until >= Rekeyed {
            true => (Settled::Forwards, &to),
            false => (Settled::Backwards, &from),
        };
        assert_eq!(vault.settle(record).unwrap(), Some(expected), "{until:?}");
        assert_eq!(vault.manifest.key_fingerprint, *now);
        assert_eq!(vault.settle(record).unwrap(), None);
        let recorded: i64 = vault
            .connection()
            .query_row("SELECT count(*) FROM meta WHERE name LIKE 'rotated to %'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(recorded, i64::from(until >= Rekeyed), "{until:?}");
        drop(vault);
        place.is_whole();
        place.has_no_traces();
        // And it can be rotated again.
        let vault = place.open(secret);
        let plan = Plan::new(&vault, &Passphrases::new(), &Asker::nobody()).unwrap();
        drop(vault.rotate(plan, record, || {}, |_| {}).unwrap());
        place.is_whole();
        place.has_no_traces();
    }
}

#[test]
fn the_old_key_opens_nothing_any_more() {
    let place = place();
    let old = place.key(&place.secrets[0]);
    let vault = place.open(&place.secrets[0]);
    fs::write(place.path().join("search.db"), "an index").unwrap();
    fs::write(place.path().join("vault-before-v2.db"), "a copy").unwrap();
    let plan = Plan::new(&vault, &Passphrases::new(), &Asker::nobody()).unwrap();
    let told = std::sync::Mutex::new(Vec::new());
    let (vault, rotated) = vault.rotate(plan, record, || {}, |part| told.lock().unwrap().push(part)).unwrap();
    assert_eq!(rotated.removed, ["vault-before-v2.db"]);
    assert_eq!((&rotated.from, &rotated.to), (&old.fingerprint(), &vault.manifest.key_fingerprint));
    assert!(told.into_inner().unwrap().iter().all(|part| (0.0..=1.0).contains(part)));
    assert!(!database::opens(&place.path().join(DATABASE), &old));
    assert!(!place.path().join("search.db").exists());
    let error = Vault::open(&place.path(), vault.manifest.clone(), &old).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Locked, "{error}");
}

#[test]
fn slots_that_changed_meanwhile_are_not_overwritten() {
    let place = place();
    let vault = place.open(&place.secrets[0]);
    let plan = Plan::new(&vault, &Passphrases::new(), &Asker::nobody()).unwrap();
    let mut other = place.open(&place.secrets[1]);
    other.remove_slot("phone", |_, _| Ok(())).unwrap();
    drop(other);
    let error = vault.rotate(plan, record, || {}, |_| {}).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(Manifest::read(&place.path()).unwrap().slots.len(), 2);
    drop(place.open(&place.secrets[0]));
}

/// A program that knows nothing of our lock and writes with the old key all the time: it may fail, and the rotation
/// may fail; what was committed stays, and the vault stays whole.
#[test]
fn a_stranger_that_goes_on_writing_with_the_old_key_damages_nothing() {
    let place = place();
    let key = place.key(&place.secrets[0]);
    let path = place.path().join(DATABASE);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (begun, begins) = std::sync::mpsc::channel();
    let committed = std::thread::scope(|scope| {
        let stranger = scope.spawn(|| {
            let begun = begun;
            let connection = RefCell::new(database::open(&path, &key).unwrap());
            let mut committed = Vec::new();
            for n in 0.. {
                if stop.load(std::sync::atomic::Ordering::SeqCst) && n > 20 {
                    break;
                }
                let name = format!("stranger {n}");
                let written = database::write(&mut connection.borrow_mut(), &path, |tx| {
                    tx.execute("INSERT INTO meta (name, value) VALUES (?1, 'x')", [&name])?;
                    Ok(())
                });
                match written {
                    Ok(_) => committed.push(name),
                    Err(_) => break,
                }
                let _ = begun.send(());
            }
            committed
        });
        // It is at it before the first rotation.
        begins.recv().unwrap();
        for _ in 0..3 {
            let vault = place.open(&place.secrets[0]);
            let plan = Plan::new(&vault, &Passphrases::new(), &Asker::nobody()).unwrap();
            let _ = vault.rotate(plan, record, || {}, |_| {});
        }
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        stranger.join().unwrap()
    });
    place.open(&place.secrets[0]).settle(record).unwrap();
    place.is_whole();
    place.has_no_traces();
    assert!(!committed.is_empty());
    let vault = place.open(&place.secrets[2]);
    for name in committed {
        let there: bool = vault
            .connection()
            .query_row("SELECT EXISTS (SELECT 1 FROM meta WHERE name = ?1)", [&name], |row| row.get(0))
            .unwrap();
        assert!(there, "{name} was committed and is gone");
    }
}
