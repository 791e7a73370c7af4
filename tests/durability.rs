//! Several commands at once, and a machine that stops in the middle: what was reported done is there.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use kit::{Run, Shop, TestEnv, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn eight_commands_at_once_all_count() {
    let env = TestEnv::new();
    let claims = [
        "name Ada",
        "nickname A",
        "given_name Ada",
        "family_name Lovelace",
        "email a@b.example",
        "gender f",
        "locale en-GB",
        "website https://example.org/",
    ];
    std::thread::scope(|scope| {
        for claim in claims {
            let env = &env;
            scope.spawn(move || {
                for round in 0..3 {
                    env.ok(&format!("profile set {claim}"));
                    if round < 2 {
                        env.ok(&format!("profile unset {}", claim.split(' ').next().unwrap()));
                    }
                }
            });
        }
    });
    let profile = env.json("profile show");
    assert_eq!(profile["claims"].as_array().unwrap().len(), claims.len());
    // Two entries of the new vault, and one for each of the five changes of each.
    assert_eq!(env.json("log verify")["entries"], json!(2 + 5 * claims.len()));
}

/// The parts were put together outside of the transaction, and one command's part was lost to another's.
#[test]
fn parts_of_one_address_set_at_once_are_all_there() {
    let env = TestEnv::new();
    for round in 0..5 {
        let parts = [("locality", "Paris"), ("postal_code", "75002"), ("country", "FR"), ("region", "Seine")];
        std::thread::scope(|scope| {
            for (part, value) in parts {
                let env = &env;
                scope.spawn(move || env.ok(&format!("profile set address.home.{part} {value}{round}")));
            }
        });
        let address = env.json("profile show address.home")["value"].clone();
        for (part, value) in parts {
            assert_eq!(address[part], format!("{value}{round}"), "{address}");
        }
    }
    env.ok("log verify");
}

/// The grant was read before the transaction, and two commands made the same version of it.
#[test]
fn a_grant_amended_at_once_counts_every_change_that_was_reported() {
    let env = TestEnv::new().with_ada();
    let shop = Shop::open();
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok(
        "grant create acme --claims email,name,address --purpose DeliveryOfGoods --expires 90d --data-life 1y --yes",
    );
    env.ok("push");
    let done: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (1..=8)
            .map(|n| {
                let env = &env;
                scope.spawn(move || env.run(&format!("grant amend acme --data-life {n}d --yes --widen")))
            })
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap())
            .filter(|run| {
                assert!([0, 1].contains(&run.code), "{run}");
                run.code == 0
            })
            .count()
    });
    assert!(done > 0);
    assert_eq!(env.json("grant show acme")["version"], json!(1 + done));
    env.ok("push");
    assert_eq!(shop.holds().grants[0].version as usize, 1 + done);
    env.ok("log verify");
}

#[test]
fn two_pushes_at_once_send_each_message_once() {
    let env = TestEnv::new().with_ada();
    let shops: Vec<Shop> = (0..3).map(|_| Shop::open()).collect();
    for (n, shop) in shops.iter().enumerate() {
        env.add_vendor(&format!("v{n}"), shop.url(), &shop.token);
        env.ok(&format!("grant create v{n} --claims email --purpose DeliveryOfGoods --expires 90d --yes"));
    }
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| env.ok("push"));
        }
        scope.spawn(|| env.ok("profile set nickname Countess"));
    });
    assert_eq!(env.json("status")["queued"], 0);
    for shop in &shops {
        let received: Vec<String> = shop.holds().received.into_iter().map(|set| set.jti).collect();
        let once: BTreeSet<&String> = received.iter().collect();
        assert_eq!((received.len(), once.len()), (2, 2));
    }
    let all = env.json("outbox list --all");
    assert!(all["messages"].as_array().unwrap().iter().all(|message| message["attempts"] == 1), "{all}");
    env.ok("log verify");
}

