//! `cmr unlock`, `cmr lock`, and the `cmr agent` that they start and end.

use std::time::Duration;

use super::super::args::agent::AgentArgs;
use super::super::config::Config;
use super::super::output::vault::{DryRun, LockState};
use super::super::session::Session;
use super::super::unlock::Effort;
use super::super::{Outcome, Result};
use crate::vault::agent::{self, Limits};
use crate::vault::{Manifest, Vault};

pub(in super::super) fn unlock(session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    let manifest = Manifest::read(&dir)?;
    if session.globals().dry_run {
        session.printer().show(&DryRun { would: format!("The vault in {} would be unlocked.", dir.display()) })?;
        return Ok(Outcome::Done);
    }
    let unlock = session.unlock(&dir, &manifest);
    // One that is unlocked already stays so for longer.
    if unlock.is_scripted() || unlock.by_agent(Effort::Full).is_none() {
        let limits = Config::read()?.limits();
        let (key, source) = unlock.data_key(Effort::PastAgent)?;
        drop(Vault::open(&dir, Manifest::read(&dir)?, &key)?);
        agent::start(&dir, &key, limits, source.describe())?;
    }
    session.printer().show(&LockState::new(&dir, agent::report(&dir).as_ref()))?;
    Ok(Outcome::Done)
}

pub(in super::super) fn lock(session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    // Without a manifest too: the vault may be gone, and its key must not stay.
    if session.globals().dry_run {
        session.printer().show(&DryRun { would: format!("The vault in {} would be locked.", dir.display()) })?;
        return Ok(Outcome::Done);
    }
    if !agent::lock(&dir)? {
        Manifest::read(&dir)?;
    }
    session.printer().show(&LockState::new(&dir, None))?;
    Ok(Outcome::Done)
}

pub(in super::super) fn run(args: &AgentArgs, session: &Session) -> Result<Outcome> {
    let limits =
        Limits { idle: Duration::from_millis(args.idle_ms), absolute: Duration::from_millis(args.absolute_ms) };
    agent::serve(&session.vault_dir()?, limits, args.by.clone())?;
    Ok(Outcome::Done)
}
