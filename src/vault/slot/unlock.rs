//! Opening slots: by a passphrase, or by identities.

use std::path::Path;

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::super::database;
use super::super::key::DataKey;
use super::super::manifest::{Manifest, SlotEntry};
use super::{Asker, Identities, MAX_SLOT, SCRYPT_WORK_FACTOR, SlotKind, read_bounded, used};
use crate::error::{Error, Kind, Result};

/// Opens the vault's passphrase slots with a passphrase: one scrypt each.
///
/// # Errors
/// Kind locked if it opens none; kind damaged for a slot file that is not one of ours.
pub fn unlock_with_passphrase(dir: &Path, manifest: &Manifest, passphrase: SecretString) -> Result<DataKey> {
    let slots = manifest.slots.iter().filter(|slot| slot.kind == SlotKind::Passphrase);
    first(slots.map(|slot| open_with_passphrase(dir, manifest, slot, &passphrase)))?.ok_or_else(|| {
        match manifest.slots.iter().any(|slot| slot.kind == SlotKind::Passphrase) {
            true => Error::locked("wrong passphrase")
                .hint("try again; or type the recovery key in its place (a script: CMR_IDENTITY_FILE=recovery.txt cmr status)"),
            false => Error::locked("this vault has no passphrase: no slot of it is opened by one")
                .hint("CMR_IDENTITY_FILE=FILE names an identity; cmr key list shows the slots"),
        }
    })
}

/// Opens one slot with a passphrase; `None` if it is the wrong one.
///
/// # Errors
/// Kind damaged for a slot file that is not one of ours; kind locked for one of another vault.
pub fn open_with_passphrase(
    dir: &Path,
    manifest: &Manifest,
    slot: &SlotEntry,
    passphrase: &SecretString,
) -> Result<Option<DataKey>> {
    let mut identity = age::scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(SCRYPT_WORK_FACTOR);
    let key = open(dir, manifest, slot, &identity, &Asker::nobody())?;
    if key.is_some() {
        used::note(dir, &slot.name);
    }
    Ok(key)
}

/// Opens a slot with an identity file, where nobody can be asked.
///
/// # Errors
/// As [`Identities::read`] and [`Identities::unlock`].
pub fn unlock_with_identity_file(dir: &Path, manifest: &Manifest, file: &Path) -> Result<DataKey> {
    let asker = Asker::nobody();
    Identities::read(file, &asker)?.unlock(dir, manifest, &asker)
}

impl Identities {
    /// Opens a slot with one of the identities: first the slots that name its recipient, then those that it may open.
    ///
    /// # Errors
    /// Kind locked if none opens a slot, or nobody answers what a plugin asks; kind damaged if a slot does not open
    /// with its own identity; kind not found for a plugin that is not installed.
    pub fn unlock(&self, dir: &Path, manifest: &Manifest, asker: &Asker) -> Result<DataKey> {
        for identity in self.iter() {
            let recipient = identity.recipient();
            let (own, others): (Vec<_>, Vec<_>) =
                manifest.slots.iter().partition(|slot| recipient.is_some() && slot.recipient == recipient);
            let others: Vec<_> = others.into_iter().filter(|slot| identity.may_open(slot)).collect();
            if own.is_empty() && others.is_empty() {
                continue;
            }
            let ready = identity.ready(self.name(), asker)?;
            let attempts = own.iter().chain(&others).map(|slot| {
                let key = open(dir, manifest, slot, &*ready, asker)?;
                if key.is_some() && self.is_a_use() {
                    used::note(dir, &slot.name);
                }
                Ok(key)
            });
            if let Some(key) = first(attempts)? {
                return Ok(key);
            }
            // The manifest says that this identity opens the slot: then the slot is not what was written.
            if let Some(slot) = own.first() {
                return Err(damaged(&slot.path(dir), "it does not open with its own identity"));
            }
        }
        Err(Error::locked(format!("no identity in {} opens this vault", self.name()))
            .hint("cmr key list shows the recipient of each slot"))
    }
}

