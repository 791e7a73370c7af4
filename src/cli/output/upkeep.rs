//! `upkeep`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::message::{self, Line, Moved};
use super::renewal::Renewed;
use super::task::{self, TaskView};
use super::text::{DIM, Text, Tone, count, plain, toned};
use super::verify::ReadBackView;
use crate::text::printable;

/// How many troubles are shown to people.
const SHOWN: usize = 20;

/// `cmr upkeep`.
#[derive(Default, Serialize, JsonSchema)]
pub struct Upkeep {
    /// Whether another upkeep of this vault was under way: then nothing was done, and nothing else is told.
    pub another_runs: bool,
    /// How many vendors were asked for their answers.
    pub asked: usize,
    /// How many messages they had for us.
    pub pulled: usize,
    /// How many grants have ended because their time was over.
    pub expired: usize,
    /// What rules renewed.
    pub renewed: Vec<Renewed>,
    /// How many messages vendors took.
    pub pushed: usize,
    /// How many messages wait to be sent, or sent again.
    pub queued: u32,
    /// What became of each message, and what vendors said.
    #[serde(flatten)]
    pub moved: Moved,
    /// What needs the user.
    pub tasks: Vec<TaskView>,
    /// Whether people want to read of troubles and tasks only.
    #[serde(skip)]
    pub brief: bool,
}

impl View for Upkeep {
    const SCHEMA: &'static str = "cmr/upkeep/1";

    fn text(&self, out: &mut Text) {
        if self.another_runs {
            if !self.brief {
                out.line("Another cmr upkeep is under way: nothing was done.");
            }
            return;
        }
        if !self.brief {
            out.fields(self.summary());
        }
        self.troubles(out);
        task::list(out, &self.tasks);
        if self.moved.dry_run {
            out.line("Nothing was done: --dry-run.");
        }
    }
}

impl Upkeep {
    fn summary(&self) -> [(&'static str, String); 4] {
        let waits = match self.queued {
            0 => String::new(),
            n => format!("; {} queued", count(n as usize, "message")),
        };
        let (grants, messages) = (|n| count(n, "grant"), |n| count(n, "message"));
        let vendors = count(self.asked, "vendor");
        match self.moved.dry_run {
            true => [
                ("to pull", format!("from {vendors}")),
                ("to expire", grants(self.expired)),
                ("to renew", format!("{} by rule", grants(self.renewed.len()))),
                ("to push", messages(self.moved.lines.len())),
            ],
            false => [
                ("pulled", format!("{} from {vendors}", messages(self.pulled))),
                ("expired", grants(self.expired)),
                ("renewed", format!("{} by rule", grants(self.renewed.len()))),
                ("pushed", format!("{}{waits}", messages(self.pushed))),
            ],
        }
    }

    /// What did not go well, a line for each vendor and each thing.
    fn troubles(&self, out: &mut Text) {
        let by_vendor = self.moved.lines.chunk_by(|a, b| a.vendor == b.vendor);
        let mut rows: Vec<_> = by_vendor
            .filter(|lines| !self.moved.dry_run && lines.iter().any(Line::is_trouble))
            .map(message::row)
            .collect();
        let other = |vendor: &str, state: &str, why: &str| {
            [toned(vendor, Tone::Strong), plain("answers"), toned(state, Tone::Warn), plain(why)]
        };
        rows.extend(self.moved.refused.iter().map(|one| other(&one.vendor, "not verified", &one.why)));
        rows.extend(self.moved.read_back.iter().filter_map(ReadBackView::trouble));
        // One that could not be reached at all has its line.
        let has_line = |vendor: &str| self.moved.lines.iter().any(|line| line.vendor == vendor && line.is_trouble());
        let unasked = self.moved.troubles.iter().filter(|one| !has_line(&one.vendor));
        rows.extend(unasked.map(|one| other(&one.vendor, "not collected", &one.why)));
        if rows.is_empty() {
            return;
        }
        out.heading("What did not work");
        let more = rows.len().saturating_sub(SHOWN);
        rows.truncate(SHOWN);
        out.table(["vendor", "message", "state", ""], rows);
        if more > 0 {
            out.line(format!("  and {more} more  {DIM}cmr outbox list{DIM:#}"));
        }
    }
}

/// `cmr upkeep install` and `cmr upkeep remove`.
#[derive(Serialize, JsonSchema)]
pub struct Timetable {
    /// The files that were written, or removed.
    pub files: Vec<FileView>,
    /// Whether they were removed.
    pub removed: bool,
    /// What to type next, in this order.
    pub next: Vec<String>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

/// A file.
#[derive(Serialize, JsonSchema)]
pub struct FileView {
    /// Where it is.
    pub path: String,
    /// What it holds, for one that is written.
    pub content: Option<String>,
}

impl FileView {
    /// The view of a file.
    pub fn new(path: &Path, content: Option<String>) -> Self {
        Self { path: path.display().to_string(), content }
    }
}

impl View for Timetable {
    const SCHEMA: &'static str = "cmr/timetable/1";

    fn text(&self, out: &mut Text) {
        if self.files.is_empty() {
            return out.line("Nothing is installed.");
        }
        for file in &self.files {
            match &file.content {
                Some(content) if self.dry_run => {
                    out.heading(&file.path);
                    out.line(content.trim_end());
                }
                _ if self.dry_run => out.line(format!("Would remove {}", printable(&file.path))),
                _ => out.line(format!("{} {}", if self.removed { "Removed" } else { "Wrote" }, printable(&file.path))),
            }
        }
        if self.dry_run {
            out.gap();
            return out.line("Nothing was done: --dry-run.");
        }
        out.line("Next:");
        for step in &self.next {
            out.line(format!("  {}", printable(step)));
        }
    }
}
