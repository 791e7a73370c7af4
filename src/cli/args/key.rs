//! `cmr key`.

use clap::{Args, Subcommand};

/// The ways to open the vault.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: KeyVerb,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// List the key slots, and check each slot's file
    List,
}
