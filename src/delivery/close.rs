//! Closing: the user stops waiting for a vendor's word on the end of a grant.

use serde_json::json;

use crate::error::{Error, Result};
use crate::grant::{self, Grant, ended};
use crate::ledger;
use crate::vault::Tx;

/// Notes that the user waits no longer. Nothing is unsent by it: a revocation that is on its way still goes out, and a
/// confirmation that comes later is still recorded.
///
/// # Errors
/// Kind bad input for a grant that has not ended, whose end was confirmed, or that is closed already.
pub fn close(tx: &Tx, grant: &mut Grant, why: Option<&str>) -> Result<()> {
    check(grant)?;
    grant.closed_at = Some(tx.now());
    let body =
        json!({"vendor": grant.vendor_id, "version": grant.state.version, "why": why, "vendor_confirmed": false});
    ledger::append(tx, "revocation-closed", &grant.id, &body)?;
    grant::save(tx, grant)
}

/// Checks that there is something to close.
///
/// # Errors
/// As [`close`].
pub fn check(grant: &Grant) -> Result<()> {
    if grant.closed_at.is_some() {
        return Err(Error::bad_input("you have closed it already"));
    }
    match ended::can_be_closed(grant.state) {
        true => Ok(()),
        false => Err(Error::bad_input(format!(
            "there is nothing to close: the grant is {}, and at the vendor {}",
            grant.state.status.name(),
            grant.state.vendor.name().replace('_', " ")
        ))
        .hint(format!("only an end that the vendor never confirmed is closed: cmr grant show {}", grant.id))),
    }
}
