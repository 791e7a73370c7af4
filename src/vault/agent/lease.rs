//! How long a vault stays unlocked: rules on a clock that the tests can turn.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How long an unlocked vault stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After the last command that used the key.
    pub idle: Duration,
    /// After it was unlocked, whatever was used since.
    pub absolute: Duration,
}

/// A moment since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Time since the start, sleep included.
    pub(super) since_start: Duration,
    /// How much of it the machine slept.
    pub(super) slept: Duration,
}

impl Moment {
    pub(super) fn now() -> Self {
        let since_start = duration(clock_gettime(ClockId::Boottime));
        Self { since_start, slept: since_start.saturating_sub(duration(clock_gettime(ClockId::Monotonic))) }
    }
}

fn duration(time: Timespec) -> Duration {
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The two clocks of a [`Moment`] are read one after the other: less than this between them is no sleep.
const NO_SLEEP: Duration = Duration::from_secs(1);

/// The time for which a key is held. Over once, it stays over.
#[derive(Debug)]
pub(super) struct Lease {
    limits: Limits,
    began: Moment,
    used: Duration,
}

impl Lease {
    pub(super) fn new(limits: Limits, now: Moment) -> Self {
        Self { limits, began: now, used: now.since_start }
    }

    /// Notes that the key was used.
    pub(super) fn touch(&mut self, now: Moment) {
        if !self.is_over(now) {
            self.used = now.since_start;
        }
    }

    /// What is left until nobody used the key for long enough.
    pub(super) fn idle_left(&self, now: Moment) -> Duration {
        self.used.saturating_add(self.limits.idle).saturating_sub(now.since_start)
    }

    /// What is left in any case.
    pub(super) fn absolute_left(&self, now: Moment) -> Duration {
        self.began.since_start.saturating_add(self.limits.absolute).saturating_sub(now.since_start)
    }

    /// What is left.
    pub(super) fn left(&self, now: Moment) -> Duration {
        self.idle_left(now).min(self.absolute_left(now))
    }

    /// Over on time, and when the machine slept: whoever opens its lid may be somebody else.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.left(now).is_zero() || now.slept.saturating_sub(self.began.slept) >= NO_SLEEP
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { idle: Duration::from_secs(900), absolute: Duration::from_secs(28800) };

    fn at(seconds: u64) -> Moment {
        Moment { since_start: Duration::from_secs(seconds), slept: Duration::ZERO }
    }

    #[test]
    fn it_ends_when_nobody_used_it_for_the_idle_time() {
        let mut lease = Lease::new(LIMITS, at(1000));
        assert!(!lease.is_over(at(1899)));
        assert!(lease.is_over(at(1900)));
        lease.touch(at(1899));
        assert!(!lease.is_over(at(2798)));
        assert!(lease.is_over(at(2799)));
    }

    #[test]
    fn it_ends_after_the_absolute_time_however_much_it_is_used() {
        let mut lease = Lease::new(LIMITS, at(0));
        for second in (0..28800).step_by(600) {
            assert!(!lease.is_over(at(second)));
            lease.touch(at(second));
        }
        assert!(!lease.is_over(at(28799)));
        assert!(lease.is_over(at(28800)));
    }

    #[test]
    fn it_ends_when_the_machine_slept() {
        let lease = Lease::new(LIMITS, at(0));
        let slept = |seconds| Moment { since_start: Duration::from_secs(60), slept: Duration::from_secs(seconds) };
        assert!(!lease.is_over(slept(0)));
        assert!(lease.is_over(slept(30)));
    }

    #[test]
    fn sleep_before_it_began_does_not_count() {
        let began = Moment { since_start: Duration::from_secs(5000), slept: Duration::from_secs(4000) };
        let lease = Lease::new(LIMITS, began);
        assert!(!lease.is_over(Moment { since_start: Duration::from_secs(5100), ..began }));
    }

    proptest! {
        #[test]
        fn once_over_no_use_brings_it_back(uses in prop::collection::vec(0u64..40_000, 0..30), end in 0u64..80_000) {
            let mut lease = Lease::new(LIMITS, at(0));
            let mut uses = uses;
            uses.sort_unstable();
            let mut over = false;
            for second in uses.into_iter().filter(|second| *second <= end) {
                over |= lease.is_over(at(second));
                lease.touch(at(second));
                prop_assert_eq!(lease.is_over(at(second)), over);
            }
            prop_assert!(lease.left(at(end)) <= LIMITS.idle);
            prop_assert!(end < 28_800 || lease.is_over(at(end)));
        }
    }
}
