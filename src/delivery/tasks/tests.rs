use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::grant::model::Mode;
use crate::grant::{Renewal, Scope, State, Status, VendorStatus};
use crate::vendor::ChannelKind;

fn now() -> Timestamp {
    "2026-11-22T03:30:00Z".parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A grant that was made and touched so many days ago, and ends in so many.
fn watched(vendor: &str, touched: i64, ends: i64) -> Watched {
    let grant = Grant {
        id: format!("01980000-0000-7000-8000-0000{vendor:0>8}"),
        vendor_id: vendor.to_owned(),
        persona: "default".into(),
        scope: Scope {
            claims: Vec::new(),
            purposes: Vec::new(),
            lawful_basis: "Consent".into(),
            mode: Mode::Continuous,
            data_life: "P1Y".into(),
            recipients: Vec::new(),
            terms: None,
        },
        state: State { status: Status::Active, vendor: VendorStatus::Accepted, version: 1, confirmed: None },
        txn: vendor.to_owned(),
        created_at: now() - days(touched),
        expires_at: now() + days(ends),
        ended_at: None,
        ended_how: None,
        confirm_by: None,
        confirmed_at: None,
        renewal: None,
        closed_at: None,
        reminded_at: None,
    };
    Watched { grant, vendor: vendor.to_owned(), touched_at: now() - days(touched), disclosed_at: None }
}

fn with_rule(mut watched: Watched, until: i64) -> Watched {
    watched.grant.renewal = Some(Renewal { each: "P90D".into(), until: now() + days(until) });
    watched
}

fn revoked(mut watched: Watched, confirm_by: i64) -> Watched {
    watched.grant.state =
        State { status: Status::Revoked, vendor: VendorStatus::NotConfirmed, version: 2, confirmed: None };
    watched.grant.confirm_by = Some(now() + days(confirm_by));
    watched
}

fn reminded(mut watched: Watched, ago: i64) -> Watched {
    watched.grant.reminded_at = Some(now() - days(ago));
    watched
}

fn of(grants: impl IntoIterator<Item = Watched>) -> Vec<Task> {
    tasks(&Facts { grants: grants.into_iter().collect(), ..Facts::default() }, now(), SOON)
}

/// Each task's kind, and the vendors that it is about.
fn said(tasks: &[Task]) -> Vec<(Kind, Vec<&str>)> {
    tasks.iter().map(|task| (task.kind, task.about.iter().map(|about| about.vendor.as_str()).collect())).collect()
}

#[test]
fn nothing_of_an_ordinary_vault_needs_anybody() {
    assert!(
        of([watched("a", 10, 80), with_rule(watched("b", 10, 5), 400), revoked(watched("c", 200, 5), 1)]).is_empty()
    );
}

#[test]
fn what_ends_soon_is_said_of_the_grant_or_of_its_rule() {
    let tasks = of([
        watched("late", 1, 14),
        watched("soon", 1, 3),
        watched("later", 1, 15),
        with_rule(watched("renewed", 1, 3), 100),
        with_rule(watched("used", 1, 3), 3),
        with_rule(watched("last", 1, 3), 10),
    ]);
    let wanted = [(Kind::GrantEndsSoon, vec!["soon", "used", "late"]), (Kind::RuleEndsSoon, vec!["last"])];
    assert_eq!(said(&tasks), wanted);
    assert_eq!(tasks[1].about[0].at, Some(now() + days(10)));
    assert_eq!(tasks[0].command(), "cmr grant list");
    assert_eq!(of([watched("b0bb0b", 1, 3)])[0].command(), "cmr grant renew 00b0bb0b --expires 90d");
}

#[test]
fn a_deletion_is_asked_for_until_it_is_confirmed_or_the_user_stops_waiting() {
    let overdue = revoked(watched("a", 100, 5), -1);
    assert_eq!(said(&of([overdue.clone()])), [(Kind::DeletionNotConfirmed, vec!["a"])]);
    let mut closed = overdue.clone();
    closed.grant.closed_at = Some(now());
    let mut confirmed = overdue;
    confirmed.grant.state.vendor = VendorStatus::DeletionStated;
    assert!(of([closed, confirmed, revoked(watched("b", 100, 5), 1)]).is_empty());
    // An expired one when the vendor may not keep the data any longer: a year after it got them.
    let mut expired = watched("c", 500, -100);
    expired.disclosed_at = Some(now() - days(364));
    assert!(of([expired.clone()]).is_empty());
    expired.disclosed_at = Some(now() - days(366));
    assert_eq!(said(&of([expired])), [(Kind::DeletionNotConfirmed, vec!["c"])]);
}

#[test]
fn what_nothing_touches_is_brought_up_once_together() {
    let silent = [watched("a", 90, 200), watched("b", 120, 200), watched("c", 89, 200)];
    assert_eq!(said(&of(silent.clone())), [(Kind::GrantsUntouched, vec!["b", "a"])]);
    // The next night, and for a month: not even what fell silent since.
    let [a, b, _] = silent;
    for ago in [0, 1, 29] {
        let c = watched("c", 90, 200);
        assert!(of([reminded(a.clone(), ago), reminded(b.clone(), ago), c]).is_empty(), "{ago}");
    }
    // After that the one that came later, and the others again when as long has passed.
    let later = [reminded(a.clone(), 31), reminded(b.clone(), 31), watched("c", 90, 200)];
    assert_eq!(said(&of(later)), [(Kind::GrantsUntouched, vec!["c"])]);
    let again = [reminded(a.clone(), 90), reminded(b, 90)];
    assert_eq!(said(&of(again)), [(Kind::GrantsUntouched, vec!["b", "a"])]);
    // One that was touched after the reminder is silent anew.
    let mut touched = reminded(a, 200);
    touched.touched_at = now() - days(91);
    assert_eq!(said(&of([touched])), [(Kind::GrantsUntouched, vec!["a"])]);
}

#[test]
fn an_ended_grant_is_nobodys_reminder() {
    assert!(of([watched("a", 100, -1), revoked(watched("b", 100, 5), 20)]).is_empty());
}

fn stuck(vendor: &str, state: MessageState, reason: &str) -> Stuck {
    let reason = Some(reason.to_owned());
    Stuck { vendor: vendor.into(), state, messages: 2, since: now() - days(1), reason }
}

fn wrong(vendor: &str, readings: &[(&str, drift::State)]) -> Wrong {
    let kept = |&(claim, state): &(&str, drift::State)| Kept {
        claim: claim.into(),
        channel: ChannelKind::Scim,
        message_id: String::new(),
        state,
        seen: None,
        at: now(),
    };
    Wrong { vendor: vendor.into(), readings: readings.iter().map(kept).collect() }
}

#[test]
fn messages_need_the_user_by_what_holds_them() {
    let facts = Facts {
        stuck: vec![
            stuck("acme", MessageState::Held, &format!("{} (it answered 401)", Hold::Relink.reason())),
            stuck("bolt", MessageState::Held, Hold::Denied.reason()),
            stuck("cord", MessageState::Failed, "400 invalid_request"),
        ],
        refusing: vec!["acme".into(), "dart".into()],
        waiting: [("even", 2), ("fern", 3)]
            .map(|(vendor, ago)| Waiting { vendor: vendor.into(), since: now() - days(ago), reason: None })
            .into(),
        wrong: vec![wrong("gull", &[("email", drift::State::Drifted), ("name", drift::State::StillThere)])],
        ..Facts::default()
    };
    let tasks = tasks(&facts, now(), SOON);
    let wanted = [
        (Kind::TokenRefused, vec!["dart", "acme"]),
        (Kind::MessagesHeld, vec!["bolt"]),
        (Kind::MessagesFailed, vec!["cord"]),
        (Kind::Drifted, vec!["gull"]),
        (Kind::VendorUnreachable, vec!["fern"]),
    ];
    assert_eq!(said(&tasks), wanted);
    assert_eq!(tasks[4].command(), "cmr vendor set fern --discover");
    assert_eq!(tasks[3].about[0].why.as_deref(), Some("another email than it was told, and still name"));
}

#[test]
fn a_rule_that_could_not_do_its_work_is_told_of() {
    let due = |vendor: &str, decision| Due { grant: watched(vendor, 1, 3).grant, vendor: vendor.into(), decision };
    let needs = |why| Decision::NeedsUser(why);
    let facts = Facts {
        due: vec![
            due("none", needs(Why::NoRule)),
            due("used", needs(Why::UsedUp)),
            due("fine", Decision::Renew { until: now() + 90.hours() }),
            due("fails", needs(Why::Failed("it is too large".into()))),
            due("ended", needs(Why::Ended)),
        ],
        ..Facts::default()
    };
    let tasks = tasks(&facts, now(), SOON);
    assert_eq!(said(&tasks), [(Kind::NotRenewed, vec!["ended", "fails"])]);
    assert_eq!(tasks[0].about[1].why.as_deref(), Some("it is too large"));
}

proptest! {
    /// Night after night over two years: nobody is reminded twice within a month, nor of one grant twice within 90 days.
    #[test]
    fn reminders_are_seldom(touched in proptest::collection::vec(0i64..400, 1..12)) {
        let mut grants: Vec<Watched> =
            touched.iter().enumerate().map(|(i, ago)| watched(&i.to_string(), *ago, 10_000)).collect();
        let mut last: Option<i64> = None;
        let mut times = vec![Vec::new(); grants.len()];
        for night in 0..730 {
            let at = now() + days(night);
            let facts = Facts { grants: grants.clone(), ..Facts::default() };
            let Some(task) = tasks(&facts, at, SOON).pop() else { continue };
            prop_assert!(last.is_none_or(|last| night - last >= 30), "{last:?}, {night}");
            last = Some(night);
            for about in task.about {
                let i: usize = about.vendor.parse().unwrap();
                grants[i].grant.reminded_at = Some(at);
                times[i].push(night);
            }
        }
        for nights in times {
            prop_assert!(nights.windows(2).all(|two| two[1] - two[0] >= 90), "{nights:?}");
            prop_assert!(nights.len() >= 5, "{nights:?}");
        }
    }
}
