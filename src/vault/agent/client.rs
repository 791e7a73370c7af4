//! The commands' side: asking the agent, and starting one.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use rustix::process::{Signal, geteuid, kill_process};
use zeroize::Zeroizing;

use super::super::files;
use super::super::key::DataKey;
use super::lease::Limits;
use super::protocol::{self, HEAD, MOST, Outcome, Report, Verb};
use super::server::READY;
use super::{PATIENCE, place};
use crate::error::{Error, Result};

/// How often an agent is asked that cuts us off.
const TRIES: usize = 5;

/// The data key of a vault, if an agent holds it. This counts as a use: the vault stays unlocked for longer.
pub fn key(vault: &Path) -> Option<DataKey> {
    data_key(vault, Verb::Key)
}

/// The same, not counted as a use.
pub fn peek(vault: &Path) -> Option<DataKey> {
    data_key(vault, Verb::Peek)
}

fn data_key(vault: &Path, verb: Verb) -> Option<DataKey> {
    let answer = ask(vault, verb)?;
    let body: &[u8; 32] = answer.get(HEAD..)?.try_into().ok()?;
    Some(DataKey::from_bytes(body))
}

/// What the agent of a vault says of itself, if there is one. Not counted as a use.
pub fn report(vault: &Path) -> Option<Report> {
    serde_json::from_slice(ask(vault, Verb::Report)?.get(HEAD..)?).ok()
}

/// Ends the agent of a vault: when this returns, the key is wiped. Whether there was one.
///
/// # Errors
/// Kind failed if there is one that can neither be asked nor ended.
pub fn lock(vault: &Path) -> Result<bool> {
    let Some(mut stream) = connect(vault) else {
        // Its queue is full: it is stopped, and holds the key.
        return match reach(&place::found(vault)) {
            Err(Errno::AGAIN) => Err(Error::failed("the vault is still unlocked: what holds its key does not answer")
                .hint("end it: pkill -KILL -f 'cmr agent'")),
            _ => Ok(false),
        };
    };
    match exchange(&mut stream, Verb::Lock) {
        Ok(answer) if protocol::parse_answer(&answer).0 == Outcome::Locked => Ok(true),
        // One of another version ends in its own way.
        Ok(_) if is_gone_soon(vault) => Ok(true),
        // One that is stopped, or stuck: its key goes with it.
        _ => end(&stream).map(|()| true),
    }
}

fn is_gone_soon(vault: &Path) -> bool {
    let end = Instant::now() + PATIENCE;
    while connect(vault).is_some() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Ends the process at the other side, which is this user's.
fn end(stream: &UnixStream) -> Result<()> {
    let failed = |e| Error::failed(format!("the vault is still unlocked: what holds its key cannot be ended ({e})"));
    let theirs = socket_peercred(stream).map_err(failed)?.pid;
    match kill_process(theirs, Signal::KILL) {
        Err(e) if e != Errno::SRCH => Err(failed(e)),
        _ => Ok(()),
    }
}

/// Asks, and gives the whole answer if it is what was asked for.
fn ask(vault: &Path, verb: Verb) -> Option<Zeroizing<Vec<u8>>> {
    let answer = patiently(|| connect(vault).map(|mut stream| exchange(&mut stream, verb)))?;
    match protocol::parse_answer(&answer).0 {
        Outcome::Done => Some(answer),
        Outcome::Locked => None,
        Outcome::Foreign => {
            // The program was replaced while its agent ran: that one is of no use any more.
            log::debug!("the agent is of another version, and is ended");
            let _ = lock(vault);
            None
        }
    }
}

/// An answer, if there is somebody who gives one: `once` tries, and gives none where nobody is there. The agent waits for
/// nobody long, and on a busy machine a command may be late with its question: one that is cut off asks again.
fn patiently(mut once: impl FnMut() -> Option<std::io::Result<Zeroizing<Vec<u8>>>>) -> Option<Zeroizing<Vec<u8>>> {
    for _ in 0..TRIES {
        match once()? {
            Ok(answer) if !answer.is_empty() => return Some(answer),
            Err(e) if !matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                log::debug!("the agent does not answer: {e}");
                return None;
            }
            _ => {}
        }
    }
    None
}

fn connect(vault: &Path) -> Option<UnixStream> {
    let socket = place::found(vault);
    let stream = reach(&socket).ok()?;
    let theirs = socket_peercred(&stream).ok()?.uid;
    if theirs != geteuid() {
        log::warn!("{} belongs to another user: it is not asked", socket.display());
        return None;
    }
    Some(stream)
}

/// Connects, and waits for nobody: an agent that is stopped takes no more than its queue holds.
fn reach(socket: &Path) -> Result<UnixStream, Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let end = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&end, &SocketAddrUnix::new(socket)?)?;
    rustix::io::ioctl_fionbio(&end, false)?;
    Ok(end.into())
}

