//! `vendor verify`, and what `push` read back.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::profile::one_line;
use super::text::{Col, DIM, Text, Tone, local, plain, toned};
use crate::delivery::drift::{Asked, Finding, Kept, State};
use crate::vendor::ChannelKind;

/// `cmr vendor verify`: what a vendor should show, and what it shows.
#[derive(Serialize, JsonSchema)]
pub struct Verification {
    /// The vendor's name.
    pub vendor: String,
    /// By which channel it was asked; null if it was not.
    pub channel: Option<ChannelKind>,
    /// When.
    pub at: Timestamp,
    /// Why it could not be asked; null if it could.
    pub trouble: Option<String>,
    /// What it should show, claim by claim.
    pub claims: Vec<Checked>,
    /// What it showed when it was asked before, the newest first: each message's last reading.
    pub before: Vec<ReadingView>,
}

/// One claim.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    /// The claim.
    pub claim: String,
    /// The value that the vendor was last told.
    pub told: Value,
    /// Whether it should show that value: it is lent. Else it should show it no more.
    pub lent: bool,
    /// What was found.
    pub state: State,
    /// What it shows, where that is not what it should.
    pub shows: Option<String>,
    /// The message that brought the value, or took it back.
    pub message: String,
}

/// What a vendor showed of a claim.
#[derive(Serialize, JsonSchema)]
pub struct ReadingView {
    /// The claim.
    pub claim: String,
    /// By which channel it was asked.
    pub channel: ChannelKind,
    /// What was found.
    pub state: State,
    /// What it showed, where that was not what it should.
    pub shows: Option<String>,
    /// The message that had brought the value, or taken it back.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

impl Checked {
    fn of(finding: &Finding) -> Self {
        let expected = &finding.expected;
        Self {
            claim: expected.claim.clone(),
            told: expected.value.clone(),
            lent: expected.lent,
            state: finding.state,
            shows: finding.seen.clone(),
            message: expected.message_id.clone(),
        }
    }

    fn shown(&self) -> &str {
        match (self.state, &self.shows) {
            (_, Some(shows)) => shows,
            (State::Verified, None) => "the same",
            (State::Cleared, None) => "nothing of it any more",
            _ => "nothing of it",
        }
    }

    fn row(&self, at: Timestamp) -> [Col; 5] {
        let should = if self.lent { one_line(&self.told) } else { "nothing of it any more".to_owned() };
        [
            toned(&self.claim, Tone::Strong),
            plain(should),
            plain(self.shown()),
            toned(words(self.state), tone(self.state)),
            plain(local(at)),
        ]
    }
}

/// A state in words.
fn words(state: State) -> &'static str {
    match state {
        State::StillThere => "still there",
        other => other.name(),
    }
}

fn tone(state: State) -> Tone {
    match state {
        State::Verified | State::Cleared => Tone::Good,
        State::Unknown => Tone::Warn,
        State::Drifted | State::StillThere => Tone::Bad,
    }
}

impl Verification {
    /// The view of an answer, and of what was read before.
    pub fn of(asked: &Asked, kept: &[Kept]) -> Self {
        let claims: Vec<Checked> = asked.findings.iter().map(Checked::of).collect();
        let is_now = |kept: &&Kept| {
            let same = |one: &Checked| one.claim == kept.claim && one.message == kept.message_id;
            asked.trouble.is_none() && asked.channel == Some(kept.channel) && claims.iter().any(same)
        };
        let before = kept.iter().filter(|kept| !is_now(kept)).map(ReadingView::of).collect();
        Self {
            vendor: asked.vendor.clone(),
            channel: asked.channel,
            at: asked.at,
            trouble: asked.trouble.as_ref().map(|trouble| trouble.why.clone()),
            claims,
            before,
        }
    }
}

