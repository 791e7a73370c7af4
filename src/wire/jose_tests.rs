use super::*;
use proptest::prelude::*;

/// RFC 8037, appendix A: key, thumbprint and a signed token.
const RFC8037_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const RFC8037_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
const RFC8037_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn rfc8037_key() -> SigningKey {
    let seed: [u8; 32] = unb64(RFC8037_SEED).unwrap().try_into().unwrap();
    SigningKey::from_seed(&seed)
}

#[test]
fn rfc8037_vectors_hold() {
    let key = rfc8037_key();
    assert_eq!(key.thumbprint(), RFC8037_THUMBPRINT);
    let payload = Unverified::parse(RFC8037_TOKEN).unwrap().verify(&key.public()).unwrap();
    assert_eq!(payload, b"Example of Ed25519 signing");
}

#[test]
fn both_names_of_the_algorithm_verify() {
    let key = rfc8037_key();
    for alg in ["EdDSA", "Ed25519"] {
        let signed = format!("{}.{}", b64(format!(r#"{{"alg":"{alg}"}}"#).as_bytes()), b64(b"hello"));
        let token = format!("{signed}.{}", b64(&key.0.sign(signed.as_bytes()).to_bytes()));
        assert_eq!(Unverified::parse(&token).unwrap().verify(&key.public()).unwrap(), b"hello");
    }
}

#[test]
fn none_and_hmac_are_refused_before_any_key_is_looked_at() {
    for alg in ["none", "None", "nOnE", "HS256", "HS384", "HS512", "PS256", ""] {
        let token = format!("{}.{}.", b64(format!(r#"{{"alg":"{alg}"}}"#).as_bytes()), b64(b"{}"));
        assert_eq!(Unverified::parse(&token).unwrap_err(), JoseError::Algorithm(alg.into()));
    }
}

#[test]
fn crit_is_refused() {
    let token = format!("{}.{}.", b64(br#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#), b64(b"{}"));
    assert_eq!(Unverified::parse(&token).unwrap_err(), JoseError::Critical);
}

#[test]
fn a_key_for_encryption_does_not_verify() {
    let key = rfc8037_key();
    let token = key.sign("secevent+jwt", b"{}", false);
    for (usage, ops) in [(Some("enc"), None), (None, Some(vec!["encrypt".to_owned()]))] {
        let jwk = Jwk { usage: usage.map(Into::into), key_ops: ops, ..key.public() };
        assert!(matches!(Unverified::parse(&token).unwrap().verify(&jwk), Err(JoseError::Key(_))));
    }
}

#[test]
fn unreadable_keys_of_a_set_are_skipped() {
    let set = JwkSet::parse(br#"{"keys":[{"kty":"OKP","kid":"a"},{"kid":"no-type"},7]}"#).unwrap();
    assert_eq!(set.keys.len(), 1);
    assert!(set.find("a").is_some());
    assert!(JwkSet::parse(b"[]").is_err());
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_one_flipped_bit_does_not(seed: [u8; 32], payload: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
        let key = SigningKey::from_seed(&seed);
        let token = key.sign("secevent+jwt", &payload, true);
        prop_assert_eq!(&Unverified::parse(&token).unwrap().verify(&key.public()).unwrap(), &payload);

        let mut bytes = token.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            let accepted = Unverified::parse(&text).and_then(|t| t.verify(&key.public()));
            prop_assert!(accepted.is_err(), "a flipped bit at {} was accepted", at);
        }
    }

    #[test]
    fn parsing_anything_never_panics(text: String) {
        let _ = Unverified::parse(&text);
    }
}
