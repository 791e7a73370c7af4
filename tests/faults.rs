//! What can happen to a message on its way, and what a vendor can say that it must not: answers that are lost or never
//! end, a client that dies, words that come twice, out of order, or from somebody else.
//!
//! Answers that are wrong in themselves are in `vendors.rs`: statuses, `Retry-After`, error codes, redirects, bodies
//! and polls without end. Certificates are in `tls.rs`, and kills at random in `kills.rs`.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cmr::receiver::Outcome;
use cmr::wire::event::Event;
use cmr::wire::jose::{b64, set_hash};
use kit::{Liar, Run, Say, Shop, TestEnv, Victim};
use rustix::process::Pid;
use serde_json::{Value, json};

/// A user who has lent an e-mail address to a vendor that does as it should, behind a server that does not: two messages
/// wait.
fn lent_through() -> (TestEnv, Liar, Shop) {
    let (env, front) = (TestEnv::new().with_ada(), Liar::start());
    let shop = Shop::behind(&front);
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    (env, front, shop)
}

/// The same to a vendor whose every word is the story's, which has both messages.
fn told() -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    (env, liar)
}

/// Runs a line that ends because the server kills it.
fn killed(env: &TestEnv, victim: &Victim, line: &str) {
    let mut child = env.typed(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    victim.set(Pid::from_child(&child)).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9), "{line}");
}

/// What the vendor took, by event, and that nothing was taken twice.
fn applied(shop: &Shop) -> Vec<String> {
    let received = shop.holds().received;
    let once: BTreeSet<&String> = received.iter().map(|set| &set.jti).collect();
    assert_eq!(once.len(), received.len());
    assert!(received.iter().all(|set| set.outcome == Outcome::Applied), "{received:?}");
    received.into_iter().map(|set| set.event).collect()
}

/// The grant's status here, and what the vendor confirmed.
fn states(env: &TestEnv) -> (String, String) {
    let grant = env.json("grant show acme");
    let word = |name: &str| grant[name].as_str().unwrap().to_owned();
    (word("status"), word("vendor_status"))
}

fn pair(status: &str, vendor: &str) -> (String, String) {
    (status.to_owned(), vendor.to_owned())
}

fn issuer(env: &TestEnv) -> String {
    env.json("vendor show acme")["issuer"].as_str().unwrap().to_owned()
}

/// The vendor's acknowledgement of the n-th message that was pushed, of this version.
fn acknowledgement(env: &TestEnv, liar: &Liar, pushed: usize, version: u32, status: &str) -> (Event, Value) {
    let grant = env.json("grant list --all")["grants"][0]["id"].clone();
    let hash = set_hash(&liar.pushed()[pushed]);
    (
        Event::GrantAcknowledged,
        json!({"grant_id": grant, "version": version, "set_hash": hash, "status": status, "refused_claims": []}),
    )
}

/// What the polls so far acknowledged.
fn acknowledged(liar: &Liar) -> Vec<String> {
    let polls = liar.seen("/poll").into_iter().map(|poll| serde_json::from_str::<Value>(&poll.body).unwrap());
    polls.flat_map(|poll| poll["ack"].as_array().cloned().unwrap_or_default()).map(|jti| text(&jti)).collect()
}

