//! `key`.

use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::text::{BOLD, Text, Tone, local, local_or, plain, toned};
use crate::text::printable;
use crate::vault::{Rotated, SlotEntry, slot};

/// `cmr key list`.
#[derive(Serialize, JsonSchema)]
pub struct Keys {
    /// The vault's id.
    pub id: String,
    /// Names the data key without telling it.
    pub key_fingerprint: String,
    /// Names the key that a rotation is changing to, while that is not finished.
    pub next_key_fingerprint: Option<String>,
    /// The slots.
    pub slots: Vec<Slot>,
}

/// One key slot.
#[derive(Serialize, JsonSchema)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// What opens it.
    pub kind: String,
    /// When it was added.
    pub created: Timestamp,
    /// When it last opened the vault, to the minute; not when the agent had the key.
    pub last_used: Option<Timestamp>,
    /// The public half of what opens it.
    pub recipient: Option<String>,
    /// `ok`, or what is wrong with its file.
    pub file: String,
}

impl Slot {
    /// A slot of the vault in a directory.
    pub fn new(dir: &Path, slot: &SlotEntry) -> Self {
        Self {
            name: slot.name.clone(),
            kind: slot.kind.name().to_owned(),
            created: slot.created,
            last_used: slot::used::last(dir, slot),
            recipient: slot.recipient.clone(),
            file: slot::inspect(dir, slot).map_or_else(|error| error.to_string(), |()| "ok".to_owned()),
        }
    }
}

impl View for Keys {
    const SCHEMA: &'static str = "cmr/keys/1";

    fn text(&self, out: &mut Text) {
        let row = |slot: &Slot| {
            let tone = if slot.file == "ok" { Tone::Good } else { Tone::Bad };
            [
                toned(&slot.name, Tone::Strong),
                plain(&slot.kind),
                plain(local(slot.created)),
                plain(local_or(slot.last_used, "")),
                toned(&slot.file, tone),
                plain(slot.recipient.as_deref().map(shortened).unwrap_or_default()),
            ]
        };
        let header = ["name", "kind", "created", "last used", "file", "recipient"];
        out.table(header, self.slots.iter().map(row).collect());
    }
}

/// A recipient in a table: its beginning and its end tell it apart. JSON has it whole.
fn shortened(recipient: &str) -> String {
    match recipient.split_once(' ') {
        Some((kind, key)) if key.len() > 24 => format!("{kind} …{}", &key[key.len() - 16..]),
        None if recipient.len() > 24 && recipient.is_ascii() => {
            format!("{}…{}", &recipient[..10], &recipient[recipient.len() - 6..])
        }
        _ => recipient.to_owned(),
    }
}

/// `cmr key add`, `cmr key remove`.
#[derive(Serialize, JsonSchema)]
pub struct KeyChanged {
    /// What was done: `added`, `replaced` or `removed`.
    pub done: &'static str,
    /// The slot's name.
    pub name: String,
    /// What opens it.
    pub kind: String,
    /// The public half of what opens it.
    pub recipient: Option<String>,
    /// The new recovery key, unless it went to a file. Shown this once.
    pub recovery_key: Option<String>,
    /// The new file that the secret went to.
    pub file: Option<String>,
}

impl KeyChanged {
    /// What was done to a slot.
    pub fn new(done: &'static str, slot: &SlotEntry) -> Self {
        Self {
            done,
            name: slot.name.clone(),
            kind: slot.kind.name().to_owned(),
            recipient: slot.recipient.clone(),
            recovery_key: None,
            file: None,
        }
    }
}

impl View for KeyChanged {
    const SCHEMA: &'static str = "cmr/key-change/1";

    fn text(&self, out: &mut Text) {
        out.line(match self.done {
            "removed" => format!("The slot {} is removed.", self.name),
            "replaced" => format!("The slot {} has a new {}.", self.name, self.kind),
            _ => format!("The slot {} ({}) opens the vault.", self.name, self.kind),
        });
        if let Some(key) = &self.recovery_key {
            out.gap();
            out.line("This is the recovery key. It is shown only now:");
            out.gap();
            out.line(format!("    {BOLD}{key}{BOLD:#}"));
            out.gap();
            out.line("Print it, or keep it in a safe place that is not this computer.");
        }
        if let Some(file) = &self.file {
            out.line(format!("The secret is in {}.", printable(file)));
        }
    }
}

/// `cmr key rotate`.
#[derive(Serialize, JsonSchema)]
pub struct KeyRotated {
    /// Names the data key that the vault had.
    pub from: String,
    /// Names the data key that it has.
    pub to: String,
    /// The slots that were written anew.
    pub slots: Vec<String>,
    /// Files that went, since only the old key opened them.
    pub removed_files: Vec<String>,
}

impl KeyRotated {
    /// What a rotation did.
    pub fn new(rotated: Rotated, slots: &[SlotEntry]) -> Self {
        Self {
            from: rotated.from,
            to: rotated.to,
            slots: slots.iter().map(|slot| slot.name.clone()).collect(),
            removed_files: rotated.removed,
        }
    }
}

impl View for KeyRotated {
    const SCHEMA: &'static str = "cmr/key-rotated/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("The vault has a new data key: {} (it was {}).", self.to, self.from));
        out.line(format!("Written anew: the database, and the slots {}.", self.slots.join(", ")));
        if !self.removed_files.is_empty() {
            let files = self.removed_files.iter().map(|file| printable(file)).collect::<Vec<_>>().join(", ");
            out.line(format!("Removed, since only the old key opened it: {files}."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_recipient_is_told_by_its_end() {
        let rsa = format!("ssh-rsa {}the-end-of-it-16", "A".repeat(300));
        assert_eq!(shortened(&rsa), "ssh-rsa …the-end-of-it-16");
        let age = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";
        assert_eq!(shortened(age), "age1qyqszq…3290gq");
    }
}
