//! `cmr demo`.

use clap::Args;

/// See the main job.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep the demo's vault, and say how to play with it
    #[arg(long)]
    pub keep: bool,
}
