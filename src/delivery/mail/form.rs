//! The form of an e-mail: RFC 5322 with MIME, for our own server or for the user's own program; and a `mailto:` URL.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::address;
use crate::delivery::channel::Text;
use crate::error::{Error, Result};

/// The longest `mailto:` URL, in bytes: programs and shells cut longer ones, and nobody would see it.
const MAX_MAILTO: usize = 8 * 1024;

/// Who writes to whom, and when.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The user's address.
    pub from: String,
    /// The user's name.
    pub name: Option<String>,
    /// The vendor's address.
    pub to: String,
    /// The message's id in the outbox.
    pub id: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// The Message-ID (RFC 5322, section 3.6.4) of a message: made of its own id, so that another attempt is the same e-mail,
/// and an answer names it.
///
/// # Errors
/// Kind bad input for an address whose domain is none.
pub fn message_id(from: &str, id: &str) -> Result<String> {
    let from = address(from)?;
    let domain = url::Host::parse(from.domain())
        .map_err(|_| Error::bad_input(format!("{} has no domain", crate::text::printable(from.domain()))))?;
    Ok(format!("<{id}@{domain}>"))
}

/// An e-mail, whole. A draft is one that a program should open for sending (`X-Unsent`), not one that came.
///
/// # Errors
/// Kind bad input for an address that is none.
pub fn eml(envelope: &Envelope, text: &Text, draft: bool) -> Result<Vec<u8>> {
    let mut builder = lettre::Message::builder()
        .from(Mailbox::new(envelope.name.clone(), address(&envelope.from)?))
        .to(Mailbox::new(None, address(&envelope.to)?))
        .subject(one_line(&text.subject))
        .date(SystemTime::from(envelope.at))
        .message_id(Some(message_id(&envelope.from, &envelope.id)?));
    if draft {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Unsent"), "1".into()));
    }
    let mail = builder.singlepart(SinglePart::plain(text.body.clone()));
    Ok(mail.map_err(|e| Error::bad_input(format!("cannot write the e-mail: {e}")))?.formatted())
}

fn one_line(text: &str) -> String {
    crate::text::printable(text)
}

/// What may stand in a part of a `mailto:` URL as it is (RFC 6068, section 2): the unreserved characters of RFC 3986.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a `mailto:` URL (RFC 6068), which the user's own program opens.
///
/// # Errors
/// Kind bad input for a text that is too long for one.
pub fn mailto(to: &str, text: &Text) -> Result<String> {
    let to = address(to)?;
    let part = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    // RFC 6068, section 5: line breaks in a body are CRLF.
    let body = text.body.lines().collect::<Vec<_>>().join("\r\n");
    let url = format!(
        "mailto:{}@{}?subject={}&body={}",
        part(to.user()),
        part(to.domain()),
        part(&one_line(&text.subject)),
        part(&body)
    );
    match url.len() <= MAX_MAILTO {
        true => Ok(url),
        false => Err(Error::bad_input(format!(
            "the text makes a mailto: URL of {} bytes, and many programs cut one",
            url.len()
        ))
        .hint("write it to a file for your mail program: --output FILE.eml")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    fn envelope() -> Envelope {
        Envelope {
            from: "ada@example.org".into(),
            name: Some("Ada Lovelace".into()),
            to: "privacy@acme.example".into(),
            id: "01936b0e-0000-7000-8000-00000000abcd".into(),
            at: "2026-11-25T15:00:00Z".parse().unwrap(),
        }
    }

    fn text(subject: &str, body: &str) -> Text {
        Text { subject: subject.into(), body: body.into() }
    }

    #[test]
    fn a_retry_is_the_same_mail_and_tells_nothing_of_the_machine() {
        let text = text("Rectification – données", "Grüße\nAda");
        let mail = eml(&envelope(), &text, false).unwrap();
        assert_eq!(mail, eml(&envelope(), &text, false).unwrap());
        let head = String::from_utf8(mail.clone()).unwrap().to_lowercase();
        assert!(head.contains("message-id: <01936b0e-0000-7000-8000-00000000abcd@example.org>"), "{head}");
        assert!(head.contains("date: wed, 25 nov 2026 15:00:00 +0000"), "{head}");
        assert!(!head.contains("user-agent") && !head.contains("x-mailer") && !head.contains("x-unsent"));
        assert!(head.is_ascii() && head.lines().all(|line| line.len() <= 998));
        assert!(String::from_utf8(eml(&envelope(), &text, true).unwrap()).unwrap().contains("X-Unsent: 1\r\n"));
    }

    #[test]
    fn a_mailto_url_holds_the_text_and_nothing_that_a_shell_or_a_program_takes_apart() {
        let url = mailto("privacy+x@acme.example", &text("A & B?", "one\ntwo \"three\" & 100%")).unwrap();
        let expected =
            "mailto:privacy%2Bx@acme.example?subject=A%20%26%20B%3F&body=one%0D%0Atwo%20%22three%22%20%26%20100%25";
        assert_eq!(url, expected);
        assert!(mailto("a@b.example", &text("x", &"é".repeat(2000))).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(subject in "[^\\p{C}\\p{Z}]{1,40}( [^\\p{C}\\p{Z}]{1,40}){0,3}", body in "([^\\p{C}]{0,80}\n){0,5}[^\\p{C}]{1,80}") {
            let text = text(&subject, &body);
            let mail = eml(&envelope(), &text, false).unwrap();
            let read = MessageParser::default().parse(&mail).unwrap();
            prop_assert_eq!(read.subject(), Some(subject.as_str()));
            let read = read.body_text(0).unwrap().replace("\r\n", "\n");
            prop_assert_eq!(read.trim_end(), body.trim_end());
        }

        #[test]
        fn no_subject_makes_another_header(subject: String) {
            let mail = eml(&envelope(), &text(&subject, "x"), false).unwrap();
            let read = MessageParser::default().parse(&mail).unwrap();
            prop_assert!(read.bcc().is_none() && read.cc().is_none());
            prop_assert_eq!(read.headers().iter().filter(|header| header.name().eq_ignore_ascii_case("to")).count(), 1);
        }
    }
}
