//! `cmr import directory`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::super::args::import::TakeArgs;
use super::super::output::Progress;
use super::super::output::import::Imported;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::import::{name_of, stop_at_ctrl_c};
use crate::error::Error;
use crate::import::collect::{Collected, stopped};
use crate::import::directory::{self, Directory, DirectoryRecord, DirectorySink, Pack, Sort};
use crate::import::model::{BatchKind, Skipped, Source};
use crate::import::{Entry, write, write_directory};

pub(super) fn run(session: &Session, path: &Path, take: &TakeArgs) -> Result<Outcome> {
    if take.format.is_some() || !take.matches.is_empty() {
        return Err(Error::usage("a directory is recognised by its files, and matches nothing by itself")
            .hint("leave --format and --match out"));
    }
    let mut vault = session.vault()?;
    let stop = stop_at_ctrl_c();
    let progress = session.printer().progress("Reading");
    let mut records = Records {
        entries: Vec::new(),
        skipped: Vec::new(),
        path: name_of(path),
        strict: take.strict,
        stop: &stop,
        progress: &progress,
    };
    let summary = directory::read(path, &mut records)?;
    let Records { entries, skipped, path: file, .. } = records;
    drop(progress);
    let source = |directory: &Directory| Source {
        file: file.clone(),
        format: format!("{} ({})", directory.name(), directory.licence()),
        found: entries.iter().filter(|entry| entry.source == directory.name()).count() as u64,
    };
    let collected = Collected {
        sources: summary.sources.iter().map(source).collect(),
        skipped,
        ..Collected::new(BatchKind::Directory)
    };
    let dry_run = session.globals().dry_run;
    let written = write::run(&mut vault, dry_run, |tx| write_directory(tx, &collected, &entries, &stop))?;
    session.printer().show(&Imported::of(&collected, written, dry_run))?;
    let licences: Vec<String> = collected.sources.iter().map(|source| source.format.clone()).collect();
    session.printer().remark(&format!("The records are those of {}.", licences.join(" and ")));
    Ok(Outcome::Done)
}

/// What was read of the directories.
struct Records<'a> {
    entries: Vec<Entry>,
    skipped: Vec<Skipped>,
    path: String,
    strict: bool,
    stop: &'a AtomicBool,
    progress: &'a Progress,
}

impl DirectorySink for Records<'_> {
    fn record(&mut self, record: DirectoryRecord) -> Result<()> {
        // One that does not count any more is kept, and finds nobody.
        let counts = record.sort != Sort::Obsolete;
        self.entries.push(Entry {
            source: record.source.name().to_owned(),
            slug: format!("{}/{}", sort(record.sort), record.slug),
            name: record.name.clone(),
            aliases: if counts { record.aliases.clone() } else { Vec::new() },
            domains: if counts { record.domains.clone() } else { Vec::new() },
            record: json!(record),
        });
        Ok(())
    }

    fn pack(&mut self, pack: Pack) -> Result<()> {
        self.entries.push(Entry {
            source: Directory::Datenanfragen.name().to_owned(),
            slug: format!("pack/{}/{}", pack.country, pack.slug),
            name: String::new(),
            aliases: Vec::new(),
            domains: Vec::new(),
            record: json!(pack),
        });
        Ok(())
    }

    fn skipped(&mut self, file: &str, why: &str) -> Result<()> {
        if self.strict {
            return Err(Error::bad_input(format!("{}, {file}: {why}; nothing was kept", self.path))
                .hint("leave --strict out to keep what is good"));
        }
        let why = crate::text::printable(&format!("{file}: {why}"));
        self.skipped.push(Skipped { source: 0, place: None, why, bad: true });
        Ok(())
    }

    fn at(&mut self, records: u64) -> Result<()> {
        self.progress.at(records, records);
        match self.stop.load(Ordering::Relaxed) {
            true => Err(stopped()),
            false => Ok(()),
        }
    }
}

/// Where a record of this sort lies: slugs are unique within that alone.
fn sort(sort: Sort) -> &'static str {
    match sort {
        Sort::Company => "company",
        Sort::Authority => "authority",
        Sort::Service => "service",
        Sort::Obsolete => "obsolete",
    }
}
