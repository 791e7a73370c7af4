//! `inbox`, and what a vendor's message says in words.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::message::MessageView;
use super::text::{DIM, Text, Tone, count, local, plain, short, toned};
use crate::delivery::Message;
use crate::delivery::mail::answer as mail;
use crate::text::printable;
use crate::wire::event::{Event, FeedbackSubmitted};

/// How much of a vendor's text stands on a line, in characters.
const ON_A_LINE: usize = 160;

/// What a vendor's message says, on one line.
pub(super) fn said(event: &str, content: &Value) -> String {
    let text = |name: &str| content.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| {
        let items = content.get(name).and_then(Value::as_array)?;
        let text = |item: &Value| item.as_str().or_else(|| item.get("claim")?.as_str()).unwrap_or("?").to_owned();
        (!items.is_empty()).then(|| items.iter().map(text).collect::<Vec<_>>().join(", "))
    };
    let status = text("status").map(|status| status.replace('_', " "));
    let parts = match Event::from_name(event) {
        Some(Event::GrantAcknowledged) => {
            vec![status, list("refused_claims").map(|claims| format!("refused {claims}"))]
        }
        Some(Event::DeletionCompleted) => vec![
            list("deleted").map(|claims| format!("states that it deleted {claims}")),
            list("retained").map(|claims| format!("keeps {claims}")),
        ],
        Some(Event::TermsAccepted | Event::TermsCountered | Event::TermsDeclined) => vec![text("terms")],
        Some(Event::RightsStatus) => vec![status, text("reason")],
        Some(Event::FeedbackResponded) => vec![text("name").map(|name| format!("{name} says")), text("text")],
        Some(Event::OfferMade) => vec![text("name"), text("description")],
        Some(_) => vec![],
        None if event == mail::EVENT => vec![text("subject"), text("text").map(|text| text.replace('\n', " "))],
        None => vec![Some("not known to this version: kept, and the vendor was told".to_owned())],
    };
    let words = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    match words.char_indices().nth(ON_A_LINE) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

fn how(event: &str, content: Option<&Value>) -> Tone {
    let status = content.and_then(|content| content.get("status")).and_then(Value::as_str);
    match (Event::from_name(event), status) {
        (None, _) if event == mail::EVENT => Tone::Plain,
        (Some(Event::GrantAcknowledged), Some("accepted")) | (Some(Event::TermsAccepted), _) => Tone::Good,
        (Some(Event::GrantAcknowledged), Some("rejected")) | (Some(Event::TermsDeclined), _) => Tone::Bad,
        (Some(Event::GrantAcknowledged | Event::TermsCountered), _) | (None, _) => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// A message that a vendor sent.
#[derive(Serialize, JsonSchema)]
pub struct InboxLine {
    /// The message, with what it says.
    #[serde(flatten)]
    pub message: MessageView,
    /// Whether this version knows what it means.
    pub known: bool,
    /// How often you replied.
    pub replies: usize,
}

impl InboxLine {
    /// The line of a message.
    pub fn new(message: MessageView, replies: usize) -> Self {
        let known = Event::from_name(&message.event).is_some() || message.event == mail::EVENT;
        Self { known, message, replies }
    }

    pub(super) fn title(&self) -> String {
        let version = self.message.version.map(|version| format!(" v{version}")).unwrap_or_default();
        format!("{}{version}", self.message.event)
    }

    pub(super) fn said(&self) -> String {
        let nothing = Value::Null;
        said(&self.message.event, self.message.content.as_ref().unwrap_or(&nothing))
    }
}

/// `cmr inbox list`.
#[derive(Serialize, JsonSchema)]
pub struct Inbox {
    /// The messages, newest first.
    pub messages: Vec<InboxLine>,
    /// Whether plain acknowledgements and connection tests are among them.
    pub all: bool,
}

impl View for Inbox {
    const SCHEMA: &'static str = "cmr/inbox/1";

    fn text(&self, out: &mut Text) {
        if self.messages.is_empty() {
            out.line(match self.all {
                true => "No vendor has sent anything. Ask them: cmr pull",
                false => "Nothing here needs reading. Plain acknowledgements too: cmr inbox list --all",
            });
            return;
        }
        let row = |line: &InboxLine| {
            [
                toned(&line.message.vendor, Tone::Strong),
                toned(line.title(), how(&line.message.event, line.message.content.as_ref())),
                plain(line.said()),
                toned(if line.replies > 0 { "replied" } else { "" }, Tone::Dim),
                plain(local(line.message.at)),
                toned(short(&line.message.id), Tone::Dim),
            ]
        };
        out.table(["vendor", "message", "says", "", "at?", "id"], self.messages.iter().map(row).collect());
    }
}

/// By what a message was verified when it came in.
#[derive(Serialize, JsonSchema)]
pub struct Verified {
    /// The signature's algorithm.
    pub alg: String,
    /// The key's id at the vendor.
    pub kid: Option<String>,
    /// The key's thumbprint (RFC 7638).
    pub thumbprint: Option<String>,
}

/// `cmr inbox show`.
#[derive(Serialize, JsonSchema)]
pub struct OneReceived {
    /// The message.
    #[serde(flatten)]
    pub line: InboxLine,
    /// The message of yours that it answers.
    pub answers: Option<MessageView>,
    /// Your replies to it, oldest first.
    pub replied: Vec<MessageView>,
    /// By what it was verified.
    pub verified: Verified,
    /// The compact SET, as the vendor signed it.
    pub jws: String,
    /// The claims of the SET.
    pub claims: Value,
}

impl View for OneReceived {
    const SCHEMA: &'static str = "cmr/inbox-message/1";

    fn text(&self, out: &mut Text) {
        let message = &self.line.message;
        let ours = |message: &MessageView| {
            let version = message.version.map(|version| format!(" v{version}")).unwrap_or_default();
            format!("your {}{version} {}", message.event, short(&message.id))
        };
        let key = self.verified.kid.as_deref().or(self.verified.thumbprint.as_deref()).unwrap_or("unknown");
        out.line(format!("{} from {} {DIM}{}{DIM:#}", printable(&self.line.title()), message.vendor, message.id));
        out.fields([
            ("received", local(message.at)),
            ("says", self.line.said()),
            ("answers", self.answers.as_ref().map(ours).unwrap_or_default()),
            ("grant", message.grant.clone().unwrap_or_default()),
            ("verified by", format!("{}, key {key}", self.verified.alg)),
            ("thumbprint", self.verified.thumbprint.clone().unwrap_or_default()),
            ("replied", self.replied.iter().map(ours).collect::<Vec<_>>().join(", ")),
        ]);
        let json = serde_json::to_string_pretty(&self.claims).unwrap_or_default();
        out.gap();
        for line in json.lines() {
            out.line(printable(line));
        }
        out.gap();
        out.line(printable(&self.jws));
    }
}

/// `cmr inbox reply`.
#[derive(Serialize, JsonSchema)]
pub struct Reply {
    /// The vendor's name.
    pub vendor: String,
    /// The message that it is about.
    pub about: String,
    /// That message's event.
    pub about_event: String,
    /// `need`, `priority`, `praise`, `disappointment`, `suggestion` or `complaint`.
    pub kind: &'static str,
    /// What is said.
    pub text: String,
    /// What you would like to come of it.
    pub desired_outcome: Option<String>,
    /// By when you would like an answer.
    pub respond_by: Option<Timestamp>,
    /// The message that waits to be sent.
    pub message: Option<MessageView>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
}

impl Reply {
    /// A reply that is not sent yet.
    pub fn new(vendor: &str, to: &Message, feedback: &FeedbackSubmitted) -> Self {
        Self {
            vendor: vendor.to_owned(),
            about: to.id.clone(),
            about_event: to.event.clone(),
            kind: feedback.kind.name(),
            text: feedback.text.clone(),
            desired_outcome: feedback.desired_outcome.clone(),
            respond_by: feedback.respond_by,
            message: None,
            dry_run: false,
        }
    }
}

impl View for Reply {
    const SCHEMA: &'static str = "cmr/inbox-reply/1";

    fn text(&self, out: &mut Text) {
        match &self.message {
            Some(message) => {
                out.line(format!("Reply to {} {DIM}{}{DIM:#}", self.vendor, message.id));
                out.line("It is sent with: cmr push");
            }
            None if self.dry_run => out.line("Nothing was done: --dry-run."),
            None => {
                out.line(format!("{} would get, signed with the key that it knows you by:", self.vendor));
                out.fields([
                    ("kind", self.kind.to_owned()),
                    ("about", format!("its {} {}", self.about_event, short(&self.about))),
                    ("outcome", self.desired_outcome.clone().unwrap_or_default()),
                    ("answer by", self.respond_by.map(local).unwrap_or_default()),
                    ("text", count(self.text.chars().count(), "character")),
                ]);
                for line in self.text.lines() {
                    out.line(format!("    {}", printable(line)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_event_says_what_a_person_asks_of_it() {
        for (event, content, words) in [
            (
                "grant-acknowledged",
                json!({"status": "partially_accepted", "refused_claims": ["email"]}),
                "partially accepted; refused email",
            ),
            (
                "deletion-completed",
                json!({"deleted": ["name"], "retained": [{"claim": "email"}]}),
                "states that it deleted name; keeps email",
            ),
            ("terms-declined", json!({"terms": "SD-BASE"}), "SD-BASE"),
            (
                "feedback-responded",
                json!({"name": "Grace", "text": "It is the tax law."}),
                "Grace says; It is the tax law.",
            ),
            ("verification", json!({"state": "x"}), ""),
        ] {
            assert_eq!(said(event, &content), words);
        }
        assert!(said("urn:example:gift", &json!({"text": "buy"})).starts_with("not known"));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = said("feedback-responded", &json!({"text": "é".repeat(500)}));
        assert_eq!(long.chars().count(), ON_A_LINE + 1);
    }
}
