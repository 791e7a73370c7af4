//! `cmr outbox`.

use clap::{ArgGroup, Args, Subcommand};

use super::{candidates, examples};

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
    #[command(after_help = examples::help(&examples::OUTBOX_LIST))]
    List {
        /// Only to this vendor
        #[arg(long, add = candidates::vendors())]
        vendor: Option<String>,
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
    #[command(override_usage = "cmr outbox retry <MESSAGE>\n       \
        cmr outbox retry --vendor <VENDOR>\n       \
        cmr outbox retry --all")]
    #[command(group(ArgGroup::new("which").required(true).args(["message", "vendor", "all"])))]
    #[command(after_help = examples::help(&examples::OUTBOX_RETRY))]
    Retry {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::retriable_messages())]
        message: Option<String>,
        /// All to this vendor
        #[arg(long, add = candidates::vendors())]
        vendor: Option<String>,
        /// All to every vendor
        #[arg(long)]
        all: bool,
    },
    /// Drop a message that waits or is held: the vendor never hears of it
    Drop {
        /// The message's id, or its beginning or end
        #[arg(add = candidates::droppable_messages())]
        message: String,
    },
}
