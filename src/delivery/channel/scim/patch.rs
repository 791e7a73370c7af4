//! The one builder of patches (RFC 7644, section 3.5.2): from what a user shows, and what is to be shown, to the operations
//! between the two. Whatever of the user is not ours stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::map::{self, PARTS, Place, entries, of_entry, text_at, to_scim};
use crate::delivery::drift::same;

/// The schema of a patch (RFC 7644, section 3.5.2).
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What is to be changed: claims by their OpenID names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    /// What is to be shown.
    pub(super) set: &'a BTreeMap<String, Value>,
    /// What was lent of these claims before: it gives way.
    pub(super) before: &'a BTreeMap<String, Value>,
    /// What is to be shown no more.
    pub(super) clear: &'a BTreeMap<String, Value>,
    /// The type of what is added where there may be several: `home` or `work`.
    pub(super) kind: &'a str,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Operation {
    pub(super) op: &'static str,
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<Value>,
}

impl Operation {
    fn add(path: String, value: Value) -> Self {
        Self { op: "add", path, value: Some(value) }
    }

    fn replace(path: String, value: Value) -> Self {
        Self { op: "replace", path, value: Some(value) }
    }

    fn remove(path: String) -> Self {
        Self { op: "remove", path, value: None }
    }
}

/// The operations, and what is not done.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Patch {
    /// The operations, in order.
    pub(super) operations: Vec<Operation>,
    /// Claims that were to be cleared, and show another value than ours by now: that is somebody else's.
    pub(super) left_alone: Vec<String>,
    /// Claims that SCIM has no place for.
    pub(super) no_place: Vec<String>,
}

impl Patch {
    /// The patch that makes a user show what it should.
    pub(super) fn of(user: &Value, change: &Change) -> Self {
        let mut patch = Self::default();
        for (claim, value) in change.clear {
            patch.clear(user, claim, value);
        }
        for (claim, value) in change.set {
            patch.set(user, claim, value, change);
        }
        patch
    }

    /// The body of the request.
    pub(super) fn body(&self) -> String {
        json!({"schemas": [PATCH_OP], "Operations": self.operations}).to_string()
    }

    /// What is not done, in words without values. Empty where all is done.
    pub(super) fn words(&self) -> String {
        let list = |claims: &[String], why: &str| (!claims.is_empty()).then(|| format!("{}: {why}", claims.join(", ")));
        let left = list(&self.left_alone, "left alone, since it shows another value than yours by now");
        let homeless = list(&self.no_place, "not brought, since SCIM has no place for it");
        left.into_iter().chain(homeless).collect::<Vec<_>>().join("; ")
    }

    fn set(&mut self, user: &Value, claim: &str, value: &Value, change: &Change) {
        let before = change.before.get(claim);
        match map::place(claim) {
            None => self.no_place.push(claim.to_owned()),
            Some(Place::One(path)) => {
                let dotted = path.join(".");
                match text_at(user, path) {
                    Some(shown) if value.as_str() == Some(shown) => {}
                    Some(_) => self.operations.push(Operation::replace(dotted, value.clone())),
                    None => self.operations.push(Operation::add(dotted, value.clone())),
                }
            }
            Some(place @ (Place::Many(attribute) | Place::Parts(attribute))) => {
                let ours = |other: &Value| matching(user, place, attribute, claim, other);
                // An address may be the old one without a part: then the old one is not the new one, though all of it is there.
                let is_other = |before: &&Value| !same(claim, value, before) || !same(claim, before, value);
                let old = before.filter(is_other).map(&ours).unwrap_or_default();
                let is_there = |(filter, _): &(String, _)| old.iter().all(|(gone, _)| gone != filter);
                if ours(value).iter().any(is_there) {
                    // It is there already: what it replaces only goes.
                    self.operations.extend(old.into_iter().map(|(filter, _)| Operation::remove(filter)));
                    return;
                }
                match old.split_first() {
                    None => {
                        self.operations.push(Operation::add(attribute.to_owned(), added(claim, place, value, change)))
                    }
                    Some(((filter, entry), others)) => {
                        self.operations.extend(replaced(claim, place, attribute, (filter, entry), value));
                        self.operations.extend(others.iter().map(|(filter, _)| Operation::remove(filter.clone())));
                    }
                }
            }
        }
    }

    fn clear(&mut self, user: &Value, claim: &str, value: &Value) {
        match map::place(claim) {
            None => {}
            Some(Place::One(path)) => match text_at(user, path) {
                Some(shown) if same(claim, value, &json!(shown)) => {
                    self.operations.push(Operation::remove(path.join(".")));
                }
                Some(_) => self.left_alone.push(claim.to_owned()),
                None => {}
            },
            Some(place @ (Place::Many(attribute) | Place::Parts(attribute))) => {
                let ours = matching(user, place, attribute, claim, value);
                self.operations.extend(ours.into_iter().map(|(filter, _)| Operation::remove(filter)));
            }
        }
    }
}

/// The entries of an attribute that are this value: each by the filter that selects it, once.
fn matching<'a>(
    user: &'a Value,
    place: Place,
    attribute: &str,
    claim: &str,
    value: &Value,
) -> Vec<(String, &'a Value)> {
    let mut seen = BTreeSet::new();
    entries(user, attribute)
        .filter(|entry| of_entry(place, entry).is_some_and(|shown| same(claim, value, &shown)))
        .map(|entry| (format!("{attribute}[{}]", filter(place, entry)), entry))
        .filter(|(filter, _)| seen.insert(filter.clone()))
        .collect()
}

/// The filter that selects an entry by its value, as the vendor's server writes it (RFC 7644, section 3.4.2.2).
fn filter(place: Place, entry: &Value) -> String {
    let names: Vec<&str> = match place {
        Place::Parts(_) => PARTS.iter().map(|(_, theirs)| *theirs).collect(),
        Place::One(_) | Place::Many(_) => vec!["value"],
    };
    let equal = |name: &&str| Some(format!("{name} eq {}", quoted(text_at(entry, &[name])?)));
    names.iter().filter_map(equal).collect::<Vec<_>>().join(" and ")
}

/// A string in a filter is one of JSON.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// An entry that was not there.
fn added(claim: &str, place: Place, value: &Value, change: &Change) -> Value {
    let kind = if claim == "picture" { "photo" } else { change.kind };
    let mut entry = match place {
        Place::Parts(_) => to_scim(claim, value),
        Place::One(_) | Place::Many(_) => json!({"value": to_scim(claim, value)}),
    };
    entry["type"] = json!(kind);
    json!([entry])
}

/// An entry with another value. What makes an entry is its value. A place has many parts, and none of the old may stay, as they
/// would where a server takes "replace" for each part by itself: it goes, and comes anew in the same role.
fn replaced(claim: &str, place: Place, attribute: &str, old: (&str, &Value), value: &Value) -> Vec<Operation> {
    let ((filter, entry), mut new) = (old, to_scim(claim, value));
    if !matches!(place, Place::Parts(_)) {
        return vec![Operation::replace(format!("{filter}.value"), new)];
    }
    for role in ["type", "primary"] {
        if let Some(was) = map::member(entry, role) {
            new[role] = was.clone();
        }
    }
    vec![Operation::remove(filter.to_owned()), Operation::add(attribute.to_owned(), json!([new]))]
}
