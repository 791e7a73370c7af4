//! A user adds ways to open the vault, takes them away, and changes the key under all of them.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kit::{CMR, PASSPHRASE, Run, TestEnv, mode};
use serde_json::Value;

const ANOTHER: &str = "seven purple walruses hum quietly";

/// The environment with this file as the only way in.
fn by_identity(env: &TestEnv, file: &str, line: &str) -> Run {
    Run::of(env.typed(line).env("CMR_IDENTITY_FILE", env.path(file)))
}

fn by_passphrase(env: &TestEnv, passphrase: &str, line: &str) -> Run {
    let file = env.file("typed", passphrase);
    Run::of(env.typed(line).env_remove("CMR_IDENTITY_FILE").env("CMR_PASSPHRASE_FILE", file))
}

fn slots(env: &TestEnv) -> Vec<String> {
    let keys = env.json("key list");
    keys["slots"].as_array().unwrap().iter().map(|slot| slot["name"].as_str().unwrap().to_owned()).collect()
}

fn slot(env: &TestEnv, name: &str) -> Value {
    let keys = env.json("key list");
    keys["slots"].as_array().unwrap().iter().find(|slot| slot["name"] == name).unwrap().clone()
}

fn fingerprint(env: &TestEnv) -> String {
    env.json("key list")["key_fingerprint"].as_str().unwrap().to_owned()
}

/// Whether a program is there; without it a test says that it was skipped, unless this is a build server.
fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "{program} is not installed, and CI is set");
    if !there {
        println!("skipped: {program} is not installed");
    }
    there
}

