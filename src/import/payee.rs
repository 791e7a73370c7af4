//! Whom a bank's text means. The rules are data; each of them has its reason and an example in the tests.

use crate::vendor::identity::plain_name;

/// Who collects money for others: what follows the star, or the word, is whom was paid.
const COLLECTORS: [&str; 24] = [
    "adyen",
    "cko",
    "dri",
    "dlo",
    "ebay o",
    "fs",
    "iz",
    "izettle",
    "klarna",
    "lsp",
    "mollie",
    "nya",
    "paddle net",
    "payd",
    "paypal",
    "pp",
    "sq",
    "square",
    "stripe",
    "sumup",
    "tst",
    "wpy",
    "ztl",
    "zettle",
];

/// What banks put before the payee: how it was paid.
const BEFORE: [&str; 46] = [
    "ach debit",
    "checkcard",
    "paypal inst xfer",
    "pos debit",
    "purchase authorized on",
    "recurring payment authorized on",
    "achat cb",
    "achat",
    "addebito sdd",
    "card payment to",
    "card payment",
    "card purchase",
    "card transaction",
    "carte",
    "cb",
    "compra",
    "compra con tarjeta",
    "contactless",
    "debit card purchase",
    "direct debit",
    "domiciliacion",
    "europese domiciliering",
    "incasso",
    "kartenzahlung",
    "lastschrift",
    "online payment",
    "paiement cb",
    "paiement par carte",
    "paiement",
    "pago con tarjeta",
    "pago",
    "payment to",
    "pos purchase",
    "pos",
    "prelevement europeen",
    "prelevement sepa",
    "prelevement",
    "prlv sepa",
    "prlv",
    "purchase",
    "recibo",
    "sdd",
    "sepa direct debit",
    "sepa lastschrift",
    "tarjeta",
    "visa",
];

/// Short forms that vendors use of themselves on statements.
const SHORT: [(&str, &str); 10] = [
    ("amzn", "amazon"),
    ("amz", "amazon"),
    ("amzn mktp", "amazon"),
    ("amazon mktplace", "amazon"),
    ("amazon marketplace", "amazon"),
    ("amazon payments", "amazon"),
    ("msft", "microsoft"),
    ("dt netflix", "netflix"),
    ("uber trip", "uber"),
    ("itunes", "apple"),
];

/// Countries, regions and cities that stand after a payee. Not taken away from behind a preposition.
const PLACES: [&str; 92] = [
    "at",
    "au",
    "be",
    "ca",
    "ch",
    "cz",
    "de",
    "dk",
    "es",
    "eu",
    "fi",
    "fr",
    "gb",
    "gbr",
    "ie",
    "irl",
    "it",
    "lu",
    "lux",
    "nl",
    "nld",
    "no",
    "pl",
    "pt",
    "se",
    "swe",
    "uk",
    "us",
    "usa",
    "deu",
    "fra",
    "esp",
    "ita",
    "bel",
    "austria",
    "belgium",
    "denmark",
    "deutschland",
    "emea",
    "espana",
    "europe",
    "europa",
    "finland",
    "france",
    "germany",
    "international",
    "ireland",
    "italia",
    "italy",
    "luxembourg",
    "luxemburg",
    "nederland",
    "netherlands",
    "norway",
    "oesterreich",
    "poland",
    "portugal",
    "schweiz",
    "spain",
    "suisse",
    "sweden",
    "switzerland",
    "amsterdam",
    "barcelona",
    "berlin",
    "bern",
    "bruxelles",
    "brussels",
    "cork",
    "dublin",
    "frankfurt",
    "geneve",
    "hamburg",
    "koeln",
    "lisboa",
    "london",
    "lyon",
    "madrid",
    "milano",
    "muenchen",
    "munich",
    "oslo",
    "paris",
    "roma",
    "rotterdam",
    "stockholm",
    "utrecht",
    "vienna",
    "warszawa",
    "wien",
    "zuerich",
    "zurich",
];

/// Words after which a place is a part of the name: the bank *of* Ireland.
const PREPOSITIONS: [&str; 14] =
    ["of", "de", "du", "des", "la", "le", "von", "der", "in", "di", "del", "van", "da", "do"];

