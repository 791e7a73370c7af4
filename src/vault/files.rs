//! Files that only their owner reads, written whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::error::{Error, Result, io};

/// Replaces a file: temporary file in the same directory, 0600, fsync, rename, fsync of the directory.
///
/// # Errors
/// Kind failed, naming the path.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    Staged::new(path, bytes)?.put()
}

/// Replaces a file without waiting for the disk: after a power loss it may be the old one, or empty.
pub(super) fn replace_lazily(path: &Path, bytes: &[u8]) -> Result<()> {
    write_temporary(path, bytes)?.persist(path).map(|_| ()).map_err(|e| io("write", path, e.error))
}

/// A file that is written and durable beside the one that it is to replace; it goes away if it is not put there.
pub(super) struct Staged {
    file: NamedTempFile,
    path: PathBuf,
}

impl Staged {
    /// Writes it.
    pub(super) fn new(path: &Path, bytes: &[u8]) -> Result<Self> {
        let file = write_temporary(path, bytes)?;
        file.as_file().sync_all().map_err(|e| io("write", path, e))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Puts it in its place, durably. That takes no space.
    pub(super) fn put(self) -> Result<()> {
        self.file.persist(&self.path).map_err(|e| io("write", &self.path, e.error))?;
        sync_dir(parent(&self.path)?)
    }
}

fn write_temporary(path: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let mut temporary = tempfile::Builder::new()
        .prefix(".cmr-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(parent(path)?)
        .map_err(|e| io("write", path, e))?;
    temporary.write_all(bytes).map_err(|e| io("write", path, e))?;
    Ok(temporary)
}

fn parent(path: &Path) -> Result<&Path> {
    path.parent().ok_or_else(|| Error::failed(format!("{} has no directory", path.display())))
}

/// Makes what was renamed or created in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(|e| io("write", dir, e))
}

/// Makes a directory its owner's alone, 0700.
pub(super) fn private_dir(dir: &Path) -> Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(|e| io("protect", dir, e))
}

/// How often a lock that is taken is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How long a command waits for a rotation: one of 600 MB takes 6 seconds.
const ROTATION: Duration = Duration::from_secs(60);

/// Holds a directory together with others, for as long as the returned file lives; waits for whoever has it alone, but
/// not for ever.
///
/// It is the directory itself that is locked, so that reading a vault writes nothing into it. Where the file system
/// has no locks the vault is used without: only a rotation needs them, and refuses.
///
/// # Errors
/// Kind failed, naming the directory.
pub(super) fn hold(dir: &Path) -> Result<File> {
    hold_within(dir, ROTATION)
}

/// The same, and waits for nobody.
pub(super) fn hold_at_once(dir: &Path) -> Result<File> {
    hold_within(dir, Duration::ZERO)
}

fn hold_within(dir: &Path, at_most: Duration) -> Result<File> {
    let file = File::open(dir).map_err(|e| io("open", dir, e))?;
    let end = Instant::now() + at_most;
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(e)) => return Err(io("lock", dir, e)),
            Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(LOOK_AGAIN),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::failed(format!("the data key of {} is being rotated", dir.display()))
                    .hint("try again when that is done"));
            }
        }
    }
}

/// Makes a hold that is shared with others an exclusive one; waits at most this long for them to end.
/// Whether that succeeded; where it did not, the hold is shared again.
pub(super) fn hold_alone(file: &File, dir: &Path, at_most: Duration) -> Result<bool> {
    let end = Instant::now() + at_most;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(LOOK_AGAIN),
            Err(TryLockError::WouldBlock) => {
                file.lock_shared().map_err(|e| io("lock", dir, e))?;
                return Ok(false);
            }
            Err(TryLockError::Error(e)) => return Err(io("lock", dir, e)),
        }
    }
}

/// Lets others in again.
pub(super) fn hold_with_others(file: &File, dir: &Path) -> Result<()> {
    file.lock_shared().map_err(|e| io("lock", dir, e))
}

/// Removes a file if it is there. Whether it was.
pub(super) fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(io("remove", path, e)),
    }
}

/// Takes an exclusive lock that ends with the returned file; waits for whoever holds it.
///
/// # Errors
/// Kind failed, naming the path.
pub fn lock(path: &Path) -> Result<File> {
    let file = open_lock(path)?;
    file.lock().map_err(|e| io("lock", path, e))?;
    Ok(file)
}

/// The same, and `None` where somebody holds it.
///
/// # Errors
/// Kind failed for the disk.
pub fn try_lock(path: &Path) -> Result<Option<File>> {
    let file = open_lock(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(io("lock", path, e)),
    }
}

fn open_lock(path: &Path) -> Result<File> {
    let options = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    options.map_err(|e| io("open", path, e))
}
