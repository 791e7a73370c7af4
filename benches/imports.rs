//! What an import costs: an export of 10,000 logins into an empty vault and into one of 100,000 vendors, the same again,
//! and back. Round after round in one run, each on a fresh copy of its vault. `cargo bench --bench imports` prints the table
//! of docs/performance.md.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

mod kit;
mod vaults;
use kit::{CMR, Program, Result, bar, median, print_bars};
use vaults::{Sample, Size};

/// Rounds, unless the command line says otherwise.
const ROUNDS: usize = 9;

/// Logins of an export.
const LOGINS: usize = 10_000;

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
    let mut times: Vec<[f64; 7]> = Vec::new();
    for _ in 0..rounds {
        let (small, big, also) =
            (Place::of(work.path(), &empty)?, Place::of(work.path(), &large)?, Place::of(work.path(), &large)?);
        let other = Place::of(work.path(), &empty)?;
        times.push([
            small.import(&strangers)?,
            small.import(&strangers)?,
            big.import(&strangers)?,
            other.import(&known)?,
            also.import(&known)?,
            small.run(&["import", "undo", "1"])?,
            big.run(&["import", "undo", "1"])?,
        ]);
    }
    let rows = [
        "10,000 logins into an empty vault",
        "the same again",
        "10,000 logins of new vendors into a vault of 100,000 vendors",
        "10,000 logins at the large vault's vendors, into an empty vault",
        "10,000 logins at its vendors into a vault of 100,000 vendors",
        "taking it back, from the small vault",
        "taking it back, from the large vault",
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
    bar("new vendors: vault of 100,000 / empty", ratio(2, 0), 1.5);
    bar("known vendors: vault of 100,000 / empty", ratio(4, 3), 1.5);
    for (what, sample) in [("empty", &empty), ("100,000 vendors", &large)] {
        let place = Place::of(work.path(), sample)?;
        let import = Program::keyed("import", &place.sample, "import passwords").arg(&strangers);
        bar(&format!("peak memory, {what}, MB"), import.peak()?, 100.0);
    }
    Ok(())
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

/// A copy of a vault, which goes with this.
struct Place {
    sample: Sample,
    _dir: tempfile::TempDir,
}

impl Place {
    fn of(work: &Path, sample: &Sample) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("vault-").tempdir_in(work)?;
        let copy = Sample::at(dir.path());
        match Command::new("cp").arg("-a").args([&sample.dir, &copy.dir]).status()?.success() {
            true => fs::copy(&sample.key, &copy.key)?,
            false => return Err("the vault cannot be copied".into()),
        };
        // A commit would wait for whatever of the copy is not on the disk yet, and a larger copy takes longer.
        File::open(copy.dir.join(cmr::vault::DATABASE))?.sync_all()?;
        Ok(Self { sample: copy, _dir: dir })
    }

    fn import(&self, file: &Path) -> Result<f64> {
        self.run(&["import", "passwords", &file.display().to_string()])
    }

    /// Runs a command on it; its seconds.
    fn run(&self, words: &[&str]) -> Result<f64> {
        let mut command = Command::new(CMR);
        command.arg("--vault").arg(&self.sample.dir).args(words).args(["--data-key-fd", "0"]);
        command.stdin(Stdio::from(File::open(&self.sample.key)?)).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        match command.status()?.success() {
            true => Ok(start.elapsed().as_secs_f64()),
            false => Err(format!("{words:?} failed").into()),
        }
    }
}
