//! The customer: claims, personas, and every version of them; vCard in and out.

use rusqlite::Connection;
use serde_json::json;

pub mod check;
pub mod form;
pub mod model;
mod store;
pub mod vcard;

pub use store::{DEFAULT_PERSONA, Version, claim_names, current, get, history, personas, require_persona, taken_from};

use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::Tx;
use model::{AddressPart, Claim, ClaimName, ClaimValue};

/// A claim's value before and after: `old` is none for a new claim, `new` is none for one taken away.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which claim.
    pub name: ClaimName,
    /// Its value until now.
    pub old: Option<ClaimValue>,
    /// Its value from now on.
    pub new: Option<ClaimValue>,
}

/// What turns `current` into `wanted`. Claims of `current` that `wanted` lacks are taken away only if `whole` is set.
pub fn diff(current: &[Claim], wanted: &[Claim], whole: bool) -> Vec<Change> {
    let old = |name: &ClaimName| current.iter().find(|claim| claim.name == *name).map(|claim| claim.value.clone());
    let set = wanted.iter().map(|claim| Change {
        name: claim.name.clone(),
        old: old(&claim.name),
        new: Some(claim.value.clone()),
    });
    let gone = current.iter().filter(|claim| whole && !wanted.iter().any(|other| other.name == claim.name));
    let unset = gone.map(|claim| Change { name: claim.name.clone(), old: Some(claim.value.clone()), new: None });
    set.chain(unset).filter(|change| change.old != change.new).collect()
}

/// Makes changes to a persona's claims, each with its ledger entry. `source` says where the values came from.
///
/// # Errors
/// Kind not found for an unknown persona; the database's.
pub fn apply(tx: &Tx, persona: &str, changes: &[Change], source: &str) -> Result<()> {
    require_persona(tx, persona)?;
    for change in changes {
        let action = match &change.new {
            Some(value) => {
                let claim = Claim { name: change.name.clone(), value: value.clone() };
                store::put(tx, persona, &claim, source)?;
                "claim-set"
            }
            None => {
                store::end(tx, persona, &change.name)?;
                "claim-unset"
            }
        };
        ledger::append(tx, action, &change.name.to_string(), &json!({"persona": persona, "source": source}))?;
    }
    Ok(())
}

/// What a user typed after `profile set`: a claim, or one part of an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The claim.
    pub claim: ClaimName,
    /// The part of its address.
    pub part: Option<AddressPart>,
}

/// Reads `email`, `email.work`, `address.home`, `address.locality` or `address.home.locality`.
///
/// # Errors
/// Kind not found for an unknown claim or part; kind bad input for a label that cannot be one.
pub fn target(text: &str) -> Result<Target> {
    let (head, last) = match text.rsplit_once('.') {
        Some((head, last)) if AddressPart::named(last).is_some() => (head, AddressPart::named(last)),
        _ => (text, None),
    };
    let claim: ClaimName = head.parse()?;
    if last.is_some() && claim.base() != "address" {
        return Err(Error::bad_input(format!("{claim} has no parts: only an address has")));
    }
    Ok(Target { claim, part: last })
}

/// The value that `profile set NAME WORDS…` asks for: a text, or `part=text` pairs for an address. Parts of an address
/// that are not named stay as they are in `old`, unless `whole` is set.
///
/// # Errors
/// Kind bad input for a value that the claim does not take; kind not found for an unknown part.
pub fn typed_value(target: &Target, words: &[String], old: Option<&ClaimValue>, whole: bool) -> Result<ClaimValue> {
    let kind = target.claim.kind();
    if kind.name != "address" {
        return check::text(kind, &words.join(" "));
    }
    let mut address = match old {
        Some(ClaimValue::Address(address)) if !whole => address.clone(),
        _ => model::Address::default(),
    };
    let parts = match target.part {
        Some(part) => vec![(part, words.join(" "))],
        None if words.iter().any(|word| word.contains('=')) => words.iter().map(|w| pair(w)).collect::<Result<_>>()?,
        None => {
            let formatted = words.join(" ").replace("\\n", "\n");
            address = model::Address::default();
            vec![(AddressPart::Formatted, formatted)]
        }
    };
    // The address as one text would say what its parts no longer do.
    if !parts.iter().any(|(part, _)| *part == AddressPart::Formatted) {
        address.formatted = None;
    }
    for (part, text) in parts {
        address.set_part(part, &text);
    }
    if address.is_empty() {
        return Err(Error::bad_input(format!("{} would be empty", target.claim))
            .hint(format!("take it away with: cmr profile unset {}", target.claim)));
    }
    check::value(kind, ClaimValue::Address(address))
}

