//! Compact JWS (RFC 7515) over Ed25519 (RFC 8037), and public keys as JWK (RFC 7517).
//!
//! We sign with Ed25519 only. We verify what a vendor may reasonably use: `EdDSA`, its newer name `Ed25519`
//! (RFC 9864), `ES256` and `RS256`. The list is closed: `none` and the HMAC family are not in it, so no token can
//! talk the verifier into using a public key as a shared secret.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Why a token or a key was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// Not three base64url parts with a JSON header.
    #[error("not a compact JWS: {0}")]
    Malformed(&'static str),
    /// The header names an algorithm outside the allow-list.
    #[error("algorithm {0:?} is not allowed")]
    Algorithm(String),
    /// The header asks for an extension that must be understood, and is not.
    #[error("the header's crit extension is not understood")]
    Critical,
    /// The key is of another type, use or algorithm than the token asks for.
    #[error("the key does not fit the algorithm {0}")]
    Key(&'static str),
    /// The signature is not by this key over these bytes.
    #[error("the signature does not verify")]
    Signature,
}

/// Base64url without padding (RFC 7515, section 2).
pub fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Strict inverse of [`b64`]: padding, white space and non-canonical trailing bits are refused.
pub fn unb64(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// A public key. Private members of a JWK are never read nor written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Key type: `OKP`, `EC` or `RSA`.
    pub kty: String,
    /// Curve, for `OKP` and `EC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Public key or x coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// y coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// RSA modulus, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The one algorithm that the key is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `sig`, where the owner says so.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// `verify`, where the owner says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
}

impl Jwk {
    /// The SHA-256 thumbprint of RFC 7638, base64url.
    ///
    /// # Errors
    /// [`JoseError::Key`] for a key type without a rule here, or with a member missing.
    pub fn thumbprint(&self) -> Result<String, JoseError> {
        let need = |member: &Option<String>| member.clone().ok_or(JoseError::Key("thumbprint"));
        // Required members only, in lexicographic order (RFC 7638, section 3.2; RFC 8037, appendix A.3).
        let canonical = match self.kty.as_str() {
            "OKP" => serde_json::json!({"crv": need(&self.crv)?, "kty": "OKP", "x": need(&self.x)?}),
            "EC" => {
                serde_json::json!({"crv": need(&self.crv)?, "kty": "EC", "x": need(&self.x)?, "y": need(&self.y)?})
            }
            "RSA" => serde_json::json!({"e": need(&self.e)?, "kty": "RSA", "n": need(&self.n)?}),
            _ => return Err(JoseError::Key("thumbprint")),
        };
        Ok(b64(&Sha256::digest(canonical.to_string())))
    }

    fn is(&self, kty: &str, crv: Option<&str>) -> bool {
        self.kty == kty && self.crv.as_deref() == crv
    }

    fn permits(&self, alg: Alg, named: &str) -> bool {
        let alg_fits = match self.alg.as_deref() {
            None => true,
            Some(own) => own == named || Alg::parse(own) == Some(alg),
        };
        alg_fits
            && self.usage.as_deref().is_none_or(|u| u == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    }
}

/// A JWK set, as a `jwks_uri` serves it. Keys that cannot be read are skipped, as RFC 7517 section 5 asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys that could be read.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a set from JSON.
    ///
    /// # Errors
    /// [`JoseError::Malformed`] if it is not an object with an array `keys`.
    pub fn parse(json: &[u8]) -> Result<Self, JoseError> {
        #[derive(Deserialize)]
        struct Raw {
            keys: Vec<serde_json::Value>,
        }
        let raw: Raw = serde_json::from_slice(json).map_err(|_| JoseError::Malformed("not a JWK set"))?;
        Ok(Self { keys: raw.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() })
    }

    /// The key with this id.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }
}

/// An Ed25519 key of ours. Wiped when dropped.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// Where the system has no random numbers to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0u8; 32]);
        getrandom::fill(seed.as_mut())?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed (RFC 8032: the private key itself).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, for storing in a vault.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key, with its thumbprint as `kid`.
    pub fn public(&self) -> Jwk {
        let mut jwk = Jwk {
            kty: "OKP".into(),
            crv: Some("Ed25519".into()),
            x: Some(b64(self.0.verifying_key().as_bytes())),
            ..Jwk::default()
        };
        jwk.kid = jwk.thumbprint().ok();
        jwk
    }

    /// The RFC 7638 thumbprint of the public key.
    pub fn thumbprint(&self) -> String {
        self.public().kid.unwrap_or_default()
    }

    /// Signs a payload into a compact JWS. The header is `typ`, `alg: EdDSA`, `kid`, and `jwk` if asked for.
    pub fn sign(&self, typ: &str, payload: &[u8], attach_jwk: bool) -> String {
        let public = self.public();
        let header = Header {
            typ: Some(typ.into()),
            alg: "EdDSA".into(),
            kid: public.kid.clone(),
            jwk: attach_jwk.then_some(public),
            crit: None,
        };
        let header = serde_json::to_vec(&header).unwrap_or_default();
        let mut token = format!("{}.{}", b64(&header), b64(payload));
        let signature = self.0.sign(token.as_bytes());
        token.push('.');
        token.push_str(&b64(&signature.to_bytes()));
        token
    }
}

