//! `cmr vendor`.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use super::super::args::vendor::{ChannelArgs, TokenArgs, VendorArgs, VendorVerb};
use super::super::output::channel::ChannelView;
use super::super::output::evidence::{ContactView, DirectoryView, EvidenceView};
use super::super::output::grant::GrantView;
use super::super::output::link::LinkView;
use super::super::output::profile::{ClaimView, FollowView};
use super::super::output::vendor::{
    Aliases, Known, NoteView, VendorChanged, VendorDetail, VendorLine, VendorView, Vendors,
};
use super::super::output::vendor_key::OwnKeysView;
use super::super::secret;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::standing::Standing;
use super::vendor_add::Add;
use super::{connector, link, unlink, vendor_channel, vendor_key, vendor_verify};
use crate::delivery::answer::Hold;
use crate::delivery::channel::Ways;
use crate::delivery::http::{self, Http, TIMEOUT};
use crate::delivery::{self, Message, MessageState, discover, lend, rekey};
use crate::error::Error;
use crate::grant;
use crate::import::{self, ghost::is_ghost};
use crate::ledger::disclosure;
use crate::profile::check;
use crate::profile::model::{Claim, ClaimName, ClaimValue};
use crate::text::printable;
use crate::vault::Vault;
use crate::vendor::{self, Card, ChannelKind, Vendor};
use crate::wire::discovery::Metadata;

pub(in super::super) fn run(args: &VendorArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        VendorVerb::Add { name, url, channel, token, allow_loopback, approve_origin, account } => Add {
            name,
            url: url.as_deref(),
            channel,
            token,
            allow_loopback: *allow_loopback,
            approve_origin,
            account: account.as_deref(),
        }
        .run(session),
        VendorVerb::List { by, ghosts } => list(session, by.is_some(), *ghosts),
        VendorVerb::Show { vendor } => show(session, vendor),
        VendorVerb::Set {
            vendor,
            name,
            title,
            account,
            rank,
            token,
            discover,
            channel,
            drop_channel,
            approve_origin,
            new_key,
            all: _,
        } => {
            let Some(vendor) = vendor else { return vendor_key::change_all(session) };
            let set = Set {
                name: name.as_deref(),
                title: title.as_deref(),
                account: account.as_deref(),
                rank: *rank,
                token,
                discover: *discover,
                channel,
                drop_channel: *drop_channel,
                approve_origin,
                new_key: *new_key,
            };
            set.run(session, vendor)
        }
        VendorVerb::Link(args) => link::run(args, session),
        VendorVerb::Unlink { vendor, force } => unlink::run(session, vendor, *force),
        VendorVerb::Connector { verb } => connector::run(verb, session),
        VendorVerb::Note { vendor, text } => note(session, vendor, text),
        VendorVerb::Alias { vendor, claim, value, remove } => {
            alias(session, vendor, claim.as_deref(), value.as_deref(), *remove)
        }
        VendorVerb::Verify { vendor, again, timeout } => vendor_verify::run(session, vendor, *again, *timeout),
        VendorVerb::Knows { vendor, at } => knows(session, vendor, at.as_deref()),
    }
}

/// Origins other than the vendor's own, each approved by `--approve-origin`, before, or now.
pub(super) fn approve(
    session: &Session,
    metadata: &Metadata,
    url: &Url,
    given: &[String],
    before: &[String],
) -> Result<Vec<String>> {
    let mut approved = Vec::new();
    for origin in metadata.foreign_origins(url) {
        let named = |list: &[String]| list.iter().any(|other| other.trim_end_matches('/') == origin);
        if !named(given) && !named(before) {
            let question = format!("{url} has endpoints on another origin, {}. Approve it?", printable(&origin));
            let flag = format!("--approve-origin {}", printable(&origin));
            if !session.prompt().confirm(&question, &flag)? {
                return Err(Error::must_act(format!("{} was not approved: nothing was changed", printable(&origin))));
            }
        }
        approved.push(origin);
    }
    Ok(approved)
}

