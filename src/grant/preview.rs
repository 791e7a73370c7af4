//! The preview: what a vendor already has, what is new to it, and what is blocked, claim by claim.

use std::collections::BTreeMap;

use serde_json::Value;

/// What sending a grant would do with one claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The vendor never had it.
    New,
    /// The vendor has this value already.
    Same,
    /// The vendor has another value.
    Changed {
        /// What it has.
        had: Value,
    },
    /// It cannot be sent.
    Blocked {
        /// Why.
        why: String,
    },
    /// The vendor has it, and this grant does not carry it.
    HasAlready,
}

/// One line of a preview.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// OpenID claim name.
    pub claim: String,
    /// The value that would be sent, or that the vendor has where this grant does not carry the claim.
    pub value: Option<Value>,
    /// What would happen.
    pub effect: Effect,
    /// Whether an alias takes the place of the profile's value.
    pub alias: bool,
}

/// A claim as it would be sent: none where the profile has no value for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// OpenID claim name.
    pub claim: String,
    /// The value.
    pub value: Option<Value>,
    /// Whether an alias takes the place of the profile's value.
    pub alias: bool,
    /// Whether the vendor takes this claim at all.
    pub taken: bool,
}

/// Compares what would be sent with what the vendor knows (its latest value of each claim).
pub fn preview(outgoing: &[Outgoing], known: &BTreeMap<String, Value>) -> Vec<Row> {
    let sent = outgoing.iter().map(|out| Row {
        claim: out.claim.clone(),
        value: out.value.clone(),
        alias: out.alias,
        effect: effect(out, known.get(&out.claim)),
    });
    let rest =
        known.iter().filter(|(claim, _)| !outgoing.iter().any(|out| out.claim == **claim)).map(|(claim, value)| Row {
            claim: claim.clone(),
            value: Some(value.clone()),
            alias: false,
            effect: Effect::HasAlready,
        });
    sent.chain(rest).collect()
}

fn effect(out: &Outgoing, known: Option<&Value>) -> Effect {
    let blocked = |why: &str| Effect::Blocked { why: why.into() };
    match (&out.value, known) {
        _ if !out.taken => blocked("the vendor does not take it"),
        (None, _) => blocked("the profile has no value for it"),
        (Some(_), None) => Effect::New,
        (Some(value), Some(had)) if value == had => Effect::Same,
        (Some(_), Some(had)) => Effect::Changed { had: had.clone() },
    }
}

/// The claims that a preview lets through.
pub fn sendable(rows: &[Row]) -> BTreeMap<String, Value> {
    let goes = |row: &&Row| matches!(row.effect, Effect::New | Effect::Same | Effect::Changed { .. });
    rows.iter().filter(goes).filter_map(|row| Some((row.claim.clone(), row.value.clone()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_claim_is_new_same_changed_blocked_or_there_already() {
        let out = |claim: &str, value: Option<&str>, taken| Outgoing {
            claim: claim.into(),
            value: value.map(Value::from),
            alias: false,
            taken,
        };
        let outgoing = [
            out("name", Some("Ada"), true),
            out("email", Some("a@x"), true),
            out("phone_number", Some("1"), true),
            out("gender", Some("f"), false),
            out("website", None, true),
        ];
        let known = [("email", "a@x"), ("phone_number", "2"), ("birthdate", "1815")]
            .map(|(claim, value)| (claim.to_owned(), Value::from(value)))
            .into();
        let rows = preview(&outgoing, &known);
        let effects: Vec<&Effect> = rows.iter().map(|row| &row.effect).collect();
        assert_eq!(effects[0], &Effect::New);
        assert_eq!(effects[1], &Effect::Same);
        assert_eq!(effects[2], &Effect::Changed { had: "2".into() });
        assert!(matches!(effects[3], Effect::Blocked { .. }));
        assert!(matches!(effects[4], Effect::Blocked { .. }));
        assert_eq!(effects[5], &Effect::HasAlready);
        assert_eq!(sendable(&rows).into_keys().collect::<Vec<_>>(), ["email", "name", "phone_number"]);
    }
}
