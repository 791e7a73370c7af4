//! Unlocked once: what the agent hands out, to whom, and until when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kit::{Run, TestEnv, mode, wait_until};

/// A line in an environment that names no key: all that is left is the agent.
fn bare(env: &TestEnv, line: &str) -> Command {
    let mut command = env.typed(line);
    command.env_remove("CMR_IDENTITY_FILE");
    command
}

fn run(env: &TestEnv, line: &str) -> Run {
    Run::of(&mut bare(env, line))
}

/// The socket of the only agent of this machine.
fn socket(env: &TestEnv) -> Option<PathBuf> {
    let entries = fs::read_dir(env.path("run/cmr")).ok()?;
    entries.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|it| it == "sock"))
}

fn pid(env: &TestEnv) -> String {
    run(env, "status --json").succeeded().document()["agent"]["pid"].to_string()
}

fn is_locked(env: &TestEnv) -> bool {
    run(env, "status --json").succeeded().document()["locked"] == true
}

fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

/// Ends the agent with the test, whatever became of it.
struct Unlocked(TestEnv);

impl Unlocked {
    fn new() -> Self {
        let unlocked = Self(TestEnv::new());
        unlocked.0.ok("unlock");
        unlocked
    }

    fn config(text: &str) -> Self {
        let env = TestEnv::new();
        fs::create_dir_all(env.path("home/.config/cmr")).unwrap();
        fs::write(env.path("home/.config/cmr/config.toml"), text).unwrap();
        Self(env)
    }
}

impl Drop for Unlocked {
    fn drop(&mut self) {
        let _ = bare(&self.0, "lock -q").output();
    }
}

#[test]
fn unlocked_once_every_command_works_until_it_is_locked() {
    let unlocked = Unlocked(TestEnv::new());
    let env = &unlocked.0;
    run(env, "profile show").ended(3).says("cmr unlock");
    env.ok("unlock").says("The vault is unlocked until");
    run(env, "profile set email ada@example.org").succeeded();
    assert_eq!(run(env, "profile show email").succeeded().out, "ada@example.org\n");
    run(env, "unlock").succeeded();
    run(env, "lock").succeeded().says("The vault is locked.");
    assert_eq!(socket(env), None);
    run(env, "lock").succeeded().says("The vault is locked.");
    run(env, "profile show email").ended(3);
}

#[test]
fn status_says_who_opened_it_and_until_when_and_asks_nobody() {
    let unlocked = Unlocked(TestEnv::new());
    let env = &unlocked.0;
    let locked = run(env, "status --json").succeeded().document();
    assert_eq!((&locked["locked"], &locked["agent"], &locked["unlocked_by"]), (&true.into(), &().into(), &().into()));
    assert_eq!(locked["slots"][1]["name"], "recovery");
    assert!(locked.get("vendors").is_none(), "nothing is known of what a locked vault holds: {locked}");
    run(env, "status").succeeded().says("cmr unlock");
    env.ok("unlock");
    let status = run(env, "status --json").succeeded().document();
    assert_eq!(status["unlocked_by"], "the agent, unlocked with CMR_IDENTITY_FILE");
    assert_eq!((&status["locked"], &status["vendors"]), (&false.into(), &0.into()));
    assert!(status["agent"]["idle_until"].as_str() < status["agent"]["until"].as_str(), "{status}");
    // What a script names comes before the agent.
    assert_eq!(env.json("status")["unlocked_by"], "CMR_IDENTITY_FILE");
}

#[test]
fn nobody_else_can_enter_where_it_listens() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    assert_eq!(mode(&env.path("run/cmr")), 0o700);
    assert_eq!(mode(&socket(env).unwrap()), 0o600);
    run(env, "lock").succeeded();
    fs::set_permissions(env.path("run/cmr"), fs::Permissions::from_mode(0o755)).unwrap();
    env.ends(1, "unlock").says("is not yours alone").says("chmod 700");
    assert_eq!(socket(env), None);
}

