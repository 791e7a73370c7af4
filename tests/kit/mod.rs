//! What every story stands on: a private place, the real program in a clean environment, and vendors to talk to.
// Each test binary compiles this module for itself and uses a part of it.
#![allow(dead_code, missing_docs, unused_imports)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

mod directory;
mod liar;
mod shop;

pub use directory::{Asked, Directory, Reply};
pub use liar::{Liar, Request, Say, Victim};
pub use shop::Shop;

/// The passphrase of every test vault.
pub const PASSPHRASE: &str = "correct horse battery staple on tuesdays";

/// The program.
pub const CMR: &str = env!("CARGO_BIN_EXE_cmr");

/// One user's machine: home, temporary files, and a vault, all in a directory that goes with it.
pub struct TestEnv {
    root: TempDir,
}

/// A vault's files, made once for each test binary: a passphrase costs most of a second.
type Files = Vec<(PathBuf, Vec<u8>)>;

static TEMPLATE: OnceLock<Files> = OnceLock::new();

impl TestEnv {
    /// A machine without a vault, with the passphrase in a file.
    pub fn empty() -> Self {
        Self::empty_in(&std::env::temp_dir())
    }

    fn empty_in(dir: &Path) -> Self {
        let env = Self { root: tempfile::Builder::new().prefix("cmr-story-").tempdir_in(dir).unwrap() };
        for dir in ["home", "tmp", "run"] {
            fs::create_dir(env.path(dir)).unwrap();
            fs::set_permissions(env.path(dir), fs::Permissions::from_mode(0o700)).unwrap();
        }
        fs::write(env.path("pass"), format!("{PASSPHRASE}\n")).unwrap();
        env
    }

    /// A machine with a vault, opened by its recovery key.
    pub fn new() -> Self {
        Self::empty().with_vault()
    }

