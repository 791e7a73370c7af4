//! Bringing the index up to date: in batches, each of them durable, so that it can be stopped at any moment and goes on
//! from there.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use super::model::Noun;
use super::store::{self, Reached};
use super::{INDEX, words};
use crate::delivery;
use crate::error::Result;
use crate::import;
use crate::ledger::{self, Entry};
use crate::vault::key::DataKey;
use crate::vault::{self, Head, Vault, open_cache, remove_cache};
use crate::vendor;

/// Entries in one batch.
const BATCH: usize = 5_000;

/// Rows of another noun that are read at once.
const PAGE: usize = 1000;

/// What became of an attempt to bring the index up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    UpToDate,
    /// It is of another vault, another program, or has a vendor's old name everywhere.
    Unfit,
}

/// Takes the lock of whoever writes the index.
pub(super) fn lock(dir: &Path) -> Result<File> {
    vault::lock(&dir.join(".search.lock"))
}

/// Opens a vault's index, up to date.
pub(super) fn open(vault: &Vault, key: &DataKey, progress: &mut dyn FnMut(u64, u64)) -> Result<Connection> {
    let path = vault.dir().join(INDEX);
    if path.exists() {
        let cache = open_cache(&path, key)?;
        if is_up_to_date(vault.connection(), &cache)? {
            return Ok(cache);
        }
    }
    let _guard = lock(vault.dir())?;
    // Opened again: whoever had the lock before may have put another file in its place.
    let cache = open_cache(&path, key)?;
    if bring(vault.connection(), &cache, progress)? == Ending::UpToDate {
        return Ok(cache);
    }
    drop(cache);
    remove_cache(&path)?;
    let cache = open_cache(&path, key)?;
    bring(vault.connection(), &cache, progress)?;
    Ok(cache)
}

fn is_up_to_date(vault: &Connection, cache: &Connection) -> Result<bool> {
    Ok(store::is_known(cache)? && store::reached(cache)?.entry == ledger::head(vault)?)
}

/// Brings an index up to date that nobody else uses.
pub(super) fn catch_up(vault: &Connection, cache: &Connection, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    bring(vault, cache, progress).map(|_| ())
}

fn bring(vault: &Connection, cache: &Connection, progress: &mut dyn FnMut(u64, u64)) -> Result<Ending> {
    let last = ledger::head(vault)?.map_or(0, |head| head.seq);
    let mut batch = Batch { vault, cache, names: HashMap::new() };
    if store::is_new(cache)? {
        store::write(cache, || batch.begin(last))?;
    }
    if !store::is_known(cache)? || !is_of(vault, &store::reached(cache)?)? {
        return Ok(Ending::Unfit);
    }
    loop {
        let mut reached = store::reached(cache)?;
        let seq = reached.entry.as_ref().map_or(0, |head| head.seq);
        progress(seq.unsigned_abs(), last.unsigned_abs());
        let entries = ledger::after(vault, seq, BATCH)?;
        if entries.is_empty() {
            return Ok(Ending::UpToDate);
        }
        let ending = store::write(cache, || batch.entries(&entries, &mut reached))?;
        if ending == Ending::Unfit {
            return Ok(ending);
        }
    }
}

/// Whether the index was made of this ledger: another vault's, or an older one put back, has another entry there.
fn is_of(vault: &Connection, reached: &Reached) -> Result<bool> {
    let Some(head) = &reached.entry else { return Ok(true) };
    let before = ledger::after(vault, head.seq - 1, 1)?;
    Ok(before.first().is_some_and(|entry| entry.seq == head.seq && entry.hash_hex() == head.hash))
}

/// What a batch reads and writes.
struct Batch<'a> {
    vault: &'a Connection,
    cache: &'a Connection,
    /// Names of vendors, by their ids.
    names: HashMap<String, String>,
}

