//! `cmr inbox`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{candidates, examples};

/// What vendors sent.
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: InboxVerb,
}

/// What to do with what vendors sent.
#[derive(Debug, Subcommand)]
pub enum InboxVerb {
    /// List what vendors sent, newest first: refusals, statements, replies, and what is not known
    #[command(after_help = examples::help(&examples::INBOX_LIST))]
    List {
        /// Only of this vendor
        #[arg(long, add = candidates::vendors())]
        vendor: Option<String>,
        /// Plain acknowledgements and connection tests too
        #[arg(long)]
        all: bool,
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Show a message: what it says, what it answers, and by which key it was verified
    Show {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::received_messages())]
        message: String,
    },
    /// Reply in your own words, after a preview; sent with the next push
    Reply(ReplyArgs),
    /// Take in an e-mail of a vendor, from a file of your mail program
    Import(ImportArgs),
}

/// An e-mail that a vendor wrote.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The e-mail, as your mail program saves it (.eml); - reads it from standard input
    #[arg(value_name = "FILE", add = candidates::files())]
    pub file: PathBuf,
    /// Whose it is, where it does not say itself
    #[arg(long, add = candidates::vendors())]
    pub vendor: Option<String>,
    /// Which message of yours it answers, where it does not say itself
    #[arg(long, add = candidates::messages())]
    pub message: Option<String>,
    /// You read it as a confirmation of that message: kept as in writing and unsigned, never as signed
    #[arg(long)]
    pub confirms: bool,
}

/// A reply.
#[derive(Debug, Args)]
pub struct ReplyArgs {
    /// The message's id, or its beginning or end
    #[arg(add = candidates::received_messages())]
    pub message: String,
    /// What you want to say; - reads it from standard input
    #[arg(long, allow_hyphen_values = true)]
    pub text: Option<String>,
    /// What it is: a complaint may start a procedure at the vendor, and is never sent as a default
    #[arg(long, default_value = "need")]
    pub kind: Kind,
    /// What you would like to come of it
    #[arg(long, value_name = "TEXT")]
    pub outcome: Option<String>,
    /// By when you would like an answer: 14d, or a date
    #[arg(long, value_name = "WHEN", add = candidates::spans())]
    pub respond_by: Option<String>,
}

/// What sort of thing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Something is needed of the vendor, such as an answer
    Need,
    /// What matters to you
    Priority,
    /// What went well
    Praise,
    /// What you expected, and did not get
    Disappointment,
    /// What could be better
    Suggestion,
    /// What went wrong, and is to be put right
    Complaint,
}
