//! `profile` and `persona`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::text::{DIM, Text, Tone, count, local, local_or, plain, toned};
use crate::delivery::lend::Followed;
use crate::profile::Change;
use crate::profile::model::{Claim, ClaimValue};

/// A claim and its value.
#[derive(Serialize, JsonSchema)]
pub struct ClaimView {
    /// Its name, with its label: `address.home`.
    pub claim: String,
    /// Its value: a text, or the parts of an address.
    pub value: Value,
}

impl ClaimView {
    /// The view of a claim.
    pub fn of(claim: &Claim) -> Self {
        Self { claim: claim.name.to_string(), value: claim.value.to_json() }
    }
}

/// A value on one line.
pub fn one_line(value: &Value) -> String {
    serde_json::from_value::<ClaimValue>(value.clone()).map_or_else(|_| value.to_string(), |value| value.to_string())
}

/// `cmr profile show`.
#[derive(Serialize, JsonSchema)]
pub struct Profile {
    /// Whose claims.
    pub persona: String,
    /// The claims.
    pub claims: Vec<ClaimView>,
    /// Names of claims that are not set, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
}

impl View for Profile {
    const SCHEMA: &'static str = "cmr/profile/1";

    fn text(&self, out: &mut Text) {
        if self.claims.is_empty() && self.unset.is_empty() {
            out.line("The profile is empty. Fill it: cmr profile import card.vcf, or cmr profile set name …");
            return;
        }
        let set = self.claims.iter().map(|claim| [toned(&claim.claim, Tone::Strong), plain(one_line(&claim.value))]);
        let unset = self.unset.iter().map(|name| [toned(name, Tone::Dim), toned("—", Tone::Dim)]);
        out.table(["claim", "value"], set.chain(unset).collect());
    }
}

/// `cmr profile show CLAIM`: a single value is printed bare, for scripts.
#[derive(Serialize, JsonSchema)]
pub struct OneClaim {
    /// Whose claim.
    pub persona: String,
    /// The claim.
    #[serde(flatten)]
    pub claim: ClaimView,
}

impl View for OneClaim {
    const SCHEMA: &'static str = "cmr/claim/1";

    fn text(&self, out: &mut Text) {
        out.line(crate::text::printable(&one_line(&self.claim.value)));
    }
}

/// A change of a claim.
#[derive(Serialize, JsonSchema)]
pub struct ChangeView {
    /// The claim.
    pub claim: String,
    /// Its value before.
    pub old: Option<Value>,
    /// Its value after.
    pub new: Option<Value>,
}

impl ChangeView {
    /// The view of a change.
    pub fn of(change: &Change) -> Self {
        let json = |value: &Option<ClaimValue>| value.as_ref().map(ClaimValue::to_json);
        Self { claim: change.name.to_string(), old: json(&change.old), new: json(&change.new) }
    }
}

/// A grant that follows a change.
#[derive(Serialize, JsonSchema)]
pub struct FollowView {
    /// The vendor's name.
    pub vendor: String,
    /// The grant.
    pub grant: String,
    /// Its new version.
    pub version: u32,
    /// OpenID names of the claims that the vendor will get anew.
    pub claims: Vec<String>,
    /// `queued`: `cmr push` delivers; `ended` where nothing is left to lend; `blocked` where the vendor cannot be told.
    pub state: &'static str,
    /// Why it is blocked.
    pub problem: Option<String>,
}

impl FollowView {
    /// The view of a grant that followed.
    pub fn of(followed: &Followed) -> Self {
        Self {
            vendor: followed.vendor.name.clone(),
            grant: followed.grant.id.clone(),
            version: followed.grant.state.version,
            claims: followed.claims.clone(),
            state: match &followed.problem {
                Some(_) => "blocked",
                None if followed.grant.state.status.is_current() => "queued",
                None => "ended",
            },
            problem: followed.problem.clone(),
        }
    }

    fn text(&self, out: &mut Text) {
        let vendor = &self.vendor;
        match (self.state, &self.problem) {
            (_, Some(problem)) => {
                let (style, end) = (super::text::WARN, format!("{:#}", super::text::WARN));
                out.line(format!("  {vendor} {style}cannot be told{end}: {}", crate::text::printable(problem)));
            }
            ("ended", _) => {
                out.line(format!("  {vendor} never heard of its grant, and nothing is left to lend: it is over"))
            }
            _ => out.line(format!("  {vendor} will hear of {} {DIM}(queued){DIM:#}", self.claims.join(", "))),
        }
    }
}

/// `cmr profile set`, `unset`, `edit` and `import`.
#[derive(Serialize, JsonSchema)]
pub struct Changed {
    /// Whose claims.
    pub persona: String,
    /// What changed.
    pub changes: Vec<ChangeView>,
    /// Which vendors will hear of it.
    pub follows: Vec<FollowView>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

impl View for Changed {
    const SCHEMA: &'static str = "cmr/profile-changes/1";

