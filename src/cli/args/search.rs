//! `cmr search`.

use clap::{Args, ValueEnum};

use super::examples;

/// Find words.
#[derive(Debug, Args)]
#[command(after_help = examples::help(&examples::SEARCH))]
pub struct SearchArgs {
    /// Words that must all be there, the last one perhaps only begun; a phrase stands in double quotes
    #[arg(value_name = "TEXT", required = true)]
    pub text: Vec<String>,
    /// Only there; more than one can be named
    #[arg(long = "in", value_name = "NOUN", value_enum, value_delimiter = ',')]
    pub within: Vec<Within>,
    /// At most this many of each noun
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub limit: u64,
    /// The newest first, and not what fits best
    #[arg(long)]
    pub newest: bool,
}

/// What can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Within {
    /// Names, titles, domains and accounts.
    Vendor,
    /// Your notes about vendors.
    Note,
    /// Messages out and in: what they are about.
    Message,
    /// Entries of the ledger.
    Ledger,
}
