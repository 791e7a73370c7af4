//! `grant receipt`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::inbox::said;
use super::text::{DIM, Text, Tone, local, plain, toned};
use crate::delivery::Message;
use crate::delivery::receipt::Receipt;
use crate::grant::Grant;
use crate::vendor::KeptKey;
use crate::wire::jose::Jwk;

/// `cmr grant receipt`: two tokens, their keys, and what was checked. A third party can check it again without cmr.
#[derive(Serialize, JsonSchema)]
pub struct ReceiptView {
    /// The grant's id.
    pub grant: String,
    /// The vendor's name.
    pub vendor: String,
    /// When it was checked.
    pub checked: Timestamp,
    /// Whether all of it holds.
    pub ok: bool,
    /// What you sent.
    pub ours: Half,
    /// What the vendor answered.
    pub theirs: Half,
    /// What the vendor states in it: its word, and not proof.
    pub stated: Value,
    /// What was checked, one by one.
    pub checks: Vec<CheckView>,
}

/// One of the two messages.
#[derive(Serialize, JsonSchema)]
pub struct Half {
    /// The message's id.
    pub id: String,
    /// The event's name.
    pub event: String,
    /// The grant's version that it makes or answers.
    pub version: Option<u32>,
    /// When it was signed by you, or received.
    pub at: Timestamp,
    /// The compact token.
    pub jws: String,
    /// The public key that signed it, as a JWK; null if it is not kept.
    #[schemars(with = "Option<Value>")]
    pub jwk: Option<Jwk>,
    /// The key's thumbprint (RFC 7638).
    pub thumbprint: Option<String>,
    /// Since when the key is yours, or was seen among the vendor's.
    pub key_from: Option<Timestamp>,
    /// When your key was retired, or the vendor's was last seen.
    pub key_to: Option<Timestamp>,
}

/// One thing that was checked.
#[derive(Serialize, JsonSchema)]
pub struct CheckView {
    /// What.
    pub check: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// By what, or why not.
    pub detail: String,
}

impl Half {
    fn of(message: &Message, jwk: Option<&Jwk>, kept: Option<&KeptKey>) -> Self {
        Self {
            id: message.id.clone(),
            event: message.event.clone(),
            version: message.version,
            at: message.created_at,
            jws: message.jws.clone(),
            jwk: jwk.cloned(),
            thumbprint: jwk.and_then(|jwk| jwk.thumbprint().ok()),
            key_from: kept.map(|kept| kept.from),
            key_to: kept.and_then(|kept| kept.to),
        }
    }

    fn title(&self) -> String {
        let version = self.version.map(|version| format!(" v{version}")).unwrap_or_default();
        format!("{}{version}, {}", self.event, local(self.at))
    }
}

impl ReceiptView {
    /// The view of a receipt.
    pub fn of(receipt: &Receipt, grant: &Grant, vendor: &str) -> Self {
        let our_key = receipt.our_key.as_ref();
        let check = |check: &crate::delivery::receipt::Check| CheckView {
            check: check.check,
            ok: check.ok,
            detail: check.detail.clone(),
        };
        Self {
            grant: grant.id.clone(),
            vendor: vendor.to_owned(),
            checked: Timestamp::now(),
            ok: receipt.holds(),
            ours: Half::of(&receipt.ours, our_key.map(|key| &key.jwk), our_key),
            theirs: Half::of(&receipt.theirs, receipt.their_key.as_ref(), receipt.seen.as_ref()),
            stated: receipt.stated().unwrap_or_default(),
            checks: receipt.checks.iter().map(check).collect(),
        }
    }

    fn their_key(&self) -> String {
        let key = self.theirs.thumbprint.clone().unwrap_or_else(|| "not kept".into());
        match (self.theirs.key_from, self.theirs.key_to) {
            (Some(from), Some(to)) => {
                format!("{key}, kept beside the receipt; the vendor's since {}, last seen {}", local(from), local(to))
            }
            _ => format!("{key}, kept beside the receipt; the vendor was never seen with it"),
        }
    }

    /// What the vendor says, after "it states".
    fn statement(&self) -> String {
        let words = said(&self.theirs.event, &self.stated);
        words.strip_prefix("states ").map(str::to_owned).unwrap_or(words)
    }

    fn our_key(&self) -> String {
        let key = self.ours.thumbprint.clone().unwrap_or_else(|| "not kept".into());
        match (self.ours.key_from, self.ours.key_to) {
            (Some(from), Some(to)) => format!("{key}, yours from {} to {}", local(from), local(to)),
            (Some(from), None) => format!("{key}, yours since {}", local(from)),
            _ => key,
        }
    }
}

impl View for ReceiptView {
    const SCHEMA: &'static str = "cmr/receipt/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("Receipt of {} for the grant {DIM}{}{DIM:#}", self.vendor, self.grant));
        out.fields([
            ("you sent", self.ours.title()),
            ("your key", self.our_key()),
            ("it answered", self.theirs.title()),
            ("its key", self.their_key()),
            ("it states", self.statement()),
        ]);
        out.heading("Checked now");
        let row = |check: &CheckView| {
            let state = if check.ok { toned("holds", Tone::Good) } else { toned("FAILS", Tone::Bad) };
            [state, plain(check.check), toned(&check.detail, Tone::Dim)]
        };
        out.table(["state", "check", ""], self.checks.iter().map(row).collect());
        out.gap();
        out.line("A statement is the vendor's signed word, and not proof.");
        out.line("Both tokens and both keys, for anybody to check: --json, or --output FILE");
    }
}
