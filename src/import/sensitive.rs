//! Secrets in texts that are kept, such as names: numbers of cards, and what looks like a key or says that it is a password.

use super::evidence::Secret;

/// How the digits of a card's number are grouped; or not at all.
const GROUPS: [&[usize]; 5] = [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 4, 4, 4, 2], &[4, 6, 5], &[4, 6, 4]];

/// How keys begin that services give out, each with its length at least.
const KEYS: [(&str, usize); 14] = [
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("sk_live_", 12),
    ("sk_test_", 12),
    ("rk_live_", 12),
    ("sk-", 24),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("eyJ", 40),
    ("SG.", 40),
    ("AIza", 35),
];

/// Words that say that a secret stands behind them.
const LABELS: [&str; 13] =
    ["password", "passwort", "passwd", "pwd", "pw", "pin", "kennwort", "token", "secret", "cvv", "cvc", "otp", "totp"];

/// A text without the secrets in it, and of which sort those were.
pub(super) fn cleaned(text: &str) -> (String, Vec<Secret>) {
    let (text, cards) = without_cards(text);
    let mut dropped = vec![Secret::Card; cards];
    let mut kept: Vec<&str> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if let Some(secret) = key(word) {
            dropped.push(secret);
            continue;
        }
        // `pw:…`, `pw: …` or `pw : …`
        let sign = word.find(['=', ':']);
        let own = &word[..sign.unwrap_or(word.len())];
        let is_label = LABELS.contains(&own.to_lowercase().as_str());
        let is_apart = sign.is_none() && words.peek().is_some_and(|next| matches!(*next, "=" | ":"));
        if !is_label || sign.is_none() && !is_apart {
            kept.push(word);
            continue;
        }
        kept.push(own);
        if is_apart {
            words.next();
        }
        let is_behind = sign.is_some_and(|at| word.len() > at + 1);
        if is_behind || words.next().is_some() {
            dropped.push(Secret::Password);
        }
    }
    (kept.join(" ").trim().to_owned(), dropped)
}

/// Whether a word is a key as services give them out, or the secret of a second factor (base32, RFC 4648, section 6).
fn key(word: &str) -> Option<Secret> {
    if KEYS.iter().any(|(start, length)| word.starts_with(start) && word.len() >= *length) {
        return Some(Secret::Note);
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_base32 = word.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    (is_base32 && digits > 0 && digits < word.len() && [16, 24, 26, 32, 52, 64].contains(&word.len()))
        .then_some(Secret::SecondFactor)
}

/// A text without the numbers of cards that stand in it whole, however they are grouped and whatever they are glued to; and
/// how many those were.
pub(super) fn without_cards(text: &str) -> (String, usize) {
    let bytes = text.as_bytes();
    let (mut kept, mut cards, mut from, mut at) = (String::with_capacity(text.len()), 0, 0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || at > 0 && bytes[at - 1].is_ascii_digit() {
            at += 1;
            continue;
        }
        match card_end(bytes, at) {
            Some(end) => {
                kept.push_str(&text[from..at]);
                cards += 1;
                (from, at) = (end, end);
            }
            None => at += 1,
        }
    }
    kept.push_str(&text[from..]);
    (if cards > 0 { kept.trim().to_owned() } else { kept }, cards)
}

/// Where the number of a card ends that begins here (ISO/IEC 7812-1: 13 to 19 digits).
fn card_end(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut lengths, mut number, mut at) = (Vec::with_capacity(6), Vec::with_capacity(20), start);
    let mut found = None;
    while lengths.len() < 6 {
        let run = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if run == 0 {
            break;
        }
        lengths.push(run);
        number.extend(&bytes[at..at + run]);
        at += run;
        let is_form = lengths.len() == 1 || GROUPS.contains(&lengths.as_slice());
        if is_form && (13..=19).contains(&number.len()) && luhn(&number) {
            found = Some(at);
        }
        if !matches!(bytes.get(at), Some(b' ' | b'-' | b'.' | b'/' | b'_')) {
            break;
        }
        at += 1;
    }
    found
}

/// Luhn's check (ISO/IEC 7812-1, annex B) of ASCII digits; zeros alone are no number.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let value = |(index, byte): (usize, &u8)| {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        match index % 2 {
            0 => digit,
            _ if digit > 4 => 2 * digit - 9,
            _ => 2 * digit,
        }
    };
    let sum: u32 = digits.iter().rev().enumerate().map(value).sum();
    sum.is_multiple_of(10) && digits.iter().any(|byte| *byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_cards_go_whatever_they_are_glued_to() {
        for (text, expected) in [
            ("Karte:4111 1111 1111 1111", "Karte:"),
            ("PAN=4111-1111-1111-1111", "PAN="),
            ("VISA4111 1111 1111 1111 x", "VISA x"),
            ("(4111 1111 1111 1111)exp 12/27", "()exp 12/27"),
            ("4111 1111 1111 1111/0327", "/0327"),
            ("4111/1111/1111/1111", ""),
            ("4111_1111_1111_1111", ""),
            ("3782 822463 10005", ""),
            ("4111111111111112", "4111111111111112"),
            ("2024-01-15 12345678", "2024-01-15 12345678"),
        ] {
            assert_eq!(without_cards(text).0, expected, "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_key_or_says_that_it_is_a_secret_goes() {
        for (text, expected, secrets) in [
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "", vec![Secret::Note]),
            ("JBSWY3DPEHPK3PXP", "", vec![Secret::SecondFactor]),
            ("eps password=S3CRET", "eps password", vec![Secret::Password]),
            ("ada / pw: S3CRET", "ada / pw", vec![Secret::Password]),
            ("pw:  S3CRET x", "pw x", vec![Secret::Password]),
            ("pw : S3CRET", "pw", vec![Secret::Password]),
            ("Visa 4111 1111 1111 1111", "Visa", vec![Secret::Card]),
            ("Password manager", "Password manager", vec![]),
            ("Pinterest", "Pinterest", vec![]),
            ("STADTWERKEKOELN", "STADTWERKEKOELN", vec![]),
        ] {
            assert_eq!(cleaned(text), (expected.to_owned(), secrets), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cleaned_once(text: String) {
            let (once, _) = without_cards(&text);
            prop_assert!(once.len() <= text.len());
            let _ = cleaned(&text);
        }

        #[test]
        fn no_number_of_a_card_stays(
            before in "[A-Za-z:( ]{0,6}", digits in "[3-6][0-9]{14}", sign in "[ /._-]?", after in "[A-Za-z)/; ]{0,6}",
        ) {
            let number = (0..10).map(|check| format!("{digits}{check}")).find(|number| luhn(number.as_bytes())).unwrap();
            let groups: Vec<&str> = [0, 4, 8, 12].iter().map(|at| &number[*at..at + 4]).collect();
            let (kept, cards) = without_cards(&format!("{before}{}{after}", groups.join(&sign)));
            prop_assert!(cards == 1 && !kept.contains(&number[8..12]) || number[8..12] == *"0000", "{}", kept);
        }
    }
}
