//! `cmr vendor unlink`.

use super::super::output::link::{RemainsView, Unlinked};
use super::super::output::vault::DryRun;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::moving::turn;
use crate::delivery::http::{self, Http, TIMEOUT};
use crate::delivery::link::{self, Link, unlink};
use crate::error::Error;
use crate::text::printable;
use crate::vendor::{self, Vendor};

pub(super) fn run(session: &Session, typed: &str, force: bool) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), typed)?;
    let name = &vendor.name;
    let unlinked = || {
        Error::not_found(format!("no account at {name} is linked")).hint(format!("to link one: cmr vendor link {name}"))
    };
    let known = link::find(vault.connection(), &vendor.id)?.ok_or_else(unlinked)?;
    let question = ends(&vendor, &known);
    if session.globals().dry_run {
        session.printer().show(&DryRun { would: question })?;
        return Ok(Outcome::Done);
    }
    session.require(&format!("{question} Do it?"), "--yes")?;
    // Nobody refreshes what is being taken back.
    let _turn = turn(session, &vault)?;
    let link = link::find(vault.connection(), &vendor.id)?.ok_or_else(unlinked)?;
    let key = link::key_of(vault.connection(), &vendor.id, &link.client_key)?;
    let http = Http::new(TIMEOUT)?;
    let report = http::run(unlink::take_back(&http, vendor.allow_loopback, &link, &key))?;
    if report.again() && !force {
        let what = format!("{name} did not take everything back, and nothing was forgotten: {}", report.words());
        return Err(Error::failed(what).hint(format!(
            "try again; or forget it here, and leave there what is there: cmr vendor unlink {name} --force"
        )));
    }
    vault.write(|tx| link::forget(tx, &vendor, &link, &report))?;
    let remains = report.remains.into_iter().map(|one| RemainsView { what: one.what.into(), why: one.why });
    session.printer().show(&Unlinked {
        vendor: vendor.name.clone(),
        issuer: printable(&link.server.issuer),
        taken_back: report.taken_back.into_iter().map(Into::into).collect(),
        remains: remains.collect(),
    })?;
    Ok(Outcome::Done)
}

/// What unlinking means.
fn ends(vendor: &Vendor, link: &Link) -> String {
    let (name, at) = (&vendor.name, printable(&link.server.origin()));
    match link.client.registration {
        Some(_) => {
            format!("The tokens for {name} and cmr's registration would be taken back at {at}, and forgotten here.")
        }
        None => format!("The tokens for {name} would be taken back at {at}, and forgotten here."),
    }
}
