//! What becomes of values in requests: nothing but themselves, and nothing at all where a claim is not lent.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::file::{Call, File};
use super::render::{claims_of, let_in, request};
use super::template::Values;
use super::{Connector, Settings, parse};
use crate::delivery::channel::Channel;
use crate::delivery::http::Request;

fn shipped(name: &str) -> File {
    super::list(None).unwrap().into_iter().find(|shelved| shelved.name == name).unwrap().file.unwrap()
}

fn map(pairs: Value) -> BTreeMap<String, Value> {
    serde_json::from_value(pairs).unwrap()
}

fn fields() -> BTreeMap<String, String> {
    let all = [("user_id", "@ada:x/y"), ("username", "ada"), ("shop_id", "7"), ("address_id", "gid://shopify/A/1")];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn host() -> Url {
    Url::parse("https://vendor.example/base/").unwrap()
}

fn render(call: &Call, claims: &BTreeMap<String, Value>, gone: &BTreeMap<String, Value>) -> Option<Request> {
    let before = BTreeMap::new();
    request(call, &host(), &Values { claims, before: &before, gone, fields: &fields() }).unwrap()
}

/// The requests that bring these claims: method, path and query, body.
fn bring(name: &str, claims: Value) -> Vec<(String, String, String)> {
    let claims = map(claims);
    let shown = |request: Request| {
        let url = request.url;
        let place = format!("{}{}", url.path(), url.query().map(|query| format!("?{query}")).unwrap_or_default());
        (request.method.to_string(), place, request.body.unwrap_or_default())
    };
    shipped(name).set.iter().filter_map(|call| render(call, &claims, &BTreeMap::new())).map(shown).collect()
}

#[test]
fn only_what_is_lent_is_sent_and_nothing_is_sent_empty() {
    let [(method, place, body)] = &bring("wordpress", json!({"given_name": "Ada", "email": "a@b.example"}))[..] else {
        panic!("one request")
    };
    assert_eq!((method.as_str(), place.as_str()), ("POST", "/base/wp-json/wp/v2/users/me"));
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({"first_name": "Ada", "email": "a@b.example"}));
    assert_eq!(bring("wordpress", json!({})), []);
    assert_eq!(bring("wordpress", json!({"phone_number": "+33123456789"})), []);
}

