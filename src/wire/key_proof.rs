//! The proof in `keys-changed` that whoever changes to a key holds it: a compact JWS by the new key, and bound to the
//! relationship, to the vendor and to both keys, so that it is worth nothing anywhere else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::jose::{Jwk, SigningKey, Unverified};
use super::set::{MAX_CLOCK_SKEW, Refusal};
use super::transport::ErrorCode;

/// The media type in the `typ` header: neither a proof nor a SET is ever taken for the other.
pub const TYP: &str = "cmr-key-proof+jwt";

/// Between whom the key changes, and from which one.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The relationship's issuer, which stays.
    pub issuer: &'a str,
    /// The vendor's resource URL.
    pub audience: &'a str,
    /// The RFC 7638 thumbprint of the key that is replaced.
    pub old_key: &'a str,
}

/// What the new key signs.
#[derive(Serialize, Deserialize)]
struct Proof {
    iss: String,
    aud: String,
    iat: i64,
    old_key: String,
    new_key: String,
}

impl Change<'_> {
    /// The proof by the new key.
    pub fn prove(&self, new: &SigningKey, now: Timestamp) -> String {
        let proof = Proof {
            iss: self.issuer.to_owned(),
            aud: self.audience.to_owned(),
            iat: now.as_second(),
            old_key: self.old_key.to_owned(),
            new_key: new.thumbprint(),
        };
        new.sign(TYP, &serde_json::to_vec(&proof).unwrap_or_default(), false)
    }

    /// Checks a proof by the key that it comes with. An old `iat` is fine: a proof is for one change alone.
    ///
    /// # Errors
    /// A [`Refusal`], `invalid_key` but for what is no proof at all.
    pub fn check(&self, proof: &str, new: &Jwk, now: Timestamp) -> Result<(), Refusal> {
        let bad = |what: &str| Err(Refusal::new(ErrorCode::InvalidKey, format!("the proof {what}")));
        let thumbprint = new.thumbprint()?;
        if thumbprint == self.old_key {
            return Err(Refusal::new(ErrorCode::InvalidKey, "the new key is the old one"));
        }
        let jws = Unverified::parse(proof)?;
        if jws.header().typ.as_deref() != Some(TYP) {
            return bad(&format!("is not of the typ {TYP}"));
        }
        if jws.header().kid.as_ref() != Some(&thumbprint) {
            return bad("does not name the new key as its kid");
        }
        let payload = jws.verify(new)?;
        let Ok(proof) = serde_json::from_slice::<Proof>(&payload) else {
            return Err(Refusal::new(ErrorCode::InvalidRequest, "the proof does not hold the claims of one"));
        };
        match () {
            () if proof.iss != self.issuer => bad("is by another issuer"),
            () if proof.aud != self.audience => bad("is for another recipient"),
            () if proof.old_key != self.old_key => bad("replaces another key"),
            () if proof.new_key != thumbprint => bad("is about another new key"),
            () if proof.iat > now.as_second() + MAX_CLOCK_SKEW => bad("lies more than five minutes ahead"),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::jose::b64;
    use serde_json::{Value, json};

    const NOW: i64 = 1_000_000;

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn old() -> String {
        key(1).thumbprint()
    }

    fn change(old_key: &str) -> Change<'_> {
        Change { issuer: "urn:me", audience: "https://shop.example", old_key }
    }

    fn check(proof: &str, new: &Jwk) -> Result<(), ErrorCode> {
        change(&old()).check(proof, new, now()).map_err(|refusal| refusal.code)
    }

    /// A proof with some of its claims replaced, by the new key.
    fn with(replaced: &Value) -> String {
        let mut claims = json!({"iss": "urn:me", "aud": "https://shop.example", "iat": NOW, "old_key": old(),
                                "new_key": key(2).thumbprint()});
        for (name, value) in replaced.as_object().unwrap() {
            claims[name] = value.clone();
        }
        key(2).sign(TYP, &serde_json::to_vec(&claims).unwrap(), false)
    }

    #[test]
    fn a_proof_is_good_for_the_change_that_it_was_made_for() {
        let proof = change(&old()).prove(&key(2), now());
        assert_eq!(check(&proof, &key(2).public()), Ok(()));
        assert_eq!(check(&with(&json!({})), &key(2).public()), Ok(()));
        // However old it is.
        assert_eq!(check(&with(&json!({"iat": 1})), &key(2).public()), Ok(()));
    }

    #[test]
    fn a_proof_for_anything_else_is_none() {
        for replaced in [
            json!({"iss": "urn:you"}),
            json!({"aud": "https://shop.example/"}),
            json!({"old_key": key(3).thumbprint()}),
            json!({"new_key": key(3).thumbprint()}),
            json!({"iat": NOW + MAX_CLOCK_SKEW + 1}),
        ] {
            assert_eq!(check(&with(&replaced), &key(2).public()), Err(ErrorCode::InvalidKey), "{replaced}");
        }
        assert_eq!(check(&with(&json!({"iss": 7})), &key(2).public()), Err(ErrorCode::InvalidRequest));
        assert_eq!(check("not a token", &key(2).public()), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn only_the_new_key_itself_proves_that_it_is_held() {
        let proof = change(&old()).prove(&key(2), now());
        // Somebody else's key under this proof, and this key under somebody else's.
        assert_eq!(check(&proof, &key(3).public()), Err(ErrorCode::InvalidKey));
        let foreign = change(&old()).prove(&key(3), now());
        assert_eq!(check(&foreign, &key(2).public()), Err(ErrorCode::InvalidKey));
        // The old key cannot vouch for the new one, nor be the new one.
        let by_old = change(&old()).prove(&key(1), now());
        assert_eq!(check(&by_old, &key(2).public()), Err(ErrorCode::InvalidKey));
        assert_eq!(check(&by_old, &key(1).public()), Err(ErrorCode::InvalidKey));
    }

    #[test]
    fn what_is_signed_otherwise_is_no_proof() {
        let good = change(&old()).prove(&key(2), now());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let payload = signed.split_once('.').unwrap().1;
        let kid = key(2).thumbprint();
        let header = |header: Value| format!("{}.{payload}.{signature}", b64(header.to_string().as_bytes()));
        for bad in [
            header(json!({"typ": "secevent+jwt", "alg": "EdDSA", "kid": kid})),
            header(json!({"alg": "EdDSA", "kid": kid})),
            header(json!({"typ": TYP, "alg": "none", "kid": kid})),
            header(json!({"typ": TYP, "alg": "HS256", "kid": kid})),
            header(json!({"typ": TYP, "alg": "EdDSA"})),
            header(json!({"typ": TYP, "alg": "EdDSA", "kid": old()})),
            header(json!({"typ": TYP, "alg": "EdDSA", "kid": kid, "extra": 1})),
            format!("{signed}.{}", b64(&[0; 64])),
            format!("{signed}."),
        ] {
            assert_eq!(check(&bad, &key(2).public()), Err(ErrorCode::InvalidKey), "{bad}");
        }
        let typed_as_a_set = key(2).sign("secevent+jwt", b"{}", false);
        assert_eq!(check(&typed_as_a_set, &key(2).public()), Err(ErrorCode::InvalidKey));
    }
}