fn actions(env: &TestEnv) -> Vec<String> {
    let log = env.json("log --limit 100");
    log["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_device_gets_an_identity_of_its_own() {
    let env = TestEnv::new();
    let added = env.json("key add device laptop --new-identity laptop.txt");
    assert_eq!((&added["done"], &added["kind"]), (&"added".into(), &"device".into()));
    assert_eq!(mode(&env.path("laptop.txt")), 0o600);
    by_identity(&env, "laptop.txt", "status").succeeded();
    assert!(fs::read_to_string(env.path("laptop.txt")).unwrap().contains(added["recipient"].as_str().unwrap()));
    // It is never overwritten, and no slot comes of the attempt.
    let before = fs::read(env.path("laptop.txt")).unwrap();
    env.ends(7, "key add device phone --new-identity laptop.txt").says("laptop.txt");
    assert_eq!(fs::read(env.path("laptop.txt")).unwrap(), before);
    assert_eq!(slots(&env), ["passphrase", "recovery", "laptop"]);
    assert_eq!(actions(&env)[0], "key-slot-added");
    env.ok("log verify");
}

#[test]
fn a_device_that_has_a_key_gives_its_recipient() {
    let env = TestEnv::new();
    let (identity, secret) = cmr::vault::slot::new_recovery();
    let recipient = identity.to_public().to_string();
    env.file("phone.txt", secret.as_str());
    env.file("phone.pub", format!("# the phone\n{recipient}\n"));
    env.ok(&format!("key add device phone --recipient {recipient}"));
    // The same key once more would stay behind when the first slot is removed.
    env.ends(7, "key add device again --recipient phone.pub").says("the slot phone has this key already");
    env.ok("key remove phone --yes");
    env.ok("key add device again --recipient phone.pub");
    assert_eq!(slot(&env, "again")["recipient"], recipient);
    env.ends(6, "key add device nowhere --recipient nowhere.pub").says("there is no file nowhere.pub");
    by_identity(&env, "phone.txt", "status").succeeded();
    env.ends(2, "key add device neither").says("--recipient");
    env.ends(7, "key add device wrong --recipient age1nonsense").says("recipient");
    let run = env.ends(7, &format!("key add device secret --recipient {}", secret.as_str()));
    run.says("secret key");
    assert!(!run.err.contains(secret.as_str()), "a secret was repeated");
}

#[test]
fn names_are_given_once_and_are_plain() {
    let env = TestEnv::new();
    let files = env.vault_bytes();
    for name in ["../escape", "Laptop", "a.b", "a/b"] {
        let line = format!("key add device --new-identity x.txt {name}");
        env.ends(7, &line).says("no name for a slot");
    }
    env.ends(7, "key add device passphrase --new-identity x.txt").says("already").says("--replace");
    env.ends(6, "key add device laptop --replace --new-identity x.txt").says("passphrase, recovery");
    env.ends(6, "key remove nothing --yes").says("passphrase, recovery");
    assert_eq!(env.vault_bytes(), files);
    assert!(!env.path("x.txt").exists());
    // One that was tampered with does not lead out of the vault.
    let manifest = env.vault().join("vault.toml");
    let text = fs::read_to_string(&manifest).unwrap().replace("name = \"recovery\"", "name = \"../recovery\"");
    fs::write(&manifest, text).unwrap();
    env.ends(8, "status").says("vault.toml");
}

#[test]
fn a_passphrase_is_changed_in_one_step() {
    let env = TestEnv::new();
    env.file("new", ANOTHER);
    let run = env.ends(2, "key add passphrase --replace");
    run.says("--new-passphrase-fd").says("--new-passphrase-file");
    env.file("weak", "sesame");
    env.ends(7, "key add passphrase --replace --new-passphrase-file weak")
        .says("guessing it takes")
        .never_says("sesame");
    by_passphrase(&env, PASSPHRASE, "status").succeeded();
    let changed = env.json("key add passphrase --replace --new-passphrase-file new");
    assert_eq!(changed["done"], "replaced");
    by_passphrase(&env, PASSPHRASE, "status").ended(3).says("wrong passphrase");
    by_passphrase(&env, ANOTHER, "status").succeeded();
    assert_eq!(slots(&env), ["recovery", "passphrase"]);
    env.ok("key list").says("--replace");
}

#[test]
fn two_passphrases_open_one_vault_and_come_by_descriptor() {
    let env = TestEnv::new();
    env.file("new", ANOTHER);
    let script = format!("exec {CMR} key add passphrase partner --new-passphrase-fd 4 4< new");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(env.path("")).env_clear().stdin(Stdio::null());
    command.env("CMR_HOME", env.vault()).env("CMR_IDENTITY_FILE", env.path("recovery.txt"));
    Run::of(&mut command).succeeded();
    by_passphrase(&env, PASSPHRASE, "status").succeeded();
    by_passphrase(&env, ANOTHER, "status").succeeded();
    // A slot that is damaged does not keep the other from opening the vault.
    fs::write(env.vault().join("slots/passphrase.age"), "nothing").unwrap();
    by_passphrase(&env, ANOTHER, "status").succeeded();
    by_passphrase(&env, PASSPHRASE, "status").ended(8).says("passphrase.age");
}

#[test]
fn a_recovery_key_is_replaced_and_shown_once() {
    let env = TestEnv::new();
    let added = env.json("key add recovery --replace --recovery-file new.txt");
    assert_eq!((&added["recovery_key"], mode(&env.path("new.txt"))), (&Value::Null, 0o600));
    env.ends(3, "status").says("opens this vault");
    by_identity(&env, "new.txt", "status").succeeded();
    let shown = by_identity(&env, "new.txt", "key add recovery second --json").succeeded().document();
    let secret = shown["recovery_key"].as_str().unwrap();
    assert!(secret.starts_with("AGE-SECRET-KEY-1"));
    env.file("second.txt", secret);
    by_identity(&env, "second.txt", "status").succeeded();
}

fn ssh_key(env: &TestEnv, name: &str, kind: &str, passphrase: &str) {
    let bits: &[&str] = if kind == "rsa" { &["-b", "2048"] } else { &[] };
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "ada@laptop", "-a", "2", "-f"])
        .arg(env.path(name))
        .args(bits)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn an_ssh_key_opens_the_vault() {
    if !has("ssh-keygen") {
        return;
    }
    let env = TestEnv::new();
    for kind in ["ed25519", "rsa"] {
        ssh_key(&env, kind, kind, "");
        env.ok(&format!("key add ssh {kind} --recipient {kind}.pub"));
        let status = by_identity(&env, kind, "status --json").succeeded().document();
        assert_eq!(status["unlocked_by"], "CMR_IDENTITY_FILE");
        assert!(slot(&env, kind)["recipient"].as_str().unwrap().starts_with(&format!("ssh-{kind} ")));
    }
    // Typed as a line, too; and a key that fits no slot is told.
    let line = fs::read_to_string(env.path("ed25519.pub")).unwrap();
    env.ok("key remove ed25519 --yes");
    env.ok(&format!("key add ssh line --recipient '{}'", line.trim()));
    ssh_key(&env, "stranger", "ed25519", "");
    by_identity(&env, "stranger", "status").ended(3).says("opens this vault");
    // What cannot open a slot is refused when it is added.
    ssh_key(&env, "curve", "ecdsa", "");
    env.ends(7, "key add ssh curve --recipient curve.pub").says("ecdsa").says("ssh-ed25519");
    env.ends(7, "key add ssh secret --recipient ed25519").says("secret key");
    env.ends(7, "key add plugin odd --recipient ed25519.pub").says("cmr key add ssh");
    env.ok("key rotate --dry-run");
    env.ok("key remove passphrase --yes");
    env.ok("key rotate --yes");
    by_identity(&env, "rsa", "status").succeeded();
    by_identity(&env, "ed25519", "status").succeeded();
}

