//! The server as a customer meets it: real HTTP, and answers verified with `wire`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use url::Url;

use super::*;
use crate::wire::discovery::{DEFAULT_MAX_SET_BYTES, Metadata};
use crate::wire::event::{AckStatus, Event};
use crate::wire::jose::{SigningKey, set_hash};
use crate::wire::set::{Audience, Claims, SubjectId, customer_issuer};

use super::test_kit::*;

#[test]
fn discovery_is_readable_where_the_resource_is() {
    let fixture = Fixture::new();
    let resource = Url::parse(fixture.server.resource()).unwrap();
    let reply = fixture.get("/.well-known/oauth-protected-resource");
    let metadata = Metadata::parse(reply.body.as_bytes(), &resource).unwrap();
    assert_eq!(metadata.resource_name.as_deref(), Some("Acme"));
    assert_eq!(metadata.cmr.push_endpoint, format!("{}/set", fixture.server.resource()));
    assert_eq!((metadata.cmr.events_supported.len(), metadata.cmr.terms_supported.len()), (7, 9));
    assert!(metadata.foreign_origins(&resource).is_empty());
    assert!(reply.head.contains("cache-control: no-store"));
    for path in ["/", "/set", "/.well-known/oauth-protected-resource/other", "/jwks.json/"] {
        assert_eq!(fixture.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_resource_below_a_path_is_served_there() {
    let fixture = Fixture::with(|config| config.public_url = Some("https://acme.example/cmr/v:1".into()));
    assert_eq!(fixture.server.resource(), "https://acme.example/cmr/v:1");
    let resource = Url::parse(fixture.server.resource()).unwrap();
    let reply = fixture.get("/.well-known/oauth-protected-resource/cmr/v:1");
    let metadata = Metadata::parse(reply.body.as_bytes(), &resource).unwrap();
    assert_eq!(metadata.cmr.poll_endpoint, "https://acme.example/cmr/v:1/poll");
    assert_eq!(fixture.get("/cmr/v:1/jwks.json").status, 200);
    assert_eq!(fixture.get("/jwks.json").status, 404);
    let refused =
        Server::start(Config { public_url: Some("https://a.example/?q".into()), ..config(fixture.dir.path()) });
    assert!(refused.is_err());
}

#[test]
fn a_grant_lives_and_dies_and_both_are_answered() {
    let fixture = Fixture::bound();
    let created = fixture.set(Event::GrantCreated, content(1, json!({"email": "jo@example.org"}), 999));
    let reply = fixture.push(&created);
    assert_eq!((reply.status, reply.body.as_str()), (202, ""));
    let ack = fixture.acknowledgement();
    assert_eq!((ack.status, ack.version, ack.set_hash), (AckStatus::Accepted, 1, set_hash(&created)));

    let updated = fixture.set(Event::GrantUpdated, content(2, json!({"email": "new@example.org"}), 999));
    assert_eq!(fixture.push(&updated).status, 202);
    assert_eq!(fixture.acknowledgement().version, 2);
    let grant = fixture.detail().grants.remove(0);
    assert_eq!(grant.claims, BTreeMap::from([("email".to_owned(), json!("new@example.org"))]));
    assert_eq!((grant.status, grant.purposes), (GrantStatus::Active, vec!["dpv:Billing".to_owned()]));

    let revoked = fixture.set(Event::GrantRevoked, revocation(3));
    assert_eq!(fixture.push(&revoked).status, 202);
    let deletion = fixture.deletion();
    assert_eq!((deletion.version, deletion.set_hash), (3, set_hash(&revoked)));
    assert_eq!(deletion.deleted, ["email"]);
    let detail = fixture.detail();
    assert_eq!((detail.grants[0].status, detail.grants[0].claims.len()), (GrantStatus::Revoked, 0));
    let events: Vec<_> = detail.received.iter().map(|set| (set.event.as_str(), set.outcome)).collect();
    let names = ["relationship-created", "grant-created", "grant-updated", "grant-revoked"];
    assert_eq!(events, names.map(|name| (name, Outcome::Applied)));
}

#[test]
fn nothing_is_taken_before_a_key_is_bound_nor_from_another_key_after() {
    let fixture = Fixture::new();
    let grant = content(1, json!({"email": "jo@example.org"}), 999);
    fixture.push(&fixture.set(Event::GrantCreated, grant.clone())).refused_with(400, "invalid_key");
    fixture
        .push(&fixture.claims(Event::GrantCreated, grant.clone()).sign(&fixture.key, true))
        .refused_with(400, "invalid_key");
    let bind = || fixture.claims(Event::RelationshipCreated, json!({"claims_offered": "none"}));
    fixture.push(&bind().sign(&fixture.key, false)).refused_with(400, "invalid_key");
    let mut borrowed = bind();
    borrowed.iss = customer_issuer("somebody-else");
    fixture.push(&borrowed.sign(&fixture.key, true)).refused_with(400, "invalid_issuer");
    assert_eq!(customers(fixture.dir.path()).unwrap()[0].issuer, None);

    assert_eq!(fixture.bind().status, 202);
    assert_eq!(fixture.bind().status, 202);
    assert_eq!(customers(fixture.dir.path()).unwrap()[0].issuer, Some(customer_issuer(&fixture.key.thumbprint())));
    let other = SigningKey::generate().unwrap();
    let mut foreign = bind();
    foreign.iss = customer_issuer(&other.thumbprint());
    fixture.push(&foreign.sign(&other, true)).refused_with(400, "invalid_key");
    fixture.push(&fixture.claims(Event::GrantCreated, grant).sign(&other, true)).refused_with(400, "invalid_key");
    assert!(fixture.detail().grants.is_empty());
}

#[test]
fn a_key_belongs_to_one_account() {
    let fixture = Fixture::bound();
    let second = add_customer(fixture.dir.path(), "mo").unwrap().token;
    let set = fixture.claims(Event::RelationshipCreated, json!({"claims_offered": "none"})).sign(&fixture.key, true);
    fixture.push_as(&second, "application/secevent+jwt", &set).refused_with(400, "invalid_key");
    assert!(add_customer(fixture.dir.path(), "mo").is_err());
}

#[test]
fn each_fault_of_a_set_has_its_code() {
    let fixture = Fixture::bound();
    let good = fixture.claims(Event::GrantCreated, content(1, json!({"email": "a@b.example"}), 999));
    let refused = |claims: Claims, err: &str| fixture.push(&claims.sign(&fixture.key, false)).refused_with(400, err);
    refused(Claims { aud: Audience::One("http://other.example".into()), ..good.clone() }, "invalid_audience");
    refused(Claims { iss: "urn:other".into(), ..good.clone() }, "invalid_issuer");
    refused(Claims { iat: good.iat + 9_999, ..good.clone() }, "invalid_request");
    refused(Claims { sub_id: None, ..good.clone() }, "invalid_request");
    refused(Claims { sub_id: Some(SubjectId::new("http://other.example", "me")), ..good.clone() }, "invalid_request");
    refused(Claims { jti: String::new(), ..good.clone() }, "invalid_request");
    let event = |uri: String, payload| Claims { events: BTreeMap::from([(uri, payload)]), ..good.clone() };
    refused(event("urn:cmr:secevent:1:unheard-of".into(), json!({})), "invalid_request");
    refused(event(Event::Verification.uri(), json!({})), "invalid_request");
    refused(event(Event::GrantCreated.uri(), json!({"grant_id": SECRET})), "invalid_request");
    refused(event(Event::GrantCreated.uri(), content(0, json!({}), 999)), "invalid_request");

    let set = good.sign(&fixture.key, false);
    let (signed, signature) = set.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    fixture.push(&format!("{signed}.{flipped}{}", &signature[1..])).refused_with(400, "invalid_key");
    fixture.push("not a token").refused_with(400, "invalid_request");
    assert!(fixture.detail().grants.is_empty());
    assert_eq!(fixture.push(&set).status, 202);
}

#[test]
fn each_fault_of_a_request_has_its_status() {
    let fixture = Fixture::bound();
    let set = fixture.set(Event::GrantCreated, content(1, json!({}), 999));
    let stranger = fixture.push_as("wrong", "application/secevent+jwt", &set);
    stranger.refused_with(401, "authentication_failed");
    assert!(stranger.head.contains("www-authenticate: bearer"));
    http(fixture.server.address(), "POST /poll HTTP/1.1", b"{}").refused_with(401, "authentication_failed");
    fixture.push_as(&fixture.token, "application/jwt", &set).refused_with(415, "invalid_request");
    fixture.push(&"a".repeat(DEFAULT_MAX_SET_BYTES + 1)).refused_with(413, "invalid_request");
    fixture.push(&"a".repeat(DEFAULT_MAX_SET_BYTES)).refused_with(400, "invalid_request");
}

#[test]
fn a_repeated_set_is_accepted_and_changes_nothing() {
    let fixture = Fixture::bound();
    let created = fixture.set(Event::GrantCreated, content(1, json!({"email": "a@b.example"}), 999));
    let older = fixture.set(Event::GrantUpdated, content(1, json!({"email": "c@d.example"}), 999));
    assert_eq!([&created, &created].map(|set| fixture.push(set).status), [202, 202]);
    assert_eq!(fixture.acknowledgement().set_hash, set_hash(&created));
    assert_eq!(fixture.push(&created).status, 202);
    assert!(fixture.answers().is_empty());

    assert_eq!(fixture.push(&older).status, 202);
    let ack = fixture.acknowledgement();
    assert_eq!((ack.version, ack.set_hash), (1, set_hash(&older)));
    let detail = fixture.detail();
    assert_eq!(detail.grants[0].claims["email"], "a@b.example");
    assert_eq!(detail.received.len(), 3);
    assert_eq!(detail.received[2].reason.as_deref(), Some("version 1 is not newer than 1"));
}

#[test]
fn a_claim_that_the_vendor_does_not_take_is_refused_and_not_stored() {
    let fixture = Fixture::with(|config| config.claims_supported = vec!["email".into()]);
    fixture.bind();
    let claims = json!({"email": "a@b.example", "gender": SECRET});
    fixture.push(&fixture.set(Event::GrantCreated, content(1, claims, 999)));
    let ack = fixture.acknowledgement();
    assert_eq!((ack.status, ack.refused_claims), (AckStatus::PartiallyAccepted, vec!["gender".to_owned()]));
    let dir = fixture.dir;
    fixture.server.stop();
    assert!(!stored(dir.path(), SECRET));
}

/// Whether a text is anywhere in the files of a data directory.
fn stored(dir: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[test]
fn after_a_revocation_the_values_are_in_no_file() {
    let fixture = Fixture::bound();
    // Long enough to spill into overflow pages as well.
    let claims = json!({"address": {"street_address": SECRET}, "website": SECRET.repeat(900)});
    assert_eq!(fixture.push(&fixture.set(Event::GrantCreated, content(1, claims, 999))).status, 202);
    assert!(stored(fixture.dir.path(), SECRET), "the search finds nothing even before");
    assert_eq!(fixture.push(&fixture.set(Event::GrantRevoked, revocation(2))).status, 202);
    assert!(!stored(fixture.dir.path(), SECRET), "while the server runs");
    let dir = fixture.dir;
    fixture.server.stop();
    assert!(!stored(dir.path(), SECRET), "after it stopped");
}

#[test]
fn an_update_leaves_nothing_of_the_values_that_it_replaces() {
    let fixture = Fixture::bound();
    fixture.push(&fixture.set(Event::GrantCreated, content(1, json!({"email": SECRET}), 999)));
    assert!(stored(fixture.dir.path(), SECRET));
    fixture.push(&fixture.set(Event::GrantUpdated, content(2, json!({"email": "a@b.example"}), 999)));
    assert!(!stored(fixture.dir.path(), SECRET));
}

#[test]
fn a_grant_expires_without_being_told() {
    let fixture = Fixture::bound();
    let set = fixture.set(Event::GrantCreated, content(1, json!({"email": SECRET}), 999));
    fixture.push(&set);
    fixture.acknowledgement();
    let overdue = Grant { expires_at: from_now(-1), ..fixture.detail().grants.remove(0) };
    Store::open(fixture.dir.path()).unwrap().write(|db| store::put_grant(db, 1, &overdue)).unwrap();
    let deletion = fixture.deletion();
    assert_eq!((deletion.version, deletion.deleted, deletion.set_hash), (1, vec!["email".to_owned()], set_hash(&set)));
    assert_eq!(fixture.detail().grants[0].status, GrantStatus::Expired);
    assert!(!stored(fixture.dir.path(), SECRET));
}

#[test]
fn a_poll_hands_out_the_oldest_first_and_forgets_what_is_settled() {
    let fixture = Fixture::bound();
    for version in 1..=3 {
        fixture.push(&fixture.set(Event::GrantUpdated, content(version, json!({}), 999)));
    }
    let waiting: Vec<String> = fixture.detail().waiting.into_iter().map(|set| set.jti).collect();
    let first = fixture.poll(&json!({"maxEvents": 1, "returnImmediately": true}));
    assert_eq!(first["sets"].as_object().unwrap().keys().collect::<Vec<_>>(), [&waiting[0]]);
    assert_eq!(first["moreAvailable"], true);
    let none = fixture.poll(&json!({"maxEvents": 0, "ack": [waiting[0], "unknown"]}));
    assert_eq!((&none["sets"], &none["moreAvailable"]), (&json!({}), &json!(true)));
    let errs = json!({"returnImmediately": true, "setErrs": {&waiting[1]: {"err": "invalid_key", "description": "?"}}});
    let last = fixture.poll(&errs);
    assert_eq!(last["sets"].as_object().unwrap().keys().collect::<Vec<_>>(), [&waiting[2]]);
    assert_eq!(last["moreAvailable"], false);
    let refused = fixture.detail().refused;
    assert_eq!((refused.len(), refused[0].err.as_str(), &refused[0].jti), (1, "invalid_key", &waiting[1]));
}

#[test]
fn a_long_poll_is_answered_when_there_is_news_and_when_the_server_stops() {
    let fixture = Fixture::bound();
    std::thread::scope(|scope| {
        let begun = Instant::now();
        let poll = scope.spawn(|| fixture.poll(&json!({})));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!poll.is_finished());
        fixture.push(&fixture.set(Event::GrantCreated, content(1, json!({}), 999)));
        assert_eq!(poll.join().unwrap()["sets"].as_object().unwrap().len(), 1);
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
    fixture.answers();
    let (address, token) = (fixture.server.address(), fixture.token.clone());
    let poll = std::thread::spawn(move || {
        http(address, &format!("POST /poll HTTP/1.1\r\nAuthorization: Bearer {token}"), b"{}").status
    });
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    fixture.server.stop();
    assert_eq!(poll.join().unwrap(), 200);
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_restart_keeps_the_key_and_what_waits() {
    let fixture = Fixture::bound();
    fixture.push(&fixture.set(Event::GrantCreated, content(1, json!({}), 999)));
    let key = fixture.get("/jwks.json").body;
    let Fixture { dir, server, token, key: own } = fixture;
    let resource = server.resource().to_owned();
    server.stop();
    let server = Server::start(Config { public_url: Some(resource), ..config(dir.path()) }).unwrap();
    let fixture = Fixture { dir, server, token, key: own };
    assert_eq!(fixture.get("/jwks.json").body, key);
    assert_eq!(fixture.acknowledgement().version, 1);
}

#[test]
fn the_data_is_its_owners_alone_and_holds_no_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("vendor");
    let token = add_customer(&data, "jo").unwrap().token;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&data.join(store::FILE))), (0o700, 0o600));
    assert!(!stored(&data, &token));
    assert!(customers(dir.path()).is_err());
    assert!(show(&data, Some("joe")).unwrap_err().hint_text().unwrap().contains("jo"));
}
