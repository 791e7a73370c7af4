//! A thousand changes, delivered while they are made, and a client that is killed two hundred times meanwhile: at the
//! end every vendor has what the vault says, and nothing that was reported is missing.
//!
//! `CMR_SEED` makes the same throws of the dice again; the moments differ with the machine.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cmr::receiver::{GrantStatus, Outcome};
use cmr::wire::set::Unchecked;
use kit::{Liar, Run, Shop, TestEnv};
use serde_json::Value;

const CHANGES: usize = 1000;
const KILLS: usize = 200;

/// Vendors, and what each is lent.
const VENDORS: [(&str, &str); 4] = [
    ("acme", "email,nickname"),
    ("bolt", "email,website"),
    ("cord", "nickname,given_name"),
    ("dust", "email,website,given_name"),
];

/// The n-th value of a claim.
type Nth = fn(usize) -> String;

const CLAIMS: [(&str, Nth); 4] = [
    ("email", |n| format!("ada-{n}@example.org")),
    ("nickname", |n| format!("name-{n}")),
    ("website", |n| format!("https://example.org/{n}")),
    ("given_name", |n| format!("Ada {n}")),
];

/// Random numbers that come again with the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}

/// Tells the seed of a story that failed.
struct Seed(u64);

impl Seed {
    fn new() -> Self {
        let given = std::env::var("CMR_SEED").ok().map(|seed| seed.parse().expect("CMR_SEED is a number"));
        Self(given.unwrap_or_else(|| getrandom::u64().unwrap()))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("again with CMR_SEED={}", self.0);
        }
    }
}

/// One who starts the program, and kills it now and then.
struct Hand<'a> {
    env: &'a TestEnv,
    dice: Dice,
    /// How many of a hundred runs it strikes at.
    odds: u64,
    /// How long each command takes that is left alone.
    usual: BTreeMap<String, Duration>,
    struck: &'a AtomicUsize,
}

impl Hand<'_> {
    /// Runs a line. Exit code -1 for one that was killed.
    fn run(&mut self, line: &str) -> Run {
        let kind = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let start = Instant::now();
        let mut child = self.env.typed(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let usual = self.usual.get(&kind).copied().filter(|_| self.dice.below(100) < self.odds);
        if let Some(usual) = usual {
            std::thread::sleep(Duration::from_micros(self.dice.below(usual.as_micros() as u64)));
            let _ = child.kill();
        }
        let output = child.wait_with_output().unwrap();
        match (output.status.code(), usual) {
            (None, _) => drop(self.struck.fetch_add(1, Ordering::SeqCst)),
            (Some(_), None) => drop(self.usual.insert(kind, start.elapsed())),
            _ => {}
        }
        Run::ended_with(output, line.to_owned())
    }
}

/// What was reported done, and so must be there.
#[derive(Default)]
struct Reported {
    /// By claim, the values in the order in which they were set, and whether that was reported.
    values: BTreeMap<&'static str, Vec<(String, bool)>>,
    created: Vec<String>,
    revoked: Vec<String>,
}

