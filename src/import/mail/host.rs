//! Which host a message comes from, and whose it is: a vendor's, a person's, or a mail system's.

use std::collections::HashSet;
use std::sync::LazyLock;

use url::{Host, Url};

/// The longest address that is taken, in bytes (RFC 5321, 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// Names that no vendor on the internet has (RFC 6761, RFC 6762, and what routers at home call themselves).
const AT_HOME: [&str; 9] = ["local", "localhost", "localdomain", "internal", "invalid", "lan", "home", "corp", "arpa"];

static FREEMAIL: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("freemail.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// A host as evidence has it: lower case, internationalised names in ASCII, on the internet. None for anything else.
pub fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    let name = match text.to_ascii_lowercase() {
        plain if is_plain(&plain) => plain,
        _ => match Host::parse(text) {
            Ok(Host::Domain(name)) => name,
            _ => return None,
        },
    };
    let (_, top) = name.rsplit_once('.')?;
    // An apostrophe around an address is no part of its host.
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(fits);
    let whole = name.len() <= 253 && name.split('.').all(is_label);
    let public = !AT_HOME.contains(&top) && top.bytes().any(|byte| byte.is_ascii_alphabetic());
    (whole && public).then_some(name)
}

/// Whether a name is what it would become (UTS 46), as nearly all are; to ask costs less than to do it.
fn is_plain(name: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let top = name.rsplit('.').next().unwrap_or_default();
    name.bytes().all(letters)
        && !name.contains("xn--")
        && !top.is_empty()
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The host of a URI of `List-Unsubscribe` (RFC 2369): of a web page, or of a mail address.
pub fn of_uri(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    match url.scheme() {
        "http" | "https" => host(url.host_str()?),
        "mailto" => host(url.path().rsplit_once('@')?.1),
        _ => None,
    }
}

/// An address: its local part as it stands, and its host.
pub fn address(text: &str) -> Option<(&str, String)> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let sound = !local.is_empty() && text.len() <= MAX_ADDRESS && !local.chars().any(|c| c.is_control() || c == ' ');
    sound.then(|| host(domain)).flatten().map(|host| (local, host))
}

/// An address of the user's, as a claim has it.
pub fn mine(text: &str) -> Option<String> {
    address(text).map(|(local, host)| format!("{}@{host}", local.to_lowercase()))
}

/// Whether anybody may have an address at a host, so that it says nothing of who writes.
pub fn is_provider(host: &str) -> bool {
    FREEMAIL.contains(host) || is_everywhere(host)
}

/// Whether it is one of the providers that are in nearly every country, each time under its own ending.
fn is_everywhere(host: &str) -> bool {
    const LABELS: [&str; 6] = ["hotmail", "outlook", "live", "yahoo", "ymail", "gmx"];
    let ending = host.split_once('.').filter(|(label, _)| LABELS.contains(label)).map(|(_, ending)| ending);
    ending
        .is_some_and(|ending| psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.as_bytes() == ending.as_bytes()))
}

/// Hosts that shops send from by way of a service for that: each has mail of thousands of them.
const SERVICES: [&str; 26] = [
    "amazonses.com",
    "brevosend.com",
    "ccsend.com",
    "cmail19.com",
    "cmail20.com",
    "createsend.com",
    "emarsys.net",
    "exct.net",
    "hubspotemail.net",
    "intercom-mail.com",
    "klaviyomail.com",
    "mail.zendesk.com",
    "mailersend.net",
    "mailgun.org",
    "mandrillapp.com",
    "mcdlv.net",
    "mcsv.net",
    "mktomail.com",
    "mlsend.com",
    "rsgsv.net",
    "sender-sib.com",
    "sendgrid.net",
    "shopifyemail.com",
    "sparkpostmail.com",
    "substack.com",
    "mailjet.com",
];

/// Hosts that pass mail on and put an address of their own in the sender's place.
const RELAYS: [&str; 10] = [
    "addy.io",
    "anonaddy.com",
    "anonaddy.me",
    "mozmail.com",
    "passinbox.com",
    "passmail.net",
    "privaterelay.appleid.com",
    "simplelogin.co",
    "simplelogin.com",
    "simplelogin.fr",
];