/// The first key. A slot that fails does not stop the others from being tried, and is reported if none opens.
fn first(attempts: impl Iterator<Item = Result<Option<DataKey>>>) -> Result<Option<DataKey>> {
    let mut failed = None;
    for attempt in attempts {
        match attempt {
            Ok(Some(key)) => return Ok(Some(key)),
            Ok(None) => {}
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(None), Err)
}

/// Opens one slot; `None` if the identity is not for it.
///
/// While a rotation is not finished a slot has a second file, with the new key; then the key is given that the
/// database has.
fn open(
    dir: &Path,
    manifest: &Manifest,
    slot: &SlotEntry,
    identity: &dyn age::Identity,
    asker: &Asker,
) -> Result<Option<DataKey>> {
    let next = Some(slot.next_path(dir)).filter(|path| manifest.next_key_fingerprint.is_some() && path.exists());
    let mut opened = None;
    for path in next.into_iter().chain([slot.path(dir)]) {
        let Some(key) = open_file(&path, identity, asker)? else { continue };
        if !manifest.takes(&key) {
            return Err(of_another_vault(&path, &key, manifest));
        }
        let is_current =
            manifest.next_key_fingerprint.is_none() || database::opens(&dir.join(super::super::DATABASE), &key);
        opened = Some(key);
        if is_current {
            break;
        }
    }
    Ok(opened)
}

fn of_another_vault(path: &Path, key: &DataKey, manifest: &Manifest) -> Error {
    Error::locked(format!(
        "{} is the slot of another vault: it holds the key with the fingerprint {}, and this vault's is {}",
        path.display(),
        key.fingerprint(),
        manifest.key_fingerprint
    ))
    .hint("put the slot's own file back from a backup, or use another slot")
}

/// What came of decrypting.
pub(super) enum Opened {
    Plain(Zeroizing<Vec<u8>>),
    /// The identity, or the passphrase, is not the one.
    No,
}

fn open_file(path: &Path, identity: &dyn age::Identity, asker: &Asker) -> Result<Option<DataKey>> {
    let bytes = read_bounded(path)?;
    match decrypt(&bytes, identity) {
        Ok(Opened::Plain(hex)) => DataKey::from_hex(&hex)
            .map(Some)
            .map_err(|_| damaged(path, "it holds no data key of 64 hexadecimal digits")),
        Ok(Opened::No) => asker.unanswered().map_or(Ok(None), Err),
        Err(Trouble::Plugin(why)) => Err(asker
            .unanswered()
            .unwrap_or_else(|| Error::new(Kind::Locked, format!("the plugin did not open {}: {why}", path.display())))),
        Err(why) => Err(damaged(path, &why.to_string())),
    }
}

/// Why something cannot be decrypted whatever the identity.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It would take too long, or too much memory.
    #[error("it asks for a work factor of {0}, and {SCRYPT_WORK_FACTOR} is the most")]
    Work(u8),
    /// The plugin says so.
    #[error("{0}")]
    Plugin(String),
    /// It is no age file.
    #[error("not a key slot ({0})")]
    Format(String),
}

/// Decrypts an age file of ours.
pub(super) fn decrypt(bytes: &[u8], identity: &dyn age::Identity) -> Result<Opened, Trouble> {
    use age::DecryptError as E;
    match decrypt_all(bytes, identity) {
        Ok(plain) => Ok(Opened::Plain(plain)),
        Err(E::NoMatchingKeys | E::KeyDecryptionFailed | E::DecryptionFailed) => Ok(Opened::No),
        Err(E::ExcessiveWork { required, .. }) => Err(Trouble::Work(required)),
        Err(E::Plugin(errors)) => {
            let texts: Vec<String> = errors.iter().map(|error| crate::text::printable(&error.to_string())).collect();
            Err(Trouble::Plugin(texts.join("; ")))
        }
        // A plugin that dies, not a file that ends early.
        Err(E::Io(e)) if e.kind() == std::io::ErrorKind::ConnectionAborted => Err(Trouble::Plugin("it died".into())),
        Err(e) => Err(Trouble::Format(e.to_string())),
    }
}

fn decrypt_all(bytes: &[u8], identity: &dyn age::Identity) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    use std::io::Read;
    let decryptor = age::Decryptor::new_buffered(bytes)?;
    // Room from the start: a buffer that grows would leave copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    decryptor.decrypt(std::iter::once(identity))?.take(MAX_SLOT).read_to_end(&mut plain)?;
    Ok(plain)
}

fn damaged(slot: &Path, why: &str) -> Error {
    Error::damaged(format!("{}: {why}", slot.display())).hint("use another slot, or restore it from a backup")
}
