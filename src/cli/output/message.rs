//! `push`, `pull` and `outbox`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::mail::TextView;
use super::text::{Col, DIM, Text, Tone, count, local, plain, short, toned};
use super::verify::ReadBackView;
use crate::delivery::{Message, MessageState};

/// A message.
#[derive(Serialize, JsonSchema)]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// `out` or `in`.
    pub direction: &'static str,
    /// The vendor's name.
    pub vendor: String,
    /// The event's name.
    pub event: String,
    /// The grant that it is about.
    pub grant: Option<String>,
    /// The grant's version that it makes or answers.
    pub version: Option<u32>,
    /// What became of it.
    pub state: MessageState,
    /// When it was signed or received.
    pub at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// Since when it may have arrived.
    pub attempted: Option<Timestamp>,
    /// When the vendor's server took it.
    pub delivered: Option<Timestamp>,
    /// Not before this is it sent again.
    pub due: Option<Timestamp>,
    /// Why it is in this state.
    pub reason: Option<String>,
    /// What the vendor answered, for a message that came in.
    pub content: Option<Value>,
}

impl MessageView {
    /// The view of a message.
    pub fn of(message: &Message, vendor: &str, content: Option<Value>) -> Self {
        Self {
            id: message.id.clone(),
            direction: if message.outgoing { "out" } else { "in" },
            vendor: vendor.to_owned(),
            event: message.event.clone(),
            grant: message.grant_id.clone(),
            version: message.version,
            state: message.state,
            at: message.created_at,
            attempts: message.attempts,
            attempted: message.attempted_at,
            delivered: message.delivered_at,
            due: message.due_at,
            reason: message.reason.clone(),
            content,
        }
    }

    fn words(&self) -> String {
        let due = self.due.filter(|_| self.state == MessageState::Queued);
        let mut words = again(self.reason.as_deref(), due);
        if self.state == MessageState::Queued && self.attempted.is_some() {
            words.push_str("; it may have arrived");
        }
        if let Some(content) = &self.content {
            words = super::inbox::said(&self.event, content);
        }
        words.trim_start_matches("; ").to_owned()
    }
}

/// Why a message is where it is, and from when on it is sent again.
fn again(reason: Option<&str>, due: Option<Timestamp>) -> String {
    let due = due.map(|due| format!("again after {}", local(due)));
    reason.map(str::to_owned).into_iter().chain(due).collect::<Vec<_>>().join("; ")
}

/// How a state is meant.
pub(super) fn tone(state: MessageState) -> Tone {
    match state {
        MessageState::Delivered | MessageState::Received => Tone::Good,
        MessageState::Queued => Tone::Warn,
        MessageState::Held | MessageState::Failed => Tone::Bad,
        MessageState::Cancelled => Tone::Dim,
    }
}

/// Messages as a table.
pub fn table(out: &mut Text, messages: &[MessageView]) {
    let row = |message: &MessageView| {
        let version = message.version.map(|version| format!(" v{version}")).unwrap_or_default();
        [
            plain(&message.vendor),
            plain(format!("{}{version}", message.event)),
            toned(message.state.name(), tone(message.state)),
            plain(local(message.delivered.unwrap_or(message.at))),
            plain(message.words()),
            toned(short(&message.id), Tone::Dim),
        ]
    };
    out.table(["vendor", "message", "state", "at?", "", "id"], messages.iter().map(row).collect());
}

/// `cmr outbox list`.
#[derive(Serialize, JsonSchema)]
pub struct Outbox {
    /// The messages, newest first.
    pub messages: Vec<MessageView>,
}

impl View for Outbox {
    const SCHEMA: &'static str = "cmr/outbox/1";

    fn text(&self, out: &mut Text) {
        match self.messages.is_empty() {
            true => out.line("Nothing waits."),
            false => table(out, &self.messages),
        }
    }
}

/// `cmr outbox show`, `retry` and `drop`.
#[derive(Serialize, JsonSchema)]
pub struct OneMessage {
    /// The message.
    #[serde(flatten)]
    pub message: MessageView,
    /// Its text, for a message that goes as one.
    pub text: Option<TextView>,
    /// The compact SET, as it goes over the wire.
    pub jws: String,
    /// The claims of the SET.
    pub claims: Value,
}

impl View for OneMessage {
    const SCHEMA: &'static str = "cmr/message/1";

    fn text(&self, out: &mut Text) {
        table(out, std::slice::from_ref(&self.message));
        if let Some(text) = &self.text {
            text.show(out);
        }
        let json = serde_json::to_string_pretty(&self.claims).unwrap_or_default();
        out.gap();
        for line in json.lines() {
            out.line(crate::text::printable(line));
        }
    }
}

/// `cmr push` and `cmr pull`.
#[derive(Default, Serialize, JsonSchema)]
pub struct Moved {
    /// What was sent or is still to be sent, a line each.
    pub lines: Vec<Line>,
    /// What vendors said, beyond those lines.
    pub answers: Vec<MessageView>,
    /// What vendors sent that did not verify.
    pub refused: Vec<RefusedView>,
    /// Vendors that could not be asked for their answers, and why.
    pub troubles: Vec<TroubleView>,
    /// What vendors show of what they were told, where they were asked.
    pub read_back: Vec<ReadBackView>,
    /// Whether nothing was sent, because of `--dry-run`.
    pub dry_run: bool,
    /// What people read where there is nothing to tell.
    #[serde(skip)]
    pub idle: &'static str,
}

