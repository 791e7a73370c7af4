//! 1Password's archive (1PUX), the document `export.data` within it: <https://support.1password.com/1pux-format/>.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::evidence::{Place, Secret, Sink};
use super::entry::{Entry, date, is_email};
use super::format::Format;
use super::identity::Identity;
use super::json::{Count, Dropped, List, Loose, document, each};
use super::layout::Sort;
use super::{Found, json};
use crate::error::Result;
use crate::profile::model::AddressPart;

#[derive(Deserialize)]
struct Export<'a> {
    #[serde(borrow)]
    accounts: Vec<Account<'a>>,
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow, default)]
    vaults: List<Vault<'a>>,
}

#[derive(Deserialize)]
struct Vault<'a> {
    #[serde(default)]
    attrs: Attributes,
    #[serde(borrow, default)]
    items: List<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Attributes {
    #[serde(default)]
    name: Loose,
}

/// Older exports have the item within `item`.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(default)]
    uuid: Loose,
    #[serde(default)]
    created_at: Loose,
    #[serde(default)]
    updated_at: Loose,
    /// `active`, `archived` or `trashed`.
    #[serde(default)]
    state: Loose,
    #[serde(default)]
    trashed: Dropped,
    #[serde(default)]
    category_uuid: Loose,
    #[serde(borrow, default)]
    details: Details<'a>,
    #[serde(default)]
    overview: Overview,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    #[serde(borrow, default)]
    login_fields: List<LoginField<'a>>,
    #[serde(default)]
    notes_plain: Dropped,
    #[serde(borrow, default)]
    sections: List<Section<'a>>,
    #[serde(default)]
    password_history: Count,
    #[serde(default)]
    password: Dropped,
}

/// What the page that the login is for asks: only the user name's value is looked at.
#[derive(Deserialize)]
struct LoginField<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(default)]
    designation: Loose,
    /// `T` a text, `E` an e-mail address, `P` a password, and so on.
    #[serde(rename = "fieldType", default)]
    sort: Loose,
}

#[derive(Deserialize)]
struct Section<'a> {
    #[serde(borrow, default)]
    fields: List<Field<'a>>,
}

/// A field of the user's own, or of the category. Its value is an object with one key, which says of what sort it is.
#[derive(Deserialize)]
struct Field<'a> {
    #[serde(default)]
    id: Loose,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Overview {
    #[serde(default)]
    title: Loose,
    #[serde(default)]
    url: Loose,
    #[serde(default)]
    urls: List<Url>,
    #[serde(default)]
    tags: List<Loose>,
}

#[derive(Deserialize)]
struct Url {
    #[serde(default)]
    url: Loose,
}

/// Reads the whole document. Items are numbered through all of its vaults.
pub(super) fn read(text: &str, sink: &mut dyn Sink) -> Result<Found> {
    let export: Export<'_> = document(text, "a 1Password export")?;
    let mut found = Found::new(Format::OnePassword);
    let mut number = 0;
    for vault in export.accounts.iter().flat_map(|account| each(&account.vaults)) {
        for raw in each(&vault.items) {
            number += 1;
            let place = Place::Item(number);
            let inner = serde_json::from_str::<Wrapped<'_>>(raw.get()).ok().and_then(|wrapped| wrapped.item);
            if let Some(item) = json::item::<Item<'_>>(inner.unwrap_or(raw), place, sink)? {
                read_item(&item, &vault.attrs.name, place, sink, &mut found)?;
            }
        }
    }
    Ok(found)
}

fn read_item(item: &Item<'_>, vault: &str, place: Place, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    let identity = &*item.category_uuid == "004";
    count_dropped(item, identity, sink);
    let trashed = &*item.state == "trashed" || item.trashed.is_there();
    let sort = match &*item.category_uuid {
        _ if trashed => Sort::Other("in the trash"),
        "004" => Sort::identity(person(item, place)),
        category => match other(category, is_somebodys(item)) {
            Some(why) => Sort::Other(why),
            None => return entry(item, vault, place, sink).tell(sink),
        },
    };
    password_of(item).into_iter().for_each(|()| sink.dropped(Secret::Password));
    found.other(sort, place, sink)
}

/// The categories that are no account with a vendor. A login (001), a password (005), a membership (105) and a reward
/// programme (107) are; and where they say whose they are, a server (110), an e-mail account (111) and an API key (112).
fn other(category: &str, is_told: bool) -> Option<&'static str> {
    Some(match category {
        "" | "001" | "005" | "105" | "107" => return None,
        "110" | "111" | "112" if is_told => return None,
        "110" => "a server, which does not say whose it is",
        "111" => "an e-mail account, which does not say whose it is",
        "112" => "an API key, which does not say whose it is",
        "002" => "a card",
        "003" => "a secure note",
        "006" => "a document",
        "101" => "a bank account: a statement of it can be imported",
        "103" | "106" | "108" => "a document of identity: its number is never imported",
        "109" => "a wireless network or router",
        "114" => "an SSH key",
        _ => "no login",
    })
}

