//! Payments by payee: a statement of years has some hundred of them, however many lines it has.

use std::collections::HashMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::day::{self, When};
use super::words::{compact, ending, folded};
use crate::import::evidence::{Details, Evidence, Kind, Place};
use crate::import::payee::{is_collected, without_order};

/// The most other names that one creditor is remembered by.
const OTHER_NAMES: usize = 3;

/// The most currencies that one payee is added up in.
const CURRENCIES: usize = 16;

/// One payment, as a reader found it; its texts are scrubbed.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    /// The line of the file.
    pub line: u64,
    /// When it was booked.
    pub when: When,
    /// The payee as the file has it, or the payer of what came in.
    pub name: String,
    /// Positive where the money came in.
    pub amount: Option<Decimal>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Who was paid in the end, where `name` only took the money for it; or the other way round.
    pub through: Option<String>,
    /// Creditor identifier of a SEPA direct debit (EPC262-08).
    pub creditor_id: Option<String>,
    /// Mandate reference of a SEPA direct debit.
    pub mandate: Option<String>,
    /// The payee's account.
    pub account: Option<String>,
}

/// The days of a payee's payments, and the last amount.
#[derive(Debug, Clone, Copy)]
struct Days {
    first: Date,
    last: Date,
    amount: Option<Decimal>,
}

impl Days {
    fn add(days: &mut Option<Self>, on: Date, amount: Option<Decimal>) {
        match days {
            None => *days = Some(Self { first: on, last: on, amount }),
            Some(days) => {
                days.first = days.first.min(on);
                if on >= days.last {
                    (days.last, days.amount) = (on, amount);
                }
            }
        }
    }
}

#[derive(Debug)]
struct Payee {
    payment: Payment,
    other_names: Vec<String>,
    count: u64,
    incoming: u64,
    /// If days come first in the file, and if months do.
    days: [Option<Days>; 2],
    /// By currency: mostly one.
    totals: Vec<(Option<String>, Decimal)>,
}

/// All payees of a statement, in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Tally {
    payees: Vec<Payee>,
    by_key: HashMap<String, usize>,
}

impl Tally {
    /// Counts one payment in.
    pub(super) fn add(&mut self, payment: Payment) {
        let key = key(&payment);
        let at = *self.by_key.entry(key).or_insert(self.payees.len());
        match self.payees.get_mut(at) {
            Some(payee) => payee.add(payment),
            None => self.payees.push(Payee::new(payment)),
        }
    }

    /// The evidence: one piece a payee.
    pub(super) fn evidence(self, month_first: bool) -> impl Iterator<Item = Told> {
        let mut keys: Vec<String> = vec![String::new(); self.payees.len()];
        for (key, at) in self.by_key {
            keys[at] = key;
        }
        self.payees.into_iter().zip(keys).map(move |(payee, key)| payee.evidence(key, month_first))
    }
}

/// What is told of a payee.
pub(super) struct Told {
    pub(super) evidence: Evidence,
    /// Its account in full, which stays in memory.
    pub(super) account: Option<String>,
    /// How many bookings are about it.
    pub(super) count: u64,
}

impl Payee {
    fn new(payment: Payment) -> Self {
        let mut payee =
            Self { payment, other_names: Vec::new(), count: 0, incoming: 0, days: [None; 2], totals: Vec::new() };
        payee.count(payee.payment.when, payee.payment.amount, payee.payment.currency.clone());
        payee
    }

    fn count(&mut self, when: When, amount: Option<Decimal>, currency: Option<String>) {
        let (day_first, month_first) = match when {
            When::Day(day) => (day, day),
            When::Either(a, b) => (a, b),
        };
        Days::add(&mut self.days[0], day_first, amount);
        Days::add(&mut self.days[1], month_first, amount);
        self.count += 1;
        let Some(amount) = amount else { return };
        self.incoming += u64::from(amount.is_sign_positive());
        if let Some((_, total)) = self.totals.iter_mut().find(|(known, _)| *known == currency) {
            // What is too large to add up is left as it was: no statement has such sums.
            *total = total.checked_add(amount).unwrap_or(*total);
        } else if self.totals.len() < CURRENCIES {
            self.totals.push((currency, amount));
        }
    }

