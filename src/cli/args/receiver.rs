//! `cmr receiver`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::candidates;

/// The vendor's side.
#[derive(Debug, Args)]
pub struct ReceiverArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: ReceiverVerb,
}

/// What to do on the vendor's side.
#[derive(Debug, Subcommand)]
pub enum ReceiverVerb {
    /// Take pushes until Ctrl-C
    Serve {
        /// IP address and port; port 0 takes a free one
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// Where the receiver keeps its key and what it was lent
        #[arg(long, value_name = "DIR", add = candidates::directories())]
        data: PathBuf,
        /// The URL that customers reach it at, where it stands behind a proxy
        #[arg(long, value_name = "URL")]
        public_url: Option<String>,
        /// What the vendor calls itself
        #[arg(long)]
        name: Option<String>,
        /// Take these claims only
        #[arg(long, value_delimiter = ',', add = candidates::claim_kinds())]
        claims: Vec<String>,
    },
    /// The customers who may push
    Customer {
        /// What to do.
        #[command(subcommand)]
        verb: CustomerVerb,
    },
    /// What arrived: grants, their claims, and each message
    Show {
        /// Only of this customer
        customer: Option<String>,
        /// Where the receiver keeps its data
        #[arg(long, value_name = "DIR", add = candidates::directories())]
        data: PathBuf,
    },
}

/// What to do with customers.
#[derive(Debug, Subcommand)]
pub enum CustomerVerb {
    /// Add a customer, and print their token once
    Add {
        /// The customer's name
        name: String,
        /// Where the receiver keeps its data
        #[arg(long, value_name = "DIR", add = candidates::directories())]
        data: PathBuf,
    },
    /// List the customers
    List {
        /// Where the receiver keeps its data
        #[arg(long, value_name = "DIR", add = candidates::directories())]
        data: PathBuf,
    },
}
