//! `cmr move`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::super::args::relocation::{MoveArgs, MoveVerb};
use super::super::output::relocation::Move;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::moving::{self, Heard};
use crate::delivery::relocation::{self, Relocation, lines};
use crate::delivery::talk::{Collect, Plan, Send};
use crate::error::Error;
use crate::import;
use crate::profile::model::{Address, AddressPart, Claim, ClaimName, ClaimValue};
use crate::profile::{self, DEFAULT_PERSONA, Target};
use crate::vault::Vault;

pub(in super::super) fn run(args: &MoveArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        Some(MoveVerb::Status) => status(session),
        None => begin(args, session),
    }
}

fn status(session: &Session) -> Result<Outcome> {
    let vault = session.vault()?;
    let none = || Error::not_found("you have not moved").hint("tell all vendors of a new address: cmr move");
    let last = relocation::last(vault.connection())?.ok_or_else(none)?;
    let view = view(&vault, &last, false)?;
    session.printer().show(&view)?;
    Ok(outcome(&view))
}

fn begin(args: &MoveArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let planned = planned(args, session, vault.connection())?;
    let shown = view(&vault, &planned, session.globals().dry_run)?;
    if session.globals().dry_run {
        session.printer().show(&shown)?;
        return Ok(Outcome::Done);
    }
    session.preview(&shown)?;
    session.require("Change the address, and tell them?", "--yes")?;
    let planned = vault.write(|tx| {
        let planned = relocation::plan(tx, &planned)?;
        relocation::begin_due(tx)?;
        Ok(planned)
    })?;
    if !args.no_push && planned.from_at <= Timestamp::now() {
        deliver(args, session, &mut vault)?;
    }
    let last = relocation::last(vault.connection())?.unwrap_or(planned);
    let view = view(&vault, &last, false)?;
    session.printer().show(&view)?;
    Ok(outcome(&view))
}

/// Delivers what waits. What came of it is said vendor by vendor afterwards.
fn deliver(args: &MoveArgs, session: &Session, vault: &mut Vault) -> Result<()> {
    let _turn = moving::turn(session, vault)?;
    let plan = Plan { send: Send::Due, collect: Collect::FromReached, ..Plan::default() };
    moving::converse(session, vault, args.timeout, &plan, &mut Heard::default())
}

fn view(vault: &Vault, relocation: &Relocation, dry_run: bool) -> Result<Move> {
    let connection = vault.connection();
    let imported = import::traces(connection, None)?.into_keys();
    let (lines, unknown) = lines(connection, relocation, imported, Timestamp::now())?;
    Ok(Move::of(relocation, lines, unknown, dry_run))
}

fn outcome(view: &Move) -> Outcome {
    match (view.begun, view.needs_the_user(), view.open) {
        // Before its day nothing is late.
        (None, ..) | (_, false, 0) => Outcome::Done,
        (_, true, _) => Outcome::UserMustAct,
        (_, false, _) => Outcome::Queued,
    }
}

/// The move that the user means: from what was typed, and from the answers where something is missing.
fn planned(args: &MoveArgs, session: &Session, connection: &Connection) -> Result<Relocation> {
    let first = args.persona.first().map_or(DEFAULT_PERSONA, String::as_str);
    args.persona.iter().try_for_each(|persona| profile::require_persona(connection, persona))?;
    let (claim, old) = which(args, session, connection, first)?;
    let words =
        if args.parts.is_empty() { ask(session, old.as_ref())? } else { with_country(&args.parts, old.as_ref()) };
    let target = Target { claim: claim.clone(), part: None };
    let new = profile::typed_value(&target, &words, None, true)?;
    let from = match (&args.from, args.parts.is_empty()) {
        (Some(typed), _) => typed.clone(),
        (None, true) => session.prompt().line_or("From which day", "today", "--from DATE")?,
        (None, false) => "today".to_owned(),
    };
    let personas = match args.persona.is_empty() {
        true => having(connection, &claim, old.as_ref())?,
        false => args.persona.clone(),
    };
    Ok(Relocation { id: 0, claim, personas, old, new, from_at: beginning(&from)?, begun_at: None })
}

