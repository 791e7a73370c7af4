//! Where each vendor stands in a change of address: what it has, how it hears of the new one, and what is still to come.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::Connection;

use super::Relocation;
use crate::delivery::channel::{Kind, Ways};
use crate::delivery::drift::{self, Kept, State};
use crate::delivery::message::{Message, MessageState};
use crate::delivery::store;
use crate::error::Result;
use crate::grant::{self, Grant, VendorStatus};
use crate::ledger::disclosure;
use crate::vendor;
use crate::wire::event::Event;

/// Why a vendor is thought to have the old address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Has {
    /// A current grant lends it.
    ByGrant,
    /// It was told once, and no current grant lends it any more.
    ByFormerGrant,
    /// An import shows that I deal with it: it may have an address of mine.
    ByImport,
}

/// How far a vendor has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Something at this vendor needs the user.
    NeedsYou,
    /// The vendor will never take the message.
    Failed,
    /// It shows another address than the new one.
    Drifted,
    /// It will hear of it when the move begins.
    WillHear,
    /// The message waits to be sent.
    Queued,
    /// Its server took the message.
    Delivered,
    /// It said that it uses the new address.
    Confirmed,
    /// It was read back, and shows the new address.
    Verified,
    /// It is not told.
    NotTold,
}

impl Stage {
    /// Whether nothing more is to come.
    pub fn is_over(self) -> bool {
        matches!(self, Stage::Confirmed | Stage::Verified | Stage::NotTold)
    }
}

/// Where one vendor stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The vendor's name.
    pub vendor: String,
    /// The vendor's id.
    pub vendor_id: String,
    /// Why it is thought to have the old address.
    pub has: Has,
    /// By which way it hears of the new one.
    pub channel: Option<Kind>,
    /// How far it has come.
    pub stage: Stage,
    /// Why, in words.
    pub why: Option<String>,
    /// The message that tells it.
    pub message: Option<String>,
    /// What to type next.
    pub next: Option<String>,
}

/// Where the vendors stand: those that have the old address by a grant, or had, those that an import knows, by their ids,
/// and the number of those of whom nothing is known.
///
/// # Errors
/// The database's.
pub fn lines(
    connection: &Connection,
    relocation: &Relocation,
    imported: impl IntoIterator<Item = String>,
    now: Timestamp,
) -> Result<(Vec<Line>, usize)> {
    let mut lines = BTreeMap::new();
    for persona in &relocation.personas {
        for grant in grant::carrying(connection, persona, std::slice::from_ref(&relocation.claim), now)? {
            let line = by_grant(connection, relocation, &grant)?;
            let worst = lines.entry(line.vendor_id.clone()).or_insert_with(|| line.clone());
            if line.stage < worst.stage {
                *worst = line;
            }
        }
    }
    let former = told(connection, relocation)?.into_iter().map(|id| (id, Has::ByFormerGrant));
    for (vendor_id, has) in former.chain(imported.into_iter().map(|id| (id, Has::ByImport))) {
        if let Entry::Vacant(place) = lines.entry(vendor_id) {
            let line = without_grant(connection, relocation, place.key(), has)?;
            place.insert(line);
        }
    }
    let unknown = vendor::count(connection)?.saturating_sub(lines.len());
    let mut lines: Vec<Line> = lines.into_values().collect();
    lines.sort_by(|a, b| (a.stage, &a.vendor).cmp(&(b.stage, &b.vendor)));
    Ok((lines, unknown))
}

/// Vendors that were told the old address.
fn told(connection: &Connection, relocation: &Relocation) -> Result<BTreeSet<String>> {
    let Some(old) = relocation.old.as_ref().map(|old| old.to_json()) else { return Ok(BTreeSet::new()) };
    let query = disclosure::Query { claim: Some(relocation.claim.base()), ..Default::default() };
    let known = disclosure::known(connection, &query)?;
    Ok(known.into_iter().filter(|told| told.value == old && !told.refused).map(|told| told.vendor_id).collect())
}

