//! A sink that remembers, for the tests of the readers.

use std::collections::BTreeMap;

use super::super::evidence::{Evidence, Place, Secret, Sink};
use crate::error::Result;

/// Everything that a reader told.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) found: Vec<Evidence>,
    pub(super) skipped: Vec<(Place, String)>,
    pub(super) passed: Vec<(Place, String)>,
    dropped: BTreeMap<Secret, usize>,
    pub(super) bytes: u64,
}

impl Heard {
    pub(super) fn dropped(&self, secret: Secret) -> usize {
        self.dropped.get(&secret).copied().unwrap_or_default()
    }

    /// Host (or name) and account of each piece, sorted.
    pub(super) fn accounts(&self) -> Vec<(String, String)> {
        let name = |found: &Evidence| found.host.clone().or_else(|| found.name.clone()).unwrap_or_default();
        let mut list: Vec<_> =
            self.found.iter().map(|found| (name(found), found.account.clone().unwrap_or_default())).collect();
        list.sort();
        list
    }
}

impl Sink for Heard {
    fn found(&mut self, evidence: Evidence) -> Result<()> {
        self.found.push(evidence);
        Ok(())
    }

    fn skipped(&mut self, place: Place, why: &str) -> Result<()> {
        self.skipped.push((place, why.to_owned()));
        Ok(())
    }

    fn passed_over(&mut self, place: Place, why: &str) -> Result<()> {
        self.passed.push((place, why.to_owned()));
        Ok(())
    }

    fn dropped(&mut self, secret: Secret) {
        *self.dropped.entry(secret).or_default() += 1;
    }

    fn at(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.max(bytes);
        Ok(())
    }
}
