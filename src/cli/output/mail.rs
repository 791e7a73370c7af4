//! Messages as texts, the mail account, and what vendors wrote by e-mail.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::inbox::InboxLine;
use super::message::{MessageView, table};
use super::text::{DIM, Text, local, short};
use crate::delivery::by_hand::Texted;
use crate::delivery::channel::Kind;
use crate::delivery::mail::answer::FoundBy;
use crate::delivery::mail::{Account, Tls};
use crate::text::printable;

/// A message as the text that it goes as.
#[derive(Serialize, JsonSchema)]
pub struct TextView {
    /// By which way.
    pub channel: Kind,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
}

impl TextView {
    /// The view of a text.
    pub fn of(texted: &Texted) -> Self {
        let text = texted.text();
        Self { channel: texted.kind(), subject: text.subject, body: text.body }
    }

    pub(super) fn show(&self, out: &mut Text) {
        out.heading(match self.channel {
            Kind::Letter => "As a letter",
            _ => "As an e-mail",
        });
        out.line(format!("  {DIM}subject{DIM:#}  {}", printable(&self.subject)));
        out.gap();
        lines(out, &self.body);
    }
}

fn lines(out: &mut Text, text: &str) {
    for line in text.lines() {
        match line.is_empty() {
            true => out.line(""),
            false => out.line(format!("    {}", printable(line))),
        }
    }
}

/// `cmr outbox account`.
#[derive(Serialize, JsonSchema)]
pub struct AccountView {
    /// The account; none if none is set up.
    pub account: Option<AccountParts>,
    /// Whether it was tried out now, and let in.
    pub checked: bool,
}

/// The user's own mail account, without its password.
#[derive(Serialize, JsonSchema)]
pub struct AccountParts {
    /// The address that messages come from.
    pub from: String,
    /// The name beside it.
    pub name: Option<String>,
    /// The server, with its port.
    pub smtp: String,
    /// How the way there is encrypted.
    pub tls: Tls,
    /// Who logs in.
    pub user: Option<String>,
    /// Whether a password is kept.
    pub has_password: bool,
}

impl AccountView {
    /// The view of an account.
    pub fn of(account: Option<&Account>, checked: bool) -> Self {
        let parts = |account: &Account| AccountParts {
            from: account.from.clone(),
            name: account.name.clone(),
            smtp: account.server(),
            tls: account.tls,
            user: account.user.clone(),
            has_password: account.password.is_some(),
        };
        Self { account: account.map(parts), checked }
    }
}

impl View for AccountView {
    const SCHEMA: &'static str = "cmr/mail-account/1";

    fn text(&self, out: &mut Text) {
        let Some(account) = &self.account else {
            out.line("No mail account is set up: what goes by e-mail waits for you to send it.");
            out.step("set one up:", "cmr outbox account --from ADDRESS --smtp HOST:PORT --user NAME");
            return;
        };
        let tls = match account.tls {
            Tls::Implicit => "TLS from the first byte",
            Tls::Starttls => "STARTTLS, and nothing without it",
            Tls::None => "none: this machine alone",
        };
        out.fields([
            ("from", account.from.clone()),
            ("name", account.name.clone().unwrap_or_default()),
            ("server", account.smtp.clone()),
            ("encrypted by", tls.to_owned()),
            ("user", account.user.clone().unwrap_or_default()),
            ("password", if account.has_password { "kept".into() } else { "none".into() }),
            ("checked", if self.checked { "it lets you in; nothing was sent".into() } else { String::new() }),
        ]);
    }
}

/// `cmr outbox write`.
#[derive(Serialize, JsonSchema)]
pub struct Written {
    /// The message.
    #[serde(flatten)]
    pub message: MessageView,
    /// The file that it was written to.
    pub file: Option<String>,
    /// The URL that it was written as.
    pub mailto: Option<String>,
}

impl View for Written {
    const SCHEMA: &'static str = "cmr/message-written/1";

    fn text(&self, out: &mut Text) {
        match (&self.file, &self.mailto) {
            (_, Some(url)) => out.line(url),
            (Some(file), None) => {
                table(out, std::slice::from_ref(&self.message));
                out.line(format!(
                    "Written to {}. From now on it counts as something that may have left.",
                    printable(file)
                ));
            }
            (None, None) => {}
        }
    }
}

/// `cmr inbox import`, and `cmr inbox show` of an e-mail.
#[derive(Serialize, JsonSchema)]
pub struct OneMail {
    /// The message that it is kept as.
    #[serde(flatten)]
    pub line: InboxLine,
    /// Who it says it is from.
    pub from: String,
    /// Whether that is of a domain that you know the vendor by.
    pub known_sender: bool,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// When it says that it was written.
    pub sent: Option<Timestamp>,
    /// Whether you read it as a confirmation.
    pub confirms: bool,
    /// The message of yours that it answers.
    pub answers: Option<MessageView>,
    /// Your replies to it, oldest first.
    pub replied: Vec<MessageView>,
    /// How it was found whose it is; only when it is taken in.
    pub found_by: Option<FoundBy>,
    /// Whether a server signed it (DKIM), which was not verified; only when it is taken in.
    pub dkim: Option<bool>,
}

impl OneMail {
    fn found(&self) -> &'static str {
        match self.found_by {
            None => "",
            Some(FoundBy::Reference) => "it names your e-mail as the one that it answers",
            Some(FoundBy::Sender) => "its sender is the address that you write to",
            Some(FoundBy::Domain) => "its sender is of the same domain as the address that you write to",
            Some(FoundBy::User) => "you said so",
        }
    }

    /// What sort of evidence it is, in words.
    fn evidence(&self) -> String {
        let dkim = match self.dkim {
            Some(true) => " It carries a DKIM signature of a mail server, which was not verified.",
            Some(false) => " No mail server signed it (DKIM).",
            None => "",
        };
        let stranger = match self.known_sender {
            true => "",
            false => " Its sender is of no domain that you know the vendor by.",
        };
        let reading = if self.confirms { " That it confirms is your reading of it." } else { "" };
        format!(
            "an unsigned e-mail, as your mail program saved it: anybody could have written it.{stranger}{dkim}{reading}"
        )
    }
}

impl View for OneMail {
    const SCHEMA: &'static str = "cmr/inbox-mail/1";

    fn text(&self, out: &mut Text) {
        let message = &self.line.message;
        let ours = |message: &MessageView| format!("your {} {}", message.event, short(&message.id));
        out.line(format!("E-mail from {} {DIM}{}{DIM:#}", message.vendor, message.id));
        out.fields([
            ("from", self.from.clone()),
            ("subject", self.subject.clone()),
            ("written", self.sent.map(local).unwrap_or_default()),
            ("taken in", local(message.at)),
            ("answers", self.answers.as_ref().map(ours).unwrap_or_default()),
            ("because", self.found().to_owned()),
            ("evidence", self.evidence()),
            ("confirms", if self.confirms { "yes: in writing, unsigned".into() } else { String::new() }),
            ("replied", self.replied.iter().map(ours).collect::<Vec<_>>().join(", ")),
        ]);
        out.gap();
        lines(out, &self.text);
    }
}
