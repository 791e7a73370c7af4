//! Renewal by a rule: what the user allowed is renewed by a script at night, no more and no longer, and the rest is named.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use jiff::{SignedDuration, Timestamp};
use kit::{Shop, TestEnv};
use serde_json::{Value, json};

/// A user with a profile, and vendors of these names with a receiver each.
fn with_shops<const N: usize>(names: [&str; N]) -> (TestEnv, [Shop; N]) {
    let env = TestEnv::new().with_ada();
    let shops = names.map(|name| {
        let shop = Shop::open();
        env.add_vendor(name, shop.url(), &shop.token);
        shop
    });
    (env, shops)
}

fn lend(env: &TestEnv, vendor: &str, expires: &str) -> String {
    let line =
        format!("grant create {vendor} --claims email,address --purpose DeliveryOfGoods --expires {expires} --yes");
    env.json(&line)["grant"]["id"].as_str().unwrap().to_owned()
}

fn rule(env: &TestEnv, grant: &str) {
    env.ok(&format!("grant renew {grant} --rule 90d --until 2y --yes"));
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Whether a time is so many days from now, give or take an hour.
fn is_in_days(value: &Value, days: i64) -> bool {
    let off = time(value).duration_since(Timestamp::now() + SignedDuration::from_hours(24 * days));
    off.abs() < SignedDuration::from_hours(1)
}

/// The clock cannot be turned, so the end of a grant is moved.
fn move_end(env: &TestEnv, grant: &str, days: i64) {
    let end = (Timestamp::now() + SignedDuration::from_hours(24 * days)).as_millisecond();
    let sql = "UPDATE \"grant\" SET expires_at = ?2 WHERE id = ?1";
    assert_eq!(env.open_vault().connection().execute(sql, (grant, end)).unwrap(), 1);
}

/// The members of a list by which it is told who is in it.
fn members(list: &Value, names: [&str; 2]) -> Vec<(String, String)> {
    let word = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|item| (word(item, names[0]), word(item, names[1]))).collect()
}

fn needs_you(document: &Value) -> Vec<(String, String)> {
    members(&document["needs_you"], ["vendor", "reason"])
}

fn renewed(document: &Value) -> Vec<String> {
    members(&document["renewed"], ["vendor", "grant"]).into_iter().map(|(vendor, _)| vendor).collect()
}