/// A word that a person types at a terminal, by `script`: the program only asks where somebody can answer.
fn typed_at_a_terminal(env: &TestEnv, file: &str, line: &str, answer: &str) -> (i32, String) {
    let mut child = env
        .command([""; 0])
        .env("CMR_IDENTITY_FILE", env.path(file))
        .env("CMR_BIN", CMR)
        .get_envs()
        .fold(Command::new("script"), |mut command, (name, value)| {
            value.map(|value| command.env(name, value));
            command
        })
        .args(["-qec", &format!("{CMR} {line}"), "/dev/null"])
        .current_dir(env.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::{Read, Write};
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    // What is typed before the question does not count.
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !said.ends_with(b": ") && stdout.read(&mut byte).unwrap() == 1 {
        said.push(byte[0]);
    }
    writeln!(stdin, "{answer}").unwrap();
    stdout.read_to_end(&mut said).unwrap();
    // The terminal stays until the program has ended: its end would be a hang-up.
    let ended = child.wait().unwrap();
    drop(stdin);
    (ended.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn an_ssh_key_with_a_passphrase_asks_for_it_and_stays_locked_where_nobody_is() {
    if !has("ssh-keygen") || !has("script") {
        return;
    }
    let env = TestEnv::new();
    ssh_key(&env, "id", "ed25519", "swordfish");
    env.ok("key add ssh --recipient id.pub");
    let run = by_identity(&env, "id", "profile show").ended(3);
    run.says("Passphrase of the ssh key").says("terminal");
    // Status asks nobody, and says that the vault is locked.
    assert_eq!(by_identity(&env, "id", "status --json").succeeded().document()["locked"], true);
    let (code, said) = typed_at_a_terminal(&env, "id", "profile show", "swordfish");
    assert_eq!(code, 0, "{said}");
    let (code, said) = typed_at_a_terminal(&env, "id", "profile show", "halibut");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("wrong passphrase for the ssh key"), "{said}");
}

#[test]
fn an_identity_file_with_a_passphrase_is_opened_by_a_person() {
    if !has("script") {
        return;
    }
    let env = TestEnv::new();
    let secret = fs::read(env.path("recovery.txt")).unwrap();
    let mut recipient = age::scrypt::Recipient::new(age::secrecy::SecretString::from("swordfish"));
    recipient.set_work_factor(10);
    env.file("locked.age", age::encrypt(&recipient, &secret).unwrap());
    by_identity(&env, "locked.age", "profile show").ended(3).says("nobody can be asked");
    let (code, said) = typed_at_a_terminal(&env, "locked.age", "profile show", "swordfish");
    assert_eq!(code, 0, "{said}");
}

/// The directory of the plugin, which is an example of the package.
fn plugin_dir() -> PathBuf {
    let dir = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    if !dir.join("age-plugin-cmrtest").exists() {
        // `cargo test --test keys` builds no examples.
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--offline", "--example", "age-plugin-cmrtest"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(build.output().unwrap().status.success());
    }
    dir
}

fn with_plugin(env: &TestEnv, identity: &str, line: &str) -> Run {
    let mut command = env.typed(line);
    Run::of(command.env("PATH", plugin_dir()).env("CMR_IDENTITY_FILE", env.path(identity)))
}

fn plugin_key(env: &TestEnv, args: &[&str]) -> (String, String) {
    let made = Command::new(plugin_dir().join("age-plugin-cmrtest")).args(args).output().unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    let word = |begins: &str| {
        let found = text.split_whitespace().find(|word| word.starts_with(begins));
        found.unwrap_or_else(|| panic!("no {begins} in {text}")).to_owned()
    };
    (env.file("plugin.txt", word("AGE-PLUGIN-")), word("age1cmrtest1"))
}

#[test]
fn a_hardware_key_opens_the_vault_through_its_plugin() {
    let env = TestEnv::new();
    let (_, recipient) = plugin_key(&env, &[]);
    let line = format!("key add plugin yubikey --recipient {recipient}");
    env.ends(6, &line).says("age-plugin-cmrtest is not installed");
    with_plugin(&env, "recovery.txt", &line).succeeded();
    // What the plugin says is said to the user.
    with_plugin(&env, "plugin.txt", "profile set email ada@example.org").succeeded().says("touch the test key");
    // Status does not make anybody touch it.
    let status = with_plugin(&env, "plugin.txt", "status --json").succeeded();
    assert_eq!(status.document()["locked"], true);
    status.never_says("touch");
    // Without the plugin it says what to install.
    by_identity(&env, "plugin.txt", "profile show").ended(6).says("install age-plugin-cmrtest");
    env.ok("key remove passphrase --yes");
    env.ends(6, "key rotate --yes").says("yubikey").says("cmr key remove yubikey");
    with_plugin(&env, "plugin.txt", "key rotate --yes").succeeded();
    with_plugin(&env, "plugin.txt", "profile show").succeeded().says("ada@example.org");
}

#[test]
fn a_pin_that_nobody_can_type_leaves_the_vault_locked() {
    let env = TestEnv::new();
    let (_, recipient) = plugin_key(&env, &["--pin"]);
    with_plugin(&env, "recovery.txt", &format!("key add plugin --recipient {recipient}")).succeeded();
    with_plugin(&env, "plugin.txt", "profile show").ended(3).says("PIN of the test key").says("terminal");
}

#[test]
fn the_keyring_is_named_where_it_was_left_out() {
    let env = TestEnv::new();
    if cfg!(feature = "keyring") {
        // There is no keyring for this environment to reach, and nothing comes of it.
        env.ends(1, "key add keyring").says("keyring");
    } else {
        env.ends(1, "key add keyring").says("--features keyring");
    }
    assert_eq!(slots(&env), ["passphrase", "recovery"]);
}

#[test]
fn the_last_slot_that_works_stays() {
    let env = TestEnv::new();
    env.ends(2, "key remove passphrase --no-input").says("--yes").says("only a recovery key");
    // A slot whose file is no slot does not count.
    fs::write(env.vault().join("slots/passphrase.age"), "nothing").unwrap();
    env.ends(7, "key remove recovery --yes").says("last slot that works").says("cmr key add");
    let removed = env.json("key remove passphrase --yes");
    assert_eq!(removed["done"], "removed");
    env.ends(7, "key remove recovery --yes").says("last slot that works");
    assert_eq!(slots(&env), ["recovery"]);
    assert!(!env.vault().join("slots/passphrase.age").exists());
    assert_eq!(actions(&env)[0], "key-slot-removed");
    by_passphrase(&env, PASSPHRASE, "status").ended(3).says("has no passphrase");
}

#[test]
fn a_removed_slot_opens_nothing_and_the_user_is_told_what_it_did_not_do() {
    let env = TestEnv::new();
    env.ok("key add device lost --new-identity lost.txt");
    env.ok("key remove lost --yes").says("cmr key rotate");
    by_identity(&env, "lost.txt", "status").ended(3);
    env.ok("log verify");
}

#[test]
fn a_list_shows_when_each_slot_was_used() {
    let env = TestEnv::new();
    env.ok("key add device laptop --new-identity laptop.txt");
    assert_eq!(slot(&env, "laptop")["last_used"], Value::Null);
    let begin = jiff::Timestamp::now();
    by_identity(&env, "laptop.txt", "profile show").succeeded();
    let used: jiff::Timestamp = slot(&env, "laptop")["last_used"].as_str().unwrap().parse().unwrap();
    assert!(used >= begin && used <= jiff::Timestamp::now());
    assert_eq!(slot(&env, "passphrase")["last_used"], Value::Null);
    // Where it cannot be written nothing is lost but this.
    let file = env.vault().join("slots/used.toml");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    by_identity(&env, "laptop.txt", "profile show").succeeded();
}

#[test]
fn a_slot_of_another_vault_is_named_by_both_fingerprints() {
    let (mine, other) = (TestEnv::new(), TestEnv::empty());
    other.init();
    fs::copy(other.vault().join("slots/recovery.age"), mine.vault().join("slots/recovery.age")).unwrap();
    fs::copy(other.path("recovery.txt"), mine.path("theirs.txt")).unwrap();
    let run = by_identity(&mine, "theirs.txt", "profile show").ended(3);
    run.says("recovery.age is the slot of another vault").says(&fingerprint(&mine)).says(&fingerprint(&other));
}

/// Each source is set up so that it works, or so that it does not; what is stronger is used, or is an error.
#[test]
fn each_source_of_the_key_beats_the_next_and_never_falls_through() {
    let env = TestEnv::new();
    env.file("wrong", "another battery staple on wednesdays");
    env.file("stranger.txt", cmr::vault::slot::new_recovery().1.as_str());
    for (dir, from) in [("good", "recovery.txt"), ("bad", "stranger.txt")] {
        fs::create_dir(env.path(dir)).unwrap();
        fs::copy(env.path(from), env.path(dir).join("cmr-identity")).unwrap();
    }
    fs::create_dir(env.path("empty")).unwrap();
    let run = |fd: Option<&str>, pass: Option<&str>, identity: Option<&str>, credentials: Option<&str>| {
        let given = fd.map(|file| format!("--passphrase-fd 3 3< {file}")).unwrap_or_default();
        let mut command = Command::new("bash");
        command.args(["-c", &format!("exec {CMR} status --json {given}")]).current_dir(env.path("")).env_clear();
        command.env("CMR_HOME", env.vault()).env("XDG_RUNTIME_DIR", env.path("run")).stdin(Stdio::null());
        for (name, file) in
            [("CMR_PASSPHRASE_FILE", pass), ("CMR_IDENTITY_FILE", identity), ("CREDENTIALS_DIRECTORY", credentials)]
        {
            file.map(|file| command.env(name, env.path(file)));
        }
        Run::of(&mut command)
    };
    let all = [
        ("--passphrase-fd", run(Some("pass"), Some("wrong"), Some("stranger.txt"), Some("bad"))),
        ("CMR_PASSPHRASE_FILE", run(None, Some("pass"), Some("stranger.txt"), Some("bad"))),
        ("CMR_IDENTITY_FILE", run(None, None, Some("recovery.txt"), Some("bad"))),
        ("the systemd credential cmr-identity", run(None, None, None, Some("good"))),
    ];
    for (source, run) in all {
        assert_eq!(run.succeeded().document()["unlocked_by"], source);
    }
    run(Some("wrong"), Some("pass"), Some("recovery.txt"), Some("good")).ended(3).says("wrong passphrase");
    run(None, Some("wrong"), Some("recovery.txt"), Some("good")).ended(3).says("wrong passphrase");
    run(None, Some("missing"), Some("recovery.txt"), Some("good")).ended(6).says("CMR_PASSPHRASE_FILE");
    run(None, None, Some("stranger.txt"), Some("good")).ended(3).says("stranger.txt");
    run(None, None, Some("missing"), Some("good")).ended(6).says("no identity file");
    run(None, None, None, Some("bad")).ended(3).says("cmr-identity");
    // A service without this credential has none: the next is tried.
    assert_eq!(run(None, None, None, Some("empty")).succeeded().document()["locked"], true);
}

/// The agent is behind what a script names, and before a person.
#[test]
fn the_agent_is_asked_behind_a_credential() {
    let env = TestEnv::new();
    env.ok("unlock");
    let ask = |credentials: &str| {
        let mut command = env.typed("status --json");
        Run::of(command.env_remove("CMR_IDENTITY_FILE").env("CREDENTIALS_DIRECTORY", env.path(credentials)))
    };
    fs::create_dir(env.path("good")).unwrap();
    fs::copy(env.path("recovery.txt"), env.path("good/cmr-identity")).unwrap();
    assert_eq!(ask("good").succeeded().document()["unlocked_by"], "the systemd credential cmr-identity");
    let by = ask("nowhere").succeeded().document()["unlocked_by"].clone();
    env.ok("lock");
    assert!(by.as_str().unwrap().starts_with("the agent"), "{by}");
}

#[test]
fn a_rotation_gives_every_slot_the_new_key() {
    let env = TestEnv::new().with_ada();
    env.ok("key add device laptop --new-identity laptop.txt");
    let before = fingerprint(&env);
    let old_slots = env.files("vault");
    // It needs the passphrase of the passphrase slot, and says so before anything is changed.
    env.ends(3, "key rotate --yes").says("passphrase").says("--passphrase-fd");
    let wrong = by_passphrase(&env, "not the one at all, sorry", "key rotate --yes");
    wrong.ended(3);
    assert_eq!(fingerprint(&env), before);
    let rotated = by_passphrase(&env, PASSPHRASE, "key rotate --yes --json").succeeded().document();
    assert_eq!(rotated["from"], before);
    assert_eq!(rotated["to"], fingerprint(&env));
    assert_eq!(rotated["slots"], serde_json::json!(["passphrase", "recovery", "laptop"]));
    by_passphrase(&env, PASSPHRASE, "profile show email").succeeded().says("ada@example.org");
    by_identity(&env, "laptop.txt", "profile show email").succeeded();
    env.ok("log verify");
    let log = env.json("log --limit 1");
    assert_eq!((&log["entries"][0]["action"], &log["entries"][0]["subject"]), (&"key-rotated".into(), &rotated["to"]));
    // An old slot put back is named; it holds a key that opens nothing any more.
    let (path, bytes) = old_slots.iter().find(|(path, _)| path.ends_with("laptop.age")).unwrap();
    fs::write(env.path(path), bytes).unwrap();
    by_identity(&env, "laptop.txt", "status").ended(3).says(&before);
}

#[test]
fn a_rotation_locks_a_vault_that_is_unlocked() {
    let env = TestEnv::new().with_ada();
    env.ok("key remove passphrase --yes");
    env.ok("unlock");
    env.ok("key rotate --yes");
    let status = Run::of(env.typed("status --json").env_remove("CMR_IDENTITY_FILE")).succeeded().document();
    assert_eq!((&status["locked"], &status["agent"]), (&true.into(), &Value::Null));
    env.ok("profile show email").says("ada@example.org");
}

/// Every command waits for the rotation or the rotation for it; none fails and none is lost.
#[test]
fn commands_that_write_meanwhile_are_neither_refused_nor_lost() {
    let env = TestEnv::new();
    env.ok("key remove passphrase --yes");
    let done = std::sync::atomic::AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                env.ok(&format!("profile set nickname name-{written}"));
                written += 1;
            }
            written
        });
        for _ in 0..8 {
            env.ok("key rotate --yes");
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        writer.join().unwrap()
    });
    assert!(written > 1, "only {written} writes came between");
    let history = env.json("profile history nickname");
    assert_eq!(history["versions"].as_array().unwrap().len(), written);
    env.ok("log verify");
}

