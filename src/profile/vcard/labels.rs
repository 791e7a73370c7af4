//! Labels of claims and the types of properties, in both directions.

use std::collections::{HashMap, HashSet};

use calcard::common::{IanaParse, IanaString};
use calcard::vcard::{VCardEntry, VCardParameterName, VCardParameterValue, VCardType};

use crate::profile::model::ClaimName;

/// How much of a label is kept, so that `-2` and so on still fit behind it.
const LONGEST: usize = 26;

/// Types that say where or what for: they come first in a label.
const PLACES: [VCardType; 4] = [VCardType::Home, VCardType::Work, VCardType::Billing, VCardType::Delivery];
/// Types that say what kind of number it is, where that matters to whoever uses it.
const DEVICES: [VCardType; 5] =
    [VCardType::Cell, VCardType::Fax, VCardType::Pager, VCardType::Textphone, VCardType::MainNumber];
/// Types of old versions and of common programs that are not in the registry, and the label that they become.
const OLD: [(&str, &str); 6] = [
    ("mobile", "cell"),
    ("x-mobile", "cell"),
    ("x-mobil", "cell"),
    ("main", "main"),
    ("car", "car"),
    ("other", "other"),
];

/// Old types that say how a thing works, and not which one it is.
const UNTELLING: [&str; 16] = [
    "pref",
    "internet",
    "x400",
    "aol",
    "applelink",
    "dom",
    "intl",
    "postal",
    "parcel",
    "msg",
    "isdn",
    "modem",
    "bbs",
    "pcs",
    "preferred",
    "x-internet",
];

/// What the parameters of a property say about it.
pub(super) struct Types {
    known: Vec<VCardType>,
    other: Vec<String>,
    /// The values of `TYPE` that nobody registered, such as `school`.
    words: Vec<String>,
    /// Its place among its equals: 1 to 100 (RFC 6350, section 5.3), then those that say nothing.
    pub preference: u32,
}

impl Types {
    /// Reads `TYPE`, bare types (vCard 2.1) and `PREF`.
    pub(super) fn of(entry: &VCardEntry) -> Self {
        let mut types = Self { known: Vec::new(), other: Vec::new(), words: Vec::new(), preference: 101 };
        for parameter in &entry.params {
            match (&parameter.name, &parameter.value) {
                (VCardParameterName::Pref, VCardParameterValue::Integer(rank)) => types.prefer(*rank),
                (VCardParameterName::Pref, VCardParameterValue::Null) => types.prefer(1),
                (VCardParameterName::Type, VCardParameterValue::Type(known)) => types.known.push(known.clone()),
                (VCardParameterName::Type, VCardParameterValue::Text(text)) => {
                    types.text(text);
                    types.words.push(text.trim().to_ascii_lowercase());
                }
                (VCardParameterName::Other(name), VCardParameterValue::Null) => types.text(name),
                _ => {}
            }
        }
        types
    }

    fn prefer(&mut self, rank: u32) {
        self.preference = self.preference.min(rank.clamp(1, 100));
    }

    fn text(&mut self, text: &str) {
        match text.trim().to_ascii_lowercase().as_str() {
            "pref" => self.prefer(1),
            text => self.other.push(text.to_owned()),
        }
    }

    /// Whether it is a number that nobody answers.
    pub(super) fn is_machine(&self) -> bool {
        self.known.iter().any(|known| matches!(known, VCardType::Fax | VCardType::Pager))
    }

    /// The label that the types make: `home`, `cell`, `work-fax`.
    pub(super) fn label(&self) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        for known in PLACES.iter().chain(&DEVICES).filter(|known| self.known.contains(known)) {
            parts.push(if *known == VCardType::MainNumber { "main" } else { type_name(known) });
        }
        for (_, label) in OLD.iter().filter(|(old, _)| self.other.iter().any(|other| other == old)) {
            parts.push(label);
        }
        parts.dedup();
        let own_words = || self.words.iter().find(|word| !UNTELLING.contains(&word.as_str()));
        if parts.is_empty() { own_words().and_then(|word| label_of(word)) } else { label_of(&parts.join("-")) }
    }

    /// Where the thing is, to bring an address and its label (vCard 2.1, 3.0) together.
    pub(super) fn place(&self) -> Option<&'static str> {
        let places = PLACES.iter().filter(|place| self.known.contains(place));
        places.map(type_name).next()
    }
}

fn type_name(known: &VCardType) -> &'static str {
    match known {
        VCardType::Home => "home",
        VCardType::Work => "work",
        VCardType::Billing => "billing",
        VCardType::Delivery => "delivery",
        VCardType::Cell => "cell",
        VCardType::Fax => "fax",
        VCardType::Pager => "pager",
        VCardType::Textphone => "textphone",
        other => other.as_str(),
    }
}

/// A label out of somebody's words, if there is anything in them that a label can hold: `_$!<Mobile>!$_` is `mobile`.
pub(super) fn label_of(words: &str) -> Option<String> {
    let words = words.trim();
    let words = words.strip_prefix("_$!<").and_then(|words| words.strip_suffix(">!$_")).unwrap_or(words);
    let mut label = String::new();
    for c in words.trim().chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '_' | '-' => label.push(c),
            c if c.is_whitespace() => label.push('-'),
            _ => {}
        }
        if label.len() == LONGEST {
            break;
        }
    }
    let label = label.trim_matches('-');
    match label {
        "" => None,
        "mobile" | "iphone" => Some("cell".to_owned()),
        label => ClaimName::plain("address").ok()?.labelled(label).ok().map(|_| label.to_owned()),
    }
}

/// The names that the claims of one kind have been given already.
#[derive(Default)]
pub(super) struct Names {
    used: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Names {
    /// The label if it is free, else `label-2` and so on.
    pub(super) fn free(&mut self, label: &str) -> String {
        if self.used.insert(label.to_owned()) {
            return label.to_owned();
        }
        let next = self.next.entry(label.to_owned()).or_insert(2);
        loop {
            let candidate = format!("{label}-{next}");
            *next += 1;
            if self.used.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

/// The types that say a label of our own to other programs, and whether they say all of it.
pub(super) fn types_for(property: &str, label: &str) -> (Vec<VCardType>, bool) {
    let base = label.rsplit_once('-').filter(|(_, n)| n.chars().all(|c| c.is_ascii_digit())).map_or(label, |(b, _)| b);
    let allowed = |part: &str| {
        let known = VCardType::parse(part.as_bytes())?;
        let place = matches!(known, VCardType::Home | VCardType::Work);
        let bill = property == "ADR" && PLACES.contains(&known);
        let device = property == "TEL" && DEVICES.contains(&known);
        (place || bill || device).then_some(known)
    };
    match base.split('-').map(allowed).collect::<Option<Vec<_>>>() {
        Some(types) => (types, base == label),
        None => (Vec::new(), false),
    }
}
