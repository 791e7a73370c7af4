//! What a text says, before it is said in a language.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::Author;
use crate::delivery::channel::Parcel;
use crate::delivery::feedback;
use crate::text::{printable, short};
use crate::wire::event::{Event, FeedbackKind, FeedbackSubmitted};

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matter {
    /// What the vendor has is not right any more.
    Correct,
    /// The vendor has nothing of it yet.
    Provide,
    /// The same for longer.
    Renew,
    /// It is over.
    Withdraw,
    /// The user has something to say.
    Say(FeedbackKind),
}

/// A claim with its value, in words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub(super) claim: String,
    pub(super) value: String,
}

/// A claim whose value is another one now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Changed {
    pub(super) claim: String,
    pub(super) before: String,
    pub(super) now: String,
}

/// What it is lent for: the user's own words, or a term of the vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose {
    Words(String),
    Term(String),
}

/// All that a text says.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) matter: Matter,
    pub(super) vendor: String,
    pub(super) reference: String,
    /// Who writes: what the vendor knows them by.
    pub(super) identity: Vec<Told>,
    pub(super) account: Option<String>,
    /// What the text is signed with.
    pub(super) name: Option<String>,
    pub(super) changed: Vec<Changed>,
    pub(super) new: Vec<Told>,
    pub(super) same: Vec<Told>,
    pub(super) gone: Vec<Told>,
    pub(super) purposes: Vec<Purpose>,
    pub(super) by_contract: bool,
    pub(super) recipients: Vec<String>,
    pub(super) sent: Date,
    pub(super) ends: Option<Date>,
    pub(super) kept_until: Option<Date>,
    pub(super) words: Vec<String>,
    pub(super) outcome: Option<String>,
    pub(super) respond_by: Option<Date>,
}

impl Facts {
    pub(super) fn of(parcel: &Parcel, author: &Author) -> Self {
        let day = |time: Timestamp| time.to_zoned(author.zone.clone()).date();
        let feedback: Option<FeedbackSubmitted> = match parcel.event {
            Event::FeedbackSubmitted => parcel.message.payload().and_then(|said| serde_json::from_value(said).ok()),
            _ => None,
        };
        let scope = parcel.grant.as_ref().map(|grant| &grant.scope);
        let sent = day(parcel.message.created_at);
        let told = |(claim, value): (&String, &Value)| Told { claim: claim.clone(), value: in_words(value) };
        let mut facts = Self {
            matter: matter(parcel, feedback.as_ref()),
            vendor: printable(parcel.vendor.title.as_deref().unwrap_or(&parcel.vendor.name)),
            reference: short(&parcel.message.id).to_owned(),
            identity: known(parcel).into_iter().map(told).collect(),
            account: parcel.account.as_deref().map(printable),
            name: name(parcel),
            changed: Vec::new(),
            new: Vec::new(),
            same: Vec::new(),
            gone: parcel.clear.iter().map(told).collect(),
            purposes: scope.map(purposes).unwrap_or_default(),
            by_contract: scope.is_some_and(|scope| scope.lawful_basis == "Contract"),
            recipients: scope
                .map(|scope| scope.recipients.iter().map(|who| printable(who)).collect())
                .unwrap_or_default(),
            sent,
            ends: parcel.grant.as_ref().map(|grant| day(grant.expires_at)),
            kept_until: scope
                .and_then(|scope| scope.data_life.parse().ok())
                .and_then(|life: jiff::Span| sent.checked_add(life).ok()),
            words: parcel.words.as_deref().map(lines).unwrap_or_default(),
            outcome: feedback.as_ref().and_then(|said| said.desired_outcome.as_deref()).map(printable),
            respond_by: feedback.and_then(|said| said.respond_by).map(day),
        };
        for (claim, value) in &parcel.set {
            let (claim, now) = (claim.clone(), in_words(value));
            match parcel.before.get(&claim) {
                Some(before) if before == value => facts.same.push(Told { claim, value: now }),
                Some(before) => facts.changed.push(Changed { claim, before: in_words(before), now }),
                None => facts.new.push(Told { claim, value: now }),
            }
        }
        facts
    }

    /// Whether it is the user who speaks, and not a text of ours.
    pub(super) fn is_in_own_words(&self) -> bool {
        matches!(self.matter, Matter::Say(_))
    }
}