fn create(vendor: usize) -> String {
    let (name, claims) = VENDORS[vendor];
    format!("grant create {name} --claims {claims} --purpose DeliveryOfGoods --expires 90d --yes --json")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn rows(document: &Value, name: &str) -> Vec<Value> {
    document[name].as_array().unwrap().clone()
}

/// Makes changes, one after the other: most set a claim, some end a vendor's grant and begin another.
fn change(hand: &mut Hand, changes: &AtomicUsize) -> Reported {
    let mut reported = Reported::default();
    let mut n = 0;
    while n < CHANGES || hand.struck.load(Ordering::SeqCst) < KILLS {
        n += 1;
        changes.store(n, Ordering::SeqCst);
        assert!(n < 4 * CHANGES, "too few runs are killed");
        match hand.dice.below(40) {
            0 => replace(hand, &mut reported),
            _ => set(hand, n, &mut reported),
        }
    }
    reported
}

fn set(hand: &mut Hand, n: usize, reported: &mut Reported) {
    let (claim, value) = CLAIMS[hand.dice.below(CLAIMS.len() as u64) as usize];
    let run = hand.run(&format!("profile set {claim} '{}'", value(n)));
    assert!([0, -1].contains(&run.code), "{run}");
    reported.values.entry(claim).or_default().push((value(n), run.code == 0));
}

/// Ends what a vendor is lent, and lends it anew. A kill may have left it with nothing, or with two grants.
fn replace(hand: &mut Hand, reported: &mut Reported) {
    let vendor = hand.dice.below(VENDORS.len() as u64) as usize;
    let grants = rows(&hand.env.json("grant list"), "grants");
    let current = |grant: &&Value| grant["vendor"] == VENDORS[vendor].0 && grant["status"] != "revoked";
    for grant in grants.iter().filter(current) {
        let id = text(&grant["id"]);
        let run = hand.run(&format!("grant revoke {id} --yes"));
        assert!([0, -1].contains(&run.code), "{run}");
        reported.revoked.extend((run.code == 0).then_some(id));
    }
    let run = hand.run(&create(vendor));
    assert!([0, -1].contains(&run.code), "{run}");
    reported.created.extend((run.code == 0).then(|| text(&run.document()["grant"]["id"])));
}

/// Pushes and pulls until there is nothing more to come. The messages that were reported as delivered.
fn deliver(hand: &mut Hand, done: &AtomicBool) -> Vec<String> {
    let mut delivered = Vec::new();
    while !done.load(Ordering::SeqCst) {
        let line = ["push --now --json", "push --now --no-pull --json", "pull --json"][hand.dice.below(3) as usize];
        let run = hand.run(line);
        // Queued: for the change that was made meanwhile.
        assert!([0, 4, -1].contains(&run.code), "{run}");
        if run.code >= 0 {
            let lines = rows(&run.document(), "lines");
            let lines = lines.iter().filter(|line| line["state"] != "queued");
            delivered.extend(lines.map(|line| text(&line["message"])));
        }
    }
    delivered
}

#[test]
fn two_hundred_kills_over_a_thousand_changes_leave_every_vendor_with_the_last() {
    let (seed, env) = (Seed::new(), TestEnv::in_memory().with_ada());
    let vendors = VENDORS.map(|(name, _)| {
        let front = Liar::start();
        let shop = Shop::behind(&front);
        env.add_vendor(name, shop.url(), &shop.token);
        (front, shop)
    });
    for (n, (claim, value)) in CLAIMS.into_iter().enumerate() {
        env.ok(&format!("profile set {claim} '{}'", value(n)));
    }
    for vendor in 0..VENDORS.len() {
        env.ok(&create(vendor));
    }
    let (struck, changes, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let hand = |odds, more| {
        let dice = Dice(seed.0.wrapping_add(more));
        Hand { env: &env, dice, odds, usual: BTreeMap::new(), struck: &struck }
    };
    let (reported, delivered) = std::thread::scope(|scope| {
        let mover = scope.spawn(|| deliver(&mut hand(50, 1), &done));
        let maker = scope.spawn(|| change(&mut hand(20, 2), &changes));
        let reported = maker.join();
        done.store(true, Ordering::SeqCst);
        (reported.unwrap(), mover.join().unwrap())
    });
    let (struck, changes) = (struck.into_inner(), changes.into_inner());
    println!("{changes} changes, {struck} kills, {} messages reported as delivered", delivered.len());
    env.ok("push --now");
    env.ok("pull");
    the_vault_has_what_was_reported(&env, &reported, &delivered);
    for ((name, _), (front, shop)) in VENDORS.iter().zip(&vendors) {
        a_vendor_has_what_the_vault_says(&env, name, shop);
        each_message_came_and_was_applied_once(&env, name, front, shop);
        nothing_follows_a_revocation(front);
    }
    env.ok("log verify");
}

fn the_vault_has_what_was_reported(env: &TestEnv, reported: &Reported, delivered: &[String]) {
    for (claim, values) in &reported.values {
        let history = rows(&env.json(&format!("profile history {claim}")), "versions");
        let history: BTreeSet<String> = history.iter().map(|version| text(&version["value"])).collect();
        let lost: Vec<_> = values.iter().filter(|(value, done)| *done && !history.contains(value)).collect();
        assert!(lost.is_empty(), "{claim}: {lost:?}");
        let last = values.iter().rposition(|(_, done)| *done).unwrap();
        let now = text(&env.json(&format!("profile show {claim}"))["value"]);
        assert!(values[last..].iter().any(|(value, _)| *value == now), "{claim}: {now}");
    }
    let grants = rows(&env.json("grant list --all"), "grants");
    let status = |id: &String| grants.iter().find(|grant| grant["id"] == **id).map(|grant| text(&grant["status"]));
    assert!(reported.created.iter().all(|id| status(id).is_some()));
    assert!(reported.revoked.iter().all(|id| status(id).as_deref() == Some("revoked")));
    let outbox = rows(&env.json("outbox list --all"), "messages");
    let at_vendors: BTreeSet<String> =
        outbox.iter().filter(|message| message["state"] == "delivered").map(|message| text(&message["id"])).collect();
    assert!(delivered.iter().all(|id| at_vendors.contains(id)));
}

/// The values of the grants that stand, and nothing of those that were taken back.
fn a_vendor_has_what_the_vault_says(env: &TestEnv, name: &str, shop: &Shop) {
    let held = shop.holds().grants;
    let grants = rows(&env.json("grant list --all"), "grants");
    let grants: Vec<_> = grants.iter().filter(|grant| grant["vendor"] == name).collect();
    let mut current = BTreeSet::new();
    for grant in &grants {
        let id = text(&grant["id"]);
        let there = held.iter().find(|held| held.grant_id == id);
        if grant["status"] == "active" {
            assert_eq!(grant["vendor_status"], "accepted");
            let there = there.unwrap_or_else(|| panic!("{name} has nothing of {id}"));
            let here = VENDORS.iter().find(|(vendor, _)| *vendor == name).unwrap().1.split(',');
            let here: BTreeMap<String, Value> = here
                .map(|claim| (claim.to_owned(), env.json(&format!("profile show {claim}"))["value"].clone()))
                .collect();
            assert_eq!(there.claims, here, "{name}");
            current.insert(id);
        } else {
            assert_eq!(grant["status"], "revoked");
            assert!(["deletion_stated", "not_told"].contains(&grant["vendor_status"].as_str().unwrap()), "{grant}");
            assert!(there.is_none_or(|there| there.status == GrantStatus::Revoked && there.claims.is_empty()));
        }
    }
    let held: BTreeSet<String> =
        held.into_iter().filter(|held| held.status == GrantStatus::Active).map(|held| held.grant_id).collect();
    assert_eq!(held, current, "{name}");
}

fn each_message_came_and_was_applied_once(env: &TestEnv, name: &str, front: &Liar, shop: &Shop) {
    let pushed: BTreeSet<String> = front.pushed().iter().map(|set| jti_and_more(set).0).collect();
    let received = shop.holds().received;
    let once: BTreeSet<String> = received.iter().map(|set| set.jti.clone()).collect();
    assert_eq!(once.len(), received.len(), "{name} applied something twice");
    let odd: Vec<_> = received.iter().filter(|set| set.outcome != Outcome::Applied).collect();
    assert!(odd.is_empty(), "{name}: {odd:?}");
    let outbox = rows(&env.json("outbox list --all"), "messages");
    for message in outbox.iter().filter(|message| message["vendor"] == name) {
        let id = text(&message["id"]);
        match message["state"].as_str().unwrap() {
            "delivered" => assert!(pushed.contains(&id) && once.contains(&id), "{name} has not got {message}"),
            "cancelled" => assert!(!pushed.contains(&id) || message["attempted"].is_string(), "{message}"),
            _ => panic!("{message}"),
        }
    }
}

fn nothing_follows_a_revocation(front: &Liar) {
    let mut over = BTreeSet::new();
    for set in front.pushed() {
        let (jti, event, grant) = jti_and_more(&set);
        let Some(grant) = grant else { continue };
        if event.ends_with("grant-revoked") {
            over.insert(grant);
        } else {
            assert!(!over.contains(&grant), "{event} {jti} was sent after the revocation");
        }
    }
}

/// The id of a SET, its event, and the grant that it is about.
fn jti_and_more(set: &str) -> (String, String, Option<String>) {
    let set = Unchecked::parse(set).unwrap();
    let (event, payload) = set.peek().event().unwrap();
    (set.peek().jti.clone(), event.to_owned(), payload["grant_id"].as_str().map(str::to_owned))
}
