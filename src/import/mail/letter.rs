//! Who wrote to whom: the addresses of a head, settled to a vendor's host and an address of the user's.

use std::sync::LazyLock;

use mail_parser::{Addr, HeaderName, HeaderValue, Message, MessageParser};

use super::super::address::kept;
use super::super::sensitive::cleaned;
use super::host::{self, Writer};
use crate::text::printable;

/// The longest name of a sender that is kept, in characters.
const MAX_NAME: usize = 200;

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    let known = [
        HeaderName::From,
        HeaderName::Sender,
        HeaderName::ReplyTo,
        HeaderName::To,
        HeaderName::Cc,
        HeaderName::ListPost,
    ];
    let known = known.into_iter().chain([HeaderName::DeliveredTo]);
    let other =
        ["X-Original-To", "Envelope-To", "X-Envelope-To", "X-Mailing-List"].map(|name| HeaderName::Other(name.into()));
    known.chain(other).fold(MessageParser::new(), MessageParser::header_address).default_header_ignore()
});

/// What the addresses of a message come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// A vendor wrote.
    From {
        /// Its host.
        host: String,
        /// What it calls itself.
        name: Option<String>,
        /// The address of the user's that it wrote to, where the message tells.
        to: Option<String>,
    },
    /// It is none of a vendor's.
    PassedOver(Why),
    /// Nobody can tell who wrote.
    Bad(Why),
}

/// Why a message gives no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It comes from a person.
    Person,
    /// The user wrote it.
    Own,
    /// A mail system reports.
    System,
    /// A service sent it for a vendor, and nothing says for which.
    Service,
    /// A relay passed it on and hides who wrote.
    Relay,
    /// It names no sender.
    NoSender,
    /// Its sender has no host on the internet.
    NoHost,
    /// It names several senders at different hosts.
    SeveralSenders,
}

/// An address in a head.
struct Named {
    name: Option<String>,
    /// Its local part and its host, if it has one on the internet.
    parts: Option<(String, String)>,
}

impl Named {
    fn host(&self) -> Option<&str> {
        self.parts.as_ref().map(|(_, host)| host.as_str())
    }

    /// As a claim has it.
    fn claim(&self) -> Option<String> {
        self.parts.as_ref().map(|(local, host)| format!("{}@{host}", local.to_lowercase()))
    }
}

/// Settles the lines of the fields with addresses. `mine` are the user's own addresses, as [`host::mine`] has them.
pub fn settle(lines: &[u8], mine: &[String]) -> Letter {
    let Some(message) = PARSER.parse_headers(lines) else { return Letter::Bad(Why::NoSender) };
    let from = addresses(&message, HeaderName::From);
    let senders = addresses(&message, HeaderName::Sender);
    let sender = match sender(&from, &senders) {
        Ok(sender) => sender,
        Err(why) => return Letter::Bad(why),
    };
    let Some((local, host)) = &sender.parts else { return Letter::Bad(Why::NoHost) };
    if sender.claim().is_some_and(|address| mine.contains(&address)) {
        return Letter::PassedOver(Why::Own);
    }
    match (posts_to(&message), host::writer(local, host)) {
        (_, Writer::System) => Letter::PassedOver(Why::System),
        // Whoever writes to a list that people talk on, it is the list that has the user's address.
        (Some(host), _) => Letter::From { host, name: None, to: recipient(&message, None, mine) },
        (None, _) if host::is_relay(local, host) => Letter::PassedOver(Why::Relay),
        (None, Writer::Person) => Letter::PassedOver(Why::Person),
        (None, Writer::Vendor) if host::is_service(host) => match replies_to(&message) {
            Some(host) => {
                let to = recipient(&message, Some(&[host.as_str()]), mine);
                Letter::From { host, name: sender.name.clone(), to }
            }
            None => Letter::PassedOver(Why::Service),
        },
        (None, Writer::Vendor) => {
            let own: Vec<&str> = from.iter().chain(&senders).filter_map(Named::host).collect();
            let to = recipient(&message, Some(&own), mine);
            Letter::From { host: host.clone(), name: sender.name.clone(), to }
        }
    }
}

fn listed<'m>(message: &'m Message<'_>, header: HeaderName<'static>) -> impl Iterator<Item = &'m Addr<'m>> {
    let values = message.header_values(header).filter_map(HeaderValue::as_address);
    values.flat_map(|list| list.iter())
}

