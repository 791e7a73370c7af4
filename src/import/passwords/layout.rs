//! How the CSV of a manager is laid out, and what becomes of its rows.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::super::evidence::{Place, Secret, Sink};
use super::columns::{Role, column_name, general};
use super::entry::{Entry, date};
use super::identity::Identity;
use super::source::Text;
use super::table::{Dialect, Row, Table, delimiter, said};
use super::{Format, Found};
use crate::error::{Error, Result};

/// What a row is.
pub(super) enum Sort {
    /// A login.
    Login,
    /// None of a vendor's, and why.
    Other(&'static str),
    /// Who the user is.
    Identity(Box<Identity>),
}

impl Sort {
    pub(super) fn identity(identity: Identity) -> Self {
        Sort::Identity(Box::new(identity))
    }
}

/// How one manager writes its CSV.
pub(super) struct Layout {
    /// Which it is.
    pub(super) format: Format,
    /// The columns that tell it from the others: lower case, all of them.
    pub(super) marks: &'static [&'static str],
    /// The most columns that it has, where its marks are those of others too.
    pub(super) most: usize,
    /// The marks of other tables of the same manager, which need no password.
    pub(super) others: &'static [&'static [&'static str]],
    /// The columns of exports without a header, by how many they are: older ones of some managers.
    pub(super) without_header: &'static [&'static [(&'static str, Role)]],
    /// Columns that mean something else here than in general.
    pub(super) columns: &'static [(&'static str, Role)],
    /// What takes the meaning of a quote away, where it is not a second quote.
    pub(super) escape: Option<u8>,
    /// What the row is.
    pub(super) sort: fn(&Cells<'_>, &mut dyn Sink) -> Sort,
    /// Takes the manager's own quirks out of a text that is kept.
    pub(super) mend: for<'t> fn(&'t str) -> Cow<'t, str>,
    /// The addresses within the field for them.
    pub(super) addresses: fn(&str) -> Vec<&str>,
}

impl Layout {
    /// One with nothing of its own.
    pub(super) const fn plain(format: Format, marks: &'static [&'static str]) -> Self {
        Self {
            format,
            marks,
            most: usize::MAX,
            others: &[],
            without_header: &[],
            columns: &[],
            escape: None,
            sort: |_, _| Sort::Login,
            mend: |text| Cow::Borrowed(text),
            addresses: |text| vec![text],
        }
    }

    /// What a column is for; nothing where its name is not known.
    fn known(&self, column: &str) -> Option<Role> {
        let named = |(name, role): &(&str, Role)| (*name == column).then_some(*role);
        self.columns.iter().find_map(named).or_else(|| general(column))
    }

    fn role(&self, column: &str) -> Role {
        self.known(column).unwrap_or(Role::Note)
    }
}

/// A row, by what its columns mean.
pub(super) struct Cells<'r> {
    row: Row<'r>,
    columns: &'r [(String, Role)],
}

impl<'r> Cells<'r> {
    /// The fields of a role that are not empty.
    pub(super) fn all(&self, role: Role) -> impl Iterator<Item = &'r str> {
        let (row, columns) = (self.row, self.columns);
        let fields = columns.iter().enumerate().filter(move |(_, (_, own))| *own == role);
        fields.map(move |(index, _)| row.field(index)).filter(|text| !text.is_empty())
    }

    /// The first field of a role that is not empty.
    pub(super) fn get(&self, role: Role) -> &'r str {
        self.all(role).next().unwrap_or_default()
    }

    /// The field of a column by its name.
    pub(super) fn named(&self, name: &str) -> &'r str {
        let index = self.columns.iter().position(|(own, _)| own == name);
        index.map_or("", |index| self.row.field(index))
    }

    /// Whether there is a column of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|(own, _)| own == name)
    }

    /// The column that is not known and not read, and where the address of this row seems to stand.
    fn unread(&self, layout: &Layout) -> Option<&'r str> {
        let is_address = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        let unread = |(index, (name, _)): &(usize, &(String, Role))| {
            layout.known(name).is_none() && is_address(self.row.field(*index))
        };
        let without = self.get(Role::Address).is_empty();
        without.then(|| self.columns.iter().enumerate().find(unread)).flatten().map(|(_, (name, _))| name.as_str())
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        Place::Line(self.row.line)
    }

    /// Counts the secrets of the row: the passwords of a login are counted with it, and what is no secret of an
    /// identity is not dropped.
    fn count_dropped(&self, sort: &Sort, sink: &mut dyn Sink) {
        let count = |role: Role, secret: Secret, sink: &mut dyn Sink| self.all(role).for_each(|_| sink.dropped(secret));
        count(Role::SecondFactor, Secret::SecondFactor, sink);
        count(Role::Card, Secret::Card, sink);
        if !matches!(sort, Sort::Identity(_)) {
            count(Role::Note, Secret::Note, sink);
        }
        if !matches!(sort, Sort::Login) {
            count(Role::Password, Secret::Password, sink);
        }
    }

    fn entry(&self, layout: &Layout, sink: &mut dyn Sink) -> Entry {
        let mend = layout.mend;
        let mut entry = Entry::new(self.place());
        match self.get(Role::PathTitle) {
            "" => entry.title(&mend(self.get(Role::Title))),
            path => {
                let (groups, title) = path.rsplit_once('.').unwrap_or(("", path));
                // A dot of the text's own is written as this.
                entry.title(&title.replace('»', "."));
                entry.detail("folder", &groups.replace('»', "."));
            }
        }
        for account in self.all(Role::Account).chain(self.all(Role::OtherAccount)) {
            entry.account(&mend(account));
        }
        self.all(Role::Email).for_each(|email| entry.email(&mend(email)));
        for field in self.all(Role::Address) {
            let field = mend(field);
            for address in (layout.addresses)(&field) {
                entry.address(address, sink);
                entry.address_as_title(address);
            }
        }
        self.all(Role::Password).for_each(|_| entry.password(true, sink));
        entry.id(self.get(Role::Id));
        entry.created(date(self.get(Role::Created)));
        entry.changed(date(self.get(Role::Changed)));
        entry.used(date(self.get(Role::Used)));
        entry.detail("folder", &mend(self.get(Role::Folder)));
        entry.detail("realm", self.get(Role::Realm));
        entry
    }
}