/// Its password, if any.
fn password_of(item: &Item<'_>) -> Option<()> {
    let is_password = |field: &LoginField<'_>| {
        &*field.designation == "password" || &*field.designation == "username" && !is_user_name(field)
    };
    let fields = each(&item.details.login_fields).any(|field| is_password(field) && is_there(field.value));
    (fields || item.details.password.is_there()).then_some(())
}

fn is_there(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "\"\"" | "false" | "{}" | "[]")
}

/// Counts what is dropped beside the password.
fn count_dropped(item: &Item<'_>, identity: bool, sink: &mut dyn Sink) {
    item.details.notes_plain.tell(Secret::Note, sink);
    item.details.password_history.tell(Secret::Password, sink);
    for field in each(&item.details.login_fields) {
        let is_kept = matches!(&*field.designation, "username" | "password") || email_of(field).is_some();
        if !is_kept && is_there(field.value) {
            sink.dropped(Secret::Note);
        }
    }
    for field in each(&item.details.sections).flat_map(|section| each(&section.fields)) {
        let Some((sort, value)) = field.value.and_then(single) else { continue };
        let secret = match &*sort {
            "totp" => Secret::SecondFactor,
            "concealed" | "sshKey" => Secret::Password,
            "creditCardNumber" => Secret::Card,
            _ if identity || is_told(field) => continue,
            _ => Secret::Note,
        };
        if is_there(value) {
            sink.dropped(secret);
        }
    }
}

/// What items that are no logins have in fields instead of in the overview, by the ids that 1Password gives them: programmes,
/// a server's provider, an e-mail account's provider, the host of an API.
const TOLD: [&str; 6] = ["website", "org_name", "company_name", "membership_no", "provider_website", "hostname"];

/// What is concealed is a secret, whatever it is called.
fn is_told(field: &Field<'_>) -> bool {
    let is_concealed = || field.value.and_then(single).is_some_and(|(sort, _)| is_secret(&sort));
    TOLD.contains(&&*field.id) && !is_concealed()
}

fn is_secret(sort: &str) -> bool {
    matches!(sort, "concealed" | "totp" | "sshKey" | "creditCardNumber")
}

/// Whether it has the address of whose it is.
fn is_somebodys(item: &Item<'_>) -> bool {
    let fields = each(&item.details.sections).flat_map(|section| each(&section.fields));
    let value = |field: &Field<'_>| field.value.and_then(single).is_some_and(|(_, value)| is_there(value));
    let says = |field: &Field<'_>| {
        matches!(&*field.id, "website" | "provider_website" | "hostname") && is_told(field) && value(field)
    };
    !item.overview.url.is_empty() || fields.into_iter().any(says)
}

/// A field for a password is one, even where it is called a user name.
fn is_user_name(field: &LoginField<'_>) -> bool {
    &*field.designation == "username" && &*field.sort != "P"
}

/// The e-mail address that a field of a page asks for, beside the user name.
fn email_of(field: &LoginField<'_>) -> Option<Loose> {
    let is_other = &*field.sort == "E" && !matches!(&*field.designation, "username" | "password");
    is_other.then(|| text(field.value)).filter(|text| is_email(text))
}

/// The only key of an object and its value.
fn single(raw: &RawValue) -> Option<(String, &RawValue)> {
    serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()).ok()?.into_iter().next()
}

fn entry(item: &Item<'_>, vault: &str, place: Place, sink: &mut dyn Sink) -> Entry {
    let mut entry = Entry::new(place);
    entry.id(&item.uuid);
    entry.title(&item.overview.title);
    for field in each(&item.details.login_fields).filter(|field| is_user_name(field)) {
        entry.account(&text(field.value));
    }
    each(&item.details.login_fields).filter_map(email_of).for_each(|email| entry.email(&email));
    entry.address(&item.overview.url, sink);
    each(&item.overview.urls).for_each(|url| entry.address(&url.url, sink));
    programme(&mut entry, item, sink);
    entry.password(password_of(item).is_some(), sink);
    entry.created(date(&item.created_at));
    entry.changed(date(&item.updated_at));
    entry.detail("folder", vault);
    let tags: Vec<&str> = each(&item.overview.tags).map(|tag| &**tag).collect();
    entry.detail("tags", &tags.join(", "));
    entry
}

/// What an item that is no login says of whose it is.
fn programme(entry: &mut Entry, item: &Item<'_>, sink: &mut dyn Sink) {
    let fields = each(&item.details.sections).flat_map(|section| each(&section.fields));
    for field in fields.filter(|field| is_told(field)) {
        let Some((_, value)) = field.value.and_then(single) else { continue };
        let value = value_of(value);
        match &*field.id {
            "website" | "provider_website" | "hostname" => entry.address(&value, sink),
            "membership_no" => entry.account(&value),
            _ if !value.trim().is_empty() => entry.title(&value),
            _ => {}
        }
    }
}

