//! Passkeys, as exports in JSON have them.

use serde::Deserialize;

use super::super::evidence::{Secret, Sink};
use super::entry::Entry;
use super::json::{List, Loose, each};

/// Where a passkey counts and who the user is there (Web Authentication, section 5.4: `rp.id`, `user.name`). Its key is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Passkey {
    #[serde(default)]
    rp_id: Loose,
    #[serde(default)]
    user_name: Loose,
}

impl Passkey {
    /// Counts each as dropped.
    pub(super) fn tell(passkeys: &List<Self>, sink: &mut dyn Sink) {
        each(passkeys).for_each(|_| sink.dropped(Secret::SecondFactor));
    }

    /// What each says of a login, which may have nothing else.
    pub(super) fn note(passkeys: &List<Self>, entry: &mut Entry, sink: &mut dyn Sink) {
        each(passkeys).for_each(|passkey| entry.passkey(&passkey.rp_id, &passkey.user_name, sink));
    }
}
