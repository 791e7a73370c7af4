//! What it costs that nothing is sent before it is durable, and nothing told before the answer is: messages pushed from a
//! vault to a lean server (`sink`), side by side with the same client loop without a database, in one run.
//! `cargo bench --bench push` prints the tables of docs/performance.md.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

#[path = "push/mailbag.rs"]
mod mailbag;
use mailbag::{Bag, Result};

/// Rounds of each table row.
const ROUNDS: usize = 5;

/// How long a vendor may take in the row with the dead ones.
const PATIENCE: Duration = Duration::from_secs(5);

/// Set for a process of this program that does one part: what it does, and to which vault.
const PART: &str = "CMR_BENCH_PART";

fn main() -> Result<()> {
    if let Some(part) = env::var_os(PART) {
        let dir = env::args_os().nth(1).ok_or("which vault?")?;
        return mailbag::part(&part.to_string_lossy(), Path::new(&dir));
    }
    let work = tempfile::Builder::new().prefix("push-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("\n| 10,000 messages | bare loop, per s | push, per s | push / bare | peak memory, MB |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for tls in [false, true] {
        for vendors in [1, 100, 1000] {
            row(work.path(), Bag { vendors, messages: 10_000, dead: 0 }, tls)?;
        }
    }
    println!("\n| messages to 100 vendors | bare loop, per s | push, per s | push / bare | peak memory, MB |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for messages in [1_000, 10_000, 100_000] {
        row(work.path(), Bag { vendors: 100, messages, dead: 0 }, false)?;
    }
    dead(work.path())
}

/// Times both, round after round, and prints the medians.
fn row(work: &Path, bag: Bag, tls: bool) -> Result<()> {
    let sink = Sink::start(work, tls)?;
    let made = bag.make(&work.join("made"), &sink.url(), None)?;
    let (mut bare, mut push, mut ratios, mut peak) = (Vec::new(), Vec::new(), Vec::new(), 0.0_f64);
    for round in 0..ROUNDS {
        let (mut rates, order) = ([0.0; 2], if round % 2 == 0 { [0, 1] } else { [1, 0] });
        for which in order {
            let copy = copy(&made, &work.join("copy"))?;
            let (seconds, memory) = part(["bare", "push"][which], &copy, &sink)?;
            rates[which] = bag.messages as f64 / seconds;
            if which == 1 {
                peak = peak.max(memory);
            }
        }
        bare.push(rates[0]);
        push.push(rates[1]);
        ratios.push(rates[1] / rates[0]);
    }
    let what = format!("{} to {}{}", bag.messages, bag.vendors, if tls { ", TLS" } else { "" });
    let (bare, push, ratio) = (median(bare), median(push), median(ratios));
    println!("| {what} | {bare:.0} | {push:.0} | {ratio:.2} | {peak:.0} |");
    Ok(())
}

/// One change to a thousand vendors, of which one in ten answers nothing.
fn dead(work: &Path) -> Result<()> {
    println!("\n| a change to 1,000 vendors | seconds |\n| --- | ---: |");
    let sink = Sink::start(work, false)?;
    // Connections wait in its queue for ever.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent_url = format!("http://127.0.0.1:{}", silent.local_addr()?.port());
    for (what, dead) in [("all of them alive", 0), ("one in ten of them dead", 100)] {
        let bag = Bag { vendors: 1000, messages: 1000, dead };
        let made = bag.make(&work.join("made"), &sink.url(), Some(&silent_url))?;
        let (seconds, _) = part("push", &made, &sink)?;
        println!("| {what}, a time-out of {} s | {seconds:.2} |", PATIENCE.as_secs());
    }
    Ok(())
}

/// Runs one part in a process of its own; returns its seconds and its peak memory in MB.
fn part(name: &str, vault: &Path, sink: &Sink) -> Result<(f64, f64)> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(vault).env(PART, name).stderr(Stdio::inherit());
    if let Some(certificate) = &sink.certificate {
        command.env("CMR_CA_FILE", certificate);
    }
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    match numbers[..] {
        [seconds, memory] if output.status.success() => Ok((seconds, memory)),
        _ => Err(format!("{name}: {} {text}", output.status).into()),
    }
}

/// The server, as a process that ends when this does.
struct Sink {
    port: u16,
    certificate: Option<PathBuf>,
    _input: ChildStdin,
    process: Child,
}

impl Sink {
    fn start(work: &Path, tls: bool) -> Result<Self> {
        let mut command = Command::new(mailbag::example("sink")?);
        let certificate = tls.then(|| mailbag::certificate(work)).transpose()?;
        if let Some((certificate, key)) = &certificate {
            command.arg(certificate).arg(key);
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let port = line.trim().parse()?;
        Ok(Self { port, certificate: certificate.map(|(certificate, _)| certificate), _input: input, process })
    }

    fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn copy(from: &Path, to: &Path) -> Result<PathBuf> {
    let _ = fs::remove_dir_all(to);
    match Command::new("cp").arg("-a").args([from, to]).status()?.success() {
        true => Ok(to.to_owned()),
        false => Err("the vault cannot be copied".into()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
