//! From a row to a booking.

use rust_decimal::Decimal;

use super::super::day::{self, Order, Reading, When};
use super::super::desk::Desk;
use super::super::tally::Payment;
use super::super::{amount, apart, words};
use super::currency_code;
use super::mapping::{Amounts, Mapping};
use crate::error::Result;
use crate::import::bank::Apart;

/// The rows of a file, one after the other.
pub(super) struct Rows<'m> {
    mapping: &'m Mapping,
    columns: usize,
    /// A booking whose text may go on in the next row.
    open: Option<Open>,
    /// Dates that fit only with the day first, only with the month first, and both ways.
    orders: [u64; 3],
}

struct Open {
    line: u64,
    when: When,
    fields: Vec<String>,
    /// Whether its payments stand below it.
    is_batch: bool,
}

impl<'m> Rows<'m> {
    pub(super) fn new(mapping: &'m Mapping, columns: usize) -> Self {
        Self { mapping, columns, open: None, orders: [0; 3] }
    }

    /// A row of the file.
    pub(super) fn row(&mut self, line: u64, fields: Vec<String>, desk: &mut Desk) -> Result<()> {
        if fields.iter().all(|field| field.trim().is_empty()) {
            return Ok(());
        }
        if self.goes_on(&fields) || self.is_part(line, &fields, desk)? {
            return Ok(());
        }
        self.close(desk)?;
        let mut filled = fields.iter().filter(|field| !field.trim().is_empty());
        if let (Some(only), None) = (filled.next(), filled.next())
            && day::read(only).is_none()
        {
            // A title, or what the bank says of itself below the bookings.
            return desk.apart(line, Apart::Unnamed);
        }
        // `"Alter Kontostand";"2.000,00 EUR";`, between the accounts of a file.
        if fields.len() < self.mapping.width() && fields.first().is_some_and(|field| apart::is_balance(field)) {
            return desk.apart(line, Apart::Bank);
        }
        let more = fields.iter().skip(self.columns).filter(|field| !field.trim().is_empty()).count();
        if self.columns > 0 && more > 0 {
            let why = format!("{} columns, where the header has {}", fields.len(), self.columns);
            return desk.bad(line, &why);
        }
        if fields.len() < self.mapping.width() {
            return desk.bad(line, &format!("only {} columns: those of a booking are not all there", fields.len()));
        }
        let date = field(&fields, self.mapping.date);
        let status = field(&fields, self.mapping.status);
        if apart::is_not_booked(date) || apart::is_not_booked(status) || status.contains("vorgemerkt") {
            return desk.apart(line, Apart::NotBooked);
        }
        match self.when(date) {
            Ok(when) => self.open = Some(Open { line, when, fields, is_batch: false }),
            // `Kontostand;31.01.2024;;;1.000,00;EUR`, below the bookings.
            Err(_) if fields.first().is_some_and(|field| apart::is_balance(field)) => desk.apart(line, Apart::Bank)?,
            Err(why) => desk.bad(line, &why)?,
        }
        Ok(())
    }

    /// A row with a text and no date or amount goes on with the text of the one before.
    fn goes_on(&mut self, fields: &[String]) -> bool {
        let texts = &self.mapping.payee;
        let only_texts = (fields.iter().enumerate()).all(|(at, field)| field.trim().is_empty() || texts.contains(&at));
        let Some(open) = self.open.as_mut().filter(|_| only_texts) else { return false };
        for at in texts {
            let more = fields.get(*at).filter(|more| !more.trim().is_empty());
            let fits = |text: &&mut String, more: &String| text.len() + more.len() < 4096;
            if let (Some(text), Some(more)) = (open.fields.get_mut(*at), more)
                && fits(&text, more)
            {
                text.push(' ');
                text.push_str(more.trim());
            }
        }
        true
    }

