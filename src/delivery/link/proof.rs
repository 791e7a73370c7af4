//! What the relationship's key signs to prove who asks: client assertions (RFC 7523) and DPoP proofs (RFC 9449).

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use crate::wire::jose::{SigningKey, b64};

/// How long an assertion is good, in seconds: it is used at once.
const ASSERTION_LIFE: i64 = 60;

/// The `typ` of a DPoP proof (RFC 9449, section 4.2).
const DPOP_TYP: &str = "dpop+jwt";

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
}

/// An assertion of who the client is, for one request (RFC 7523, section 3). Its audience is the issuer alone: one that
/// named an endpoint could be used by another server that published the same endpoint.
pub fn assertion(key: &SigningKey, client_id: &str, issuer: &str, now: Timestamp) -> String {
    let iat = now.as_second();
    let claims =
        Assertion { iss: client_id, sub: client_id, aud: issuer, jti: unique(), iat, exp: iat + ASSERTION_LIFE };
    key.sign("JWT", &serde_json::to_vec(&claims).unwrap_or_default(), false)
}

#[derive(Serialize)]
struct Proof<'a> {
    jti: String,
    htm: &'a str,
    htu: String,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// A proof that whoever sends this one request holds the key (RFC 9449, section 4.2): with the token that it goes with, and
/// the nonce that the server gave last.
pub fn dpop(
    key: &SigningKey,
    method: &str,
    url: &Url,
    token: Option<&str>,
    nonce: Option<&str>,
    now: Timestamp,
) -> String {
    let mut htu = url.clone();
    htu.set_query(None);
    htu.set_fragment(None);
    let ath = token.map(|token| b64(&Sha256::digest(token)));
    let claims = Proof { jti: unique(), htm: method, htu: htu.to_string(), iat: now.as_second(), ath, nonce };
    key.sign(DPOP_TYP, &serde_json::to_vec(&claims).unwrap_or_default(), true)
}

/// An id that no other request has, and that says nothing: not even when it was made.
fn unique() -> String {
    let mut bytes = [0u8; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => b64(&bytes),
        Err(_) => Uuid::now_v7().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::jose::Unverified;
    use serde_json::Value;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    /// The header's `typ` and the claims of a token that verifies with the key.
    fn read(token: &str) -> (String, Value) {
        let token = Unverified::parse(token).unwrap();
        let typ = token.header().typ.clone().unwrap();
        (typ, serde_json::from_slice(&token.verify(&key().public()).unwrap()).unwrap())
    }

    #[test]
    fn an_assertion_names_the_client_twice_and_the_issuer_and_lives_for_a_minute() {
        let make = || assertion(&key(), "client-1", "https://as.example", now());
        let (typ, claims) = read(&make());
        assert_eq!(typ, "JWT");
        assert_eq!((&claims["iss"], &claims["sub"]), (&Value::from("client-1"), &Value::from("client-1")));
        assert_eq!(claims["aud"], "https://as.example");
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
        assert_ne!(read(&make()).1["jti"], claims["jti"]);
    }

    #[test]
    fn a_proof_is_for_one_method_one_url_one_token_and_one_nonce() {
        let url = Url::parse("https://shop.example/set?secret=1#part").unwrap();
        let token = dpop(&key(), "POST", &url, Some("a-token"), Some("n1"), now());
        let (typ, claims) = read(&token);
        assert_eq!(typ, "dpop+jwt");
        assert_eq!(claims["htm"], "POST");
        assert_eq!(claims["htu"], "https://shop.example/set");
        assert_eq!(claims["nonce"], "n1");
        assert_eq!(claims["ath"], b64(&Sha256::digest("a-token")));
        assert_eq!(Unverified::parse(&token).unwrap().header().jwk, Some(key().public()));
        assert!(!token.contains("a-token"));
        let (_, bare) = read(&dpop(&key(), "POST", &url, None, None, now()));
        assert!(bare.get("ath").is_none() && bare.get("nonce").is_none());
    }
}
