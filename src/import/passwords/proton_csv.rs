//! Proton Pass's CSV. What is neither a login nor a note stands in it as a JSON in the column for notes.

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::layout::{Cells, Layout, Sort};
use super::proton;

/// `type,name,url,email,username,password,note,totp,createTime,modifyTime,vault`; older ones without `type`, `email` and
/// `vault`.
pub(super) static LAYOUT: Layout = Layout {
    columns: &[("autofillurls", Role::Trifle)],
    sort,
    addresses: super::bitwarden_csv::addresses,
    ..Layout::plain(Format::ProtonCsv, &["name", "url", "username", "password", "note", "totp"])
};

fn sort(cells: &Cells<'_>, sink: &mut dyn Sink) -> Sort {
    match cells.get(Role::Sort) {
        "" | "login" => Sort::Login,
        "identity" => match serde_json::from_str::<proton::Person>(cells.named("note")) {
            Ok(person) => Sort::identity(proton::identity(&person, cells.get(Role::Title), cells.place(), sink)),
            Err(_) => proton::other("identity"),
        },
        sort => proton::other(sort),
    }
}
