//! The end of a grant: what the user waits for after it.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::model::Grant;
use super::state::{State, Status, Step, VendorStatus};

/// Where a grant stands at a moment: one whose time is over has expired, whether a command has noted that or not.
pub fn as_of(grant: &Grant, now: Timestamp) -> State {
    match now >= grant.expires_at {
        true => grant.state.step(Step::Expire { told: false }).unwrap_or(grant.state),
        false => grant.state,
    }
}

/// Whether the vendor has not confirmed the end of a grant that it may know of, and the user has not stopped waiting.
pub fn is_awaited(grant: &Grant, now: Timestamp) -> bool {
    can_be_closed(as_of(grant, now)) && grant.closed_at.is_none()
}

/// Whether a grant ended without the vendor's word on it: the user may stop waiting for that.
pub fn can_be_closed(state: State) -> bool {
    matches!(state.status, Status::Revoked | Status::Expired) && state.vendor == VendorStatus::NotConfirmed
}

/// By when the vendor should have stated the deletion: of a revoked grant by the date that it was told; of an expired one
/// when it may not keep the claims any longer, which is the data life after it last got them and may be long after the
/// grant's own end. None where it owes nothing.
pub fn deletion_due(grant: &Grant, last_disclosure: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    match as_of(grant, now).status {
        Status::Revoked => grant.confirm_by,
        Status::Expired => {
            let life = grant.scope.data_life.parse::<Span>().ok()?;
            let until = last_disclosure?.to_zoned(TimeZone::UTC).checked_add(life).ok()?.timestamp();
            Some(until.max(grant.expires_at))
        }
        _ => None,
    }
}

/// Whether the vendor should have confirmed the end by now, and the user waits for it.
pub fn is_overdue(grant: &Grant, last_disclosure: Option<Timestamp>, now: Timestamp) -> bool {
    is_awaited(grant, now) && deletion_due(grant, last_disclosure, now).is_some_and(|due| due <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Scope;
    use crate::grant::model::Mode;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn grant(status: Status, vendor: VendorStatus) -> Grant {
        Grant {
            id: "g".into(),
            vendor_id: "v".into(),
            persona: "default".into(),
            scope: Scope {
                claims: vec![],
                purposes: vec![],
                lawful_basis: "Consent".into(),
                mode: Mode::Continuous,
                data_life: "P1Y".into(),
                recipients: vec![],
                terms: None,
            },
            state: State { status, vendor, version: 2, confirmed: None },
            txn: "t".into(),
            created_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2026-04-01T00:00:00Z"),
            ended_at: Some(at("2026-03-01T00:00:00Z")),
            ended_how: None,
            confirm_by: Some(at("2026-03-31T00:00:00Z")),
            confirmed_at: None,
            renewal: None,
            closed_at: None,
            reminded_at: None,
        }
    }

    #[test]
    fn a_revoked_grant_is_overdue_after_the_date_that_the_vendor_was_told() {
        let revoked = grant(Status::Revoked, VendorStatus::NotConfirmed);
        let now = at("2026-03-30T00:00:00Z");
        assert!(is_awaited(&revoked, now) && !is_overdue(&revoked, None, at("2026-03-30T00:00:00Z")));
        assert!(is_overdue(&revoked, None, at("2026-03-31T00:00:00Z")));
        let closed = Grant { closed_at: Some(at("2026-03-15T00:00:00Z")), ..revoked };
        assert!(!is_awaited(&closed, now) && !is_overdue(&closed, None, at("2027-01-01T00:00:00Z")));
        assert!(!is_awaited(&grant(Status::Revoked, VendorStatus::DeletionStated), now));
        assert!(!is_awaited(&grant(Status::Revoked, VendorStatus::NotTold), now));
    }

    #[test]
    fn an_expired_grant_is_overdue_when_its_data_life_is_over_and_not_before() {
        let expired = grant(Status::Expired, VendorStatus::NotConfirmed);
        let last = Some(at("2026-02-01T00:00:00Z"));
        assert!(!is_overdue(&expired, last, at("2027-01-31T00:00:00Z")));
        assert!(is_overdue(&expired, last, at("2027-02-01T00:00:00Z")));
        // A day's data life does not end before the grant does.
        let mut brief = expired.clone();
        brief.scope.data_life = "P1D".into();
        let later = at("2027-01-01T00:00:00Z");
        assert_eq!(deletion_due(&brief, last, later), Some(brief.expires_at));
        assert_eq!(deletion_due(&expired, None, later), None);
        // What no command has noted yet is over all the same.
        let unnoted = grant(Status::Active, VendorStatus::Accepted);
        assert!(is_overdue(&unnoted, last, at("2027-02-01T00:00:00Z")));
        assert_eq!(deletion_due(&unnoted, last, at("2026-03-01T00:00:00Z")), None);
        assert!(!is_overdue(&grant(Status::Offered, VendorStatus::NotTold), last, later));
    }
}
