//! `cmr profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples;

/// Your claims.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// Which persona's claims
    #[arg(long, global = true, value_name = "NAME", default_value = "default")]
    pub persona: String,
    /// What to do.
    #[command(subcommand)]
    pub verb: ProfileVerb,
}

/// What to do with claims.
#[derive(Debug, Subcommand)]
pub enum ProfileVerb {
    /// Show all claims, or one
    Show {
        /// A claim, such as email or address.home
        claim: Option<String>,
        /// List every claim that a profile can hold, set or not
        #[arg(long, conflicts_with = "claim")]
        all: bool,
    },
    /// Set a claim; active grants that carry it follow
    #[command(after_help = examples::help(&examples::PROFILE_SET))]
    Set {
        /// A claim, such as email, email.work, address.home or address.home.locality
        claim: String,
        /// Its value; part=text for an address; - reads it from standard input
        #[arg(required = true)]
        value: Vec<String>,
    },
    /// Take a claim away; active grants that carry it follow
    Unset {
        /// A claim
        claim: String,
    },
    /// Edit the profile as TOML in $EDITOR; nothing stays in clear afterwards
    Edit,
    /// Fill the profile from a vCard (2.1, 3.0 or 4.0)
    Import {
        /// The file; - reads standard input
        file: PathBuf,
        /// Which card of several is you, counted from 1
        #[arg(long, value_name = "N", conflicts_with = "name")]
        card: Option<usize>,
        /// The name on the card that is you
        #[arg(long)]
        name: Option<String>,
    },
    /// Write the profile as a vCard 4.0
    Export {
        /// The file, which must not exist; standard output without it
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Every version of a claim, or of all
    History {
        /// A claim
        claim: Option<String>,
    },
}
