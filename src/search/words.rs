//! What is indexed of each noun, which is also what a snippet is cut from: words that a person reads, and the ids that
//! stand for them.

use serde_json::Value;

use crate::delivery::{Message, MessageState};
use crate::ledger::Entry;
use crate::text::printable;
use crate::vendor::{Card, Note};

/// The words of one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// To be read.
    pub text: String,
    /// What it is found by as well, and not read: its ids and those that it names, whole and without hyphens.
    pub ids: String,
}

/// Members of a ledger entry that nobody looks for: they are found by what they belong to.
const HASHES: [&str; 3] = ["hash", "set_hash", "key"];

impl Words {
    fn say(&mut self, part: &str) {
        let part = printable(part);
        if !part.trim().is_empty() {
            let dot = if self.text.is_empty() { "" } else { " · " };
            self.text.push_str(dot);
            self.text.push_str(&part);
        }
    }

    fn name_id(&mut self, id: &str) {
        let compact = id.replace('-', "");
        if !self.ids.split(' ').any(|other| other == compact) {
            self.ids.push(' ');
            self.ids.push_str(&compact);
        }
    }

    /// An id in the form in which tables show it: its end.
    fn say_id(&mut self, what: &str, id: &str) {
        self.say(&format!("{what} {}", short(id)));
        self.name_id(id);
    }
}

fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}

/// Whether a text is an id of ours: a UUID with its hyphens.
pub(super) fn is_id(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    let fits = |(place, c): (usize, char)| if hyphens.contains(&place) { c == '-' } else { c.is_ascii_hexdigit() };
    text.len() == 36 && text.char_indices().all(fits)
}

pub(super) fn of_vendor(card: &Card) -> Words {
    let mut words = Words::default();
    words.say(&card.name);
    words.say(card.title.as_deref().unwrap_or(""));
    words.say(&card.domain);
    if let Some(account) = &card.account {
        words.say(&format!("account {account}"));
    }
    words.name_id(&card.id);
    words
}

pub(super) fn of_note(note: &Note, vendor: &str) -> Words {
    // The vendor stands in another column of the table.
    let mut words = Words { ids: vendor.to_owned(), ..Words::default() };
    words.say(&note.text);
    words
}

/// What a message is about. What it carries is not in it.
pub(super) fn of_message(message: &Message, jti: &str, vendor: &str) -> Words {
    let mut words = Words::default();
    words.say(vendor);
    words.say(&message.event);
    words.say(message.state.name());
    // While it waits the reason changes with each attempt, and no ledger entry tells.
    if let Some(reason) = message.reason.as_deref().filter(|_| message.state != MessageState::Queued) {
        words.say(reason);
    }
    if let Some(grant) = &message.grant_id {
        words.say_id("grant", grant);
    }
    words.say_id("message", &message.id);
    if jti != message.id {
        words.say(&format!("jti {jti}"));
        words.name_id(jti);
    }
    if let Some(answered) = &message.answers {
        words.name_id(answered);
    }
    words
}

/// A ledger entry as a person reads it. `vendor` is the name of the vendor that its body names.
pub(super) fn of_entry(entry: &Entry, body: &Value, vendor: Option<&str>) -> Words {
    let mut words = Words::default();
    words.say(&entry.action);
    match is_id(&entry.subject) {
        true => words.say_id(if entry.action.starts_with("message") { "message" } else { "grant" }, &entry.subject),
        false => words.say(&entry.subject),
    }
    if let Some(vendor) = vendor.filter(|vendor| *vendor != entry.subject) {
        words.say(vendor);
    }
    for (name, value) in body.as_object().into_iter().flatten() {
        match value.as_str() {
            Some(id) if name == "vendor" => words.name_id(id),
            Some(id) if is_id(id) && id == entry.subject => {}
            _ => member(&mut words, name, value),
        }
    }
    words
}

fn member(words: &mut Words, name: &str, value: &Value) {
    let label = name.replace('_', " ");
    match value {
        _ if HASHES.contains(&name) => {}
        Value::String(id) if is_id(id) => words.say_id(&label, id),
        Value::String(text) => words.say(&format!("{label} {text}")),
        Value::Number(number) => words.say(&format!("{label} {number}")),
        Value::Bool(true) => words.say(&label),
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<&str> = items.iter().filter_map(item).collect();
            words.say(&format!("{label} {}", items.join(", ")));
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| member(words, name, value)),
        _ => {}
    }
}

fn item(item: &Value) -> Option<&str> {
    item.as_str().or_else(|| item.get("claim")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    const GRANT: &str = "019aab12-0000-7abc-8def-0123456789ab";
    const VENDOR: &str = "019aab12-0000-7abc-8def-0123456789ff";

    fn entry(subject: &str, body: &Value) -> Entry {
        Entry {
            seq: 1,
            device: uuid::Uuid::nil(),
            device_seq: 1,
            at: Timestamp::UNIX_EPOCH,
            action: "grant-updated".into(),
            subject: subject.into(),
            body: body.to_string(),
            prev: [0; 32],
            hash: [0; 32],
        }
    }

    #[test]
    fn an_entry_reads_well_and_its_hashes_are_left_out() {
        let body = json!({
            "vendor": VENDOR, "claims": [{"claim": "email", "hash": "ab"}, {"claim": "address", "hash": "cd"}],
            "set_hash": "sha-256:xyz", "purposes": ["DeliveryOfGoods"], "version": 3, "reason": null,
            "vendor_was_told": false,
        });
        let words = of_entry(&entry(GRANT, &body), &body, Some("acme"));
        assert_eq!(
            words.text,
            "grant-updated · grant 456789ab · acme · claims email, address · purposes DeliveryOfGoods · version 3"
        );
        assert_eq!(words.ids, " 019aab1200007abc8def0123456789ab 019aab1200007abc8def0123456789ff");
    }

    #[test]
    fn a_vendor_that_is_the_subject_is_named_once_and_nothing_drives_a_terminal() {
        let body = json!({"vendor": VENDOR, "changed": "tit\u{1b}[31mle"});
        let words = of_entry(&entry("acme", &body), &body, Some("acme"));
        assert_eq!(words.text, "grant-updated · acme · changed tit[31mle");
    }

    #[test]
    fn ids_are_told_from_other_texts() {
        assert!(is_id(GRANT));
        for other in
            ["", "acme", &GRANT[1..], "019aab12-0000-7abc-8def-0123456789ag", "019aab1200007-abc-8def-01234567-89ab"]
        {
            assert!(!is_id(other), "{other}");
        }
    }
}
