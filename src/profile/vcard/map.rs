//! From the properties of one card to claims.

pub(super) mod values;

use std::collections::HashMap;

use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty};

use super::labels::{Names, Types, label_of};
use super::{LeftOut, PRODUCT, Problem, bounded};
use crate::profile::model::{CATALOGUE, Claim, ClaimName, ClaimValue};

/// What one card gives.
pub(super) struct Mapped {
    pub title: Option<String>,
    pub claims: Vec<Claim>,
    pub left_out: Vec<LeftOut>,
    pub problems: Vec<Problem>,
}

/// A property and the line on which it begins.
struct Property<'a> {
    entry: &'a VCardEntry,
    name: String,
    line: Option<usize>,
    types: Types,
    /// The label: in our own cards the one that was written, in others' what Apple's `X-ABLabel` or the types say.
    label: Option<String>,
}

/// How the values of one property share the names of their claim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// The preferred or first value is kept.
    One,
    /// The preferred or first value has the plain name, the others a label.
    Main,
    /// A single value has the plain name; of several, each has the label of its type, if it has one.
    Each,
}

/// Properties of one value for one claim; names and addresses have rules of their own.
const SIMPLE: [(&str, &str, Sharing, values::Reader); 12] = [
    ("FN", "name", Sharing::One, values::line),
    ("NICKNAME", "nickname", Sharing::One, values::line),
    ("X-PREFERRED-USERNAME", "preferred_username", Sharing::One, values::line),
    ("EMAIL", "email", Sharing::Main, values::email),
    ("TEL", "phone_number", Sharing::Main, values::phone),
    ("BDAY", "birthdate", Sharing::One, values::birth_date),
    ("GENDER", "gender", Sharing::One, values::gender),
    ("LANG", "locale", Sharing::One, values::line),
    ("TZ", "zoneinfo", Sharing::One, values::zone),
    ("SOCIALPROFILE", "profile", Sharing::One, values::web),
    ("PHOTO", "picture", Sharing::One, values::picture),
    ("URL", "website", Sharing::One, values::web),
];

/// Apple's property for the family name at birth; other programs use it too.
pub(super) const BIRTH_NAME: &str = "X-MAIDENNAME";

/// A value that may become a claim.
struct Candidate<'a> {
    property: &'a Property<'a>,
    value: ClaimValue,
}

struct Mapper {
    /// Whether this program wrote the card.
    own: bool,
    claims: Vec<Claim>,
    left_out: Vec<LeftOut>,
}

/// Turns the properties of a card into claims; `lines` says on which line of the file each begins.
pub(super) fn claims(card: &VCard, lines: &[Option<usize>], nested: &[usize]) -> Mapped {
    let own = card.property(&VCardProperty::Prodid).is_some_and(|entry| values::text(entry).starts_with(PRODUCT));
    let (properties, problems) = properties(card, lines, own);
    let mut mapper = Mapper { own, claims: Vec::new(), left_out: Vec::new() };
    for line in nested {
        mapper.leave(Some(*line), "AGENT", "a card within a card is not read");
    }
    let named = |name: &str| properties.iter().filter(|property| property.name == name).collect::<Vec<_>>();
    for (property, claim, sharing, reader) in SIMPLE {
        mapper.simple(&named(property), claim, sharing, reader);
    }
    mapper.simple(&named(BIRTH_NAME), "birth_family_name", Sharing::One, values::line);
    mapper.names(&named("N"));
    mapper.addresses(&named("ADR"), &named("LABEL"));
    let taken =
        |name: &str| SIMPLE.iter().any(|simple| simple.0 == name) || ["N", "ADR", "LABEL", BIRTH_NAME].contains(&name);
    for property in properties.iter().filter(|property| !taken(&property.name)) {
        if let Some(why) = no_place(property) {
            mapper.leave(property.line, &property.name, why);
        }
    }
    let place = |name: &str| CATALOGUE.iter().position(|kind| kind.name == name);
    mapper.claims.sort_by_cached_key(|claim| (place(claim.name.base()), claim.name.label().map(str::to_owned)));
    mapper.left_out.sort_by_key(|left| left.line);
    Mapped { title: title(&properties), claims: mapper.claims, left_out: mapper.left_out, problems }
}

