//! The laws of patches, against a server of a few lines that does what RFC 7644, section 3.5.2, says of our operations.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::map::shown;
use super::patch::{Change, Operation, Patch};

type Claims = BTreeMap<String, Value>;

fn claims(value: Value) -> Claims {
    serde_json::from_value(value).unwrap()
}

fn patch(user: &Value, set: &Claims, before: &Claims, clear: &Claims) -> Patch {
    Patch::of(user, &Change { set, before, clear, kind: "home" })
}

/// The attribute, what its filter wants, and the sub-attribute of a path.
fn parsed(path: &str) -> (&str, Vec<(String, String)>, Option<&str>) {
    let Some((attribute, rest)) = path.split_once('[') else {
        return match path.split_once('.') {
            Some((attribute, part)) => (attribute, Vec::new(), Some(part)),
            None => (path, Vec::new(), None),
        };
    };
    let mut wants = Vec::new();
    let mut rest = rest;
    loop {
        let (name, after) = rest.split_once(" eq ").unwrap();
        let mut strings = serde_json::Deserializer::from_str(after).into_iter::<String>();
        let text = strings.next().unwrap().expect("a string in a filter is one of JSON");
        wants.push((name.to_owned(), text));
        rest = &after[strings.byte_offset()..];
        match rest.strip_prefix(" and ") {
            Some(more) => rest = more,
            None => break,
        }
    }
    (attribute, wants, rest.strip_prefix(']').unwrap().strip_prefix('.'))
}

fn applied(mut user: Value, operations: &[Operation]) -> Value {
    for Operation { op, path, value } in operations {
        let (attribute, wants, part) = parsed(path);
        let value = value.clone().unwrap_or_default();
        if wants.is_empty() {
            let target = match part {
                Some(part) => &mut user[attribute][part],
                None => &mut user[attribute],
            };
            match (*op, value.as_array()) {
                ("add", Some(new)) => match target.as_array_mut() {
                    Some(entries) => entries.extend(new.iter().cloned()),
                    None => *target = value,
                },
                // A null is nothing.
                _ => *target = value,
            }
            continue;
        }
        let entries = user[attribute].as_array_mut().unwrap();
        let is_meant = |entry: &Value| wants.iter().all(|(name, text)| entry[name].as_str() == Some(text));
        assert!(entries.iter().any(is_meant), "noTarget: {path}");
        match (*op, part) {
            ("remove", None) => entries.retain(|entry| !is_meant(entry)),
            ("replace", Some(part)) => {
                entries.iter_mut().filter(|entry| is_meant(entry)).for_each(|entry| entry[part] = value.clone());
            }
            other => panic!("{other:?}"),
        }
    }
    user
}

#[test]
fn only_what_is_lent_is_brought_and_all_else_stays() {
    let user = json!({
        "userName": "ada", "displayName": "A.", "nickName": "Countess",
        "emails": [{"value": "work@x.example", "type": "work", "primary": true}],
    });
    let set = claims(json!({
        "name": "Ada Lovelace", "email": "ada@x.example", "phone_number": "+33 1", "zoneinfo": "Europe/Paris",
        "address": {"street_address": "12 rue", "postal_code": "75002"}, "picture": "https://x.example/a.png",
        "birthdate": "1815-12-10", "preferred_username": "other",
    }));
    let patch = patch(&user, &set, &Claims::new(), &Claims::new());
    let now = applied(user.clone(), &patch.operations);
    assert_eq!(
        now,
        json!({
            "userName": "ada", "displayName": "A.", "nickName": "Countess", "name": {"formatted": "Ada Lovelace"},
            "emails": [
                {"value": "work@x.example", "type": "work", "primary": true},
                {"value": "ada@x.example", "type": "home"},
            ],
            "phoneNumbers": [{"value": "tel:+331", "type": "home"}],
            "photos": [{"value": "https://x.example/a.png", "type": "photo"}],
            "addresses": [{"streetAddress": "12 rue", "postalCode": "75002", "type": "home"}],
            "timezone": "Europe/Paris",
        })
    );
    assert_eq!(patch.words(), "birthdate, preferred_username: not brought, since SCIM has no place for it");
    let body: Value = serde_json::from_str(&patch.body()).unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]));
    assert!(body["Operations"].as_array().unwrap().iter().all(|one| one["op"] == "add"));
}

#[test]
fn a_new_value_takes_the_place_of_the_one_that_was_lent() {
    let user = json!({
        "emails": [
            {"value": "work@x.example", "type": "work"},
            {"value": "old@X.EXAMPLE", "type": "other", "primary": true},
        ],
        "addresses": [
            {"streetAddress": "1 \"old\" [way]", "country": "FR", "formatted": "1 old way, France", "type": "home"},
            {"streetAddress": "9 office", "type": "work"},
        ],
        "nickName": "somebody else's",
    });
    let before = claims(json!({
        "email": "old@x.example", "nickname": "mine",
        "address": {"street_address": "1 \"old\" [way]", "country": "FR"},
    }));
    let set = claims(json!({
        "email": "new@x.example", "nickname": "mine too", "address": {"street_address": "2 new way"},
    }));
    let patch = patch(&user, &set, &before, &Claims::new());
    let now = applied(user, &patch.operations);
    assert_eq!(
        now,
        json!({
            "emails": [
                {"value": "work@x.example", "type": "work"},
                {"value": "new@x.example", "type": "other", "primary": true},
            ],
            "addresses": [
                {"streetAddress": "9 office", "type": "work"},
                {"streetAddress": "2 new way", "type": "home"},
            ],
            "nickName": "mine too",
        })
    );
}