fn queued(env: &TestEnv) -> Vec<(String, String)> {
    let mut all = members(&env.json("outbox list")["messages"], ["vendor", "event"]);
    all.retain(|(_, event)| event != "relationship-created");
    all.sort();
    all
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// The newest entry of the ledger with this action.
fn entry(env: &TestEnv, action: &str) -> Value {
    let log = env.json("log --limit 1000");
    let found = log["entries"].as_array().unwrap().iter().find(|entry| entry["action"] == action);
    found.unwrap_or_else(|| panic!("no {action} in the ledger")).clone()
}

fn entries(env: &TestEnv) -> Value {
    env.json("status")["ledger_entries"].clone()
}

#[test]
fn a_rule_is_set_shown_and_taken_away_and_sends_nothing() {
    let (env, [_acme]) = with_shops(["acme"]);
    let id = lend(&env, "acme", "5d");
    env.ok("push");
    assert_eq!(env.json("grant show acme")["renewal"], Value::Null);
    env.ends(2, "grant renew acme --rule 90d --until 2y --no-input").says("--yes").says("Without asking you again");
    assert_eq!(env.json("grant show acme")["renewal"], Value::Null);

    let set = env.json("grant renew acme --rule 90d --until 2y --yes");
    assert_eq!(set["schema"], "cmr/renewal-rule/1");
    assert_eq!(set["grant"]["renewal"]["each"], "P90D");
    assert!(is_in_days(&set["grant"]["expires"], 5), "a rule renews nothing by itself");
    assert_eq!(env.json("grant show acme")["renewal"], set["grant"]["renewal"]);
    assert_eq!(env.json("grant list")["grants"][0]["renewal"], set["grant"]["renewal"]);
    env.ok("grant show acme").says("by rule: 90d at a time, until ");
    env.ok("grant list").says(", renews");
    assert!(queued(&env).is_empty());

    // The ledger alone shows what the user said yes to, and no value.
    let written = entry(&env, "renewal-rule-set");
    assert_eq!((&written["subject"], &written["vendor"]), (&json!(id), &json!("acme")));
    assert_eq!(written["body"]["each"], "P90D");
    assert_eq!(written["body"]["until"], set["grant"]["renewal"]["until"]);
    assert_eq!(written["body"]["scope"]["claims"], json!(["email", "address.home"]));
    assert_eq!(written["body"]["scope"]["purposes"][0]["term"], "DeliveryOfGoods");
    assert!(!written.to_string().contains("ada@example.org"));

    env.ok("grant renew acme --no-rule --dry-run");
    env.ok("grant renew acme --no-rule").says("no rule any more");
    assert_eq!(env.json("grant show acme")["renewal"], Value::Null);
    assert_eq!(entry(&env, "renewal-rule-removed")["body"]["each"], "P90D");
    env.ends(6, "grant renew acme --no-rule").says("has no rule");
    env.ok("log verify");
}

#[test]
fn a_rule_that_could_never_renew_is_refused() {
    let (env, [_acme, _bolt]) = with_shops(["acme", "bolt"]);
    lend(&env, "acme", "90d");
    let before = entries(&env);
    for (rest, code, says) in [
        ("--rule 90d --until 2020-01-01", 7, "in the past"),
        ("--rule 90d --until 11y", 7, "10 years"),
        ("--rule 90d --until 89d", 7, "before the grant does"),
        ("--rule 1d --until 1y", 7, "too short"),
        ("--rule 11y --until 1y", 7, "more than 10 years"),
        ("--rule often --until 1y", 7, "not a duration"),
        ("--rule 90d --until whenever", 7, "neither a duration nor a date"),
        ("--rule 90d", 2, "--until"),
        ("--until 1y", 2, "--rule"),
        ("--rule 90d --until 1y --expires 90d", 2, "cannot be used with"),
        ("--rule 90d --until 1y --no-rule", 2, "cannot be used with"),
        ("--due 7d", 2, "cannot be used with"),
        ("", 2, "required"),
    ] {
        env.ends(code, &format!("grant renew acme {rest} --yes")).says(says);
    }
    env.ends(2, "grant renew --expires 90d --yes").says("required");
    env.ends(7, "grant renew --due never --yes").says("not a duration");
    assert_eq!(entries(&env), before);
    env.ok("grant create bolt --claims email --purpose DeliveryOfGoods --expires 90d --draft");
    env.ends(7, "grant renew bolt --rule 90d --until 2y --yes").says("draft");
    env.ok("grant revoke acme --yes");
    env.ends(7, "grant renew acme --rule 90d --until 2y --yes").says("ended");
}

#[test]
fn a_run_at_night_renews_what_its_rule_allows_and_names_the_rest() {
    let (env, [acme, bolt, _cord, _dora]) = with_shops(["acme", "bolt", "cord", "dora"]);
    let id = lend(&env, "acme", "5d");
    lend(&env, "bolt", "6d");
    let used_up = lend(&env, "cord", "3d");
    lend(&env, "dora", "30d");
    for grant in ["acme", "dora"] {
        rule(&env, grant);
    }
    env.ok("grant renew cord --rule 90d --until 4d --yes");
    move_end(&env, &used_up, 5);
    env.ok("push");

    let document = env.json_ends(5, "grant renew --due 7d --yes");
    assert_eq!(document["schema"], "cmr/renewals/1");
    assert_eq!(renewed(&document), ["acme"]);
    assert_eq!(needs_you(&document), [pair("cord", "rule_used_up"), pair("bolt", "no_rule")]);
    assert!(is_in_days(&document["renewed"][0]["was"], 5) && is_in_days(&document["renewed"][0]["expires"], 90));
    assert!(is_in_days(&env.json("grant show acme")["expires"], 90));
    assert!(is_in_days(&env.json("grant show dora")["expires"], 30));
    assert_eq!(queued(&env), [pair("acme", "grant-renewed")]);

    // Each use is in the ledger, and the vendor is told, without data.
    let used = entry(&env, "renewal-rule-used");
    assert_eq!((&used["subject"], &used["body"]["each"]), (&json!(id), &json!("P90D")));
    assert_eq!(used["body"]["expires"], document["renewed"][0]["expires"]);
    assert_eq!(used["body"]["was"], document["renewed"][0]["was"]);
    env.ok("push");
    assert_eq!(json!(acme.holds().grants[0].expires_at), document["renewed"][0]["expires"]);
    assert_eq!(acme.holds().grants[0].claims["email"], "ada@example.org");
    assert_eq!(bolt.holds().grants[0].version, 1);
    assert_eq!(env.json("grant show acme")["vendor_status"], "accepted");

    // Twice in a night is once.
    let before = entries(&env);
    env.ends(5, "grant renew --due 7d --yes").says("it has no rule").never_says("Renewed");
    assert_eq!(entries(&env), before);
    // What needs the user is done by hand; then the night has nothing to say.
    env.ok("grant renew bolt --expires 90d --yes");
    env.ok("grant revoke cord --yes");
    env.ok("grant renew --due 7d --yes").says("Nothing that you lend ends");
    env.ok("log verify");
}

#[test]
fn a_renewal_stops_at_the_end_of_its_rule() {
    let (env, [_acme]) = with_shops(["acme"]);
    lend(&env, "acme", "5d");
    env.ok("grant renew acme --rule 90d --until 30d --yes");
    let document = env.json("grant renew --due 7d --yes");
    assert!(is_in_days(&document["renewed"][0]["expires"], 30));
    assert_eq!(document["renewed"][0]["expires"], document["renewed"][0]["rule"]["until"]);
    let document = env.json_ends(5, "grant renew --due 40d --yes");
    assert_eq!(needs_you(&document), [pair("acme", "rule_used_up")]);
    env.ok("grant list").never_says("renews");
}

#[test]
fn looking_and_not_answering_change_nothing() {
    let (env, [_acme, _bolt]) = with_shops(["acme", "bolt"]);
    lend(&env, "acme", "5d");
    env.ok("grant renew acme --rule 90d --until 2y --yes --dry-run");
    assert_eq!(env.json("grant show acme")["renewal"], Value::Null);
    rule(&env, "acme");
    let before = entries(&env);
    let document = env.json("grant renew --due 7d --dry-run");
    assert_eq!((&document["dry_run"], renewed(&document)), (&json!(true), vec!["acme".to_owned()]));
    env.ok("grant renew --due 7d --dry-run").says("To be renewed").says("Nothing was done");
    env.ends(2, "grant renew --due 7d --no-input").says("To be renewed").says("--yes");
    assert_eq!(entries(&env), before);
    // What needs the user needs them before and after.
    lend(&env, "bolt", "5d");
    let before = entries(&env);
    env.ends(5, "grant renew --due 7d --dry-run").says("it has no rule");
    assert_eq!(entries(&env), before);
    assert!(is_in_days(&env.json("grant show acme")["expires"], 5));
}

#[test]
fn a_wider_grant_loses_its_rule_and_a_narrower_one_keeps_it() {
    let (env, [_acme]) = with_shops(["acme"]);
    lend(&env, "acme", "5d");
    rule(&env, "acme");
    env.ok("grant amend acme --drop address --yes");
    env.ok("profile set email new@example.org");
    assert_eq!(env.json("grant show acme")["renewal"]["each"], "P90D");
    // Back to what it was when the rule was made is wider than it is: nobody guesses.
    env.ends(2, "grant amend acme --add address --yes --no-input").says("renewal rule ends");
    assert_eq!(env.json("grant show acme")["renewal"]["each"], "P90D");
    env.ok("grant amend acme --add address --yes --widen").says("renewal rule is gone");
    assert_eq!(env.json("grant show acme")["renewal"], Value::Null);
    let voided = entry(&env, "renewal-rule-voided");
    assert_eq!((&voided["body"]["each"], &voided["body"]["wider"]), (&json!("P90D"), &json!(["also address.home"])));
    let document = env.json_ends(5, "grant renew --due 7d --yes");
    assert_eq!(needs_you(&document), [pair("acme", "no_rule")]);
    for wider in ["--purpose DeliveryOfGoods,Marketing", "--data-life 5y", "--recipient carrier", "--terms PDC-AI"] {
        rule(&env, "acme");
        env.ok(&format!("grant amend acme {wider} --yes --widen"));
        assert_eq!(env.json("grant show acme")["renewal"], Value::Null, "{wider}");
    }
    env.ok("log verify");
}

#[test]
fn a_grant_that_ended_while_nothing_ran_does_not_come_back() {
    let (env, [_acme, _bolt, _cord]) = with_shops(["acme", "bolt", "cord"]);
    let [ended, gone, long_ago] = ["acme", "bolt", "cord"].map(|vendor| lend(&env, vendor, "5d"));
    for vendor in ["acme", "bolt", "cord"] {
        rule(&env, vendor);
    }
    env.ok("push");
    env.ok("grant revoke bolt --yes");
    move_end(&env, &ended, -1);
    move_end(&env, &gone, -1);
    move_end(&env, &long_ago, -8);
    let late = |says: &str| {
        let document = env.json_ends(5, "grant renew --due 7d --yes");
        assert_eq!((renewed(&document), needs_you(&document)), (Vec::new(), vec![pair("acme", "ended")]), "{says}");
    };
    late("before the end is written down");
    env.ends(5, "grant renew --due 7d --yes").says("ended before it could be renewed").says("cmr grant create acme");
    env.ok("push");
    assert_eq!(env.json(&format!("grant show {ended}"))["status"], "expired");
    late("after it is written down");
    assert!(queued(&env).is_empty());
    // Without its rule nobody waits for it.
    env.ok(&format!("grant renew {ended} --no-rule"));
    env.ok("grant renew --due 7d --yes");
}

#[test]
fn what_one_vendor_does_not_take_costs_the_others_nothing() {
    let (env, [_acme, _bolt]) = with_shops(["acme", "bolt"]);
    for vendor in ["acme", "bolt"] {
        lend(&env, vendor, "5d");
        rule(&env, vendor);
    }
    env.ok("push");
    // What waits already must not be lost by a renewal that fails.
    env.ok("grant renew acme --expires 6d --yes");
    let sql = "UPDATE vendor_document SET document = json_set(document, '$.cmr.max_set_bytes', 10)
               WHERE vendor_id = (SELECT id FROM vendor WHERE name = 'acme')";
    assert_eq!(env.open_vault().connection().execute(sql, []).unwrap(), 1);
    let document = env.json_ends(5, "grant renew --due 7d --yes");
    assert_eq!((renewed(&document), needs_you(&document)), (vec!["bolt".to_owned()], vec![pair("acme", "failed")]));
    assert!(document["needs_you"][0]["words"].as_str().unwrap().contains("10 at most"), "{document}");
    assert_eq!(queued(&env), [pair("acme", "grant-renewed"), pair("bolt", "grant-renewed")]);
    assert!(is_in_days(&env.json("grant show acme")["expires"], 6));
    env.ok("log verify");
}

#[test]
fn a_renewal_waits_with_what_waits() {
    let (env, [acme]) = with_shops(["acme"]);
    lend(&env, "acme", "5d");
    env.ok("grant renew acme --expires 60d --yes");
    assert_eq!(queued(&env), [pair("acme", "grant-created")]);
    env.ok("push");
    let held = acme.holds().grants.remove(0);
    assert_eq!((held.version, json!(held.expires_at)), (1, env.json("grant show acme")["expires"].clone()));

    env.ok("profile set email new@example.org");
    env.ok("grant renew acme --expires 90d --yes");
    assert_eq!(queued(&env), [pair("acme", "grant-updated")]);
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims["email"], "new@example.org");
    assert!(is_in_days(&json!(acme.holds().grants[0].expires_at), 90));

    // One renewal overtakes another.
    env.ok("grant renew acme --expires 1y --yes");
    env.ok("grant renew acme --expires 100d --yes");
    assert_eq!(queued(&env), [pair("acme", "grant-renewed")]);
    env.ok("push");
    assert!(is_in_days(&json!(acme.holds().grants[0].expires_at), 100));
    assert_eq!(env.json("grant show acme")["vendor_status"], "accepted");
    env.ok("log verify");
}

