//! Who wrote to whom: the addresses of a head, settled to a vendor's host and an address of the user's.

use std::sync::LazyLock;

use mail_parser::{HeaderName, HeaderValue, Message, MessageParser};

use super::host::{self, Writer};
use crate::text::printable;

/// The longest name of a sender that is kept, in characters.
const MAX_NAME: usize = 200;

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    let known = [HeaderName::From, HeaderName::Sender, HeaderName::To, HeaderName::Cc, HeaderName::ListPost];
    let known = known.into_iter().chain([HeaderName::DeliveredTo]);
    let other = ["X-Original-To", "Envelope-To"].map(|name| HeaderName::Other(name.into()));
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
    text: String,
}

/// Settles the lines of the fields with addresses. `mine` are the user's own addresses, as [`host::mine`] has them.
pub fn settle(lines: &[u8], mine: &[String]) -> Letter {
    let Some(message) = PARSER.parse_headers(lines) else { return Letter::Bad(Why::NoSender) };
    let post = posts_to(&message);
    let sender = match sender(&message) {
        Ok(sender) => sender,
        Err(why) => return Letter::Bad(why),
    };
    let Some((local, from)) = host::address(&sender.text) else { return Letter::Bad(Why::NoHost) };
    if host::mine(&sender.text).is_some_and(|address| mine.contains(&address)) {
        return Letter::PassedOver(Why::Own);
    }
    let list = post.is_some();
    let to = recipient(&message, list, mine);
    let name = sender.name.filter(|_| !list);
    match (post, host::writer(local, &from)) {
        (_, Writer::System) => Letter::PassedOver(Why::System),
        // Whoever writes to a list that people talk on, it is the list that has the user's address.
        (Some(host), _) => Letter::From { host, name, to },
        (None, Writer::Person) => Letter::PassedOver(Why::Person),
        (None, Writer::Vendor) => Letter::From { host: from, name, to },
    }
}

fn addresses(message: &Message<'_>, header: HeaderName<'static>) -> Vec<Named> {
    let values = message.header_values(header).filter_map(HeaderValue::as_address);
    let named = values.flat_map(|list| list.iter()).filter_map(|one| {
        let text = one.address.as_deref()?.trim().to_owned();
        let name = one.name.as_deref().map(|name| printable(name).trim().chars().take(MAX_NAME).collect());
        Some(Named { name: name.filter(|name: &String| !name.is_empty()), text })
    });
    named.collect()
}

/// Who wrote: `From`, or `Sender` where several did (RFC 5322, 3.6.2).
fn sender(message: &Message<'_>) -> Result<Named, Why> {
    let mut from = addresses(message, HeaderName::From);
    let hosts: Vec<_> = from.iter().filter_map(|one| host::address(&one.text)).map(|(_, host)| host).collect();
    let agree = hosts.windows(2).all(|pair| pair[0] == pair[1]);
    let mut sender = addresses(message, HeaderName::Sender);
    match (hosts.is_empty(), agree, sender.is_empty()) {
        (false, true, _) => {
            let first = from.iter().position(|one| host::address(&one.text).is_some()).unwrap_or_default();
            Ok(from.swap_remove(first))
        }
        (false, false, true) => Err(Why::SeveralSenders),
        (_, _, false) => Ok(sender.swap_remove(0)),
        (true, _, true) if from.is_empty() => Err(Why::NoSender),
        (true, _, true) => Err(Why::NoHost),
    }
}

/// The host of a list that people talk on: one that tells where to write to (RFC 2369, 3.4). A vendor's says `NO`.
fn posts_to(message: &Message<'_>) -> Option<String> {
    let posts = addresses(message, HeaderName::ListPost);
    posts.iter().find_map(|one| {
        let uri = one.text.strip_prefix("mailto:").or_else(|| one.text.strip_prefix("MAILTO:"));
        host::of_uri(&format!("mailto:{}", uri?))
    })
}

/// Which address of the user's a message came to, if it tells. Never one of several that it names, and none of the sender's
/// own: what goes to many is often addressed to whoever sends it, or to a list there.
fn recipient(message: &Message<'_>, list: bool, mine: &[String]) -> Option<String> {
    let all = |header| addresses(message, header).iter().filter_map(|one| host::mine(&one.text)).collect::<Vec<_>>();
    let senders: Vec<String> = [HeaderName::From, HeaderName::Sender].into_iter().flat_map(all).collect();
    let host = |address: &str| address.rsplit_once('@').map(|(_, host)| host.to_owned());
    let own = |address: &String| senders.iter().any(|sender| host(sender) == host(address)) && !mine.contains(address);
    let written: Vec<String> = match list {
        true => Vec::new(),
        false => [HeaderName::To, HeaderName::Cc].into_iter().flat_map(all).collect(),
    };
    // Servers put theirs on top: the last one is what the sender wrote to, before it was passed on.
    let last = |header| all(header).pop();
    let original = last(HeaderName::Other("X-Original-To".into()));
    let delivered = || last(HeaderName::Other("Envelope-To".into())).or_else(|| last(HeaderName::DeliveredTo));
    let known = written.iter().chain(original.as_ref()).find(|address| mine.contains(address)).cloned();
    known.or(original).or_else(|| match written.as_slice() {
        [only] if !own(only) => Some(only.clone()),
        _ => delivered(),
    })
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
