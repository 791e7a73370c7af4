//! A vault that an earlier version wrote opens, with all that is in it. Never write a kept vault anew: it is what that
//! version left behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

mod kit;

use std::fs;
use std::path::Path;

use kit::TestEnv;
use serde_json::json;

/// A machine whose vault is a copy of a kept one.
fn old(name: &str) -> TestEnv {
    let env = TestEnv::empty();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let files = ["vault.toml", "vault.db", "head", "slots/passphrase.age", "slots/recovery.age"];
    let copies = files.map(|file| (Path::new("vault").join(file), fs::read(kept.join(file)).unwrap()));
    env.write_files(&copies.into());
    fs::copy(kept.join("recovery.txt"), env.path("recovery.txt")).unwrap();
    env
}

#[test]
fn a_vault_of_schema_1_opens_with_all_that_is_in_it() {
    let env = old("vault-v1");
    env.ok("log verify");
    assert_eq!(env.json("profile show email")["value"], "ada@new.example");
    assert_eq!(env.json("profile history email")["versions"].as_array().unwrap().len(), 2);
    assert_eq!(env.json("grant show acme")["vendor_status"], "not_confirmed");
    assert_eq!(env.json("vendor show acme")["notes"][0]["text"], "friendly");
    assert_eq!(env.json("vendor knows acme")["known"].as_array().unwrap().len(), 2);
    assert_eq!(env.json("outbox list")["messages"][0]["event"], "grant-updated");
    env.ok("profile set nickname al");
    env.ok("log verify");
    // What it was is kept beside it, under the same key.
    assert!(env.vault().join("vault-before-v2.db").exists());
    let version = |sql: &str| env.open_vault().connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(version("SELECT user_version FROM pragma_user_version"), 5);
    assert_eq!(version("SELECT count(*) FROM sqlite_schema WHERE name = 'note_vendor'"), 1);
}

/// What became of each message is kept when it moves to a table of its own.
#[test]
fn a_vault_of_schema_2_keeps_what_became_of_its_messages() {
    let env = old("vault-v2");
    env.ok("log verify");
    let messages = env.json("outbox list --all")["messages"].clone();
    let states: Vec<(&str, &str)> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["event"].as_str().unwrap(), message["state"].as_str().unwrap()))
        .collect();
    let expected = [
        ("grant-revoked", "queued"),
        ("grant-updated", "delivered"),
        ("grant-updated", "queued"),
        ("grant-created", "delivered"),
        ("relationship-created", "delivered"),
        ("grant-created", "delivered"),
        ("relationship-created", "delivered"),
    ];
    assert_eq!(states, expected);
    let waiting = &messages[0];
    assert_eq!(waiting["attempts"], 1);
    assert!(waiting["due"].is_string() && waiting["reason"].as_str().unwrap().contains("Connection refused"));
    assert!(messages[1]["delivered"].is_string());
    assert_eq!(env.json("vendor knows books")["known"].as_array().unwrap().len(), 3);
    assert_eq!(env.json("grant show books")["vendor_status"], "not_confirmed");
    assert_eq!(env.json("grant show books")["messages"].as_array().unwrap().len(), 5);
    env.ok("log verify");
    assert!(env.vault().join("vault-before-v3.db").exists());
}

/// A vendor of before there were channels is reached by the protocol, as it was.
#[test]
fn a_vault_of_schema_3_reaches_its_vendors_as_before() {
    let env = old("vault-v3");
    env.ok("log verify");
    let vendor = env.json("vendor show acme");
    assert_eq!(vendor["channels"].as_array().unwrap().len(), 1);
    assert_eq!((&vendor["channels"][0]["kind"], &vendor["channels"][0]["in_use"]), (&json!("set"), &json!(true)));
    assert_eq!(vendor["account"], "4711");
    assert_eq!(vendor["notes"][0]["text"], "third of its kind");
    let grant = env.json("grant show acme");
    assert_eq!((&grant["status"], &grant["vendor_version"]), (&json!("active"), &json!(1)));
    assert_eq!(env.json("vendor knows acme")["known"].as_array().unwrap().len(), 2);
    let waiting = env.json("outbox list")["messages"][0].clone();
    assert_eq!((&waiting["event"], &waiting["attempts"]), (&json!("grant-updated"), &json!(1)));
    env.ok("profile set nickname al");
    env.ok("log verify");
    assert!(env.vault().join("vault-before-v4.db").exists());
}
