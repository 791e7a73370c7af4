//! Vendors that are reached by their own API: what is lent goes there as their file says, and what they answer is told.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use kit::{Liar, Say, TestEnv};
use serde_json::{Value, json};

const SHOP: &str = r#"
format = 1
name = "shop"
title = "Shop"
checked = "not run against the real program"
claims = ["name", "email"]
documentation = { url = "https://shop.example/api", read = "2026-11-25" }
host = { given = "the shop" }
auth = { kind = "bearer", token = "ask the shop" }
fields = { id = { description = "your number" } }
set = [{ method = "PUT", path = "/set/{field:id}", json = { name = "{claim:name}", email = "{claim:email}" } }]
take_back = { by = "clear", ask = "write to the shop", requests = [
    { method = "PUT", path = "/set/{field:id}", json = { email = "{empty:email}" } },
] }
errors = { code = ["/code"], message = ["/message"], codes = { BAD_TOKEN = "relink" } }
"#;

fn with_shop(liar: &Liar, claims: &str) -> TestEnv {
    let env = TestEnv::new().with_ada();
    env.file("token.txt", "t0ken-of-ada\n");
    std::fs::create_dir_all(env.path("home/.config/cmr/connectors")).unwrap();
    env.file("home/.config/cmr/connectors/shop.toml", SHOP);
    let url = liar.url();
    env.ok(&format!(
        "vendor add shop --url {url} --allow-loopback --channel connector --connector shop --with id=7 --token-file token.txt"
    ));
    env.ok(&format!("grant create shop --claims {claims} --purpose DeliveryOfGoods --expires 90d --yes"));
    env
}

fn bodies(liar: &Liar) -> Vec<Value> {
    liar.seen("/set/7").iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect()
}

#[test]
fn what_is_lent_goes_as_the_file_says_and_is_taken_back() {
    let liar = Liar::start();
    liar.answers_at("/set/7", [Say::status(200), Say::status(200)]);
    let env = with_shop(&liar, "email");
    env.ok("push");
    assert_eq!(bodies(&liar), [json!({"email": "ada@example.org"})]);
    env.ok("grant revoke shop --yes");
    env.ok("push");
    assert_eq!(bodies(&liar)[1], json!({"email": ""}));
    let seen = liar.seen("/set/7");
    let has = |name: &str, value: &str| seen[0].headers.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v == value);
    assert!(has("authorization", "Bearer t0ken-of-ada"), "{:?}", seen[0].headers);
    assert_eq!(seen.len(), 2, "nothing else was asked");
}

#[test]
fn what_the_api_cannot_take_back_is_left_to_the_user() {
    let liar = Liar::start();
    liar.answers_at("/set/7", [Say::status(200), Say::status(200)]);
    let env = with_shop(&liar, "name,email");
    env.ok("push");
    env.ok("grant revoke shop --yes");
    env.ends(5, "push").says("cannot take back name by its API").says("write to the shop");
    assert_eq!(bodies(&liar)[1], json!({"email": ""}), "the rest is cleared all the same");
}

#[test]
fn a_token_that_is_not_taken_is_said_and_never_repeated() {
    let liar = Liar::start();
    let said = json!({"code": "BAD_TOKEN", "message": "t0ken-of-ada is\u{1b}[2J unknown"});
    liar.answers_at("/set/7", [Say::json(400, &said)]);
    let env = with_shop(&liar, "email");
    env.ends(5, "push -vv")
        .says("the vendor does not accept the token")
        .says("BAD_TOKEN: [token] is[2J unknown")
        .never_says("t0ken-of-ada");
    env.ok("outbox list").never_says("t0ken-of-ada");
    // What it means there is one thing, and what was answered another.
    env.ok("log --json").says("it answered 400").never_says("t0ken-of-ada");
}

#[test]
fn a_file_that_changes_changes_nothing_until_it_is_taken() {
    let liar = Liar::start();
    liar.answers_at("/set/7", [Say::status(200), Say::status(200)]);
    let env = with_shop(&liar, "email");
    env.file("home/.config/cmr/connectors/shop.toml", SHOP.replace("email = \"{claim", "mail = \"{claim"));
    env.ok("push");
    assert_eq!(bodies(&liar), [json!({"email": "ada@example.org"})]);
    env.ok("vendor set shop --channel connector --connector shop --with id=7");
    env.ok("profile set email new@example.org");
    env.ok("push");
    assert_eq!(bodies(&liar)[1], json!({"mail": "new@example.org"}));
}

#[test]
fn the_users_own_files_stand_before_those_that_come_with_the_program() {
    let env = TestEnv::empty();
    let shipped = env.json("vendor connector list");
    assert!(shipped["connectors"].as_array().unwrap().len() >= 10, "{shipped}");
    std::fs::create_dir_all(env.path("home/.config/cmr/connectors")).unwrap();
    env.file("home/.config/cmr/connectors/matrix.toml", SHOP.replace("name = \"shop\"", "name = \"matrix\""));
    env.file("home/.config/cmr/connectors/broken.toml", "format = ");
    let list = env.json("vendor connector list");
    let find = |name: &str| {
        let all = list["connectors"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(
        (&find("matrix")["hides_shipped"], &find("matrix")["connector"]["title"]),
        (&json!(true), &json!("Shop"))
    );
    assert!(find("broken")["problem"].as_str().unwrap().contains("line 1, column"));
    env.ok("vendor connector list").says("instead of the one that comes with cmr").says("cannot be used");
}

#[test]
fn a_service_that_is_at_one_place_needs_no_url_and_takes_no_other() {
    let env = TestEnv::new().with_ada();
    env.file("token.txt", "t0ken\n");
    let add = "vendor add hub --channel connector --connector github --token-file token.txt";
    env.ends(7, &format!("{add} --url https://thief.example")).says("is for https://api.github.com/");
    env.ok(add).says("github at https://api.github.com/");
}

#[test]
fn a_file_is_checked_with_the_place_of_every_mistake() {
    let env = TestEnv::empty();
    env.file("shop.toml", SHOP);
    env.ok("vendor connector check shop.toml").says("No mistake in it").says("--with id=…");
    env.file("shop.toml", SHOP.replace("{claim:name}", "{claim:shoe_size}").replace("{empty:email}", "{empty:mail}"));
    env.ends(7, "vendor connector check shop.toml")
        .says("shop.toml, line 11, column")
        .says("there is no claim named \"shoe_size\"")
        .says("shop.toml, line 13, column");
    env.ends(6, "vendor connector check nothing.toml");
    env.ends(2, "vendor add x --url https://x.example --channel connector").says("cmr vendor connector list");
}
