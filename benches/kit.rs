//! What the benches share: programs that run side by side, a round of all of them after the other, and the tables that
//! come of it.
#![allow(dead_code, reason = "each bench uses a part")]

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use super::vaults::{self, Sample, Size};

pub const CMR: &str = env!("CARGO_BIN_EXE_cmr");

/// Rounds that are timed, unless the command line says otherwise, and rounds before them that are not.
const ROUNDS: usize = 60;
const WARM_UP: usize = 5;

/// Set for the process that runs one command and tells its peak memory: the exit code that is expected of it.
const PEAK: &str = "CMR_BENCH_PEAK";

/// What opens a vault on the machine of whoever runs the bench is not for its vaults.
const NOT_OURS: [&str; 5] =
    ["CMR_HOME", "CMR_IDENTITY_FILE", "CMR_PASSPHRASE_FILE", "CREDENTIALS_DIRECTORY", "XDG_CONFIG_HOME"];

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One command line, run again and again.
pub struct Program {
    name: String,
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Option<PathBuf>,
    code: i32,
    times: Vec<Duration>,
}

impl Program {
    /// A program without arguments.
    pub fn new(name: impl Into<String>, program: impl AsRef<OsStr>) -> Self {
        let words = vec![program.as_ref().to_owned()];
        Self { name: name.into(), words, environment: Vec::new(), stdin: None, code: 0, times: Vec::new() }
    }

    /// `cmr` on a vault, with arguments that have no spaces in them.
    pub fn cmr(name: impl Into<String>, sample: &Sample, line: &str) -> Self {
        Self::new(name, CMR).arg("--vault").arg(&sample.dir).args(line)
    }

    /// `cmr` on a vault, given its data key as the floor is given it.
    pub fn keyed(name: impl Into<String>, sample: &Sample, line: &str) -> Self {
        Self::cmr(name, sample, line).args("--data-key-fd 0").stdin(&sample.key)
    }

    /// The floor on a vault: `benches/floor.rs` has what it can do.
    pub fn floor(name: impl Into<String>, examples: &Path, sample: &Sample, line: &str) -> Self {
        let database = sample.dir.join(cmr::vault::DATABASE);
        Self::new(name, examples.join("floor")).arg(database).args(line).stdin(&sample.key)
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.words.push(arg.as_ref().to_owned());
        self
    }

