//! Placeholders in a connector file's texts, and what is put in their place.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::profile::model::{AddressPart, ClaimValue};

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Text(String),
    /// A claim's value, or a part of an address.
    Claim(String, Option<AddressPart>),
    /// Something that the user gave.
    Field(String),
    /// Nothing as a text, where a claim is taken back.
    Empty(String),
    /// Nothing as JSON has it, where a claim is taken back.
    Null(String),
}

/// What may be put in the place of placeholders.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// The claims that the vendor is to have.
    pub(super) claims: &'a BTreeMap<String, Value>,
    /// What it was told of them before.
    pub(super) before: &'a BTreeMap<String, Value>,
    /// The claims that are taken back.
    pub(super) gone: &'a BTreeMap<String, Value>,
    /// What the user gave.
    pub(super) fields: &'a BTreeMap<String, String>,
}

/// What became of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filled {
    /// A text.
    Text(String),
    /// JSON's null.
    Null,
    /// Nothing: something in it has no value.
    Nothing,
}

impl Template {
    /// Reads a text. Two opening braces stand for one.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let (inside, after) = rest.split_once('}').ok_or("a placeholder has no end: }")?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::parse(inside)?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// Its pieces.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether it is about any claim.
    pub(super) fn is_about_claims(&self) -> bool {
        self.0.iter().any(|piece| piece.claim().is_some())
    }

    /// Puts values in the place of placeholders. All of them have one, or the whole has none.
    pub(super) fn fill(&self, values: &Values<'_>) -> Filled {
        if let [Piece::Null(claim)] = &self.0[..] {
            return if values.gone.contains_key(claim) { Filled::Null } else { Filled::Nothing };
        }
        let texts: Option<Vec<String>> = self.0.iter().map(|piece| piece.text(values)).collect();
        texts.map_or(Filled::Nothing, |texts| Filled::Text(texts.concat()))
    }
}

impl Piece {
    fn parse(inside: &str) -> Result<Self, String> {
        let (kind, name) = inside.split_once(':').unwrap_or((inside, ""));
        let name = name.to_owned();
        match kind {
            "claim" => match name.split_once('.') {
                None => Ok(Piece::Claim(name, None)),
                Some((claim, part)) => match AddressPart::named(part) {
                    Some(found) => Ok(Piece::Claim(claim.to_owned(), Some(found))),
                    None => Err(format!("{part} is no part of an address")),
                },
            },
            "field" => Ok(Piece::Field(name)),
            "empty" => Ok(Piece::Empty(name)),
            "null" => Ok(Piece::Null(name)),
            _ => Err(format!(
                "{{{inside}}} is no placeholder: there are {{claim:…}}, {{field:…}}, {{empty:…}} and {{null:…}}"
            )),
        }
    }

    /// The claim that it is about.
    pub(super) fn claim(&self) -> Option<&str> {
        match self {
            Piece::Claim(claim, _) | Piece::Empty(claim) | Piece::Null(claim) => Some(claim),
            Piece::Text(_) | Piece::Field(_) => None,
        }
    }

    fn text(&self, values: &Values<'_>) -> Option<String> {
        match self {
            Piece::Text(text) => Some(text.clone()),
            Piece::Field(name) => values.fields.get(name).cloned(),
            Piece::Empty(claim) | Piece::Null(claim) => values.gone.contains_key(claim).then(String::new),
            Piece::Claim(claim, None) => Some(whole(values.claims.get(claim)?)).filter(|text| !text.is_empty()),
            Piece::Claim(claim, Some(part)) => {
                let now = values.claims.get(claim)?;
                let of = |value: &Value| value.get(part.name()).and_then(Value::as_str).map(str::to_owned);
                // A part that the vendor was told and that the new address lacks would stay, and be wrong.
                of(now).or_else(|| values.before.get(claim).and_then(of).map(|_| String::new()))
            }
        }
    }
}

/// A value as one text: an address on one line.
fn whole(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => ClaimValue::of_json(value).map(|address| address.to_string()).unwrap_or_default(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(pairs: Value) -> BTreeMap<String, Value> {
        serde_json::from_value(pairs).unwrap()
    }

    fn fill(text: &str) -> Filled {
        let claims = map(json!({"name": "Ada {field:id}", "address": {"locality": "Paris", "country": "FR"}}));
        let before = map(json!({"address": {"locality": "London", "region": "Greater London"}}));
        let fields = BTreeMap::from([("id".to_owned(), "7".to_owned())]);
        let values =
            Values { claims: &claims, before: &before, gone: &map(json!({"email": "a@b.example"})), fields: &fields };
        Template::parse(text).unwrap().fill(&values)
    }

    #[test]
    fn a_placeholder_is_its_value_or_the_whole_is_nothing() {
        let text = |text: &str| Filled::Text(text.to_owned());
        assert_eq!(fill("plain"), text("plain"));
        assert_eq!(fill(""), text(""));
        assert_eq!(fill("{{claim:name}"), text("{claim:name}"));
        assert_eq!(fill("u-{field:id}/{claim:address.locality}"), text("u-7/Paris"));
        assert_eq!(fill("{claim:address}"), text("Paris, FR"));
        assert_eq!(fill("{claim:name}"), text("Ada {field:id}"), "what is put in is not read again");
        for nothing in ["{claim:email}", "{claim:name} {claim:email}", "{field:none}", "{empty:name}", "{null:name}"] {
            assert_eq!(fill(nothing), Filled::Nothing, "{nothing}");
        }
        assert_eq!((fill("{empty:email}"), fill("{empty:email}nobody")), (text(""), text("nobody")));
        assert_eq!(fill("{null:email}"), Filled::Null);
    }

    #[test]
    fn a_part_that_an_address_lost_is_emptied_and_one_that_it_never_had_is_left_out() {
        assert_eq!(fill("{claim:address.region}"), Filled::Text(String::new()));
        assert_eq!(fill("{claim:address.postal_code}"), Filled::Nothing);
    }

    #[test]
    fn what_is_no_placeholder_is_named() {
        for (wrong, says) in [
            ("{claim:name", "no end"),
            ("{claim:address.town}", "town is no part"),
            ("{user}", "{user} is no placeholder"),
        ] {
            let why = Template::parse(wrong).unwrap_err();
            assert!(why.contains(says), "{wrong}: {why}");
        }
    }
}
