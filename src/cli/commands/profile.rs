//! `cmr profile`.

use std::io::Read;
use std::path::Path;

use rusqlite::Connection;

use super::super::args::profile::{ProfileArgs, ProfileVerb};
use super::super::output::profile::{
    ChangeView, Changed, ClaimView, Exported, FollowView, History, Import, LeftOutView, OneClaim, ProblemView, Profile,
    VersionView,
};
use super::super::session::Session;
use super::super::{Outcome, Result, new_file};
use super::editor;
use crate::delivery::lend;
use crate::error::{Error, io};
use crate::profile::model::{CATALOGUE, Claim, ClaimName, ClaimValue};
use crate::profile::vcard::{self, Card, CardFile};
use crate::profile::{self, Change, form};
use crate::text::{nearest, printable};
use crate::vault::Vault;

pub(in super::super) fn run(args: &ProfileArgs, session: &Session) -> Result<Outcome> {
    let persona = args.persona.as_str();
    match &args.verb {
        ProfileVerb::Show { claim: Some(claim), .. } => show_one(session, persona, claim),
        ProfileVerb::Show { claim: None, all } => show(session, persona, *all),
        ProfileVerb::Set { claim, value } => set(session, persona, claim, value),
        ProfileVerb::Unset { claim } => unset(session, persona, claim),
        ProfileVerb::Edit => edit(session, persona),
        ProfileVerb::Import { file, card, name } => import(session, persona, file, *card, name.as_deref()),
        ProfileVerb::Export { output } => export(session, persona, output.as_deref()),
        ProfileVerb::History { claim } => history(session, persona, claim.as_deref()),
    }
}

fn show(session: &Session, persona: &str, all: bool) -> Result<Outcome> {
    let vault = session.vault()?;
    profile::require_persona(vault.connection(), persona)?;
    let claims = profile::current(vault.connection(), persona)?;
    let is_set = |name: &str| claims.iter().any(|claim| claim.name.base() == name);
    let unset = CATALOGUE.iter().filter(|kind| all && !is_set(kind.name)).map(|kind| kind.name.to_owned()).collect();
    let view = Profile { persona: persona.to_owned(), claims: claims.iter().map(ClaimView::of).collect(), unset };
    session.printer().show(&view)?;
    Ok(Outcome::Done)
}

fn show_one(session: &Session, persona: &str, typed: &str) -> Result<Outcome> {
    let target = profile::target(typed)?;
    let vault = session.vault()?;
    let claim = match profile::get(vault.connection(), persona, &target.claim)? {
        Some(value) => Claim { name: target.claim, value },
        None => only_one(&vault, persona, &target.claim)?,
    };
    let view = match (target.part, &claim.value) {
        (Some(part), ClaimValue::Address(address)) => {
            let missing = || Error::not_found(format!("{} has no {}", claim.name, part.name()));
            let value = address.part(part).ok_or_else(missing)?.into();
            ClaimView { claim: format!("{}.{}", claim.name, part.name()), value }
        }
        _ => ClaimView::of(&claim),
    };
    session.printer().show(&OneClaim { persona: persona.to_owned(), claim: view })?;
    Ok(Outcome::Done)
}

/// `address` means `address.home` where that is the only one.
fn only_one(vault: &Vault, persona: &str, wanted: &ClaimName) -> Result<Claim> {
    profile::require_persona(vault.connection(), persona)?;
    let mut same = profile::named(vault.connection(), persona, wanted.base())?;
    if same.is_empty() {
        return Err(Error::not_found(format!("the profile has no {wanted}"))
            .hint(format!("set it: cmr profile set {wanted} …")));
    }
    if same.len() == 1 && wanted.label().is_none() {
        return Ok(same.remove(0));
    }
    let names = same.iter().map(|claim| claim.name.to_string()).collect::<Vec<_>>().join(", ");
    Err(Error::not_found(format!("the profile has no {wanted}, but {names}")).hint("name one of them"))
}

