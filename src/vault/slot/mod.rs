//! Key slots: one age file each, every one wrapping the same data key.
//!
//! [`recipient`] closes a slot, [`identity`] and [`unlock`] open it, [`used`] remembers when it was.

use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::key::DataKey;
use super::manifest::SlotEntry;
use crate::error::{Error, Result, io};

mod ask;
mod identity;
mod recipient;
mod unlock;
pub mod used;

pub use ask::{Ask, Asker};
pub use identity::Identities;
pub use recipient::Recipient;
pub use unlock::{open_with_passphrase, unlock_with_identity_file, unlock_with_passphrase};

/// The scrypt work factor of passphrase slots, as a power of two. Fixed, because the age crate would otherwise choose
/// one by how busy the machine is; also the most that is accepted on reading, so that a swapped slot file cannot
/// stall the program or exhaust its memory. 2^18 takes 256 MiB and somewhat under a second.
pub const SCRYPT_WORK_FACTOR: u8 = 18;

/// No slot that we write comes near this size, in bytes.
const MAX_SLOT: u64 = 64 * 1024;

/// A slot's name is also a file's, and a column on a terminal.
const MAX_NAME: usize = 40;

/// What opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// A passphrase, by scrypt.
    Passphrase,
    /// An age identity that was shown once, to be kept away from the computer.
    Recovery,
    /// An age identity in a file on one device.
    Device,
    /// An ssh key.
    Ssh,
    /// An age plugin: a YubiKey, a Secure Enclave, a TPM.
    Plugin,
    /// An age identity in the system's keyring.
    Keyring,
}

impl SlotKind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            SlotKind::Passphrase => "passphrase",
            SlotKind::Recovery => "recovery",
            SlotKind::Device => "device",
            SlotKind::Ssh => "ssh",
            SlotKind::Plugin => "plugin",
            SlotKind::Keyring => "keyring",
        }
    }
}

/// A slot to be made.
pub enum NewSlot<'a> {
    /// Opened by a passphrase.
    Passphrase(&'a SecretString),
    /// Opened by this identity, which is a recovery key.
    Recovery(&'a age::x25519::Identity),
    /// Opened by whoever holds the other half of this recipient.
    To(SlotKind, &'a Recipient, &'a Asker),
}

/// A slot that was made, and is on no disk yet.
#[derive(Debug)]
pub struct Wrapped {
    pub(super) bytes: Vec<u8>,
    pub(super) entry: SlotEntry,
}

impl NewSlot<'_> {
    /// The kind of the slot.
    pub fn kind(&self) -> SlotKind {
        match self {
            NewSlot::Passphrase(_) => SlotKind::Passphrase,
            NewSlot::Recovery(_) => SlotKind::Recovery,
            NewSlot::To(kind, ..) => *kind,
        }
    }

    /// Makes the slot's file and entry.
    ///
    /// # Errors
    /// Kind not found for a plugin that is not installed; kind failed where it fails.
    pub fn wrap(&self, name: &str, key: &DataKey, now: Timestamp) -> Result<Wrapped> {
        let (bytes, recipient) = match self {
            NewSlot::Passphrase(passphrase) => (to_passphrase(passphrase, key)?, None),
            NewSlot::Recovery(identity) => to(&Recipient::from(identity.to_public()), key, &Asker::nobody())?,
            NewSlot::To(_, recipient, asker) => to(recipient, key, asker)?,
        };
        let entry = SlotEntry { name: name.to_owned(), kind: self.kind(), created: now, recipient };
        Ok(Wrapped { bytes, entry })
    }
}

fn to(recipient: &Recipient, key: &DataKey, asker: &Asker) -> Result<(Vec<u8>, Option<String>)> {
    Ok((recipient.encrypt(&key.to_hex(), asker)?, Some(recipient.to_string())))
}

fn to_passphrase(passphrase: &SecretString, key: &DataKey) -> Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(SCRYPT_WORK_FACTOR);
    age::encrypt(&recipient, &key.to_hex()).map_err(|e| Error::failed(format!("cannot write the passphrase slot: {e}")))
}

/// Makes the file of an existing slot anew, for another data key. A passphrase slot needs its passphrase.
pub(super) fn rewrap(
    slot: &SlotEntry,
    key: &DataKey,
    passphrase: Option<&SecretString>,
    asker: &Asker,
) -> Result<Vec<u8>> {
    match (&slot.recipient, passphrase) {
        (Some(recipient), _) => recipient.parse::<Recipient>()?.encrypt(&key.to_hex(), asker),
        (None, Some(passphrase)) => to_passphrase(passphrase, key),
        (None, None) => Err(Error::locked(format!("the slot {} needs its passphrase", slot.name))),
    }
}

/// Checks a slot's name: it is a file's name too.
///
/// # Errors
/// Kind bad input, saying what a name is made of.
pub fn check_name(name: &str) -> Result<()> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    match begins_well && name.len() <= MAX_NAME && name.chars().all(fine) {
        true => Ok(()),
        false => Err(Error::bad_input(format!("{} is no name for a slot", crate::text::printable(name)))
            .hint(format!("take up to {MAX_NAME} of a-z, 0-9, - and _, such as laptop"))),
    }
}

/// A new identity for a recovery key or a device, and its text.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever passes is one plain file name, and cannot be taken for the file of a rotation.
        #[test]
        fn a_name_that_passes_is_a_file_name(name in "[a-z0-9./_ -]{0,12}|\\PC{0,6}") {
            if check_name(&name).is_ok() {
                let path = Path::new("slots").join(format!("{name}.age"));
                prop_assert_eq!(path.parent(), Some(Path::new("slots")));
                prop_assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(name.as_str()));
                prop_assert!(!name.contains('.'));
            }
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        for name in ["laptop", "yubikey-5c", "work_2", "0"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "-x", "a.b", "../x", "Laptop", "a b", "é", &"a".repeat(41)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