fn by_grant(connection: &Connection, relocation: &Relocation, grant: &Grant) -> Result<Line> {
    let vendor = vendor::get(connection, &grant.vendor_id)?;
    let ways = Ways::of(connection, &vendor)?;
    let way = ways.carrying(Event::GrantUpdated);
    let message = store::last_content(connection, &grant.id)?;
    let since = relocation.begun_at;
    let (stage, why) = match way {
        None => (Stage::NeedsYou, Some("no channel leads there".to_owned())),
        Some(way) if !way.takes(relocation.claim.base()) => {
            (Stage::NeedsYou, Some(format!("its {} takes no {}", way.kind().name(), relocation.claim.base())))
        }
        Some(_) => {
            let far = stage(since, message.as_ref(), grant);
            let shown = message.as_ref().map(|message| shown(connection, relocation, message)).transpose()?;
            seen(far, shown.flatten())
        }
    };
    let message = message.filter(|message| since.is_some_and(|since| message.created_at >= since));
    let next = next(stage, &vendor.name, message.as_ref());
    Ok(Line {
        vendor: vendor.name,
        vendor_id: grant.vendor_id.clone(),
        has: Has::ByGrant,
        channel: way.map(|way| way.kind()),
        stage,
        why,
        message: message.map(|message| message.id),
        next,
    })
}

/// How far a vendor has come by the last message of a grant that carries the address.
fn stage(since: Option<Timestamp>, message: Option<&Message>, grant: &Grant) -> (Stage, Option<String>) {
    let Some(since) = since else { return (Stage::WillHear, None) };
    let Some(message) = message.filter(|message| message.created_at >= since) else {
        return (Stage::NeedsYou, Some("nothing of it could be sent".to_owned()));
    };
    let answered = grant.state.confirmed.is_some_and(|version| message.version.is_some_and(|sent| version >= sent));
    match message.state {
        MessageState::Held => (Stage::NeedsYou, message.reason.clone()),
        MessageState::Failed => (Stage::Failed, message.reason.clone()),
        MessageState::Delivered if grant.state.vendor == VendorStatus::Rejected => {
            (Stage::NeedsYou, Some("the vendor declined".to_owned()))
        }
        MessageState::Delivered if answered => {
            let written = grant.state.vendor == VendorStatus::AcceptedInWriting;
            (Stage::Confirmed, written.then(|| "in writing, unsigned".to_owned()))
        }
        MessageState::Delivered => (Stage::Delivered, message.reason.clone()),
        _ => (Stage::Queued, message.reason.clone()),
    }
}

/// What the vendor showed of the address when it was asked after this message.
fn shown(connection: &Connection, relocation: &Relocation, message: &Message) -> Result<Option<Kept>> {
    drift::of_message(connection, &message.vendor_id, relocation.claim.base(), &message.id)
}

/// How far a vendor has come that took the message, by what it showed afterwards.
fn seen((stage, why): (Stage, Option<String>), shown: Option<Kept>) -> (Stage, Option<String>) {
    match (stage, shown) {
        (Stage::Delivered | Stage::Confirmed, Some(kept)) => match kept.state {
            State::Verified => (Stage::Verified, why),
            State::Drifted => (Stage::Drifted, kept.seen.map(|seen| format!("it shows {seen}"))),
            _ => (stage, why),
        },
        _ => (stage, why),
    }
}

fn next(stage: Stage, vendor: &str, message: Option<&Message>) -> Option<String> {
    let id = message.map(|message| crate::text::short(&message.id));
    match (stage, id) {
        (Stage::NeedsYou | Stage::Failed, Some(id)) => Some(format!("cmr outbox show {id}")),
        (Stage::NeedsYou | Stage::Failed, None) => Some(format!("cmr vendor show {vendor}")),
        (Stage::Queued, _) => Some(format!("cmr push {vendor}")),
        (Stage::Drifted, _) => Some(format!("cmr vendor verify {vendor}")),
        _ => None,
    }
}

