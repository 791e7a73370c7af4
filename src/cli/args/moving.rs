//! `cmr push` and `cmr pull`.

use clap::Args;

use super::{candidates, examples};

/// Deliver what waits.
#[derive(Debug, Args)]
#[command(after_help = examples::help(&examples::PUSH))]
pub struct PushArgs {
    /// Only to this vendor
    #[arg(add = candidates::vendors())]
    pub vendor: Option<String>,
    /// Also what waits for a later time
    #[arg(long)]
    pub now: bool,
    /// Do not collect the answers of the vendors that were reached
    #[arg(long)]
    pub no_pull: bool,
    /// How long a vendor may take to answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}

/// Collect the vendors' answers.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// Only of this vendor
    #[arg(add = candidates::vendors())]
    pub vendor: Option<String>,
    /// How long a vendor may take to answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}
