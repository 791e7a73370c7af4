//! Claims, and where they stand in a SCIM user (RFC 7643, section 4.1).

use serde_json::{Map, Value, json};

use super::super::ReadBack;

/// The parts of an address: as OpenID names them (OpenID Connect Core, section 5.1.1), and SCIM (RFC 7643, section 4.1.2).
pub(super) const PARTS: [(&str, &str); 6] = [
    ("formatted", "formatted"),
    ("street_address", "streetAddress"),
    ("locality", "locality"),
    ("region", "region"),
    ("postal_code", "postalCode"),
    ("country", "country"),
];

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is one value of it, at this path.
    One(&'static [&'static str]),
    /// There may be several, each with its own `value`.
    Many(&'static str),
    /// There may be several, each in parts.
    Parts(&'static str),
}

/// Where a claim stands; none for what SCIM's user has no place for, or what is not ours to change there: the user name is
/// what the user is found by, and the display name is the vendor's to make.
pub(super) fn place(claim: &str) -> Option<Place> {
    Some(match claim {
        "name" => Place::One(&["name", "formatted"]),
        "given_name" => Place::One(&["name", "givenName"]),
        "family_name" => Place::One(&["name", "familyName"]),
        "middle_name" => Place::One(&["name", "middleName"]),
        "nickname" => Place::One(&["nickName"]),
        "locale" => Place::One(&["locale"]),
        "zoneinfo" => Place::One(&["timezone"]),
        "profile" => Place::One(&["profileUrl"]),
        "email" => Place::Many("emails"),
        "phone_number" => Place::Many("phoneNumbers"),
        "picture" => Place::Many("photos"),
        "address" => Place::Parts("addresses"),
        _ => return None,
    })
}

/// A member of an object. Names of attributes know no case (RFC 7643, section 2.1).
pub(super) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let object = object.as_object()?;
    let found = object
        .get(name)
        .or_else(|| object.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !value.is_null())
}

/// The text at a path.
pub(super) fn text_at<'a>(user: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(user, |at, name| member(at, name))?.as_str().filter(|text| !text.trim().is_empty())
}

/// The values of an attribute that has several.
pub(super) fn entries<'a>(user: &'a Value, attribute: &str) -> impl Iterator<Item = &'a Value> {
    member(user, attribute).and_then(Value::as_array).into_iter().flatten()
}

/// A claim's value as SCIM writes it. A telephone number that is whole is a URI (RFC 7643, section 4.1.2; RFC 3966).
pub(super) fn to_scim(claim: &str, value: &Value) -> Value {
    match (claim, value) {
        ("address", Value::Object(parts)) => {
            let named = |(ours, theirs): (&str, &str)| Some((theirs.to_owned(), parts.get(ours)?.clone()));
            Value::Object(PARTS.into_iter().filter_map(named).collect())
        }
        ("phone_number", Value::String(number)) => match number.replace([' ', '\u{a0}'], "") {
            whole if is_global(&whole) => json!(format!("tel:{whole}")),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// A global number of RFC 3966, section 5.1.4, without parameters.
fn is_global(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.chars().all(|c| c.is_ascii_digit() || "-.()".contains(c))
    })
}

/// What of an entry is the claim's value, as OpenID writes it. None where it has none.
pub(super) fn of_entry(place: Place, entry: &Value) -> Option<Value> {
    match place {
        Place::Parts(_) => {
            let part = |(ours, theirs): (&str, &str)| Some((ours.to_owned(), json!(text_at(entry, &[theirs])?)));
            let parts: Map<String, Value> = PARTS.into_iter().filter_map(part).collect();
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        Place::One(_) | Place::Many(_) => text_at(entry, &["value"]).map(|text| json!(text)),
    }
}

/// What a user shows of these claims. Several values of one are an array; what SCIM has no place for is not among them.
pub(super) fn shown(user: &Value, claims: &[String]) -> ReadBack {
    let value = |place: Place| match place {
        Place::One(path) => text_at(user, path).map(|text| json!(text)),
        Place::Many(attribute) | Place::Parts(attribute) => {
            let mut values: Vec<Value> = entries(user, attribute).filter_map(|entry| of_entry(place, entry)).collect();
            match values.len() {
                0 | 1 => values.pop(),
                _ => Some(Value::Array(values)),
            }
        }
    };
    claims.iter().filter_map(|claim| Some((claim.clone(), value(place(claim)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_shown_in_the_words_of_openid() {
        let user = json!({
            "userName": "ada", "NAME": {"formatted": "Ada Lovelace"}, "nickName": null, "locale": " ",
            "emails": [{"value": "a@x.example", "type": "work"}, {"value": "b@x.example"}, {"type": "home"}],
            "phoneNumbers": [{"value": "tel:+33-1"}],
            "addresses": [{"type": "home", "streetAddress": "12 rue", "country": "FR"}, {"type": "work"}],
        });
        let claims = ["name", "nickname", "locale", "email", "phone_number", "address", "picture", "birthdate"];
        let shown = shown(&user, &claims.map(str::to_owned));
        assert_eq!(shown["name"], Some(json!("Ada Lovelace")), "names know no case");
        assert_eq!((&shown["nickname"], &shown["locale"], &shown["picture"]), (&None, &None, &None));
        assert_eq!(shown["email"], Some(json!(["a@x.example", "b@x.example"])));
        assert_eq!(shown["phone_number"], Some(json!("tel:+33-1")));
        assert_eq!(shown["address"], Some(json!({"street_address": "12 rue", "country": "FR"})));
        assert!(!shown.contains_key("birthdate"), "what there is no place for is unknown");
    }

    #[test]
    fn only_a_whole_number_is_a_uri() {
        let scim = |number: &str| to_scim("phone_number", &json!(number));
        assert_eq!(scim("+33 1 42 27 81 86"), json!("tel:+33142278186"));
        assert_eq!(scim("+1(604)555-1234"), json!("tel:+1(604)555-1234"));
        for local in ["01 42 27 81 86", "+1 604 555 1234;ext=5678", "+", "+(1"] {
            assert_eq!(scim(local), json!(local));
        }
    }
}
