//! What a claim's value must look like.

use jiff::civil::Date;

use super::model::{Address, ClaimKind, ClaimValue, Shape};
use crate::error::{Error, Result};

/// The longest value, in bytes: a claim is an attribute, not a document.
const MAX_VALUE: usize = 2048;

/// Checks a typed text and makes it a value; white space around it goes.
///
/// # Errors
/// Kind bad input, saying what the claim wants. The value itself is not repeated.
pub fn text(kind: &ClaimKind, text: &str) -> Result<ClaimValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::bad_input(format!("{} would be empty", kind.name))
            .hint(format!("take it away with: cmr profile unset {}", kind.name)));
    }
    if kind.shape == Shape::Address {
        let address = Address { formatted: Some(text.to_owned()), ..Address::default() };
        return value(kind, ClaimValue::Address(address));
    }
    value(kind, ClaimValue::Text(text.to_owned()))
}

/// Checks a value.
///
/// # Errors
/// Kind bad input, saying what the claim wants. The value itself is not repeated.
pub fn value(kind: &ClaimKind, value: ClaimValue) -> Result<ClaimValue> {
    match (&value, kind.shape) {
        (ClaimValue::Address(address), Shape::Address) => {
            let mut parts = super::model::AddressPart::ALL.into_iter().filter_map(|part| address.part(part));
            parts.try_for_each(|part| plain(kind, part, true))?;
        }
        (ClaimValue::Text(text), shape) if shape != Shape::Address => {
            plain(kind, text, false)?;
            wants(kind, shape_of(shape, text))?;
        }
        _ => {
            return Err(Error::bad_input(format!("{} does not take a value of this form", kind.name))
                .hint("an address has parts: cmr profile set address street_address=… locality=… country=…"));
        }
    }
    Ok(value)
}

fn plain(kind: &ClaimKind, text: &str, lines: bool) -> Result<()> {
    if text.len() > MAX_VALUE {
        return Err(Error::bad_input(format!("{} is longer than {MAX_VALUE} bytes", kind.name)));
    }
    if text.chars().any(|c| c.is_control() && !(lines && c == '\n')) {
        return Err(Error::bad_input(format!("{} holds a control character", kind.name)));
    }
    Ok(())
}

fn wants(kind: &ClaimKind, problem: Option<&str>) -> Result<()> {
    problem.map_or(Ok(()), |want| Err(Error::bad_input(format!("{} must be {want}", kind.name))))
}

/// What a text should be and is not.
fn shape_of(shape: Shape, text: &str) -> Option<&'static str> {
    match shape {
        Shape::Text | Shape::Address => None,
        Shape::Email => (!is_email(text)).then_some("an e-mail address, such as ada@example.org"),
        Shape::Phone => (!is_phone(text)).then_some("a telephone number, such as +33 1 23 45 67 89"),
        Shape::Date => (!is_date(text)).then_some("a date, such as 1815-12-10 (or 1815, or 0000-12-10)"),
        Shape::Url => (!is_url(text)).then_some("an http or https URL"),
        Shape::Zone => jiff::tz::TimeZone::get(text).is_err().then_some("a time zone, such as Europe/Paris"),
        Shape::Locale => (!is_locale(text)).then_some("a language tag, such as fr-FR"),
    }
}

/// One `@`, something on both sides, no white space: what a mail system can be asked about. More than that only the
/// mail system knows.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.starts_with('.') && !local.contains('@')
    }) && !text.contains(char::is_whitespace)
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-.()/ #*,;=\u{a0}".contains(c);
    (3..=20).contains(&digits) && text.chars().all(allowed)
}

/// OpenID Connect Core, section 5.1: `YYYY-MM-DD`, `0000-MM-DD` where the year is not told, or `YYYY`.
fn is_date(text: &str) -> bool {
    let year_only = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    // Year 0 was a leap year in the proleptic calendar, so the 29th of February passes.
    year_only || (text.len() == 10 && text.parse::<Date>().is_ok())
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let language =
        parts.next().is_some_and(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()));
    language && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::super::model::claim_kind;
    use super::*;

    fn ok(claim: &str, value: &str) -> bool {
        text(claim_kind(claim).unwrap(), value).is_ok()
    }

    #[test]
    fn each_shape_takes_what_it_is_for_and_refuses_the_rest() {
        let good = [
            ("email", "ada@example.org"),
            ("phone_number", "+33 (0)1 23 45 67 89"),
            ("birthdate", "1815-12-10"),
            ("birthdate", "0000-02-29"),
            ("birthdate", "1815"),
            ("website", "https://example.org/~ada"),
            ("zoneinfo", "Europe/Paris"),
            ("locale", "fr-FR"),
            ("name", "Ada Lovelace"),
        ];
        for (claim, value) in good {
            assert!(ok(claim, value), "{claim} should take {value}");
        }
        let bad = [
            ("email", "ada"),
            ("email", "a b@example.org"),
            ("phone_number", "call me"),
            ("birthdate", "1815-13-10"),
            ("birthdate", "10.12.1815"),
            ("website", "javascript:alert(1)"),
            ("zoneinfo", "Europe/Atlantis"),
            ("locale", "français"),
            ("name", " "),
            ("name", "a\x1b[2J"),
        ];
        for (claim, value) in bad {
            assert!(!ok(claim, value), "{claim} should refuse {value:?}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        let error = text(claim_kind("email").unwrap(), "s3cret").unwrap_err();
        assert!(!format!("{error} {:?}", error.hint_text()).contains("s3cret"));
    }
}
