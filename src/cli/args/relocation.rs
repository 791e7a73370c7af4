//! `cmr move`.

use clap::{Args, Subcommand};

use super::{candidates, examples};

/// The change of address.
#[derive(Debug, Args)]
#[command(after_help = examples::help(&examples::MOVE), args_conflicts_with_subcommands = true)]
pub struct MoveArgs {
    /// The parts of the new address, such as 'street_address=3 quai de Saône' postal_code=69002 locality=Lyon; without
    /// them you are asked. What is not named is not in it, but for the country, which stays
    #[arg(value_name = "PART=TEXT")]
    pub parts: Vec<String>,
    /// Which address, where the profile has several: address.home
    #[arg(long, value_name = "CLAIM", add = candidates::claims())]
    pub claim: Option<String>,
    /// From this day on; without it at once
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// In these personas; without it in all that have the old address
    #[arg(long, value_name = "NAME", value_delimiter = ',', add = candidates::personas())]
    pub persona: Vec<String>,
    /// Do not deliver yet: cmr push does it later
    #[arg(long)]
    pub no_push: bool,
    /// How long a vendor may take to answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<MoveVerb>,
}

/// What becomes of a move.
#[derive(Debug, Subcommand)]
pub enum MoveVerb {
    /// Where each vendor stands, until the last one confirmed
    Status,
}