/// The card's properties, with their lines and labels, and the lines that are no properties.
fn properties<'a>(card: &'a VCard, lines: &[Option<usize>], own: bool) -> (Vec<Property<'a>>, Vec<Problem>) {
    let group = |entry: &VCardEntry| entry.group.as_deref().map(str::to_ascii_lowercase);
    let apple: HashMap<String, String> = card
        .entries
        .iter()
        .filter(|entry| entry.name.as_str().eq_ignore_ascii_case("X-ABLabel"))
        .filter_map(|entry| Some((group(entry)?, values::text(entry))))
        .collect();
    let (mut properties, mut problems) = (Vec::new(), Vec::new());
    for (entry, line) in card.entries.iter().zip(lines.iter().copied()) {
        let name = entry.name.as_str().to_ascii_uppercase();
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            problems.push(Problem::new(line.unwrap_or(1), "not a vCard property"));
            continue;
        }
        let types = Types::of(entry);
        let label = if own {
            let own = entry.parameters(&VCardParameterName::PropId).find_map(|value| value.as_text());
            own.map(str::to_owned)
        } else {
            let apple = group(entry).and_then(|group| apple.get(&group));
            apple.and_then(|words| label_of(words)).or_else(|| types.label())
        };
        properties.push(Property { entry, name, line, types, label });
    }
    (properties, problems)
}

/// Why a profile has no place for a property; nothing for those that only hold the card together.
fn no_place(property: &Property) -> Option<&'static str> {
    if property.entry.name != VCardProperty::Kind && values::is_empty(property.entry) {
        return None;
    }
    match property.name.as_str() {
        "BEGIN" | "END" | "VERSION" | "PRODID" | "REV" | "PROFILE" | "X-ABLABEL" | "X-ABADR" | "AGENT" => None,
        "KIND" if values::text(property.entry).eq_ignore_ascii_case("individual") => None,
        "KIND" => Some("a profile is that of a person"),
        "ORG" | "TITLE" | "ROLE" | "LOGO" => Some("a profile does not speak of work"),
        "NOTE" | "CATEGORIES" => Some("a profile has no notes"),
        "IMPP" => Some("a profile has no messaging accounts"),
        "UID" | "SOURCE" => Some("it identifies the card, not the person"),
        "RELATED" | "MEMBER" => Some("a profile does not speak of other people"),
        "KEY" | "SOUND" => Some("attachments are not kept"),
        _ => Some("a profile has no such claim"),
    }
}

/// What to call the card.
fn title(properties: &[Property]) -> Option<String> {
    let first = |name: &'static str| properties.iter().filter(move |property| property.name == name);
    let full = first("FN").map(|property| values::text(property.entry));
    let name = first("N").map(|property| {
        let parts = [1, 2, 0].map(|index| values::component(property.entry, index, " "));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    });
    let rest = first("ORG").chain(first("EMAIL")).map(|property| values::text(property.entry));
    full.chain(name).chain(rest).map(|title| bounded(&title, 120)).find(|title| !title.is_empty())
}

impl Mapper {
    fn leave(&mut self, line: Option<usize>, property: &str, why: &str) {
        self.left_out.push(LeftOut { line, property: bounded(property, 40), why: why.to_owned() });
    }

    fn claim(&mut self, name: &str, label: Option<&str>, value: ClaimValue) -> bool {
        let name = ClaimName::plain(name).and_then(|name| label.map_or_else(|| Ok(name.clone()), |l| name.labelled(l)));
        let Ok(name) = name else { return false };
        self.claims.push(Claim { name, value });
        true
    }

    /// Properties of one text each.
    fn simple(&mut self, properties: &[&Property], claim: &str, sharing: Sharing, reader: values::Reader) {
        let mut candidates = Vec::new();
        for property in properties {
            let derived = |value: &calcard::vcard::VCardParameterValue| value.as_bool().is_some();
            if self.own && property.entry.parameters(&VCardParameterName::Derived).any(derived) {
                continue;
            }
            match reader(property.entry) {
                Ok(value) if value.is_empty() => {}
                Ok(value) => candidates.push(Candidate { property, value: ClaimValue::Text(value) }),
                Err(why) => self.leave(property.line, &property.name, why),
            }
        }
        self.share(candidates, claim, sharing);
    }

