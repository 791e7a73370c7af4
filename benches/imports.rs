//! What an import costs: an export of 10,000 logins into an empty vault and into one of 100,000 vendors, the same again,
//! and back; a statement of 100,000 bookings. Round after round in one run, each on a fresh copy of its vault. `cargo bench --bench imports` prints the table
//! of docs/performance.md.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

mod kit;
mod vaults;
use kit::{Copied, Program, Result, bar, median, print_bars};
use vaults::Size;

/// Rounds, unless the command line says otherwise.
const ROUNDS: usize = 9;

/// Logins of an export.
const LOGINS: usize = 10_000;

/// Bookings of a statement, and who is paid in the usual one.
const BOOKINGS: usize = 100_000;
const PAYEES: usize = 300;

/// Vendors of the large vault.
const VENDORS: usize = 100_000;

fn main() -> Result<()> {
    if kit::is_for_peak()? {
        return Ok(());
    }
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(ROUNDS);
    let root = kit::vaults_root()?;
    let (empty, large) = (vaults::sample(&root, Size::vendors(0))?, vaults::sample(&root, Size::vendors(VENDORS))?);
    let work = tempfile::Builder::new().prefix("imports-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let strangers = export(&work.path().join("strangers.csv"), |n| format!("site-{n}.example"))?;
    let known = export(&work.path().join("known.csv"), |n| format!("vendor-{:06}.example", n * (VENDORS / LOGINS)))?;
    let more = one_more(&work.path().join("more.csv"), &strangers)?;
    let (few, many) = (work.path().join("few.csv"), work.path().join("many.csv"));
    statement(&few, |booking| booking % PAYEES)?;
    statement(&many, |booking| booking)?;
    let mut times: Vec<[f64; 10]> = Vec::new();
    for _ in 0..rounds {
        let (small, big, also) =
            (Copied::of(work.path(), &empty)?, Copied::of(work.path(), &large)?, Copied::of(work.path(), &large)?);
        let (other, third) = (Copied::of(work.path(), &empty)?, Copied::of(work.path(), &empty)?);
        times.push([
            import(&small, "passwords", &strangers)?,
            import(&small, "passwords", &strangers)?,
            import(&big, "passwords", &strangers)?,
            import(&other, "passwords", &known)?,
            import(&also, "passwords", &known)?,
            import(&small, "passwords", &more)?,
            small.run(&["import", "undo", "1"])?,
            big.run(&["import", "undo", "1"])?,
            import(&third, "bank", &few)?,
            import(&third, "bank", &many)?,
        ]);
    }
    let rows = [
        "10,000 logins into an empty vault",
        "the same again",
        "10,000 logins of new vendors into a vault of 100,000 vendors",
        "10,000 logins at the large vault's vendors, into an empty vault",
        "10,000 logins at its vendors into a vault of 100,000 vendors",
        "one login more, and the 10,000 again",
        "taking the first back, which the second has as well",
        "taking it back, from the large vault",
        "a statement of 100,000 bookings with 300 payees",
        "a statement of 100,000 bookings, each with a payee of its own",
    ];
    println!("\n| command | median, ms | fastest, ms |\n| --- | ---: | ---: |");
    for (index, row) in rows.iter().enumerate() {
        let all: Vec<f64> = times.iter().map(|round| round[index] * 1e3).collect();
        println!("| {row} | {:.0} | {:.0} |", median(all.clone()), all.into_iter().fold(f64::INFINITY, f64::min));
    }
    let ratio = |one: usize, other: usize| median(times.iter().map(|round| round[one] / round[other]).collect());
    print_bars("seconds, ratio and MB", rounds);
    bar("10,000 logins, seconds", median(times.iter().map(|round| round[0]).collect()), 1.0);
    bar("again / first", ratio(1, 0), 1.0);
    bar("one login more / first", ratio(5, 0), 1.0);
    bar("new vendors: vault of 100,000 / empty", ratio(2, 0), 1.5);
    bar("known vendors: vault of 100,000 / empty", ratio(4, 3), 1.5);
    bar("100,000 bookings, 300 payees, seconds", median(times.iter().map(|round| round[8]).collect()), 3.0);
    bar("100,000 bookings, all payees differ, seconds", median(times.iter().map(|round| round[9]).collect()), 3.0);
    for (what, sample) in [("empty", &empty), ("100,000 vendors", &large)] {
        let place = Copied::of(work.path(), sample)?;
        let import = Program::keyed("import", &place.sample, "import passwords").arg(&strangers);
        bar(&format!("peak memory, {what}, MB"), import.peak()?, 100.0);
    }
    Ok(())
}

fn import(place: &Copied, what: &str, file: &Path) -> Result<f64> {
    place.run(&["import", what, &file.display().to_string()])
}

/// The same export a day later.
fn one_more(path: &Path, export: &Path) -> Result<PathBuf> {
    let more = "late.example,https://late.example/login,ada@example.org,correct horse,\n";
    fs::write(path, fs::read_to_string(export)? + more)?;
    Ok(path.to_owned())
}

/// A statement of 100,000 bookings, whose payees have these numbers.
fn statement(path: &Path, payee: impl Fn(usize) -> usize) -> Result<()> {
    let mut text = String::from("Date,Description,Amount\n");
    for booking in 0..BOOKINGS {
        let (year, month, day) = (2014 + booking * 10 / BOOKINGS, booking % 12 + 1, booking % 28 + 1);
        writeln!(text, "{year}-{month:02}-{day:02},Shop number a{}b,-{}.99", payee(booking), booking % 200)?;
    }
    Ok(fs::write(path, text)?)
}

/// An export as Chrome writes it, with these hosts.
fn export(path: &Path, host: impl Fn(usize) -> String) -> Result<PathBuf> {
    let mut text = String::from("name,url,username,password,note\n");
    // Not in any order, as in a vault that grew.
    for number in 0..LOGINS {
        let shuffled = number * 7919 % LOGINS;
        let host = host(shuffled);
        writeln!(text, "{host},https://www.{host}/login,ada+{shuffled}@example.org,correct horse {number},")?;
    }
    fs::write(path, text)?;
    Ok(path.to_owned())
}
