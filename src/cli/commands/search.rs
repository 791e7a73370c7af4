//! `cmr search`.

use jiff::Timestamp;

use super::super::args::search::{SearchArgs, Within};
use super::super::output::search::{HitView, NoteHit, Search, VendorHit};
use super::super::output::{ledger::EntryView, message::MessageView};
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::grant;
use crate::search::{self, Found, Hit, Noun, Options, Query, Thing};
use crate::vault::Vault;

pub(in super::super) fn run(args: &SearchArgs, session: &Session) -> Result<Outcome> {
    let text = args.text.join(" ");
    let query = Query::parse(&text)?;
    let options = Options { nouns: nouns(&args.within), limit: args.limit as usize, newest: args.newest };
    let (vault, key) = session.vault_and_key()?;
    let found = {
        let progress = session.printer().progress("Indexing the ledger");
        search::search(&vault, &key, &query, &options, &mut |done, of| progress.at(done, of))?
    };
    let view = view(&vault, text, &options, &found)?;
    session.printer().show(&view)?;
    Ok(if view.hits.is_empty() { Outcome::NothingFound } else { Outcome::Done })
}

fn nouns(within: &[Within]) -> Vec<Noun> {
    let named = |noun: &Noun| {
        let within_noun = match noun {
            Noun::Vendor => Within::Vendor,
            Noun::Note => Within::Note,
            Noun::Message => Within::Message,
            Noun::Ledger => Within::Ledger,
        };
        within.is_empty() || within.contains(&within_noun)
    };
    Noun::ALL.into_iter().filter(named).collect()
}

fn view(vault: &Vault, query: String, options: &Options, found: &Found) -> Result<Search> {
    let names = |which: fn(&search::Group) -> bool| -> Vec<&'static str> {
        found.groups.iter().filter(|group| which(group)).map(|group| group.noun.name()).collect()
    };
    let mut view = Search {
        query,
        order: if options.newest { "newest" } else { "best" },
        more: names(|group| group.more),
        newest_weighed: names(|group| group.newest_weighed),
        ..Search::default()
    };
    for hit in found.groups.iter().flat_map(|group| &group.hits) {
        add(vault, hit, &mut view)?;
    }
    Ok(view)
}

/// Adds a hit twice: as a script reads it, and as a row of its noun's table.
fn add(vault: &Vault, hit: &Hit, view: &mut Search) -> Result<()> {
    let vendor = hit.vendor.clone().unwrap_or_default();
    let snippet = hit.snippet.clone();
    let (noun, id, command) = match &hit.thing {
        Thing::Vendor(card) => {
            let now = Timestamp::now();
            let of_vendor = grant::list_of_vendor(vault.connection(), &card.id)?;
            let grants = of_vendor.iter().filter(|grant| grant.is_current(now)).count();
            view.vendors.push((VendorHit { card: card.clone(), grants }, snippet));
            (Noun::Vendor, card.id.clone(), format!("cmr vendor show {vendor}"))
        }
        Thing::Note(note) => {
            view.notes.push((NoteHit { vendor: vendor.clone(), at: note.at }, snippet));
            (Noun::Note, note.id.to_string(), format!("cmr vendor show {vendor}"))
        }
        Thing::Message(message) => {
            view.messages.push((MessageView::of(message, &vendor, None), snippet));
            (Noun::Message, message.id.clone(), format!("cmr outbox show {}", message.id))
        }
        Thing::Ledger(entry) => {
            view.entries.push((EntryView { vendor: hit.vendor.clone(), ..EntryView::of(entry) }, snippet));
            (Noun::Ledger, entry.seq.to_string(), format!("cmr log show {}", entry.seq))
        }
    };
    let (noun, vendor, snippet) = (noun.name(), hit.vendor.clone(), hit.plain_snippet());
    view.hits.push(HitView { noun, id, vendor, at: hit.at, snippet, command });
    Ok(())
}
