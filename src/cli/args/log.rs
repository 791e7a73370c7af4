//! `cmr log` and `cmr who`.

use clap::{Args, Subcommand};

use super::{candidates, examples};

/// The ledger.
#[derive(Debug, Args)]
#[command(after_help = examples::help(&examples::LOG), args_conflicts_with_subcommands = true)]
pub struct LogArgs {
    /// Only entries about this: a claim, a vendor, a grant's id
    #[arg(value_name = "ABOUT", add = candidates::subjects())]
    pub about: Option<String>,
    /// At most this many, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<LogVerb>,
}

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub enum LogVerb {
    /// Show one entry, with all that was hashed
    Show {
        /// The entry's number
        entry: i64,
    },
    /// Check every entry of the chain, and the database itself
    Verify {
        /// Go on without the entries that are missing since an older database was put back
        #[arg(long)]
        accept_loss: bool,
    },
}

/// Which vendors have a claim.
#[derive(Debug, Args)]
#[command(after_help = examples::help(&examples::WHO))]
pub struct WhoArgs {
    /// The claim
    #[arg(add = candidates::claims_of_all())]
    pub claim: String,
    /// As of the end of this day, or of this moment
    #[arg(long, value_name = "DATE")]
    pub at: Option<String>,
}
