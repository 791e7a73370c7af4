//! After a connection is closed, its keys are nowhere in the process's memory, nor what they can be had from.
//!
//! This program starts itself once more; that child opens, reads, keys anew and closes, and says when it has. The
//! parent reads the child's memory and looks for what it must not hold, so that the needles lie in another process.
//! It first sees them all there, while the child is at work: else it might be looking in vain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test, and its own harness")]

mod child;
mod needles;
mod scan;

use std::collections::BTreeSet;
use std::path::Path;

use child::Child;
use needles::{FOUND_AT_WORK, Needle};

/// How often the child is looked at while it works. Each time there is a good chance to see each key.
const LOOKS: usize = 20_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["child", path] => return child::run(Path::new(path)),
        // What runs tests asks for their names first.
        _ if words.iter().any(|word| word == "--list") => return println!("no_key_stays_in_memory: test"),
        _ => {}
    }
    if !cfg!(target_os = "linux") {
        return println!("skipped: another process's memory is read by /proc");
    }
    needles::check_against_fips_197();
    no_key_stays_in_memory();
    println!("test no_key_stays_in_memory ... ok");
}

fn no_key_stays_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let (old, new, wrong) = (random(), random(), random());
    let mut child = Child::start(&path);

    child.tell("hold", Some(&old));
    let held = scan::find(child.id(), &needles::of_key(&old));
    assert!(held.contains("data key, first half"), "a key that is held is found: {held:?}");
    child.tell("let go", None);
    nothing(&child, "a key that was only held", &needles::of_key(&old));

    child.tell("open", Some(&old));
    let first = needles::all(&old, &path);
    nothing(&child, "an open connection that does nothing", &first);
    assert!(scan::locked_kib(child.id()) >= 16, "SQLCipher's heap is locked in memory");
    child.ask("work");
    see_all(&child, &first);
    child.tell("stop", None);
    nothing(&child, "a connection after its work", &first);

    child.tell("rekey", Some(&new));
    let second = needles::all(&new, &path);
    nothing(&child, "the old key after a rekey", &first);
    nothing(&child, "the new key after a rekey", &second);
    child.tell("close", None);
    nothing(&child, "the old key after closing", &first);
    nothing(&child, "the new key after closing", &second);

    child.tell("wrong", Some(&wrong));
    nothing(&child, "a key that opened nothing", &needles::all(&wrong, &path));
    child.end();
}

/// The positive control: at work, everything is seen that a page needs.
fn see_all(child: &Child, needles: &[Needle]) {
    let mut seen = BTreeSet::new();
    for _ in 0..LOOKS {
        seen.append(&mut scan::find(child.id(), needles));
        if FOUND_AT_WORK.iter().all(|name| seen.contains(name)) {
            return println!("at work: {}", seen.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    panic!("of {FOUND_AT_WORK:?} only {seen:?} was seen in {LOOKS} looks");
}

fn nothing(child: &Child, what: &str, needles: &[Needle]) {
    let found = scan::find(child.id(), needles);
    assert!(found.is_empty(), "{what} left in memory: {found:?}");
}

fn random() -> [u8; 32] {
    let mut key = [0; 32];
    getrandom::fill(&mut key).unwrap();
    key
}
