//! Tasks: what needs the user, decided from what the vault holds and the time, and from nothing else. `cmr status` and
//! `cmr upkeep` show the same ones.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::answer::Hold;
use super::drift::{self, Kept, Wrong};
use super::link;
use super::message::MessageState;
use super::renewal::{self, Due};
use crate::error::Result;
use crate::grant::renewal::{Decision, Why};
use crate::grant::{self, Grant, ended};
use crate::text::short;
use crate::vault::Tx;

mod store;
#[cfg(test)]
mod tests;

/// How long before its end a grant is brought up, if the user does not say.
pub const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long a missed renewal is brought up, and how long before its end a rule renews a grant, if the user does not say.
pub const RENEW_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a vendor may take nothing before the user is told.
const UNREACHABLE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How long nothing touches a grant before the user is reminded of it, and again after that.
const UNTOUCHED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How far apart two reminders are at least: grants that fall silent one by one come up together.
const REMINDERS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Something that needs the user, about one thing or several.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// What.
    pub kind: Kind,
    /// About what; those first that have waited longest or end first.
    pub about: Vec<About>,
}

/// What needs the user; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The vendor should have stated by now that it deleted what it had.
    DeletionNotConfirmed,
    /// The vendor does not accept the token.
    TokenRefused,
    /// Messages are held until the user did something.
    MessagesHeld,
    /// The vendor never takes these messages.
    MessagesFailed,
    /// A vendor shows another value than it was told, or still shows what was taken back.
    Drifted,
    /// A vendor has taken nothing for days.
    VendorUnreachable,
    /// A rule should have renewed the grant, and could not.
    NotRenewed,
    /// A grant ends soon, and no rule renews it.
    GrantEndsSoon,
    /// The end of its rule is near: after that the grant ends.
    RuleEndsSoon,
    /// Nothing has touched these grants for 90 days.
    GrantsUntouched,
}

/// One thing that a task is about.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The vendor's name.
    pub vendor: String,
    /// The grant's id.
    pub grant: Option<String>,
    /// How many messages.
    pub messages: Option<u32>,
    /// Since when, or for what ends soon, when.
    pub at: Option<Timestamp>,
    /// Why, in words.
    pub why: Option<String>,
}

/// What the tasks are decided from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Grants that are current, or whose end no vendor confirmed.
    pub grants: Vec<Watched>,
    /// What rules say of grants that are due.
    pub due: Vec<Due>,
    /// What is held or failed, by vendor.
    pub stuck: Vec<Stuck>,
    /// Vendors that a message waits for, in spite of an attempt.
    pub waiting: Vec<Waiting>,
    /// Vendors that showed something else than they should.
    pub wrong: Vec<drift::Wrong>,
    /// Vendors that refused the token when they were asked for answers.
    pub refusing: Vec<String>,
    /// Vendors with a linked account.
    pub linked: Vec<String>,
}

/// A grant to look after.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// The grant.
    pub grant: Grant,
    /// The vendor's name.
    pub vendor: String,
    /// When it was made, or a message or an answer about it last moved.
    pub touched_at: Timestamp,
    /// When the vendor last got claims of it; read for those alone that have ended.
    pub disclosed_at: Option<Timestamp>,
}

impl Watched {
    fn is_overdue(&self, now: Timestamp) -> bool {
        ended::is_overdue(&self.grant, self.disclosed_at, now)
    }
}

/// Messages to one vendor that are held, or failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Stuck {
    /// The vendor's name.
    pub vendor: String,
    /// Held or failed.
    pub state: MessageState,
    /// How many.
    pub messages: u32,
    /// Since when the first of them is in the queue.
    pub since: Timestamp,
    /// Why the first of them is.
    pub reason: Option<String>,
}

/// A vendor that took nothing lately.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// The vendor's name.
    pub vendor: String,
    /// Since when it was to take something.
    pub since: Timestamp,
    /// Why it did not, the last time.
    pub reason: Option<String>,
}

/// Gathers the facts. `within` is how long before its end a rule renews a grant.
///
/// # Errors
/// The database's.
pub fn facts(connection: &Connection, now: Timestamp, within: SignedDuration) -> Result<Facts> {
    Ok(Facts {
        grants: store::watched(connection, now, now - UNTOUCHED)?,
        due: renewal::due(connection, now, within)?,
        stuck: store::stuck(connection)?,
        waiting: store::waiting(connection)?,
        wrong: drift::wrong(connection, now)?,
        refusing: Vec::new(),
        linked: link::names(connection)?,
    })
}