/// Small steps of a well-known sequence (xorshift): the moments are the same in every run.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Two hundred kills at random moments of a rotation, from its first to its last: whatever was reported is there, every
/// slot opens the vault, and the next command settles what was begun.
#[test]
fn a_kill_at_any_moment_of_a_rotation_loses_nothing() {
    let env = TestEnv::new().with_ada();
    env.ok("key add device laptop --new-identity laptop.txt");
    env.ok("key remove passphrase --yes");
    for n in 0..20 {
        env.ok(&format!("profile set nickname name-{n}"));
    }
    let start = Instant::now();
    env.ok("key rotate --yes");
    // A little longer than a rotation takes, so that some of them end by themselves.
    let longest = start.elapsed().as_micros() as u64 * 12 / 10;
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let (mut killed, mut forwards, mut backwards, mut reported) = (0, 0, 0, fingerprint(&env));
    let mut round = 0;
    while killed < 200 {
        round += 1;
        assert!(round < 1000, "only {killed} were killed");
        let mut child =
            env.typed("key rotate --yes --json").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random(&mut state) % longest));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        killed += usize::from(!output.status.success());
        if let Ok(rotated) = serde_json::from_slice::<Value>(&output.stdout) {
            reported = rotated["to"].as_str().unwrap().to_owned();
        }
        let file = if round % 2 == 0 { "recovery.txt" } else { "laptop.txt" };
        let run = by_identity(&env, file, "profile show nickname").succeeded();
        run.says("name-19");
        forwards += usize::from(run.err.contains("is finished"));
        backwards += usize::from(run.err.contains("is taken back"));
        if output.status.success() {
            assert_eq!(fingerprint(&env), reported, "round {round}");
        }
        assert_eq!(env.json("key list")["next_key_fingerprint"], Value::Null, "round {round}");
        if round % 20 == 19 {
            by_identity(&env, "laptop.txt", "log verify").succeeded();
            by_identity(&env, "recovery.txt", "status").succeeded();
        }
    }
    println!("{killed} of {round} killed, {forwards} finished and {backwards} taken back afterwards");
    assert!(forwards > 10 && backwards > 10, "{forwards}, {backwards}: the moments are not spread");
    // One entry for each key that the vault had, and none for those that it had not.
    let rotations = env.json("log --limit 1000")["entries"].clone();
    let rotations: Vec<&Value> =
        rotations.as_array().unwrap().iter().filter(|entry| entry["action"] == "key-rotated").collect();
    assert_eq!(rotations[0]["subject"], fingerprint(&env).as_str());
    let distinct: std::collections::BTreeSet<&str> =
        rotations.iter().map(|entry| entry["subject"].as_str().unwrap()).collect();
    assert_eq!(distinct.len(), rotations.len());
}

