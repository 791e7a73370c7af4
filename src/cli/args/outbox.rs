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
    /// Let held or waiting messages be sent with the next push
    Retry {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::retriable_messages(), required_unless_present_any = ["vendor", "all"])]
        message: Option<String>,
        /// All of this vendor
        #[arg(long, conflicts_with = "message", add = candidates::vendors())]
        vendor: Option<String>,
        /// All of every vendor
        #[arg(long, conflicts_with_all = ["message", "vendor"])]
        all: bool,
    },
    /// Drop a message that waits or is held: the vendor never hears of it
    Drop {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::droppable_messages())]
        message: String,
    },
}
