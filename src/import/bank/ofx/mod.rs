//! OFX 1.0 to 2.3: the bookings of accounts and credit cards, and those of money in an investment account.

mod markup;

use markup::{Markup, Token};

use super::apart::Apart;
use super::day::{self, Reading, When};
use super::desk::Desk;
use super::source::Source;
use super::tally::Payment;
use super::{amount, words};
use crate::error::{Error, Result};

/// What is known of the place in the file.
#[derive(Default)]
struct Reader {
    /// The element whose text comes next.
    leaf: String,
    /// The aggregate with elements of the same name as a booking's own: `PAYEE`, `BANKACCTTO`, `STATUS` …
    within: Option<&'static str>,
    /// `CURDEF` of the statement.
    currency: String,
    status: Status,
    booking: Option<Booking>,
    statements: u64,
    closed: bool,
}

#[derive(Default)]
struct Status {
    code: String,
    severity: String,
    message: String,
}

/// A `STMTTRN` (OFX 1.6, section 11.4.3), as texts.
#[derive(Default)]
struct Booking {
    line: u64,
    pending: bool,
    kind: String,
    posted: String,
    amount: String,
    name: String,
    payee: String,
    memo: String,
    extended: String,
    currency: String,
    account: String,
}

/// Aggregates that are told apart from what is around them.
const WITHIN: [&str; 10] = [
    "STATUS",
    "PAYEE",
    "BANKACCTTO",
    "CCACCTTO",
    "CURRENCY",
    "ORIGCURRENCY",
    "BANKACCTFROM",
    "CCACCTFROM",
    "INVACCTFROM",
    "FI",
];

/// Dealings in securities (section 13.9.2.4.3): they name what was dealt in, and nobody who was paid.
const SECURITIES: [&str; 20] = [
    "BUYDEBT",
    "BUYMF",
    "BUYOPT",
    "BUYOTHER",
    "BUYSTOCK",
    "CLOSUREOPT",
    "INCOME",
    "INVEXPENSE",
    "JRNLFUND",
    "JRNLSEC",
    "MARGININTEREST",
    "REINVEST",
    "RETOFCAP",
    "SELLDEBT",
    "SELLMF",
    "SELLOPT",
    "SELLOTHER",
    "SELLSTOCK",
    "SPLIT",
    "TRANSFER",
];

pub(super) fn read(source: &mut Source, desk: &mut Desk) -> Result<()> {
    desk.summary.format = "OFX".to_owned();
    let mut markup = Markup::new(source);
    let mut reader = Reader::default();
    while let Some(token) = markup.next()? {
        match token {
            Token::Open(name) => reader.open(name, markup.line, desk)?,
            Token::Text(text) => reader.text(text, desk),
            Token::Close(name) => {
                if reader.close(&name, desk)? {
                    desk.step(markup.source)?;
                }
            }
        }
    }
    reader.end(desk)
}

impl Reader {
    fn open(&mut self, name: String, line: u64, desk: &mut Desk) -> Result<()> {
        match name.as_str() {
            "STMTTRN" | "STMTTRNP" => {
                self.book(desk)?;
                let pending = name == "STMTTRNP";
                self.booking = Some(Booking { line, pending, ..Booking::default() });
                self.within = None;
            }
            "STMTRS" | "CCSTMTRS" | "INVSTMTRS" => {
                self.statements += 1;
                self.currency.clear();
            }
            name if SECURITIES.contains(&name) => {
                self.book(desk)?;
                desk.apart(line, Apart::Security)?;
            }
            name => {
                if let Some(within) = WITHIN.iter().find(|within| **within == name) {
                    self.within = Some(within);
                }
            }
        }
        self.leaf = name;
        Ok(())
    }

    fn text(&mut self, text: String, desk: &mut Desk) {
        let leaf = self.leaf.as_str();
        match (self.within, leaf) {
            (Some("STATUS"), "CODE") => self.status.code = text,
            (Some("STATUS"), "SEVERITY") => self.status.severity = text,
            (Some("STATUS"), "MESSAGE") => self.status.message = text,
            (Some("BANKACCTFROM" | "CCACCTFROM" | "INVACCTFROM"), "ACCTID") => desk.own_account(&text),
            (None, "CURDEF") if self.booking.is_none() => self.currency = text,
            (within, leaf) => {
                if let Some(field) = self.booking.as_mut().and_then(|booking| booking.field(within, leaf)) {
                    // What the tokens part, as an unescaped `<` does, belongs together.
                    if !field.is_empty() {
                        field.push(' ');
                    }
                    field.push_str(&text);
                }
            }
        }
    }

