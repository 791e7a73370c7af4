//! What can stand in the place of a value, for completion at a Tab. The vault is opened if that needs nobody's help;
//! otherwise, and whatever fails, there are no candidates. Nothing is asked, said or written, and no value of the
//! profile is shown.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::OnceLock;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use rusqlite::Connection;

use super::args::Globals;
use super::output::text::{count, day, short};
use super::session::Session;
use super::unlock::Effort;
use crate::delivery::{self, MessageState};
use crate::error::Result;
use crate::grant::vocabulary::CATEGORIES;
use crate::grant::{self, Brief, Status};
use crate::profile::model::{AddressPart, CATALOGUE, ClaimName};
use crate::profile::{self, DEFAULT_PERSONA};
use crate::vault::{Manifest, Vault};
use crate::wire::event::Event;
use crate::{ledger, vendor};

/// The id of the candidate that stands for every file.
pub(super) const FILES: &str = "files";
/// The id of the candidate that stands for every directory.
pub(super) const DIRECTORIES: &str = "directories";
/// The id of the candidate that says that a value was looked for. Without it an option would be offered in the place
/// of a vendor when there is none to offer.
pub(super) const LOOKED: &str = "looked";

/// More than anybody reads, and few enough to find in no time.
const MOST: usize = 500;

/// What was typed before and at the cursor.
static TYPED: OnceLock<Vec<String>> = OnceLock::new();

/// Remembers the words up to the cursor: some values depend on what was typed before them.
pub(super) fn remember(words: &[String]) {
    let _ = TYPED.set(words.to_vec());
}

fn typed() -> &'static [String] {
    TYPED.get().map_or(&[], Vec::as_slice)
}

/// The words before the one that is completed.
fn before() -> &'static [String] {
    typed().split_last().map_or(&[], |(_, before)| before)
}

/// The last value that was typed for an option, such as `--vault`.
fn option(name: &str) -> Option<&'static str> {
    let pairs = before().iter().zip(before().iter().skip(1));
    let apart = pairs.filter(|(word, _)| *word == name).map(|(_, value)| value.as_str());
    let joined = before().iter().filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    apart.chain(joined).last()
}

/// The first value that was typed after a verb.
fn value_after(verb: &str) -> Option<&'static str> {
    let mut words = before().iter().skip_while(|word| *word != verb).skip(1);
    words.find(|word| !word.starts_with('-')).map(String::as_str)
}

/// The vault that is meant, if it opens without anybody's help.
fn unlocked() -> Option<Vault> {
    let session = session();
    let dir = session.vault_dir().ok()?;
    let manifest = Manifest::read(&dir).ok()?;
    let (key, _) = session.unlock(&dir, &manifest).find(Effort::Free).ok()??;
    let vault = Vault::open_for_reading(&dir, manifest, &key).ok()?;
    ledger::check_anchor(&vault).ok()?;
    Some(vault)
}

fn session() -> Session {
    Session::new(Globals { vault: option("--vault").map(expanded), no_input: true, ..Globals::default() })
}

/// A path as the shell would hand it over: at a Tab it has not replaced `~` and `$HOME` yet.
fn expanded(path: &str) -> PathBuf {
    let below_home = path.strip_prefix("~/").or_else(|| path.strip_prefix("$HOME/"));
    match below_home.zip(std::env::var_os("HOME")) {
        Some((rest, home)) => PathBuf::from(home).join(rest),
        None => path.into(),
    }
}

/// A candidate and what it means.
type Named = (String, String);

/// Candidates for what was typed; those that do not begin so are left out.
fn completer(look: impl Fn(&str) -> Vec<Named> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let typed = typed.to_str().unwrap_or_default();
        let offered = look(typed).into_iter().filter(|(value, _)| begins(value, typed));
        let candidate = |(value, help): Named| CompletionCandidate::new(value).help(Some(help.into()));
        offered.map(candidate).chain([CompletionCandidate::new("").id(Some(LOOKED.into()))]).collect()
    })
}

/// Candidates from the vault.
fn from_vault(look: impl Fn(&Connection, &str) -> Result<Vec<Named>> + Send + Sync + 'static) -> ArgValueCompleter {
    completer(move |typed| unlocked().and_then(|vault| look(vault.connection(), typed).ok()).unwrap_or_default())
}

