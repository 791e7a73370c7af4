//! What to do with a vendor's answer to a push: the whole table, as one pure function.

use std::time::Duration;

use jiff::Timestamp;

use crate::wire::event::Event;
use crate::wire::transport::ErrorCode;

/// The first back-off's upper bound; it doubles with every attempt.
const FIRST_BACKOFF: Duration = Duration::from_secs(30);

/// The longest wait between two attempts, whether ours or the vendor's `Retry-After`.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// The RFC 8935 code in its body.
        code: Option<ErrorCode>,
        /// How long the vendor asks to wait.
        retry_after: Option<Duration>,
    },
    /// An HTTP answer of an API, which may mean something else there than in the protocol.
    Meant {
        /// Its status; none where nothing was asked, because what lets in is wanting.
        status: Option<u16>,
        /// The status that means the same in the protocol.
        like: u16,
        /// How long the vendor asks to wait.
        retry_after: Option<Duration>,
    },
    /// The vendor's system took it, as its channel says so.
    Taken,
    /// The user's mail server did not take it (RFC 5321, section 4.2.1): 4xx not now, 5xx for good.
    Mail {
        /// Its code.
        code: u16,
    },
    /// The user's mail account does not let in, or cannot be used as it is set up.
    Account,
    /// It is written, and only a person can bring it.
    ByHand,
    /// Connection refused, lost, timed out, or the name did not resolve. The message may have arrived.
    Nothing,
    /// We did not want to talk to the vendor's address: it is not one that a vendor may have.
    NotContacted,
    /// The vendor's system was asked which account is the user's, and names none, or several.
    NoAccount,
}

/// What was already done about this message in this run: each remedy is tried once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remedies {
    /// The token was refreshed.
    pub token: bool,
    /// The key was registered again.
    pub key: bool,
    /// The vendor was discovered again.
    pub discovery: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The vendor's server has it.
    Delivered {
        /// It said so with another status than 202.
        unusual: bool,
    },
    /// The same bytes again, after this long.
    Later(Duration),
    /// Refresh the token, then the same bytes once more.
    RefreshToken,
    /// Register the key again, then the same bytes once more.
    RegisterKey,
    /// Read the vendor's document again, then the same bytes once more.
    Rediscover,
    /// Keep it until the user did something.
    Hold(Hold),
    /// It will never be taken: a fix is a new message.
    Fail,
}

impl Verdict {
    /// The verdict for a message of this event. The key's introduction is itself what registers it; and a change of key that
    /// is still refused after the old key was registered again is refused for what it is.
    pub fn for_event(self, event: &str) -> Self {
        match (Event::from_name(event), self) {
            (Some(Event::RelationshipCreated), Verdict::RegisterKey) => Verdict::Hold(Hold::Key),
            (Some(Event::KeysChanged), Verdict::Hold(Hold::Key)) => Verdict::Fail,
            (_, verdict) => verdict,
        }
    }
}

/// What the user must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The vendor does not take the token.
    Relink,
    /// The vendor does not take the token of a linked account, and it cannot be refreshed.
    Unlinked,
    /// The vendor does not let this customer send this.
    Denied,
    /// The vendor does not take the key.
    Key,
    /// There is nobody at the vendor's address any more.
    Unreachable,
    /// The vendor's address sends us elsewhere, and its document does not say so.
    Redirected,
    /// The vendor's address is not one that a vendor may have.
    Address,
    /// The user's mail account does not let in.
    Account,
    /// Nobody but the user can bring it.
    ByHand,
    /// Which account at the vendor is the user's is not known.
    NotKnownThere,
}

/// The verdict on an answer. `attempts` counts those made, this one included; `dice` is a random number from 0 to 1.
pub fn verdict(answer: &Answer, tried: Remedies, attempts: u32, dice: f64) -> Verdict {
    let (status, code, retry_after) = match answer {
        Answer::Http { status, code, retry_after } => (status, code, retry_after),
        Answer::Meant { like, retry_after, .. } => (like, &None, retry_after),
        Answer::Taken => return Verdict::Delivered { unusual: false },
        Answer::Mail { code: 500.. } => return Verdict::Fail,
        Answer::Mail { .. } => return Verdict::Later(backoff(attempts, dice)),
        Answer::Account => return Verdict::Hold(Hold::Account),
        Answer::ByHand => return Verdict::Hold(Hold::ByHand),
        Answer::Nothing => return Verdict::Later(backoff(attempts, dice)),
        Answer::NotContacted => return Verdict::Hold(Hold::Address),
        Answer::NoAccount => return Verdict::Hold(Hold::NotKnownThere),
    };
    let once = |done: bool, remedy: Verdict, then: Hold| if done { Verdict::Hold(then) } else { remedy };
    match (status, code) {
        (202, _) => Verdict::Delivered { unusual: false },
        (200..=299, _) => Verdict::Delivered { unusual: true },
        (408 | 425 | 429 | 500..=599, _) => {
            Verdict::Later(retry_after.map_or_else(|| backoff(attempts, dice), |wait| wait.min(LONGEST_WAIT)))
        }
        (401, _) | (400, Some(ErrorCode::AuthenticationFailed)) => {
            once(tried.token, Verdict::RefreshToken, Hold::Relink)
        }
        (403, _) | (400, Some(ErrorCode::AccessDenied)) => Verdict::Hold(Hold::Denied),
        (400, Some(ErrorCode::InvalidKey)) => once(tried.key, Verdict::RegisterKey, Hold::Key),
        (404 | 410, _) => once(tried.discovery, Verdict::Rediscover, Hold::Unreachable),
        (300..=399, _) => once(tried.discovery, Verdict::Rediscover, Hold::Redirected),
        // 400, 413, 415, 422, and whatever else a client error may be.
        _ => Verdict::Fail,
    }
}

