//! The values of single properties, as a claim would have them.

use std::str::FromStr;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::vcard::{VCardEntry, VCardParameterName, VCardSex, VCardValue};
use jiff::civil::Date;

use crate::profile::model::{Address, AddressPart};

/// Reads the value of a property: an empty text if there is none, or why a profile cannot hold it.
pub(super) type Reader = fn(&VCardEntry) -> Result<String, &'static str>;

/// The first text of a property, trimmed, its lines as they are.
pub(in super::super) fn text(entry: &VCardEntry) -> String {
    entry.values.iter().find_map(VCardValue::as_text).unwrap_or_default().trim().to_owned()
}

/// Whether nothing is in it.
pub(super) fn is_empty(entry: &VCardEntry) -> bool {
    entry.values.iter().all(|value| match value {
        VCardValue::Text(text) => text.trim().is_empty(),
        VCardValue::Component(parts) => parts.iter().all(|part| part.trim().is_empty()),
        _ => false,
    })
}

/// Line breaks of any kind as `\n`; lines at the ends that are empty are gone.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

fn one_line(text: &str) -> String {
    let text = lines(text);
    if text.contains('\n') { text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ") } else { text }
}

/// One component of a structured value; several values in it are joined.
pub(in super::super) fn component(entry: &VCardEntry, index: usize, between: &str) -> String {
    match entry.values.get(index) {
        Some(VCardValue::Text(text)) => one_line(text),
        Some(VCardValue::Component(parts)) => {
            let parts = parts.iter().map(|part| one_line(part)).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(between)
        }
        _ => String::new(),
    }
}

/// Any text, on one line.
pub(super) fn line(entry: &VCardEntry) -> Result<String, &'static str> {
    match entry.values.first() {
        Some(VCardValue::Binary(_)) => Err("its character set could not be read"),
        _ => Ok(one_line(&text(entry))),
    }
}

/// An e-mail address.
pub(super) fn email(entry: &VCardEntry) -> Result<String, &'static str> {
    Ok(without_scheme(line(entry)?, "mailto:"))
}

/// A telephone number, as it is written.
pub(super) fn phone(entry: &VCardEntry) -> Result<String, &'static str> {
    Ok(without_scheme(line(entry)?, "tel:"))
}

fn without_scheme(text: String, scheme: &str) -> String {
    match text.split_at_checked(scheme.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => rest.trim().to_owned(),
        _ => text,
    }
}

/// An address of the web.
pub(super) fn web(entry: &VCardEntry) -> Result<String, &'static str> {
    let text = line(entry)?;
    let is = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if text.is_empty() || is("http://") || is("https://") { Ok(text) } else { Err("it is not an http(s) address") }
}

/// The address of a picture.
pub(super) fn picture(entry: &VCardEntry) -> Result<String, &'static str> {
    if is_empty(entry) {
        return Ok(String::new());
    }
    web(entry).map_err(|_| "an embedded picture is not kept")
}

/// A zone of the IANA database; offsets from UTC change twice a year and are none.
pub(super) fn zone(entry: &VCardEntry) -> Result<String, &'static str> {
    let text = text(entry);
    if is_empty(entry) {
        return Ok(text);
    }
    match Tz::from_str(&text) {
        Ok(zone @ Tz::Tz(_)) if text == "UTC" || zone.name().as_deref() == Some(&text) => Ok(text),
        _ => Err("it is not a time zone of the IANA database"),
    }
}

/// The gender in the person's own words if there are any, else by the letter (RFC 6350, section 6.2.7).
pub(super) fn gender(entry: &VCardEntry) -> Result<String, &'static str> {
    let own_words = component(entry, 1, ", ");
    if !own_words.is_empty() {
        return Ok(own_words);
    }
    match entry.values.first() {
        Some(VCardValue::Sex(VCardSex::Male)) => Ok("male".to_owned()),
        Some(VCardValue::Sex(VCardSex::Female)) => Ok("female".to_owned()),
        Some(VCardValue::Sex(VCardSex::Other)) => Ok("other".to_owned()),
        Some(VCardValue::Sex(_)) => Err("the card says that there is none, or that it is unknown"),
        _ => Ok(one_line(&text(entry))),
    }
}

