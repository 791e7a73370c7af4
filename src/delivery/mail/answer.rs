//! What a vendor writes back by e-mail: read, put to the message that it answers, and kept as what it is, an unsigned text.

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use mail_parser::{HeaderValue, MessageParser};
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::store as kept;
use crate::delivery::message::{Message, MessageState};
use crate::delivery::store;
use crate::error::{Error, Result};
use crate::grant::{self, Step};
use crate::ledger::{self, disclosure};
use crate::text::printable;
use crate::vault::Tx;
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;

/// The largest e-mail that is read, in bytes.
pub const MAX_RAW: usize = 10 * 1024 * 1024;

/// The longest text of one that is kept apart, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// The longest subject and sender, in characters.
const MAX_LINE: usize = 500;

/// The name under which an e-mail of a vendor is kept among its messages.
pub const EVENT: &str = "mail-received";

/// What an e-mail of a vendor says; printable.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Who it says it is from.
    pub sender: String,
    /// What it is about.
    pub subject: String,
    /// Its text, with its lines.
    pub text: String,
    /// When it says that it was written.
    pub sent_at: Option<Timestamp>,
    /// Whether the user reads it as a confirmation.
    pub confirms: bool,
}

/// An e-mail as it came.
#[derive(Debug)]
pub struct Mail {
    /// What it says.
    pub read: Received,
    /// Whether a server signed it (DKIM, RFC 6376). That is not verified here.
    pub has_dkim: bool,
    /// The ids of e-mails that it answers, the nearest first.
    answers: Vec<String>,
    /// Its own id, or its hash where it has none.
    jti: String,
    raw: Vec<u8>,
}

/// How it was found whose an e-mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// It names our e-mail as the one that it answers.
    Reference,
    /// Its sender is the address that we write to.
    Sender,
    /// Its sender is of the same domain as the address that we write to.
    Domain,
    /// The user said so.
    User,
}

/// Whose an e-mail is, and what it answers.
#[derive(Debug)]
pub struct Whose {
    /// The vendor.
    pub vendor: Vendor,
    /// Our message.
    pub answers: Option<Message>,
    /// How both were found.
    pub found_by: FoundBy,
}

/// Reads an e-mail.
///
/// # Errors
/// Kind bad input for what is none, or is too large.
pub fn parse(raw: Vec<u8>) -> Result<Mail> {
    if raw.len() > MAX_RAW {
        return Err(Error::bad_input(format!("the e-mail has more than {} MiB", MAX_RAW / 1024 / 1024)));
    }
    let none = || Error::bad_input("that is no e-mail").hint("save it from your mail program as a file: .eml");
    let mail = MessageParser::default().parse(&raw).ok_or_else(none)?;
    let sender = mail.from().and_then(|from| from.first()).and_then(|from| from.address()).ok_or_else(none)?;
    let read = Received {
        sender: short(sender),
        subject: short(mail.subject().unwrap_or_default()),
        text: text(mail.body_text(0).unwrap_or_default().as_ref()),
        sent_at: mail.date().and_then(|date| Timestamp::from_second(date.to_timestamp()).ok()),
        confirms: false,
    };
    let mut answers = ids(mail.in_reply_to());
    answers.extend(ids(mail.references()).into_iter().rev());
    let jti = mail.message_id().map_or_else(|| hash(&raw), short);
    let has_dkim = mail.header("DKIM-Signature").is_some();
    Ok(Mail { read, has_dkim, answers, jti, raw })
}

fn ids(header: &HeaderValue) -> Vec<String> {
    let all = header.as_text_list().map(|list| list.iter().map(ToString::to_string).collect());
    all.or_else(|| header.as_text().map(|one| vec![one.to_owned()])).unwrap_or_default()
}

fn short(text: &str) -> String {
    printable(text).trim().chars().take(MAX_LINE).collect()
}

