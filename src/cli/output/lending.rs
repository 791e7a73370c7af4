//! What lending, changing and taking back show: before the question, and after it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::grant::GrantView;
use super::profile::one_line;
use super::text::{DIM, Text, Tone, local, plain, short, toned};
use crate::grant::Status;
use crate::grant::preview::{Effect, Row};
use crate::grant::scope::friendly;

/// One line of a preview.
#[derive(Serialize, JsonSchema)]
pub struct PreviewRow {
    /// OpenID claim name.
    pub claim: String,
    /// `new`, `same`, `changed`, `blocked`, or `has_already` for what the vendor has and this grant does not carry.
    pub effect: &'static str,
    /// The value that would be sent, or that the vendor has.
    pub value: Option<Value>,
    /// The value that the vendor has now.
    pub had: Option<Value>,
    /// Why it is blocked.
    pub why: Option<String>,
    /// Whether an alias takes the place of the profile's value.
    pub alias: bool,
}

impl PreviewRow {
    /// The view of a line.
    pub fn of(row: &Row) -> Self {
        let (effect, had, why) = match &row.effect {
            Effect::New => ("new", None, None),
            Effect::Same => ("same", row.value.clone(), None),
            Effect::Changed { had } => ("changed", Some(had.clone()), None),
            Effect::Blocked { why } => ("blocked", None, Some(why.clone())),
            Effect::HasAlready => ("has_already", row.value.clone(), None),
        };
        Self { claim: row.claim.clone(), effect, value: row.value.clone(), had, why, alias: row.alias }
    }
}

/// A preview.
#[derive(Serialize, JsonSchema)]
pub struct Preview {
    /// The vendor's name.
    pub vendor: String,
    /// What would be sent, claim by claim.
    pub preview: Vec<PreviewRow>,
    /// What for.
    pub purposes: Vec<String>,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// How long the vendor may keep the claims.
    pub data_life: String,
    /// The IEEE 7012 agreement.
    pub terms: Option<String>,
    /// Whose values.
    pub persona: String,
}

impl View for Preview {
    const SCHEMA: &'static str = "cmr/grant-preview/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("{} would get:", self.vendor));
        let row = |row: &PreviewRow| {
            let (words, tone) = match row.effect {
                "new" => ("new to them", Tone::Good),
                "same" => ("they have it", Tone::Dim),
                "changed" => ("changed", Tone::Warn),
                "blocked" => ("blocked", Tone::Bad),
                _ => ("they have it, not by this grant", Tone::Dim),
            };
            let aside = match (&row.why, row.effect, &row.had) {
                (Some(why), ..) => why.clone(),
                (_, "changed", Some(had)) => format!("was {}", one_line(had)),
                _ if row.alias => "your alias for them".into(),
                _ => String::new(),
            };
            [
                toned(&row.claim, Tone::Strong),
                toned(words, tone),
                plain(row.value.as_ref().map(one_line).unwrap_or_default()),
                toned(aside, Tone::Dim),
            ]
        };
        out.table(["claim", "", "value", ""], self.preview.iter().map(row).collect());
        out.fields([
            ("for", self.purposes.join(", ")),
            ("until", local(self.expires)),
            ("they may keep it", friendly(&self.data_life)),
            ("terms", self.terms.clone().unwrap_or_default()),
            ("persona", if self.persona == "default" { String::new() } else { self.persona.clone() }),
        ]);
    }
}

/// `cmr grant create`, `amend`, `renew` and `revoke`.
#[derive(Serialize, JsonSchema)]
pub struct Lent {
    /// The grant as it is now; null with `--dry-run` on a new one.
    pub grant: Option<GrantView>,
    /// What is sent, claim by claim.
    pub preview: Vec<PreviewRow>,
    /// Whether a message to the vendor waits.
    pub queued: bool,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

impl View for Lent {
    const SCHEMA: &'static str = "cmr/grant-change/1";

    fn text(&self, out: &mut Text) {
        let Some(grant) = self.grant.as_ref().filter(|_| !self.dry_run) else {
            out.line("Nothing was done: --dry-run.");
            return;
        };
        let what = match grant.status {
            Status::Draft => "kept as a draft",
            Status::Revoked => "revoked",
            _ if grant.version == 1 => "made",
            _ => "changed",
        };
        out.line(format!("Grant {what} for {} {DIM}{}{DIM:#}", grant.vendor, grant.id));
        match (self.queued, grant.status) {
            (true, _) => out.line("The vendor is told with: cmr push"),
            (false, Status::Draft) => out.line(format!("Offer it: cmr grant amend {} --offer", short(&grant.id))),
            (false, _) => out.line("The vendor was never told of it, and need not be told now."),
        }
    }
}

/// What `cmr grant revoke` would do, before it is asked for.
#[derive(Serialize, JsonSchema)]
pub struct Consequences {
    /// The vendor's name.
    pub vendor: String,
    /// What the vendor has by this grant.
    pub has: Vec<String>,
    /// By when it is asked to state the deletion.
    pub confirm_within_days: i64,
}

impl View for Consequences {
    const SCHEMA: &'static str = "cmr/grant-consequences/1";

    fn text(&self, out: &mut Text) {
        if self.has.is_empty() {
            out.line(format!("{} has nothing by this grant: unsent messages of it are cancelled.", self.vendor));
            return;
        }
        out.paragraph(&format!("{} has by this grant: {}.", self.vendor, self.has.join(", ")));
        out.paragraph(&format!(
            "It will be told to stop using it, to delete it, to notify those it gave it to, and to state so, signed, \
             within {} days. Until then the revocation shows as not confirmed. An ended grant does not come back.",
            self.confirm_within_days
        ));
    }
}

/// `cmr grant revoke --close`.
#[derive(Serialize, JsonSchema)]
pub struct Closed {
    /// The grant as it is now.
    pub grant: GrantView,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

impl View for Closed {
    const SCHEMA: &'static str = "cmr/grant-closed/1";

    fn text(&self, out: &mut Text) {
        let (grant, vendor) = (&self.grant, &self.grant.vendor);
        if self.dry_run {
            return out.line("Nothing was done: --dry-run.");
        }
        if grant.closed.is_some() {
            return out.line(format!("Closed without the word of {vendor} {DIM}{}{DIM:#}", grant.id));
        }
        out.line(format!("{vendor} never confirmed that this grant is over, nor that it deleted anything."));
        out.line(match grant.underway {
            Some(_) => "What is on its way to it still goes out, and what it confirms later is still recorded.",
            None => "What it confirms later is still recorded. What it has, cmr vendor knows goes on to say.",
        });
    }
}