    fn text(&self, out: &mut Text) {
        changes(out, &self.changes);
        for follow in &self.follows {
            follow.text(out);
        }
        match (self.dry_run, self.changes.is_empty(), self.follows.is_empty()) {
            (true, ..) => out.line("Nothing was done: --dry-run."),
            (_, true, true) => out.line("Nothing changes."),
            (_, _, true) => out.line("No vendor is told: no current grant carries this."),
            _ => match self.follows.iter().filter(|follow| follow.state == "queued").count() {
                0 => {}
                queued => out.line(format!("Deliver to {}: cmr push", count(queued, "vendor"))),
            },
        }
    }
}

/// Changes as a table: what was, what will be.
pub fn changes(out: &mut Text, changes: &[ChangeView]) {
    if changes.is_empty() {
        return;
    }
    let row = |change: &ChangeView| {
        let value = |value: &Option<Value>| value.as_ref().map(one_line).unwrap_or_default();
        let (sign, tone) = match (&change.old, &change.new) {
            (None, _) => ("+", Tone::Good),
            (_, None) => ("-", Tone::Bad),
            _ => ("~", Tone::Warn),
        };
        [
            toned(sign, tone),
            toned(&change.claim, Tone::Strong),
            plain(value(&change.new)),
            toned(if change.old.is_some() { format!("was {}", value(&change.old)) } else { String::new() }, Tone::Dim),
        ]
    };
    out.table(["", "claim", "value", ""], changes.iter().map(row).collect());
}

/// What `cmr profile import` is about to set.
#[derive(Serialize, JsonSchema)]
pub struct Import {
    /// Whose claims.
    pub persona: String,
    /// The name on the card.
    pub card: String,
    /// What it sets.
    pub changes: Vec<ChangeView>,
    /// What of the card a profile has no place for.
    pub left_out: Vec<LeftOutView>,
    /// What of the file could not be read.
    pub problems: Vec<ProblemView>,
    /// Which vendors will hear of it.
    pub follows: Vec<FollowView>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

/// A property of a card that did not become a claim.
#[derive(Serialize, JsonSchema)]
pub struct LeftOutView {
    /// Its line in the file.
    pub line: Option<usize>,
    /// Its name.
    pub property: String,
    /// Why.
    pub why: String,
}

/// Something in a file that could not be read.
#[derive(Serialize, JsonSchema)]
pub struct ProblemView {
    /// The line.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl View for Import {
    const SCHEMA: &'static str = "cmr/profile-import/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("From the card of {}:", crate::text::printable(&self.card)));
        changes(out, &self.changes);
        if self.changes.is_empty() {
            out.line("  nothing new");
        }
        for left in &self.left_out {
            let line = left.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            out.line(format!("  {DIM}not kept: {line}{} ({}){DIM:#}", left.property, left.why));
        }
        problems(out, &self.problems);
        for follow in &self.follows {
            follow.text(out);
        }
    }
}

/// What of a file could not be read.
pub fn problems(out: &mut Text, problems: &[ProblemView]) {
    for problem in problems {
        out.line(format!(
            "  {}not read:{:#} line {}: {}",
            super::text::WARN,
            super::text::WARN,
            problem.line,
            crate::text::printable(&problem.what)
        ));
    }
}

/// `cmr profile history`.
#[derive(Serialize, JsonSchema)]
pub struct History {
    /// Whose claims.
    pub persona: String,
    /// The versions, newest first.
    pub versions: Vec<VersionView>,
}

/// One version of a claim.
#[derive(Serialize, JsonSchema)]
pub struct VersionView {
    /// The claim and its value.
    #[serde(flatten)]
    pub claim: ClaimView,
    /// From when.
    pub from: Timestamp,
    /// Until when; null for the current one.
    pub until: Option<Timestamp>,
    /// Where it came from.
    pub source: String,
}

impl View for History {
    const SCHEMA: &'static str = "cmr/profile-history/1";

    fn text(&self, out: &mut Text) {
        let row = |version: &VersionView| {
            [
                toned(&version.claim.claim, Tone::Strong),
                plain(one_line(&version.claim.value)),
                plain(local(version.from)),
                plain(local_or(version.until, "now")),
                toned(&version.source, Tone::Dim),
            ]
        };
        out.table(["claim", "value", "from", "until", "source"], self.versions.iter().map(row).collect());
    }
}

/// `cmr profile export`.
#[derive(Serialize, JsonSchema)]
pub struct Exported {
    /// The file, where it went to one.
    pub file: Option<String>,
    /// How many claims it holds.
    pub claims: usize,
    /// The vCard itself, where it did not go to a file.
    pub card: Option<String>,
}

impl View for Exported {
    const SCHEMA: &'static str = "cmr/profile-export/1";

    fn text(&self, out: &mut Text) {
        if let Some(file) = &self.file {
            out.line(format!("{} written to {file}", count(self.claims, "claim")));
        }
        if let Some(card) = &self.card {
            out.line(card.trim_end());
        }
    }
}

/// `cmr persona`.
#[derive(Serialize, JsonSchema)]
pub struct Personas {
    /// The personas.
    pub personas: Vec<PersonaView>,
}

/// One persona.
#[derive(Serialize, JsonSchema)]
pub struct PersonaView {
    /// Its name.
    pub name: String,
    /// How many claims it has.
    pub claims: u32,
}

impl View for Personas {
    const SCHEMA: &'static str = "cmr/personas/1";

    fn text(&self, out: &mut Text) {
        let row = |persona: &PersonaView| [toned(&persona.name, Tone::Strong), plain(persona.claims.to_string())];
        out.table(["persona", "claims"], self.personas.iter().map(row).collect());
    }
}
