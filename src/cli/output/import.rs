//! `import`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::text::{DIM, Text, Tone, count, plain, toned};
use crate::import::collect::Collected;
use crate::import::evidence::{Place, Secret};
use crate::import::model::{BatchKind, Source};
use crate::import::write::Written;
use crate::text::shell_word;

/// Lines of a kind that people are shown; `--json` lists all.
pub(super) const SHOWN: usize = 15;

/// What an import did, or would do.
#[derive(Serialize, JsonSchema)]
pub struct Imported {
    /// Its id; null where it changed nothing, or nothing was done.
    pub batch: Option<String>,
    /// Its number in this vault, for `cmr import undo`.
    pub number: Option<i64>,
    /// What sort of files it read.
    pub kind: BatchKind,
    /// The files.
    pub sources: Vec<Source>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
    /// Pieces of evidence that were not known.
    pub new: u64,
    /// Pieces that were known from an earlier import: they are not doubled.
    pub merged: u64,
    /// How many of these say something newer than before.
    pub updated: u64,
    /// Records of a directory that are new or changed.
    pub records: u64,
    /// Pieces that waited from earlier imports, and have a vendor now.
    pub settled: u64,
    /// Vendors that were made.
    pub new_vendors: Vec<NewVendorView>,
    /// Names of vendors that were there, and that something new was found of.
    pub known_vendors: Vec<String>,
    /// Pieces that are of no vendor that is known. They are kept: `cmr import list --unmatched`.
    pub unmatched: u64,
    /// What could be several vendors, and nobody said which.
    pub ambiguous: Vec<AmbiguousView>,
    /// What was not taken, each with its place and the reason.
    pub skipped: Vec<SkippedView>,
    /// Secrets that were dropped while reading, and how many of each.
    pub dropped: BTreeMap<&'static str, u64>,
}

/// A vendor that an import made.
#[derive(Serialize, JsonSchema)]
pub struct NewVendorView {
    /// What it is called.
    pub name: String,
    /// Its domain; empty where it is known by name alone.
    pub domain: String,
}

/// Something that could be several vendors.
#[derive(Serialize, JsonSchema)]
pub struct AmbiguousView {
    /// The host, or the name as the file has it.
    pub what: String,
    /// Who may be meant.
    pub could_be: Vec<String>,
}

/// Something that was not taken.
#[derive(Serialize, JsonSchema)]
pub struct SkippedView {
    /// The file.
    pub file: String,
    /// The line, or which entry, message or record of it.
    pub place: Option<String>,
    /// Why.
    pub why: String,
    /// Whether something is wrong with it; what is no vendor's is not.
    pub bad: bool,
}

impl Imported {
    /// The view of an import.
    pub fn of(collected: &Collected, written: Written, dry_run: bool) -> Self {
        let file = |source: usize| collected.sources.get(source).map(|source| source.file.clone()).unwrap_or_default();
        let skipped = collected.skipped.iter().map(|skipped| SkippedView {
            file: file(skipped.source),
            place: skipped.place.as_ref().map(Place::to_string),
            why: skipped.why.clone(),
            bad: skipped.bad,
        });
        let vendor =
            |vendor: crate::import::matching::Candidate| NewVendorView { name: vendor.name, domain: vendor.domain };
        let ambiguous = |ambiguous: crate::import::write::Ambiguous| AmbiguousView {
            what: ambiguous.what,
            could_be: ambiguous.could_be,
        };
        let (batch, number) = written.batch.filter(|_| !dry_run).unzip();
        Self {
            batch,
            number,
            kind: collected.kind,
            sources: collected.sources.clone(),
            dry_run,
            new: written.counts.new,
            merged: written.counts.seen_again,
            updated: written.counts.updated,
            records: written.counts.records,
            settled: written.counts.settled,
            new_vendors: written.new_vendors.into_iter().map(vendor).collect(),
            known_vendors: written.known_vendors,
            unmatched: written.counts.unmatched,
            ambiguous: written.ambiguous.into_iter().map(ambiguous).collect(),
            skipped: skipped.collect(),
            dropped: collected.dropped.iter().map(|(secret, times)| (secret.name(), *times)).collect(),
        }
    }

