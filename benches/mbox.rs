//! How fast mail is read: an mbox, beside `grep -c '^From '` over the same file, by the reader alone and by the command, into
//! an empty vault.
//!
//! `cargo bench --bench mbox [-- MEGABYTES [ROUNDS]]`. Files are made by a generator with a seed: long messages, as
//! vendors send them, and short ones, where there is most to parse; from 2,000 vendors to some addresses of the user's, which
//! makes 4,000 or 40,000 findings. All are timed from start to end, one after
//! the other, in each round.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at what fails, and prints what it measured"
)]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cmr::error::Result;
use cmr::import::evidence::{Evidence, Place, Secret, Sink};
use cmr::import::mail;

mod kit;
mod vaults;
use kit::{Copied, Program};
use vaults::Size;

/// What the process that reads is called with.
const READ: &str = "read-this";

/// A sink that counts.
#[derive(Default)]
struct Count {
    found: u64,
    messages: u64,
}

impl Sink for Count {
    fn found(&mut self, evidence: Evidence) -> Result<()> {
        self.found += 1;
        self.messages += evidence.details.value()["messages"].as_u64().unwrap_or_default();
        Ok(())
    }

    fn skipped(&mut self, _: Place, _: &str) -> Result<()> {
        Ok(())
    }

    fn dropped(&mut self, _: Secret) {}

    fn at(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
}

fn main() -> kit::Result<()> {
    if kit::is_for_peak()? {
        return Ok(());
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [READ, path] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        read(Path::new(path));
        return Ok(());
    }
    let number = |at: usize, otherwise: u64| words.get(at).map_or(otherwise, |word| word.parse().unwrap());
    let (megabytes, rounds) = (number(0, 1000), number(1, 5));
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    for (name, body, aliases) in [
        ("long messages, 20 addresses of the user's", 60_000, 20),
        ("short messages, 2 addresses", 2_000, 2),
        ("short messages, 20 addresses", 2_000, 20),
    ] {
        let path = folder.path().join("mbox");
        generate(&path, megabytes * 1_000_000, body, aliases);
        compare(name, &path, rounds)?;
    }
    Ok(())
}

/// Reads a file, and tells what was found and the most memory that it took.
fn read(path: &Path) {
    let mut count = Count::default();
    let summary = mail::read(path, mail::Options::default(), &mut count).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned();
    println!("{} messages, {} of vendors, {} pairs, {peak}", summary.messages, count.messages, count.found);
}

fn compare(name: &str, path: &Path, rounds: u64) -> kit::Result<()> {
    let (mut grep, mut ours, mut command, mut said) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    let empty = vaults::sample(&kit::vaults_root()?, Size::vendors(0))?;
    let work = tempfile::Builder::new().prefix("mbox-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    // Read once, so that both find the file in memory.
    run(Command::new("grep").args(["-c", "^From "]).arg(path));
    for _ in 0..rounds {
        grep.push(run(Command::new("grep").args(["-c", "^From "]).arg(path)));
        ours.push(run(Command::new(std::env::current_exe().unwrap()).arg(READ).arg(path)));
        said.clone_from(&ours.last().unwrap().1);
        command.push(Copied::of(work.path(), &empty)?.run(&["import", "mail", &path.display().to_string()])?);
    }
    let (grep, counted, ours) = (median(&grep), &grep[0].1, median(&ours));
    println!("{name}: {said}; grep counts {counted}");
    let ratio = |seconds: f64| seconds / grep.as_secs_f64();
    println!("  grep {grep:.2?}, the reader {ours:.2?}: {:.2} times as long", ratio(ours.as_secs_f64()));
    let command = kit::median(command);
    let place = Copied::of(work.path(), &empty)?;
    let peak = Program::keyed("import", &place.sample, "import mail").arg(path).peak()?;
    println!("  cmr import mail {command:.2} s, {peak:.0} MB: {:.2} times as long\n", ratio(command));
    Ok(())
}

fn run(command: &mut Command) -> (Duration, String) {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let time = start.elapsed();
    assert!(output.status.success(), "{output:?}");
    (time, String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

fn median(times: &[(Duration, String)]) -> Duration {
    let mut times: Vec<Duration> = times.iter().map(|(time, _)| *time).collect();
    times.sort();
    times[times.len() / 2]
}

/// Numbers that look random, and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// An mbox of so many bytes, with bodies of up to so many, to so many addresses.
fn generate(path: &Path, bytes: u64, body: u64, aliases: u64) {
    let mut dice = Dice(0x5eed_cafe);
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut written = 0;
    while written < bytes {
        let mut text = head(&mut dice, aliases);
        let lines = dice.roll(body) / 77 + 1;
        for _ in 0..lines {
            for _ in 0..76 {
                text.push(char::from(
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/  .,"[dice.roll(68) as usize],
                ));
            }
            text.push('\n');
        }
        text.push('\n');
        file.write_all(text.as_bytes()).unwrap();
        written += text.len() as u64;
    }
    file.flush().unwrap();
}

/// A head as a vendor's message has it after two servers.
fn head(dice: &mut Dice, aliases: u64) -> String {
    let (vendor, alias, id) = (dice.roll(2000), dice.roll(aliases), dice.roll(u64::MAX));
    let (day, hour, year) = (dice.roll(28) + 1, dice.roll(24), 2010 + dice.roll(15));
    let mut text = format!("From bounce-{id:x}@mail.vendor{vendor}.example Tue Mar {day:02} {hour:02}:33:20 {year}\n");
    let lines = format!(
        "Return-Path: <bounce-{id:x}@mail.vendor{vendor}.example>\n\
         Delivered-To: me@home.example\n\
         Received: from mx.home.example ([192.0.2.1])\n\tby box.home.example with LMTP\n\tid {id:x}; Tue, {day} Mar {year} {hour:02}:33:20 +0000\n\
         Authentication-Results: mx.home.example;\n\tdkim=pass header.d=vendor{vendor}.example header.s=s1 header.b=abcdef;\n\tspf=pass smtp.mailfrom=mail.vendor{vendor}.example\n\
         Received: from out.vendor{vendor}.example ([198.51.100.7])\n\tby mx.home.example with ESMTPS id {id:x}\n\tfor <me+{alias}@home.example>; Tue, {day} Mar {year} {hour:02}:33:19 +0000\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=vendor{vendor}.example; s=s1;\n\th=from:to:subject:date:list-unsubscribe; bh={id:064x};\n\tb={id:064x}{id:064x}\n\t {id:064x}{id:064x}\n\
         From: Vendor {vendor} <news@mail.vendor{vendor}.example>\n\
         To: me+{alias}@home.example\n\
         Subject: =?utf-8?q?Your_order_{id}?=\n\
         Date: Tue, {day} Mar {year} {hour:02}:33:18 +0000\n\
         Message-ID: <{id:x}@mail.vendor{vendor}.example>\n\
         List-Unsubscribe: <https://click.vendor{vendor}.example/u/{id:x}>, <mailto:leave-{id:x}@mail.vendor{vendor}.example>\n\
         List-Id: <news.vendor{vendor}.example>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    );
    text.write_str(&lines).unwrap();
    text
}
