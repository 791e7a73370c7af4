//! Asking the index, and reading what it names from the vault.

use std::cmp::Reverse;
use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::Value;

use super::model::{CANDIDATES, Found, Group, Hit, Noun, Options, Thing};
use super::query::Query;
use super::store;
use super::words::{self, Words};
use crate::error::Result;
use crate::{delivery, ledger, vendor};

/// What matches, noun by noun.
pub(super) fn find(vault: &Connection, cache: &Connection, query: &Query, options: &Options) -> Result<Found> {
    // One look at each, not one for every row: each costs locks. Both end with this, and change nothing.
    let _looks = (vault.unchecked_transaction()?, cache.unchecked_transaction()?);
    let mut groups = Vec::new();
    for &noun in &options.nouns {
        let search = Search { vault, cache, noun, options };
        let group = search.group(query)?;
        groups.extend((!group.hits.is_empty()).then_some(group));
    }
    Ok(Found { groups })
}

/// The search in one noun.
struct Search<'a> {
    vault: &'a Connection,
    cache: &'a Connection,
    noun: Noun,
    options: &'a Options,
}

impl Search<'_> {
    /// Whole words come first. What the last word only begins is looked for where there is room left: the beginnings
    /// of a short one stand in every other line.
    fn group(&self, query: &Query) -> Result<Group> {
        let whole = self.matching(&query.whole(), &HashSet::new())?;
        let room = self.options.limit.saturating_sub(whole.hits.len());
        match query.begun() {
            Some(condition) if room > 0 => {
                let seen: HashSet<i64> = whole.hits.iter().map(|(number, _)| *number).collect();
                let begun = self.matching(&condition, &seen)?;
                self.joined(whole, begun)
            }
            _ => self.joined(whole, Matching::default()),
        }
    }

    fn matching(&self, condition: &str, but: &HashSet<i64>) -> Result<Matching> {
        let enough = self.options.limit + but.len();
        let most = if self.options.newest { enough } else { enough.max(CANDIDATES) };
        let mut candidates = self.candidates(condition, most + 1)?;
        let cut = !self.options.newest && candidates.len() > most;
        candidates.truncate(most + usize::from(self.options.newest));
        candidates.retain(|(number, _)| !but.contains(number));
        if candidates.is_empty() {
            return Ok(Matching::default());
        }
        let best = store::snippets(self.cache, &candidates, condition, self.options.newest, self.options.limit)?;
        let more = cut || candidates.len() > best.len();
        Ok(Matching { hits: best, more, cut })
    }

    /// What matches a condition, the newest first, with its words.
    fn candidates(&self, condition: &str, limit: usize) -> Result<Vec<(i64, Words)>> {
        if self.noun != Noun::Ledger {
            return store::matching(self.cache, self.noun, condition, limit);
        }
        let words = |seq: i64| Ok((seq, self.entry(seq)?.0));
        store::matching_entries(self.cache, condition, limit)?.into_iter().map(words).collect()
    }

    fn joined(&self, whole: Matching, begun: Matching) -> Result<Group> {
        let mut best: Vec<(i64, String)> = whole.hits.into_iter().chain(begun.hits).collect();
        if self.options.newest {
            best.sort_by_key(|(number, _)| Reverse(*number));
        }
        let more = whole.more || begun.more || best.len() > self.options.limit;
        best.truncate(self.options.limit);
        let mut hits = Vec::with_capacity(best.len());
        for (number, snippet) in best {
            hits.extend(self.read(number)?.map(|hit| Hit { snippet, ..hit }));
        }
        Ok(Group { noun: self.noun, hits, more, newest_weighed: whole.cut || begun.cut })
    }

    /// What has this number, if it is still there.
    fn read(&self, number: i64) -> Result<Option<Hit>> {
        let id = || store::item_id(self.cache, number).map(Option::unwrap_or_default);
        match self.noun {
            Noun::Vendor => self.vendor(&id()?),
            Noun::Note => self.note(number),
            Noun::Message => self.message(&id()?),
            Noun::Ledger => self.entry(number).map(|(_, hit)| Some(hit)),
        }
    }

    fn vendor(&self, id: &str) -> Result<Option<Hit>> {
        let card = vendor::card(self.vault, id)?;
        Ok(card.map(|card| hit(card.added_at, Some(card.name.clone()), Thing::Vendor(card))))
    }

    fn note(&self, number: i64) -> Result<Option<Hit>> {
        let Some(note) = vendor::note(self.vault, number)? else { return Ok(None) };
        let vendor = store::name(self.cache, &note.vendor_id)?;
        Ok(Some(hit(note.at, vendor, Thing::Note(note))))
    }

    fn message(&self, id: &str) -> Result<Option<Hit>> {
        let found = delivery::named(self.vault, id)?.into_iter().find(|(message, _)| message.id == id);
        let Some((message, _)) = found else { return Ok(None) };
        let vendor = store::name(self.cache, &message.vendor_id)?;
        Ok(Some(hit(message.created_at, vendor, Thing::Message(Box::new(message)))))
    }

    fn entry(&self, seq: i64) -> Result<(Words, Hit)> {
        let entry = ledger::get(self.vault, seq)?;
        let body = entry.body_json();
        let vendor = match body.get("vendor").and_then(Value::as_str) {
            Some(id) => store::name(self.cache, id)?,
            None => None,
        };
        let words = words::of_entry(&entry, &body, vendor.as_deref());
        Ok((words, hit(entry.at, vendor, Thing::Ledger(Box::new(entry)))))
    }
}

fn hit(at: jiff::Timestamp, vendor: Option<String>, thing: Thing) -> Hit {
    Hit { at, snippet: String::new(), thing, vendor }
}

/// What matches one condition: numbers and snippets.
#[derive(Default)]
struct Matching {
    hits: Vec<(i64, String)>,
    /// Whether there is more than these.
    more: bool,
    /// Whether there were more than could be weighed.
    cut: bool,
}
