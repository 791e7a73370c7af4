//! What text for people is made of: headings, fields, tables and times.

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::search::{HIT, HIT_END};
use crate::text::printable;
pub use crate::text::short;

/// What matters.
pub const BOLD: Style = Style::new().bold();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What needs attention.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// What went wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What was searched.
pub const FOUND: Style = AnsiColor::Magenta.on_default().bold();
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

/// A cell in which what was searched stands between marks.
pub fn marked(snippet: &str) -> Col {
    Col(keep_marks(snippet), Tone::Plain)
}

/// Makes a snippet printable, but for the marks, and gives each word marks of its own: a line may be broken between two.
fn keep_marks(snippet: &str) -> String {
    let mut kept = String::with_capacity(snippet.len());
    for (place, part) in snippet.split([HIT, HIT_END]).enumerate() {
        match place % 2 {
            0 => kept.push_str(&printable(part)),
            _ => {
                let words: Vec<String> =
                    printable(part).split(' ').map(|word| format!("{HIT}{word}{HIT_END}")).collect();
                kept.push_str(&words.join(" "));
            }
        }
    }
    kept
}

/// Puts the style of a hit in the place of the marks. One that a line's end cuts ends there.
fn highlighted(line: &str) -> String {
    let mut styled = String::with_capacity(line.len());
    let mut open = false;
    for c in line.chars() {
        match c {
            HIT if !open => styled.push_str(&format!("{FOUND}")),
            HIT_END if open => styled.push_str(&format!("{FOUND:#}")),
            HIT | HIT_END => continue,
            c => {
                styled.push(c);
                continue;
            }
        }
        open = c == HIT;
    }
    if open {
        styled.push_str(&format!("{FOUND:#}"));
    }
    styled
}

impl Text {
    /// A line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    /// Sentences, which a terminal's edge breaks between words.
    pub fn paragraph(&mut self, text: &str) {
        let lines = broken(text, terminal_width().unwrap_or(PARAGRAPH).min(PARAGRAPH));
        lines.iter().for_each(|line| self.line(line));
    }

    /// What is to be done, and the command for it: beside it, or below it where there is no room.
    pub fn step(&mut self, what: &str, command: &str) {
        let (what, width) = (printable(what), terminal_width().unwrap_or(usize::MAX));
        if what.chars().count() + command.chars().count() + 4 <= width {
            return self.line(format!("  {what}  {DIM}{command}{DIM:#}"));
        }
        broken(&what, width.saturating_sub(2)).iter().for_each(|line| self.line(format!("  {line}")));
        self.line(format!("    {DIM}{command}{DIM:#}"));
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

    /// Name and value pairs, aligned. What comes from elsewhere is made printable: a name may be a customer's, too.
    /// On a terminal a long value goes on below itself.
    pub fn fields<'a>(&mut self, fields: impl IntoIterator<Item = (&'a str, String)>) {
        let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let room = terminal_width().map_or(usize::MAX, |terminal| terminal.saturating_sub(width + 4));
        for (name, value) in fields {
            let pad = " ".repeat(width - name.chars().count());
            let value = broken(&printable(&value), room).join(&format!("\n{}", " ".repeat(width + 4)));
            self.line(format!("  {DIM}{}{DIM:#}{pad}  {value}", printable(name)));
        }
    }

    /// A table that fits the terminal; into a pipe it is as wide as it needs to be. A column whose name ends in `?`
    /// is left out where there is no room for it, the last such column first.
    pub fn table<const N: usize>(&mut self, header: [&str; N], rows: Vec<[Col; N]>) {
        let width = terminal_width();
        let widths: [usize; N] = std::array::from_fn(|index| content_width(&header, &rows, index));
        let shown = columns_that_fit(&header, &widths, width);
        let unwrapped = never_wrapped(shown.iter().map(|&index| widths[index]), width);
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING).enforce_styling().style_text_only();
        table.set_content_arrangement(match width {
            Some(_) => ContentArrangement::Dynamic,
            None => ContentArrangement::Disabled,
        });
        let names = shown.iter().map(|&index| header[index].trim_end_matches('?').to_uppercase());
        table.set_header(names.map(|name| styled(Cell::new(name), Tone::Dim)).collect::<Vec<_>>());
        for row in &rows {
            let cells = shown.iter().map(|&index| styled(Cell::new(&row[index].0), row[index].1));
            table.add_row(cells.collect::<Vec<_>>());
        }
        for (place, &index) in shown.iter().enumerate() {
            let narrow = widths[index] <= unwrapped;
            if let Some(column) = table.column_mut(place).filter(|_| narrow) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for line in table.lines() {
            let line = highlighted(line.trim_end());
            self.line(format!(" {line}"));
        }
    }

    /// All of it.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A column of no more characters than this is never wrapped while there is room: dates, states, ids.
const NEVER_WRAPPED: usize = 22;

/// What such a column can do with before narrow ones wrap.
const LEAST_SQUEEZED: usize = 8;

/// How wide sentences are set where there is room.
const PARAGRAPH: usize = 100;

