//! `init`, `status` and `key`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::text::{self, BOLD, DIM, Text, Tone, count, local, plain, toned};

/// `cmr init`.
#[derive(Serialize, JsonSchema)]
pub struct Made {
    /// Where the vault lies.
    pub vault: String,
    /// Its id.
    pub id: String,
    /// The names of its key slots.
    pub slots: Vec<String>,
    /// The recovery key, unless it went to a file. Shown this once.
    pub recovery_key: Option<String>,
    /// The file that the recovery key went to.
    pub recovery_file: Option<String>,
}

impl View for Made {
    const SCHEMA: &'static str = "cmr/init/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("Your vault is in {}.", self.vault));
        out.gap();
        if let Some(key) = &self.recovery_key {
            out.line("This is your recovery key. It opens the vault without the passphrase, and it is shown only now:");
            out.gap();
            out.line(format!("    {BOLD}{key}{BOLD:#}"));
            out.gap();
            out.line("Print it, or keep it in a safe place that is not this computer.");
        }
        if let Some(file) = &self.recovery_file {
            out.line(format!("The recovery key is in {file}. Move it to a safe place that is not this computer."));
        }
    }
}

/// What a command would have done, but for `--dry-run`, where there is no more to show of it.
#[derive(Serialize, JsonSchema)]
pub struct DryRun {
    /// What it would have done, in words.
    pub would: String,
}

impl View for DryRun {
    const SCHEMA: &'static str = "cmr/dry-run/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("{} Nothing was done: --dry-run.", crate::text::printable(&self.would)));
    }
}

/// `cmr status`.
#[derive(Serialize, JsonSchema)]
pub struct Status {
    /// Where the vault lies.
    pub vault: String,
    /// Its id.
    pub id: String,
    /// How it was opened for this command.
    pub unlocked_by: String,
    /// How many vendors there are.
    pub vendors: usize,
    /// How many claims the default persona has.
    pub claims: usize,
    /// How many grants are current.
    pub grants: usize,
    /// How many messages wait to be delivered.
    pub queued: usize,
    /// How many ledger entries there are.
    pub ledger_entries: u64,
    /// What needs the user.
    pub tasks: Vec<Task>,
}

/// Something that needs the user.
#[derive(Serialize, JsonSchema)]
pub struct Task {
    /// What.
    pub what: String,
    /// What to type.
    pub command: String,
}

impl View for Status {
    const SCHEMA: &'static str = "cmr/status/1";

    fn text(&self, out: &mut Text) {
        out.fields([
            ("vault", self.vault.clone()),
            ("opened by", self.unlocked_by.clone()),
            ("profile", count(self.claims, "claim")),
            ("vendors", self.vendors.to_string()),
            ("current grants", self.grants.to_string()),
            ("outbox", if self.queued == 0 { "empty".into() } else { count(self.queued, "message") }),
            (
                "ledger",
                count(self.ledger_entries as usize, "entrie").replace("entrie", "entry").replace("entrys", "entries"),
            ),
        ]);
        if self.tasks.is_empty() {
            out.line(format!("  {}nothing needs you{:#}", text::GOOD, text::GOOD));
            return;
        }
        out.heading("What needs you");
        for task in &self.tasks {
            out.line(format!("  {}  {DIM}{}{DIM:#}", task.what, task.command));
        }
    }
}

/// `cmr key list`.
#[derive(Serialize, JsonSchema)]
pub struct Keys {
    /// The vault's id.
    pub id: String,
    /// Names the data key without telling it.
    pub key_fingerprint: String,
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
    /// The public half of what opens it.
    pub recipient: Option<String>,
    /// `ok`, or what is wrong with its file.
    pub file: String,
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
                toned(&slot.file, tone),
                plain(slot.recipient.as_deref().unwrap_or("")),
            ]
        };
        out.table(["name", "kind", "created", "file", "recipient"], self.slots.iter().map(row).collect());
    }
}
