//! Saying in a language what is to be said.

use super::Sheet;
use super::facts::{Changed, Facts, Matter, Purpose, Told};
use super::law::Law;
use super::phrases::{Phrases, fill};
use crate::delivery::channel::Text;
use crate::wire::event::FeedbackKind;

/// How far a list stands in.
const INDENT: &str = "    ";

/// Room for a signature.
const SIGNATURE: &str = "\n\n\n\n";

/// Writes it.
pub(super) fn write(facts: &Facts, phrases: &Phrases, law: Law, sheet: Sheet) -> Text {
    let writer = Writer { facts, phrases, law };
    let mut paragraphs = vec![phrases.greeting.to_owned(), writer.who()];
    match facts.matter {
        Matter::Correct => writer.correct(&mut paragraphs),
        Matter::Provide => writer.provide(&mut paragraphs),
        Matter::Renew => writer.renew(&mut paragraphs),
        Matter::Withdraw => writer.withdraw(&mut paragraphs),
        Matter::Say(_) => writer.say(&mut paragraphs),
    }
    paragraphs.push(writer.closing(sheet));
    Text { subject: writer.subject(), body: paragraphs.join("\n\n") }
}

struct Writer<'a> {
    facts: &'a Facts,
    phrases: &'a Phrases,
    law: Law,
}

