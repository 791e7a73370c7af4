//! `cmr grant revoke --close`.

use jiff::Timestamp;

use super::super::output::lending::Closed;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::grant::{unchanged, view_of};
use crate::delivery::{close, lend};
use crate::{grant, text, vendor};

/// Stops waiting for the vendor's word on the end of a grant, after saying plainly that it never came.
pub(super) fn run(session: &Session, typed: &str, why: Option<&str>) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let mut grant = grant::find(vault.connection(), typed)?;
    let vendor = vendor::get(vault.connection(), &grant.vendor_id)?;
    if !session.globals().dry_run && grant.state.status.is_current() && !grant.is_current(Timestamp::now()) {
        // Its time is over, and no command has noted it yet.
        vault.write(|tx| lend::expire_due(tx).map(|_| ()))?;
        grant = grant::get(vault.connection(), &grant.id)?;
    }
    close::check(&grant)?;
    let before = Closed { grant: view_of(&vault, &grant, &vendor.name)?, dry_run: false };
    session.preview(&before)?;
    if session.globals().dry_run {
        session.printer().show(&Closed { dry_run: true, ..before })?;
        return Ok(Outcome::Done);
    }
    session.require(&format!("Wait no longer for {} to confirm it?", vendor.name), "--yes")?;
    let why = why.map(text::printable);
    vault.write(|tx| {
        unchanged(tx, &grant)?;
        close::close(tx, &mut grant, why.as_deref())
    })?;
    session.printer().show(&Closed { grant: view_of(&vault, &grant, &vendor.name)?, dry_run: false })?;
    Ok(Outcome::Done)
}
