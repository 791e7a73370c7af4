//! What the columns of a bank's CSV mean: recognised, or asked once and kept.

use serde::{Deserialize, Serialize};

use super::super::amount::Separator;
use super::super::day::Order;

/// Which columns hold the amount, each by its place from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Amounts {
    /// One column; what went out is negative.
    Signed {
        /// The column.
        amount: usize,
    },
    /// One column; what went out is positive, as on many statements of credit cards.
    Inverted {
        /// The column.
        amount: usize,
    },
    /// A column for what went out, and one for what came in.
    Split {
        /// What went out.
        debit: usize,
        /// What came in.
        credit: usize,
    },
    /// One column without signs, and one that says the direction: `D` and `C`, `Af` and `Bij`, `CR` or nothing.
    Flagged {
        /// The amount.
        amount: usize,
        /// The direction.
        flag: usize,
    },
}

/// What the columns of a file mean, each by its place from 0. It holds no value of the file: it may be kept, and counts
/// for every file with the same [fingerprint](Mapping::fingerprint).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// What files with these columns have in common: a hash of the header and of the separator.
    pub fingerprint: String,
    /// The bank's name, where it is known.
    pub bank: Option<String>,
    /// The day of booking.
    pub date: Option<usize>,
    /// Which of day and month comes first; not needed where the year does, or where the file leaves no doubt.
    pub order: Option<Order>,
    /// The payee: the first of these that is not empty.
    pub payee: Vec<usize>,
    /// Who paid what came in, where that is not in the payee's column.
    pub payer: Option<usize>,
    /// What the bank or the payer says beside.
    pub text: Option<usize>,
    /// The amount.
    pub amounts: Option<Amounts>,
    /// The amount of one payment of a batch, which stands in a row of its own below the batch's.
    pub part: Option<usize>,
    /// What separates the fraction in amounts, where the file itself leaves doubt.
    pub separator: Option<Separator>,
    /// The currency's column.
    pub currency: Option<usize>,
    /// The currency of all of the file, as its header says.
    pub currency_of_all: Option<String>,
    /// The user's own account: compared with, and never kept.
    pub own_account: Option<usize>,
    /// The payee's account.
    pub account: Option<usize>,
    /// The creditor identifier of a direct debit.
    pub creditor_id: Option<usize>,
    /// The mandate of a direct debit.
    pub mandate: Option<usize>,
    /// Whether it is booked.
    pub status: Option<usize>,
    /// What sort of booking it is.
    pub kind: Option<usize>,
    /// Which security was bought, sold or held: where it says any, it is no payment.
    pub security: Option<usize>,
    /// Card numbers: dropped, and counted.
    pub card: Vec<usize>,
}

/// What has to be asked about a file before it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Which column is the date ([`Mapping::date`]).
    Date,
    /// Which column is the payee ([`Mapping::payee`]).
    Payee,
    /// Which columns are the amount ([`Mapping::amounts`]).
    Amount,
    /// Whether the amounts of the one column, none of which is negative, went out or came in ([`Amounts::Inverted`]).
    Direction,
    /// Whether the day or the month comes first ([`Mapping::order`]).
    Order,
}

/// What the values of a column look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Looks {
    /// Dates.
    Date,
    /// Amounts, or numbers that could be.
    Amount,
    /// Texts.
    Text,
    /// Nothing.
    Empty,
}

/// A column of a file, as the user is asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its header, or `column 3` where the file has none.
    pub header: String,
    /// What its values look like.
    pub looks: Looks,
    /// Whether one of its amounts is negative.
    pub is_signed: bool,
    /// The beginning of one of its values, without numbers of cards and accounts: for whoever is asked at a terminal.
    pub example: String,
}

/// A file of which it is not certain what its columns mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// Its columns.
    pub columns: Vec<Column>,
    /// What is not certain.
    pub questions: Vec<Question>,
    /// What is certain: with the answers put in, it is the mapping.
    pub draft: Mapping,
}

impl Mapping {
    /// The columns that a row must have.
    pub(super) fn width(&self) -> usize {
        let amounts = match self.amounts {
            Some(Amounts::Signed { amount } | Amounts::Inverted { amount }) => amount,
            Some(Amounts::Split { debit, credit }) => debit.min(credit),
            Some(Amounts::Flagged { amount, .. }) => amount,
            None => 0,
        };
        self.date.unwrap_or(0).max(amounts) + 1
    }
}
