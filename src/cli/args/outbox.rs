//! `cmr outbox`.

use clap::{Args, Subcommand};

use super::candidates;

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
        #[arg(add = candidates::messages())]
        message: String,
    },
    /// Let a held or waiting message be sent with the next push
    Retry {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::retriable_messages())]
        message: String,
    },
    /// Drop a message that waits or is held: the vendor never hears of it
    Drop {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::droppable_messages())]
        message: String,
    },
}
