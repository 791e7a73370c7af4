//! What goes over the agent's socket: a question of six bytes, an answer of a head and a body, and the end.
//!
//! ```text
//! question:  "cmr" 0x00  version  verb
//! answer:    "cmr" 0x00  version  outcome  body…
//! ```
//!
//! The program may be replaced by a newer one while an agent runs. An agent of another version says so, and does
//! nothing but [`Verb::Lock`], whose number never changes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The version of everything here but of the head and of [`Verb::Lock`].
pub(super) const VERSION: u8 = 1;

const MAGIC: [u8; 4] = *b"cmr\0";

/// The size of a question, and of an answer's head, in bytes.
pub(super) const HEAD: usize = 6;

/// No answer comes near this size, in bytes.
pub(super) const MOST: usize = 4096;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// The data key, which counts as a use of it.
    Key = 1,
    /// The data key, which does not: for what is not a person's doing.
    Peek = 2,
    /// Until when the vault is unlocked, and by what.
    Report = 3,
    /// Forget the key and end.
    Lock = 4,
}

/// How it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The body is what was asked for.
    Done = 0,
    /// The key is forgotten.
    Locked = 1,
    /// Not understood: another version, or not ours at all.
    Foreign = 2,
}

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its process id.
    pub pid: u32,
    /// What the vault was unlocked with.
    pub by: String,
    /// Milliseconds since it was unlocked.
    pub age_ms: u64,
    /// Milliseconds until it locks if nothing uses it.
    pub idle_left_ms: u64,
    /// Milliseconds until it locks in any case.
    pub absolute_left_ms: u64,
}

impl Report {
    /// When the vault was unlocked.
    pub fn since(&self) -> Timestamp {
        Timestamp::now().saturating_sub(millis(self.age_ms)).unwrap_or(Timestamp::MIN)
    }

    /// When it locks if nothing uses it.
    pub fn idle_until(&self) -> Timestamp {
        Timestamp::now().saturating_add(millis(self.idle_left_ms.min(self.absolute_left_ms))).unwrap_or(Timestamp::MAX)
    }

    /// When it locks in any case.
    pub fn until(&self) -> Timestamp {
        Timestamp::now().saturating_add(millis(self.absolute_left_ms)).unwrap_or(Timestamp::MAX)
    }
}

fn millis(millis: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The bytes of a question.
pub(super) fn question(verb: Verb) -> [u8; HEAD] {
    head(verb as u8)
}

/// What was asked, if it is understood.
pub(super) fn parse_question(bytes: &[u8; HEAD]) -> Option<Verb> {
    let verb = match bytes[5] {
        1 => Verb::Key,
        2 => Verb::Peek,
        3 => Verb::Report,
        4 => Verb::Lock,
        _ => return None,
    };
    (bytes[..4] == MAGIC && (bytes[4] == VERSION || verb == Verb::Lock)).then_some(verb)
}

/// The bytes of an answer.
pub(super) fn answer(outcome: Outcome, body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(HEAD + body.len()));
    bytes.extend_from_slice(&head(outcome as u8));
    bytes.extend_from_slice(body);
    bytes
}

/// How it was answered, and the body. What is not an answer of this version is [`Outcome::Foreign`].
pub(super) fn parse_answer(bytes: &[u8]) -> (Outcome, &[u8]) {
    match bytes.split_first_chunk::<HEAD>() {
        Some((head, body)) if head[..4] == MAGIC && head[4] == VERSION => match head[5] {
            0 => (Outcome::Done, body),
            1 => (Outcome::Locked, body),
            _ => (Outcome::Foreign, body),
        },
        _ => (Outcome::Foreign, &[]),
    }
}

fn head(last: u8) -> [u8; HEAD] {
    let [a, b, c, d] = MAGIC;
    [a, b, c, d, VERSION, last]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_survive_their_bytes() {
        for verb in [Verb::Key, Verb::Peek, Verb::Report, Verb::Lock] {
            assert_eq!(parse_question(&question(verb)), Some(verb));
        }
        assert_eq!(parse_answer(&answer(Outcome::Done, b"body")), (Outcome::Done, &b"body"[..]));
        assert_eq!(parse_answer(&answer(Outcome::Locked, b"")), (Outcome::Locked, &b""[..]));
    }

    #[test]
    fn another_version_is_foreign_but_for_lock() {
        let from_another = |verb| {
            let mut bytes = question(verb);
            bytes[4] = VERSION + 1;
            parse_question(&bytes)
        };
        assert_eq!(from_another(Verb::Key), None);
        assert_eq!(from_another(Verb::Report), None);
        assert_eq!(from_another(Verb::Lock), Some(Verb::Lock));
    }

    #[test]
    fn what_is_not_ours_is_foreign() {
        assert_eq!(parse_question(b"GET / "), None);
        assert_eq!(parse_question(b"cmr\0\x01\x09"), None);
        assert_eq!(parse_answer(b"HTTP/1.1 400").0, Outcome::Foreign);
        assert_eq!(parse_answer(b"").0, Outcome::Foreign);
        assert_eq!(parse_answer(b"cmr\0\x02\x00").0, Outcome::Foreign);
    }
}
