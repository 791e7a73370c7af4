//! Key slots: one age file each, every one wrapping the same data key.

use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::key::DataKey;
use super::manifest::{Manifest, SlotEntry};
use crate::error::{Error, Result, io};

/// The scrypt work factor of passphrase slots, as a power of two. Fixed, because the age crate would otherwise choose
/// one by how busy the machine is; also the most that is accepted on reading, so that a swapped slot file cannot
/// stall the program or exhaust its memory. 2^18 takes 256 MiB and somewhat under a second.
pub const SCRYPT_WORK_FACTOR: u8 = 18;

/// No slot that we write comes near this size, in bytes.
const MAX_SLOT: u64 = 64 * 1024;

/// What opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// A passphrase, by scrypt.
    Passphrase,
    /// An age identity that was shown once when the vault was made.
    Recovery,
}

impl SlotKind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            SlotKind::Passphrase => "passphrase",
            SlotKind::Recovery => "recovery",
        }
    }
}

/// A slot to be made.
pub enum NewSlot<'a> {
    /// Opened by a passphrase.
    Passphrase(&'a SecretString),
    /// Opened by this identity.
    Recovery(&'a age::x25519::Identity),
}

pub(super) struct Wrapped {
    pub(super) bytes: Vec<u8>,
    pub(super) entry: SlotEntry,
}

impl NewSlot<'_> {
    pub(super) fn wrap(&self, key: &DataKey, now: Timestamp) -> Result<Wrapped> {
        let hex = key.to_hex();
        let (kind, bytes, recipient) = match self {
            NewSlot::Passphrase(passphrase) => {
                let mut recipient = age::scrypt::Recipient::new((*passphrase).clone());
                recipient.set_work_factor(SCRYPT_WORK_FACTOR);
                (SlotKind::Passphrase, age::encrypt(&recipient, &hex), None)
            }
            NewSlot::Recovery(identity) => {
                let recipient = identity.to_public();
                (SlotKind::Recovery, age::encrypt(&recipient, &hex), Some(recipient.to_string()))
            }
        };
        let bytes = bytes.map_err(|e| Error::failed(format!("cannot write the {} slot: {e}", kind.name())))?;
        let entry = SlotEntry { name: kind.name().to_owned(), kind, created: now, recipient };
        Ok(Wrapped { bytes, entry })
    }
}

/// Opens the vault's passphrase slots with a passphrase: one scrypt each.
///
/// # Errors
/// Kind locked if it opens none; kind damaged for a slot file that is not one of ours.
pub fn unlock_with_passphrase(dir: &Path, manifest: &Manifest, passphrase: SecretString) -> Result<DataKey> {
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(SCRYPT_WORK_FACTOR);
    unlock(dir, manifest, SlotKind::Passphrase, &identity)?.ok_or_else(|| {
        Error::locked("wrong passphrase")
            .hint("try again, or use the recovery key: CMR_IDENTITY_FILE=recovery.txt cmr status")
    })
}

/// Opens a slot with an age identity file: one or more `AGE-SECRET-KEY-1…` lines.
///
/// # Errors
/// Kind not found without the file; kind bad input if it holds no identity; kind locked if none of them opens a slot.
pub fn unlock_with_identity_file(dir: &Path, manifest: &Manifest, file: &Path) -> Result<DataKey> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("there is no identity file {}", file.display())),
        _ => io("read", file, e),
    })?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut found = false;
    for line in lines {
        let identity: age::x25519::Identity = line.parse().map_err(|_| {
            Error::bad_input(format!("{} holds a line that is not an age identity", file.display()))
                .hint("it must hold the recovery key: a line that begins with AGE-SECRET-KEY-1")
        })?;
        found = true;
        if let Some(key) = unlock(dir, manifest, SlotKind::Recovery, &identity)? {
            return Ok(key);
        }
        // The manifest says that this identity opens the slot: then the slot is not what was written.
        let recipient = identity.to_public().to_string();
        if let Some(slot) = manifest.slots.iter().find(|slot| slot.recipient.as_ref() == Some(&recipient)) {
            return Err(damaged(&slot.path(dir), "it does not open with its own identity"));
        }
    }
    Err(match found {
        true => Error::locked(format!("no identity in {} opens this vault", file.display()))
            .hint("cmr key list shows the recipient of each slot"),
        false => Error::bad_input(format!("{} holds no age identity", file.display())),
    })
}

fn unlock(dir: &Path, manifest: &Manifest, kind: SlotKind, identity: &dyn age::Identity) -> Result<Option<DataKey>> {
    for slot in manifest.slots.iter().filter(|slot| slot.kind == kind) {
        let path = slot.path(dir);
        let bytes = read_bounded(&path)?;
        let damaged = |why: &str| damaged(&path, why);
        match decrypt(&bytes, identity) {
            Ok(hex) => return DataKey::from_hex(&hex).map(Some),
            Err(age::DecryptError::NoMatchingKeys | age::DecryptError::KeyDecryptionFailed) => {}
            Err(age::DecryptError::ExcessiveWork { required, .. }) => {
                return Err(damaged(&format!(
                    "it asks for a work factor of {required}, and {SCRYPT_WORK_FACTOR} is the most"
                )));
            }
            Err(age::DecryptError::DecryptionFailed) => {}
            Err(e) => return Err(damaged(&format!("not a key slot ({e})"))),
        }
    }
    Ok(None)
}

fn damaged(slot: &Path, why: &str) -> Error {
    Error::damaged(format!("{}: {why}", slot.display())).hint("use another slot, or restore it from a backup")
}

fn decrypt(bytes: &[u8], identity: &dyn age::Identity) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    use std::io::Read;
    let decryptor = age::Decryptor::new_buffered(bytes)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(64));
    decryptor.decrypt(std::iter::once(identity))?.take(MAX_SLOT).read_to_end(&mut plain)?;
    Ok(plain)
}

fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::damaged(format!("{} is missing", path.display())),
        _ => io("read", path, e),
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_SLOT).read_to_end(&mut bytes).map_err(|e| io("read", path, e))?;
    Ok(bytes)
}

/// A new recovery identity, and its text for showing once.
pub fn new_recovery() -> (age::x25519::Identity, Zeroizing<String>) {
    let identity = age::x25519::Identity::generate();
    let text = Zeroizing::new(identity.to_string().expose_secret().to_owned());
    (identity, text)
}

/// Looks whether a slot's file is an age file at all, without opening it.
///
/// # Errors
/// Kind damaged, naming the file.
pub fn inspect(dir: &Path, slot: &SlotEntry) -> Result<()> {
    let path = slot.path(dir);
    let bytes = read_bounded(&path)?;
    age::Decryptor::new_buffered(bytes.as_slice())
        .map(|_| ())
        .map_err(|e| Error::damaged(format!("{}: not a key slot ({e})", path.display())))
}
