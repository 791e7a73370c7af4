//! Writing an import: one transaction with its ledger entry, or nothing.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::collect::{Collected, stopped};
use super::matching::{Candidate, Decision, New, Wanted, decide};
use super::model::{Counts, Item};
use super::plan::{Given, Plan, Subject};
use super::store::{self, Key, Stored};
use super::vendor_store::{Lookup, Maker, place_older};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::{Tx, Vault};
use crate::vendor::identity::label;

/// What an import did, or would do.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Its id and number; none where it changed nothing.
    pub batch: Option<(String, i64)>,
    /// How much.
    pub counts: Counts,
    /// The vendors that it made.
    pub new_vendors: Vec<Candidate>,
    /// The names of those that were there.
    pub known_vendors: Vec<String>,
    /// What could be several vendors, and nobody said which.
    pub ambiguous: Vec<Ambiguous>,
    /// What the user said is another vendor's than an earlier import did: it stays there.
    pub unmoved: BTreeSet<String>,
}

/// Something that could be several vendors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// The host, or the name as the file has it.
    pub what: String,
    /// Who may be meant.
    pub could_be: Vec<String>,
}

/// Writes an import, or finds out what that would do: everything is done but for the last step.
///
/// # Errors
/// The database's; kind failed where the user wants to stop. Nothing is done then.
pub fn run(vault: &mut Vault, dry_run: bool, write: impl FnOnce(&Tx) -> Result<Written>) -> Result<Written> {
    let mut found = None;
    let written = vault.many_writes()?.write(|tx| {
        let written = write(tx)?;
        match dry_run {
            false => Ok(written),
            true => {
                found = Some(written);
                Err(Error::failed("nothing is done: --dry-run"))
            }
        }
    });
    found.map_or(written, Ok)
}

/// Writes what was collected, with what the user said of it.
///
/// # Errors
/// As [`run`].
pub fn evidence(tx: &Tx, collected: &Collected, given: &[Given], stop: &AtomicBool) -> Result<Written> {
    place_older(tx)?;
    let plan = &Plan::of(tx, &collected.items, given)?;
    let (batch, id) = store::begin(tx, collected.kind, &collected.sources)?;
    let mut writing = Writing {
        tx,
        batch,
        items: &collected.items,
        plan,
        maker: Maker::new(tx, batch),
        vendors: vec![None; plan.subjects.len()],
        seen: Vec::new(),
        widened: HashSet::new(),
        written: Written::default(),
        stop,
    };
    writing.all(collected)?;
    if writing.written.counts.changes_something() {
        writing.remember(collected)?;
    }
    finish(tx, batch, id, collected, writing.written)
}

/// Ends a batch, with its ledger entry, which holds no value; or forgets one that brought nothing.
pub(super) fn finish(tx: &Tx, batch: i64, id: String, collected: &Collected, mut written: Written) -> Result<Written> {
    let counts = &mut written.counts;
    counts.new_vendors = written.new_vendors.len() as u64;
    counts.known_vendors = written.known_vendors.len() as u64;
    counts.skipped = collected.skipped.len() as u64;
    counts.dropped = collected.dropped.iter().map(|(secret, times)| (secret.name().to_owned(), *times)).collect();
    if !counts.changes_something() {
        store::forget(tx, batch)?;
        return Ok(written);
    }
    store::end(tx, batch, counts)?;
    let body = json!({"batch": id, "sources": collected.sources, "new": counts.new, "updated": counts.updated,
                      "settled": counts.settled, "vendors": counts.new_vendors, "records": counts.records});
    ledger::append(tx, "imported", collected.kind.name(), &body)?;
    written.batch = Some((id, batch));
    Ok(written)
}

/// A piece of evidence that is being written.
struct Piece {
    key: Key,
    place: usize,
    /// Whether the same item came before, in the same import.
    twice: bool,
    /// What is stored of it, from before the import.
    stored: Option<Stored>,
}

/// A write that is going on.
struct Writing<'a> {
    tx: &'a Tx<'a>,
    batch: i64,
    items: &'a [Item],
    plan: &'a Plan,
    maker: Maker<'a>,
    /// The vendor of each subject, once it is known.
    vendors: Vec<Option<Candidate>>,
    /// What was there from earlier batches, as it was, and which item says it again.
    seen: Vec<(Stored, usize)>,
    /// What of that says more than before.
    widened: HashSet<i64>,
    written: Written,
    stop: &'a AtomicBool,
}