/// Notes that the user was reminded of what nothing touches.
///
/// # Errors
/// The database's.
pub fn mark_reminded(tx: &Tx, tasks: &[Task]) -> Result<()> {
    let untouched = tasks.iter().filter(|task| task.kind == Kind::GrantsUntouched);
    let ids = untouched.flat_map(|task| &task.about).filter_map(|about| about.grant.as_deref());
    ids.into_iter().try_for_each(|id| grant::mark_reminded(tx, id))
}

/// What needs the user. What ends within `soon` ends soon.
pub fn tasks(facts: &Facts, now: Timestamp, soon: SignedDuration) -> Vec<Task> {
    let mut tasks = of_grants(facts, now, soon);
    tasks.extend(of_messages(facts, now));
    tasks.retain(|task| !task.about.is_empty());
    for task in &mut tasks {
        task.about.sort_by(|a, b| (a.at, &a.vendor).cmp(&(b.at, &b.vendor)));
    }
    tasks.sort_by_key(|task| task.kind);
    tasks
}

fn of_grants(facts: &Facts, now: Timestamp, soon: SignedDuration) -> Vec<Task> {
    let about = |kind, which: &dyn Fn(&Watched) -> bool, at: &dyn Fn(&Watched) -> Option<Timestamp>| {
        let chosen = facts.grants.iter().filter(|watched| which(watched));
        Task { kind, about: chosen.map(|watched| About::grant(watched, at(watched))).collect() }
    };
    let ends = |watched: &Watched| Some(watched.grant.expires_at);
    vec![
        about(Kind::DeletionNotConfirmed, &|watched| watched.is_overdue(now), &|watched| {
            ended::deletion_due(&watched.grant, watched.disclosed_at, now)
        }),
        about(Kind::GrantEndsSoon, &|watched| ending(&watched.grant, now, soon) == Some(Ending::Grant), &ends),
        about(Kind::RuleEndsSoon, &|watched| ending(&watched.grant, now, soon) == Some(Ending::Rule), &|watched| {
            watched.grant.renewal.as_ref().map(|rule| rule.until)
        }),
        Task { kind: Kind::NotRenewed, about: facts.due.iter().filter_map(not_renewed).collect() },
        Task { kind: Kind::GrantsUntouched, about: untouched(&facts.grants, now) },
    ]
}

/// What of a grant ends soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The grant, which no rule renews.
    Grant,
    /// Its rule, which renews it until then.
    Rule,
}

fn ending(grant: &Grant, now: Timestamp, soon: SignedDuration) -> Option<Ending> {
    let near = |end: Timestamp| end.duration_since(now) <= soon;
    if !grant.is_current(now) || !near(grant.expires_at) {
        return None;
    }
    match grant.renewal.as_ref().filter(|rule| grant.expires_at < rule.until) {
        Some(rule) => near(rule.until).then_some(Ending::Rule),
        None => Some(Ending::Grant),
    }
}

/// A grant that its rule should have renewed: without one, or after its end, it is one that ends.
fn not_renewed(due: &Due) -> Option<About> {
    let Decision::NeedsUser(why @ (Why::Ended | Why::Unreadable | Why::Failed(_))) = &due.decision else { return None };
    Some(About {
        vendor: due.vendor.clone(),
        grant: Some(due.grant.id.clone()),
        messages: None,
        at: Some(due.grant.expires_at),
        why: Some(why.words().to_owned()),
    })
}

/// Grants that nothing touched for long, if it is time to say so: each once, and again after as long.
fn untouched(grants: &[Watched], now: Timestamp) -> Vec<About> {
    let last = grants.iter().filter_map(|watched| watched.grant.reminded_at).max();
    if last.is_some_and(|last| now.duration_since(last) < REMINDERS) {
        return Vec::new();
    }
    let long_ago = |time: Timestamp| now.duration_since(time) >= UNTOUCHED;
    let silent = |watched: &&Watched| {
        watched.grant.is_current(now)
            && long_ago(watched.touched_at)
            && watched.grant.reminded_at.is_none_or(|at| at < watched.touched_at || long_ago(at))
    };
    grants.iter().filter(silent).map(|watched| About::grant(watched, Some(watched.touched_at))).collect()
}

