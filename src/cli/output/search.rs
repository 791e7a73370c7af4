//! `search`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::ledger::EntryView;
use super::message::{MessageView, tone};
use super::text::{DIM, Text, Tone, local, marked, plain, short, toned};
use crate::search::CANDIDATES;
use crate::vendor::Card;

/// `cmr search`.
#[derive(Default, Serialize, JsonSchema)]
pub struct Search {
    /// What was searched.
    pub query: String,
    /// `best` or `newest`: what stands first of each noun.
    pub order: &'static str,
    /// What was found: vendors, then notes, messages and entries of the ledger.
    pub hits: Vec<HitView>,
    /// The nouns of which more matched than are here.
    pub more: Vec<&'static str>,
    /// The nouns of which so much matched that only the newest thousand were weighed against each other.
    pub newest_weighed: Vec<&'static str>,
    /// Rows for people, each with its snippet.
    #[serde(skip)]
    pub vendors: Vec<(VendorHit, String)>,
    /// As above.
    #[serde(skip)]
    pub notes: Vec<(NoteHit, String)>,
    /// As above.
    #[serde(skip)]
    pub messages: Vec<(MessageView, String)>,
    /// As above.
    #[serde(skip)]
    pub entries: Vec<(EntryView, String)>,
}

/// One thing that was found.
#[derive(Serialize, JsonSchema)]
pub struct HitView {
    /// `vendor`, `note`, `message` or `ledger`.
    pub noun: &'static str,
    /// Its id; of a note or an entry its number.
    pub id: String,
    /// The vendor that it is about, as it is called today.
    pub vendor: Option<String>,
    /// When it was added, written, signed or received.
    pub at: Timestamp,
    /// What the words stand in.
    pub snippet: String,
    /// What to type to see it.
    pub command: String,
}

/// A vendor that was found.
pub struct VendorHit {
    /// The vendor.
    pub card: Card,
    /// How many current grants it has.
    pub grants: usize,
}

/// A note that was found.
pub struct NoteHit {
    /// The vendor's name.
    pub vendor: String,
    /// When it was written.
    pub at: Timestamp,
}

impl View for Search {
    const SCHEMA: &'static str = "cmr/search/1";

    fn text(&self, out: &mut Text) {
        if self.hits.is_empty() {
            out.line(format!(
                "Nothing is found for {}. Your own values are not searched: cmr profile show",
                crate::text::printable(&self.query)
            ));
            return;
        }
        self.vendors(out);
        self.notes(out);
        self.messages(out);
        self.entries(out);
        if !self.more.is_empty() {
            let nouns = self.more.join(", ");
            out.gap();
            out.line(format!(
                "  {DIM}More matches than shown: {nouns}. See more with --limit N, or add a word.{DIM:#}"
            ));
        }
        if !self.newest_weighed.is_empty() {
            let nouns = self.newest_weighed.join(", ");
            out.line(format!("  {DIM}These are the best of the newest {CANDIDATES} matches: {nouns}.{DIM:#}"));
        }
    }
}

impl Search {
    fn vendors(&self, out: &mut Text) {
        let row = |(hit, snippet): &(VendorHit, String)| {
            [
                toned(&hit.card.name, Tone::Strong),
                plain(&hit.card.domain),
                plain(hit.grants.to_string()),
                plain(hit.card.rank.map(|rank| rank.to_string()).unwrap_or_default()),
                plain(hit.card.account.as_deref().unwrap_or("")),
                marked(snippet),
            ]
        };
        group(out, "Vendors", ["vendor", "domain", "grants", "rank?", "account?", "found"], &self.vendors, row);
    }

    fn notes(&self, out: &mut Text) {
        let row = |(hit, snippet): &(NoteHit, String)| {
            [toned(&hit.vendor, Tone::Strong), plain(local(hit.at)), marked(snippet)]
        };
        group(out, "Notes", ["vendor", "at", "note"], &self.notes, row);
    }

    fn messages(&self, out: &mut Text) {
        let row = |(message, snippet): &(MessageView, String)| {
            [
                plain(&message.vendor),
                plain(&message.event),
                toned(message.state.name(), tone(message.state)),
                plain(local(message.delivered.unwrap_or(message.at))),
                toned(short(&message.id), Tone::Dim),
                marked(snippet),
            ]
        };
        group(out, "Messages", ["vendor", "message", "state", "at?", "id", "found"], &self.messages, row);
    }

    fn entries(&self, out: &mut Text) {
        let row = |(entry, snippet): &(EntryView, String)| {
            [
                plain(entry.seq.to_string()),
                plain(local(entry.at)),
                toned(&entry.action, Tone::Strong),
                plain(entry.about()),
                marked(snippet),
            ]
        };
        group(out, "Ledger", ["entry", "at?", "what", "about?", "found"], &self.entries, row);
    }
}

/// A heading and a table, where there is something to show.
fn group<T, const N: usize>(
    out: &mut Text,
    heading: &str,
    header: [&str; N],
    rows: &[T],
    row: impl Fn(&T) -> [super::text::Col; N],
) {
    if !rows.is_empty() {
        out.heading(heading);
        out.table(header, rows.iter().map(row).collect());
    }
}
