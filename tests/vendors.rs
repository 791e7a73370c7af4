//! Vendors that are slow, broken, hostile, or not what they say: nothing is lost, nothing is followed, nothing is
//! believed.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::time::Duration;

use jiff::Timestamp;
use kit::{Liar, Run, Say, TestEnv};
use serde_json::{Value, json};

const TOKEN: &str = "liars-token-0123456789";

/// A user with a vendor that will not be honest for long, who has lent it an e-mail address: two messages wait.
fn lent() -> (TestEnv, Liar) {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), TOKEN);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    (env, liar)
}

/// Tries to add a vendor that must be refused with this code, saying this.
#[track_caller]
fn refused(liar: &Liar, code: i32, says: &str) -> Run {
    let env = TestEnv::new();
    let run = env.ends(code, &format!("vendor add acme --url {} --allow-loopback --no-input", liar.url()));
    run.says(says);
    calm(&run);
    assert_eq!(env.json("vendor list")["vendors"], json!([]));
    run
}

/// No escape character reaches the terminal.
#[track_caller]
fn calm(run: &Run) {
    let wild = |c: char| c.is_control() && c != '\n';
    assert!(!run.out.chars().any(wild) && !run.err.chars().any(wild), "{run:?}");
}

fn first(env: &TestEnv) -> Value {
    let outbox = env.json("outbox list");
    outbox["messages"].as_array().unwrap().last().unwrap().clone()
}

// Documents.

#[test]
fn a_document_that_is_too_large_is_not_read() {
    let liar = Liar::start();
    liar.publishes(Say::json(200, &liar.document_with(|d| d["resource_name"] = json!("x".repeat(300_000)))));
    refused(&liar, 7, "bytes");
    liar.publishes(Say::Endless(200));
    refused(&liar, 7, "bytes");
}

#[test]
fn a_document_that_is_no_json_is_refused() {
    let liar = Liar::start();
    liar.publishes(Say::Http(200, vec![], b"<html>welcome</html>".to_vec()));
    refused(&liar, 7, "not readable");
    liar.publishes(Say::Http(200, vec![], b"\xff\xfe{}".to_vec()));
    refused(&liar, 7, "not readable");
    liar.publishes(Say::json(200, &json!({"resource": liar.url()})));
    refused(&liar, 7, "missing");
    liar.publishes(Say::status(404));
    refused(&liar, 7, "no vendor document");
    liar.publishes(Say::status(500));
    refused(&liar, 1, "500");
    liar.publishes(Say::Reset);
    refused(&liar, 1, "could not be reached");
}

#[test]
fn a_document_about_somebody_else_is_refused() {
    let liar = Liar::start();
    for resource in ["https://bank.example", "http://127.0.0.1", "http://127.0.0.1:1/"] {
        liar.publishes(Say::json(200, &liar.document_with(|d| d["resource"] = json!(resource))));
        refused(&liar, 7, "another resource").says(resource);
    }
    liar.publishes(Say::json(200, &liar.document_with(|d| d["cmr"]["version"] = json!(2))));
    refused(&liar, 7, "version 2");
}

#[test]
fn a_redirect_of_the_document_stays_on_the_origin() {
    let (liar, other) = (Liar::start(), Liar::start());
    liar.publishes(Say::with(302, "Location", format!("{}/elsewhere", other.url())));
    refused(&liar, 7, "another origin").says(&other.url());
    assert!(other.seen("/elsewhere").is_empty());
    liar.publishes(Say::with(302, "Location", "/round"));
    liar.answers_elsewhere(Say::with(302, "Location", "/round"));
    refused(&liar, 7, "redirects more than");
    // Within the origin it is followed.
    liar.publishes(Say::with(302, "Location", "/moved"));
    liar.answers_elsewhere(Say::json(200, &liar.document()));
    let env = TestEnv::new();
    env.add_vendor("acme", &liar.url(), TOKEN);
}

#[test]
fn private_addresses_are_not_contacted() {
    let env = TestEnv::new();
    for (url, says) in [
        ("http://10.0.0.1/", "private"),
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254", "link-local"),
        ("https://192.168.1.1", "private"),
        ("https://[fd00::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://0.0.0.0/", "reserved"),
    ] {
        for flag in ["", " --allow-loopback"] {
            let run = env.ends(7, &format!("vendor add acme --url {url} --no-input{flag}"));
            run.says(says).says("not contacted");
        }
    }
    let liar = Liar::start();
    let port = liar.url().rsplit(':').next().unwrap().to_owned();
    for url in
        [liar.url(), format!("http://localhost:{port}"), format!("https://127.1:{port}"), "http://[::1]:1".into()]
    {
        env.ends(7, &format!("vendor add acme --url {url} --no-input")).says("loopback").says("--allow-loopback");
    }
    assert!(liar.seen("/.well-known/oauth-protected-resource").is_empty());
}

