//! `cmr completions`.

use clap::CommandFactory;
use clap_complete::generate;

use super::super::args::{Cli, CompletionsArgs, Shell};
use super::super::session::Session;
use super::super::{Outcome, Result};

pub(in super::super) fn run(args: &CompletionsArgs, session: &Session) -> Result<Outcome> {
    session.printer().raw(&script(args.shell))?;
    Ok(Outcome::Done)
}

/// The completion script for a shell.
fn script(shell: Shell) -> String {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "cmr", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
