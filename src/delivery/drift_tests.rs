use super::*;
use proptest::prelude::*;
use serde_json::json;

fn told(claim: &str, value: Value, lent: bool) -> Expected {
    Expected { claim: claim.into(), value, lent, told: true, message_id: String::new() }
}

#[test]
fn what_does_not_count_does_not_count() {
    for (claim, ours, theirs) in [
        ("name", "Ada Lovelace", " Ada Lovelace "),
        ("phone_number", "+33 1 42 27 81 86", "tel:+33-1-42278186"),
        ("email", "Ada@Example.org", "Ada@EXAMPLE.ORG"),
    ] {
        assert!(same(claim, &json!(ours), &json!(theirs)), "{claim}");
    }
    for (claim, ours, theirs) in [
        ("name", "Ada Lovelace", "ada lovelace"),
        ("phone_number", "+33142278186", "33142278186"),
        ("email", "ada@example.org", "Ada@example.org"),
        ("nickname", "a-b", "ab"),
    ] {
        assert!(!same(claim, &json!(ours), &json!(theirs)), "{claim}");
    }
}

#[test]
fn of_an_address_the_parts_count_that_were_sent() {
    let ours = json!({"street_address": "12 rue\nde la Paix", "country": "FR"});
    let more = json!({"street_address": "12 rue\r\nde la Paix ", "country": "FR", "region": "IDF"});
    assert!(same("address", &ours, &more));
    assert!(!same("address", &more, &ours), "a part that is missing there is not the same");
    assert!(!same("address", &ours, &json!({"street_address": "13 rue", "country": "FR"})));
    assert!(!same("address", &json!({}), &more), "nothing is like nothing");
}

#[test]
fn what_is_shown_means() {
    let lent = told("email", json!("a@x.example"), true);
    let gone = Expected { lent: false, ..lent.clone() };
    let other = Some(json!("b@x.example"));
    let several = Some(json!(["b@x.example", "a@X.example"]));
    for (shown, of_lent, of_gone) in [
        (None, State::Unknown, State::Unknown),
        (Some(&None), State::Unknown, State::Cleared),
        (Some(&other), State::Drifted, State::Cleared),
        (Some(&several), State::Verified, State::StillThere),
    ] {
        assert_eq!((compare(&lent, shown), compare(&gone, shown)), (of_lent, of_gone), "{shown:?}");
    }
}

#[test]
fn what_a_vendor_shows_instead_is_printable_and_bounded() {
    let expected = vec![told("nickname", json!("Ada"), true), told("locale", json!("fr"), true)];
    let shown = [("nickname", json!(format!("\u{1b}[2J{}", "x".repeat(1000)))), ("locale", json!("fr"))];
    let shown = shown.into_iter().map(|(claim, value)| (claim.to_owned(), Some(value))).collect();
    let found = findings(expected, &shown);
    let seen = found[0].seen.as_deref().unwrap();
    assert!(seen.starts_with("[2Jx") && seen.chars().count() == MAX_SEEN);
    assert_eq!((found[1].state, &found[1].seen), (State::Verified, &None), "what is as it should be is not kept twice");
}

fn disclosed(claim: &str, value: &str, grant: &str) -> Disclosure {
    Disclosure {
        vendor_id: "v".into(),
        vendor: "acme".into(),
        grant_id: grant.into(),
        message_id: format!("brought-{value}"),
        claim: claim.into(),
        value: json!(value),
        hash: String::new(),
        delivered_at: Some(Timestamp::UNIX_EPOCH),
        attempted_at: Some(Timestamp::UNIX_EPOCH),
        refused: false,
        deleted_at: None,
    }
}

#[test]
fn the_last_that_arrived_is_expected_and_without_a_grant_its_absence() {
    let mut known = vec![disclosed("email", "new", "g"), disclosed("email", "old", "g"), disclosed("name", "a", "g")];
    known[0].delivered_at = None;
    known[2].refused = true;
    let found = expected(&known, &[], Timestamp::now(), |_| Ok(Some("took".into()))).unwrap();
    assert_eq!(found, [Expected { message_id: "took".into(), ..told("email", json!("old"), false) }]);
    let untold = expected(&known, &[], Timestamp::now(), |_| Ok(None)).unwrap();
    assert_eq!((untold[0].message_id.as_str(), untold[0].told), ("brought-old", false), "until the vendor was told");
}

proptest! {
    #[test]
    fn a_value_is_the_same_as_itself(claim in "name|email|phone_number|locale", value: String) {
        prop_assert!(same(&claim, &json!(value), &json!(value)));
        let padded = format!("  {value} ");
        prop_assert!(same(&claim, &json!(value), &json!(padded)));
    }
}