fn set(session: &Session, persona: &str, typed: &str, words: &[String]) -> Result<Outcome> {
    let target = profile::target(typed)?;
    let words = match words {
        [dash] if dash == "-" => vec![read_stdin()?],
        words => words.to_vec(),
    };
    finish(session, &mut session.vault()?, persona, "typed", |connection| {
        let old = profile::get(connection, persona, &target.claim)?;
        let new = profile::typed_value(&target, &words, old.as_ref(), false)?;
        Ok(match old.as_ref() == Some(&new) {
            true => Vec::new(),
            false => vec![Change { name: target.claim.clone(), old, new: Some(new) }],
        })
    })
}

fn read_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|e| Error::bad_input(format!("standard input is not text: {e}")))?;
    Ok(text)
}

fn unset(session: &Session, persona: &str, typed: &str) -> Result<Outcome> {
    let target = profile::target(typed)?;
    finish(session, &mut session.vault()?, persona, "typed", |connection| {
        let Some(old) = profile::get(connection, persona, &target.claim)? else {
            profile::require_persona(connection, persona)?;
            return Err(Error::not_found(format!("the profile has no {}", target.claim)));
        };
        let new = match (target.part, &old) {
            (Some(part), ClaimValue::Address(address)) => {
                let mut address = address.clone();
                address.set_part(part, "");
                (!address.is_empty()).then_some(ClaimValue::Address(address))
            }
            _ => None,
        };
        Ok(vec![Change { name: target.claim.clone(), old: Some(old), new }])
    })
}

/// Finds out what to change, changes it and lets grants follow, in one transaction, so that of two commands at once
/// neither undoes the other; or only finds it out.
fn change(
    session: &Session,
    vault: &mut Vault,
    persona: &str,
    source: &str,
    wanted: impl FnOnce(&Connection) -> Result<Vec<Change>>,
) -> Result<(Vec<Change>, Vec<FollowView>)> {
    profile::require_persona(vault.connection(), persona)?;
    if session.globals().dry_run {
        return Ok((wanted(vault.connection())?, Vec::new()));
    }
    let (changes, followed) = vault.write(|tx| {
        let changes = wanted(tx)?;
        let names: Vec<ClaimName> = changes.iter().map(|change| change.name.clone()).collect();
        profile::apply(tx, persona, &changes, source)?;
        let followed = lend::follow(tx, persona, &names)?;
        Ok((changes, followed))
    })?;
    Ok((changes, followed.iter().map(FollowView::of).collect()))
}

fn finish(
    session: &Session,
    vault: &mut Vault,
    persona: &str,
    source: &str,
    wanted: impl FnOnce(&Connection) -> Result<Vec<Change>>,
) -> Result<Outcome> {
    let (changes, follows) = change(session, vault, persona, source, wanted)?;
    session.printer().show(&Changed {
        persona: persona.to_owned(),
        changes: changes.iter().map(ChangeView::of).collect(),
        follows,
        dry_run: session.globals().dry_run,
    })?;
    Ok(Outcome::Done)
}

fn edit(session: &Session, persona: &str) -> Result<Outcome> {
    let mut vault = session.vault()?;
    profile::require_persona(vault.connection(), persona)?;
    let current = profile::current(vault.connection(), persona)?;
    let mut text = form::write(persona, &current)?;
    let wanted = loop {
        let edited = editor::edit(&text, "profile.toml")?;
        match form::read(&edited) {
            Ok(claims) => break claims,
            Err(error) => {
                if !session.prompt().is_interactive() {
                    return Err(error);
                }
                session.printer().error(&error, false);
                if !session.prompt().confirm("Edit again?", "a correct file")? {
                    return Err(Error::bad_input("the profile was not changed").because(error));
                }
                text = edited.to_string();
            }
        }
    };
    let changes = profile::diff(&current, &wanted, true);
    if !changes.is_empty() && !session.globals().dry_run {
        let view = Changed {
            persona: persona.to_owned(),
            changes: changes.iter().map(ChangeView::of).collect(),
            follows: Vec::new(),
            dry_run: true,
        };
        preview_changes(session, &view)?;
        session.require("Make these changes?", "--yes")?;
    }
    finish(session, &mut vault, persona, "edited", |_| Ok(changes))
}

