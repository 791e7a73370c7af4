//! `cmr push` and `cmr pull`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::super::args::moving::{PullArgs, PushArgs};
use super::super::output::message::{Line, MessageView, Moved, RefusedView, TroubleView};
use super::super::output::text::local;
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::delivery::http::Http;
use crate::delivery::push::{self, Plan, Sent};
use crate::delivery::{self, Message, MessageState, pull};
use crate::error::Kind;
use crate::vault::Vault;
use crate::vendor;
use crate::wire::event::Event;

pub(in super::super) fn push(args: &PushArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor_id = vendor_id(&vault, args.vendor.as_deref())?;
    if session.globals().dry_run {
        return waiting(session, &vault, vendor_id.as_deref());
    }
    let waits = delivery::list(vault.connection(), false)?.iter().any(|m| m.state == MessageState::Queued);
    if !waits && vendor_id.is_none() {
        session.printer().show(&Moved::default())?;
        return stuck(&vault, &[]);
    }
    let http = Http::new(Duration::from_secs(args.timeout))?;
    let plan = Plan { vendor_id, now: args.now };
    let sent = push::push(&mut vault, &http, &plan, |sent| progress(session, sent))?;
    let mut answers = Answers::default();
    if !args.no_pull {
        for vendor_id in reached(&sent) {
            answers.add(pull::pull(&mut vault, &http, Some(&vendor_id), |_| {})?, &vault)?;
        }
    }
    let must_act = answers.must_act;
    let moved = answers.into_moved(&sent);
    session.printer().show(&moved)?;
    if must_act || !moved.refused.is_empty() {
        return Ok(Outcome::UserMustAct);
    }
    let outcome = stuck(&vault, &moved.lines)?;
    if outcome == Outcome::Queued && !args.now {
        session.printer().remark("What is queued goes with a later cmr push; at once: cmr push --now");
    }
    Ok(outcome)
}

pub(in super::super) fn pull(args: &PullArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor_id = vendor_id(&vault, args.vendor.as_deref())?;
    let http = Http::new(Duration::from_secs(args.timeout))?;
    let mut answers = Answers::default();
    let pulled = pull::pull(&mut vault, &http, vendor_id.as_deref(), |_| {})?;
    answers.add(pulled, &vault)?;
    let must_act = answers.must_act;
    let moved = answers.into_moved(&[]);
    session.printer().show(&moved)?;
    Ok(match () {
        () if must_act || !moved.refused.is_empty() => Outcome::UserMustAct,
        () if !moved.troubles.is_empty() => Outcome::Queued,
        () => Outcome::Done,
    })
}

fn vendor_id(vault: &Vault, typed: Option<&str>) -> Result<Option<String>> {
    typed.map(|typed| vendor::find(vault.connection(), typed).map(|vendor| vendor.id)).transpose()
}

fn progress(session: &Session, sent: &Sent) {
    if super::super::output::stderr_is_terminal() {
        session.printer().remark(&format!("{}: {} {}", sent.vendor, sent.message.event, sent.message.state.name()));
    }
}

