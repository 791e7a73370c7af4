//! `cmr grant`.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::args::grant::{AmendArgs, CreateArgs, GrantArgs, GrantVerb};
use super::super::output::grant::{GrantDetail, GrantView, Grants, Reason};
use super::super::output::lending::{Consequences, Lent, Preview, PreviewRow};
use super::super::output::message::MessageView;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::standing::Standing;
use super::{grant_close, grant_renew, receipt};
use crate::delivery::{self, lend};
use crate::error::Error;
use crate::grant::model::Mode;
use crate::grant::preview::Row;
use crate::grant::{self, Grant, Purpose, Scope, Status, ended, scope, vocabulary};
use crate::ledger::disclosure;
use crate::vault::{Tx, Vault};
use crate::vendor::{self, Vendor};
use crate::{profile, text};

pub(in super::super) fn run(args: &GrantArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        GrantVerb::Create(args) => create(session, args),
        GrantVerb::List { vendor, all } => list(session, vendor.as_deref(), *all),
        GrantVerb::Show { grant } => show(session, grant),
        GrantVerb::Preview { grant } => preview(session, grant),
        GrantVerb::Amend(args) => amend(session, args),
        GrantVerb::Renew(args) => grant_renew::run(session, args),
        GrantVerb::Receipt { grant, message, output } => {
            receipt::run(session, grant, message.as_deref(), output.as_deref())
        }
        GrantVerb::Revoke { grant, why, close: true } => grant_close::run(session, grant, why.as_deref()),
        GrantVerb::Revoke { grant, why, close: false } => revoke(session, grant, why.as_deref()),
    }
}

/// The view of a grant, with what stands beside it.
pub(super) fn view_of(vault: &Vault, grant: &Grant, vendor: &str) -> Result<GrantView> {
    Ok(Standing::of_grant(vault.connection(), &grant.id)?.view(grant, vendor))
}

fn purposes(typed: &[String], words: Option<&str>) -> Result<Vec<Purpose>> {
    let words = words.map(text::printable);
    let one = |term: &String| Ok(Purpose { term: vocabulary::purpose(term)?.to_owned(), words: words.clone() });
    typed.iter().map(one).collect()
}

fn create(session: &Session, args: &CreateArgs) -> Result<Outcome> {
    let expires_at = scope::end(&args.expires, Timestamp::now(), &TimeZone::system())?;
    let mut scope = scope_without_claims(args)?;
    let mut vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), &args.vendor)?;
    profile::require_persona(vault.connection(), &args.persona)?;
    scope.claims = scope::claims(&profile::current(vault.connection(), &args.persona)?, &args.claims)?;
    scope::explain(&mut scope.claims, &args.why, &args.optional)?;
    let rows = lend::look(vault.connection(), &vendor, &args.persona, &scope.claims)?;
    warn_terms(session, &vendor, &scope);
    warn_twice(session, &vault, &vendor, &scope)?;
    let preview = preview_of(&vendor, &args.persona, &scope, expires_at, &rows);
    session.preview(&preview)?;
    if grant::preview::sendable(&rows).is_empty() {
        return Err(Error::bad_input(format!("no claim of this grant can be sent to {}", vendor.name))
            .hint(format!("cmr vendor show {} says what it takes", vendor.name)));
    }
    if session.globals().dry_run {
        session.printer().show(&Lent { grant: None, preview: preview.preview, queued: false, dry_run: true })?;
        return Ok(Outcome::Done);
    }
    if !args.draft {
        session.require(&format!("Lend this to {}?", vendor.name), "--yes, or keep it with --draft")?;
    }
    let new = lend::NewGrant { vendor: &vendor, persona: &args.persona, scope, expires_at };
    let grant = vault.write(|tx| {
        let mut grant = lend::draft(tx, new)?;
        if !args.draft {
            lend::offer(tx, &vendor, &mut grant)?;
        }
        Ok(grant)
    })?;
    finish(session, &vault, &vendor, &grant, &rows, Ending::told(!args.draft))
}

