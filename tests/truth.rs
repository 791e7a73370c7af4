//! What holds here and what the vendor confirmed, side by side: never more is said than is known, and never less.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use cmr::wire::event::Event;
use cmr::wire::jose::{SigningKey, set_hash};
use kit::{Liar, Say, Shop, TestEnv};
use serde_json::{Value, json};

/// A user who has lent a vendor an e-mail address: two messages wait.
fn lent() -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    (env, liar)
}

fn issuer(env: &TestEnv) -> String {
    env.json("vendor show acme")["issuer"].as_str().unwrap().to_owned()
}

fn grant(env: &TestEnv) -> Value {
    env.json("grant list --all")["grants"][0].clone()
}

/// The vendor's word on the n-th message that was pushed, which makes the grant's n-th version.
fn word(env: &TestEnv, liar: &Liar, pushed: usize, status: &str) {
    let hash = set_hash(&liar.pushed()[pushed]);
    let payload = json!({"grant_id": grant(env)["id"], "version": pushed, "set_hash": hash, "status": status});
    liar.states(&issuer(env), &[(Event::GrantAcknowledged, payload)]);
    env.ok("pull");
}

/// The vendor's statement that it deleted the e-mail address, in answer to the n-th message.
fn states_deletion(env: &TestEnv, liar: &Liar, pushed: usize) {
    let payload = json!({"grant_id": grant(env)["id"], "version": pushed, "set_hash": set_hash(&liar.pushed()[pushed]),
                         "completed_at": "2026-01-01T00:00:00Z", "deleted": ["email"]});
    liar.states(&issuer(env), &[(Event::DeletionCompleted, payload)]);
    env.ok("pull");
}

fn entries(env: &TestEnv, action: &str) -> Vec<Value> {
    let log = env.json("log --limit 500");
    log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == action).cloned().collect()
}

fn sql(env: &TestEnv, sql: &str) {
    assert_ne!(env.open_vault().connection().execute(sql, []).unwrap(), 0, "{sql}");
}

#[test]
fn what_was_accepted_and_what_is_on_its_way_stand_side_by_side() {
    let (env, liar) = lent();
    env.ok("grant list").says("not told").never_says("on its way");
    env.ok("push");
    env.ok("grant list").says("not confirmed");
    word(&env, &liar, 1, "accepted");
    env.ok("grant renew acme --expires 180d --yes");
    for command in ["grant list", "grant show acme", "vendor show acme"] {
        env.ok(command).says("accepted v1; v2 on its way");
    }
    let view = grant(&env);
    assert_eq!((&view["version"], &view["vendor_version"]), (&json!(2), &json!(1)));
    let underway = json!({"version": 2, "state": "queued", "may_have_arrived": false});
    assert_eq!((&view["vendor_status"], &view["underway"]), (&json!("not_confirmed"), &underway));
    env.ok("push");
    env.ok("grant list").says("accepted v1; v2 not confirmed");
    word(&env, &liar, 2, "rejected");
    env.ok("grant list").says("rejected v2; goes by v1");
    env.ok("profile set email new@example.org");
    liar.answers_pushes([Say::err("invalid_request", "no")]);
    env.ends(5, "push");
    env.ok("grant list").says("accepted v1; v3 not taken");
    // A yes that comes late says what the vendor goes by, and nothing of what came after.
    word(&env, &liar, 3, "accepted");
    assert_eq!(grant(&env)["vendor_version"], 3);
}

#[test]
fn what_was_sent_and_never_answered_is_not_called_untold() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(202), Say::Reset]);
    env.ends(4, "push");
    assert_eq!(grant(&env)["vendor_status"], "not_confirmed");
    env.ok("grant list").says("not confirmed; v1 on its way");
    sql(&env, "UPDATE \"grant\" SET expires_at = created_at");
    env.ok("push --now");
    let ended = grant(&env);
    assert_eq!((&ended["status"], &ended["vendor_status"]), (&json!("expired"), &json!("not_confirmed")));
    // One that never left may be called so.
    let (env, _liar) = lent();
    sql(&env, "UPDATE \"grant\" SET expires_at = created_at");
    env.ok("push");
    assert_eq!(grant(&env)["vendor_status"], "not_told");
}

#[test]
fn a_vendor_that_declined_has_seen_what_it_declined() {
    let (env, liar) = lent();
    env.ok("push");
    word(&env, &liar, 1, "rejected");
    assert_eq!(grant(&env)["status"], "rejected");
    let known = env.json("who email")["known"][0].clone();
    assert_eq!((&known["vendor"], &known["refused"]), (&json!("acme"), &json!(true)));
    env.snapshot("truth_declined", &env.ok("vendor knows acme"));
}