/// Hosts that do so where people have addresses as well: theirs have no `_at_`, behind which the sender's own host is written.
const RELAYS_AMONG_PEOPLE: [&str; 2] = ["duck.com", "icloud.com"];

fn is_below(host: &str, domains: &[&str]) -> bool {
    let below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    domains.iter().any(below)
}

/// Whether a host sends for whoever pays it.
pub fn is_service(host: &str) -> bool {
    is_below(host, &SERVICES)
}

/// Whether an address hides who wrote.
pub fn is_relay(local: &str, host: &str) -> bool {
    is_below(host, &RELAYS) || local.contains("_at_") && RELAYS_AMONG_PEOPLE.contains(&host)
}

/// Who writes from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A vendor, for all that the address says.
    Vendor,
    /// A person with an address at a provider of mail.
    Person,
    /// A mail system that reports.
    System,
}

/// Whose address it is. A provider of mail writes to its own customers from addresses that no person gets.
pub fn writer(local: &str, host: &str) -> Writer {
    let plain: String = local.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match plain.as_str() {
        "mailerdaemon" | "postmaster" => Writer::System,
        "noreply" | "donotreply" | "nepasrepondre" | "nichtantworten" => Writer::Vendor,
        _ if is_provider(host) => Writer::Person,
        _ => Writer::Vendor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_one_in_every_country() {
        for provider in ["hotmail.com.br", "outlook.sa", "yahoo.co.th", "gmail.com"] {
            assert!(is_provider(provider), "{provider}");
        }
        for vendor in ["live.example.com", "mail.yahoo.com", "outlook.shop.de"] {
            assert!(!is_provider(vendor), "{vendor}");
        }
    }
    use proptest::prelude::*;

    #[test]
    fn hosts_are_lower_case_ascii_and_on_the_internet() {
        assert_eq!(host(" Mail.Netflix.COM. ").as_deref(), Some("mail.netflix.com"));
        assert_eq!(host("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        for none in [
            "",
            "localhost",
            "printer.local",
            "10.0.0.1",
            "[::1]",
            "a b.example",
            "a..example",
            ".",
            "x.1",
            "shop.example'",
        ] {
            assert_eq!(host(none), None, "{none}");
        }
    }

    #[test]
    fn addresses_have_two_halves() {
        assert_eq!(address("\"a@b\"@Shop.example"), Some(("\"a@b\"", "shop.example".to_owned())));
        assert_eq!(mine(" Ada+Shop@Example.ORG").as_deref(), Some("ada+shop@example.org"));
        for none in ["ada", "@shop.example", "ada@", "ada lovelace@shop.example", "a\u{1b}@shop.example"] {
            assert_eq!(address(none), None, "{none}");
        }
        assert_eq!(address(&format!("{}@shop.example", "a".repeat(300))), None);
    }

    #[test]
    fn a_persons_address_is_no_vendors() {
        assert_eq!(writer("ada", "gmail.com"), Writer::Person);
        assert_eq!(writer("no-reply", "orange.fr"), Writer::Vendor);
        assert_eq!(writer("news", "mail.gmx.net"), Writer::Vendor);
        assert_eq!(writer("MAILER-DAEMON", "shop.example"), Writer::System);
    }

    #[test]
    fn ways_to_unsubscribe_have_a_host() {
        assert_eq!(of_uri("https://u:p@Links.Shop.example/x?y=a@b").as_deref(), Some("links.shop.example"));
        assert_eq!(of_uri("mailto:leave-1@lists.example?subject=a@b.example").as_deref(), Some("lists.example"));
        assert_eq!(of_uri("tel:1"), None);
        assert_eq!(of_uri("https://10.0.0.1/"), None);
    }

    #[test]
    fn the_list_of_providers_is_clean() {
        assert!(FREEMAIL.len() > 100);
        for name in FREEMAIL.iter() {
            assert_eq!(host(name).as_deref(), Some(*name));
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_stays_what_it_is(name in "[a-zA-Z0-9.-]{0,12}\\.[a-zA-Z0-9-]{0,4}") {
            let lower = name.to_ascii_lowercase();
            if is_plain(&lower) {
                prop_assert_eq!(Host::parse(&name).ok(), Some(Host::Domain(lower)));
            }
        }
    }
}
