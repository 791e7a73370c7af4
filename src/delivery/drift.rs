//! Drift: whether a vendor shows what it was told, and nothing of what was taken back. What is read is kept as evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

use super::answer::{Answer, Remedies, Verdict, verdict};
use super::channel::{Kind, Outcome, ReadBack};
use super::message::{Message, MessageState};
use super::talk::{Conversation, News};
use super::{drift_store, store};
use crate::error::Result;
use crate::grant::{self, Grant};
use crate::ledger::disclosure::{self, Disclosure};
use crate::profile::model::{Shape, claim_kind};
use crate::text::printable;
use crate::vault::Tx;
use crate::wire::event::Event;

pub use super::drift_store::{Kept, of_message, of_vendor};

/// The most characters that are kept of what a vendor shows of a claim.
const MAX_SEEN: usize = 400;

/// What a vendor shows of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It shows what it was told.
    Verified,
    /// It shows something else.
    Drifted,
    /// It shows nothing of it.
    Unknown,
    /// It was taken back, and the vendor shows it no more.
    Cleared,
    /// It was taken back, and the vendor shows it still.
    StillThere,
}

impl State {
    /// The name, as in JSON and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            State::Verified => "verified",
            State::Drifted => "drifted",
            State::Unknown => "unknown",
            State::Cleared => "cleared",
            State::StillThere => "still_there",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        use State::*;
        [Verified, Drifted, Unknown, Cleared, StillThere].into_iter().find(|state| state.name() == name)
    }

    /// Whether somebody has to do something about it.
    pub fn is_wrong(self) -> bool {
        matches!(self, State::Drifted | State::StillThere)
    }
}

/// What a vendor should show of a claim: the value that it was last told, or nothing of it any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// OpenID claim name.
    pub claim: String,
    /// The value that it was last told.
    pub value: Value,
    /// Whether it is still lent.
    pub lent: bool,
    /// Whether the vendor was told what should be: of what is not lent any more, whether it was taken back there.
    pub told: bool,
    /// The message that brought it, or took it back.
    pub message_id: String,
}

/// What was found of one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What should be.
    pub expected: Expected,
    /// What is.
    pub state: State,
    /// What the vendor shows, where that is not what it should; printable.
    pub seen: Option<String>,
}

/// A vendor that was asked.
#[derive(Debug)]
pub struct Asked {
    /// The vendor's name.
    pub vendor: String,
    /// By which way; none where no way shows anything.
    pub channel: Option<Kind>,
    /// What was found. Where it could not be asked, that nothing is known.
    pub findings: Vec<Finding>,
    /// Why it could not be asked.
    pub trouble: Option<Trouble>,
    /// When.
    pub at: Timestamp,
}

/// Why a vendor could not be asked.
#[derive(Debug)]
pub struct Trouble {
    /// In words.
    pub why: String,
    /// Whether it cannot be asked later either, unless the user does something.
    pub must_act: bool,
}

impl Trouble {
    fn of(outcome: &Outcome) -> Self {
        let tried = Remedies { token: true, key: true, discovery: true };
        let words = &outcome.words;
        match verdict(&outcome.answer, tried, 1, 0.0) {
            Verdict::Hold(hold) => Self { why: format!("{} ({words})", hold.reason()), must_act: true },
            Verdict::Later(_) => Self { why: words.clone(), must_act: false },
            _ => Self {
                why: words.clone(),
                must_act: matches!(outcome.answer, Answer::Http { .. } | Answer::Meant { .. }),
            },
        }
    }
}

/// Whether two values of a claim say the same. Blanks around a text do not count; nor do those within a telephone number, or
/// how it is written as a URI; nor the case of an e-mail address's domain. Of an address the parts count that ours has.
pub fn same(claim: &str, ours: &Value, theirs: &Value) -> bool {
    let shape = claim_kind(claim).map_or(Shape::Text, |kind| kind.shape);
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let part =
                |parts: &serde_json::Map<String, Value>, name: &str| parts.get(name).map(|part| plain(shape, part));
            !ours.is_empty() && ours.keys().all(|name| part(ours, name) == part(theirs, name))
        }
        _ => plain(shape, ours) == plain(shape, theirs),
    }
}

/// A value without what does not count.
fn plain(shape: Shape, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned).replace("\r\n", "\n");
    let text = text.trim();
    match shape {
        Shape::Phone => {
            let number = text.strip_prefix("tel:").unwrap_or(text);
            number.chars().filter(|c| !c.is_whitespace() && !"-.()".contains(*c)).collect()
        }
        Shape::Email => match text.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
            None => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}

/// What a vendor's showing of a claim means. One that shows several values shows each.
pub fn compare(expected: &Expected, shown: Option<&Option<Value>>) -> State {
    let is_ours = |value: &Value| same(&expected.claim, &expected.value, value);
    let has_ours = |value: &Value| value.as_array().map_or_else(|| is_ours(value), |all| all.iter().any(is_ours));
    match (expected.lent, shown) {
        (_, None) | (true, Some(None)) => State::Unknown,
        (false, Some(None)) => State::Cleared,
        (true, Some(Some(value))) => {
            if has_ours(value) {
                State::Verified
            } else {
                State::Drifted
            }
        }
        (false, Some(Some(value))) => {
            if has_ours(value) {
                State::StillThere
            } else {
                State::Cleared
            }
        }
    }
}

