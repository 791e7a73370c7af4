//! LastPass's CSV. Secure notes stand in it under the address `http://sn`, with what they hold in `extra`; folders
//! under `http://group`. Exports that were copied from a page have `&amp;` for `&`.

use std::borrow::Cow;

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::identity::Identity;
use super::layout::{Cells, Layout, Sort};
use crate::profile::model::AddressPart;

/// `url,username,password,totp,extra,name,grouping,fav`; older ones without `totp`.
pub(super) static LAYOUT: Layout = Layout {
    columns: &[("extra", Role::Note)],
    sort,
    mend,
    ..Layout::plain(Format::LastPass, &["url", "username", "password", "extra", "name", "grouping"])
};

fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    match cells.get(Role::Address) {
        "http://group" => Sort::Other("a folder"),
        "http://sn" => note(cells),
        _ => Sort::Login,
    }
}

fn note(cells: &Cells<'_>) -> Sort {
    let text = cells.named("extra");
    let kind = text.strip_prefix("NoteType:").map_or("", |rest| rest.lines().next().unwrap_or_default().trim());
    match kind {
        "Address" => Sort::identity(address(cells, text)),
        "Credit Card" | "Bank Account" => Sort::Other("a card or bank account"),
        "SSH Key" => Sort::Other("an SSH key"),
        _ => Sort::Other("a secure note"),
    }
}

/// A note of the type for addresses: a line `Name:value` for each field.
fn address(cells: &Cells<'_>, note: &str) -> Identity {
    let line = |name: &str| {
        note.lines().find_map(|line| line.split_once(':').filter(|(own, _)| *own == name).map(|(_, text)| text.trim()))
    };
    let field = |name: &str| mend(line(name).unwrap_or_default());
    let mut identity = Identity::new(&mend(cells.get(Role::Title)), cells.place());
    identity.name(&field("First Name"), &field("Middle Name"), &field("Last Name"));
    identity.claim("email", &field("Email Address"));
    for (name, label) in [("Phone", None), ("Mobile Phone", Some("cell")), ("Evening Phone", Some("home"))] {
        identity.labelled("phone_number", label, &telephone(&field(name)));
    }
    for name in ["Address 1", "Address 2", "Address 3"] {
        identity.part(AddressPart::Street, &field(name));
    }
    identity.part(AddressPart::Locality, &field("City / Town"));
    identity.part(AddressPart::Region, &field("State"));
    identity.part(AddressPart::PostalCode, &field("Zip / Postal Code"));
    identity.part(AddressPart::Country, &field("Country"));
    identity
}

/// A telephone number is a small JSON of its own in newer exports: `{"num":"4915112345","ext":"","cc3l":"DEU"}`.
fn telephone(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Telephone {
        num: super::json::Loose,
    }
    match serde_json::from_str::<Telephone>(text) {
        Ok(telephone) => telephone.num.to_owned(),
        Err(_) => text.to_owned(),
    }
}

/// The five entities that LastPass writes, and no others.
fn mend(text: &str) -> Cow<'_, str> {
    match text.contains('&') {
        // `&amp;` last: `&amp;lt;` stands for `&lt;`.
        true => Cow::Owned(
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&"),
        ),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_taken_out_once() {
        assert_eq!(mend("Marks &amp; Spencer"), "Marks & Spencer");
        assert_eq!(mend("&amp;lt;"), "&lt;");
        assert_eq!(mend("A&B"), "A&B");
    }

    #[test]
    fn telephones_of_both_hands() {
        assert_eq!(telephone(r#"{"num":"4915112345678","ext":"","cc3l":"DEU"}"#), "4915112345678");
        assert_eq!(telephone("+49 151 1"), "+49 151 1");
    }
}