#[test]
fn status_names_a_command_that_does_something() {
    let env = TestEnv::new().with_ada();
    let mut shop = Shop::open();
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    let task = env.json("status")["tasks"][0].clone();
    assert_eq!((&task["what"], &task["command"]), (&json!("2 messages to deliver"), &json!("cmr push")));
    shop.close();
    env.ends(4, "push");
    let status = env.json("status");
    assert_eq!(status["tasks"][0]["command"], "cmr push --now");
    assert!(status["tasks"][0]["what"].as_str().unwrap().contains("the next attempt is due 20"), "{status}");
    assert_eq!(status["next_attempt"], env.json("outbox list")["messages"][1]["due"]);
}

#[test]
fn what_waits_behind_a_held_message_is_not_to_be_pushed() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(403)]);
    env.ends(5, "push");
    let tasks = env.json("status")["tasks"].clone();
    assert_eq!(tasks[0]["what"], "1 message to deliver, behind what is held");
    assert_eq!(tasks[0]["command"], "cmr outbox list");
}

/// A revoked grant that the vendor was told of and did not confirm.
fn revoked() -> (TestEnv, Liar) {
    let (env, liar) = lent();
    env.ok("push");
    env.ok("grant revoke acme --yes");
    (env, liar)
}

#[test]
fn a_revocation_stays_visible_until_it_is_confirmed_or_closed() {
    let (env, liar) = revoked();
    env.ok("grant list").says("not confirmed; on its way");
    env.ok("push");
    env.ok("grant list").says("not confirmed").never_says("on its way");
    env.ok("status").says("1 revocation not confirmed by the vendor");
    env.ok("vendor show acme").says("not confirmed");
    // It asks, and --dry-run closes nothing.
    env.ends(2, "grant revoke acme --close --no-input").says("--yes");
    env.ok("grant revoke acme --close --dry-run").says("never confirmed that this grant is over");
    assert_eq!(grant(&env)["closed"], Value::Null);
    env.snapshot("truth_close", &env.ok("grant revoke acme --close --why 'they went out of business' --yes"));
    assert_eq!(env.json("grant list")["grants"], json!([]));
    env.ok("grant list --all").says("never confirmed; you closed it");
    env.ok("status").never_says("revocation");
    let entry = entries(&env, "revocation-closed");
    assert_eq!((entry.len(), &entry[0]["body"]["vendor_confirmed"]), (1, &json!(false)));
    assert_eq!(entry[0]["body"]["why"], "they went out of business");
    env.ends(7, "grant revoke acme --close --yes").says("already");
    // What the vendor has, it has.
    assert_eq!(env.json("vendor knows acme")["known"].as_array().unwrap().len(), 1);
    // A word that comes late counts all the same.
    states_deletion(&env, &liar, 2);
    let late = grant(&env);
    assert_eq!(late["vendor_status"], "deletion_stated");
    assert!(late["closed"].is_string() && late["confirmed"].is_string());
    env.ok("grant list --all").says("deletion stated");
}

#[test]
fn closing_unsends_nothing() {
    let (env, liar) = revoked();
    env.ok("grant revoke acme --close --yes").says("still goes out");
    assert_eq!(env.json("outbox list")["messages"][0]["event"], "grant-revoked");
    env.ok("push");
    assert_eq!(liar.pushed().len(), 3);
}

#[test]
fn only_an_end_that_nobody_confirmed_is_closed() {
    let (env, liar) = lent();
    env.ends(7, "grant revoke acme --close --yes").says("the grant is offered");
    env.ok("push");
    env.ok("grant revoke acme --yes");
    env.ends(7, "grant revoke acme --yes").says("--close");
    env.ok("push");
    states_deletion(&env, &liar, 2);
    env.ends(7, "grant revoke acme --close --yes").says("deletion stated");
}

#[test]
fn an_expired_grant_is_waited_for_once_its_data_life_is_over() {
    let (env, _liar) = lent();
    env.ok("push");
    sql(&env, "UPDATE \"grant\" SET expires_at = created_at");
    // The vendor may keep the data for a year: it owes no word yet.
    assert_eq!(env.json("grant list")["grants"], json!([]));
    sql(&env, "UPDATE delivery SET delivered_at = delivered_at - 366 * 86400000");
    assert_eq!(env.json("grant list")["grants"][0]["status"], "expired");
    env.ok("status").says("acme should have stated by");
    env.ok("grant revoke acme --close --yes");
    assert_eq!(env.json("grant list")["grants"], json!([]));
}

/// A user whose grant was accepted by cmr's own receiver.
fn accepted() -> (TestEnv, Shop) {
    let (env, shop) = (TestEnv::new().with_ada(), Shop::open());
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    (env, shop)
}