#[test]
fn a_rotation_that_was_only_announced_is_taken_back_and_said_once() {
    let env = TestEnv::new().with_ada();
    env.ok("key remove passphrase --yes");
    let manifest = env.vault().join("vault.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let announced = text.replacen("created", "next_key_fingerprint = \"0123456789abcdef\"\ncreated", 1);
    fs::write(&manifest, announced).unwrap();
    assert_eq!(env.json("key list")["next_key_fingerprint"], "0123456789abcdef");
    env.ok("profile show email").says("is taken back").says("ada@example.org");
    assert_eq!(fs::read_to_string(&manifest).unwrap(), text);
    // Nobody is told twice.
    env.ok("profile show email").never_says("rotation");
}

#[test]
fn a_slots_file_is_plain_age_for_other_programs() {
    if !has("age") {
        return;
    }
    let env = TestEnv::new();
    env.ok("key add device laptop --new-identity laptop.txt");
    let open = |slot: &str, identity: &str| {
        let mut age = Command::new("age");
        age.arg("-d").arg("-i").arg(env.path(identity)).arg(env.vault().join("slots").join(slot));
        String::from_utf8(age.output().unwrap().stdout).unwrap()
    };
    let key = open("laptop.age", "laptop.txt");
    assert_eq!((key.len(), &key), (64, &open("recovery.age", "recovery.txt")));
    assert!(Path::new(&env.vault()).metadata().unwrap().permissions().mode() & 0o077 == 0);
}