/// Whom a text means, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payee {
    /// The host that it names.
    pub host: Option<String>,
    /// The name, in plain words.
    pub name: Option<String>,
}

/// Reads the payee of a payment, as a bank wrote it.
pub fn payee(text: &str) -> Payee {
    let text = after_collector(text);
    if let Some(host) = text.split_whitespace().find_map(host) {
        return Payee { name: None, host: Some(host) };
    }
    let kept: Vec<&str> = text.split_whitespace().filter(|word| !is_reference(word)).collect();
    let Some(plain) = plain_name(&kept.join(" ")) else { return Payee::default() };
    let name = without_places(without_start(&plain));
    let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| (*long).to_owned());
    Payee { host: None, name: plain_name(&name).filter(|name| name.chars().any(char::is_alphabetic)) }
}

/// Whether a text says no more than how it was paid.
pub fn is_how(text: &str) -> bool {
    plain_name(text).is_some_and(|plain| BEFORE.contains(&plain.as_str()))
}

/// Whether somebody collected it for whom it is about: `PAYPAL *NETFLIX`.
pub fn is_collected(text: &str) -> bool {
    text.contains('*') && after_collector(text) != text && !text.trim_start().starts_with(after_collector(text))
}

/// A text without the number of an order behind a star, another one each time: `AMZN Mktp US*2K4AB1`.
pub fn without_order(text: &str) -> &str {
    match text.split_once('*') {
        Some((before, after))
            if before.chars().filter(|c| c.is_alphabetic()).count() > 2
                && after.split_whitespace().next().is_some_and(is_reference) =>
        {
            before.trim_end()
        }
        _ => text,
    }
}

/// What stands after the one who collects for others.
fn after_collector(text: &str) -> &str {
    let Some((before, after)) = text.split_once(['*']) else { return text };
    let is_collector = plain_name(before).is_some_and(|name| {
        let name = without_start(&name);
        COLLECTORS.contains(&name)
    });
    match is_collector && after.chars().any(char::is_alphabetic) {
        true => after.trim(),
        // `AMZN Mktp DE*AB12C`, `GOOGLE *YouTube`: the first is who is paid, and the rest is for what.
        false if before.chars().filter(|c| c.is_alphabetic()).count() > 2 => before.trim(),
        false => after.trim(),
    }
}

/// The host that a word is, if it ends in a public suffix: `NETFLIX.COM`, `www.shop.de/abc`.
fn host(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    let plain = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://")).unwrap_or(&word);
    let is_said = plain.len() < word.len() || plain.starts_with("www.");
    let word = plain;
    let host = word.split(['/', '?', ':']).next()?;
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let labels: Vec<&str> = host.split('.').collect();
    let (last, first) = (labels.last()?, labels.first()?);
    // `S.A.`, `Co.KG` and `Fa.Mueller` are no hosts.
    let long_enough = last.len() >= 2 && labels.iter().rev().nth(1)?.len() >= 3 && !first.is_empty();
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let is_host = host.chars().all(fine) && long_enough && known && (is_said || !ABBREVIATIONS.contains(last));
    is_host.then(|| OTHER_HOSTS.iter().find(|(short, _)| *short == host).map_or(host, |(_, long)| long).to_owned())
}

/// Endings that are domains, and far more often abbreviations: `Rechn.Nr`, `Mueller.GmbH`, `AMAZON.CO` cut short.
const ABBREVIATIONS: [&str; 8] = ["ag", "co", "gmbh", "inc", "kg", "llc", "ltd", "nr"];

/// Hosts that vendors use of themselves on statements.
const OTHER_HOSTS: [(&str, &str); 1] = [("amzn.com", "amazon.com")];

/// A telephone number, a date, a card, or what a payment is told from others by.
fn is_reference(word: &str) -> bool {
    // `X1234`: a card, of which the rest is masked.
    if word.len() >= 5 && word.starts_with(['x', 'X']) && word[1..].bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let only_digits = digits > 0 && letters == 0;
    let masked = word.chars().filter(|c| matches!(c, '*' | 'x' | 'X' | '#' | '•')).count() >= 2 && letters <= 4;
    let mixed = digits >= 2 && letters > 0 && digits + letters >= 6;
    (only_digits && (digits >= 3 || word.contains(['/', '-', '.']))) || (masked && digits > 0) || mixed
}