fn preview_changes(session: &Session, view: &Changed) -> Result<()> {
    if session.globals().yes || session.printer().is_json() {
        return Ok(());
    }
    let mut out = super::super::output::text::Text::default();
    super::super::output::profile::changes(&mut out, &view.changes);
    session.printer().raw(&out.into_string())
}

fn import(session: &Session, persona: &str, file: &Path, card: Option<usize>, name: Option<&str>) -> Result<Outcome> {
    let shown = file.display().to_string();
    let bytes = match shown.as_str() {
        "-" => read_bytes(&mut std::io::stdin(), "standard input")?,
        _ => {
            let mut open = std::fs::File::open(file).map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => Error::not_found(format!("there is no file {shown}")),
                _ => io("read", file, e),
            })?;
            read_bytes(&mut open, &shown)?
        }
    };
    let cards = vcard::read(&bytes).map_err(|e| rename(e, &shown))?;
    let problems: Vec<ProblemView> =
        cards.problems.iter().map(|p| ProblemView { line: p.line, what: p.what.clone() }).collect();
    let chosen = choose(session, &shown, &cards, card, name)?;
    let (claims, refused) = checked(chosen);
    let mut vault = session.vault()?;
    let current = profile::current(vault.connection(), persona)?;
    let changes = profile::diff(&current, &claims, false);
    let left_out = chosen
        .left_out
        .iter()
        .map(|left| LeftOutView { line: left.line, property: printable(&left.property), why: left.why.clone() })
        .chain(refused)
        .collect();
    let mut view = Import {
        persona: persona.to_owned(),
        card: chosen.title.clone(),
        changes: changes.iter().map(ChangeView::of).collect(),
        left_out,
        problems,
        follows: Vec::new(),
        dry_run: session.globals().dry_run,
    };
    if !changes.is_empty() && !session.globals().dry_run && !session.globals().yes {
        session.preview(&view)?;
        session.require("Set these claims?", "--yes")?;
        view.changes.clear();
        view.left_out.clear();
        view.problems.clear();
    }
    let (changes, follows) =
        change(session, &mut vault, persona, &format!("vcard {}", file_name(file)), |_| Ok(changes))?;
    view.follows = follows;
    if view.dry_run || session.globals().yes || session.printer().is_json() || changes.is_empty() {
        session.printer().show(&view)?;
    }
    session.printer().remark(&match (view.dry_run, changes.len()) {
        (true, _) => "Nothing was done: --dry-run.".to_owned(),
        (false, n) => format!("{} set. See them: cmr profile show", super::super::output::text::count(n, "claim")),
    });
    Ok(Outcome::Done)
}

fn file_name(file: &Path) -> String {
    file.file_name().map(|name| printable(&name.to_string_lossy())).unwrap_or_default()
}

fn rename(error: Error, file: &str) -> Error {
    let named = Error::new(error.kind(), format!("{file}: {error}"));
    match error.hint_text() {
        Some(hint) => named.hint(hint),
        None => named,
    }
}