#[test]
fn plain_http_to_the_public_internet_is_refused() {
    let env = TestEnv::new();
    env.ends(7, "vendor add acme --url http://9.9.9.9/ --no-input").says("not https");
    env.ends(7, "vendor add acme --url http://9.9.9.9/ --no-input --allow-loopback").says("not https");
    for url in ["ftp://acme.example", "https://ada@acme.example", "https://acme.example/?a=b", "https://"] {
        env.ends(7, &format!("vendor add acme --url {url} --no-input"));
    }
}

#[test]
fn endpoints_elsewhere_need_the_users_word() {
    let (liar, other) = (Liar::start(), Liar::start());
    let elsewhere = liar.document_with(|d| d["cmr"]["push_endpoint"] = json!(format!("{}/set", other.url())));
    liar.publishes(Say::json(200, &elsewhere));
    let origin = other.url();
    refused(&liar, 2, &format!("--approve-origin {origin}"));
    let env = TestEnv::new().with_ada();
    let add = format!("vendor add acme --url {} --allow-loopback --no-input", liar.url());
    // --yes is no answer to this.
    env.ends(2, &format!("{add} --yes"));
    env.ends(2, &format!("{add} --approve-origin https://other.example"));
    env.ok(&format!("{add} --approve-origin {origin}"));
    assert_eq!(env.json("vendor show acme")["approved_origins"], json!([origin]));
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    assert_eq!(other.pushed().len(), 2);
    // A vendor that is on this machine without TLS may not name what needs it, or the other way round.
    liar.publishes(Say::json(200, &liar.document_with(|d| d["jwks_uri"] = json!("https://acme.example/jwks"))));
    refused(&liar, 7, "jwks_uri");
}

#[test]
fn the_words_of_a_vendor_cannot_drive_the_terminal() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    let wild = "Evil\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}Shop\r\n";
    liar.publishes(Say::json(
        200,
        &liar.document_with(|d| {
            d["resource_name"] = json!(wild);
            d["cmr"]["claims_supported"] = json!(["email", wild]);
            d["cmr"]["terms_supported"] = json!([wild]);
        }),
    ));
    let file = env.file("token", TOKEN);
    let add = format!("vendor add acme --url {} --allow-loopback --token-file {file}", liar.url());
    calm(&env.ok(&add));
    calm(&env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes --terms SD-BASE"));
    liar.answers_pushes([Say::err("invalid_request", wild), Say::err(wild, wild)]);
    let runs = ["push -vv", "outbox list", "vendor show acme", "vendor list", "grant show acme", "log", "status"];
    for line in runs {
        calm(&env.run(line));
    }
    liar.publishes(Say::json(200, &liar.document_with(|d| d["resource"] = json!(wild))));
    calm(&env.run("vendor set acme --discover"));
    liar.publishes(Say::with(302, "Location", "https://\u{9b}evil.example/"));
    calm(&env.run("vendor set acme --discover"));
    // JSON escapes what text leaves out.
    let json = env.ok("vendor show acme --json");
    assert!(!json.out.contains('\u{1b}'));
}

// Deliveries.

#[test]
fn a_push_is_never_redirected() {
    for status in [301, 302, 303, 307, 308] {
        let (env, liar) = lent();
        let other = Liar::start();
        liar.answers_pushes([
            Say::with(status, "Location", format!("{}/set", other.url())),
            Say::with(status, "Location", format!("{}/set", other.url())),
        ]);
        env.ends(5, "push").says("redirects");
        assert!(other.pushed().is_empty());
        assert_eq!(first(&env)["state"], "held");
        // Even on the same origin: the document says where to push.
        let id = first(&env)["id"].as_str().unwrap().to_owned();
        liar.answers_pushes([Say::with(status, "Location", "/set2"), Say::with(status, "Location", "/set2")]);
        env.ok(&format!("outbox retry {id}"));
        env.ends(5, "push");
        assert!(liar.seen("/set2").is_empty());
        // Once it behaves, the same bytes go.
        env.ok(&format!("outbox retry {id}"));
        env.ok("push");
        let pushed = liar.pushed();
        assert!(pushed[..pushed.len() - 1].iter().all(|body| *body == pushed[0]));
    }
}

