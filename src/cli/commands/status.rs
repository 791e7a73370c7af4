//! `cmr status`.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::output::task::TaskView;
use super::super::output::text::{count, local};
use super::super::output::vault::{AgentState, Holdings, SlotName, Status};
use super::super::session::Session;
use super::super::unlock::Source;
use super::super::{Outcome, Result};
use crate::delivery::tasks;
use crate::grant::{Grant, Status as GrantStatus, ended};
use crate::vault::Manifest;
use crate::vault::agent::{self, Report};
use crate::{delivery, grant, ledger, profile, vendor};

/// Says whether the vault is locked, and what it holds if that can be told without asking anybody.
pub(in super::super) fn run(session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    let manifest = Manifest::read(&dir)?;
    let vault = session.vault_unasked()?;
    let agent = agent::report(&dir);
    let (holds, tasks) = match &vault {
        Some(vault) => holdings(vault.connection())?,
        None => Default::default(),
    };
    session.printer().show(&Status {
        vault: dir.display().to_string(),
        id: manifest.id.to_string(),
        locked: vault.is_none(),
        unlocked_by: session.unlocked_by().map(|source| unlocked_by(source, agent.as_ref())),
        agent: agent.as_ref().map(AgentState::from),
        slots: manifest.slots.iter().map(SlotName::from).collect(),
        holds,
        tasks,
    })?;
    Ok(Outcome::Done)
}

/// The source, and for an agent what it was unlocked with.
fn unlocked_by(source: Source, agent: Option<&Report>) -> String {
    match agent.filter(|_| source == Source::Agent) {
        Some(report) => format!("{}, unlocked with {}", source.describe(), report.by),
        None => source.describe().to_owned(),
    }
}

fn holdings(connection: &Connection) -> Result<(Option<Holdings>, Vec<TaskView>)> {
    let grants = grant::list(connection)?;
    let counts = delivery::counts(connection)?;
    let now = Timestamp::now();
    let holds = Holdings {
        vendors: vendor::count(connection)?,
        claims: profile::current(connection, profile::DEFAULT_PERSONA)?.len(),
        grants: grants.iter().filter(|grant| grant.is_current(now)).count(),
        queued: counts.queued as usize,
        held: counts.held as usize,
        failed: counts.failed as usize,
        next_attempt: delivery::next_due(connection)?.map(|due| due.max(now)),
        ledger_entries: ledger::count(connection)?,
    };
    let mut tasks: Vec<TaskView> = to_deliver(&holds, now).into_iter().collect();
    tasks.extend(unconfirmed(&grants, now));
    let facts = tasks::facts(connection, now, tasks::RENEW_WITHIN)?;
    tasks.extend(tasks::tasks(&facts, now, tasks::SOON).iter().map(TaskView::of));
    Ok((Some(holds), tasks))
}

/// A plain push sends what is due; what waits for later, or behind something that is held, it does not.
fn to_deliver(holds: &Holdings, now: Timestamp) -> Option<TaskView> {
    let what = format!("{} to deliver", count(holds.queued, "message"));
    let task = |what: String, command: &str| Some(TaskView::line("to_deliver", what, command));
    match holds.next_attempt {
        _ if holds.queued == 0 => None,
        None => task(format!("{what}, behind what is held"), "cmr outbox list"),
        Some(due) if due > now => task(format!("{what}; the next attempt is due {}", local(due)), "cmr push --now"),
        Some(_) => task(what, "cmr push"),
    }
}

/// Revocations that the vendor still has time to confirm.
fn unconfirmed(grants: &[Grant], now: Timestamp) -> Option<TaskView> {
    let in_time = |grant: &&Grant| {
        grant.state.status == GrantStatus::Revoked
            && ended::is_awaited(grant, now)
            && grant.confirm_by.is_none_or(|by| by > now)
    };
    let n = grants.iter().filter(in_time).count();
    let what = format!("{} not confirmed by the vendor", count(n, "revocation"));
    (n > 0).then(|| TaskView::line("not_confirmed", what, "cmr pull"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(queued: usize, next_attempt: Option<i64>) -> Holdings {
        let next_attempt = next_attempt.map(|second| Timestamp::from_second(second).unwrap());
        Holdings { vendors: 1, claims: 1, grants: 1, queued, held: 0, failed: 0, next_attempt, ledger_entries: 1 }
    }

    #[test]
    fn the_command_that_is_named_does_something() {
        let now = Timestamp::from_second(1000).unwrap();
        let command = |holds: Holdings| to_deliver(&holds, now).map(|task| task.command);
        assert_eq!(command(holds(0, None)), None);
        assert_eq!(command(holds(1, Some(1000))).as_deref(), Some("cmr push"));
        assert_eq!(command(holds(1, Some(1001))).as_deref(), Some("cmr push --now"));
        assert_eq!(command(holds(1, None)).as_deref(), Some("cmr outbox list"));
    }
}