fn pair(word: &str) -> Result<(AddressPart, String)> {
    let (name, text) = word.split_once('=').ok_or_else(|| {
        Error::bad_input(format!("{word:?} is not part=text")).hint("quote a text with spaces: 'locality=New York'")
    })?;
    let part = AddressPart::named(name).ok_or_else(|| {
        Error::not_found(format!("an address has no part {name:?}"))
            .hint(format!("its parts are {}", AddressPart::ALL.map(AddressPart::name).join(", ")))
    })?;
    Ok((part, text.replace("\\n", "\n")))
}

/// Adds a persona. Returns false if there was one of this name.
///
/// # Errors
/// Kind bad input for a name of other characters than `a-z`, `0-9`, `-` and `_`.
pub fn add_persona(tx: &Tx, name: &str) -> Result<bool> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 32 || !name.chars().all(allowed) {
        return Err(
            Error::bad_input(format!("{name:?} cannot name a persona")).hint("a name is 1 to 32 of a-z, 0-9, - and _")
        );
    }
    let new = store::insert_persona(tx, name)?;
    if new {
        ledger::append(tx, "persona-added", name, &json!({}))?;
    }
    Ok(new)
}

/// Removes a persona that no grant ever used, with its claims and their history.
///
/// # Errors
/// Kind not found for an unknown one; kind bad input for the default one, or one that a grant names.
pub fn remove_persona(tx: &Tx, name: &str) -> Result<()> {
    require_persona(tx, name)?;
    if name == DEFAULT_PERSONA {
        return Err(Error::bad_input("the default persona cannot be removed"));
    }
    if store::persona_is_lent(tx, name)? {
        return Err(Error::bad_input(format!("a grant names the persona {name}: its history stays"))
            .hint("cmr grant list --all shows which"));
    }
    store::delete_persona(tx, name)?;
    ledger::append(tx, "persona-removed", name, &json!({}))
}

/// The current claims whose OpenID name is `base`, by label.
///
/// # Errors
/// The database's.
pub fn named(connection: &Connection, persona: &str, base: &str) -> Result<Vec<Claim>> {
    Ok(current(connection, persona)?.into_iter().filter(|claim| claim.name.base() == base).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str, text: &str) -> Claim {
        Claim { name: name.parse().unwrap(), value: ClaimValue::Text(text.into()) }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_diff_names_what_is_new_changed_and_gone_and_nothing_else() {
        let current = [claim("name", "Ada"), claim("email", "a@x.org"), claim("nickname", "al")];
        let wanted = [claim("name", "Ada"), claim("email", "b@x.org"), claim("email.work", "w@x.org")];
        let names = |changes: Vec<Change>| changes.iter().map(|c| c.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(diff(&current, &wanted, false)), ["email", "email.work"]);
        assert_eq!(names(diff(&current, &wanted, true)), ["email", "email.work", "nickname"]);
        assert!(diff(&current, &current, true).is_empty());
    }

    #[test]
    fn one_part_of_an_address_changes_alone() {
        let home = target("address.home").unwrap();
        let words_in = words(&["street_address=1 rue de la Paix", "locality=Paris"]);
        let first = typed_value(&home, &words_in, None, false).unwrap();
        let part = target("address.home.locality").unwrap();
        assert_eq!(part.claim, home.claim);
        let second = typed_value(&part, &words(&["Lyon"]), Some(&first), false).unwrap();
        assert_eq!(second.to_string(), "1 rue de la Paix, Lyon");
    }

    #[test]
    fn a_new_part_takes_away_the_text_of_the_old_address() {
        let address = target("address").unwrap();
        let old = typed_value(&address, &words(&["12 rue de la Paix, Paris"]), None, false).unwrap();
        let new = typed_value(&address, &words(&["locality=Lyon"]), Some(&old), false).unwrap();
        let ClaimValue::Address(new) = new else { panic!("not an address") };
        assert_eq!(new.part(AddressPart::Formatted), None);
    }

    #[test]
    fn a_label_cannot_be_a_part() {
        assert!("address.locality".parse::<ClaimName>().is_err());
        assert_eq!(target("address.locality").unwrap().part, Some(AddressPart::Locality));
        assert!(target("email.locality").is_err());
    }
}
