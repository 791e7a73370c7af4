//! An entry of a statement (`Ntry`) and its parts (`TxDtls`): who was paid, or who paid.

use rust_decimal::Decimal;

use super::super::amount::{self, Separator};
use super::super::apart::Apart;
use super::super::day::{self, Reading, When};
use super::super::desk::Desk;
use super::super::tally::Payment;
use super::super::words;
use crate::error::Result;

/// Parts of one entry that are read one by one; banks book collections of some thousands in one.
const MOST_PARTS: usize = 100_000;

/// An entry, as texts.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub line: u64,
    amount: String,
    currency: String,
    /// `CRDT` or `DBIT`.
    direction: String,
    reversal: bool,
    status: String,
    booked: String,
    valued: String,
    info: String,
    code: Code,
    pub parts: Vec<Part>,
}

/// A part of an entry: one transaction.
#[derive(Debug, Default)]
pub(super) struct Part {
    line: u64,
    amount: String,
    currency: String,
    direction: String,
    creditor: Party,
    debtor: Party,
    creditor_id: String,
    mandate: String,
    purpose: String,
    remittance: String,
    info: String,
    code: Code,
}

/// One side of a transaction.
#[derive(Debug, Default)]
struct Party {
    name: String,
    ultimate: String,
    account: String,
}

/// Domain, family and sub-family of a transaction (ISO 20022 external code sets).
#[derive(Debug, Default)]
struct Code {
    domain: String,
    family: String,
    sub: String,
}

fn set(field: &mut String, text: &str) {
    if field.is_empty() {
        text.clone_into(field);
    }
}

fn append(field: &mut String, text: &str) {
    if !field.is_empty() {
        field.push(' ');
    }
    if field.len() + text.len() < 4096 {
        field.push_str(text);
    }
}

impl Code {
    fn leaf(&mut self, path: &[&str], text: &str) {
        match path {
            ["Domn", "Cd"] => set(&mut self.domain, text),
            ["Domn", "Fmly", "Cd"] => set(&mut self.family, text),
            ["Domn", "Fmly", "SubFmlyCd"] => set(&mut self.sub, text),
            _ => {}
        }
    }

    /// What the bank says that it is, if no payment.
    fn apart(&self) -> Option<Apart> {
        match (self.domain.as_str(), self.family.as_str(), self.sub.as_str()) {
            (_, _, "CWDL" | "CDPT" | "CHKD" | "XBCW") => Some(Apart::Cash),
            ("SECU", ..) => Some(Apart::Security),
            (_, "CNTR", _) => Some(Apart::Cash),
            (_, _, "FEES" | "CHRG" | "COMM" | "INTR" | "TAXE" | "COME" | "COMI" | "COMT") => Some(Apart::Bank),
            ("CAMT", ..) | (_, _, "ZABA" | "SWEP" | "TOPG" | "CAPL") => Some(Apart::OwnTransfer),
            (_, _, "SALA" | "PAYR") => Some(Apart::Salary),
            _ => None,
        }
    }
}

