use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::file::File;
use super::template::Filling;
use super::{Settings, request, shelf};

const SAMPLE: &str = r#"
name = "sample"
title = "Sample"
documentation = "https://sample.example/api"
read_on = "2026-11-25"

[auth]
kind = "bearer"

[fields]
user = "who you are"

[[set]]
method = "PATCH"
path = "/users/{field:user}"
json = { fixed = "yes", names = { first = "{claim:given_name}", last = "{claim:family_name}" }, mail = "{claim:email}" }

[[set]]
method = "POST"
path = "/street"
form = { street = "{claim:address.street_address}", op = "set" }

[withdraw]
how = "clear"
"#;

fn settings() -> Settings {
    Settings {
        connector: File::parse(SAMPLE).unwrap(),
        host: Url::parse("https://sample.example/app/").unwrap(),
        fields: [("user".to_owned(), "ada/../root?x#y".to_owned())].into(),
    }
}

/// The bodies of the requests that these claims make.
fn bodies(claims: &Value, empty: bool) -> Vec<(String, String)> {
    let settings = settings();
    let claims: BTreeMap<String, Value> = serde_json::from_value(claims.clone()).unwrap();
    let with = Filling { claims: &claims, fields: &settings.fields, empty };
    let calls = settings.connector.set.iter().filter(|call| request::says_something(call, &with));
    let made = calls.map(|call| request::of_call(&settings, call, &with, false).unwrap());
    made.map(|request| (request.url.to_string(), request.body.unwrap())).collect()
}

#[test]
fn only_what_is_lent_is_sent_and_a_request_without_it_is_not_made() {
    let all = bodies(&json!({"given_name": "Ada", "address": {"street_address": "3 quai"}}), false);
    let (user, street) = (&all[0], &all[1]);
    assert_eq!(user.0, "https://sample.example/app/users/ada%2F..%2Froot%3Fx%23y");
    assert_eq!(serde_json::from_str::<Value>(&user.1).unwrap(), json!({"fixed": "yes", "names": {"first": "Ada"}}));
    assert_eq!(street.1, "op=set&street=3+quai");
    assert!(bodies(&json!({"birthdate": "1815-12-10"}), false).is_empty());
    let cleared = bodies(&json!({"email": "ada@example.org"}), true);
    assert_eq!(serde_json::from_str::<Value>(&cleared[0].1).unwrap(), json!({"fixed": "yes", "mail": ""}));
}

#[test]
fn mistakes_are_refused_with_their_line() {
    let cases = [
        ("read_on = \"2026-11-25\"", "shell = \"rm\"", 5, "unknown field"),
        ("path = \"/street\"", "path = \"https://evil.example/street\"", 20, "another host"),
        ("path = \"/street\"", "path = \"//evil.example\"", 20, "another host"),
        ("path = \"/street\"", "path = \"/a/../b\"", 20, "leads out"),
        ("{claim:email}", "{claim:shoe_size}", 16, "no claim named"),
        ("{claim:email}", "{field:secret}", 16, "not declared"),
        ("path = \"/users/{field:user}\"", "path = \"/users/{claim:email}\"", 15, "holds a claim"),
        ("method = \"POST\"", "method = \"POST\"\nheaders = { Host = \"evil.example\" }", 20, "may set"),
        ("method = \"POST\"", "method = \"GET\"", 19, "unknown variant"),
        ("how = \"clear\"", "how = \"burn\"", 24, "unknown variant"),
    ];
    for (from, to, line, what) in cases {
        let text = SAMPLE.replacen(from, to, 1);
        assert_ne!(text, SAMPLE, "{from}");
        let error = File::parse(&text).unwrap_err().to_string();
        assert!(error.contains(what), "{to}: {error}");
        let named: usize = error.trim_start_matches("line ").split(':').next().unwrap().parse().unwrap();
        assert_eq!(named, line, "{to}: {error}");
    }
}

#[test]
fn every_connector_that_comes_with_the_program_is_right() {
    let shelf = shelf::all(None).unwrap();
    assert!(shelf.len() >= 2, "{}", shelf.len());
    for one in shelf {
        let file = one.file.unwrap_or_else(|e| panic!("{}: {e}", one.name));
        assert_eq!(file.name, one.name);
        for (claim, _) in file.read.iter().flat_map(|read| &read.claims) {
            assert!(file.claims().contains(claim.split('.').next().unwrap()), "{}: {claim}", one.name);
        }
    }
}

proptest! {
    /// Whatever a value holds, it stays one value.
    #[test]
    fn no_value_changes_what_a_request_is(first: String, street: String) {
        let made = bodies(&json!({"given_name": first, "address": {"street_address": street}}), false);
        let body: Value = serde_json::from_str(&made[0].1).unwrap();
        prop_assert_eq!(body, json!({"fixed": "yes", "names": {"first": first}}));
        let form: Vec<(String, String)> = url::form_urlencoded::parse(made[1].1.as_bytes()).into_owned().collect();
        prop_assert_eq!(form, vec![("op".to_owned(), "set".to_owned()), ("street".to_owned(), street)]);
    }
}
