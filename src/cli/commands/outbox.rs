//! `cmr outbox`.

use super::super::args::outbox::{OutboxArgs, OutboxVerb};
use super::super::output::mail::TextView;
use super::super::output::message::{MessageView, OneMessage, Outbox};
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::{outbox_account, outbox_text};
use crate::delivery::{self, Message, by_hand};
use crate::error::Error;
use crate::vault::Vault;
use crate::vendor;
use crate::wire::jose::Unverified;

pub(in super::super) fn run(args: &OutboxArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let message = match &args.verb {
        OutboxVerb::List { vendor, all } => return list(session, &vault, vendor.as_deref(), *all),
        OutboxVerb::Show { message } => delivery::find(vault.connection(), message)?,
        OutboxVerb::Retry { message: None, vendor, .. } => return retry_all(session, vault, vendor.as_deref()),
        OutboxVerb::Retry { message: Some(message), .. } => {
            let message = delivery::find(vault.connection(), message)?;
            vault.write(|tx| delivery::retry(tx, &message))?;
            session.printer().remark("It goes with the next push: cmr push");
            delivery::find(vault.connection(), &message.id)?
        }
        OutboxVerb::Drop { message } => {
            let message = delivery::find(vault.connection(), message)?;
            session.require("Drop this message? The vendor will not hear of it", "--yes")?;
            vault.write(|tx| delivery::drop_message(tx, &message))?;
            delivery::find(vault.connection(), &message.id)?
        }
        OutboxVerb::Edit { message } => outbox_text::edit(session, &mut vault, message)?,
        OutboxVerb::Write { message, output, mailto: _ } => {
            return outbox_text::write(session, vault, message, output.as_deref());
        }
        OutboxVerb::Delivered { message, on } => outbox_text::delivered(&mut vault, message, *on)?,
        OutboxVerb::Account(args) => return outbox_account::run(args, session, vault),
    };
    let view = one(session, &vault, &message)?;
    session.printer().show(&view)?;
    Ok(Outcome::Done)
}

fn list(session: &Session, vault: &Vault, vendor: Option<&str>, all: bool) -> Result<Outcome> {
    let only = id_of(vault, vendor)?;
    let mut messages = delivery::list(vault.connection(), all)?;
    messages.retain(|message| only.as_ref().is_none_or(|id| *id == message.vendor_id));
    show(session, vault, &messages)
}

fn id_of(vault: &Vault, vendor: Option<&str>) -> Result<Option<String>> {
    vendor.map(|typed| vendor::find(vault.connection(), typed).map(|vendor| vendor.id)).transpose()
}

fn show(session: &Session, vault: &Vault, messages: &[Message]) -> Result<Outcome> {
    let view = |message: &Message| {
        let vendor = vendor::name_of(vault.connection(), &message.vendor_id)?.unwrap_or_default();
        Ok(MessageView::of(message, &vendor, None))
    };
    let messages = messages.iter().map(view).collect::<Result<_>>()?;
    session.printer().show(&Outbox { messages })?;
    Ok(Outcome::Done)
}

fn retry_all(session: &Session, mut vault: Vault, vendor: Option<&str>) -> Result<Outcome> {
    let only = id_of(&vault, vendor)?;
    let again = vault.write(|tx| delivery::retry_all(tx, only.as_deref()))?;
    show(session, &vault, &again)?;
    if !again.is_empty() {
        session.printer().remark("They go with the next push: cmr push");
    }
    Ok(Outcome::Done)
}

fn one(session: &Session, vault: &Vault, message: &Message) -> Result<OneMessage> {
    let vendor = vendor::get(vault.connection(), &message.vendor_id)?;
    let unreadable = || Error::damaged(format!("it holds a message, {}, that is not readable", message.id));
    let jws = Unverified::parse(&message.jws).map_err(|_| unreadable())?;
    let claims = serde_json::from_slice(jws.peek()).map_err(|_| unreadable())?;
    let texted = by_hand::texted(vault.connection(), message)?;
    if let Some(texted) = texted.as_ref().filter(|_| message.delivered_at.is_none()) {
        outbox_text::warn_nameless(session, texted);
    }
    let text = texted.as_ref().map(TextView::of);
    Ok(OneMessage { message: MessageView::of(message, &vendor.name, None), text, jws: message.jws.clone(), claims })
}
