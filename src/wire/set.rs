//! The envelope: a security event token (SET, RFC 8417) with exactly one event.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::jose::{Header, JoseError, Jwk, SigningKey, Unverified};
use super::transport::ErrorCode;

/// The media type in the `typ` header (RFC 8417, section 2.3).
pub const TYP: &str = "secevent+jwt";

/// How far ahead of our clock an `iat` may lie, in seconds.
pub const MAX_CLOCK_SKEW: i64 = 300;

/// Who a message is about: always the vendor's name for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectId {
    /// `iss_sub` (RFC 9493, section 3.2.5).
    pub format: String,
    /// The vendor.
    pub iss: String,
    /// The customer's pairwise name there.
    pub sub: String,
}

impl SubjectId {
    /// The customer `sub` of the vendor `iss`.
    pub fn new(iss: &str, sub: &str) -> Self {
        Self { format: "iss_sub".into(), iss: iss.into(), sub: sub.into() }
    }
}

/// The claims of a SET.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who speaks: the customer's thumbprint URN, or the vendor's resource URL.
    pub iss: String,
    /// Who is spoken to, compared exactly.
    pub aud: Audience,
    /// Unique id of the message (UUIDv7 when it is ours).
    pub jti: String,
    /// When it was signed, in seconds since 1970.
    pub iat: i64,
    /// When it happened, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toe: Option<i64>,
    /// What ties a grant's messages and their answers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txn: Option<String>,
    /// The customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_id: Option<SubjectId>,
    /// Event URI to payload.
    pub events: BTreeMap<String, Value>,
}

/// `aud`, which JWT allows to be one string or an array of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One audience.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// The audience, if it is one.
    pub fn one(&self) -> &str {
        match self {
            Audience::One(one) => one,
            Audience::Many(many) => match many.as_slice() {
                [one] => one,
                _ => "",
            },
        }
    }

    /// Whether this very string is among the audiences.
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

impl Claims {
    /// Signs the claims. `attach_jwk` puts the public key into the header, for a first contact.
    pub fn sign(&self, key: &SigningKey, attach_jwk: bool) -> String {
        key.sign(TYP, &serde_json::to_vec(self).unwrap_or_default(), attach_jwk)
    }

    /// The one event: its URI and payload.
    pub fn event(&self) -> Option<(&str, &Value)> {
        match self.events.len() {
            1 => self.events.iter().next().map(|(uri, payload)| (uri.as_str(), payload)),
            _ => None,
        }
    }
}

/// Why a SET was refused, with the code that RFC 8935 and RFC 8936 give it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct Refusal {
    /// The standard code.
    pub code: ErrorCode,
    /// What was wrong, in words. Holds nothing of the payload.
    pub description: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}

impl From<JoseError> for Refusal {
    fn from(error: JoseError) -> Self {
        let code = match error {
            JoseError::Malformed(_) | JoseError::Critical => ErrorCode::InvalidRequest,
            JoseError::Algorithm(_) | JoseError::Key(_) | JoseError::Signature => ErrorCode::InvalidKey,
        };
        Self::new(code, error.to_string())
    }
}

/// A SET whose form was checked but whose signature was not.
#[derive(Debug)]
pub struct Unchecked<'a> {
    jws: Unverified<'a>,
    claims: Claims,
}

impl<'a> Unchecked<'a> {
    /// Takes a compact SET apart: header, `typ`, and claims of the right types.
    ///
    /// # Errors
    /// A [`Refusal`] with `invalid_request`, or `invalid_key` for an algorithm outside the allow-list.
    pub fn parse(token: &'a str) -> Result<Self, Refusal> {
        let jws = Unverified::parse(token.trim_end())?;
        // RFC 8725, section 3.11, and RFC 8417, section 2.3: explicit typing, case-insensitive, the
        // "application/" prefix optional.
        let typ = jws.header().typ.as_deref().unwrap_or_default().to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != TYP {
            return Err(Refusal::new(ErrorCode::InvalidRequest, format!("typ is not {TYP}")));
        }
        let claims = serde_json::from_slice(jws.peek())
            // The parser's own words may quote a value.
            .map_err(|_| Refusal::new(ErrorCode::InvalidRequest, "the claims are not those of a SET"))?;
        Ok(Self { jws, claims })
    }

