//! `cmr profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{candidates, examples};

/// Your claims.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// Which persona's claims
    #[arg(long, global = true, value_name = "NAME", default_value = "default", add = candidates::personas())]
    pub persona: String,
    /// What to do.
    #[command(subcommand)]
    pub verb: ProfileVerb,
}

/// What to do with claims.
#[derive(Debug, Subcommand)]
pub enum ProfileVerb {
    /// Show all claims, or one
    Show {
        /// A claim, such as email or address.home
        #[arg(add = candidates::claims())]
        claim: Option<String>,
        /// List every claim that a profile can hold, set or not
        #[arg(long, conflicts_with = "claim")]
        all: bool,
    },
    /// Set a claim; active grants that carry it follow
    #[command(after_help = examples::help(&examples::PROFILE_SET))]
    Set {
        /// A claim, such as email, email.work, address.home or address.home.locality
        #[arg(add = candidates::claims_to_set())]
        claim: String,
        /// Its value; part=text for an address; - reads it from standard input
        #[arg(required = true, add = candidates::address_parts())]
        value: Vec<String>,
    },
    /// Take a claim away; active grants that carry it follow
    Unset {
        /// A claim
        #[arg(add = candidates::claims())]
        claim: String,
    },
    /// Edit the profile as TOML in $EDITOR; nothing stays in clear afterwards
    Edit,
    /// Fill the profile from a vCard (2.1, 3.0 or 4.0)
    Import {
        /// The file; - reads standard input
        #[arg(add = candidates::files())]
        file: PathBuf,
        /// Which card of several is you, counted from 1
        #[arg(long, value_name = "N", conflicts_with = "name")]
        card: Option<usize>,
        /// The name on the card that is you
        #[arg(long)]
        name: Option<String>,
    },
    /// Write the profile as a vCard 4.0
    Export {
        /// The file, which must not exist; standard output without it
        #[arg(long, short, value_name = "FILE", add = candidates::files())]
        output: Option<PathBuf>,
    },
    /// Every version of a claim, or of all
    History {
        /// A claim
        #[arg(add = candidates::claims())]
        claim: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Noun};
    use super::{ProfileArgs, ProfileVerb};

    fn set(words: &[&str]) -> Option<(Vec<String>, bool)> {
        let cli = Cli::try_parse_from(["cmr", "profile", "set"].iter().chain(words)).ok()?;
        match cli.noun {
            Noun::Profile(ProfileArgs { verb: ProfileVerb::Set { value, .. }, .. }) => {
                Some((value, cli.globals.dry_run))
            }
            _ => None,
        }
    }

    #[test]
    fn an_option_after_the_value_is_no_part_of_it() {
        assert_eq!(set(&["nickname", "Ada", "--dry-run"]), Some((vec!["Ada".into()], true)));
        assert_eq!(set(&["nickname", "Ada", "--dry-rum"]), None);
    }

    #[test]
    fn standard_input_and_a_value_like_an_option_can_be_given() {
        assert_eq!(set(&["nickname", "-"]), Some((vec!["-".into()], false)));
        assert_eq!(set(&["nickname", "--", "--dry-run"]), Some((vec!["--dry-run".into()], false)));
    }
}
