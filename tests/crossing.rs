//! What leaves and what is believed when words cross: a revocation while a push is under way, an end while a message
//! waits, an answer about something else than it says.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::process::Stdio;
use std::time::Duration;

use cmr::wire::event::Event;
use cmr::wire::jose::set_hash;
use cmr::wire::set::Unchecked;
use kit::{Liar, Say, TestEnv, wait_until};
use serde_json::{Value, json};

/// A user who has lent a vendor these claims: two messages wait.
fn lent(claims: &str) -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok(&format!("grant create acme --claims {claims} --purpose DeliveryOfGoods --expires 90d --yes"));
    (env, liar)
}

/// The claims of an event's payload, in what was pushed last.
fn last_claims(liar: &Liar) -> Value {
    let set = liar.pushed().pop().unwrap();
    let set = Unchecked::parse(&set).unwrap();
    set.peek().event().unwrap().1["claims"].clone()
}

/// An answer about the n-th message that was pushed, of a grant's n-th version.
fn answer(env: &TestEnv, liar: &Liar, pushed: usize, more: Value) -> Value {
    let grant = env.json("grant list --all")["grants"][0]["id"].clone();
    let mut answer = json!({"grant_id": grant, "set_hash": set_hash(&liar.pushed()[pushed]), "version": pushed});
    for (name, value) in more.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

/// A statement of what was deleted and what is kept.
fn deletion(env: &TestEnv, liar: &Liar, pushed: usize, deleted: &[&str], retained: &[&str]) -> (Event, Value) {
    let kept: Vec<Value> = retained.iter().map(|claim| json!({"claim": claim, "legal_basis": "tax law"})).collect();
    let at = "2026-01-01T00:00:00Z";
    let more = json!({"completed_at": at, "deleted": deleted, "retained": kept, "recipients_notified": []});
    (Event::DeletionCompleted, answer(env, liar, pushed, more))
}

fn issuer(env: &TestEnv) -> String {
    env.json("vendor show acme")["issuer"].as_str().unwrap().to_owned()
}

/// What the vendor knows, by claim, oldest first.
fn known(env: &TestEnv) -> Vec<(String, Value)> {
    let known = env.json("vendor knows acme")["known"].as_array().unwrap().clone();
    known.iter().rev().map(|k| (k["claim"].as_str().unwrap().to_owned(), k["value"].clone())).collect()
}

fn events(env: &TestEnv, state: &str) -> Vec<Value> {
    let outbox = env.json("outbox list --all");
    let messages = outbox["messages"].as_array().unwrap().iter();
    messages.filter(|message| message["state"] == state).map(|message| message["event"].clone()).collect()
}

#[test]
fn a_message_revoked_while_it_is_refused_is_not_held_to_be_sent_again() {
    let (env, liar) = lent("email");
    liar.answers_pushes([Say::status(202), Say::Late(Duration::from_secs(2), 403, vec![])]);
    let mut push = env.typed("push").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the claims are under way", Duration::from_secs(20), || liar.pushed().len() == 2);
    env.ok("grant revoke acme --yes");
    push.wait().unwrap();
    assert_eq!(events(&env, "cancelled"), ["grant-created"]);
    assert!(events(&env, "held").is_empty());
    env.ok("push");
    assert_eq!(events(&env, "delivered"), ["grant-revoked", "relationship-created"]);
}

#[test]
fn a_message_that_waited_beyond_the_end_of_its_grant_is_not_sent() {
    let (env, liar) = lent("email");
    liar.answers_pushes([Say::status(202), Say::status(503)]);
    env.ends(4, "push");
    assert_eq!(liar.pushed().len(), 2);
    // The clock cannot be turned, so the end is moved.
    env.open_vault().connection().execute("UPDATE \"grant\" SET expires_at = created_at", []).unwrap();
    env.ok("push --now");
    assert_eq!(liar.pushed().len(), 2);
    assert_eq!(events(&env, "cancelled"), ["grant-created"]);
}

#[test]
fn an_alias_does_not_tell_today_s_values_to_whom_they_were_lent_once() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email,name --once --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    assert_eq!(env.json("profile set name 'Ada King'")["follows"], Value::Array(vec![]));
    assert_eq!(env.json("vendor alias acme email shop@ada.example")["follows"], Value::Array(vec![]));
    env.ok("push");
    assert_eq!(liar.pushed().len(), 2);
    assert_eq!(last_claims(&liar)["name"], "Ada Lovelace");
}