    /// What was not taken, by reason, with its first places.
    fn skipped_text(&self, out: &mut Text) {
        let mut reasons: Vec<(&str, bool, Vec<&SkippedView>)> = Vec::new();
        for skipped in &self.skipped {
            match reasons.iter_mut().find(|(why, ..)| *why == skipped.why) {
                Some((.., places)) => places.push(skipped),
                None => reasons.push((&skipped.why, skipped.bad, vec![skipped])),
            }
        }
        reasons.sort_by_key(|(_, bad, places)| (!*bad, std::cmp::Reverse(places.len())));
        let several = self.sources.len() > 1;
        if reasons.is_empty() {
            return;
        }
        let row = |(why, bad, skipped): &(&str, bool, Vec<&SkippedView>)| {
            let place = |skipped: &&SkippedView| match (&skipped.place, several) {
                (Some(place), false) => place.clone(),
                (Some(place), true) => format!("{}, {place}", skipped.file),
                (None, _) => skipped.file.clone(),
            };
            let mut places: Vec<String> = skipped.iter().take(5).map(place).collect();
            if skipped.len() > places.len() {
                places.push(format!("and {} more", skipped.len() - places.len()));
            }
            let what = if *bad { toned("not read", Tone::Warn) } else { toned("left out", Tone::Dim) };
            [what, plain(places.join(", ")), plain(*why)]
        };
        out.heading("Not taken");
        out.table(["", "where", "why"], reasons.iter().take(SHOWN).map(row).collect());
        more(out, reasons.len());
    }

    fn ambiguous_text(&self, out: &mut Text) {
        if self.ambiguous.is_empty() {
            return;
        }
        out.heading("Not certain whom these mean; they are kept without a vendor");
        let row =
            |ambiguous: &AmbiguousView| [toned(&ambiguous.what, Tone::Warn), plain(ambiguous.could_be.join(", "))];
        out.table(["in the file", "could be"], self.ambiguous.iter().take(SHOWN).map(row).collect());
        more(out, self.ambiguous.len());
        if let Some(first) = self.ambiguous.first() {
            out.step("say which:", &format!("cmr import … --match {}", shell_word(&format!("{}=VENDOR", first.what))));
        }
    }

    fn files(&self) -> String {
        let files: Vec<&str> = self.sources.iter().map(|source| source.file.as_str()).collect();
        crate::text::printable(&files.join(", "))
    }

    /// What it comes to; what is nothing is not said, but for what is new.
    fn numbers(&self) -> Vec<String> {
        let updated = match self.updated {
            0 => String::new(),
            updated => format!(" ({updated} updated)"),
        };
        let numbers = [
            (self.records, format!("{} of a directory new or changed", count(self.records as usize, "record"))),
            (1, format!("{} new", count(self.new as usize, "finding"))),
            (self.merged, format!("{} known already{updated}", self.merged)),
            (self.skipped.len() as u64, format!("{} not taken", self.skipped.len())),
            (self.new_vendors.len() as u64, count(self.new_vendors.len(), "new vendor")),
            (self.known_vendors.len() as u64, format!("{} that you had", count(self.known_vendors.len(), "vendor"))),
        ];
        numbers.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect()
    }

    fn dropped_text(&self, out: &mut Text) {
        let words = |(name, times): (&&str, &u64)| {
            let what = SECRETS.iter().find(|(secret, _)| secret.name() == *name).map_or(*name, |(_, what)| what);
            count(*times as usize, what)
        };
        let dropped: Vec<String> = self.dropped.iter().map(words).collect();
        match (dropped.is_empty(), self.dropped.values().sum::<u64>()) {
            (true, _) => {}
            (false, 1) => out.line(format!("{} was not taken.", dropped.join(", "))),
            (false, _) => out.line(format!("{} were not taken.", dropped.join(", "))),
        }
    }
}

/// What people call each sort of secret.
const SECRETS: [(Secret, &str); 4] = [
    (Secret::Password, "password"),
    (Secret::SecondFactor, "TOTP secret"),
    (Secret::Card, "card number"),
    (Secret::Note, "note"),
];

pub(super) fn more(out: &mut Text, all: usize) {
    if all > SHOWN {
        out.line(format!("  {DIM}… and {} more: --json lists all{DIM:#}", all - SHOWN));
    }
}

impl View for Imported {
    const SCHEMA: &'static str = "cmr/import/1";

    fn text(&self, out: &mut Text) {
        if !self.new_vendors.is_empty() {
            out.heading(if self.dry_run { "Vendors that would be new" } else { "New vendors" });
            let row = |vendor: &NewVendorView| [toned(&vendor.name, Tone::Strong), plain(&vendor.domain)];
            out.table(["vendor", "domain"], self.new_vendors.iter().take(SHOWN).map(row).collect());
            more(out, self.new_vendors.len());
        }
        self.ambiguous_text(out);
        self.skipped_text(out);
        out.gap();
        out.line(format!("{}: {}.", self.files(), self.numbers().join(", ")));
        if self.settled > 0 {
            out.line(format!("{} of earlier imports found a vendor.", count(self.settled as usize, "finding")));
        }
        self.dropped_text(out);
        if self.unmatched > 0 {
            out.step(
                &format!("{} of no known vendor:", count(self.unmatched as usize, "finding")),
                "cmr import list --unmatched",
            );
        }
        match (self.dry_run, self.number) {
            (true, _) => out.line("Nothing was done: --dry-run."),
            (_, None) => out.line("Nothing is new."),
            (_, Some(number)) => out.step("to take it back:", &format!("cmr import undo {number}")),
        }
    }
}
