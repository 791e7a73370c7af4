//! Statements of banks: OFX 1 and 2 (and QFX, which is OFX), CAMT.052, .053 and .054, and CSV in the dialects of many banks.
//!
//! A statement is read once, in pieces, and gives one piece of evidence a payee: how often, when first and last, how
//! much. What is no vendor's (cash, charges, transfers between one's own accounts, pay) is passed over, each with its
//! line and reason, and counted. One's own account numbers are compared with, and never kept; card numbers are dropped.

mod amount;
mod apart;
mod camt;
mod csv;
mod day;
mod desk;
mod kind;
mod ofx;
mod source;
mod tally;
mod words;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod csv_tests;
#[cfg(test)]
mod many_banks_tests;
#[cfg(test)]
mod quirk_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Read;

use crate::error::Result;
use crate::import::evidence::Sink;

pub use amount::Separator;
pub use apart::Apart;
pub use csv::{Amounts, Column, Looks, Mapping, Question, Unmapped};
pub use day::Order;
pub use kind::{Format, recognise};

use desk::Desk;
use source::Source;

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was read.
    Read(Summary),
    /// A CSV file of which it is not certain what its columns mean. Nothing was found yet: ask the user, keep the mapping
    /// that is made of the answers, and read the file again with it.
    Unmapped(Box<Unmapped>),
}

/// What was read, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The format's name, such as `OFX` or `CSV of N26`.
    pub format: String,
    /// Bookings that became evidence.
    pub payments: u64,
    /// Payees that they were made to: so many pieces of evidence.
    pub payees: u64,
    /// Bookings that are none of a vendor's, by reason.
    pub apart: BTreeMap<Apart, u64>,
    /// Lines that could not be read; the sink heard of each.
    pub skipped: u64,
    /// What the user should know of the file as a whole: a bank's own error message, a guess that was made.
    pub remarks: Vec<String>,
}

/// Reads a statement. `format` overrides what is recognised by content; `mapping` gives what the user once said of a CSV
/// file with such a header, by [`Mapping::fingerprint`]. `asked` is what the user wants to say of the columns whatever is known of
/// them otherwise.
///
/// # Errors
/// Kind bad input for what is no statement, for one that cannot be read on, and for one in which nothing was good: the
/// message names the line. What the sink returns goes on as it is.
pub fn read(
    input: &mut dyn Read,
    format: Option<Format>,
    mapping: &dyn Fn(&str) -> Option<Mapping>,
    asked: &[Question],
    sink: &mut dyn Sink,
) -> Result<Found> {
    let mut source = Source::new(input);
    let head = source.head()?;
    let format = match format.or_else(|| kind::of_text(head)) {
        Some(format) => format,
        None => return Err(kind::refusal(head)),
    };
    let mut desk = Desk::new(sink);
    match format {
        Format::Ofx => ofx::read(&mut source, &mut desk)?,
        Format::Camt => camt::read(&mut source, &mut desk)?,
        Format::Csv => {
            if let Some(unmapped) = csv::read(&mut source, mapping, asked, &mut desk)? {
                return Ok(Found::Unmapped(Box::new(unmapped)));
            }
        }
    }
    desk.at(&source)?;
    desk.close().map(Found::Read)
}
