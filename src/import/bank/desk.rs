//! The desk that every reader hands its bookings to: what is no vendor's is passed over, what is a payment is counted in.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::apart::{self, Apart};
use super::source::Source;
use super::tally::{Payment, Tally, Told};
use super::words::{compact, scrub};
use super::{Summary, words};
use crate::error::{Error, Result};
use crate::import::evidence::{Place, Secret, Sink};
use crate::import::payee;

/// Days by which a booking may be ahead of today: what is booked on a weekend has the date of the next working day.
const AHEAD: i64 = 7;

/// Bookings between two words to the sink about how far it got.
const STEP: u64 = 500;

pub(super) struct Desk<'a> {
    sink: &'a mut dyn Sink,
    tally: Tally,
    /// Accounts of the user's own, as [`compact`] gives them: to compare with, until the statement is read.
    own: HashSet<String>,
    /// Names of the user's own, likewise.
    owners: HashSet<String>,
    /// The last day that a booking may have.
    last_day: Date,
    bookings: u64,
    first_bad: Option<String>,
    pub(super) month_first: bool,
    pub(super) summary: Summary,
}

impl<'a> Desk<'a> {
    pub(super) fn new(sink: &'a mut dyn Sink) -> Self {
        Self {
            sink,
            tally: Tally::default(),
            own: HashSet::new(),
            owners: HashSet::new(),
            last_day: Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_add(AHEAD.days()),
            bookings: 0,
            first_bad: None,
            month_first: false,
            summary: Summary::default(),
        }
    }

    /// An account of the user's own.
    pub(super) fn own_account(&mut self, number: &str) {
        let number = compact(number);
        if number.len() >= 4 {
            self.own.insert(number);
        }
    }

    /// Whether an account is one of the user's own, as far as the statement has named them.
    pub(super) fn is_own(&self, number: &str) -> bool {
        self.own.contains(&compact(number))
    }

    /// The name of who holds the account.
    pub(super) fn owner(&mut self, name: &str) {
        let name = words::plain(name);
        if !name.is_empty() {
            self.owners.insert(name);
        }
    }

    /// Whether this is the name of who holds the account.
    pub(super) fn is_owner(&self, name: &str) -> bool {
        !self.owners.is_empty() && self.owners.contains(&words::plain(name))
    }

    /// A text without card numbers, which are counted, and with account numbers masked.
    pub(super) fn scrubbed(&mut self, text: &str) -> String {
        let (text, cards) = scrub(text);
        (0..cards).for_each(|_| self.sink.dropped(Secret::Card));
        text
    }

    /// The first of these texts that names somebody, scrubbed; else the first that says anything. Banks put words such as
    /// "direct debit" into the field for a name, and the name into the one for the purpose.
    pub(super) fn name_of(&mut self, texts: &[&str]) -> String {
        let mut first = None;
        for text in texts {
            let text = self.scrubbed(text);
            let is_unnamed = || apart::by_words(&text, None) == Some(Apart::Unnamed) || payee::is_how(&text);
            if text.is_empty() || is_unnamed() {
                first = first.or(Some(text).filter(|text| !text.is_empty()));
                continue;
            }
            return text;
        }
        first.unwrap_or_default()
    }

    /// A reference, unless a card's number is in it. It may look like an account's number, and is none.
    pub(super) fn scrubbed_reference(&mut self, text: &str) -> String {
        match scrub(text) {
            (_, 0) => words::tidy(text),
            _ => self.scrubbed(text),
        }
    }

    /// A card's number stood in a place of its own.
    pub(super) fn dropped_card(&mut self) {
        self.sink.dropped(Secret::Card);
    }

    /// A booking: `apart` is what the bank says it is, if not a payment, and `more` what else it says in words. Its name
    /// is scrubbed already.
    pub(super) fn booking(&mut self, mut payment: Payment, apart: Option<Apart>, more: &str) -> Result<()> {
        if payment.through.is_none()
            && let Some(shop) = payee::bought_at(&payment.name, more)
        {
            let shop = self.scrubbed(shop);
            payment.through = Some(std::mem::replace(&mut payment.name, shop));
        }
        let incoming = payment.amount.map(|amount| amount.is_sign_positive());
        // A shop asks whether a card is good.
        let is_nothing = payment.amount.is_some_and(|amount| amount.is_zero());
        let is_to_come = payment.when.earliest() > self.last_day;
        let apart = apart
            .or_else(|| (is_to_come || is_nothing).then_some(Apart::NotBooked))
            .or_else(|| {
                payment.account.as_ref().is_some_and(|account| self.is_own(account)).then_some(Apart::OwnTransfer)
            })
            .or_else(|| self.is_owner(&payment.name).then_some(Apart::OwnTransfer))
            .or_else(|| apart::by_words(&payment.name, incoming))
            .or_else(|| apart::by_words(more, incoming).filter(|apart| apart.counts_beside_a_name()));
        match apart {
            Some(apart) => self.apart(payment.line, apart),
            None => {
                self.summary.payments += 1;
                self.tally.add(payment);
                Ok(())
            }
        }
    }

    /// A booking that is none of a vendor's.
    pub(super) fn apart(&mut self, line: u64, apart: Apart) -> Result<()> {
        *self.summary.apart.entry(apart).or_default() += 1;
        self.sink.passed_over(Place::Line(line), apart.why())
    }

    /// A line that could not be read.
    pub(super) fn bad(&mut self, line: u64, why: &str) -> Result<()> {
        self.summary.skipped += 1;
        self.first_bad.get_or_insert_with(|| format!("line {line}: {why}"));
        self.sink.skipped(Place::Line(line), why)
    }

    /// What the user should know of the file; the same is said once.
    pub(super) fn remark(&mut self, remark: &str) {
        let remark = words::tidy(remark);
        if self.summary.remarks.len() < 16 && !self.summary.remarks.contains(&remark) {
            self.summary.remarks.push(remark);
        }
    }

    /// Says now and then how far the reading got.
    pub(super) fn step(&mut self, source: &Source) -> Result<()> {
        self.bookings += 1;
        if self.bookings.is_multiple_of(STEP) { self.at(source) } else { Ok(()) }
    }

    /// Says how far the reading got.
    pub(super) fn at(&mut self, source: &Source) -> Result<()> {
        self.sink.at(source.bytes())
    }

    /// Gives the evidence to the sink. What went to an account that turned out to be one's own is passed over now.
    pub(super) fn close(mut self) -> Result<Summary> {
        for Told { evidence, account, count } in self.tally.evidence(self.month_first) {
            if account.is_some_and(|account| self.own.contains(&compact(&account))) {
                self.summary.payments -= count;
                *self.summary.apart.entry(Apart::OwnTransfer).or_default() += count;
                // One for each: the lines of a file add up.
                (0..count).try_for_each(|_| self.sink.passed_over(evidence.place, Apart::OwnTransfer.why()))?;
            } else {
                self.summary.payees += 1;
                self.sink.found(evidence)?;
            }
        }
        let good = self.summary.payments + self.summary.apart.values().sum::<u64>();
        match self.first_bad {
            Some(bad) if good == 0 => Err(Error::bad_input(format!("no booking could be read; {bad}"))
                .hint("export the statement again, as CAMT.053, OFX or CSV")),
            _ => Ok(self.summary),
        }
    }
}
