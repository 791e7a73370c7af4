//! What banks call their columns: the words of `words.toml`, and the banks of `presets.toml`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::super::day::Order;
use super::super::words;
use super::mapping::{Amounts, Mapping};

/// What a column can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Date,
    Payee,
    Payer,
    Text,
    Amount,
    Debit,
    Credit,
    Part,
    Flag,
    Currency,
    OwnAccount,
    Account,
    CreditorId,
    Mandate,
    Status,
    Kind,
    Security,
    Card,
}

/// The words of headers: what each can mean, and how well it fits.
pub(super) type Meanings = HashMap<String, Vec<(Role, usize)>>;

pub(super) static WORDS: LazyLock<Meanings> = LazyLock::new(|| {
    let languages: BTreeMap<String, BTreeMap<Role, Vec<String>>> =
        toml::from_str(include_str!("words.toml")).unwrap_or_default();
    let mut meanings = Meanings::new();
    for (role, words) in languages.into_values().flatten() {
        for (rank, word) in words.into_iter().enumerate() {
            meanings.entry(word).or_default().push((role, rank));
        }
    }
    meanings
});

/// Words that only languages have in which nobody writes the month first; a word that is English as well says nothing.
pub(super) static DAY_FIRST: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let languages: BTreeMap<String, BTreeMap<Role, Vec<String>>> =
        toml::from_str(include_str!("words.toml")).unwrap_or_default();
    let words = |english: bool| {
        let these = languages.iter().filter(move |(language, _)| (*language == "en") == english);
        these.flat_map(|(_, roles)| roles.values().flatten().cloned())
    };
    let english: HashSet<String> = words(true).collect();
    words(false).filter(|word| !english.contains(word)).collect()
});

/// A bank of `presets.toml`; columns by their names.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Preset {
    name: String,
    headers: Vec<String>,
    date: String,
    order: Option<Order>,
    payee: Vec<String>,
    payer: Option<String>,
    text: Option<String>,
    amount: Option<String>,
    inverted: bool,
    debit: Option<String>,
    credit: Option<String>,
    part: Option<String>,
    flag: Option<String>,
    currency: Option<String>,
    own_account: Option<String>,
    account: Option<String>,
    creditor_id: Option<String>,
    mandate: Option<String>,
    status: Option<String>,
    kind: Option<String>,
    security: Option<String>,
    card: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Presets {
    preset: Vec<Preset>,
}

static PRESETS: LazyLock<Vec<Preset>> =
    LazyLock::new(|| toml::from_str::<Presets>(include_str!("presets.toml")).unwrap_or_default().preset);

/// A header's name as the words of the tables are written, and the currency that it gives.
pub(super) fn name_of(header: &str) -> (String, Option<String>) {
    let mut currency = None;
    let mut kept = Vec::new();
    let spaced: String = header.chars().map(|c| if is_in_word(c) { c } else { ' ' }).collect();
    for word in spaced.split_whitespace() {
        match code(word) {
            Some(code) if !kept.is_empty() => currency = Some(code),
            _ if matches!(word, "€" | "$" | "£") => {}
            _ => kept.push(words::folded(word)),
        }
    }
    if currency.is_some() && kept.last().is_some_and(|word| matches!(word.as_str(), "in" | "en")) {
        kept.pop();
    }
    (kept.join(" "), currency)
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '€' | '$' | '£')
}

/// A currency in a header: its sign, or a code of those that banks of the presets' languages keep accounts in.
pub(super) fn code(word: &str) -> Option<String> {
    const CODES: &[&str] = &[
        "EUR", "USD", "GBP", "CHF", "CZK", "PLN", "SEK", "NOK", "DKK", "HUF", "RON", "BGN", "ISK", "CAD", "AUD", "NZD",
        "SGD", "HKD", "JPY", "ZAR", "MXN", "BRL", "INR", "TRY", "AED", "MYR",
    ];
    match word {
        "€" | "EUROS" | "euros" | "EURO" | "euro" | "Euro" => Some("EUR".to_owned()),
        "£" => Some("GBP".to_owned()),
        word => CODES.contains(&word).then(|| word.to_owned()),
    }
}

/// What the columns mean, if these are the headers of a bank that is known.
pub(super) fn by_preset(headers: &[String]) -> Option<Mapping> {
    let names: Vec<String> = headers.iter().map(|header| name_of(header).0).collect();
    let at = |name: &String| names.iter().position(|header| header == name);
    let place = |name: &Option<String>| name.as_ref().and_then(at);
    let preset = PRESETS.iter().find(|preset| preset.headers.iter().all(|name| names.contains(name)))?;
    let amounts = match (place(&preset.amount), place(&preset.flag), place(&preset.debit), place(&preset.credit)) {
        (Some(amount), Some(flag), ..) => Some(Amounts::Flagged { amount, flag }),
        (Some(amount), ..) if preset.inverted => Some(Amounts::Inverted { amount }),
        (Some(amount), ..) => Some(Amounts::Signed { amount }),
        (None, _, Some(debit), Some(credit)) => Some(Amounts::Split { debit, credit }),
        _ => None,
    };
    Some(Mapping {
        bank: Some(preset.name.clone()),
        date: at(&preset.date),
        order: preset.order,
        payee: preset.payee.iter().filter_map(at).collect(),
        payer: place(&preset.payer),
        text: place(&preset.text),
        amounts,
        part: place(&preset.part),
        currency: place(&preset.currency),
        own_account: place(&preset.own_account),
        account: place(&preset.account),
        creditor_id: place(&preset.creditor_id),
        mandate: place(&preset.mandate),
        status: place(&preset.status),
        kind: place(&preset.kind),
        security: place(&preset.security),
        card: preset.card.iter().filter_map(at).collect(),
        ..Mapping::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_written_as_headers_are_read() {
        assert!(WORDS.len() > 250, "{}", WORDS.len());
        assert!(PRESETS.len() > 15);
        WORDS.keys().for_each(|word| assert_eq!(&name_of(word).0, word));
        // What may be either would make every booking a transfer between accounts of one's own.
        let either = |roles: &[(Role, usize)]| {
            [Role::OwnAccount, Role::Account].iter().all(|role| roles.iter().any(|(of, _)| of == role))
        };
        WORDS.iter().for_each(|(word, roles)| assert!(!either(roles), "{word}"));
        for preset in PRESETS.iter() {
            let columns =
                [&preset.amount, &preset.debit, &preset.credit, &preset.currency, &preset.status, &preset.flag];
            let named = columns.into_iter().flatten().chain(&preset.headers).chain(&preset.payee);
            named.for_each(|name| assert_eq!(&name_of(name).0, name, "{}", preset.name));
            assert!(preset.headers.contains(&preset.date), "{}", preset.name);
        }
    }

    #[test]
    fn a_currency_in_a_header_is_told_from_its_name() {
        for (header, name, currency) in [
            ("Amount (EUR)", "amount", Some("EUR")),
            ("Betrag (€)", "betrag", Some("EUR")),
            ("bedrag in EUR", "bedrag", Some("EUR")),
            ("Částka CZK", "castka", Some("CZK")),
            ("Withdrawals (SGD)", "withdrawals", Some("SGD")),
            ("Montant operation en euro", "montant operation", Some("EUR")),
            ("Zahlungspflichtige*r", "zahlungspflichtige r", None),
            ("Currency", "currency", None),
            ("Amount ($)", "amount", None),
        ] {
            assert_eq!(name_of(header), (name.to_owned(), currency.map(str::to_owned)), "{header}");
        }
    }
}
