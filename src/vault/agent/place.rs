//! Where a vault's agent listens: a socket in a directory that is its user's alone.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, io};

/// Where the agent of a vault listens, whether or not there is one. Each vault has an agent of its own.
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
    let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    // A program that cron starts has the directory, and no variable that names it.
    let usual = || Some(PathBuf::from(format!("/run/user/{uid}"))).filter(|dir| is_private(dir));
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
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| io("create", dir, e))?;
    match is_private(dir) {
        true => Ok(()),
        false => Err(Error::failed(format!("{} is not yours alone, so no key goes through it", dir.display()))
            .hint(format!("make it yours and private: chmod 700 {}", dir.display()))),
    }
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
        assert!(prepare(&dir.path().join("new/cmr/a.sock")).is_ok());
        assert!(is_private(&dir.path().join("new/cmr")));
    }
}
