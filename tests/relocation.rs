//! The change of address: one line, and where each vendor stands until the last one confirmed.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use kit::{Liar, Say, Shop, TestEnv};
use serde_json::{Value, json};

const NEW: &str = "'street_address=3 quai de Saône' postal_code=69002 locality=Lyon";

fn lend(env: &TestEnv, vendor: &str, claims: &str) {
    env.ok(&format!("grant create {vendor} --claims {claims} --purpose DeliveryOfGoods --expires 90d --yes"));
}

fn standing(document: &Value) -> Vec<(String, String, String)> {
    let word = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let vendors = document["vendors"].as_array().unwrap().iter();
    vendors.map(|line| (word(line, "vendor"), word(line, "has"), word(line, "stage"))).collect()
}

fn line(vendor: &str, has: &str, stage: &str) -> (String, String, String) {
    (vendor.to_owned(), has.to_owned(), stage.to_owned())
}

#[test]
fn one_line_reaches_whoever_has_the_old_address_and_shows_where_each_stands() {
    let env = TestEnv::new().with_ada();
    let (acme, bolt, cord) = (Shop::open(), Shop::open(), Shop::open());
    let shops = [("acme", &acme), ("bolt", &bolt), ("cord", &cord)];
    shops.iter().for_each(|(name, shop)| env.add_vendor(name, shop.url(), &shop.token));
    lend(&env, "acme", "address.home,email");
    lend(&env, "bolt", "address.home");
    lend(&env, "cord", "email");
    env.ok("push");
    env.ok("grant revoke bolt --yes");
    env.ok("push");
    lend(&env, "bolt", "email");
    env.ok("push");
    env.ends(6, "move status");

    // Looked at, nothing is changed.
    let look = env.json(&format!("move {NEW} --dry-run"));
    assert_eq!(standing(&look), [line("acme", "by_grant", "will_hear")], "bolt stated the deletion");
    assert_eq!((&look["unknown"], &look["begun"]), (&json!(2), &Value::Null));
    assert_eq!(env.json("profile show address.home")["value"]["locality"], "Paris");

    let moved = env.json(&format!("move {NEW} --yes"));
    assert_eq!(standing(&moved), [line("acme", "by_grant", "confirmed")]);
    assert_eq!((&moved["open"], &moved["new"]["country"]), (&json!(0), &json!("FR")), "the country stays");
    assert_eq!(env.json("profile show address.home")["value"]["locality"], "Lyon");
    assert_eq!(env.json("move status"), moved);
    let known = env.json("vendor knows acme");
    let latest = known["known"].as_array().unwrap().iter().find(|k| k["claim"] == "address" && k["latest"] == true);
    assert_eq!(latest.unwrap()["value"]["locality"], "Lyon");
    // The same again is no move.
    env.ends(7, &format!("move {NEW} --yes"));
    env.ok("log verify");
}

#[test]
fn a_vendor_that_is_down_or_holds_is_named_until_it_confirmed() {
    let env = TestEnv::new().with_ada();
    let (down, shut) = (Liar::start(), Liar::start());
    env.add_vendor("down", &down.url(), "t");
    env.add_vendor("shut", &shut.url(), "t");
    lend(&env, "down", "address.home");
    lend(&env, "shut", "address.home");
    env.run("push");
    down.answers_pushes([Say::status(503)]);
    shut.answers_pushes([Say::status(403)]);
    let moved = env.json_ends(5, &format!("move {NEW} --yes"));
    assert_eq!(standing(&moved), [line("shut", "by_grant", "needs_you"), line("down", "by_grant", "queued")]);
    assert!(moved["vendors"][0]["next"].as_str().unwrap().starts_with("cmr outbox show "));
    assert_eq!(moved["open"], 2);
    let text = env.ends(5, "move status").out;
    assert!(text.contains("needs you") && text.contains("Lyon"), "{text}");
}

#[test]
fn a_move_of_a_later_day_is_planned_and_begun_when_its_day_has_come() {
    let env = TestEnv::new().with_ada();
    let acme = Shop::open();
    env.add_vendor("acme", acme.url(), &acme.token);
    lend(&env, "acme", "address.home");
    env.ok("push");
    env.ends(7, &format!("move {NEW} --from soon --yes"));
    let planned = env.json(&format!("move {NEW} --from 2099-01-01 --yes"));
    assert_eq!((&planned["begun"], standing(&planned)), (&Value::Null, vec![line("acme", "by_grant", "will_hear")]));
    assert_eq!(env.json("profile show address.home")["value"]["locality"], "Paris", "not before its day");
    env.ok("push");
    assert_eq!(env.json("move status")["begun"], Value::Null);
    // Another plan takes its place, and its day is here.
    env.ends(4, &format!("move {NEW} --from 2020-01-01 --yes --no-push"));
    assert_eq!(standing(&env.json_ends(4, "move status")), [line("acme", "by_grant", "queued")]);
    env.ok("upkeep");
    assert_eq!(standing(&env.json("move status")), [line("acme", "by_grant", "confirmed")]);
}

#[test]
fn a_persona_with_an_address_of_its_own_does_not_move() {
    let env = TestEnv::new().with_ada();
    env.ok("persona add work");
    env.ok("persona add club");
    env.ok("profile set --persona work address.home 'street_address=1 Main St' locality=London country=GB");
    env.ok("profile set --persona club address.home 'street_address=12 rue de la Paix' locality=Paris postal_code=75002 country=FR");
    let moved = env.json(&format!("move {NEW} --yes"));
    assert_eq!(moved["personas"], json!(["default", "club"]));
    assert_eq!(env.json("profile show --persona work address.home")["value"]["locality"], "London");
    assert_eq!(env.json("profile show --persona club address.home")["value"]["locality"], "Lyon");
    // Nobody is asked where nobody is.
    let asked = env.ends(2, "move --no-input").err;
    assert!(asked.contains("locality=Lyon"), "{asked}");
}
