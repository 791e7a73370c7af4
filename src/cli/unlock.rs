//! Where the data key comes from: a list of sources in their order. The first that is given counts; if it fails, that
//! is an error, and none that comes after it is tried.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::args::Globals;
use super::config::Config;
use super::output::{Printer, text};
use super::prompt::{self, Prompt};
use super::{keyring, secret};
use crate::error::{Error, Kind, Result};
use crate::vault::key::DataKey;
use crate::vault::slot::{Asker, Identities, SlotKind};
use crate::vault::{Manifest, agent, slot};

/// How often a person may mistype the passphrase.
const TRIES: u32 = 3;

/// One way to come by the data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The demo keeps the key of its own vault.
    Demo,
    /// The key itself, from a file descriptor.
    DataKeyFd,
    /// The passphrase from a file descriptor.
    PassphraseFd,
    /// The passphrase from a file.
    PassphraseFile,
    /// An identity in a file.
    IdentityFile,
    /// An identity that systemd gave to a service.
    Credential,
    /// The agent, which was given the key before.
    Agent,
    /// An identity in the system's keyring.
    Keyring,
    /// The passphrase, typed by a person.
    Prompt,
}

/// The sources in their order: what a script names, what the service manager gives, the agent, the keyring, and only
/// then a person.
const ORDER: [Source; 8] = [
    Source::DataKeyFd,
    Source::PassphraseFd,
    Source::PassphraseFile,
    Source::IdentityFile,
    Source::Credential,
    Source::Agent,
    Source::Keyring,
    Source::Prompt,
];

impl Source {
    /// What was used, for `cmr status`.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Source::Demo => "the demo's own key",
            Source::DataKeyFd => "--data-key-fd",
            Source::PassphraseFd => "--passphrase-fd",
            Source::PassphraseFile => "CMR_PASSPHRASE_FILE",
            Source::IdentityFile => "CMR_IDENTITY_FILE",
            Source::Credential => "the systemd credential cmr-identity",
            Source::Agent => "the agent",
            Source::Keyring => "the keyring",
            Source::Prompt => "the passphrase, typed",
        }
    }

    /// Whether it takes the work of a passphrase.
    fn is_costly(self) -> bool {
        matches!(self, Source::PassphraseFd | Source::PassphraseFile)
    }
}

/// How far to go for the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// A command: every source in order, the prompt last.
    Full,
    /// `cmr unlock`: the agent is what is to be given the key.
    PastAgent,
    /// Status: nobody is asked, and the agent's time is not made longer.
    Unasked,
    /// Completion: the same, without a scrypt, and without a trace in the vault.
    Free,
}

impl Effort {
    /// Whether a person may be asked.
    fn asks(self) -> bool {
        matches!(self, Effort::Full | Effort::PastAgent)
    }
}

/// What a source that is given came to.
enum Found {
    /// The key.
    Key(DataKey),
    /// It turns out to have none to give: the next is tried.
    Nothing,
    /// It has one, for more than the effort allows: the search ends.
    TooMuch,
}

/// What is needed to come by the key of one vault.
pub(super) struct Unlock<'a> {
    /// The vault's directory.
    pub(super) dir: &'a Path,
    /// Its manifest.
    pub(super) manifest: &'a Manifest,
    /// What was typed.
    pub(super) globals: &'a Globals,
    /// Who can be asked.
    pub(super) prompt: &'a dyn Prompt,
    /// Where a person is told that the vault stays unlocked.
    pub(super) printer: &'a Printer,
}

