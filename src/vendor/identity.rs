//! What makes two hosts, or two names, those of one vendor.

use std::net::IpAddr;

/// Domains below which every name is somebody else, though the public suffix list does not say so, and why.
const SHARED: [(&str, &str); 33] = [
    ("admin.ch", "the offices of the Swiss confederation"),
    ("atlassian.net", "each of them the workplace of another company"),
    ("auth0.com", "each of them where another company's users log in"),
    ("b2clogin.com", "each of them where another company's users log in"),
    ("baden-wuerttemberg.de", "the offices of a German state"),
    ("bayern.de", "the offices of a German state"),
    ("berlin.de", "the offices of a German state"),
    ("brandenburg.de", "the offices of a German state"),
    ("bremen.de", "the offices of a German state"),
    ("bund.de", "more than twenty German federal agencies"),
    ("europa.eu", "the institutions and agencies of the Union"),
    ("fgov.be", "the offices of the Belgian state"),
    ("freshdesk.com", "each of them the help desk of another company"),
    ("hamburg.de", "the offices of a German state"),
    ("hessen.de", "the offices of a German state"),
    ("instructure.com", "each of them another school's"),
    ("mv-regierung.de", "the offices of a German state"),
    ("myworkdayjobs.com", "each of them another company's jobs"),
    ("niedersachsen.de", "the offices of a German state"),
    ("nrw.de", "the offices of a German state"),
    ("okta.com", "each of them where another company's people log in"),
    ("onmicrosoft.com", "each of them another company's"),
    ("overheid.nl", "the offices of the Dutch state"),
    ("personio.de", "each of them another employer's"),
    ("rlp.de", "the offices of a German state"),
    ("saarland.de", "the offices of a German state"),
    ("sachsen-anhalt.de", "the offices of a German state"),
    ("sachsen.de", "the offices of a German state"),
    ("schleswig-holstein.de", "the offices of a German state"),
    ("sharepoint.com", "each of them another company's"),
    ("thueringen.de", "the offices of a German state"),
    ("wordpress.com", "each of them somebody's own site"),
    ("zendesk.com", "each of them the help desk of another company"),
];

/// Hosts that are a vendor of their own beside the one whose domain they are under, and why.
const APART: [(&str, &str); 5] = [
    ("aws.amazon.com", "a cloud, with accounts of its own; the shop knows nothing of it"),
    ("cloud.ibm.com", "a cloud, with accounts of its own"),
    ("cloud.oracle.com", "a cloud, with accounts of its own"),
    ("pay.amazon.com", "a payment service that other shops use"),
    ("developer.apple.com", "another contract than that of who owns a telephone"),
];

/// What a name ends with at home, by the standards (RFC 6762, RFC 8375) and by habit.
const AT_HOME: [&str; 9] =
    ["local", "localhost", "lan", "home", "internal", "home.arpa", "localdomain", "fritz.box", "speedport.ip"];

/// Services that give a machine at home a name below theirs. Who has an account there has it with them.
const NAMES_FOR_HOME: [&str; 5] = ["ddns.net", "duckdns.org", "myds.me", "myfritz.net", "synology.me"];

/// The site that a host belongs to: its registrable domain by the public suffix list, or a part of it where that is
/// shared. None for addresses, and for names that are nobody's on the web.
pub fn site(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let host = host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(&host);
    if !host.contains('.') || host.split('.').any(str::is_empty) || address(host).is_some() || is_at_home(host) {
        return None;
    }
    if let Some((apart, _)) = APART.iter().find(|(apart, _)| is_under(host, apart)) {
        return Some((*apart).to_owned());
    }
    if let Some((shared, _)) = SHARED.iter().find(|(shared, _)| is_under(host, shared)) {
        let below = host.strip_suffix(shared).and_then(|rest| rest.trim_end_matches('.').rsplit('.').next());
        return Some(match below {
            Some(label) if !label.is_empty() => format!("{label}.{shared}"),
            _ => (*shared).to_owned(),
        });
    }
    match psl::domain_str(host) {
        Some(domain) => Some(domain.to_owned()),
        // A public suffix itself is a site where somebody sits there: the offices of a country, who rents out names. No one
        // does at `co.uk`.
        None => (!is_registry(host)).then(|| host.to_owned()),
    }
}