/// What a column that may wrap should keep, in characters.
const LEAST_WRAPPED: usize = 12;

/// How wide the terminal is; `None` where the text goes into a file or a pipe.
fn terminal_width() -> Option<usize> {
    Table::new().width().map(usize::from)
}

/// A text in lines of no more characters than there is room for. A word that is longer stays whole: it may be copied.
fn broken(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if line.is_empty() || used + 1 + length <= room => {
                if !line.is_empty() {
                    line.push(' ');
                    used += 1;
                }
                line.push_str(word);
                used += length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

fn content_width<const N: usize>(header: &[&str; N], rows: &[[Col; N]], index: usize) -> usize {
    let cells = rows.iter().map(|row| row[index].0.chars().count());
    cells.chain([header[index].trim_end_matches('?').chars().count()]).max().unwrap_or(0)
}

/// The least that columns need where those of more than `unwrapped` characters are wrapped, and wide ones keep `wide`:
/// one blank on either side of a column, and one before the line.
fn needed(widths: impl Iterator<Item = usize>, unwrapped: usize, wide: usize) -> usize {
    let least = |width| match width {
        width if width <= unwrapped => width,
        width if width <= NEVER_WRAPPED => LEAST_WRAPPED,
        _ => wide,
    };
    1 + widths.map(|width| least(width) + 2).sum::<usize>()
}

/// The places of the columns that there is room for.
fn columns_that_fit<const N: usize>(header: &[&str; N], widths: &[usize; N], width: Option<usize>) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..N).collect();
    let all = |shown: &[usize]| needed(shown.iter().map(|&index| widths[index]), NEVER_WRAPPED, LEAST_WRAPPED);
    while width.is_some_and(|width| all(&shown) > width) {
        match shown.iter().rposition(|&index| header[index].ends_with('?')) {
            Some(place) => _ = shown.remove(place),
            None => break,
        }
    }
    shown
}

/// How wide a column may be and is not wrapped: the widest are first to be, where there is no room for all.
fn never_wrapped(widths: impl Iterator<Item = usize> + Clone, width: Option<usize>) -> usize {
    let fits =
        |unwrapped: &usize| width.is_none_or(|width| needed(widths.clone(), *unwrapped, LEAST_SQUEEZED) <= width);
    (LEAST_WRAPPED..=NEVER_WRAPPED).rev().find(fits).unwrap_or(LEAST_WRAPPED)
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

/// `1 claim`, `2 claims`.
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_styled_word_by_word_and_never_past_the_end_of_a_line() {
        let cell = keep_marks(&format!("a {HIT}second slip{HIT_END} \u{1b}[2Jof"));
        assert_eq!(cell, format!("a {HIT}second{HIT_END} {HIT}slip{HIT_END} [2Jof"));
        let (on, off) = (format!("{FOUND}"), format!("{FOUND:#}"));
        assert_eq!(highlighted(&cell), format!("a {on}second{off} {on}slip{off} [2Jof"));
        assert_eq!(highlighted(&format!("sec{HIT}ond")), format!("sec{on}ond{off}"));
        assert_eq!(highlighted(&format!("rest{HIT_END} of it")), "rest of it");
    }

    #[test]
    fn columns_that_may_go_go_from_the_right_when_there_is_no_room() {
        let header = ["vendor", "claims", "granted?", "id?"];
        let rows = [[plain("acme"), plain("name, email, address, birthdate"), plain("2026-11-22"), plain("f68a809b")]];
        let widths = std::array::from_fn(|index| content_width(&header, &rows, index));
        assert_eq!(columns_that_fit(&header, &widths, None), [0, 1, 2, 3]);
        assert_eq!(columns_that_fit(&header, &widths, Some(80)), [0, 1, 2, 3]);
        assert_eq!(columns_that_fit(&header, &widths, Some(40)), [0, 1, 2]);
        assert_eq!(columns_that_fit(&header, &widths, Some(10)), [0, 1]);
    }

    #[test]
    fn the_widest_columns_wrap_first_where_not_all_fit() {
        let widths = [6, 20, 15, 7, 13, 10];
        assert_eq!(never_wrapped(widths.into_iter(), None), NEVER_WRAPPED);
        assert_eq!(never_wrapped(widths.into_iter(), Some(84)), NEVER_WRAPPED);
        assert_eq!(never_wrapped(widths.into_iter(), Some(80)), 19);
        assert_eq!(never_wrapped(widths.into_iter(), Some(40)), LEAST_WRAPPED);
        assert_eq!(never_wrapped([6, 20, 6, 90, 8].into_iter(), Some(60)), NEVER_WRAPPED, "the wide one gives first");
    }

    #[test]
    fn long_values_are_broken_between_words() {
        assert_eq!(broken("until 23:38, longer while used", 14), ["until 23:38,", "longer while", "used"]);
        assert_eq!(broken("urn:ietf:params:oauth", 5), ["urn:ietf:params:oauth"]);
        assert_eq!(broken("a  b", 80), ["a  b"]);
        assert_eq!(broken("", 80), [""]);
    }
}
