//! `cmr grant receipt`.

use std::path::Path;

use super::super::output::receipt::ReceiptView;
use super::super::session::Session;
use super::super::{Outcome, Result, new_file, output};
use crate::delivery::channel::Ways;
use crate::delivery::{self, receipt};
use crate::error::Error;
use crate::{grant, vendor};

/// Shows a receipt, or writes it to a file. One that does not verify is shown all the same, and then is an error.
pub(super) fn run(session: &Session, typed: &str, message: Option<&str>, output: Option<&Path>) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let grant = grant::find(connection, typed)?;
    let vendor = vendor::get(connection, &grant.vendor_id)?;
    let message = message.map(|typed| delivery::find(connection, typed)).transpose()?;
    if vendor.metadata.is_none() {
        // What else is known of what it has, also after a revocation.
        let elsewhere = match Ways::of(connection, &vendor)?.show_something() {
            true => format!("what it shows is read and kept: cmr vendor verify {}", vendor.name),
            false => "what it wrote to you: cmr inbox list".to_owned(),
        };
        let words = format!("{} does not speak the protocol: it signs no answers", vendor.name);
        return Err(Error::not_found(words).hint(elsewhere));
    }
    let receipt = receipt::receipt(connection, &grant, message.as_ref())?;
    let view = ReceiptView::of(&receipt, &grant, &vendor.name);
    if let Some(path) = output {
        new_file::write(path, format!("{}\n", output::document(&view)?))?;
    }
    session.printer().show(&view)?;
    if let Some(path) = output {
        session.printer().remark(&format!("The receipt is in {}.", path.display()));
    }
    match receipt.holds() {
        true => Ok(Outcome::Done),
        false => {
            let failed: Vec<&str> = receipt.checks.iter().filter(|check| !check.ok).map(|check| check.check).collect();
            Err(Error::damaged(format!("the receipt does not verify: {}", failed.join(", ")))
                .hint("a backup may hold it as it was"))
        }
    }
}