/// All of a scope that needs no vault to be checked.
fn scope_without_claims(args: &CreateArgs) -> Result<Scope> {
    Ok(Scope {
        claims: Vec::new(),
        purposes: purposes(&args.purpose, args.words.as_deref())?,
        lawful_basis: vocabulary::lawful_basis(&args.lawful_basis)?.to_owned(),
        mode: if args.once { Mode::Once } else { Mode::Continuous },
        data_life: scope::span(&args.data_life)?.to_string(),
        recipients: args.recipient.iter().map(|who| text::printable(who)).collect(),
        terms: args.terms.as_deref().map(vocabulary::terms).transpose()?.map(str::to_owned),
    })
}

fn warn_terms(session: &Session, vendor: &Vendor, scope: &Scope) {
    let supported = vendor.terms_supported();
    if let Some(terms) = scope.terms.as_ref().filter(|terms| !supported.is_empty() && !supported.contains(terms)) {
        session.printer().warn(&format!("{} does not say that it signs {terms}: it may decline", vendor.name));
    }
}

/// Two grants for the same are no error, but seldom meant.
fn warn_twice(session: &Session, vault: &Vault, vendor: &Vendor, scope: &Scope) -> Result<()> {
    let same = |grant: &Grant| {
        let purposes = grant.scope.purposes.iter().any(|purpose| scope.purposes.iter().any(|p| p.term == purpose.term));
        let claims = grant.scope.claims.iter().any(|lent| scope.claims.iter().any(|l| l.claim == lent.claim));
        grant.is_current(Timestamp::now()) && purposes && claims
    };
    if let Some(grant) = grant::list_of_vendor(vault.connection(), &vendor.id)?.iter().find(|grant| same(grant)) {
        let (name, id) = (&vendor.name, super::super::output::text::short(&grant.id));
        session.printer().warn(&format!(
            "{name} has a grant for this already, {id}: cmr grant amend {id} or cmr grant renew {id} changes it"
        ));
    }
    Ok(())
}

/// How a command about a grant ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// A message to the vendor waits.
    Queued,
    /// The vendor is not told.
    Untold,
    /// Nothing was done.
    DryRun,
}

impl Ending {
    fn told(told: bool) -> Self {
        if told { Ending::Queued } else { Ending::Untold }
    }
}

pub(super) fn finish(
    session: &Session,
    vault: &Vault,
    vendor: &Vendor,
    grant: &Grant,
    rows: &[Row],
    ending: Ending,
) -> Result<Outcome> {
    session.printer().show(&Lent {
        grant: Some(view_of(vault, grant, &vendor.name)?),
        preview: rows.iter().map(PreviewRow::of).collect(),
        queued: ending == Ending::Queued,
        dry_run: ending == Ending::DryRun,
    })?;
    Ok(Outcome::Done)
}

fn list(session: &Session, only: Option<&str>, all: bool) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let only = only.map(|typed| vendor::find(connection, typed)).transpose()?;
    let (grants, standing, names) = match &only {
        Some(vendor) => (
            grant::list_of_vendor(connection, &vendor.id)?,
            Standing::of_vendor(connection, &vendor.id)?,
            HashMap::from([(vendor.id.clone(), vendor.name.clone())]),
        ),
        None => {
            let names = vendor::names(connection)?.into_iter().collect();
            (grant::list(connection)?, Standing::of_all(connection)?, names)
        }
    };
    let now = Timestamp::now();
    let open = |grant: &Grant| {
        let waits = grant.state.status == Status::Revoked && ended::is_awaited(grant, now);
        grant.is_current(now) || grant.state.status == Status::Draft || waits || standing.is_overdue(grant)
    };
    let view = |grant: &Grant| standing.view(grant, names.get(&grant.vendor_id).map_or("", String::as_str));
    let grants = grants.iter().filter(|grant| all || open(grant)).map(view).collect();
    session.printer().show(&Grants { grants, vendor: only.map(|vendor| vendor.name) })?;
    Ok(Outcome::Done)
}