#[test]
fn an_address_that_turned_private_is_not_contacted_and_nothing_left() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    let inside = liar.document_with(|d| d["cmr"]["push_endpoint"] = json!("http://10.0.0.1/set"));
    liar.publishes(Say::json(200, &inside));
    env.ok(&format!(
        "vendor add acme --url {} --allow-loopback --no-input --approve-origin http://10.0.0.1",
        liar.url()
    ));
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    let run = env.run("push");
    assert!([4, 5].contains(&run.code), "{run}");
    run.says("private address");
    // What did not leave cannot have arrived.
    assert_eq!(first(&env)["attempted"], Value::Null);
    env.ok("outbox list").never_says("may have arrived");
}

#[test]
fn busy_vendors_are_asked_again_when_they_say() {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new();
    let in_an_hour = Timestamp::now() + Duration::from_secs(3600);
    let rfc9110 = date.timestamp_to_rfc9110_string(&in_an_hour).unwrap();
    for (status, header, wait) in [
        (503, "120".to_owned(), 120),
        (429, "60".to_owned(), 60),
        (503, rfc9110, 3600),
        (503, "99999999".to_owned(), 24 * 3600),
    ] {
        let (env, liar) = lent();
        liar.answers_pushes([Say::with(status, "Retry-After", header.clone())]);
        let start = Timestamp::now();
        let moved = env.json_ends(4, "push");
        assert_eq!(moved["lines"].as_array().unwrap().len(), 1, "one in flight: {moved}");
        let due: Timestamp = first(&env)["due"].as_str().unwrap().parse().unwrap();
        let waits = due.duration_since(start).as_secs();
        assert!((wait - 55..=wait + 55).contains(&waits), "{header}: {waits}");
        // Until then nothing is sent, unless the user wants it.
        env.ends(4, "push");
        assert_eq!(liar.pushed().len(), 1);
        env.ok("push --now");
        let pushed = liar.pushed();
        assert_eq!((pushed.len(), &pushed[0]), (3, &pushed[1]), "the same bytes again");
    }
}

#[test]
fn each_status_that_may_pass_waits() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let (env, liar) = lent();
        liar.answers_pushes([Say::status(status)]);
        env.ends(4, "push").says(&status.to_string());
        assert_eq!(first(&env)["state"], "queued");
        env.ok("push --now");
    }
}

#[test]
fn a_connection_that_breaks_after_the_message_may_have_delivered_it() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(202), Say::Reset]);
    env.ends(4, "push");
    let message = first(&env);
    assert_eq!((&message["state"], &message["event"]), (&json!("queued"), &json!("grant-created")));
    assert!(message["attempted"].is_string());
    env.ok("outbox list").says("may have arrived");
    // It is shown as possibly known, and never as delivered.
    let known = env.json("vendor knows acme")["known"].clone();
    assert_eq!((&known[0]["claim"], &known[0]["delivered"]), (&json!("email"), &Value::Null));
    // A revocation now must be told.
    let gone = env.json("grant revoke acme --yes");
    assert_eq!(gone["queued"], true);
    env.ok("push --now");
    assert_eq!(liar.pushed().len(), 3);
}

#[test]
fn a_vendor_that_says_nothing_is_given_up_in_time() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::Silence]);
    let start = std::time::Instant::now();
    env.ends(4, "push --timeout 1").says("did not answer in time");
    assert!(start.elapsed() < Duration::from_secs(10));
    env.ok("push --now");
    let pushed = liar.pushed();
    assert_eq!(pushed[0], pushed[1]);
}

#[test]
fn a_delivery_counts_whatever_body_comes_with_it() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::Endless(202), Say::Http(202, vec![], b"\x1b[2Jthanks".to_vec())]);
    let start = std::time::Instant::now();
    calm(&env.ok("push --timeout 5"));
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(liar.pushed().len(), 2);
    // An error's body is bounded as well.
    env.ok("profile set email new@example.org");
    liar.answers_pushes([Say::Endless(400)]);
    env.ends(5, "push --timeout 5");
}

#[test]
fn a_success_that_is_not_202_is_delivered_and_remarked() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(200), Say::status(204)]);
    env.ok("push");
    let all = env.json("outbox list --all");
    for message in all["messages"].as_array().unwrap() {
        assert_eq!(message["state"], "delivered");
        assert!(message["reason"].as_str().unwrap().contains("it answered 20"), "{message}");
    }
}

