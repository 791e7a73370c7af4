//! Two laws: whatever happens between a user and a vendor that keeps to the protocol, each message that is sent is signed by
//! the key that the vendor knows then; and the messages of a grant leave in the order of their versions.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use serde_json::Value;

use super::answer::{Hold, Verdict};
use super::push::{self, Answered, Turn};
use super::race_tests::{self, lend_again, lent};
use super::{Message, MessageState, lend, queue_store, rekey, renewal, resign, store};
use crate::error::Result;
use crate::grant;
use crate::profile::{self, model::Claim, model::ClaimValue};
use crate::vault::{Tx, Vault};
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;
use crate::wire::jose::Jwk;
use crate::wire::set::Unchecked;

/// A vendor that keeps to the protocol: what it took is taken again, and what another key signed is not.
#[derive(Default)]
struct Shop {
    key: Option<Jwk>,
    taken: HashSet<String>,
    versions: BTreeMap<String, u64>,
}

impl Shop {
    fn take(&mut self, jws: &str) {
        if self.taken.contains(jws) {
            return;
        }
        let set = Unchecked::parse(jws).unwrap();
        let key = self.key.clone().or_else(|| set.header().jwk.clone()).expect("the first message brings the key");
        let (issuer, audience) = (set.peek().iss.clone(), "https://acme.example");
        let claims = set.verify(&key, &issuer, audience, Timestamp::now()).expect("signed by the key that is known");
        let (uri, payload) = claims.event().unwrap();
        self.key = match Event::from_uri(uri) {
            Some(Event::KeysChanged) => serde_json::from_value(payload["jwk"].clone()).ok(),
            _ => Some(key),
        };
        if let Some(version) = payload["version"].as_u64() {
            let grant = payload["grant_id"].as_str().unwrap().to_owned();
            let before = self.versions.insert(grant, version);
            assert!(before.is_none_or(|before| before < version), "version {version} after {before:?}");
        }
        assert!(self.taken.insert(jws.to_owned()));
    }
}

/// How an attempt to deliver ends.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Taken,
    /// Taken, and the answer does not come back.
    Lost,
    /// Nobody there.
    Away,
    /// Neither taken nor refused.
    Busy,
    /// Never to be taken.
    Refused,
    /// Held until the user did something.
    Denied,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Change,
    Renew,
    Revoke,
    Lend,
    NewKey,
    Age,
    Retry,
    Drop,
    Deliver(Ending),
}

fn step() -> impl Strategy<Value = Step> {
    use Ending::*;
    let ending = prop::sample::select(vec![Taken, Taken, Taken, Taken, Lost, Lost, Away, Busy, Refused, Denied]);
    prop_oneof![
        2 => prop::sample::select(vec![Step::Change, Step::Renew, Step::Revoke, Step::Revoke, Step::Lend]),
        2 => prop::sample::select(vec![Step::NewKey, Step::NewKey, Step::NewKey, Step::Age, Step::Retry, Step::Drop]),
        4 => ending.prop_map(Step::Deliver),
    ]
}

struct Story {
    vault: Vault,
    vendor: Vendor,
    shop: Shop,
    count: u32,
}

impl Story {
    fn take(&mut self, step: Step) {
        self.count += 1;
        match step {
            Step::Change => {
                let value = format!("ada{}@example.org", self.count);
                self.vault.write(|tx| change(tx, value)).unwrap();
            }
            Step::Renew => self.on_grants(|tx, vendor, grant| {
                let until = grant.expires_at + 1.hour();
                renewal::renew(tx, vendor, grant, until)
            }),
            Step::Revoke => self.on_grants(|tx, vendor, grant| lend::revoke(tx, vendor, grant, "enough").map(|_| ())),
            Step::Lend => self.vault.write(|tx| lend_again(tx, &self.vendor)).unwrap(),
            // One waits already, or the key is not known yet.
            Step::NewKey => _ = self.vault.write(|tx| rekey::queue(tx, &self.vendor)),
            Step::Age => self.age(),
            Step::Retry => self.on_open(queue_store::retry),
            Step::Drop => self.on_open(|tx, message| match message.event == Event::KeysChanged.name() {
                true => queue_store::drop_message(tx, message),
                false => Ok(()),
            }),
            Step::Deliver(ending) => self.deliver(ending),
        }
    }

