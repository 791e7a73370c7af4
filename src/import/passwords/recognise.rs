//! Which format a file is, by its content: its first bytes, the first keys of a document, the header of a table.

use zeroize::Zeroizing;

use super::super::address::{Address, address};
use super::LAYOUTS;
use super::columns::{column_name, is_of_logins};
use super::entry::is_email;
use super::format::{Format, Sealed};
use super::layout::Layout;
use super::source::Text;
use super::table::{Dialect, Table, delimiter, said};
use crate::error::Error;

/// How much of a file's beginning [`recognise`] wants to see, in bytes.
pub const HEAD: usize = 64 * 1024;

/// How a ZIP archive begins (APPNOTE.TXT, section 4.3.7).
pub(super) const ZIP: &[u8] = b"PK\x03\x04";

/// What parts the items of a 1PIF file, each of which is a JSON.
const ONE_PIF: &str = "***5642bee8-a5ff-11dc-8314-0800200c9a66***";

/// The first bytes of what is not read, and known by name.
const SEALED: [(&[u8], Sealed); 4] = [
    (b"\x03\xd9\xa2\x9a", Sealed::KeePass),
    (b"-----BEGIN PGP MESSAGE-----", Sealed::Pgp),
    (b"age-encryption.org/", Sealed::Age),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", Sealed::Age),
];

/// The format of a file that begins so, by what is in it and not by its name. Nothing for what is unknown; a format
/// that is known and not read is told too ([`Format::Sealed`]).
pub fn recognise(head: &[u8]) -> Option<Format> {
    if head.starts_with(ZIP) {
        return Some(Format::Archive);
    }
    if let Some((_, sealed)) = SEALED.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(Format::Sealed(*sealed));
    }
    if is_pgp(head) {
        return Some(Format::Sealed(Sealed::Pgp));
    }
    let text = text(head);
    let start = text.trim_start();
    match start.chars().next()? {
        '<' => xml(start),
        '{' | '[' => json(start),
        _ => table(&text),
    }
}

/// The packet of a key that a passphrase opens, in the new and the old form (RFC 9580, sections 4.2 and 5.3), of version 4 to 6.
fn is_pgp(head: &[u8]) -> bool {
    matches!(head, [0xc3 | 0x8c, 4..=64, 4..=6, ..])
}

fn text(head: &[u8]) -> Zeroizing<String> {
    let mut input = head;
    let mut text = Text::new(&mut input);
    let mut all = Zeroizing::new(String::with_capacity(4 * head.len()));
    while let Ok(piece) = text.ready()
        && !piece.is_empty()
    {
        all.push_str(&String::from_utf8_lossy(piece));
        let count = piece.len();
        text.take(count);
    }
    all
}

fn xml(text: &str) -> Option<Format> {
    if text.contains("<KeePassFile") {
        return Some(Format::KeePassXml);
    }
    let old = text.contains("<pwlist") || text.contains("KEEPASSX_DATABASE") || text.contains("<pwentry");
    old.then_some(Format::KeePass1Xml)
}

fn json(text: &str) -> Option<Format> {
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    if text.contains(ONE_PIF) {
        return Some(Format::Sealed(Sealed::OnePif));
    }
    if has("accounts") && has("vaults") && has("attrs") {
        return Some(Format::OnePassword);
    }
    if has("AUTHENTIFIANT") {
        return Some(Format::DashlaneJson);
    }
    if has("vaults") && (has("userId") || has("itemId") || has("shareId") || has("encrypted")) {
        return Some(Format::ProtonJson);
    }
    if (has("encKeyValidation_DO_NOT_EDIT") || has("passwordProtected")) && !has("items") {
        return Some(Format::Sealed(Sealed::Bitwarden));
    }
    if has("encryptedUsername") {
        return Some(Format::Sealed(Sealed::Firefox));
    }
    if has("records") && has("title") && (has("login_url") || has("custom_fields") || has("$type")) {
        return Some(Format::Sealed(Sealed::Keeper));
    }
    let enpass = has("template_type") || has("category") && has("trashed") && has("fields");
    if enpass && has("items") {
        return Some(Format::Sealed(Sealed::Enpass));
    }
    let items = has("items") || has("folders") || has("collections");
    (items && (has("encrypted") || has("login") || has("folderId"))).then_some(Format::BitwardenJson)
}

/// The header of a table, lower case; nothing for what is none.
fn header(text: &str) -> Option<Vec<String>> {
    let line = text.split(['\r', '\n']).find(|line| !line.trim().is_empty())?;
    let said = said(line);
    let delimiter = said.unwrap_or_else(|| delimiter(line));
    let mut input = text.as_bytes();
    let mut table = Table::new(Text::new(&mut input), Dialect { delimiter, escape: None });
    if said.is_some() {
        table.next().ok()?;
    }
    let columns = table.next().ok()?.then(|| table.row().fields().map(column_name).collect::<Vec<_>>())?;
    (columns.len() > 1).then_some(columns)
}

/// Whether the rows are those of Dashlane's older CSV, which has no header: a title, a URL, a user name, a password and a
/// note. A header has no URL.
fn is_without_header(text: &str) -> bool {
    let mut input = text.as_bytes();
    let mut table = Table::new(Text::new(&mut input), Dialect { delimiter: b',', escape: None });
    let (mut rows, mut urls) = (0, 0);
    let mut names = [0, 0];
    while rows < 50 && table.next().is_ok_and(|there| there) {
        let row = table.row();
        let is_url = matches!(address(row.field(1)), Address::Host(_)) && row.field(1).contains("://");
        if row.len() > 6 || !is_url && !row.field(1).is_empty() {
            return false;
        }
        rows += 1;
        urls += usize::from(is_url && row.len() >= 5);
        names[0] += usize::from(is_email(row.field(2)));
        names[1] += usize::from(is_email(row.field(3)));
    }
    // Another order would make a name of the password: e-mail addresses tell where the names stand.
    urls > 0 && names[0] > 0 && names[1] == 0
}