    /// The header, unverified.
    pub fn header(&self) -> &Header {
        self.jws.header()
    }

    /// The claims, unverified: to find the sender's key with.
    pub fn peek(&self) -> &Claims {
        &self.claims
    }

    /// Verifies the signature, then issuer, audience, clock, and that there is one event.
    ///
    /// # Errors
    /// A [`Refusal`] with the standard code of what is wrong.
    pub fn verify(self, key: &Jwk, issuer: &str, audience: &str, now: Timestamp) -> Result<Claims, Refusal> {
        self.jws.verify(key)?;
        check(&self.claims, issuer, audience, now)?;
        Ok(self.claims)
    }
}

fn check(claims: &Claims, issuer: &str, audience: &str, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |code, what: &str| Err(Refusal::new(code, what));
    if claims.iss != issuer {
        return refuse(ErrorCode::InvalidIssuer, "iss is not the issuer that this key belongs to");
    }
    if !claims.aud.contains(audience) {
        return refuse(ErrorCode::InvalidAudience, "aud is not this recipient");
    }
    if claims.iat > now.as_second() + MAX_CLOCK_SKEW {
        return refuse(ErrorCode::InvalidRequest, "iat lies more than five minutes ahead");
    }
    if claims.event().is_none() {
        return refuse(ErrorCode::InvalidRequest, "events does not hold exactly one event");
    }
    Ok(())
}

/// The issuer URN of a customer's relationship: RFC 9278 over the thumbprint of its first key.
pub fn customer_issuer(thumbprint: &str) -> String {
    format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            iss: "https://vendor.example".into(),
            aud: Audience::One("urn:me".into()),
            jti: "1".into(),
            iat: 1_000,
            toe: None,
            txn: None,
            sub_id: Some(SubjectId::new("https://vendor.example", "me")),
            events: [("urn:e".to_owned(), serde_json::json!({}))].into(),
        }
    }

    fn verify(claims: &Claims, now: i64) -> Result<Claims, ErrorCode> {
        let key = SigningKey::from_seed(&[7; 32]);
        let token = claims.sign(&key, false);
        Unchecked::parse(&token)
            .and_then(|set| {
                set.verify(&key.public(), "https://vendor.example", "urn:me", Timestamp::from_second(now).unwrap())
            })
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_good_set_is_read_back_as_it_was_written() {
        assert_eq!(verify(&claims(), 1_000), Ok(claims()));
    }

    #[test]
    fn each_wrong_claim_has_its_standard_code() {
        let wrong_issuer = Claims { iss: "https://vendor.example/".into(), ..claims() };
        assert_eq!(verify(&wrong_issuer, 1_000), Err(ErrorCode::InvalidIssuer));
        let wrong_audience = Claims { aud: Audience::Many(vec!["urn:you".into()]), ..claims() };
        assert_eq!(verify(&wrong_audience, 1_000), Err(ErrorCode::InvalidAudience));
        let two_events =
            Claims { events: ["a", "b"].map(|e| (e.to_owned(), Value::Null)).into_iter().collect(), ..claims() };
        assert_eq!(verify(&two_events, 1_000), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn an_old_token_is_fine_and_one_from_the_future_is_not() {
        assert!(verify(&claims(), 1_000_000_000).is_ok());
        assert!(verify(&claims(), 1_000 - MAX_CLOCK_SKEW).is_ok());
        assert_eq!(verify(&claims(), 999 - MAX_CLOCK_SKEW), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn another_typ_is_refused() {
        let key = SigningKey::from_seed(&[7; 32]);
        let token = key.sign("JWT", &serde_json::to_vec(&claims()).unwrap(), false);
        assert_eq!(Unchecked::parse(&token).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