impl Writing<'_> {
    fn all(&mut self, collected: &Collected) -> Result<()> {
        let sorted = self.sorted(collected);
        let mut stored = Vec::with_capacity(sorted.len());
        let any = store::any(self.tx)?;
        for (number, (key, _)) in sorted.iter().enumerate() {
            self.go_on(number)?;
            stored.push(if any { store::stored(self.tx, key)? } else { None });
        }
        self.find_vendors(&sorted, &stored)?;
        let mut loose: HashSet<usize> = HashSet::new();
        let mut unmatched = 0;
        for (number, Piece { key, place, twice, stored }) in self.by_subject(sorted, stored).into_iter().enumerate() {
            self.go_on(number)?;
            let stored = if twice { store::stored(self.tx, &key)? } else { stored };
            if self.one(&key, place, stored, twice)? {
                unmatched += 1;
                loose.insert(self.plan.of[place]);
            }
        }
        let settled = self.settle()?;
        let own = settled.iter().filter(|batch| **batch == self.batch).count();
        self.written.counts.settled += (settled.len() - own) as u64;
        self.written.counts.unmatched = (unmatched - own.min(unmatched)) as u64;
        let ambiguous = self.plan.ambiguous().filter(|place| loose.contains(place));
        let shown = |place: usize| {
            let subject = &self.plan.subjects[place];
            let could_be = subject.choices().iter().map(super::matching::Choice::words).collect();
            Ambiguous { what: subject.what.clone(), could_be }
        };
        self.written.ambiguous = ambiguous.map(shown).collect();
        self.written.counts.ambiguous = self.written.ambiguous.len() as u64;
        Ok(())
    }

    /// Keys and places, by key: neighbours in the index are read together.
    fn sorted(&self, collected: &Collected) -> Vec<(Key, usize)> {
        let format = |item: &Item| collected.sources.get(item.source).map_or("", |source| source.format.as_str());
        let key = |(place, item): (usize, &Item)| (store::key(format(item), &item.evidence.key), place);
        let mut sorted: Vec<(Key, usize)> = self.items.iter().enumerate().map(key).collect();
        sorted.sort_unstable();
        sorted
    }

    /// The pieces by subject: what refers to one vendor, or to neighbours, is written together. The same item twice in one
    /// import comes last: it says no more than that it is there.
    fn by_subject(&self, sorted: Vec<(Key, usize)>, stored: Vec<Option<Stored>>) -> Vec<Piece> {
        let mut last: Option<Key> = None;
        let mut pieces: Vec<Piece> = Vec::with_capacity(sorted.len());
        for ((key, place), stored) in sorted.into_iter().zip(stored) {
            let twice = last.replace(key) == Some(key);
            pieces.push(Piece { key, place, twice, stored });
        }
        pieces.sort_by_key(|piece| (piece.twice, self.plan.of[piece.place]));
        pieces
    }

    /// The vendors of all subjects that evidence is new of. One that is to be made is, in the order of the subjects.
    fn find_vendors(&mut self, sorted: &[(Key, usize)], stored: &[Option<Stored>]) -> Result<()> {
        let mut needed = vec![false; self.plan.subjects.len()];
        for ((_, place), stored) in sorted.iter().zip(stored) {
            let has_vendor = stored.as_ref().is_some_and(|stored| stored.vendor_id.is_some());
            needed[self.plan.of[*place]] |= !has_vendor;
        }
        let mut known: Vec<String> = Vec::new();
        for (place, subject) in self.plan.subjects.iter().enumerate() {
            self.go_on(place)?;
            self.vendors[place] = match &subject.decision {
                Decision::Vendor(vendor) => Some(vendor.clone()),
                Decision::New(new) if needed[place] => Some(self.make(new, subject)?),
                _ => None,
            };
            if let (Decision::Vendor(vendor), true) = (&subject.decision, needed[place]) {
                known.push(vendor.name.clone());
            }
        }
        known.sort();
        known.dedup();
        self.written.known_vendors = known;
        Ok(())
    }

    fn make(&mut self, new: &New, subject: &Subject) -> Result<Candidate> {
        let title = new.title.as_ref().or(subject.title.as_ref()).cloned();
        let new =
            New { title: if new.site.is_some() { title } else { subject.title.clone().or(title) }, ..new.clone() };
        let called = new.title.as_deref().and_then(crate::vendor::identity::plain_name).or(subject.called.clone());
        let (vendor, made) = self.maker.make(&new, called.as_deref())?;
        if made {
            self.written.new_vendors.push(vendor.clone());
        }
        Ok(vendor)
    }

    /// One piece of evidence. Whether it is of no known vendor.
    fn one(&mut self, key: &Key, place: usize, stored: Option<Stored>, twice: bool) -> Result<bool> {
        let (item, vendor) = (&self.items[place], self.vendors[self.plan.of[place]].as_ref());
        let Some(stored) = stored else {
            store::insert(self.tx, self.batch, key, item, vendor)?;
            self.written.counts.new += 1;
            return Ok(vendor.is_none());
        };
        // The same item twice in a file is one, and the other is counted too: every line has its place in the sums.
        self.written.counts.seen_again += 1;
        if let Some(widened) = store::widened(&stored, item) {
            store::widen(self.tx, &widened)?;
            let is_first = stored.batch != self.batch && self.widened.insert(stored.id);
            self.written.counts.updated += u64::from(is_first);
        }
        let unmatched = match (&stored.vendor_id, vendor) {
            (None, Some(vendor)) => {
                store::settle(self.tx, self.batch, stored.id, &vendor.id)?;
                self.written.counts.settled += 1;
                false
            }
            (None, None) => !twice,
            _ => false,
        };
        let subject = &self.plan.subjects[self.plan.of[place]];
        let is_elsewhere = |vendor: &&Candidate| stored.vendor_id.as_ref().is_some_and(|id| *id != vendor.id);
        if subject.answered && vendor.filter(is_elsewhere).is_some() {
            self.written.unmoved.insert(subject.what.clone());
        }
        if stored.batch != self.batch {
            self.seen.push((stored, place));
        }
        Ok(unmatched)
    }

    /// Gives evidence that waits one of the vendors that were made just now. The batches that it came with.
    fn settle(&mut self) -> Result<Vec<i64>> {
        if !store::any_waits(self.tx)? {
            return Ok(Vec::new());
        }
        let mut keys: Vec<String> = Vec::new();
        for vendor in &self.written.new_vendors {
            keys.extend((!vendor.domain.is_empty()).then(|| vendor.domain.clone()));
            keys.push(label(&vendor.name).replace('-', " "));
        }
        keys.extend(self.plan.subjects.iter().filter_map(|subject| subject.called.clone()));
        keys.sort();
        keys.dedup();
        let (settled, made) = waiting(self.tx, self.batch, &keys, &mut self.maker)?;
        self.written.new_vendors.extend(made);
        Ok(settled)
    }

    /// Keeps what the batch says of what was there, and what the user said, for the next time.
    fn remember(&self, collected: &Collected) -> Result<()> {
        for (number, (stored, place)) in self.seen.iter().enumerate() {
            self.go_on(number)?;
            store::see_again(self.tx, self.batch, stored, &self.items[*place])?;
        }
        for (kind, question, answer) in &collected.answers {
            store::remember(self.tx, self.batch, kind, question, answer)?;
        }
        for (subject, vendor) in self.plan.subjects.iter().zip(&self.vendors).filter(|(subject, _)| subject.answered) {
            if let (Some(key), Some(vendor)) = (subject.wanted.key(), vendor) {
                store::remember(self.tx, self.batch, "vendor", key, &vendor.id)?;
            }
        }
        Ok(())
    }

    fn go_on(&self, number: usize) -> Result<()> {
        match number.is_multiple_of(256) && self.stop.load(Ordering::Relaxed) {
            true => Err(stopped()),
            false => Ok(()),
        }
    }
}

/// Gives evidence that waits for these sites and names its vendor, where there is one now. Returns the batches of what has
/// one, and the vendors that were made for it.
pub(super) fn waiting(tx: &Tx, batch: i64, keys: &[String], maker: &mut Maker) -> Result<(Vec<i64>, Vec<Candidate>)> {
    let (mut settled, mut made) = (Vec::new(), Vec::new());
    for key in keys {
        for waiting in store::waiting_for(tx, key)? {
            let wanted = Wanted::new(waiting.kind, waiting.host.as_deref(), waiting.name.as_deref());
            let vendor = match decide(&wanted, &Lookup::new(tx)?.known(&wanted)?) {
                Decision::Vendor(vendor) => vendor,
                Decision::New(new) => {
                    let called = new.title.as_deref().and_then(crate::vendor::identity::plain_name);
                    let (vendor, is_new) = maker.make(&new, called.as_deref())?;
                    made.extend(is_new.then(|| vendor.clone()));
                    vendor
                }
                _ => continue,
            };
            store::settle(tx, batch, waiting.id, &vendor.id)?;
            settled.push(waiting.batch);
        }
    }
    Ok((settled, made))
}
