//! A profile as TOML, for `$EDITOR`: one key a claim, labels and address parts as tables.

use toml::{Table, Value};

use super::check;
use super::model::{AddressPart, Claim, ClaimName, ClaimValue, claim_kind};
use crate::error::{Error, Result};

const HEAD: &str = "\
# Your profile, persona PERSONA. Save and close to see what would change; delete a line to take a claim away.
# Several values of one claim have labels:   [email]  unlabelled = \"…\"  work = \"…\"
# An address has parts:                      [address.home]  street_address = \"…\"  locality = \"…\"
";

/// The key of a claim's unlabelled value where it has labelled ones as well. It is no label, and `main` may be one.
pub(super) const MAIN: &str = "unlabelled";

/// Writes claims as TOML.
///
/// # Errors
/// Kind failed, should the TOML writer refuse.
pub fn write(persona: &str, claims: &[Claim]) -> Result<String> {
    let mut table = Table::new();
    for claim in claims {
        let value = match &claim.value {
            ClaimValue::Text(text) => Value::String(text.clone()),
            ClaimValue::Address(address) => {
                let parts = AddressPart::ALL.into_iter();
                let pairs =
                    parts.filter_map(|p| Some((p.name().to_owned(), Value::String(address.part(p)?.to_owned()))));
                Value::Table(pairs.collect())
            }
        };
        let several = claims.iter().any(|c| c.name.base() == claim.name.base() && c.name.label().is_some());
        if several {
            let labels = table.entry(claim.name.base()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(labels) = labels {
                labels.insert(claim.name.label().unwrap_or(MAIN).to_owned(), value);
            }
        } else {
            table.insert(claim.name.base().to_owned(), value);
        }
    }
    let body = toml::to_string(&table).map_err(|e| Error::failed(format!("cannot write the profile: {e}")))?;
    Ok(format!("{}\n{body}", HEAD.replace("PERSONA", persona)))
}

/// Reads what [`write()`] wrote and a person edited.
///
/// # Errors
/// Kind bad input or not found, with the line where TOML is wrong, or the claim that is.
pub fn read(text: &str) -> Result<Vec<Claim>> {
    let table: Table = toml::from_str(text).map_err(|e: toml::de::Error| {
        let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Error::bad_input(format!("line {line}: {}", e.message()))
    })?;
    let mut claims = Vec::new();
    for (base, value) in table {
        let name = ClaimName::plain(&base)?;
        match value {
            Value::Table(inner) if is_labels(&name, &inner) => {
                for (label, value) in inner {
                    let name = if label == MAIN { name.clone() } else { name.labelled(&label)? };
                    claims.push(claim(name, value)?);
                }
            }
            value => claims.push(claim(name, value)?),
        }
    }
    Ok(claims)
}

/// A table under a claim holds labels, except under `address`, where it may be the address itself.
fn is_labels(name: &ClaimName, table: &Table) -> bool {
    name.base() != "address" || table.values().any(Value::is_table)
}

fn claim(name: ClaimName, value: Value) -> Result<Claim> {
    let kind = claim_kind(name.base())?;
    let value = match value {
        Value::String(text) => check::text(kind, &text),
        Value::Table(parts) => Value::Table(parts)
            .try_into()
            .map_err(|e: toml::de::Error| Error::bad_input(e.message().to_owned()))
            .and_then(|address| check::value(kind, ClaimValue::Address(address))),
        _ => Err(Error::bad_input(format!("{} must be text in quotes", kind.name))),
    };
    let value = value.map_err(|e| Error::bad_input(format!("{name}: {e}")))?;
    Ok(Claim { name, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> impl Strategy<Value = String> {
        "[a-zA-Zäé'\"\\\\ ]{1,12}".prop_map(|text| text.trim().to_owned()).prop_filter("empty", |t| !t.is_empty())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            name in line(), nickname in prop::option::of(line()), work in prop::option::of("[a-z]{1,8}"),
            street in line(), town in line(), two_homes: bool,
        ) {
            let text = |name: &str, text: &str| Claim { name: name.parse().unwrap(), value: ClaimValue::Text(text.into()) };
            let address = super::super::model::Address {
                street_address: Some(street), locality: Some(town), ..Default::default()
            };
            let mut claims = vec![text("name", &name), text("email", "a@b.org")];
            claims.extend(nickname.map(|n| text("nickname", &n)));
            claims.extend(work.map(|w| text("email.work", &format!("{w}@b.org"))));
            claims.push(Claim { name: "address.home".parse().unwrap(), value: ClaimValue::Address(address.clone()) });
            if two_homes {
                claims.push(Claim { name: "address".parse().unwrap(), value: ClaimValue::Address(address) });
            }
            claims.sort_by_key(|c| c.name.to_string());
            let mut again = read(&write("default", &claims).unwrap()).unwrap();
            again.sort_by_key(|c| c.name.to_string());
            prop_assert_eq!(again, claims);
        }
    }

    #[test]
    fn a_mistake_is_named_by_its_line_or_its_claim() {
        assert!(read("name = \"a\"\nemail = \n").unwrap_err().to_string().contains("line 2"));
        assert!(read("email = \"nobody\"").unwrap_err().to_string().contains("email"));
        assert!(read("emial = \"a@b.org\"").unwrap_err().hint_text().unwrap().contains("email"));
        assert!(read("[address]\nstreet = \"x\"").unwrap_err().to_string().contains("street"));
    }
}
