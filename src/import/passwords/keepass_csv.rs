//! The CSV of KeePass 1 (which KeePass 2 writes as "KeePass CSV (1.x)"), and that of KeePassXC and its kin.

use super::columns::Role;
use super::format::Format;
use super::layout::{Layout, Sort};

/// `"Account","Login Name","Password","Web Site","Comments"`. Quotes and backslashes are escaped by a backslash.
pub(super) static ONE: Layout = Layout {
    columns: &[("account", Role::Title)],
    escape: Some(b'\\'),
    ..Layout::plain(Format::KeePassCsv, &["account", "login name", "password", "web site"])
};

/// `"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"`; older ones without
/// the last four (`keepassxc`, `src/format/CsvExporter.cpp`).
pub(super) static XC: Layout = Layout {
    sort: |cells, _| match cells.get(Role::Folder).split('/').nth(1) {
        // What was deleted is kept below the root, in a group of this name.
        Some("Recycle Bin" | "Papierkorb" | "Corbeille" | "Papelera de reciclaje") => Sort::Other("in the recycle bin"),
        _ => Sort::Login,
    },
    ..Layout::plain(Format::KeePassXcCsv, &["group", "title", "username", "password", "url", "notes"])
};
