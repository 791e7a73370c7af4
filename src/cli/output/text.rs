//! What text for people is made of: headings, fields, tables and times.

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::text::printable;

/// What matters.
pub const BOLD: Style = Style::new().bold();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What needs attention.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// What went wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What only some want to read.
pub const DIM: Style = Style::new().dimmed();

/// Text for people, being written.
#[derive(Default)]
pub struct Text(String);

/// How a cell is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// What matters.
    Strong,
    /// Well.
    Good,
    /// Needs attention.
    Warn,
    /// Wrong.
    Bad,
    /// Aside.
    Dim,
}

/// A cell of a table.
pub struct Col(String, Tone);

/// A plain cell.
pub fn plain(text: impl AsRef<str>) -> Col {
    Col(printable(text.as_ref()), Tone::Plain)
}

/// A cell with a tone.
pub fn toned(text: impl AsRef<str>, tone: Tone) -> Col {
    Col(printable(text.as_ref()), tone)
}

impl Text {
    /// A line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    /// An empty line, unless nothing was written yet.
    pub fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        self.line(format!("{BOLD}{}{BOLD:#}", printable(text)));
    }

    /// Name and value pairs, aligned. Values of vendors and files are made printable.
    pub fn fields<'a>(&mut self, fields: impl IntoIterator<Item = (&'a str, String)>) {
        let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in fields {
            let pad = " ".repeat(width - name.chars().count());
            self.line(format!("  {DIM}{name}{DIM:#}{pad}  {}", printable(&value)));
        }
    }

    /// A table that fits the terminal; into a pipe it is as wide as it needs to be.
    pub fn table<const N: usize>(&mut self, header: [&str; N], rows: Vec<[Col; N]>) {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING).enforce_styling();
        let arrangement = match table.is_tty() {
            true => ContentArrangement::Dynamic,
            false => ContentArrangement::Disabled,
        };
        table.set_content_arrangement(arrangement);
        table.set_header(header.map(|name| styled(Cell::new(name.to_uppercase()), Tone::Dim)));
        for row in rows {
            table.add_row(row.map(|Col(text, tone)| styled(Cell::new(text).set_alignment(CellAlignment::Left), tone)));
        }
        if let Some(first) = table.column_mut(0) {
            first.set_constraint(ColumnConstraint::ContentWidth);
        }
        table.style_text_only();
        for line in table.lines() {
            self.line(format!(" {}", line.trim_end()));
        }
    }

    /// All of it.
    pub fn into_string(self) -> String {
        self.0
    }
}

fn styled(cell: Cell, tone: Tone) -> Cell {
    match tone {
        // Nothing to style: the codes alone would stand as invisible text at the end of a line.
        _ if cell.content().is_empty() => cell,
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::Green),
        Tone::Warn => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Dim => cell.add_attribute(Attribute::Dim),
    }
}

/// A time as people read it: local, to the minute.
pub fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A day as people read it: local.
pub fn day(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

/// A time that may be missing.
pub fn local_or(time: Option<Timestamp>, otherwise: &str) -> String {
    time.map_or_else(|| otherwise.to_owned(), local)
}

/// The end of an id: enough to name it, and what differs between ids made in the same moment.
pub fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}

/// `1 claim`, `2 claims`.
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
