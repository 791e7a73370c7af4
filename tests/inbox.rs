//! What vendors send: kept, shown, answered; and what is not understood is kept and said.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::io::Write;
use std::process::Stdio;

use cmr::wire::event::Event;
use cmr::wire::jose::set_hash;
use cmr::wire::set::Unchecked;
use kit::{Liar, Run, Say, Shop, TestEnv};
use serde_json::{Value, json};

/// A user who has lent a vendor an e-mail address, which it took.
fn lent() -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ok("grant create acme --claims email --terms SD-BASE --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    (env, liar)
}

fn issuer(env: &TestEnv) -> String {
    env.json("vendor show acme")["issuer"].as_str().unwrap().to_owned()
}

/// The `txn` of the last message that was pushed.
fn txn(liar: &Liar) -> String {
    let set = liar.pushed().pop().unwrap();
    Unchecked::parse(&set).unwrap().peek().txn.clone().unwrap()
}

/// The vendor's word on the grant.
fn word(env: &TestEnv, liar: &Liar, status: &str) -> (Event, Value) {
    let grant = env.json("grant list --all")["grants"][0]["id"].clone();
    let hash = set_hash(&liar.pushed()[1]);
    (Event::GrantAcknowledged, json!({"grant_id": grant, "version": 1, "set_hash": hash, "status": status}))
}

fn events(document: &Value) -> Vec<&str> {
    document["messages"].as_array().unwrap().iter().map(|message| message["event"].as_str().unwrap()).collect()
}

fn entries(env: &TestEnv, action: &str) -> Vec<Value> {
    let log = env.json("log --limit 500");
    log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == action).cloned().collect()
}

/// What the vendor was told that its messages were refused for.
fn told(liar: &Liar) -> Vec<Value> {
    let bodies = liar.seen("/poll").into_iter().map(|poll| serde_json::from_str::<Value>(&poll.body).unwrap());
    let errors = |body: Value| body["setErrs"].as_object().map(|errs| errs.values().cloned().collect::<Vec<_>>());
    bodies.filter_map(errors).flatten().collect()
}

#[test]
fn a_plain_yes_needs_no_reading_and_a_no_does() {
    let (env, liar) = lent();
    assert_eq!(env.json("inbox list")["messages"], json!([]));
    env.ok("inbox list --all").says("No vendor has sent anything");
    liar.states(&issuer(&env), &[word(&env, &liar, "accepted")]);
    env.ok("pull");
    env.ok("inbox list").says("Nothing here needs reading");
    liar.states(&issuer(&env), &[(Event::Verification, json!({"state": "x"}))]);
    env.ok("pull");
    liar.states(&issuer(&env), &[word(&env, &liar, "rejected")]);
    env.ok("pull");
    env.snapshot("inbox_list", &env.ok("inbox list"));
    assert_eq!(events(&env.json("inbox list --all")), ["grant-acknowledged", "verification", "grant-acknowledged"]);
    assert_eq!(env.json("inbox list --all --limit 1")["messages"][0]["content"]["status"], "rejected");
    assert_eq!(env.json("inbox list --all --vendor acme")["messages"].as_array().unwrap().len(), 3);
    env.ends(6, "inbox list --vendor nobody");
}

