//! The agent's own process.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{geteuid, setsid};
use rustix::time::Timespec;
use zeroize::Zeroizing;

use super::super::key::DataKey;
use super::super::{Manifest, Vault};
use super::keeper::{Answer, Keeper};
use super::lease::{Limits, Moment};
use super::place;
use super::protocol::HEAD;
use crate::error::{Error, Result};

/// What it writes once it listens.
pub(super) const READY: &[u8] = b"listening\n";

/// How long one client may take to ask: the others wait.
const CLIENT: Duration = Duration::from_millis(200);

/// How long it waits before it looks whether its vault, its socket and its time are still there.
const SLICE: Duration = Duration::from_secs(30);

/// Holds the key of a vault until its time is over: the process of `cmr agent`.
///
/// The key comes on standard input, raw. That it listens is said on standard output, and then it has neither any more.
///
/// # Errors
/// Before it listens, to standard error: whatever is wrong with the key, the vault or the socket. After that, none.
pub fn serve(vault: &Path, limits: Limits, by: String) -> Result<()> {
    // Its own session: it gets no Ctrl-C, and does not end with the terminal.
    let _ = setsid();
    let key = read_key()?;
    // Where the system allows it, the key is never written to swap. SQLCipher does the same for its copy.
    let locked = region::lock(key.expose().as_ptr(), key.expose().len());
    let vault = Vault::open(vault, Manifest::read(vault)?, &key)?;
    let keeper = Keeper::new(key, limits, by, Moment::now());
    let door = Door::open(vault.dir())?;
    say_ready()?;
    let last = door.wait(keeper);
    // From here on the key is wiped. Then the connection's, and only then is anybody told.
    door.close();
    drop(vault);
    drop(locked);
    if let Some((mut stream, answer)) = last {
        let _ = stream.write_all(&answer);
    }
    Ok(())
}

fn read_key() -> Result<DataKey> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    // Not through the buffer of `Stdin`, which is not wiped.
    let read = rustix::io::read(rustix::stdio::stdin(), &mut bytes[..]);
    match read {
        Ok(32) => Ok(DataKey::from_bytes(&bytes)),
        _ => Err(Error::usage("the agent is started by cmr unlock, which hands it the key").hint("cmr unlock")),
    }
}

/// Says that it listens, and lets go of whatever it was started with.
fn say_ready() -> Result<()> {
    let say = || -> io::Result<()> {
        rustix::io::write(rustix::stdio::stdout(), READY)?;
        let nothing = fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        rustix::stdio::dup2_stderr(&nothing)?;
        Ok(())
    };
    say().map_err(|e| Error::failed(format!("cannot go to the background: {e}")))
}

/// The socket that it listens on.
struct Door {
    listener: UnixListener,
    signals: UnixStream,
    path: PathBuf,
    inode: u64,
    vault: PathBuf,
}

impl Door {
    fn open(vault: &Path) -> Result<Self> {
        let path = place::socket(vault);
        let open = || -> io::Result<Self> {
            let listener = UnixListener::bind(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            listener.set_nonblocking(true)?;
            let inode = fs::symlink_metadata(&path)?.ino();
            let (signals, mut sender) = UnixStream::pair()?;
            #[cfg(all(feature = "logind", target_os = "linux"))]
            super::logind::watch(sender.try_clone()?);
            ctrlc::set_handler(move || _ = sender.write_all(b"!")).map_err(io::Error::other)?;
            place::announce(vault, &path);
            Ok(Self { listener, signals, path: path.clone(), inode, vault: vault.to_owned() })
        };
        open().map_err(|e| crate::error::io("listen on", &path, e))
    }

    /// Answers until the time is over, somebody locks the vault, or a signal comes. Gives who is to be told that it
    /// is locked.
    fn wait(&self, mut keeper: Keeper) -> Option<(UnixStream, Zeroizing<Vec<u8>>)> {
        loop {
            let now = Moment::now();
            if keeper.lease().is_over(now) || !self.is_there() {
                return None;
            }
            let mut on = [PollFd::new(&self.listener, PollFlags::IN), PollFd::new(&self.signals, PollFlags::IN)];
            let time = keeper.lease().left(now).min(SLICE) + Duration::from_millis(1);
            let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
            if poll(&mut on, Some(&time)).is_err() || !on[1].revents().is_empty() {
                return None;
            }
            if on[0].revents().is_empty() {
                continue;
            }
            // What goes wrong with one client is that client's loss.
            match self.listener.accept().and_then(|(stream, _)| answer(&mut keeper, stream)) {
                Ok(Some(last)) => return Some(last),
                Ok(None) => {}
                Err(error) => log::debug!("a client went wrong: {error}"),
            }
        }
    }

    /// Whether its socket and its vault are still where they were: the end of a user's session takes the one, and a
    /// user may remove the other.
    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) && Manifest::exists(&self.vault)
    }

    fn close(self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
        place::withdraw(&self.vault, &self.path);
    }
}

/// Answers one client; gives it back if it is the last.
fn answer(keeper: &mut Keeper, mut stream: UnixStream) -> io::Result<Option<(UnixStream, Zeroizing<Vec<u8>>)>> {
    if socket_peercred(&stream)?.uid != geteuid() {
        return Err(io::Error::other("it is another user's"));
    }
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(CLIENT))?;
    stream.set_write_timeout(Some(CLIENT))?;
    let mut question = [0; HEAD];
    stream.read_exact(&mut question)?;
    match keeper.answer(&question, Moment::now()) {
        Answer::GoOn(bytes) => stream.write_all(&bytes).map(|()| None),
        Answer::End(bytes) => Ok(Some((stream, bytes))),
    }
}
