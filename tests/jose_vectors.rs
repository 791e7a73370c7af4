//! Wycheproof's JWS and JWK vectors through our verifier: tokens and keys that others made to break verifiers.
//!
//! The files are in `CMR_CORPUS/jose`. Without that variable the test says so and passes; where `CI` is set it fails.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says what it did")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding};
use cmr::wire::jose::{Jwk, JwkSet, Unverified};
use serde_json::Value;

/// Where we and the vectors differ on purpose: file, test, and why.
const DIFFERENCES: [(&str, u64, &str); 1] = [(
    "json_web_key_test.json",
    7,
    "a 2048-bit RSA key whose primes came from a chip with the ROCA weakness. The signature is right, and the key can \
     be factored by whoever pays for it: that is for the vendor to find out, who may as well publish its private key",
)];

/// What `cmr` verifies of the vectors' algorithms. `EdDSA` is on our list too, but Wycheproof's JWS file has none.
const ALLOWED: [&str; 2] = ["ES256", "RS256"];

fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("CMR_CORPUS").map(|dir| PathBuf::from(dir).join("jose")).filter(|dir| dir.is_dir());
    assert!(dir.is_some() || std::env::var_os("CI").is_none(), "CMR_CORPUS is not set, or has no folder jose");
    if dir.is_none() {
        println!("skipped: CMR_CORPUS is not set, or has no folder jose");
    }
    dir
}

fn groups(dir: &std::path::Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(json["testGroups"].take()).unwrap()
}

fn header(token: &str) -> Option<Value> {
    let bytes = Base64UrlUnpadded::decode_vec(token.split('.').next()?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether this token verifies with this key. A key that cannot even be read verifies nothing.
fn verifies(token: &str, key: &Value) -> bool {
    let Ok(key) = serde_json::from_value::<Jwk>(key.clone()) else { return false };
    Unverified::parse(token).is_ok_and(|token| token.verify(&key).is_ok())
}

/// What was expected of a file, and what came out differently.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn take(&mut self, file: &str, test: &Value, verified: bool) {
        let token = test["jws"].as_str().unwrap();
        let alg = header(token).and_then(|header| header["alg"].as_str().map(str::to_owned)).unwrap_or_default();
        let id = test["tcId"].as_u64().unwrap();
        let differs = DIFFERENCES.iter().any(|(of, test, _)| *of == file && *test == id);
        let should = (test["result"] == "valid" && ALLOWED.contains(&alg.as_str())) != differs;
        if verified != should {
            self.wrong.push(format!("{file} {id} ({}, {alg}): verified is {verified}", test["comment"]));
        }
        *(if verified { &mut self.accepted } else { &mut self.refused }) += 1;
    }
}

#[test]
fn signatures() {
    let Some(dir) = corpus() else { return };
    let mut tally = Tally::default();
    let mut by_alg: BTreeMap<String, usize> = BTreeMap::new();
    for group in groups(&dir, "json_web_signature_test.json") {
        // Where there is no public key the group's key is a shared secret: we must refuse to use it.
        let key = group.get("public").unwrap_or(&group["private"]);
        for test in group["tests"].as_array().unwrap() {
            let verified = verifies(test["jws"].as_str().unwrap(), key);
            if verified {
                *by_alg.entry(key["alg"].as_str().unwrap_or("any").to_owned()).or_default() += 1;
            }
            tally.take("json_web_signature_test.json", test, verified);
        }
    }
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    println!("{} verified, {} refused, as expected: {by_alg:?}", tally.accepted, tally.refused);
    // Of the 44 that are valid, 34 use algorithms that we do not take.
    assert_eq!((tally.accepted, tally.refused), (10, 391), "the vectors are others than those this test was made for");
}

#[test]
fn key_sets() {
    let Some(dir) = corpus() else { return };
    let mut tally = Tally::default();
    for group in groups(&dir, "json_web_key_test.json") {
        let set = group.get("public").unwrap_or(&group["private"]);
        let set = JwkSet::parse(set.to_string().as_bytes()).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let token = test["jws"].as_str().unwrap();
            let kid = header(token).and_then(|header| header["kid"].as_str().map(str::to_owned)).unwrap_or_default();
            let verified =
                set.find(&kid).is_some_and(|key| Unverified::parse(token).is_ok_and(|t| t.verify(key).is_ok()));
            tally.take("json_web_key_test.json", test, verified);
        }
    }
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    println!("{} verified, {} refused, as expected", tally.accepted, tally.refused);
    assert_eq!((tally.accepted, tally.refused), (2, 24), "the vectors are others than those this test was made for");
}
