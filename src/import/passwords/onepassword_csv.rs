//! 1Password's CSV: what version 8 writes, and what version 7 and before let the user choose.

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::layout::{Cells, Layout, Sort};

/// `Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes`.
pub(super) static LAYOUT: Layout =
    Layout::plain(Format::OnePasswordCsv, &["title", "url", "username", "password", "favorite", "archived"]);

/// Title, user name, password and what else was chosen: `uuid`, `scope`, `type`, and a column for each field there is.
/// `1: website`-like names of Windows have their section's number before them, and are not kept.
pub(super) static OLD: Layout = Layout {
    columns: &[("notesplain", Role::Note), ("ainfo", Role::Trifle), ("autosubmit", Role::Trifle)],
    sort,
    ..Layout::plain(Format::OnePassword7Csv, &["title", "username", "password", "uuid"])
};

fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    let sort = cells.get(Role::Sort).to_ascii_lowercase();
    match sort.as_str() {
        "" | "login" | "logins" | "password" | "passwords" | "webforms.webform" | "server" | "membership" => {
            Sort::Login
        }
        sort if sort.contains("note") => Sort::Other("a secure note"),
        sort if sort.contains("card") => Sort::Other("a card"),
        sort if sort.contains("identity") => Sort::Other("an identity: the 1PUX export has its fields"),
        _ => Sort::Other("no login"),
    }
}
