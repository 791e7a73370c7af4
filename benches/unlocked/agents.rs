//! Vaults that are unlocked while this lives: one agent each, in a runtime directory of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::kit::{CMR, Program, Result};
use crate::vaults::Sample;

pub struct Agents {
    runtime: TempDir,
    vaults: Vec<PathBuf>,
}

impl Agents {
    pub fn new() -> Result<Self> {
        Ok(Self { runtime: TempDir::new()?, vaults: Vec::new() })
    }

    /// Unlocks a vault by its recovery key.
    pub fn unlock(&mut self, sample: &Sample) -> Result<()> {
        let mut command = self.cmr(&sample.dir, "unlock");
        match command.env("CMR_IDENTITY_FILE", &sample.identity).status()?.success() {
            true => self.vaults.push(sample.dir.clone()),
            false => return Err(format!("{} was not unlocked", sample.dir.display()).into()),
        }
        Ok(())
    }

    /// `cmr` on one of the vaults, by its agent.
    pub fn program(&self, name: impl Into<String>, sample: &Sample, line: &str) -> Program {
        self.beside(Program::cmr(name, sample, line))
    }

    /// A program that finds the agents where it looks for them.
    pub fn beside(&self, program: Program) -> Program {
        program.env("XDG_RUNTIME_DIR", self.runtime.path()).env("HOME", self.runtime.path())
    }

    fn cmr(&self, vault: &Path, verb: &str) -> Command {
        let mut command = Command::new(CMR);
        command.arg("--vault").arg(vault).arg(verb).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("XDG_RUNTIME_DIR", self.runtime.path()).env("HOME", self.runtime.path());
        command.env_remove("XDG_CONFIG_HOME");
        command
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        for vault in &self.vaults {
            let _ = self.cmr(vault, "lock").status();
        }
    }
}

/// A copy of a vault that may be written to, beside it on the same disk; gone when the directory is dropped.
pub fn copy(sample: &Sample) -> Result<(TempDir, Sample)> {
    let root = sample.dir.parent().and_then(Path::parent).ok_or("the vault lies nowhere")?;
    let dir = TempDir::with_prefix_in("written-", root)?;
    let copy = Sample::at(dir.path());
    copy_all(sample.dir.parent().unwrap_or(root), dir.path())?;
    Ok((dir, copy))
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_all(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), &target)?;
            // Or the first commits wait for it.
            File::open(target)?.sync_all()?;
        }
    }
    Ok(())
}
