//! Linking an account where the authorization server does what a good one never does. What a good one does is checked with
//! one that nobody here wrote: `tests/interop/oidc.py`.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kit::{Liar, Run, Say, TestEnv};
use serde_json::{Value, json};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// What stands for every secret of a server: no output may hold it.
const SECRET: &str = "s3cret-that-nobody-may-see";

fn secret(what: &str) -> String {
    format!("{SECRET}-{what}")
}

/// A vendor that is its own authorization server.
struct Vendor(Liar);

impl std::ops::Deref for Vendor {
    type Target = Liar;

    fn deref(&self) -> &Liar {
        &self.0
    }
}

impl Vendor {
    fn open() -> Self {
        let vendor = Self(Liar::start());
        vendor.publishes(Say::json(200, &vendor.document_with(|d| d["authorization_servers"] = json!([vendor.url()]))));
        vendor.serves(|_| ());
        vendor.answers_at("/reg", [Say::json(201, &vendor.registration())]);
        vendor.answers_at("/device", [Say::json(200, &vendor.code())]);
        vendor.answers_at("/token", [tokens(1)]);
        vendor
    }

    /// The server's own document, with some members replaced.
    fn serves(&self, change: impl FnOnce(&mut Value)) {
        let at = |path: &str| format!("{}{path}", self.url());
        let mut document = json!({
            "issuer": self.url(), "token_endpoint": at("/token"), "device_authorization_endpoint": at("/device"),
            "registration_endpoint": at("/reg"), "revocation_endpoint": at("/revoke"),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["EdDSA"],
        });
        change(&mut document);
        self.answers_at(WELL_KNOWN, [Say::json(200, &document)]);
    }

    fn registration(&self) -> Value {
        json!({"client_id": "client-1", "token_endpoint_auth_method": "private_key_jwt",
               "registration_client_uri": format!("{}/reg/client-1", self.url()),
               "registration_access_token": secret("registration")})
    }

    fn code(&self) -> Value {
        json!({"device_code": secret("device"), "user_code": "WDJB-MJHT", "expires_in": 600, "interval": 1,
               "verification_uri": format!("{}/confirm", self.url())})
    }

    /// The vendor in a vault, and linked.
    fn linked(&self) -> TestEnv {
        let env = self.added();
        env.ok("-vv vendor link acme --no-input").never_says(SECRET);
        env
    }

    fn added(&self) -> TestEnv {
        let env = TestEnv::new();
        let run = env.ok(&format!("vendor add acme --url {} --allow-loopback --no-input", self.url()));
        run.says("cmr vendor link acme");
        env
    }

    /// The vendor in a vault that has something to send, and linked.
    fn lending(&self) -> TestEnv {
        let env = self.linked();
        env.ok("profile set email ada@example.org");
        env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
        env
    }
}

fn tokens(number: u32) -> Say {
    Say::json(
        200,
        &json!({"access_token": secret(&format!("access-{number}")), "token_type": "Bearer", "expires_in": 3600,
                "refresh_token": secret(&format!("refresh-{number}"))}),
    )
}

fn error(code: &str) -> Say {
    // A server that quotes what it was sent.
    let words = format!("no: {} or {}", secret("device"), secret("refresh-1"));
    Say::json(400, &json!({"error": code, "error_description": words}))
}

fn link(env: &TestEnv, code: i32, more: &str) -> Run {
    let run = env.ends(code, &format!("-vv vendor link acme --no-input {more}"));
    run.never_says(SECRET);
    run
}

#[test]
fn the_origin_and_the_code_are_shown_where_no_document_goes() {
    let vendor = Vendor::open();
    let env = vendor.added();
    let run = env.ends(0, "vendor link acme --no-input --json --quiet");
    run.never_says(SECRET);
    assert_eq!(run.document()["schema"], "cmr/linked/1");
    let (origin, code) = (run.err.find(&vendor.url()).unwrap(), run.err.find("WDJB-MJHT").unwrap());
    assert!(origin < code, "{run}");
    assert!(!run.out.contains("WDJB-MJHT"), "{run}");
    env.ok("vendor show acme").says("linked");
}