#[test]
fn a_vendor_that_takes_no_message_any_more_cannot_keep_a_grant() {
    let (env, liar) = lent("email");
    env.ok("push");
    liar.publishes(Say::json(200, &liar.document_with(|d| d["cmr"]["max_set_bytes"] = 10.into())));
    env.ok("vendor set acme --discover");
    assert_eq!(env.json("grant revoke acme --yes")["grant"]["status"], "revoked");
    env.ok("push");
    assert_eq!(liar.pushed().len(), 3);
}

#[test]
fn a_deletion_of_an_earlier_version_does_not_hide_what_is_sent_later() {
    let (env, liar) = lent("email");
    env.ok("push");
    env.ok("profile set email new@example.org");
    // It names a version that was never sent, too.
    let (event, mut statement) = deletion(&env, &liar, 1, &["email"], &[]);
    statement["version"] = json!(9);
    liar.states(&issuer(&env), &[(event, statement)]);
    env.ok("pull");
    assert_eq!(env.json("grant show acme")["vendor_status"], "not_confirmed");
    assert_eq!(known(&env), []);
    env.ok("push");
    assert_eq!(known(&env), [("email".to_owned(), json!("new@example.org"))]);
}

#[test]
fn a_deletion_that_keeps_or_passes_over_a_claim_does_not_hide_it() {
    let (env, liar) = lent("email,name");
    env.ok("push");
    env.ok("grant revoke acme --yes");
    env.ok("push");
    // Of the name it says nothing; the address it calls deleted and kept.
    liar.states(&issuer(&env), &[deletion(&env, &liar, 2, &["email"], &["email"])]);
    env.ok("pull");
    assert_eq!(known(&env).len(), 2);
    assert_eq!(env.json("grant show acme")["vendor_status"], "not_confirmed");
    liar.states(&issuer(&env), &[deletion(&env, &liar, 2, &["name"], &["email"])]);
    env.ok("pull");
    assert_eq!(known(&env), [("email".to_owned(), json!("ada@example.org"))]);
    assert_eq!(env.json("grant show acme")["vendor_status"], "deletion_stated");
}

/// The vendor's word on the n-th message that was pushed.
fn word(env: &TestEnv, liar: &Liar, pushed: usize, version: u32, status: &str) {
    let payload = answer(env, liar, pushed, json!({"version": version, "status": status}));
    liar.states(&issuer(env), &[(Event::GrantAcknowledged, payload)]);
    env.ok("pull");
}

#[test]
fn an_answer_about_a_version_that_never_left_changes_nothing() {
    for status in ["accepted", "rejected"] {
        let (env, liar) = lent("email");
        env.ok("push");
        env.ok("profile set email new@example.org");
        word(&env, &liar, 1, 2, status);
        let grant = env.json("grant show acme");
        assert_eq!(
            (&grant["status"], &grant["vendor_status"]),
            (&json!("offered"), &json!("not_confirmed")),
            "{status}"
        );
    }
}

#[test]
fn a_vendor_that_accepted_does_not_unknow_it_by_rejecting_later() {
    let (env, liar) = lent("email");
    env.ok("push");
    word(&env, &liar, 1, 1, "accepted");
    word(&env, &liar, 1, 1, "rejected");
    assert_eq!(known(&env), [("email".to_owned(), json!("ada@example.org"))]);
    let grant = env.json("grant show acme");
    assert_eq!((&grant["status"], &grant["vendor_status"]), (&json!("active"), &json!("rejected")));
}

#[test]
fn a_push_says_what_a_vendor_keeps_and_not_only_what_it_deleted() {
    let (env, liar) = lent("email,name");
    env.ok("push");
    env.ok("grant revoke acme --yes");
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    let (event, mut statement) = deletion(&env, &liar, 1, &["name"], &["email"]);
    let revocation = env.json(&format!("outbox show {id}"))["jws"].as_str().unwrap().to_owned();
    (statement["version"], statement["set_hash"]) = (json!(2), json!(set_hash(&revocation)));
    liar.states(&issuer(&env), &[(event, statement)]);
    let moved = env.json("push");
    assert_eq!(moved["lines"][0]["reason"], "states that it deleted name; keeps email");
}