/// One that no current grant lends the address to. What was told once needs the user; what is but thought of does not.
fn without_grant(connection: &Connection, relocation: &Relocation, vendor_id: &str, has: Has) -> Result<Line> {
    let vendor = vendor::get(connection, vendor_id)?;
    let way = Ways::of(connection, &vendor)?.carrying(Event::GrantCreated).map(|way| way.kind());
    let (stage, why) = match has {
        Has::ByFormerGrant => (Stage::NeedsYou, "it has the old address, and no grant lends it the new one"),
        _ => (Stage::NotTold, "no grant lends it an address"),
    };
    let next = match way {
        Some(_) => format!("cmr grant create {} --claims {} …", vendor.name, relocation.claim),
        None => format!("cmr vendor set {} --channel mail --mail-to …", vendor.name),
    };
    Ok(Line {
        vendor_id: vendor.id.clone(),
        has,
        channel: way,
        stage,
        why: Some(why.into()),
        message: None,
        next: Some(next),
        vendor: vendor.name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::race_tests;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn told(state: MessageState, created: i64) -> Message {
        Message {
            id: "m".into(),
            outgoing: true,
            vendor_id: "v".into(),
            grant_id: Some("g".into()),
            event: "grant-updated".into(),
            version: Some(2),
            jws: String::new(),
            set_hash: String::new(),
            state,
            created_at: at(created),
            attempts: 1,
            attempted_at: None,
            due_at: None,
            delivered_at: None,
            reason: Some("because".into()),
            answers: None,
            verified_by: None,
            channel: None,
        }
    }

    #[test]
    fn a_vendor_has_come_as_far_as_its_last_message_and_no_further() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, vendor) = race_tests::lent(dir.path());
        let mut grant = grant::list_of_vendor(vault.connection(), &vendor.id).unwrap().remove(0);
        let far = |state, created, grant: &Grant| stage(Some(at(10)), Some(&told(state, created)), grant).0;
        assert_eq!(stage(None, None, &grant).0, Stage::WillHear);
        assert_eq!(stage(Some(at(10)), None, &grant).0, Stage::NeedsYou);
        assert_eq!(far(MessageState::Delivered, 9, &grant), Stage::NeedsYou, "an older message says nothing of it");
        assert_eq!(far(MessageState::Queued, 10, &grant), Stage::Queued);
        assert_eq!(far(MessageState::Held, 10, &grant), Stage::NeedsYou);
        assert_eq!(far(MessageState::Failed, 10, &grant), Stage::Failed);
        grant.state.confirmed = Some(1);
        assert_eq!(far(MessageState::Delivered, 10, &grant), Stage::Delivered, "it confirmed what it had before");
        grant.state.confirmed = Some(2);
        assert_eq!(far(MessageState::Delivered, 10, &grant), Stage::Confirmed);
        assert_eq!(far(MessageState::Queued, 10, &grant), Stage::Queued);
        grant.state.vendor = VendorStatus::Rejected;
        assert_eq!(far(MessageState::Delivered, 10, &grant), Stage::NeedsYou);
    }

    #[test]
    fn what_it_shows_says_more_than_that_it_was_delivered() {
        let kept = |state| {
            let seen = Some("12 rue".to_owned());
            Some(Kept { claim: "address".into(), channel: Kind::Scim, message_id: "m".into(), state, seen, at: at(1) })
        };
        let far = |stage, state| seen((stage, None), kept(state));
        assert_eq!(far(Stage::Delivered, State::Verified), (Stage::Verified, None));
        assert_eq!(far(Stage::Confirmed, State::Drifted), (Stage::Drifted, Some("it shows 12 rue".into())));
        assert_eq!(far(Stage::Delivered, State::Unknown), (Stage::Delivered, None));
        assert_eq!(far(Stage::Queued, State::Verified), (Stage::Queued, None), "that was another time");
    }
}
