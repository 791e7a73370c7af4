//! The main job: lend claims to three vendors, change an address once, see who has what, and take it back.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::BTreeSet;

use cmr::receiver::GrantStatus;
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

fn lend(env: &TestEnv, vendor: &str, claims: &str) -> Value {
    env.json(&format!("grant create {vendor} --claims {claims} --purpose DeliveryOfGoods --expires 90d --yes"))
}

fn queued(env: &TestEnv) -> Vec<(String, String)> {
    let outbox = env.json("outbox list");
    let word = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    let mut all: Vec<_> =
        outbox["messages"].as_array().unwrap().iter().map(|m| (word(m, "vendor"), word(m, "event"))).collect();
    all.sort();
    all
}

fn pair(vendor: &str, event: &str) -> (String, String) {
    (vendor.to_owned(), event.to_owned())
}

fn lines(moved: &Value) -> Vec<(String, String, String)> {
    let word = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    moved["lines"].as_array().unwrap().iter().map(|l| (word(l, "vendor"), word(l, "event"), word(l, "state"))).collect()
}

fn known(document: &Value) -> BTreeSet<(String, String)> {
    let latest = |known: &&Value| known["latest"] == true;
    let pair = |known: &Value| (known["claim"].as_str().unwrap().to_owned(), known["value"].to_string());
    document["known"].as_array().unwrap().iter().filter(latest).map(pair).collect()
}