/// Vendors whose server answered: it is worth asking them what they made of it.
fn reached(sent: &[Sent]) -> Vec<String> {
    let mut ids: Vec<String> = sent
        .iter()
        .filter(|sent| sent.message.state == MessageState::Delivered)
        .map(|sent| sent.message.vendor_id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// What is still to do, as an exit code: something is held or refused, something is queued, or nothing.
fn stuck(vault: &Vault, lines: &[Line]) -> Result<Outcome> {
    let open = delivery::list(vault.connection(), false)?;
    let refused = lines.iter().any(|line| matches!(line.state.as_str(), "refused" | "failed" | "held"));
    Ok(match () {
        () if refused || open.iter().any(|message| message.state == MessageState::Held) => Outcome::UserMustAct,
        () if open.iter().any(|message| message.state == MessageState::Queued) => Outcome::Queued,
        () => Outcome::Done,
    })
}

fn waiting(session: &Session, vault: &Vault, only: Option<&str>) -> Result<Outcome> {
    let queued = delivery::list(vault.connection(), false)?
        .into_iter()
        .filter(|message| message.state == MessageState::Queued && only.is_none_or(|id| id == message.vendor_id));
    let lines = queued
        .map(|message| {
            let vendor = vendor::name_of(vault.connection(), &message.vendor_id)?.unwrap_or_default();
            Ok(Line { state: "waiting".into(), ..line(&vendor, &message, None) })
        })
        .collect::<Result<_>>()?;
    session.printer().show(&Moved { lines, dry_run: true, ..Moved::default() })?;
    Ok(Outcome::Done)
}

/// What vendors said, by the message of ours that it answers.
#[derive(Default)]
struct Answers {
    received: Vec<(String, Message, Option<Value>)>,
    refused: Vec<RefusedView>,
    troubles: Vec<TroubleView>,
    /// Whether a vendor refuses us, rather than being out of reach.
    must_act: bool,
}

impl Answers {
    fn add(&mut self, pulled: Vec<pull::Pulled>, vault: &Vault) -> Result<()> {
        for one in pulled {
            for message in one.messages {
                let mut said = match &message.grant_id {
                    Some(grant) => pull::answers(vault.connection(), grant)?,
                    None => BTreeMap::new(),
                };
                let content = said.remove(&message.id);
                self.received.push((one.vendor.clone(), message, content));
            }
            let refused = |(jti, why)| RefusedView { vendor: one.vendor.clone(), jti, why };
            self.refused.extend(one.refused.into_iter().map(refused));
            self.must_act |= one.trouble.as_ref().is_some_and(|(kind, _)| *kind != Kind::Failed);
            self.troubles.extend(one.trouble.map(|(_, why)| TroubleView { vendor: one.vendor.clone(), why }));
        }
        Ok(())
    }

    /// Joins each message sent with the answer to it; other answers stand by themselves.
    fn into_moved(mut self, sent: &[Sent]) -> Moved {
        let lines = sent
            .iter()
            .map(|one| {
                let answers = |a: &(String, Message, Option<Value>)| a.1.answers.as_ref() == Some(&one.message.id);
                let answer = self.received.iter().rposition(answers).map(|index| self.received.remove(index));
                line(&one.vendor, &one.message, answer.as_ref())
            })
            .collect();
        let view =
            |(vendor, message, content): (String, Message, Option<Value>)| MessageView::of(&message, &vendor, content);
        Moved {
            lines,
            answers: self.received.into_iter().map(view).collect(),
            refused: self.refused,
            troubles: self.troubles,
            dry_run: false,
        }
    }
}

fn line(vendor: &str, message: &Message, answer: Option<&(String, Message, Option<Value>)>) -> Line {
    let (state, reason) = match answer {
        Some((_, answer, content)) => said(&answer.event, content.as_ref()),
        None => (message.state.name().to_owned(), waits(message)),
    };
    Line {
        vendor: vendor.to_owned(),
        event: message.event.clone(),
        grant: message.grant_id.clone(),
        version: message.version,
        state,
        reason,
        message: message.id.clone(),
    }
}

fn said(event: &str, content: Option<&Value>) -> (String, Option<String>) {
    let list = |name: &str| {
        let items = content?.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
        (!items.is_empty()).then_some(items)
    };
    if event == Event::DeletionCompleted.name() {
        let kept = content.and_then(|content| content.get("retained")?.as_array());
        let kept: Vec<&str> = kept.into_iter().flatten().filter_map(|one| one.get("claim")?.as_str()).collect();
        let deleted = list("deleted").map(|claims| format!("states that it deleted {claims}"));
        let keeps = (!kept.is_empty()).then(|| format!("keeps {}", kept.join(", ")));
        let words = deleted.into_iter().chain(keeps).collect::<Vec<_>>().join("; ");
        return ("deletion_stated".into(), (!words.is_empty()).then_some(words));
    }
    match content.and_then(|content| content.get("status")).and_then(Value::as_str) {
        Some("rejected") => ("refused".into(), Some("the vendor declines".into())),
        Some("partially_accepted") => {
            ("acknowledged".into(), list("refused_claims").map(|claims| format!("but refuses {claims}")))
        }
        _ => ("acknowledged".into(), None),
    }
}

fn waits(message: &Message) -> Option<String> {
    let reason = message.reason.clone();
    match (message.state, message.due_at) {
        (MessageState::Queued, Some(due)) => {
            let last = reason.map(|reason| format!("; the last time: {reason}")).unwrap_or_default();
            Some(format!("waits until {}{last}", local(due)))
        }
        _ => reason,
    }
}
