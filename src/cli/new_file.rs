//! Files that the user asked for: readable by them alone, and never in the place of another.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result, io};

/// Makes a file that was not there.
pub(super) fn create(path: &Path) -> Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::bad_input(format!("{} exists", path.display())).hint("name a new file: nothing is overwritten")
        }
        _ => io("create", path, e),
    })
}

/// Makes a file with this content; it is durable when this returns.
pub(super) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let mut file = create(path)?;
    file.write_all(content.as_ref()).and_then(|()| file.sync_all()).map_err(|e| io("write", path, e))
}
