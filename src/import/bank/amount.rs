//! Amounts of money as decimal numbers, as banks write them; never as floating point.

use std::str::FromStr;

use rust_decimal::Decimal;

/// What separates the fraction in a file's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    /// `1,234.56`
    Point,
    /// `1.234,56`
    Comma,
}

impl Separator {
    fn character(self) -> char {
        match self {
            Separator::Point => '.',
            Separator::Comma => ',',
        }
    }
}

/// The longest amount, in bytes: room for a currency's name and the white space of a fixed column.
const LONGEST: usize = 64;

/// An amount with its sign: `-16,52`, `+ £1,100.00`, `12.00-`, `(12.00)`, `1'234.50 CR`, `9.99 DR`. Where no separator
/// is given, the last point or comma is it.
pub(super) fn parse(text: &str, separator: Option<Separator>) -> Option<Decimal> {
    if text.len() > LONGEST {
        return None;
    }
    let (digits, negative) = unsigned(text)?;
    let point = match separator {
        Some(separator) => digits.rfind(separator.character()),
        None => digits.rfind(['.', ',']),
    };
    let mut plain = String::with_capacity(digits.len());
    for (at, c) in digits.char_indices() {
        match c {
            '0'..='9' => plain.push(c),
            _ if Some(at) == point => plain.push('.'),
            '.' | ',' if point.is_some_and(|point| at > point) => return None,
            _ => {}
        }
    }
    let amount = Decimal::from_str(plain.trim_end_matches('.')).ok()?;
    Some(if negative { -amount } else { amount })
}

/// The digits and separators of an amount, and whether it is negative; a currency's sign or code may stand on one side.
fn unsigned(text: &str) -> Option<(String, bool)> {
    let text = text.trim();
    let (text, bracketed) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(within) => (within, true),
        None => (text, false),
    };
    let (mut digits, mut word, mut signs) = (String::new(), String::new(), Vec::new());
    let mut ended = false;
    for c in text.chars() {
        match c {
            '0'..='9' | '.' | ',' if ended => return None,
            '0'..='9' | '.' | ',' => digits.push(c),
            // Swiss statements write `12.-` for a whole number.
            '-' | '+' | '\u{2212}' | '\u{2013}' => {
                ended = !digits.is_empty();
                signs.push(c != '+' && !digits.ends_with('.'));
            }
            '\'' | '\u{2019}' | '"' => {}
            c if c.is_whitespace() => {}
            c if c.is_alphabetic() => word.push(c.to_ascii_uppercase()),
            '$' | '€' | '£' | '¥' | '₹' | '₺' | '₽' => {}
            _ => return None,
        }
    }
    let is_number = digits.bytes().any(|byte| byte.is_ascii_digit());
    if !is_number || signs.len() > 1 || word.chars().count() > 3 {
        return None;
    }
    let debit = matches!(word.as_str(), "DR" | "D" | "S");
    Some((digits, bracketed || debit || signs.first() == Some(&true)))
}

/// What separates the fraction in these amounts, where one of them leaves no doubt.
pub(super) fn separator<'a>(amounts: impl IntoIterator<Item = &'a str>) -> Option<Separator> {
    amounts.into_iter().find_map(|amount| {
        let (digits, _) = unsigned(amount)?;
        let at = digits.rfind(['.', ','])?;
        let found = if digits[at..].starts_with('.') { Separator::Point } else { Separator::Comma };
        let both = digits.contains('.') && digits.contains(',');
        let decimals = digits.len() - at - 1;
        let alone = digits.matches(found.character()).count() == 1;
        (alone && (both || decimals != 3)).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, separator: Option<Separator>) -> String {
        parse(text, separator).map_or("none".to_owned(), |amount| amount.to_string())
    }

    #[test]
    fn the_ways_of_writing_an_amount() {
        let point = Some(Separator::Point);
        let comma = Some(Separator::Comma);
        for (text, separator, expected) in [
            ("-16,52", comma, "-16.52"),
            ("1.234,56", comma, "1234.56"),
            ("1.234", comma, "1234"),
            ("+ £1,100.00", point, "1100.00"),
            ("12.00-", point, "-12.00"),
            ("(12.00)", point, "-12.00"),
            ("1'234.50", point, "1234.50"),
            ("1\u{202f}234,5 EUR", comma, "1234.5"),
            ("\u{2212}7", point, "-7"),
            ("9.99 DR", point, "-9.99"),
            ("9.99 CR", point, "9.99"),
            ("-00000000001500.0000", None, "-1500.0000"),
            ("$120", None, "120"),
            (" 7.80", point, "7.80"),
            ("", point, "none"),
            ("-", point, "none"),
            ("12.-", point, "12"),
            ("12-31", point, "none"),
            ("1-2-3", point, "none"),
            ("MCDONALD'S 7", point, "none"),
            ("1.2,3", point, "none"),
        ] {
            assert_eq!(shown(text, separator), expected, "{text}");
        }
    }

    #[test]
    fn one_plain_amount_tells_the_separator() {
        assert_eq!(separator(["1.234", "-33,87"]), Some(Separator::Comma));
        assert_eq!(separator(["100", "1,234", "1,234.5"]), Some(Separator::Point));
        assert_eq!(separator(["1.234", "100", "1.234.567"]), None);
    }

    proptest! {
        #[test]
        fn what_a_bank_writes_is_what_is_read(cents in -1_000_000_000_000i64..1_000_000_000_000) {
            let amount = Decimal::new(cents, 2);
            let german = amount.to_string().replace('.', ",");
            prop_assert_eq!(parse(&amount.to_string(), None), Some(amount));
            prop_assert_eq!(parse(&german, Some(Separator::Comma)), Some(amount));
        }

        #[test]
        fn no_text_is_too_much(text: String) {
            let _ = (parse(&text, None), separator([text.as_str()]));
        }
    }
}
