//! Where a vault's agent listens: a socket in a directory that is its user's alone.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, io};

/// Where the agent of a vault was said to listen, else where it would. A program in another session, or in none, would
/// look in another directory: so the agent leaves a link to its socket in the vault.
pub(super) fn found(vault: &Path) -> PathBuf {
    let socket = socket(vault);
    // The link of a vault that was copied is the original's.
    let said = fs::read_link(link(vault)).ok().filter(|said| said.file_name() == socket.file_name());
    said.filter(|said| said.is_absolute()).unwrap_or(socket)
}

/// Says in the vault where its agent listens. A vault that cannot be written has an agent all the same.
pub(super) fn announce(vault: &Path, socket: &Path) {
    let announce = || -> std::io::Result<()> {
        let new = vault.join(".agent.new");
        let _ = fs::remove_file(&new);
        std::os::unix::fs::symlink(socket, &new)?;
        fs::rename(&new, link(vault))
    };
    if let Err(error) = announce() {
        log::debug!("the vault does not say where its agent listens: {error}");
    }
}

/// Takes that back, if it is this socket that it says.
pub(super) fn withdraw(vault: &Path, socket: &Path) {
    if fs::read_link(link(vault)).is_ok_and(|said| said == socket) {
        let _ = fs::remove_file(link(vault));
    }
}

fn link(vault: &Path) -> PathBuf {
    vault.join(".agent")
}

/// Where the agent of a vault would listen. Each vault has an agent of its own.
pub(super) fn socket(vault: &Path) -> PathBuf {
    // The same vault by another name has the same agent.
    let vault = fs::canonicalize(vault).unwrap_or_else(|_| vault.to_owned());
    let digest = Sha256::digest(vault.as_os_str().as_encoded_bytes());
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    directory().join(name).with_extension("sock")
}

/// `cmr` in the directory that the system keeps for what a user runs, which ends with their session. Without one, a
/// directory with the user's number beside the temporary files.
fn directory() -> PathBuf {
    let uid = geteuid().as_raw();
    let usable = |dir: &PathBuf| dir.is_absolute() && is_private(dir);
    let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(usable);
    // A program that cron starts has the directory, and no variable that names it.
    let usual = || Some(PathBuf::from(format!("/run/user/{uid}"))).filter(usable);
    match given.or_else(usual) {
        Some(dir) => dir.join("cmr"),
        None => std::env::temp_dir().join(format!("cmr-{uid}")),
    }
}

/// Whether a directory is this user's, and no other user may enter it.
pub(super) fn is_private(dir: &Path) -> bool {
    fs::symlink_metadata(dir)
        .is_ok_and(|found| found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o077 == 0)
}

/// Makes the directory of a socket.
///
/// # Errors
/// Kind failed for one that another user could reach, or that cannot be made.
pub(super) fn prepare(socket: &Path) -> Result<()> {
    let dir = socket.parent().unwrap_or(socket);
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(io("create", dir, e)),
        _ if is_private(dir) => return Ok(()),
        _ => {}
    }
    let is_mine = fs::symlink_metadata(dir).is_ok_and(|found| found.is_dir() && found.uid() == geteuid().as_raw());
    Err(Error::failed(format!("{} is not yours alone, so no key goes through it", dir.display())).hint(match is_mine {
        true => format!("make it private: chmod 700 {}", dir.display()),
        false => "name a directory of yours: XDG_RUNTIME_DIR=DIR, of mode 700".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_vault_has_one_socket_by_whatever_name() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&other).unwrap();
        symlink(&one, dir.path().join("link")).unwrap();
        assert_eq!(socket(&one), socket(&dir.path().join("link")));
        assert_ne!(socket(&one), socket(&other));
    }

    #[test]
    fn a_directory_that_others_may_enter_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(prepare(&open.join("a.sock")).unwrap_err().hint_text().unwrap().contains("chmod 700"));
        let link = dir.path().join("link");
        symlink(dir.path(), &link).unwrap();
        assert!(prepare(&link.join("a.sock")).is_err(), "a link leads anywhere");
        assert!(prepare(&dir.path().join("new/a.sock")).is_ok());
        assert!(prepare(&dir.path().join("new/a.sock")).is_ok());
        assert!(is_private(&dir.path().join("new")));
    }
}
