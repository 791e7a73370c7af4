//! What is answered when a shell asks at a Tab what can stand at the cursor: the engine of clap walks the command tree,
//! `candidates` looks into the vault. Whatever goes wrong, the answer is nothing.

use std::ffi::{OsStr, OsString};

use clap::{CommandFactory, ValueEnum};
use clap_complete::engine::{self, CompletionCandidate};

use super::args::{Cli, GLOBAL, Shell};
use super::candidates;
use super::output::completion::{Answer, Choice, Shape, written};
use crate::error::{Error, Result};

/// The variable by which a script in `completions/` says that it asks, and which shell it is for.
pub(super) const VARIABLE: &str = "CMR_COMPLETE";

/// What a shell asks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Question {
    /// The words up to the cursor, the program's name first; the last is the one that is completed, perhaps empty.
    words: Vec<String>,
    shape: Shape,
}

/// The answer to the shell of this name, as its script reads it.
///
/// # Errors
/// Kind usage for a shell without a script.
pub(super) fn answer(shell: &OsStr, args: &[OsString]) -> Result<String> {
    let shell = Shell::from_str(&shell.to_string_lossy(), false).map_err(|_| {
        Error::usage(format!("{VARIABLE} is set, and names no shell that is known"))
            .hint(format!("take it away: unset {VARIABLE}"))
    })?;
    let asked: Vec<String> = args.iter().skip_while(|arg| *arg != "--").skip(1).map(|arg| lossy(arg)).collect();
    let mut question = question(shell, asked);
    // `cmr help grant` is what `cmr grant --help` is.
    if question.words.len() > 2 && question.words[1] == "help" {
        question.words.remove(1);
    }
    Ok(written(&choices(&question.words), question.shape))
}

fn lossy(arg: &OsStr) -> String {
    arg.to_string_lossy().into_owned()
}

/// zsh and fish split the line themselves. bash would split at `=` and `:` too, so that it gives the whole line, and
/// what it is going to replace of it.
fn question(shell: Shell, asked: Vec<String>) -> Question {
    let plain = Shape { shell, kept: 0, list_width: None };
    match (shell, asked.as_slice()) {
        (Shell::Bash, [line, replaced, how, width]) => {
            let (words, replaced) = (words(line), words(replaced).pop().unwrap_or_default());
            let kept = words.last().and_then(|word| word.strip_suffix(&*replaced)).map_or(0, str::len);
            // 63, a question mark: bash is going to list what it is told, and to type nothing.
            let list_width = (how == "63").then(|| width.parse().unwrap_or(80));
            Question { words, shape: Shape { kept, list_width, ..plain } }
        }
        (Shell::Fish, [before @ .., word]) => {
            let word = words(word).pop().unwrap_or_default();
            Question { words: before.iter().cloned().chain([word]).collect(), shape: plain }
        }
        _ => Question { words: asked, shape: plain },
    }
}

/// The words of a line that is still being typed, without their quotes; the last one is empty after a space.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (' ' | '\t' | '\n', None) => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.push(word.unwrap_or_default());
    words
}

/// What can stand where the last word stands.
fn choices(words: &[String]) -> Answer {
    let typed = words.last().map(String::as_str).unwrap_or_default();
    candidates::remember(words);
    let args = words.iter().map(OsString::from).collect();
    let found = engine::complete(&mut Cli::command(), args, words.len().saturating_sub(1), None);
    settled(found.unwrap_or_default(), typed)
}