/// What became of one message to one vendor.
#[derive(Serialize, JsonSchema)]
pub struct Line {
    /// The vendor's name.
    pub vendor: String,
    /// The event's name.
    pub event: String,
    /// The grant.
    pub grant: Option<String>,
    /// The grant's version.
    pub version: Option<u32>,
    /// `queued`, `delivered`, `acknowledged`, `refused`, `deletion_stated`, `held`, `failed` or `waiting` (with `--dry-run`).
    pub state: String,
    /// Why, or what the vendor said.
    pub reason: Option<String>,
    /// Not before this is it sent again.
    pub due: Option<Timestamp>,
    /// The message's id.
    pub message: String,
}

/// Something that a vendor sent and that did not verify.
#[derive(Serialize, JsonSchema)]
pub struct RefusedView {
    /// The vendor's name.
    pub vendor: String,
    /// The id of what it sent.
    pub jti: String,
    /// Why it was refused.
    pub why: String,
}

/// A vendor that could not be asked.
#[derive(Serialize, JsonSchema)]
pub struct TroubleView {
    /// The vendor's name.
    pub vendor: String,
    /// Why.
    pub why: String,
}

impl Line {
    /// Whether it is not with the vendor, or refused.
    pub fn is_trouble(&self) -> bool {
        matches!(self.tone(), Tone::Warn | Tone::Bad)
    }

    /// Whether the vendor has it.
    pub fn arrived(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "waiting" | "held" | "failed")
    }

    fn tone(&self) -> Tone {
        match self.state.as_str() {
            "acknowledged" | "deletion_stated" => Tone::Good,
            "delivered" => Tone::Plain,
            "queued" | "waiting" => Tone::Warn,
            _ => Tone::Bad,
        }
    }
}

/// From so many vendors on nobody counts the rows of a table.
const MANY: usize = 10;

/// What is worst of a vendor's messages, or else the last of them.
fn decisive(lines: &[Line]) -> Option<&Line> {
    lines.iter().max_by_key(|line| match line.tone() {
        Tone::Bad => 2,
        Tone::Warn => 1,
        _ => 0,
    })
}

/// How many vendors there are in each state.
fn summary(by_vendor: &[&[Line]]) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for line in by_vendor.iter().filter_map(|lines| decisive(lines)) {
        *states.entry(&line.state).or_default() += 1;
    }
    let states: Vec<_> = states.iter().map(|(state, n)| format!("{n} {}", state.replace('_', " "))).collect();
    format!("{}: {}", count(by_vendor.len(), "vendor"), states.join(", "))
}

/// One row for a vendor.
pub(super) fn row(lines: &[Line]) -> [Col; 4] {
    let Some(line) = decisive(lines) else { return [plain(""), plain(""), plain(""), plain("")] };
    let version = line.version.map(|version| format!(" v{version}")).unwrap_or_default();
    let others = match lines.len() {
        0 | 1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    [
        toned(&line.vendor, Tone::Strong),
        plain(format!("{}{version}{others}", line.event)),
        toned(line.state.replace('_', " "), line.tone()),
        plain(again(line.reason.as_deref(), line.due)),
    ]
}

impl View for Moved {
    const SCHEMA: &'static str = "cmr/moved/1";

    fn text(&self, out: &mut Text) {
        if !self.lines.is_empty() {
            let by_vendor: Vec<_> = self.lines.chunk_by(|a, b| a.vendor == b.vendor).collect();
            out.table(["vendor", "message", "state", ""], by_vendor.iter().map(|lines| row(lines)).collect());
            if by_vendor.len() >= MANY && !self.dry_run {
                out.line(summary(&by_vendor));
            }
        }
        if !self.answers.is_empty() {
            table(out, &self.answers);
        }
        for refused in &self.refused {
            out.line(format!(
                "  {} sent something that was refused: {} {DIM}{}{DIM:#}",
                refused.vendor, refused.why, refused.jti
            ));
        }
        self.read_back.iter().for_each(|view| view.text(out));
        for trouble in &self.troubles {
            out.line(format!("  {} could not be asked for its answers: {}", trouble.vendor, trouble.why));
        }
        if self.lines.is_empty() && self.answers.is_empty() && self.troubles.is_empty() && self.refused.is_empty() {
            out.line(self.idle);
        }
        if self.dry_run {
            out.line(format!("Nothing was sent: --dry-run. {} waiting.", count(self.lines.len(), "message")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(vendor: &str, state: &str) -> Line {
        Line {
            vendor: vendor.into(),
            event: "grant-created".into(),
            grant: None,
            version: None,
            state: state.into(),
            reason: None,
            due: None,
            message: String::new(),
        }
    }

    #[test]
    fn a_vendor_counts_once_by_the_worst_of_its_messages() {
        let lines = [line("a", "delivered"), line("a", "held"), line("b", "deletion_stated"), line("c", "held")];
        let by_vendor: Vec<_> = lines.chunk_by(|a, b| a.vendor == b.vendor).collect();
        assert_eq!(summary(&by_vendor), "3 vendors: 1 deletion stated, 2 held");
    }
}
