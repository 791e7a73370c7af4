use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::super::testing::Heard;
use super::*;

fn heard(path: &Path) -> Result<Heard> {
    let mut heard = Heard::default();
    read(path, Options::default(), &mut heard).map(|_| heard)
}

fn stream(bytes: &[u8]) -> Result<Heard> {
    let mut heard = Heard::default();
    read_stream(bytes, "x", Options::default(), &mut heard).map(|_| heard)
}

fn hosts(heard: &Heard) -> Vec<&str> {
    let mut hosts: Vec<_> = heard.found.iter().filter_map(|one| one.host.as_deref()).collect();
    hosts.sort_unstable();
    hosts
}

fn letter(host: &str) -> String {
    format!("From: a@{host}\nTo: me@home.example\n\nbody From: b@body.example\n")
}

#[test]
fn a_file_is_what_it_holds() {
    let line = "From a Tue Mar 04 03:33:20 2003\n";
    assert_eq!(recognise(line.as_bytes()), Some(Format::Mbox));
    assert_eq!(recognise(b"\xef\xbb\xbf\nReceived: x\n"), Some(Format::Message));
    assert_eq!(recognise(b"X-Any: 1\r\nSUBJECT: x\r\n\r\n"), Some(Format::Message));
    assert_eq!(recognise(b"1234    \nReceived: x\nFrom: a@b.example\n\n"), Some(Format::Message));
    assert_eq!(
        recognise(b">From a Tue Mar 04 03:33:20 2003\nReceived: x\nFrom: a@b.example\n\n"),
        Some(Format::Message)
    );
    for none in ["", "name,url\n", "Any: x\n\nFrom: a\n", "{\"a\": 1}", "12\n"] {
        assert_eq!(recognise(none.as_bytes()), None, "{none}");
    }
}

#[test]
fn an_mbox_and_a_message_from_a_stream() {
    let two = format!("From a Tue Mar 04 03:33:20 2003\n{}\nFrom b\n{}", letter("one.example"), letter("two.example"));
    let heard = stream(two.as_bytes()).expect("an mbox");
    assert_eq!(hosts(&heard), ["one.example", "two.example"]);
    assert_eq!(heard.found[0].last_seen.map(|at| at.to_string()).as_deref(), Some("2003-03-04T03:33:20Z"));
    assert_eq!(hosts(&stream(letter("one.example").as_bytes()).expect("a message")), ["one.example"]);
}

#[test]
fn what_is_no_mail_is_named() {
    for (bytes, words) in [
        (b"\x1f\x8b\x08\0".as_slice(), "gzip"),
        (b"PK\x03\x04", "ZIP"),
        (b"!BDN", "PST"),
        (b"", "empty"),
        (b"\0\0\0\0", "no mail"),
        (b"a,b\n1,2\n", "no mail"),
    ] {
        let error = stream(bytes).map(|_| ()).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.kind(), crate::error::Kind::BadInput);
    }
}

#[test]
fn a_maildir_with_its_folders() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    for folder in ["cur", "new", "tmp", ".Shops/cur", ".Shops/new", ".Sent/cur", ".Sent/new"] {
        std::fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    let write = |name: &str, host: &str| std::fs::write(root.join(name), letter(host)).expect("a file");
    write("cur/1712000000.M1.host:2,S", "read.example");
    write("cur/1712000000.M2.host:2,D", "draft.example");
    write("new/1712000000.M3.host", "new.example");
    write("tmp/1712000000.M4.host", "tmp.example");
    write("dovecot.index", "control.example");
    write(".Shops/cur/1712000000.M5.host:2,", "shops.example");
    write(".Sent/cur/1712000000.M6.host:2,S", "sent.example");
    symlink(root, root.join(".Loop")).expect("a link");
    symlink("1712000000.M1.host:2,S", root.join("cur/link")).expect("a link");
    let heard = heard(root).expect("a Maildir");
    assert_eq!(hosts(&heard), ["new.example", "read.example", "shops.example"]);
    assert_eq!(heard.found[0].last_seen.map(Timestamp::as_second), Some(1_712_000_000));
    assert_eq!(heard.skipped.len(), 1, "{:?}", heard.skipped);
    assert!(
        heard.skipped[0].1.contains(" and 1 more") && heard.skipped[0].1.contains("symbolic link"),
        "{:?}",
        heard.skipped
    );
    assert_eq!(heard.passed_over.len(), 2, "{:?}", heard.passed_over);
}

