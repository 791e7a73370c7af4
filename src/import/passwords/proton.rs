//! Proton Pass's JSON, `Proton Pass/data.json` in a ZIP archive: `ProtonMail/WebClients`, `packages/pass/lib/export`.

use std::collections::BTreeMap;

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
use crate::error::Result;
use crate::profile::model::AddressPart;

#[derive(Deserialize)]
struct Export<'a> {
    #[serde(default)]
    encrypted: Dropped,
    #[serde(borrow, default)]
    vaults: BTreeMap<String, Vault<'a>>,
}

#[derive(Deserialize)]
struct Vault<'a> {
    #[serde(default)]
    name: Loose,
    #[serde(borrow, default)]
    items: List<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(default)]
    item_id: Loose,
    #[serde(borrow)]
    data: Data<'a>,
    /// 1 active, 2 in the trash.
    #[serde(default)]
    state: Loose,
    #[serde(default)]
    create_time: Loose,
    #[serde(default)]
    modify_time: Loose,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(rename = "type", default)]
    sort: Loose,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    extra_fields: Count,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    name: Loose,
    #[serde(default)]
    note: Dropped,
}

/// What an item that is no identity holds.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Login {
    #[serde(default)]
    item_email: Loose,
    #[serde(default)]
    item_username: Loose,
    /// In older exports, one name for both.
    #[serde(default)]
    username: Loose,
    #[serde(default)]
    urls: List<Loose>,
    /// In newer exports, what `urls` has only some of.
    #[serde(default)]
    autofill_urls: List<AutofillUrl>,
    #[serde(default)]
    password: Dropped,
    #[serde(default)]
    totp_uri: Dropped,
    #[serde(default)]
    passkeys: List<Passkey>,
    #[serde(default)]
    number: Dropped,
    #[serde(default)]
    verification_number: Dropped,
    #[serde(default)]
    pin: Dropped,
    #[serde(default)]
    private_key: Dropped,
}

#[derive(Deserialize)]
struct AutofillUrl {
    #[serde(default)]
    url: Loose,
}

/// What an identity holds.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    #[serde(default)]
    full_name: Loose,
    #[serde(default)]
    first_name: Loose,
    #[serde(default)]
    middle_name: Loose,
    #[serde(default)]
    last_name: Loose,
    #[serde(default)]
    email: Loose,
    #[serde(default)]
    phone_number: Loose,
    #[serde(default)]
    birthdate: Loose,
    #[serde(default)]
    gender: Loose,
    #[serde(default)]
    street_address: Loose,
    #[serde(default)]
    city: Loose,
    #[serde(default)]
    state_or_province: Loose,
    #[serde(default)]
    zip_or_postal_code: Loose,
    #[serde(default)]
    country_or_region: Loose,
    #[serde(default)]
    website: Loose,
    #[serde(default)]
    work_email: Loose,
    #[serde(default)]
    work_phone_number: Loose,
    #[serde(default)]
    social_security_number: Dropped,
    #[serde(default)]
    passport_number: Dropped,
    #[serde(default)]
    license_number: Dropped,
}

/// Reads the whole document.
pub(super) fn read(text: &str, sink: &mut dyn Sink) -> Result<Found> {
    let export: Export<'_> = document(text, "a Proton Pass export")?;
    if export.encrypted.is_there() {
        return Err(Sealed::Pgp.refusal());
    }
    let mut found = Found::new(Format::ProtonJson);
    let mut number = 0;
    for vault in export.vaults.values() {
        for raw in each(&vault.items) {
            number += 1;
            let place = Place::Item(number);
            if let Some(item) = item::<Item<'_>>(raw, place, sink)? {
                read_item(&item, &vault.name, place, sink, &mut found)?;
            }
        }
    }
    Ok(found)
}

fn read_item(item: &Item<'_>, vault: &str, place: Place, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    item.data.metadata.note.tell(Secret::Note, sink);
    item.data.extra_fields.tell(Secret::Note, sink);
    let Some(content) = item.data.content else { return sink.passed_over(place, "an item without content") };
    if &*item.data.sort == "identity" && &*item.state != "2" {
        let Some(person) = json::item::<Person>(content, place, sink)? else { return Ok(()) };
        return found.other(Sort::identity(identity(&person, &item.data.metadata.name, place, sink)), place, sink);
    }
    let Some(login) = json::item::<Login>(content, place, sink)? else { return Ok(()) };
    count_dropped(&login, sink);
    let sort = match &*item.data.sort {
        _ if &*item.state == "2" => Sort::Other("in the trash"),
        "login" => return entry(item, &login, vault, place, sink).tell(sink),
        sort => other(sort),
    };
    login.password.tell(Secret::Password, sink);
    found.other(sort, place, sink)
}

/// What the other types are.
pub(super) fn other(sort: &str) -> Sort {
    Sort::Other(match sort {
        "note" => "a secure note",
        "alias" => "an alias: the mail that it gets tells who has it",
        "creditCard" => "a card",
        "sshKey" => "an SSH key",
        "wifi" => "a wireless network",
        _ => "no login",
    })
}

fn count_dropped(login: &Login, sink: &mut dyn Sink) {
    login.totp_uri.tell(Secret::SecondFactor, sink);
    Passkey::tell(&login.passkeys, sink);
    [login.number, login.verification_number, login.pin].into_iter().for_each(|secret| secret.tell(Secret::Card, sink));
    login.private_key.tell(Secret::Password, sink);
}

fn entry(item: &Item<'_>, login: &Login, vault: &str, place: Place, sink: &mut dyn Sink) -> Entry {
    let mut entry = Entry::new(place);
    entry.id(&item.item_id);
    entry.title(&item.data.metadata.name);
    [&login.item_username, &login.username].into_iter().for_each(|account| entry.account(account));
    entry.email(&login.item_email);
    each(&login.urls).for_each(|url| entry.address(url, sink));
    each(&login.autofill_urls).for_each(|url| entry.address(&url.url, sink));
    entry.password(login.password.is_there(), sink);
    Passkey::note(&login.passkeys, &mut entry, sink);
    entry.created(date(&item.create_time));
    entry.changed(date(&item.modify_time));
    entry.detail("folder", vault);
    entry
}

/// An identity, of the JSON or of the note that the CSV has of it.
pub(super) fn identity(person: &Person, title: &str, place: Place, sink: &mut dyn Sink) -> Identity {
    let numbers = [person.social_security_number, person.passport_number, person.license_number];
    numbers.into_iter().for_each(|secret| secret.tell(Secret::Note, sink));
    let mut identity = Identity::new(title, place);
    identity.claim("name", &person.full_name);
    identity.name(&person.first_name, &person.middle_name, &person.last_name);
    identity.claim("email", &person.email);
    identity.labelled("email", Some("work"), &person.work_email);
    identity.claim("phone_number", &person.phone_number);
    identity.labelled("phone_number", Some("work"), &person.work_phone_number);
    identity.claim("birthdate", &person.birthdate);
    identity.claim("gender", &person.gender);
    identity.claim("website", &person.website);
    identity.part(AddressPart::Street, &person.street_address);
    identity.part(AddressPart::Locality, &person.city);
    identity.part(AddressPart::Region, &person.state_or_province);
    identity.part(AddressPart::PostalCode, &person.zip_or_postal_code);
    identity.part(AddressPart::Country, &person.country_or_region);
    identity
}
