//! What the texts of a statement are made of, and what must not be kept of them: card numbers, and account numbers.

use crate::text::printable;

/// The longest text of a payee that is kept, in characters.
const LONGEST: usize = 200;

/// A text in lower case and without the accents of the languages that statements come in.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' | 'ą' => folded.push('a'),
            'ç' | 'č' | 'ć' => folded.push('c'),
            'ď' => folded.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ě' | 'ę' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' | 'ň' | 'ń' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'ø' => folded.push('o'),
            'ř' => folded.push('r'),
            'ł' => folded.push('l'),
            'š' | 'ś' => folded.push('s'),
            'ť' => folded.push('t'),
            'ù' | 'ú' | 'û' | 'ü' | 'ů' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ž' | 'ź' | 'ż' => folded.push('z'),
            'ß' => folded.push_str("ss"),
            c => folded.push(c),
        }
    }
    folded
}

/// The words of a text, folded, one space between; a run of digits is `#`, so that `POS13SEP STATOIL` is `pos # sep
/// statoil`.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut last = ' ';
    for c in folded(text).chars() {
        let kind = match c {
            c if c.is_numeric() => '#',
            c if c.is_alphabetic() => 'a',
            _ => ' ',
        };
        if kind != last && kind != ' ' && !plain.is_empty() {
            plain.push(' ');
        }
        match kind {
            'a' => plain.push(c),
            '#' if last != '#' => plain.push('#'),
            _ => {}
        }
        last = kind;
    }
    plain
}

/// A text fit for a terminal and of bounded length. Of white space between words one blank is left, or two: a wide gap
/// parts a payee from its place.
pub(super) fn tidy(text: &str) -> String {
    let (mut tidy, mut gap) = (String::new(), 0);
    for c in printable(text).chars() {
        if c.is_whitespace() {
            gap += 1;
            continue;
        }
        if !tidy.is_empty() {
            (0..gap.min(2)).for_each(|_| tidy.push(' '));
        }
        gap = 0;
        tidy.push(c);
    }
    match tidy.char_indices().nth(LONGEST) {
        Some((end, _)) => tidy[..end].trim_end().to_owned(),
        None => tidy,
    }
}

/// A text without card numbers, whole or masked, and with account numbers masked; and how many card numbers there were.
pub(super) fn scrub(text: &str) -> (String, usize) {
    let text = tidy(text);
    let words: Vec<&str> = text.split(' ').collect();
    let (mut kept, mut cards, mut at) = (Vec::with_capacity(words.len()), 0, 0);
    while at < words.len() {
        let before = words[..at].iter().rev().find(|word| !word.is_empty()).copied().unwrap_or_default();
        if let Some(length) = card(&words[at..]) {
            cards += 1;
            at += length;
        } else if let Some((length, masked)) = iban(&words[at..]) {
            kept.push(masked);
            at += length;
        } else if let Some(masked) = behind_sort_code(before, words[at]) {
            kept.push(masked);
            at += 1;
        } else {
            let (word, glued) = without_cards(words[at]);
            cards += glued;
            kept.push(without_accounts(&word, before));
            at += 1;
        }
    }
    (kept.join(" ").trim().to_owned(), cards)
}

/// A word without the numbers of cards that it is glued to: `KARTE:4111…`. How many those were.
fn without_cards(word: &str) -> (String, usize) {
    let (mut kept, mut cards, mut rest) = (String::new(), 0, word);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let length = rest[start..].bytes().take_while(u8::is_ascii_digit).count();
        let digits = &rest[start..start + length];
        kept.push_str(&rest[..start]);
        match is_card(digits) {
            true => cards += 1,
            false => kept.push_str(digits),
        }
        rest = &rest[start + length..];
    }
    kept.push_str(rest);
    (kept, cards)
}

/// What of a British account's number may be shown: eight digits behind a sort code, `12-34-56 12345678`.
fn behind_sort_code(before: &str, word: &str) -> Option<String> {
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = before.split('-').collect();
    (parts.len() == 3 && parts.iter().all(|part| digits(part, 2)) && digits(word, 8)).then(|| ending(word))
}

