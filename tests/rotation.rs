//! A user signs with a new key at a vendor: whatever happens on the way, both sides know the same key in the end, and
//! nothing is sent that the vendor cannot verify.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use cmr::wire::event::{Event, KeysChanged};
use cmr::wire::jose::Unverified;
use cmr::wire::set::Unchecked;
use kit::{Liar, Say, Shop, TestEnv};
use serde_json::{Value, json};

const LEND: &str = "grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes";

/// A user who has lent an e-mail address to the reference receiver, and it has arrived.
fn lent() -> (TestEnv, Shop) {
    let (env, shop) = (TestEnv::new().with_ada(), Shop::open());
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok(LEND);
    env.ok("push");
    (env, shop)
}

/// The same with a vendor that says what a story wants.
fn lent_to_liar() -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok(LEND);
    env.ok("push");
    (env, liar)
}

fn new_key(env: &TestEnv) {
    env.ok("vendor set acme --new-key --yes");
}

/// The key that signs, and the one that waits.
fn keys(env: &TestEnv) -> (String, Option<String>) {
    let key = env.json("vendor show acme")["key"].clone();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&key["thumbprint"]).unwrap(), text(&key["next"]["thumbprint"]))
}

/// What was sent: the name of each event, and the key that signed it.
fn sent(liar: &Liar) -> Vec<(String, String)> {
    liar.pushed().iter().map(|set| (event(set).name().to_owned(), kid(set))).collect()
}

fn event(set: &str) -> Event {
    Event::from_uri(Unchecked::parse(set).unwrap().peek().event().unwrap().0).unwrap()
}

fn kid(set: &str) -> String {
    Unverified::parse(set).unwrap().header().kid.clone().unwrap()
}

