//! Which keys a vendor's answers are verified with, as time goes by and the vendor changes them.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use cmr::wire::event::Event;
use cmr::wire::jose::SigningKey;
use kit::{Liar, Say, TestEnv};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

/// A user who lent an e-mail address, and whose vault last saw the vendor's keys so many hours ago.
fn lent(hours: i64) -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    age(&env, hours);
    (env, liar)
}

fn age(env: &TestEnv, hours: i64) {
    let vault = env.open_vault();
    for sql in
        ["UPDATE vendor_key SET last_seen = last_seen - ?1", "UPDATE vendor SET keys_asked_at = keys_asked_at - ?1"]
    {
        vault.connection().execute(sql, [hours * HOUR]).unwrap();
    }
}

/// Lets the vendor say something, signed as ever.
fn speaks(env: &TestEnv, liar: &Liar) {
    let issuer = env.json("vendor show acme")["issuer"].as_str().unwrap().to_owned();
    liar.states(&issuer, &[(Event::Verification, json!({}))]);
}

fn fetched(liar: &Liar) -> usize {
    liar.seen("/jwks").len()
}

fn another_key() -> Say {
    Say::json(200, &json!({"keys": [SigningKey::generate().unwrap().public()]}))
}

/// What was refused in the last poll.
fn refused(liar: &Liar) -> Option<String> {
    let poll: Value = serde_json::from_str(&liar.seen("/poll").pop().unwrap().body).unwrap();
    let errors = poll["setErrs"].as_object()?.values().next()?.clone();
    errors["err"].as_str().map(str::to_owned)
}

#[test]
fn a_withdrawn_key_is_not_believed_longer_than_a_day() {
    let (env, liar) = lent(23);
    liar.publishes_keys(another_key());
    speaks(&env, &liar);
    env.ok("pull");
    assert_eq!(fetched(&liar), 1, "its keys were read today");
    age(&env, 1);
    speaks(&env, &liar);
    env.ends(5, "pull").says("the key is not in the vendor's jwks_uri");
    assert_eq!((fetched(&liar), refused(&liar).as_deref()), (2, Some("invalid_key")));
    // What it signed before still stands, with the key that it was verified by.
    let kept: i64 = env
        .open_vault()
        .connection()
        .query_row("SELECT count(*) FROM message WHERE direction = 'in' AND verified_by IS NOT NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn a_vendor_whose_keys_cannot_be_read_is_believed_for_a_week() {
    let (env, liar) = lent(25);
    liar.publishes_keys(Say::status(503));
    speaks(&env, &liar);
    env.ok("pull").says("could not read the keys of acme again");
    assert_eq!(fetched(&liar), 2);
    // It is asked again after five minutes, by whatever command.
    speaks(&env, &liar);
    env.ok("pull");
    assert_eq!(fetched(&liar), 2);
    age(&env, 24 * 7);
    speaks(&env, &liar);
    env.ends(5, "pull");
    assert_eq!((fetched(&liar), refused(&liar).as_deref()), (3, Some("invalid_key")));
    // And believed again as soon as they can be read.
    let (env, liar) = lent(24 * 30);
    speaks(&env, &liar);
    env.ok("pull");
    assert_eq!(fetched(&liar), 2);
}

#[test]
fn an_unknown_key_makes_one_question_in_five_minutes_however_many_commands_there_are() {
    let (env, liar) = lent(1);
    liar.publishes_keys(Say::Reset);
    let stranger = SigningKey::generate().unwrap().sign(
        "secevent+jwt",
        br#"{"iss":"x","aud":"x","jti":"1","iat":1,"events":{}}"#,
        false,
    );
    for _ in 0..3 {
        liar.answers_polls([Say::json(200, &json!({"sets": {"1": stranger, "2": stranger}}))]);
        env.ends(5, "pull");
    }
    assert_eq!(fetched(&liar), 2);
}
