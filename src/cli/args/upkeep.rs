//! `cmr upkeep`.

use clap::{Args, Subcommand};
use jiff::civil::Time;

use super::{candidates, examples};

/// Everything that is due.
#[derive(Debug, Args)]
#[command(after_help = examples::help(&examples::UPKEEP), args_conflicts_with_subcommands = true)]
pub struct UpkeepArgs {
    /// Renew what has a rule and ends within this time
    #[arg(long, value_name = "SPAN", default_value = "7d", add = candidates::windows())]
    pub renew_within: String,
    /// Bring up what ends within this time and no rule renews
    #[arg(long, value_name = "SPAN", default_value = "14d", add = candidates::windows())]
    pub soon: String,
    /// How long a vendor may take to answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<UpkeepVerb>,
}

/// How upkeep is done by itself.
#[derive(Debug, Subcommand)]
pub enum UpkeepVerb {
    /// Write a systemd timer, or a line for a crontab, that does it each night
    #[command(after_help = examples::help(&examples::UPKEEP_INSTALL))]
    Install {
        /// Units for the user's systemd; the default where systemd runs
        #[arg(long, conflicts_with = "cron")]
        systemd: bool,
        /// A line for the user's crontab
        #[arg(long)]
        cron: bool,
        /// When
        #[arg(long, value_name = "HH:MM", default_value = "03:30", value_parser = time)]
        at: Time,
    },
    /// Remove what install wrote, unless it was changed
    Remove,
}

fn time(typed: &str) -> Result<Time, String> {
    let shaped = matches!(typed.as_bytes(), [a, b, b':', c, d] if [a, b, c, d].iter().all(|c| c.is_ascii_digit()));
    let time = Time::strptime("%H:%M", typed).ok().filter(|_| shaped);
    time.ok_or_else(|| "a time of the day is meant, such as 03:30".to_owned())
}
