//! `cmr push` and `cmr pull`.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::time::Duration;

use serde_json::Value;

use super::super::args::moving::{PullArgs, PushArgs};
use super::super::output::message::{Line, MessageView, Moved, RefusedView, TroubleView};
use super::super::output::verify::ReadBackView;
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::delivery::drift::Asked;
use crate::delivery::http::Http;
use crate::delivery::pull::{Pulled, Received};
use crate::delivery::push::Sent;
use crate::delivery::relocation;
use crate::delivery::talk::{self, Collect, News, Plan, Send};
use crate::delivery::{self, Message, MessageState};
use crate::error::Kind;
use crate::vault::Vault;
use crate::vendor;
use crate::wire::event::Event;

/// What `push` says where there is nothing to do.
const IDLE_PUSH: &str = "Nothing waits, and nothing is new.";

pub(in super::super) fn push(args: &PushArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor_id = vendor_id(&vault, args.vendor.as_deref())?;
    if session.globals().dry_run {
        return waiting(session, &vault, vendor_id.as_deref());
    }
    relocation::begin_if_due(&mut vault)?;
    if delivery::counts(vault.connection())?.queued == 0 && vendor_id.is_none() {
        session.printer().show(&Moved { idle: IDLE_PUSH, ..Moved::default() })?;
        return stuck(&vault, None, &[]);
    }
    let send = if args.now { Send::All } else { Send::Due };
    let collect = if args.no_pull { Collect::Nothing } else { Collect::FromReached };
    let plan = Plan { vendor_id, send, collect, ..Plan::default() };
    let heard = exchange(session, &mut vault, args.timeout, &plan)?;
    let must_act = !heard.refusing.is_empty();
    let moved = Moved { idle: IDLE_PUSH, ..heard.into_moved() };
    session.printer().show(&moved)?;
    let wrong = moved.read_back.iter().any(ReadBackView::is_wrong);
    let outcome = match must_act || wrong || !moved.refused.is_empty() {
        true => Outcome::UserMustAct,
        false => stuck(&vault, plan.vendor_id.as_deref(), &moved.lines)?,
    };
    match outcome {
        Outcome::UserMustAct => session.printer().remark("What needs you, and what to type: cmr status"),
        Outcome::Queued if !args.now => {
            session.printer().remark("What is queued goes with a later cmr push; at once: cmr push --now");
        }
        _ => {}
    }
    Ok(outcome)
}

