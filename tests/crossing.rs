//! What leaves and what is believed when words cross: a revocation while a push is under way, an end while a message
//! waits, an answer about something else than it says.

mod kit;

use std::process::Stdio;
use std::time::Duration;

use cmr::wire::set::Unchecked;
use kit::{Liar, Say, TestEnv, wait_until};
use serde_json::Value;

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
    let claims = Unchecked::parse(&set).unwrap().peek().event().unwrap().1["claims"].clone();
    claims
}

fn events(env: &TestEnv, state: &str) -> Vec<Value> {
    let outbox = env.json("outbox list --all");
    let messages = outbox["messages"].as_array().unwrap().iter();
    messages.filter(|message| message["state"] == state).map(|message| message["event"].clone()).collect()
}

#[test]
fn a_message_revoked_while_it_is_refused_is_not_held_to_be_sent_again() {
    let (env, liar) = lent("email");
    liar.answers_pushes([Say::status(202), Say::Late(Duration::from_secs(2), 403)]);
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
