use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: i64 = 1_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn content(version: u32, claims: &[&str], expires: i64) -> Message {
    Message::Content(GrantContent {
        grant_id: "g".into(),
        version,
        prev: None,
        expires_at: at(expires),
        terms: None,
        record: json!({"processing": [{"purpose": ["dpv:ServiceProvision"]}]}),
        claims: claims.iter().map(|claim| ((*claim).to_owned(), json!(format!("{claim} {version}")))).collect(),
        changes: Vec::new(),
    })
}

fn renewed(version: u32, expires: i64) -> Message {
    Message::Renewed(GrantRenewed {
        grant_id: "g".into(),
        version,
        prev: None,
        expires_at: at(expires),
        event_state: "RenewedConsentGiven".into(),
    })
}

fn revoked(version: u32) -> Message {
    Message::Revoked(GrantRevoked {
        grant_id: "g".into(),
        version,
        prev: None,
        effective_at: at(NOW),
        event_state: "ConsentWithdrawn".into(),
        requested: vec!["delete".into()],
        confirm_by: at(NOW + 86_400),
    })
}

/// Decides at `NOW`, with a vendor that takes `email` and `name` alone.
fn decide_now(held: Option<&Grant>, message: &Message) -> Decision {
    let supported = ["email".to_owned(), "name".to_owned()];
    let hash = format!("hash {:?}", message.grant());
    let context = Context { now: at(NOW), claims_supported: &supported, txn: None, sub: "me", set_hash: &hash };
    decide(held, message, &context)
}

fn replay<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Option<Grant> {
    messages.into_iter().fold(None, |held, message| decide_now(held.as_ref(), message).grant.or(held))
}

fn held(messages: &[Message]) -> Grant {
    replay(messages).unwrap()
}

fn ack(version: u32, status: AckStatus, refused: &[&str]) -> Reply {
    let refused_claims = refused.iter().map(|claim| (*claim).to_owned()).collect();
    Reply::Acknowledged { version, status, refused_claims }
}

fn deletion_of(version: u32, deleted: &[&str]) -> Reply {
    let deleted = deleted.iter().map(|claim| (*claim).to_owned()).collect();
    Reply::Deleted { version, deleted, completed_at: at(NOW) }
}

#[test]
fn a_grant_is_taken_whole_but_for_the_claims_that_are_not_wanted() {
    let all = decide_now(None, &content(1, &["email", "name"], NOW + 1));
    assert_eq!(all.replies, [ack(1, AckStatus::Accepted, &[])]);
    let grant = all.grant.unwrap();
    assert_eq!(grant.status, GrantStatus::Active);
    assert_eq!(grant.claims.keys().collect::<Vec<_>>(), ["email", "name"]);
    assert_eq!(grant.purposes, ["dpv:ServiceProvision"]);

    let some = decide_now(None, &content(1, &["email", "gender"], NOW + 1));
    assert_eq!(some.replies, [ack(1, AckStatus::PartiallyAccepted, &["gender"])]);
    assert_eq!(some.grant.unwrap().claims.keys().collect::<Vec<_>>(), ["email"]);
}

#[test]
fn a_grant_of_unwanted_claims_alone_is_rejected_until_a_better_one_comes() {
    let none = decide_now(None, &content(1, &["gender"], NOW + 1));
    assert_eq!((none.outcome, none.replies), (Outcome::Rejected, vec![ack(1, AckStatus::Rejected, &["gender"])]));
    let grant = none.grant.unwrap();
    assert!(grant.claims.is_empty() && grant.record.is_none() && grant.status == GrantStatus::Rejected);
    assert_eq!(decide_now(Some(&grant), &content(2, &["email"], NOW + 1)).outcome, Outcome::Applied);
}