    fn add(&mut self, payment: Payment) {
        self.count(payment.when, payment.amount, payment.currency);
        let is_new = payment.name != self.payment.name && !self.other_names.contains(&payment.name);
        if is_new && self.other_names.len() < OTHER_NAMES {
            self.other_names.push(payment.name);
        }
        let known = &mut self.payment;
        known.mandate = payment.mandate.or(known.mandate.take());
        known.account = payment.account.or(known.account.take());
        known.through = payment.through.or(known.through.take());
    }

    fn evidence(self, key: String, month_first: bool) -> Told {
        let days = self.days[usize::from(month_first)];
        let account = self.payment.account.clone();
        let (details, count) = (Details::of(&self.details(days)), self.count);
        let evidence = Evidence {
            kind: Kind::Payment,
            host: None,
            account: self.payment.mandate.or(self.payment.creditor_id),
            name: Some(self.payment.name),
            claims: Vec::new(),
            first_seen: days.and_then(|days| day::timestamp(days.first)),
            last_seen: days.and_then(|days| day::timestamp(days.last)),
            key,
            place: Place::Line(self.payment.line),
            details,
        };
        Told { evidence, account, count }
    }

    fn details(&self, days: Option<Days>) -> Map<String, Value> {
        let mut details = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                details.insert(name.to_owned(), value);
            }
        };
        put("count", Some(json!(self.count)));
        put("incoming", (self.incoming > 0).then(|| json!(self.incoming)));
        put("amount", days.and_then(|days| days.amount).map(|amount| json!(amount.to_string())));
        match self.totals.as_slice() {
            [] => {}
            [(currency, total)] => {
                put("currency", currency.as_ref().map(|currency| json!(currency)));
                put("total", Some(json!(total.to_string())));
            }
            totals => {
                let name = |currency: &Option<String>| currency.clone().unwrap_or_else(|| "unknown".to_owned());
                let totals = totals.iter().map(|(currency, total)| (name(currency), json!(total.to_string())));
                put("totals", Some(Value::Object(totals.collect())));
            }
        }
        put("creditor_id", self.payment.creditor_id.as_ref().map(|id| json!(id)));
        put("mandate", self.payment.mandate.as_ref().map(|mandate| json!(mandate)));
        put("iban", self.payment.account.as_ref().map(|account| json!(ending(account))));
        put("through", self.payment.through.as_ref().map(|name| json!(name)));
        put("other_names", (!self.other_names.is_empty()).then(|| json!(self.other_names)));
        details
    }
}

/// What makes a payee the same in each statement: its creditor identifier, else its text without what changes from line
/// to line.
fn key(payment: &Payment) -> String {
    match &payment.creditor_id {
        // Who collects for others has one identifier for all of them.
        Some(id) if payment.through.is_some() || is_collected(&payment.name) => {
            format!("creditor:{} {}", compact(id), stable(&payment.name))
        }
        Some(id) => format!("creditor:{}", compact(id)),
        None => format!("payee:{}", stable(without_order(&payment.name))),
    }
}

