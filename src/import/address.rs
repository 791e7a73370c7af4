//! What an address says: whose host it is, or why it is nobody's; and what may be kept of a text that has addresses in it.
//! User, password, port, path and query go.

use std::net::IpAddr;

use url::{Host, Url};

/// What an address is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A host on the internet: lower case, ASCII, no port.
    Host(String),
    /// An app on a telephone, by its package: it names a vendor, but no host.
    App(String),
    /// Something at home or at work: `localhost`, a router, a private network.
    Private,
    /// A number of the internet's, which is no vendor's domain.
    Number,
    /// Something within the computer: a file, a page of the browser, a command.
    Inside,
    /// The secret of a second factor (`otpauth:`), in the wrong place.
    SecondFactor,
    /// No address: empty, or words.
    Nothing,
}

/// The schemes of what is within the computer.
const INSIDE: [&str; 17] = [
    "file",
    "chrome",
    "chrome-extension",
    "moz-extension",
    "safari-web-extension",
    "edge",
    "brave",
    "opera",
    "vivaldi",
    "about",
    "resource",
    "view-source",
    "javascript",
    "data",
    "blob",
    "cmd",
    "kdbx",
];

/// Names that routers and machines at home answer to, and no vendor.
const AT_HOME: [&str; 14] = [
    "localhost",
    "router",
    "gateway",
    "modem",
    "nas",
    "raspberrypi",
    "fritz.box",
    "fritz.nas",
    "speedport.ip",
    "easy.box",
    "routerlogin.net",
    "routerlogin.com",
    "tplinkwifi.net",
    "unifi",
];

/// Endings that no public name has: RFC 6761, RFC 6762, RFC 8375, and what routers and offices use.
const PRIVATE_ENDINGS: [&str; 10] =
    ["localhost", "local", "lan", "home.arpa", "internal", "intranet", "home", "corp", "invalid", "test"];

/// Reads an address as password managers keep it: a URL, a bare host, or something else.
pub(super) fn address(text: &str) -> Address {
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
        let scheme = scheme.to_ascii_lowercase();
        match (scheme.as_str(), rest.strip_prefix("//")) {
            ("otpauth" | "otpauth-migration", _) => return Address::SecondFactor,
            ("android" | "androidapp" | "iosapp" | "ios", Some(rest)) => return app(rest),
            ("mailto" | "tel", _) => return Address::Nothing,
            (scheme, _) if INSIDE.contains(&scheme) => return Address::Inside,
            (_, Some(rest)) => return host(rest, true),
            ("http" | "https", None) if rest.starts_with('/') => return host(&rest[1..], true),
            _ => {}
        }
    }
    bare(text)
}

/// A text that is kept beside an address, such as a title: of what in it has the form of an address remains the host, of
/// one without a host what stands before its query. And the host of an address in it that says that it is one.
pub(super) fn kept(text: &str) -> (String, Option<String>) {
    let mut said = None;
    let words = text.split(' ').map(|word| match address_in(word) {
        Some((before, core, behind)) => {
            let name = match address(core) {
                Address::Host(host) => {
                    said.get_or_insert_with(|| host.clone());
                    host
                }
                Address::App(package) => package,
                _ => String::new(),
            };
            format!("{before}{name}{behind}")
        }
        None => match bare_host(word) {
            Some(host) => host.to_owned(),
            None => word[..query(word).or_else(|| behind_mail(word)).unwrap_or(word.len())].to_owned(),
        },
    });
    let kept = words.collect::<Vec<_>>().join(" ");
    (kept.trim().to_owned(), said)
}

/// The part of a word that is an address with a scheme, or with a user and a password, and what stands around it.
fn address_in(word: &str) -> Option<(&str, &str, &str)> {
    let end = word.trim_end_matches([')', ']', '>', ',', ';', '"', '\'']).len();
    // One stroke is a slip, and what stands behind it no less secret.
    let scheme = word[..end].find("://").or_else(|| {
        word[..end].find(":/").filter(|at| word[..*at].ends_with("http") || word[..*at].ends_with("https"))
    });
    let start = match scheme {
        Some(at) => word[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-')).map(|at| {
            let letter = word[at..].chars().next().map_or(1, char::len_utf8);
            at + letter
        }),
        None => {
            let (user, _) = word[..end].rsplit_once('@')?;
            (user.contains(':') && !is_mail(&word[..end])).then_some(())?;
            None
        }
    };
    let start = start.unwrap_or(0);
    Some((&word[..start], &word[start..end], &word[end..]))
}

