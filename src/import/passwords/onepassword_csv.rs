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

/// Version 7 names the category here, in the language of the user, and programs that convert to it write a folder: only
/// what is certain to be none is told apart.
fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    match cells.get(Role::Sort).to_ascii_lowercase().as_str() {
        "secure note" | "securenotes.securenote" => Sort::Other("a secure note"),
        "credit card" | "wallet.financial.creditcard" => Sort::Other("a card"),
        "identity" | "identities.identity" => Sort::Other("an identity: the 1PUX export has its fields"),
        _ => Sort::Login,
    }
}
