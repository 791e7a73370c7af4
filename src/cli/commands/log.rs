//! `cmr log` and `cmr who`.

use serde_json::{Value, json};

use super::super::args::log::{LogArgs, LogVerb, WhoArgs};
use super::super::output::ledger::{EntryView, Log, OneEntry, Verified};
use super::super::output::vendor::Known;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::vendor::moment;
use crate::ledger::{self, Filter, disclosure};
use crate::vault::quick_check;
use crate::{grant, import, profile, vendor};

pub(in super::super) fn run(args: &LogArgs, session: &Session) -> Result<Outcome> {
    match args.verb {
        Some(LogVerb::Show { entry }) => show(session, entry),
        Some(LogVerb::Verify { accept_loss }) => verify(session, accept_loss),
        None => list(session, args),
    }
}

fn list(session: &Session, args: &LogArgs) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let mut about: Vec<String> = args.about.iter().cloned().collect();
    // A vendor's entries name it by its id, whatever it is called today.
    if let Some(vendor) = args.about.as_deref().and_then(|typed| vendor::find(connection, typed).ok()) {
        about.extend([vendor.name, vendor.id]);
        about.dedup();
    } else if let Some(grant) = args.about.as_deref().and_then(|typed| grant::find(connection, typed).ok()) {
        about.push(grant.id);
    }
    let entries = ledger::entries(connection, &Filter { limit: Some(args.limit), about })?;
    let entries = entries.iter().map(|entry| view(connection, entry)).collect::<Result<_>>()?;
    session.printer().show(&Log { entries })?;
    Ok(Outcome::Done)
}

/// An entry, with its vendor as it is called today.
fn view(connection: &rusqlite::Connection, entry: &ledger::Entry) -> Result<EntryView> {
    let view = EntryView::of(entry);
    let vendor = match view.body.get("vendor").and_then(Value::as_str) {
        Some(id) => vendor::name_of(connection, id)?,
        None => None,
    };
    Ok(EntryView { vendor, ..view })
}

fn show(session: &Session, seq: i64) -> Result<Outcome> {
    let vault = session.vault()?;
    let entry = ledger::get(vault.connection(), seq)?;
    let prev = ledger::chain::hex(&entry.prev);
    session.printer().show(&OneEntry { entry: view(vault.connection(), &entry)?, prev })?;
    Ok(Outcome::Done)
}

fn verify(session: &Session, accept_loss: bool) -> Result<Outcome> {
    let mut vault = session.vault_with_loss()?;
    quick_check(vault.connection())?;
    let verified = ledger::verify(vault.connection(), |_| {})?;
    let lost = ledger::check_anchor(&vault);
    let loss_accepted = accept_loss && lost.is_err();
    if loss_accepted {
        session.require("Go on without the entries that are missing?", "--yes")?;
        let head = ledger::head(vault.connection())?;
        let last = head.as_ref().map_or(0, |head| head.seq);
        let anchored = vault.anchor()?.map_or(0, |anchor| anchor.seq);
        if let Some(head) = &head {
            vault.set_anchor(head)?;
        }
        let body = json!({"database_ends_at": last, "anchor_was_at": anchored});
        vault.write(|tx| ledger::append(tx, "loss-accepted", "ledger", &body))?;
    } else {
        lost?;
    }
    let head = ledger::head(vault.connection())?;
    session.printer().show(&Verified {
        entries: verified.entries + u64::from(loss_accepted),
        head: head.map(|head| head.hash),
        loss_accepted,
    })?;
    Ok(Outcome::Done)
}

pub(in super::super) fn who(args: &WhoArgs, session: &Session) -> Result<Outcome> {
    let at = moment(args.at.as_deref())?;
    let target = profile::target(&args.claim)?;
    let vault = session.vault()?;
    let query = disclosure::Query { vendor_id: None, claim: Some(target.claim.base()), at: Some(at) };
    let known = disclosure::known(vault.connection(), &query)?;
    let held = import::held_claim(vault.connection(), target.claim.base(), at)?;
    session.printer().show(&Known::of(target.claim.base(), at, &known).with_held(held))?;
    Ok(Outcome::Done)
}
