use std::borrow::Cow;

use async_imap::imap_proto::Capability;

use super::session::{Way, quoted, way};
use super::*;

fn listed() -> Vec<Folder> {
    let mut folders = vec![folder("INBOX", Some("/"), &[])];
    folders.push(folder("Lists/Shops", Some("/"), &[]));
    folders.push(folder("Lists", Some("/"), &[NameAttribute::NoSelect]));
    folders.push(folder("Gesendet", Some("/"), &[NameAttribute::Sent]));
    folders.push(folder("INBOX/Trash", Some("/"), &[]));
    folders.push(folder("Gone", Some("/"), &[NameAttribute::Extension(Cow::Borrowed("\\NonExistent"))]));
    folders
}

fn chosen_of(listed: Vec<Folder>, named: &[&str]) -> Result<Vec<String>> {
    let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
    chosen(listed, &named, &mut Tally::new(&[]))
}

#[test]
fn folders_with_vendors_mail_are_read() {
    assert_eq!(chosen_of(listed(), &[]).expect("folders"), ["INBOX", "Lists/Shops"]);
    assert_eq!(chosen_of(listed(), &["inbox", "Gesendet"]).expect("folders"), ["inbox", "Gesendet"]);
}

#[test]
fn where_all_mail_is_in_one_folder_that_is_read() {
    let mut folders = listed();
    folders.push(folder("[Gmail]/All Mail", Some("/"), &[NameAttribute::All]));
    assert_eq!(chosen_of(folders, &[]).expect("folders"), ["[Gmail]/All Mail"]);
}

#[test]
fn a_folder_that_is_not_there_is_named_with_its_neighbour() {
    let error = chosen_of(listed(), &["Lists/Shop"]).expect_err("no such folder");
    assert_eq!(error.kind(), crate::error::Kind::NotFound);
    assert!(error.hint_text().is_some_and(|hint| hint.contains("Lists/Shops")), "{error:?}");
    assert!(chosen_of(listed(), &["Lists"]).is_err());
}

/// A server's side of a conversation, of which nothing is heard.
const SAID: &[u8] = include_bytes!("../../../../fuzz/seeds/mail-imap/conversation");

fn over(said: &[u8]) -> (Result<Summary>, usize) {
    let mut heard = crate::import::testing::Heard::default();
    let account = Account {
        host: "mail.example".into(),
        port: PORT,
        user: "me".into(),
        password: SecretString::from("x".to_owned()),
    };
    let read = read_over(tokio::io::join(said, tokio::io::sink()), &account, &[], &[], &mut heard);
    (read, heard.found.len())
}

#[test]
fn a_conversation_is_read_and_one_that_breaks_off_leaves_nothing() {
    let (read, found) = over(SAID);
    assert_eq!((read.expect("a mailbox").from_vendors, found), (2, 2));
    let goodbye = SAID.len() - b"* BYE\r\nA0005 OK\r\n".len();
    for end in (0..goodbye).step_by(7) {
        let (read, found) = over(&SAID[..end]);
        assert!(read.is_err() && found == 0, "cut at {end}");
    }
}

#[test]
fn names_are_quoted() {
    assert_eq!(quoted("a \"b\" \\c").expect("a name"), "\"a \\\"b\\\" \\\\c\"");
    assert!(quoted("a\r\nLOGOUT").is_err());
}

#[test]
fn a_password_goes_where_it_is_taken() {
    let atom = |name| Capability::Atom(Cow::Borrowed(name));
    let plain = Capability::Auth(Cow::Borrowed("plain"));
    assert_eq!(way(&[plain, atom("LOGINDISABLED")]), Some(Way::Plain));
    assert_eq!(way(&[atom("IDLE")]), Some(Way::Login));
    assert_eq!(way(&[atom("LOGINDISABLED"), Capability::Auth(Cow::Borrowed("XOAUTH2"))]), None);
}

#[test]
fn servers_say_when_a_message_came() {
    let date = |text| internal_date(text).map(|at| at.to_string());
    assert_eq!(date("17-Jul-1996 02:44:25 -0700").as_deref(), Some("1996-07-17T09:44:25Z"));
    assert_eq!(date(" 7-Jul-1996 02:44:25 +0000").as_deref(), Some("1996-07-07T02:44:25Z"));
    assert_eq!(date("30-Feb-1996 02:44:25 +0000"), None);
}

#[test]
fn an_account_does_not_show_its_password() {
    let password = SecretString::from("hunter2".to_owned());
    let account = Account { host: "mail.example".into(), port: PORT, user: "me".into(), password };
    assert!(!format!("{account:?}").contains("hunter2"));
    assert_eq!(Plain(&account).process(b"").as_slice(), b"\0me\0hunter2");
}