    fn on_grants(&mut self, change: impl Fn(&Tx, &Vendor, &mut grant::Grant) -> Result<()>) {
        let vendor = &self.vendor;
        let changed = self.vault.write(|tx| {
            let current = grant::list_of_vendor(tx, &vendor.id)?;
            let mut current = current.into_iter().filter(|grant| grant.is_current(tx.now()));
            current.try_for_each(|mut grant| change(tx, vendor, &mut grant))
        });
        changed.unwrap();
    }

    /// Whether it may be done to each of them is for the rules to say.
    fn on_open(&mut self, change: impl Fn(&Tx, &Message) -> Result<()>) {
        for message in queue_store::open_of(self.vault.connection(), &self.vendor.id).unwrap() {
            let _ = self.vault.write(|tx| change(tx, &message));
        }
    }

    fn age(&mut self) {
        let aged = "UPDATE message SET created_at = created_at - 8 * 24 * 3600 * 1000";
        self.vault.write(|tx| Ok(tx.execute(aged, [])?)).unwrap();
    }

    /// What a push does with one message.
    fn deliver(&mut self, ending: Ending) {
        let Self { vault, vendor, shop, .. } = self;
        let Turn::Send(parcel) = vault.write(|tx| race_tests::next(tx, vendor)).unwrap() else { return };
        let message = parcel.message;
        // What it took it does not refuse when it comes again.
        let again = shop.taken.contains(&message.jws);
        let ending = if again && !matches!(ending, Ending::Lost | Ending::Away) { Ending::Taken } else { ending };
        if matches!(ending, Ending::Taken | Ending::Lost) {
            shop.take(&message.jws);
        }
        vault.write(|tx| push::settle(tx, vendor, message, &answered(ending))).unwrap();
    }
}

fn answered(ending: Ending) -> Answered {
    let verdict = match ending {
        Ending::Taken => Verdict::Delivered { unusual: false },
        Ending::Refused => Verdict::Fail,
        Ending::Denied => Verdict::Hold(Hold::Denied),
        Ending::Lost | Ending::Away | Ending::Busy => Verdict::Later(Duration::ZERO),
    };
    Answered { verdict, words: "so it ended".into(), noted: "so".into(), unsent: matches!(ending, Ending::Away) }
}

fn change(tx: &Tx, value: String) -> Result<()> {
    let name: profile::model::ClaimName = "email".parse()?;
    let claims = [Claim { name: name.clone(), value: ClaimValue::Text(value) }];
    profile::apply(tx, profile::DEFAULT_PERSONA, &profile::diff(&[], &claims, false), "typed")?;
    lend::follow(tx, profile::DEFAULT_PERSONA, &[name]).map(|_| ())
}

/// A user whose key the vendor has, and who has lent it something that did not leave yet.
fn story(dir: &std::path::Path) -> Story {
    let (vault, vendor) = lent(dir);
    let mut story = Story { vault, vendor, shop: Shop::default(), count: 0 };
    story.deliver(Ending::Taken);
    story
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_each_message_is_signed_by_the_key_that_is_known(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut story = story(dir.path());
        steps.into_iter().for_each(|step| story.take(step));
        // In the end all of it arrives, and both sides know the same key.
        for _ in 0..100 {
            if waiting(&story).is_empty() {
                break;
            }
            story.take(Step::Retry);
            story.take(Step::Deliver(Ending::Taken));
        }
        let (connection, id) = (story.vault.connection(), story.vendor.id.clone());
        prop_assert_eq!(queue_store::open_of(connection, &id).unwrap(), []);
        let (now, next) = vendor::own_keys(connection, &id).unwrap();
        prop_assert_eq!(next, None);
        prop_assert_eq!(Some(now.thumbprint), story.shop.key.unwrap().thumbprint().ok());
    }
}

/// The events that wait, in their order.
fn waiting(story: &Story) -> Vec<String> {
    let open = queue_store::open_of(story.vault.connection(), &story.vendor.id).unwrap();
    open.into_iter().map(|message| message.event).collect()
}