fn exchange(stream: &mut UnixStream, verb: Verb) -> std::io::Result<Zeroizing<Vec<u8>>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&protocol::question(verb))?;
    // Of its full size from the start: a buffer that grows leaves copies of the key behind.
    let mut answer = Zeroizing::new(vec![0; MOST]);
    let mut length = 0;
    loop {
        match stream.read(&mut answer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    answer.truncate(length);
    Ok(answer)
}

/// Starts the agent of a vault, in the background, unless one has this key already. It lives on when this process and
/// its terminal are gone.
///
/// # Errors
/// Kind failed if its socket has no safe place, or it does not come up.
pub fn start(vault: &Path, key: &DataKey, limits: Limits, by: &str) -> Result<Report> {
    let socket = place::socket(vault);
    place::prepare(&socket)?;
    // One start at a time: what is found from here on was not just made by another.
    let _alone = files::lock(&socket.with_extension("start"))?;
    let has_it = self::key(vault).is_some_and(|held| held.fingerprint() == key.fingerprint());
    if let Some(report) = has_it.then(|| report(vault)).flatten() {
        return Ok(report);
    }
    lock(vault)?;
    // Left behind by one that was killed.
    let _ = fs::remove_file(&socket);
    let failed = |why: String| Error::failed(format!("the vault could not be kept unlocked: {why}"));
    let mut child = spawn(vault, limits, by).map_err(|e| failed(e.to_string()))?;
    let came_up = hand_over(&mut child, key).map_err(|e| failed(e.to_string()))?;
    match came_up.then(|| report(vault)).flatten() {
        Some(report) => Ok(report),
        None => {
            let mut why = String::new();
            let _ = child.kill();
            let _ = child.stderr.take().map(|pipe| pipe.take(MOST as u64).read_to_string(&mut why));
            let why = why.trim().trim_start_matches("error: ");
            Err(failed(if why.is_empty() { "its time was over at once" } else { why }.to_owned()))
        }
    }
}

fn spawn(vault: &Path, limits: Limits, by: &str) -> std::io::Result<Child> {
    // Whoever waits for the end of a pipe or a lock of ours must not wait for the agent.
    close_fds::set_fds_cloexec(3, &[]);
    // This very program, even where the file was replaced since it was started.
    Command::new("/proc/self/exe")
        .arg0("cmr")
        .args(["agent", "--idle-ms", &limits.idle.as_millis().to_string()])
        .args(["--absolute-ms", &limits.absolute.as_millis().to_string(), "--color", "never"])
        .arg(format!("--by={by}"))
        .arg("--vault")
        .arg(fs::canonicalize(vault)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir("/")
        .spawn()
}

/// Gives it the key, and waits until it listens. Whether it does.
fn hand_over(child: &mut Child, key: &DataKey) -> std::io::Result<bool> {
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(key.expose())?;
    }
    let mut said = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        pipe.take(READY.len() as u64).read_to_end(&mut said)?;
    }
    Ok(said == READY)
}

/// Makes sure that an agent of this vault would have a safe place to listen.
///
/// # Errors
/// Kind failed for one that another user could reach, or that cannot be made.
pub fn prepare(vault: &Path) -> Result<()> {
    place::prepare(&place::socket(vault))
}

/// The right to ask the user, which one command at a time has: of ten that wait, one asks, and the others find the
/// vault unlocked. Ends when it is dropped.
pub struct Turn {
    _lock: File,
}

/// Takes the turn; `None` if another command has it.
///
/// # Errors
/// Kind failed if there is no safe place for the agent.
pub fn turn(vault: &Path) -> Result<Option<Turn>> {
    let socket = place::socket(vault);
    place::prepare(&socket)?;
    Ok(files::try_lock(&socket.with_extension("turn"))?.map(|lock| Turn { _lock: lock }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_cut_off_asks_again_and_who_is_kept_waiting_does_not() {
        let said = || Some(Ok(Zeroizing::new(vec![1])));
        let fails = |kind: ErrorKind| Some(Err(kind.into()));
        let tried = |tries: Vec<Option<std::io::Result<_>>>| {
            let mut tries = tries.into_iter();
            let answer = patiently(|| tries.next().unwrap());
            (answer.is_some(), tries.len())
        };
        let nothing = || Some(Ok(Zeroizing::default()));
        assert_eq!(
            tried(vec![fails(ErrorKind::BrokenPipe), nothing(), fails(ErrorKind::ConnectionReset), said()]),
            (true, 0)
        );
        assert_eq!(tried(vec![fails(ErrorKind::WouldBlock), said()]), (false, 1));
        assert_eq!(tried(vec![None, said()]), (false, 1));
        assert_eq!(tried((0..TRIES + 1).map(|_| nothing()).collect()), (false, 1));
    }
}
