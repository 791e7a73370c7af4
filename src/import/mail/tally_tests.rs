use super::super::super::testing::Heard;
use super::*;
use serde_json::json;

fn counted(most: usize, heads: &[&str]) -> (Summary, Heard) {
    let mut tally = Tally::new(&["Me@Home.example".to_owned()]);
    tally.most = most;
    let kept = Timestamp::from_second(1_000_000_000).ok();
    heads.iter().for_each(|head| tally.message(head.as_bytes(), false, || kept));
    let mut heard = Heard::default();
    (tally.finish(&mut heard).expect("a summary"), heard)
}

#[test]
fn one_piece_of_evidence_for_each_pair() {
    let to = "To: me@home.example\n";
    let (summary, heard) = counted(
        100,
        &[
            &format!("From: a@shop.example\nDate: Tue, 1 Apr 2025 10:00:00 +0000\n{to}"),
            &format!(
                "From: The Shop <b@SHOP.example>\nDate: Wed, 1 Jan 2020 10:00:00 +0000\nList-Unsubscribe: <https://u.example>\n{to}"
            ),
            &format!("From: a@shop.example\nDate: nonsense\nDKIM-Signature: d=shop.example\n{to}"),
            "From: a@shop.example\nTo: other@home.example\n",
        ],
    );
    assert_eq!(summary, Summary { messages: 4, from_vendors: 4 });
    let [shop, other] = heard.found.as_slice() else { panic!("{:?}", heard.found) };
    assert_eq!((shop.host.as_deref(), shop.name.as_deref()), (Some("shop.example"), Some("The Shop")));
    assert_eq!(shop.claims, [("email", "me@home.example".to_owned())]);
    assert_eq!((shop.key.as_str(), shop.place), ("shop.example me@home.example", Place::Item(1)));
    let seen = (shop.first_seen.map(|at| at.to_string()), shop.last_seen.map(|at| at.to_string()));
    assert_eq!(seen, (Some("2001-09-09T01:46:40Z".to_owned()), Some("2025-04-01T10:00:00Z".to_owned())));
    assert_eq!(
        shop.details.value(),
        json!({ "messages": 3, "with_unsubscribe": 1, "unsubscribe_hosts": ["u.example"], "dkim_domains_unverified": ["shop.example"] })
    );
    assert_eq!(other.key, "shop.example other@home.example");
}

#[test]
fn what_gmail_keeps_as_spam_or_as_sent_is_no_vendors() {
    let with = |labels: &str| format!("X-Gmail-Labels: {labels}\nFrom: a@shop.example\n");
    let (_, heard) = counted(100, &[&with("Spam,Unread"), &with("Inbox,Sent"), &with("Trash")]);
    assert!(heard.found.is_empty(), "{:?}", heard.found);
    assert_eq!(counted(100, &[&with("Inbox,Sentinel")]).1.found.len(), 1);
}

#[test]
fn dates_that_cannot_be_are_replaced() {
    let far = "From: a@shop.example\nDate: Tue, 1 Apr 2225 10:00:00 +0000\n";
    let (_, heard) = counted(100, &[far]);
    assert_eq!(heard.found[0].last_seen.map(Timestamp::as_second), Some(1_000_000_000));
}

#[test]
fn what_gives_none_is_one_line_a_reason() {
    let (summary, heard) = counted(
        100,
        &[
            "From: bob@gmail.com\n",
            "From: eve@gmx.de\n",
            "From: me@home.example\n",
            "Subject: x\n",
            "From: a@shop.example\n",
            "Subject: y\n",
        ],
    );
    assert_eq!((summary.messages, summary.from_vendors, heard.found.len()), (6, 1, 1));
    assert_eq!(heard.reasons(), ["item 4: 2 messages without a sender"]);
    assert_eq!(
        heard.set_aside(),
        ["item 1: 2 messages from a person's address, not a vendor's", "item 3: 1 message from an address of yours",]
    );
}

#[test]
fn memory_has_a_bound_that_is_named() {
    let heads: Vec<String> = (0..9).map(|n| format!("From: a@shop{n}.example\n")).collect();
    let heads: Vec<&str> = heads.iter().chain(heads.first()).map(String::as_str).collect();
    let (summary, heard) = counted(5, &heads);
    assert_eq!((heard.found.len(), summary.from_vendors), (5, 6));
    assert_eq!(heard.reasons(), ["item 6: 4 messages beyond the first 5 pairs of a sender and an address of yours"]);
}
