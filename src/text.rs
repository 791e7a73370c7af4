//! Small rules about text that several rooms share: near names, and what may reach a terminal.

/// The names nearest to a mistyped one, at most three, nearest first.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let contained = !typed.is_empty() && (lower.contains(&typed) || typed.contains(&lower));
            let score = if contained { 0.95 } else { strsim::jaro_winkler(&typed, &lower) };
            (score, name)
        })
        .filter(|(score, _)| *score > 0.78)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Somebody else's text without what could drive a terminal or hide text: control characters (C0, DEL, C1, and
/// with them every escape sequence's start), and the invisible and direction-changing characters of Unicode.
/// Tab and newline become a space.
pub fn printable(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' => Some(' '),
            c if c.is_control() => None,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
            c => Some(c),
        })
        .collect()
}

/// A text as one word for a shell, in a command that is shown to be typed.
pub fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The end of an id: enough to name it, and what differs between ids made in the same moment.
pub fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mistyped_name_finds_its_neighbour() {
        assert_eq!(nearest("adress", ["address", "email", "name"])[0], "address");
        assert!(nearest("zzz", ["address", "email"]).is_empty());
    }

    #[test]
    fn escape_sequences_lose_their_teeth() {
        assert_eq!(printable("a\x1b[31mred\x07\u{9b}2J\u{202e}x\ny"), "a[31mred2Jx y");
    }

    proptest! {
        #[test]
        fn nothing_that_remains_is_a_control_character(text: String) {
            prop_assert!(!printable(&text).chars().any(char::is_control));
        }
    }
}