/// The code that the polls so far refused this with.
fn refusal(liar: &Liar, jti: &str) -> Option<String> {
    let polls = liar.seen("/poll").into_iter().map(|poll| serde_json::from_str::<Value>(&poll.body).unwrap());
    polls.filter_map(|poll| poll["setErrs"].get(jti).map(|error| text(&error["err"]))).next()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

// On the way there.

#[test]
fn an_answer_that_is_lost_costs_the_vendor_nothing() {
    let (env, front, shop) = lent_through();
    front.answers_pushes([Say::Lose, Say::Pass, Say::Lose]);
    env.ends(4, "push");
    env.ok("outbox list").says("may have arrived");
    env.ends(4, "push --now");
    env.ok("push --now");
    let pushed = front.pushed();
    assert_eq!((pushed.len(), &pushed[0], &pushed[2]), (4, &pushed[1], &pushed[3]), "the same bytes again");
    assert_eq!(applied(&shop), ["relationship-created", "grant-created"]);
    assert_eq!(states(&env), pair("active", "accepted"));
    env.ok("log verify");
}

#[test]
fn a_yes_that_nobody_lived_to_write_down_is_heard_the_next_time() {
    let (env, front, shop) = lent_through();
    for n in 1..=2 {
        let victim = Victim::default();
        // What was sent before goes again and is heard; the next one is not.
        front.answers_pushes((1..n).map(|_| Say::Pass).chain([Say::Kill(victim.clone())]));
        killed(&env, &victim, "push");
        assert_eq!(shop.holds().received.len(), n, "the vendor has it");
        let open = env.json("outbox list")["messages"].as_array().unwrap().clone();
        let message = open.last().unwrap();
        assert_eq!((open.len(), &message["state"]), (3 - n, &json!("queued")));
        assert!(message["attempted"].is_string(), "it may have arrived, and that is known: {message}");
    }
    env.ok("push");
    let pushed = front.pushed();
    let sent: BTreeSet<&String> = pushed.iter().collect();
    assert_eq!((pushed.len(), sent.len()), (4, 2), "the same bytes again");
    assert_eq!(applied(&shop), ["relationship-created", "grant-created"]);
    assert_eq!(states(&env), pair("active", "accepted"));
    env.ok("log verify");
}

#[test]
fn an_answer_of_a_byte_a_second_takes_no_longer_than_is_allowed() {
    let (env, liar) = told();
    env.ok("profile set email new@example.org");
    let timed = |code: i32, line: &str| {
        let start = Instant::now();
        let run = env.ends(code, line);
        // One request, which may be looked into for no longer than it may take, and a machine that is busy.
        assert!(start.elapsed() < Duration::from_secs(8), "{line}: {:?}", start.elapsed());
        run
    };
    liar.answers_pushes([Say::SlowHead(202)]);
    timed(4, "push --timeout 1").says("did not answer in time");
    assert_eq!(env.json("outbox list")["messages"][0]["state"], "queued");
    // The status is an answer, whatever comes behind it.
    liar.answers_pushes([Say::SlowBody(202)]);
    timed(0, "push --now --timeout 1 --no-pull");
    liar.answers_polls([Say::SlowHead(200)]);
    timed(4, "pull --timeout 1").says("did not answer in time");
    liar.answers_polls([Say::SlowBody(200)]);
    timed(4, "pull --timeout 1");
    assert_eq!(liar.pushed().len(), 4);
}

#[test]
fn a_wait_that_a_vendor_asks_for_in_no_known_form_is_ours_to_choose() {
    for header in ["soon", "-5", "1e9", "", "99999999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let (env, liar) = told();
        env.ok("profile set email new@example.org");
        liar.answers_pushes([Say::with(503, "Retry-After", header)]);
        let before = jiff::Timestamp::now();
        env.ends(4, "push");
        let due: jiff::Timestamp = text(&env.json("outbox list")["messages"][0]["due"]).parse().unwrap();
        assert!(due.duration_since(before).as_secs() <= 60, "{header:?}: {due}");
        env.ok("push --now");
    }
}

#[test]
fn a_redirect_makes_us_read_the_document_again_once() {
    let (env, liar) = told();
    let documents = || liar.seen("/.well-known/oauth-protected-resource").len();
    let before = documents();
    env.ok("profile set email new@example.org");
    liar.answers_pushes((0..5).map(|_| Say::with(307, "Location", "/elsewhere")));
    env.ends(5, "push");
    assert_eq!(documents(), before + 1);
    assert!(liar.seen("/elsewhere").is_empty());
}

// On the way back.

#[test]
fn an_answer_that_comes_twice_is_taken_once() {
    let (env, liar) = told();
    let (event, payload) = acknowledgement(&env, &liar, 1, 1, "accepted");
    let (jti, set) = liar.sign(&issuer(&env), event, payload);
    // Under its own name and under another; then twice under its own, which JSON does not forbid.
    liar.answers_polls([Say::sets([(jti.clone(), set.clone()), ("another".to_owned(), set.clone())])]);
    env.ends(5, "pull").says("another jti");
    assert_eq!((acknowledged(&liar), refusal(&liar, "another")), (vec![jti.clone()], Some("invalid_request".into())));
    let entries = env.json("status")["ledger_entries"].clone();
    let twice = format!("{{\"sets\": {{\"{jti}\": \"{set}\", \"{jti}\": \"{set}\"}}}}");
    liar.answers_polls([Say::Http(200, vec![], twice.into_bytes())]);
    env.ok("pull");
    assert_eq!(acknowledged(&liar), [jti.clone(), jti]);
    assert_eq!(env.json("status")["ledger_entries"], entries);
    assert_eq!(states(&env), pair("active", "accepted"));
}

#[test]
fn an_answer_that_nobody_lived_to_acknowledge_is_kept_and_acknowledged_when_it_comes_again() {
    let (env, front, shop) = lent_through();
    env.ok("push --no-pull");
    let victim = Victim::default();
    // It asks and is given; then it dies of the poll that acknowledges, which arrives.
    front.answers_polls([Say::Pass, Say::Kill(victim.clone())]);
    killed(&env, &victim, "pull");
    assert_eq!(states(&env), pair("active", "accepted"), "durable before it is acknowledged");
    assert!(shop.holds().waiting.is_empty());
    // And here the acknowledgement is lost: the vendor hands it over again.
    env.ok("profile set email new@example.org");
    env.ok("push --no-pull");
    front.answers_polls([Say::Pass, Say::Reset]);
    env.ends(4, "pull");
    assert_eq!(shop.holds().waiting.len(), 1);
    let entries = env.json("status")["ledger_entries"].clone();
    env.ok("pull");
    assert!(shop.holds().waiting.is_empty());
    assert_eq!(env.json("status")["ledger_entries"], entries, "taken once");
    env.ok("log verify");
}

#[test]
fn answers_out_of_order_leave_the_latest_state() {
    let (env, liar) = told();
    env.ok("profile set email new@example.org");
    env.ok("push");
    let customer = issuer(&env);
    let say = |answer: (Event, Value)| {
        liar.states(&customer, &[answer]);
        env.ok("pull");
        states(&env)
    };
    assert_eq!(say(acknowledgement(&env, &liar, 2, 2, "accepted")), pair("active", "accepted"));
    assert_eq!(say(acknowledgement(&env, &liar, 1, 1, "partially_accepted")), pair("active", "accepted"));
    env.ok("grant revoke acme --yes");
    env.ok("push");
    let (_, mut deleted) = acknowledgement(&env, &liar, 3, 3, "accepted");
    for (name, value) in [
        ("completed_at", json!("2026-01-01T00:00:00Z")),
        ("deleted", json!(["email"])),
        ("retained", json!([])),
        ("recipients_notified", json!([])),
    ] {
        deleted[name] = value;
    }
    let over = pair("revoked", "deletion_stated");
    assert_eq!(say((Event::DeletionCompleted, deleted)), over);
    for status in ["accepted", "partially_accepted", "rejected"] {
        assert_eq!(say(acknowledgement(&env, &liar, 2, 2, status)), over, "{status}");
        assert_eq!(say(acknowledgement(&env, &liar, 3, 3, status)), over, "{status}");
    }
    assert_eq!(env.json("vendor knows acme")["known"], json!([]));
    env.ok("log verify");
}

/// A compact token with any header, signed by any means.
fn token(header: &Value, claims: &impl serde::Serialize, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", b64(header.to_string().as_bytes()), b64(&serde_json::to_vec(claims).unwrap()));
    let signature = b64(&sign(input.as_bytes()));
    format!("{input}.{signature}")
}

#[test]
fn an_answer_that_the_vendor_did_not_sign_changes_nothing() {
    let (env, liar) = told();
    let (customer, stranger) = (issuer(&env), Liar::start());
    let (event, payload) = acknowledgement(&env, &liar, 1, 1, "accepted");
    let entries = env.json("status")["ledger_entries"].clone();
    let claims = |jti: &str| liar.claims(&customer, jti, event, payload.clone());
    let head = |alg: &str| json!({"typ": "secevent+jwt", "alg": alg, "kid": liar.key().thumbprint()});
    let public = liar.key().public();
    let x = public.x.clone().unwrap();
    let raw = cmr::wire::jose::unb64(&x).unwrap();
    let jwk = serde_json::to_vec(&public).unwrap();
    let with_secret = |jti: &str, secret: &[u8]| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        token(&head("HS256"), &claims(jti), |input| ring::hmac::sign(&key, input).as_ref().to_vec())
    };
    let mut theirs = head("EdDSA");
    theirs["jwk"] = serde_json::to_value(stranger.key().public()).unwrap();
    let honest = claims("borrowed").sign(liar.key(), false);
    let borrowed = honest.rsplit('.').next().and_then(cmr::wire::jose::unb64).unwrap();
    let forged = [
        ("stranger", claims("stranger").sign(stranger.key(), false)),
        ("stranger-with-its-key", claims("stranger-with-its-key").sign(stranger.key(), true)),
        ("their-key-under-our-name", token(&theirs, &claims("their-key-under-our-name"), |_| borrowed.clone())),
        ("none", token(&head("none"), &claims("none"), |_| Vec::new())),
        ("None", token(&head("None"), &claims("None"), |_| Vec::new())),
        ("unsigned", token(&head("EdDSA"), &claims("unsigned"), |_| Vec::new())),
        ("another-s-signature", token(&head("EdDSA"), &claims("another-s-signature"), |_| borrowed.clone())),
        ("hs256-raw", with_secret("hs256-raw", &raw)),
        ("hs256-text", with_secret("hs256-text", x.as_bytes())),
        ("hs256-jwk", with_secret("hs256-jwk", &jwk)),
    ];
    liar.answers_polls([Say::sets(forged.iter().map(|(jti, set)| ((*jti).to_owned(), set.clone())))]);
    let refused = env.json_ends(5, "pull")["refused"].as_array().unwrap().len();
    assert_eq!(refused, forged.len());
    for (jti, set) in &forged {
        assert_eq!(refusal(&liar, jti).as_deref(), Some("invalid_key"), "{jti}: {set}");
    }
    assert_eq!(acknowledged(&liar), Vec::<String>::new());
    assert_eq!(states(&env), pair("offered", "not_confirmed"));
    // One entry of the ledger says that something did not verify.
    assert_eq!(env.json("status")["ledger_entries"].as_u64().unwrap(), entries.as_u64().unwrap() + 1);
    // What they claim is well formed: with the vendor's signature it is taken.
    liar.answers_polls([Say::sets([("borrowed".to_owned(), honest)])]);
    env.ok("pull");
    assert_eq!(states(&env), pair("active", "accepted"));
}

