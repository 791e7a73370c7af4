//! Renewal by a rule that the user made: whether a grant is renewed now, and until when. Decided from the grant, the
//! time and the window, and from nothing else.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};

use super::model::{Grant, Renewal};
use super::scope;
use super::state::Status;
use crate::error::{Error, Result};

/// The shortest that a rule may renew for, in days. Half of it is more than a day: a run each night cannot miss it.
const LEAST_DAYS: i64 = 3;

/// The longest, in years: as long as a grant may last.
const MOST_YEARS: i64 = 10;

/// What to do with a grant now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Its rule renews it.
    Renew {
        /// Its new end.
        until: Timestamp,
    },
    /// Only the user can go on.
    NeedsUser(Why),
    /// There is time, or nothing to renew.
    NotYet,
}

/// Why a grant that ends is not renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The user made no rule for it.
    NoRule,
    /// It lasts until the end of its rule already.
    UsedUp,
    /// Its rule allowed more, and nothing ran before it ended. An ended grant does not come back.
    Ended,
    /// Its rule cannot be read.
    Unreadable,
    /// Its rule allows it, and it failed.
    Failed(String),
}

impl Why {
    /// The name, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Why::NoRule => "no_rule",
            Why::UsedUp => "rule_used_up",
            Why::Ended => "ended",
            Why::Unreadable => "rule_unreadable",
            Why::Failed(_) => "failed",
        }
    }

    /// The same for people.
    pub fn words(&self) -> &str {
        match self {
            Why::NoRule => "it has no rule",
            Why::UsedUp => "its rule allows no more",
            Why::Ended => "it ended before it could be renewed",
            Why::Unreadable => "its rule is not readable",
            Why::Failed(reason) => reason,
        }
    }
}

impl Renewal {
    /// How long a renewal lasts that is made now; `None` for a rule that cannot be read. Days are those of UTC: a script
    /// comes to the same end wherever it runs.
    pub fn lasts(&self, now: Timestamp) -> Option<SignedDuration> {
        lasting(self.each.parse().ok()?, now)
    }
}

fn lasting(span: Span, now: Timestamp) -> Option<SignedDuration> {
    let end = now.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Some(end.timestamp().duration_since(now))
}

/// Reads how long before its end a grant is due: `7d`.
///
/// # Errors
/// Kind bad input.
pub fn window(typed: &str, now: Timestamp) -> Result<SignedDuration> {
    lasting(scope::span(typed)?, now).ok_or_else(|| Error::bad_input(format!("{typed} is too long")).hint("such as 7d"))
}

/// What to do with a grant at a moment, if those are due that end within so much time.
///
/// A rule that renews for a short time only has a shorter window, half of that time: a grant that was just renewed is
/// never due again.
pub fn decide(grant: &Grant, now: Timestamp, within: SignedDuration) -> Decision {
    if !grant.is_current(now) {
        return if was_missed(grant, now, within) { Decision::NeedsUser(Why::Ended) } else { Decision::NotYet };
    }
    let left = grant.expires_at.duration_since(now);
    if left > within {
        return Decision::NotYet;
    }
    let Some(rule) = &grant.renewal else { return Decision::NeedsUser(Why::NoRule) };
    if grant.expires_at >= rule.until {
        return Decision::NeedsUser(Why::UsedUp);
    }
    let Some(lasts) = rule.lasts(now) else { return Decision::NeedsUser(Why::Unreadable) };
    if left > lasts / 2 {
        return Decision::NotYet;
    }
    let until = now.checked_add(lasts).map_or(rule.until, |end| end.min(rule.until));
    // Whole seconds: the wire and the vault then say the same.
    Decision::Renew { until: Timestamp::from_second(until.as_second()).unwrap_or(until) }
}

/// Whether a grant ended by itself, not longer ago than the window, though its rule allowed more.
fn was_missed(grant: &Grant, now: Timestamp, within: SignedDuration) -> bool {
    let by_itself = grant.state.status.is_current() || grant.state.status == Status::Expired;
    let allowed_more = grant.renewal.as_ref().is_some_and(|rule| grant.expires_at < rule.until);
    let lately = now >= grant.expires_at && now.duration_since(grant.expires_at) <= within;
    by_itself && allowed_more && lately
}

/// Whether a grant may have this rule.
///
/// # Errors
/// Kind bad input for a grant that is not current, and for a rule that could never renew it or not in time.
pub fn check(grant: &Grant, rule: &Renewal, now: Timestamp) -> Result<()> {
    if grant.state.status == Status::Draft {
        return Err(Error::bad_input("the grant is a draft: the vendor was not told yet")
            .hint(format!("offer it: cmr grant amend {} --offer", grant.id)));
    }
    if !grant.is_current(now) {
        return Err(Error::bad_input("the grant has ended: no rule renews it")
            .hint("an ended grant does not come back: cmr grant create"));
    }
    let each = scope::friendly(&rule.each);
    let unreadable = || Error::bad_input(format!("{each} is not a duration that can be counted")).hint("such as 90d");
    let lasts = rule.lasts(now).ok_or_else(unreadable)?;
    if lasts < SignedDuration::from_hours(24 * LEAST_DAYS) {
        return Err(Error::bad_input(format!("{each} is too short: a run each night would come too late"))
            .hint(format!("renew for {LEAST_DAYS}d at least")));
    }
    if lasting(MOST_YEARS.years(), now).is_none_or(|most| lasts > most) {
        return Err(Error::bad_input(format!("{each} is more than {MOST_YEARS} years")).hint("such as 90d, 6mo or 1y"));
    }
    if rule.until <= grant.expires_at {
        return Err(Error::bad_input("the rule would end before the grant does: it could never renew it")
            .hint("say a later end: --until"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "renewal_tests.rs"]
mod tests;