fn begins(value: &str, typed: &str) -> bool {
    value.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

fn bare(values: impl IntoIterator<Item = impl Into<String>>) -> Vec<Named> {
    values.into_iter().map(|value| (value.into(), String::new())).collect()
}

/// What stands before the value in a list with commas.
fn is_listed(value: &str) -> bool {
    let word = typed().last().map(String::as_str).unwrap_or_default();
    let list = word.split_once('=').map_or(word, |(_, list)| list);
    list.rsplit(',').skip(1).any(|listed| listed == value)
}

/// Names of vendors.
pub(super) fn vendors() -> ArgValueCompleter {
    from_vault(|connection, typed| vendor::beginning_with(connection, typed, MOST))
}

/// What the ledger can be asked about: vendors and claims.
pub(super) fn subjects() -> ArgValueCompleter {
    from_vault(|connection, typed| {
        let vendors = vendor::beginning_with(connection, typed, MOST)?;
        Ok(vendors.into_iter().chain(bare(profile::claim_names(connection, None)?)).collect())
    })
}

/// Grants that have not ended.
pub(super) fn open_grants() -> ArgValueCompleter {
    from_vault(|connection, typed| Ok(grant_choices(&grant::beginning_with(connection, typed, false, MOST)?, typed)))
}

/// Grants, ended ones too.
pub(super) fn grants() -> ArgValueCompleter {
    from_vault(|connection, typed| Ok(grant_choices(&grant::beginning_with(connection, typed, true, MOST)?, typed)))
}

/// Grants that can be taken back; with `--close` those that ended too.
pub(super) fn revocable_grants() -> ArgValueCompleter {
    from_vault(|connection, typed| {
        let ended = before().iter().any(|word| word == "--close");
        Ok(grant_choices(&grant::beginning_with(connection, typed, ended, MOST)?, typed))
    })
}

/// Each grant by what `grant::find` understands: the vendor's name where it says which, otherwise the end of the id.
/// The grants of a vendor stand together.
fn grant_choices(grants: &[Brief], typed: &str) -> Vec<Named> {
    let by_vendor = grants.chunk_by(|one, other| one.vendor == other.vendor);
    by_vendor.flat_map(|grants| grants_of_one(grants, typed)).collect()
}

fn grants_of_one(grants: &[Brief], typed: &str) -> Vec<Named> {
    let what = |grant: &Brief| format!("{} until {}", grant.purposes.join(", "), day(grant.expires_at));
    let by_id = |grant: &Brief| (id(&grant.id, typed), format!("{}: {}", grant.vendor, what(grant)));
    let Some(Brief { vendor, .. }) = grants.first() else { return Vec::new() };
    if !begins(vendor, typed) {
        return grants.iter().map(by_id).collect();
    }
    let is_open = |grant: &&Brief| grant.status.is_current() || grant.status == Status::Draft;
    let open: Vec<&Brief> = grants.iter().filter(is_open).collect();
    match open.as_slice() {
        [] => vec![(vendor.clone(), format!("{}, {}", grants[0].purposes.join(", "), grants[0].status.name()))],
        [one] => vec![(vendor.clone(), what(one))],
        several if typed.is_empty() => several.iter().map(|grant| by_id(grant)).collect(),
        several => {
            let ids = several.iter().map(|grant| format!("{} {}", short(&grant.id), grant.purposes.join(", ")));
            vec![(vendor.clone(), format!("by id: {}", ids.collect::<Vec<_>>().join("; ")))]
        }
    }
}

/// An id as it was begun: its last eight digits, or all of it.
fn id(id: &str, typed: &str) -> String {
    if begins(short(id), typed) { short(id).to_owned() } else { id.to_owned() }
}

/// The claims of the grant that was named.
pub(super) fn claims_of_grant() -> ArgValueCompleter {
    from_vault(|connection, _| {
        let Some(typed) = value_after("amend") else { return Ok(Vec::new()) };
        let claims = grant::find(connection, typed)?.scope.claims;
        Ok(bare(claims.iter().map(|lent| lent.claim.to_string()).filter(|claim| !is_listed(claim))))
    })
}

/// Our messages, those that were delivered too.
pub(super) fn messages() -> ArgValueCompleter {
    outbox(true, |_| true)
}

/// Messages that can be sent again.
pub(super) fn retriable_messages() -> ArgValueCompleter {
    outbox(false, |message| matches!(message.state, MessageState::Queued | MessageState::Held))
}

/// Messages that can be dropped. A revocation cannot.
pub(super) fn droppable_messages() -> ArgValueCompleter {
    outbox(false, |message| message.event != Event::GrantRevoked.name())
}

/// What vendors sent.
pub(super) fn received_messages() -> ArgValueCompleter {
    from_vault(|connection, typed| {
        let found = delivery::received_beginning_with(connection, typed, MOST)?;
        let what = |vendor: &str, event: &str| format!("{vendor}: {}", crate::text::printable(event));
        Ok(found.iter().map(|(found, vendor, event)| (id(found, typed), what(vendor, event))).collect())
    })
}

fn outbox(all: bool, takes: fn(&delivery::Brief) -> bool) -> ArgValueCompleter {
    from_vault(move |connection, typed| {
        let found = delivery::beginning_with(connection, typed, all, MOST)?;
        let what = |one: &delivery::Brief| format!("{}: {}, {}", one.vendor, one.event, one.state.name());
        Ok(found.iter().filter(|one| takes(one)).map(|one| (id(&one.id, typed), what(one))).collect())
    })
}

/// Personas.
pub(super) fn personas() -> ArgValueCompleter {
    from_vault(|connection, _| {
        let found = profile::personas(connection)?.into_iter();
        Ok(found.map(|(name, claims)| (name, count(claims as usize, "claim"))).collect())
    })
}

/// Claims that have a value in the persona that was named.
pub(super) fn claims() -> ArgValueCompleter {
    from_vault(|connection, _| Ok(bare(valued(connection)?)))
}

fn valued(connection: &Connection) -> Result<Vec<String>> {
    profile::claim_names(connection, Some(option("--persona").unwrap_or(DEFAULT_PERSONA)))
}

/// Claims that have a value in any persona.
pub(super) fn claims_of_all() -> ArgValueCompleter {
    from_vault(|connection, _| Ok(bare(profile::claim_names(connection, None)?)))
}

/// Claims to lend, or a category of them.
pub(super) fn claims_to_lend() -> ArgValueCompleter {
    completer(|typed| {
        let claims = unlocked().and_then(|vault| valued(vault.connection()).ok()).unwrap_or_default();
        let categories = CATEGORIES.iter().filter(|_| typed.starts_with("pd:")).map(|name| format!("pd:{name}"));
        bare(claims.into_iter().chain(categories).filter(|claim| !is_listed(claim)))
    })
}

/// Claims that can be set: those with a value, the parts of an address that was begun, and all others by name.
pub(super) fn claims_to_set() -> ArgValueCompleter {
    completer(|typed| {
        let mut claims = unlocked().and_then(|vault| valued(vault.connection()).ok()).unwrap_or_default();
        if let Some((address, _)) = typed.rsplit_once('.').filter(|(claim, _)| is_address(claim)) {
            claims.extend(AddressPart::ALL.map(|part| format!("{address}.{}", part.name())));
        }
        let others = CATALOGUE.iter().map(|kind| kind.name).filter(|name| !claims.iter().any(|claim| claim == name));
        let others: Vec<Named> = others.map(|name| (name.to_owned(), "not set".to_owned())).collect();
        bare(claims).into_iter().chain(others).collect()
    })
}

/// Claims by their OpenID names alone.
pub(super) fn claim_kinds() -> ArgValueCompleter {
    completer(|_| bare(CATALOGUE.iter().map(|kind| kind.name).filter(|name| !is_listed(name))))
}

/// The claims that `--claims` names.
pub(super) fn claims_named() -> ArgValueCompleter {
    completer(|_| bare(named().filter(|claim| !is_listed(claim))))
}

/// The same, each with a `=` for what is said of it.
pub(super) fn claims_named_with_why() -> ArgValueCompleter {
    completer(|_| bare(named().map(|claim| format!("{claim}="))))
}

fn named() -> impl Iterator<Item = &'static str> {
    option("--claims").unwrap_or_default().split(',').filter(|claim| !claim.is_empty())
}

