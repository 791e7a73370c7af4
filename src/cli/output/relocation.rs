//! `move`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::profile::one_line;
use super::text::{Col, Text, Tone, count, day, plain, toned};
use crate::delivery::relocation::{Has, Line, Relocation, Stage};
use crate::profile::model::ClaimValue;
use crate::vendor::ChannelKind;

/// Where one vendor stands.
#[derive(Serialize, JsonSchema)]
pub struct LineView {
    /// The vendor's name.
    pub vendor: String,
    /// Why it is thought to have the old address.
    pub has: Has,
    /// By which channel it hears of the new one.
    pub channel: Option<ChannelKind>,
    /// How far it has come.
    pub stage: Stage,
    /// Why, in words.
    pub why: Option<String>,
    /// The message that tells it.
    pub message: Option<String>,
    /// What to type next.
    pub next: Option<String>,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        let Line { vendor, has, channel, stage, why, message, next, .. } = line;
        Self { vendor, has, channel, stage, why, message, next }
    }
}

/// `cmr move` and `cmr move status`.
#[derive(Serialize, JsonSchema)]
pub struct Move {
    /// Which address.
    pub claim: String,
    /// In which personas.
    pub personas: Vec<String>,
    /// The address before.
    pub old: Option<Value>,
    /// The new address.
    pub new: Value,
    /// From when it holds.
    pub from: Timestamp,
    /// When vendors began to hear of it; null before its day.
    pub begun: Option<Timestamp>,
    /// The vendors, those first that need something.
    pub vendors: Vec<LineView>,
    /// How many vendors there are of whom nothing is known: whether they have an address of yours.
    pub unknown: usize,
    /// How many of `vendors` are still to confirm, or need you.
    pub open: usize,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
    /// Whether the user is still to be asked.
    #[serde(skip)]
    asked: bool,
}

impl Move {
    /// The view of a move.
    pub fn of(relocation: &Relocation, lines: Vec<Line>, unknown: usize, dry_run: bool) -> Self {
        let json = ClaimValue::to_json;
        Self {
            claim: relocation.claim.to_string(),
            personas: relocation.personas.clone(),
            old: relocation.old.as_ref().map(json),
            new: json(&relocation.new),
            from: relocation.from_at,
            begun: relocation.begun_at,
            open: lines.iter().filter(|line| !line.stage.is_over()).count(),
            vendors: lines.into_iter().map(LineView::from).collect(),
            unknown,
            dry_run,
            asked: relocation.id == 0,
        }
    }

    /// Whether some vendor needs the user.
    pub fn needs_the_user(&self) -> bool {
        self.vendors.iter().any(|line| matches!(line.stage, Stage::NeedsYou | Stage::Failed | Stage::Drifted))
    }
}

/// How many of the vendors that only an import knows are listed for a person: there may be hundreds.
const MOST_KNOWN: usize = 12;

impl View for Move {
    const SCHEMA: &'static str = "cmr/move/1";

    fn text(&self, out: &mut Text) {
        let personas = self.personas.iter().any(|persona| persona != "default");
        out.fields([
            ("from", self.old.as_ref().map(one_line).unwrap_or_default()),
            ("to", one_line(&self.new)),
            (if self.begun.is_some() { "since" } else { "on" }, day(self.from)),
            ("personas", if personas { self.personas.join(", ") } else { String::new() }),
        ]);
        if !self.vendors.is_empty() {
            out.gap();
            let header = ["vendor", "has the old one", "by", "state", "", "next?"];
            let (told, known) = self.vendors.iter().partition::<Vec<_>, _>(|line| line.has != Has::ByImport);
            out.table(header, told.into_iter().chain(known.iter().take(MOST_KNOWN).copied()).map(row).collect());
            if let Some(more @ 1..) = known.len().checked_sub(MOST_KNOWN) {
                out.line(format!("  … and {} that an import knows", count(more, "vendor")));
            }
        }
        if self.unknown > 0 {
            out.line(format!(
                "Of {} it is not known whether they have an address of yours.",
                count(self.unknown, "other vendor")
            ));
        }
        match self.ending() {
            ending if ending.is_empty() => {}
            ending => out.line(ending),
        }
    }
}

impl Move {
    fn ending(&self) -> String {
        match (self.dry_run, self.begun, self.open) {
            (true, ..) => "Nothing was done: --dry-run.".into(),
            _ if self.asked => String::new(),
            (_, None, _) => format!("Planned: cmr upkeep, or cmr push, begins it on {}.", day(self.from)),
            (_, Some(_), 0) if self.vendors.is_empty() => "No vendor is told: no current grant carries this.".into(),
            (_, Some(_), 0) => "Every vendor that you lend it to has confirmed.".into(),
            (_, Some(_), open) => format!("{} to go. Look again: cmr move status", count(open, "vendor")),
        }
    }
}

fn row(line: &LineView) -> [Col; 6] {
    let has = match line.has {
        Has::ByGrant => "by a grant",
        Has::ByFormerGrant => "by a grant that is over",
        Has::ByImport => "perhaps, by an import",
    };
    let (words, tone) = match line.stage {
        Stage::NeedsYou => ("needs you", Tone::Bad),
        Stage::Failed => ("failed", Tone::Bad),
        Stage::Drifted => ("shows another", Tone::Bad),
        Stage::WillHear => ("will hear", Tone::Plain),
        Stage::Queued => ("queued", Tone::Warn),
        Stage::Delivered => ("delivered", Tone::Warn),
        Stage::Confirmed => ("confirmed", Tone::Good),
        Stage::Verified => ("verified", Tone::Good),
        Stage::NotTold => ("not told", Tone::Dim),
    };
    [
        toned(&line.vendor, Tone::Strong),
        plain(has),
        plain(line.channel.map(ChannelKind::name).unwrap_or("—")),
        toned(words, tone),
        toned(line.why.as_deref().unwrap_or(""), Tone::Dim),
        toned(line.next.as_deref().unwrap_or(""), Tone::Dim),
    ]
}
