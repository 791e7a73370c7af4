//! Every text, as it is read; and that a text tells what it should, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::{Author, Language, Law, Sheet, write};
use crate::delivery::channel::{Parcel, Text};
use crate::delivery::message::{Message, MessageState};
use crate::grant::model::Mode;
use crate::grant::{Grant, LentClaim, Purpose, Scope, State};
use crate::vendor::Vendor;
use crate::wire::event::{Event, FeedbackKind, FeedbackSubmitted};
use crate::wire::jose::SigningKey;
use crate::wire::set::{Audience, Claims};

const LANGUAGES: [Language; 6] =
    [Language::English, Language::American, Language::French, Language::German, Language::Swiss, Language::Spanish];

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn vendor() -> Vendor {
    Vendor {
        id: "v".into(),
        name: "acme".into(),
        title: Some("Acme SA".into()),
        url: Url::parse("https://acme.example").unwrap(),
        domain: "acme.example".into(),
        resource: "https://acme.example".into(),
        metadata: None,
        allow_loopback: false,
        approved_origins: Vec::new(),
        added_at: time("2026-01-01T00:00:00Z"),
        discovered_at: time("2026-01-01T00:00:00Z"),
    }
}

fn message(event: Event, payload: &Value) -> Message {
    let claims = Claims {
        iss: "urn:example:ada".into(),
        aud: Audience::One("https://acme.example".into()),
        jti: "01936b0e-0000-7000-8000-00000000abcd".into(),
        iat: 0,
        toe: None,
        txn: None,
        sub_id: None,
        events: [(event.uri(), payload.clone())].into(),
    };
    Message {
        id: claims.jti.clone(),
        outgoing: true,
        vendor_id: "v".into(),
        grant_id: Some("g".into()),
        event: event.name().into(),
        version: Some(1),
        jws: claims.sign(&SigningKey::from_seed(&[7; 32]), false),
        set_hash: String::new(),
        state: MessageState::Queued,
        created_at: time("2026-11-01T10:00:00Z"),
        attempts: 0,
        attempted_at: None,
        due_at: None,
        delivered_at: None,
        reason: None,
        answers: None,
        verified_by: None,
        channel: None,
    }
}

fn grant(basis: &str, words: Option<&str>) -> Grant {
    Grant {
        id: "g".into(),
        vendor_id: "v".into(),
        persona: "default".into(),
        scope: Scope {
            claims: vec![LentClaim { claim: "email".parse().unwrap(), why: None, optional: false }],
            purposes: vec![Purpose { term: "DeliveryOfGoods".into(), words: words.map(str::to_owned) }],
            lawful_basis: basis.into(),
            mode: Mode::Continuous,
            data_life: "P1Y".into(),
            recipients: Vec::new(),
            terms: None,
        },
        state: State::DRAFT,
        txn: "t".into(),
        created_at: time("2026-11-01T10:00:00Z"),
        expires_at: time("2027-01-30T10:00:00Z"),
        ended_at: None,
        ended_how: None,
        confirm_by: None,
        confirmed_at: None,
        renewal: None,
        closed_at: None,
        reminded_at: None,
    }
}

fn claims(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(claim, value)| ((*claim).to_owned(), value.clone())).collect()
}

fn parcel(event: Event, basis: &str) -> Parcel {
    Parcel {
        message: message(event, &json!({})),
        event,
        grant: Some(grant(basis, None)),
        vendor: Arc::new(vendor()),
        account: Some("A-451".into()),
        set: BTreeMap::new(),
        before: BTreeMap::new(),
        clear: BTreeMap::new(),
        identity: claims(&[("name", json!("Ada Lovelace")), ("email", json!("ada@example.org"))]),
        words: None,
        edited: None,
    }
}

fn author(language: Option<Language>, law: Law) -> Author {
    Author { language, law, zone: TimeZone::UTC }
}

fn old_home() -> Value {
    json!({"street_address": "1 Old Street", "postal_code": "EC1V 9HL", "locality": "London", "country": "GB"})
}

fn new_home() -> Value {
    json!({"street_address": "12 rue de la Paix", "postal_code": "75002", "locality": "Paris", "country": "FR"})
}

