//! The chain's rule: what an entry's hash is made of.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The hash of nothing: what the first entry of a chain follows.
pub const GENESIS: [u8; 32] = [0; 32];

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in this vault, from 1.
    pub seq: i64,
    /// The device whose chain it belongs to.
    pub device: Uuid,
    /// Its number in that device's chain, from 1.
    pub device_seq: i64,
    /// When.
    pub at: Timestamp,
    /// What happened, such as `grant-created`.
    pub action: String,
    /// What it happened to: a claim, a vendor's name, an id.
    pub subject: String,
    /// The rest, as the JSON text that was hashed. Holds no claim value.
    pub body: String,
    /// Hash of the entry before it in the device's chain.
    pub prev: [u8; 32],
    /// Its own hash, as stored.
    pub hash: [u8; 32],
}

impl Entry {
    /// What the hash must be: SHA-256 over all other members, each with its length, behind a name for the rule.
    pub fn computed_hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"cmr ledger entry 1\0");
        let mut put = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        put(&self.prev);
        put(self.device.as_bytes());
        put(&self.device_seq.to_be_bytes());
        put(&self.at.as_millisecond().to_be_bytes());
        put(self.action.as_bytes());
        put(self.subject.as_bytes());
        put(self.body.as_bytes());
        hasher.finalize().into()
    }

    /// The body as JSON.
    pub fn body_json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The hash in hexadecimal.
    pub fn hash_hex(&self) -> String {
        hex(&self.hash)
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |number: u8| char::from_digit(number.into(), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The tip of each device's chain, for checking entries as they come.
#[derive(Debug, Default)]
pub struct Tips(std::collections::HashMap<Uuid, (i64, [u8; 32])>);

impl Tips {
    /// Takes the next entry in.
    ///
    /// # Errors
    /// In words, what is wrong with it: the chain is broken here.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), &'static str> {
        let (seq, hash) = self.0.get(&entry.device).copied().unwrap_or((0, GENESIS));
        if entry.device_seq != seq + 1 {
            return Err("an entry before it is missing");
        }
        if entry.prev != hash {
            return Err("it does not follow the entry before it");
        }
        if entry.computed_hash() != entry.hash {
            return Err("its content is not what was hashed");
        }
        self.0.insert(entry.device, (entry.device_seq, entry.hash));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chain(bodies: &[String]) -> Vec<Entry> {
        let mut prev = GENESIS;
        let make = |(index, body): (usize, &String)| {
            let mut entry = Entry {
                seq: index as i64 + 1,
                device: Uuid::nil(),
                device_seq: index as i64 + 1,
                at: Timestamp::UNIX_EPOCH,
                action: "test".into(),
                subject: "it".into(),
                body: body.clone(),
                prev,
                hash: GENESIS,
            };
            entry.hash = entry.computed_hash();
            prev = entry.hash;
            entry
        };
        bodies.iter().enumerate().map(make).collect()
    }

    fn first_broken(entries: &[Entry]) -> Option<i64> {
        let mut tips = Tips::default();
        entries.iter().find(|entry| tips.follow(entry).is_err()).map(|entry| entry.seq)
    }

    proptest! {
        #[test]
        fn a_whole_chain_verifies_and_any_change_is_found_where_it_is(
            bodies in prop::collection::vec(".{0,12}", 2..8), at: prop::sample::Index, how in 0..5,
        ) {
            let whole = chain(&bodies);
            prop_assert_eq!(first_broken(&whole), None);

            let at = at.index(whole.len());
            let mut broken = whole.clone();
            match how {
                0 => broken[at].body.push('x'),
                1 => broken[at].action.push('x'),
                2 => broken[at].hash[3] ^= 1,
                3 => broken[at].at = Timestamp::from_second(1).unwrap(),
                _ => { broken.remove(at); }
            }
            // Only the removal of the last entry cannot be seen from inside: that is the anchor's job.
            let expected = match how {
                4 => whole.get(at + 1).map(|entry| entry.seq),
                _ => Some(whole[at].seq),
            };
            prop_assert_eq!(first_broken(&broken), expected);
        }

        #[test]
        fn moving_a_byte_between_members_changes_the_hash(action in "[a-z]{2,6}", subject in "[a-z]{1,6}") {
            let mut entry = chain(&["".to_owned()]).remove(0);
            entry.action.clone_from(&action);
            entry.subject.clone_from(&subject);
            let before = entry.computed_hash();
            let (head, tail) = action.split_at(action.len() - 1);
            entry.action = head.to_owned();
            entry.subject = format!("{tail}{subject}");
            prop_assert_ne!(before, entry.computed_hash());
        }
    }
}
