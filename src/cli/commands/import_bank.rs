//! `cmr import bank`: what the columns of a bank's file mean is asked once, and kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::args::import::TakeArgs;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::import::{no_format, read_all, taken};
use crate::error::{Error, io};
use crate::import::bank::{self, Amounts, Column, Format, Found, Mapping, Order, Question, Unmapped};
use crate::import::model::BatchKind;
use crate::text::printable;

/// Answers of this kind are mappings, by the fingerprint of the file's header.
const KIND: &str = "columns";

pub(super) fn run(
    session: &Session,
    files: &[PathBuf],
    take: &TakeArgs,
    columns: &[(String, String)],
) -> Result<Outcome> {
    let format = take.format.as_deref().map(|typed| {
        let found = Format::ALL.iter().find(|(name, _)| *name == typed);
        found.map(|(_, format)| *format).ok_or_else(|| no_format(typed, &Format::ALL))
    });
    let format = format.transpose()?;
    let mut vault = session.vault()?;
    let asked = questions(columns);
    let answers: RefCell<BTreeMap<String, Mapping>> = RefCell::default();
    let mut collected = read_all(session, BatchKind::Bank, files, take, |collector, mut input, name| {
        let kept = |fingerprint: &str| {
            let stored = || match columns.is_empty() {
                true => crate::import::answer(vault.connection(), KIND, fingerprint).ok().flatten(),
                // What the user says now goes before what was said once.
                false => None,
            };
            let read = |text: String| serde_json::from_str(&text).ok();
            answers.borrow().get(fingerprint).cloned().or_else(|| stored().and_then(read))
        };
        loop {
            let found = collector.source(name, "", |sink| bank::read(&mut input, format, &kept, &asked, sink))?;
            match found {
                None => return Ok(()),
                Some(Found::Read(summary)) => {
                    collector.was(&summary.format);
                    let (bookings, payees) = (summary.payments, summary.payees);
                    session.printer().remark(&format!(
                        "{name}: {}, {}",
                        count_of(bookings, "booking"),
                        count_of(payees, "payee")
                    ));
                    summary.remarks.iter().for_each(|remark| session.printer().remark(&format!("{name}: {remark}")));
                    return Ok(());
                }
                Some(Found::Unmapped(unmapped)) => {
                    let mapping = Asked { session, columns, unmapped: &unmapped, name }.mapping()?;
                    answers.borrow_mut().insert(mapping.fingerprint.clone(), mapping);
                    collector.again();
                    input.rewind().map_err(|e| io("read", name.as_ref(), e))?;
                }
            }
        }
    })?;
    for (fingerprint, mapping) in answers.into_inner() {
        collected.answers.push((KIND, fingerprint, serde_json::json!(mapping).to_string()));
    }
    taken(session, &mut vault, &collected, take)?;
    Ok(Outcome::Done)
}

/// What `--columns` answers.
fn questions(columns: &[(String, String)]) -> Vec<Question> {
    let question = |(what, _): &(String, String)| match what.as_str() {
        "date" => Some(Question::Date),
        "payee" => Some(Question::Payee),
        "amount" | "debit" | "credit" | "flag" => Some(Question::Amount),
        "order" => Some(Question::Order),
        "direction" => Some(Question::Direction),
        _ => None,
    };
    columns.iter().filter_map(question).collect()
}

fn count_of(number: u64, what: &str) -> String {
    super::super::output::text::count(usize::try_from(number).unwrap_or(usize::MAX), what)
}

/// A file of which it is not certain what its columns mean, and who can say.
struct Asked<'a> {
    session: &'a Session,
    columns: &'a [(String, String)],
    unmapped: &'a Unmapped,
    name: &'a str,
}