/// The host of an address without a scheme, with a path or a query: `www.shop.example/reset/…`. No more of it is kept.
fn bare_host(word: &str) -> Option<&str> {
    let end = word.find(['/', '?', '#'])?;
    let host = &word[..end];
    matches!(bare(host), Address::Host(_)).then_some(host)
}

/// Where something stands behind an e-mail address that may be its password: `ada@example.org:…`.
fn behind_mail(word: &str) -> Option<usize> {
    let at = word.find('@')?;
    word[at..].find(':').map(|colon| at + colon)
}

/// `mailto:ada@example.org` has a colon and no password.
fn is_mail(word: &str) -> bool {
    word.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) && !word[7..].contains(':')
}

/// Where a query or a fragment with values begins: `login?token=…`.
fn query(word: &str) -> Option<usize> {
    let at = word.find(['?', '#', '&', ';'])?;
    word[at..].contains('=').then_some(at)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !text.contains('.')
}

/// `hash@com.example.app/`: the package, which is all that is told.
fn app(rest: &str) -> Address {
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let package = rest.rsplit('@').next().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match !package.is_empty() && package.len() <= 255 && package.chars().all(allowed) {
        true => Address::App(package.to_owned()),
        false => Address::Nothing,
    }
}

/// An address without a scheme: a host where it looks like one, and a name where it does not.
fn bare(text: &str) -> Address {
    let authority = text.trim_start_matches("//").split(['/', '?', '#']).next().unwrap_or_default();
    // `me@example.org` is who somebody is there; `me:secret@example.org` is a URL's user and password.
    let host_part = match authority.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => host,
        Some(_) => return Address::Nothing,
        None => authority,
    };
    if host_part.is_empty() || host_part.contains(char::is_whitespace) {
        return Address::Nothing;
    }
    host(host_part, false)
}

/// The host of what stands after `//`. With a scheme, one word is a machine at home; without, it is only a word.
fn host(rest: &str, scheme: bool) -> Address {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let name = authority.rsplit('@').next().unwrap_or_default();
    let name = name.strip_prefix("*.").unwrap_or(name);
    // A password with a stroke in it ends the host too early, and makes one of the user's name.
    if scheme && !is_public(name) && rest[authority.len()..].contains('@') {
        return Address::Nothing;
    }
    match Url::parse(&format!("http://{name}/")).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(number)) if scheme || name.contains('.') => of_number(IpAddr::V4(number)),
        Some(Host::Ipv6(number)) => of_number(IpAddr::V6(number)),
        Some(Host::Domain(name)) => of_name(name, scheme),
        _ => Address::Nothing,
    }
}

fn of_number(number: IpAddr) -> Address {
    let private = match number {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified(),
    };
    if private { Address::Private } else { Address::Number }
}