#[test]
fn a_server_that_wants_to_be_asked_less_often_is_and_one_that_is_away_is_waited_for() {
    let vendor = Vendor::open();
    let env = vendor.added();
    vendor.answers_at(
        "/token",
        [error("authorization_pending"), Say::status(503), Say::Reset, error("slow_down"), tokens(1)],
    );
    let start = Instant::now();
    link(&env, 0, "");
    // 1 s, 2 s and 4 s while it was away, then 5 s more.
    assert!(start.elapsed() > Duration::from_secs(9), "{:?}", start.elapsed());
    assert_eq!(vendor.seen("/token").len(), 5);
    let assertions: std::collections::BTreeSet<String> = vendor
        .seen("/token")
        .into_iter()
        .map(|request| request.body.split("client_assertion=").nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(assertions.len(), 5, "an assertion was used twice");
}

#[test]
fn a_no_and_a_code_that_is_over_end_the_wait_and_the_next_try_has_another_code() {
    let vendor = Vendor::open();
    let env = vendor.added();
    for (answer, words) in [("access_denied", "declined"), ("expired_token", "in time"), ("invalid_grant", "in time")] {
        vendor.answers_at("/token", [error(answer)]);
        link(&env, 5, "").says(words);
    }
    vendor.answers_at("/token", [tokens(1)]);
    link(&env, 0, "");
    assert_eq!(vendor.seen("/device").len(), 4);
    // One client for all of it.
    assert_eq!(vendor.seen("/reg").len(), 1);
}

#[test]
fn a_document_of_another_issuer_is_not_believed() {
    let vendor = Vendor::open();
    let env = vendor.added();
    vendor.serves(|d| d["issuer"] = json!("https://login.shop.example"));
    link(&env, 7, "").says("another issuer");
    let elsewhere = format!("{}/", vendor.url());
    vendor.serves(|d| d["issuer"] = json!(elsewhere));
    link(&env, 7, "").says("another issuer");
    assert!(vendor.seen("/reg").is_empty() && vendor.seen("/token").is_empty());
}

#[test]
fn endpoints_elsewhere_are_approved_first_and_those_that_moved_again() {
    let (vendor, other) = (Vendor::open(), Liar::start());
    let env = vendor.added();
    let moved = format!("{}/token", other.url());
    vendor.serves(|d| d["token_endpoint"] = json!(moved));
    link(&env, 2, "").says("--approve-origin");
    assert!(vendor.seen("/reg").is_empty());
    vendor.serves(|_| ());
    link(&env, 0, "");
    vendor.serves(|d| d["token_endpoint"] = json!(format!("{}/other", vendor.url())));
    link(&env, 2, "").says("--anew");
    vendor.answers_at("/other", [tokens(2)]);
    link(&env, 0, "--anew");
    assert_eq!(vendor.seen("/other").len(), 1);
    assert!(other.seen("/token").is_empty());
    // A whole other server: what is there must be taken back first.
    let issuer = other.url();
    vendor.publishes(Say::json(200, &vendor.document_with(|d| d["authorization_servers"] = json!([issuer]))));
    let document = json!({"issuer": issuer, "token_endpoint": moved});
    other.answers_at(WELL_KNOWN, [Say::json(200, &document)]);
    link(&env, 5, &format!("--anew --approve-origin {issuer}")).says("vendor unlink acme");
}

#[test]
fn a_vendor_that_names_no_server_can_be_linked_where_the_user_says() {
    let (vendor, server) = (Liar::start(), Vendor::open());
    let env = TestEnv::new();
    vendor.publishes(Say::json(200, &vendor.document()));
    env.ok(&format!("vendor add acme --url {} --allow-loopback --no-input", vendor.url()));
    link(&env, 6, "").says("--issuer");
    link(&env, 0, &format!("--issuer {}", server.url()));
    let asked = server.seen("/device").remove(0);
    assert!(!asked.body.contains("resource="), "{}", asked.body);
    // Now it names another one.
    vendor.publishes(Say::json(
        200,
        &vendor.document_with(|d| d["authorization_servers"] = json!(["https://a.example"])),
    ));
    link(&env, 7, &format!("--issuer {}", server.url())).says("does not name");
}

#[test]
fn a_client_that_was_registered_by_hand_proves_itself_by_its_secret() {
    let vendor = Vendor::open();
    let env = vendor.added();
    vendor.serves(|d| {
        d.as_object_mut().unwrap().remove("registration_endpoint");
        d["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
    });
    link(&env, 7, "").says("--client-id");
    let file = env.file("secret.txt", format!("{}\n", secret("client")));
    link(&env, 0, &format!("--client-id by-hand --client-secret-file {file}"));
    let asked = vendor.seen("/token").remove(0);
    let authorization = asked.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    assert!(authorization.1.starts_with("Basic "), "{authorization:?}");
    assert!(!asked.body.contains("client_assertion"), "{}", asked.body);
    vendor.answers_at("/revoke", [Say::status(200)]);
    let gone = env.ok("-vv vendor unlink acme --yes");
    gone.never_says(SECRET);
    let revoked = vendor.seen("/revoke");
    assert_eq!(revoked.len(), 2);
    assert!(revoked[0].headers.contains(authorization), "{:?}", revoked[0].headers);
}

#[test]
fn a_token_that_cannot_be_refreshed_holds_the_message_until_the_account_is_linked_again() {
    let vendor = Vendor::open();
    let env = vendor.lending();
    vendor.answers_pushes([Say::status(401)]);
    vendor.answers_at("/token", [error("invalid_grant")]);
    env.ends(5, "-vv push").never_says(SECRET).says("linked account");
    env.run("status").says("cmr vendor link acme").never_says(SECRET);
    vendor.answers_at("/token", [tokens(2)]);
    link(&env, 0, "").says("cmr push acme");
    env.ok("-vv push").never_says(SECRET);
    let last = vendor.seen("/set").pop().unwrap();
    assert!(last.headers.iter().any(|(_, value)| *value == format!("Bearer {}", secret("access-2"))));
}

#[test]
fn a_server_that_is_away_when_a_token_expired_only_delays_the_message() {
    let vendor = Vendor::open();
    let env = vendor.lending();
    vendor.answers_pushes([Say::status(401)]);
    vendor.answers_at("/token", [Say::status(503)]);
    env.ends(4, "-vv push").never_says(SECRET).says("could not be refreshed");
    vendor.answers_at("/token", [tokens(2)]);
    vendor.answers_pushes([Say::status(401)]);
    env.ok("-vv push --now").never_says(SECRET);
    assert_eq!(
        env.json("log")["entries"].as_array().unwrap().iter().filter(|e| e["action"] == "token-refreshed").count(),
        1
    );
}

#[test]
fn a_vendor_that_refuses_even_a_fresh_token_is_not_asked_for_ever() {
    let vendor = Vendor::open();
    let env = vendor.lending();
    vendor.answers_pushes([Say::status(401), Say::status(401), Say::status(401)]);
    vendor.answers_at("/token", [tokens(2)]);
    env.ends(5, "-vv push").never_says(SECRET);
    assert_eq!(vendor.seen("/set").len(), 2);
    assert_eq!(vendor.seen("/token").len(), 2);
}

#[test]
fn an_expired_token_is_refreshed_before_it_is_used() {
    let vendor = Vendor::open();
    let short = json!({"access_token": secret("access-1"), "token_type": "Bearer", "expires_in": 1,
                       "refresh_token": secret("refresh-1")});
    vendor.answers_at("/token", [Say::json(200, &short), tokens(2)]);
    let env = vendor.lending();
    env.ok("-vv push").never_says(SECRET);
    let first = vendor.seen("/set").remove(0);
    assert!(first.headers.iter().any(|(_, value)| *value == format!("Bearer {}", secret("access-2"))));
}

#[test]
fn of_two_commands_at_once_one_refreshes_and_the_other_finds_the_new_token() {
    let vendor = Vendor::open();
    let short = json!({"access_token": secret("access-1"), "token_type": "Bearer", "expires_in": 1,
                       "refresh_token": secret("refresh-1")});
    vendor.answers_at("/token", [Say::json(200, &short), tokens(2)]);
    let env = vendor.lending();
    let start = || env.typed("-vv pull acme").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    env.ok("push --no-pull");
    // Linked again, with a token that is over by now, and a server that refreshes it once.
    vendor.answers_at("/token", [Say::json(200, &short), tokens(3), error("invalid_grant")]);
    link(&env, 0, "--anew");
    let before = vendor.seen("/token").len();
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    for output in both {
        let run = Run::ended_with(output, "pull acme".into()).succeeded();
        run.never_says(SECRET);
    }
    assert_eq!(vendor.seen("/token").len(), before + 1);
}

#[test]
fn an_expired_token_and_a_server_that_is_away_are_no_reason_to_hold_anything() {
    let vendor = Vendor::open();
    let short = json!({"access_token": secret("access-1"), "token_type": "Bearer", "expires_in": 1,
                       "refresh_token": secret("refresh-1")});
    vendor.answers_at("/token", [Say::json(200, &short), Say::Reset]);
    let env = vendor.lending();
    vendor.answers_pushes([Say::status(401)]);
    env.ends(4, "-vv push").never_says(SECRET).says("could not be refreshed");
}

#[test]
fn a_vendor_whose_document_names_another_server_is_sent_nothing_until_the_user_looked() {
    let vendor = Vendor::open();
    let env = vendor.lending();
    vendor.answers_pushes([Say::status(404)]);
    vendor.publishes(Say::json(
        200,
        &vendor.document_with(|d| d["authorization_servers"] = json!(["https://a.example"])),
    ));
    env.ends(5, "-vv push").never_says(SECRET).says("now names https://a.example");
    assert_eq!(vendor.seen("/set").len(), 1);
    env.ok("vendor set acme --discover").says("now names https://a.example");
}

#[test]
fn two_clients_at_once_are_one_too_many() {
    let vendor = Vendor::open();
    let env = vendor.linked();
    link(&env, 7, "--client-id another").says("vendor unlink acme");
}

#[test]
fn what_a_vendor_does_not_take_back_is_not_forgotten_until_the_user_says_so() {
    let vendor = Vendor::open();
    let env = vendor.linked();
    vendor.answers_at("/revoke", [Say::status(503)]);
    vendor.answers_at("/reg/client-1", [Say::status(403)]);
    env.ends(1, "-vv vendor unlink acme --yes").never_says(SECRET).says("--force");
    assert!(env.json("vendor show acme")["link"].is_object());
    vendor.answers_at("/revoke", [Say::status(200)]);
    let forced = env.ok("-vv vendor unlink acme --yes --force --json");
    forced.never_says(SECRET);
    let document = forced.document();
    assert_eq!(document["taken_back"], json!(["the refresh token", "the access token"]));
    assert_eq!(document["remains"][0]["what"], "the registration");
    assert!(env.json("vendor show acme")["link"].is_null());
    let log = env.json("log");
    let last = log["entries"].as_array().unwrap().iter().find(|entry| entry["action"] == "vendor-unlinked").unwrap();
    assert!(!last.to_string().contains(SECRET), "{last}");
}

#[test]
fn a_server_without_revocation_is_left_with_tokens_that_are_named() {
    let vendor = Vendor::open();
    vendor.serves(|d| {
        d.as_object_mut().unwrap().remove("revocation_endpoint");
    });
    let env = vendor.linked();
    vendor.answers_at("/reg/client-1", [Say::status(204)]);
    let document = env.ok("vendor unlink acme --yes --json").document();
    assert_eq!(document["taken_back"], json!(["the registration"]));
    assert_eq!(document["remains"].as_array().unwrap().len(), 2);
}

#[test]
fn tokens_that_could_not_be_used_are_not_kept() {
    let vendor = Vendor::open();
    let env = vendor.added();
    for bad in [
        json!({"access_token": secret("x"), "token_type": "mac"}),
        json!({"access_token": secret("two\nlines"), "token_type": "Bearer"}),
        json!({"access_token": secret("bound"), "token_type": "DPoP"}),
        json!({"token": secret("x")}),
        json!([secret("x")]),
    ] {
        vendor.answers_at("/token", [Say::json(200, &bad)]);
        let run = env.run("-vv vendor link acme --no-input --anew");
        run.never_says(SECRET);
        assert!([1, 7].contains(&run.code), "{run}");
        assert!(env.json("vendor show acme")["link"]["since"].is_null());
    }
    vendor.answers_at("/token", [Say::Endless(200)]);
    link(&env, 7, "--anew").says("more than");
}

/// Answers what the browser is asked to bring back.
fn browse(env: &TestEnv, answer: impl FnOnce(&str, &str) -> Vec<String>) -> (i32, String) {
    let mut command = env.typed("-vv vendor link acme --browser --no-input");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    let page = loop {
        let mut line = String::new();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "no page: {said}");
        said.push_str(&line);
        if let Some(page) = line.trim().strip_prefix("http").filter(|_| line.starts_with("  http")) {
            break url::Url::parse(&format!("http{page}")).unwrap();
        }
    };
    let value = |name: &str| page.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let back = url::Url::parse(&value("redirect_uri")).unwrap();
    for query in answer(&value("state"), page.as_str()) {
        let mut stream = TcpStream::connect(("127.0.0.1", back.port().unwrap())).unwrap();
        write!(stream, "GET {}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", back.path()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        said.push_str(&page);
    }
    stderr.read_to_string(&mut said).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    assert!(!said.contains(SECRET), "{said}");
    (code, said)
}

#[test]
fn only_the_server_that_was_asked_brings_a_code_back() {
    let vendor = Vendor::open();
    let env = vendor.added();
    vendor.serves(|d| {
        d["authorization_endpoint"] = json!(format!("{}/auth", vendor.url()));
        d["authorization_response_iss_parameter_supported"] = json!(true);
    });
    // A wrong state is nobody's answer; then comes the right state in the name of another server.
    let (code, said) = browse(&env, |state, _| {
        vec![
            format!("code=stolen&state=wrong&iss={}", vendor.url()),
            format!("code=stolen&state={state}&iss=https://evil.example"),
        ]
    });
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("another server") && said.contains("400 Bad Request"), "{said}");
    assert!(vendor.seen("/token").is_empty());
    let (code, said) = browse(&env, |state, page| {
        assert!(page.contains("code_challenge_method=S256"), "{page}");
        vec![format!("code=right&state={state}&iss={}", vendor.url())]
    });
    assert_eq!(code, 0, "{said}");
    let asked = vendor.seen("/token").remove(0).body;
    assert!(asked.contains("code=right") && asked.contains("code_verifier="), "{asked}");
    let (code, said) = browse(&env, |state, _| vec![format!("error=access_denied&state={state}&iss={}", vendor.url())]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("declined"), "{said}");
}