impl Entry {
    pub(super) fn new(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// An element of the entry itself, by its path.
    pub(super) fn leaf(&mut self, path: &[&str], text: &str, currency: &str) {
        match path {
            ["Amt"] => {
                set(&mut self.amount, text);
                set(&mut self.currency, currency);
            }
            ["CdtDbtInd"] => set(&mut self.direction, text),
            ["RvslInd"] => self.reversal = matches!(text, "true" | "1"),
            ["Sts"] | ["Sts", "Cd"] => set(&mut self.status, text),
            ["BookgDt", "Dt" | "DtTm"] => set(&mut self.booked, text),
            ["ValDt", "Dt" | "DtTm"] => set(&mut self.valued, text),
            ["AddtlNtryInf"] => append(&mut self.info, text),
            ["BkTxCd", rest @ ..] => self.code.leaf(rest, text),
            _ => {}
        }
    }

    /// Gives the transactions of the entry to the desk.
    pub(super) fn book(mut self, desk: &mut Desk) -> Result<()> {
        if !matches!(self.status.as_str(), "" | "BOOK") {
            return desk.apart(self.line, Apart::NotBooked);
        }
        let day = match self.day() {
            Ok(day) => day,
            Err(why) => return desk.bad(self.line, &why),
        };
        let Some(amount) = amount::parse(&self.amount, Some(Separator::Point)) else {
            return desk.bad(self.line, &format!("this is no amount: {}", words::quoted(&self.amount)));
        };
        let mut parts = std::mem::take(&mut self.parts);
        if parts.len() > MOST_PARTS {
            desk.bad(self.line, &format!("an entry of more than {MOST_PARTS} parts; those after it are left out"))?;
            parts.truncate(MOST_PARTS);
        }
        if parts.is_empty() {
            parts.push(Part::new(self.line));
        }
        let alone = (parts.len() == 1).then_some(amount);
        parts.into_iter().try_for_each(|part| part.book(&self, When::Day(day), alone, desk))
    }

    fn day(&self) -> Result<jiff::civil::Date, String> {
        let text = if self.booked.is_empty() { &self.valued } else { &self.booked };
        match day::read(text) {
            Some(Reading::Sure(day)) => Ok(day),
            _ if text.is_empty() => Err("this entry has no date (BookgDt)".to_owned()),
            _ => Err(format!("there is no such day: {}", words::quoted(text))),
        }
    }
}

impl Part {
    pub(super) fn new(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// An element of the part, by its path.
    pub(super) fn leaf(&mut self, path: &[&str], text: &str, currency: &str) {
        match path {
            ["Amt"] | ["AmtDtls", "TxAmt", "Amt"] => {
                set(&mut self.amount, text);
                set(&mut self.currency, currency);
            }
            ["CdtDbtInd"] => set(&mut self.direction, text),
            ["Refs", "MndtId"] => set(&mut self.mandate, text),
            ["RltdPties", side, rest @ ..] => self.party(side, rest, text),
            ["Purp", "Cd"] => set(&mut self.purpose, text),
            ["RmtInf", "Ustrd"] => append(&mut self.remittance, text),
            ["AddtlTxInf"] => append(&mut self.info, text),
            ["BkTxCd", rest @ ..] => self.code.leaf(rest, text),
            _ => {}
        }
    }

    fn party(&mut self, side: &str, rest: &[&str], text: &str) {
        let party = if side.contains("Cdtr") { &mut self.creditor } else { &mut self.debtor };
        match (side, rest) {
            ("Cdtr" | "Dbtr", ["Nm"] | ["Pty", "Nm"] | ["Agt", "FinInstnId", "Nm"]) => set(&mut party.name, text),
            ("UltmtCdtr" | "UltmtDbtr", ["Nm"] | ["Pty", "Nm"]) => set(&mut party.ultimate, text),
            ("CdtrAcct" | "DbtrAcct", ["Id", "IBAN"] | ["Id", "Othr", "Id"]) => set(&mut party.account, text),
            ("Cdtr", rest) => {
                let rest = rest.strip_prefix(&["Pty"]).unwrap_or(rest);
                // The identifier of a direct debit's creditor; the scheme's name comes after it, so that the form tells.
                let is_id = matches!(rest, ["Id", "PrvtId" | "OrgId", "Othr", "Id"]) && is_creditor_id(text);
                if is_id {
                    set(&mut self.creditor_id, text);
                }
            }
            ("CdtrSchmeId", ["Id", "PrvtId" | "OrgId", "Othr", "Id"]) => set(&mut self.creditor_id, text),
            _ => {}
        }
    }

    fn book(self, entry: &Entry, when: When, alone: Option<Decimal>, desk: &mut Desk) -> Result<()> {
        let direction = if self.direction.is_empty() { &entry.direction } else { &self.direction };
        let incoming = match direction.as_str() {
            "CRDT" => true,
            "DBIT" => false,
            other => return desk.bad(self.line, &format!("neither CRDT nor DBIT: {}", words::quoted(other))),
        };
        let own = amount::parse(&self.amount, Some(Separator::Point));
        let (amount, currency) = match alone {
            Some(amount) => (Some(amount), &entry.currency),
            None => (own, if self.currency.is_empty() { &entry.currency } else { &self.currency }),
        };
        // A reversal takes back what went the other way; its parties are those of what it takes back.
        let (other, mine) = match incoming != entry.reversal {
            true => (&self.debtor, &self.creditor),
            false => (&self.creditor, &self.debtor),
        };
        let party = other_party(other, mine, desk);
        let apart = self.code.apart().or_else(|| entry.code.apart()).or(self.told(incoming));
        let (name, through) = party.map(|party| party.names(desk)).unwrap_or_default();
        let name = desk.name_of(&[&name, &self.remittance, &self.info, &entry.info]);
        let more = [self.remittance.as_str(), &self.info, &entry.info].into_iter().find(|text| !text.is_empty());
        let more = more.unwrap_or_default().to_owned();
        let payment = Payment {
            line: self.line,
            when,
            name,
            amount: amount.map(|amount| if incoming { amount } else { -amount }),
            currency: super::super::csv::currency_code(currency),
            through,
            creditor_id: kept(&self.creditor_id, desk),
            mandate: kept(&self.mandate, desk),
            account: party.map(|party| party.account.clone()).filter(|account| !account.is_empty()),
        };
        desk.booking(payment, apart, &more)
    }

    /// What the purpose says (ISO 20022 external purpose codes).
    fn told(&self, incoming: bool) -> Option<Apart> {
        match self.purpose.as_str() {
            "SALA" | "PAYR" | "BONU" if incoming => Some(Apart::Salary),
            "CSDB" | "CDCB" => Some(Apart::Cash),
            "INTC" | "CASH" | "ACCT" => Some(Apart::OwnTransfer),
            _ => None,
        }
    }
}

/// Who the payment is with. Some banks name only the side that should be the user's: it counts, if it has an account that
/// is not the user's.
fn other_party<'p>(other: &'p Party, mine: &'p Party, desk: &Desk) -> Option<&'p Party> {
    let named = |party: &Party| !party.name.is_empty() || !party.ultimate.is_empty();
    let theirs = |party: &Party| !party.account.is_empty() && !desk.is_own(&party.account);
    if named(other) || !named(mine) || !theirs(mine) || desk.is_owner(&mine.name) {
        return Some(other);
    }
    Some(mine)
}

impl Party {
    /// Who it is with in the end, and who only took the money for it.
    fn names(&self, desk: &mut Desk) -> (String, Option<String>) {
        let named =
            |text: &str, desk: &mut Desk| if is_placeholder(text) { String::new() } else { desk.scrubbed(text) };
        let (name, ultimate) = (named(&self.name, desk), named(&self.ultimate, desk));
        match (ultimate.is_empty(), name.is_empty()) {
            (true, _) => (name, None),
            (false, true) => (ultimate, None),
            (false, false) if words::plain(&name) == words::plain(&ultimate) => (ultimate, None),
            (false, false) => (ultimate, Some(name)),
        }
    }
}

/// A reference that is kept, unless it is a card's number.
fn kept(text: &str, desk: &mut Desk) -> Option<String> {
    let text: String = words::tidy(text).chars().take(35).collect();
    Some(desk.scrubbed_reference(&text)).filter(|text| !text.is_empty() && !is_placeholder(text))
}

fn is_placeholder(text: &str) -> bool {
    matches!(text.to_ascii_uppercase().as_str(), "NOTPROVIDED" | "NOT PROVIDED" | "NONREF" | "-")
}

/// A creditor identifier: country, two digits, three characters of business code, and the national part (EPC262-08).
fn is_creditor_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    (8..=35).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'?' | b'/' | b'-'))
}