    /// A row that is one payment of the batch above it: it has an amount of its own, and none where a booking has it.
    fn is_part(&mut self, line: u64, fields: &[String], desk: &mut Desk) -> Result<bool> {
        let part = field(fields, self.mapping.part);
        let Some(open) = self.open.as_mut().filter(|_| !part.is_empty() && amount(self.mapping, fields).is_err())
        else {
            return Ok(false);
        };
        open.is_batch = true;
        let when = open.when;
        let of_batch = amount(self.mapping, &open.fields).ok();
        match (amount::parse(part, self.mapping.separator), of_batch) {
            (Some(part), Some((of_batch, sign))) => {
                let part = if of_batch.is_sign_negative() { -part.abs() } else { part.abs() };
                self.booking(line, when, fields, (part, sign), desk)?;
            }
            _ => desk.bad(line, &format!("this is no amount of a batch's payment: {}", words::quoted(part)))?,
        }
        Ok(true)
    }

    fn when(&mut self, text: &str) -> Result<When, String> {
        let shown = || words::quoted(text);
        let none = || format!("there is no such day: {}", shown());
        match (day::read(text), self.mapping.order) {
            (None, _) if text.is_empty() => Err("there is no date".to_owned()),
            (None, _) => Err(format!("this is no date: {}", shown())),
            (Some(Reading::NoSuchDay), _) => Err(none()),
            (Some(Reading::Sure(day)), _) => Ok(When::Day(day)),
            (Some(Reading::DayFirst(_)), Some(Order::MonthFirst)) => Err(none()),
            (Some(Reading::MonthFirst(_)), Some(Order::DayFirst)) => Err(none()),
            (Some(Reading::Either(day, _)), Some(Order::DayFirst)) => Ok(When::Day(day)),
            (Some(Reading::Either(_, day)), Some(Order::MonthFirst)) => Ok(When::Day(day)),
            (Some(Reading::DayFirst(day)), _) => {
                self.orders[0] += 1;
                Ok(When::Day(day))
            }
            (Some(Reading::MonthFirst(day)), _) => {
                self.orders[1] += 1;
                Ok(When::Day(day))
            }
            (Some(Reading::Either(a, b)), _) => {
                self.orders[2] += 1;
                Ok(When::Either(a, b))
            }
        }
    }

    /// A record that could not be read.
    pub(super) fn bad(&mut self, line: u64, why: &str, desk: &mut Desk) -> Result<()> {
        self.close(desk)?;
        desk.bad(line, why)
    }

    /// The booking that was open.
    fn close(&mut self, desk: &mut Desk) -> Result<()> {
        let Some(Open { line, when, fields, is_batch }) = self.open.take() else { return Ok(()) };
        if is_batch {
            return desk.apart(line, Apart::Batch);
        }
        for at in &self.mapping.card {
            if !field(&fields, Some(*at)).is_empty() {
                desk.dropped_card();
            }
        }
        match amount(self.mapping, &fields) {
            Ok(amount) => self.booking(line, when, &fields, amount, desk),
            Err(why) => {
                // Between the bookings some banks say what was there before and after.
                let mut texts = self.mapping.payee.iter().map(|at| field(&fields, Some(*at)));
                // What has no direction may be no payment.
                match apart::by_type(field(&fields, self.mapping.kind), None) {
                    _ if texts.any(apart::is_balance) => desk.apart(line, Apart::Bank),
                    Some(apart) => desk.apart(line, apart),
                    None => desk.bad(line, &why),
                }
            }
        }
    }