    /// The same, in memory where there is such a place: a story of thousands of commits, none of which the machine is
    /// switched off in, need not wait for a disk.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::empty_in(memory).with_vault() } else { Self::new() }
    }

    fn with_vault(self) -> Self {
        let files = TEMPLATE.get_or_init(|| {
            let maker = Self::empty();
            maker.init();
            let mut files = maker.files("vault");
            files.push((PathBuf::from("recovery.txt"), fs::read(maker.path("recovery.txt")).unwrap()));
            files
        });
        self.write_files(files);
        self
    }

    /// Makes the vault with the program itself.
    pub fn init(&self) {
        let mut init = self.command(["init", "--no-input", "--recovery-file"]);
        init.arg(self.path("recovery.txt")).env("CMR_PASSPHRASE_FILE", self.path("pass"));
        Run::of(&mut init).succeeded();
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn vault(&self) -> PathBuf {
        self.path("vault")
    }

    /// Writes a file of the user's, and returns its path as a word to type.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).display().to_string()
    }

    /// Every file in a folder of this machine, by its path from the root.
    pub fn files(&self, folder: &str) -> Files {
        let mut paths = walk(&self.path(folder));
        paths.retain(|path| path.is_file());
        paths
            .into_iter()
            .map(|path| (path.strip_prefix(self.root.path()).unwrap().to_owned(), fs::read(&path).unwrap()))
            .collect()
    }

    /// Puts files back that [`TestEnv::files`] took.
    pub fn write_files(&self, files: &Files) {
        for (path, bytes) in files {
            let path = self.path(path);
            let dir = path.parent().unwrap();
            fs::create_dir_all(dir).unwrap();
            fs::write(&path, bytes).unwrap();
            if path.starts_with(self.vault()) {
                fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
    }

    /// What the vault's files hold, but for what SQLite keeps beside an open database, and when a slot was last used.
    pub fn vault_bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let beside =
            |path: &Path| ["vault.db-wal", "vault.db-shm", "slots/used.toml"].iter().any(|name| path.ends_with(name));
        self.files("vault").into_iter().filter(|(path, _)| !beside(path)).collect()
    }

    /// The program with these words, in nothing but this environment.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(CMR);
        command.args(args).env_clear().current_dir(self.root.path()).stdin(Stdio::null());
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .env("CMR_HOME", self.vault())
            .env("CMR_IDENTITY_FILE", self.path("recovery.txt"));
        command
    }

    /// The program with a line as it is typed, without `cmr`.
    pub fn typed(&self, line: &str) -> Command {
        self.command(words(line))
    }

    /// Runs a line, whatever comes of it.
    pub fn run(&self, line: &str) -> Run {
        Run::of(&mut self.typed(line))
    }

    /// Runs a line that must succeed.
    #[track_caller]
    pub fn ok(&self, line: &str) -> Run {
        self.run(line).succeeded()
    }

    /// Runs a line that must end with this exit code.
    #[track_caller]
    pub fn ends(&self, code: i32, line: &str) -> Run {
        self.run(line).ended(code)
    }

    /// The JSON document of a line that must succeed.
    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        self.ok(&format!("{line} --json")).document()
    }

    /// The JSON document of a line that must end with this exit code.
    #[track_caller]
    pub fn json_ends(&self, code: i32, line: &str) -> Value {
        self.ends(code, &format!("{line} --json")).document()
    }

    /// Sets up the profile of most stories.
    pub fn with_ada(self) -> Self {
        for line in [
            "profile set email ada@example.org",
            "profile set name 'Ada Lovelace'",
            "profile set phone_number +33142278186",
            "profile set address.home 'street_address=12 rue de la Paix' locality=Paris postal_code=75002 country=FR",
        ] {
            self.ok(line);
        }
        self
    }

    /// Adds a vendor on this machine with a token.
    #[track_caller]
    pub fn add_vendor(&self, name: &str, url: &str, token: &str) {
        let file = self.file(&format!("{name}.token"), token);
        self.ok(&format!("vendor add {name} --url {url} --allow-loopback --token-file {file}"));
    }

    /// Opens the vault from outside of the program, past its rules.
    pub fn open_vault(&self) -> cmr::vault::Vault {
        let manifest = cmr::vault::Manifest::read(&self.vault()).unwrap();
        let recovery = self.path("recovery.txt");
        let key = cmr::vault::slot::unlock_with_identity_file(&self.vault(), &manifest, &recovery).unwrap();
        cmr::vault::Vault::open(&self.vault(), manifest, &key).unwrap()
    }

    /// What differs from run to run in texts, and what stands in its place in a snapshot.
    pub fn settings(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path("../snapshots");
        settings.add_filter(&regex_of(&self.root.path().display().to_string()), "[dir]");
        for (pattern, shown) in [
            (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
            (r"127\.0\.0\.1:\d+", "[address]"),
            (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "[time]"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d", "[time]"),
            (r"\d{4}-\d\d-\d\d", "[date]"),
            (r"sha-256:[A-Za-z0-9_-]{43}", "sha-256:[hash]"),
            // A hyphen is as good as any character at either end, but no part of a word.
            (r"(?:\b\w|\B-)[A-Za-z0-9_-]{41}(?:\w\b|-\B)", "[key]"),
            (r"\b[0-9a-f]{64}\b", "[hash]"),
            (r"\b[0-9a-f]{16}\b", "[fingerprint]"),
            (r"\b[0-9a-f]{12}\b", "[hash]"),
            (r"\b[0-9a-f]{8}\b", "[id]"),
        ] {
            settings.add_filter(pattern, shown);
        }
        settings
    }

    /// Compares what a run showed with the snapshot of this name.
    #[track_caller]
    pub fn snapshot(&self, name: &str, run: &Run) {
        self.snapshot_text(name, &run.shown());
    }

    /// Compares a text with the snapshot of this name.
    #[track_caller]
    pub fn snapshot_text(&self, name: &str, text: &str) {
        self.settings().bind(|| insta::assert_snapshot!(name, text));
    }
}

/// A text as a regular expression of itself.
fn regex_of(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

/// Everything below a directory.
pub fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

/// The permission bits of a path.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// Splits a line as a shell does: at spaces, but for what stands in single quotes.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "an open quote: {line}");
    words.extend(word);
    words
}

/// Waits until something holds, for at most this long.
#[track_caller]
pub fn wait_until(what: &str, most: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + most;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Where the files of other people's software are: none without `CMR_CORPUS`, unless this is a build server.
pub fn corpus() -> Option<PathBuf> {
    match std::env::var_os("CMR_CORPUS") {
        Some(root) => Some(root.into()),
        None if std::env::var_os("CI").is_some() => panic!("CMR_CORPUS is not set, and CI is"),
        None => {
            println!("skipped: CMR_CORPUS is not set");
            None
        }
    }
}

/// What one run of the program did.
#[derive(Debug, Clone)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub line: String,
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let line = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
        Self::ended_with(command.output().unwrap(), line)
    }

    pub fn ended_with(output: Output, line: String) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        let run =
            Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr), line };
        assert!(!run.err.contains("panicked"), "{run}");
        run
    }

    #[track_caller]
    pub fn succeeded(self) -> Self {
        self.ended(0)
    }

    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Its one JSON document.
    #[track_caller]
    pub fn document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("no JSON ({e}): {self}"));
        assert!(document["schema"].is_string(), "no schema: {self}");
        document
    }

    /// Checks that something stands in what it said, on either side.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.out.contains(text) || self.err.contains(text), "{text:?} is not said by {self}");
        self
    }

    #[track_caller]
    pub fn never_says(&self, text: &str) -> &Self {
        assert!(!self.out.contains(text) && !self.err.contains(text), "{text:?} is said by {self}");
        self
    }

    /// The lines on standard error that report an error.
    pub fn errors(&self) -> Vec<&str> {
        self.err.lines().filter(|line| line.starts_with("error:")).collect()
    }

    /// All of it for a snapshot. What pads the ends of lines does not count.
    pub fn shown(&self) -> String {
        let tidy = |text: &str| text.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
        format!("$ cmr {}\n{}--- stderr\n{}--- exit {}\n", self.line, tidy(&self.out), tidy(&self.err), self.code)
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}