/// Whether the number behind this word is an account's: `Kto. 1234567`.
fn is_word_for_account(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "a/c", "acc", "account", "acct", "compte", "conto", "cpte", "cta", "cuenta", "konto", "kontonr", "kto",
        "ktonr", "rekening",
    ];
    let word = word.trim_matches(['.', ':', '/', '(', '-', '#']);
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A word without the numbers of accounts that it is or is glued to: `/IBAN/NL91…/BIC/…`, `IBAN:NL91…`, `KTO:1234567`.
fn without_accounts(word: &str, before: &str) -> String {
    let is_number = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        digits >= 6 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
    };
    let mut before = before;
    let mut kept = String::with_capacity(word.len());
    for piece in word.split_inclusive(['/', ':', ';', ',', '(', ')', '+']) {
        let text = piece.trim_end_matches(['/', ':', ';', ',', '(', ')', '+']);
        match is_iban(text) || is_number(text) && is_word_for_account(before) {
            true => kept.push_str(&ending(text)),
            false => kept.push_str(text),
        }
        kept.push_str(&piece[text.len()..]);
        before = if text.is_empty() { before } else { text };
    }
    kept
}

/// How many words from here on are a card's number: 13 to 19 digits (ISO/IEC 7812-1) that pass Luhn's check, or a number
/// of which all but some digits are masked.
fn card(words: &[&str]) -> Option<usize> {
    let mut number = String::new();
    let mut found = None;
    for (index, word) in words.iter().take(6).enumerate() {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '*' && c != '#');
        let is_part =
            !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || is_mask(c) || matches!(c, '-' | '.'));
        if !is_part {
            break;
        }
        number.extend(word.chars().filter(|c| !matches!(c, '-' | '.')));
        if is_card(&number) {
            found = Some(index + 1);
        }
    }
    found
}

fn is_mask(c: char) -> bool {
    matches!(c, '*' | 'x' | 'X' | '•' | '#' | '·')
}