    pub fn args(mut self, line: &str) -> Self {
        self.words.extend(line.split_whitespace().map(OsString::from));
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    pub fn stdin(mut self, file: &Path) -> Self {
        self.stdin = Some(file.to_owned());
        self
    }

    /// Another exit code than 0 is what it has to end with.
    pub fn ends_with(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    /// What is timed must have worked.
    pub fn check(&self, answer: &str) -> Result<()> {
        let output = self.start(Command::new(&self.words[0]).args(&self.words[1..]))?.output()?;
        self.ended(output.status)?;
        match String::from_utf8_lossy(&output.stdout).contains(answer) {
            true => Ok(()),
            false => Err(format!("{} answered {:?}", self.name, String::from_utf8_lossy(&output.stdout)).into()),
        }
    }

    /// Its environment and standard input.
    fn start<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        for name in NOT_OURS {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command.stdin(match &self.stdin {
            Some(file) => Stdio::from(File::open(file)?),
            None => Stdio::null(),
        }))
    }

    /// Its whole life, and all that it says read from a pipe.
    fn run(&self) -> Result<Duration> {
        let mut command = Command::new(&self.words[0]);
        self.start(command.args(&self.words[1..]))?.stderr(Stdio::null());
        let start = Instant::now();
        let output = command.output()?;
        let time = start.elapsed();
        self.ended(output.status).map(|()| time)
    }

    fn ended(&self, status: ExitStatus) -> Result<()> {
        match status.code() == Some(self.code) {
            true => Ok(()),
            false => Err(format!("{}: {status}", self.name).into()),
        }
    }

    /// The most memory it held, in MB, as the kernel counted it.
    pub fn peak(&self) -> Result<f64> {
        let mut command = Command::new(std::env::current_exe()?);
        let output = self.start(command.env(PEAK, self.code.to_string()).args(&self.words))?.output()?;
        let kilobytes: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    fn millis(&self) -> Vec<f64> {
        self.times.iter().map(|time| time.as_secs_f64() * 1e3).collect()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its median time in milliseconds.
    pub fn median(&self) -> f64 {
        median(self.millis())
    }
}

/// Runs the command in the arguments and prints the most memory that it held, in KiB. Whether this process is for that.
pub fn is_for_peak() -> Result<bool> {
    let Some(code) = std::env::var_os(PEAK) else { return Ok(false) };
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let status = Command::new(&words[0]).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.code().map(|code| OsString::from(code.to_string())) != Some(code) {
        return Err(format!("{}: {status}", words[0].display()).into());
    }
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss());
    Ok(true)
}

/// How many rounds the command line asks for.
pub fn rounds() -> usize {
    std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(ROUNDS)
}

/// The programs to compare with are examples of the package, so that they are built exactly as `cmr` is.
pub fn build_examples() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--quiet", "--example", "empty", "--example", "floor"]);
    // What cargo tells a bench about its package makes build scripts, ring's for one, run again, and all that uses them.
    let ours = |name: &OsString| name.to_string_lossy().starts_with("CARGO_PKG_");
    for name in std::env::vars_os().map(|(name, _)| name).filter(ours).chain(["CARGO_MANIFEST_DIR".into()]) {
        build.env_remove(name);
    }
    match build.current_dir(env!("CARGO_MANIFEST_DIR")).status()?.success() {
        true => Ok(Path::new(CMR).with_file_name("examples")),
        false => Err("the empty program and the floor do not build".into()),
    }
}

/// Where the vaults lie between runs.
pub fn vaults_root() -> Result<PathBuf> {
    Ok(Path::new(CMR).parent().ok_or("cmr lies nowhere")?.with_file_name("bench-vaults"))
}

/// The vaults of the tables: 100 vendors; 10,000 and 100,000, each with a million ledger entries.
pub fn samples() -> Result<[Sample; 3]> {
    let root = vaults_root()?;
    let million = |vendors| Size { vendors, ledger: Some(1_000_000) };
    let sample = |size| vaults::sample(&root, size);
    Ok([sample(Size::vendors(100))?, sample(million(10_000))?, sample(million(100_000))?])
}

/// Round after round, each in another order: whatever else the machine does falls on all of them, and so does what one
/// leaves behind for the next.
pub fn time(programs: &mut [Program], rounds: usize) -> Result<()> {
    let mut order: Vec<usize> = (0..programs.len()).collect();
    let mut random = 1_u64;
    for round in 0..WARM_UP + rounds {
        for last in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(last, (random >> 33) as usize % (last + 1));
        }
        for &number in &order {
            let time = programs[number].run()?;
            if round >= WARM_UP {
                programs[number].times.push(time);
            }
        }
    }
    Ok(())
}

/// Prints what each took, and of each row also how often that is the first one's time.
pub fn print_times(programs: &[Program]) -> Result<()> {
    println!("\n| program | median, ms | fastest, ms | × the first | peak memory, MB |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for program in programs {
        let fastest = program.millis().into_iter().fold(f64::INFINITY, f64::min);
        let (median, times, peak) = (program.median(), ratio(program, &programs[0]), program.peak()?);
        println!("| {} | {median:.2} | {fastest:.2} | {times:.2} | {peak:.1} |", program.name);
    }
    Ok(())
}

/// The median of the ratios within each round.
pub fn ratio(one: &Program, other: &Program) -> f64 {
    median(one.millis().iter().zip(other.millis()).map(|(a, b)| a / b).collect())
}

/// The median of the differences within each round, in milliseconds.
pub fn difference(one: &Program, other: &Program) -> f64 {
    median(one.millis().iter().zip(other.millis()).map(|(a, b)| a - b).collect())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub fn print_bars(unit: &str, rounds: usize) {
    println!("\n| {unit}, median of {rounds} rounds | measured | bar |  |\n| --- | ---: | ---: | --- |");
}

pub fn bar(what: &str, measured: f64, most: f64) {
    let verdict = if measured <= most { "met" } else { "not met" };
    println!("| {what} | {measured:.2} | {most} | {verdict} |");
}

/// A copy of a vault, which goes with this.
pub struct Copied {
    pub sample: Sample,
    _dir: tempfile::TempDir,
}

impl Copied {
    /// A copy in a folder of its own.
    pub fn of(work: &Path, sample: &Sample) -> Result<Self> {
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

    /// Runs a command on it; its seconds.
    pub fn run(&self, words: &[&str]) -> Result<f64> {
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