#[test]
fn the_main_job() {
    let (env, [acme, bolt, cord]) = with_shops(["acme", "bolt", "cord"]);

    // Look first: nothing is queued or kept.
    let look = env.json("grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --dry-run");
    assert_eq!(look["dry_run"], true);
    assert_eq!(look["grant"], Value::Null);
    assert_eq!(look["preview"][0]["effect"], "new");
    assert_eq!(env.json("grant list --all")["grants"], json!([]));
    assert!(queued(&env).is_empty());

    lend(&env, "acme", "email,address");
    lend(&env, "bolt", "address,name");
    lend(&env, "cord", "email");
    assert_eq!(env.json("status")["queued"], 6);
    assert_eq!(lines(&env.json("push --dry-run")).len(), 6);
    let moved = lines(&env.json("push"));
    assert_eq!(moved.len(), 6);
    for (_, event, state) in &moved {
        let wanted = if event == "relationship-created" { "delivered" } else { "acknowledged" };
        assert_eq!(state, wanted, "{event}");
    }
    for grant in env.json("grant list")["grants"].as_array().unwrap() {
        assert_eq!((&grant["status"], &grant["vendor_status"]), (&json!("active"), &json!("accepted")));
    }

    // The vendor holds what the grant says, and nothing else.
    let grant = env.json("grant show acme");
    let held = acme.holds().grants.remove(0);
    assert_eq!(json!(held.grant_id), grant["id"]);
    assert_eq!(json!(held.expires_at), grant["expires"]);
    assert_eq!(held.version, 1);
    assert!(held.purposes[0].ends_with("DeliveryOfGoods"), "{:?}", held.purposes);
    assert_eq!(held.claims.keys().collect::<Vec<_>>(), ["address", "email"]);
    assert_eq!(held.claims["address"]["locality"], "Paris");
    assert_eq!(bolt.holds().grants[0].claims["name"], "Ada Lovelace");
    // Two vendors cannot join their records by key.
    assert_ne!(acme.holds().customer.issuer, bolt.holds().customer.issuer);

    // An edit that nobody carries tells nobody.
    let change = env.json("profile set phone_number +33142270000");
    assert_eq!(change["follows"], json!([]));
    assert!(queued(&env).is_empty());

    // I move: exactly those that carry the address hear of it.
    let before = env.json("status")["ledger_entries"].clone();
    let change = env.json("profile set address.home.street_address '1 place Vendôme'");
    let follows: Vec<_> = change["follows"].as_array().unwrap().iter().map(|f| f["vendor"].clone()).collect();
    assert_eq!(follows, ["acme", "bolt"]);
    assert_ne!(env.json("status")["ledger_entries"], before);
    // Several changes before a push leave as one update.
    env.ok("profile set address.home.postal_code 75001");
    assert_eq!(queued(&env), [pair("acme", "grant-updated"), pair("bolt", "grant-updated")]);
    let moved = env.json("push");
    assert!(lines(&moved).iter().all(|(_, _, state)| state == "acknowledged"), "{moved}");
    for shop in [&acme, &bolt] {
        let held = shop.holds().grants.remove(0);
        assert_eq!(held.claims["address"]["street_address"], "1 place Vendôme");
        assert_eq!(held.claims["address"]["postal_code"], "75001");
        assert_eq!(shop.holds().received.len(), 3);
    }
    assert_eq!(cord.holds().received.len(), 2);

    // Who has what.
    let who: BTreeSet<String> = env.json("who address")["known"]
        .as_array()
        .unwrap()
        .iter()
        .map(|known| known["vendor"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(who, BTreeSet::from(["acme".to_owned(), "bolt".to_owned()]));

    // Taking it back.
    env.ends(2, "grant revoke acme --no-input").says("--yes");
    let gone = env.json("grant revoke acme --yes --why moved");
    assert_eq!(
        (&gone["grant"]["status"], &gone["grant"]["vendor_status"]),
        (&json!("revoked"), &json!("not_confirmed"))
    );
    let moved = lines(&env.json("push"));
    assert_eq!(moved, [("acme".to_owned(), "grant-revoked".to_owned(), "deletion_stated".to_owned())]);
    let held = acme.holds().grants.remove(0);
    assert_eq!(held.status, GrantStatus::Revoked);
    assert!(held.claims.is_empty());
    assert_eq!(env.json("grant show acme")["vendor_status"], "deletion_stated");
    assert!(known(&env.json("vendor knows acme")).is_empty());
    assert_eq!(env.json("who email")["known"].as_array().unwrap().len(), 1);
    env.ends(7, "grant revoke acme --yes").says("revoked already");
    env.ends(7, "grant renew acme --expires 90d --yes").says("has ended");
    env.ok("log verify");
    env.ok("status").says("nothing needs you");
}

#[test]
fn the_texts_of_the_main_job() {
    let (env, [_acme]) = with_shops(["acme"]);
    env.snapshot("lending_vendor", &env.ok("vendor show acme"));
    let create = "grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --yes";
    env.snapshot("lending_create", &env.ok(create));
    env.snapshot("lending_push", &env.ok("push"));
    env.snapshot("lending_change", &env.ok("profile set address.home.locality Lyon"));
    env.snapshot("lending_preview", &env.ok("grant preview acme"));
    env.ok("push");
    env.snapshot("lending_knows", &env.ok("vendor knows acme"));
    env.snapshot("lending_show", &env.ok("grant show acme"));
    env.snapshot("lending_revoke", &env.ok("grant revoke acme --yes"));
    env.snapshot("lending_list", &env.ok("grant list"));
    env.snapshot("lending_revoked", &env.ok("push"));
    env.snapshot("lending_log", &env.ok("log"));
}

#[test]
fn what_is_not_known_is_refused_with_its_neighbour() {
    let (env, [_acme]) = with_shops(["acme"]);
    let create = |rest: &str| format!("grant create acme {rest} --expires 90d --yes");
    env.ends(6, &create("--claims emial --purpose DeliveryOfGoods")).says("email");
    let ends = |code: &[i32], line: String, says: &str| {
        let run = env.run(&line);
        assert!(code.contains(&run.code), "{run}");
        run.says(says);
    };
    ends(&[6, 7], create("--claims email --purpose DeliveryOfGood"), "DeliveryOfGoods");
    ends(&[6, 7], create("--claims email --purpose DeliveryOfGoods --terms SD-BASIC"), "SD-BASE");
    ends(&[6, 7], create("--claims pd:EmailAdress --purpose DeliveryOfGoods"), "EmailAddress");
    env.ends(6, &create("--claims nickname --purpose DeliveryOfGoods")).says("cmr profile set nickname");
    env.ends(6, "grant create amce --claims email --purpose DeliveryOfGoods --expires 90d --yes").says("acme");
    env.ends(7, "grant create acme --claims email --purpose DeliveryOfGoods --expires soon --yes")
        .says("30d, 6mo or 1y");
    env.ends(7, "grant create acme --claims email --purpose DeliveryOfGoods --expires 2020-01-01 --yes").says("past");
    env.ends(7, "grant create acme --claims email --purpose DeliveryOfGoods --expires 11y --yes").says("10 years");
    env.ends(2, "grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --no-input").says("--yes");
    assert_eq!(env.json("grant list --all")["grants"], json!([]));
    // A whole category goes by its name.
    let lent = lend(&env, "acme", "pd:EmailAddress");
    assert_eq!(lent["grant"]["claims"], json!(["email"]));
}

#[test]
fn an_alias_goes_to_one_vendor_alone() {
    let (env, [acme, bolt]) = with_shops(["acme", "bolt"]);
    env.ok("vendor alias acme email acme.ada@relay.example");
    lend(&env, "acme", "email");
    lend(&env, "bolt", "email");
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims["email"], "acme.ada@relay.example");
    assert_eq!(bolt.holds().grants[0].claims["email"], "ada@example.org");
    // The profile's own e-mail changes: the vendor with the alias hears nothing.
    let change = env.json("profile set email new@example.org");
    assert_eq!(change["follows"].as_array().unwrap().len(), 1);
    assert_eq!(queued(&env), [pair("bolt", "grant-updated")]);
    env.ok("push");
    // Without the alias it gets what the others have.
    env.ok("vendor alias acme email --remove");
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims["email"], "new@example.org");
    env.ends(6, "vendor alias acme email --remove");
}