/// A random-looking number from 0 to `below`, the same in every run.
fn dice(seed: u64, below: u64) -> u64 {
    (seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % below
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_reported() {
    let env = TestEnv::new().with_ada();
    let shop = Shop::open();
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("profile set nickname nobody");
    env.ok("grant create acme --claims email,nickname --purpose DeliveryOfGoods --expires 90d --yes --draft")
        .says("acme");
    // The moments are spread over the time that a write takes on this machine, and somewhat more.
    let spans = (0..5).map(|n| {
        let start = Instant::now();
        env.ok(&format!("profile set nickname somebody-{n}"));
        start.elapsed().as_micros() as u64
    });
    let span = spans.min().unwrap() * 3 / 2;
    let mut last: Option<u64> = None;
    let (mut done, mut killed) = (0, 0);
    for round in 0..200u64 {
        let line = match round {
            100 => "grant amend acme --offer --yes".to_owned(),
            n if n % 7 == 3 => "push --now".to_owned(),
            n => format!("profile set nickname name-{n}"),
        };
        let mut child = env.typed(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(dice(round, span)));
        let _ = child.kill();
        match child.wait().unwrap().code() {
            Some(0) => {
                done += 1;
                if line.starts_with("profile") {
                    last = Some(round);
                }
            }
            Some(code) => assert!([4, 5, 7].contains(&code), "{line} ended with {code}"),
            None => killed += 1,
        }
        // Whatever was reported is there; what was killed may be there as well.
        if let Some(reported) = last {
            let history = env.json("profile history nickname");
            let versions = history["versions"].as_array().unwrap();
            assert!(versions.iter().any(|v| v["value"] == format!("name-{reported}")), "round {round}: {history}");
        }
        if round % 20 == 19 {
            env.ok("log verify");
        }
    }
    assert!(done > 10 && killed > 10, "{done} done, {killed} killed: the moments are not spread");
    env.ok("log verify");
    // And the vendor comes to know what the vault says, each message at most once applied.
    env.run("grant amend acme --offer --yes");
    env.ok("push --now");
    let nickname = env.json("profile show nickname")["value"].clone();
    assert_eq!(shop.holds().grants[0].claims["nickname"], nickname);
    let held = shop.holds();
    let once: BTreeSet<&String> = held.received.iter().map(|set| &set.jti).collect();
    assert_eq!(once.len(), held.received.len());
    env.ok("log verify");
}

#[test]
fn a_kill_in_the_middle_of_init_leaves_no_half_of_a_vault() {
    for wait in [50, 200, 400] {
        let env = TestEnv::empty();
        let mut init = env.typed("init --no-input --recovery-file recovery.txt");
        let mut child = init
            .env("CMR_PASSPHRASE_FILE", env.path("pass"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        let whole = child.wait().unwrap().success();
        if !whole {
            assert!(!env.vault().exists());
            let mut again = env.typed("init --no-input");
            Run::of(again.env("CMR_PASSPHRASE_FILE", env.path("pass"))).succeeded();
        }
    }
}

fn served(env: &TestEnv) -> (Child, Value) {
    let mut child = env
        .typed("receiver serve --listen 127.0.0.1:0 --data shop --json")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while serde_json::from_str::<Value>(&text).is_err() {
        assert_ne!(reader.read_line(&mut text).unwrap(), 0, "the receiver ended: {text}");
    }
    (child, serde_json::from_str(&text).unwrap())
}

/// It said that it runs before it caught signals: one that came at once killed it.
#[test]
fn the_receiver_ends_well_at_ctrl_c_and_at_sigterm() {
    let env = TestEnv::new().with_ada();
    for by in [Signal::INT, Signal::TERM] {
        let (mut child, serving) = served(&env);
        assert_eq!(serving["schema"], "cmr/receiver/1");
        signal(&child, by);
        let mut status = None;
        wait_until("the receiver ends", Duration::from_secs(10), || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().code(), Some(0));
    }
}

#[test]
fn the_receiver_as_a_program_takes_what_is_pushed_and_survives_a_kill() {
    let env = TestEnv::new().with_ada();
    let token = env.json("receiver customer add ada --data shop")["token"].as_str().unwrap().to_owned();
    let (mut child, serving) = served(&env);
    env.add_vendor("acme", serving["resource"].as_str().unwrap(), &token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    child.kill().unwrap();
    child.wait().unwrap();
    let shown = env.json("receiver show ada --data shop");
    assert_eq!(shown["customers"][0]["grants"][0]["claims"]["email"], "ada@example.org");
    assert_eq!(env.json("receiver customer list --data shop")["customers"][0]["active_grants"], 1);
    env.ends(6, "receiver show adda --data shop").says("did you mean ada");
    env.ends(7, "receiver customer add ada --data shop").says("already");
    env.ends(6, "receiver show --data nowhere");
}
