//! The keys that the user signs with at vendors.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::text::{Text, Tone, count, local, plain, toned};
use crate::vendor::OwnKey;

/// The key that signs for a relationship, and the one that waits for the vendor to take it.
#[derive(Serialize, JsonSchema)]
pub struct OwnKeysView {
    /// The RFC 7638 thumbprint of the key that signs.
    pub thumbprint: String,
    /// Since when it signs.
    pub since: Timestamp,
    /// The key that signs once the vendor took it.
    pub next: Option<NextKeyView>,
}

/// A key that a vendor is being told of.
#[derive(Serialize, JsonSchema)]
pub struct NextKeyView {
    /// Its RFC 7638 thumbprint.
    pub thumbprint: String,
    /// Since when it waits.
    pub since: Timestamp,
}

impl OwnKeysView {
    /// The view of both.
    pub fn of((now, next): (OwnKey, Option<OwnKey>)) -> Self {
        let next = next.map(|next| NextKeyView { thumbprint: next.thumbprint, since: next.since });
        Self { thumbprint: now.thumbprint, since: now.since, next }
    }

    pub(super) fn words(&self) -> String {
        let since = format!("since {}", local(self.since));
        match &self.next {
            Some(next) => format!("{since}; a new one waits since {} to be taken", local(next.since)),
            None => since,
        }
    }
}

/// `cmr vendor set --all --new-key`.
#[derive(Serialize, JsonSchema)]
pub struct NewKeys {
    /// A line for each vendor.
    pub vendors: Vec<NewKeyLine>,
}

/// A new key for one vendor.
#[derive(Serialize, JsonSchema)]
pub struct NewKeyLine {
    /// The vendor's name.
    pub vendor: String,
    /// Whether a new key goes with the next push.
    pub queued: bool,
    /// Why not.
    pub reason: Option<String>,
}

impl View for NewKeys {
    const SCHEMA: &'static str = "cmr/new-keys/1";

    fn text(&self, out: &mut Text) {
        let row = |line: &NewKeyLine| {
            let (state, tone) = if line.queued { ("queued", Tone::Good) } else { ("as it was", Tone::Dim) };
            [toned(&line.vendor, Tone::Strong), toned(state, tone), plain(line.reason.as_deref().unwrap_or(""))]
        };
        if !self.vendors.is_empty() {
            out.table(["vendor", "new key", ""], self.vendors.iter().map(row).collect());
        }
        let queued = self.vendors.iter().filter(|line| line.queued).count();
        out.line(match queued {
            0 => "No key was changed.".to_owned(),
            some => format!("{} with the next push: cmr push", go(some)),
        });
    }
}

fn go(keys: usize) -> String {
    let verb = if keys == 1 { "goes" } else { "go" };
    format!("{} {verb}", count(keys, "new key"))
}
