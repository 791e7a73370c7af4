//! What a shell reads at a Tab: one candidate a line, in the shape that each shell's script in `completions/` expects.

use super::super::args::Shell;
use crate::text::printable;

/// What can stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One of these, or nothing.
    Choices(Vec<Choice>),
    /// A file: the shell knows best which there are, and how to quote them.
    Files,
    /// A directory.
    Directories,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is typed for the user.
    pub value: String,
    /// What it means, on one line; empty where that is plain.
    pub help: String,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// For which shell.
    pub shell: Shell,
    /// How many bytes of the word the shell keeps by itself: bash replaces only what follows a `=` or a `:`.
    pub kept: usize,
    /// How wide a list may be, where bash only lists and types nothing: it shows no help otherwise.
    pub list_width: Option<usize>,
}

/// The answer as the shell's script reads it.
pub fn written(answer: &Answer, shape: Shape) -> String {
    let choices = match answer {
        Answer::Choices(choices) => choices,
        Answer::Files => return ":files\n".to_owned(),
        Answer::Directories => return ":directories\n".to_owned(),
    };
    let line = |choice: &Choice| {
        let value = choice.value.get(shape.kept..).unwrap_or(&choice.value);
        let help = printable(&choice.help);
        match (shape.shell, help.is_empty()) {
            (Shell::Fish, false) => format!("{value}\t{help}\n"),
            (Shell::Zsh, false) => format!("{}:{}\n", escaped(value).replace(':', "\\:"), escaped(&help)),
            (Shell::Zsh, true) => format!("{}\n", escaped(value).replace(':', "\\:")),
            _ => format!("{value}\n"),
        }
    };
    match shape.list_width {
        Some(width) if choices.len() > 1 => listed(choices, shape.kept, width),
        _ => choices.iter().map(line).collect(),
    }
}

/// A backslash would take the meaning of what follows it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
}

/// Candidates with their help beside them, for reading alone.
fn listed(choices: &[Choice], kept: usize, width: usize) -> String {
    let value = |choice: &Choice| choice.value.get(kept..).unwrap_or(&choice.value).to_owned();
    let widest = choices.iter().map(|choice| value(choice).chars().count()).max().unwrap_or_default();
    let line = |choice: &Choice| {
        let help = if choice.help.is_empty() { String::new() } else { format!("  {}", printable(&choice.help)) };
        let line = format!("{:widest$}{help}", value(choice));
        let line: String = line.trim_end().chars().take(width.max(widest + 1) - 1).collect();
        line + "\n"
    };
    choices.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choice(value: &str, help: &str) -> Choice {
        Choice { value: value.into(), help: help.into() }
    }

    fn shape(shell: Shell) -> Shape {
        Shape { shell, kept: 0, list_width: None }
    }

    #[test]
    fn each_shell_gets_its_own_shape() {
        let answer = Answer::Choices(vec![choice("pd:Name", "a\\b: c"), choice("x", "")]);
        assert_eq!(written(&answer, shape(Shell::Bash)), "pd:Name\nx\n");
        assert_eq!(written(&answer, shape(Shell::Fish)), "pd:Name\ta\\b: c\nx\n");
        assert_eq!(written(&answer, shape(Shell::Zsh)), "pd\\:Name:a\\\\b: c\nx\n");
        assert_eq!(written(&answer, Shape { kept: 3, ..shape(Shell::Bash) }), "Name\nx\n");
        assert_eq!(written(&Answer::Files, shape(Shell::Zsh)), ":files\n");
    }

    #[test]
    fn bash_lists_help_but_never_types_it() {
        let two = vec![choice("a", "the first of all"), choice("bcd", "")];
        let listing = Shape { list_width: Some(12), ..shape(Shell::Bash) };
        assert_eq!(written(&Answer::Choices(two.clone()), listing), "a    the fi\nbcd\n");
        assert_eq!(written(&Answer::Choices(two[..1].to_vec()), listing), "a\n");
    }

    proptest! {
        /// A help text comes from a vendor: it can be neither a second candidate nor the shell's own word for files.
        #[test]
        fn a_help_text_stays_on_its_line(help: String, shell in 0..3usize, width in 1..200usize) {
            let shell = [Shell::Bash, Shell::Zsh, Shell::Fish][shell];
            let answer = Answer::Choices(vec![choice("acme", &help), choice("other", &help)]);
            for list_width in [None, Some(width)] {
                let text = written(&answer, Shape { shell, kept: 0, list_width });
                let lines: Vec<&str> = text.lines().collect();
                prop_assert_eq!(lines.len(), 2);
                prop_assert!(lines[0].starts_with("acme") && lines[1].starts_with("other"));
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            }
        }
    }
}
