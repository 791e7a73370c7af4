//! Texts with places for claims and fields: `{claim:given_name}`, `{claim:address.locality}`, `{field:user_id}`.
//!
//! A place is filled after the text around it was parsed, and what fills it is never parsed again: no value of the user's
//! can change what a request is.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::profile::model::{AddressPart, claim_kind};

/// A text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

/// A piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Claim(Place),
    Field(String),
}

/// A claim, or one part of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The claim's OpenID name.
    pub(super) claim: String,
    part: Option<AddressPart>,
}

impl Place {
    /// Reads `given_name` or `address.locality`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (claim, part) = match text.split_once('.') {
            Some((claim, part)) => (claim, Some(part)),
            None => (text, None),
        };
        claim_kind(claim).map_err(|e| e.to_string())?;
        let part = match part {
            None => None,
            Some(part) if claim == "address" => {
                Some(AddressPart::named(part).ok_or_else(|| format!("an address has no part {part:?}"))?)
            }
            Some(_) => return Err(format!("{claim} has no parts: only an address has")),
        };
        Ok(Self { claim: claim.to_owned(), part })
    }

    /// The text at this place among some claims; none where it is not among them.
    fn among(&self, claims: &BTreeMap<String, Value>) -> Option<String> {
        let value = claims.get(&self.claim)?;
        let value = match self.part {
            Some(part) => value.get(part.name()).unwrap_or(&Value::Null),
            None => value,
        };
        match value {
            Value::String(text) => Some(text.clone()),
            // A part that this address does not have is empty, and not left as it was.
            Value::Null if self.part.is_some() => Some(String::new()),
            Value::Object(_) => Some(crate::profile::model::ClaimValue::of_json(value)?.to_string()),
            _ => None,
        }
    }

    /// Puts a text that was read into a claim.
    pub(super) fn put(&self, text: &str, claims: &mut BTreeMap<String, Option<Value>>) {
        let text = text.trim();
        match self.part {
            None => {
                claims.insert(self.claim.clone(), (!text.is_empty()).then(|| text.into()));
            }
            Some(part) => {
                let address = claims.entry(self.claim.clone()).or_insert(None);
                if !text.is_empty() {
                    let parts = address.get_or_insert_with(|| serde_json::json!({}));
                    parts[part.name()] = text.into();
                }
            }
        }
    }
}

/// What fills the places.
pub(super) struct Filling<'a> {
    /// Claims to their values: those that are not among them have no place in the request.
    pub(super) claims: &'a BTreeMap<String, Value>,
    /// What the user gave.
    pub(super) fields: &'a BTreeMap<String, String>,
    /// Whether the claims are taken away: each place is empty then.
    pub(super) empty: bool,
}

impl Template {
    /// Reads a text. Braces that name neither a claim nor a field are text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(start) = [rest.find("{claim:"), rest.find("{field:")].into_iter().flatten().min() {
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            let (kind, after) = rest[start + 1..].split_at("claim:".len());
            let end = after.find('}').ok_or_else(|| format!("{{{kind} is not closed"))?;
            let name = &after[..end];
            parts.push(match kind {
                "claim:" => Part::Claim(Place::parse(name)?),
                _ if is_name(name) => Part::Field(name.to_owned()),
                _ => return Err(format!("{name:?} cannot name a field")),
            });
            rest = &after[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The claims that it has places for.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Claim(place) => Some(place.claim.as_str()),
            _ => None,
        })
    }

    /// The fields that it has places for.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text with its places filled; none where a claim is missing. `quote` is done to each value, and not to the text.
    pub(super) fn fill(&self, with: &Filling, quote: impl Fn(&str) -> String) -> Option<String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Field(name) => filled.push_str(&quote(with.fields.get(name).map_or("", String::as_str))),
                Part::Claim(place) => {
                    let value = place.among(with.claims)?;
                    if !with.empty {
                        filled.push_str(&quote(&value));
                    }
                }
            }
        }
        Some(filled)
    }
}

/// Whether a field may be called so.
pub(super) fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(text: &str, claims: &Value, empty: bool) -> Option<String> {
        let claims: BTreeMap<String, Value> = serde_json::from_value(claims.clone()).unwrap();
        let fields = [("user".to_owned(), "a/b".to_owned())].into();
        let with = Filling { claims: &claims, fields: &fields, empty };
        Template::parse(text).unwrap().fill(&with, str::to_owned)
    }

    #[test]
    fn places_are_filled_and_a_missing_claim_leaves_nothing() {
        let ada = json!({"name": "Ada {claim:email}", "address": {"locality": "Lyon"}});
        assert_eq!(filled("{claim:name}, {field:user}", &ada, false).unwrap(), "Ada {claim:email}, a/b");
        assert_eq!(filled("{claim:address.locality}|{claim:address.region}", &ada, false).unwrap(), "Lyon|");
        assert_eq!(filled("mutation { x { y } } {claim:name}", &ada, true).unwrap(), "mutation { x { y } } ");
        assert_eq!(filled("{claim:email}", &ada, false), None);
    }

    #[test]
    fn what_names_no_claim_is_refused() {
        for bad in ["{claim:shoe_size}", "{claim:name.first}", "{claim:address.planet}", "{claim:name", "{field:A}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn parts_of_an_address_come_back_as_one_claim() {
        let mut claims = BTreeMap::new();
        Place::parse("address.locality").unwrap().put("Lyon", &mut claims);
        Place::parse("address.region").unwrap().put("", &mut claims);
        Place::parse("name").unwrap().put(" ", &mut claims);
        let expected = [("address".to_owned(), Some(json!({"locality": "Lyon"}))), ("name".to_owned(), None)];
        assert_eq!(claims, expected.into());
    }
}