    /// Whether a booking ended.
    fn close(&mut self, name: &str, desk: &mut Desk) -> Result<bool> {
        self.leaf.clear();
        match name {
            "STMTTRN" | "STMTTRNP" | "BANKTRANLIST" | "INVTRANLIST" => {
                self.book(desk)?;
                return Ok(true);
            }
            "STATUS" => self.told(desk),
            "OFX" => self.closed = true,
            _ => {}
        }
        if self.within == Some(name) {
            self.within = None;
        }
        Ok(false)
    }

    /// What the bank says of how it went (section 3.1.4): an error is the user's to know.
    fn told(&mut self, desk: &mut Desk) {
        let status = std::mem::take(&mut self.status);
        if status.severity.trim().eq_ignore_ascii_case("ERROR") {
            let message = if status.message.is_empty() { "no reason is given" } else { &status.message };
            desk.remark(&format!("the bank answered with error {}: {message}", status.code));
        }
    }

    fn book(&mut self, desk: &mut Desk) -> Result<()> {
        match self.booking.take() {
            Some(booking) => booking.book(&self.currency, desk),
            None => Ok(()),
        }
    }

    fn end(mut self, desk: &mut Desk) -> Result<()> {
        if let Some(booking) = self.booking.take() {
            desk.bad(booking.line, "the file is cut off in this booking")?;
        } else if !self.closed {
            desk.remark("the file has no end (</OFX>): it may be cut off");
        }
        if self.statements == 0 && desk.summary.payments == 0 {
            let refused = desk.summary.remarks.iter().find(|remark| remark.starts_with("the bank answered"));
            let why = refused.cloned().unwrap_or_else(|| "there is no statement of an account in it".to_owned());
            return Err(Error::bad_input(why).hint("download the statement again from the bank"));
        }
        Ok(())
    }
}

impl Booking {
    fn field(&mut self, within: Option<&str>, leaf: &str) -> Option<&mut String> {
        Some(match (within, leaf) {
            (Some("PAYEE"), "NAME") => &mut self.payee,
            (Some("BANKACCTTO" | "CCACCTTO"), "ACCTID") => &mut self.account,
            // `CURRENCY` is what the amount is in; `ORIGCURRENCY`, what it was in (section 5.2).
            (Some("CURRENCY"), "CURSYM") => &mut self.currency,
            (None, "TRNTYPE") => &mut self.kind,
            (None, "DTPOSTED") => &mut self.posted,
            (None, "TRNAMT") => &mut self.amount,
            (None, "NAME") => &mut self.name,
            (None, "MEMO") => &mut self.memo,
            (None, "EXTDNAME") => &mut self.extended,
            _ => return None,
        })
    }

    fn book(self, statement: &str, desk: &mut Desk) -> Result<()> {
        if self.pending || self.kind.eq_ignore_ascii_case("HOLD") {
            return desk.apart(self.line, Apart::NotBooked);
        }
        let posted = match (self.posted.get(..8).and_then(day::read), self.posted.is_empty()) {
            (Some(Reading::Sure(day)), _) => day,
            (_, true) => return desk.bad(self.line, "this booking has no date (DTPOSTED)"),
            _ => return desk.bad(self.line, &format!("there is no such day: {}", words::quoted(&self.posted))),
        };
        let Some(money) = amount::parse(&self.amount, None) else {
            return desk.bad(self.line, &format!("this is no amount: {}", words::quoted(&self.amount)));
        };
        // Empty texts are as good as none; a memo stands in for a name.
        let name = desk.name_of(&[&self.payee, &self.extended, &self.name, &self.memo]);
        let apart = self.kind_apart(&name);
        let currency = [self.currency.as_str(), statement].into_iter().find_map(super::csv::currency_code);
        let payment = Payment {
            line: self.line,
            when: When::Day(posted),
            name,
            amount: Some(money),
            currency,
            through: None,
            creditor_id: None,
            mandate: None,
            account: Some(self.account).filter(|account| !account.is_empty()),
        };
        desk.booking(payment, apart, &self.memo)
    }

    /// What the type says (section 11.4.3.1). Some banks call a direct debit `CASH`.
    fn kind_apart(&self, name: &str) -> Option<Apart> {
        let debit = || words::plain(name).split(' ').any(|word| word == "debit");
        match self.kind.trim().to_ascii_uppercase().as_str() {
            "ATM" => Some(Apart::Cash),
            "CASH" if !debit() => Some(Apart::Cash),
            // Between accounts of the bank, all of which are the user's.
            "XFER" if words::plain(name).starts_with("online transfer") => Some(Apart::OwnTransfer),
            "DIRECTDEP" => Some(Apart::Salary),
            "FEE" | "SRVCHG" | "INT" | "DIV" => Some(Apart::Bank),
            _ => None,
        }
    }
}