#[test]
fn each_error_of_the_standard_ends_as_it_should() {
    for (code, state) in [
        ("invalid_request", "failed"),
        ("invalid_issuer", "failed"),
        ("invalid_audience", "failed"),
        ("authentication_failed", "held"),
        ("access_denied", "held"),
        ("invalid_key", "held"),
        ("teapot", "failed"),
    ] {
        let (env, liar) = lent();
        liar.answers_pushes([Say::status(202)]);
        liar.answers_pushes([Say::err(code, "because we say so")]);
        let run = env.run("push");
        assert!([0, 5].contains(&run.code), "{code}: {run}");
        run.says("because we say so").says(code);
        let message = first(&env);
        assert_eq!((&message["event"], &message["state"]), (&json!("relationship-created"), &json!(state)), "{code}");
        if state == "held" {
            assert_eq!(run.code, 5);
            // What waits behind it was not sent.
            assert_eq!(liar.pushed().len(), 1, "{code}");
        }
        env.ok("log verify");
    }
}

#[test]
fn a_key_that_the_vendor_lost_is_introduced_again_once() {
    let (env, liar) = lent();
    env.ok("push");
    env.ok("profile set email new@example.org");
    liar.answers_pushes([Say::err("invalid_key", "who are you?")]);
    env.ok("push");
    assert_eq!(liar.pushed().len(), 5, "introduced, created, refused, introduced again, updated");
    env.ok("profile set email newer@example.org");
    liar.answers_pushes([
        Say::err("invalid_key", "who are you?"),
        Say::status(202),
        Say::err("invalid_key", "who are you?"),
    ]);
    env.ends(5, "push").says("key");
}

#[test]
fn a_refused_token_is_held_until_there_is_another() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(401)]);
    env.ends(5, "push").says("token");
    let message = first(&env);
    assert_eq!(message["state"], "held");
    env.ends(5, "push");
    assert_eq!(liar.pushed().len(), 1, "what is held is not sent");
    let file = env.file("new.token", "another-token");
    env.ok(&format!("vendor set acme --token-file {file}")).says("goes with the next push");
    env.ok("push");
    let tokens: Vec<_> = liar
        .seen("/set")
        .iter()
        .map(|request| request.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone())
        .collect();
    assert_eq!(tokens[0], format!("Bearer {TOKEN}"));
    assert!(tokens[1..].iter().all(|token| token == "Bearer another-token"));
}

#[test]
fn a_vendor_without_a_token_says_how_to_give_one() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.ok(&format!("vendor add acme --url {} --allow-loopback --no-input", liar.url())).says("--token-file");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    liar.answers_pushes([Say::status(401)]);
    env.ends(5, "push").says("wants a token");
}

#[test]
fn a_vendor_that_is_gone_is_discovered_again_once() {
    let (env, liar) = lent();
    // Its endpoint moved, and its document says where.
    liar.answers_pushes([Say::status(404)]);
    let moved = liar.document_with(|d| d["cmr"]["push_endpoint"] = json!(format!("{}/set-2", liar.url())));
    liar.publishes(Say::json(200, &moved));
    liar.answers_elsewhere(Say::status(202));
    env.ok("push");
    assert_eq!((liar.pushed().len(), liar.seen("/set-2").len()), (1, 2));
    // Gone for good.
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(410)]);
    liar.publishes(Say::status(404));
    env.ends(5, "push").says("not to be found");
    assert_eq!(first(&env)["state"], "held");
    // A document that now names a foreign origin is not taken over.
    let (env, liar) = lent();
    let other = Liar::start();
    liar.answers_pushes([Say::status(404)]);
    let stolen = liar.document_with(|d| d["cmr"]["push_endpoint"] = json!(format!("{}/set", other.url())));
    liar.publishes(Say::json(200, &stolen));
    env.ends(5, "push").says("not approved");
    assert!(other.pushed().is_empty());
}

#[test]
fn a_dead_port_gets_the_same_bytes_later() {
    let env = TestEnv::new().with_ada();
    let mut shop = kit::Shop::open();
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    let tokens = |env: &TestEnv| -> Vec<Value> {
        let ids = env.json("outbox list --all")["messages"].as_array().unwrap().clone();
        ids.iter().map(|m| env.json(&format!("outbox show {}", m["id"].as_str().unwrap()))["jws"].clone()).collect()
    };
    let before = tokens(&env);
    shop.close();
    env.ends(4, "push").says("refused");
    // Nothing has left.
    assert_eq!(first(&env)["attempted"], Value::Null);
    assert_eq!(env.json("vendor knows acme")["known"], json!([]));
    shop.reopen();
    env.ok("push --now");
    assert_eq!(tokens(&env), before);
    let received: Vec<String> = shop.holds().received.into_iter().map(|set| set.jti).collect();
    let ids = env.json("outbox list --all")["messages"].as_array().unwrap().clone();
    assert!(ids.iter().all(|message| received.contains(&message["id"].as_str().unwrap().to_owned())));
}

