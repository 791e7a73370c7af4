//! Asking the index, and reading what it names from the vault.

use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::Value;

use super::model::{CANDIDATES, Found, Group, Hit, Noun, Options, Thing};
use super::query::Query;
use super::store;
use super::words::{self, Words};
use crate::error::{Kind, Result};
use crate::{delivery, ledger, vendor};

/// What matches, noun by noun.
pub(super) fn find(vault: &Connection, cache: &Connection, query: &Query, options: &Options) -> Result<Found> {
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
                Ok(self.joined(whole, begun))
            }
            _ => Ok(self.joined(whole, Matching::default())),
        }
    }

    fn matching(&self, condition: &str, but: &HashSet<i64>) -> Result<Matching> {
        let most = if self.options.newest { self.options.limit + but.len() + 1 } else { CANDIDATES + 1 };
        let mut numbers = store::matching(self.cache, self.noun, condition, most.max(self.options.limit + 1))?;
        let cut = !self.options.newest && numbers.len() > CANDIDATES.max(self.options.limit);
        numbers.retain(|number| !but.contains(number));
        if numbers.is_empty() {
            return Ok(Matching::default());
        }
        let mut candidates = Vec::with_capacity(numbers.len());
        let mut things = std::collections::HashMap::new();
        for number in numbers {
            if let Some((words, hit)) = self.read(number)? {
                candidates.push((number, words));
                things.insert(number, hit);
            }
        }
        let best = store::snippets(self.cache, &candidates, condition, self.options.newest, self.options.limit)?;
        let hits: Vec<(i64, Hit)> = best
            .into_iter()
            .filter_map(|(number, snippet)| Some((number, Hit { snippet, ..things.remove(&number)? })))
            .collect();
        Ok(Matching { more: candidates.len() > hits.len(), hits, cut })
    }

    fn joined(&self, whole: Matching, begun: Matching) -> Group {
        let mut hits: Vec<(i64, Hit)> = whole.hits.into_iter().chain(begun.hits).collect();
        if self.options.newest {
            hits.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        }
        let more = whole.more || begun.more || hits.len() > self.options.limit;
        hits.truncate(self.options.limit);
        let hits = hits.into_iter().map(|(_, hit)| hit).collect();
        Group { noun: self.noun, hits, more, newest_weighed: whole.cut || begun.cut }
    }

    /// What has this number, if it is still there, with its words.
    fn read(&self, number: i64) -> Result<Option<(Words, Hit)>> {
        let found = match self.noun {
            Noun::Note => self.note(number),
            Noun::Ledger => self.entry(number),
            Noun::Vendor | Noun::Message => match store::item_id(self.cache, number)? {
                Some(id) if self.noun == Noun::Vendor => self.vendor(&id),
                Some(id) => self.message(&id),
                None => Ok(None),
            },
        };
        match found {
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            other => other,
        }
    }

    fn vendor(&self, id: &str) -> Result<Option<(Words, Hit)>> {
        let Some(card) = vendor::card(self.vault, id)? else { return Ok(None) };
        let (words, vendor) = (words::of_vendor(&card), card.name.clone());
        Ok(Some((words, hit(card.added_at, Some(vendor), Thing::Vendor(card)))))
    }

    fn note(&self, number: i64) -> Result<Option<(Words, Hit)>> {
        let Some(note) = vendor::note(self.vault, number)? else { return Ok(None) };
        let vendor = vendor::name_of(self.vault, &note.vendor_id)?;
        let words = words::of_note(&note, vendor.as_deref().unwrap_or_default());
        Ok(Some((words, hit(note.at, vendor, Thing::Note(note)))))
    }

    fn message(&self, id: &str) -> Result<Option<(Words, Hit)>> {
        let found = delivery::named(self.vault, id)?.into_iter().find(|(message, _)| message.id == id);
        let Some((message, jti)) = found else { return Ok(None) };
        let vendor = vendor::name_of(self.vault, &message.vendor_id)?;
        let words = words::of_message(&message, &jti, vendor.as_deref().unwrap_or_default());
        Ok(Some((words, hit(message.created_at, vendor, Thing::Message(Box::new(message))))))
    }

    fn entry(&self, seq: i64) -> Result<Option<(Words, Hit)>> {
        let entry = ledger::get(self.vault, seq)?;
        let body = entry.body_json();
        let vendor = match body.get("vendor").and_then(Value::as_str) {
            Some(id) => vendor::name_of(self.vault, id)?,
            None => None,
        };
        let words = words::of_entry(&entry, &body, vendor.as_deref());
        Ok(Some((words, hit(entry.at, vendor, Thing::Ledger(Box::new(entry))))))
    }
}

fn hit(at: jiff::Timestamp, vendor: Option<String>, thing: Thing) -> Hit {
    Hit { at, snippet: String::new(), thing, vendor }
}

/// What matches one condition, by number.
#[derive(Default)]
struct Matching {
    hits: Vec<(i64, Hit)>,
    /// Whether there is more than these.
    more: bool,
    /// Whether there were more than could be weighed.
    cut: bool,
}