fn show(session: &Session, typed: &str) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let grant = grant::find(connection, typed)?;
    let vendor = vendor::get(connection, &grant.vendor_id)?;
    let messages = delivery::of_grant(connection, &grant.id)?;
    let answer = |m: &delivery::Message| if m.outgoing { None } else { m.payload() };
    let message = |m: &delivery::Message| MessageView::of(m, &vendor.name, answer(m));
    let reason = |lent: &grant::LentClaim| Reason {
        claim: lent.claim.to_string(),
        why: lent.why.clone(),
        optional: lent.optional,
    };
    session.printer().show(&GrantDetail {
        grant: view_of(&vault, &grant, &vendor.name)?,
        reasons: grant.scope.claims.iter().map(reason).collect(),
        messages: messages.iter().map(message).collect(),
    })?;
    Ok(Outcome::Done)
}

fn preview(session: &Session, typed: &str) -> Result<Outcome> {
    let vault = session.vault()?;
    let grant = grant::find(vault.connection(), typed)?;
    let vendor = vendor::get(vault.connection(), &grant.vendor_id)?;
    let rows = lend::look(vault.connection(), &vendor, &grant.persona, &grant.scope.claims)?;
    session.printer().show(&preview_of(&vendor, &grant.persona, &grant.scope, grant.expires_at, &rows))?;
    Ok(Outcome::Done)
}

fn preview_of(vendor: &Vendor, persona: &str, scope: &Scope, expires: Timestamp, rows: &[Row]) -> Preview {
    Preview {
        vendor: vendor.name.clone(),
        preview: rows.iter().map(PreviewRow::of).collect(),
        purposes: scope.purposes.iter().map(|purpose| purpose.term.clone()).collect(),
        expires,
        data_life: scope.data_life.clone(),
        terms: scope.terms.clone(),
        persona: persona.to_owned(),
    }
}

fn amend(session: &Session, args: &AmendArgs) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let mut grant = grant::find(vault.connection(), &args.grant)?;
    let vendor = vendor::get(vault.connection(), &grant.vendor_id)?;
    let draft = grant.state.status == Status::Draft;
    let amended = amended(&vault, &grant, args)?;
    if amended == grant.scope && !(args.offer && draft) {
        return Err(Error::usage("nothing would change")
            .hint("say what: --add, --drop, --purpose, --data-life, --terms, --recipient or --offer"));
    }
    let wider = scope::widens(&grant.scope, &amended);
    let seen = grant.clone();
    grant.scope = amended;
    let rows = lend::look(vault.connection(), &vendor, &grant.persona, &grant.scope.claims)?;
    session.preview(&preview_of(&vendor, &grant.persona, &grant.scope, grant.expires_at, &rows))?;
    let tells = !draft || args.offer;
    if session.globals().dry_run {
        return finish(session, &vault, &vendor, &grant, &rows, Ending::DryRun);
    }
    if tells {
        let mut wider = if draft { Vec::new() } else { wider };
        if grant.renewal.is_some() && !wider.is_empty() {
            wider.push("its renewal rule ends".into());
        }
        ask_to_tell(session, &vendor, &wider, args.widen)?;
    }
    vault.write(|tx| {
        unchanged(tx, &seen)?;
        lend::change(tx, &vendor, &mut grant)?;
        if args.offer && draft {
            lend::offer(tx, &vendor, &mut grant)?;
        }
        Ok(())
    })?;
    if seen.renewal.is_some() && grant.renewal.is_none() {
        session.printer().remark(&format!(
            "Its renewal rule is gone: it was for less than the grant lends now. Anew: cmr grant renew {} --rule …",
            super::super::output::text::short(&grant.id)
        ));
    }
    finish(session, &vault, &vendor, &grant, &rows, Ending::told(tells))
}

/// Widening always asks: `--yes` alone is not an answer to it.
fn ask_to_tell(session: &Session, vendor: &Vendor, wider: &[String], widen: bool) -> Result<()> {
    if wider.is_empty() {
        return session.require(&format!("Tell {} this?", vendor.name), "--yes");
    }
    if widen && session.globals().yes {
        return Ok(());
    }
    let question = format!("This widens the grant: {}. Lend it?", wider.join("; "));
    match session.prompt().confirm(&question, "--yes --widen")? {
        true => Ok(()),
        false => Err(Error::failed("stopped at your word: nothing was changed")),
    }
}