/// Whether a host ends in a public suffix, or in the one of examples (RFC 2606).
fn is_public(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    host.ends_with(".example") || psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

fn of_name(name: &str, scheme: bool) -> Address {
    let name = name.trim_end_matches('.');
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let labels = || name.split('.');
    if name.len() > 253 || !name.chars().all(allowed) || labels().any(|label| label.is_empty() || label.len() > 63) {
        return Address::Nothing;
    }
    let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if AT_HOME.contains(&name) || name.contains('.') && PRIVATE_ENDINGS.iter().any(|ending| ends(ending)) {
        return Address::Private;
    }
    let last = labels().next_back().unwrap_or_default();
    match (name.contains('.'), scheme) {
        // Without a scheme, `readme.txt` is a file.
        (true, false) if !is_public(name) => Address::Nothing,
        (true, _) if last.starts_with(|c: char| c.is_ascii_alphabetic()) => Address::Host(name.to_owned()),
        (false, true) => Address::Private,
        _ => Address::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_host(text: &str, expected: &str) {
        assert_eq!(address(text), Address::Host(expected.to_owned()), "{text}");
    }

    #[test]
    fn only_the_host_remains() {
        is_host("https://www.Example.com:8443/login?token=s3cret#x", "www.example.com");
        is_host("https://ada:s3cret@example.com/", "example.com");
        is_host("http://münchen.example/", "xn--mnchen-3ya.example");
        is_host("imap://mail.example.org", "mail.example.org");
        is_host("sftp://u@files.example.org/home", "files.example.org");
        is_host("example.com", "example.com");
        is_host("  Example.com./path ", "example.com");
        is_host("ada:s3cret@example.com:99/x", "example.com");
        is_host("https://*.example.com", "example.com");
        is_host("example.com:8080", "example.com");
    }

    #[test]
    fn what_is_at_home_is_no_vendor() {
        let at_home = ["http://192.168.1.1/", "10.0.0.1", "http://[fe80::1]/", "http://localhost:8080", "localhost"];
        for text in at_home.into_iter().chain(["https://nas.local", "http://router/", "fritz.box", "http://x.lan"]) {
            assert_eq!(address(text), Address::Private, "{text}");
        }
        assert_eq!(address("https://8.8.8.8/"), Address::Number);
    }

    #[test]
    fn apps_files_secrets_and_words() {
        assert_eq!(address("android://q1w2e3==@com.spotify.music/"), Address::App("com.spotify.music".to_owned()));
        assert_eq!(address("androidapp://com.example"), Address::App("com.example".to_owned()));
        for text in ["file:///etc/passwd", "chrome://FirefoxAccounts", "about:config", "cmd://rm"] {
            assert_eq!(address(text), Address::Inside, "{text}");
        }
        assert_eq!(address("otpauth://totp/x?secret=ABC"), Address::SecondFactor);
        for text in [
            "",
            "  ",
            "aib",
            "space title",
            "dpbx@fner.ws",
            "htts:/broken",
            "https://",
            "{REF:A@I:1}",
            "1",
            "1.5x",
            "readme.txt",
        ] {
            assert_eq!(address(text), Address::Nothing, "{text}");
        }
    }

    #[test]
    fn what_is_kept_of_a_text() {
        for (text, expected, host) in [
            ("My bank - https://www.ing.de/login", "My bank - www.ing.de", Some("www.ing.de")),
            ("Power (https://www.eon.de)", "Power (www.eon.de)", Some("www.eon.de")),
            ("ada:s3cret@ftp.strato.de", "ftp.strato.de", Some("ftp.strato.de")),
            ("intranet/login?token=s3cret", "intranet/login", None),
            ("www.lidl.de/?sid=s3cret", "www.lidl.de", None),
            ("www.lidl.de/reset/s3cret", "www.lidl.de", None),
            ("lidl.de?s3cret #x", "lidl.de #x", None),
            ("https:/www.lidl.de/s3cret", "www.lidl.de", Some("www.lidl.de")),
            ("ada@example.org:s3cret", "ada@example.org", None),
            ("git@github.com:ada/code", "git@github.com", None),
            ("https://", "", None),
            ("ada@example.org", "ada@example.org", None),
            ("mailto:ada@example.org", "mailto:ada@example.org", None),
            ("Who? Me = you", "Who? Me = you", None),
            ("A/B & C", "A/B & C", None),
            ("Büro: https://büro.example", "Büro: xn--bro-hoa.example", Some("xn--bro-hoa.example")),
        ] {
            assert_eq!(kept(text), (expected.to_owned(), host.map(str::to_owned)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_host_is_a_name_and_nothing_else(text in ".{0,80}") {
            if let Address::Host(host) = address(&text) {
                prop_assert!(host.contains('.') && host.len() <= 253);
                prop_assert!(host.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.')));
            }
        }

        #[test]
        fn nothing_but_the_host_of_an_address_is_kept(
            secret in "[A-Z]{8}", before in "[a-z(:]{0,5} ?", path in "[a-z]{0,5}", behind in "[),;]{0,2}( [a-z]{1,5})?",
        ) {
            for text in [
                format!("https://u:{secret}@example.com/{path}"),
                format!("https://example.com/{path}?k={secret}"),
                format!("postgres://{secret}:{secret}@intranet/{path}"),
                format!("u:{secret}@example.com/{path}"),
                format!("u:{secret}@intranet"),
                format!("intranet/{path}?k={secret}"),
                format!("example.com/{path}#k={secret}"),
            ] {
                let (kept, _) = kept(&format!("{before}{text}{behind}"));
                prop_assert!(!kept.contains(&secret), "{}", kept);
            }
        }

        #[test]
        fn any_text_is_kept_or_cut(text: String) {
            prop_assert!(kept(&text).0.len() <= text.len() * 4 + 8);
        }

        #[test]
        fn a_password_in_an_address_never_comes_out(secret in "[A-Z]{8}", path in "[a-z]{0,5}") {
            for text in [
                format!("https://u:{secret}@example.com/{path}"),
                format!("https://example.com/{path}?k={secret}"),
                format!("u:{secret}@example.com/{path}#{secret}"),
            ] {
                prop_assert_eq!(address(&text), Address::Host("example.com".to_owned()));
            }
        }
    }
}
