//! `$EDITOR` on a text that must not stay in clear: a private directory in memory, emptied and removed afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FsWord, statfs};
use zeroize::Zeroizing;

use super::super::Result;
use crate::error::{Error, io};

/// The magic number of tmpfs (statfs(2)): a file system that is never written to a disk, but to encrypted or no swap.
const TMPFS: FsWord = 0x0102_1994;

/// Lets the user edit a text.
///
/// # Errors
/// Kind failed without an editor, without a directory in memory, or if the editor fails.
pub(super) fn edit(text: &str, name: &str) -> Result<Zeroizing<String>> {
    let room = Room::new()?;
    let path = room.0.path().join(name);
    fs::write(&path, text).map_err(|e| io("write", &path, e))?;
    let (program, mut args) = editor()?;
    args.extend(quiet_flags(&program).iter().map(|flag| (*flag).to_owned()));
    let status = Command::new(&program)
        .args(&args)
        .arg(&path)
        .status()
        .map_err(|e| Error::failed(format!("cannot start the editor {program}: {e}")).hint("set EDITOR"))?;
    if !status.success() {
        return Err(Error::failed(format!("the editor ended with {status}: nothing was changed")));
    }
    fs::read_to_string(&path).map(Zeroizing::new).map_err(|e| io("read", &path, e))
}

fn editor() -> Result<(String, Vec<String>)> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let line = set("CMR_EDITOR").or_else(|| set("VISUAL")).or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into());
    let mut words = line.split_whitespace().map(str::to_owned);
    let program = words.next().ok_or_else(|| Error::failed("EDITOR is empty"))?;
    Ok((program, words.collect()))
}

/// What keeps an editor from remembering the text elsewhere: history, swap, undo and backup files.
fn quiet_flags(program: &str) -> &'static [&'static str] {
    match Path::new(program).file_name().and_then(|name| name.to_str()) {
        Some("vi" | "vim" | "nvim" | "view") => &["-n", "-i", "NONE", "--cmd", "set nobackup nowritebackup noundofile"],
        _ => &[],
    }
}

/// A private directory in memory. Everything in it is overwritten and removed when it is dropped.
struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Result<Self> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let places = runtime.into_iter().chain([PathBuf::from("/dev/shm"), std::env::temp_dir()]);
        let in_memory = |dir: &PathBuf| statfs(dir).is_ok_and(|fs| fs.f_type == TMPFS);
        for place in places.filter(in_memory) {
            if let Ok(dir) = tempfile::Builder::new().prefix("cmr-edit-").tempdir_in(&place) {
                return Ok(Self(dir));
            }
        }
        Err(Error::failed("there is no directory in memory to edit in: the text would reach the disk in clear")
            .hint("mount a tmpfs and name it in XDG_RUNTIME_DIR, or use cmr profile set"))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let Ok(entries) = fs::read_dir(self.0.path()) else { return };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            if let Ok(file) = fs::metadata(&path) {
                let _ = fs::write(&path, vec![0u8; file.len() as usize]);
            }
        }
    }
}
