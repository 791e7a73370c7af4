//! Search finds what is there, whatever becomes of its index, and never what must not be in it.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;
#[path = "../benches/vaults.rs"]
mod vaults;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};

use kit::{Run, Shop, TestEnv};
use serde_json::Value;
use vaults::Size;

/// A vault in which something of everything happened, and the receiver that it happened with.
fn lived_in() -> (TestEnv, Shop) {
    let (env, shop) = (TestEnv::new().with_ada(), Shop::open());
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("vendor set acme --title 'Acme Anvils, Ltd' --account KD-4711");
    env.ok("vendor note acme 'Zoë promised a crème brûlée torch; the second slip is mine'");
    env.ok("vendor alias acme phone_number +33199887766");
    env.ok("grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    env.ok("profile set email new@example.org");
    (env, shop)
}

/// A vault of this size.
fn generated(vendors: usize, ledger: usize) -> TestEnv {
    let env = TestEnv::empty();
    let sample = vaults::generate(&env.path("made"), Size { vendors, ledger: Some(ledger) }).unwrap();
    fs::rename(sample.dir, env.vault()).unwrap();
    fs::rename(sample.identity, env.path("recovery.txt")).unwrap();
    assert!(sample.key.exists() && sample.passphrase.exists());
    env
}

/// What a line finds: noun and id of each hit.
#[track_caller]
fn hits(env: &TestEnv, line: &str) -> Vec<(String, String)> {
    let run = env.run(&format!("search {line} --json"));
    let document = run.document();
    let hits = document["hits"].as_array().unwrap();
    assert_eq!(run.code, if hits.is_empty() { 6 } else { 0 }, "{run}");
    assert!(run.err.is_empty(), "{run}");
    let text = |hit: &Value, name: &str| hit[name].as_str().unwrap().to_owned();
    hits.iter().map(|hit| (text(hit, "noun"), text(hit, "id"))).collect()
}

/// The nouns in which a line finds something.
#[track_caller]
fn nouns(env: &TestEnv, line: &str) -> Vec<String> {
    let mut nouns: Vec<String> = hits(env, line).into_iter().map(|(noun, _)| noun).collect();
    nouns.dedup();
    nouns
}

#[test]
fn every_noun_is_found_in_its_own_table() {
    let (env, _shop) = lived_in();
    assert_eq!(nouns(&env, "acme"), ["vendor", "note", "message", "ledger"]);
    env.snapshot("search_acme", &env.ok("search acme --limit 2"));
    env.snapshot("search_newest", &env.ok("search grant --in message,ledger --newest --limit 3"));
    assert_eq!(nouns(&env, "acme --in note,vendor"), ["vendor", "note"]);
    assert_eq!(nouns(&env, "anvils"), ["vendor"]);
    assert_eq!(nouns(&env, "kd-4711"), ["vendor"]);
    assert_eq!(nouns(&env, "delivered --in message"), ["message"]);
    assert_eq!(nouns(&env, "DeliveryOfGoods"), ["ledger"]);
}

#[test]
fn words_are_found_without_accents_and_the_last_one_by_its_beginning() {
    let (env, _shop) = lived_in();
    for line in
        ["'creme brulee'", "CRÈME zoe", "'\"second slip\"'", "'slip second'", "'second sl'", "torch*", "'(torch)'"]
    {
        assert_eq!(nouns(&env, line), ["note"], "{line}");
    }
    for line in ["'\"slip second\"'", "'sec slip'", "'torch NOT slip'", "'\"second sl\"'", "text:torch"] {
        assert_eq!(nouns(&env, line), [""; 0], "{line}");
    }
    let run = env.ok("search 'creme' --color always");
    assert!(run.out.contains("\u{1b}[35mcrème\u{1b}[0m"), "{run:?}");
    env.ok("search creme").never_says("\u{1b}").never_says("\u{2062}");
}

#[test]
fn what_is_no_question_is_a_mistake_of_usage() {
    let env = TestEnv::new();
    for line in ["search", "search ''", "search '- *'", "search acme --limit 0", "search acme --in profile"] {
        env.ends(2, line);
    }
    env.ends(6, "search acme").says("Nothing is found for acme");
}

#[test]
fn every_hit_names_a_command_that_shows_it() {
    let (env, _shop) = lived_in();
    let document = env.json("search acme");
    let commands: BTreeSet<&str> =
        document["hits"].as_array().unwrap().iter().map(|hit| hit["command"].as_str().unwrap()).collect();
    assert!(commands.len() > 6, "{commands:?}");
    for command in commands {
        env.ok(command.strip_prefix("cmr ").unwrap());
    }
    env.ends(6, "log show 999999").says("there is no entry 999999");
}

#[test]
fn ids_are_found_whole_and_by_the_end_that_tables_show() {
    let (env, _shop) = lived_in();
    let grant = env.json("grant list")["grants"][0]["id"].as_str().unwrap().to_owned();
    for typed in [&grant[..], &grant[28..], &grant[..13], &grant.replace('-', "")] {
        assert_eq!(nouns(&env, typed), ["message", "ledger"], "{typed}");
    }
    let answer = env.json("search acknowledged --in message")["hits"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(hits(&env, &format!("{answer} --in message"))[0], ("message".into(), answer));
}

#[test]
fn no_value_and_no_token_is_ever_found_or_lies_in_clear() {
    let (env, shop) = lived_in();
    env.ok("search acme");
    for secret in ["ada", "lovelace", "paix", "75002", "+33142278186", "+33199887766", "new@example.org", &shop.token] {
        assert_eq!(nouns(&env, &format!("'\"{secret}\"'")), [""; 0], "{secret}");
    }
    let index = fs::read(env.vault().join("search.db")).unwrap();
    assert!(index.len() > 10_000);
    for text in ["acme", "Zoë", "torch", "SQLite format"] {
        assert!(!index.windows(text.len()).any(|part| part == text.as_bytes()), "{text} is in clear");
    }
    assert_eq!(kit::mode(&env.vault().join("search.db")), 0o600);
}

#[test]
fn what_changes_is_found_as_it_is_now() {
    let (env, _shop) = lived_in();
    let state = |env: &TestEnv, word: &str| hits(env, &format!("'{word} updated' --in message")).len();
    assert_eq!((state(&env, "queued"), state(&env, "delivered")), (1, 0));
    env.ok("push");
    assert_eq!((state(&env, "queued"), state(&env, "delivered")), (0, 1));

    assert_eq!(nouns(&env, "KD-9999"), [""; 0]);
    env.ok("vendor set acme --account KD-9999");
    assert_eq!((nouns(&env, "KD-9999"), nouns(&env, "KD-4711")), (vec!["vendor".to_owned()], vec![]));

    env.ok("vendor note acme 'a quince'");
    assert_eq!(nouns(&env, "quince"), ["note"]);

    // What named it by its id is found by the name that it has today; what says its old name says it still.
    env.ok("vendor set acme --name bolt");
    assert_eq!(nouns(&env, "bolt"), ["vendor", "note", "message", "ledger"]);
    assert_eq!(nouns(&env, "acme --in note,message"), [""; 0]);
    assert_eq!(nouns(&env, "'vendor-added acme'"), ["ledger"]);

    // An index that followed each change is what one made at once would be.
    env.ok("grant revoke bolt --yes");
    env.ok("push");
    let all = |env: &TestEnv| {
        ["bolt", "acme", "grant", "delivered", "cancelled", "quince"]
            .map(|word| hits(env, &format!("{word} --limit 1000")).into_iter().collect::<BTreeSet<_>>())
    };
    let followed = all(&env);
    fs::remove_file(env.vault().join("search.db")).unwrap();
    assert_eq!(all(&env), followed);
}

#[test]
fn the_best_stand_first_or_the_newest() {
    let (env, _shop) = lived_in();
    env.ok("vendor note acme 'a pear'");
    env.ok("vendor note acme 'of all that came with the second box only one pear was any good'");
    let best = hits(&env, "pear");
    let newest = hits(&env, "pear --newest");
    assert_eq!(best.len(), 2);
    assert!(best[0].1 < best[1].1, "the shorter note says more of it: {best:?}");
    assert_eq!(newest, [best[1].clone(), best[0].clone()]);
    // Whole words stand before beginnings, however short the note.
    env.ok("vendor note acme pears");
    assert_eq!(hits(&env, "pear")[..2], best);
    assert_eq!(hits(&env, "pear").len(), 3);
}

#[test]
fn escape_sequences_in_a_note_stay_harmless() {
    let (env, _shop) = lived_in();
    let mut vault = env.open_vault();
    let vendor = cmr::vendor::find(vault.connection(), "acme").unwrap();
    vault
        .write(|tx| cmr::vendor::add_note(tx, &vendor, tx.now(), "evil \u{1b}[2J \u{202e}\u{2062}pear\u{9b}x"))
        .unwrap();
    drop(vault);
    for line in ["search pear", "search evil", "search pear --json"] {
        let run = env.ok(line);
        assert!(!run.out.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{2062}']), "{run:?}");
    }
}

/// Whatever happens to the index, the same is found, without a word about it.
#[test]
fn an_index_that_is_gone_or_spoilt_is_made_anew() {
    let (env, _shop) = lived_in();
    let index = env.vault().join("search.db");
    let found = hits(&env, "acme");
    let good = fs::read(&index).unwrap();
    let other = {
        let env = TestEnv::empty();
        env.init();
        env.ends(6, "search acme");
        fs::read(env.vault().join("search.db")).unwrap()
    };
    let mut flipped = good.clone();
    (4096..flipped.len()).step_by(4096).for_each(|at| flipped[at + 7] ^= 1);
    let spoilt: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("garbage", b"garbage ".repeat(3000)),
        ("cut", good[..good.len() / 2].to_vec()),
        ("cut within a page", good[..good.len() - 100].to_vec()),
        ("flipped", flipped),
        ("of another vault", other),
    ];
    for (how, bytes) in spoilt {
        fs::write(&index, &bytes).unwrap();
        assert_eq!(hits(&env, "acme"), found, "{how}");
        assert_eq!(hits(&env, "acme"), found, "{how}, and again");
        assert_ne!(fs::read(&index).unwrap(), bytes, "{how}");
    }
    fs::remove_file(&index).unwrap();
    assert_eq!(hits(&env, "acme"), found);
    fs::write(env.vault().join("search.db-journal"), "garbage").unwrap();
    assert_eq!(hits(&env, "acme"), found);
    env.ok("log verify");
}

#[test]
fn where_no_index_can_be_kept_one_is_made_in_memory() {
    let (env, _shop) = lived_in();
    let found = hits(&env, "acme");
    fs::remove_file(env.vault().join("search.db")).unwrap();
    fs::create_dir(env.vault().join("search.db")).unwrap();
    assert_eq!(hits(&env, "acme"), found);
    // Nor can the lock be taken.
    fs::remove_file(env.vault().join(".search.lock")).unwrap();
    fs::create_dir(env.vault().join(".search.lock")).unwrap();
    assert_eq!(hits(&env, "acme"), found);
}

#[test]
fn an_older_vault_put_back_is_not_searched_by_a_newer_index() {
    let (env, _shop) = lived_in();
    let older = env.files("vault");
    env.ok("vendor note acme 'a quince'");
    env.ok("vendor note acme 'a medlar'");
    assert_eq!(nouns(&env, "quince"), ["note"]);
    env.write_files(&older);
    env.ok("vendor note acme 'a pear'");
    assert_eq!(nouns(&env, "quince"), [""; 0]);
    assert_eq!(nouns(&env, "pear"), ["note"]);
}

#[test]
fn a_generated_vault_is_whole_and_has_what_was_asked_for() {
    let env = generated(300, 5_000);
    env.ok("log verify").says("5000 entries");
    let status = env.json("status");
    assert_eq!((&status["vendors"], &status["ledger_entries"]), (&300.into(), &5_000.into()));
    assert_eq!(env.json("vendor list")["vendors"].as_array().unwrap().len(), 300);
    assert_eq!(hits(&env, "quince"), [("ledger".to_owned(), "3458".to_owned())]);

    let newest = hits(&env, "grant --in ledger --newest --limit 7");
    let numbers: Vec<i64> = newest.iter().map(|(_, id)| id.parse().unwrap()).collect();
    assert!(numbers.len() == 7 && numbers[0] > 4_990 && numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");

    let document = env.json("search vendor --limit 3");
    assert_eq!(document["more"], serde_json::json!(["vendor", "note", "message", "ledger"]));
    assert_eq!(document["newest_weighed"], serde_json::json!(["ledger"]));
    env.ok("search vendor --in ledger").says("best of the newest 1000 matches");
}

#[test]
fn searches_at_once_find_the_same() {
    let env = generated(50, 8_000);
    let searches: Vec<Child> = (0..6)
        .map(|_| env.typed("search 503 --json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let runs: Vec<Run> = searches
        .into_iter()
        .map(|search| Run::ended_with(search.wait_with_output().unwrap(), "search".into()).succeeded())
        .collect();
    assert!(runs.iter().all(|run| run.out == runs[0].out && run.err.is_empty()), "{runs:?}");
    assert_eq!(runs[0].document()["hits"].as_array().unwrap().len(), 20);
}

/// Killed at any moment, indexing goes on where it was, and the index is what it would have been.
#[test]
fn indexing_that_is_killed_goes_on() {
    let env = generated(50, 40_000);
    let whole = env.json("search 503 --newest --limit 1000");
    let index = env.vault().join("search.db");
    for round in 0..4 {
        fs::remove_file(&index).unwrap();
        let mut killed = 0;
        for step in 1..8 {
            let mut search = env.typed("search 503 --json").stdout(Stdio::null()).spawn().unwrap();
            // The file grows while it is written: killed at another length each time.
            let grown = || fs::metadata(&index).map_or(0, |file| file.len()) > (round + 4 * step) * 150_000;
            let ended = loop {
                match search.try_wait().unwrap() {
                    Some(_) => break true,
                    None if grown() => break false,
                    None => std::thread::yield_now(),
                }
            };
            if !ended {
                search.kill().unwrap();
                killed += 1;
            }
            search.wait().unwrap();
        }
        assert!(killed > 0, "it was never killed while it indexed");
        assert_eq!(env.json("search 503 --newest --limit 1000"), whole);
    }
}
