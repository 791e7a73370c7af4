//! Which bookings are no payments to or from a vendor, and why: by what the bank says they are, else by their words.
//!
//! A rule that is too greedy loses a vendor without a trace but a count, so that words count only where nobody's name
//! could be: at the beginning, or as the whole text, unless they say it all.

mod rules;
mod types;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::plain;
use rules::{At, For, RULES};
use types::{NOT_BOOKED, TYPES};

/// Why a booking is none of a vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Apart {
    /// Cash at a machine or a counter.
    Cash,
    /// A charge, interest or tax of the bank itself.
    Bank,
    /// From one account of mine to another.
    OwnTransfer,
    /// Pay: who employs me is no vendor of mine.
    Salary,
    /// Not booked yet, or never: pending, refused, taken back before it was booked, or of a day that is still to come.
    NotBooked,
    /// A batch, whose payments stand below it one by one.
    Batch,
    /// Securities that were bought, sold or held.
    Security,
    /// Nothing in it says who it was.
    Unnamed,
}

impl Apart {
    /// The reason, for the user.
    pub fn why(self) -> &'static str {
        match self {
            Apart::Cash => "cash, which no vendor is named with",
            Apart::Bank => "a charge or interest of the bank itself",
            Apart::OwnTransfer => "a transfer between accounts of your own",
            Apart::Salary => "pay from an employer",
            Apart::NotBooked => "not booked: pending, refused, of a day to come, or of no amount",
            Apart::Batch => "a batch: its payments stand below it",
            Apart::Security => "securities bought, sold or held: no payment",
            Apart::Unnamed => "it names nobody",
        }
    }
}

impl Apart {
    /// Whether it may be told by the text beside a payee's name, which is the payer's own in part.
    pub(super) fn counts_beside_a_name(self) -> bool {
        matches!(self, Apart::Cash | Apart::OwnTransfer | Apart::Salary)
    }
}

/// Which booking a text speaks of, if it is none of a vendor's. `incoming` says whether the money came in, where that is
/// known.
pub(super) fn by_words(text: &str, incoming: Option<bool>) -> Option<Apart> {
    let plain = plain(text);
    if plain.chars().all(|c| !c.is_alphabetic()) {
        return Some(Apart::Unnamed);
    }
    let starts = std::iter::once(0).chain(plain.match_indices(' ').map(|(at, _)| at + 1));
    let fitting = starts.flat_map(|start| {
        let (rest, plain) = (&plain[start..], &plain);
        let first = rest.split(' ').next().unwrap_or_default();
        let fits = move |(rule, words): &&(usize, &str)| {
            let (_, at, side, _) = &RULES[*rule];
            let counts = *side == For::Both || incoming == Some(true);
            counts
                && match at {
                    At::Whole => plain == words,
                    At::Start => start == 0 && begins(rest, words),
                    At::Within => begins(rest, words),
                }
        };
        BY_FIRST_WORD.get(first).into_iter().flatten().filter(fits).map(|(rule, _)| *rule)
    });
    fitting.min().map(|rule| RULES[rule].0)
}

/// The words of the rules by the first of them, each with its rule: a statement asks for each of its texts.
static BY_FIRST_WORD: LazyLock<HashMap<&str, Vec<(usize, &str)>>> = LazyLock::new(|| {
    let mut by_first: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
    for (rule, (_, _, _, all)) in RULES.iter().enumerate() {
        for words in *all {
            by_first.entry(words.split(' ').next().unwrap_or_default()).or_default().push((rule, words));
        }
    }
    by_first
});

