//! Reading a connector file: its form, then what it says; every mistake with its line and column.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{self, Step};
use super::file::File;
use crate::error::Error;

/// The largest file, in bytes.
pub const MAX_FILE: usize = 64 * 1024;

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in it, in characters, from 1.
    pub column: usize,
    /// What it is; printable.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

/// Reads a file's text.
///
/// # Errors
/// Every mistake that there is; of a text that is no TOML, or of another form, the first.
pub fn parse(text: &str) -> Result<File, Vec<Mistake>> {
    if text.len() > MAX_FILE {
        return Err(vec![mistake(text, 0..0, &format!("it is larger than {MAX_FILE} bytes"))]);
    }
    let file: File = toml::from_str(text).map_err(|e| vec![mistake(text, e.span().unwrap_or(0..0), e.message())])?;
    let mistakes = check::mistakes(&file);
    if mistakes.is_empty() {
        return Ok(file);
    }
    let table = DeTable::parse(text).ok();
    let spot = |at: &[Step]| table.as_ref().map_or(0..0, |table| span(table, at));
    let mut found: Vec<Mistake> = mistakes.iter().map(|one| mistake(text, spot(&one.at), &one.what)).collect();
    found.sort_by_key(|mistake| (mistake.line, mistake.column));
    found.dedup();
    Err(found)
}

/// One error of all mistakes of a file.
pub fn refusal(named: &str, mistakes: &[Mistake]) -> Error {
    let lines: Vec<String> = mistakes.iter().map(|mistake| format!("{named}, {mistake}")).collect();
    Error::bad_input(lines.join("\n")).hint("docs/recipes/connectors.md says what a connector file holds")
}

/// Whether a file that was kept is as one that is read.
pub(super) fn is_sound(file: &File) -> bool {
    check::mistakes(file).is_empty()
}

fn mistake(text: &str, span: Range<usize>, what: &str) -> Mistake {
    let start = (0..=span.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    Mistake { line, column, what: crate::text::printable(what) }
}

/// Where something stands: as near as the file goes into it.
fn span(table: &Spanned<DeTable<'_>>, at: &[Step]) -> Range<usize> {
    let Some((Step::Key(first), rest)) = at.split_first() else { return table.span() };
    let Some((key, mut value)) = table.get_ref().iter().find(|(key, _)| *key.get_ref() == first.as_str()) else {
        return 0..0;
    };
    let mut nearest = match rest {
        [] => value.span(),
        _ => key.span(),
    };
    for step in rest {
        let next = match (step, value.get_ref()) {
            (Step::Key(name), DeValue::Table(table)) => {
                table.iter().find(|(key, _)| *key.get_ref() == name.as_str()).map(|(_, value)| value)
            }
            (Step::Index(index), DeValue::Array(all)) => all.get(*index),
            _ => None,
        };
        let Some(next) = next else { break };
        value = next;
        nearest = value.span();
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = include_str!("../../../../connectors/matrix.toml");

    /// The mistakes of a good file in which something was put in the place of something else.
    fn wrong(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        parse(&text).unwrap_err().iter().map(Mistake::to_string).collect()
    }

    /// The line and column at which something first stands in the good file.
    fn spot(of: &str) -> String {
        let at = mistake(GOOD, GOOD.find(of).unwrap()..0, "");
        format!("line {}, column {}", at.line, at.column)
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        let name = r#""{claim:name}""#;
        let path = r#""/_matrix/client/v3/profile/{field:user_id}/displayname""#;
        let cases = [
            (name, r#""{claim:email}""#, name, "email does not stand among the file's claims"),
            (name, r#""{claim:shoe_size}""#, name, "there is no claim named \"shoe_size\""),
            (name, r#""{claim:name.locality}""#, name, "name has no such part"),
            (name, r#""{empty:name}""#, name, "stands only where something is taken back"),
            (name, r#""{field:shop}""#, name, "shop does not stand among the file's fields"),
            (name, r#""{run:rm}""#, name, "{run:rm} is no placeholder"),
            (path, r#""https://thief.example/{field:user_id}""#, path, "a path begins with one /"),
            (path, r#""//thief.example/{field:user_id}""#, path, "a path begins with one /"),
            (path, r#""/a/../{field:user_id}""#, path, "no segment that is empty, . or .."),
            (path, r#""/a?b={field:user_id}""#, path, "a path holds no ?"),
            (path, r#""/a%2f{field:user_id}""#, path, "a path holds no ?"),
            (path, r#""/{field:user_id}/{claim:name}""#, path, "no claim's value may stand here"),
        ];
        for (from, to, at, says) in cases {
            let (found, spot) = (wrong(from, to), spot(at));
            let named = found.iter().any(|mistake| mistake.starts_with(&spot) && mistake.contains(says));
            assert!(named, "{to}: {found:?}, not {spot}");
        }
    }

    #[test]
    fn what_no_file_may_do_is_refused() {
        let method = "method = \"PUT\"";
        let with = |line: &str| wrong(method, &format!("{method}\n{line}"));
        for header in ["Host", "authorization", "Cookie", "Content-Length", "X-Forwarded-For", "Proxy-Authorization"] {
            let found = with(&format!("headers = {{ \"{header}\" = \"x\" }}"));
            assert!(found[0].contains("may not set this header field"), "{header}: {found:?}");
        }
        assert!(with("headers = { X = \"a\\r\\nHost: b\" }")[0].contains("holds what no header field does"));
        assert!(with("headers = { X = \"{claim:name}\" }")[0].contains("no claim's value may stand here"));
        assert!(with("run = \"rm\"")[0].contains("unknown field `run`"));
        assert!(with("form = { a = \"b\" }")[0].contains("a request has one body"));
        let given = GOOD.lines().find(|line| line.starts_with("given =")).unwrap();
        for host in ["http://api.example", "https://u:p@api.example", "https://api.example?x", "ftp://api.example"] {
            assert!(wrong(given, &format!("fixed = \"{host}\""))[0].contains("no https URL"), "{host}");
        }
        assert!(
            wrong(given, &format!("{given}\nfixed = \"https://api.example\""))[0].contains("either fixed or given")
        );
    }

    #[test]
    fn what_is_declared_and_never_used_is_a_mistake() {
        assert!(wrong("claims = [", "claims = [\"email\", ")[0].contains("no request brings email"));
        assert!(wrong("[fields.", "[fields.shop]\ndescription = \"x\"\n[fields.")[0].contains("no request uses it"));
    }

    #[test]
    fn a_file_has_a_bound() {
        let text = format!("{GOOD}#{}", "x".repeat(MAX_FILE));
        assert!(parse(&text).unwrap_err()[0].what.contains("larger than 65536 bytes"));
    }

    #[test]
    fn what_the_vault_keeps_is_read_as_it_was() {
        let file = parse(GOOD).unwrap();
        let kept: File = serde_json::from_value(serde_json::to_value(&file).unwrap()).unwrap();
        assert_eq!(kept, file);
        assert!(is_sound(&kept) && !is_sound(&File { format: 2, ..kept.clone() }));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>(), cut in 0usize..GOOD.len(), put in "[\\PC\n]{0,12}") {
            let _ = parse(&text);
            let cut = (0..=cut).rev().find(|at| GOOD.is_char_boundary(*at)).unwrap();
            let _ = parse(&format!("{}{put}{}", &GOOD[..cut], &GOOD[cut..]));
        }
    }
}