/// The parts of an address, where one is set.
pub(super) fn address_parts() -> ArgValueCompleter {
    completer(|_| match value_after("set").is_some_and(is_address) {
        true => bare(AddressPart::ALL.map(|part| format!("{}=", part.name()))),
        false => Vec::new(),
    })
}

fn is_address(claim: &str) -> bool {
    claim.parse::<ClaimName>().is_ok_and(|claim| claim.base() == "address")
}

/// Key slots. Their names stand in the open.
pub(super) fn slots() -> ArgValueCompleter {
    completer(|_| {
        let manifest = session().vault_dir().and_then(|dir| Manifest::read(&dir)).ok();
        let slots = manifest.map(|manifest| manifest.slots).unwrap_or_default();
        slots.into_iter().map(|slot| (slot.name, slot.kind.name().to_owned())).collect()
    })
}

/// Purposes, agreements or lawful bases.
pub(super) fn terms(names: &'static [&'static str]) -> ArgValueCompleter {
    completer(|_| bare(names.iter().copied().filter(|name| !is_listed(name))))
}

/// Examples of a span of time.
pub(super) fn spans() -> ArgValueCompleter {
    completer(|_| bare(["30d", "90d", "6mo", "1y"]))
}

/// Examples of how long before its end something is due.
pub(super) fn windows() -> ArgValueCompleter {
    completer(|_| bare(["7d", "14d", "30d"]))
}

