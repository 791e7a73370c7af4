//! When a vendor's keys are fetched again, and when a key of its is believed.

use jiff::{SignedDuration, Timestamp};

/// How long after asking for a vendor's keys nothing makes us ask again, whatever came of it.
pub const REST: SignedDuration = SignedDuration::from_mins(5);

/// For how long a set of keys is believed without a look at what the vendor publishes now.
pub const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// For how long it is believed while the vendor's keys cannot be fetched.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What to do about the key that an answer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysRule {
    /// Verify the answer with it.
    Believe,
    /// Fetch the vendor's keys first, and decide again.
    Fetch,
    /// It is not the vendor's, as far as can be known.
    Refuse,
}

/// The rule. `known` says whether the key was among the vendor's when they were last fetched, at `fetched`; `asked` is when
/// they were last asked for, with or without success.
///
/// A vendor whose keys cannot be fetched is believed for a week: a refused answer does not come again, and an outage must
/// not cost its receipts. Longer than that nobody can keep a withdrawn key alive by keeping us from the vendor.
pub fn keys_rule(known: bool, fetched: Option<Timestamp>, asked: Option<Timestamp>, now: Timestamp) -> KeysRule {
    // A clock that was set back makes a time in the future: it is as good as none.
    let within =
        |time: Option<Timestamp>, most| time.is_some_and(|time| time <= now && now.duration_since(time) < most);
    let rests = within(asked.max(fetched), REST);
    match known {
        true if within(fetched, FRESH) => KeysRule::Believe,
        _ if !rests => KeysRule::Fetch,
        true if within(fetched, LONGEST) => KeysRule::Believe,
        _ => KeysRule::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(2_000_000 + seconds).unwrap()
    }

    const MINUTE: i64 = 60;
    const DAY: i64 = 86_400;

    /// The rule for keys fetched and asked for so long ago.
    fn rule(known: bool, fetched: i64, asked: i64) -> KeysRule {
        keys_rule(known, Some(at(-fetched)), Some(at(-asked)), at(0))
    }

    #[test]
    fn a_known_key_is_believed_for_a_day_and_then_looked_for_again() {
        assert_eq!(rule(true, DAY - 1, DAY - 1), KeysRule::Believe);
        assert_eq!(rule(true, DAY, DAY), KeysRule::Fetch);
        // The look was in vain.
        assert_eq!(rule(true, DAY, 1), KeysRule::Believe);
        assert_eq!(rule(true, DAY, 5 * MINUTE), KeysRule::Fetch);
        assert_eq!(rule(true, 7 * DAY - 1, 1), KeysRule::Believe);
        assert_eq!(rule(true, 7 * DAY, 1), KeysRule::Refuse);
    }

    #[test]
    fn an_unknown_key_is_looked_for_once_in_five_minutes() {
        assert_eq!(rule(false, DAY, DAY), KeysRule::Fetch);
        assert_eq!(rule(false, DAY, 5 * MINUTE - 1), KeysRule::Refuse);
        assert_eq!(rule(false, 1, DAY), KeysRule::Refuse);
        assert_eq!(rule(false, 5 * MINUTE, 5 * MINUTE), KeysRule::Fetch);
        assert_eq!(keys_rule(false, None, None, at(0)), KeysRule::Fetch);
        assert_eq!(keys_rule(false, Some(at(-1)), None, at(0)), KeysRule::Refuse);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nothing() {
        assert_eq!(keys_rule(true, Some(at(DAY)), Some(at(DAY)), at(0)), KeysRule::Fetch);
        assert_eq!(keys_rule(false, Some(at(DAY)), Some(at(DAY)), at(0)), KeysRule::Fetch);
    }

    proptest! {
        #[test]
        fn right_after_asking_it_is_decided_and_an_unknown_key_is_never_believed(
            known: bool, fetched in prop::option::of(0..30 * DAY), asked in prop::option::of(0..30 * DAY),
        ) {
            let ago = |time: Option<i64>| time.map(|time| at(-time));
            prop_assert_ne!(keys_rule(known, ago(fetched), Some(at(0)), at(0)), KeysRule::Fetch);
            prop_assert_ne!(keys_rule(false, ago(fetched), ago(asked), at(0)), KeysRule::Believe);
        }
    }
}