fn list(session: &Session, by_evidence: bool, ghosts: bool) -> Result<Outcome> {
    let vault = session.vault()?;
    let (connection, now) = (vault.connection(), Timestamp::now());
    let mut grants: HashMap<String, usize> = HashMap::new();
    for grant in grant::list(connection)?.into_iter().filter(|grant| grant.is_current(now)) {
        *grants.entry(grant.vendor_id).or_default() += 1;
    }
    let shows_evidence = by_evidence || ghosts;
    let mut traces = if shows_evidence { import::traces(connection, None)? } else { HashMap::new() };
    let mut line = |card: Card| {
        let grants = grants.get(&card.id).copied().unwrap_or(0);
        let traces = traces.remove(&card.id).unwrap_or_default();
        let ghost = is_ghost(&traces, grants, now);
        let evidence = shows_evidence.then(|| EvidenceView::of(traces, ghost));
        VendorLine { grants, evidence, vendor: card.into() }
    };
    let mut vendors: Vec<VendorLine> = vendor::list(connection)?.into_iter().map(&mut line).collect();
    if ghosts {
        vendors.retain(|line| line.evidence.as_ref().is_some_and(|evidence| evidence.ghost));
    }
    if shows_evidence {
        vendors.sort_by_key(|line| std::cmp::Reverse(line.evidence.as_ref().and_then(|evidence| evidence.last_seen)));
    }
    session.printer().show(&Vendors { vendors, by_evidence: shows_evidence, ghosts })?;
    Ok(Outcome::Done)
}

fn view(vault: &Vault, vendor: &Vendor) -> Result<VendorView> {
    Ok(VendorView::of(vendor, &vendor::relationship(vault.connection(), &vendor.id)?))
}

fn show(session: &Session, typed: &str) -> Result<Outcome> {
    let vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), typed)?;
    session.printer().show(&detail(&vault, &vendor)?)?;
    Ok(Outcome::Done)
}

pub(super) fn detail(vault: &Vault, vendor: &Vendor) -> Result<VendorDetail> {
    let connection = vault.connection();
    let relationship = vendor::relationship(connection, &vendor.id)?;
    let aliases = vendor::aliases(connection, &vendor.id)?;
    let standing = Standing::of_vendor(connection, &vendor.id)?;
    let grants: Vec<GrantView> =
        grant::list_of_vendor(connection, &vendor.id)?.iter().map(|grant| standing.view(grant, &vendor.name)).collect();
    let note = |(at, text)| NoteView { at, text };
    let now = Timestamp::now();
    let current = grant::list_of_vendor(connection, &vendor.id)?.iter().filter(|grant| grant.is_current(now)).count();
    let evidence = import::traces(connection, Some(&vendor.id))?.remove(&vendor.id).map(|traces| {
        let ghost = is_ghost(&traces, current, now);
        EvidenceView::of(traces, ghost)
    });
    let document = vendor.metadata.as_ref().map(|metadata| &metadata.cmr);
    Ok(VendorDetail {
        vendor: VendorView::of(vendor, &relationship),
        channels: ChannelView::all(&Ways::of(connection, vendor)?, &vendor::channels(connection, &vendor.id)?),
        push_endpoint: document.map(|cmr| cmr.push_endpoint.clone()).unwrap_or_default(),
        poll_endpoint: document.map(|cmr| cmr.poll_endpoint.clone()).unwrap_or_default(),
        claims_supported: document.map(|cmr| cmr.claims_supported.clone()).unwrap_or_default(),
        terms_supported: vendor.terms_supported().to_vec(),
        keys: vendor::keys(connection, &vendor.id)?.into_iter().map(|(kid, _)| kid).collect(),
        approved_origins: vendor.approved_origins.clone(),
        key: match relationship.issuer.is_empty() {
            true => None,
            false => Some(OwnKeysView::of(vendor::own_keys(connection, &vendor.id)?)),
        },
        issuer: relationship.issuer,
        introduced: relationship.introduced_at,
        link: delivery::link::summary(connection, &vendor.id)?.map(LinkView::of),
        aliases: aliases.into_iter().map(alias_view).collect(),
        grants,
        evidence,
        contacts: import::contacts(connection, &vendor.id)?.into_iter().map(ContactView::from).collect(),
        directory: directory(connection, vendor)?,
        notes: vendor::notes(connection, &vendor.id)?.into_iter().map(note).collect(),
    })
}