/// Whether a text begins with these words, whole.
fn begins(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Which booking a column of types speaks of, if it is none of a vendor's.
pub(super) fn by_type(text: &str, incoming: Option<bool>) -> Option<Apart> {
    let plain = plain(text);
    let counts = |apart: Apart| apart != Apart::Salary || incoming == Some(true);
    let named = TYPES.iter().find(|(apart, words)| counts(*apart) && words.contains(&plain.as_str()));
    named.map(|(apart, _)| *apart).or_else(|| by_words(text, incoming).filter(|apart| *apart != Apart::Unnamed))
}

/// Whether a status, or what stands in a date's place, says that it is not booked.
pub(super) fn is_not_booked(text: &str) -> bool {
    !text.is_empty() && NOT_BOOKED.contains(&plain(text).as_str())
}

/// Whether a text is about what was on the account, and no booking.
pub(super) fn is_balance(text: &str) -> bool {
    const BALANCES: [&str; 9] = [
        "kontostand",
        "beginning balance",
        "ending balance",
        "opening balance",
        "closing balance",
        "alter kontostand",
        "neuer kontostand",
        "anfangssaldo",
        "endsaldo",
    ];
    let plain = plain(text);
    BALANCES.iter().any(|words| plain.starts_with(words))
}

/// What marks the direction of an unsigned amount, as [`plain`] gives it: `Some(true)` for money that came in.
pub(super) fn direction(text: &str) -> Option<bool> {
    const IN: &[&str] = &["c", "cr", "crdt", "credit", "h", "haben", "bij", "i", "in", "credito", "haber", "kredit"];
    const OUT: &[&str] = &["d", "dr", "dbit", "debit", "debet", "s", "soll", "af", "o", "out", "debito", "debe"];
    let plain = plain(text);
    let (incoming, outgoing) = (IN.contains(&plain.as_str()), OUT.contains(&plain.as_str()));
    match text.trim() {
        "+" => Some(true),
        "-" => Some(false),
        _ => (incoming || outgoing).then_some(incoming),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_vendors() {
        for (text, expected) in [
            ("CASH WITHDRAWAL  ATM 66-6666 OCBC", Apart::Cash),
            ("ATM08SEP      ", Apart::Cash),
            ("ATMD 22 SEP", Apart::Cash),
            ("BANKOMAT  02950284 K2   21.09. 11:50", Apart::Cash),
            ("Retrait DAB 12/03 PARIS", Apart::Cash),
            ("CCY CONVERSION FEE   FOR: 6.66 SGD", Apart::Bank),
            ("Entgelt Kontoführung", Apart::Bank),
            ("0,0625 % p.a. Habenzinsen    ab 01.07.17", Apart::Bank),
            ("RETURNED CHECK FEE, CHECK # 319", Apart::Bank),
            ("TRANSFERRED FROM     VS X10-08144", Apart::OwnTransfer),
            ("PAYMENT RECEIVED - THANK YOU", Apart::OwnTransfer),
            ("INTERNET-Überweisung ", Apart::Unnamed),
            ("Check Paid #0000001001", Apart::Unnamed),
            ("CBA:Transfer", Apart::Unnamed),
            ("0123 4567", Apart::Unnamed),
            ("", Apart::Unnamed),
        ] {
            assert_eq!(by_words(text, Some(false)), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_vendor_that_has_such_a_word_in_its_name_stays() {
        for text in [
            "ATM MILANO",
            "Bankomatic GmbH",
            "SERVICE GmbH",
            "Check24 GmbH",
            "Payment Sense Ltd",
            "INTERNET-Überweisung acodemy GmbH",
            "The Interest Group",
            "Lohnsteuerhilfe e.V.",
            "Carte Noire",
            "Western Union transfer",
            "CHECK INTO CASH",
            "GEA Group AG",
            "Cashback World",
        ] {
            assert_eq!(by_words(text, Some(false)), None, "{text}");
        }
    }

    #[test]
    fn pay_is_pay_only_when_it_comes_in() {
        assert_eq!(by_words("SALARY NOV ACME LTD", Some(true)), Some(Apart::Salary));
        assert_eq!(by_words("Lohn/Gehalt 11/24", Some(true)), Some(Apart::Salary));
        assert_eq!(by_words("SALARY NOV ACME LTD", Some(false)), None);
        assert_eq!(by_words("SALARY NOV ACME LTD", None), None);
    }

    #[test]
    fn rules_are_written_as_texts_are_read() {
        for (_, _, _, words) in RULES {
            words.iter().for_each(|words| assert_eq!(plain(&words.replace('#', "1")), *words));
        }
    }
}
