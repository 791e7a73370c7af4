//! `cmr vendor connector`.

use std::path::PathBuf;

use clap::Subcommand;

use super::candidates;

/// What to do with connectors.
#[derive(Debug, Subcommand)]
pub enum ConnectorVerb {
    /// List those that come with cmr, and your own
    List,
    /// Check a file: every mistake, with its line and column
    Check {
        /// The file
        #[arg(add = candidates::files())]
        file: PathBuf,
    },
}