impl Batch<'_> {
    /// The tables, and all of what is not the ledger, as it is now.
    fn begin(&mut self, last: i64) -> Result<()> {
        store::create(self.cache)?;
        let mut from = String::new();
        loop {
            let cards = vendor::cards_after(self.vault, &from, PAGE)?;
            let Some(end) = cards.last() else { break };
            from.clone_from(&end.id);
            for card in &cards {
                self.card(card)?;
            }
        }
        from.clear();
        loop {
            let messages = delivery::after(self.vault, &from, PAGE)?;
            let Some((end, _)) = messages.last() else { break };
            from.clone_from(&end.id);
            self.messages(&messages)?;
        }
        let mut reached = Reached { entry: None, begun_at: last, note: 0 };
        self.notes(&mut reached)?;
        store::set_reached(self.cache, &reached)
    }

    fn entries(&mut self, entries: &[Entry], reached: &mut Reached) -> Result<Ending> {
        let entries: Vec<(&Entry, Value)> = entries.iter().map(|entry| (entry, entry.body_json())).collect();
        let mut named = HashSet::new();
        for (entry, body) in entries.iter().filter(|(entry, _)| entry.seq > reached.begun_at) {
            named.extend(Some(&*entry.subject).filter(|subject| words::is_id(subject)));
            ids(body, &mut named);
        }
        let imports = entries.iter().filter(|(entry, _)| entry.seq > reached.begun_at);
        for (entry, body) in imports.filter(|(entry, _)| entry.action.starts_with("import")) {
            if self.imported(entry, body)? == Ending::Unfit {
                return Ok(Ending::Unfit);
            }
        }
        if self.changed(&named)? == Ending::Unfit {
            return Ok(Ending::Unfit);
        }
        self.notes(reached)?;
        for (entry, body) in &entries {
            let vendor = match body.get("vendor").and_then(Value::as_str) {
                Some(id) => self.name(id)?,
                None => None,
            };
            store::put(self.cache, Noun::Ledger, entry.seq, &words::of_entry(entry, body, vendor.as_deref()))?;
        }
        reached.entry = entries.last().map(|(entry, _)| Head { seq: entry.seq, hash: entry.hash_hex() });
        store::set_reached(self.cache, reached)?;
        Ok(Ending::UpToDate)
    }

    /// Indexes the vendors that an import brought: its one entry does not name each of them. Where an import was taken back
    /// with vendors, what the index has of those stands nowhere any more.
    fn imported(&self, entry: &Entry, body: &Value) -> Result<Ending> {
        let vendors = body.get("vendors").and_then(Value::as_u64).unwrap_or(0);
        if entry.action == "import-undone" && vendors > 0 {
            return Ok(Ending::Unfit);
        }
        let Some(batch) = body.get("batch").and_then(Value::as_str).filter(|_| vendors > 0) else {
            return Ok(Ending::UpToDate);
        };
        for id in import::brought(self.vault, batch)? {
            if let Some(card) = vendor::card(self.vault, &id)? {
                self.card(&card)?;
            }
        }
        Ok(Ending::UpToDate)
    }

    /// Indexes again what these ids stand for. Vendors first: what is about them is indexed with their names.
    fn changed(&mut self, named: &HashSet<&str>) -> Result<Ending> {
        for id in named {
            let Some(card) = vendor::card(self.vault, id)? else { continue };
            if store::name(self.cache, id)?.is_some_and(|before| before != card.name) {
                return Ok(Ending::Unfit);
            }
            self.card(&card)?;
        }
        for id in named {
            self.messages(&delivery::named(self.vault, id)?)?;
        }
        Ok(Ending::UpToDate)
    }

    fn card(&self, card: &vendor::Card) -> Result<()> {
        store::put_item(self.cache, Noun::Vendor, &card.id, &card.name, &words::of_vendor(card))
    }

    fn messages(&mut self, messages: &[(delivery::Message, String)]) -> Result<()> {
        for (message, jti) in messages {
            let vendor = self.name(&message.vendor_id)?.unwrap_or_default();
            let words = words::of_message(message, jti, &vendor);
            store::put_item(self.cache, Noun::Message, &message.id, "", &words)?;
        }
        Ok(())
    }

    fn notes(&mut self, reached: &mut Reached) -> Result<()> {
        loop {
            let notes = vendor::notes_after(self.vault, reached.note, PAGE)?;
            let Some(end) = notes.last() else { return Ok(()) };
            reached.note = end.id;
            for note in &notes {
                let vendor = self.name(&note.vendor_id)?.unwrap_or_default();
                store::put(self.cache, Noun::Note, note.id, &words::of_note(note, &vendor))?;
            }
        }
    }

    fn name(&mut self, id: &str) -> Result<Option<String>> {
        if let Some(name) = self.names.get(id) {
            return Ok(Some(name.clone()));
        }
        let name = store::name(self.cache, id)?;
        if let Some(name) = &name {
            self.names.insert(id.to_owned(), name.clone());
        }
        Ok(name)
    }
}

/// Every id that stands anywhere in a value.
fn ids<'a>(value: &'a Value, found: &mut HashSet<&'a str>) {
    match value {
        Value::String(text) if words::is_id(text) => _ = found.insert(text),
        Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
        Value::Object(members) => members.values().for_each(|member| ids(member, found)),
        _ => {}
    }
}