/// Whether a host is one below which a country sells names, and no office's.
fn is_registry(host: &str) -> bool {
    const OFFICES: [&str; 14] =
        ["ac", "admin", "gc", "go", "gob", "gouv", "gov", "govt", "gub", "guv", "gv", "mil", "nhs", "police"];
    let sold = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann));
    sold && host.split('.').next().is_some_and(|label| !OFFICES.contains(&label))
}

/// Whether a site is one of many below a domain that is somebody else's (`chase.github.io`): its first label is a name that
/// anybody could take there.
pub fn is_tenant(site: &str) -> bool {
    let below = |suffix: psl::Suffix| suffix.typ() == Some(psl::Type::Private) && suffix.as_bytes().len() < site.len();
    let private = psl::suffix(site.as_bytes()).is_some_and(below);
    private || SHARED.iter().any(|(shared, _)| is_under(site, shared) && site != *shared)
}

/// Whether a host is on the user's own network: a router, a printer, this machine. Nobody else has anything by it.
pub fn is_at_home(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    match address(host) {
        Some(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        Some(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
        None => {
            let is_below = |of: &&str| host.strip_suffix(*of).is_some_and(|name| name.ends_with('.') && name != "www.");
            !host.contains('.') || AT_HOME.iter().any(|end| is_under(host, end)) || NAMES_FOR_HOME.iter().any(is_below)
        }
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What a vendor at a site is called as long as nobody says better: `netflix` for `netflix.com`.
pub fn label(site: &str) -> &str {
    site.split('.').next().unwrap_or(site)
}

/// A label as people read it: `bücher` for `xn--bcher-kva`. Only in the Latin script: letters of others may look like Latin
/// ones, and pass for whom they are not.
pub fn readable(label: &str) -> String {
    let (readable, fine) = idna::domain_to_unicode(label);
    match fine.is_ok() && readable.chars().all(|c| c <= '\u{24f}') {
        true => readable,
        false => label.to_owned(),
    }
}

/// The ends of companies' names that say nothing but their legal form.
const LEGAL_FORMS: [&str; 56] = [
    "ab",
    "ag",
    "aps",
    "as",
    "asa",
    "bhd",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "doo",
    "eg",
    "eirl",
    "ek",
    "eurl",
    "ev",
    "gbr",
    "gmbh",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "lda",
    "limited",
    "llc",
    "llp",
    "ltd",
    "mbh",
    "nv",
    "ohg",
    "ou",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "rl",
    "sa",
    "sarl",
    "sas",
    "sasu",
    "scop",
    "sca",
    "se",
    "sl",
    "sociedad",
    "spa",
    "srl",
    "sro",
    "ug",
    "vof",
    "zoo",
];

/// A name in plain words, so that two spellings of it are one: lower case, without accents, punctuation and legal form.
/// None where nothing is left.
pub fn plain_name(name: &str) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '/' | ',' | '(' | ')' | '|' | ':')) {
        let whole = folded(&part.replace('.', ""));
        match part.contains('.') && !is_legal_form(&whole) {
            true => words.extend(part.split('.').map(folded).filter(|word| !word.is_empty())),
            false if whole.is_empty() => {}
            false => words.push(whole),
        }
    }
    while words.len() > 1 && words.last().is_some_and(|word| is_legal_form(word)) {
        words.pop();
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn is_legal_form(word: &str) -> bool {
    LEGAL_FORMS.contains(&word)
}

/// Letters and digits alone, as they are written where there are no others: banks send German names like that.
fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
    }
    let mut plain = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()) {
        match c {
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'œ' | 'ø' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' => plain.push('a'),
            'ç' | 'ć' | 'č' => plain.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ł' => plain.push('l'),
            'ñ' | 'ń' => plain.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ő' => plain.push('o'),
            'ś' | 'š' => plain.push('s'),
            'ù' | 'ú' | 'û' | 'ű' | 'ů' => plain.push('u'),
            'ý' | 'ÿ' => plain.push('y'),
            'ź' | 'ż' | 'ž' => plain.push('z'),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_host_belongs_to_its_registrable_domain() {
        for (host, expected) in [
            ("www.netflix.com", "netflix.com"),
            ("Login.Netflix.COM.", "netflix.com"),
            ("shop.acme.co.uk", "acme.co.uk"),
            ("account.hmrc.gov.uk", "hmrc.gov.uk"),
            ("www.gov.uk", "gov.uk"),
            ("me.github.io", "me.github.io"),
            ("shop.acme.example", "acme.example"),
            ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
            ("www.com", "www.com"),
            ("github.io", "github.io"),
        ] {
            assert_eq!(site(host).as_deref(), Some(expected), "{host}");
        }
    }

    #[test]
    fn nobody_sits_where_names_are_sold() {
        for host in ["co.uk", "www.com.au", "ne.jp"] {
            assert_eq!(site(host), None, "{host}");
        }
    }

    #[test]
    fn a_name_in_punycode_is_read_where_it_can_be_no_other() {
        assert_eq!(readable("xn--bcher-kva"), "bücher");
        assert_eq!(readable("shop"), "shop");
        // A Cyrillic letter in place of the first.
        assert_eq!(readable("xn--pple-43d"), "xn--pple-43d");
    }

    #[test]
    fn agencies_under_one_domain_and_a_cloud_are_vendors_of_their_own() {
        assert_eq!(site("www.bzst.bund.de").as_deref(), Some("bzst.bund.de"));
        assert_eq!(site("online.bzst.bund.de").as_deref(), Some("bzst.bund.de"));
        assert_ne!(site("bafa.bund.de"), site("bzst.bund.de"));
        assert_eq!(site("bund.de").as_deref(), Some("bund.de"));
        assert_eq!(site("www.polizei.sachsen-anhalt.de").as_deref(), Some("polizei.sachsen-anhalt.de"));
        assert_ne!(site("acme.atlassian.net"), site("other.atlassian.net"));
        assert_eq!(site("notbund.de").as_deref(), Some("notbund.de"));
        assert_eq!(site("eu-west-1.signin.aws.amazon.com").as_deref(), Some("aws.amazon.com"));
        assert_eq!(site("smile.amazon.com").as_deref(), Some("amazon.com"));
    }

    #[test]
    fn a_tenant_is_told_from_who_has_a_domain() {
        for tenant in ["chase.github.io", "barclays.myshopify.com", "visa.wordpress.com"] {
            assert!(is_tenant(tenant), "{tenant}");
        }
        for owner in ["chase.com", "o2.co.uk", "github.io", "wordpress.com"] {
            assert!(!is_tenant(owner), "{owner}");
        }
    }

    #[test]
    fn what_is_at_home_is_nobodys_site() {
        for host in
            ["localhost", "router", "fritz.box", "nas.local", "192.168.1.1", "10.0.0.3", "fd00::1", "printer.lan"]
        {
            assert_eq!((site(host), is_at_home(host)), (None, true), "{host}");
        }
        assert!(is_at_home("nas.myfritz.net") && !is_at_home("myfritz.net") && !is_at_home("www.duckdns.org"));
        assert_eq!((site("8.8.8.8"), is_at_home("8.8.8.8")), (None, false));
        assert!(!is_at_home("shop.example"));
    }

    #[test]
    fn two_spellings_of_a_name_are_one() {
        for (name, plain) in [
            ("Deutsche Telekom AG", "deutsche telekom"),
            ("MUELLER GmbH & Co. KG", "mueller"),
            ("Müller", "mueller"),
            ("Société Générale S.A.", "societe generale"),
            ("AMAZON EU S.A R.L.", "amazon eu"),
            ("McDonald's", "mcdonalds"),
            ("H&M", "hm"),
            ("Booking.com B.V.", "booking com"),
            ("SE", "se"),
        ] {
            assert_eq!(plain_name(name).as_deref(), Some(plain), "{name}");
        }
        assert_eq!(plain_name(" – & "), None);
    }

    proptest! {
        #[test]
        fn a_site_is_its_own_site(host in "[a-z0-9-]{1,8}(\\.[a-z]{2,6}){0,4}") {
            if let Some(found) = site(&host) {
                prop_assert_eq!(site(&found), Some(found));
            }
        }

        #[test]
        fn a_plain_name_is_its_own(name: String) {
            if let Some(plain) = plain_name(&name) {
                prop_assert_eq!(plain_name(&plain), Some(plain));
            }
        }
    }
}
