//! The device grant (RFC 8628): a code that the user types in on any device, while we ask whether they did.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oauth2::{DeviceAuthorizationUrl, StandardDeviceAuthorizationResponse};
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::tokens::{self, scopes};
use super::{Failure, Link, Tokens};
use crate::error::Error;

/// The longest that a code is waited for.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// The shortest time between two questions, whatever the server allows.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// The longest time between two questions while the server cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The longest page address, or code, that is shown, in bytes.
const MAX_SHOWN: usize = 2048;

/// A code that nobody confirmed yet: kept, so that a command that was stopped goes on with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pending {
    answer: StandardDeviceAuthorizationResponse,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
}

impl Pending {
    /// The page where the code is typed in.
    pub fn page(&self) -> &str {
        self.answer.verification_uri().as_str()
    }

    /// The same page with the code in it, where there is one.
    pub fn page_with_code(&self) -> Option<&str> {
        self.answer.verification_uri_complete().map(|uri| uri.secret().as_str())
    }

    /// What is typed in there.
    pub fn code(&self) -> &str {
        self.answer.user_code().secret()
    }

    /// Whether it can no longer be confirmed.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// What came back for a code, if it can be shown to a person and waited for.
    fn of(answer: StandardDeviceAuthorizationResponse, secure: bool, now: Timestamp) -> Result<Self, Failure> {
        let life = SignedDuration::try_from(answer.expires_in()).unwrap_or(LONGEST).min(LONGEST);
        let pending = Self { expires_at: now.checked_add(life).unwrap_or(now), answer };
        let refuse = |why: &str| Err(Failure::Unusable(Error::bad_input(format!("the code cannot be used: {why}"))));
        let page = pending.answer.verification_uri().url();
        match () {
            () if page.scheme() != "https" && (secure || page.scheme() != "http") => {
                refuse("the page for it is not https")
            }
            () if pending.page().len() > MAX_SHOWN || pending.code().len() > 64 || pending.code().is_empty() => {
                refuse("it, or the page for it, is not one that a person could type")
            }
            () => Ok(pending),
        }
    }
}

/// Asks for a code (RFC 8628, section 3.1).
///
/// # Errors
/// A [`Failure`].
pub async fn begin(caller: &Caller<'_>, link: &Link) -> Result<Pending, Failure> {
    let url = link.server.device_authorization_endpoint.clone().ok_or_else(|| {
        Failure::Unusable(Error::bad_input("the authorization server gives no codes").hint("use --browser"))
    })?;
    let secure = url.scheme() == "https";
    let asking = caller.asking().set_device_authorization_url(DeviceAuthorizationUrl::from_url(url));
    let mut request = asking.exchange_device_code().add_scopes(scopes(&link.scope));
    if let Some(resource) = &link.resource {
        request = request.add_extra_param("resource", resource);
    }
    let answer = request.request_async(caller).await.map_err(|error| caller.failure(error))?;
    Pending::of(answer, secure, Timestamp::now())
}

/// Asks whether the user confirmed the code until they did, said no, or it is over (RFC 8628, section 3.4). A connection that
/// is lost meanwhile is no end.
///
/// # Errors
/// A [`Failure`]: `access_denied` and `expired_token` are the user's.
pub async fn wait(caller: &Caller<'_>, link: &Link, pending: &Pending) -> Result<Tokens, Failure> {
    let left = Duration::try_from(pending.expires_at.duration_since(Timestamp::now())).unwrap_or_default();
    let asking = caller.asking();
    let mut request = asking.exchange_device_access_token(&pending.answer).set_max_backoff_interval(LONGEST_PAUSE);
    if let Some(resource) = &link.resource {
        request = request.add_extra_param("resource", resource);
    }
    let sleep = |pause: Duration| tokio::time::sleep(pause.min(left).max(SHORTEST_PAUSE));
    let answer = request.request_async(caller, sleep, Some(left)).await.map_err(|error| caller.failure(error))?;
    tokens::read(&answer, link.dpop, None, Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(change: impl FnOnce(&mut Value)) -> Result<Pending, Failure> {
        let mut answer = json!({"device_code": "a-device-code", "user_code": "WDJB-MJHT", "expires_in": 600,
                                "verification_uri": "https://as.example/device"});
        change(&mut answer);
        Pending::of(serde_json::from_value(answer).unwrap(), true, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_code_comes_back_from_the_vault_as_it_went_in() {
        let pending = answer(|_| ()).unwrap();
        let text = serde_json::to_string(&pending).unwrap();
        let again: Pending = serde_json::from_str(&text).unwrap();
        assert_eq!((again.code(), again.page()), ("WDJB-MJHT", "https://as.example/device"));
        assert_eq!(again.expires_at, Timestamp::from_second(600).unwrap());
        assert!(!again.is_over(Timestamp::from_second(599).unwrap()));
        assert!(again.is_over(Timestamp::from_second(600).unwrap()));
        assert!(!format!("{again:?}").contains("a-device-code"));
    }

    #[test]
    fn a_code_that_could_mislead_or_never_ends_is_not_shown() {
        assert!(answer(|a| a["verification_uri"] = json!("http://as.example/device")).is_err());
        assert!(answer(|a| a["verification_uri"] = json!("javascript:alert(1)")).is_err());
        assert!(answer(|a| a["user_code"] = json!("x".repeat(65))).is_err());
        assert!(answer(|a| a["user_code"] = json!("")).is_err());
        let long = answer(|a| a["expires_in"] = json!(u64::MAX)).unwrap();
        assert_eq!(long.expires_at, Timestamp::UNIX_EPOCH + LONGEST);
    }
}