impl Asked<'_> {
    fn mapping(&self) -> Result<Mapping> {
        let mut mapping = self.unmapped.draft.clone();
        let mut asked = self.unmapped.questions.clone();
        // It is about the column of amounts, whichever that is.
        asked.sort_by_key(|question| *question == Question::Direction);
        for question in &asked {
            match question {
                Question::Date => mapping.date = Some(self.column("date", "the date of booking")?),
                Question::Payee => mapping.payee = vec![self.column("payee", "the payee")?],
                Question::Amount => mapping.amounts = Some(self.amounts()?),
                Question::Direction => mapping.amounts = self.directed(mapping.amounts)?,
                Question::Order => {
                    let first = self.either("order", ["day", "month"], "Which comes first in dates?")?;
                    mapping.order = Some(if first == "day" { Order::DayFirst } else { Order::MonthFirst });
                }
            }
        }
        if let Some(Amounts::Signed { amount }) = mapping.amounts
            && asked.contains(&Question::Amount)
            && !asked.contains(&Question::Direction)
            && self.unmapped.columns.get(amount).is_some_and(|column| !column.is_signed)
        {
            mapping.amounts = self.directed(mapping.amounts)?;
        }
        Ok(mapping)
    }

    /// The amounts in the direction that the user says: what is positive in the one column was paid, or came in.
    fn directed(&self, amounts: Option<Amounts>) -> Result<Option<Amounts>> {
        let one_column = match amounts {
            Some(Amounts::Signed { amount } | Amounts::Inverted { amount }) => amount,
            of_two => return Ok(of_two),
        };
        let question = "Amounts without a minus: were they paid, or received?";
        Ok(Some(match self.either("direction", ["out", "in"], question)? {
            "out" => Amounts::Inverted { amount: one_column },
            _ => Amounts::Signed { amount: one_column },
        }))
    }

    /// The flag that answers all that is open, so that who cannot be asked is told at once; `what` among it.
    fn wanted(&self, what: &str) -> String {
        let all = self.unmapped.questions.iter().map(|question| match question {
            Question::Date => "date",
            Question::Payee => "payee",
            Question::Amount => "amount",
            Question::Direction => "direction",
            Question::Order => "order",
        });
        let mut open: Vec<&str> = all.filter(|name| self.given(name).is_none()).collect();
        if !open.contains(&what) {
            open.push(what);
        }
        let answers: Vec<String> = open.iter().map(|name| format!("{name}=…")).collect();
        let of_two = if open.contains(&"amount") { ", or debit=…,credit=… in place of amount" } else { "" };
        format!("--columns {}{of_two}", answers.join(","))
    }

    fn given(&self, what: &str) -> Option<&str> {
        self.columns.iter().find(|(name, _)| name == what).map(|(_, value)| value.as_str())
    }

    fn amounts(&self) -> Result<Amounts> {
        if self.given("debit").is_some() || self.given("credit").is_some() {
            let debit = self.column("debit", "what was paid")?;
            return Ok(Amounts::Split { debit, credit: self.column("credit", "what was received")? });
        }
        // Who names the direction alone means the column of amounts that is known.
        let amount = match self.unmapped.draft.amounts {
            Some(Amounts::Signed { amount } | Amounts::Inverted { amount } | Amounts::Flagged { amount, .. })
                if self.given("flag").is_some() && self.given("amount").is_none() =>
            {
                amount
            }
            _ => self.column("amount", "the amount, or what was paid")?,
        };
        if self.given("flag").is_some() {
            return Ok(Amounts::Flagged { amount, flag: self.column("flag", "the direction")? });
        }
        if self.given("amount").is_some() {
            return Ok(Amounts::Signed { amount });
        }
        let apart = self.session.prompt().confirm("Is what was received in another column?", &flag("credit"))?;
        match apart {
            true => Ok(Amounts::Split { debit: amount, credit: self.column("credit", "what was received")? }),
            false => Ok(Amounts::Signed { amount }),
        }
    }

    /// The column that holds something: as `--columns` says, by its header or its number from 1, or as a person does.
    fn column(&self, what: &str, words: &str) -> Result<usize> {
        let headers: Vec<String> = self.unmapped.columns.iter().map(|column| printable(&column.header)).collect();
        if let Some(given) = self.given(what) {
            let by_name = headers.iter().position(|header| header.eq_ignore_ascii_case(given));
            let by_number = || given.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < headers.len());
            return by_name.or_else(by_number).ok_or_else(|| {
                Error::bad_input(format!("{} has no column {given:?}", self.name))
                    .hint(format!("its columns are {}", headers.join(", ")))
            });
        }
        let question = format!("Which column of {} is {words}?", self.name);
        let width = headers.iter().map(|header| header.chars().count()).max().unwrap_or(0);
        let shown = |(header, column): (&String, &Column)| {
            format!("{header:<width$}  {}", column.example).trim_end().to_owned()
        };
        let choices: Vec<String> = headers.iter().zip(&self.unmapped.columns).map(shown).collect();
        self.session.prompt().choose(&question, &choices, &flag(what)).map_err(|error| match error.kind() {
            crate::error::Kind::Usage => Error::usage(format!("{error} Its columns are {}", headers.join(", ")))
                .hint(format!("answer with {}", self.wanted(what))),
            _ => error,
        })
    }

    fn either<'a>(&self, what: &str, among: [&'a str; 2], question: &str) -> Result<&'a str> {
        let [one, other] = among;
        match self.given(what) {
            Some(given) if given == one => Ok(one),
            Some(given) if given == other => Ok(other),
            Some(given) => Err(Error::usage(format!("{what} is {one} or {other}, and not {given:?}"))),
            None => {
                let chosen = self.session.prompt().choose(question, &among.map(str::to_owned), &self.wanted(what))?;
                Ok(among[chosen])
            }
        }
    }
}

fn flag(what: &str) -> String {
    format!("--columns {what}=…")
}
