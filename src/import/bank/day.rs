//! The day of a booking, as banks write it. The day counts as the bank says it, in no time zone.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// In which order a file writes day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// 31/12/2024
    DayFirst,
    /// 12/31/2024
    MonthFirst,
    /// 2024-12-31
    YearFirst,
}

/// When something was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// On this day.
    Day(Date),
    /// On the first of these days if the file writes the day first, else on the second.
    Either(Date, Date),
}

impl When {
    /// The earlier of the days that it can be.
    pub(super) fn earliest(self) -> Date {
        match self {
            When::Day(day) => day,
            When::Either(a, b) => a.min(b),
        }
    }
}

/// What a date's text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// A date, whatever the order.
    Sure(Date),
    /// A date only if the day comes first.
    DayFirst(Date),
    /// A date only if the month comes first.
    MonthFirst(Date),
    /// A date in both orders, and not the same: day first, and month first.
    Either(Date, Date),
    /// It looks like a date, and there is no such day.
    NoSuchDay,
}

/// The shortened names of the months in the languages of the statements, lower case and without accents; a longer
/// name begins with its shortened one.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "sty"],
    &["feb", "fev", "lut"],
    &["mar", "maa", "mrt"],
    &["apr", "avr", "abr", "kwi"],
    &["may", "mai", "mei", "maj", "mag"],
    &["jun", "juin", "giu", "cze"],
    &["jul", "juil", "lug", "lip"],
    &["aug", "aou", "ago", "sie"],
    &["sep", "set", "wrz"],
    &["oct", "okt", "out", "ott", "paz"],
    &["nov", "lis"],
    &["dec", "dez", "dic", "des", "gru"],
];

/// Reads a date; a time after it is let go. Nothing if it does not look like a date.
pub(super) fn read(text: &str) -> Option<Reading> {
    let text = text.trim();
    let parts = parts(text)?;
    let named = parts.iter().position(|part| part.starts_with(|c: char| c.is_alphabetic()));
    let number = |at: usize| parts[at].parse::<i16>().ok();
    let date = |y: i16, m: i16, d: i16| Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok();
    let sure = |found: Option<Date>| Some(found.map_or(Reading::NoSuchDay, Reading::Sure));
    match named {
        Some(at) => {
            let month = month(&parts[at])?;
            let (day, year) = if at == 1 && parts[0].len() == 4 { (2, 0) } else { (usize::from(at == 0), 2) };
            sure(date(century(&parts[year])?, month, number(day)?))
        }
        None if parts[0].len() == 4 => sure(date(number(0)?, number(1)?, number(2)?)),
        None => {
            let (year, a, b) = (century(&parts[2])?, number(0)?, number(1)?);
            // Nobody writes the month first and points between.
            let month_first = if text.contains('.') { None } else { date(year, a, b) };
            Some(match (date(year, b, a), month_first) {
                (Some(day), Some(month)) if day == month => Reading::Sure(day),
                (Some(day), Some(month)) => Reading::Either(day, month),
                (Some(day), None) if text.contains('.') => Reading::Sure(day),
                (Some(day), None) => Reading::DayFirst(day),
                (None, Some(month)) => Reading::MonthFirst(month),
                (None, None) => Reading::NoSuchDay,
            })
        }
    }
}

/// A day as ISO 8601 writes it, without a time that is one: `2024-12-31 10:11:12.345+01:00`.
fn without_time(text: &str) -> &str {
    let is_day = |day: &str| day.len() == 10 && day.bytes().filter(u8::is_ascii_digit).count() == 8;
    match text.split_once(['T', ' ']) {
        Some((day, time))
            if is_day(day)
                && time.contains(':')
                && time.starts_with(|c: char| c.is_ascii_digit())
                && time.chars().all(|c| c.is_ascii_digit() || ":.,+- ZAPMUTC".contains(c)) =>
        {
            day
        }
        _ => text,
    }
}