fn amended(vault: &Vault, grant: &Grant, args: &AmendArgs) -> Result<Scope> {
    let mut amended = grant.scope.clone();
    for typed in &args.drop {
        let before = amended.claims.len();
        amended.claims.retain(|lent| lent.claim.base() != typed && lent.claim.to_string() != *typed);
        if amended.claims.len() == before {
            return Err(Error::not_found(format!("{typed} is not among the claims of this grant"))
                .hint(format!("they are {}", grant.claim_names().join(", "))));
        }
    }
    if !args.add.is_empty() {
        let current = profile::current(vault.connection(), &grant.persona)?;
        let kept = amended.claims.iter().map(|lent| lent.claim.to_string());
        let all: Vec<String> = kept.chain(args.add.iter().cloned()).collect();
        let mut claims = scope::claims(&current, &all)?;
        for lent in &mut claims {
            if let Some(old) = amended.claims.iter().find(|old| old.claim == lent.claim) {
                *lent = old.clone();
            }
        }
        amended.claims = claims;
    }
    if amended.claims.is_empty() {
        return Err(Error::bad_input("no claim would be left").hint("take the grant back instead: cmr grant revoke"));
    }
    if !args.purpose.is_empty() {
        amended.purposes = purposes(&args.purpose, args.words.as_deref())?;
    }
    if let Some(span) = &args.data_life {
        amended.data_life = scope::span(span)?.to_string();
    }
    if let Some(terms) = &args.terms {
        amended.terms = Some(vocabulary::terms(terms)?.to_owned());
    }
    if !args.recipient.is_empty() {
        amended.recipients = args.recipient.iter().map(|who| text::printable(who)).collect();
    }
    Ok(amended)
}

/// Refuses to write over what another command did to the grant since it was read and shown.
pub(super) fn unchanged(tx: &Tx, seen: &Grant) -> Result<()> {
    match grant::get(tx, &seen.id)? == *seen {
        true => Ok(()),
        false => Err(Error::failed("another command changed the grant meanwhile: nothing was changed")
            .hint(format!("look at it, and try again: cmr grant show {}", seen.id))),
    }
}

fn revoke(session: &Session, typed: &str, why: Option<&str>) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let mut grant = grant::find(vault.connection(), typed)?;
    let vendor = vendor::get(vault.connection(), &grant.vendor_id)?;
    if !grant.state.status.is_current() && grant.state.status != Status::Draft {
        return Err(Error::bad_input(format!("the grant to {} is {} already", vendor.name, grant.state.status.name()))
            .hint(match ended::is_awaited(&grant, Timestamp::now()) {
                true => format!("to stop waiting for the vendor to confirm it: cmr grant revoke {} --close", grant.id),
                false => format!("cmr grant show {}", grant.id),
            }));
    }
    let query = disclosure::Query { vendor_id: Some(&vendor.id), ..Default::default() };
    let mut has: Vec<String> = disclosure::known(vault.connection(), &query)?
        .into_iter()
        .filter(|known| known.grant_id == grant.id && !known.refused)
        .map(|known| known.claim)
        .collect();
    has.sort();
    has.dedup();
    session.preview(&Consequences { vendor: vendor.name.clone(), has, confirm_within_days: lend::CONFIRM_DAYS })?;
    if session.globals().dry_run {
        return finish(session, &vault, &vendor, &grant, &[], Ending::DryRun);
    }
    session.require(&format!("Take the grant back from {}?", vendor.name), "--yes")?;
    let how = why.map_or_else(|| "taken back".to_owned(), text::printable);
    let told = vault.write(|tx| {
        // As it is now: whatever another command did to it meanwhile, an answer that came in above all, it is taken back.
        grant = grant::get(tx, &grant.id)?;
        lend::revoke(tx, &vendor, &mut grant, &how)
    })?;
    finish(session, &vault, &vendor, &grant, &[], Ending::told(told))
}