fn actions(env: &TestEnv) -> Vec<String> {
    let entries = env.json("log --limit 500")["entries"].as_array().unwrap().clone();
    entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

fn states(env: &TestEnv, event: &str) -> Vec<String> {
    let messages = env.json("outbox list --all")["messages"].as_array().unwrap().clone();
    let these = messages.iter().filter(|message| message["event"] == event);
    these.map(|message| message["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_key_signs_once_the_vendor_took_it_and_the_issuer_stays() {
    let (env, shop) = lent();
    let issuer = env.json("vendor show acme")["issuer"].clone();
    let (old, none) = keys(&env);
    assert_eq!(none, None);
    env.ok("vendor set acme --new-key --yes").says("a new key goes with the next push");
    let (still, next) = keys(&env);
    assert_eq!(still, old);
    env.ok("vendor show acme").says("a new one waits since");
    env.ok("push");
    let (now, none) = keys(&env);
    assert_eq!((Some(now.clone()), none), (next, None));
    assert_eq!(shop.holds().customer.keys, [now, old]);
    // All goes on under the same name, with the new key.
    env.ok("profile set email new@example.org");
    env.ok("push");
    assert_eq!(shop.holds().grants[0].claims["email"], "new@example.org");
    env.ok("grant revoke acme --yes");
    env.ok("push");
    assert!(shop.holds().grants[0].claims.is_empty());
    assert_eq!(env.json("vendor show acme")["issuer"], issuer);
    assert_eq!(env.json("grant show acme")["vendor_status"], "deletion_stated");
    env.ok("log verify");
    let actions = actions(&env);
    assert!(actions.iter().any(|action| action == "key-change-queued"));
    assert!(actions.iter().any(|action| action == "key-changed"));
}

#[test]
fn a_vendor_that_is_down_in_between_gets_all_of_it_in_order() {
    let (env, mut shop) = lent();
    shop.close();
    env.ok("profile set email one@example.org");
    new_key(&env);
    env.ok("profile set name 'Ada King'");
    env.ok("grant create acme --claims name --purpose Marketing --expires 90d --yes");
    env.ends(4, "push --now");
    env.ok("profile set email two@example.org");
    env.ends(4, "push --now");
    shop.reopen();
    env.ok("push --now");
    let held = shop.holds();
    assert_eq!(held.customer.keys[0], keys(&env).0);
    let mut values: Vec<Value> = held.grants.iter().flat_map(|grant| grant.claims.values().cloned()).collect();
    values.sort_by_key(|value| value.to_string());
    assert_eq!(values, [json!("Ada King"), json!("two@example.org")]);
    assert!(held.refused.is_empty());
    env.ok("log verify");
}

#[test]
fn what_waits_is_signed_again_by_the_new_key_and_says_the_same() {
    let (env, liar) = lent_to_liar();
    new_key(&env);
    env.ok("profile set email new@example.org");
    env.ok("grant create acme --claims name --purpose Marketing --expires 90d --yes");
    let before = env.json("outbox list")["messages"].as_array().unwrap().clone();
    env.ok("push");
    let sent = liar.pushed();
    let (change, rest) = (&sent[2], &sent[3..]);
    let (old, new) = (kid(change), keys(&env).0);
    assert_eq!((event(change), rest.len()), (Event::KeysChanged, 2));
    assert!(rest.iter().all(|set| kid(set) == new && new != old));
    let said = |set: &str| {
        let set = Unchecked::parse(set).unwrap();
        let claims = set.peek();
        (claims.jti.clone(), claims.toe, claims.txn.clone(), claims.event().unwrap().1.clone())
    };
    for (set, was) in rest.iter().zip(before.iter().rev().skip(1)) {
        let was = env.json(&format!("outbox show {}", was["id"].as_str().unwrap()));
        assert_eq!((was["state"].as_str(), was["attempted"].is_null()), (Some("cancelled"), true));
        let (now, was) = (said(set), said(was["jws"].as_str().unwrap()));
        assert_ne!(now.0, was.0);
        assert_eq!((now.1, now.2, &now.3["version"]), (was.1, was.2, &was.3["version"]));
        assert_eq!(now.3["claims"], was.3["claims"]);
    }
    // It names the one before it as it was sent.
    assert_eq!(said(&rest[0]).3["prev"], cmr::wire::jose::set_hash(&sent[1]));
    // What left is what is known to have left.
    let known = env.json("vendor knows acme")["known"].as_array().unwrap().clone();
    let mut values: Vec<&str> = known.iter().map(|known| known["value"].as_str().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, ["Ada Lovelace", "ada@example.org", "new@example.org"]);
    assert!(actions(&env).iter().any(|action| action == "message-signed-again"));
    env.ok("log verify");
}

#[test]
fn a_vendor_that_refuses_the_new_key_goes_on_with_the_old_one() {
    for answers in [
        vec![Say::err("invalid_request", "no such event")],
        // The key is registered again, and it is the change that is refused.
        vec![Say::err("invalid_key", "a bad proof"), Say::status(202), Say::err("invalid_key", "a bad proof")],
    ] {
        let (env, liar) = lent_to_liar();
        let (old, _) = keys(&env);
        new_key(&env);
        env.ok("profile set email new@example.org");
        liar.answers_pushes(answers);
        env.ends(5, "push").says("the old key goes on signing");
        assert_eq!(keys(&env), (old.clone(), None));
        assert!(sent(&liar).iter().all(|(_, kid)| *kid == old));
        assert_eq!(sent(&liar).last().unwrap().0, "grant-updated");
        // Dropping what failed ends no later change.
        new_key(&env);
        let failed = env.json("outbox list")["messages"].as_array().unwrap().clone();
        let failed =
            failed.iter().find(|message| message["state"] == "failed").unwrap()["id"].as_str().unwrap().to_owned();
        env.ok(&format!("outbox drop {failed} --yes"));
        assert!(keys(&env).1.is_some());
        env.ok("push");
        assert_ne!(keys(&env).0, old);
    }
}

#[test]
fn a_lost_answer_brings_the_same_bytes_again_before_anything_else() {
    let (env, liar) = lent_to_liar();
    new_key(&env);
    liar.answers_pushes([Say::Reset]);
    env.ends(4, "push");
    // The vendor may know the new key alone: not even a revocation can be sent before that is known.
    env.ok("grant revoke acme --yes");
    env.ok("push --now");
    let sent = liar.pushed();
    let events: Vec<Event> = sent.iter().skip(2).map(|set| event(set)).collect();
    assert_eq!(events, [Event::KeysChanged, Event::KeysChanged, Event::GrantRevoked]);
    assert_eq!(sent[2], sent[3]);
    assert_eq!(kid(&sent[4]), keys(&env).0);
    assert_ne!(kid(&sent[4]), kid(&sent[3]));
}

#[test]
fn a_revocation_goes_before_a_change_that_never_left_or_was_plainly_refused() {
    let (env, liar) = lent_to_liar();
    let (old, _) = keys(&env);
    new_key(&env);
    liar.answers_pushes([Say::status(403)]);
    env.ends(5, "push");
    assert_eq!(states(&env, "keys-changed"), ["held"]);
    env.ok("grant revoke acme --yes");
    env.ends(5, "push");
    assert_eq!(sent(&liar).last().unwrap(), &("grant-revoked".to_owned(), old.clone()));
    // A change that is held can be dropped: the vendor said no.
    let held = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    env.ok(&format!("outbox drop {held} --yes"));
    assert_eq!(keys(&env), (old, None));
}

#[test]
fn a_change_whose_answer_is_not_known_cannot_be_dropped() {
    let (env, liar) = lent_to_liar();
    new_key(&env);
    liar.answers_pushes([Say::Reset]);
    env.ends(4, "push");
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    env.ends(7, &format!("outbox drop {id} --yes")).says("may have taken the new key").says("cmr push acme --now");
    env.ok("push --now");
    assert_eq!(states(&env, "keys-changed"), ["delivered"]);
}

#[test]
fn one_change_waits_at_a_time_and_two_in_a_row_are_two() {
    let (env, shop) = lent();
    let (first, _) = keys(&env);
    new_key(&env);
    env.ends(7, "vendor set acme --new-key --yes").says("waits already");
    env.ok("push");
    let (second, _) = keys(&env);
    new_key(&env);
    env.ok("push");
    let (third, _) = keys(&env);
    assert_eq!(shop.holds().customer.keys, [third, second, first]);
    env.ok("grant revoke acme --yes");
    env.ok("push");
    assert_eq!(env.json("grant show acme")["vendor_status"], "deletion_stated");
}

#[test]
fn registering_again_after_a_change_shows_the_key_of_now() {
    let (env, liar) = lent_to_liar();
    new_key(&env);
    env.ok("push");
    let (now, _) = keys(&env);
    env.ok("profile set email new@example.org");
    liar.answers_pushes([Say::err("invalid_key", "who are you?")]);
    env.ok("push");
    let sent = liar.pushed();
    let again = &sent[sent.len() - 2];
    assert_eq!((event(again), kid(again)), (Event::RelationshipCreated, now.clone()));
    assert_eq!(Unverified::parse(again).unwrap().header().jwk.as_ref().unwrap().thumbprint().unwrap(), now);
    assert_eq!(sent[sent.len() - 1], sent[sent.len() - 3]);
}

#[test]
fn a_vendor_that_forgot_a_changed_key_is_not_talked_into_believing_it() {
    let (env, mut shop) = lent();
    new_key(&env);
    env.ok("push");
    // It lost all but the tokens that it gave: what it is told now no first key vouches for.
    shop.close();
    let database = rusqlite::Connection::open(shop.data().join("receiver.db")).unwrap();
    database.execute_batch("DELETE FROM customer_key; UPDATE customer SET issuer = NULL, jwk = NULL").unwrap();
    drop(database);
    shop.reopen();
    env.ok("profile set email new@example.org");
    env.ends(5, "push").says("does not accept the relationship's key");
    assert_eq!(shop.holds().customer.issuer, None);
    assert_eq!(states(&env, "grant-updated"), ["held"]);
}

#[test]
fn the_change_and_its_proof_are_what_the_protocol_says() {
    let (env, liar) = lent_to_liar();
    new_key(&env);
    env.ok("push");
    let set = liar.pushed().pop().unwrap();
    let set = Unchecked::parse(&set).unwrap();
    assert_eq!(set.header().jwk, None);
    let payload: KeysChanged = serde_json::from_value(set.peek().event().unwrap().1.clone()).unwrap();
    let proof = Unverified::parse(&payload.proof).unwrap();
    assert_eq!(proof.header().typ.as_deref(), Some("cmr-key-proof+jwt"));
    let proof: Value = serde_json::from_slice(&proof.verify(&payload.jwk).unwrap()).unwrap();
    assert_eq!((&proof["iss"], &proof["aud"]), (&json!(set.peek().iss), &json!(liar.url())));
    assert_eq!(proof["old_key"], json!(set.header().kid));
    assert_eq!(proof["new_key"], json!(keys(&env).0));
}

#[test]
fn nothing_is_asked_of_a_vendor_that_does_not_know_a_key_or_takes_no_change() {
    let env = TestEnv::new();
    let liar = Liar::start();
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ends(7, "vendor set acme --new-key --yes").says("does not know your key yet");
    let (env, liar) = lent_to_liar();
    env.ends(2, "vendor set acme --new-key --no-input").says("--yes");
    let created = json!(["urn:cmr:secevent:1:grant-created"]);
    liar.publishes(Say::json(200, &liar.document_with(|d| d["cmr"]["events_supported"] = created.clone())));
    env.ok("vendor set acme --discover");
    env.ends(7, "vendor set acme --new-key --yes").says("takes a change of key").says("--discover");
    assert_eq!(keys(&env).1, None);
    assert_eq!(env.json("outbox list")["messages"], json!([]));
}

#[test]
fn a_dry_run_makes_no_key_and_all_means_those_that_know_one() {
    let (env, shop) = lent();
    let other = Liar::start();
    env.add_vendor("other", &other.url(), "liars-token-0123456789");
    env.ok("vendor set acme --new-key --dry-run").says("would be told of a new key");
    env.ok("vendor set --all --new-key --dry-run").says("1 vendor would be told");
    assert_eq!(keys(&env).1, None);
    let lines = env.json("vendor set --all --new-key --yes")["vendors"].clone();
    assert_eq!(lines, json!([{"vendor": "acme", "queued": true, "reason": null}]));
    let again = env.json("vendor set --all --new-key --yes")["vendors"].clone();
    assert_eq!(
        (&again[0]["queued"], again[0]["reason"].as_str().unwrap().contains("waits already")),
        (&json!(false), true)
    );
    env.ok("push");
    assert_eq!(shop.holds().customer.keys.len(), 2);
    env.ends(2, "vendor set --new-key");
    env.ends(2, "vendor set acme --all --new-key");
    env.ends(2, "vendor set --all --rank 1");
}

#[test]
fn what_never_left_for_seven_days_is_signed_again_and_what_may_have_left_is_not() {
    let age = |env: &TestEnv, days: i64| {
        let aged = "UPDATE message SET created_at = created_at - ?1 * 86400000";
        env.open_vault().connection().execute(aged, [days]).unwrap();
    };
    let (env, liar) = lent_to_liar();
    env.ok("profile set email new@example.org");
    let jws = |env: &TestEnv, id: &Value| env.json(&format!("outbox show {}", id.as_str().unwrap()))["jws"].clone();
    let old = env.json("outbox list")["messages"][0]["id"].clone();
    let before = jws(&env, &old);
    age(&env, 7);
    liar.answers_pushes([Say::status(503)]);
    env.ends(4, "push");
    let sent = liar.pushed().pop().unwrap();
    assert_ne!(json!(sent), before);
    let (now, was) = (Unchecked::parse(&sent).unwrap(), Unchecked::parse(before.as_str().unwrap()).unwrap());
    let (now, was) = (now.peek(), was.peek());
    assert_eq!((now.toe, &now.txn, &now.events), (was.toe, &was.txn, &was.events));
    assert_ne!(json!(now.jti), json!(was.jti));
    env.ok(&format!("outbox show {}", was.jti)).says("signed again as");
    assert!(actions(&env).iter().any(|action| action == "message-signed-again"));
    // It may have arrived now: however long it waits, the same bytes go again.
    age(&env, 30);
    env.ok("push --now");
    assert_eq!(liar.pushed().pop().unwrap(), sent);
    assert_eq!(env.json("vendor knows acme")["known"][0]["value"], "new@example.org");
    env.ok("log verify");
}
