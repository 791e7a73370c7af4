//! `cmr outbox`.

use clap::{Args, Subcommand};

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
    List {
        /// Delivered and cancelled ones too
        #[arg(long)]
        all: bool,
    },
    /// Show a message: its state, and the very token that goes to the vendor
    Show {
        /// The message's id, or its beginning or end
        message: String,
    },
    /// Let a held or waiting message be sent with the next push
    Retry {
        /// The message's id, or its beginning or end
        message: String,
    },
    /// Drop a message that waits or is held: the vendor never hears of it
    Drop {
        /// The message's id, or its beginning or end
        message: String,
    },
}