/// A vendor's text, line by line without what drives a terminal.
fn text(body: &str) -> String {
    let mut end = body.len().min(MAX_TEXT);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    body[..end]
        .lines()
        .map(|line| printable(line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

fn hash(raw: &[u8]) -> String {
    format!("sha-256:{}", Base64UrlUnpadded::encode_string(&Sha256::digest(raw)))
}

/// Whose an e-mail is: by the message that it answers, else by its sender. It is never guessed between two.
///
/// # Errors
/// Kind not found where nothing tells, or several do, naming the options that would; kind bad input where what the user
/// names does not fit together.
pub fn whose(connection: &Connection, mail: &Mail, vendor: Option<Vendor>, message: Option<Message>) -> Result<Whose> {
    if let Some(message) = message {
        if !message.outgoing || vendor.as_ref().is_some_and(|vendor| vendor.id != message.vendor_id) {
            return Err(Error::bad_input("that message is not one of yours to this vendor"));
        }
        let vendor = vendor::get(connection, &message.vendor_id)?;
        return Ok(Whose { vendor, answers: Some(message), found_by: FoundBy::User });
    }
    if let Some(ours) = referred(connection, mail)? {
        if vendor.as_ref().is_some_and(|vendor| vendor.id != ours.vendor_id) {
            return Err(Error::bad_input("it answers a message to another vendor"));
        }
        let vendor = vendor::get(connection, &ours.vendor_id)?;
        return Ok(Whose { vendor, answers: Some(ours), found_by: FoundBy::Reference });
    }
    match vendor {
        Some(vendor) => Ok(Whose { vendor, answers: None, found_by: FoundBy::User }),
        None => by_sender(connection, &mail.read.sender),
    }
}

/// Our message whose e-mail an e-mail names. Ids of ours begin with the message's own.
fn referred(connection: &Connection, mail: &Mail) -> Result<Option<Message>> {
    for id in &mail.answers {
        let local = id.trim_matches(['<', '>']).split('@').next().unwrap_or_default();
        let Ok(id) = Uuid::parse_str(local) else { continue };
        match store::get(connection, &id.to_string()) {
            Ok(message) if message.outgoing => return Ok(Some(message)),
            Ok(_) => {}
            Err(error) if error.kind() == crate::error::Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn by_sender(connection: &Connection, sender: &str) -> Result<Whose> {
    let known = kept::addresses(connection)?;
    let among = |fits: &dyn Fn(&str) -> bool| -> Vec<String> {
        known.iter().filter(|(_, address)| fits(address)).map(|(id, _)| id.clone()).collect()
    };
    let exact = among(&|address| address.eq_ignore_ascii_case(sender));
    let (found, found_by) = match exact.is_empty() {
        false => (exact, FoundBy::Sender),
        true => (among(&|address| same_domain(address, sender)), FoundBy::Domain),
    };
    match found.as_slice() {
        [one] => Ok(Whose { vendor: vendor::get(connection, one)?, answers: None, found_by }),
        [] => Err(Error::not_found(format!("no vendor is written to at {sender}, and it answers no message of yours"))
            .hint("say whose it is: --vendor VENDOR, or what it answers: --message MESSAGE")),
        several => Err(Error::not_found(format!("{sender} could be any of {} vendors", several.len()))
            .hint("say whose it is: --vendor VENDOR, or what it answers: --message MESSAGE")),
    }
}

/// Whether two addresses are of one organisation: of the same domain below a public suffix (publicsuffix.org).
fn same_domain(one: &str, other: &str) -> bool {
    let domain = |address: &str| {
        let host = address.rsplit_once('@')?.1.to_lowercase();
        psl::domain_str(&host).map(str::to_owned)
    };
    domain(one).is_some() && domain(one) == domain(other)
}

/// Takes an e-mail in, and what the user reads in it. One that is kept already may be read as a confirmation later.
///
/// # Errors
/// As [`keep`] and [`confirm`].
pub fn take_in(tx: &Tx, mail: &Mail, whose: &Whose, confirms: bool) -> Result<Message> {
    let there = kept::kept_as(tx, &whose.vendor.id, &mail.jti)?.filter(|_| confirms);
    let mut message = match there {
        Some(id) => store::get(tx, &id)?,
        None => keep(tx, mail, whose)?,
    };
    if let (None, Some(ours)) = (&message.answers, &whose.answers) {
        kept::set_answers(tx, &message.id, ours)?;
        message = store::get(tx, &message.id)?;
    }
    if confirms {
        confirm(tx, &message)?;
    }
    Ok(message)
}

/// Whether a sender is of a domain that the vendor is known by: of the address that it is written to, or of its own.
///
/// # Errors
/// The database's.
pub fn is_known(connection: &Connection, vendor: &Vendor, sender: &str) -> Result<bool> {
    let written_to = kept::addresses(connection)?.into_iter().filter(|(id, _)| *id == vendor.id);
    let own = format!("any@{}", vendor.domain);
    Ok(written_to.map(|(_, address)| address).chain([own]).any(|known| same_domain(&known, sender)))
}

/// Keeps an e-mail beside what it answers. The ledger holds that it came, its hash, and what sort of evidence it is.
///
/// # Errors
/// Kind bad input for one that is kept already.
fn keep(tx: &Tx, mail: &Mail, whose: &Whose) -> Result<Message> {
    let vendor = &whose.vendor;
    if let Some(id) = kept::kept_as(tx, &vendor.id, &mail.jti)? {
        return Err(Error::bad_input("this e-mail was imported before").hint(format!("cmr inbox show {id}")));
    }
    let ours = whose.answers.as_ref();
    let message = Message {
        id: Uuid::now_v7().to_string(),
        outgoing: false,
        vendor_id: vendor.id.clone(),
        grant_id: ours.and_then(|ours| ours.grant_id.clone()),
        event: EVENT.to_owned(),
        version: ours.and_then(|ours| ours.version),
        jws: String::new(),
        set_hash: hash(&mail.raw),
        state: MessageState::Received,
        created_at: tx.now(),
        attempts: 0,
        attempted_at: None,
        due_at: None,
        delivered_at: None,
        reason: None,
        answers: ours.map(|ours| ours.id.clone()),
        verified_by: None,
        channel: None,
    };
    store::insert(tx, &message, &mail.jti)?;
    kept::put_received(tx, &message.id, &mail.raw, &mail.read)?;
    let body = json!({"vendor": vendor.id, "message": message.id, "answers": message.answers, "grant": message.grant_id,
                      "hash": message.set_hash, "found_by": whose.found_by, "evidence": "unsigned e-mail"});
    ledger::append(tx, EVENT, message.grant_id.as_deref().unwrap_or(&vendor.name), &body)?;
    Ok(message)
}

/// Notes that the user reads an e-mail as the vendor's confirmation of the message that it answers. It is the vendor's
/// unsigned word, and the user's reading of it: never a signed statement.
///
/// # Errors
/// Kind bad input where it answers no message about a grant, or one that was never delivered.
fn confirm(tx: &Tx, received: &Message) -> Result<()> {
    let unclear =
        || Error::bad_input("it is not known which message of yours it confirms").hint("say which: --message MESSAGE");
    let ours = store::get(tx, received.answers.as_deref().ok_or_else(unclear)?)?;
    let (Some(grant_id), Some(version)) = (&ours.grant_id, ours.version) else {
        return Err(Error::bad_input(format!("a {} is not something that is confirmed", ours.event)));
    };
    if ours.state != MessageState::Delivered {
        return Err(Error::bad_input(format!(
            "the message that it answers is {}: nothing can confirm it",
            ours.state.name()
        ))
        .hint(format!("if you brought it: cmr outbox delivered {}", crate::text::short(&ours.id))));
    }
    let step = match Event::from_name(&ours.event) {
        Some(Event::GrantRevoked) => {
            let left = disclosure::left_of_grant(tx, grant_id)?;
            let claims: Vec<&str> = left.iter().map(String::as_str).collect();
            let deletion = disclosure::Deletion { grant_id, version, claims: &claims, by: &received.id };
            disclosure::mark_deleted(tx, &deletion)?;
            Step::DeletedInWriting(version)
        }
        _ => Step::AcceptedInWriting(version),
    };
    grant::take_step(tx, grant_id, step)?;
    let mut grant = grant::get(tx, grant_id)?;
    grant.confirmed_at = Some(tx.now());
    grant::save(tx, &grant)?;
    kept::mark_confirming(tx, &received.id)?;
    let body = json!({"vendor": received.vendor_id, "message": received.id, "confirms": ours.id, "version": version,
                      "evidence": "unsigned e-mail, as the user reads it"});
    ledger::append(tx, "confirmed-in-writing", grant_id, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_names_what_it_answers_and_says_what_it_says() {
        let raw = "From: Acme Privacy <privacy@acme.example>\r\nTo: ada@example.org\r\n\
                   Subject: =?utf-8?q?Best=C3=A4tigung?=\r\nMessage-ID: <1@acme.example>\r\n\
                   Date: Thu, 26 Nov 2026 10:00:00 +0100\r\nDKIM-Signature: v=1; d=acme.example\r\n\
                   In-Reply-To: <01936b0e-0000-7000-8000-00000000abcd@example.org>\r\n\
                   References: <x@y> <01936b0e-0000-7000-8000-00000000abcd@example.org>\r\n\
                   Content-Type: text/plain; charset=utf-8\r\n\r\nGel\u{f6}scht.\u{1b}[2J\r\nGru\u{df}\r\n";
        let mail = parse(raw.into()).unwrap();
        assert_eq!(mail.read.sender, "privacy@acme.example");
        assert_eq!(mail.read.subject, "Bestätigung");
        assert_eq!(mail.read.text, "Gelöscht.[2J\nGruß");
        assert_eq!(mail.read.sent_at, "2026-11-26T09:00:00Z".parse().ok());
        assert!(mail.has_dkim && mail.answers[0].starts_with("01936b0e"));
        assert_eq!(mail.jti, "1@acme.example");
    }

    #[test]
    fn what_is_no_mail_or_too_large_is_refused() {
        assert!(parse(Vec::new()).is_err() && parse(b"\xff\xfe\x00".to_vec()).is_err());
        assert!(parse(vec![b'x'; MAX_RAW + 1]).is_err());
    }

    #[test]
    fn a_domain_is_one_organisation_and_a_public_suffix_is_not() {
        assert!(same_domain("privacy@acme.co.uk", "Anna@support.ACME.co.uk"));
        assert!(!same_domain("privacy@acme.co.uk", "privacy@other.co.uk"));
        assert!(!same_domain("privacy@acme.example", "nobody"));
    }

    proptest! {
        #[test]
        fn no_mail_breaks_the_reader(raw: Vec<u8>) {
            if let Ok(mail) = parse(raw) {
                prop_assert!(!mail.read.text.chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }
}