/// A payee's text without dates, times and long numbers, and without differences of case, accents and white space.
fn stable(name: &str) -> String {
    let folded = folded(name);
    let changes = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let only = word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ':' | '/' | '-' | '#'));
        // A booking's own number: `S304014123456789`, eight digits or more behind two letters at most.
        let reference =
            digits >= 8 && word.len() <= digits + 2 && word.bytes().last().is_some_and(|b| b.is_ascii_digit());
        reference || only && (digits >= 4 || digits > 0 && word.contains(['.', ',', ':', '/', '#']))
    };
    let kept: Vec<&str> = folded.split_whitespace().filter(|word| !changes(word)).collect();
    match kept.is_empty() {
        true => folded.split_whitespace().collect::<Vec<_>>().join(" "),
        false => kept.join(" "),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::import::bank) fn payment(name: &str, day: &str, amount: &str) -> Payment {
        Payment {
            line: 1,
            when: When::Day(day.parse().unwrap()),
            name: name.to_owned(),
            amount: super::super::amount::parse(amount, None),
            currency: Some("EUR".to_owned()),
            through: None,
            creditor_id: None,
            mandate: None,
            account: None,
        }
    }

    #[test]
    fn one_payee_is_one_piece_of_evidence() {
        let mut tally = Tally::default();
        tally.add(payment("NETFLIX.COM  866-579-7172", "2024-02-01", "-9.99"));
        tally.add(payment("Netflix.com 866-579-7172", "2024-03-01", "-11.99"));
        tally.add(payment("Spotify", "2024-01-01", "-5"));
        tally.add(payment("NETFLIX.COM 0234", "2024-01-01", "9.99"));
        let all: Vec<Evidence> = tally.evidence(false).map(|told| told.evidence).collect();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].key, "payee:netflix.com");
        assert_eq!(all[0].name.as_deref(), Some("NETFLIX.COM  866-579-7172"));
        assert_eq!(all[0].first_seen, Some("2024-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(all[0].last_seen, Some("2024-03-01T00:00:00Z".parse().unwrap()));
        let expected = json!({"count": 3, "incoming": 1, "amount": "-11.99", "currency": "EUR", "total": "-11.99"});
        let Value::Object(mut details) = all[0].details.value() else { panic!("an object") };
        assert_eq!(details.remove("other_names").unwrap().as_array().unwrap().len(), 2);
        assert_eq!(Value::Object(details), expected);
    }

    #[test]
    fn a_creditor_is_the_same_under_every_name() {
        let mut tally = Tally::default();
        let debit = |name: &str, mandate: &str| Payment {
            creditor_id: Some("DE98 ZZZ 09999999999".to_owned()),
            mandate: Some(mandate.to_owned()),
            account: Some("NL56AGDH9619008421".to_owned()),
            ..payment(name, "2024-01-01", "-1")
        };
        tally.add(debit("Acme", "M-1"));
        tally.add(debit("ACME Energy", "M-2"));
        let Told { evidence, account, .. } = tally.evidence(false).next().unwrap();
        assert_eq!(evidence.key, "creditor:DE98ZZZ09999999999");
        assert_eq!(evidence.account.as_deref(), Some("M-2"));
        assert_eq!(evidence.details.value()["iban"], "…8421");
        assert_eq!(account.as_deref(), Some("NL56AGDH9619008421"));
        assert!(!format!("{evidence:?}").contains("AGDH"));
    }

    #[test]
    fn numbers_that_belong_to_a_name_stay_in_its_key() {
        for (name, expected) in [
            ("7 ELEVEN", "7 eleven"),
            ("Radio 1", "radio 1"),
            ("HOFER DANKT  0527  K2   18.09. 17:20", "hofer dankt k2"),
            ("1&1 Internet", "1&1 internet"),
            ("0800 123", "123"),
            ("12345", "12345"),
            ("McDonald's #112", "mcdonald's"),
            ("Spotify USA New York NY S304014123456789 CARD 1234", "spotify usa new york ny card"),
        ] {
            assert_eq!(stable(name), expected);
        }
    }

    #[test]
    fn days_are_kept_in_both_readings() {
        let mut tally = Tally::default();
        let either = When::Either("2024-02-01".parse().unwrap(), "2024-01-02".parse().unwrap());
        tally.add(Payment { when: either, ..payment("A", "2024-01-01", "1") });
        let evidence = tally.evidence(true).next().unwrap().evidence;
        assert_eq!(evidence.last_seen, Some("2024-01-02T00:00:00Z".parse().unwrap()));
    }
}
