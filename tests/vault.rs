//! A user makes a vault, opens it in each way there is, and something happens to its files.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use kit::{CMR, Run, TestEnv, mode, walk};

/// The environment with the passphrase as the only way in.
fn by_passphrase(env: &TestEnv, line: &str, file: &str) -> Run {
    let mut command = env.typed(line);
    command.env_remove("CMR_IDENTITY_FILE").env("CMR_PASSPHRASE_FILE", file);
    Run::of(&mut command)
}

#[test]
fn a_new_vault_is_its_owners_alone() {
    let env = TestEnv::empty();
    env.init();
    assert_eq!(mode(&env.vault()), 0o700);
    for path in walk(&env.vault()) {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
    assert_eq!(mode(&env.path("recovery.txt")), 0o600);
    let names: Vec<_> = env.vault_bytes().into_keys().collect();
    for name in ["vault.toml", "vault.db", "head", "slots/passphrase.age", "slots/recovery.age"] {
        assert!(names.contains(&Path::new("vault").join(name)), "{name} is not among {names:?}");
    }
    // Later commands keep it so.
    env.ok("profile set email ada@example.org");
    assert!(walk(&env.vault()).iter().all(|path| path.is_dir() || mode(path) == 0o600));
    // Nothing of the making is left beside it.
    assert!(!walk(&env.path("")).iter().any(|path| path.display().to_string().contains(".cmr-init-")));
}

#[test]
fn the_vault_is_private_under_a_loose_umask() {
    let env = TestEnv::empty();
    let script = format!("umask 000; exec {CMR} init --no-input --recovery-file recovery.txt");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(env.path("")).env_clear();
    command.env("CMR_HOME", env.vault()).env("CMR_PASSPHRASE_FILE", env.path("pass"));
    Run::of(&mut command).succeeded();
    assert_eq!(mode(&env.vault()), 0o700);
    assert_eq!(mode(&env.path("recovery.txt")), 0o600);
    assert!(walk(&env.vault()).iter().all(|path| path.is_dir() || mode(path) == 0o600));
}

#[test]
fn the_recovery_key_is_printed_once_and_opens_the_vault() {
    let env = TestEnv::empty();
    let mut init = env.typed("init --no-input");
    let run = Run::of(init.env("CMR_PASSPHRASE_FILE", env.path("pass"))).succeeded();
    let keys: Vec<&str> = run.out.split_whitespace().filter(|word| word.starts_with("AGE-SECRET-KEY-1")).collect();
    assert_eq!(keys.len(), 1, "{run}");
    assert!(!run.err.contains("AGE-SECRET-KEY-1"));
    env.file("recovery.txt", keys[0]);
    env.ok("status").never_says(keys[0]);
    env.ok("key list").never_says(keys[0]);
}

#[test]
fn help_is_where_people_look_for_it() {
    let env = TestEnv::empty();
    // The kit sets CMR_HOME, which is no argument.
    env.ends(2, "").says("Start with: cmr demo");
    env.ends(2, "grant").says("Commands:");
    env.ends(0, "help").says("Start with: cmr demo");
    env.ends(0, "help grant create").says("Usage: cmr grant create");
    env.ends(0, "status --help").says("Where things stand, and what needs you");
    env.ends(2, "profile set email").says("Usage: cmr profile set <CLAIM>");
    env.ends(2, "profile set email --json").says("<VALUE>...");
}

#[test]
fn a_weak_passphrase_is_refused_and_not_echoed() {
    let env = TestEnv::empty();
    let weak = "azerty1789zorglub";
    let file = env.file("weak", "azerty123");
    let run = by_passphrase(&env, "init --no-input", &file).ended(7);
    run.says("guessing it takes").never_says("azerty123").never_says(weak);
    assert!(!env.vault().exists());
}

#[test]
fn an_existing_vault_is_not_made_again() {
    let env = TestEnv::new();
    let before = env.vault_bytes();
    let file = env.path("pass").display().to_string();
    by_passphrase(&env, "init --no-input", &file).ended(7).says("already a vault").says("hint:");
    assert_eq!(env.vault_bytes(), before);
}

#[test]
fn a_directory_with_something_else_in_it_is_left_alone() {
    let env = TestEnv::empty();
    fs::create_dir(env.vault()).unwrap();
    fs::write(env.vault().join("photo.jpg"), "x").unwrap();
    let file = env.path("pass").display().to_string();
    by_passphrase(&env, "init --no-input", &file).ended(7).says("not empty");
    assert_eq!(walk(&env.vault()).len(), 1);
}

#[test]
fn without_anybody_to_ask_init_names_what_would_answer() {
    let env = TestEnv::empty();
    let run = env.ends(2, "init --no-input");
    run.says("--passphrase-fd").says("CMR_PASSPHRASE_FILE");
    assert!(!env.vault().exists());
}

/// The vault was made, the recovery key was in no file and on no screen, and init could not be run again.
#[test]
fn init_makes_no_vault_where_the_recovery_key_cannot_be_kept() {
    let env = TestEnv::empty();
    let taken = env.file("taken.txt", "something of mine");
    let pass = env.path("pass").display().to_string();
    by_passphrase(&env, &format!("init --no-input --recovery-file {taken}"), &pass).ended(7).says("taken.txt");
    assert!(!env.vault().exists());
    assert_eq!(fs::read_to_string(taken).unwrap(), "something of mine");
    // And one that was begun is taken away again where no vault comes of it.
    fs::write(env.path("file"), "").unwrap();
    let mut init = env.typed("init --no-input --recovery-file new.txt --vault file/vault");
    Run::of(init.env("CMR_PASSPHRASE_FILE", &pass)).ended(1);
    assert!(!env.path("new.txt").exists());
}

#[test]
fn a_wrong_passphrase_is_one_line_and_a_hint() {
    let env = TestEnv::new();
    let file = env.file("wrong", "another battery staple on wednesdays");
    let run = by_passphrase(&env, "status", &file).ended(3);
    assert!(run.out.is_empty(), "{run}");
    assert_eq!(run.errors().len(), 1, "{run}");
    // Nothing of the database's own talk comes through.
    assert!(run.err.lines().all(|line| line.starts_with("error:") || line.starts_with("hint:")), "{run}");
    run.never_says("wednesdays");
    env.snapshot("wrong_passphrase", &run);
}

#[test]
fn an_identity_of_somebody_else_does_not_open_it() {
    let env = TestEnv::new();
    let (identity, text) = cmr::vault::slot::new_recovery();
    drop(identity);
    env.file("recovery.txt", text.as_str());
    let run = env.ends(3, "status");
    assert_eq!(run.errors().len(), 1, "{run}");
    run.says("opens this vault").never_says(&text);
    env.file("recovery.txt", "not an identity");
    env.ends(7, "status").says("not an age identity").never_says("not an identity\n");
    env.file("recovery.txt", "");
    env.ends(7, "status").says("no age identity");
    fs::remove_file(env.path("recovery.txt")).unwrap();
    env.ends(6, "status").says("no identity file");
}

#[test]
fn the_passphrase_comes_by_file_descriptor_too() {
    let env = TestEnv::new();
    let script = format!("exec {CMR} status --passphrase-fd 3 --json 3< pass");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(env.path("")).env_clear().env("CMR_HOME", env.vault());
    let run = Run::of(&mut command).succeeded();
    assert_eq!(run.document()["unlocked_by"], "--passphrase-fd");
    // A descriptor that is not open is named.
    env.ends(1, "status --passphrase-fd 77").says("77");
}

#[test]
fn a_locked_vault_without_anybody_to_ask_says_what_would_open_it() {
    let env = TestEnv::new();
    let mut command = env.typed("profile show");
    let run = Run::of(command.env_remove("CMR_IDENTITY_FILE")).ended(3);
    run.says("--passphrase-fd").says("CMR_PASSPHRASE_FILE").says("CMR_IDENTITY_FILE");
}

#[test]
fn no_vault_is_said_with_what_to_type() {
    let env = TestEnv::empty();
    let run = env.ends(6, "status");
    run.says("cmr init");
    env.snapshot("no_vault", &run);
    // Looking made nothing.
    assert!(!env.vault().exists());
}

/// Damages a vault, and checks that each command says so with 8, names the file and changes nothing.
#[track_caller]
fn damaged(named: &str, damage: impl FnOnce(&TestEnv)) {
    let env = TestEnv::new();
    env.ok("profile set email ada@example.org");
    damage(&env);
    let before = env.vault_bytes();
    for line in ["status", "profile set nickname Ada", "profile show", "log verify", "push"] {
        let run = env.ends(8, line);
        run.says(named);
        assert_eq!(run.errors().len(), 1, "{run}");
    }
    assert_eq!(env.vault_bytes(), before, "{named}");
}

fn change(env: &TestEnv, file: &str, with: impl FnOnce(&mut Vec<u8>)) {
    let path = env.vault().join(file);
    let mut bytes = fs::read(&path).unwrap();
    with(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_manifest_of_garbage_is_named() {
    damaged("vault.toml", |env| fs::write(env.vault().join("vault.toml"), "\u{1}garbage").unwrap());
}

#[test]
fn a_manifest_that_is_not_text_is_named() {
    damaged("vault.toml", |env| fs::write(env.vault().join("vault.toml"), b"\xff\xfe\x00").unwrap());
}

#[test]
fn a_missing_manifest_is_named() {
    damaged("vault.toml", |env| fs::remove_file(env.vault().join("vault.toml")).unwrap());
}

#[test]
fn a_missing_database_is_named() {
    damaged("vault.db", |env| fs::remove_file(env.vault().join("vault.db")).unwrap());
}

#[test]
fn an_empty_database_is_named() {
    damaged("vault.db", |env| fs::write(env.vault().join("vault.db"), "").unwrap());
}

#[test]
fn a_database_cut_in_half_is_named() {
    damaged("vault.db", |env| change(env, "vault.db", |bytes| bytes.truncate(bytes.len() / 4096 / 2 * 4096)));
}

#[test]
fn a_database_cut_within_a_page_is_named() {
    damaged("vault.db", |env| change(env, "vault.db", |bytes| bytes.truncate(bytes.len() - 4096 - 100)));
}

#[test]
fn a_flipped_bit_in_the_first_page_is_named() {
    damaged("vault.db", |env| change(env, "vault.db", |bytes| bytes[2000] ^= 4));
}

#[test]
fn a_flipped_bit_in_the_salt_is_named() {
    damaged("vault.db", |env| change(env, "vault.db", |bytes| bytes[3] ^= 4));
}

#[test]
fn a_flipped_bit_in_any_later_page_is_found_by_verify() {
    let env = TestEnv::new();
    env.ok("profile set email ada@example.org");
    let whole = env.files("vault");
    let pages = fs::metadata(env.vault().join("vault.db")).unwrap().len() / 4096;
    for page in 1..pages {
        change(&env, "vault.db", |bytes| bytes[page as usize * 4096 + 1234] ^= 1);
        let before = env.vault_bytes();
        env.ends(8, "log verify").says("vault.db");
        // Other commands may not come across it; one that does names the file, too.
        for line in ["status", "profile show", "vendor list", "log", "grant list --all"] {
            let run = env.run(line);
            assert!(run.code == 0 || run.code == 8 && run.err.contains("vault.db"), "page {page}: {run}");
        }
        assert_eq!(env.vault_bytes(), before, "page {page}");
        env.write_files(&whole);
    }
    env.ok("log verify");
}

#[test]
fn a_cut_slot_is_named() {
    damaged("recovery.age", |env| change(env, "slots/recovery.age", |bytes| bytes.truncate(100)));
}

#[test]
fn a_missing_slot_is_named() {
    damaged("recovery.age", |env| fs::remove_file(env.vault().join("slots/recovery.age")).unwrap());
}

/// A flip in the part that only the right identity opens was taken for a wrong identity.
#[test]
fn a_flipped_bit_anywhere_in_a_slot_is_damage_and_not_a_wrong_identity() {
    let env = TestEnv::new();
    let whole = env.files("vault");
    let length = fs::metadata(env.vault().join("slots/recovery.age")).unwrap().len() as usize;
    for at in (0..length).step_by(3) {
        change(&env, "slots/recovery.age", |bytes| bytes[at] ^= 1);
        let before = env.vault_bytes();
        env.ends(8, "status").says("recovery.age");
        assert_eq!(env.vault_bytes(), before, "byte {at}");
        env.write_files(&whole);
    }
}

#[test]
fn a_slot_that_asks_for_more_work_is_refused_at_once() {
    let env = TestEnv::new();
    let slot = env.vault().join("slots/passphrase.age");
    let text = fs::read(&slot).unwrap();
    let line_end = text.iter().position(|b| *b == b'\n').unwrap() + 1;
    let second = text[line_end..].iter().position(|b| *b == b'\n').unwrap() + line_end;
    assert!(text[line_end..second].ends_with(b" 18"), "the work factor stands at the end of the second line");
    change(&env, "slots/passphrase.age", |bytes| {
        bytes.splice(second - 2..second, *b"40");
    });
    let file = env.path("pass").display().to_string();
    let run = by_passphrase(&env, "status", &file).ended(8);
    run.says("passphrase.age").says("work factor of 40");
    // The other slot still opens the vault, and the list says which one is odd.
    env.ok("status");
}

#[test]
fn key_list_names_a_slot_that_is_no_slot() {
    let env = TestEnv::new();
    fs::write(env.vault().join("slots/passphrase.age"), "hello").unwrap();
    let slots = env.json("key list")["slots"].clone();
    assert!(slots[0]["file"].as_str().unwrap().contains("not a key slot"), "{slots}");
    assert_eq!(slots[1]["file"], "ok");
}

#[test]
fn an_older_database_put_back_is_noticed_and_can_be_accepted() {
    let env = TestEnv::new();
    env.ok("profile set email old@example.org");
    let old = fs::read(env.vault().join("vault.db")).unwrap();
    env.ok("profile set email new@example.org");
    fs::write(env.vault().join("vault.db"), &old).unwrap();
    let before = env.vault_bytes();
    for line in ["status", "profile show", "profile set nickname Ada", "log verify"] {
        env.ends(8, line).says("vault.db").says("older than the ledger's anchor").says("--accept-loss");
    }
    assert_eq!(env.vault_bytes(), before);
    // Accepting asks, and --no-input names the answer.
    env.ends(2, "log verify --accept-loss --no-input").says("--yes");
    env.ends(8, "status");
    let accepted = env.json("log verify --accept-loss --yes");
    assert_eq!(accepted["loss_accepted"], true);
    let log = env.json("log");
    assert_eq!(log["entries"][0]["action"], "loss-accepted");
    assert_eq!(accepted["entries"].as_u64().unwrap(), log["entries"].as_array().unwrap().len() as u64);
    assert!(env.ok("profile show email").out.contains("old@example.org"));
    env.ok("profile set nickname Ada");
    env.ok("log verify");
}

#[test]
fn accepting_a_loss_changes_nothing_where_nothing_is_lost() {
    let env = TestEnv::new();
    let before = env.vault_bytes();
    assert_eq!(env.json("log verify --accept-loss --yes")["loss_accepted"], false);
    assert_eq!(env.vault_bytes(), before);
}

fn fingerprint(env: &TestEnv) -> String {
    env.json("key list")["key_fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn the_key_of_another_vault_is_named_by_both_fingerprints() {
    let (mine, other) = (TestEnv::new(), TestEnv::empty());
    other.init();
    for file in ["slots/recovery.age", "slots/passphrase.age"] {
        fs::copy(other.vault().join(file), mine.vault().join(file)).unwrap();
    }
    fs::copy(other.path("recovery.txt"), mine.path("recovery.txt")).unwrap();
    let run = mine.run("status");
    assert!([3, 8].contains(&run.code), "{run}");
    run.says(&fingerprint(&mine)).says(&fingerprint(&other));
}

#[test]
fn the_database_of_another_vault_is_damage_and_names_the_file() {
    let (mine, other) = (TestEnv::new(), TestEnv::empty());
    other.init();
    fs::copy(other.vault().join("vault.db"), mine.vault().join("vault.db")).unwrap();
    let before = mine.vault_bytes();
    let run = mine.ends(8, "status");
    run.says("vault.db");
    assert_eq!(run.errors().len(), 1, "{run}");
    assert_eq!(mine.vault_bytes(), before);
}

#[test]
fn version_and_help_need_no_vault_and_touch_none() {
    let env = TestEnv::new();
    let before = env.vault_bytes();
    fs::set_permissions(env.vault(), fs::Permissions::from_mode(0o000)).unwrap();
    for line in ["--version", "--help", "grant create --help", "completions bash", "init --help"] {
        env.ok(line);
    }
    fs::set_permissions(env.vault(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(env.vault_bytes(), before);
    let empty = TestEnv::empty();
    empty.ok("--version");
    empty.ok("--help");
    assert!(!empty.vault().exists());
}

#[test]
fn no_passphrase_is_offered_where_nobody_can_take_it() {
    let env = TestEnv::empty();
    let run = env.ends(2, "init --no-input");
    run.says("cannot ask here").says("--passphrase-fd").never_says("take this one");
    assert!(!env.vault().join("vault.toml").exists());
}