/// The name without how it was paid, which banks put before it; the longest of them goes.
fn without_start(name: &str) -> &str {
    let rest = |start: &&str| name.strip_prefix(*start)?.strip_prefix(' ');
    BEFORE.iter().filter_map(rest).min_by_key(|rest| rest.len()).unwrap_or(name)
}

/// The name without the places at its end.
fn without_places(name: &str) -> String {
    let mut words: Vec<&str> = name.split(' ').collect();
    while let [.., before, last] = words.as_slice()
        && PLACES.contains(last)
        && !PREPOSITIONS.contains(before)
    {
        words.pop();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_texts_of_banks_are_understood() {
        for (text, name) in [
            ("SPOTIFY USA 877-778-1161", "spotify"),
            ("Spotify P1A2B3C4D5 Stockholm", "spotify"),
            ("PAYPAL *NETFLIX", "netflix"),
            ("PP*STEAM GAMES", "steam games"),
            ("SumUp  *Cafe Kolb", "cafe kolb"),
            ("SQ *BLUE BOTTLE", "blue bottle"),
            ("GOOGLE *YouTube Premium", "google"),
            ("AMZN Mktp DE*2R8QK1", "amazon"),
            ("AMAZON EU S.A R.L.", "amazon"),
            ("CARTE 12/03/24 MONOPRIX PARIS", "monoprix"),
            ("PRLV SEPA EDF", "edf"),
            ("Kartenzahlung REWE 4711 Berlin DE", "rewe"),
            ("SEPA-Lastschrift Deutsche Telekom AG", "deutsche telekom"),
            ("Bank of Ireland", "bank of ireland"),
            ("Banque de France", "banque de france"),
            ("VISA XXXX1234 TESCO", "tesco"),
            ("Netflix International B.V.", "netflix"),
            ("Paris", "paris"),
            ("CHECKCARD 0114 SPOTIFY USA 877-7781161", "spotify"),
            ("PAIEMENT PAR CARTE X1234 CARREFOUR PARIS 12/03", "carrefour"),
        ] {
            assert_eq!(payee(text), Payee { host: None, name: Some(name.into()) }, "{text}");
        }
    }

    #[test]
    fn a_domain_in_the_text_is_taken_at_its_word() {
        for (text, expected) in [
            ("NETFLIX.COM 866-579-7172", "netflix.com"),
            ("APPLE.COM/BILL", "apple.com"),
            ("PAYPAL *www.shop.de", "www.shop.de"),
            ("Booking.com B.V.", "booking.com"),
        ] {
            assert_eq!(payee(text).host.as_deref(), Some(expected), "{text}");
        }
        assert_eq!(payee("AMZN.COM/BILL WA").host.as_deref(), Some("amazon.com"));
        for text in [
            "Kundennr. 1 Rechn.Nr. 9",
            "Mueller.GmbH",
            "AWS.AMAZON.CO WA",
            "MUELLER CO.KG",
            "SOCIETE S.A.",
            "12.03.2024",
            "no.such-suffix-here",
        ] {
            assert_eq!(payee(text).host, None, "{text}");
        }
    }

    #[test]
    fn the_number_of_an_order_is_no_part_of_who_is_paid() {
        assert_eq!(without_order("AMZN Mktp US*2K4AB1"), "AMZN Mktp US");
        for text in ["PAYPAL *NETFLIX", "GOOGLE *YouTube Premium", "Shop"] {
            assert_eq!(without_order(text), text);
        }
    }

    #[test]
    fn a_text_that_names_nobody_is_nobody() {
        for text in ["", "   ", "4711 0815", "**", "12/03/24"] {
            assert_eq!(payee(text), Payee::default(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_read_again_alike(text: String) {
            let read = payee(&text);
            if let Some(name) = &read.name {
                prop_assert!(!name.is_empty());
            }
            prop_assert_eq!(payee(&text), read);
        }
    }
}