/// `YYYY-MM-DD`, `0000-MM-DD` for a day without a year, or `YYYY`.
pub(super) fn birth_date(entry: &VCardEntry) -> Result<String, &'static str> {
    const WHY: &str = "it is not a date";
    if is_empty(entry) {
        return Ok(String::new());
    }
    let date = match entry.values.first() {
        Some(VCardValue::PartialDateTime(date)) => date.clone(),
        Some(VCardValue::Text(text)) => dashed(text).ok_or(WHY)?,
        _ => return Err(WHY),
    };
    // Apple writes a day without a year with a year that it says to leave out.
    let omitted = |name: &VCardParameterName| name.as_str().eq_ignore_ascii_case("X-APPLE-OMIT-YEAR");
    let omits = entry.params.iter().any(|parameter| omitted(&parameter.name));
    match (date.year.filter(|_| !omits), date.month, date.day) {
        (Some(year), Some(month), Some(day)) if is_day(year, month, day) => {
            Ok(format!("{year:04}-{month:02}-{day:02}"))
        }
        (None, Some(month), Some(day)) if is_day(2000, month, day) => Ok(format!("0000-{month:02}-{day:02}")),
        (Some(year), None, None) if (1..=9999).contains(&year) => Ok(format!("{year:04}")),
        _ => Err(WHY),
    }
}

fn is_day(year: u16, month: u8, day: u8) -> bool {
    let (Ok(year), Ok(month), Ok(day)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day)) else {
        return false;
    };
    year > 0 && Date::new(year, month, day).is_ok()
}

/// A date with dashes, such as `1985-04-12` or `--04-12`, and whatever time behind it.
fn dashed(text: &str) -> Option<PartialDateTime> {
    let date = text.trim().split(['T', 't', ' ']).next()?;
    let (year, rest) = match date.strip_prefix("--") {
        Some(rest) => (None, rest),
        None => date.split_once('-').map(|(year, rest)| (Some(year), rest))?,
    };
    let (month, day) = rest.split_once('-')?;
    let year = year.map(str::parse).transpose().ok()?;
    Some(PartialDateTime { year, month: Some(month.parse().ok()?), day: Some(day.parse().ok()?), ..Default::default() })
}

/// An address in its parts; post-office box and extended address become lines of the street.
pub(super) fn address(entry: &VCardEntry) -> Address {
    let mut address = Address::default();
    let street = [2, 1, 0].map(|index| street_line(entry, index));
    let street = street.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    address.set_part(AddressPart::Street, &street);
    let rest = [AddressPart::Locality, AddressPart::Region, AddressPart::PostalCode, AddressPart::Country];
    for (index, part) in rest.into_iter().enumerate() {
        address.set_part(part, &component(entry, index + 3, ", "));
    }
    let label = entry.parameters(&VCardParameterName::Label).find_map(|value| value.as_text());
    address.set_part(AddressPart::Formatted, &lines(&uncaret(label.unwrap_or_default())));
    address
}

/// A component that may have lines of its own.
fn street_line(entry: &VCardEntry, index: usize) -> String {
    match entry.values.get(index) {
        Some(VCardValue::Text(text)) => lines(text),
        _ => component(entry, index, ", "),
    }
}

/// Undoes the escapes of parameter values (RFC 6868), which the parser leaves as they are.
fn uncaret(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '^' { rest.clone().next() } else { None };
        let found = escaped.and_then(|c| match c {
            'n' | 'N' => Some('\n'),
            '\'' => Some('"'),
            '^' => Some('^'),
            _ => None,
        });
        if found.is_some() {
            rest.next();
        }
        plain.push(found.unwrap_or(c));
    }
    plain
}
