//! Dashlane's JSON, which its programs for the desktop wrote: a list for each sort of thing, by Dashlane's own names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::evidence::{Place, Secret, Sink};
use super::Found;
use super::entry::{Entry, date};
use super::format::Format;
use super::identity::Identity;
use super::json::{Dropped, Loose, document, item};
use super::layout::Sort;
use crate::error::Result;
use crate::profile::model::AddressPart;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    #[serde(default)]
    id: Loose,
    #[serde(default)]
    title: Loose,
    #[serde(default)]
    domain: Loose,
    #[serde(default)]
    url: Loose,
    #[serde(default)]
    email: Loose,
    #[serde(default)]
    login: Loose,
    #[serde(default)]
    secondary_login: Loose,
    #[serde(default)]
    category: Loose,
    #[serde(default)]
    creation_datetime: Loose,
    #[serde(default)]
    user_modification_datetime: Loose,
    #[serde(default)]
    last_use: Loose,
    #[serde(default)]
    password: Dropped,
    #[serde(default)]
    note: Dropped,
    #[serde(default)]
    otp_secret: Dropped,
    #[serde(default)]
    otp_url: Dropped,
}

/// Whatever may fill a profile: each of Dashlane's lists has some of it.
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
    pseudo: Loose,
    #[serde(default)]
    birth_date: Loose,
    #[serde(default)]
    email: Loose,
    #[serde(default)]
    email_name: Loose,
    #[serde(default)]
    number: Loose,
    #[serde(default)]
    phone_name: Loose,
    #[serde(default)]
    website: Loose,
    #[serde(default)]
    address_full: Loose,
    #[serde(default)]
    address_name: Loose,
    #[serde(default)]
    city: Loose,
    #[serde(default)]
    zip_code: Loose,
    #[serde(default)]
    state: Loose,
    #[serde(default)]
    country: Loose,
}

/// Reads the whole document. Items are numbered through all of its lists.
pub(super) fn read(text: &str, sink: &mut dyn Sink) -> Result<Found> {
    let lists: BTreeMap<String, Option<Vec<&RawValue>>> = document(text, "a Dashlane export")?;
    let mut found = Found::new(Format::DashlaneJson);
    let mut number = 0;
    for (name, list) in &lists {
        for raw in list.iter().flatten() {
            number += 1;
            read_item(name, raw, Place::Item(number), sink, &mut found)?;
        }
    }
    Ok(found)
}

fn read_item(list: &str, raw: &RawValue, place: Place, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    let sort = match list {
        "AUTHENTIFIANT" => {
            let Some(login) = item::<Login>(raw, place, sink)? else { return Ok(()) };
            return entry(&login, place, sink).tell(sink);
        }
        "IDENTITY" | "EMAIL" | "PHONE" | "ADDRESS" | "PERSONALWEBSITE" => {
            let Some(person) = item::<Person>(raw, place, sink)? else { return Ok(()) };
            Sort::identity(identity(&person, place))
        }
        "PAYMENTMEANS_CREDITCARD" | "PAYMENTMEAN_PAYPAL" | "BANKSTATEMENT" => {
            sink.dropped(Secret::Card);
            Sort::Other("a card or bank account")
        }
        "SECURENOTE" => {
            sink.dropped(Secret::Note);
            Sort::Other("a secure note")
        }
        _ => {
            sink.dropped(Secret::Note);
            Sort::Other("no login")
        }
    };
    found.other(sort, place, sink)
}

fn entry(login: &Login, place: Place, sink: &mut dyn Sink) -> Entry {
    let mut entry = Entry::new(place);
    entry.id(&login.id);
    entry.title(&login.title);
    [&login.login, &login.email, &login.secondary_login].into_iter().for_each(|account| entry.account(account));
    entry.address(if login.url.is_empty() { &login.domain } else { &login.url }, sink);
    entry.password(login.password.is_there(), sink);
    entry.created(date(&login.creation_datetime));
    entry.changed(date(&login.user_modification_datetime));
    entry.used(date(&login.last_use));
    entry.detail("folder", &login.category);
    login.note.tell(Secret::Note, sink);
    login.otp_secret.tell(Secret::SecondFactor, sink);
    login.otp_url.tell(Secret::SecondFactor, sink);
    entry
}

fn identity(person: &Person, place: Place) -> Identity {
    let titles = [&person.email_name, &person.phone_name, &person.address_name, &person.first_name];
    let title = titles.into_iter().find(|title| !title.is_empty());
    let mut identity = Identity::new(title.map_or("", |title| &**title), place);
    identity.name(&person.first_name, &person.middle_name, &person.last_name);
    identity.claim("preferred_username", &person.pseudo);
    identity.claim("birthdate", &person.birth_date);
    identity.claim("email", &person.email);
    identity.claim("phone_number", &person.number);
    identity.claim("website", &person.website);
    identity.part(AddressPart::Street, &person.address_full);
    identity.part(AddressPart::Locality, &person.city);
    identity.part(AddressPart::Region, &person.state);
    identity.part(AddressPart::PostalCode, &person.zip_code);
    identity.part(AddressPart::Country, &person.country);
    identity
}