/// Files, as the shell completes them.
pub(super) fn files() -> ArgValueCompleter {
    ArgValueCompleter::new(|_: &OsStr| vec![CompletionCandidate::new("").id(Some(FILES.into()))])
}

/// Directories, as the shell completes them.
pub(super) fn directories() -> ArgValueCompleter {
    ArgValueCompleter::new(|_: &OsStr| vec![CompletionCandidate::new("").id(Some(DIRECTORIES.into()))])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn grant(vendor: &str, id: &str, status: Status) -> Brief {
        let id = format!("01999999-0000-7000-8000-0000{id}");
        Brief { id, vendor: vendor.into(), status, purposes: vec!["Marketing".into()], expires_at: Timestamp::MAX }
    }

    fn offered(grants: &[Brief], typed: &str) -> Vec<String> {
        grant_choices(grants, typed).into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn a_vendor_names_its_grant_where_it_has_only_one_that_could_be_meant() {
        let grants = [
            grant("acme", "aaaaaaaa", Status::Active),
            grant("acme", "bbbbbbbb", Status::Revoked),
            grant("shop", "cccccccc", Status::Active),
            grant("shop", "dddddddd", Status::Draft),
            grant("was", "eeeeeeee", Status::Expired),
        ];
        assert_eq!(offered(&grants, ""), ["acme", "cccccccc", "dddddddd", "was"]);
        let shop = grant_choices(&grants[2..4], "sh");
        assert_eq!(shop.len(), 1);
        assert!(shop[0].0 == "shop" && shop[0].1.contains("cccccccc") && shop[0].1.contains("dddddddd"), "{shop:?}");
    }

    #[test]
    fn an_id_goes_on_as_it_was_begun() {
        let ended = [grant("acme", "bbbbbbbb", Status::Revoked)];
        assert_eq!(offered(&ended, "bb"), ["bbbbbbbb"]);
        assert_eq!(offered(&ended, "0199"), [ended[0].id.as_str()]);
    }

    #[test]
    fn a_beginning_counts_in_either_case_and_never_cuts_a_letter() {
        assert!(begins("DeliveryOfGoods", "deli") && begins("école", "é") && begins("x", ""));
        assert!(!begins("école", "e") && !begins("é", "\u{c3}") && !begins("a", "ab"));
    }

    #[test]
    fn home_is_put_in_as_the_shell_would() {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap();
        assert_eq!(expanded("~/vault"), home.join("vault"));
        assert_eq!(expanded("$HOME/vault"), home.join("vault"));
        assert_eq!(expanded("/~/vault"), PathBuf::from("/~/vault"));
    }
}
