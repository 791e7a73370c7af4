//! Secrets that come by file or by file descriptor: never by argument.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::args::Globals;
use super::args::key::PassphraseArgs;
use super::args::vendor::TokenArgs;
use crate::error::{Error, Result, io};

/// No secret comes near this size, in bytes.
const LARGEST: u64 = 16 * 1024;

/// The passphrase that was given, and by what: `--passphrase-fd`, else `CMR_PASSPHRASE_FILE`.
pub(super) fn given_passphrase(globals: &Globals) -> Result<Option<(SecretString, &'static str)>> {
    if let Some(fd) = globals.passphrase_fd {
        let text = read_fd(fd, "--passphrase-fd")?;
        return Ok(Some((SecretString::from(text.as_str()), "--passphrase-fd")));
    }
    match std::env::var_os("CMR_PASSPHRASE_FILE") {
        Some(file) => {
            let text = read_file(file.as_ref(), "CMR_PASSPHRASE_FILE")?;
            Ok(Some((SecretString::from(text.as_str()), "CMR_PASSPHRASE_FILE")))
        }
        None => Ok(None),
    }
}

/// The new passphrase that was given.
pub(super) fn given_new_passphrase(args: &PassphraseArgs) -> Result<Option<SecretString>> {
    let text = match (&args.new_passphrase_file, args.new_passphrase_fd) {
        (Some(file), _) => read_file(file, "--new-passphrase-file")?,
        (None, Some(fd)) => read_fd(fd, "--new-passphrase-fd")?,
        (None, None) => return Ok(None),
    };
    Ok(Some(SecretString::from(text.as_str())))
}

/// The token that was given.
pub(super) fn given_token(args: &TokenArgs) -> Result<Option<SecretString>> {
    let text = match (&args.token_file, args.token_fd) {
        (Some(file), _) => read_file(file, "--token-file")?,
        (None, Some(fd)) => read_fd(fd, "--token-fd")?,
        (None, None) => return Ok(None),
    };
    token(&SecretString::from(text.trim())).map(Some)
}

/// The password of a mail account that was given.
pub(super) fn given_password(file: Option<&Path>, fd: Option<u32>) -> Result<Option<SecretString>> {
    let text = match (file, fd) {
        (Some(file), _) => read_file(file, "--password-file")?,
        (None, Some(fd)) => read_fd(fd, "--password-fd")?,
        (None, None) => return Ok(None),
    };
    Ok(Some(SecretString::from(text.as_str())))
}

/// The secret of a client that was registered by hand.
pub(super) fn given_client_secret(file: Option<&Path>) -> Result<Option<SecretString>> {
    let text = file.map(|file| read_file(file, "--client-secret-file")).transpose()?;
    Ok(text.map(|text| SecretString::from(text.trim())))
}

/// Checks that a token can stand in a header (RFC 6750, section 2.1).
pub(super) fn token(given: &SecretString) -> Result<SecretString> {
    use secrecy::ExposeSecret;
    let text = given.expose_secret().trim();
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    match !text.is_empty() && text.chars().all(fine) {
        true => Ok(SecretString::from(text)),
        false => Err(Error::bad_input("that is no token: it holds characters that no token has")),
    }
}

/// Reads a secret from an open file descriptor, up to its end; one newline at the end goes.
pub(super) fn read_fd(fd: u32, what: &str) -> Result<Zeroizing<String>> {
    let path = format!("/dev/fd/{fd}");
    read(File::open(&path), what, &format!("file descriptor {fd}"))
}

fn read_file(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::not_found(format!("there is no file {} ({what})", path.display())))
        }
        file => read(file, what, &path.display().to_string()),
    }
}

fn read(file: std::io::Result<File>, what: &str, name: &str) -> Result<Zeroizing<String>> {
    let failed = |e| io("read", Path::new(name), e);
    // Room from the start: a buffer that grows would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(LARGEST as usize));
    file.map_err(failed)?.take(LARGEST).read_to_string(&mut text).map_err(failed)?;
    let end = text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(end);
    match text.is_empty() {
        true => Err(Error::bad_input(format!("{name} is empty ({what})"))),
        false => Ok(text),
    }
}