pub(in super::super) fn pull(args: &PullArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor_id = vendor_id(&vault, args.vendor.as_deref())?;
    let plan = Plan { vendor_id, collect: Collect::FromAll, ..Plan::default() };
    let heard = exchange(session, &mut vault, args.timeout, &plan)?;
    let must_act = !heard.refusing.is_empty();
    let moved = Moved { idle: "Nothing is new.", ..heard.into_moved() };
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

/// Talks to the vendors of a plan, and shows how far that has come.
fn exchange(session: &Session, vault: &mut Vault, timeout: u64, plan: &Plan) -> Result<Heard> {
    let _turn = turn(session, vault)?;
    let mut heard = Heard::default();
    converse(session, vault, timeout, plan, &mut heard)?;
    Ok(heard)
}

/// The right to talk to vendors, waited for.
pub(super) fn turn(session: &Session, vault: &Vault) -> Result<File> {
    let printer = session.printer();
    talk::turn(vault, || printer.remark("Another cmr is talking to vendors: waiting until it is done."))
}

/// The same, for who has the [`turn`].
pub(super) fn converse(
    session: &Session,
    vault: &mut Vault,
    timeout: u64,
    plan: &Plan,
    heard: &mut Heard,
) -> Result<()> {
    let http = Http::new(Duration::from_secs(timeout))?;
    let what = if plan.send == Send::Nothing { "Asking vendors" } else { "Delivering to vendors" };
    let progress = session.printer().progress(what);
    let (mut done, mut of) = (0, 0);
    talk::talk(vault, http, plan, |news| match news {
        News::Begins(vendors) => {
            of = vendors as u64;
            progress.at(0, of);
        }
        News::Sent(sent) => heard.sent(&sent),
        News::Pulled(pulled) => heard.pulled(pulled),
        News::ReadBack(asked) => heard.read_back.push(asked),
        News::Ended => {
            done += 1;
            progress.at(done, of);
        }
    })
}

/// What is still to do, at one vendor or at all, as an exit code: something is held or refused, something is queued, or
/// nothing.
fn stuck(vault: &Vault, only: Option<&str>, lines: &[Line]) -> Result<Outcome> {
    let (held, queued) = match only {
        None => {
            let open = delivery::counts(vault.connection())?;
            (open.held > 0, open.queued > 0)
        }
        Some(vendor_id) => {
            let open = delivery::list(vault.connection(), false)?;
            let any = |state| open.iter().any(|one| one.vendor_id == vendor_id && one.state == state);
            (any(MessageState::Held), any(MessageState::Queued))
        }
    };
    let refused = lines.iter().any(|line| matches!(line.state.as_str(), "refused" | "failed" | "held"));
    Ok(match () {
        () if refused || held => Outcome::UserMustAct,
        () if queued => Outcome::Queued,
        () => Outcome::Done,
    })
}

fn waiting(session: &Session, vault: &Vault, only: Option<&str>) -> Result<Outcome> {
    let lines = queued(vault, |message| only.is_none_or(|id| id == message.vendor_id))?;
    session.printer().show(&Moved { lines, dry_run: true, idle: IDLE_PUSH, ..Moved::default() })?;
    Ok(Outcome::Done)
}

/// The messages that wait and are meant, as lines.
pub(super) fn queued(vault: &Vault, is_meant: impl Fn(&Message) -> bool) -> Result<Vec<Line>> {
    let queued = delivery::list(vault.connection(), false)?
        .into_iter()
        .filter(|message| message.state == MessageState::Queued && is_meant(message));
    let mut lines: Vec<Line> = queued
        .map(|message| {
            let vendor = vendor::name_of(vault.connection(), &message.vendor_id)?.unwrap_or_default();
            Ok(Line { state: "waiting".into(), ..line(&Sent::of(&message, &vendor)) })
        })
        .collect::<Result<_>>()?;
    lines.sort_by(|a, b| a.vendor.cmp(&b.vendor));
    Ok(lines)
}

/// What came of an exchange: a line for each message, and what vendors said beyond those.
#[derive(Default)]
pub(super) struct Heard {
    lines: Vec<Line>,
    /// Where the line of a message is.
    places: HashMap<String, usize>,
    answers: Vec<MessageView>,
    refused: Vec<RefusedView>,
    troubles: Vec<TroubleView>,
    /// What vendors show.
    pub(super) read_back: Vec<Asked>,
    /// The vendors that refuse us, rather than being out of reach.
    pub(super) refusing: BTreeSet<String>,
    /// The vendors that were asked for their answers.
    pub(super) asked: BTreeSet<String>,
    /// How many messages they had.
    pub(super) received: usize,
}

impl Heard {
    fn sent(&mut self, sent: &Sent) {
        self.places.insert(sent.id.clone(), self.lines.len());
        self.lines.push(line(sent));
    }

    /// Joins each answer with the message sent that it is about; other answers stand by themselves.
    fn pulled(&mut self, pulled: Pulled) {
        let vendor = pulled.vendor;
        self.received += pulled.messages.len();
        self.asked.insert(vendor.clone());
        for Received { message, content } in pulled.messages {
            let about = message.answers.as_ref().filter(|_| decides(&message.event));
            let about = about.and_then(|id| self.places.get(id)).copied();
            match about.and_then(|place| self.lines.get_mut(place)) {
                Some(line) => (line.state, line.reason) = said(&message.event, Some(&content)),
                None => self.answers.push(MessageView::of(&message, &vendor, Some(content))),
            }
        }
        let refused = |(jti, why)| RefusedView { vendor: vendor.clone(), jti, why };
        self.refused.extend(pulled.refused.into_iter().map(refused));
        // What it said last counts.
        self.troubles.retain(|trouble| trouble.vendor != vendor);
        match pulled.trouble.as_ref().is_some_and(|(kind, _)| *kind != Kind::Failed) {
            true => self.refusing.insert(vendor.clone()),
            false => self.refusing.remove(&vendor),
        };
        self.troubles.extend(pulled.trouble.map(|(_, why)| TroubleView { vendor: vendor.clone(), why }));
    }

    /// By vendor, whatever the order in which they answered.
    pub(super) fn into_moved(mut self) -> Moved {
        self.lines.sort_by(|a, b| a.vendor.cmp(&b.vendor));
        self.answers.sort_by(|a, b| (&a.vendor, a.at, &a.id).cmp(&(&b.vendor, b.at, &b.id)));
        self.refused.sort_by(|a, b| a.vendor.cmp(&b.vendor));
        self.troubles.sort_by(|a, b| a.vendor.cmp(&b.vendor));
        self.read_back.sort_by(|a, b| a.vendor.cmp(&b.vendor));
        let read_back = self.read_back.iter().map(ReadBackView::of).collect();
        let Self { lines, answers, refused, troubles, .. } = self;
        Moved { lines, answers, refused, troubles, read_back, ..Moved::default() }
    }
}

fn line(sent: &Sent) -> Line {
    Line {
        vendor: sent.vendor.clone(),
        event: sent.event.clone(),
        grant: sent.grant_id.clone(),
        version: sent.version,
        state: sent.state.name().to_owned(),
        reason: sent.reason.clone(),
        due: sent.due_at.filter(|_| sent.state == MessageState::Queued),
        message: sent.id.clone(),
    }
}

/// Whether an event says what the vendor made of a message. What else is about one stands by itself.
fn decides(event: &str) -> bool {
    matches!(Event::from_name(event), Some(Event::GrantAcknowledged | Event::DeletionCompleted))
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