fn addresses(message: &Message<'_>, header: HeaderName<'static>) -> Vec<Named> {
    let named = listed(message, header).filter_map(|one| {
        let parts = host::address(one.address.as_deref()?).map(|(local, host)| (local.to_owned(), host));
        let name = one.name.as_deref().map(|name| {
            let name: String = printable(name).trim().chars().take(MAX_NAME).collect();
            kept(&cleaned(&name).0).0
        });
        Some(Named { name: name.filter(|name: &String| !name.is_empty()), parts })
    });
    named.collect()
}

/// Who wrote: `From`, or `Sender` where several did (RFC 5322, 3.6.2).
fn sender<'a>(from: &'a [Named], senders: &'a [Named]) -> Result<&'a Named, Why> {
    let mut known = from.iter().filter(|one| one.parts.is_some());
    match (known.next(), senders.first()) {
        (Some(first), sender) => match (known.all(|other| other.host() == first.host()), sender) {
            (true, _) => Ok(first),
            (false, Some(sender)) => Ok(sender),
            (false, None) => Err(Why::SeveralSenders),
        },
        (None, Some(sender)) => Ok(sender),
        (None, None) if from.is_empty() => Err(Why::NoSender),
        (None, None) => Err(Why::NoHost),
    }
}

/// The host that answers go to, where it is a vendor's own (RFC 5322, 3.6.2).
fn replies_to(message: &Message<'_>) -> Option<String> {
    let is_own =
        |local: &str, host: &str| !host::is_service(host) && !host::is_relay(local, host) && !host::is_provider(host);
    let all = addresses(message, HeaderName::ReplyTo);
    let (local, host) = all.iter().find_map(|one| one.parts.as_ref())?;
    is_own(local, host).then(|| host.clone())
}

/// The host of a list that people talk on: one that tells where to write to (RFC 2369, 3.4), or its own address, as those of
/// Linux and Debian do. A vendor's says `NO`.
fn posts_to(message: &Message<'_>) -> Option<String> {
    let posted = listed(message, HeaderName::ListPost).find_map(|one| {
        let text = one.address.as_deref()?.trim();
        let uri = text.strip_prefix("mailto:").or_else(|| text.strip_prefix("MAILTO:"));
        host::of_uri(&format!("mailto:{}", uri?))
    });
    let named = || {
        let mut lists = listed(message, HeaderName::Other("X-Mailing-List".into()));
        lists.find_map(|one| host::address(one.address.as_deref()?).map(|(_, host)| host))
    };
    posted.or_else(named)
}