/// What the vendor knows the user by: of what it is told now, as it was before.
fn known(parcel: &Parcel) -> Vec<(&String, &Value)> {
    let before = |claim: &String| parcel.before.get(claim);
    let is_news = |claim: &String| parcel.set.contains_key(claim) && before(claim).is_none();
    let identity = parcel.identity.iter().filter(|(claim, _)| !is_news(claim));
    let mut known: Vec<_> = identity.map(|(claim, value)| (claim, before(claim).unwrap_or(value))).collect();
    // Names first, as people introduce themselves.
    known.sort_by_key(|(claim, _)| !claim.ends_with("name"));
    known
}

/// What the text is signed with.
fn name(parcel: &Parcel) -> Option<String> {
    let text = |claim: &str| parcel.identity.get(claim).and_then(Value::as_str).map(printable);
    let parts = || Some(format!("{} {}", text("given_name")?, text("family_name")?));
    text("name").or_else(parts)
}

fn matter(parcel: &Parcel, feedback: Option<&FeedbackSubmitted>) -> Matter {
    match parcel.event {
        Event::GrantRevoked => Matter::Withdraw,
        Event::GrantRenewed => Matter::Renew,
        Event::FeedbackSubmitted => Matter::Say(feedback.map_or(FeedbackKind::Need, |said| said.kind)),
        Event::GrantCreated => Matter::Provide,
        _ => Matter::Correct,
    }
}

fn purposes(scope: &crate::grant::Scope) -> Vec<Purpose> {
    let words = |purpose: &crate::grant::model::Purpose| match &purpose.words {
        Some(words) if !words.trim().is_empty() => Purpose::Words(printable(words)),
        _ => Purpose::Term(purpose.term.clone()),
    };
    scope.purposes.iter().map(words).collect()
}

fn lines(words: &str) -> Vec<String> {
    feedback::text(words).unwrap_or_else(|_| printable(words)).lines().map(str::to_owned).collect()
}

/// The parts of an address in the order of an envelope, as far as one order does for all countries.
const PARTS: [&str; 6] = ["formatted", "street_address", "postal_code", "locality", "region", "country"];

/// A value on one line. Nothing of it is left out.
pub(super) fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(parts) => {
            let known = PARTS.iter().filter_map(|name| Some((*name, parts.get(*name)?)));
            let others = parts.iter().filter(|(name, _)| !PARTS.contains(&name.as_str()));
            let mut text = String::new();
            for (name, part) in known.chain(others.map(|(name, part)| (name.as_str(), part))) {
                let part = in_words(part);
                // The town stands beside its code.
                let between = if name == "locality" && parts.contains_key("postal_code") { " " } else { ", " };
                text += if text.is_empty() || part.is_empty() { "" } else { between };
                text += &part;
            }
            text
        }
        other => other.to_string(),
    }
}

/// A value as several lines, as on an envelope.
pub(super) fn in_lines(value: &Value) -> Vec<String> {
    let part = |name: &str| value.get(name).and_then(Value::as_str).map(one_line).unwrap_or_default();
    let town = format!("{} {}", part("postal_code"), part("locality"));
    let street = value.get("street_address").and_then(Value::as_str).unwrap_or_default();
    let lines = street.lines().map(one_line).chain([town.trim().to_owned(), part("region"), part("country")]);
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => value
            .get("formatted")
            .and_then(Value::as_str)
            .map(|all| all.lines().map(one_line).collect())
            .unwrap_or_default(),
        false => lines,
    }
}

fn one_line(text: &str) -> String {
    text.lines()
        .map(|line| printable(line).trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_stands_on_one_line_as_on_an_envelope() {
        let address = json!({"street_address": "12 rue de la Paix\nÉtage 3", "locality": "Paris", "postal_code": "75002",
                             "country": "FR"});
        assert_eq!(in_words(&address), "12 rue de la Paix, Étage 3, 75002 Paris, FR");
        assert_eq!(in_words(&json!({"locality": "Dublin", "region": "Leinster"})), "Dublin, Leinster");
        assert_eq!(in_words(&json!("a\u{1b}[2J\r\n")), "a[2J");
        assert_eq!(in_words(&json!({"zip": 7, "country": "XX"})), "XX, 7");
    }
}
