//! A letter on paper: laid out as DIN 5008 (form B) has it, so that the address stands in a window envelope, and written as
//! a PDF that is the same for the same letter.

use crate::error::{Error, Result};
use crate::text::printable;

mod font;
mod layout;
mod pdf;

use super::channel::Text;
use font::Font;
use layout::Layout;

/// The most lines that an address has (DIN 5008: six in the zone for it).
const MAX_LINES: usize = 6;

/// The longest line of an address, in characters.
const MAX_LINE: usize = 80;

/// A letter.
#[derive(Debug)]
pub struct Letter<'a> {
    /// Who writes: name, then postal address, as far as it may be told.
    pub from: &'a [String],
    /// To whom, in lines.
    pub to: &'a [String],
    /// The day, in the letter's language.
    pub date: &'a str,
    /// What it says.
    pub text: &'a Text,
}

/// What it is printed on, sizes in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paper {
    width: f32,
    height: f32,
    /// Where the zone for the address begins, from the top.
    address: f32,
    /// Where the paper is folded, from the top.
    folds: &'static [f32],
}

impl Paper {
    /// ISO 216 A4, with the address and the folds of DIN 5008, form B.
    pub const A4: Paper = Paper { width: 210.0, height: 297.0, address: 45.0, folds: &[105.0, 210.0] };

    /// ANSI A, as it is used in North America, folded into thirds: the address stands in the window of a No. 10 envelope.
    pub const LETTER: Paper = Paper { width: 215.9, height: 279.4, address: 38.0, folds: &[] };

    /// What is used where an address is: its last line tells.
    pub fn of(address: &[String]) -> Self {
        let country = address.last().map(|line| line.trim().trim_end_matches('.').to_lowercase());
        let american = [
            "usa",
            "us",
            "u.s.a",
            "united states",
            "united states of america",
            "canada",
            "états-unis",
            "usa (états-unis)",
        ];
        match country.as_deref() {
            Some(country) if american.contains(&country) => Paper::LETTER,
            _ => Paper::A4,
        }
    }
}

/// Checks a postal address, and takes it apart into lines.
///
/// # Errors
/// Kind bad input for one that is empty, or that no window shows whole.
pub fn address(typed: &str) -> Result<Vec<String>> {
    let lines: Vec<String> =
        typed.lines().map(|line| printable(line).trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let long = lines.iter().find(|line| line.chars().count() > MAX_LINE);
    match (lines.len(), long) {
        (0, _) => Err(Error::bad_input("the postal address is empty")),
        (n, _) if n > MAX_LINES => {
            Err(Error::bad_input(format!("the postal address has {n} lines, and {MAX_LINES} fit")))
        }
        (_, Some(line)) => Err(Error::bad_input(format!("a line of the postal address is too long: {line}"))),
        _ => Ok(lines),
    }
}

/// The letter as a PDF.
///
/// # Errors
/// Kind bad input for characters that the letter's font does not have, each of them named, and for an address that is too
/// wide.
pub fn write(letter: &Letter, paper: Paper) -> Result<Vec<u8>> {
    let font = Font::new()?;
    font.require(letter)?;
    let pages = Layout::new(&font, paper).pages(letter)?;
    pdf::write(&font, paper, &pages, &letter.text.subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn pdf(body: &str, to: &str) -> Result<Vec<u8>> {
        let text = Text { subject: "Berichtigung".into(), body: body.into() };
        let (from, to) = (lines("Ada Lovelace\n12 rue de la Paix"), lines(to));
        write(&Letter { from: &from, to: &to, date: "25. November 2026", text: &text }, Paper::of(&to))
    }

    #[test]
    fn the_same_letter_is_the_same_bytes() {
        let write = || pdf("Łódź, Győr, žluťoučký kůň, Ελλάδα, Київ", "Acme\n1 Street").unwrap();
        assert_eq!(write(), write());
        assert!(write().starts_with(b"%PDF-1.7") && write().len() < 200_000);
    }

    #[test]
    fn a_character_that_the_font_does_not_have_is_named_and_nothing_is_dropped() {
        let error = pdf("Tōkyō 東京 \u{1f600}", "Acme").unwrap_err();
        assert!(error.to_string().contains("東 (U+6771), 京 (U+4EAC), \u{1f600} (U+1F600)"), "{error}");
    }

    #[test]
    fn paper_is_what_they_have_where_the_letter_goes() {
        assert_eq!(Paper::of(&lines("Acme\n1 Main Street\nSpringfield, IL 62701\nUSA")), Paper::LETTER);
        assert_eq!(Paper::of(&lines("Acme\nHauptstr. 1\n10115 Berlin")), Paper::A4);
        assert_eq!(Paper::of(&[]), Paper::A4);
    }

    #[test]
    fn an_address_that_no_window_shows_is_refused() {
        assert_eq!(address(" Acme \n\n1 Street\r\n").unwrap(), ["Acme", "1 Street"]);
        for wrong in ["", " \n ", "1\n2\n3\n4\n5\n6\n7", &"x".repeat(81)] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(pdf("x", &"W".repeat(80)).is_err());
    }

    #[test]
    fn a_long_letter_goes_on_over_pages() {
        let count = |body: &str| {
            let bytes = pdf(body, "Acme").unwrap();
            bytes.windows(11).filter(|window| window == b"/Type /Page").count() - 1
        };
        assert_eq!(count("short"), 1);
        assert_eq!(count(&"A line that is long enough to fill a good part of the page.\n".repeat(120)), 3);
        assert_eq!(count(&"x".repeat(20_000)), 6);
    }
}
