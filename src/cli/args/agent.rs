//! `cmr unlock`, and `cmr agent`, which people do not type.

use clap::Args;

/// Enter the passphrase once.
#[derive(Debug, Args)]
#[command(
    after_help = "It locks itself 15 minutes after the last command that used it, and after 8 hours at the latest; in\n\
    ~/.config/cmr/config.toml, [agent] idle = \"30m\" and absolute = \"4h\" say otherwise. Now: cmr lock"
)]
pub struct UnlockArgs {}

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
