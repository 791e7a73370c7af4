//! The end of a link: tokens are revoked (RFC 7009), the registration is deleted (RFC 7592). What could not be taken back is
//! named, and never counted as gone.

use secrecy::{ExposeSecret, SecretString};

use super::caller::Caller;
use super::register::{self, Deleted};
use super::{Failure, Link};
use crate::delivery::http::Http;
use crate::wire::jose::SigningKey;

/// What was taken back at the vendor, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What the server said it took back.
    pub taken_back: Vec<&'static str>,
    /// What remains there, and why.
    pub remains: Vec<Remains>,
}

/// Something that is still at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// What.
    pub what: &'static str,
    /// Why.
    pub why: String,
    /// Whether another attempt could take it back.
    pub again: bool,
}

impl Report {
    /// Whether another attempt could take more back.
    pub fn again(&self) -> bool {
        self.remains.iter().any(|one| one.again)
    }

    /// What remains, in words.
    pub fn words(&self) -> String {
        self.remains.iter().map(|one| format!("{} ({})", one.what, one.why)).collect::<Vec<_>>().join("; ")
    }

    fn note(&mut self, what: &'static str, result: Result<(), Remains>) {
        match result {
            Ok(()) => self.taken_back.push(what),
            Err(remains) => self.remains.push(remains),
        }
    }
}

/// Takes back what there is of a link at the vendor: the refresh token first, which the others hang on.
pub async fn take_back(http: &Http, allow_loopback: bool, link: &Link, key: &SigningKey) -> Report {
    let mut report = Report::default();
    let caller = Caller::new(http, allow_loopback, &link.server, &link.client, key, false);
    if let Some(tokens) = &link.tokens {
        if let Some(token) = &tokens.refresh {
            report.note("the refresh token", revoke(&caller, "the refresh token", "refresh_token", token).await);
        }
        report.note("the access token", revoke(&caller, "the access token", "access_token", &tokens.access).await);
    }
    if let Some((url, token)) = &link.client.registration {
        let what = "the registration";
        let deleted = register::delete(http, allow_loopback, url, token).await;
        report.note(
            what,
            match deleted {
                Ok(Deleted::Now | Deleted::Before) => Ok(()),
                Err(failure) => Err(remains(what, failure)),
            },
        );
    }
    report
}

/// Revokes a token. A server that says 200 has it no more, whether it knew it or not (RFC 7009, section 2.2).
pub async fn revoke(caller: &Caller<'_>, what: &'static str, kind: &str, token: &SecretString) -> Result<(), Remains> {
    let Some(url) = caller.server().revocation_endpoint.clone() else {
        return Err(Remains { what, why: "the vendor takes no token back before it expires".into(), again: false });
    };
    let form = [("token", token.expose_secret()), ("token_type_hint", kind)];
    match caller.post(&url, &form).await {
        Ok(reply) if reply.status == 200 => Ok(()),
        Ok(reply) => Err(remains(what, caller.refused(&reply))),
        Err(failure) => Err(remains(what, failure)),
    }
}

fn remains(what: &'static str, failure: Failure) -> Remains {
    let (why, again) = match failure {
        Failure::Lost(why) => (why, true),
        // RFC 7009, section 2.2.1: this kind of token is never taken back.
        Failure::Refused { code, .. } if code == "unsupported_token_type" => {
            ("the vendor takes none of this kind back before it expires".to_owned(), false)
        }
        Failure::Refused { code, words } if words.is_empty() => (code, true),
        Failure::Refused { code, words } => (format!("{code}: {words}"), true),
        Failure::Unusable(error) => (error.to_string(), true),
    };
    Remains { what, why, again }
}