#[test]
fn a_form_has_one_pair_for_each_key_and_a_path_one_segment_for_each_field() {
    let all = bring("nextcloud", json!({"phone_number": "+33 1&key=quota", "name": "Ada"}));
    let expected = [
        ("PUT", "/base/ocs/v2.php/cloud/users/@ada:x%2Fy?format=json", "key=displayname&value=Ada"),
        ("PUT", "/base/ocs/v2.php/cloud/users/@ada:x%2Fy?format=json", "key=phone&value=%2B33+1%26key%3Dquota"),
    ];
    assert_eq!(all, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
}

#[test]
fn a_graphql_document_is_sent_as_it_is_and_values_are_variables() {
    let all = bring("shopify-customer", json!({"given_name": "\"}) { evil }", "address": {"locality": "Paris"}}));
    let bodies: Vec<Value> = all.iter().map(|(_, _, body)| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(bodies[0]["variables"], json!({"input": {"firstName": "\"}) { evil }"}}));
    assert_eq!(bodies[1]["variables"], json!({"addressId": "gid://shopify/A/1", "address": {"city": "Paris"}}));
    assert!(bodies.iter().all(|body| !body["query"].as_str().unwrap().contains("evil")));
    assert_eq!(bring("shopify-customer", json!({"family_name": "Lovelace"})).len(), 1);
}

#[test]
fn a_part_of_a_body_that_is_about_claims_goes_with_its_last_claim() {
    let call: Call = serde_json::from_value(json!({
        "method": "POST", "path": "/x",
        "json": {"emails": [{"type": "home", "value": "{claim:email}"}], "name": "{claim:name}", "v": 1, "keep": {}},
    }))
    .unwrap();
    let body = |claims: Value| render(&call, &map(claims), &BTreeMap::new()).map(|request| request.body.unwrap());
    assert_eq!(body(json!({"name": "A"})).unwrap(), r#"{"keep":{},"name":"A","v":1}"#);
    assert_eq!(
        body(json!({"email": "e@x.example"})).unwrap(),
        r#"{"emails":[{"type":"home","value":"e@x.example"}],"keep":{},"v":1}"#
    );
    assert_eq!(body(json!({})), None);
}

#[test]
fn what_is_taken_back_is_emptied_and_nothing_else() {
    let gone = map(json!({"family_name": "Lovelace", "name": "Ada"}));
    let clear = &shipped("wordpress").take_back.requests[0];
    let request = render(clear, &BTreeMap::new(), &gone).unwrap();
    assert_eq!(request.body.unwrap(), r#"{"last_name":"","name":"ada"}"#);
    assert!(render(clear, &BTreeMap::new(), &map(json!({"email": "a@b.example"}))).is_none());
}

#[test]
fn what_lets_in_is_marked_and_in_its_own_header() {
    let token = "s3cret".into();
    let expected = [
        ("matrix", "authorization", "Bearer s3cret"),
        ("weblate", "authorization", "Token s3cret"),
        ("gitlab", "private-token", "s3cret"),
        ("wordpress", "authorization", "Basic YWRhOnMzY3JldA=="),
    ];
    for (name, header, value) in expected {
        let file = shipped(name);
        let claims = map(json!({"name": "A", "email": "a@b.example"}));
        let mut request = render(&file.set[0], &claims, &BTreeMap::new()).unwrap();
        let nothing = BTreeMap::new();
        let values = Values { claims: &nothing, before: &nothing, gone: &nothing, fields: &fields() };
        let_in(&mut request, &file, &values, &token).unwrap();
        assert_eq!((request.headers[header].to_str().unwrap(), request.headers[header].is_sensitive()), (value, true));
        assert!(!format!("{request:?}").contains("s3cret"), "{name}");
    }
}

#[test]
fn a_field_that_means_another_place_is_refused() {
    let call: Call = serde_json::from_value(json!({"method": "GET", "path": "/a/{field:x}/b"})).unwrap();
    let nothing = BTreeMap::new();
    for (value, fine) in [("..", false), (".", false), ("", false), ("a\tb", false), ("a/../b", true), ("%2e%2e", true)]
    {
        let fields = BTreeMap::from([("x".to_owned(), value.to_owned())]);
        let values = Values { claims: &nothing, before: &nothing, gone: &nothing, fields: &fields };
        assert_eq!(request(&call, &host(), &values).is_ok(), fine, "{value:?}");
    }
}

#[test]
fn a_shipped_connector_brings_and_shows_what_it_says() {
    for shelved in super::list(None).unwrap() {
        let file = shelved.file.unwrap();
        let claims = file.claims.clone();
        let settings = Settings { connector: file, host: host(), fields: fields() };
        let kept: Settings = serde_json::from_value(serde_json::to_value(&settings).unwrap()).unwrap();
        assert_eq!(kept, settings);
        let way = Connector::new(kept).unwrap();
        assert!(claims.iter().all(|claim| way.takes(claim)) && !way.takes("gender"), "{}", shelved.name);
    }
}

/// A call with values wherever they can stand.
fn everywhere() -> Call {
    let text = r#"
        method = "POST"
        path = "/u/{claim:name}/x{claim:name}y"
        query = { q = "{claim:name}", z = "1" }
        headers = { X-User = "{field:id}" }
        form = { key = "name", value = "{claim:name}" }
    "#;
    toml::from_str(text).unwrap()
}

proptest! {
    /// Whatever a value is: path, query and form have the parts that the file says, and the value is read back as it was.
    #[test]
    fn no_value_changes_the_structure_of_a_request(value in "\\PC{1,40}") {
        let call = everywhere();
        let (claims, nothing) = (map(json!({"name": value})), BTreeMap::new());
        let fields = BTreeMap::from([("id".to_owned(), "7".to_owned())]);
        let values = Values { claims: &claims, before: &nothing, gone: &nothing, fields: &fields };
        let Ok(Some(made)) = request(&call, &host(), &values) else {
            prop_assert!(matches!(value.as_str(), "." | ".."));
            return Ok(());
        };
        prop_assert_eq!(made.url.origin(), host().origin());
        let segments: Vec<&str> = made.url.path_segments().unwrap().collect();
        prop_assert_eq!((segments.len(), &segments[..2]), (4, &["base", "u"][..]));
        let decoded = |segment: &str| url::form_urlencoded::parse(segment.replace('+', "%2B").as_bytes()).next().map(|(name, _)| name.into_owned());
        prop_assert!(!segments[2].contains(['&', '=']) || value.contains(['&', '=']));
        if !value.contains(['&', '=']) {
            prop_assert_eq!(decoded(segments[2]), Some(value.clone()));
        }
        let query: Vec<_> = made.url.query_pairs().into_owned().collect();
        prop_assert_eq!(query, [("q".to_owned(), value.clone()), ("z".to_owned(), "1".to_owned())]);
        prop_assert!(made.url.fragment().is_none());
        let body = made.body.unwrap();
        let form: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        prop_assert_eq!(form, [("key".to_owned(), "name".to_owned()), ("value".to_owned(), value)]);
    }

    /// In JSON a value is one string, whatever it holds.
    #[test]
    fn a_value_in_json_is_one_string(value in any::<String>().prop_filter("not empty", |value| !value.is_empty())) {
        let claims = map(json!({"given_name": value, "name": "N"}));
        let call = &shipped("wordpress").set[0];
        let body = render(call, &claims, &BTreeMap::new()).unwrap().body.unwrap();
        let read: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(read, json!({"first_name": value, "name": "N"}));
    }

    /// A claim that is not lent is in no request, whatever else is lent.
    #[test]
    fn what_is_not_lent_is_in_no_request(lent in 0usize..64) {
        const SECRET: &str = "not-lent";
        let all = ["name", "given_name", "family_name", "nickname", "email", "website"];
        let (yes, no): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, _)| lent & (1 << at) != 0);
        let claims: BTreeMap<String, Value> = yes.iter().map(|(_, name)| ((**name).to_owned(), json!("lent"))).collect();
        let before: BTreeMap<String, Value> = no.iter().map(|(_, name)| ((**name).to_owned(), json!(SECRET))).collect();
        let (nothing, fields) = (BTreeMap::new(), fields());
        let values = Values { claims: &claims, before: &before, gone: &nothing, fields: &fields };
        let file = shipped("wordpress");
        match request(&file.set[0], &host(), &values).unwrap() {
            None => prop_assert!(claims.is_empty()),
            Some(made) => {
                let body: Value = serde_json::from_str(&made.body.unwrap()).unwrap();
                prop_assert_eq!(body.as_object().unwrap().len(), claims.len());
                prop_assert!(!body.to_string().contains(SECRET));
            }
        }
        prop_assert_eq!(claims_of(&file.set[0]).unwrap().len(), all.len());
    }
}

#[test]
fn the_file_that_the_recipe_shows_is_one() {
    let recipe = include_str!("../../../../docs/recipes/connectors.md");
    let text = recipe.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let file = parse(text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(file.name, "shop");
}