#[test]
fn narrowing_needs_a_yes_and_widening_more() {
    let (env, [acme]) = with_shops(["acme"]);
    lend(&env, "acme", "email,address");
    env.ok("push");
    env.ok("grant amend acme --drop address --yes");
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims.keys().collect::<Vec<_>>(), ["email"]);
    for wider in ["--add name", "--purpose DeliveryOfGoods,DirectMarketing", "--data-life 5y", "--recipient 'carrier'"]
    {
        env.ends(2, &format!("grant amend acme {wider} --yes --no-input")).says("--widen");
        env.ok(&format!("grant amend acme {wider} --yes --dry-run"));
    }
    assert!(queued(&env).is_empty());
    env.ok("grant amend acme --add name --yes --widen");
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims.keys().collect::<Vec<_>>(), ["email", "name"]);
    assert_eq!(env.json("grant show acme")["version"], 3);
    env.ends(2, "grant amend acme --yes").says("nothing would change");
    env.ends(6, "grant amend acme --drop address --yes").says("email, name");
    env.ends(7, "grant amend acme --drop email,name --yes").says("grant revoke");
}

#[test]
fn renewing_sends_no_data() {
    let (env, [acme]) = with_shops(["acme"]);
    lend(&env, "acme", "email");
    env.ok("push");
    let before = acme.holds().grants[0].expires_at;
    env.ok("grant renew acme --expires 1y --yes");
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    env.ok(&format!("outbox show {id}")).never_says("ada@example.org");
    env.ok("push");
    assert!(acme.holds().grants[0].expires_at > before);
    assert_eq!(acme.holds().grants[0].claims["email"], "ada@example.org");
    assert_eq!(env.json("grant show acme")["vendor_status"], "accepted");
}

#[test]
fn a_grant_that_never_left_is_taken_back_in_silence() {
    let (env, [acme]) = with_shops(["acme"]);
    lend(&env, "acme", "email");
    let gone = env.json("grant revoke acme --yes");
    assert_eq!(gone["queued"], false);
    assert_eq!(gone["grant"]["vendor_status"], "not_told");
    env.ok("push");
    assert!(acme.holds().grants.is_empty());
    assert!(acme.holds().received.iter().all(|set| set.event == "relationship-created"));
    assert!(known(&env.json("vendor knows acme")).is_empty());
    env.ok("log verify");
}

#[test]
fn a_draft_tells_nobody_until_it_is_offered() {
    let (env, [acme]) = with_shops(["acme"]);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --draft");
    assert!(queued(&env).is_empty());
    env.ok("profile set email new@example.org");
    assert!(queued(&env).is_empty());
    env.ends(7, "grant renew acme --expires 1y --yes").says("draft");
    env.ok("grant amend acme --offer --yes");
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims["email"], "new@example.org");
}