/// A parcel of each sort.
fn parcels() -> Vec<(&'static str, Parcel)> {
    let moved = claims(&[("address", new_home()), ("email", json!("ada@example.org"))]);
    let before = claims(&[("address", old_home()), ("email", json!("ada@example.org"))]);
    let clear = claims(&[("address", new_home()), ("phone_number", json!("+33142278186"))]);
    let created =
        |basis, parcel: Parcel| Parcel { set: moved.clone(), ..Parcel { grant: Some(grant(basis, None)), ..parcel } };
    let said = |kind, outcome: Option<&str>| {
        let said = FeedbackSubmitted {
            kind,
            about: None,
            text: "Why do you need my birth date?\nI only buy tea.".into(),
            desired_outcome: outcome.map(str::to_owned),
            respond_by: outcome.map(|_| time("2026-11-15T23:59:59Z")),
        };
        let message = message(Event::FeedbackSubmitted, &json!(said));
        Parcel { words: Some(said.text), grant: None, message, ..parcel(Event::FeedbackSubmitted, "Consent") }
    };
    vec![
        (
            "a changed address",
            Parcel { set: moved.clone(), before: before.clone(), ..parcel(Event::GrantUpdated, "Consent") },
        ),
        (
            "less and more",
            Parcel {
                set: claims(&[("birthdate", json!("1815-12-10"))]),
                clear: claims(&[("phone_number", json!("+33142278186"))]),
                ..parcel(Event::GrantUpdated, "Consent")
            },
        ),
        ("a new grant by consent", created("Consent", parcel(Event::GrantCreated, "Consent"))),
        ("a new grant by contract", created("Contract", parcel(Event::GrantCreated, "Contract"))),
        ("longer", parcel(Event::GrantRenewed, "Consent")),
        ("taken back", Parcel { clear: clear.clone(), ..parcel(Event::GrantRevoked, "Consent") }),
        ("taken back, of a contract", Parcel { clear, ..parcel(Event::GrantRevoked, "Contract") }),
        ("taken back, and still lent otherwise", parcel(Event::GrantRevoked, "Consent")),
        ("a complaint", said(FeedbackKind::Complaint, Some("It is erased."))),
        ("praise", said(FeedbackKind::Praise, None)),
    ]
}

