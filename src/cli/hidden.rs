//! A line that is typed and not shown.
//!
//! Readers of whole lines go through the buffer of standard input, which nobody wipes: a passphrase would stay in
//! memory for as long as the process runs. So the terminal is read byte by byte into one buffer, which is wiped.

use std::io::{self, IsTerminal};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use rustix::time::Timespec;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// No passphrase and no token comes near this size, in bytes.
const MOST: usize = 4096;

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 8;
const CTRL_U: u8 = 21;
const DELETE: u8 = 127;

/// How long to look for a key before looking whether to go on.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Reads a line from the terminal without showing it. What was typed before the question does not count.
///
/// # Errors
/// Kind interrupted for Ctrl-C, unexpected end where the terminal ends, invalid data for what is no text.
pub(super) fn read_line(ask: impl FnOnce()) -> io::Result<SecretString> {
    let _silence = Silence::begin()?;
    ask();
    let mut line = Line::new();
    let mut byte = Zeroizing::new([0u8; 1]);
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut byte[..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(rustix::io::Errno::INTR) => continue,
            other => other?,
        };
        match line.press(byte[0]) {
            Key::More => {}
            Key::Enter => return line.text(),
            Key::Stop => return Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

/// Waits until something is ready, and shows nothing of what is typed meanwhile: it may be a passphrase that another
/// terminal asks for.
///
/// # Errors
/// Kind interrupted for Ctrl-C, and what `ready` returns.
pub(super) fn wait<T>(mut ready: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    let _silence = Silence::begin()?;
    let stdin = rustix::stdio::stdin();
    let mut byte = Zeroizing::new([0u8; 1]);
    loop {
        if let Some(ready) = ready()? {
            return Ok(ready);
        }
        let key = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&LOOK)).unwrap_or(0) > 0;
        if key && rustix::io::read(stdin, &mut byte[..]) == Ok(1) && byte[0] == CTRL_C {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
}

/// The terminal as it was, to come back when the line is read.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        if !io::stdin().is_terminal() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let before = tcgetattr(stdin)?;
        let mut silent = before.clone();
        // Keys one by one, Ctrl-C among them: a signal would leave the terminal mute.
        silent.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin, OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    More,
    Enter,
    Stop,
}

/// The line so far, of its full size from the start: a buffer that grows leaves copies behind.
struct Line(Zeroizing<Vec<u8>>);

impl Line {
    fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(MOST)))
    }

    fn press(&mut self, byte: u8) -> Key {
        match byte {
            b'\r' | b'\n' => return Key::Enter,
            CTRL_C => return Key::Stop,
            CTRL_D if self.0.is_empty() => return Key::Stop,
            BACKSPACE | DELETE => self.erase(),
            CTRL_U => self.0.clear(),
            _ if byte < b' ' => {}
            _ if self.0.len() < MOST => self.0.push(byte),
            _ => {}
        }
        Key::More
    }

    /// Takes the last character away, with all of its bytes.
    fn erase(&mut self) {
        let is_inside = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
        while self.0.pop().as_ref().is_some_and(is_inside) {}
    }

    fn text(&self) -> io::Result<SecretString> {
        std::str::from_utf8(&self.0).map(SecretString::from).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn type_in(keys: &str) -> (Line, Key) {
        let mut line = Line::new();
        let mut last = Key::More;
        for byte in keys.bytes() {
            last = line.press(byte);
        }
        (line, last)
    }

    #[test]
    fn enter_ends_a_line_and_ctrl_c_stops_it() {
        let (line, last) = type_in("four ladders sing\r");
        assert_eq!((line.text().unwrap().expose_secret(), last), ("four ladders sing", Key::Enter));
        assert_eq!(type_in("four\u{3}").1, Key::Stop);
        assert_eq!(type_in("\u{4}").1, Key::Stop);
        assert_eq!(type_in("four\u{4}").1, Key::More);
    }

    #[test]
    fn keys_that_correct_do_so_by_the_character() {
        let (line, _) = type_in("\u{7f}caf\u{e9}\u{7f}\u{8}e\u{1}\r");
        assert_eq!(line.text().unwrap().expose_secret(), "cae");
        assert_eq!(type_in("wrong\u{15}right\n").0.text().unwrap().expose_secret(), "right");
    }

    #[test]
    fn what_is_too_long_is_cut_and_what_is_no_text_is_refused() {
        let (line, _) = type_in(&"x".repeat(MOST + 9));
        assert_eq!((line.0.len(), line.0.capacity()), (MOST, MOST));
        let mut line = Line::new();
        line.press(0xff);
        assert_eq!(line.text().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
