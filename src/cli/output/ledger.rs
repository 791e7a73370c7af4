//! `log`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::text::{GOOD, Text, Tone, local, plain, short, toned};
use crate::ledger::Entry;

/// `cmr log`.
#[derive(Serialize, JsonSchema)]
pub struct Log {
    /// The entries, newest first.
    pub entries: Vec<EntryView>,
}

/// One entry.
#[derive(Serialize, JsonSchema)]
pub struct EntryView {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub action: String,
    /// What it happened to.
    pub subject: String,
    /// The vendor that it is about, as it is called today.
    pub vendor: Option<String>,
    /// The rest. Holds no claim value.
    pub body: Value,
    /// Its hash, hexadecimal.
    pub hash: String,
}

impl EntryView {
    /// The view of an entry.
    pub fn of(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            vendor: None,
            body: entry.body_json(),
            hash: entry.hash_hex(),
        }
    }
}

impl EntryView {
    /// What it is about, for people: a vendor by its name, a grant or message by the end of its id.
    pub(super) fn about(&self) -> String {
        let is_id = self.subject.len() == 36 && self.subject.matches('-').count() == 4;
        let subject = if is_id { short(&self.subject) } else { &self.subject };
        match &self.vendor {
            Some(vendor) if vendor != subject => format!("{vendor} {subject}"),
            _ => subject.to_owned(),
        }
    }
}

impl View for Log {
    const SCHEMA: &'static str = "cmr/log/1";

    fn text(&self, out: &mut Text) {
        if self.entries.is_empty() {
            out.line("No entries.");
            return;
        }
        let row = |entry: &EntryView| {
            [
                plain(entry.seq.to_string()),
                plain(local(entry.at)),
                toned(&entry.action, Tone::Strong),
                plain(entry.about()),
                toned(&entry.hash[..12], Tone::Dim),
            ]
        };
        out.table(["entry", "at", "what", "about", "hash?"], self.entries.iter().map(row).collect());
    }
}

/// `cmr log show`.
#[derive(Serialize, JsonSchema)]
pub struct OneEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: EntryView,
    /// The hash of the entry before it, hexadecimal.
    pub prev: String,
}

impl View for OneEntry {
    const SCHEMA: &'static str = "cmr/log-entry/1";

    fn text(&self, out: &mut Text) {
        let entry = &self.entry;
        out.heading(&format!("{} {}", entry.action, entry.about()));
        out.fields([
            ("entry", entry.seq.to_string()),
            ("at", local(entry.at)),
            ("subject", entry.subject.clone()),
            ("vendor", entry.vendor.clone().unwrap_or_default()),
            ("hash", entry.hash.clone()),
            ("follows", self.prev.clone()),
        ]);
        let json = serde_json::to_string_pretty(&entry.body).unwrap_or_default();
        out.gap();
        for line in json.lines() {
            out.line(crate::text::printable(line));
        }
    }
}

/// `cmr log verify`.
#[derive(Serialize, JsonSchema)]
pub struct Verified {
    /// How many entries verified.
    pub entries: u64,
    /// The hash of the last one: note it elsewhere, and you can later prove that nothing before it changed.
    pub head: Option<String>,
    /// Whether missing entries were accepted.
    pub loss_accepted: bool,
}

impl View for Verified {
    const SCHEMA: &'static str = "cmr/log-verify/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("{GOOD}The ledger is whole:{GOOD:#} {} entries and the database verify.", self.entries));
        if let Some(head) = &self.head {
            out.line(format!("  head {head}"));
        }
        if self.loss_accepted {
            out.line("What was missing is accepted: the ledger says so from now on.");
        }
    }
}
