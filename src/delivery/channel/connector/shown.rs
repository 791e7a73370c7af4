//! What an API shows of claims, by the file's pointers.

use serde_json::{Map, Value};

use super::file::{Missing, Reading};
use crate::delivery::channel::ReadBack;

/// What an answer shows of these claims. One that the file has no pointer for is not among them.
pub(super) fn shown(reading: &Reading, body: &Value, claims: &[String]) -> ReadBack {
    let one = |claim: &String| claim_in(reading, body, claim).map(|value| (claim.clone(), value));
    claims.iter().filter_map(one).collect()
}

/// A claim: nothing where nothing is known of it.
fn claim_in(reading: &Reading, body: &Value, claim: &str) -> Option<Option<Value>> {
    if let Some(pointer) = reading.claims.get(claim) {
        return at(reading, body, pointer);
    }
    let parts = reading.claims.iter().filter_map(|(name, pointer)| Some((name.strip_prefix(claim)?, pointer)));
    let parts = parts.filter_map(|(part, pointer)| Some((part.strip_prefix('.')?, at(reading, body, pointer)?)));
    let mut known = parts.peekable();
    known.peek()?;
    let parts: Map<String, Value> = known.filter_map(|(part, value)| Some((part.to_owned(), value?))).collect();
    Some((!parts.is_empty()).then_some(Value::Object(parts)))
}

/// What stands at a pointer.
fn at(reading: &Reading, body: &Value, pointer: &str) -> Option<Option<Value>> {
    match body.pointer(pointer) {
        Some(Value::Object(_)) => None,
        Some(Value::Array(all)) => {
            let texts: Vec<Value> = all.iter().filter_map(text).collect();
            (texts.is_empty() == all.is_empty()).then(|| (!texts.is_empty()).then_some(Value::Array(texts)))
        }
        Some(value) => Some(text(value)),
        None => (reading.missing == Missing::None).then_some(None),
    }
}

fn text(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then(|| Value::String(text.trim().to_owned())),
        Value::Number(_) | Value::Bool(_) => Some(Value::String(value.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reading(missing: &str) -> Reading {
        serde_json::from_value(json!({
            "request": {"method": "GET", "path": "/me"},
            "claims": {"name": "/user/name", "email": "/emails", "nickname": "/nick",
                       "address.locality": "/city", "address.postal_code": "/zip"},
            "missing": missing,
        }))
        .unwrap()
    }

    fn shown(missing: &str, body: Value) -> Value {
        let claims = ["name", "email", "nickname", "address", "gender"].map(str::to_owned);
        json!(super::shown(&reading(missing), &body, &claims))
    }

    #[test]
    fn what_is_there_is_shown_and_what_is_not_is_unknown_or_nothing() {
        let body =
            json!({"user": {"name": " Ada "}, "emails": ["a@b.example", "c@d.example"], "zip": 75002, "city": ""});
        let all = json!({"name": "Ada", "email": ["a@b.example", "c@d.example"], "address": {"postal_code": "75002"}});
        assert_eq!(shown("unknown", body.clone()), all);
        assert_eq!(shown("none", body)["nickname"], json!(null));
        let empty = json!({"user": {"name": null}, "emails": [], "nick": {"odd": 1}, "city": "", "zip": null});
        assert_eq!(shown("none", empty), json!({"name": null, "email": null, "address": null}));
        assert_eq!(shown("unknown", json!("hello")), json!({}));
    }
}