impl Writer<'_> {
    fn subject(&self) -> String {
        let (facts, phrases) = (self.facts, self.phrases);
        let about = match facts.matter {
            Matter::Correct if facts.changed.is_empty() => phrases.about_change,
            Matter::Correct => phrases.about_correct,
            Matter::Provide => phrases.about_provide,
            Matter::Renew => phrases.about_renew,
            Matter::Withdraw => match (facts.by_contract, facts.gone.is_empty()) {
                (true, false) => phrases.about_end,
                (true, true) => phrases.about_stop_use,
                (false, false) => phrases.about_withdraw,
                (false, true) => phrases.about_stop,
            },
            Matter::Say(FeedbackKind::Need) => phrases.about_need,
            Matter::Say(FeedbackKind::Priority) => phrases.about_priority,
            Matter::Say(FeedbackKind::Praise) => phrases.about_praise,
            Matter::Say(FeedbackKind::Disappointment) => phrases.about_disappointment,
            Matter::Say(FeedbackKind::Suggestion) => phrases.about_suggestion,
            Matter::Say(FeedbackKind::Complaint) => phrases.about_complaint,
        };
        let cite = match facts.matter {
            Matter::Correct => self.cite(|cites| cites.correct),
            Matter::Withdraw if facts.gone.is_empty() => self.cite(|cites| cites.withdraw),
            Matter::Withdraw => self.erase(),
            _ => String::new(),
        };
        let reference = fill(phrases.reference, &[("reference", &facts.reference)]);
        fill(about, &[("cite", &cite)]) + &reference
    }

    /// A law's provision in brackets, or nothing.
    fn cite(&self, which: impl Fn(&super::law::Cites) -> Option<&'static str>) -> String {
        let cite = self.law.cites(&self.phrases.cites).and_then(which);
        cite.map(|cite| format!(" ({cite})")).unwrap_or_default()
    }

    fn erase(&self) -> String {
        self.cite(|cites| if self.facts.by_contract { cites.erase_unneeded } else { cites.erase_withdrawn })
    }

    fn who(&self) -> String {
        let mut list: Vec<String> = self.facts.identity.iter().map(|told| self.told(told)).collect();
        list.extend(self.facts.account.as_ref().map(|account| self.item(self.phrases.account, account)));
        let vendor = [("vendor", self.facts.vendor.as_str())];
        match list.is_empty() {
            true => fill(self.phrases.who_bare, &vendor),
            false => self.list(&fill(self.phrases.who, &vendor), list),
        }
    }

    fn correct(&self, paragraphs: &mut Vec<String>) {
        let (facts, phrases) = (self.facts, self.phrases);
        self.changes(paragraphs);
        self.told_list(paragraphs, phrases.add, &facts.new);
        self.told_list(paragraphs, &fill(phrases.take_out, &[("cite", &self.erase())]), &facts.gone);
        self.told_list(paragraphs, phrases.same, &facts.same);
        paragraphs.push(self.confirm(phrases.confirm_done));
    }

    /// What is another value now, and that others are to hear of it.
    fn changes(&self, paragraphs: &mut Vec<String>) {
        let (facts, phrases) = (self.facts, self.phrases);
        if facts.changed.is_empty() {
            return;
        }
        let sentence = fill(phrases.correct, &[("cite", &self.cite(|cites| cites.correct))]);
        paragraphs.push(self.list(&sentence, facts.changed.iter().map(|changed| self.changed(changed))));
        let cite = self.cite(|cites| cites.tell_correction);
        paragraphs.push(fill(phrases.tell_correction, &[("cite", &cite)]));
    }

    fn provide(&self, paragraphs: &mut Vec<String>) {
        let (facts, phrases) = (self.facts, self.phrases);
        let sentence = match facts.by_contract {
            true => phrases.provide_by_contract,
            false => phrases.provide_by_consent,
        };
        let now = facts.changed.iter().map(|changed| self.item(phrases.claim(&changed.claim), &changed.now));
        let told = facts.new.iter().chain(&facts.same).map(|told| self.told(told)).chain(now);
        paragraphs.push(self.list(&fill(sentence, &[("purpose", &self.purpose())]), told));
        paragraphs.push(self.terms());
        self.changes(paragraphs);
        paragraphs.push(self.ask(phrases.confirm_recorded, String::new()));
    }

    /// Until when, and who else.
    fn terms(&self) -> String {
        let (facts, phrases) = (self.facts, self.phrases);
        let day = |sentence: &str, date: Option<jiff::civil::Date>| {
            date.map(|date| fill(sentence, &[("date", &phrases.day(date))]))
        };
        let others = match facts.recipients.as_slice() {
            [] => phrases.to_nobody.to_owned(),
            some => fill(phrases.to_these, &[("recipients", &some.join(", "))]),
        };
        let terms = [day(phrases.until, facts.ends), day(phrases.keep, facts.kept_until), Some(others)];
        terms.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn renew(&self, paragraphs: &mut Vec<String>) {
        let until = self.facts.ends.map(|date| self.phrases.day(date)).unwrap_or_default();
        paragraphs.push(fill(self.phrases.renew, &[("purpose", &self.purpose()), ("date", &until)]));
        paragraphs.push(self.ask(self.phrases.confirm_recorded, String::new()));
    }

    fn withdraw(&self, paragraphs: &mut Vec<String>) {
        let (facts, phrases) = (self.facts, self.phrases);
        let since = phrases.day(facts.sent);
        let (sentence, cite) = match facts.by_contract {
            true => (phrases.end, String::new()),
            false => (phrases.withdraw, self.cite(|cites| cites.withdraw)),
        };
        paragraphs.push(fill(sentence, &[("purpose", &self.purpose()), ("date", &since), ("cite", &cite)]));
        if facts.gone.is_empty() {
            paragraphs.push(phrases.still_lent.to_owned());
            paragraphs.push(self.confirm(phrases.confirm_stopped));
            return;
        }
        self.told_list(paragraphs, &fill(phrases.erase, &[("cite", &self.erase())]), &facts.gone);
        let cite = self.cite(|cites| cites.tell_erasure);
        paragraphs.push(fill(phrases.tell_erasure, &[("cite", &cite)]) + " " + phrases.if_kept);
        paragraphs.push(self.confirm(phrases.confirm_erased));
    }

    fn say(&self, paragraphs: &mut Vec<String>) {
        let (facts, phrases) = (self.facts, self.phrases);
        paragraphs.push(facts.words.join("\n"));
        paragraphs.extend(facts.outcome.as_ref().map(|outcome| fill(phrases.outcome, &[("outcome", outcome)])));
        let by = facts.respond_by.map(|date| fill(phrases.answer_by, &[("date", &phrases.day(date))]));
        paragraphs.extend(by);
    }

    fn closing(&self, sheet: Sheet) -> String {
        let name = self.facts.name.as_deref().unwrap_or_default();
        let room = if sheet == Sheet::Paper { SIGNATURE } else { "\n" };
        let closing = format!("{}{room}{name}", self.phrases.closing);
        // On paper the room stays where there is no name below it: it is signed by hand all the same.
        if sheet == Sheet::Paper { closing } else { closing.trim_end().to_owned() }
    }

    /// Asks for an answer in the time that the law gives.
    fn confirm(&self, sentence: &str) -> String {
        self.ask(sentence, self.cite(|cites| cites.answer))
    }

    fn ask(&self, sentence: &str, cite: String) -> String {
        let by = self.phrases.day(self.law.answer_by(self.facts.sent));
        fill(sentence, &[("date", &by), ("cite", &cite)])
    }

    fn purpose(&self) -> String {
        let words = |purpose: &Purpose| match purpose {
            Purpose::Words(words) => words.clone(),
            Purpose::Term(term) => self.phrases.purpose(term),
        };
        self.facts.purposes.iter().map(words).collect::<Vec<_>>().join("; ")
    }

    fn told_list(&self, paragraphs: &mut Vec<String>, sentence: &str, told: &[Told]) {
        if !told.is_empty() {
            paragraphs.push(self.list(sentence, told.iter().map(|told| self.told(told))));
        }
    }

    fn list(&self, sentence: &str, items: impl IntoIterator<Item = String>) -> String {
        items.into_iter().fold(format!("{sentence}\n"), |text, item| format!("{text}\n{INDENT}{item}"))
    }

    fn told(&self, told: &Told) -> String {
        self.item(self.phrases.claim(&told.claim), &told.value)
    }

    fn changed(&self, changed: &Changed) -> String {
        let line = |label, value: &str| format!("\n{INDENT}{INDENT}{}", self.item(label, value));
        let (old, new) = (line(self.phrases.old, &changed.before), line(self.phrases.new, &changed.now));
        format!("{}{old}{new}", self.phrases.claim(&changed.claim))
    }

    fn item(&self, label: &str, value: &str) -> String {
        fill(self.phrases.item, &[("label", label), ("value", value)])
    }
}
