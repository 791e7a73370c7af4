//! From what a user typed to a scope: claims of the profile, purposes, durations.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, civil::Date};

use super::model::{LentClaim, Mode, Purpose, Scope};
use super::vocabulary;
use crate::error::{Error, Result};
use crate::profile::model::{Claim, ClaimName, claim_kind};

/// The longest that a grant may last: a promise to come back, not a gift.
const LONGEST_YEARS: i64 = 10;

/// Finds the claims of a profile that a user named: `email` (the one, or the unlabelled one of several),
/// `address.home`, or `pd:EmailAddress` for the claims of a category.
///
/// # Errors
/// Kind not found for an unknown name, or a claim that the profile lacks; kind bad input where a name fits several
/// values, or two values would go under one name.
pub fn claims(profile: &[Claim], typed: &[String]) -> Result<Vec<LentClaim>> {
    let mut lent: Vec<LentClaim> = Vec::new();
    for text in typed {
        let found = match text.strip_prefix("pd:") {
            Some(category) => of_category(profile, category)?,
            None => vec![one(profile, text)?],
        };
        for claim in found {
            if lent.iter().any(|other| other.claim == claim) {
                continue;
            }
            if let Some(other) = lent.iter().find(|other| other.claim.base() == claim.base()) {
                return Err(Error::bad_input(format!(
                    "{} and {claim} would both go to the vendor as {}",
                    other.claim,
                    claim.base()
                ))
                .hint("a grant carries one value of each claim: make a grant for each"));
            }
            lent.push(LentClaim { claim, why: None, optional: false });
        }
    }
    if lent.is_empty() {
        return Err(Error::usage("a grant needs at least one claim").hint("--claims email,address"));
    }
    Ok(lent)
}

fn one(profile: &[Claim], typed: &str) -> Result<ClaimName> {
    let name: ClaimName = typed.parse()?;
    if profile.iter().any(|claim| claim.name == name) {
        return Ok(name);
    }
    let same: Vec<&ClaimName> = profile.iter().map(|c| &c.name).filter(|n| n.base() == name.base()).collect();
    match (same.as_slice(), name.label()) {
        ([only], None) => Ok((*only).clone()),
        ([], _) => Err(Error::not_found(format!("the profile has no {name}"))
            .hint(format!("set it first: cmr profile set {name} …"))),
        (several, _) => {
            let names = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Error::bad_input(format!("the profile has no {name}, but {names}")).hint("name one of them"))
        }
    }
}

fn of_category(profile: &[Claim], typed: &str) -> Result<Vec<ClaimName>> {
    let category = vocabulary::category(typed)?;
    let names: Vec<ClaimName> =
        profile.iter().filter(|c| c.name.kind().category == category).map(|c| c.name.clone()).collect();
    if names.is_empty() {
        return Err(Error::not_found(format!("the profile has no claim of the category {category}")));
    }
    Ok(names)
}

/// Attaches `CLAIM=why it is needed`, and marks optional ones.
///
/// # Errors
/// Kind not found for a claim that is not among the lent ones.
pub fn explain(lent: &mut [LentClaim], why: &[String], optional: &[String]) -> Result<()> {
    for text in why {
        let (name, reason) = text.split_once('=').ok_or_else(|| {
            Error::usage(format!("{text:?} is not CLAIM=REASON")).hint("--why 'address=to send the parcel'")
        })?;
        find(lent, name)?.why = Some(crate::text::printable(reason.trim()));
    }
    for name in optional {
        find(lent, name)?.optional = true;
    }
    Ok(())
}

fn find<'a>(lent: &'a mut [LentClaim], typed: &str) -> Result<&'a mut LentClaim> {
    claim_kind(typed.split('.').next().unwrap_or_default())?;
    let found = lent.iter_mut().find(|l| l.claim.base() == typed || l.claim.to_string() == typed);
    found.ok_or_else(|| Error::not_found(format!("{typed} is not among the claims of this grant")))
}

/// Reads a span of days or longer: `90d`, `6mo`, `1y`, `P1Y`.
///
/// # Errors
/// Kind bad input.
pub fn span(typed: &str) -> Result<Span> {
    let bad = || Error::bad_input(format!("{typed:?} is not a duration")).hint("such as 30d, 6mo or 1y");
    let span: Span = typed.parse().map_err(|_| bad())?;
    match span.is_positive() {
        true => Ok(span),
        false => Err(Error::bad_input(format!("{typed} is no time at all")).hint("such as 30d, 6mo or 1y")),
    }
}

/// A duration as users type it: `1y` for `P1Y`.
pub fn friendly(duration: &str) -> String {
    duration.parse::<Span>().map_or_else(|_| duration.to_owned(), |span| format!("{span:#}"))
}

