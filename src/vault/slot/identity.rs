//! The secret half of what opens a slot: identities in a file, in the formats that age and ssh have.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::super::manifest::SlotEntry;
use super::unlock::{Opened, decrypt};
use super::{Asker, SlotKind, recipient};
use crate::error::{Error, Result, io};

/// No identity file comes near this size, in bytes.
const LARGEST: u64 = 256 * 1024;

/// The most work that an identity file with a passphrase may ask for: `age -p` asks for 2^18, and rage for what takes a
/// second where the file is made.
const LARGEST_WORK: u8 = 20;

/// How an age file begins.
const AGE_FILE: &[u8] = b"age-encryption.org/v1";

/// The identities of one file, or of one place like a file.
pub struct Identities {
    /// What it is called in errors.
    name: String,
    identities: Vec<Identity>,
    is_a_use: bool,
}

/// One identity.
pub(super) enum Identity {
    /// `AGE-SECRET-KEY-1…`
    Native(age::x25519::Identity),
    /// An ssh private key, perhaps with a passphrase.
    Ssh(Box<age::ssh::Identity>),
    /// `AGE-PLUGIN-…`
    Plugin(age::plugin::Identity),
}

impl Identities {
    /// Reads an identity file: lines of `AGE-SECRET-KEY-1…` and `AGE-PLUGIN-…`, the same encrypted with a passphrase
    /// (`age -p`), or an ssh private key.
    ///
    /// # Errors
    /// Kind not found without the file; kind bad input if it holds no identity; kind locked if it has a passphrase and
    /// nobody can be asked for it.
    pub fn read(file: &Path, asker: &Asker) -> Result<Self> {
        let name = file.display().to_string();
        let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
        let opened = File::open(file).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(format!("there is no identity file {name}")),
            _ => io("read", file, e),
        })?;
        opened.take(LARGEST).read_to_end(&mut bytes).map_err(|e| io("read", file, e))?;
        Self::parse(name, &bytes, asker)
    }

    /// The identities in a text. `name` is what it is called in errors.
    ///
    /// # Errors
    /// As [`Identities::read`].
    pub fn parse(name: String, bytes: &[u8], asker: &Asker) -> Result<Self> {
        let identities = if bytes.starts_with(AGE_FILE) {
            lines(&name, &with_passphrase(&name, bytes, asker)?)?
        } else if bytes.starts_with(b"-----BEGIN") {
            vec![ssh(&name, bytes)?]
        } else {
            lines(&name, bytes)?
        };
        match identities.is_empty() {
            true => Err(Error::bad_input(format!("{name} holds no age identity"))),
            false => Ok(Self { name, identities, is_a_use: true }),
        }
    }

    /// Whether none of them needs a person: no passphrase, no touch, no PIN.
    pub fn are_quiet(&self) -> bool {
        self.identities.iter().all(|identity| match identity {
            Identity::Native(_) => true,
            Identity::Ssh(key) => !matches!(**key, age::ssh::Identity::Encrypted(_)),
            Identity::Plugin(_) => false,
        })
    }

    /// The same, for a look that is no use of the slot: a Tab writes nothing into the vault.
    #[must_use]
    pub fn only_looking(self) -> Self {
        Self { is_a_use: false, ..self }
    }

    pub(super) fn is_a_use(&self) -> bool {
        self.is_a_use
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Identity> {
        self.identities.iter()
    }
}

impl Identity {
    /// The public half, where it can be told without asking a plugin.
    pub(super) fn recipient(&self) -> Option<String> {
        match self {
            Identity::Native(identity) => Some(identity.to_public().to_string()),
            Identity::Ssh(key) => age::ssh::Recipient::try_from((**key).clone()).ok().map(|it| it.to_string()),
            Identity::Plugin(_) => None,
        }
    }

    /// Whether it may open a slot that its recipient does not name. Trying costs nothing, but for a plugin, which alone
    /// knows; and an ssh key with a passphrase is not asked for in vain.
    pub(super) fn may_open(&self, slot: &SlotEntry) -> bool {
        match self {
            Identity::Native(_) => !matches!(slot.kind, SlotKind::Passphrase | SlotKind::Ssh | SlotKind::Plugin),
            Identity::Ssh(key) => slot.kind == SlotKind::Ssh && matches!(**key, age::ssh::Identity::Unencrypted(_)),
            Identity::Plugin(_) => slot.kind == SlotKind::Plugin,
        }
    }