#[test]
fn an_update_replaces_every_claim() {
    let grant = held(&[content(1, &["email", "name"], NOW + 1), content(2, &["name"], NOW + 9)]);
    assert_eq!(grant.claims, BTreeMap::from([("name".to_owned(), json!("name 2"))]));
    assert_eq!((grant.version, grant.expires_at), (2, at(NOW + 9)));
}

#[test]
fn a_late_version_is_dropped_and_told_which_one_is_held() {
    let grant = held(&[content(3, &["email", "gender"], NOW + 1)]);
    for late in [content(3, &["name"], NOW + 5), content(2, &["name"], NOW + 5), renewed(3, NOW + 5)] {
        let decision = decide_now(Some(&grant), &late);
        assert_eq!((decision.outcome, &decision.grant), (Outcome::Dropped, &None));
        assert_eq!(decision.replies, [ack(3, AckStatus::PartiallyAccepted, &["gender"])]);
    }
}

#[test]
fn a_renewal_moves_the_end_and_keeps_the_claims() {
    let grant = held(&[content(1, &["email"], NOW + 1), renewed(2, NOW + 50)]);
    assert_eq!((grant.version, grant.expires_at, grant.claims.len()), (2, at(NOW + 50), 1));
    let unknown = decide_now(None, &renewed(2, NOW + 50));
    assert_eq!((unknown.outcome, unknown.grant), (Outcome::Dropped, None));
    assert_eq!(unknown.replies, [ack(2, AckStatus::Rejected, &[])]);
}

#[test]
fn a_revocation_deletes_and_stays() {
    let before = held(&[content(1, &["email", "name"], NOW + 1)]);
    let decision = decide_now(Some(&before), &revoked(2));
    assert_eq!(decision.replies, [deletion_of(2, &["email", "name"])]);
    let grant = decision.grant.unwrap();
    assert_eq!(grant.status, GrantStatus::Revoked);
    assert!(grant.claims.is_empty() && grant.record.is_none());

    let newer = decide_now(Some(&grant), &content(3, &["email"], NOW + 1));
    assert_eq!((newer.outcome, newer.grant), (Outcome::Dropped, None));
    assert_eq!(newer.replies, [ack(2, AckStatus::Rejected, &[])]);
    let older = decide_now(Some(&grant), &content(1, &["email"], NOW + 1));
    assert_eq!((older.outcome, older.replies), (Outcome::Dropped, Vec::new()));
    let again = decide_now(Some(&grant), &revoked(2));
    assert_eq!((again.outcome, again.replies), (Outcome::Dropped, vec![deletion_of(2, &["email", "name"])]));
}

#[test]
fn a_revocation_counts_whatever_came_before_it() {
    assert_eq!(held(&[revoked(2), content(1, &["email"], NOW + 1)]).status, GrantStatus::Revoked);
    let overtaken = held(&[content(5, &["email"], NOW + 1), revoked(4)]);
    assert_eq!((overtaken.status, overtaken.version), (GrantStatus::Revoked, 5));
}

#[test]
fn an_end_that_has_passed_is_not_taken_and_ends_what_was_held() {
    let new = decide_now(None, &content(1, &["email"], NOW));
    assert_eq!((new.outcome, new.replies), (Outcome::Rejected, vec![ack(1, AckStatus::Rejected, &[])]));
    assert!(new.grant.unwrap().claims.is_empty());

    let grant = held(&[content(1, &["email"], NOW + 1)]);
    for message in [content(2, &["name"], NOW), renewed(2, NOW - 5)] {
        let decision = decide_now(Some(&grant), &message);
        assert_eq!(decision.replies, [ack(2, AckStatus::Rejected, &[]), deletion_of(2, &["email"])]);
        let ended = decision.grant.unwrap();
        assert_eq!((ended.status, ended.claims.len()), (GrantStatus::Expired, 0));
    }
}

