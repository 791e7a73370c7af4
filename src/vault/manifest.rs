//! `vault.toml`: which vault this is and how it can be opened. Nothing in it is secret.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::files::Staged;
use super::key::DataKey;
use super::slot::{self, SlotKind};
use crate::error::{Error, Result, io};

/// The layout of the vault directory that this program writes.
const FORMAT: u32 = 1;

/// What `vault.toml` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// The vault's id.
    pub id: Uuid,
    /// Fingerprint of the data key, so that the key of another vault is named as such.
    pub key_fingerprint: String,
    /// Fingerprint of the key that a rotation is changing to; only while it is not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key_fingerprint: Option<String>,
    /// When the vault was made.
    pub created: Timestamp,
    /// The ways to open it.
    #[serde(rename = "slot", default)]
    pub slots: Vec<SlotEntry>,
    /// What was read.
    #[serde(skip)]
    text: String,
}

/// One key slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotEntry {
    /// Its name, which is also its file's.
    pub name: String,
    /// What opens it.
    pub kind: SlotKind,
    /// When it was added.
    pub created: Timestamp,
    /// The public half of what opens it, for slots that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

impl SlotEntry {
    pub(super) fn file_name(&self) -> String {
        format!("{}.age", self.name)
    }

    /// Where the slot's file lies in a vault.
    pub fn path(&self, vault: &Path) -> PathBuf {
        vault.join("slots").join(self.file_name())
    }

    /// Where its file with the new key lies, while a rotation is not finished. A name has no dot, so that this is the
    /// file of no other slot.
    pub(super) fn next_path(&self, vault: &Path) -> PathBuf {
        vault.join("slots").join(format!("{}.next.age", self.name))
    }
}

impl Manifest {
    pub(super) fn new(id: Uuid, key_fingerprint: String, created: Timestamp) -> Self {
        Self {
            format: FORMAT,
            id,
            key_fingerprint,
            next_key_fingerprint: None,
            created,
            slots: Vec::new(),
            text: String::new(),
        }
    }

    /// Whether a key is this vault's, or the one that a rotation is changing to.
    pub fn takes(&self, key: &DataKey) -> bool {
        let fingerprint = key.fingerprint();
        fingerprint == self.key_fingerprint || self.next_key_fingerprint.as_ref() == Some(&fingerprint)
    }

    /// The slot of this name.
    ///
    /// # Errors
    /// Kind not found, naming those that there are.
    pub fn slot(&self, name: &str) -> Result<&SlotEntry> {
        self.slots.iter().find(|slot| slot.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
            Error::not_found(format!("there is no slot named {}", crate::text::printable(name)))
                .hint(format!("the slots are: {}", names.join(", ")))
        })
    }

    fn path(dir: &Path) -> PathBuf {
        dir.join("vault.toml")
    }

    /// Whether a directory looks like a vault.
    pub fn exists(dir: &Path) -> bool {
        Self::path(dir).exists()
    }

    /// Reads the manifest of a vault.
    ///
    /// # Errors
    /// Kind not found without a vault there; kind damaged for a file that is not one of ours, or of a later format.
    pub fn read(dir: &Path) -> Result<Self> {
        Self::parse(Self::text(dir)?, dir)
    }

    /// The manifest as it is now: this one, unless the file was changed since it was read.
    pub(super) fn read_again(self, dir: &Path) -> Result<Self> {
        let text = Self::text(dir)?;
        if text == self.text { Ok(self) } else { Self::parse(text, dir) }
    }

    fn text(dir: &Path) -> Result<String> {
        let path = Self::path(dir);
        match fs::read(&path) {
            Ok(bytes) => {
                String::from_utf8(bytes).map_err(|_| Error::damaged(format!("{}: it is not text", path.display())))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && dir.join(super::DATABASE).exists() => {
                Err(Error::damaged(format!("{} is missing", path.display())).hint("restore it from a backup"))
            }
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                Err(Error::not_found(format!("there is no vault in {}", dir.display()))
                    .hint("make one: cmr init (or try it first: cmr demo)"))
            }
            Err(e) => Err(io("read", &path, e)),
        }
    }

    fn parse(text: String, dir: &Path) -> Result<Self> {
        let damaged = |why: String| Error::damaged(format!("{}: {why}", Self::path(dir).display()));
        let manifest: Self = toml::from_str(&text).map_err(|e| damaged(e.message().to_owned()))?;
        if manifest.format > FORMAT {
            return Err(damaged(format!("it has format {}, and this program knows {FORMAT}", manifest.format))
                .hint("use a newer cmr"));
        }
        // A name is a file's name: one that was tampered with must not lead out of the vault.
        if let Some(slot) = manifest.slots.iter().find(|slot| slot::check_name(&slot.name).is_err()) {
            return Err(damaged(format!("{} is no name for a slot", crate::text::printable(&slot.name))));
        }
        Ok(Self { text, ..manifest })
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        self.stage(dir)?.put()
    }

    pub(super) fn stage(&self, dir: &Path) -> Result<Staged> {
        let text = toml::to_string(self).map_err(|e| Error::failed(format!("cannot write vault.toml: {e}")))?;
        Staged::new(&Self::path(dir), text.as_bytes())
    }
}