/// The three parts of a date.
fn parts(text: &str) -> Option<[String; 3]> {
    let compact = text.len() >= 8 && text.bytes().take(8).all(|byte| byte.is_ascii_digit());
    if compact {
        let ends = text.as_bytes().get(8).is_none_or(|byte| !byte.is_ascii_digit()) || text.len() == 14;
        return ends.then(|| [text[..4].to_owned(), text[4..6].to_owned(), text[6..8].to_owned()]);
    }
    if text.len() > 40 || !text.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let text = without_time(text);
    let mut parts = text.split(['.', '/', '-', ' ', ',']).filter(|part| !part.is_empty());
    let mut three = [parts.next()?.to_owned(), parts.next()?.to_owned(), parts.next()?.to_owned()];
    // `2024-12-31T10:00:00Z`
    let digits = three[2].bytes().take_while(u8::is_ascii_digit).count();
    if three[2][digits..].starts_with(['T', '+', 'Z']) {
        three[2].truncate(digits);
    }
    let fits = |part: &String| match part.bytes().all(|byte| byte.is_ascii_digit()) {
        true => matches!(part.len(), 1 | 2 | 4),
        false => month(part).is_some(),
    };
    let rest = parts.all(|part| part.contains(':') || matches!(part, "AM" | "PM" | "am" | "pm" | "UTC" | "Z"));
    (rest && three.iter().all(fits)).then_some(three)
}

fn month(part: &str) -> Option<i16> {
    let name: String = super::words::folded(part);
    let found = MONTHS.iter().position(|names| names.iter().any(|month| name.starts_with(month)))?;
    // `juin` and `juillet` begin with no shorter name of another month; `maandag` is none.
    let is_month = name.len() <= 9 && name.chars().all(char::is_alphabetic) && name != "maandag";
    i16::try_from(found + 1).ok().filter(|_| is_month)
}

/// A year of two digits is of this century.
fn century(part: &str) -> Option<i16> {
    let year = part.parse::<i16>().ok()?;
    match part.len() {
        2 => Some(2000 + year),
        4 => Some(year),
        _ => None,
    }
}

/// The beginning of a day, for evidence.
pub(super) fn timestamp(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn on(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_ways_of_writing_a_day() {
        for (text, expected) in [
            ("2024-12-31", "2024-12-31"),
            ("2024/12/31 10:15", "2024-12-31"),
            ("2024-12-31T23:59:59+01:00", "2024-12-31"),
            ("2024-12-31Z", "2024-12-31"),
            ("2024-12-31T10:11:12.345Z", "2024-12-31"),
            ("2024-12-31 10:11:12.345678", "2024-12-31"),
            ("2024-12-31 10:11:12 +0100", "2024-12-31"),
            ("20241231", "2024-12-31"),
            ("20241231120000", "2024-12-31"),
            ("31.12.2024", "2024-12-31"),
            ("01.02.24", "2024-02-01"),
            ("12-Dec-2019", "2019-12-12"),
            ("27 Feb 2018", "2018-02-27"),
            ("Feb 27, 2018", "2018-02-27"),
            ("1 août 2024", "2024-08-01"),
            ("1 juillet 2024", "2024-07-01"),
            ("3. Dez. 2024", "2024-12-03"),
            ("05/05/2024", "2024-05-05"),
        ] {
            assert_eq!(read(text), Some(Reading::Sure(on(expected))), "{text}");
        }
    }

    #[test]
    fn day_and_month_are_told_apart_only_where_they_can_be() {
        assert_eq!(read("31/12/2024"), Some(Reading::DayFirst(on("2024-12-31"))));
        assert_eq!(read("12/31/2024"), Some(Reading::MonthFirst(on("2024-12-31"))));
        assert_eq!(read("01-02-2024"), Some(Reading::Either(on("2024-02-01"), on("2024-01-02"))));
    }

    #[test]
    fn a_day_that_does_not_exist_is_none() {
        for text in ["20120231", "2011-20-00", "31.11.2024", "31/31/2024", "30 Feb 2024", "20112000"] {
            assert_eq!(read(text), Some(Reading::NoSuchDay), "{text}");
        }
        for text in ["", "Pending", "-16,52", "12", "1.234.567", "201120000000", "FOOTER ROW TEST", "1 2 3 4"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text: String) {
            let _ = read(&text);
        }

        #[test]
        fn a_printed_day_is_read_again(days in 0i32..30_000) {
            let date = on("1980-01-01").checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assert_eq!(read(&date.to_string()), Some(Reading::Sure(date)));
            let pointed = format!("{:02}.{:02}.{}", date.day(), date.month(), date.year());
            prop_assert_eq!(read(&pointed), Some(Reading::Sure(date)));
        }
    }
}
