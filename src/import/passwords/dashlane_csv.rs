//! Dashlane's CSV: a file for each sort of thing, alone or together in a ZIP archive; older ones have no header.

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::identity::Identity;
use super::layout::{Cells, Layout, Sort};
use crate::profile::model::AddressPart;

/// `credentials.csv`: `username,username2,username3,title,password,note,url,category,otpUrl`. The other files have other
/// columns, and are read by the same layout.
pub(super) static LAYOUT: Layout = Layout {
    others: &OTHERS,
    without_header: &[&OLD, &OLD_WITH_SECOND_LOGIN],
    columns: &[("number", Role::Note), ("passphrase", Role::Password)],
    sort,
    ..Layout::plain(Format::DashlaneCsv, &["username", "username2", "title", "password", "url"])
};

/// What older programs wrote, without a header.
const OLD: [(&str, Role); 5] = [
    ("title", Role::Title),
    ("url", Role::Address),
    ("login", Role::Account),
    ("password", Role::Password),
    ("note", Role::Note),
];

/// The same with a second login, which is not kept: a table of somebody else's may have the password there.
const OLD_WITH_SECOND_LOGIN: [(&str, Role); 6] = [
    ("title", Role::Title),
    ("url", Role::Address),
    ("login", Role::Account),
    ("login2", Role::Note),
    ("password", Role::Password),
    ("note", Role::Note),
];

/// The marks of the other files: `payments.csv`, `ids.csv`, `personalInfo.csv`, `securenotes.csv`, `wifi.csv`.
const OTHERS: [&[&str]; 5] = [
    &["account_name", "cc_number", "code"],
    &["type", "number", "issue_date", "place_of_issue"],
    &["type", "first_name", "last_name", "item_name", "address_recipient"],
    &["title", "note"],
    &["ssid", "passphrase"],
];

fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    if cells.has("cc_number") {
        Sort::Other("a card or bank account")
    } else if cells.has("issue_date") {
        Sort::Other("a document of identity: its number is never imported")
    } else if cells.has("address_recipient") {
        Sort::identity(person(cells))
    } else if cells.has("ssid") {
        Sort::Other("a wireless network")
    } else if cells.has("note") && !cells.has("password") {
        Sort::Other("a secure note")
    } else {
        Sort::Login
    }
}

/// A row of `personalInfo.csv`: a name, an e-mail address, a telephone number or an address, each in a row of its own.
fn person(cells: &Cells<'_>) -> Identity {
    let field = |name: &str| cells.named(name);
    let mut identity = Identity::new(field("item_name"), cells.place());
    identity.name(field("first_name"), field("middle_name"), field("last_name"));
    identity.claim("preferred_username", field("login"));
    identity.claim("birthdate", field("date_of_birth"));
    identity.claim("email", field("email"));
    identity.claim("phone_number", field("phone_number"));
    identity.claim("website", field("url"));
    identity.part(AddressPart::Street, field("address"));
    identity.part(AddressPart::Locality, field("city"));
    identity.part(AddressPart::Region, field("state"));
    identity.part(AddressPart::PostalCode, field("zip"));
    identity.part(AddressPart::Country, field("country"));
    identity
}