/// Which address of the user's a message came to, if it tells. Never one of several that it names, and none at the
/// sender's own hosts: what goes to many is often addressed to whoever sends it, or to a list there. Without such hosts it
/// is a list's message, which is addressed to the list.
fn recipient(message: &Message<'_>, senders: Option<&[&str]>, mine: &[String]) -> Option<String> {
    let all = |header| listed(message, header).filter_map(|one| host::mine(one.address.as_deref()?));
    let mut written: Vec<String> = match senders {
        Some(_) => all(HeaderName::To).chain(all(HeaderName::Cc)).collect(),
        None => Vec::new(),
    };
    // Servers put theirs on top: the last one is what the sender wrote to, before it was passed on.
    let original = all(HeaderName::Other("X-Original-To".into())).last();
    let known = written.iter().chain(original.as_ref()).find(|address| mine.contains(address));
    if let Some(known) = known.cloned().or(original) {
        return Some(known);
    }
    let own = |address: &str| {
        address.rsplit_once('@').is_some_and(|(_, host)| senders.is_some_and(|own| own.contains(&host)))
    };
    match written.pop() {
        Some(only) if written.is_empty() && !own(&only) => Some(only),
        _ => {
            let envelope = |name: &'static str| all(HeaderName::Other(name.into())).last();
            let envelope = envelope("Envelope-To").or_else(|| envelope("X-Envelope-To"));
            envelope.or_else(|| all(HeaderName::DeliveredTo).last())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letter(lines: &str) -> Letter {
        settle(lines.as_bytes(), &["me@home.example".to_owned()])
    }

    #[track_caller]
    fn is(lines: &str, from: &str, by: Option<&str>, at: Option<&str>) {
        let expected = Letter::From { host: from.into(), name: by.map(Into::into), to: at.map(Into::into) };
        assert_eq!(letter(lines), expected, "{lines}");
    }

    #[test]
    fn a_vendor_writes_to_an_alias() {
        let to = Some("ada+shop@home.example");
        is(
            "From: \"The Shop\" <News@Mail.Shop.example>\nTo: Ada+Shop@home.example\n",
            "mail.shop.example",
            Some("The Shop"),
            to,
        );
        is(
            "From: =?utf-8?q?Caf=C3=A9?= <a@cafe.example>\nTo: x@y.example\n",
            "cafe.example",
            Some("Café"),
            Some("x@y.example"),
        );
        is("From: a@bücher.example\n", "xn--bcher-kva.example", None, None);
    }

    #[test]
    fn which_address_it_came_to() {
        let from = "From: a@shop.example\n";
        let at = |rest: &str, to: Option<&str>| is(&format!("{from}{rest}"), "shop.example", None, to);
        at("To: many@shop.example, b@x.example\n", None);
        at(
            "To: many@shop.example, b@x.example\nDelivered-To: box@x.example\nDelivered-To: b@x.example\n",
            Some("b@x.example"),
        );
        at("To: ada@x.example\nDelivered-To: box@x.example\n", Some("ada@x.example"));
        at("To: ada@x.example\nX-Original-To: alias@x.example\n", Some("alias@x.example"));
        at("To: news@shop.example\n", None);
        at("To: news@shop.example\nDelivered-To: b@x.example\n", Some("b@x.example"));
        at("Sender: list-admin@lists.example\nTo: list@lists.example\n", None);
        at("To: a@x.example, Me@home.example\n", Some("me@home.example"));
        at("To: undisclosed-recipients:;\nEnvelope-To: b@x.example\n", Some("b@x.example"));
    }

    #[test]
    fn people_and_machines_are_no_vendors() {
        assert_eq!(letter("From: Bob <bob@gmail.com>\n"), Letter::PassedOver(Why::Person));
        assert_eq!(letter("From: Me@Home.example\n"), Letter::PassedOver(Why::Own));
        assert_eq!(letter("From: <MAILER-DAEMON@mx.example>\n"), Letter::PassedOver(Why::System));
    }

    #[test]
    fn a_list_that_people_talk_on_has_the_address() {
        let list = "List-Post: <mailto:talk@lists.example>\nTo: talk@lists.example\n";
        is(
            &format!("From: Bob <bob@gmail.com>\n{list}X-Original-To: me@home.example\n"),
            "lists.example",
            None,
            Some("me@home.example"),
        );
        is(&format!("From: Bob <bob@corp.example>\n{list}"), "lists.example", None, None);
        is("From: Bob <bob@corp.example>\nX-Mailing-List: linux@lists.example\n", "lists.example", None, None);
        is(
            "From: \"Shop https://shop.example/?t=S3CRET\" <a@shop.example>\n",
            "shop.example",
            Some("Shop shop.example"),
            None,
        );
        is("From: Shop <a@shop.example>\nList-Post: NO\n", "shop.example", Some("Shop"), None);
    }

    #[test]
    fn senders_that_nobody_can_tell() {
        assert_eq!(letter(""), Letter::Bad(Why::NoSender));
        assert_eq!(letter("To: a@b.example\n"), Letter::Bad(Why::NoSender));
        assert_eq!(letter("From: root@localhost\n"), Letter::Bad(Why::NoHost));
        assert_eq!(letter("From: a@x.example, b@y.example\n"), Letter::Bad(Why::SeveralSenders));
        is("From: a@x.example, b@y.example\nSender: c@z.example\n", "z.example", None, None);
        is("From: a@x.example, b@x.example\n", "x.example", None, None);
    }

    proptest! {
        #[test]
        fn no_lines_are_too_strange(bytes: Vec<u8>, text in "(From|To|Sender|List-Post): [ -~]{0,60}\n") {
            settle(&bytes, &[]);
            if let Letter::From { host, to, .. } = settle(text.as_bytes(), &[]) {
                prop_assert_eq!(host::host(&host), Some(host.clone()));
                prop_assert!(to.is_none_or(|to| host::mine(&to) == Some(to.clone())));
            }
        }
    }
}