#[test]
fn an_expired_grant_ends_on_both_sides() {
    let (env, [acme]) = with_shops(["acme"]);
    let created = lend(&env, "acme", "email");
    env.ok("push");
    // The clock cannot be turned, so the end is moved.
    let id = created["grant"]["id"].as_str().unwrap();
    let past = "UPDATE \"grant\" SET expires_at = created_at WHERE id = ?1";
    env.open_vault().connection().execute(past, [id]).unwrap();
    assert_eq!(env.json("grant list")["grants"], json!([]));
    assert_eq!(env.json("profile set email new@example.org")["follows"], json!([]));
    env.ends(7, "grant renew acme --expires 1y --yes").says("ended");
    // The next time that something is delivered, the end is written down.
    lend(&env, "acme", "name");
    env.ok("push");
    let all = env.json("grant list --all");
    let grant = all["grants"].as_array().unwrap().iter().find(|grant| grant["id"] == id).unwrap();
    assert_eq!(grant["status"], "expired");
    assert!(acme.holds().received.iter().all(|set| set.event != "grant-revoked"));
    env.ok("log verify");
}

#[test]
fn a_vendor_that_takes_some_claims_gets_those() {
    let env = TestEnv::new().with_ada();
    let shop = Shop::taking(&["email", "name"]);
    env.add_vendor("acme", shop.url(), &shop.token);
    let lent = lend(&env, "acme", "email,address,name");
    let effects: Vec<_> = lent["preview"].as_array().unwrap().iter().map(|row| row["effect"].clone()).collect();
    assert_eq!(effects, ["new", "blocked", "new"]);
    env.ok("push");
    assert_eq!(shop.holds().grants[0].claims.keys().collect::<Vec<_>>(), ["email", "name"]);
    assert!(env.json("who address")["known"].as_array().unwrap().is_empty());
    env.ends(7, "grant create acme --claims address --purpose DeliveryOfGoods --expires 9d --yes").says("can be sent");
}

#[test]
fn a_claim_that_a_vendor_refuses_was_seen_by_it_and_is_not_what_it_has() {
    let env = TestEnv::new().with_ada();
    // Discovered as one that takes anything, it takes less by the time of the push.
    let mut shop = Shop::open();
    env.add_vendor("acme", shop.url(), &shop.token);
    lend(&env, "acme", "email,address");
    shop.close();
    shop.takes(&["email"]);
    shop.reopen();
    env.ok("push").says("refuses address");
    assert_eq!(env.json("grant show acme")["vendor_status"], "partially_accepted");
    let who = env.json("who address")["known"][0].clone();
    assert_eq!((&who["vendor"], &who["refused"], &who["latest"]), (&json!("acme"), &json!(true), &json!(false)));
    env.ok("who address").says("refused by them, after they saw it");
    assert_eq!(known(&env.json("vendor knows acme")).len(), 1);
    // It would get it anew.
    assert_eq!(env.json("grant preview acme")["preview"][1]["effect"], "new");
    // Once all that it took is stated deleted, it holds what it refused no more than the rest.
    env.ok("grant revoke acme --yes").never_says("address, email");
    env.ok("push");
    assert_eq!(env.json("vendor knows acme")["known"], json!([]));
}

#[test]
fn what_a_vendor_knew_on_a_moment() {
    let (env, [_acme]) = with_shops(["acme"]);
    let at = |when: jiff::Timestamp| known(&env.json(&format!("vendor knows acme --at {when}")));
    let moment = || {
        // The vault counts milliseconds: the moments lie in between.
        let now = jiff::Timestamp::now();
        kit::wait_until("the clock went on", std::time::Duration::from_secs(5), || {
            jiff::Timestamp::now().as_millisecond() > now.as_millisecond() + 1
        });
        now
    };
    lend(&env, "acme", "email");
    let before = moment();
    env.ok("push");
    let first = moment();
    env.ok("profile set email new@example.org");
    env.ok("push");
    let second = moment();
    env.ok("grant revoke acme --yes");
    env.ok("push");
    let email = |value: &str| BTreeSet::from([("email".to_owned(), json!(value).to_string())]);
    assert!(at(before).is_empty());
    assert_eq!(at(first), email("ada@example.org"));
    assert_eq!(at(second), email("new@example.org"));
    assert!(known(&env.json("vendor knows acme")).is_empty());
    assert!(known(&env.json("vendor knows acme --at 2020-01-31")).is_empty());
    env.ends(7, "vendor knows acme --at yesterday").says("not a date");
}

