//! What a command costs before it does anything: `cmr` side by side with an empty program and with the floor, in one
//! run, a round of all of them after the other. `cargo bench` prints the table that stands in docs/performance.md;
//! `cargo bench -- 200` takes 200 rounds.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use age::secrecy::SecretString;
use cmr::vault::Manifest;
use nix::sys::resource::{UsageWho, getrusage};

mod vaults;
use vaults::{Sample, Size};

const CMR: &str = env!("CARGO_BIN_EXE_cmr");

/// Rounds that are timed, unless the command line says otherwise, and rounds before them that are not.
const ROUNDS: usize = 60;
const WARM_UP: usize = 5;

/// Rounds of unlocking by passphrase: each takes somewhat under a second, twice.
const UNLOCKS: usize = 7;

/// Set for the process that runs one command and tells its peak memory.
const PEAK: &str = "CMR_BENCH_PEAK";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One command line, run again and again.
struct Program {
    name: &'static str,
    args: Vec<PathBuf>,
    stdin: Option<PathBuf>,
    times: Vec<Duration>,
}

impl Program {
    fn new(name: &'static str, args: &[&Path], stdin: Option<&Path>) -> Self {
        let args = args.iter().map(|arg| arg.to_path_buf()).collect();
        Self { name, args, stdin: stdin.map(Path::to_path_buf), times: Vec::new() }
    }

    fn show(name: &'static str, sample: &Sample) -> Self {
        let words = ["--vault", "", "profile", "show", "email", "--data-key-fd", "0"];
        let args = words.map(|word| if word.is_empty() { sample.dir.as_path() } else { Path::new(word) });
        Self::new(name, &[&[Path::new(CMR)], &args[..]].concat(), Some(&sample.key))
    }

    fn floor(name: &'static str, floor: &Path, sample: &Sample) -> Self {
        Self::new(name, &[floor, &sample.dir.join(cmr::vault::DATABASE)], Some(&sample.key))
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(&self.args[0]);
        command.args(&self.args[1..]).stdin(match &self.stdin {
            Some(file) => Stdio::from(File::open(file)?),
            None => Stdio::null(),
        });
        Ok(command)
    }

    fn run(&self) -> Result<Duration> {
        let mut command = self.command()?;
        command.stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status()?;
        let time = start.elapsed();
        if status.success() { Ok(time) } else { Err(format!("{}: {status}", self.name).into()) }
    }

    /// The most memory it held, in KiB, as the kernel counted it.
    fn peak(&self) -> Result<u64> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(PEAK, "1").args(&self.args).stdin(match &self.stdin {
            Some(file) => Stdio::from(File::open(file)?),
            None => Stdio::null(),
        });
        let output = command.output()?;
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    }
}

fn main() -> Result<()> {
    if std::env::var_os(PEAK).is_some() {
        return peak_of_child();
    }
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(ROUNDS);
    let release = Path::new(CMR).parent().ok_or("cmr lies nowhere")?;
    let examples = build_examples(release)?;
    let root = release.with_file_name("bench-vaults");
    let (small, large) = (vaults::sample(&root, Size::vendors(100))?, vaults::sample(&root, Size::vendors(100_000))?);

    let floor = examples.join("floor");
    let mut programs = [
        Program::new("empty program", &[&examples.join("empty")], None),
        Program::new("cmr --version", &[Path::new(CMR), Path::new("--version")], None),
        Program::floor("floor, 100 vendors", &floor, &small),
        Program::show("cmr profile show email, 100 vendors", &small),
        Program::floor("floor, 100,000 vendors", &floor, &large),
        Program::show("cmr profile show email, 100,000 vendors", &large),
    ];
    for program in programs.iter().skip(2) {
        check_answer(program)?;
    }
    time(&mut programs, rounds)?;
    print_times(&programs)?;
    let [empty, version, floor_small, show_small, floor_large, show_large] = &programs;
    println!("\n| ratio, median of {rounds} rounds | measured | bar |  |\n| --- | ---: | ---: | --- |");
    bar("cmr --version / empty program", ratio(version, empty), 2.0);
    bar("show / floor, 100 vendors", ratio(show_small, floor_small), 1.5);
    bar("show / floor, 100,000 vendors", ratio(show_large, floor_large), 1.5);
    bar("show, 100,000 vendors / 100 vendors", ratio(show_large, show_small), 1.15);
    bar("peak memory of a read, MB", show_large.peak()? as f64 * 1024.0 / 1e6, 20.0);
    let (unlock, scrypt) = unlocking(&small)?;
    // No bar: the command is one scrypt and a process around it, whose share docs/performance.md explains.
    let share = unlock.as_secs_f64() / scrypt.as_secs_f64();
    println!("| unlocking by passphrase / one bare scrypt of 2^18 | {share:.2} | 1 | see docs |");
    println!("\nA bare scrypt of 2^18 takes {:.0} ms here.", scrypt.as_secs_f64() * 1e3);
    Ok(())
}

/// The programs to compare with are examples of the package, so that they are built exactly as `cmr` is.
fn build_examples(release: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--quiet", "--example", "empty", "--example", "floor"]);
    match build.current_dir(env!("CARGO_MANIFEST_DIR")).status()?.success() {
        true => Ok(release.join("examples")),
        false => Err("the empty program and the floor do not build".into()),
    }
}

/// What is timed must have worked.
fn check_answer(program: &Program) -> Result<()> {
    let answer = String::from_utf8(program.command()?.output()?.stdout)?;
    match answer.contains("ada@example.org") {
        true => Ok(()),
        false => Err(format!("{} answered {answer:?}", program.name).into()),
    }
}

/// Round after round, each beginning with another program: whatever else the machine does falls on all of them.
fn time(programs: &mut [Program], rounds: usize) -> Result<()> {
    for round in 0..WARM_UP + rounds {
        for turn in 0..programs.len() {
            let program = &mut programs[(round + turn) % 6];
            let time = program.run()?;
            if round >= WARM_UP {
                program.times.push(time);
            }
        }
    }
    Ok(())
}

fn print_times(programs: &[Program]) -> Result<()> {
    println!("\n| program | median, ms | fastest, ms | peak memory, MB |\n| --- | ---: | ---: | ---: |");
    for program in programs {
        let millis: Vec<f64> = program.times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        let fastest = millis.iter().copied().fold(f64::INFINITY, f64::min);
        let peak = program.peak()? as f64 * 1024.0 / 1e6;
        println!("| {} | {:.2} | {fastest:.2} | {peak:.1} |", program.name, median(millis));
    }
    Ok(())
}

/// The median of the ratios within each round.
fn ratio(one: &Program, other: &Program) -> f64 {
    median(one.times.iter().zip(&other.times).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn bar(what: &str, measured: f64, most: f64) {
    let verdict = if measured <= most { "met" } else { "not met" };
    println!("| {what} | {measured:.2} | {most} | {verdict} |");
}

/// Times a whole command that unlocks by passphrase, and the one scrypt that it cannot do without.
fn unlocking(sample: &Sample) -> Result<(Duration, Duration)> {
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
    Ok((Duration::from_secs_f64(median(commands)), Duration::from_secs_f64(median(scrypts))))
}

/// Runs the command in the arguments and prints the most memory that it held, in KiB.
fn peak_of_child() -> Result<()> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let status = Command::new(&args[0]).args(&args[1..]).stdout(Stdio::null()).status()?;
    let kilobytes = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    if !status.success() {
        return Err(format!("{}: {status}", args[0].display()).into());
    }
    println!("{kilobytes}");
    Ok(())
}
