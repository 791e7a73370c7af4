//! `config.toml` in the user's configuration directory. Only what needs it reads it.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::error::{Error, Result, io};
use crate::vault::agent::Limits;

/// What a user may set. A name that is not known is an error: a misspelt time-out must not be silently the default.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// How long a vault stays unlocked.
    pub(super) agent: Agent,
}

/// `[agent]`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Agent {
    /// The vault locks when no command used it for so long.
    #[serde(deserialize_with = "time")]
    idle: SignedDuration,
    /// The vault locks so long after it was unlocked, in any case.
    #[serde(deserialize_with = "time")]
    absolute: SignedDuration,
    /// Whether a passphrase that a command asked for unlocks the vault for those that follow, as `cmr unlock` does.
    pub(super) after_prompt: bool,
}

fn time<'de, D: Deserializer<'de>>(value: D) -> Result<SignedDuration, D::Error> {
    let wrong = || D::Error::custom("wants a time such as \"90s\", \"15m\" or \"2h\"");
    let text = String::deserialize(value).map_err(|_| wrong())?;
    text.parse().ok().filter(SignedDuration::is_positive).ok_or_else(wrong)
}

impl Default for Agent {
    fn default() -> Self {
        let (idle, absolute) = (SignedDuration::from_mins(15), SignedDuration::from_hours(8));
        Self { idle, absolute, after_prompt: true }
    }
}

impl Config {
    /// Reads the file; without one, the defaults.
    ///
    /// # Errors
    /// Kind bad input, naming file and line.
    pub(super) fn read() -> Result<Self> {
        let Some(path) = path() else { return Ok(Self::default()) };
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|why| {
                Error::bad_input(format!("{}, {why}", path.display())).hint("docs/cli.md says what it may hold")
            }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(io("read", &path, e)),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", e.message())
        })
    }

    /// How long an unlocked vault stays so.
    pub(super) fn limits(&self) -> Limits {
        // Both are positive, so that neither is out of range.
        let time = |time: SignedDuration| Duration::try_from(time).unwrap_or_default();
        Limits { idle: time(self.agent.idle), absolute: time(self.agent.absolute) }
    }
}

fn path() -> Option<PathBuf> {
    dir().map(|dir| dir.join("config.toml"))
}

/// Where the user's own connector files lie.
pub(super) fn connectors() -> Option<PathBuf> {
    dir().map(|dir| dir.join("connectors"))
}

fn dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "cmr").map(|dirs| dirs.config_dir().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_the_default() {
        let limits = Config::parse("").unwrap().limits();
        assert_eq!((limits.idle.as_secs(), limits.absolute.as_secs()), (15 * 60, 8 * 3600));
        let limits = Config::parse("[agent]\nidle = '90s'\nabsolute = '1h 30m'").unwrap().limits();
        assert_eq!((limits.idle.as_secs(), limits.absolute.as_secs()), (90, 5400));
        assert!(!Config::parse("[agent]\nafter_prompt = false").unwrap().agent.after_prompt);
    }

    #[test]
    fn what_cannot_be_is_named_with_its_line() {
        assert!(Config::parse("[agent]\nidel = '1h'").unwrap_err().starts_with("line 2: "));
        assert!(Config::parse("[agent]\nidle = 15").unwrap_err().starts_with("line 2: "));
        for wrong in ["idle = 'soon'", "idle = '-5m'", "absolute = '0s'", "absolute = '1d'"] {
            let why = Config::parse(&format!("[agent]\n{wrong}")).unwrap_err();
            assert!(why.starts_with("line 2: ") && why.contains("wants a time such as"), "{wrong}: {why}");
        }
    }
}
