//! `cmr upkeep`.

use jiff::{SignedDuration, Timestamp};

use super::super::args::upkeep::{UpkeepArgs, UpkeepVerb};
use super::super::output::message::Moved;
use super::super::output::renewal::Renewals;
use super::super::output::task::TaskView;
use super::super::output::upkeep::Upkeep;
use super::super::output::verify::ReadBackView;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::moving::{self, Heard};
use super::upkeep_install;
use crate::delivery::relocation;
use crate::delivery::renewal::{self, Due};
use crate::delivery::talk::{self, Collect, Plan, Send};
use crate::delivery::tasks::{self, Facts, Task};
use crate::delivery::{self, lend};
use crate::grant;
use crate::grant::renewal::window;
use crate::vault::Vault;
use crate::vendor;

pub(in super::super) fn run(args: &UpkeepArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        Some(UpkeepVerb::Install { systemd, cron, at }) => upkeep_install::install(session, *systemd, *cron, *at),
        Some(UpkeepVerb::Remove) => upkeep_install::remove(session),
        None => upkeep(args, session),
    }
}

/// What is looked at, and how far ahead.
struct Windows {
    renew: SignedDuration,
    soon: SignedDuration,
}

fn upkeep(args: &UpkeepArgs, session: &Session) -> Result<Outcome> {
    let now = Timestamp::now();
    let windows = Windows { renew: window(&args.renew_within, now)?, soon: window(&args.soon, now)? };
    let mut vault = session.vault()?;
    if session.globals().dry_run {
        return look(session, &vault, &windows);
    }
    // Runs that overlap must not queue up: the one that is under way does all that is due.
    let Some(_alone) = talk::upkeep_turn(&vault)? else {
        session.printer().show(&Upkeep { another_runs: true, brief: session.globals().quiet, ..Upkeep::default() })?;
        return Ok(Outcome::Done);
    };
    let done = work(args, session, &mut vault, &windows)?;
    let facts = done.facts(&vault, &windows)?;
    let tasks = tasks::tasks(&facts, Timestamp::now(), windows.soon);
    let view = done.view(session, &vault, &tasks)?;
    session.printer().show(&view)?;
    // Only when it is said: whoever is stopped before says it the next time.
    vault.write(|tx| tasks::mark_reminded(tx, &tasks))?;
    Ok(outcome(&view))
}

/// What was done.
struct Done {
    heard: Heard,
    expired: usize,
    due: Vec<Due>,
}

/// Does what is due. Each step is durable before the next, and none is done twice if this is stopped and starts again.
fn work(args: &UpkeepArgs, session: &Session, vault: &mut Vault, windows: &Windows) -> Result<Done> {
    let _turn = moving::turn(session, vault)?;
    let mut heard = Heard::default();
    relocation::begin_if_due(vault)?;
    let mut expired = vault.write(lend::expire_due)?.len();
    let pull = Plan { collect: Collect::FromAll, ..Plan::default() };
    moving::converse(session, vault, args.timeout, &pull, &mut heard)?;
    expired += vault.write(lend::expire_due)?.len();
    let due = vault.write(|tx| renewal::renew_due(tx, windows.renew))?;
    let push = Plan { send: Send::Due, collect: Collect::FromReached, ..Plan::default() };
    moving::converse(session, vault, args.timeout, &push, &mut heard)?;
    Ok(Done { heard, expired, due })
}

impl Done {
    /// The facts as they are now, and what only this run knows.
    fn facts(&self, vault: &Vault, windows: &Windows) -> Result<Facts> {
        let facts = tasks::facts(vault.connection(), Timestamp::now(), windows.renew)?;
        Ok(Facts { due: self.due.clone(), refusing: self.heard.refusing.iter().cloned().collect(), ..facts })
    }

    fn view(self, session: &Session, vault: &Vault, tasks: &[Task]) -> Result<Upkeep> {
        let (asked, pulled) = (self.heard.asked.len(), self.heard.received);
        let moved = self.heard.into_moved();
        Ok(Upkeep {
            another_runs: false,
            asked,
            pulled,
            expired: self.expired,
            renewed: Renewals::of(&self.due, false, false).renewed,
            pushed: moved.lines.iter().filter(|line| line.arrived()).count(),
            queued: delivery::counts(vault.connection())?.queued,
            moved,
            tasks: tasks.iter().map(TaskView::of).collect(),
            brief: session.globals().quiet,
        })
    }
}

/// What would be done, as far as it is known before vendors are asked.
fn look(session: &Session, vault: &Vault, windows: &Windows) -> Result<Outcome> {
    let (connection, now) = (vault.connection(), Timestamp::now());
    let due = renewal::due(connection, now, windows.renew)?;
    let is_due = |message: &delivery::Message| message.due_at.is_none_or(|due| due <= now);
    let lines = moving::queued(vault, is_due)?;
    let facts = tasks::facts(connection, now, windows.renew)?;
    session.printer().show(&Upkeep {
        asked: vendor::introduced(connection)?.len(),
        expired: grant::due_to_expire(connection, now)?.len(),
        renewed: Renewals::of(&due, true, false).renewed,
        queued: delivery::counts(connection)?.queued,
        moved: Moved { lines, dry_run: true, ..Moved::default() },
        tasks: tasks::tasks(&facts, now, windows.soon).iter().map(TaskView::of).collect(),
        brief: session.globals().quiet,
        ..Upkeep::default()
    })?;
    Ok(Outcome::Done)
}

/// The worst counts: the user must act, or delivery goes on later, or nothing needs anybody.
fn outcome(view: &Upkeep) -> Outcome {
    let drifted = view.moved.read_back.iter().any(ReadBackView::is_wrong);
    let refused = view.moved.lines.iter().any(|line| matches!(line.state.as_str(), "refused" | "failed" | "held"));
    match () {
        () if refused || drifted || !view.tasks.is_empty() || !view.moved.refused.is_empty() => Outcome::UserMustAct,
        () if view.queued > 0 || !view.moved.troubles.is_empty() => Outcome::Queued,
        () => Outcome::Done,
    }
}
