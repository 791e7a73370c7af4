//! `cmr grant renew`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::args::grant::RenewArgs;
use super::super::output::renewal::{Renewals, RuleChange, Stage};
use super::super::output::text::{count, local};
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::grant::{Ending, finish, unchanged, view_of};
use crate::delivery::renewal::{self, Due};
use crate::error::Error;
use crate::grant::renewal::{check, window};
use crate::grant::{self, Grant, Renewal, Status, scope};
use crate::vault::Vault;
use crate::vendor::{self, Vendor};

pub(super) fn run(session: &Session, args: &RenewArgs) -> Result<Outcome> {
    // clap lets exactly one of them through, and an end with a rule.
    match (&args.grant, &args.expires, &args.rule, &args.until, &args.due) {
        (Some(grant), Some(expires), ..) => by_hand(session, grant, expires),
        (Some(grant), _, Some(each), Some(until), _) => set_rule(session, grant, each, until),
        (Some(grant), ..) if args.no_rule => remove_rule(session, grant),
        (_, _, _, _, Some(within)) => due(session, within),
        _ => Err(Error::usage("say how: --expires, --rule, --no-rule or --due")),
    }
}

/// The grant that is meant, and its vendor.
fn meant(vault: &Vault, typed: &str) -> Result<(Grant, Vendor)> {
    let grant = grant::find(vault.connection(), typed)?;
    let vendor = vendor::get(vault.connection(), &grant.vendor_id)?;
    Ok((grant, vendor))
}

fn by_hand(session: &Session, typed: &str, expires: &str) -> Result<Outcome> {
    let expires_at = scope::end(expires, Timestamp::now(), &TimeZone::system())?;
    let mut vault = session.vault()?;
    let (mut grant, vendor) = meant(&vault, typed)?;
    if !grant.is_current(Timestamp::now()) && grant.state.status != Status::Draft {
        return Err(Error::bad_input(format!("the grant to {} has ended", vendor.name))
            .hint("an ended grant does not come back: cmr grant create"));
    }
    // One that ends sooner than it did is to be seen as that.
    let until = match expires_at < grant.expires_at {
        true => format!("{}, and no longer until {}", local(expires_at), local(grant.expires_at)),
        false => local(expires_at),
    };
    if session.globals().dry_run {
        session.printer().remark(&format!("{} would keep the grant until {until}.", vendor.name));
        return finish(session, &vault, &vendor, &grant, &[], Ending::DryRun);
    }
    session.require(&format!("Let {} keep the grant until {until}?", vendor.name), "--yes")?;
    vault.write(|tx| {
        unchanged(tx, &grant)?;
        renewal::renew(tx, &vendor, &mut grant, expires_at)
    })?;
    finish(session, &vault, &vendor, &grant, &[], Ending::Queued)
}

fn set_rule(session: &Session, typed: &str, each: &str, until: &str) -> Result<Outcome> {
    let now = Timestamp::now();
    let rule = Renewal { each: scope::span(each)?.to_string(), until: scope::end(until, now, &TimeZone::system())? };
    let mut vault = session.vault()?;
    let (mut grant, vendor) = meant(&vault, typed)?;
    check(&grant, &rule, now)?;
    let proposed = Grant { renewal: Some(rule.clone()), ..grant.clone() };
    let change = |grant: &Grant, stage, vault: &Vault| {
        let grant = view_of(vault, grant, &vendor.name)?;
        Ok::<_, Error>(RuleChange { grant, dry_run: session.globals().dry_run && stage != Stage::Proposed, stage })
    };
    session.preview(&change(&proposed, Stage::Proposed, &vault)?)?;
    if !session.globals().dry_run {
        session.require("Make this rule?", "--yes")?;
        vault.write(|tx| {
            unchanged(tx, &grant)?;
            renewal::set_rule(tx, &mut grant, rule)
        })?;
    }
    session.printer().show(&change(&proposed, Stage::Set, &vault)?)?;
    Ok(Outcome::Done)
}

/// To take a rule away needs no yes: it lets less happen.
fn remove_rule(session: &Session, typed: &str) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let (mut grant, vendor) = meant(&vault, typed)?;
    if grant.renewal.is_none() {
        return Err(Error::not_found(format!("the grant to {} has no rule", vendor.name))
            .hint(format!("cmr grant show {}", grant.id)));
    }
    let dry_run = session.globals().dry_run;
    if !dry_run {
        vault.write(|tx| {
            unchanged(tx, &grant)?;
            renewal::remove_rule(tx, &mut grant)
        })?;
    }
    grant.renewal = None;
    let grant = view_of(&vault, &grant, &vendor.name)?;
    session.printer().show(&RuleChange { grant, dry_run, stage: Stage::Removed })?;
    Ok(Outcome::Done)
}

fn due(session: &Session, typed: &str) -> Result<Outcome> {
    let now = Timestamp::now();
    let within = window(typed, now)?;
    let mut vault = session.vault()?;
    let mut due = renewal::due(vault.connection(), now, within)?;
    let renewable = due.iter().filter(|due| due.is_renewed()).count();
    let dry_run = session.globals().dry_run;
    if renewable > 0 && !dry_run {
        if !session.globals().yes {
            session.preview(&Renewals::of(&due, false, true))?;
        }
        session.require(&format!("Renew {}?", count(renewable, "grant")), "--yes")?;
        due = vault.write(|tx| renewal::renew_due(tx, within))?;
    }
    session.printer().show(&Renewals::of(&due, dry_run, false))?;
    Ok(if due.iter().all(Due::is_renewed) { Outcome::Done } else { Outcome::UserMustAct })
}
