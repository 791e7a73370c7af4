//! A plugin for tests, as `age-plugin-yubikey` is one: its recipient and its identity hold the same byte, which hides
//! the file key by nothing but an exclusive or. It asks for a PIN where its identity says so. Not for anything real.

use std::collections::{HashMap, HashSet};
use std::io;

use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use age_plugin::identity::{self, IdentityPluginV1};
use age_plugin::recipient::{self, RecipientPluginV1};
use age_plugin::{Callbacks, PluginHandler, print_new_identity, run_state_machine};

const NAME: &str = "cmrtest";
const TAG: &str = "cmrtest";

struct Handler;

impl PluginHandler for Handler {
    type RecipientV1 = Recipients;
    type IdentityV1 = Identities;

    fn recipient_v1(self) -> io::Result<Recipients> {
        Ok(Recipients::default())
    }

    fn identity_v1(self) -> io::Result<Identities> {
        Ok(Identities::default())
    }
}

#[derive(Default)]
struct Recipients(Vec<u8>);

impl RecipientPluginV1 for Recipients {
    fn add_recipient(&mut self, _: usize, _: &str, bytes: &[u8]) -> Result<(), recipient::Error> {
        self.0.push(bytes[0]);
        Ok(())
    }

    fn add_identity(&mut self, _: usize, _: &str, bytes: &[u8]) -> Result<(), recipient::Error> {
        self.0.push(bytes[0]);
        Ok(())
    }

    fn labels(&mut self) -> HashSet<String> {
        HashSet::new()
    }

    fn wrap_file_keys(
        &mut self,
        file_keys: Vec<FileKey>,
        _: impl Callbacks<recipient::Error>,
    ) -> io::Result<Result<Vec<Vec<Stanza>>, Vec<recipient::Error>>> {
        let stanza = |key: &FileKey, byte: u8| Stanza {
            tag: TAG.to_owned(),
            args: vec![byte.to_string()],
            body: key.expose_secret().iter().map(|b| b ^ byte).collect(),
        };
        Ok(Ok(file_keys.iter().map(|key| self.0.iter().map(|byte| stanza(key, *byte)).collect()).collect()))
    }
}

/// Each identity is the byte, and whether it wants a PIN.
#[derive(Default)]
struct Identities(Vec<(u8, bool)>);

impl IdentityPluginV1 for Identities {
    fn add_identity(&mut self, _: usize, _: &str, bytes: &[u8]) -> Result<(), identity::Error> {
        self.0.push((bytes[0], bytes.get(1) == Some(&1)));
        Ok(())
    }

    fn unwrap_file_keys(
        &mut self,
        files: Vec<Vec<Stanza>>,
        mut callbacks: impl Callbacks<identity::Error>,
    ) -> io::Result<HashMap<usize, Result<FileKey, Vec<identity::Error>>>> {
        let mut found = HashMap::new();
        for (index, stanzas) in files.iter().enumerate() {
            for (byte, wants_pin) in &self.0 {
                let ours = |stanza: &&Stanza| stanza.tag == TAG && stanza.args == [byte.to_string()];
                let Some(stanza) = stanzas.iter().find(ours) else { continue };
                let _ = callbacks.message("touch the test key")?;
                if *wants_pin && callbacks.request_secret("PIN of the test key")?.is_err() {
                    let error = identity::Error::Internal { message: "no PIN was given".into() };
                    found.insert(index, Err(vec![error]));
                    continue;
                }
                let mut key = [0; 16];
                key.iter_mut().zip(&stanza.body).for_each(|(to, from)| *to = from ^ byte);
                found.insert(index, Ok(FileKey::new(Box::new(key))));
            }
        }
        Ok(found)
    }
}

fn main() -> io::Result<()> {
    match std::env::args().nth(1).and_then(|arg| arg.strip_prefix("--age-plugin=").map(str::to_owned)) {
        Some(state_machine) => run_state_machine(&state_machine, Handler),
        None => {
            let wants_pin = std::env::args().any(|arg| arg == "--pin");
            print_new_identity(NAME, &[7, u8::from(wants_pin)], &[7]);
            Ok(())
        }
    }
}