/// In what the vendor would get or may do more than before, in words. Empty for the same or less.
///
/// What cannot be compared counts as more: another agreement, another lawful basis, other words for a purpose.
pub fn widens(before: &Scope, after: &Scope) -> Vec<String> {
    let mut wider = Vec::new();
    wider.extend(more("also", &claims_of(before), &claims_of(after)));
    wider.extend(more("also for", &purposes_of(before), &purposes_of(after)));
    wider.extend(more("also to", &before.recipients, &after.recipients));
    wider.extend(other_words(before, after));
    if before.lawful_basis != after.lawful_basis {
        wider.push(format!("on the basis of {} instead of {}", after.lawful_basis, before.lawful_basis));
    }
    if before.terms != after.terms {
        wider.push("under other terms".into());
    }
    if (before.mode, after.mode) == (Mode::Once, Mode::Continuous) {
        wider.push("later changes as well".into());
    }
    if longer(&before.data_life, &after.data_life) {
        wider.push(format!("kept for {} instead of {}", friendly(&after.data_life), friendly(&before.data_life)));
    }
    wider
}

fn more(what: &str, before: &[String], after: &[String]) -> Option<String> {
    let new: Vec<&str> = after.iter().filter(|name| !before.contains(name)).map(String::as_str).collect();
    (!new.is_empty()).then(|| format!("{what} {}", new.join(", ")))
}

/// With their labels: another address under the same name is one that the vendor did not have.
fn claims_of(scope: &Scope) -> Vec<String> {
    scope.claims.iter().map(|lent| lent.claim.to_string()).collect()
}

fn purposes_of(scope: &Scope) -> Vec<String> {
    scope.purposes.iter().map(|purpose| purpose.term.clone()).collect()
}

/// The purposes that remain under other words, or without the words that narrowed them.
fn other_words(before: &Scope, after: &Scope) -> Option<String> {
    let differs =
        |purpose: &&Purpose| before.purposes.iter().any(|old| old.term == purpose.term && old.words != purpose.words);
    let found: Vec<&str> = after.purposes.iter().filter(differs).map(|purpose| purpose.term.as_str()).collect();
    (!found.is_empty()).then(|| format!("{} in other words", found.join(", ")))
}

/// Whether a duration is longer than another, counted from a fixed day; one that cannot be compared counts as longer.
fn longer(before: &str, after: &str) -> bool {
    let (Ok(before), Ok(after)) = (before.parse::<Span>(), after.parse::<Span>()) else { return true };
    let order = after.compare((before, Date::constant(2026, 1, 1)));
    order.map_or(true, |order| order == std::cmp::Ordering::Greater)
}