/// What the public directories say of whoever is at a vendor's site.
fn directory(connection: &rusqlite::Connection, vendor: &Vendor) -> Result<Vec<DirectoryView>> {
    let Some(site) = vendor::identity::site(&vendor.domain) else { return Ok(Vec::new()) };
    let view = |(source, name, record)| DirectoryView { source, name, record };
    Ok(import::of_site(connection, &site)?.into_iter().map(view).collect())
}

fn alias_view((name, value): (ClaimName, ClaimValue)) -> ClaimView {
    ClaimView::of(&Claim { name, value })
}

struct Set<'a> {
    name: Option<&'a str>,
    title: Option<&'a str>,
    account: Option<&'a str>,
    rank: Option<i64>,
    token: &'a TokenArgs,
    discover: bool,
    channel: &'a ChannelArgs,
    drop_channel: Option<ChannelKind>,
    approve_origin: &'a [String],
    new_key: bool,
}

impl Set<'_> {
    fn run(&self, session: &Session, typed: &str) -> Result<Outcome> {
        if let Some(rank) = self.rank.filter(|rank| *rank < 0) {
            return Err(Error::bad_input(format!("{rank} cannot be a rank")).hint("1 is first; 0 takes the rank away"));
        }
        let token = secret::given_token(self.token)?;
        let mut vault = session.vault()?;
        let vendor = vendor::find(vault.connection(), typed)?;
        if self.new_key && !vendor_key::confirmed(session, &vault, &vendor)? {
            return Ok(Outcome::Done);
        }
        let found = if self.discover { Some(self.rediscover(session, &vendor)?) } else { None };
        let changed = vault.write(|tx| {
            let mut changed = Vec::new();
            if let Some(name) = self.name {
                vendor::rename(tx, &vendor, name)?;
                changed.push(format!("it is called {name} now"));
            }
            if let Some(title) = self.title {
                vendor::set_title(tx, &vendor, title)?;
                changed.push("title set".into());
            }
            if let Some(account) = self.account {
                vendor::set_account(tx, &vendor, Some(account).filter(|account| !account.is_empty()))?;
                changed.push("account set".into());
            }
            if let Some(rank) = self.rank {
                vendor::set_rank(tx, &vendor, Some(rank).filter(|rank| *rank > 0))?;
                changed.push("rank set".into());
            }
            if let Some(token) = &token {
                vendor::set_token(tx, &vendor, token)?;
                changed.push("token kept".into());
                let held = |m: &Message| m.vendor_id == vendor.id && m.state == MessageState::Held;
                for message in delivery::list(tx, false)?.iter().filter(|message| held(message)) {
                    delivery::retry(tx, message)?;
                    changed.push(goes(message));
                }
            }
            if let Some((metadata, approved, keys)) = &found {
                vendor::set_metadata(tx, &vendor, metadata, approved)?;
                let link = delivery::link::find(tx, &vendor.id)?;
                let listed = &metadata.authorization_servers;
                changed.extend(link.and_then(|link| delivery::link::metadata::names_another(listed, &link.server)));
                keys.iter().try_for_each(|key| vendor::add_key(tx, &vendor.id, key))?;
                changed.push("document and keys read again".into());
            }
            changed.extend(vendor_channel::change(tx, &vendor, self.channel, self.drop_channel)?);
            if self.account.is_some() || !self.channel.channels.is_empty() {
                changed.extend(delivery::release(tx, &vendor.id, &[Hold::NotKnownThere])?.iter().map(goes));
            }
            if self.new_key {
                rekey::queue(tx, &vendor::get(tx, &vendor.id)?)?;
                changed.push("a new key goes with the next push, and signs once the vendor took it".into());
            }
            Ok(changed)
        })?;
        let vendor = vendor::get(vault.connection(), &vendor.id)?;
        session.printer().show(&VendorChanged { vendor: view(&vault, &vendor)?, changed })?;
        Ok(Outcome::Done)
    }

    fn rediscover(
        &self,
        session: &Session,
        vendor: &Vendor,
    ) -> Result<(Metadata, Vec<String>, Vec<crate::wire::jose::Jwk>)> {
        if vendor.web().is_none() {
            return Err(Error::bad_input(format!("{} has no address on the web", vendor.name)));
        }
        let http = Http::new(TIMEOUT)?;
        http::run(async {
            let metadata = discover::metadata(&http, &vendor.url, vendor.allow_loopback).await?;
            let approved = approve(session, &metadata, &vendor.url, self.approve_origin, &vendor.approved_origins)?;
            let keys = discover::keys(&http, &metadata, vendor.allow_loopback).await?.keys;
            Ok((metadata, approved, keys))
        })?
    }
}