/// Reads the CSV of one manager.
///
/// # Errors
/// Kind bad input for a header without the columns that it takes, and for rows that do not end.
pub(super) fn read(layout: &Layout, mut text: Text<'_>, sink: &mut dyn Sink) -> Result<Found> {
    let first = first_line(text.ready()?);
    let said = said(&first);
    let delimiter = said.unwrap_or_else(|| delimiter(&first));
    let mut table = Table::new(text, Dialect { delimiter, escape: layout.escape });
    if said.is_some() {
        table.next()?;
    }
    let mut found = Found::new(layout.format);
    let (columns, header) = columns(layout, &mut table)?;
    let whole = whole_row(&columns);
    let mut is_row = !header || table.next()?;
    while is_row {
        read_row(layout, &columns, whole, table.row(), sink, &mut found)?;
        sink.at(table.text().bytes())?;
        is_row = table.next()?;
    }
    found.remarks.extend(table.text().remark().map(str::to_owned));
    Ok(found)
}

fn first_line(ready: &[u8]) -> Zeroizing<String> {
    let ready = &ready[ready.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..];
    let end = ready.iter().position(|byte| *byte == b'\n').unwrap_or(ready.len());
    Zeroizing::new(String::from_utf8_lossy(&ready[..end.min(16 * 1024)]).into_owned())
}

/// The columns, and whether they come of a header. It is not repeated in an error: without one, the first row is a login.
fn columns(layout: &Layout, table: &mut Table<'_>) -> Result<(Vec<(String, Role)>, bool)> {
    if !table.next()? {
        return Err(Error::bad_input("the file is empty").hint("export it again"));
    }
    let columns: Vec<(String, Role)> = table
        .row()
        .fields()
        .map(|cell| {
            let name = column_name(cell);
            let role = layout.role(&name);
            (name, role)
        })
        .collect();
    let has = |role: Role| columns.iter().any(|(_, own)| *own == role);
    let named = |mark: &&str| columns.iter().any(|(name, _)| name == mark);
    let other = layout.others.iter().any(|marks| marks.iter().all(named));
    let is_called = has(Role::Title) || has(Role::PathTitle);
    if other || has(Role::Password) && (has(Role::Address) || is_called && has(Role::Account)) {
        return Ok((columns, true));
    }
    let width = columns.len();
    let of_width = layout.without_header.iter().find(|columns| columns.len() == width);
    if let Some(known) = of_width.or(layout.without_header.first()) {
        return Ok((known.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect(), false));
    }
    let missing = layout.marks.iter().find(|mark| !named(mark));
    Err(Error::bad_input(format!(
        "line {}: the header of {} has a column {:?}, and this file has none",
        table.row().line,
        layout.format.title(),
        missing.unwrap_or(&"password"),
    ))
    .hint("leave --format out to have the file recognised, or export it again with all its columns"))
}

/// How many fields a row must have to be one: up to the last column that says whose login it is, and the password, which
/// may hold what tears a row.
fn whole_row(columns: &[(String, Role)]) -> usize {
    let first = |role: Role| columns.iter().position(|(_, own)| *own == role);
    let wanted = [Role::Address, Role::Title, Role::PathTitle, Role::Account, Role::Password];
    wanted.into_iter().filter_map(first).max().map_or(1, |last| last + 1)
}

/// The last column of RoboForm's tables and of Keeper's: the fields of a form, or of the user's own, as many cells as there
/// are. All of them are dropped.
const TAILS: [&str; 2] = ["rffieldsv2", "custom fields"];

fn read_row(
    layout: &Layout,
    columns: &[(String, Role)],
    whole: usize,
    row: Row<'_>,
    sink: &mut dyn Sink,
    found: &mut Found,
) -> Result<()> {
    let cells = Cells { row, columns };
    if row.fields().all(str::is_empty) {
        return sink.passed_over(cells.place(), "an empty row");
    }
    if let Some(trouble) = row.trouble() {
        return sink.skipped(cells.place(), trouble);
    }
    // Fields that slid out of their columns may be pieces of a password.
    let has_tail = columns.last().is_some_and(|(name, _)| TAILS.contains(&name.as_str()));
    let beyond = !has_tail && (columns.len()..row.len()).any(|index| !row.field(index).is_empty());
    if row.len() < whole || beyond {
        let (has, wanted) = (row.len(), columns.len());
        let why = format!("{has} fields where {wanted} are wanted: a quote or a delimiter may be astray");
        return sink.skipped(cells.place(), &why);
    }
    let sort = (layout.sort)(&cells, sink);
    cells.count_dropped(&sort, sink);
    match sort {
        Sort::Login => {
            if let Some(column) = cells.unread(layout) {
                found.unread(column, cells.place());
            }
            cells.entry(layout, sink).tell(sink)
        }
        other => found.other(other, cells.place(), sink),
    }
}