impl Unlock<'_> {
    /// The data key, and where it came from.
    ///
    /// # Errors
    /// Of the first source that is given; kind locked where none is and nobody can be asked.
    pub(super) fn data_key(&self, effort: Effort) -> Result<(DataKey, Source)> {
        self.find(effort)?.ok_or_else(locked)
    }

    /// The same, and `None` where the source in line is more than the effort allows.
    pub(super) fn find(&self, effort: Effort) -> Result<Option<(DataKey, Source)>> {
        for source in ORDER {
            if !self.is_given(source) {
                continue;
            }
            if effort == Effort::Free && source.is_costly() {
                return Ok(None);
            }
            match self.open(source, effort)? {
                Found::Key(key) => return Ok(Some((key, source))),
                Found::TooMuch => return Ok(None),
                Found::Nothing => {}
            }
        }
        Ok(None)
    }

    fn is_given(&self, source: Source) -> bool {
        match source {
            Source::Demo => false,
            Source::DataKeyFd => self.globals.data_key_fd.is_some(),
            Source::PassphraseFd => self.globals.passphrase_fd.is_some(),
            Source::PassphraseFile => std::env::var_os("CMR_PASSPHRASE_FILE").is_some(),
            Source::IdentityFile => std::env::var_os("CMR_IDENTITY_FILE").is_some(),
            Source::Credential => credential().is_some(),
            Source::Keyring => self.keyring_recipients().next().is_some(),
            Source::Agent | Source::Prompt => true,
        }
    }

    fn open(&self, source: Source, effort: Effort) -> Result<Found> {
        let key = match source {
            Source::Demo => return Ok(Found::Nothing),
            Source::DataKeyFd => secret::read_fd(self.globals.data_key_fd.unwrap_or_default(), "--data-key-fd")
                .and_then(|hex| raw_key(&hex)),
            Source::PassphraseFd | Source::PassphraseFile => {
                let (passphrase, _) = secret::given_passphrase(self.globals)?.ok_or_else(locked)?;
                self.by_passphrase(passphrase)
            }
            Source::IdentityFile => {
                let file = std::env::var_os("CMR_IDENTITY_FILE").unwrap_or_default();
                return self.by_identity_file(file.as_ref(), effort);
            }
            Source::Credential => return self.by_identity_file(&credential().unwrap_or_default(), effort),
            Source::Agent => return Ok(self.by_agent(effort).map_or(Found::Nothing, Found::Key)),
            Source::Keyring if effort.asks() => return self.by_keyring(),
            Source::Prompt if effort.asks() => self.by_prompt(effort),
            Source::Keyring | Source::Prompt => return Ok(Found::TooMuch),
        };
        key.map(Found::Key)
    }

    /// An identity that wants a passphrase, a touch or a PIN is too much where nobody is to be asked.
    fn by_identity_file(&self, file: &Path, effort: Effort) -> Result<Found> {
        // Anything but a file might wait for somebody to write to it.
        if effort == Effort::Free && !file.is_file() {
            return Ok(Found::TooMuch);
        }
        let asker = if effort.asks() { prompt::asker(self.prompt) } else { Asker::nobody() };
        let identities = match Identities::read(file, &asker) {
            Err(error) if !effort.asks() && error.kind() == Kind::Locked => return Ok(Found::TooMuch),
            other => other?,
        };
        if !effort.asks() && !identities.are_quiet() {
            return Ok(Found::TooMuch);
        }
        let identities = if effort == Effort::Free { identities.only_looking() } else { identities };
        identities.unlock(self.dir, self.manifest, &asker).map(Found::Key)
    }

    /// A keyring without an identity of this vault has nothing to give: the slot is another machine's.
    fn by_keyring(&self) -> Result<Found> {
        for recipient in self.keyring_recipients() {
            if let Some(secret) = keyring::Place::new(self.manifest.id, recipient).get()? {
                let asker = Asker::nobody();
                let identities = Identities::parse("the keyring".into(), secret.as_bytes(), &asker)?;
                return identities.unlock(self.dir, self.manifest, &asker).map(Found::Key);
            }
        }
        Ok(Found::Nothing)
    }

    fn keyring_recipients(&self) -> impl Iterator<Item = &str> {
        let slots = self.manifest.slots.iter().filter(|slot| slot.kind == SlotKind::Keyring);
        slots.filter_map(|slot| slot.recipient.as_deref())
    }

    /// Whether a script says where the key is to come from.
    pub(super) fn is_scripted(&self) -> bool {
        ORDER.into_iter().take_while(|source| *source != Source::Agent).any(|source| self.is_given(source))
    }

    pub(super) fn by_agent(&self, effort: Effort) -> Option<DataKey> {
        // While a rotation is not finished nobody knows whether the agent's key is still the one.
        if self.manifest.next_key_fingerprint.is_some() {
            return None;
        }
        let key = match effort {
            Effort::Full => agent::key(self.dir),
            Effort::PastAgent => None,
            Effort::Unasked | Effort::Free => agent::peek(self.dir),
        }?;
        if self.manifest.takes(&key) {
            return Some(key);
        }
        log::debug!("the agent has the key of a vault that is not here any more: it is ended");
        let _ = agent::lock(self.dir);
        None
    }

    /// Asks for the passphrase. Of several commands that wait, one asks; it leaves the vault unlocked for the others.
    fn by_prompt(&self, effort: Effort) -> Result<DataKey> {
        if !self.prompt.is_interactive() {
            return Err(locked());
        }
        let config = Config::read()?;
        let mut keep = effort == Effort::PastAgent || config.agent.after_prompt;
        match agent::prepare(self.dir) {
            Err(error) if effort == Effort::PastAgent => return Err(error),
            Err(error) if keep => {
                self.printer.warn(&error.to_string());
                keep = false;
            }
            _ => {}
        }
        let _turn = keep.then(|| self.turn()).transpose()?;
        if let Some(key) = self.by_agent(Effort::Full) {
            return Ok(key);
        }
        let key = self.ask()?;
        if keep {
            match agent::start(self.dir, &key, config.limits(), Source::Prompt.describe()) {
                Ok(_) if effort == Effort::PastAgent => {}
                Ok(report) => self.printer.remark(&format!(
                    "Unlocked until {}, and longer while you use it. Lock it: cmr lock",
                    text::local(report.idle_until())
                )),
                Err(error) if effort == Effort::PastAgent => return Err(error),
                Err(error) => self.printer.warn(&error.to_string()),
            }
        }
        Ok(key)
    }

    /// The turn to ask, when no other command has it.
    fn turn(&self) -> Result<agent::Turn> {
        let mut turn = agent::turn(self.dir)?;
        if turn.is_none() {
            self.printer.remark("Another command asks for the passphrase: waiting for it. Type nothing here.");
            self.prompt.wait(&mut || {
                turn = agent::turn(self.dir)?;
                Ok(turn.is_some())
            })?;
        }
        turn.ok_or_else(locked)
    }

    fn ask(&self) -> Result<DataKey> {
        for left in (0..TRIES).rev() {
            match self.by_typed(self.prompt.secret("Passphrase")?) {
                Err(error) if error.kind() == Kind::Locked && left > 0 => {
                    self.printer.warn(&format!("{error}. Try again"));
                }
                other => return other,
            }
        }
        Err(locked())
    }

    /// Who lost the passphrase types the recovery key in its place.
    fn by_typed(&self, typed: SecretString) -> Result<DataKey> {
        const IDENTITY: &str = "AGE-SECRET-KEY-1";
        let text = typed.expose_secret().trim();
        if !text.get(..IDENTITY.len()).is_some_and(|start| start.eq_ignore_ascii_case(IDENTITY)) {
            return self.by_passphrase(typed);
        }
        let asker = Asker::nobody();
        let key = Identities::parse("what you typed".into(), text.as_bytes(), &asker)
            .and_then(|identities| identities.unlock(self.dir, self.manifest, &asker));
        key.inspect(|_| {
            self.printer.remark("Opened by a recovery key. A new passphrase: cmr key add passphrase --replace")
        })
    }

    fn by_passphrase(&self, passphrase: SecretString) -> Result<DataKey> {
        // The data key may have been rotated while somebody was asked.
        slot::unlock_with_passphrase(self.dir, &Manifest::read(self.dir)?, passphrase)
    }
}

/// The identity that systemd keeps for the service that this command runs in (`LoadCredential=cmr-identity:…`).
fn credential() -> Option<PathBuf> {
    let file = Path::new(&std::env::var_os("CREDENTIALS_DIRECTORY")?).join("cmr-identity");
    // One that cannot be looked at is given, and fails when it is read.
    (!matches!(file.try_exists(), Ok(false))).then_some(file)
}

fn raw_key(hex: &str) -> Result<DataKey> {
    DataKey::from_hex(hex.as_bytes())
        .map_err(|_| Error::bad_input("--data-key-fd holds no data key of 64 hexadecimal digits"))
}

fn locked() -> Error {
    Error::locked("the vault is locked, and nobody can be asked for the passphrase").hint(
        "unlock it in a terminal: cmr unlock; or give --passphrase-fd N, CMR_PASSPHRASE_FILE or CMR_IDENTITY_FILE",
    )
}