/// Leaves out what the user did not ask for, and what is not safe to type for them.
fn settled(mut found: Vec<CompletionCandidate>, typed: &str) -> Answer {
    let has = |id: &str| found.iter().any(|one| one.get_id().is_some_and(|its| its == id));
    if has(candidates::FILES) {
        return Answer::Files;
    }
    if has(candidates::DIRECTORIES) {
        return Answer::Directories;
    }
    if !typed.starts_with('-') {
        let options_only = found.iter().all(is_option);
        found.retain(|one| if options_only { is_own_option(one) } else { !is_option(one) });
    }
    found.retain(|one| !one.is_hide_set() && one.get_id().is_none_or(|id| id != candidates::LOOKED));
    let choice = |one: &CompletionCandidate| {
        let value = one.get_value().to_str().filter(|value| is_plain(value))?.to_owned();
        // Somebody else's name must become neither an option nor a word to the shell's script, such as `:files`.
        (is_option(one) || typed.contains('=') || !value.starts_with(['-', ':'])).then_some(())?;
        let help = one.get_help().map(ToString::to_string).unwrap_or_default();
        Some(Choice { value, help: help.lines().next().unwrap_or_default().to_owned() })
    };
    Answer::Choices(found.iter().filter_map(choice).collect())
}

fn is_option(candidate: &CompletionCandidate) -> bool {
    candidate.get_id().is_some_and(|id| id.starts_with("arg::"))
}

/// An option of this command alone, under its long name.
fn is_own_option(candidate: &CompletionCandidate) -> bool {
    let common = candidate.get_tag().is_some_and(|tag| tag.to_string() == GLOBAL);
    let long = candidate.get_value().to_str().is_some_and(|value| value.starts_with("--"));
    let about = ["arg::help", "arg::version"].iter().any(|id| candidate.get_id().is_some_and(|its| its == id));
    long && !common && !about
}

/// Whether a shell takes a text for itself without quotes. What it does not is never offered: it would be typed as it
/// is, and it may come from somebody else.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "-_.,:=".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bash(line: &str, replaced: &str, how: &str) -> Question {
        question(Shell::Bash, [line, replaced, how, "100"].map(str::to_owned).to_vec())
    }

    #[test]
    fn a_line_is_split_as_the_shell_does_while_it_is_typed() {
        assert_eq!(words("cmr  vendor show te"), ["cmr", "vendor", "show", "te"]);
        assert_eq!(words("cmr who "), ["cmr", "who", ""]);
        assert_eq!(words(r#"cmr --vault "my va"#), ["cmr", "--vault", "my va"]);
        assert_eq!(words(r"cmr --vault my\ vault '' 'a\b' x"), ["cmr", "--vault", "my vault", "", r"a\b", "x"]);
        assert_eq!(words(""), [""]);
    }

    #[test]
    fn bash_keeps_what_stands_before_an_equals_sign_or_a_colon() {
        assert_eq!(bash("cmr --persona=wo", "wo", "9").shape.kept, "--persona=".len());
        assert_eq!(bash("cmr grant create x --claims pd:Na", "Na", "9").shape.kept, "pd:".len());
        assert_eq!(bash("cmr vendor show te", "te", "9").shape.kept, 0);
        assert_eq!(bash("cmr vendor show \"te", "\"te", "9").shape.kept, 0);
        assert_eq!(bash("cmr ", "", "63").shape.list_width, Some(100));
    }

    fn values(found: Vec<CompletionCandidate>, typed: &str) -> Vec<String> {
        match settled(found, typed) {
            Answer::Choices(choices) => choices.into_iter().map(|choice| choice.value).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_that_a_shell_would_not_take_for_itself_is_never_offered() {
        for name in ["$(reboot)", "a b", "a;b", "`x`", "a\nb", "\u{1b}[2J", "*", "~root", "--yes", "-y", "a'b", "a\\b"]
        {
            assert_eq!(values(vec![name.into(), "acme".into()], ""), ["acme"], "{name:?}");
        }
        assert_eq!(values(vec!["école.1_b-c".into()], ""), ["école.1_b-c"]);
    }

    proptest! {
        #[test]
        fn any_line_has_a_word_at_its_end(line: String) {
            prop_assert!(!words(&line).is_empty());
        }

        #[test]
        fn a_quoted_word_comes_out_as_it_was(word in "[^']{0,12}") {
            prop_assert_eq!(words(&format!("cmr '{word}'")).pop().unwrap(), word);
        }

        #[test]
        fn what_is_offered_is_plain(name: String) {
            for value in values(vec![name.as_str().into()], "") {
                prop_assert!(is_plain(&value) && !value.starts_with('-'));
            }
        }
    }
}
