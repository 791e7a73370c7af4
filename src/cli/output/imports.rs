//! `import list` and `import undo`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::import::{SHOWN, more};
use super::text::{DIM, Text, Tone, count, day, local, plain, toned};
use crate::import::evidence::Kind;
use crate::import::model::{Batch, BatchKind, Source};
use crate::import::{Undone, Waiting};
use crate::text::{printable, shell_word};
use crate::vendor::identity::site;

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
    // A host that is nobody's site has nothing that an answer could be kept by.
    let answerable = |piece: &&UnmatchedView| piece.host.as_deref().is_none_or(|host| site(host).is_some());
    let named = |piece: &UnmatchedView| piece.host.clone().or_else(|| piece.name.clone());
    if let Some(name) = unmatched.iter().filter(answerable).find_map(named) {
        out.step(
            "say whose it is, with the same file:",
            &format!("cmr import … --match {}", shell_word(&format!("{}=VENDOR", printable(&name)))),
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
    /// Pieces that stay, because a later import has them as well.
    pub kept: u64,
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
            kept: undone.kept,
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
        if self.kept > 0 {
            let (kept, stay) = (count(self.kept as usize, "finding"), if self.kept == 1 { "stays" } else { "stay" });
            out.line(format!("{kept} {stay}: a later import has it as well."));
        }
        if self.restored > 0 {
            let restored = count(self.restored as usize, "finding");
            out.line(format!("{restored} of earlier imports {are} as before."));
        }
        if self.dry_run {
            out.line("Nothing was done: --dry-run.");
        }
    }
}