    /// Gives the values of one claim their names.
    fn share(&mut self, mut candidates: Vec<Candidate>, claim: &str, sharing: Sharing) {
        if self.own {
            return self.share_own(candidates, claim);
        }
        // The sort is stable: without a preference, the order of the card decides.
        candidates.sort_by_key(|candidate| {
            let types = &candidate.property.types;
            (types.preference, claim == "phone_number" && types.is_machine())
        });
        let candidates = self.without_repetitions(candidates);
        let single = candidates.len() == 1;
        let mut names = Names::default();
        let mut plain_is_free = true;
        for Candidate { property, value } in candidates {
            let label = property.label.as_deref();
            let plain = plain_is_free && (single || sharing != Sharing::Each || label.is_none());
            if plain {
                plain_is_free = false;
                self.claim(claim, None, value);
            } else if sharing == Sharing::One {
                self.leave(property.line, &property.name, "only the preferred or first one is kept");
            } else {
                let label = names.free(label.unwrap_or("other"));
                self.claim(claim, Some(&label), value);
            }
        }
    }

    /// The names are those that we wrote, as long as they are distinct.
    fn share_own(&mut self, candidates: Vec<Candidate>, claim: &str) {
        let mut names = Names::default();
        for Candidate { property, value } in candidates {
            let label = property.label.as_deref();
            let free = names.free(label.unwrap_or_default());
            if free != label.unwrap_or_default() || !self.claim(claim, label, value) {
                self.leave(property.line, &property.name, "its label is there twice, or is none");
            }
        }
    }

    /// Some programs write the preferred value twice.
    fn without_repetitions<'a>(&mut self, candidates: Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
        let mut seen = std::collections::HashSet::new();
        let mut kept = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            if seen.insert(candidate.value.to_json().to_string()) {
                kept.push(candidate);
            } else {
                self.leave(candidate.property.line, &candidate.property.name, "it is there twice");
            }
        }
        kept
    }

    /// `N`: family, given and additional names, prefixes and suffixes (RFC 6350, section 6.2.2).
    fn names(&mut self, properties: &[&Property]) {
        let mut properties = properties.iter();
        let Some(property) = properties.next() else { return };
        for (index, claim) in [(0, "family_name"), (1, "given_name"), (2, "middle_name")] {
            let value = values::component(property.entry, index, " ");
            if !value.is_empty() {
                self.claim(claim, None, ClaimValue::Text(value));
            }
        }
        if [3, 4].iter().any(|index| !values::component(property.entry, *index, " ").is_empty()) {
            self.leave(property.line, "N", "titles before and after a name are not kept");
        }
        for property in properties {
            self.leave(property.line, "N", "only the first one is kept");
        }
    }

    /// `ADR`, and the `LABEL` that vCard 2.1 and 3.0 give an address as a property of its own.
    fn addresses(&mut self, properties: &[&Property], labels: &[&Property]) {
        let mut addresses: Vec<_> =
            properties.iter().map(|property| (*property, values::address(property.entry))).collect();
        let mut alone = Vec::new();
        for label in labels {
            let text = values::lines(&values::text(label.entry));
            let place = label.types.place();
            let owner = addresses
                .iter_mut()
                .find(|(property, _)| property.types.place() == place || (properties.len() == 1 && place.is_none()));
            match owner {
                _ if text.is_empty() => {}
                Some((_, address)) if address.formatted.is_none() => address.formatted = Some(text),
                Some(_) => self.leave(label.line, "LABEL", "the address has one already"),
                None => {
                    let address = crate::profile::model::Address { formatted: Some(text), ..Default::default() };
                    alone.push((*label, address));
                }
            }
        }
        let all = addresses.into_iter().chain(alone).filter(|(_, address)| !address.is_empty());
        let candidates = all.map(|(property, address)| Candidate { property, value: ClaimValue::Address(address) });
        self.share(candidates.collect(), "address", Sharing::Each);
    }
}