/// What was found of each claim.
fn findings(expected: Vec<Expected>, shown: &ReadBack) -> Vec<Finding> {
    let finding = |expected: Expected| {
        let shown = shown.get(&expected.claim);
        let state = compare(&expected, shown);
        let seen = shown.and_then(Option::as_ref).filter(|_| state.is_wrong()).map(seen);
        Finding { expected, state, seen }
    };
    expected.into_iter().map(finding).collect()
}

/// A value as people read it, on one line.
fn seen(value: &Value) -> String {
    let words = match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(seen).collect::<Vec<_>>().join("; "),
        Value::Object(parts) => parts.values().map(seen).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    printable(&words).chars().take(MAX_SEEN).collect()
}

/// What a vendor should show: of each claim that it was told and did not refuse, what it was told last, or nothing any more
/// where no current grant lends it. `taken_back` names the message that told the end of a grant's lending.
fn expected(
    known: &[Disclosure],
    grants: &[Grant],
    now: Timestamp,
    taken_back: impl Fn(&Disclosure) -> Result<Option<String>>,
) -> Result<Vec<Expected>> {
    let current = grants.iter().filter(|grant| grant.is_current(now));
    let lent: BTreeSet<&str> =
        current.flat_map(|grant| grant.scope.claims.iter().map(|lent| lent.claim.base())).collect();
    let mut last: BTreeMap<&str, &Disclosure> = BTreeMap::new();
    // Newest first.
    for told in known.iter().filter(|told| told.delivered_at.is_some() && !told.refused) {
        last.entry(&told.claim).or_insert(told);
    }
    let one = |told: &Disclosure| {
        let lent = lent.contains(told.claim.as_str());
        let end = if lent { None } else { taken_back(told)? };
        Ok(Expected {
            claim: told.claim.clone(),
            value: told.value.clone(),
            lent,
            told: lent || end.is_some(),
            message_id: end.unwrap_or_else(|| told.message_id.clone()),
        })
    };
    last.into_values().map(one).collect()
}

/// What a vendor should show, as the vault has it.
///
/// # Errors
/// The database's.
pub fn should_show(connection: &Connection, vendor_id: &str, now: Timestamp) -> Result<Vec<Expected>> {
    let query = disclosure::Query { vendor_id: Some(vendor_id), ..Default::default() };
    let known = disclosure::known(connection, &query)?;
    let grants = grant::list_of_vendor(connection, vendor_id)?;
    expected(&known, &grants, now, |told| {
        let end = store::of_grant(connection, &told.grant_id)?.into_iter().filter(|message| ends(message, told));
        Ok(end.max_by_key(|message| message.delivered_at).map(|message| message.id))
    })
}

/// What a vendor showed last, where that is not what it should show now.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// The vendor's name.
    pub vendor: String,
    /// What it showed of these claims, by their names.
    pub readings: Vec<Kept>,
}

/// Vendors that, when they were last asked, showed something else than what they should show now.
///
/// # Errors
/// The database's.
pub fn wrong(connection: &Connection, now: Timestamp) -> Result<Vec<Wrong>> {
    let mut found = Vec::new();
    for (id, vendor) in drift_store::vendors_once_wrong(connection)? {
        let mut readings = Vec::new();
        for Expected { claim, message_id, .. } in should_show(connection, &id, now)? {
            readings.extend(of_message(connection, &id, &claim, &message_id)?.filter(|kept| kept.state.is_wrong()));
        }
        if !readings.is_empty() {
            found.push(Wrong { vendor, readings });
        }
    }
    Ok(found)
}

/// Whether a message that the vendor has may have taken back what was told.
fn ends(message: &Message, told: &Disclosure) -> bool {
    let takes_back = [Event::GrantRevoked, Event::GrantUpdated].map(Event::name).contains(&message.event.as_str());
    let arrived = message.outgoing && message.state == MessageState::Delivered;
    takes_back && arrived && message.id != told.message_id && message.delivered_at >= told.delivered_at
}

impl Conversation {
    /// Asks the vendor what it shows of what it was told, by the first way that shows anything, and keeps what it answers.
    pub(super) async fn read_back(&mut self) -> Result<()> {
        let vendor_id = self.vendor.id.clone();
        let expected = self.clerk.write(move |tx| should_show(tx, &vendor_id, tx.now())).await?;
        let claims: Vec<String> = expected.iter().map(|one| one.claim.clone()).collect();
        let mut asked = Asked {
            vendor: self.vendor.name.clone(),
            channel: None,
            findings: Vec::new(),
            trouble: None,
            at: Timestamp::now(),
        };
        let (ways, mut answer) = (Arc::clone(&self.ways), None);
        if !claims.is_empty() {
            let mut means = self.way();
            for way in ways.iter() {
                if let Some(reading) = way.read_back(&mut means, &claims) {
                    answer = Some((way.kind(), reading.await));
                    break;
                }
            }
        }
        asked.channel = answer.as_ref().map(|(kind, _)| *kind);
        match answer {
            Some((kind, Ok(shown))) => {
                let (findings, vendor) = (findings(expected, &shown), Arc::clone(&self.vendor));
                let keep =
                    move |tx: &Tx| drift_store::keep(tx, &vendor, kind, &findings).map(|()| (findings, tx.now()));
                (asked.findings, asked.at) = self.clerk.write(keep).await?;
            }
            Some((_, Err(outcome))) => {
                asked.findings = findings(expected, &ReadBack::new());
                asked.trouble = Some(Trouble::of(&outcome));
            }
            None => asked.findings = findings(expected, &ReadBack::new()),
        }
        self.clerk.tell(News::ReadBack(asked))
    }
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
