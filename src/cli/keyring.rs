//! The system's keyring, which holds the identity of a keyring slot: Secret Service on Linux, where desktops unlock it
//! with the login. Only with the cargo feature `keyring`.

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// What an identity is filed under: the vault and the slot's recipient, so that a new slot never overwrites the
/// identity of an old one.
pub(super) struct Place {
    #[cfg_attr(not(feature = "keyring"), allow(dead_code, reason = "there is no keyring to look it up in"))]
    user: String,
}

impl Place {
    pub(super) fn new(vault: Uuid, recipient: &str) -> Self {
        Self { user: format!("{vault} {recipient}") }
    }
}

#[cfg(feature = "keyring")]
mod built_in {
    use keyring_core::{Entry, Error as KeyringError};

    use super::*;

    impl Place {
        /// The identity, if the keyring has it.
        ///
        /// # Errors
        /// Kind failed if there is a keyring and it does not answer.
        pub(in super::super) fn get(&self) -> Result<Option<Zeroizing<String>>> {
            match self.entry()?.get_password() {
                Ok(text) => Ok(Some(Zeroizing::new(text))),
                Err(KeyringError::NoEntry) => Ok(None),
                Err(error) => Err(failed(&error)),
            }
        }

        /// Keeps the identity.
        ///
        /// # Errors
        /// Kind failed if the keyring does not take it.
        pub(in super::super) fn set(&self, identity: &str) -> Result<()> {
            self.entry()?.set_password(identity).map_err(|error| failed(&error))
        }

        /// Forgets the identity.
        ///
        /// # Errors
        /// Kind failed if the keyring does not let go of it.
        pub(in super::super) fn remove(&self) -> Result<()> {
            match self.entry()?.delete_credential() {
                Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
                Err(error) => Err(failed(&error)),
            }
        }

        fn entry(&self) -> Result<Entry> {
            if keyring_core::get_default_store().is_none() {
                keyring_core::set_default_store(store()?);
            }
            Entry::new("cmr", &self.user).map_err(|error| failed(&error))
        }
    }

    #[cfg(target_os = "linux")]
    fn store() -> Result<std::sync::Arc<keyring_core::CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new().map_err(|error| failed(&error))?)
    }

    #[cfg(not(target_os = "linux"))]
    fn store() -> Result<std::sync::Arc<keyring_core::CredentialStore>> {
        Err(Error::failed("cmr knows no keyring on this system").hint("use another slot: cmr key list"))
    }

    fn failed(error: &KeyringError) -> Error {
        Error::failed(format!("the keyring does not answer: {error}"))
            .hint("unlock the keyring, or open the vault with another slot: --passphrase-fd N, CMR_IDENTITY_FILE")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_identity_is_kept_found_and_forgotten() {
            keyring_core::set_default_store(keyring_core::mock::Store::new().unwrap());
            let (here, there) = (Place::new(Uuid::nil(), "age1a"), Place::new(Uuid::nil(), "age1b"));
            assert!(here.get().unwrap().is_none());
            here.set("AGE-SECRET-KEY-1").unwrap();
            assert_eq!(here.get().unwrap().as_deref().map(String::as_str), Some("AGE-SECRET-KEY-1"));
            assert!(there.get().unwrap().is_none(), "each slot has its own");
            here.remove().unwrap();
            here.remove().unwrap();
            assert!(here.get().unwrap().is_none());
        }
    }
}

#[cfg(not(feature = "keyring"))]
mod left_out {
    use super::*;

    impl Place {
        /// Nothing: whoever built this program left the keyring out.
        pub(in super::super) fn get(&self) -> Result<Option<Zeroizing<String>>> {
            log::debug!("this cmr was built without the keyring");
            Ok(None)
        }

        /// An error that says so.
        pub(in super::super) fn set(&self, _: &str) -> Result<()> {
            Err(without())
        }

        /// An error that says so.
        pub(in super::super) fn remove(&self) -> Result<()> {
            Err(without())
        }
    }

    fn without() -> Error {
        Error::failed("this cmr was built without the keyring")
            .hint("build it: cargo build --release --features keyring; or use another kind of slot")
    }
}