fn shown(title: &str, text: &Text) -> String {
    format!("=== {title}\n{}\n---\n{}\n\n", text.subject, text.body)
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("../../../tests/snapshots");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_text_in_every_language() {
    for (language, name) in [
        (Language::English, "text_english"),
        (Language::French, "text_french"),
        (Language::German, "text_german"),
        (Language::Spanish, "text_spanish"),
    ] {
        let author = author(Some(language), Law::Gdpr);
        let all: String = parcels()
            .iter()
            .map(|(title, parcel)| shown(title, &write(parcel, None, &author, Sheet::Screen)))
            .collect();
        snapshot(name, &all);
    }
}

#[test]
fn every_law_in_every_language() {
    let mut all = String::new();
    for law in [Law::UkGdpr, Law::Swiss, Law::California, Law::None] {
        for language in LANGUAGES {
            for (title, parcel) in
                parcels().into_iter().filter(|(title, _)| ["a changed address", "taken back"].contains(title))
            {
                let text = write(&parcel, Some(language), &author(None, law), Sheet::Screen);
                let cited = |line: &&str| line.contains('(') || line.ends_with('.');
                let cites: Vec<&str> = text.body.lines().filter(cited).collect();
                all += &format!("=== {law:?}, {language:?}, {title}\n{}\n{}\n\n", text.subject, cites.join("\n"));
            }
        }
    }
    snapshot("text_laws", &all);
}

#[test]
fn the_vendors_language_comes_first_and_the_users_below_it() {
    let (_, parcel) = parcels().remove(0);
    let text = |vendors, own| write(&parcel, vendors, &author(own, Law::Gdpr), Sheet::Paper);
    let both = text(Some(Language::German), Some(Language::French));
    snapshot("text_two_languages", &shown("German, then French", &both));
    let once = |text: &Text| !text.body.contains("* * *");
    assert!(once(&text(Some(Language::Swiss), Some(Language::German))), "who reads one reads the other");
    assert!(once(&text(None, Some(Language::Spanish))) && once(&text(Some(Language::French), None)));
    assert!(text(None, None).body.starts_with("Dear"));
}

#[test]
fn what_the_user_says_is_said_once_and_an_edited_text_is_theirs() {
    let (_, parcel) = parcels().remove(8);
    let text = write(&parcel, Some(Language::German), &author(Some(Language::French), Law::Gdpr), Sheet::Screen);
    assert_eq!(text.body.matches("I only buy tea.").count(), 1);
    let edited = Text { subject: "Mine".into(), body: "My own.".into() };
    let parcel = Parcel { edited: Some(edited.clone()), ..parcel };
    assert_eq!(write(&parcel, Some(Language::German), &author(None, Law::Gdpr), Sheet::Paper), edited);
}

#[test]
fn a_vendor_is_told_who_writes_by_what_it_knows_and_not_by_what_is_new() {
    let set = claims(&[("email", json!("new@example.org")), ("name", json!("Ada King"))]);
    let before = claims(&[("email", json!("old@example.org"))]);
    let identity = set.clone();
    let parcel = Parcel { set, before, identity, account: None, ..parcel(Event::GrantUpdated, "Consent") };
    let text = write(&parcel, None, &author(None, Law::None), Sheet::Screen).body;
    let who = text.split("no longer right").next().unwrap();
    assert!(who.contains("old@example.org") && !who.contains("new@example.org") && !who.contains("Ada King"), "{text}");
    assert!(text.trim_end().ends_with("Ada King"), "{text}");
    assert!(!text.contains("GDPR") && !text.contains("()") && !text.contains("  ("));
}

/// Claims of names, each with a value that stands nowhere else.
fn told() -> impl Strategy<Value = BTreeMap<String, Value>> {
    const NAMES: [&str; 8] = ["name", "email", "phone_number", "address", "birthdate", "nickname", "website", "gender"];
    let value = prop_oneof![
        "[a-z]{12}".prop_map(|text| json!(text)),
        "[a-z]{12}".prop_map(|text| {
            json!({"street_address": format!("s{text}"), "locality": format!("l{text}"), "odd": format!("o{text}")})
        })
    ];
    prop::collection::btree_map(prop::sample::select(&NAMES[..]).prop_map(str::to_owned), value, 0..6)
}

fn strings(claims: &BTreeMap<String, Value>) -> Vec<String> {
    let parts = |value: &Value| match value {
        Value::Object(parts) => parts.values().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => vec![other.as_str().unwrap_or_default().to_owned()],
    };
    claims.values().flat_map(parts).collect()
}

proptest! {
    #[test]
    fn every_value_that_is_set_is_told_and_no_other(
        (set, before, clear, secret) in (told(), told(), told(), told()),
        language in prop::sample::select(&LANGUAGES[..]),
        own in prop::option::of(prop::sample::select(&LANGUAGES[..])),
        law in prop::sample::select(&[Law::Gdpr, Law::UkGdpr, Law::Swiss, Law::California, Law::None][..]),
        event in prop::sample::select(&[Event::GrantCreated, Event::GrantUpdated, Event::GrantRenewed, Event::GrantRevoked][..]),
        contract: bool,
    ) {
        let basis = if contract { "Contract" } else { "Consent" };
        let carries = matches!(event, Event::GrantCreated | Event::GrantUpdated);
        let set = if carries { set } else { BTreeMap::new() };
        let clear = if event == Event::GrantRevoked { clear } else { BTreeMap::new() };
        let before: BTreeMap<_, _> = before.into_iter().filter(|(claim, _)| set.contains_key(claim)).collect();
        let message = message(event, &json!({"claims": secret}));
        let parcel = Parcel { message, set, before, clear, ..parcel(event, basis) };
        let text = write(&parcel, Some(language), &author(own, law), Sheet::Screen);
        let all = format!("{}\n{}", text.subject, text.body);
        for value in strings(&parcel.set).iter().chain(&strings(&parcel.clear)) {
            prop_assert!(text.body.contains(value.as_str()), "{value} is not in {}", text.body);
        }
        for value in strings(&secret) {
            let told = [&parcel.set, &parcel.before, &parcel.clear].iter().any(|claims| strings(claims).contains(&value));
            prop_assert!(told || !all.contains(value.as_str()), "{value} is in {all}");
        }
        prop_assert!(!all.contains(['{', '}']) && text.subject.lines().count() == 1, "a gap is open: {}", all);
    }
}