fn table(text: &str) -> Option<Format> {
    if is_without_header(text) {
        return Some(Format::DashlaneCsv);
    }
    let columns = header(text)?;
    // What holds an address of a login or a person is a login, and no header, whatever words stand beside.
    if columns.iter().any(|column| column.contains("://") || is_email(column)) {
        return None;
    }
    let has = |marks: &[&str]| !marks.is_empty() && marks.iter().all(|mark| columns.iter().any(|own| own == mark));
    // Two words alone are those of many tables.
    let is_other = |marks: &[&str]| has(marks) && (marks.len() > 2 || columns.len() == marks.len());
    let is = |layout: &&&Layout| has(layout.marks) && columns.len() <= layout.most;
    if let Some(layout) = LAYOUTS.iter().find(is) {
        return Some(layout.format);
    }
    if let Some(layout) = LAYOUTS.iter().find(|layout| layout.others.iter().any(|marks| is_other(marks))) {
        return Some(layout.format);
    }
    is_of_logins(&columns).then_some(Format::OtherCsv)
}

/// Why a file that nothing recognises is refused, as far as it can be told: nothing of it is repeated, for its first
/// line may hold a password.
pub fn unrecognised(head: &[u8]) -> Error {
    let text = text(head);
    let start = text.trim_start();
    let what = if head.is_empty() || start.is_empty() {
        "the file is empty"
    } else if start.starts_with('<') {
        "this is XML or HTML, but not of KeePass"
    } else if start.starts_with(['{', '[']) {
        "this is JSON, but of no password manager that is known"
    } else if text.chars().take(1024).filter(|c| c.is_control() && !c.is_whitespace()).count() > 4 {
        "this is a binary file, and may be encrypted"
    } else if header(&text).is_some() {
        "line 1: this table has no header with columns for an address, a user name and a password"
    } else {
        "this is no export of a password manager that is known"
    };
    let next = match what.contains("no header") {
        true => "write a line above the first that names the columns, such as: title,url,username,password",
        false => "export as CSV, JSON or XML without encryption",
    };
    Error::bad_input(what).hint(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_known_by_name() {
        let kdbx = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\x00\x04\x00";
        let bitwarden = br#"{"encrypted":true,"passwordProtected":true,"salt":"x","data":"2.abc"}"#;
        let enpass = br#"{"folders":[],"items":[{"category":"login","template_type":"login.default"}]}"#;
        for (head, sealed) in [
            (&kdbx[..], Sealed::KeePass),
            (b"-----BEGIN PGP MESSAGE-----\n\nabc", Sealed::Pgp),
            (b"\xc3\x2e\x04\x09\x03\x08", Sealed::Pgp),
            (b"age-encryption.org/v1\n", Sealed::Age),
            (bitwarden, Sealed::Bitwarden),
            (enpass, Sealed::Enpass),
            (br#"{"folders":[],"items":[{"title":"E","category":"login","trashed":0,"fields":[]}]}"#, Sealed::Enpass),
            (
                br#"{"shared_folders":[],"records":[{"title":"K","login":"ada","password":"x","login_url":"u"}]}"#,
                Sealed::Keeper,
            ),
            (b"{\"uuid\":\"A\"}\n***5642bee8-a5ff-11dc-8314-0800200c9a66***\n", Sealed::OnePif),
            (br#"{"nextId":1,"logins":[{"hostname":"x","encryptedUsername":"y"}]}"#, Sealed::Firefox),
        ] {
            assert_eq!(recognise(head), Some(Format::Sealed(sealed)));
            let error = sealed.refusal();
            assert_eq!(error.kind(), crate::error::Kind::BadInput);
            assert!(error.hint_text().unwrap().contains("delete the file"));
        }
    }

    #[test]
    fn what_is_unknown_is_described_and_not_repeated() {
        for (head, words) in [
            (&b""[..], "empty"),
            (b" \n\n", "empty"),
            (b"<html><body>", "HTML"),
            (b"{\"a\":1}", "JSON"),
            (b"\x00\x01\x02\x03\x04\x05\xff", "binary"),
            (b"https://a.example,ada,s3cret\n", "no header"),
            (b"s3cret words", "no export"),
            (b"Shop,Username,ada,Password,s3cret,Website,https://shop.example\n", "no header"),
            (b"title,note,place\nx,s3cret,y\n", "no header"),
        ] {
            assert_eq!(recognise(head), None, "{words}");
            let error = unrecognised(head);
            assert!(error.to_string().contains(words), "{error}");
            assert!(!error.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn a_table_that_somebody_made_is_read_in_their_language() {
        for header in
            ["Webseite;Benutzername;Passwort", "site web,identifiant,mot de passe", "Nombre\tUsuario\tContraseña"]
        {
            assert_eq!(recognise(header.as_bytes()), Some(Format::OtherCsv), "{header}");
        }
        assert_eq!(recognise(b"sep=;\r\nurl;username;password\r\n"), Some(Format::OtherCsv));
        assert_eq!(recognise(b"date,payee,amount\n"), None);
        // NordPass, which has Chrome's columns and many more.
        let other = b"name,url,username,password,note,cardholdername,cardnumber,cvc,expirydate,folder,type\n";
        assert_eq!(recognise(other), Some(Format::OtherCsv));
    }
}
