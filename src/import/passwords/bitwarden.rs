//! Bitwarden's JSON, of a person or an organisation: `bitwarden/clients`, `libs/common/src/models/export`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::evidence::{Place, Secret, Sink};
use super::entry::{Entry, date};
use super::format::{Format, Sealed};
use super::identity::Identity;
use super::json::{Count, Dropped, List, Loose, document, each, item};
use super::layout::Sort;
use super::passkey::Passkey;
use super::{Found, json};
use crate::error::{Error, Result};
use crate::profile::model::AddressPart;

#[derive(Deserialize)]
struct Export<'a> {
    #[serde(default)]
    encrypted: Dropped,
    #[serde(default)]
    folders: List<Named>,
    #[serde(default)]
    collections: List<Named>,
    #[serde(borrow, default)]
    items: List<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Loose,
    #[serde(default)]
    name: Loose,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    id: Loose,
    #[serde(default)]
    folder_id: Loose,
    #[serde(default)]
    collection_ids: List<Loose>,
    /// 1 login, 2 note, 3 card, 4 identity, 5 SSH key.
    #[serde(rename = "type", default)]
    sort: Loose,
    #[serde(default)]
    name: Loose,
    #[serde(default)]
    notes: Dropped,
    #[serde(default)]
    fields: List<Field>,
    #[serde(default)]
    password_history: Count,
    #[serde(default)]
    login: Option<Login>,
    #[serde(default)]
    card: Option<Card>,
    #[serde(default)]
    identity: Option<Person>,
    #[serde(default)]
    ssh_key: Dropped,
    #[serde(default)]
    creation_date: Loose,
    #[serde(default)]
    revision_date: Loose,
    #[serde(default)]
    deleted_date: Dropped,
}

#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    value: Dropped,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    uris: List<Uri>,
    #[serde(default)]
    username: Loose,
    #[serde(default)]
    password: Dropped,
    #[serde(default)]
    totp: Dropped,
    #[serde(rename = "fido2Credentials", default)]
    passkeys: List<Passkey>,
}

#[derive(Deserialize)]
struct Uri {
    #[serde(default)]
    uri: Loose,
}

#[derive(Deserialize)]
struct Card {
    #[serde(default)]
    number: Dropped,
    #[serde(default)]
    code: Dropped,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    #[serde(default)]
    first_name: Loose,
    #[serde(default)]
    middle_name: Loose,
    #[serde(default)]
    last_name: Loose,
    #[serde(default)]
    address1: Loose,
    #[serde(default)]
    address2: Loose,
    #[serde(default)]
    address3: Loose,
    #[serde(default)]
    city: Loose,
    #[serde(default)]
    state: Loose,
    #[serde(default)]
    postal_code: Loose,
    #[serde(default)]
    country: Loose,
    #[serde(default)]
    email: Loose,
    #[serde(default)]
    phone: Loose,
    #[serde(default)]
    username: Loose,
    #[serde(default)]
    ssn: Dropped,
    #[serde(default)]
    passport_number: Dropped,
    #[serde(default)]
    license_number: Dropped,
}

/// Reads the whole document.
pub(super) fn read(text: &str, sink: &mut dyn Sink) -> Result<Found> {
    let export: Export<'_> = document(text, "a Bitwarden export")?;
    if export.encrypted.is_there() {
        return Err(Sealed::Bitwarden.refusal());
    }
    let Some(items) = export.items else {
        return Err(Error::bad_input("this Bitwarden export has no list of items").hint("export it again"));
    };
    let folders: HashMap<&str, &str> = json::each(&export.folders)
        .chain(each(&export.collections))
        .map(|folder| (&*folder.id, &*folder.name))
        .collect();
    let mut found = Found::new(Format::BitwardenJson);
    for (number, raw) in (1..).zip(items) {
        let place = Place::Item(number);
        if let Some(item) = item::<Item>(raw, place, sink)? {
            read_item(&item, &folders, place, sink, &mut found)?;
        }
    }
    Ok(found)
}

fn read_item(
    item: &Item,
    folders: &HashMap<&str, &str>,
    place: Place,
    sink: &mut dyn Sink,
    found: &mut Found,
) -> Result<()> {
    count_dropped(item, sink);
    let sort = match (&*item.sort, &item.login, &item.identity) {
        _ if item.deleted_date.is_there() => Sort::Other("in the trash"),
        ("1" | "", Some(login), _) => return entry(item, login, folders, place, sink).tell(sink),
        ("4", _, Some(person)) => Sort::identity(identity(person, &item.name, place)),
        ("2", ..) => Sort::Other("a secure note"),
        ("3", ..) => Sort::Other("a card"),
        ("5", ..) => Sort::Other("an SSH key"),
        ("1", ..) => Sort::Other("neither a user name nor a password: no login"),
        _ => Sort::Other("no login"),
    };
    found.other(sort, place, sink)
}

fn count_dropped(item: &Item, sink: &mut dyn Sink) {
    item.notes.tell(Secret::Note, sink);
    each(&item.fields).for_each(|field| field.value.tell(Secret::Note, sink));
    item.password_history.tell(Secret::Password, sink);
    item.ssh_key.tell(Secret::Password, sink);
    if let Some(login) = &item.login {
        login.totp.tell(Secret::SecondFactor, sink);
        Passkey::tell(&login.passkeys, sink);
        // With a login, its password is counted by the entry.
        if item.deleted_date.is_there() || !matches!(&*item.sort, "1" | "") {
            login.password.tell(Secret::Password, sink);
        }
    }
    if let Some(card) = &item.card {
        [card.number, card.code].into_iter().for_each(|secret| secret.tell(Secret::Card, sink));
    }
    if let Some(person) = &item.identity {
        let numbers = [person.ssn, person.passport_number, person.license_number];
        numbers.into_iter().for_each(|secret| secret.tell(Secret::Note, sink));
    }
}

fn entry(item: &Item, login: &Login, folders: &HashMap<&str, &str>, place: Place, sink: &mut dyn Sink) -> Entry {
    let mut entry = Entry::new(place);
    entry.id(&item.id);
    entry.title(&item.name);
    entry.account(&login.username);
    each(&login.uris).for_each(|uri| entry.address(&uri.uri, sink));
    entry.password(login.password.is_there(), sink);
    Passkey::note(&login.passkeys, &mut entry, sink);
    entry.created(date(&item.creation_date));
    entry.changed(date(&item.revision_date));
    let ids = std::iter::once(&item.folder_id).chain(each(&item.collection_ids));
    let names: Vec<&str> = ids.filter_map(|id| folders.get(&**id).copied()).collect();
    entry.detail("folder", &names.join(", "));
    entry
}

fn identity(person: &Person, title: &str, place: Place) -> Identity {
    let mut identity = Identity::new(title, place);
    identity.name(&person.first_name, &person.middle_name, &person.last_name);
    identity.claim("email", &person.email);
    identity.claim("phone_number", &person.phone);
    identity.claim("preferred_username", &person.username);
    for line in [&person.address1, &person.address2, &person.address3] {
        identity.part(AddressPart::Street, line);
    }
    identity.part(AddressPart::Locality, &person.city);
    identity.part(AddressPart::Region, &person.state);
    identity.part(AddressPart::PostalCode, &person.postal_code);
    identity.part(AddressPart::Country, &person.country);
    identity
}