    /// What decrypts with it: a passphrase is asked for, a plugin is looked for.
    pub(super) fn ready(&self, name: &str, asker: &Asker) -> Result<Box<dyn age::Identity>> {
        match self {
            Identity::Native(identity) => Ok(Box::new(identity.clone())),
            Identity::Ssh(key) => unlocked_ssh(name, key, asker),
            Identity::Plugin(identity) => {
                let plugin = identity.plugin();
                let found = age::plugin::IdentityPluginV1::new(plugin, std::slice::from_ref(identity), asker.clone());
                Ok(Box::new(found.map_err(|_| recipient::missing_plugin(plugin))?))
            }
        }
    }
}

fn unlocked_ssh(name: &str, key: &age::ssh::Identity, asker: &Asker) -> Result<Box<dyn age::Identity>> {
    match key {
        age::ssh::Identity::Encrypted(locked) => {
            let passphrase = asker.secret(&format!("Passphrase of the ssh key {name}"))?;
            let key = locked
                .decrypt(passphrase)
                .map_err(|_| Error::locked(format!("wrong passphrase for the ssh key {name}")))?;
            Ok(Box::new(age::ssh::Identity::from(key)))
        }
        other => Ok(Box::new(other.clone())),
    }
}

fn ssh(name: &str, bytes: &[u8]) -> Result<Identity> {
    let key = age::ssh::Identity::from_buffer(bytes, None)
        .map_err(|_| Error::bad_input(format!("{name} is not an ssh private key that can be read")))?;
    if let age::ssh::Identity::Unsupported(_) = key {
        return Err(Error::bad_input(format!("{name} is an ssh key of a form that cannot open a slot"))
            .hint("take an ssh-ed25519 or ssh-rsa key in the OpenSSH format; for a hardware key, its age plugin"));
    }
    Ok(Identity::Ssh(Box::new(key)))
}

fn with_passphrase(name: &str, bytes: &[u8], asker: &Asker) -> Result<Zeroizing<Vec<u8>>> {
    let passphrase = asker.secret(&format!("Passphrase of {name}"))?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(LARGEST_WORK);
    match decrypt(bytes, &identity) {
        Ok(Opened::Plain(plain)) => Ok(plain),
        Ok(Opened::No) => Err(Error::locked(format!("wrong passphrase for {name}"))),
        Err(why) => Err(Error::bad_input(format!("{name}: {why}"))),
    }
}

fn lines(name: &str, bytes: &[u8]) -> Result<Vec<Identity>> {
    let no_identity = || {
        Error::bad_input(format!("{name} holds a line that is not an age identity"))
            .hint("a line begins with AGE-SECRET-KEY-1 or AGE-PLUGIN-; a file may also be an ssh private key")
    };
    let text = std::str::from_utf8(bytes).map_err(|_| no_identity())?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identity = |line: &str| match line.parse() {
        Ok(identity) => Ok(Identity::Native(identity)),
        Err(_) => line.parse().map(Identity::Plugin).map_err(|_| no_identity()),
    };
    lines.map(identity).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Identities> {
        Identities::parse("it".into(), text.as_bytes(), &Asker::nobody())
    }

    #[test]
    fn a_file_of_lines_is_read_past_comments_and_windows_line_ends() {
        let (_, one) = super::super::new_recovery();
        let plugin = age::plugin::Identity::default_for_plugin("cmrtest").unwrap();
        let identities = parse(&format!("# created: today\r\n\r\n{}\r\n  {plugin}  \n", one.as_str())).unwrap();
        assert_eq!(identities.iter().count(), 2);
        assert!(!identities.are_quiet() && parse(&one).unwrap().are_quiet());
    }

    #[test]
    fn a_line_that_is_none_is_refused_and_not_repeated() {
        let error = parse("AGE-SECRET-KEY-1NOTREALLY\n").map(|_| ()).unwrap_err();
        assert!(!error.to_string().contains("NOTREALLY"), "{error}");
        assert!(parse("").is_err() && parse("# nothing\n").is_err());
        assert!(parse("-----BEGIN OPENSSH PRIVATE KEY-----\nxx\n-----END OPENSSH PRIVATE KEY-----\n").is_err());
    }

    #[test]
    fn one_with_a_passphrase_stays_locked_where_nobody_can_be_asked() {
        let file = [AGE_FILE, b"\n-> scrypt x 18\n"].concat();
        let error = Identities::parse("it".into(), &file, &Asker::nobody()).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Locked);
    }
}
