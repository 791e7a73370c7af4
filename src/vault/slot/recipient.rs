//! The public half of what opens a slot: all that is needed to close it.

use std::fmt;
use std::str::FromStr;

use age::ssh::ParseRecipientKeyError;

use super::{Asker, SlotKind};
use crate::error::{Error, Result};
use crate::text::printable;

/// Who can open a slot.
#[derive(Clone)]
pub struct Recipient(Form);

#[derive(Clone)]
enum Form {
    /// `age1…`
    Native(age::x25519::Recipient),
    /// `ssh-ed25519 …` or `ssh-rsa …`
    Ssh(age::ssh::Recipient),
    /// `age1tag1…`: a hardware key whose plugin is only needed for opening.
    Tag(age::tag::Recipient),
    /// `age1yubikey1…` and other `age1NAME1…`
    Plugin(age::plugin::Recipient),
}

impl Recipient {
    /// The kind of slot that it is for.
    pub fn kind(&self) -> SlotKind {
        match self.0 {
            Form::Native(_) => SlotKind::Device,
            Form::Ssh(_) => SlotKind::Ssh,
            Form::Tag(_) | Form::Plugin(_) => SlotKind::Plugin,
        }
    }

    /// Encrypts to it.
    pub(super) fn encrypt(&self, plain: &[u8], asker: &Asker) -> Result<Vec<u8>> {
        let encrypted = match &self.0 {
            Form::Native(recipient) => age::encrypt(recipient, plain),
            Form::Ssh(recipient) => age::encrypt(recipient, plain),
            Form::Tag(recipient) => age::encrypt(recipient, plain),
            Form::Plugin(recipient) => {
                let name = recipient.plugin();
                let alone = std::slice::from_ref(recipient);
                let plugin = age::plugin::RecipientPluginV1::new(name, alone, &[], asker.clone());
                age::encrypt(&plugin.map_err(|_| missing_plugin(name))?, plain)
            }
        };
        encrypted.map_err(|e| {
            let failed = || Error::failed(format!("cannot make a slot for {self}: {}", printable(&e.to_string())));
            asker.unanswered().unwrap_or_else(failed)
        })
    }
}

/// A plugin that is not installed.
pub(super) fn missing_plugin(name: &str) -> Error {
    let name = printable(name);
    Error::not_found(format!("age-plugin-{name} is not installed: it is not on the PATH"))
        .hint(format!("install age-plugin-{name}, or use another slot: cmr key list"))
}

impl From<age::x25519::Recipient> for Recipient {
    fn from(recipient: age::x25519::Recipient) -> Self {
        Self(Form::Native(recipient))
    }
}

impl From<age::ssh::Recipient> for Recipient {
    fn from(recipient: age::ssh::Recipient) -> Self {
        Self(Form::Ssh(recipient))
    }
}

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with("AGE-") || text.contains("PRIVATE KEY") {
            return Err(Error::bad_input("that is a secret key: a slot is made with its public half").hint(
                "age-keygen -y FILE prints the public half of an identity; for ssh it is the file that ends in .pub",
            ));
        }
        if text.starts_with("age1") {
            return native(text).map(Self);
        }
        ssh(text).map(Self::from)
    }
}

fn native(text: &str) -> Result<Form> {
    if let Ok(recipient) = text.parse() {
        return Ok(Form::Native(recipient));
    }
    if let Ok(recipient) = text.parse() {
        return Ok(Form::Tag(recipient));
    }
    // The library's own parser takes any age1… with a second part for a plugin's.
    text.parse::<age::plugin::Recipient>()
        .map(Form::Plugin)
        .map_err(|_| Error::bad_input(format!("{} is no age recipient", printable(text))).hint(FORMS))
}

fn ssh(text: &str) -> Result<age::ssh::Recipient> {
    text.parse().map_err(|error| {
        let shown = printable(text);
        match error {
            ParseRecipientKeyError::RsaModulusTooSmall | ParseRecipientKeyError::RsaModulusTooLarge => {
                Error::bad_input("this RSA key has a size that is not taken: 2048 to 4096 bits are")
            }
            ParseRecipientKeyError::Unsupported(kind) => {
                Error::bad_input(format!("an ssh key of type {} cannot open a slot", printable(&kind)))
                    .hint("take an ssh-ed25519 or ssh-rsa key; for a hardware key, its age plugin")
            }
            _ => Error::bad_input(format!("{shown} is neither an age recipient nor an ssh public key")).hint(FORMS),
        }
    })
}

const FORMS: &str = "it begins with age1, ssh-ed25519 or ssh-rsa, or it is a file that holds such a line";

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            Form::Native(recipient) => recipient.fmt(f),
            Form::Ssh(recipient) => recipient.fmt(f),
            Form::Tag(recipient) => recipient.fmt(f),
            Form::Plugin(recipient) => recipient.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";

    #[test]
    fn each_form_is_known_and_shown_as_it_was_written() {
        let native = age::x25519::Identity::generate().to_public().to_string();
        for (text, kind) in [(native.as_str(), SlotKind::Device), (SSH, SlotKind::Ssh)] {
            let recipient: Recipient = text.parse().unwrap();
            assert_eq!((recipient.to_string().as_str(), recipient.kind()), (text, kind));
        }
        let with_comment: Recipient = format!("{SSH} ada@laptop\n").parse().unwrap();
        assert_eq!(with_comment.to_string(), SSH);
    }

    #[test]
    fn what_is_no_recipient_is_refused_and_a_secret_is_not_repeated() {
        for text in ["", "age1", "age1xyz", "ssh-dss AAAA", "hello", "ssh-ed25519 AAAA"] {
            assert!(text.parse::<Recipient>().is_err(), "{text}");
        }
        let (_, secret) = super::super::new_recovery();
        let error = secret.parse::<Recipient>().map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("secret key") && !error.contains(secret.as_str()), "{error}");
    }
}