#[test]
fn a_message_shows_what_it_says_what_it_answers_and_by_which_key_it_was_verified() {
    let (env, liar) = lent();
    liar.states(&issuer(&env), &[word(&env, &liar, "partially_accepted")]);
    env.ok("pull");
    let id = env.json("inbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    let shown = env.json(&format!("inbox show {id}"));
    assert_eq!(shown["answers"]["event"], "grant-created");
    assert_eq!(shown["claims"]["iss"], liar.url());
    assert_eq!(shown["verified"]["alg"], "EdDSA");
    assert_eq!(shown["verified"]["kid"], shown["verified"]["thumbprint"]);
    assert_eq!(shown["jws"].as_str().unwrap().split('.').count(), 3);
    env.ok(&format!("inbox show {}", &id[28..])).says("partially accepted").says("your grant-created v1");
    // One of ours is not in the inbox.
    let ours = env.json("outbox list --all")["messages"][0]["id"].as_str().unwrap().to_owned();
    env.ends(6, &format!("inbox show {ours}")).says("cmr inbox list --all");
}

#[test]
fn an_event_that_is_not_known_is_kept_and_the_vendor_is_told_each_time() {
    let (env, liar) = lent();
    let gift = ("urn:example:gift\u{1b}[2J".to_owned(), json!({"what": "an anvil"}));
    liar.says(&issuer(&env), None, &[gift]);
    let polled = liar.seen("/poll").len();
    env.ok("pull").says("not known to this version").never_says("\u{1b}");
    assert_eq!(liar.seen("/poll").len(), polled + 2);
    assert_eq!(told(&liar), [json!({"err": "invalid_request", "description": "this event is not known here"})]);
    let kept = env.json("inbox list");
    assert_eq!((events(&kept), &kept["messages"][0]["known"]), (vec!["urn:example:gift[2J"], &json!(false)));
    let id = kept["messages"][0]["id"].as_str().unwrap();
    env.ok(&format!("inbox show {id}")).says("an anvil");
    assert_eq!(entries(&env, "event-not-known").len(), 1);
    // The vendor did not hear of it, and sends it again.
    let jws = env.json(&format!("inbox show {id}"))["jws"].clone();
    let jti = env.json(&format!("inbox show {id}"))["claims"]["jti"].as_str().unwrap().to_owned();
    liar.answers_polls([Say::json(200, &json!({"sets": {jti: jws}}))]);
    env.ok("pull");
    assert_eq!(told(&liar).len(), 2);
    assert_eq!(env.json("inbox list")["messages"].as_array().unwrap().len(), 1);
    env.ok("log verify");
}

#[test]
fn a_customer_s_event_from_a_vendor_does_nothing_but_lie_there() {
    let (env, liar) = lent();
    let (_, payload) = word(&env, &liar, "accepted");
    for uri in [Event::GrantRevoked.uri(), "grant-acknowledged".to_owned()] {
        liar.says(&issuer(&env), None, &[(uri, payload.clone())]);
        env.ok("pull");
    }
    assert_eq!(events(&env.json("inbox list")), ["unknown:grant-acknowledged", "urn:cmr:secevent:1:grant-revoked"]);
    let grant = env.json("grant show acme");
    assert_eq!((&grant["status"], &grant["vendor_status"]), (&json!("offered"), &json!("not_confirmed")));
}

#[test]
fn a_vendor_cannot_fill_the_vault_with_events_that_nobody_knows() {
    let (env, liar) = lent();
    let gift = |n: usize| (format!("urn:example:gift-{n}"), json!({}));
    liar.says(&issuer(&env), None, &(0..100).map(gift).collect::<Vec<_>>());
    env.ok("pull");
    liar.says(&issuer(&env), None, &[gift(100)]);
    env.ends(5, "pull").says("no more of them are kept");
    assert_eq!(env.json("inbox list --limit 500")["messages"].as_array().unwrap().len(), 100);
}

#[test]
fn what_does_not_verify_leaves_one_entry_that_names_a_few_and_quotes_nothing() {
    let (env, liar) = lent();
    let sets: serde_json::Map<String, Value> =
        (0..30).map(|n| (format!("jti-{n:02}\u{1b}"), json!("rubbish"))).collect();
    liar.answers_polls([Say::json(200, &json!({"sets": sets}))]);
    env.ends(5, "pull");
    let entries = entries(&env, "answers-refused");
    assert_eq!((entries.len(), &entries[0]["body"]["count"]), (1, &json!(30)));
    assert_eq!(entries[0]["body"]["refused"].as_array().unwrap().len(), 5);
    assert_eq!(entries[0]["body"]["refused"][0]["jti"], "jti-00");
    assert!(!entries[0].to_string().contains("rubbish"));
    assert_eq!(env.json("inbox list --all")["messages"], json!([]));
}

#[test]
fn a_set_that_is_too_large_is_refused_and_not_kept() {
    let (env, liar) = lent();
    for (length, code) in [(30_000, 0), (70_000, 5)] {
        let offer = (Event::OfferMade, json!({"name": "anvils", "description": "x".repeat(length)}));
        liar.states(&issuer(&env), &[offer]);
        env.ends(code, "pull");
    }
    assert_eq!(env.json("inbox list")["messages"].as_array().unwrap().len(), 1);
    assert!(told(&liar)[0]["description"].as_str().unwrap().contains("65536 are taken at most"));
}

#[test]
fn an_answer_to_the_terms_stands_beside_the_grant() {
    let (env, liar) = lent();
    let countered = (Event::TermsCountered.uri(), json!({"terms": "SD-BASE-A"}));
    liar.says(&issuer(&env), Some(&txn(&liar)), &[countered]);
    env.ok("pull");
    env.ok("grant show acme").says("SD-BASE; the vendor counters with SD-BASE-A");
    let said = env.json("grant show acme");
    assert_eq!(said["messages"][1]["event"], "terms-countered");
    assert_eq!(said["vendor_status"], "not_confirmed");
    // Of no transaction of ours: kept, and beside no grant.
    liar.says(&issuer(&env), Some("another"), &[(Event::TermsDeclined.uri(), json!({}))]);
    env.ok("pull");
    assert_eq!(env.json("inbox list")["messages"][0]["grant"], Value::Null);
}

/// A user of whose grant cmr's own receiver refused a part.
fn refused() -> (TestEnv, Shop, String) {
    let (env, shop) = (TestEnv::new().with_ada(), Shop::taking(&["name"]));
    env.add_vendor("acme", shop.url(), &shop.token);
    // As if its document had said that it takes anything.
    let sql = "UPDATE vendor_document SET document = json_set(document, '$.cmr.claims_supported', json('[]'))";
    assert_eq!(env.open_vault().connection().execute(sql, []).unwrap(), 1);
    env.ok("grant create acme --claims email,name --purpose DeliveryOfGoods --expires 90d --yes");
    env.run("push");
    let id = env.json("inbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    (env, shop, id)
}

#[test]
fn a_reply_is_shown_queued_delivered_and_read_by_the_vendor() {
    let (env, shop, id) = refused();
    let line = format!("inbox reply {id} --text 'Why not the e-mail?' --outcome 'take it' --respond-by 14d");
    let look = env.json(&format!("{line} --dry-run"));
    assert_eq!((&look["message"], &look["dry_run"]), (&Value::Null, &json!(true)));
    assert_eq!(env.json("outbox list")["messages"], json!([]));
    env.ends(2, &format!("{line} --no-input")).says("--yes");
    env.snapshot("inbox_reply", &env.ok(&format!("{line} --yes")));
    let queued = env.json("outbox list")["messages"][0].clone();
    assert_eq!(
        (&queued["event"], &queued["grant"], &queued["state"]),
        (&json!("feedback-submitted"), &Value::Null, &json!("queued"))
    );
    // What is said is not in the ledger, and not in what search knows.
    assert_eq!(entries(&env, "feedback-submitted")[0]["body"]["about"], json!(id));
    env.ok("log --limit 500").never_says("Why not");
    env.ends(6, "search 'Why not'");
    // The same transaction, and about the very message.
    let jws = env.json(&format!("outbox show {}", queued["id"].as_str().unwrap()));
    let theirs = env.json(&format!("inbox show {id}"));
    assert_eq!(jws["claims"]["txn"], theirs["claims"]["txn"]);
    let payload = &jws["claims"]["events"]["urn:cmr:secevent:1:feedback-submitted"];
    assert_eq!((&payload["about"], &payload["kind"]), (&theirs["claims"]["jti"], &json!("need")));
    env.ok("push").says("delivered");
    let held = shop.holds().feedback;
    assert_eq!((held.len(), held[0].feedback.text.as_str()), (1, "Why not the e-mail?"));
    let show = env.ok(&format!("receiver show --data {}", shop.data().display()));
    show.says("need about").says("Why not the e-mail?").says("take it");
    assert_eq!(env.json("inbox list")["messages"][0]["replies"], 1);
    env.ok("inbox list").says("replied");
    env.ok("log verify");
}

#[test]
fn a_change_of_the_grant_does_not_overtake_what_was_said() {
    let (env, shop, id) = refused();
    env.ok(&format!("inbox reply {id} --text 'One thing' --yes"));
    env.ok("profile set name 'Ada King'");
    env.ok("grant revoke acme --yes");
    env.run("push");
    assert_eq!(shop.holds().feedback.len(), 1);
}

#[test]
fn a_text_comes_from_standard_input_and_never_from_nowhere() {
    let (env, _shop, id) = refused();
    env.ends(2, &format!("inbox reply {id} --no-input --yes")).says("--text");
    env.ends(7, &format!("inbox reply {id} --text ' ' --yes")).says("empty");
    let mut piped = env.typed(&format!("inbox reply {id} --text - --kind complaint --yes --json"));
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all("Line one\nLine two\n".as_bytes()).unwrap();
    let reply = Run::ended_with(piped.wait_with_output().unwrap(), "inbox reply".into()).succeeded().document();
    assert_eq!((&reply["text"], &reply["kind"]), (&json!("Line one\nLine two"), &json!("complaint")));
    let long = format!("a{}", "é".repeat(20_000));
    let mut piped = env.typed(&format!("inbox reply {id} --text - --yes"));
    piped.stdin(std::fs::File::open(env.file("long.txt", long)).unwrap());
    Run::of(&mut piped).ended(7).says("longer than 4000");
    let most = "x".repeat(5000);
    env.ends(7, &format!("inbox reply {id} --text {most} --yes")).says("4000");
}

#[test]
fn an_answer_to_what_was_said_names_it() {
    let (env, liar) = lent();
    liar.states(&issuer(&env), &[word(&env, &liar, "rejected")]);
    env.ok("pull");
    let id = env.json("inbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    let reply = env.json(&format!("inbox reply {id} --text 'Why?' --yes"))["message"]["id"].clone();
    env.ok("push");
    let answer = json!({"about": reply, "text": "We \u{1b}]0;sell anvils\u{7} only", "name": "Grace"});
    liar.states(&issuer(&env), &[(Event::FeedbackResponded, answer)]);
    env.ok("pull");
    let newest = env.ok("inbox list");
    newest.says("Grace says; We ]0;sell anvils only").never_says("\u{1b}");
    let id = env.json("inbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(env.json(&format!("inbox show {id}"))["answers"]["event"], "feedback-submitted");
}
