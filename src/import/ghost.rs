//! Ghosts: vendors that have an account of the user's, and nothing else of them any more.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::held_store::Traces;

/// After how many years without use an account is a ghost.
pub const YEARS: i64 = 3;

/// Whether a vendor is a ghost: an account of which the last that is known is three years old or older, no payment since, and
/// nothing lent now. What is known is when it was used or, with most managers, when its entry was made or changed
/// ([`Trace::is_use`](super::Trace)): then it is a suspicion, and shown as that. An account without any date is no ghost, and
/// a payment without one counts as recent.
pub fn is_ghost(traces: &Traces, current_grants: usize, now: Timestamp) -> bool {
    let since =
        now.to_zoned(TimeZone::UTC).checked_sub(YEARS.years()).map_or(Timestamp::MIN, |since| since.timestamp());
    let Some(last) = traces.login.as_ref().and_then(|login| login.last_seen) else { return false };
    let paid = traces.payment.as_ref().is_some_and(|paid| paid.last_seen.is_none_or(|last| last > since));
    current_grants == 0 && last <= since && !paid
}

#[cfg(test)]
mod tests {
    use super::super::held_store::Trace;
    use super::*;

    fn at(day: &str) -> Timestamp {
        format!("{day}T00:00:00Z").parse().unwrap()
    }

    fn trace(last: Option<&str>) -> Option<Trace> {
        Some(Trace { pieces: 1, incoming: 0, first_seen: None, last_seen: last.map(at), is_use: true })
    }

    #[test]
    fn an_account_that_nobody_used_for_three_years_is_a_ghost() {
        let now = at("2026-11-25");
        let ghost = |login: Option<Trace>, payment: Option<Trace>, grants| {
            is_ghost(&Traces { login, payment, ..Traces::default() }, grants, now)
        };
        assert!(ghost(trace(Some("2023-11-25")), None, 0));
        assert!(!ghost(trace(Some("2023-11-26")), None, 0));
        assert!(!ghost(trace(Some("2020-01-01")), None, 1), "something is lent");
        assert!(!ghost(trace(Some("2020-01-01")), trace(Some("2026-01-01")), 0), "it is paid");
        assert!(ghost(trace(Some("2020-01-01")), trace(Some("2020-01-01")), 0), "it was paid long ago");
        assert!(!ghost(trace(Some("2020-01-01")), trace(None), 0), "it was paid, nobody knows when");
        assert!(!ghost(trace(None), None, 0), "nobody knows when it was used");
        assert!(!ghost(None, None, 0), "there is no account");
    }
}
