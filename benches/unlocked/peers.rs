//! Other programs that show a secret, where they are installed.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::kit::{Program, Result};

/// What `benches/peers.sh` found, ready to be run. What it started ends with this.
pub struct Peers {
    dir: TempDir,
}

impl Peers {
    pub fn new() -> Result<Self> {
        Ok(Self { dir: TempDir::new()? })
    }

    /// Each peer's command; none, with a word about it, where they cannot be prepared: no number of ours needs them.
    pub fn programs(&self) -> Vec<Program> {
        let found = script(&[self.dir.path().as_os_str()]).unwrap_or_else(|e| {
            eprintln!("no peers: {e}");
            String::new()
        });
        found.lines().filter_map(program).collect()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = script(&["stop".as_ref(), self.dir.path().as_os_str()]);
    }
}

fn script(args: &[&std::ffi::OsStr]) -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers.sh");
    let output = Command::new("sh").arg(script).args(args).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// A line of the script: a name, variables, and a command line.
fn program(line: &str) -> Option<Program> {
    let mut words = line.trim_end_matches('\t').split('\t').peekable();
    let name = words.next()?;
    let mut variables = Vec::new();
    while let Some(variable) = words.next_if(|word| word.contains('=')) {
        variables.extend(variable.split_once('='));
    }
    let program = Program::new(name, words.next()?);
    let program = words.fold(program, Program::arg);
    Some(variables.into_iter().fold(program, |program, (name, value)| program.env(name, value)))
}
