//! `init`, `unlock`, `lock`, `status` and `key`.

use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::task::{self, TaskView};
use super::text::{self, BOLD, DIM, Text, count, local};
use crate::vault::SlotEntry;
use crate::vault::agent::Report;

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

/// Whether a vault is locked: `cmr unlock`, `cmr lock`.
#[derive(Serialize, JsonSchema)]
pub struct LockState {
    /// Where the vault lies.
    pub vault: String,
    /// Whether it is locked: no agent holds its key.
    pub locked: bool,
    /// The agent that holds the key.
    pub agent: Option<AgentState>,
}

/// What holds the key of an unlocked vault.
#[derive(Serialize, JsonSchema)]
pub struct AgentState {
    /// Its process id.
    pub pid: u32,
    /// What the vault was unlocked with.
    pub unlocked_with: String,
    /// When.
    pub since: Timestamp,
    /// When it locks if no command uses it.
    pub idle_until: Timestamp,
    /// When it locks in any case.
    pub until: Timestamp,
}

impl From<&Report> for AgentState {
    fn from(report: &Report) -> Self {
        Self {
            pid: report.pid,
            unlocked_with: report.by.clone(),
            since: report.since(),
            idle_until: report.idle_until(),
            until: report.until(),
        }
    }
}

impl AgentState {
    fn words(&self) -> String {
        match self.idle_until < self.until {
            true => format!(
                "until {}, longer while you use it, until {} at most",
                local(self.idle_until),
                local(self.until)
            ),
            false => format!("until {}", local(self.until)),
        }
    }
}

impl LockState {
    /// The state of the vault in a directory.
    pub fn new(vault: &Path, agent: Option<&Report>) -> Self {
        let agent = agent.map(AgentState::from);
        Self { vault: vault.display().to_string(), locked: agent.is_none(), agent }
    }
}

impl View for LockState {
    const SCHEMA: &'static str = "cmr/lock/1";

    fn text(&self, out: &mut Text) {
        match &self.agent {
            Some(agent) => out.line(format!("The vault is unlocked {}. Lock it: cmr lock", agent.words())),
            None => out.line("The vault is locked."),
        }
    }
}

/// `cmr status`.
#[derive(Serialize, JsonSchema)]
pub struct Status {
    /// Where the vault lies.
    pub vault: String,
    /// Its id.
    pub id: String,
    /// Whether it is locked: then nothing is known of what it holds.
    pub locked: bool,
    /// What opened it for this command.
    pub unlocked_by: Option<String>,
    /// The agent that holds the key, whether or not this command needed it.
    pub agent: Option<AgentState>,
    /// Its key slots.
    pub slots: Vec<SlotName>,
    /// What it holds, unless it is locked.
    #[serde(flatten)]
    pub holds: Option<Holdings>,
    /// What needs the user.
    pub tasks: Vec<TaskView>,
}

/// A key slot's name and kind.
#[derive(Serialize, JsonSchema)]
pub struct SlotName {
    /// Its name.
    pub name: String,
    /// What opens it.
    pub kind: String,
}

impl From<&SlotEntry> for SlotName {
    fn from(slot: &SlotEntry) -> Self {
        Self { name: slot.name.clone(), kind: slot.kind.name().to_owned() }
    }
}

/// What a vault holds.
#[derive(Serialize, JsonSchema)]
pub struct Holdings {
    /// How many vendors there are.
    pub vendors: usize,
    /// How many claims the default persona has.
    pub claims: usize,
    /// How many grants are current.
    pub grants: usize,
    /// How many messages wait to be delivered.
    pub queued: usize,
    /// How many are held until you did something.
    pub held: usize,
    /// How many the vendor never takes.
    pub failed: usize,
    /// When the next of those that wait may be sent; null where nothing waits, or all of it behind what is held.
    pub next_attempt: Option<Timestamp>,
    /// How many ledger entries there are.
    pub ledger_entries: u64,
}

impl View for Status {
    const SCHEMA: &'static str = "cmr/status/1";

    fn text(&self, out: &mut Text) {
        let slots = self.slots.iter().map(|slot| match slot.name == slot.kind {
            true => slot.name.clone(),
            false => format!("{} ({})", slot.name, slot.kind),
        });
        let fields = [
            ("vault", self.vault.clone()),
            ("key slots", slots.collect::<Vec<_>>().join(", ")),
            ("opened by", self.unlocked_by.clone().unwrap_or_default()),
            ("unlocked", self.agent.as_ref().map(AgentState::words).unwrap_or_default()),
        ];
        out.fields(fields.into_iter().chain(self.holds.iter().flat_map(Holdings::fields)));
        if self.holds.is_none() {
            out.line(format!("  The vault is locked.  {DIM}cmr unlock{DIM:#}"));
        }
        if self.tasks.is_empty() {
            if self.holds.is_some() {
                out.line(format!("  {}nothing needs you{:#}", text::GOOD, text::GOOD));
            }
            return;
        }
        task::list(out, &self.tasks);
    }
}

impl Holdings {
    /// What is in the outbox, by state.
    fn outbox(&self) -> String {
        let states = [(self.queued, "queued"), (self.held, "held"), (self.failed, "failed")];
        let there: Vec<String> =
            states.iter().filter(|(n, _)| *n > 0).map(|(n, state)| format!("{n} {state}")).collect();
        if there.is_empty() { "empty".into() } else { there.join(", ") }
    }

    fn fields(&self) -> [(&'static str, String); 5] {
        let entries = if self.ledger_entries == 1 { "entry" } else { "entries" };
        [
            ("profile", count(self.claims, "claim")),
            ("vendors", self.vendors.to_string()),
            ("current grants", self.grants.to_string()),
            ("outbox", self.outbox()),
            ("ledger", format!("{} {entries}", self.ledger_entries)),
        ]
    }
}