fn text(raw: &RawValue) -> Loose {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// An identity: its fields by the ids that 1Password gives them.
fn person(item: &Item<'_>, place: Place) -> Identity {
    let mut identity = Identity::new(&item.overview.title, place);
    let fields = || each(&item.details.sections).flat_map(|section| each(&section.fields));
    let field = |id: &str| -> Loose {
        let raw = fields().find(|field| &*field.id == id).and_then(|field| field.value).and_then(single);
        raw.map_or_else(Loose::default, |(_, value)| value_of(value))
    };
    identity.name(&field("firstname"), &field("initial"), &field("lastname"));
    identity.claim("email", &field("email"));
    identity.claim("preferred_username", &field("username"));
    identity.claim("website", &field("website"));
    identity.claim("gender", &field("sex"));
    identity.claim("birthdate", &day(&field("birthdate")));
    for (id, label) in
        [("defphone", None), ("homephone", Some("home")), ("cellphone", Some("cell")), ("busphone", Some("work"))]
    {
        identity.labelled("phone_number", label, &field(id));
    }
    if let Some((_, raw)) =
        fields().find(|field| &*field.id == "address").and_then(|field| field.value).and_then(single)
    {
        address(&mut identity, raw);
    }
    identity
}

/// A day, which 1Password keeps as seconds since 1970, or before.
fn day(seconds: &str) -> String {
    let at = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or_else(String::new, |at| at.strftime("%Y-%m-%d").to_string())
}

/// A text, or the address within an e-mail field of newer exports: `{"email_address": …, "provider": …}`.
fn value_of(raw: &RawValue) -> Loose {
    #[derive(Deserialize)]
    struct Email {
        email_address: Loose,
    }
    serde_json::from_str::<Email>(raw.get()).map_or_else(|_| text(raw), |email| email.email_address)
}

fn address(identity: &mut Identity, raw: &RawValue) {
    #[derive(Deserialize, Default)]
    struct Parts {
        #[serde(default)]
        street: Loose,
        #[serde(default)]
        city: Loose,
        #[serde(default)]
        state: Loose,
        #[serde(default)]
        zip: Loose,
        #[serde(default)]
        country: Loose,
    }
    let parts: Parts = serde_json::from_str(raw.get()).unwrap_or_default();
    identity.part(AddressPart::Street, &parts.street);
    identity.part(AddressPart::Locality, &parts.city);
    identity.part(AddressPart::Region, &parts.state);
    identity.part(AddressPart::PostalCode, &parts.zip);
    identity.part(AddressPart::Country, &parts.country);
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Heard;
    use super::*;

    #[test]
    fn a_reward_programme_says_in_its_fields_whose_it_is() {
        let text = r#"{"accounts":[{"attrs":{},"vaults":[{"attrs":{"name":"V"},"items":[
            {"uuid":"i","categoryUuid":"107","overview":{"title":"Miles"},"details":{"sections":[{"fields":[
              {"id":"company_name","value":{"string":"Air Example"}},{"id":"membership_no","value":{"string":"M-1"}},
              {"id":"pin","value":{"concealed":"S3CRET"}},{"id":"org_name","value":{"concealed":"S3CRET"}},{"id":"website","value":{"url":"https://air.example/login"}}]}]}}]}]}]}"#;
        let mut heard = Heard::default();
        read(text, &mut heard).unwrap();
        let [found] = heard.found.as_slice() else { panic!("{heard:?}") };
        let told = (found.host.as_deref(), found.name.as_deref(), found.account.as_deref());
        assert_eq!(told, (Some("air.example"), Some("Air Example"), Some("M-1")));
        assert_eq!((heard.dropped(Secret::Password), heard.dropped(Secret::Note)), (2, 0));
        assert!(!format!("{heard:?}").contains("S3CRET"));
    }

    #[test]
    fn a_server_and_an_api_key_count_where_they_say_whose_they_are() {
        let text = r#"{"accounts":[{"attrs":{},"vaults":[{"attrs":{"name":"V"},"items":[
            {"uuid":"1","categoryUuid":"112","overview":{"title":"Key"},"details":{"sections":[{"fields":[
              {"id":"credential","value":{"concealed":"S3CRET"}},{"id":"hostname","value":{"string":"api.shop.example"}}]}]}},
            {"uuid":"2","categoryUuid":"110","overview":{"title":"Box"},"details":{"sections":[{"fields":[
              {"id":"website","value":{"url":""}}]}]}},
            {"uuid":"3","categoryUuid":"001","overview":{"title":"Shop","url":"https://mail.example"},"details":{"loginFields":[
              {"value":"ada","designation":"username","fieldType":"T"},{"value":"ada@example.org","fieldType":"E"}]}}]}]}]}"#;
        let mut heard = Heard::default();
        read(text, &mut heard).unwrap();
        let hosts: Vec<_> = heard.found.iter().filter_map(|found| found.host.as_deref()).collect();
        assert_eq!(hosts, ["api.shop.example", "mail.example"]);
        assert_eq!(heard.found[1].claims, [("email", "ada@example.org".to_owned())]);
        assert_eq!((heard.passed_over.len(), heard.dropped(Secret::Note)), (1, 0));
    }
}
