//! What the agent answers, without the socket and the clock around it.

use serde_json::json;
use zeroize::Zeroizing;

use super::super::key::DataKey;
use super::lease::{Lease, Limits, Moment};
use super::protocol::{self, HEAD, Outcome, Report, Verb};

/// Who holds the key, and for how long.
pub(super) struct Keeper {
    key: DataKey,
    lease: Lease,
    began: Moment,
    by: String,
}

/// An answer, and whether the agent goes on after it.
pub(super) enum Answer {
    /// Send this, and go on.
    GoOn(Zeroizing<Vec<u8>>),
    /// Forget the key, then send this, then end: who was told that the vault is locked can rely on it.
    End(Zeroizing<Vec<u8>>),
}

impl Keeper {
    pub(super) fn new(key: DataKey, limits: Limits, by: String, now: Moment) -> Self {
        Self { key, lease: Lease::new(limits, now), began: now, by }
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    pub(super) fn answer(&mut self, question: &[u8; HEAD], now: Moment) -> Answer {
        let answer = |outcome, body: &[u8]| protocol::answer(outcome, body);
        match protocol::parse_question(question) {
            Some(Verb::Lock) => Answer::End(answer(Outcome::Locked, &[])),
            _ if self.lease.is_over(now) => Answer::End(answer(Outcome::Locked, &[])),
            Some(Verb::Key) => {
                self.lease.touch(now);
                Answer::GoOn(answer(Outcome::Done, self.key.expose()))
            }
            Some(Verb::Peek) => Answer::GoOn(answer(Outcome::Done, self.key.expose())),
            Some(Verb::Report) => Answer::GoOn(answer(Outcome::Done, json!(self.report(now)).to_string().as_bytes())),
            None => Answer::GoOn(answer(Outcome::Foreign, &[])),
        }
    }

    fn report(&self, now: Moment) -> Report {
        let millis = |time: std::time::Duration| time.as_millis().try_into().unwrap_or(u64::MAX);
        Report {
            pid: std::process::id(),
            by: self.by.clone(),
            age_ms: millis(now.since_start.saturating_sub(self.began.since_start)),
            idle_left_ms: millis(self.lease.idle_left(now)),
            absolute_left_ms: millis(self.lease.absolute_left(now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { since_start: Duration::from_secs(seconds), slept: Duration::ZERO }
    }

    fn keeper() -> (Keeper, Vec<u8>) {
        let key = DataKey::generate().unwrap();
        let bytes = key.expose().to_vec();
        let limits = Limits { idle: Duration::from_secs(10), absolute: Duration::from_secs(100) };
        (Keeper::new(key, limits, "the passphrase".into(), at(0)), bytes)
    }

    fn ask(keeper: &mut Keeper, verb: Verb, seconds: u64) -> (Outcome, Vec<u8>, bool) {
        let (bytes, goes_on) = match keeper.answer(&protocol::question(verb), at(seconds)) {
            Answer::GoOn(bytes) => (bytes, true),
            Answer::End(bytes) => (bytes, false),
        };
        let (outcome, body) = protocol::parse_answer(&bytes);
        (outcome, body.to_vec(), goes_on)
    }

    #[test]
    fn the_key_is_handed_out_until_it_was_idle_for_too_long() {
        let (mut keeper, key) = keeper();
        assert_eq!(ask(&mut keeper, Verb::Key, 9), (Outcome::Done, key.clone(), true));
        assert_eq!(ask(&mut keeper, Verb::Key, 18), (Outcome::Done, key, true));
        assert_eq!(ask(&mut keeper, Verb::Key, 28), (Outcome::Locked, vec![], false));
    }

    #[test]
    fn neither_a_report_nor_a_peek_keeps_it_unlocked() {
        let (mut keeper, key) = keeper();
        assert_eq!(ask(&mut keeper, Verb::Peek, 9), (Outcome::Done, key, true));
        let (outcome, body, _) = ask(&mut keeper, Verb::Report, 9);
        let report: Report = serde_json::from_slice(&body).unwrap();
        assert_eq!((outcome, report.idle_left_ms, report.absolute_left_ms), (Outcome::Done, 1000, 91_000));
        assert_eq!((report.by.as_str(), report.age_ms), ("the passphrase", 9000));
        assert_eq!(ask(&mut keeper, Verb::Key, 10).0, Outcome::Locked);
    }

    #[test]
    fn a_question_of_another_version_gets_no_key_and_does_not_keep_it_unlocked() {
        let (mut keeper, _) = keeper();
        let mut question = protocol::question(Verb::Key);
        question[4] = 99;
        let Answer::GoOn(bytes) = keeper.answer(&question, at(9)) else { panic!("it ended") };
        assert_eq!(protocol::parse_answer(&bytes), (Outcome::Foreign, &[][..]));
        assert_eq!(ask(&mut keeper, Verb::Key, 10).0, Outcome::Locked);
    }

    #[test]
    fn lock_ends_it() {
        let (mut keeper, _) = keeper();
        assert_eq!(ask(&mut keeper, Verb::Lock, 1), (Outcome::Locked, vec![], false));
    }
}