/// What the rest would have said decides what becomes of the message: until it is heard, nothing is.
#[test]
fn a_refusal_that_breaks_off_is_no_refusal() {
    let (env, front, shop) = lent_through();
    for status in [400, 401, 413] {
        front.answers_pushes([Say::BrokenOff(status, "{\"err\":\"inv")]);
        env.ends(4, "push --now").says("broke off");
    }
    front.answers_pushes([Say::Pass, Say::Pass]);
    env.ok("push --now");
    assert_eq!(applied(&shop), ["relationship-created", "grant-created"]);
}

/// Many that say nothing are waited for at once, and keep nobody from those that answer.
#[test]
fn many_silent_vendors_cost_one_time_out() {
    let (env, shop) = (TestEnv::new().with_ada(), Shop::open());
    let silent: Vec<Liar> = (0..8).map(|_| Liar::start()).collect();
    env.add_vendor("zoe", shop.url(), &shop.token);
    for (number, liar) in silent.iter().enumerate() {
        env.add_vendor(&format!("silent{number}"), &liar.url(), "liars-token-0123456789");
        liar.answers_pushes([Say::Silence, Say::Silence]);
    }
    for name in (0..8).map(|number| format!("silent{number}")).chain(["zoe".into()]) {
        env.ok(&format!("grant create {name} --claims email --purpose DeliveryOfGoods --expires 90d --yes"));
    }
    let start = Instant::now();
    let moved = env.json_ends(4, "push --timeout 4");
    // Eight of them one after the other would take half a minute.
    assert!(start.elapsed() < Duration::from_secs(16), "{:?}", start.elapsed());
    let state = |name: &str| {
        let lines = moved["lines"].as_array().unwrap().iter().filter(|line| line["vendor"] == name);
        lines.map(|line| line["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(state("zoe"), ["delivered", "acknowledged"]);
    for (number, liar) in silent.iter().enumerate() {
        assert_eq!(state(&format!("silent{number}")), ["queued"]);
        assert_eq!(liar.pushed().len(), 1, "one in flight for each");
    }
}

/// A connection for which there is no file would look as if the vendor could not be reached.
#[test]
fn who_may_have_few_files_talks_to_fewer_vendors_at_a_time() {
    let env = TestEnv::new().with_ada();
    let slow: Vec<Liar> = (0..16).map(|_| Liar::start()).collect();
    for (number, liar) in slow.iter().enumerate() {
        env.add_vendor(&format!("slow{number}"), &liar.url(), "liars-token-0123456789");
        env.ok(&format!("grant create slow{number} --claims email --purpose DeliveryOfGoods --expires 90d --yes"));
        liar.answers_pushes([0, 1].map(|_| Say::Late(Duration::from_millis(100), 202, Vec::new())));
    }
    let cmr = env.typed("push --no-pull --json");
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 28; exec \"$0\" \"$@\""]).arg(cmr.get_program()).args(cmr.get_args());
    limited.env_clear().envs(cmr.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = Run::of(&mut limited).succeeded();
    assert!(!run.err.contains("open files"), "{run}");
    assert!(slow.iter().all(|liar| liar.pushed().len() == 2), "{run}");
}

/// Whatever answers in place of a vendor while it is away knows neither its endpoint nor its document.
#[test]
fn a_vendor_that_is_away_as_a_whole_is_waited_for() {
    let (env, front, shop) = lent_through();
    for (document, says) in [(Say::status(503), "503"), (Say::Reset, "could not be reached")] {
        front.answers_pushes([Say::status(404)]);
        front.publishes(document);
        env.ends(4, "push --now").says(says);
    }
    front.publishes(Say::Pass);
    env.ok("push --now");
    assert_eq!(applied(&shop), ["relationship-created", "grant-created"]);
}

/// Others wait for their turn, and one of them may have something to take back from another vendor.
#[test]
fn a_vendor_that_answers_everything_just_in_time_does_not_keep_an_exchange_busy_for_ever() {
    let (env, liar) = told();
    for _ in 0..19 {
        env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    }
    let before = liar.pushed().len();
    liar.answers_pushes((0..19).map(|_| Say::Late(Duration::from_millis(500), 202, Vec::new())));
    env.ends(4, "push --timeout 1");
    let sent = liar.pushed().len() - before;
    assert!((4..=9).contains(&sent), "{sent}");
    liar.answers_pushes([]);
    env.ok("push");
    assert_eq!(liar.pushed().len() - before, 19, "each once, and none was lost");
}