#[test]
fn a_folder_of_anything() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    std::fs::create_dir_all(root.join("deep/down")).expect("a folder");
    std::fs::write(root.join("a.txt"), letter("one.example")).expect("a file");
    std::fs::write(root.join("deep/down/Inbox"), format!("From x\n{}", letter("two.example"))).expect("a file");
    std::fs::write(root.join("notes"), "nothing").expect("a file");
    rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .expect("a pipe");
    let found = heard(root).expect("mail");
    assert_eq!(hosts(&found), ["one.example", "two.example"]);
    assert_eq!(found.skipped.len(), 2, "{:?}", found.skipped);
    let error = heard(&root.join("pipe")).map(|_| ()).expect_err("a pipe");
    assert!(error.hint_text().is_some_and(|hint| hint.ends_with(" -")), "{error}");
    let empty = tempfile::tempdir().expect("a folder");
    assert!(heard(empty.path()).map(|_| ()).expect_err("nothing").to_string().contains("no mail"));
    let missing = heard(&root.join("none")).map(|_| ()).expect_err("nothing");
    assert_eq!(missing.kind(), crate::error::Kind::NotFound);
}

#[test]
fn whoever_wants_to_stop_is_heard() {
    let mut sink = Heard { stop: true, ..Heard::default() };
    let mbox = format!("From a\n{}", letter("one.example"));
    read_stream(mbox.as_bytes(), "x", Options::default(), &mut sink).expect_err("stopped");
    assert!(sink.found.is_empty());
}

#[test]
fn whoever_wants_to_stop_is_heard_in_the_middle_of_a_body() {
    let mut sink = Heard { stop: true, ..Heard::default() };
    let endless = "From a\n\n".as_bytes().chain(std::io::repeat(b'x'));
    let error = read_stream(endless, "x", Options::default(), &mut sink).expect_err("stopped");
    assert_eq!(error.to_string(), "stopped");
}

#[test]
fn bad_encodings_lose_no_message() {
    let broken = "From: =?utf-8?b?%%%?= =?nope?x?y?= <a@one.example>\nTo: =?utf-8?q?=ZZ?= <b@x.example>\n\n";
    let raw = b"From: \xff\xfeCaf\xe9\0 <a@two.example>\nDate: \xff\n\n";
    assert_eq!(hosts(&stream(broken.as_bytes()).expect("a message")), ["one.example"]);
    let heard = stream(raw).expect("a message");
    assert_eq!(hosts(&heard), ["two.example"]);
    assert!(heard.found[0].name.as_deref().is_none_or(|name| !name.chars().any(char::is_control)));
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes: Vec<u8>, cut in 0usize..200) {
        _ = stream(&bytes);
        let text = format!("From x\n{}", letter("one.example"));
        _ = stream(&text.as_bytes()[..cut.min(text.len())]);
        _ = stream(&[text.as_bytes(), &bytes].concat()).expect("an mbox");
    }
}

#[test]
fn who_sends_for_others_is_told_from_whom_it_sends_for() {
    let mail = |head: &str| {
        let heard =
            stream(format!("From a Tue Mar 04 03:33:20 2003\n{head}\nTo: me@home.example\n\nx\n").as_bytes()).unwrap();
        (hosts(&heard).iter().map(|host| (*host).to_owned()).collect::<Vec<_>>(), heard.set_aside())
    };
    let (hosts, _) = mail("From: Joe <joe=shop.example@mail1.rsgsv.net>\nReply-To: joe@shop.example");
    assert_eq!(hosts, ["shop.example"]);
    let (hosts, passed) = mail("From: Joe <bounce@em1.sendgrid.net>\nReply-To: joe@gmail.com");
    assert!(hosts.is_empty() && passed[0].contains("mailing service"), "{passed:?}");
    for relay in ["privaterelay.appleid.com", "icloud.com", "duck.com", "passmail.net"] {
        let (hosts, passed) = mail(&format!("From: Lidl <news_at_lidl_de_1@{relay}>"));
        assert!(hosts.is_empty() && passed[0].contains("relay"), "{passed:?}");
    }
    assert!(mail("From: Joe <joe@icloud.com>").1[0].contains("person"));
    for label in ["Papierkorb", "Spam", "=?UTF-8?Q?Papierkorb,Ge=C3=B6ffnet?=", "=?UTF-8?Q?Envoy=C3=A9s?="] {
        let (hosts, _) = mail(&format!("From: a@shop.example\nX-Gmail-Labels: {label}"));
        assert!(hosts.is_empty(), "{label}");
    }
    assert!(mail("From: a@shop.example\nX-Spam-Flag: YES").0.is_empty());
    assert_eq!(mail("From: a@shop.example\nX-Gmail-Labels: =?UTF-8?Q?Wichtig,Ge=C3=B6ffnet?=").0, ["shop.example"]);
}
