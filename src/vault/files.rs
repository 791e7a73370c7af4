//! Files that only their owner reads, written whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::{Error, Result, io};

/// Replaces a file: temporary file in the same directory, 0600, fsync, rename, fsync of the directory.
///
/// # Errors
/// Kind failed, naming the path.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    write_beside(path, bytes, true)?;
    sync_dir(parent(path)?)
}

/// Replaces a file without waiting for the disk: after a power loss it may be the old one, or empty.
pub(super) fn replace_lazily(path: &Path, bytes: &[u8]) -> Result<()> {
    write_beside(path, bytes, false)
}

fn write_beside(path: &Path, bytes: &[u8], sync: bool) -> Result<()> {
    let mut temporary = tempfile::Builder::new()
        .prefix(".cmr-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(parent(path)?)
        .map_err(|e| io("write", path, e))?;
    temporary.write_all(bytes).map_err(|e| io("write", path, e))?;
    if sync {
        temporary.as_file().sync_all().map_err(|e| io("write", path, e))?;
    }
    temporary.persist(path).map_err(|e| io("write", path, e.error))?;
    Ok(())
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

/// Takes an exclusive lock that ends with the returned file; waits for whoever holds it.
///
/// # Errors
/// Kind failed, naming the path.
pub fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| io("open", path, e))?;
    file.lock().map_err(|e| io("lock", path, e))?;
    Ok(file)
}