#[test]
fn a_changed_entry_of_the_ledger_is_named() {
    let (env, [_acme]) = with_shops(["acme"]);
    lend(&env, "acme", "email");
    env.ok("push");
    let whole = env.json("log verify")["entries"].clone();
    assert_eq!(whole, env.json("status")["ledger_entries"]);
    {
        let vault = env.open_vault();
        let refused = vault.connection().execute("UPDATE ledger SET body = '{}' WHERE seq = 4", []);
        assert!(refused.unwrap_err().to_string().contains("append-only"));
        vault.connection().execute_batch("DROP TRIGGER ledger_is_append_only_update").unwrap();
        vault.connection().execute("UPDATE ledger SET body = '{\"a\":1}' WHERE seq = 4", []).unwrap();
    }
    env.ends(8, "log verify").says("entry 4");
    env.ends(8, "log verify --accept-loss --yes").says("entry 4");
}

#[test]
fn a_removed_entry_of_the_ledger_is_noticed() {
    let env = TestEnv::new().with_ada();
    {
        let vault = env.open_vault();
        vault.connection().execute_batch("DROP TRIGGER ledger_is_append_only_delete").unwrap();
        vault.connection().execute("DELETE FROM ledger WHERE seq = 3", []).unwrap();
    }
    env.ends(8, "log verify").says("entry 4");
    // The last one cannot be missed from inside: the anchor misses it.
    let env = TestEnv::new().with_ada();
    {
        let vault = env.open_vault();
        vault.connection().execute_batch("DROP TRIGGER ledger_is_append_only_delete").unwrap();
        vault.connection().execute("DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)", []).unwrap();
    }
    env.ends(8, "status").says("anchor");
}

#[test]
fn a_revocation_cannot_be_dropped_and_what_is_dropped_never_arrives() {
    let (env, [acme]) = with_shops(["acme"]);
    lend(&env, "acme", "email");
    env.ok("push");
    env.ok("profile set email new@example.org");
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    env.ends(2, &format!("outbox drop {id} --no-input")).says("--yes");
    env.ok(&format!("outbox drop {id} --yes"));
    env.ok("push");
    assert_eq!(acme.holds().grants[0].claims["email"], "ada@example.org");
    env.ends(7, &format!("outbox drop {id} --yes"));
    env.ok("grant revoke acme --yes");
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    env.ends(7, &format!("outbox drop {id} --yes")).says("revocation");
    env.ok("push");
    assert_eq!(acme.holds().grants[0].status, GrantStatus::Revoked);
}

#[test]
fn a_claim_taken_away_ends_the_grant_that_never_left_and_held_nothing_else() {
    let (env, shop) = (TestEnv::new(), Shop::open());
    env.ok("profile set email ada@example.org");
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    let changed = env.json("profile unset email");
    assert_eq!(changed["follows"][0]["state"], "ended");
    env.ok("push");
    assert!(shop.holds().grants.is_empty(), "what was taken away went all the same");
    env.ok("log verify");
}

#[test]
fn the_log_about_a_vendor_has_its_grants_too() {
    let (env, shop) = (TestEnv::new(), Shop::open());
    env.ok("profile set email ada@example.org");
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    let log = env.json("log acme");
    let actions: Vec<&str> = log["entries"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["grant-created", "relationship-created", "grant-drafted", "vendor-added"]);
    assert!(log["entries"].as_array().unwrap().iter().all(|entry| entry["vendor"] == "acme"));
}

#[test]
fn a_vendor_without_grants_is_not_taken_for_all_vendors() {
    let (env, _shops) = with_shops(["acme", "bank"]);
    lend(&env, "bank", "email");
    env.ok("grant list --vendor acme")
        .says("acme has no such grant")
        .says("cmr grant create acme")
        .never_says("nothing");
}

#[test]
fn an_end_that_comes_sooner_is_shown_as_that() {
    let (env, _shops) = with_shops(["acme"]);
    lend(&env, "acme", "email");
    env.ok("grant renew acme --expires 10d --dry-run").says("and no longer until");
    env.ok("grant renew acme --expires 2y --dry-run").never_says("no longer");
}
