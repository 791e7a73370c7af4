//! The commands' side: asking the agent, and starting one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::super::key::DataKey;
use super::lease::Limits;
use super::protocol::{self, HEAD, MOST, Outcome, Report, Verb};
use super::server::READY;
use super::{PATIENCE, place};
use crate::error::{Error, Result, io};

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
/// Kind failed if there is one and it does not answer.
pub fn lock(vault: &Path) -> Result<bool> {
    let Some(mut stream) = connect(vault) else { return Ok(false) };
    match exchange(&mut stream, Verb::Lock) {
        Ok(answer) if protocol::parse_answer(&answer).0 == Outcome::Locked => Ok(true),
        // One of another version answers in its own way, and is gone all the same.
        Ok(_) if connect(vault).is_none() => Ok(true),
        Ok(_) | Err(_) => Err(Error::failed("the vault is still unlocked: what holds its key does not answer")
            .hint("end it: pkill -u \"$USER\" cmr")),
    }
}

/// Asks, and gives the whole answer if it is what was asked for.
fn ask(vault: &Path, verb: Verb) -> Option<Zeroizing<Vec<u8>>> {
    let mut stream = connect(vault)?;
    let answer = exchange(&mut stream, verb).inspect_err(|e| log::debug!("the agent does not answer: {e}")).ok()?;
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

fn connect(vault: &Path) -> Option<UnixStream> {
    let socket = place::socket(vault);
    let stream = UnixStream::connect(&socket).ok()?;
    let theirs = socket_peercred(&stream).ok()?.uid;
    if theirs != geteuid() {
        log::warn!("{} belongs to another user: it is not asked", socket.display());
        return None;
    }
    Some(stream)
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

/// Starts the agent of a vault, in the background. It lives on when this process and its terminal are gone.
///
/// # Errors
/// Kind failed if its socket has no safe place, or it does not come up.
pub fn start(vault: &Path, key: &DataKey, limits: Limits, by: &str) -> Result<Report> {
    let socket = place::socket(vault);
    place::prepare(&socket)?;
    if connect(vault).is_none() {
        // Left behind by one that was killed.
        let _ = fs::remove_file(&socket);
    }
    let failed = |why: String| Error::failed(format!("the vault could not be kept unlocked: {why}"));
    let mut child = spawn(vault, limits, by).map_err(|e| failed(e.to_string()))?;
    let came_up = hand_over(&mut child, key).map_err(|e| failed(e.to_string()))?;
    match came_up.then(|| report(vault)).flatten() {
        Some(report) => Ok(report),
        None => {
            let mut why = String::new();
            let _ = child.stderr.take().map(|pipe| pipe.take(MOST as u64).read_to_string(&mut why));
            Err(failed(why.trim().trim_start_matches("error: ").to_owned()))
        }
    }
}

fn spawn(vault: &Path, limits: Limits, by: &str) -> std::io::Result<Child> {
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

/// The right to ask the user, which one command at a time has: of ten that wait, one asks, and the others find the
/// vault unlocked. Ends when it is dropped.
pub struct Turn {
    _file: File,
}

/// Takes the turn; if another command has it, calls `waits` and then waits for it.
///
/// # Errors
/// Kind failed if there is no safe place for the agent.
pub fn turn(vault: &Path, waits: impl FnOnce()) -> Result<Turn> {
    let socket = place::socket(vault);
    place::prepare(&socket)?;
    let path = socket.with_extension("turn");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(|e| io("open", &path, e))?;
    let lock = || -> std::io::Result<()> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                waits();
                file.lock()
            }
            Err(TryLockError::Error(e)) => Err(e),
            Ok(()) => Ok(()),
        }
    };
    lock().map_err(|e| io("lock", &path, e))?;
    Ok(Turn { _file: file })
}
