//! The rule's laws: at whatever moments it runs, it never goes past its end, never renews more than it must, and never
//! brings an ended grant back.

use proptest::prelude::*;

use super::super::model::{LentClaim, Mode, Purpose, Scope};
use super::super::state::{State, VendorStatus};
use super::*;

const START: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn days(days: i64) -> i64 {
    days * 24 * 3600
}

fn window_of(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A grant in use that ends after so many seconds, with a rule.
fn grant(expires: i64, rule: Option<(&str, i64)>) -> Grant {
    Grant {
        id: "g".into(),
        vendor_id: "v".into(),
        persona: "default".into(),
        scope: Scope {
            claims: vec![LentClaim { claim: "email".parse().unwrap(), why: None, optional: false }],
            purposes: vec![Purpose { term: "DeliveryOfGoods".into(), words: None }],
            lawful_basis: "Consent".into(),
            mode: Mode::Continuous,
            data_life: "P1Y".into(),
            recipients: Vec::new(),
            terms: None,
        },
        state: State { status: Status::Active, vendor: VendorStatus::Accepted, version: 1, confirmed: Some(1) },
        txn: "t".into(),
        created_at: at(0),
        expires_at: at(expires),
        ended_at: None,
        ended_how: None,
        confirm_by: None,
        confirmed_at: None,
        renewal: rule.map(|(each, until)| Renewal { each: each.into(), until: at(until) }),
        closed_at: None,
        reminded_at: None,
    }
}

#[test]
fn a_grant_that_ends_within_the_window_is_renewed_from_now() {
    let grant = grant(days(5), Some(("P90D", days(1000))));
    assert_eq!(decide(&grant, at(0), window_of(7)), Decision::Renew { until: at(days(90)) });
    assert_eq!(decide(&grant, at(0), window_of(4)), Decision::NotYet);
}

#[test]
fn the_end_of_the_rule_is_the_end_and_after_it_the_user_is_asked() {
    let mut grant = grant(days(5), Some(("P90D", days(40))));
    assert_eq!(decide(&grant, at(0), window_of(7)), Decision::Renew { until: at(days(40)) });
    grant.expires_at = at(days(40));
    assert_eq!(decide(&grant, at(days(20)), window_of(7)), Decision::NotYet);
    assert_eq!(decide(&grant, at(days(35)), window_of(7)), Decision::NeedsUser(Why::UsedUp));
}

#[test]
fn without_a_rule_nothing_is_renewed() {
    assert_eq!(decide(&grant(days(5), None), at(0), window_of(7)), Decision::NeedsUser(Why::NoRule));
    assert_eq!(decide(&grant(days(8), None), at(0), window_of(7)), Decision::NotYet);
    assert_eq!(decide(&grant(-1, None), at(0), window_of(7)), Decision::NotYet);
}

#[test]
fn a_rule_that_is_shorter_than_the_window_has_a_window_of_its_own() {
    let mut grant = grant(days(3), Some(("P4D", days(1000))));
    assert_eq!(decide(&grant, at(0), window_of(7)), Decision::NotYet);
    assert_eq!(decide(&grant, at(days(1)), window_of(7)), Decision::Renew { until: at(days(5)) });
    grant.expires_at = at(days(5));
    assert_eq!(decide(&grant, at(days(1)), window_of(7)), Decision::NotYet);
}

#[test]
fn what_ended_while_nothing_ran_is_named_for_a_window_and_stays_over() {
    let mut grant = grant(0, Some(("P90D", days(1000))));
    for status in [Status::Active, Status::Offered, Status::Expired] {
        grant.state.status = status;
        assert_eq!(decide(&grant, at(0), window_of(7)), Decision::NeedsUser(Why::Ended));
        assert_eq!(decide(&grant, at(days(7)), window_of(7)), Decision::NeedsUser(Why::Ended));
        assert_eq!(decide(&grant, at(days(8)), window_of(7)), Decision::NotYet);
    }
    // Taken back, declined or never offered: nobody waits for it.
    for status in [Status::Revoked, Status::Rejected, Status::Draft] {
        grant.state.status = status;
        assert_eq!(decide(&grant, at(days(-1)), window_of(7)), Decision::NotYet);
        assert_eq!(decide(&grant, at(1), window_of(7)), Decision::NotYet);
    }
    // Used up, it ended as the user wanted.
    grant.state.status = Status::Expired;
    grant.renewal = Some(Renewal { each: "P90D".into(), until: at(0) });
    assert_eq!(decide(&grant, at(1), window_of(7)), Decision::NotYet);
}

#[test]
fn a_rule_that_cannot_be_read_renews_nothing() {
    let grant = grant(days(5), Some(("often", days(1000))));
    assert_eq!(decide(&grant, at(0), window_of(7)), Decision::NeedsUser(Why::Unreadable));
}

#[test]
fn a_rule_is_checked_before_it_is_set() {
    let says = |grant: &Grant, each: &str, until: i64| {
        check(grant, &Renewal { each: each.into(), until: at(until) }, at(0)).map_err(|e| e.to_string())
    };
    let mut grant = grant(days(90), None);
    assert_eq!(says(&grant, "P90D", days(91)), Ok(()));
    assert_eq!(says(&grant, "P3D", days(91)), Ok(()));
    assert!(says(&grant, "P2D", days(91)).unwrap_err().contains("too short"));
    assert!(says(&grant, "P11Y", days(91)).unwrap_err().contains("more than 10 years"));
    assert!(says(&grant, "P99999Y", days(91)).is_err());
    assert!(says(&grant, "P90D", days(90)).unwrap_err().contains("before the grant does"));
    grant.state.status = Status::Draft;
    assert!(says(&grant, "P90D", days(91)).unwrap_err().contains("draft"));
    grant.state.status = Status::Revoked;
    assert!(says(&grant, "P90D", days(91)).unwrap_err().contains("ended"));
}

proptest! {
    /// A grant, a rule and a window, and a machine that runs it at any moments, each time once or several times.
    #[test]
    fn at_whatever_moments_it_runs_it_renews_as_little_as_the_rule_says(
        each in prop::sample::select(vec!["P3D", "P1W", "P10DT6H", "P1M", "P90D", "P6M", "P1Y"]),
        ends in 1i64..400 * 24, until in 1i64..2000 * 24, within in 1i64..60 * 24,
        gaps in prop::collection::vec(0i64..80 * 24, 1..120),
    ) {
        let (ends, until) = (ends * 3600, until * 3600);
        let mut grant = grant(ends, Some((each, ends + until)));
        let within = SignedDuration::from_hours(within);
        let rule = grant.renewal.clone().unwrap();
        let mut now = at(0);
        let mut last: Option<Timestamp> = None;
        let mut over = false;
        for gap in gaps {
            now += SignedDuration::from_mins(gap * 60 + 7);
            over = over || now >= grant.expires_at;
            let Decision::Renew { until } = decide(&grant, now, within) else { continue };
            let lasts = rule.lasts(now).unwrap();
            prop_assert!(!over, "an ended grant came back");
            prop_assert!(until <= rule.until && until <= now + lasts);
            prop_assert!(until > grant.expires_at);
            prop_assert!(grant.expires_at.duration_since(now) <= within.min(lasts / 2), "too early");
            // Twice in half of the rule's time would be for nothing; a calendar's months differ by three days.
            let earliest = lasts / 2 - SignedDuration::from_hours(72);
            prop_assert!(last.is_none_or(|last| now.duration_since(last) >= earliest));
            grant.expires_at = until;
            prop_assert!(!matches!(decide(&grant, now, within), Decision::Renew { .. }), "twice is once");
            last = Some(now);
        }
    }

    /// Who runs it each night, give or take some hours, loses nothing that the rule allows.
    #[test]
    fn a_run_each_night_misses_nothing(
        each in prop::sample::select(vec!["P3D", "P1W", "P1M", "P90D"]),
        ends in 2i64..30, within in 2i64..30, late in prop::collection::vec(0i64..180, 400),
    ) {
        let until = days(380);
        let mut grant = grant(days(ends), Some((each, until)));
        for (night, late) in late.into_iter().enumerate() {
            let now = at(days(night as i64) + late * 60);
            if let Decision::Renew { until } = decide(&grant, now, window_of(within)) {
                grant.expires_at = until;
            }
            prop_assert!(now < grant.expires_at || grant.expires_at == at(until), "missed in night {}", night);
        }
        prop_assert_eq!(grant.expires_at, at(until));
    }
}
