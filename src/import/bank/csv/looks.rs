//! What the values of columns look like, and what that says of a file without a header.

use rust_decimal::Decimal;

use super::super::day::{self, Reading};
use super::super::{amount, apart};
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
    let texts: Vec<usize> = those(Looks::Text).filter(is_text).collect();
    let amounts: Vec<usize> = match those(Looks::Amount).collect::<Vec<_>>() {
        several if several.len() > 1 => booked(rows.clone(), &several).map_or(several, |amount| vec![amount]),
        one => one,
    };
    Mapping {
        date: those(Looks::Date).next(),
        payee: if texts.len() == 1 { texts } else { Vec::new() },
        amounts: match (amounts.as_slice(), flag) {
            ([amount], Some(flag)) => Some(Amounts::Flagged { amount: *amount, flag }),
            ([amount], None) => Some(Amounts::Signed { amount: *amount }),
            _ => None,
        },
        currency,
        ..Mapping::default()
    }
}

/// The one of several columns of amounts that the bookings are in: those that add up to what another says was left after
/// each, whichever end of the file is the newest.
fn booked<'r>(rows: impl Iterator<Item = &'r Vec<String>> + Clone, amounts: &[usize]) -> Option<usize> {
    let column = |at: usize| -> Vec<Option<Decimal>> {
        rows.clone().map(|row| row.get(at).and_then(|text| amount::parse(text, None))).collect()
    };
    let columns: Vec<(usize, Vec<Option<Decimal>>)> = amounts.iter().map(|at| (*at, column(*at))).collect();
    let adds_up = |amounts: &[Option<Decimal>], left: &[Option<Decimal>]| {
        let rows: Vec<(Decimal, Decimal)> =
            amounts.iter().zip(left).filter_map(|(a, l)| Some(((*a)?, (*l)?))).collect();
        let fits = |before: Decimal, amount: Decimal, after: Decimal| before.checked_add(amount) == Some(after);
        let changes = amounts.iter().flatten().any(|amount| !amount.is_zero());
        let down = rows.windows(2).all(|pair| fits(pair[0].1, pair[1].0, pair[1].1));
        let up = rows.windows(2).all(|pair| fits(pair[1].1, pair[0].0, pair[0].1));
        rows.len() >= ENOUGH_TO_ADD_UP && changes && (down || up)
    };
    let fits = |(at, amounts): &(usize, Vec<Option<Decimal>>)| {
        columns.iter().any(|(other, left)| other != at && adds_up(amounts, left)).then_some(*at)
    };
    let mut found = columns.iter().filter_map(fits);
    found.next().filter(|_| found.next().is_none())
}
