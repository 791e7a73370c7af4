//! The door: what is typed comes in here, is understood, asks the nouns, and leaves through the printer. No SQL, no
//! HTTP and no cryptography.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::FromArgMatches;

pub mod args;
mod candidates;
mod commands;
mod completion;
mod config;
mod hidden;
mod keyring;
mod new_file;
pub mod output;
mod prompt;
mod secret;
mod session;
mod timetable;
mod unlock;

use crate::error::{Error, Kind, Result};
use args::{Cli, Noun};
use session::Session;

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Done, and delivery goes on later.
    Queued,
    /// Done, and the user must act.
    UserMustAct,
    /// Done, and nothing is what was asked for.
    NothingFound,
}

impl Outcome {
    fn exit_code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::Queued => Kind::Queued.exit_code(),
            Outcome::UserMustAct => Kind::UserMustAct.exit_code(),
            Outcome::NothingFound => Kind::NotFound.exit_code(),
        }
    }
}

/// Runs the command line of this process.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    harden();
    if let Some(shell) = std::env::var_os(completion::VARIABLE) {
        return complete(&shell, args.into_iter().collect());
    }
    let args = help_first(args.into_iter().collect());
    if asks_for_version(&args) {
        return version();
    }
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &args),
    };
    output::start_logging(cli.globals.verbose);
    let session = Session::new(cli.globals.clone());
    match run(&cli.noun, &session) {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            let error = session.name_database(error);
            session.printer().error(&error, cli.globals.verbose > 0);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Keeps what is written private and what is remembered out of core files. Where the system refuses, the command goes
/// on: these are second lines of defence.
fn harden() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};
    umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// `cmr --version` alone needs no command tree, which takes longer to build than anything else here.
fn asks_for_version(args: &[OsString]) -> bool {
    matches!(args, [_, flag] if flag == "--version" || flag == "-V")
}

const VERSION: &str = concat!("cmr ", env!("CARGO_PKG_VERSION"), "\n");

fn version() -> ExitCode {
    let printer = output::Printer::new(false, false, args::When::Never);
    ExitCode::from(printer.raw(VERSION).map_or_else(|error| error.kind().exit_code(), |()| 0))
}

/// `cmr help grant` asks for what `cmr grant --help` shows.
fn help_first(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_some_and(|word| word == "help") {
        args.remove(1);
        args.push("--help".into());
    }
    args
}

/// Answers a shell that asks at a Tab.
fn complete(shell: &OsStr, args: Vec<OsString>) -> ExitCode {
    let printer = output::Printer::new(false, false, args::When::Never);
    match completion::answer(shell, &args).and_then(|answer| printer.raw(&answer)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            printer.error(&error, false);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = Cli::command_for(args);
    let matches = command.try_get_matches_from_mut(args);
    // The process ends soon: taking the tree apart would cost more than an agent's answer.
    std::mem::forget(command);
    Cli::from_arg_matches(&matches?)
}

/// Help and version go to standard output; a mistake goes to standard error, as JSON where that was asked for.
fn usage(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    if error.use_stderr() && json {
        let text = error.render().to_string();
        let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let message = lines.join(" ").trim_start_matches("error: ").to_owned();
        let printer = output::Printer::new(true, false, args::When::Never);
        printer.error(&Error::usage(message).hint("cmr --help"), false);
    } else {
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 })
}

/// Runs one command.
fn run(noun: &Noun, session: &Session) -> Result<Outcome> {
    use commands as c;
    if session.globals().dry_run && only_does(noun) {
        return Err(Error::usage("this command has no --dry-run: it can only be done").hint("leave --dry-run out"));
    }
    match noun {
        Noun::Init(args) => c::init::run(args, session),
        Noun::Demo(args) => c::demo::run(args, session),
        Noun::Status(_) => c::status::run(session),
        Noun::Unlock(_) => c::agent::unlock(session),
        Noun::Lock(_) => c::agent::lock(session),
        Noun::Agent(args) => c::agent::run(args, session),
        Noun::Key(args) => c::key::run(args, session),
        Noun::Profile(args) => c::profile::run(args, session),
        Noun::Persona(args) => c::persona::run(args, session),
        Noun::Vendor(args) => c::vendor::run(args, session),
        Noun::Grant(args) => c::grant::run(args, session),
        Noun::Move(args) => c::relocation::run(args, session),
        Noun::Import(args) => c::import::run(args, session),
        Noun::Push(args) => c::moving::push(args, session),
        Noun::Pull(args) => c::moving::pull(args, session),
        Noun::Upkeep(args) => c::upkeep::run(args, session),
        Noun::Outbox(args) => c::outbox::run(args, session),
        Noun::Inbox(args) => c::inbox::run(args, session),
        Noun::Who(args) => c::log::who(args, session),
        Noun::Search(args) => c::search::run(args, session),
        Noun::Log(args) => c::log::run(args, session),
        Noun::Receiver(args) => c::receiver::run(args, session),
        Noun::Completions(args) => c::completions::run(args, session),
    }
}

/// Whether a command changes something and cannot say beforehand what. It must not take `--dry-run` and do it.
fn only_does(noun: &Noun) -> bool {
    use args::inbox::InboxVerb;
    use args::log::LogVerb;
    use args::outbox::OutboxVerb;
    use args::persona::PersonaVerb;
    use args::profile::ProfileVerb;
    use args::receiver::{CustomerVerb, ReceiverVerb};
    use args::vendor::VendorVerb;
    match noun {
        Noun::Pull(_) | Noun::Agent(_) => true,
        Noun::Profile(args) => matches!(args.verb, ProfileVerb::Export { output: Some(_) }),
        Noun::Persona(args) => !matches!(args.verb, PersonaVerb::List),
        Noun::Vendor(args) => matches!(
            args.verb,
            VendorVerb::Set { new_key: false, .. }
                | VendorVerb::Note { .. }
                | VendorVerb::Alias { value: Some(_), .. }
                | VendorVerb::Alias { remove: true, .. }
        ),
        Noun::Outbox(args) => !matches!(args.verb, OutboxVerb::List { .. } | OutboxVerb::Show { .. }),
        Noun::Inbox(args) => matches!(args.verb, InboxVerb::Import(_)),
        Noun::Log(args) => matches!(args.verb, Some(LogVerb::Verify { accept_loss: true })),
        Noun::Receiver(args) => {
            matches!(args.verb, ReceiverVerb::Serve { .. } | ReceiverVerb::Customer { verb: CustomerVerb::Add { .. } })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_version_is_what_the_command_tree_would_say() {
        assert_eq!(VERSION, Cli::command().render_version());
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(asks_for_version(&words("cmr --version")) && asks_for_version(&words("cmr -V")));
        assert!(!asks_for_version(&words("cmr profile --version")) && !asks_for_version(&words("cmr")));
    }
}
