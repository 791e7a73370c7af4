//! `cmr init`.

use std::path::PathBuf;

use clap::Args;

use super::candidates;

/// Make a vault.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Write the recovery key to this new file, readable by you alone, instead of showing it
    #[arg(long, value_name = "FILE", add = candidates::files())]
    pub recovery_file: Option<PathBuf>,
}