fn payload(message: &Message) -> Value {
    Unchecked::parse(&message.jws).unwrap().peek().event().unwrap().1.clone()
}

#[test]
fn what_waited_for_seven_days_is_signed_again_and_keeps_its_turn() {
    let dir = tempfile::tempdir().unwrap();
    let mut story = story(dir.path());
    story.take(Step::Lend);
    let before = queue_store::open_of(story.vault.connection(), &story.vendor.id).unwrap();
    let old = before[0].clone();
    let fresh = story.vault.write(|tx| resign::if_old(tx, old.clone())).unwrap();
    assert_eq!(fresh, old, "it is not old yet");
    let aged = Message { created_at: old.created_at - (24 * resign::OLD_DAYS).hours(), ..old.clone() };
    let new = story.vault.write(|tx| resign::if_old(tx, aged)).unwrap();
    assert_ne!(new.id, old.id);
    let after = queue_store::open_of(story.vault.connection(), &story.vendor.id).unwrap();
    let ids: Vec<_> = after.iter().map(|message| &message.id).collect();
    assert_eq!(ids, [&new.id, &before[1].id], "it keeps its turn, and the other is left alone");
    let was = store::find(story.vault.connection(), &old.id).unwrap();
    assert_eq!((was.state, was.reason), (MessageState::Cancelled, Some(format!("signed again as {}", new.id))));
    // It says the same, but for its id and the time of its signature.
    let (then, now) = (Unchecked::parse(&old.jws).unwrap(), Unchecked::parse(&new.jws).unwrap());
    assert_eq!(now.peek().jti, new.id);
    assert_eq!((now.peek().toe, &now.peek().txn), (then.peek().toe, &then.peek().txn));
    assert_eq!(payload(&new), payload(&old));
    let moved: i64 = story
        .vault
        .connection()
        .query_row("SELECT count(*) FROM disclosure WHERE message_id = ?1", [&new.id], |row| row.get(0))
        .unwrap();
    assert_eq!(moved, 1);
    for _ in 0..2 {
        story.take(Step::Deliver(Ending::Taken));
    }
    assert_eq!(story.shop.versions.len(), 2);
}

#[test]
fn what_may_have_arrived_keeps_its_bytes_however_old_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut story = story(dir.path());
    story.take(Step::Deliver(Ending::Busy));
    let again = |story: &mut Story| {
        story.age();
        let head = queue_store::next_of(story.vault.connection(), &story.vendor.id).unwrap().unwrap();
        (story.vault.write(|tx| resign::if_old(tx, head.clone())).unwrap(), head)
    };
    let (after, before) = again(&mut story);
    assert_eq!(after.jws, before.jws);
    // Where nobody was there, nothing left.
    story.take(Step::Deliver(Ending::Taken));
    story.take(Step::Lend);
    story.take(Step::Deliver(Ending::Away));
    let (after, before) = again(&mut story);
    assert_ne!(after.jws, before.jws);
    let now = store::find(story.vault.connection(), &after.id).unwrap();
    assert_eq!((now.attempts, now.due_at, now.reason), (before.attempts, before.due_at, before.reason));
}

#[test]
fn a_change_of_key_that_may_have_arrived_goes_before_all_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut story = story(dir.path());
    story.take(Step::Deliver(Ending::Taken));
    story.take(Step::NewKey);
    // Nobody there: it waits for its turn as before.
    story.take(Step::Deliver(Ending::Away));
    story.take(Step::Revoke);
    assert_eq!(waiting(&story), ["grant-revoked", "keys-changed"]);
    story.take(Step::Lend);
    story.take(Step::Deliver(Ending::Taken));
    story.take(Step::Deliver(Ending::Taken));
    story.take(Step::NewKey);
    story.take(Step::Deliver(Ending::Taken));
    story.take(Step::Deliver(Ending::Lost));
    story.take(Step::Revoke);
    story.take(Step::Lend);
    assert_eq!(waiting(&story), ["keys-changed", "grant-revoked", "grant-created"]);
    for _ in 0..3 {
        story.take(Step::Deliver(Ending::Taken));
    }
    assert_eq!(story.shop.versions.len(), 3);
    assert!(waiting(&story).is_empty());
}
