//! `cmr agent`, which people do not type.

use clap::Args;

/// What holds the key while the vault is unlocked; the key comes on standard input.
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// End when no command used the key for so many milliseconds
    #[arg(long, value_name = "N")]
    pub idle_ms: u64,
    /// End after so many milliseconds in any case
    #[arg(long, value_name = "N")]
    pub absolute_ms: u64,
    /// What the vault was unlocked with
    #[arg(long, value_name = "TEXT")]
    pub by: String,
}
