//! The only code that asks.

use std::sync::Arc;

use dialoguer::{Confirm, Input};
use secrecy::{ExposeSecret, SecretString};

use super::{hidden, output};
use crate::error::{Error, Result};
use crate::vault::slot::{Ask, Asker};

/// Somebody who can answer.
pub(super) trait Prompt {
    /// Yes or no. `flag` is what would have answered.
    fn confirm(&self, question: &str, flag: &str) -> Result<bool>;

    /// A text that is not shown while it is typed.
    fn secret(&self, question: &str) -> Result<SecretString>;

    /// A text that is not shown, and may be left empty.
    fn optional_secret(&self, question: &str) -> Result<Option<SecretString>>;

    /// A text.
    fn line(&self, question: &str, flag: &str) -> Result<String>;

    /// A text, which may be left as it is.
    fn line_or(&self, question: &str, otherwise: &str, flag: &str) -> Result<String>;

    /// One of several, by its place.
    fn choose(&self, question: &str, among: &[String], flag: &str) -> Result<usize>;

    /// Waits for something that nobody here can do, and shows nothing of what is typed.
    fn wait(&self, ready: &mut dyn FnMut() -> Result<bool>) -> Result<()>;

    /// Whether anybody is there.
    fn is_interactive(&self) -> bool;
}

/// Somebody for the vault to ask, while it opens a slot or makes one.
pub(super) fn asker(prompt: &dyn Prompt) -> Asker {
    match prompt.is_interactive() {
        true => Asker::new(Arc::new(Terminal)),
        false => Asker::new(Arc::new(Refusing)),
    }
}

/// What a plugin says is said to whoever reads standard error: a key may want to be touched where nobody types.
impl<P: Prompt + Send + Sync> Ask for P {
    fn tell(&self, message: &str) {
        output::tell(message);
    }

    fn secret(&self, question: &str) -> Result<SecretString> {
        Prompt::secret(self, question)
    }

    fn line(&self, question: &str) -> Result<String> {
        Prompt::line(self, question, "a person")
    }

    fn confirm(&self, question: &str) -> Result<bool> {
        Prompt::confirm(self, question, "a person")
    }
}

/// A person at a terminal.
pub(super) struct Terminal;

fn stopped(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(error) = error;
    unanswerable(&error)
}

fn hidden_line(question: &str) -> Result<SecretString> {
    let typed = hidden::read_line(|| output::ask(&format!("{question}: ")));
    output::ask("\n");
    typed.map_err(|error| unanswerable(&error))
}

fn unanswerable(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::Interrupted => Error::failed("stopped: nothing was changed"),
        _ => Error::failed(format!("cannot ask: {error}")),
    }
}

impl Prompt for Terminal {
    fn confirm(&self, question: &str, _: &str) -> Result<bool> {
        Confirm::new().with_prompt(question).default(false).wait_for_newline(true).interact().map_err(stopped)
    }

    fn secret(&self, question: &str) -> Result<SecretString> {
        loop {
            let typed = hidden_line(question)?;
            if !typed.expose_secret().is_empty() {
                return Ok(typed);
            }
        }
    }

    fn optional_secret(&self, question: &str) -> Result<Option<SecretString>> {
        let typed = hidden_line(question)?;
        Ok((!typed.expose_secret().trim().is_empty()).then_some(typed))
    }

    fn line(&self, question: &str, _: &str) -> Result<String> {
        Input::new().with_prompt(question).interact_text().map_err(stopped)
    }

    fn line_or(&self, question: &str, otherwise: &str, _: &str) -> Result<String> {
        let input = Input::new().with_prompt(question).allow_empty(true);
        match otherwise.is_empty() {
            true => input.interact_text(),
            false => input.default(otherwise.to_owned()).interact_text(),
        }
        .map_err(stopped)
    }

    fn choose(&self, question: &str, among: &[String], _: &str) -> Result<usize> {
        // By number: a list of a thousand scrolls, and one that is moved through hides the cursor when it is stopped.
        // The list is no part of the prompt: that is written again with the answer.
        among.iter().enumerate().for_each(|(n, item)| output::tell(&format!("  {:>3}  {item}", n + 1)));
        let number: usize = Input::new()
            .with_prompt(format!("{question} (1 to {})", among.len()))
            .validate_with(|n: &usize| match (1..=among.len()).contains(n) {
                true => Ok(()),
                false => Err(format!("a number from 1 to {}", among.len())),
            })
            .interact_text()
            .map_err(stopped)?;
        Ok(number - 1)
    }

    fn wait(&self, ready: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        let mut failure = None;
        let waited = hidden::wait(|| match ready() {
            Ok(ready) => Ok(ready.then_some(())),
            Err(error) => {
                failure = Some(error);
                Ok(Some(()))
            }
        });
        failure.map_or_else(|| waited.map_err(|error| unanswerable(&error)), Err)
    }

    fn is_interactive(&self) -> bool {
        true
    }
}

/// Nobody: every question names what would have answered it.
pub(super) struct Refusing;

fn unanswered(question: &str, flag: &str) -> Error {
    Error::usage(format!("cannot ask here: {question}")).hint(format!("answer with {flag}"))
}

impl Prompt for Refusing {
    fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        Err(unanswered(question, flag))
    }

    fn secret(&self, question: &str) -> Result<SecretString> {
        Err(unanswered(question, "--passphrase-fd N or CMR_PASSPHRASE_FILE"))
    }

    fn optional_secret(&self, _: &str) -> Result<Option<SecretString>> {
        Ok(None)
    }

    fn line(&self, question: &str, flag: &str) -> Result<String> {
        Err(unanswered(question, flag))
    }

    fn line_or(&self, question: &str, _: &str, flag: &str) -> Result<String> {
        Err(unanswered(question, flag))
    }

    fn choose(&self, question: &str, _: &[String], flag: &str) -> Result<usize> {
        Err(unanswered(question, flag))
    }

    fn wait(&self, _: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        Err(Error::locked("another command asks for the passphrase, and nobody waits here"))
    }

    fn is_interactive(&self) -> bool {
        false
    }
}
