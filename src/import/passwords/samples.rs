//! A small export in each format, written by hand after its description: the same two logins in each, and in every
//! place for a secret a text with `S3CRET` in it.

use std::io::{Cursor, Write};

use super::format::Format;

/// What cannot be in anything that a reader tells.
pub(super) const MARK: &str = "S3CRET";

/// What every sample has: host and account.
pub(super) const LOGINS: [(&str, &str); 2] = [("bank.example", "4711"), ("shop.example", "ada@example.org")];

const BITWARDEN_JSON: &str = include_str!("../../../tests/data/passwords/bitwarden.json");
const BITWARDEN_CSV: &str = include_str!("../../../tests/data/passwords/bitwarden.csv");
const FIREFOX: &str = include_str!("../../../tests/data/passwords/firefox.csv");
const CHROME: &str = include_str!("../../../tests/data/passwords/chrome.csv");
const APPLE: &str = include_str!("../../../tests/data/passwords/apple.csv");
const LASTPASS: &str = include_str!("../../../tests/data/passwords/lastpass.csv");
const DASHLANE_CSV: &str = include_str!("../../../tests/data/passwords/dashlane-credentials.csv");
const DASHLANE_PERSON: &str = include_str!("../../../tests/data/passwords/dashlane-personal-info.csv");
const DASHLANE_PAYMENTS: &str = include_str!("../../../tests/data/passwords/dashlane-payments.csv");
const DASHLANE_IDS: &str = include_str!("../../../tests/data/passwords/dashlane-ids.csv");
const DASHLANE_JSON: &str = include_str!("../../../tests/data/passwords/dashlane.json");
const PROTON_CSV: &str = include_str!("../../../tests/data/passwords/proton.csv");
const PROTON_JSON: &str = include_str!("../../../tests/data/passwords/proton.json");
const ONEPASSWORD: &str = include_str!("../../../tests/data/passwords/1password-export-data.json");
const ONEPASSWORD_CSV: &str = include_str!("../../../tests/data/passwords/1password.csv");
const ONEPASSWORD7_CSV: &str = include_str!("../../../tests/data/passwords/1password7.csv");
const KEEPASS_XML: &str = include_str!("../../../tests/data/passwords/keepass.xml");
const KEEPASS1_XML: &str = include_str!("../../../tests/data/passwords/keepass1.xml");
const KEEPASSX_XML: &str = include_str!("../../../tests/data/passwords/keepassx.xml");
const KEEPASS_CSV: &str = include_str!("../../../tests/data/passwords/keepass.csv");
const KEEPASSXC_CSV: &str = include_str!("../../../tests/data/passwords/keepassxc.csv");
const OTHER_CSV: &str = include_str!("../../../tests/data/passwords/other.csv");

/// A ZIP archive of texts.
pub(super) fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Every sample, with the format that it is read as.
pub(super) fn all() -> Vec<(Format, Vec<u8>)> {
    let text = |format: Format, text: &str| (format, text.as_bytes().to_vec());
    vec![
        text(Format::BitwardenJson, BITWARDEN_JSON),
        text(Format::BitwardenCsv, BITWARDEN_CSV),
        (Format::BitwardenJson, zip(&[("data.json", BITWARDEN_JSON), ("attachments/i1/a.csv", CHROME)])),
        text(Format::OnePassword, ONEPASSWORD),
        (
            Format::OnePassword,
            zip(&[
                ("export.attributes", "{\"version\":3}"),
                ("export.data", ONEPASSWORD),
                ("files/x__y.json", BITWARDEN_JSON),
            ]),
        ),
        text(Format::OnePasswordCsv, ONEPASSWORD_CSV),
        text(Format::OnePassword7Csv, ONEPASSWORD7_CSV),
        text(Format::KeePassXml, KEEPASS_XML),
        text(Format::KeePass1Xml, KEEPASS1_XML),
        text(Format::KeePass1Xml, KEEPASSX_XML),
        text(Format::KeePassCsv, KEEPASS_CSV),
        text(Format::KeePassXcCsv, KEEPASSXC_CSV),
        text(Format::Firefox, FIREFOX),
        text(Format::Chromium, CHROME),
        text(Format::Apple, APPLE),
        text(Format::LastPass, LASTPASS),
        text(Format::DashlaneCsv, DASHLANE_CSV),
        (
            Format::DashlaneCsv,
            zip(&[
                ("credentials.csv", DASHLANE_CSV),
                ("ids.csv", DASHLANE_IDS),
                ("payments.csv", DASHLANE_PAYMENTS),
                ("personalInfo.csv", DASHLANE_PERSON),
                ("securenotes.csv", "title,note\nNote,S3CRET\n"),
            ]),
        ),
        text(Format::DashlaneJson, DASHLANE_JSON),
        text(Format::ProtonCsv, PROTON_CSV),
        text(Format::ProtonJson, PROTON_JSON),
        (Format::ProtonJson, zip(&[("Proton Pass/data.json", PROTON_JSON), ("Proton Pass/files/x.json", "{}")])),
        text(Format::OtherCsv, OTHER_CSV),
    ]
}
