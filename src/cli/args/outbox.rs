//! `cmr outbox`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::{candidates, examples};

/// Messages on their way.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: OutboxVerb,
}

/// What to do with messages.
#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// List what waits, is held or failed
    #[command(after_help = examples::help(&examples::OUTBOX_LIST))]
    List {
        /// Only to this vendor
        #[arg(long, add = candidates::vendors())]
        vendor: Option<String>,
        /// Delivered and cancelled ones too
        #[arg(long)]
        all: bool,
    },
    /// Show a message: its state, its text where it goes as one, and the signed token
    Show {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::messages())]
        message: String,
    },
    /// Let held or waiting messages be sent with the next push
    #[command(override_usage = "cmr outbox retry <MESSAGE>\n       \
        cmr outbox retry --vendor <VENDOR>\n       \
        cmr outbox retry --all")]
    #[command(group(ArgGroup::new("which").required(true).args(["message", "vendor", "all"])))]
    #[command(after_help = examples::help(&examples::OUTBOX_RETRY))]
    Retry {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::retriable_messages())]
        message: Option<String>,
        /// All to this vendor
        #[arg(long, add = candidates::vendors())]
        vendor: Option<String>,
        /// All to every vendor
        #[arg(long)]
        all: bool,
    },
    /// Drop a message that waits or is held: the vendor never hears of it
    Drop {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::droppable_messages())]
        message: String,
    },
    /// Edit the text of a message that goes by e-mail or letter, before it leaves
    #[command(after_help = "The text opens in $EDITOR, in memory alone: a subject, an empty line, and what it says.")]
    Edit {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::retriable_messages())]
        message: String,
    },
    /// Write a message for your own mail program, or a letter to print; from then on it may have left
    #[command(group(ArgGroup::new("form").required(true).args(["output", "mailto"])))]
    Write {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::messages())]
        message: String,
        /// To this new file: .eml for e-mail, .pdf for a letter
        #[arg(long, short, value_name = "FILE", add = candidates::files())]
        output: Option<PathBuf>,
        /// As a mailto: URL, which your mail program opens
        #[arg(long)]
        mailto: bool,
    },
    /// Say that you brought a message yourself: it counts as delivered by your word
    Delivered {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::messages())]
        message: String,
        /// On which day, such as 2026-11-25 [default: today]
        #[arg(long, value_name = "DATE")]
        on: Option<jiff::civil::Date>,
    },
    /// Show, set up or try out the mail account that e-mail goes out by
    Account(AccountArgs),
}

/// The user's own mail account.
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// The address that you write from
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Your name beside it
    #[arg(long)]
    pub name: Option<String>,
    /// Your mail server, such as smtp.example.org:465 or smtp.example.org:587
    #[arg(long, value_name = "HOST:PORT")]
    pub smtp: Option<String>,
    /// How the way there is encrypted [default: by the port, 465 implicit, else starttls]
    #[arg(long, value_name = "HOW")]
    pub tls: Option<TlsArg>,
    /// Who you are there
    #[arg(long)]
    pub user: Option<String>,
    /// Read the password from this file
    #[arg(long, value_name = "FILE", conflicts_with = "password_fd", add = candidates::files())]
    pub password_file: Option<PathBuf>,
    /// Read it from this open file descriptor
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
    /// Connect and log in, and send nothing
    #[arg(long)]
    pub check: bool,
    /// Forget the account
    #[arg(long, conflicts_with_all = ["from", "name", "smtp", "tls", "user", "password_file", "password_fd", "check"])]
    pub remove: bool,
}

/// How the way to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsArg {
    /// From the first byte: port 465
    Implicit,
    /// After STARTTLS, and never without it: port 587
    Starttls,
    /// Not at all: to a server on this machine without a password, for tests
    None,
}