#[test]
fn what_may_have_arrived_is_known_from_the_first_attempt_on_and_not_from_the_last() {
    let (env, liar) = lent("email");
    liar.answers_pushes([Say::status(202), Say::Reset, Say::Reset]);
    env.ends(4, "push");
    let first = env.json("outbox list")["messages"][0]["attempted"].clone();
    std::thread::sleep(Duration::from_millis(20));
    let between = jiff::Timestamp::now();
    std::thread::sleep(Duration::from_millis(20));
    env.ends(4, "push --now");
    assert_eq!(env.json("outbox list")["messages"][0]["attempted"], first);
    env.ok("push --now");
    let known = env.json(&format!("vendor knows acme --at {between}"))["known"].clone();
    assert_eq!((&known[0]["claim"], &known[0]["delivered"]), (&json!("email"), &Value::Null));
    assert!(env.json("vendor knows acme")["known"][0]["delivered"].is_string());
}

#[test]
fn a_push_whose_answers_are_refused_ends_as_a_pull_of_them_does() {
    for answer in [Say::status(401), Say::json(200, &json!({"sets": {"one": "not a token"}}))] {
        let (env, liar) = lent("email");
        liar.answers_polls([answer.clone()]);
        env.ends(5, "push");
        liar.answers_polls([answer]);
        env.ends(5, "pull");
    }
}

#[test]
fn what_was_made_durable_is_not_reported_failed_for_the_anchor() {
    let env = TestEnv::new().with_ada();
    let lock = env.vault().join(".lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    env.ok("profile set email new@example.org").says("anchor was not moved");
    assert_eq!(env.json("profile show email")["value"], "new@example.org");
    env.ok("log verify");
}

#[test]
fn a_vendor_that_hands_over_more_than_was_asked_for_is_not_taken_at_its_word() {
    let (env, liar) = lent("email");
    env.ok("push");
    let sets: serde_json::Map<String, Value> = (0..300).map(|n| (format!("jti-{n}"), json!("rubbish"))).collect();
    liar.answers_polls([Say::json(200, &json!({"sets": sets}))]);
    assert_eq!(env.json_ends(5, "pull")["refused"].as_array().unwrap().len(), 100);
}

#[test]
fn a_draft_amended_at_once_keeps_every_change_that_was_reported() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --draft --purpose DeliveryOfGoods --expires 90d --yes");
    // A draft has no version to count: what was amended is what tells.
    let added = ["name", "phone_number", "address.home"].map(|claim| {
        let line = format!("grant amend acme --add {claim} --yes --widen");
        (
            claim.split('.').next().unwrap(),
            env.typed(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(),
        )
    });
    let done: Vec<&str> =
        added.into_iter().filter_map(|(claim, mut run)| run.wait().unwrap().success().then_some(claim)).collect();
    let claims = env.json("grant show acme")["claims"].clone();
    assert!(
        !done.is_empty() && done.iter().all(|claim| claims.as_array().unwrap().contains(&json!(claim))),
        "{claims}"
    );
}

#[test]
fn a_vendor_that_always_has_more_and_takes_its_time_does_not_keep_the_others_waiting() {
    let (env, liar) = lent("email");
    env.ok("push");
    let more = |n: usize| json!({"sets": {format!("jti-{n}"): "rubbish"}, "moreAvailable": true}).to_string();
    liar.answers_polls((0..50).map(|n| Say::Late(Duration::from_millis(500), 200, more(n).into_bytes())));
    env.ends(5, "pull --timeout 1").says("takes too long");
    assert!(liar.seen("/poll").len() <= 12, "{}", liar.seen("/poll").len());
}

/// What the user approves while a push reads the vendor's document again is not forgotten by it.
#[test]
fn an_origin_approved_while_the_document_is_read_again_stays_approved() {
    let (env, liar) = lent("email");
    let path = "/.well-known/oauth-protected-resource";
    let before = liar.seen(path).len();
    liar.answers_pushes([Say::status(404)]);
    liar.publishes(Say::Late(Duration::from_secs(2), 200, liar.document().to_string().into_bytes()));
    let push = env.typed("push --no-pull").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the document is asked for", Duration::from_secs(20), || liar.seen(path).len() > before);
    let approve = "UPDATE vendor SET approved_origins = '[\"https://push.example\"]'";
    env.open_vault().write(|tx| tx.execute_batch(approve).map_err(Into::into)).unwrap();
    assert!(push.wait_with_output().unwrap().status.success());
    assert_eq!(env.json("vendor show acme")["approved_origins"], json!(["https://push.example"]));
}
