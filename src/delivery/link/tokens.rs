//! Tokens: what an authorization server's answer makes of them, and the next ones for those that expired.

use jiff::{SignedDuration, Timestamp};
use oauth2::basic::{BasicTokenResponse, BasicTokenType};
use oauth2::{RefreshToken, Scope, TokenResponse};
use secrecy::{ExposeSecret, SecretString};

use super::caller::Caller;
use super::{Failure, Link, Tokens};
use crate::delivery::http::{self, Http};
use crate::error::Error;
use crate::wire::jose::SigningKey;

/// The longest token that is kept, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Reads an answer with tokens. One without a new refresh token leaves the old one in use (RFC 6749, section 6). A token that
/// is bound to less than was asked for is not taken: who wants it unbound could have had a hand in the answer.
pub(super) fn read(
    answer: &BasicTokenResponse,
    binds: bool,
    before: Option<&Tokens>,
    now: Timestamp,
) -> Result<Tokens, Failure> {
    let dpop = match answer.token_type() {
        BasicTokenType::Bearer => false,
        BasicTokenType::Extension(name) if name.eq_ignore_ascii_case("dpop") => true,
        _ => return Err(unusable("it gives a token of a kind that cmr does not know")),
    };
    if dpop != binds {
        return Err(unusable(match binds {
            true => "it gives a token that is not bound to the relationship's key, as was asked for",
            false => "it gives a token that is bound to a key, and was not asked to",
        }));
    }
    let access = kept(answer.access_token().secret())?;
    let new = answer.refresh_token().map(|token| kept(token.secret())).transpose()?;
    let life = answer.expires_in().and_then(|life| SignedDuration::try_from(life).ok());
    let scopes = answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
    Ok(Tokens {
        access,
        refresh: new.or_else(|| before.and_then(|before| before.refresh.clone())),
        dpop,
        // An end that no calendar has is none.
        expires_at: life.and_then(|life| now.checked_add(life).ok()),
        scope: scopes.or_else(|| before.and_then(|before| before.scope.clone())),
    })
}

/// A token, if it can be sent again: as long as one is, and of characters that a header takes.
fn kept(text: &str) -> Result<SecretString, Failure> {
    let token = SecretString::from(text);
    match !text.is_empty() && text.len() <= MAX_TOKEN && http::bearer(&token).is_ok() {
        true => Ok(token),
        false => Err(unusable("it gives a token that cannot be one")),
    }
}

fn unusable(what: &str) -> Failure {
    Failure::Unusable(Error::bad_input(format!("the authorization server's answer is not used: {what}")))
}

/// Asks for the next tokens of a link. Nothing is kept here: the old ones must stay until the new ones are durable.
///
/// # Errors
/// A [`Failure`]; `invalid_grant` where the account must be linked again.
pub async fn refresh(http: &Http, allow_loopback: bool, link: &Link, key: &SigningKey) -> Result<Tokens, Failure> {
    let none = || Failure::Refused { code: "the token cannot be refreshed".into(), words: String::new() };
    let tokens = link.tokens.as_ref().ok_or_else(none)?;
    let old = tokens.refresh.as_ref().ok_or_else(none)?;
    let caller = Caller::new(http, allow_loopback, &link.server, &link.client, key, tokens.dpop);
    let old = RefreshToken::new(old.expose_secret().to_owned());
    let asking = caller.asking();
    let mut request = asking.exchange_refresh_token(&old);
    if let Some(resource) = &link.resource {
        request = request.add_extra_param("resource", resource);
    }
    let answer = request.request_async(&caller).await.map_err(|error| caller.failure(error))?;
    read(&answer, tokens.dpop, Some(tokens), Timestamp::now())
}

/// The scopes of a request.
pub(super) fn scopes(names: &[String]) -> impl Iterator<Item = Scope> {
    names.iter().map(|name| Scope::new(name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(change: impl FnOnce(&mut Value)) -> BasicTokenResponse {
        let mut answer = json!({"access_token": "access-2", "token_type": "Bearer", "expires_in": 300});
        change(&mut answer);
        serde_json::from_value(answer).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000).unwrap()
    }

    fn before() -> Tokens {
        Tokens {
            access: "access-1".into(),
            refresh: Some("refresh-1".into()),
            dpop: false,
            expires_at: None,
            scope: Some("profile".into()),
        }
    }

    #[test]
    fn a_refresh_token_is_replaced_by_a_new_one_and_by_nothing_else() {
        let read = |change: fn(&mut Value)| read(&answer(change), false, Some(&before()), now()).unwrap();
        let same = read(|_| ());
        assert_eq!(same.refresh.unwrap().expose_secret(), "refresh-1");
        assert_eq!(same.access.expose_secret(), "access-2");
        assert_eq!(same.expires_at.unwrap(), Timestamp::from_second(1_300).unwrap());
        assert_eq!(same.scope.as_deref(), Some("profile"));
        let rotated = read(|a| a["refresh_token"] = json!("refresh-2"));
        assert_eq!(rotated.refresh.unwrap().expose_secret(), "refresh-2");
        assert_eq!(read(|a| a["scope"] = json!("a b")).scope.as_deref(), Some("a b"));
        assert_eq!(read(|a| a["expires_in"] = json!(u64::MAX)).expires_at, None);
    }

    #[test]
    fn a_token_of_another_kind_than_was_asked_for_is_not_taken() {
        let read = |kind: &str, binds| read(&answer(|a| a["token_type"] = json!(kind)), binds, None, now());
        assert!(!read("bearer", false).unwrap().dpop && !read("BEARER", false).unwrap().dpop);
        assert!(read("DPoP", true).unwrap().dpop && read("dpop", true).unwrap().dpop);
        for (kind, binds) in [("DPoP", false), ("Bearer", true), ("mac", false), ("N_A", true)] {
            assert!(matches!(read(kind, binds), Err(Failure::Unusable(_))), "{kind} {binds}");
        }
    }

    #[test]
    fn a_token_that_cannot_stand_in_a_header_is_not_taken() {
        for bad in ["", "two\nlines", "\u{7f}", &"x".repeat(MAX_TOKEN + 1)] {
            let answer = answer(|a| a["access_token"] = json!(bad));
            let error = read(&answer, false, None, now()).unwrap_err();
            assert!(matches!(error, Failure::Unusable(_)), "{bad:?}");
        }
    }

    #[test]
    fn a_token_counts_as_expired_before_it_is() {
        let until = |seconds| Tokens { expires_at: Some(Timestamp::from_second(seconds).unwrap()), ..before() };
        assert!(until(1_030).is_expired(now()) && until(0).is_expired(now()));
        assert!(!until(1_031).is_expired(now()) && !before().is_expired(now()));
    }
}
