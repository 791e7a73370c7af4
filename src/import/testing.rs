//! A sink that remembers, for the tests of the readers.

use super::evidence::{Evidence, Place, Secret, Sink};
use crate::error::{Error, Result};

/// Everything that a reader told.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) found: Vec<Evidence>,
    pub(super) skipped: Vec<(Place, String)>,
    pub(super) passed_over: Vec<(Place, String)>,
    pub(super) dropped: Vec<Secret>,
    /// How far the reader said that it was, at most.
    pub(super) bytes: u64,
    /// Whether it asks the reader to stop.
    pub(super) stop: bool,
}

impl Heard {
    /// How many secrets of this sort were dropped.
    pub(super) fn dropped(&self, secret: Secret) -> usize {
        self.dropped.iter().filter(|dropped| **dropped == secret).count()
    }

    /// The name of each piece.
    pub(super) fn names(&self) -> Vec<&str> {
        self.found.iter().map(|evidence| evidence.name.as_deref().unwrap_or_default()).collect()
    }

    /// Host (or name) and account of each piece, sorted.
    pub(super) fn accounts(&self) -> Vec<(String, String)> {
        let name = |found: &Evidence| found.host.clone().or_else(|| found.name.clone()).unwrap_or_default();
        let mut list: Vec<_> =
            self.found.iter().map(|found| (name(found), found.account.clone().unwrap_or_default())).collect();
        list.sort();
        list
    }

    /// What was skipped, each with its place.
    pub(super) fn reasons(&self) -> Vec<String> {
        told(&self.skipped)
    }

    /// What was passed over, each with its place.
    pub(super) fn set_aside(&self) -> Vec<String> {
        told(&self.passed_over)
    }
}

fn told(list: &[(Place, String)]) -> Vec<String> {
    list.iter().map(|(place, why)| format!("{place}: {why}")).collect()
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
        self.passed_over.push((place, why.to_owned()));
        Ok(())
    }

    fn dropped(&mut self, secret: Secret) {
        self.dropped.push(secret);
    }

    fn at(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.max(bytes);
        if self.stop { Err(Error::failed("stopped")) } else { Ok(()) }
    }
}