#[test]
fn it_locks_when_nobody_used_it_and_a_look_does_not_count() {
    let unlocked = Unlocked::config("[agent]\nidle = '400ms'\n");
    let env = &unlocked.0;
    env.ok("unlock");
    // Each look comes well before the time is over: if it counted, this would wait for ever.
    wait_until("it is locked", Duration::from_secs(20), || is_locked(env));
    run(env, "profile show").ended(3);
    wait_until("its socket is gone", Duration::from_secs(5), || socket(env).is_none());
}

#[test]
fn it_locks_in_the_end_however_much_it_is_used() {
    let unlocked = Unlocked::config("[agent]\nidle = '1h'\nabsolute = '800ms'\n");
    let env = &unlocked.0;
    env.ok("unlock");
    wait_until("it is locked", Duration::from_secs(20), || run(env, "profile show").code == 3);
}

#[test]
fn a_config_that_cannot_be_meant_is_named_with_its_line() {
    let unlocked = Unlocked::config("[agent]\nidel = '1h'\n");
    unlocked.0.ends(7, "unlock").says("config.toml, line 2").says("idel");
    assert_eq!(socket(&unlocked.0), None);
}

#[test]
fn a_killed_agent_leaves_a_locked_vault_and_nothing_to_clean() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    run(env, "profile set email ada@example.org").succeeded();
    let pid = pid(env);
    kill("-KILL", &pid);
    wait_until("it is gone", Duration::from_secs(5), || is_locked(env));
    assert!(socket(env).is_some(), "nobody was left to remove it");
    run(env, "profile show email").ended(3).never_says("socket").says("cmr unlock");
    run(env, "lock").succeeded();
    env.ok("unlock");
    assert_eq!(run(env, "profile show email").succeeded().out, "ada@example.org\n");
    assert_ne!(self::pid(env), pid);
}

#[test]
fn a_signal_ends_it_in_order() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    kill("-TERM", &pid(env));
    wait_until("its socket is gone", Duration::from_secs(5), || socket(env).is_none());
    run(env, "profile show").ended(3);
}

#[test]
fn a_key_of_the_vault_that_was_here_before_is_not_used() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    let before = pid(env);
    fs::rename(env.vault(), env.path("old")).unwrap();
    let other = TestEnv::empty();
    other.init();
    let copied = Command::new("cp").arg("-a").arg(other.vault()).arg(env.vault()).status().unwrap();
    assert!(copied.success());
    run(env, "profile show").ended(3).says("cmr unlock");
    wait_until("the old agent is gone", Duration::from_secs(5), || {
        !PathBuf::from(format!("/proc/{before}")).exists() || is_locked(env)
    });
    let identity = other.path("recovery.txt");
    Run::of(env.typed("unlock").env("CMR_IDENTITY_FILE", &identity)).succeeded();
    run(env, "profile show").succeeded();
}

#[test]
fn it_ends_when_its_socket_was_taken_away() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    fs::remove_file(socket(env).unwrap()).unwrap();
    run(env, "profile show").ended(3);
    env.ok("unlock");
    run(env, "profile show").succeeded();
}

#[test]
fn an_agent_of_another_version_is_ended_without_a_word() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    let path = socket(env).unwrap();
    run(env, "lock").succeeded();
    let listener = UnixListener::bind(&path).unwrap();
    let asked = std::thread::spawn(move || {
        let mut asked = Vec::new();
        while asked.last() != Some(&4) {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 6];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(b"cmr\0\x63\x02").unwrap();
            asked.push(question[5]);
        }
        fs::remove_file(path).unwrap();
        asked
    });
    run(env, "profile show").ended(3).says("cmr unlock").never_says("version");
    assert_eq!(asked.join().unwrap(), [1, 4], "it is asked for the key, and then told to lock");
    env.ok("unlock");
    run(env, "profile show").succeeded();
}