fn read_bytes(from: &mut dyn Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(vcard::LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(|e| io("read", Path::new(name), e))?;
    Ok(bytes)
}

/// Values of the card that a profile takes, and what was refused, with the reason.
fn checked(card: &Card) -> (Vec<Claim>, Vec<LeftOutView>) {
    let mut good = Vec::new();
    let mut refused = Vec::new();
    for claim in &card.claims {
        match profile::check::value(claim.name.kind(), claim.value.clone()) {
            Ok(value) => good.push(Claim { name: claim.name.clone(), value }),
            Err(error) => {
                refused.push(LeftOutView { line: None, property: claim.name.to_string(), why: error.to_string() });
            }
        }
    }
    (good, refused)
}

/// The card that is the user: the only one, the one they named, or the one they pick.
fn choose<'a>(
    session: &Session,
    file: &str,
    cards: &'a CardFile,
    number: Option<usize>,
    name: Option<&str>,
) -> Result<&'a Card> {
    let all = &cards.cards;
    if all.is_empty() {
        let what = cards.problems.first().map(|p| format!(": line {}: {}", p.line, p.what)).unwrap_or_default();
        return Err(Error::bad_input(format!("{file}: no card could be read{what}")));
    }
    if let Some(number) = number {
        return all.iter().find(|card| card.number == number).ok_or_else(|| {
            Error::not_found(format!("{file} has no card {number}")).hint(format!("it has {}", all.len()))
        });
    }
    if let Some(name) = name {
        return by_name(file, all, name);
    }
    if let [only] = all.as_slice() {
        return Ok(only);
    }
    let titles: Vec<String> =
        all.iter().map(|card| format!("{} (line {})", printable(&card.title), card.line)).collect();
    let question = format!("{file} has {} cards; the one that is you", all.len());
    Ok(&all[session.prompt().choose(&question, &titles, "--card N or --name NAME")?])
}

fn by_name<'a>(file: &str, all: &'a [Card], name: &str) -> Result<&'a Card> {
    let lower = name.to_lowercase();
    let exact: Vec<&Card> = all.iter().filter(|card| card.title.to_lowercase() == lower).collect();
    let found = match exact.is_empty() {
        true => all.iter().filter(|card| card.title.to_lowercase().contains(&lower)).collect(),
        false => exact,
    };
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let near = nearest(name, all.iter().map(|card| card.title.as_str())).join(" or ");
            let error = Error::not_found(format!("{file} has no card named {name:?}"));
            Err(if near.is_empty() { error } else { error.hint(format!("did you mean {}?", printable(&near))) })
        }
        several => {
            let numbers = several.iter().take(6).map(|card| card.number.to_string()).collect::<Vec<_>>().join(", ");
            Err(Error::not_found(format!("{file} has {} cards named like {name:?}", several.len()))
                .hint(format!("choose with --card: {numbers}")))
        }
    }
}

fn export(session: &Session, persona: &str, output: Option<&Path>) -> Result<Outcome> {
    let vault = session.vault()?;
    profile::require_persona(vault.connection(), persona)?;
    let claims = profile::current(vault.connection(), persona)?;
    let card = vcard::write(&claims);
    let Some(path) = output else {
        match session.printer().is_json() {
            true => session.printer().show(&Exported { file: None, claims: claims.len(), card: Some(card) })?,
            // Byte for byte what the standard wants: with its own line ends.
            false => session.printer().raw(&card)?,
        }
        return Ok(Outcome::Done);
    };
    new_file::write(path, &card)?;
    session.printer().show(&Exported { file: Some(path.display().to_string()), claims: claims.len(), card: None })?;
    Ok(Outcome::Done)
}

fn history(session: &Session, persona: &str, typed: Option<&str>) -> Result<Outcome> {
    let name = typed.map(str::parse::<ClaimName>).transpose()?;
    let vault = session.vault()?;
    profile::require_persona(vault.connection(), persona)?;
    let versions = profile::history(vault.connection(), persona, name.as_ref())?;
    if let (Some(name), true) = (&name, versions.is_empty()) {
        return Err(Error::not_found(format!("the profile never had a {name}")));
    }
    let view = |version: profile::Version| VersionView {
        claim: ClaimView::of(&version.claim),
        from: version.set_at,
        until: version.ended_at,
        source: version.source,
    };
    session
        .printer()
        .show(&History { persona: persona.to_owned(), versions: versions.into_iter().map(view).collect() })?;
    Ok(Outcome::Done)
}
