//! `cmr status`.

use jiff::Timestamp;

use super::super::output::text::count;
use super::super::output::vault::{Status, Task};
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::delivery::MessageState;
use crate::grant::{Grant, Status as GrantStatus, VendorStatus};
use crate::{delivery, grant, ledger, profile, vendor};

pub(in super::super) fn run(session: &Session) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let grants = grant::list(connection)?;
    let messages = delivery::list(connection, false)?;
    let now = Timestamp::now();
    let in_state = |state| messages.iter().filter(|message| message.state == state).count();
    let queued = in_state(MessageState::Queued);
    let status = Status {
        vault: vault.dir().display().to_string(),
        id: vault.manifest().id.to_string(),
        unlocked_by: session.unlocked_by(),
        vendors: vendor::count(connection)?,
        claims: profile::current(connection, profile::DEFAULT_PERSONA)?.len(),
        grants: grants.iter().filter(|grant| grant.is_current(now)).count(),
        queued,
        ledger_entries: ledger::count(connection)?,
        tasks: tasks(queued, in_state(MessageState::Held) + in_state(MessageState::Failed), &grants, now),
    };
    session.printer().show(&status)?;
    Ok(Outcome::Done)
}

fn tasks(queued: usize, stuck: usize, grants: &[Grant], now: Timestamp) -> Vec<Task> {
    let unconfirmed =
        |grant: &&Grant| grant.state.status == GrantStatus::Revoked && grant.state.vendor == VendorStatus::NotConfirmed;
    let overdue = |grant: &&Grant| unconfirmed(grant) && grant.confirm_by.is_some_and(|by| by < now);
    let candidates = [
        (queued, "to deliver", "message", "cmr push"),
        (stuck, "held or failed", "message", "cmr outbox list"),
        (grants.iter().filter(unconfirmed).count(), "not confirmed by the vendor", "revocation", "cmr pull"),
        (grants.iter().filter(overdue).count(), "past the time to confirm", "revocation", "cmr grant list --all"),
    ];
    candidates
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, what, noun, command)| Task { what: format!("{} {what}", count(n, noun)), command: command.into() })
        .collect()
}