#[test]
fn an_expired_grant_does_not_come_back_but_can_be_revoked() {
    let (grant, reply) = expire(held(&[content(1, &["email"], NOW + 1)]), at(NOW));
    assert_eq!(reply, deletion_of(1, &["email"]));
    assert_eq!((grant.status, grant.claims.len(), grant.record.is_none()), (GrantStatus::Expired, 0, true));
    for message in [content(2, &["email"], NOW + 9), renewed(2, NOW + 9), content(1, &["email"], NOW + 9)] {
        let decision = decide_now(Some(&grant), &message);
        assert_eq!((decision.outcome, decision.grant), (Outcome::Dropped, None));
        assert_eq!(decision.replies, [ack(1, AckStatus::Rejected, &[])]);
    }
    let decision = decide_now(Some(&grant), &revoked(2));
    assert_eq!(decision.replies, [deletion_of(2, &["email"])]);
    assert_eq!(decision.grant.unwrap().status, GrantStatus::Revoked);
}

#[test]
fn purposes_are_found_however_the_record_nests_them() {
    let record = json!({"dpv:hasProcess": [{"dpv:hasPurpose": {"@id": "dpv:Billing"}}], "purposes": ["dpv:Marketing"],
                        "other": {"purpose": "dpv:Billing"}});
    assert_eq!(purposes(&record), ["dpv:Billing", "dpv:Marketing"]);
    assert!(purposes(&json!("purpose")).is_empty());
}

/// One message of each version, whole grants with this or that set of claims.
fn whole_grants() -> impl Strategy<Value = Vec<Message>> {
    let claims = prop::sample::subsequence(vec!["email", "name", "gender"], 0..=3);
    prop::collection::vec((claims, 1i64..1_000), 1..8).prop_map(|each| {
        let message = |(version, (claims, life)): (u32, (Vec<&str>, i64))| content(version, &claims, NOW + life);
        (1..).zip(each).map(message).collect()
    })
}

/// Any messages in any order, doubles and ends in the past included.
fn anything() -> impl Strategy<Value = Vec<Message>> {
    let version = 1u32..6;
    let one = prop_oneof![
        (version.clone(), -1i64..9).prop_map(|(version, life)| content(version, &["email"], NOW + life)),
        (version.clone(), -1i64..9).prop_map(|(version, life)| renewed(version, NOW + life)),
        version.prop_map(revoked),
    ];
    prop::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn in_any_order_and_however_often_the_highest_version_is_what_is_held(
        (messages, arrivals) in whole_grants().prop_flat_map(|messages| {
            let doubled = [messages.clone(), messages.clone()].concat();
            (Just(messages), Just(doubled).prop_shuffle())
        })
    ) {
        prop_assert_eq!(replay(&arrivals), replay(messages.last()));
    }

    #[test]
    fn with_a_revocation_anywhere_nothing_is_held(
        arrivals in whole_grants().prop_flat_map(|mut messages| {
            messages.push(revoked(messages.len() as u32 + 1));
            Just(messages).prop_shuffle()
        })
    ) {
        let grant = held(&arrivals);
        prop_assert_eq!(grant.status, GrantStatus::Revoked);
        prop_assert_eq!(grant.version as usize, arrivals.len());
        prop_assert!(grant.claims.is_empty());
    }

    #[test]
    fn whatever_comes_an_end_is_an_end_and_a_double_changes_nothing(messages in anything()) {
        let mut grant: Option<Grant> = None;
        for message in &messages {
            let next = decide_now(grant.as_ref(), message).grant.or(grant.clone());
            if let (Some(before), Some(after)) = (&grant, &next) {
                prop_assert!(after.version >= before.version);
                prop_assert!(!before.status.has_ended() || after.status.has_ended());
                prop_assert!(before.status != GrantStatus::Revoked || after == before);
            }
            prop_assert!(next.iter().all(|grant| !grant.status.has_ended() || grant.claims.is_empty()));
            prop_assert_eq!(decide_now(next.as_ref(), message).grant.or(next.clone()), next.clone());
            grant = next;
        }
    }
}
