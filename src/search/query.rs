//! What a user types to search: words that must all be there, and quoted phrases. Never the index's own syntax.

use crate::error::{Error, Result};

/// The index cannot take a condition of any length.
const MOST_WORDS: usize = 32;

/// The last word is taken for the beginning of one from this many characters on: shorter ones begin half of all words.
const LEAST_BEGINNING: usize = 2;

/// What to search, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    terms: Vec<String>,
    last_may_go_on: bool,
}

impl Query {
    /// Reads what a user typed. A quote that is never closed quotes all that follows.
    ///
    /// # Errors
    /// Kind usage if there is no word in it, or there are too many.
    pub fn parse(text: &str) -> Result<Self> {
        let mut terms = Vec::new();
        let mut last_may_go_on = false;
        for (place, part) in text.split('"').enumerate() {
            let quoted = place % 2 == 1;
            let found: Vec<String> = match quoted {
                true => vec![part.to_owned()],
                false => part.split_whitespace().map(as_indexed).collect(),
            };
            for term in found.into_iter().filter(|term| term.chars().any(char::is_alphanumeric)) {
                last_may_go_on = !quoted && term.chars().count() >= LEAST_BEGINNING;
                terms.push(term);
            }
        }
        match terms.len() {
            0 => Err(Error::usage("there is no word to search for").hint("such as: cmr search refund")),
            1..=MOST_WORDS => Ok(Self { terms, last_may_go_on }),
            many => Err(Error::usage(format!("{many} words are too many: {MOST_WORDS} can be searched for at once"))),
        }
    }

    /// The condition that all words are there, whole.
    pub(super) fn whole(&self) -> String {
        self.terms.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" ")
    }

    /// The condition where the last word may go on; none if it is a phrase, or too short.
    pub(super) fn begun(&self) -> Option<String> {
        self.last_may_go_on.then(|| format!("{} *", self.whole()))
    }
}

/// A string of the index's syntax: whatever stands in it is text. A zero would end it.
fn quoted(term: &str) -> String {
    format!("\"{}\"", term.replace(['"', '\0'], " "))
}

/// An id as it is indexed, without its hyphens; any other word as it is.
fn as_indexed(word: &str) -> String {
    let is_id = word.get(8..9) == Some("-") && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id { word.replace('-', "") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(text: &str) -> String {
        Query::parse(text).unwrap().whole()
    }

    #[test]
    fn words_and_phrases_are_kept_apart() {
        assert_eq!(whole("  crème  brûlée "), r#""crème" "brûlée""#);
        assert_eq!(whole(r#"late "second slip" paper"#), r#""late" "second slip" "paper""#);
        assert_eq!(whole(r#""never closed"#), r#""never closed""#);
        assert_eq!(whole("a AND b* OR (c) NEAR -d"), r#""a" "AND" "b*" "OR" "(c)" "NEAR" "-d""#);
    }

    #[test]
    fn the_last_word_may_go_on_unless_it_is_quoted_or_one_letter() {
        let begun = |text: &str| Query::parse(text).unwrap().begun();
        assert_eq!(begun("late ref").as_deref(), Some(r#""late" "ref" *"#));
        assert_eq!(begun(r#"late "ref""#), None);
        assert_eq!(begun(r#""late" ref"#).as_deref(), Some(r#""late" "ref" *"#));
        assert_eq!(begun("r"), None);
    }

    #[test]
    fn an_id_is_searched_as_it_is_indexed() {
        assert_eq!(whole("019aab12-0000-7abc-8def-0123456789ab"), r#""019aab1200007abc8def0123456789ab""#);
        assert_eq!(whole("019aab12-00"), r#""019aab1200""#);
        assert_eq!(whole("grant-updated"), r#""grant-updated""#);
    }

    #[test]
    fn nothing_to_search_is_a_mistake_of_usage() {
        for text in ["", "  ", "\"\"", "- * ( ) ' ^", "\" \" !"] {
            assert_eq!(Query::parse(text).unwrap_err().kind(), crate::error::Kind::Usage, "{text:?}");
        }
        assert!(Query::parse(&"word ".repeat(33)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_index_understands_it(text in "[\"\\-*():^+{}\\\\'a-c é\\PC\0]{0,40}") {
            let connection = rusqlite::Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE VIRTUAL TABLE t USING fts5 (text)").unwrap();
            if let Ok(query) = Query::parse(&text) {
                for condition in std::iter::once(query.whole()).chain(query.begun()) {
                    let found: rusqlite::Result<i64> =
                        connection.query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [&condition], |row| row.get(0));
                    prop_assert_eq!(found, Ok(0), "{}", condition);
                }
            }
        }
    }
}