#[test]
fn what_does_not_speak_our_language_gets_nothing() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    let mut stream = UnixStream::connect(socket(env).unwrap()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() <= 6, "{answer:?}");
    // One that says nothing does not keep the others waiting for long.
    let silent = UnixStream::connect(socket(env).unwrap()).unwrap();
    run(env, "profile show").succeeded();
    drop(silent);
}

/// The agents of a vault, by their command lines.
fn agents(env: &TestEnv) -> usize {
    let vault = env.vault().display().to_string();
    let line = |entry: std::io::Result<fs::DirEntry>| fs::read(entry.ok()?.path().join("cmdline")).ok();
    let lines = fs::read_dir("/proc").unwrap().filter_map(line);
    lines
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .filter(|it| it.contains("agent") && it.contains(&vault))
        .count()
}

#[test]
fn of_many_unlocks_at_once_all_succeed_and_one_agent_stays() {
    let unlocked = Unlocked(TestEnv::new());
    let env = &unlocked.0;
    for _ in 0..10 {
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| env.ok("unlock"));
            }
        });
        assert_eq!(agents(env), 1);
        run(env, "lock").succeeded();
        wait_until("none is left", Duration::from_secs(5), || agents(env) == 0);
    }
}

#[test]
fn it_is_found_from_another_session() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    let elsewhere = |line: &str| Run::of(bare(env, line).env_remove("XDG_RUNTIME_DIR"));
    elsewhere("profile show").succeeded();
    elsewhere("lock").succeeded();
    assert!(is_locked(env));
    assert_eq!(agents(env), 0);
}

#[test]
fn the_agent_of_a_vault_is_not_that_of_its_copy() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    assert!(Command::new("cp").arg("-a").arg(env.vault()).arg(env.path("copy")).status().unwrap().success());
    run(env, "profile show --vault copy").ended(3);
    run(env, "lock --vault copy").succeeded();
    run(env, "profile show").succeeded();
}

#[test]
fn one_that_is_stopped_is_ended_by_lock() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    kill("-STOP", &pid(env));
    run(env, "lock").succeeded();
    wait_until("it is gone", Duration::from_secs(5), || agents(env) == 0);
    env.ok("unlock");
    run(env, "profile show").succeeded();
}

#[test]
fn it_keeps_nothing_of_the_command_that_started_it() {
    let unlocked = Unlocked(TestEnv::new());
    let env = &unlocked.0;
    let script = format!("exec 9>lock; flock 9; {} unlock; exec 9>&-; flock -n lock true", kit::CMR);
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(env.path("")).env_clear();
    for (name, value) in env.command([""; 0]).get_envs() {
        value.map(|value| bash.env(name, value));
    }
    Run::of(&mut bash).succeeded();
}

#[test]
fn a_wrong_passphrase_of_a_script_is_told_though_the_vault_is_unlocked() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    env.file("wrong", "not this one\n");
    Run::of(bare(env, "unlock").env("CMR_PASSPHRASE_FILE", env.path("wrong"))).ended(3);
    run(env, "profile show").succeeded();
}

#[test]
fn a_thousand_reads_at_once_with_writes_between_them_all_end_right() {
    let unlocked = Unlocked::new();
    let env = &unlocked.0;
    run(env, "profile set email ada@example.org").succeeded();
    let entries = run(env, "status --json").document()["ledger_entries"].as_u64().unwrap();
    let (reads, writes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while reads.fetch_add(1, Ordering::Relaxed) < 1000 {
                    assert_eq!(run(env, "profile show email").succeeded().out, "ada@example.org\n");
                }
            });
        }
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = writes.fetch_add(1, Ordering::Relaxed);
                    if number >= 40 {
                        break;
                    }
                    run(env, &format!("profile set nickname ada{number}")).succeeded();
                }
            });
        }
    });
    assert_eq!(run(env, "status --json").document()["ledger_entries"], entries + 40);
    run(env, "log verify").succeeded();
}
