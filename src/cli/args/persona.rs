//! `cmr persona`.

use clap::{Args, Subcommand};

use super::candidates;

/// Named sets of claim values.
#[derive(Debug, Args)]
pub struct PersonaArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: PersonaVerb,
}

/// What to do with personas.
#[derive(Debug, Subcommand)]
pub enum PersonaVerb {
    /// List the personas
    List,
    /// Add a persona
    Add {
        /// Its name: a-z, 0-9, - and _
        name: String,
    },
    /// Remove a persona that no grant ever used, with its claims
    Remove {
        /// Its name
        #[arg(add = candidates::personas())]
        name: String,
    },
}
