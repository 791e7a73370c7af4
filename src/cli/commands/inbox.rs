//! `cmr inbox`.

use std::io::Read;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::args::inbox::{InboxArgs, InboxVerb, Kind, ReplyArgs};
use super::super::output::inbox::{Inbox, InboxLine, OneReceived, Reply, Verified};
use super::super::output::message::MessageView;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::inbox_import;
use crate::delivery::inbox::{self, Received};
use crate::delivery::mail::answer as mail;
use crate::delivery::{self, feedback};
use crate::error::Error;
use crate::grant::scope;
use crate::vault::Vault;
use crate::vendor::{self, Vendor};
use crate::wire::event::{Event, FeedbackKind, FeedbackSubmitted};
use crate::wire::jose::{Jwk, Unverified};

pub(in super::super) fn run(args: &InboxArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        InboxVerb::List { vendor, all, limit } => list(session, vendor.as_deref(), *all, *limit),
        InboxVerb::Show { message } => show(session, message),
        InboxVerb::Reply(args) => reply(session, args),
        InboxVerb::Import(args) => inbox_import::run(args, session),
    }
}

fn list(session: &Session, only: Option<&str>, all: bool, limit: usize) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let only = only.map(|typed| vendor::find(connection, typed)).transpose()?;
    let messages = inbox::inbox(connection, only.as_ref().map(|vendor| vendor.id.as_str()), all, limit)?
        .iter()
        .map(|received| {
            let name = vendor::name_of(connection, &received.message.vendor_id)?.unwrap_or_default();
            Ok(line(received, &name))
        })
        .collect::<Result<_>>()?;
    session.printer().show(&Inbox { messages, all })?;
    Ok(Outcome::Done)
}

pub(super) fn line(received: &Received, vendor: &str) -> InboxLine {
    InboxLine::new(MessageView::of(&received.message, vendor, received.payload.clone()), received.replies.len())
}

fn show(session: &Session, typed: &str) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let received = inbox::received(connection, typed)?;
    let vendor = vendor::get(connection, &received.message.vendor_id)?;
    let message = &received.message;
    if message.event == mail::EVENT {
        session.printer().show(&inbox_import::one(connection, &received, &vendor)?)?;
        return Ok(Outcome::Done);
    }
    let unreadable = || Error::damaged(format!("it holds a message, {}, that is not readable", message.id));
    let jws = Unverified::parse(&message.jws).map_err(|_| unreadable())?;
    let claims = serde_json::from_slice(jws.peek()).map_err(|_| unreadable())?;
    let key: Option<Jwk> = message.verified_by.as_deref().and_then(|jwk| serde_json::from_str(jwk).ok());
    let answers = message.answers.as_deref().map(|id| delivery::find(connection, id)).transpose()?;
    session.printer().show(&OneReceived {
        verified: Verified {
            alg: jws.header().alg.clone(),
            kid: jws.header().kid.clone(),
            thumbprint: key.and_then(|key| key.thumbprint().ok()),
        },
        answers: answers.map(|ours| MessageView::of(&ours, &vendor.name, None)),
        replied: received.replies.iter().map(|reply| MessageView::of(reply, &vendor.name, None)).collect(),
        line: line(&received, &vendor.name),
        jws: message.jws.clone(),
        claims,
    })?;
    Ok(Outcome::Done)
}

fn reply(session: &Session, args: &ReplyArgs) -> Result<Outcome> {
    let respond_by = args.respond_by.as_deref();
    let respond_by = respond_by.map(|by| scope::end(by, Timestamp::now(), &TimeZone::system())).transpose()?;
    let mut vault = session.vault()?;
    let received = inbox::received(vault.connection(), &args.message)?;
    let vendor = vendor::get(vault.connection(), &received.message.vendor_id)?;
    let feedback = FeedbackSubmitted {
        kind: kind(args.kind),
        about: None,
        text: feedback::text(&typed_text(session, args, &vendor)?)?,
        desired_outcome: args.outcome.as_deref().map(feedback::text).transpose()?,
        respond_by,
    };
    warn_untaken(session, &vendor);
    let shown = Reply::new(&vendor.name, &received.message, &feedback);
    session.preview(&shown)?;
    if session.globals().dry_run {
        session.printer().show(&Reply { dry_run: true, ..shown })?;
        return Ok(Outcome::Done);
    }
    session.require(&format!("Send this to {}?", vendor.name), "--yes")?;
    let message = send(&mut vault, &vendor, &received, feedback)?;
    session.printer().show(&Reply { message: Some(message), ..shown })?;
    Ok(Outcome::Done)
}

fn send(vault: &mut Vault, vendor: &Vendor, to: &Received, feedback: FeedbackSubmitted) -> Result<MessageView> {
    let message = vault.write(|tx| feedback::reply(tx, vendor, &to.message, feedback))?;
    Ok(MessageView::of(&message, &vendor.name, None))
}

fn typed_text(session: &Session, args: &ReplyArgs, vendor: &Vendor) -> Result<String> {
    match args.text.as_deref() {
        Some("-") => {
            // A byte more than may be sent in any script: what is longer is refused, and not read to its end.
            let most = 4 * feedback::MAX_TEXT as u64 + 1;
            let mut text = Vec::new();
            let read = std::io::stdin().take(most).read_to_end(&mut text);
            read.map_err(|e| Error::bad_input(format!("cannot read the text from standard input: {e}")))?;
            if text.len() as u64 == most {
                // It may end within a character.
                return Err(Error::bad_input(format!("the text is longer than {} characters", feedback::MAX_TEXT)));
            }
            String::from_utf8(text).map_err(|_| Error::bad_input("the text from standard input is not UTF-8"))
        }
        Some(text) => Ok(text.to_owned()),
        None => session
            .prompt()
            .line(&format!("What you want to say to {}", vendor.name), "--text TEXT, or --text - for standard input"),
    }
}

/// A vendor need not take what a person has to say.
fn warn_untaken(session: &Session, vendor: &Vendor) {
    if vendor.leaves_out(Event::FeedbackSubmitted) {
        session.printer().warn(&format!("{} does not say that it takes feedback: it may refuse it", vendor.name));
    }
}

fn kind(typed: Kind) -> FeedbackKind {
    match typed {
        Kind::Need => FeedbackKind::Need,
        Kind::Priority => FeedbackKind::Priority,
        Kind::Praise => FeedbackKind::Praise,
        Kind::Disappointment => FeedbackKind::Disappointment,
        Kind::Suggestion => FeedbackKind::Suggestion,
        Kind::Complaint => FeedbackKind::Complaint,
    }
}