/// The address that is left, by name and value.
fn which(
    args: &MoveArgs,
    session: &Session,
    connection: &Connection,
    persona: &str,
) -> Result<(ClaimName, Option<ClaimValue>)> {
    let of = |name: ClaimName| -> Result<_> { Ok((name.clone(), profile::get(connection, persona, &name)?)) };
    if let Some(typed) = &args.claim {
        let name: ClaimName = typed.parse()?;
        return match name.base() {
            "address" => of(name),
            _ => Err(Error::bad_input(format!("{name} is no address")).hint("such as --claim address.home")),
        };
    }
    let mut addresses = profile::named(connection, persona, "address")?;
    let place = match addresses.as_slice() {
        [] => return of(ClaimName::plain("address")?),
        [_] => 0,
        several => {
            let list: Vec<String> = several.iter().map(|one| format!("{}: {}", one.name, one.value)).collect();
            session.prompt().choose("Which address changes", &list, "--claim CLAIM")?
        }
    };
    let Claim { name, value } = addresses.swap_remove(place);
    Ok((name, Some(value)))
}

/// The country stays unless another is named: most people move within theirs.
fn with_country(parts: &[String], old: Option<&ClaimValue>) -> Vec<String> {
    let country = match old {
        Some(ClaimValue::Address(address)) => address.country.as_deref(),
        _ => None,
    };
    let is_named = |part: &String| part.starts_with("country=");
    // An address in one piece holds its country already.
    let in_parts = parts.iter().any(|part| part.contains('='));
    let kept = country.filter(|_| in_parts && !parts.iter().any(is_named)).map(|country| format!("country={country}"));
    parts.iter().cloned().chain(kept).collect()
}

/// Asks for the new address, part by part.
fn ask(session: &Session, old: Option<&ClaimValue>) -> Result<Vec<String>> {
    let nothing = Address::default();
    let old = match old {
        Some(ClaimValue::Address(address)) => address,
        _ => &nothing,
    };
    let parts = [
        (AddressPart::Street, "Street and number", ""),
        (AddressPart::PostalCode, "Postal code", ""),
        (AddressPart::Locality, "Town", ""),
        (AddressPart::Region, "State or region (empty for none)", ""),
        (AddressPart::Country, "Country", old.country.as_deref().unwrap_or("")),
    ];
    let mut words = Vec::new();
    for (part, question, default) in parts {
        let answer = session.prompt().line_or(question, default, "the parts, such as locality=Lyon")?;
        if !answer.trim().is_empty() {
            words.push(format!("{}={}", part.name(), answer.trim()));
        }
    }
    match words.is_empty() {
        true => Err(Error::bad_input("no address was given: nothing was changed")),
        false => Ok(words),
    }
}

/// The personas that have this address.
fn having(connection: &Connection, claim: &ClaimName, value: Option<&ClaimValue>) -> Result<Vec<String>> {
    let mut having = Vec::new();
    for (persona, _) in profile::personas(connection)? {
        let same = value.is_some() && profile::get(connection, &persona, claim)?.as_ref() == value;
        if same || (value.is_none() && persona == DEFAULT_PERSONA) {
            having.push(persona);
        }
    }
    Ok(having)
}

/// The beginning of a day in the user's time zone.
fn beginning(typed: &str) -> Result<Timestamp> {
    if typed == "today" {
        return Ok(Timestamp::now());
    }
    let bad = || Error::bad_input(format!("{typed:?} is not a day")).hint("such as 2026-12-01, or today");
    let day: Date = typed.parse().map_err(|_| bad())?;
    Ok(day.to_zoned(TimeZone::system()).map_err(|_| bad())?.timestamp())
}
