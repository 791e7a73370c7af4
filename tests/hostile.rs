//! Vendors that mean harm: to the other vendors' messages, to the vault's size, to what the ledger may show.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use cmr::wire::event::Event;
use cmr::wire::jose::set_hash;
use kit::{Liar, Say, Shop, TestEnv};
use serde_json::{Value, json};

/// A user who has lent an e-mail address to a vendor that has both messages.
fn lent() -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    (env, liar)
}

fn issuer(env: &TestEnv) -> String {
    env.json("vendor show acme")["issuer"].as_str().unwrap().to_owned()
}

/// The vendor's word on the n-th message that was pushed.
fn word(env: &TestEnv, liar: &Liar, pushed: usize, status: &str) -> (Event, Value) {
    let grant = env.json("grant list --all")["grants"][0]["id"].clone();
    let hash = set_hash(&liar.pushed()[pushed]);
    (Event::GrantAcknowledged, json!({"grant_id": grant, "version": 1, "set_hash": hash, "status": status}))
}

fn states(env: &TestEnv, vendor: &str) -> Vec<String> {
    let messages = env.json("outbox list --all");
    let of = messages["messages"].as_array().unwrap().iter().filter(|message| message["vendor"] == vendor);
    of.map(|message| message["state"].as_str().unwrap().to_owned()).collect()
}

fn polls(liar: &Liar) -> Vec<Value> {
    liar.seen("/poll").iter().map(|poll| serde_json::from_str(&poll.body).unwrap()).collect()
}

/// A document is read again without asking: what a vendor says in it of its own limits must not end the exchange.
#[test]
fn a_vendor_that_takes_no_introduction_any_more_harms_itself_alone() {
    let (env, liar) = lent();
    let shop = Shop::open();
    env.add_vendor("zoe", shop.url(), &shop.token);
    env.ok("grant create zoe --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("profile set email countess@example.org --yes");
    liar.publishes(Say::json(200, &liar.document_with(|d| d["cmr"]["max_set_bytes"] = 10.into())));
    liar.answers_pushes([Say::status(404), Say::err("invalid_key", "who are you?"), Say::status(413)]);
    env.ends(5, "push").says("413");
    assert_eq!(states(&env, "zoe"), ["delivered", "cancelled", "delivered"]);
}

/// It has the message: that it declined it says so.
#[test]
fn what_a_vendor_declined_is_not_sent_to_it_again() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    liar.answers_pushes([Say::status(202), Say::Reset]);
    env.ends(4, "push");
    liar.states(&issuer(&env), &[word(&env, &liar, 1, "rejected")]);
    env.ok("pull");
    assert_eq!(env.json("grant list --all")["grants"][0]["status"], "rejected");
    env.ok("push --now");
    assert_eq!(liar.pushed().len(), 2, "a grant that is over is not sent");
}

#[test]
fn one_pull_takes_so_much_of_a_vendor_and_the_next_goes_on() {
    let (env, liar) = lent();
    let customer = issuer(&env);
    let offer = || liar.sign(&customer, Event::OfferMade, json!({"name": "anvils", "description": "x".repeat(40_000)}));
    let more = |_| {
        let sets: serde_json::Map<String, Value> =
            (0..60).map(|_| offer()).map(|(jti, set)| (jti, json!(set))).collect();
        Say::json(200, &json!({"sets": sets, "moreAvailable": true}))
    };
    liar.answers_polls((0..8).map(more));
    env.ends(4, "pull").says("comes with the next pull");
    let polls = polls(&liar);
    assert!(polls.len() <= 5, "{} polls", polls.len());
    let last = polls.last().unwrap();
    assert_eq!((&last["maxEvents"], last["ack"].as_array().unwrap().len()), (&json!(0), 60), "all is acknowledged");
    env.run("pull");
    assert!(self::polls(&liar).len() > polls.len());
}

/// The ledger can be shown to others: it says how a vendor answered, and nothing of what it answered.
#[test]
fn a_vendors_words_are_shown_and_do_not_enter_the_ledger() {
    let (env, liar) = lent();
    env.ok("profile set email countess@example.org --yes");
    liar.answers_pushes([Say::err("invalid_request", "countess@example.org is no address")]);
    env.ends(5, "push").says("countess@example.org is no address");
    env.ok("profile set email queen@example.org --yes");
    liar.answers_pushes([Say::json(403, &json!({"err": "queen@example.org", "description": "no"}))]);
    env.ends(5, "push").says("queen@example.org");
    let (event, mut payload) = word(&env, &liar, 1, "accepted");
    payload["version"] = json!("queen@example.org");
    liar.states(&issuer(&env), &[(event, payload)]);
    env.ends(5, "pull").says("does not hold what the event should");
    let log = env.ok("log --limit 500 --json").out;
    assert!(log.contains("message-failed") && log.contains("message-held") && log.contains("answers-refused"));
    assert!(log.contains("400 invalid_request"), "{log}");
    assert!(!log.contains("countess@example.org") && !log.contains("queen@example.org"), "{log}");
}

#[test]
fn an_id_as_long_as_an_answer_is_cut_where_it_is_shown() {
    let (env, liar) = lent();
    let jti = "j".repeat(100_000);
    liar.answers_polls([Say::sets([(jti.clone(), "rubbish".to_owned())])]);
    let shown = env.ends(5, "pull --json");
    assert!(shown.out.len() < 2000 && shown.err.len() < 2000);
    assert!(
        polls(&liar).iter().any(|poll| poll["setErrs"].get(&jti).is_some()),
        "the vendor is told by the id that it gave"
    );
    liar.answers_polls([Say::json(200, &json!({"sets": "s".repeat(100_000)}))]);
    let shown = env.ends(4, "pull --json");
    assert!(shown.out.len() < 2000 && shown.err.len() < 2000);
}
