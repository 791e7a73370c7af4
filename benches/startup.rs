//! What a command costs before it does anything: `cmr` side by side with an empty program and with the floor, in one
//! run, a round of all of them after the other. `cargo bench` prints the table that stands in docs/performance.md;
//! `cargo bench -- 200` takes 200 rounds.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use age::secrecy::SecretString;
use cmr::vault::Manifest;

mod kit;
mod vaults;
use kit::{CMR, Program, Result, bar, median, print_bars, print_times, ratio};
use vaults::Sample;

/// Rounds of unlocking by passphrase: each takes somewhat under a second, twice.
const UNLOCKS: usize = 7;

const EMAIL: &str = "profile show email";

fn main() -> Result<()> {
    if kit::is_for_peak()? {
        return Ok(());
    }
    let (rounds, examples) = (kit::rounds(), kit::build_examples()?);
    let [small, _, large] = kit::samples()?;
    let mut programs = [
        Program::new("empty program", examples.join("empty")),
        Program::new("cmr --version", CMR).args("--version"),
        Program::floor("floor, 100 vendors", &examples, &small, ""),
        Program::keyed("cmr profile show email, 100 vendors", &small, EMAIL),
        Program::floor("floor, 100,000 vendors, 1 M entries", &examples, &large, ""),
        Program::keyed("cmr profile show email, 100,000 vendors, 1 M entries", &large, EMAIL),
    ];
    programs[2..].iter().try_for_each(|program| program.check("ada@example.org"))?;
    kit::time(&mut programs, rounds)?;
    print_times(&programs)?;
    let [empty, version, floor_small, show_small, floor_large, show_large] = &programs;
    print_bars("ratio", rounds);
    bar("cmr --version / empty program", ratio(version, empty), 2.0);
    bar("show / floor, 100 vendors", ratio(show_small, floor_small), 1.5);
    bar("show / floor, 100,000 vendors", ratio(show_large, floor_large), 1.5);
    bar("show, 100,000 vendors / 100 vendors", ratio(show_large, show_small), 1.15);
    bar("peak memory of a read, MB", show_large.peak()?, 20.0);
    let (unlock, scrypt) = unlocking(&small)?;
    // No bar: the command is one scrypt and a process around it, whose share docs/performance.md explains.
    println!("| unlocking by passphrase / one bare scrypt of 2^18 | {:.2} | 1 | see docs |", unlock / scrypt);
    println!("\nA bare scrypt of 2^18 takes {:.0} ms here.", scrypt * 1e3);
    Ok(())
}

/// Times a whole command that unlocks by passphrase, and the one scrypt that it cannot do without, in seconds.
fn unlocking(sample: &Sample) -> Result<(f64, f64)> {
    let manifest = Manifest::read(&sample.dir)?;
    let slot = fs::read(manifest.slots.first().ok_or("the vault has no slot")?.path(&sample.dir))?;
    let passphrase = SecretString::from(fs::read_to_string(&sample.passphrase)?);
    let (mut commands, mut scrypts) = (Vec::new(), Vec::new());
    for _ in 0..UNLOCKS {
        let mut command = Command::new(CMR);
        command.arg("--vault").arg(&sample.dir).args(["profile", "show", "email"]);
        command.env("CMR_PASSPHRASE_FILE", &sample.passphrase).stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        if !command.status()?.success() {
            return Err("the passphrase did not open the vault".into());
        }
        commands.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        age::decrypt(&age::scrypt::Identity::new(passphrase.clone()), &slot)?;
        scrypts.push(start.elapsed().as_secs_f64());
    }
    Ok((median(commands), median(scrypts)))
}
