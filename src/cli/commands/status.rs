//! `cmr status`.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::output::task::TaskView;
use super::super::output::text::count;
use super::super::output::vault::{AgentState, Holdings, SlotName, Status};
use super::super::session::Session;
use super::super::unlock::Source;
use super::super::{Outcome, Result};
use crate::delivery::{MessageState, tasks};
use crate::grant::{Grant, Status as GrantStatus, VendorStatus};
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
    let messages = delivery::list(connection, false)?;
    let now = Timestamp::now();
    let in_state = |state| messages.iter().filter(|message| message.state == state).count();
    let queued = in_state(MessageState::Queued);
    let holds = Holdings {
        vendors: vendor::count(connection)?,
        claims: profile::current(connection, profile::DEFAULT_PERSONA)?.len(),
        grants: grants.iter().filter(|grant| grant.is_current(now)).count(),
        queued,
        ledger_entries: ledger::count(connection)?,
    };
    let mut tasks = open(queued, &grants, now);
    let facts = tasks::facts(connection, now, tasks::RENEW_WITHIN)?;
    tasks.extend(tasks::tasks(&facts, now, tasks::SOON).iter().map(TaskView::of));
    Ok((Some(holds), tasks))
}

/// What is under way, and needs the user no more than that.
fn open(queued: usize, grants: &[Grant], now: Timestamp) -> Vec<TaskView> {
    let unconfirmed = |grant: &&Grant| {
        grant.state.status == GrantStatus::Revoked
            && grant.state.vendor == VendorStatus::NotConfirmed
            && grant.confirm_by.is_none_or(|by| by >= now)
    };
    let unconfirmed = grants.iter().filter(unconfirmed).count();
    let candidates = [
        (queued, "to_deliver", "message", "to deliver", "cmr push"),
        (unconfirmed, "not_confirmed", "revocation", "not confirmed by the vendor", "cmr pull"),
    ];
    candidates
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, kind, noun, what, command)| TaskView::line(kind, format!("{} {what}", count(n, noun)), command))
        .collect()
}