/// Reads the end of a grant: a span from now, or a date, whose whole day counts in the user's time zone.
///
/// # Errors
/// Kind bad input for what is neither, for an end in the past, and for one more than ten years away.
pub fn end(typed: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp> {
    let here = now.to_zoned(zone.clone());
    let far = |e: jiff::Error| Error::bad_input(format!("{typed} is too far away: {e}"));
    let end = match typed.parse::<Date>() {
        Ok(date) => date.tomorrow().and_then(|day| day.to_zoned(zone.clone())).map_err(far)?,
        Err(_) => {
            let neither = || {
                Error::bad_input(format!("{typed:?} is neither a duration nor a date"))
                    .hint(format!("such as 30d, 6mo or 1y, or a day such as {}", here.date().saturating_add(1.years())))
            };
            typed.parse::<Span>().map_err(|_| neither())?;
            here.checked_add(span(typed)?).map_err(far)?
        }
    };
    let longest = here.checked_add(LONGEST_YEARS.years()).map_err(far)?;
    if end <= here {
        return Err(Error::bad_input(format!("{typed} is in the past")));
    }
    if end > longest {
        return Err(Error::bad_input(format!("{typed} is more than {LONGEST_YEARS} years away"))
            .hint("a grant can be renewed: cmr grant renew"));
    }
    // Whole seconds: the wire and the vault then say the same.
    Timestamp::from_second(end.timestamp().as_second()).map_err(far)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::model::ClaimValue;

    fn profile(names: &[&str]) -> Vec<Claim> {
        let claim = |name: &&str| Claim { name: name.parse().unwrap(), value: ClaimValue::Text("x".into()) };
        names.iter().map(claim).collect()
    }

    fn picked(profile: &[Claim], typed: &[&str]) -> Result<Vec<String>> {
        let typed: Vec<String> = typed.iter().map(|t| (*t).to_owned()).collect();
        Ok(claims(profile, &typed)?.iter().map(|lent| lent.claim.to_string()).collect())
    }

    #[test]
    fn a_plain_name_finds_the_only_value_and_never_guesses_between_two() {
        let one = profile(&["address.home", "email"]);
        assert_eq!(picked(&one, &["address", "email"]).unwrap(), ["address.home", "email"]);
        let two = profile(&["address.home", "address.work"]);
        assert!(picked(&two, &["address"]).unwrap_err().to_string().contains("address.home, address.work"));
        let main = profile(&["email", "email.work"]);
        assert_eq!(picked(&main, &["email"]).unwrap(), ["email"]);
        assert!(picked(&main, &["email", "email.work"]).unwrap_err().to_string().contains("both go"));
    }

    fn scope(claims: &[&str], purposes: &[&str], life: &str) -> Scope {
        let lent = |claim: &&str| LentClaim { claim: claim.parse().unwrap(), why: None, optional: false };
        Scope {
            claims: claims.iter().map(lent).collect(),
            purposes: purposes.iter().map(|p| Purpose { term: (*p).into(), words: None }).collect(),
            lawful_basis: "Consent".into(),
            mode: Mode::Continuous,
            data_life: life.into(),
            recipients: Vec::new(),
            terms: None,
        }
    }

    #[test]
    fn more_of_anything_widens_and_less_does_not() {
        let base = scope(&["email", "name"], &["Marketing"], "P1Y");
        assert!(widens(&base, &base).is_empty());
        assert!(widens(&base, &scope(&["email"], &["Marketing"], "P6M")).is_empty());
        assert!(widens(&base, &scope(&["email"], &["Marketing"], "P365D")).is_empty());
        assert_eq!(widens(&base, &scope(&["email", "address"], &["Marketing"], "P1Y")), ["also address"]);
        assert_eq!(widens(&base, &scope(&["email.work"], &["Marketing"], "P1Y")), ["also email.work"]);
        assert_eq!(widens(&base, &scope(&["email"], &["Advertising"], "P1Y")), ["also for Advertising"]);
        assert_eq!(widens(&base, &scope(&["email"], &["Marketing"], "P2Y")), ["kept for 2y instead of 1y"]);
        assert_eq!(widens(&base, &scope(&["email"], &["Marketing"], "always")).len(), 1);
    }

    #[test]
    fn every_part_of_a_scope_is_looked_at() {
        let base = Scope { mode: Mode::Once, ..scope(&["email"], &["Marketing"], "P1Y") };
        let purpose = |words: Option<&str>| vec![Purpose { term: "Marketing".into(), words: words.map(str::to_owned) }];
        let named = Scope { purposes: purpose(Some("of teas")), recipients: vec!["carrier".into()], ..base.clone() };
        let changed = [
            (base.clone(), Scope { mode: Mode::Continuous, ..base.clone() }, "later changes as well"),
            (base.clone(), Scope { recipients: vec!["carrier".into()], ..base.clone() }, "also to carrier"),
            (base.clone(), Scope { terms: Some("PDC-AI".into()), ..base.clone() }, "under other terms"),
            (base.clone(), Scope { lawful_basis: "Contract".into(), ..base.clone() }, "on the basis of Contract"),
            (named.clone(), Scope { purposes: purpose(None), ..named.clone() }, "Marketing in other words"),
            (named.clone(), Scope { purposes: purpose(Some("of all")), ..named.clone() }, "Marketing in other words"),
        ];
        for (before, after, words) in changed {
            let wider = widens(&before, &after);
            assert!(wider.len() == 1 && wider[0].starts_with(words), "{wider:?}");
        }
        let less = Scope { recipients: Vec::new(), ..named.clone() };
        assert!(widens(&named, &less).is_empty());
        let continuous = Scope { mode: Mode::Continuous, ..base.clone() };
        assert!(widens(&continuous, &base).is_empty());
    }

    #[test]
    fn a_category_stands_for_its_claims() {
        let profile = profile(&["given_name", "family_name", "email"]);
        assert_eq!(picked(&profile, &["pd:Name"]).unwrap(), ["given_name", "family_name"]);
        assert!(picked(&profile, &["pd:Gender"]).is_err());
    }

    #[test]
    fn an_end_is_a_span_or_a_day_and_neither_past_nor_too_far() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let at = |typed: &str| end(typed, now, &TimeZone::UTC).map(|t| t.to_string());
        assert_eq!(at("90d").unwrap(), "2027-02-20T12:00:00Z");
        assert_eq!(at("1y").unwrap(), "2027-11-22T12:00:00Z");
        assert_eq!(at("2026-12-31").unwrap(), "2027-01-01T00:00:00Z");
        for bad in ["", "soon", "-3d", "2026-11-21", "11y", "99999y"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
