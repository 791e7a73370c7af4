//! What can be typed: clap types only. `commands/` mirrors these files one for one.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::candidates;

pub mod agent;
pub mod connector;
pub mod demo;
pub mod examples;
pub mod grant;
pub mod import;
pub mod inbox;
pub mod init;
pub mod key;
pub mod log;
pub mod moving;
pub mod outbox;
pub mod persona;
pub mod profile;
pub mod receiver;
pub mod relocation;
pub mod search;
pub mod upkeep;
pub mod vendor;

/// Customer Managed Relationships: keep your own profile, encrypted, and lend vendors exactly what you choose.
#[derive(Debug, Parser)]
#[command(name = "cmr", version, propagate_version = true, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Start with: cmr demo (shows the main job) or cmr init (makes your vault).\n\
    Exit codes: 0 done, 1 failed, 2 usage, 3 locked, 4 queued, 5 you must act, 6 not found, 7 bad input, 8 damaged.")]
struct Head {
    #[command(flatten)]
    globals: Globals,
}

/// A command line, understood.
#[derive(Debug)]
pub struct Cli {
    /// What holds for every command.
    pub globals: Globals,
    /// What to do.
    pub noun: Noun,
}

impl Cli {
    /// The command tree for a line: of the nouns only the one that was typed, where it is the first word. clap copies
    /// each option for every command to every noun that it knows.
    pub fn command_for(args: &[OsString]) -> Command {
        let typed = args.get(1).and_then(|word| word.to_str());
        Noun::augment_with(Head::command(), typed.filter(|word| Noun::has_subcommand(word)))
    }
}

impl CommandFactory for Cli {
    fn command() -> Command {
        Noun::augment_subcommands(Head::command())
    }

    fn command_for_update() -> Command {
        Self::command()
    }
}

impl Parser for Cli {}

impl FromArgMatches for Cli {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { globals: Globals::from_arg_matches(matches)?, noun: Noun::from_arg_matches(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The heading of the options that every command takes.
pub const GLOBAL: &str = "Options for every command";

/// Options that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = GLOBAL)]
pub struct Globals {
    // Not clap's `env`: it would count the variable as an option that was typed.
    /// Where the vault lies [env: CMR_HOME]
    #[arg(long, global = true, value_name = "DIR", add = candidates::directories())]
    pub vault: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Never ask: fail, and name the option that answers
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Answer yes to what would be asked
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Read the passphrase from this open file descriptor
    #[arg(long, global = true, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// Read the data key, 64 hexadecimal digits, from this open file descriptor
    #[arg(long, global = true, value_name = "N", hide = true)]
    pub data_key_fd: Option<u32>,
    /// Colours: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: When,
    /// Say less: nothing but the result
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say more: -v what happens, -vv each step. Never a value of the profile
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal that can show them.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Declares the first words. The arguments of each are built only when it was typed: eighty subcommands cost more than
/// a read of the vault.
macro_rules! nouns {
    ($($(#[doc = $doc:literal])* $variant:ident($args:ty) = $name:literal, $about:literal $(, $hidden:ident)?;)*) => {
        /// The first word of a command.
        #[derive(Debug)]
        pub enum Noun {
            $($(#[doc = $doc])* $variant($args),)*
        }

        impl FromArgMatches for Noun {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                match matches.subcommand() {
                    $(Some(($name, inner)) => <$args>::from_arg_matches(inner).map(Noun::$variant),)*
                    _ => Err(clap::Error::new(clap::error::ErrorKind::MissingSubcommand)),
                }
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Noun {
            /// Adds the nouns, or one of them.
            fn augment_with(command: Command, only: Option<&str>) -> Command {
                let mut command = command.subcommand_required(true).arg_required_else_help(true);
                $(if only.is_none_or(|only| only == $name) {
                    let noun = Command::new($name).about($about).hide(false $(|| stringify!($hidden) == "hidden")?);
                    command = command.subcommand(noun.defer(|noun| <$args>::augment_args(noun).about($about)));
                })*
                command
            }
        }

        impl Subcommand for Noun {
            fn augment_subcommands(command: Command) -> Command {
                Self::augment_with(command, None)
            }

            fn augment_subcommands_for_update(command: Command) -> Command {
                Self::augment_subcommands(command)
            }

            fn has_subcommand(name: &str) -> bool {
                [$($name),*].contains(&name)
            }
        }
    };
}

nouns! {
    /// Make a vault.
    Init(init::InitArgs) = "init", "Make a vault: your passphrase, and a recovery key shown once";
    /// See the main job.
    Demo(demo::DemoArgs) = "demo", "See the main job work on a vault and three vendors of its own";
    /// Where things stand.
    Status(NoArgs) = "status", "Where things stand, and what needs you";
    /// Enter the passphrase once.
    Unlock(agent::UnlockArgs) = "unlock", "Enter the passphrase once: the vault stays unlocked for a while";
    /// Forget it.
    Lock(NoArgs) = "lock", "Lock the vault now";
    /// The ways to open the vault.
    Key(key::KeyArgs) = "key", "The ways to open the vault";
    /// Me.
    Profile(profile::ProfileArgs) = "profile", "Your claims: name, e-mail, addresses, and every version of them";
    /// Named sets of claim values.
    Persona(persona::PersonaArgs) = "persona", "Named sets of claim values: default, work, …";
    /// Them.
    Vendor(vendor::VendorArgs) = "vendor", "Vendors, and your relationship with each";
    /// What is lent.
    Grant(grant::GrantArgs) = "grant", "What you lend: claims, for a purpose, for a time, revocable";
    /// Another address.
    Move(relocation::MoveArgs) = "move", "Change your address once, and see which vendor has it";
    /// Fill it.
    Import(import::ImportArgs) = "import", "Fill the vault from files that you have: accounts, contacts; and take it back";
    /// Deliver.
    Push(moving::PushArgs) = "push", "Deliver what waits, and collect the vendors' answers";
    /// Collect answers.
    Pull(moving::PullArgs) = "pull", "Collect the vendors' answers";
    /// Everything due.
    Upkeep(upkeep::UpkeepArgs) = "upkeep", "Do everything that is due now: for cron and timers";
    /// What waits.
    Outbox(outbox::OutboxArgs) = "outbox", "Messages on their way";
    /// What came in.
    Inbox(inbox::InboxArgs) = "inbox", "What vendors sent: answers, refusals, statements, replies";
    /// Who has a claim.
    Who(log::WhoArgs) = "who", "Which vendors have a claim of yours";
    /// Find words.
    Search(search::SearchArgs) = "search", "Find words in vendors, notes, messages and the ledger";
    /// The ledger.
    Log(log::LogArgs) = "log", "The ledger: every change, in a chain that can be verified";
    /// The vendor's side.
    Receiver(receiver::ReceiverArgs) = "receiver", "The vendor's side: a reference server that takes pushes";
    /// What holds the key while the vault is unlocked.
    Agent(agent::AgentArgs) = "agent", "Hold the key of an unlocked vault: cmr unlock starts it", hidden;
    /// Completion scripts.
    Completions(CompletionsArgs) = "completions", "Print the completion script for a shell";
}

/// No arguments.
#[derive(Debug, Args)]
pub struct NoArgs {}

/// `cmr completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// bash, zsh or fish
    pub shell: Shell,
}

/// The shells with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}
