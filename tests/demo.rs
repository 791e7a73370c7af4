//! The demo does the main job, leaves nothing behind, and is what the README shows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn demo(tmp: &Path, args: &[&str]) -> Output {
    let home = tmp.join("nobody-here");
    Command::new(env!("CARGO_BIN_EXE_cmr"))
        .arg("demo")
        .args(args)
        .env_clear()
        .env("TMPDIR", tmp)
        .env("TZ", "UTC")
        .env("CMR_HOME", &home)
        .output()
        .unwrap()
}

fn entries(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn it_ends_well_and_leaves_nothing_behind() {
    let tmp = tempfile::tempdir().unwrap();
    let output = demo(tmp.path(), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("states that it deleted address, name"), "{text}");
    assert!(text.contains("The ledger is whole"), "{text}");
    assert_eq!(entries(tmp.path()), [""; 0]);
}

#[test]
fn the_readme_shows_its_real_output() {
    let tmp = tempfile::tempdir().unwrap();
    let text = String::from_utf8(demo(tmp.path(), &[]).stdout).unwrap();
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let block = readme.split("<!-- demo:").nth(1).unwrap().split("```").nth(1).unwrap();
    let trim = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let shown = trim(block.trim_start_matches("console\n")).trim().to_owned();
    assert!(shown.len() > 200, "the README shows no output");
    assert!(trim(&text).contains(&shown), "the README shows\n{shown}\n\nand the demo prints\n{text}");
}

#[test]
fn keep_leaves_a_vault_that_opens() {
    let tmp = tempfile::tempdir().unwrap();
    let output = demo(tmp.path(), &["--keep", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], "cmr/demo/1");
    let kept = Path::new(document["kept"].as_str().unwrap()).to_owned();
    let status = Command::new(env!("CARGO_BIN_EXE_cmr"))
        .args(["profile", "show", "email"])
        .env_clear()
        .env("CMR_HOME", kept.join("vault"))
        .env("CMR_IDENTITY_FILE", kept.join("recovery.txt"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout), "ada@example.org\n");
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let tmp = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cmr"))
        .arg("demo")
        .env_clear()
        .env("TMPDIR", tmp.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Its directory appears after the handler was set.
    while entries(tmp.path()).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "the demo ended before it began");
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "{status}");
    assert_eq!(entries(tmp.path()), [""; 0]);
}
