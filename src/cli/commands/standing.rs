//! What a view of grants needs beside the grants, read at once for all of them.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::Result;
use super::super::output::grant::GrantView;
use crate::delivery::{Of, Underway, underway};
use crate::grant::{Grant, ended};
use crate::ledger::disclosure;

/// When claims of grants were last delivered, and what of grants was not.
pub(super) struct Standing {
    last: HashMap<String, Timestamp>,
    underway: HashMap<String, Underway>,
    now: Timestamp,
}

impl Standing {
    /// Of all grants.
    pub(super) fn of_all(connection: &Connection) -> Result<Self> {
        Self::new(disclosure::last_of_grants(connection, None)?, underway(connection, Of::All)?)
    }

    /// Of a vendor's grants.
    pub(super) fn of_vendor(connection: &Connection, id: &str) -> Result<Self> {
        Self::new(disclosure::last_of_grants(connection, Some(id))?, underway(connection, Of::Vendor(id))?)
    }

    /// Of one grant.
    pub(super) fn of_grant(connection: &Connection, id: &str) -> Result<Self> {
        let last = disclosure::last_of_grant(connection, id)?;
        Self::new(last.map(|at| (id.to_owned(), at)).into_iter().collect(), underway(connection, Of::Grant(id))?)
    }

    fn new(last: HashMap<String, Timestamp>, underway: HashMap<String, Underway>) -> Result<Self> {
        Ok(Self { last, underway, now: Timestamp::now() })
    }

    /// The view of a grant.
    pub(super) fn view(&self, grant: &Grant, vendor: &str) -> GrantView {
        let last = self.last.get(&grant.id).copied();
        GrantView::of(grant, vendor, last, self.underway.get(&grant.id), self.now)
    }

    /// Whether the vendor should have confirmed the grant's end by now, and the user waits for it.
    pub(super) fn is_overdue(&self, grant: &Grant) -> bool {
        ended::is_overdue(grant, self.last.get(&grant.id).copied(), self.now)
    }
}
