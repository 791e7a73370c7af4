//! What the values of columns look like, and what that says of a file without a header.

use rust_decimal::Decimal;

use super::super::day::{self, Reading};
use super::super::{amount, apart, words};
use super::columns::code;
use super::mapping::{Amounts, Looks, Mapping};

/// Rows after which it is no chance that amounts add up.
const ENOUGH_TO_ADD_UP: usize = 3;

/// What a single value looks like.
pub(super) fn look(value: &str) -> Looks {
    let value = value.trim();
    match value {
        "" => Looks::Empty,
        value if day::read(value).is_some_and(|reading| reading != Reading::NoSuchDay) => Looks::Date,
        value if words::is_iban(value) => Looks::Text,
        value if amount::parse(value, None).is_some() && value.len() < 24 => Looks::Amount,
        _ => Looks::Text,
    }
}

/// What the values of each column look like, most of them.
pub(super) fn looks<'r>(rows: impl Iterator<Item = &'r Vec<String>>, width: usize) -> Vec<Looks> {
    let mut counts = vec![[0usize; 3]; width];
    for row in rows {
        for (count, value) in counts.iter_mut().zip(row) {
            match look(value) {
                Looks::Date => count[0] += 1,
                Looks::Amount => count[1] += 1,
                Looks::Text => count[2] += 1,
                Looks::Empty => {}
            }
        }
    }
    let most = |[dates, amounts, texts]: [usize; 3]| match dates + amounts + texts {
        0 => Looks::Empty,
        all if dates * 5 >= all * 4 => Looks::Date,
        all if amounts * 5 >= all * 4 => Looks::Amount,
        _ => Looks::Text,
    };
    counts.into_iter().map(most).collect()
}

/// A file without a header: certain only where there is one column of texts and one of amounts.
pub(super) fn by_looks<'r>(rows: impl Iterator<Item = &'r Vec<String>> + Clone, width: usize) -> Mapping {
    let looks = looks(rows.clone(), width);
    let those = |wanted: Looks| looks.iter().enumerate().filter(move |(_, looks)| **looks == wanted).map(|(at, _)| at);
    let values = |at: usize| rows.clone().filter_map(move |row| row.get(at)).map(|value| value.trim());
    let is_code = |at: usize| values(at).all(|value| value.is_empty() || code(value).is_some());
    let currency = those(Looks::Text).find(|at| is_code(*at));
    let mostly = |at: usize, fits: &dyn Fn(&str) -> bool| {
        let (all, good) = values(at).fold((0, 0), |(all, good), value| (all + 1, good + usize::from(fits(value))));
        good * 5 >= all * 4 && all > 0
    };
    let flag = those(Looks::Text).find(|at| mostly(*at, &|value| apart::direction(value).is_some()));
    // A column of stars is no text.
    let has_words = |at: usize| values(at).any(|value| value.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let is_text = |at: &usize| Some(*at) != currency && Some(*at) != flag && has_words(*at);
    let own_account = those(Looks::Text).find(|at| mostly(*at, &|value| words::is_iban(&words::compact(value))));
    let texts: Vec<usize> = those(Looks::Text).filter(|at| is_text(at) && Some(*at) != own_account).collect();
    let amounts: Vec<usize> = those(Looks::Amount).collect();
    Mapping {
        date: those(Looks::Date).next(),
        payee: if texts.len() == 1 { texts } else { Vec::new() },
        amounts: match (amounts.as_slice(), flag) {
            ([amount], Some(flag)) => Some(Amounts::Flagged { amount: *amount, flag }),
            ([amount], None) => Some(Amounts::Signed { amount: *amount }),
            (several, None) => booked(rows, several, &those(Looks::Empty).collect::<Vec<_>>()),
            _ => None,
        },
        currency,
        own_account,
        ..Mapping::default()
    }
}

/// Those of several columns of amounts that the bookings are in: what they add up to is what another column says was left
/// after each, whichever end of the file is the newest. What came in may have a column of its own beside what went out.
fn booked<'r>(
    rows: impl Iterator<Item = &'r Vec<String>> + Clone,
    amounts: &[usize],
    empty: &[usize],
) -> Option<Amounts> {
    let column = |at: usize| rows.clone().map(move |row| row.get(at).and_then(|text| amount::parse(text, None)));
    let is_left = |changes: &[Option<Decimal>], of: &[usize]| {
        let others = amounts.iter().filter(|at| !of.contains(at));
        others.clone().any(|left| adds_up(changes, &column(*left).collect::<Vec<_>>()))
    };
    let signed = |amount: usize| is_left(&column(amount).collect::<Vec<_>>(), &[amount]);
    let split = |debit: usize, credit: usize| {
        let pairs = column(debit).zip(column(credit));
        let changes: Vec<Option<Decimal>> =
            pairs.map(|(out, came)| came.map(|came| came.abs()).or(out.map(|out| -out.abs()))).collect();
        is_left(&changes, &[debit, credit])
    };
    if let Some(amount) = only(amounts.iter().copied().filter(|at| signed(*at))) {
        return Some(Amounts::Signed { amount });
    }
    let all = || amounts.iter().chain(empty).copied();
    let pairs = all().flat_map(|debit| all().map(move |credit| (debit, credit)));
    let beside = pairs.filter(|(debit, credit)| debit.abs_diff(*credit) == 1);
    let (debit, credit) = only(beside.filter(|(debit, credit)| split(*debit, *credit)))?;
    Some(Amounts::Split { debit, credit })
}

/// The one that there is.
fn only<T>(mut of: impl Iterator<Item = T>) -> Option<T> {
    of.next().filter(|_| of.next().is_none())
}

/// Whether what was left after each booking follows from the one before, whichever of them is the first.
fn adds_up(changes: &[Option<Decimal>], left: &[Option<Decimal>]) -> bool {
    let rows: Vec<(Decimal, Decimal)> = changes.iter().zip(left).filter_map(|(a, l)| Some(((*a)?, (*l)?))).collect();
    let fits = |before: Decimal, change: Decimal, after: Decimal| before.checked_add(change) == Some(after);
    let down = || rows.windows(2).all(|pair| fits(pair[0].1, pair[1].0, pair[1].1));
    let up = || rows.windows(2).all(|pair| fits(pair[1].1, pair[0].0, pair[0].1));
    rows.len() >= ENOUGH_TO_ADD_UP && rows.iter().any(|(change, _)| !change.is_zero()) && (down() || up())
}
