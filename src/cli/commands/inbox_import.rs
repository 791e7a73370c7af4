//! `cmr inbox import`, and an e-mail of a vendor as it is shown.

use std::io::Read;
use std::path::Path;

use rusqlite::Connection;

use super::super::args::inbox::ImportArgs;
use super::super::output::mail::OneMail;
use super::super::output::message::MessageView;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::inbox::line;
use crate::delivery;
use crate::delivery::inbox::{self, Received};
use crate::delivery::mail::{self, answer};
use crate::error::{Error, io};
use crate::vendor::{self, Vendor};

pub(super) fn run(args: &ImportArgs, session: &Session) -> Result<Outcome> {
    let mail = answer::parse(read(&args.file)?)?;
    let mut vault = session.vault()?;
    let connection = vault.connection();
    let vendor = args.vendor.as_deref().map(|typed| vendor::find(connection, typed)).transpose()?;
    let message = args.message.as_deref().map(|typed| delivery::find(connection, typed)).transpose()?;
    let whose = answer::whose(connection, &mail, vendor, message)?;
    let kept = vault.write(|tx| answer::take_in(tx, &mail, &whose, args.confirms))?;
    let received = inbox::received(vault.connection(), &kept.id)?;
    let view = one(vault.connection(), &received, &whose.vendor)?;
    session.printer().show(&OneMail { found_by: Some(whose.found_by), dkim: Some(mail.has_dkim), ..view })?;
    if !args.confirms && kept.grant_id.is_some() {
        session.printer().remark("If it confirms what you asked for, say so: the same command with --confirms");
    }
    Ok(Outcome::Done)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    // A byte more than is taken: what is larger is refused, and not read to its end.
    let most = answer::MAX_RAW as u64 + 1;
    let mut raw = Vec::new();
    let result = match path.to_str() {
        Some("-") => std::io::stdin().take(most).read_to_end(&mut raw),
        _ => std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut raw)),
    };
    result.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("there is no file {}", path.display())),
        _ => io("read", path, e),
    })?;
    Ok(raw)
}

/// An e-mail of a vendor.
pub(super) fn one(connection: &Connection, received: &Received, vendor: &Vendor) -> Result<OneMail> {
    let message = &received.message;
    let missing = || Error::damaged(format!("it holds an e-mail, {}, without its text", message.id));
    let read = mail::received(connection, &message.id)?.ok_or_else(missing)?;
    let answers = message.answers.as_deref().map(|id| delivery::find(connection, id)).transpose()?;
    Ok(OneMail {
        line: line(received, &vendor.name),
        known_sender: answer::is_known(connection, vendor, &read.sender)?,
        from: read.sender,
        subject: read.subject,
        text: read.text,
        sent: read.sent_at,
        confirms: read.confirms,
        answers: answers.map(|ours| MessageView::of(&ours, &vendor.name, None)),
        replied: received.replies.iter().map(|reply| MessageView::of(reply, &vendor.name, None)).collect(),
        found_by: None,
        dkim: None,
    })
}