/// Full jitter: anything between nothing and a bound that doubles with every attempt.
fn backoff(attempts: u32, dice: f64) -> Duration {
    let bound = FIRST_BACKOFF.saturating_mul(1u32 << attempts.saturating_sub(1).min(20)).min(LONGEST_WAIT);
    bound.mul_f64(dice.clamp(0.0, 1.0))
}

/// Reads `Retry-After`: seconds, or an HTTP date (RFC 9110, section 10.2.3).
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

impl Hold {
    /// For the user: what is the matter.
    pub fn reason(self) -> &'static str {
        match self {
            Hold::Relink => "the vendor does not accept the token",
            Hold::Unlinked => "the vendor does not accept the linked account any more",
            Hold::Denied => "the vendor denies access",
            Hold::Key => "the vendor does not accept the relationship's key",
            Hold::Unreachable => "the vendor is not to be found at its address any more",
            Hold::Redirected => "the vendor's address redirects elsewhere",
            Hold::Address => "the vendor's address is not contacted",
            Hold::Account => "your mail account does not let you send",
            Hold::ByHand => "you bring it yourself",
            Hold::NotKnownThere => "which account there is yours is not known",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: Remedies = Remedies { token: false, key: false, discovery: false };
    const ALL: Remedies = Remedies { token: true, key: true, discovery: true };

    fn http(status: u16, code: Option<ErrorCode>) -> Answer {
        Answer::Http { status, code, retry_after: None }
    }

    #[test]
    fn the_table_of_the_protocol() {
        use Verdict::*;
        let first = |status, code| verdict(&http(status, code), NONE, 1, 0.5);
        let again = |status, code| verdict(&http(status, code), ALL, 2, 0.5);
        assert_eq!(first(202, None), Delivered { unusual: false });
        assert_eq!(first(200, None), Delivered { unusual: true });
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert!(matches!(first(status, None), Later(_)), "{status}");
        }
        for (status, code) in [(401, None), (400, Some(ErrorCode::AuthenticationFailed))] {
            assert_eq!(first(status, code.clone()), RefreshToken);
            assert_eq!(again(status, code), Hold(super::Hold::Relink));
        }
        for (status, code) in [(403, None), (400, Some(ErrorCode::AccessDenied))] {
            assert_eq!(first(status, code), Hold(super::Hold::Denied));
        }
        assert_eq!(first(400, Some(ErrorCode::InvalidKey)), RegisterKey);
        assert_eq!(again(400, Some(ErrorCode::InvalidKey)), Hold(super::Hold::Key));
        let failing = [ErrorCode::InvalidRequest, ErrorCode::InvalidIssuer, ErrorCode::InvalidAudience];
        for code in failing.map(Some).into_iter().chain([None, Some(ErrorCode::Other("odd".into()))]) {
            assert_eq!(first(400, code), Fail);
        }
        for status in [413, 415, 422, 405, 418] {
            assert_eq!(first(status, None), Fail, "{status}");
        }
        for status in [404, 410] {
            assert_eq!(first(status, None), Rediscover);
            assert_eq!(again(status, None), Hold(super::Hold::Unreachable));
        }
        for status in [301, 302, 307, 308] {
            assert_eq!(first(status, None), Rediscover);
            assert_eq!(again(status, None), Hold(super::Hold::Redirected));
        }
        assert!(matches!(verdict(&Answer::Nothing, ALL, 1, 0.5), Later(_)));
        assert_eq!(verdict(&Answer::NotContacted, NONE, 1, 0.5), Hold(super::Hold::Address));
    }

    #[test]
    fn a_refused_key_is_registered_once_by_its_introduction_and_never_by_itself() {
        let refused = http(400, Some(ErrorCode::InvalidKey));
        let on = |event: Event, tried| verdict(&refused, tried, 1, 0.5).for_event(event.name());
        assert_eq!(on(Event::GrantCreated, NONE), Verdict::RegisterKey);
        assert_eq!(on(Event::GrantCreated, ALL), Verdict::Hold(super::Hold::Key));
        assert_eq!(on(Event::RelationshipCreated, NONE), Verdict::Hold(super::Hold::Key));
        assert_eq!(on(Event::KeysChanged, NONE), Verdict::RegisterKey);
        assert_eq!(on(Event::KeysChanged, ALL), Verdict::Fail);
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        let year = Answer::Http { status: 503, code: None, retry_after: Some(Duration::from_secs(31_536_000)) };
        assert_eq!(verdict(&year, NONE, 1, 0.5), Verdict::Later(LONGEST_WAIT));
    }

    proptest! {
        #[test]
        fn every_remedy_ends(status in 100u16..600, attempts in 1u32..1000, dice in 0.0f64..=1.0) {
            let after_all = verdict(&http(status, Some(ErrorCode::InvalidKey)), ALL, attempts, dice);
            let remedy = matches!(after_all, Verdict::RefreshToken | Verdict::RegisterKey | Verdict::Rediscover);
            prop_assert!(!remedy);
        }

        #[test]
        fn a_wait_is_never_longer_than_a_day(attempts: u32, dice: f64) {
            if let Verdict::Later(wait) = verdict(&Answer::Nothing, NONE, attempts.max(1), dice) {
                prop_assert!(wait <= LONGEST_WAIT);
            }
        }
    }
}