#[test]
fn one_vendor_in_trouble_does_not_stop_the_others() {
    let (env, liar) = lent();
    let shop = kit::Shop::open();
    env.add_vendor("bolt", shop.url(), &shop.token);
    env.ok("grant create bolt --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    liar.answers_pushes([Say::status(503)]);
    env.ends(4, "push");
    assert_eq!(shop.holds().grants.len(), 1);
}

// Answers.

#[test]
fn what_is_polled_is_not_believed_without_a_signature() {
    let (env, liar) = lent();
    env.ok("push");
    let forged = "eyJhbGciOiJub25lIiwidHlwIjoic2VjZXZlbnQrand0In0.e30.";
    for body in [json!({"sets": {"one": forged}}), json!({"sets": {"two": "not a token"}})] {
        liar.answers_polls([Say::json(200, &body)]);
        let run = env.ends(5, "pull");
        calm(&run);
    }
    let polls = liar.seen("/poll");
    assert!(polls.iter().any(|poll| poll.body.contains("setErrs")), "the vendor is told what was refused");
    assert_eq!(env.json("grant show acme")["vendor_status"], "not_confirmed");
}

#[test]
fn a_poll_that_goes_wrong_is_named_and_changes_nothing() {
    for (answer, code, says) in [
        (Say::status(401), 5, "token"),
        (Say::status(500), 4, "500"),
        (Say::Http(200, vec![], b"<html>".to_vec()), 4, "not a poll response"),
        (Say::Endless(200), 4, "larger than"),
        (Say::with(302, "Location", "http://127.0.0.1:1/"), 4, "302"),
        (Say::Reset, 4, "127.0.0.1"),
    ] {
        let (env, liar) = lent();
        env.ok("push");
        let before = env.json("status")["ledger_entries"].clone();
        liar.answers_polls([answer]);
        calm(env.ends(code, "pull --timeout 5").says(says));
        assert_eq!(env.json("status")["ledger_entries"], before);
    }
}

#[test]
fn a_vendor_that_always_has_more_is_cut_off() {
    let (env, liar) = lent();
    env.ok("push");
    let more = |n: usize| Say::json(200, &json!({"sets": {format!("jti-{n}"): "rubbish"}, "moreAvailable": true}));
    liar.answers_polls((0..500).map(more));
    env.ends(5, "pull");
    assert!(liar.seen("/poll").len() <= 110, "{}", liar.seen("/poll").len());
}

// Several vendors.

#[test]
fn a_push_to_one_vendor_speaks_of_that_vendor() {
    let (env, liar) = lent();
    let other = Liar::start();
    env.add_vendor("bank", &other.url(), TOKEN);
    env.ok("grant create bank --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    liar.answers_pushes([Say::with(503, "Retry-After", "600")]);
    let moved = env.json_ends(4, "push acme");
    let line = &moved["lines"][0];
    assert!(!line["reason"].as_str().unwrap().contains("again") && line["due"].is_string(), "the time apart: {line}");
    // What waits for acme is none of the bank's.
    env.ok("push bank").never_says("queued");
    assert_eq!(env.json("outbox list --vendor bank")["messages"], json!([]));
    assert_eq!(env.json("outbox list --vendor acme")["messages"].as_array().unwrap().len(), 2);
    env.ends(4, "push").says("again after");
    env.ok("pull").says("Nothing is new.").never_says("Nothing waits");
}

#[test]
fn a_push_that_needs_the_user_says_where_to_look() {
    let (env, liar) = lent();
    liar.answers_pushes([Say::status(403)]);
    env.ends(5, "push").says("cmr status");
    env.ends(2, "outbox retry").says("--vendor <VENDOR>").says("--all");
}

#[test]
fn a_name_that_could_be_many_vendors_names_some_and_says_that_there_are_more() {
    let env = TestEnv::new();
    for number in 1..=7 {
        env.add_vendor(&format!("shop{number}"), &Liar::start().url(), TOKEN);
    }
    env.ends(6, "vendor show shop").says("could be 7 vendors").says("shop6, …").never_says("shop7");
}