#[test]
fn what_is_there_already_is_not_added_twice_and_the_old_goes() {
    let user = json!({"emails": [{"value": "new@x.example"}, {"value": "old@x.example"}]});
    let (set, before) = (claims(json!({"email": "new@x.example"})), claims(json!({"email": "old@x.example"})));
    let patch = patch(&user, &set, &before, &Claims::new());
    assert_eq!(
        patch.operations,
        [Operation { op: "remove", path: r#"emails[value eq "old@x.example"]"#.into(), value: None }]
    );
}

#[test]
fn taking_back_leaves_alone_what_somebody_changed() {
    let user = json!({
        "nickName": "Countess", "locale": "fr-FR", "emails": [{"value": "else@x.example"}, {"value": "ada@x.example"}],
        "phoneNumbers": [{"value": "tel:+33-1"}],
    });
    let clear = claims(json!({
        "nickname": "Ada", "locale": "fr-FR", "email": "ada@x.example", "phone_number": "+331", "zoneinfo": "Europe/Paris",
    }));
    let patch = patch(&user, &Claims::new(), &Claims::new(), &clear);
    let paths: Vec<&str> = patch.operations.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, [r#"emails[value eq "ada@x.example"]"#, "locale", r#"phoneNumbers[value eq "tel:+33-1"]"#]);
    assert!(patch.operations.iter().all(|one| one.op == "remove" && one.value.is_none()));
    assert_eq!(patch.words(), "nickname: left alone, since it shows another value than yours by now");
}

#[test]
fn a_part_that_is_no_more_in_an_address_goes() {
    let user = json!({"addresses": [{"streetAddress": "3 quai", "locality": "Lyon"}]});
    let before = claims(json!({"address": {"street_address": "3 quai", "locality": "Lyon"}}));
    let set = claims(json!({"address": {"street_address": "3 quai"}}));
    let changed = applied(
        user,
        &patch(&json!({"addresses": [{"streetAddress": "3 quai", "locality": "Lyon"}]}), &set, &before, &Claims::new())
            .operations,
    );
    assert_eq!(shown(&changed, &["address".into()])["address"], Some(json!({"street_address": "3 quai"})));
}

prop_compose! {
    /// Text with what a filter has to quote.
    fn text()(text in r#"[a-z"\\\[\]{}() .=]{1,9}"#) -> String { format!("x{text}x") }
}

fn address() -> impl Strategy<Value = Value> {
    (text(), proptest::option::of(text())).prop_map(|(street, city)| match city {
        Some(city) => json!({"street_address": street, "locality": city}),
        None => json!({"street_address": street}),
    })
}

prop_compose! {
    fn lent()(email in text(), nick in text(), address in address()) -> Claims {
        claims(json!({"email": email, "nickname": nick, "address": address}))
    }
}

prop_compose! {
    fn user()(emails in proptest::collection::vec(text(), 0..4), nick in proptest::option::of(text()),
              streets in proptest::collection::vec(text(), 0..3)) -> Value {
        let entry = |(place, value): (usize, &String)| json!({"value": value, "type": format!("t{place}")});
        json!({
            "nickName": nick,
            "emails": emails.iter().enumerate().map(entry).collect::<Vec<_>>(),
            "addresses": streets.iter().map(|street| json!({"streetAddress": street})).collect::<Vec<_>>(),
        })
    }
}

/// The entries that are not this e-mail address.
fn others<'a>(user: &'a Value, not: &[&Claims]) -> Vec<&'a Value> {
    let ours = |entry: &Value| not.iter().any(|claims| claims["email"] == entry["value"]);
    user["emails"].as_array().into_iter().flatten().filter(|entry| !ours(entry)).collect()
}

proptest! {
    #[test]
    fn what_is_set_is_shown_and_what_is_cleared_is_not(user in user(), before in lent(), set in lent()) {
        let none = Claims::new();
        let lent = applied(user.clone(), &patch(&user, &before, &none, &none).operations);
        prop_assert!(patch(&lent, &before, &none, &none).operations.is_empty(), "once is enough");
        let changed = applied(lent.clone(), &patch(&lent, &set, &before, &none).operations);
        let names: Vec<String> = set.keys().cloned().collect();
        for (claim, value) in shown(&changed, &names) {
            let value = value.unwrap();
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
            prop_assert!(values.contains(&set[&claim]), "{claim}: {values:?}");
        }
        prop_assert_eq!(others(&changed, &[&before, &set]), others(&user, &[&before, &set]));
        let gone = applied(changed.clone(), &patch(&changed, &none, &none, &set).operations);
        prop_assert!(gone["nickName"].is_null());
        prop_assert_eq!(others(&gone, &[&before, &set]), others(&user, &[&before, &set]));
        prop_assert!(patch(&gone, &none, &none, &set).operations.is_empty());
    }
}
