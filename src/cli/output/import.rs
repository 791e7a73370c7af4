//! `import`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::text::{DIM, Text, Tone, count, day, local, plain, toned};
use crate::import::collect::Collected;
use crate::import::evidence::{Kind, Place, Secret};
use crate::import::model::{Batch, BatchKind, Source};
use crate::import::write::Written;
use crate::import::{Undone, Waiting};

/// Lines of a kind that people are shown; `--json` lists all.
const SHOWN: usize = 15;

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
            out.step("say which:", &format!("cmr import … --match '{}=VENDOR'", first.what));
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

fn more(out: &mut Text, all: usize) {
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

/// `cmr import list`.
#[derive(Serialize, JsonSchema)]
pub struct Imports {
    /// The imports, newest first; empty with `--unmatched`.
    pub imports: Vec<BatchView>,
    /// What was found and is of no vendor that is known; with `--unmatched` alone.
    pub unmatched: Option<Vec<UnmatchedView>>,
}

/// An import.
#[derive(Serialize, JsonSchema)]
pub struct BatchView {
    /// Its id.
    pub id: String,
    /// Its number in this vault.
    pub number: i64,
    /// What sort of files it read.
    pub kind: BatchKind,
    /// When.
    pub at: Timestamp,
    /// The files.
    pub sources: Vec<Source>,
    /// Pieces of evidence that were new then.
    pub new: u64,
    /// Pieces that were known already then.
    pub merged: u64,
    /// Vendors that it made.
    pub new_vendors: u64,
    /// What it did not take.
    pub skipped: u64,
    /// When it was taken back.
    pub undone: Option<Timestamp>,
}

impl From<Batch> for BatchView {
    fn from(batch: Batch) -> Self {
        Self {
            id: batch.id,
            number: batch.number,
            kind: batch.kind,
            at: batch.at,
            sources: batch.sources,
            new: batch.counts.new + batch.counts.records,
            merged: batch.counts.seen_again,
            new_vendors: batch.counts.new_vendors,
            skipped: batch.counts.skipped,
            undone: batch.undone_at,
        }
    }
}

/// Evidence of no known vendor.
#[derive(Serialize, JsonSchema)]
pub struct UnmatchedView {
    /// What it shows.
    pub kind: Kind,
    /// The host, as the file has it.
    pub host: Option<String>,
    /// The name, as the file has it.
    pub name: Option<String>,
    /// Your account there.
    pub account: Option<String>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// The number of the import.
    pub import: i64,
    /// The file.
    pub file: String,
    /// Where it stands there.
    pub place: String,
}

impl From<Waiting> for UnmatchedView {
    fn from(waiting: Waiting) -> Self {
        Self {
            kind: waiting.kind,
            host: waiting.host,
            name: waiting.name,
            account: waiting.account,
            last_seen: waiting.last_seen,
            import: waiting.batch,
            file: waiting.file,
            place: waiting.place,
        }
    }
}

impl View for Imports {
    const SCHEMA: &'static str = "cmr/imports/1";

    fn text(&self, out: &mut Text) {
        match &self.unmatched {
            Some(unmatched) => unmatched_text(out, unmatched),
            None if self.imports.is_empty() => {
                out.line("Nothing was imported yet. Begin with your accounts: cmr import passwords FILE");
            }
            None => {
                let row = |batch: &BatchView| {
                    [
                        toned(batch.number.to_string(), Tone::Strong),
                        plain(local(batch.at)),
                        plain(batch.kind.name()),
                        plain(batch.new.to_string()),
                        plain(batch.new_vendors.to_string()),
                        toned(batch.undone.map(|at| format!("taken back {}", day(at))).unwrap_or_default(), Tone::Warn),
                        plain(batch.sources.iter().map(|source| source.file.as_str()).collect::<Vec<_>>().join(", ")),
                    ]
                };
                let header = ["import", "at?", "kind", "new", "vendors?", "state?", "files?"];
                out.table(header, self.imports.iter().map(row).collect());
            }
        }
    }
}

fn unmatched_text(out: &mut Text, unmatched: &[UnmatchedView]) {
    if unmatched.is_empty() {
        return out.line("Everything that was found is some vendor's.");
    }
    let row = |piece: &UnmatchedView| {
        [
            toned(piece.host.as_ref().or(piece.name.as_ref()).map_or("", String::as_str), Tone::Strong),
            plain(piece.kind.name()),
            plain(piece.last_seen.map(day).unwrap_or_default()),
            plain(piece.import.to_string()),
            toned(format!("{}, {}", piece.file, piece.place), Tone::Dim),
        ]
    };
    out.table(["in the file", "shows", "last seen?", "import", "where?"], unmatched.iter().map(row).collect());
    out.line(format!("  {DIM}{}{DIM:#}", count(unmatched.len(), "finding")));
    if let Some(name) = unmatched.iter().find_map(|piece| piece.host.as_ref().or(piece.name.as_ref())) {
        out.step(
            "say whose it is, with the same file:",
            &format!("cmr import … --match '{}=VENDOR'", crate::text::printable(name)),
        );
    }
}

/// `cmr import undo`.
#[derive(Serialize, JsonSchema)]
pub struct ImportUndone {
    /// The import's id.
    pub id: String,
    /// Its number.
    pub number: i64,
    /// Pieces of evidence that are gone.
    pub evidence: u64,
    /// Pieces of earlier imports that say again what they said before.
    pub restored: u64,
    /// Records of a directory that are gone.
    pub records: u64,
    /// Names of the vendors that are gone.
    pub vendors: Vec<String>,
    /// Vendors that stay, and why.
    pub staying: Vec<StayingView>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

/// A vendor that stays.
#[derive(Serialize, JsonSchema)]
pub struct StayingView {
    /// Its name.
    pub vendor: String,
    /// Why it stays.
    pub why: String,
}

impl ImportUndone {
    /// The view of an import that was taken back.
    pub fn of(batch: &Batch, undone: Undone, dry_run: bool) -> Self {
        Self {
            id: batch.id.clone(),
            number: batch.number,
            evidence: undone.evidence,
            restored: undone.restored,
            records: undone.records,
            vendors: undone.vendors,
            staying: undone.staying.into_iter().map(|s| StayingView { vendor: s.name, why: s.why }).collect(),
            dry_run,
        }
    }
}

impl View for ImportUndone {
    const SCHEMA: &'static str = "cmr/import-undone/1";

    fn text(&self, out: &mut Text) {
        if !self.staying.is_empty() {
            let row = |staying: &StayingView| [toned(&staying.vendor, Tone::Strong), plain(&staying.why)];
            out.table(["stays", "because"], self.staying.iter().take(SHOWN).map(row).collect());
            more(out, self.staying.len());
        }
        let mut gone = vec![count(self.evidence as usize, "finding"), count(self.vendors.len(), "vendor")];
        if self.records > 0 {
            gone.push(format!("{} of a directory", count(self.records as usize, "record")));
        }
        let (would, are) = if self.dry_run { ("would be", "would be") } else { ("is", "are") };
        out.line(format!("Import {} {would} taken back: {} {are} gone.", self.number, gone.join(", ")));
        if self.restored > 0 {
            let restored = count(self.restored as usize, "finding");
            out.line(format!("{restored} of earlier imports {are} as before."));
        }
        if self.dry_run {
            out.line("Nothing was done: --dry-run.");
        }
    }
}