/// The vendor may hear of the grant only after the end that it had at first.
#[test]
fn a_vendor_that_was_down_past_the_old_end_gets_the_new_one() {
    let env = TestEnv::new().with_ada();
    let mut shop = Shop::open();
    env.add_vendor("acme", shop.url(), &shop.token);
    let line = "grant create acme --claims email --purpose DeliveryOfGoods --expires 5d --once --yes";
    let id = env.json(line)["grant"]["id"].as_str().unwrap().to_owned();
    rule(&env, &id);
    shop.close();
    env.ends(4, "push");
    // Lent once: what it is told later is still the value of that day.
    env.ok("profile set email new@example.org");
    env.ok("grant renew --due 7d --yes");
    let messages = env.json("outbox list")["messages"].clone();
    let waiting = messages.as_array().unwrap().iter().find(|m| m["event"] != "relationship-created").unwrap();
    let claims = env.json(&format!("outbox show {}", waiting["id"].as_str().unwrap()))["claims"].clone();
    let event = claims["events"].as_object().unwrap().values().next().unwrap().clone();
    assert!(is_in_days(&event["expires_at"], 90), "{event}");
    shop.reopen();
    env.ok("push --now");
    assert_eq!(shop.holds().grants[0].claims["email"], "ada@example.org");
    assert!(is_in_days(&json!(shop.holds().grants[0].expires_at), 90));
}
