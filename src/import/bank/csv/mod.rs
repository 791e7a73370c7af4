//! CSV in the dialects of banks: any separator, decimal commas, lines above the header, signs in a column of their own.
//!
//! What a column means is known by its name, or not at all: where it is not certain, and where day and month cannot be
//! told apart, nothing is guessed, and the user is asked once ([`Unmapped`]).

mod columns;
mod header;
mod looks;
mod mapping;
mod record;
mod row;

#[cfg(test)]
mod preset_tests;

use super::desk::Desk;
use super::source::Source;
use crate::error::{Error, Result};
use header::Account;
use record::{Record, Records};
use row::Rows;

pub use mapping::{Amounts, Column, Looks, Mapping, Question, Unmapped};

/// Lines that are looked at before the first is read.
const SAMPLE: usize = 400;

/// A currency as a file writes it, in three letters, or as a sign that stands for one currency alone.
pub(super) fn currency_code(text: &str) -> Option<String> {
    match text.trim() {
        "€" => Some("EUR".to_owned()),
        "£" => Some("GBP".to_owned()),
        code => {
            (code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| code.to_ascii_uppercase())
        }
    }
}

/// Reads a file, or says what has to be asked before it can be.
pub(super) fn read(
    source: &mut Source,
    kept: &dyn Fn(&str) -> Option<Mapping>,
    asked: &[Question],
    desk: &mut Desk,
) -> Result<Option<Unmapped>> {
    let mut records = Records::new(source);
    let separator = records.sniff(SAMPLE)?;
    let mut sample = records.sample();
    let mut layout = header::layout(&sample, separator, kept);
    if !layout.headers.is_empty() && records.expected != layout.headers.len() {
        // With the number of columns known, quotes that went astray are told apart.
        records.expected = layout.headers.len();
        sample = records.sample();
        layout = header::layout(&sample, separator, kept);
    }
    if sample.iter().all(|record| record.fields.as_ref().is_ok_and(|fields| fields.len() < 2)) {
        return Err(Error::bad_input("there are no columns in it, and so no bookings"));
    }
    let known = kept(&layout.mapping.fingerprint).is_some();
    let mut questions = header::questions(&layout, &sample, known);
    let more = asked.iter().filter(|question| !known && !questions.contains(question)).copied().collect::<Vec<_>>();
    questions.extend(more);
    if !questions.is_empty() {
        return Ok(Some(header::unmapped(&layout, &sample, questions)));
    }
    desk.summary.format = match &layout.mapping.bank {
        Some(bank) => format!("CSV of {bank}"),
        None => "CSV".to_owned(),
    };
    let uncertain = rows(&mut records, &layout, desk)?;
    Ok(uncertain.then(|| header::unmapped(&layout, &sample, vec![Question::Order])))
}

/// Reads the rows of all accounts in the file; whether it is not certain in which order their dates are.
fn rows(records: &mut Records, layout: &header::Layout, desk: &mut Desk) -> Result<bool> {
    let mut skip = layout.skip;
    while skip > 0 && records.next()?.is_some() {
        skip -= 1;
    }
    let (mut uncertain, mut account) = (false, Account::of(layout));
    loop {
        let mut rows = Rows::new(&account.mapping, account.headers.len());
        let next = one_account(records, &account, &mut rows, desk)?;
        uncertain |= rows.end(desk)?;
        match next {
            Some(next) => account = next,
            None => return Ok(uncertain),
        }
        records.expected = account.headers.len();
    }
}

/// Reads the rows of one account, and gives the next one, whose header ends it.
fn one_account(records: &mut Records, account: &Account, rows: &mut Rows, desk: &mut Desk) -> Result<Option<Account>> {
    while let Some(Record { line, fields }) = records.next()? {
        match fields {
            Ok(fields) => match account.next(&fields) {
                Some(next) => return Ok(Some(next)),
                None => rows.row(line, fields, desk)?,
            },
            Err(why) => rows.bad(line, why, desk)?,
        }
        desk.step(records.source)?;
    }
    Ok(None)
}
