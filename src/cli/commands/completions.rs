//! `cmr completions`.

use super::super::args::{CompletionsArgs, Shell};
use super::super::session::Session;
use super::super::{Outcome, Result};

pub(in super::super) fn run(args: &CompletionsArgs, session: &Session) -> Result<Outcome> {
    session.printer().raw(script(args.shell))?;
    Ok(Outcome::Done)
}

/// The completion script for a shell: it asks the program at each Tab.
fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../../completions/cmr.bash"),
        Shell::Zsh => include_str!("../../../completions/_cmr"),
        Shell::Fish => include_str!("../../../completions/cmr.fish"),
    }
}
