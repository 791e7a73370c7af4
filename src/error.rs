//! The one error of the program: what failed, of which kind, and what to type next.

use std::error::Error as StdError;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it was. The kind fixes the exit code, and the exit code is public: never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something failed that no other kind describes: the disk, the network, a bug.
    Failed,
    /// The command line itself is wrong.
    Usage,
    /// The vault is locked, or the passphrase or identity does not open it.
    Locked,
    /// Nothing is lost, but delivery goes on later.
    Queued,
    /// Only the user can go on: a message is held, a vendor refused, a question needs an answer.
    UserMustAct,
    /// No such vendor, grant, claim, message or file.
    NotFound,
    /// The input could not be read as what it should be.
    BadInput,
    /// The vault's files are not what this program wrote.
    Damaged,
}

impl Kind {
    /// The process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Locked => 3,
            Kind::Queued => 4,
            Kind::UserMustAct => 5,
            Kind::NotFound => 6,
            Kind::BadInput => 7,
            Kind::Damaged => 8,
        }
    }

    /// The `error.code` of the JSON form.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Failed => "failed",
            Kind::Usage => "usage",
            Kind::Locked => "locked",
            Kind::Queued => "queued",
            Kind::UserMustAct => "user_must_act",
            Kind::NotFound => "not_found",
            Kind::BadInput => "bad_input",
            Kind::Damaged => "damaged",
        }
    }
}

/// What failed, in words for the user, with the next command to type where there is one.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

macro_rules! constructors {
    ($($name:ident => $kind:ident, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub fn $name(message: impl Into<String>) -> Self {
                Self::new(Kind::$kind, message)
            }
        )*
    };
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    constructors! {
        failed => Failed, "An error of kind [`Kind::Failed`].";
        usage => Usage, "An error of kind [`Kind::Usage`].";
        locked => Locked, "An error of kind [`Kind::Locked`].";
        must_act => UserMustAct, "An error of kind [`Kind::UserMustAct`].";
        not_found => NotFound, "An error of kind [`Kind::NotFound`].";
        bad_input => BadInput, "An error of kind [`Kind::BadInput`].";
        damaged => Damaged, "An error of kind [`Kind::Damaged`].";
    }

    /// Adds what the user can do about it: usually a command to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the error underneath, shown with `-v`.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind, and with it the exit code.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do about it.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// A file operation that failed, named with its path.
pub fn io(what: &str, path: &std::path::Path, source: std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {source}", path.display())).because(source)
}
