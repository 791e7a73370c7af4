//! What a language is made of here: sentences with gaps. The gaps are in braces; what fills them is never looked at again.

use jiff::civil::Date;

use super::law::Cites;

/// The sentences of a language.
#[derive(Debug)]
pub(super) struct Phrases {
    /// The language, as it calls itself.
    pub(super) name: &'static str,
    pub(super) months: [&'static str; 12],
    /// `{day}`, `{month}`, `{year}`.
    pub(super) date: &'static str,
    /// The first of a month, where it is not the number.
    pub(super) first: &'static str,
    /// Claims by their OpenID names.
    pub(super) claims: &'static [(&'static str, &'static str)],
    /// Common purposes, by their terms in DPV.
    pub(super) purposes: &'static [(&'static str, &'static str)],
    /// A purpose that has no name here: `{term}`.
    pub(super) purpose: &'static str,
    /// What something is called: `{label}`, `{value}`.
    pub(super) item: &'static str,
    pub(super) account: &'static str,
    pub(super) old: &'static str,
    pub(super) new: &'static str,

    /// Subjects. What stands in brackets is a law's.
    pub(super) about_correct: &'static str,
    pub(super) about_change: &'static str,
    pub(super) about_provide: &'static str,
    pub(super) about_renew: &'static str,
    pub(super) about_withdraw: &'static str,
    pub(super) about_end: &'static str,
    /// The same where nothing is to be erased.
    pub(super) about_stop: &'static str,
    pub(super) about_stop_use: &'static str,
    pub(super) about_need: &'static str,
    pub(super) about_priority: &'static str,
    pub(super) about_praise: &'static str,
    pub(super) about_disappointment: &'static str,
    pub(super) about_suggestion: &'static str,
    pub(super) about_complaint: &'static str,
    /// `{reference}`.
    pub(super) reference: &'static str,

    pub(super) greeting: &'static str,
    /// `{vendor}`; the list of what the vendor knows them by follows.
    pub(super) who: &'static str,
    /// The same where it knows them by nothing.
    pub(super) who_bare: &'static str,
    /// The lists follow. `{cite}`: a law's, in brackets and with a blank before it, or nothing.
    pub(super) correct: &'static str,
    pub(super) add: &'static str,
    pub(super) same: &'static str,
    pub(super) take_out: &'static str,
    pub(super) tell_correction: &'static str,
    /// `{purpose}`.
    pub(super) provide_by_consent: &'static str,
    pub(super) provide_by_contract: &'static str,
    /// `{date}`.
    pub(super) until: &'static str,
    pub(super) keep: &'static str,
    pub(super) to_nobody: &'static str,
    /// `{recipients}`.
    pub(super) to_these: &'static str,
    /// `{purpose}`, `{date}`.
    pub(super) renew: &'static str,
    /// `{purpose}`, `{date}`, `{cite}`.
    pub(super) withdraw: &'static str,
    pub(super) end: &'static str,
    pub(super) erase: &'static str,
    pub(super) still_lent: &'static str,
    pub(super) tell_erasure: &'static str,
    pub(super) if_kept: &'static str,
    /// `{date}`, `{cite}`.
    pub(super) confirm_done: &'static str,
    pub(super) confirm_recorded: &'static str,
    pub(super) confirm_erased: &'static str,
    pub(super) confirm_stopped: &'static str,
    /// `{outcome}`.
    pub(super) outcome: &'static str,
    /// `{date}`.
    pub(super) answer_by: &'static str,
    pub(super) closing: &'static str,
    /// By [`super::law::Law::cites`].
    pub(super) cites: [Cites; 4],
}

impl Phrases {
    /// A day, as the language writes it.
    pub(super) fn day(&self, date: Date) -> String {
        let day = if date.day() == 1 { self.first.to_owned() } else { date.day().to_string() };
        let month = self.months[usize::from(date.month().unsigned_abs()) - 1];
        fill(self.date, &[("day", &day), ("month", month), ("year", &date.year().to_string())])
    }

    /// What a claim is called.
    pub(super) fn claim<'a>(&self, name: &'a str) -> &'a str {
        self.claims.iter().find(|(claim, _)| *claim == name).map_or(name, |(_, label)| label)
    }

    /// What a purpose of the vocabulary is called: where it has no name in this language, its term, which is English, apart
    /// into words.
    pub(super) fn purpose(&self, term: &str) -> String {
        match self.purposes.iter().find(|(name, _)| *name == term) {
            Some((_, label)) => (*label).to_owned(),
            None => fill(self.purpose, &[("term", &in_lower_case(term))]),
        }
    }
}

/// `DeliveryOfGoods` as people read it.
fn in_lower_case(term: &str) -> String {
    let mut words = String::new();
    for c in term.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// Fills the gaps of a sentence, in one go: what fills a gap may look like one.
pub(super) fn fill(sentence: &str, with: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((gap, after)) = after.split_once('}') else { break };
        filled.push_str(with.iter().find(|(name, _)| *name == gap).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_gap_is_not_taken_for_one() {
        assert_eq!(fill("{a} and {b}.", &[("a", "{b}"), ("b", "2")]), "{b} and 2.");
        assert_eq!(fill("nothing", &[]), "nothing");
    }

    #[test]
    fn a_term_of_the_vocabulary_is_taken_apart() {
        assert_eq!(in_lower_case("DeliveryOfGoods"), "delivery of goods");
    }
}