/// The JOSE header members that this profile knows. Others are ignored unless `crit` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Media type of the token, `secevent+jwt` here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    /// Signature algorithm.
    pub alg: String,
    /// Which key signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The key itself, on a first contact. Never trust by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwk: Option<Jwk>,
    /// Extensions that must be understood (RFC 7515, section 4.1.11). We understand none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crit: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alg {
    EdDsa,
    Es256,
    Rs256,
}

impl Alg {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | "Ed25519" => Some(Alg::EdDsa),
            "ES256" => Some(Alg::Es256),
            "RS256" => Some(Alg::Rs256),
            _ => None,
        }
    }
}

/// A compact JWS that has been taken apart but not verified: look at its header to choose the key.
#[derive(Debug)]
pub struct Unverified<'a> {
    header: Header,
    alg: Alg,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Takes a compact JWS apart and checks all that can be checked without a key.
    ///
    /// # Errors
    /// A malformed token, an algorithm outside the allow-list, or a `crit` header.
    pub fn parse(token: &'a str) -> Result<Self, JoseError> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JoseError::Malformed("not three parts"));
        };
        let signed = &token[..header.len() + 1 + payload.len()];
        let header = unb64(header).ok_or(JoseError::Malformed("header is not base64url"))?;
        let header: Header =
            serde_json::from_slice(&header).map_err(|_| JoseError::Malformed("header is not a JOSE header"))?;
        let alg = Alg::parse(&header.alg).ok_or_else(|| JoseError::Algorithm(header.alg.clone()))?;
        if header.crit.is_some() {
            return Err(JoseError::Critical);
        }
        let payload = unb64(payload).ok_or(JoseError::Malformed("payload is not base64url"))?;
        let signature = unb64(signature).ok_or(JoseError::Malformed("signature is not base64url"))?;
        Ok(Self { header, alg, signed, payload, signature })
    }

    /// The header, unverified.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload, unverified: to find out who claims to speak, never to act on.
    pub fn peek(&self) -> &[u8] {
        &self.payload
    }

    /// Verifies the signature with this key and hands out the payload.
    ///
    /// # Errors
    /// [`JoseError::Key`] if the key does not fit the algorithm, [`JoseError::Signature`] if it did not sign this.
    pub fn verify(self, key: &Jwk) -> Result<Vec<u8>, JoseError> {
        if !key.permits(self.alg, &self.header.alg) {
            return Err(JoseError::Key("that the token names"));
        }
        match self.alg {
            Alg::EdDsa => self.verify_ed25519(key)?,
            Alg::Es256 => self.verify_es256(key)?,
            Alg::Rs256 => self.verify_rs256(key)?,
        }
        Ok(self.payload)
    }

    fn verify_ed25519(&self, key: &Jwk) -> Result<(), JoseError> {
        const BAD: JoseError = JoseError::Key("EdDSA");
        if !key.is("OKP", Some("Ed25519")) {
            return Err(BAD);
        }
        let x: [u8; 32] = member(&key.x).and_then(|x| x.try_into().ok()).ok_or(BAD)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&x).map_err(|_| BAD)?;
        let signature: [u8; 64] = self.signature.as_slice().try_into().map_err(|_| JoseError::Signature)?;
        key.verify_strict(self.signed.as_bytes(), &signature.into()).map_err(|_| JoseError::Signature)
    }

    fn verify_es256(&self, key: &Jwk) -> Result<(), JoseError> {
        const BAD: JoseError = JoseError::Key("ES256");
        if !key.is("EC", Some("P-256")) {
            return Err(BAD);
        }
        let (x, y) = member(&key.x).zip(member(&key.y)).ok_or(BAD)?;
        // SEC 1, section 2.3.3: an uncompressed point.
        let point = [&[4u8], x.as_slice(), y.as_slice()].concat();
        ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point)
            .verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| JoseError::Signature)
    }

    fn verify_rs256(&self, key: &Jwk) -> Result<(), JoseError> {
        const BAD: JoseError = JoseError::Key("RS256");
        if !key.is("RSA", None) {
            return Err(BAD);
        }
        let (n, e) = member(&key.n).zip(member(&key.e)).ok_or(BAD)?;
        // 2048 bits at least (RFC 7518, section 3.3); ring enforces it.
        ring::signature::RsaPublicKeyComponents { n, e }
            .verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature)
            .map_err(|_| JoseError::Signature)
    }
}

fn member(value: &Option<String>) -> Option<Vec<u8>> {
    value.as_deref().and_then(unb64)
}

/// `sha-256:` and the base64url digest of a compact token's bytes: how messages of a grant name one another.
pub fn set_hash(compact: &str) -> String {
    format!("sha-256:{}", b64(&Sha256::digest(compact)))
}

#[cfg(test)]
#[path = "jose_tests.rs"]
mod tests;