fn of_messages(facts: &Facts, now: Timestamp) -> Vec<Task> {
    let (token, other): (Vec<&Stuck>, Vec<&Stuck>) = facts.stuck.iter().partition(|stuck| wants_token(stuck));
    let of = |state| other.iter().filter(move |stuck| stuck.state == state).map(|stuck| About::stuck(stuck)).collect();
    let mut refused: Vec<About> = token.into_iter().map(About::stuck).collect();
    for vendor in &facts.refusing {
        if !refused.iter().any(|about| about.vendor == *vendor) {
            let why = facts.linked.contains(vendor).then(|| Hold::Unlinked.reason().to_owned());
            refused.push(About { vendor: vendor.clone(), grant: None, messages: None, at: None, why });
        }
    }
    let waits = |waiting: &&Waiting| now.duration_since(waiting.since) >= UNREACHABLE;
    vec![
        Task { kind: Kind::TokenRefused, about: refused },
        Task { kind: Kind::MessagesHeld, about: of(MessageState::Held) },
        Task { kind: Kind::MessagesFailed, about: of(MessageState::Failed) },
        Task { kind: Kind::Drifted, about: facts.wrong.iter().map(About::wrong).collect() },
        Task { kind: Kind::VendorUnreachable, about: facts.waiting.iter().filter(waits).map(About::waiting).collect() },
    ]
}

fn wants_token(stuck: &Stuck) -> bool {
    let says = |hold: Hold| stuck.reason.as_ref().is_some_and(|reason| reason.starts_with(hold.reason()));
    stuck.state == MessageState::Held && (says(Hold::Relink) || says(Hold::Unlinked))
}

impl About {
    fn is_unlinked(&self) -> bool {
        self.why.as_ref().is_some_and(|why| why.starts_with(Hold::Unlinked.reason()))
    }

    fn grant(watched: &Watched, at: Option<Timestamp>) -> Self {
        let (vendor, grant) = (watched.vendor.clone(), Some(watched.grant.id.clone()));
        Self { vendor, grant, messages: None, at, why: None }
    }

    fn stuck(stuck: &Stuck) -> Self {
        let (vendor, messages, at) = (stuck.vendor.clone(), Some(stuck.messages), Some(stuck.since));
        Self { vendor, grant: None, messages, at, why: stuck.reason.clone() }
    }

    fn wrong(wrong: &Wrong) -> Self {
        let (of, still): (Vec<&Kept>, Vec<&Kept>) =
            wrong.readings.iter().partition(|kept| kept.state == drift::State::Drifted);
        let claims =
            |readings: &[&Kept]| readings.iter().map(|kept| kept.claim.as_str()).collect::<Vec<_>>().join(", ");
        let why = match (&of[..], &still[..]) {
            (_, []) => format!("another {} than it was told", claims(&of)),
            ([], _) => format!("still {}, which you took back", claims(&still)),
            (..) => format!("another {} than it was told, and still {}", claims(&of), claims(&still)),
        };
        let at = wrong.readings.iter().map(|kept| kept.at).min();
        Self { vendor: wrong.vendor.clone(), grant: None, messages: None, at, why: Some(why) }
    }

    fn waiting(waiting: &Waiting) -> Self {
        let (vendor, at, why) = (waiting.vendor.clone(), Some(waiting.since), waiting.reason.clone());
        Self { vendor, grant: None, messages: None, at, why }
    }
}

impl Task {
    /// What to type next.
    pub fn command(&self) -> String {
        let one = if let [about] = &self.about[..] { Some(about) } else { None };
        let grant = one.and_then(|about| about.grant.as_deref()).map(short);
        match (self.kind, grant, one) {
            (Kind::DeletionNotConfirmed, Some(id), _) => format!("cmr grant show {id}"),
            (Kind::GrantEndsSoon, Some(id), _) => format!("cmr grant renew {id} --expires 90d"),
            (Kind::RuleEndsSoon, Some(id), _) => format!("cmr grant renew {id} --rule 90d --until 1y"),
            (Kind::NotRenewed | Kind::GrantsUntouched, Some(id), _) => format!("cmr grant show {id}"),
            (Kind::NotRenewed, ..) => "cmr grant list --all".into(),
            (Kind::TokenRefused, _, Some(about)) if about.is_unlinked() => format!("cmr vendor link {}", about.vendor),
            (Kind::TokenRefused, _, Some(about)) => format!("cmr vendor set {} --token-file FILE", about.vendor),
            (Kind::TokenRefused, ..) => "cmr vendor set NAME --token-file FILE".into(),
            (Kind::Drifted, _, Some(about)) => format!("cmr vendor verify {}", about.vendor),
            (Kind::Drifted, ..) => "cmr vendor verify NAME".into(),
            (Kind::VendorUnreachable, _, Some(about)) => format!("cmr vendor set {} --discover", about.vendor),
            (Kind::MessagesHeld | Kind::MessagesFailed | Kind::VendorUnreachable, ..) => "cmr outbox list".into(),
            _ => "cmr grant list".into(),
        }
    }
}