/// What becomes of a message that was held.
fn goes(message: &Message) -> String {
    format!("{} goes with the next push", message.event)
}

fn note(session: &Session, typed: &str, text: &str) -> Result<Outcome> {
    if text.trim().is_empty() {
        return Err(Error::bad_input("the note is empty"));
    }
    let mut vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), typed)?;
    vault.write(|tx| vendor::add_note(tx, &vendor, tx.now(), text.trim()))?;
    session.printer().show(&VendorChanged { vendor: view(&vault, &vendor)?, changed: vec!["note kept".into()] })?;
    Ok(Outcome::Done)
}

fn alias(session: &Session, typed: &str, claim: Option<&str>, value: Option<&str>, remove: bool) -> Result<Outcome> {
    let name = claim.map(str::parse::<ClaimName>).transpose()?;
    let mut vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), typed)?;
    let mut follows = Vec::new();
    match (&name, value, remove) {
        (Some(name), Some(value), _) => {
            let value = check::text(name.kind(), value)?;
            follows = vault.write(|tx| {
                vendor::set_alias(tx, &vendor, name, &value)?;
                lend::follow_vendor(tx, &vendor)
            })?;
        }
        (Some(name), None, true) => {
            follows = vault.write(|tx| {
                if !vendor::remove_alias(tx, &vendor, name)? {
                    return Err(Error::not_found(format!("{} has no alias for {name}", vendor.name)));
                }
                lend::follow_vendor(tx, &vendor)
            })?;
        }
        _ => {}
    }
    let shown = |alias: &(ClaimName, ClaimValue)| name.as_ref().is_none_or(|name| *name == alias.0) || value.is_some();
    let aliases = vendor::aliases(vault.connection(), &vendor.id)?;
    session.printer().show(&Aliases {
        vendor: vendor.name.clone(),
        aliases: aliases.into_iter().filter(shown).map(alias_view).collect(),
        follows: follows.iter().map(FollowView::of).collect(),
    })?;
    Ok(Outcome::Done)
}

fn knows(session: &Session, typed: &str, at: Option<&str>) -> Result<Outcome> {
    let at = moment(at)?;
    let vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), typed)?;
    let query = disclosure::Query { vendor_id: Some(&vendor.id), claim: None, at: Some(at) };
    let known = disclosure::known(vault.connection(), &query)?;
    let held = import::held_by_vendor(vault.connection(), &vendor.id, at)?;
    session.printer().show(&Known::of(&vendor.name, at, &known).with_held(held))?;
    Ok(Outcome::Done)
}

/// Reads a moment: a day means its end in the user's time zone; nothing means now.
pub(super) fn moment(typed: Option<&str>) -> Result<Timestamp> {
    let Some(typed) = typed else { return Ok(Timestamp::now()) };
    let bad =
        || Error::bad_input(format!("{typed:?} is not a date")).hint("such as 2026-11-22, or 2026-11-22T15:00:00Z");
    if let Ok(moment) = typed.parse::<Timestamp>() {
        return Ok(moment);
    }
    let day: jiff::civil::Date = typed.parse().map_err(|_| bad())?;
    let end = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::system())).map_err(|_| bad())?;
    Ok(end.timestamp())
}