/// The checks of a receipt that do not hold.
fn failed(receipt: &Value) -> Vec<&str> {
    let checks = receipt["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["ok"] == false).map(|check| check["check"].as_str().unwrap()).collect()
}

#[test]
fn a_receipt_is_the_pair_of_tokens_with_their_keys_and_what_was_checked() {
    let (env, _shop) = accepted();
    let receipt = env.json("grant receipt acme");
    assert_eq!((&receipt["ok"], failed(&receipt)), (&json!(true), vec![]));
    assert_eq!(
        (&receipt["ours"]["event"], &receipt["theirs"]["event"]),
        (&json!("grant-created"), &json!("grant-acknowledged"))
    );
    assert_eq!(receipt["stated"]["set_hash"], set_hash(receipt["ours"]["jws"].as_str().unwrap()));
    assert!(receipt["ours"]["jwk"]["x"].is_string() && receipt["theirs"]["jwk"]["x"].is_string());
    assert!(!receipt.to_string().contains("\"d\""), "no private key leaves by a receipt");
    env.snapshot("truth_receipt", &env.ok("grant receipt acme"));
    // Of an earlier message, and of the vendor's own.
    env.ok("grant revoke acme --yes");
    env.ok("push");
    assert_eq!(env.json("grant receipt acme")["theirs"]["event"], "deletion-completed");
    env.ok("grant receipt acme").says("it states    that it deleted email");
    for id in [&receipt["ours"]["id"], &receipt["theirs"]["id"]] {
        let again = env.json(&format!("grant receipt acme --message {}", id.as_str().unwrap()));
        assert_eq!(again["theirs"]["id"], receipt["theirs"]["id"]);
    }
    let file = env.path("receipt.json");
    env.ok(&format!("grant receipt acme --output {}", file.display()));
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!((&written["schema"], kit::mode(&file)), (&json!("cmr/receipt/1"), 0o600));
    env.ends(7, &format!("grant receipt acme --output {}", file.display())).says("exists");
}

#[test]
fn there_is_no_receipt_before_the_vendor_answers_nor_of_another_grant() {
    let (env, _liar) = lent();
    env.ok("push");
    env.ends(6, "grant receipt acme").says("has not answered").says("cmr pull");
    let other = env.json("outbox list --all")["messages"][1]["id"].as_str().unwrap().to_owned();
    env.ends(6, &format!("grant receipt acme --message {other}")).says("none of this grant");
}

#[test]
fn a_receipt_that_was_tampered_with_does_not_verify() {
    let flip = |direction: &str| {
        // A bit of the signature, which stays base64url.
        format!(
            "UPDATE message SET jws = substr(jws, 1, length(jws) - 20) ||
                CASE substr(jws, length(jws) - 19, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(jws, length(jws) - 18)
             WHERE direction = '{direction}' AND grant_id IS NOT NULL"
        )
    };
    let stranger = serde_json::to_string(&SigningKey::generate().unwrap().public()).unwrap();
    for (change, fails) in [
        (flip("out"), vec!["our_signature", "our_bytes", "set_hash"]),
        (flip("in"), vec!["their_signature", "their_bytes"]),
        (
            format!("UPDATE message SET verified_by = '{stranger}' WHERE direction = 'in'"),
            vec!["their_signature", "their_key"],
        ),
        ("UPDATE message SET verified_by = NULL WHERE direction = 'in'".into(), vec!["their_signature", "their_key"]),
        ("UPDATE message SET set_hash = 'sha-256:x' WHERE direction = 'in'".into(), vec!["their_bytes"]),
        (
            "UPDATE message SET jws = 'rubbish' WHERE direction = 'in'".into(),
            vec!["their_signature", "their_bytes", "readable"],
        ),
        ("UPDATE signing_key SET seed = randomblob(32)".into(), vec!["our_signature"]),
    ] {
        let (env, _shop) = accepted();
        sql(&env, &change);
        let run = env.ends(8, "grant receipt acme --json");
        assert_eq!(failed(&run.document()), fails, "{change}");
        env.ends(8, "grant receipt acme").says("FAILS").says("does not verify");
    }
}

#[test]
fn a_receipt_verifies_after_the_vendor_has_changed_its_keys() {
    let (env, _shop) = accepted();
    // As if the key had been withdrawn: another was seen since.
    sql(&env, "UPDATE vendor_key SET last_seen = last_seen - 1000");
    sql(
        &env,
        "INSERT INTO vendor_key SELECT vendor_id, 'new', json_set(jwk, '$.kid', 'new', '$.x', 'AAAA'), last_seen + 1000,
         last_seen + 1000 FROM vendor_key",
    );
    env.ok("grant receipt acme").says("kept beside the receipt; the vendor's since");
}