fn is_card(number: &str) -> bool {
    let length = number.chars().count();
    let masks = number.chars().filter(|c| is_mask(*c)).count();
    if masks == 0 {
        return (13..=19).contains(&length) && luhn(number);
    }
    let stars = number.chars().filter(|c| matches!(c, '*' | '•')).count();
    let ends = number.chars().rev().take_while(char::is_ascii_digit).count();
    (3..=4).contains(&ends) && length <= 19 && (stars >= 4 || masks >= 8 && length >= 12)
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn luhn(digits: &str) -> bool {
    let sum: u32 = (digits.bytes().rev().enumerate())
        .map(|(index, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match index % 2 {
                0 => digit,
                _ if digit > 4 => 2 * digit - 9,
                _ => 2 * digit,
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

/// How many words from here on are an IBAN (ISO 13616: 15 to 34 characters), and what of it may be shown.
fn iban(words: &[&str]) -> Option<(usize, String)> {
    let first = words.first()?.trim_end_matches([',', ';', ')', '.', '/']);
    if is_iban(first) {
        return Some((1, ending(first)));
    }
    // In groups of four.
    if first.len() != 4 || !begins_as_iban(first) {
        return None;
    }
    let mut number = first.to_owned();
    for (index, word) in words.iter().enumerate().skip(1) {
        let alphanumeric = word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if !alphanumeric || word.len() > 4 {
            return None;
        }
        number.push_str(word);
        if is_iban(&number) && (word.len() < 4 || words.get(index + 1).is_none_or(|next| next.len() > 4)) {
            return Some((index + 1, ending(&number)));
        }
        if number.len() > 34 {
            return None;
        }
    }
    None
}

fn begins_as_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 4 && bytes[..2].iter().all(u8::is_ascii_uppercase) && bytes[2..4].iter().all(u8::is_ascii_digit)
}

/// Whether this has the form of an IBAN (ISO 13616), without spaces.
pub(super) fn is_iban(text: &str) -> bool {
    (15..=34).contains(&text.len())
        && begins_as_iban(text)
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// The end of an account's number, which names it to who knows it: `…8421`.
pub(super) fn ending(number: &str) -> String {
    let characters: Vec<char> = number.chars().filter(|c| c.is_alphanumeric()).collect();
    let end: String = characters[characters.len().saturating_sub(4)..].iter().collect();
    format!("…{end}")
}

/// An account's number as it is compared: no spaces, upper case.
pub(super) fn compact(number: &str) -> String {
    number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn card_numbers_are_dropped_whole_and_masked() {
        for (text, expected, cards) in [
            ("SHELL 4111 1111 1111 1111 PARIS", "SHELL PARIS", 1),
            ("SHELL 4111111111111111", "SHELL", 1),
            ("SHELL 4111-1111-1111-1111", "SHELL", 1),
            ("SHELL 4111111111111112", "SHELL 4111111111111112", 0),
            ("SHELL 4111.1111.1111.1111", "SHELL", 1),
            ("VISA ****1234 SPOTIFY", "VISA SPOTIFY", 1),
            ("VISA XXXX XXXX XXXX 1234", "VISA", 1),
            ("CARD 4111 11** **** 1111 NETFLIX", "CARD NETFLIX", 1),
            ("X 12 MAX 1234", "X 12 MAX 1234", 0),
            ("Allo 0800 123 456", "Allo 0800 123 456", 0),
            ("a  4111 1111 1111 1111 \u{1b}[31m 5555555555554444", "a  [31m", 2),
        ] {
            assert_eq!(scrub(text), (expected.to_owned(), cards), "{text}");
        }
    }

    #[test]
    fn account_numbers_are_masked() {
        assert_eq!(scrub("SEPA NL56AGDH9619008421 rent").0, "SEPA …8421 rent");
        assert_eq!(scrub("SEPA NL56 AGDH 9619 0084 21 for rent").0, "SEPA …8421 for rent");
        assert_eq!(scrub("FOO/IBAN/NL91ABNA0417164300/BIC/ABNANL2A").0, "FOO/IBAN/…4300/BIC/ABNANL2A");
        assert_eq!(scrub("QUX IBAN:NL91ABNA0417164300").0, "QUX IBAN:…4300");
        assert_eq!(scrub("DE12 hello").0, "DE12 hello");
        assert_eq!(scrub("J SMITH 12-34-56 12345678 RENT").0, "J SMITH 12-34-56 …5678 RENT");
        assert_eq!(scrub("SHOP Kto.  1234567890 BLZ 50010517").0, "SHOP Kto.  …7890 BLZ 50010517");
        assert_eq!(scrub("SHOP KTO:1234567 ACC 123").0, "SHOP KTO:…4567 ACC 123");
        assert_eq!(scrub("Rechnung 1234567890").0, "Rechnung 1234567890");
    }

    #[test]
    fn words_lose_their_accents_and_numbers() {
        assert_eq!(plain("POS13SEP STATOIL "), "pos # sep statoil");
        assert_eq!(plain("Entgelt  Kontoführung!"), "entgelt kontofuhrung");
        assert_eq!(plain("CHECK PAID #0000001001"), "check paid #");
        assert_eq!(plain("DOMINO'S"), "domino s");
    }

    proptest! {
        #[test]
        fn no_card_number_survives(before in "[A-Z ]{0,20}", digits in "[45][0-9]{14}", after in "( [A-Z]{1,10}){0,3}") {
            let number = (0..10).map(|check| format!("{digits}{check}")).find(|number| luhn(number)).unwrap();
            let spaced = format!("{} {} {} {}", &number[..4], &number[4..8], &number[8..12], &number[12..]);
            for shape in [&number, &spaced] {
                let (text, cards) = scrub(&format!("{before} {shape}{after}"));
                prop_assert!(cards == 1 && !text.contains(&number[8..]), "{text}");
            }
        }

        #[test]
        fn no_text_is_too_much(text: String) {
            let (text, _) = scrub(&text);
            prop_assert!(text.chars().count() <= LONGEST * 2);
            let _ = (plain(&text), ending(&text), compact(&text));
        }
    }
}
