//! What opens a slot may have to ask: for the passphrase of an ssh key, for the PIN of a YubiKey. This room does not
//! talk to people; whoever calls it brings somebody who does.

use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::SecretString;

use crate::error::{Error, Result};
use crate::text::printable;

/// Somebody who can be told and asked while a slot is opened or made.
pub trait Ask: Send + Sync {
    /// Says something that needs no answer, such as that a key wants to be touched.
    fn tell(&self, message: &str);

    /// Asks for a text that is not shown while it is typed.
    ///
    /// # Errors
    /// Where nobody answers.
    fn secret(&self, question: &str) -> Result<SecretString>;

    /// Asks for a text.
    ///
    /// # Errors
    /// Where nobody answers.
    fn line(&self, question: &str) -> Result<String>;

    /// Asks for a yes.
    ///
    /// # Errors
    /// Where nobody answers.
    fn confirm(&self, question: &str) -> Result<bool>;
}

/// Nobody.
struct Nobody;

impl Ask for Nobody {
    fn tell(&self, _: &str) {}

    fn secret(&self, _: &str) -> Result<SecretString> {
        Err(nobody())
    }

    fn line(&self, _: &str) -> Result<String> {
        Err(nobody())
    }

    fn confirm(&self, _: &str) -> Result<bool> {
        Err(nobody())
    }
}

fn nobody() -> Error {
    Error::locked("nobody can be asked")
}

/// Somebody to ask, as the age library wants to have them, and what they last could not answer.
#[derive(Clone)]
pub struct Asker {
    ask: Arc<dyn Ask>,
    unanswered: Arc<Mutex<Option<String>>>,
}

impl Asker {
    /// Asks them.
    pub fn new(ask: Arc<dyn Ask>) -> Self {
        Self { ask, unanswered: Arc::default() }
    }

    /// Nobody can be asked.
    pub fn nobody() -> Self {
        Self::new(Arc::new(Nobody))
    }

    /// Asks for a secret, with an error that says that the vault stays locked.
    pub(super) fn secret(&self, question: &str) -> Result<SecretString> {
        self.ask.secret(question).map_err(|error| match error.kind() {
            crate::error::Kind::Usage | crate::error::Kind::Locked => locked(question),
            _ => error,
        })
    }

    /// The error for a question that a plugin asked and nobody answered.
    pub(super) fn unanswered(&self) -> Option<Error> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).take().map(|question| locked(&question))
    }

    fn note<T>(&self, question: &str, answer: Result<T>) -> Option<T> {
        if answer.is_err() {
            *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner) = Some(printable(question));
        }
        answer.ok()
    }
}

fn locked(question: &str) -> Error {
    Error::locked(format!("the vault is locked, and nobody can be asked: {}", printable(question)))
        .hint("run it on a terminal, or use a key that needs no answer")
}

impl age::Callbacks for Asker {
    fn display_message(&self, message: &str) {
        self.ask.tell(&printable(message));
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let question =
            format!("{} (yes: {}; no: {})", printable(message), printable(yes), printable(no.unwrap_or("no")));
        self.note(message, self.ask.confirm(&question))
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.note(description, self.ask.line(&printable(description)))
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.note(description, self.ask.secret(&printable(description)))
    }
}