    /// Tells of a booking: its amount, and the currency of the amount's sign.
    fn booking(
        &self,
        line: u64,
        when: When,
        fields: &[String],
        (amount, sign): (Decimal, Option<String>),
        desk: &mut Desk,
    ) -> Result<()> {
        let mapping = self.mapping;
        desk.own_account(field(fields, mapping.own_account));
        let incoming = amount.is_sign_positive();
        let payer = mapping.payer.filter(|_| incoming);
        let columns = payer.into_iter().chain(mapping.payee.iter().copied());
        let name = desk.name_of(&columns.map(|at| field(fields, Some(at))).collect::<Vec<_>>());
        let payment = Payment {
            line,
            when,
            name,
            amount: Some(amount),
            currency: currency_code(field(fields, mapping.currency))
                .or_else(|| mapping.currency_of_all.clone())
                .or(sign),
            through: None,
            creditor_id: self.reference(fields, mapping.creditor_id, desk),
            mandate: self.reference(fields, mapping.mandate, desk),
            account: Some(field(fields, mapping.account).to_owned()).filter(|account| !account.is_empty()),
        };
        let is_security = !field(fields, mapping.security).is_empty();
        let from_me_to_me = |at: usize| field(fields, Some(at)) == payment.name;
        let apart = is_security
            .then_some(Apart::Security)
            .or_else(|| apart::by_type(field(fields, mapping.kind), Some(incoming)))
            // Who pays what goes out is the user.
            .or_else(|| (!incoming && mapping.payer.is_some_and(from_me_to_me)).then_some(Apart::OwnTransfer));
        desk.booking(payment, apart, field(fields, mapping.text))
    }

    fn reference(&self, fields: &[String], at: Option<usize>, desk: &mut Desk) -> Option<String> {
        let text = field(fields, at);
        Some(desk.scrubbed_reference(text)).filter(|text| !text.is_empty())
    }

    /// The end of the file; whether it is not certain in which order its dates are.
    pub(super) fn end(mut self, desk: &mut Desk) -> Result<bool> {
        self.close(desk)?;
        let [day_first, month_first, either] = self.orders;
        match (day_first > 0, month_first > 0) {
            (true, true) => Ok(true),
            (false, true) => {
                desk.month_first = true;
                Ok(false)
            }
            (true, false) => Ok(false),
            (false, false) => Ok(either > 0),
        }
    }
}

fn field(fields: &[String], at: Option<usize>) -> &str {
    at.and_then(|at| fields.get(at)).map_or("", |field| field.trim())
}

/// The amount, positive where it came in, and the currency of its sign.
fn amount(mapping: &Mapping, fields: &[String]) -> Result<(Decimal, Option<String>), String> {
    let read = |text: &str| match amount::parse(text, mapping.separator) {
        Some(amount) => Ok(amount),
        None if text.is_empty() => Err("there is no amount".to_owned()),
        None => Err(format!("this is no amount: {}", words::quoted(text))),
    };
    let sign = |text: &str| ["€", "£"].into_iter().find(|sign| text.contains(*sign)).and_then(currency_code);
    let (text, amount) = match mapping.amounts {
        Some(Amounts::Signed { amount }) => {
            let text = field(fields, Some(amount));
            (text, read(text)?)
        }
        Some(Amounts::Inverted { amount }) => {
            let text = field(fields, Some(amount));
            (text, -read(text)?)
        }
        Some(Amounts::Split { debit, credit }) => {
            let (out, came) = (field(fields, Some(debit)), field(fields, Some(credit)));
            let is_zero = |text: &str| amount::parse(text, mapping.separator).is_some_and(|zero| zero.is_zero());
            match out.is_empty() || is_zero(out) && !came.is_empty() {
                false => (out, -read(out)?.abs()),
                true => (came, read(came)?.abs()),
            }
        }
        Some(Amounts::Flagged { amount, flag }) => {
            let (text, flag) = (field(fields, Some(amount)), field(fields, Some(flag)));
            let incoming = match apart::direction(flag) {
                Some(incoming) => incoming,
                // Where only what came in is marked, the rest went out; an amount may have its own sign.
                None if flag.is_empty() => text.starts_with('+'),
                None => return Err(format!("neither out nor in: {}", words::quoted(flag))),
            };
            let amount = read(text)?.abs();
            (text, if incoming { amount } else { -amount })
        }
        None => return Err("there is no amount".to_owned()),
    };
    Ok((amount, sign(text)))
}