impl ReadingView {
    fn of(kept: &Kept) -> Self {
        Self {
            claim: kept.claim.clone(),
            channel: kept.channel,
            state: kept.state,
            shows: kept.seen.clone(),
            message: kept.message_id.clone(),
            at: kept.at,
        }
    }

    fn row(&self) -> [Col; 4] {
        [
            toned(&self.claim, Tone::Strong),
            toned(words(self.state), tone(self.state)),
            plain(self.shows.as_deref().unwrap_or_default()),
            plain(local(self.at)),
        ]
    }
}

impl View for Verification {
    const SCHEMA: &'static str = "cmr/verify/1";

    fn text(&self, out: &mut Text) {
        if self.claims.is_empty() && self.before.is_empty() {
            out.line(format!("There is nothing to verify: {} was told nothing.", self.vendor));
            return;
        }
        match (&self.trouble, self.channel) {
            (Some(why), _) => out.paragraph(&format!("{} could not be asked: {why}", self.vendor)),
            (None, Some(kind)) if !self.claims.is_empty() => {
                out.line(format!("What {} shows by {}:", self.vendor, kind.name()));
                let rows = self.claims.iter().map(|one| one.row(self.at)).collect();
                out.table(["claim", "should be", "shows", "state", "when?"], rows);
            }
            _ => {}
        }
        if !self.before.is_empty() {
            out.heading("Shown before");
            out.table(["claim", "state", "showed", "when"], self.before.iter().map(ReadingView::row).collect());
        }
    }
}

/// What a vendor showed right after a message.
#[derive(Serialize, JsonSchema)]
pub struct ReadBackView {
    /// The vendor's name.
    pub vendor: String,
    /// By which channel it was asked.
    pub channel: Option<ChannelKind>,
    /// Why it could not be asked; null if it could.
    pub trouble: Option<String>,
    /// What was found of each claim.
    pub claims: Vec<Checked>,
}

impl ReadBackView {
    /// The view of an answer.
    pub fn of(asked: &Asked) -> Self {
        Self {
            vendor: asked.vendor.clone(),
            channel: asked.channel,
            trouble: asked.trouble.as_ref().map(|trouble| trouble.why.clone()),
            claims: asked.findings.iter().map(Checked::of).collect(),
        }
    }

    /// Whether something is shown that should not be, or not as it should.
    pub fn is_wrong(&self) -> bool {
        self.claims.iter().any(|one| one.state.is_wrong())
    }

    /// What is shown and should not be, or not as it should; as a row beside those of messages.
    pub(super) fn trouble(&self) -> Option<[Col; 4]> {
        let wrong = self.claims.iter().filter(|one| one.state.is_wrong());
        let claims: Vec<&str> = wrong.map(|one| one.claim.as_str()).collect();
        let next = format!("cmr vendor verify {}", self.vendor);
        let row = [
            toned(&self.vendor, Tone::Strong),
            plain(claims.join(", ")),
            toned("shown otherwise", Tone::Bad),
            plain(next),
        ];
        (!claims.is_empty()).then_some(row)
    }

    pub(super) fn text(&self, out: &mut Text) {
        if let Some(why) = &self.trouble {
            out.line(crate::text::printable(&format!("  {} could not be asked what it shows: {why}", self.vendor)));
            return;
        }
        let of = |state: State| {
            let claims = self.claims.iter().filter(|one| one.state == state).map(|one| one.claim.as_str());
            let claims = claims.collect::<Vec<_>>().join(", ");
            (!claims.is_empty()).then(|| format!("{}: {claims}", words(state)))
        };
        let states = [State::Drifted, State::StillThere, State::Unknown, State::Verified, State::Cleared];
        let found: Vec<String> = states.into_iter().filter_map(of).collect();
        if !found.is_empty() {
            let what = format!("{} was asked what it shows. {}", self.vendor, found.join("; "));
            out.line(format!("  {}  {DIM}cmr vendor verify {}{DIM:#}", crate::text::printable(&what), self.vendor));
        }
    }
}
