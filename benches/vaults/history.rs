//! Years of use in a vault: notes, grants with their messages, and ledger entries such as the program writes.

use cmr::delivery::lend::{self, NewGrant};
use cmr::error::Result;
use cmr::grant::model::Mode;
use cmr::grant::{LentClaim, Purpose, Scope};
use cmr::profile::DEFAULT_PERSONA;
use cmr::vault::{Tx, Vault};
use cmr::vendor::{self, Vendor};
use cmr::{delivery, ledger};
use jiff::ToSpan;
use serde_json::{Value, json};

use super::batches;

/// Every so many vendors one has a grant, and so many have a note.
const GRANT_EVERY: usize = 20;
const NOTE_EVERY: usize = 5;

const NOTES: [&str; 5] = [
    "Rang them about the crème brûlée torch; Zoë promised a refund by Friday",
    "Asked for paper invoices, they answered within a day",
    "The delivery to rue de la Paix came twice; keep the second slip",
    "Never again on the telephone: forty minutes of music",
    "Contract ends in March, give notice before the new year",
];

/// Writes notes and grants, and then entries until the ledger holds this many.
pub(super) fn fill(vault: &mut Vault, entries: usize) -> Result<()> {
    let cards = vendor::list(vault.connection())?;
    let vendors: Vec<Vendor> =
        cards.iter().map(|card| vendor::get(vault.connection(), &card.id)).collect::<Result<_>>()?;
    let there = || -> Result<usize> { Ok(ledger::count(vault.connection())? as usize) };
    // A note leaves one entry, a grant up to four.
    let room = entries.saturating_sub(there()?) / 2;
    vault.write(|tx| {
        for (number, vendor) in vendors.iter().enumerate().step_by(NOTE_EVERY).take(room / 2) {
            vendor::add_note(tx, vendor, tx.now(), NOTES[number / NOTE_EVERY % NOTES.len()])?;
        }
        for (number, vendor) in vendors.iter().enumerate().step_by(GRANT_EVERY).take(room / 8) {
            lend_to(tx, vendor, number / GRANT_EVERY)?;
        }
        Ok(())
    })?;
    let there = ledger::count(vault.connection())? as usize;
    for numbers in batches(there, entries) {
        vault.write(|tx| numbers.clone().try_for_each(|number| entry(tx, number, &vendors[number % vendors.len()])))?;
    }
    Ok(())
}

/// A grant whose messages wait; of every second one the user dropped the messages.
fn lend_to(tx: &Tx, vendor: &Vendor, number: usize) -> Result<()> {
    let claim =
        |name: &str| -> Result<LentClaim> { Ok(LentClaim { claim: name.parse()?, why: None, optional: false }) };
    let scope = Scope {
        claims: vec![claim("email")?, claim("phone_number")?],
        purposes: vec![Purpose { term: "DeliveryOfGoods".into(), words: None }],
        lawful_basis: "Consent".into(),
        mode: Mode::Continuous,
        data_life: "P1Y".into(),
        recipients: Vec::new(),
        terms: Some("SD-BASE".into()),
    };
    let expires_at = tx.now() + 2160.hours();
    let mut grant = lend::draft(tx, NewGrant { vendor, persona: DEFAULT_PERSONA, scope, expires_at })?;
    lend::offer(tx, vendor, &mut grant)?;
    if number % 2 == 1 {
        for message in delivery::of_grant(tx, &grant.id)? {
            delivery::drop_message(tx, &message)?;
        }
    }
    Ok(())
}

/// An entry such as years of use leave. One in a hundred says that a vendor was out of reach, one in all has a quince.
fn entry(tx: &Tx, number: usize, vendor: &Vendor) -> Result<()> {
    let (id, grant, message) = (&vendor.id, made_up(number / 5, 1), made_up(number, 2));
    let hash = format!("{:064x}", number as u128 * 0x9e37_79b9_7f4a_7c15);
    let claims = json!([{"claim": "email", "hash": hash}, {"claim": "address", "hash": hash}]);
    let purposes = json!(["DeliveryOfGoods"]);
    let delivered = |reason: Value| json!({"vendor": id, "event": "grant-updated", "grant": grant, "reason": reason});
    let (action, subject, body): (&str, &str, Value) = match number {
        123_457 | 3_457 => {
            ("message-held", &message, delivered(json!("403 access_denied: a quince is not a customer")))
        }
        number if number % 100 == 7 => ("message-failed", &message, delivered(json!("it answered 503"))),
        number => match number % 5 {
            0 => (
                "grant-updated",
                &grant,
                json!({"vendor": id, "claims": claims, "message": message, "purposes": purposes, "version": number % 9}),
            ),
            1 | 2 => ("message-delivered", &message, delivered(Value::Null)),
            3 => (
                "grant-acknowledged",
                &grant,
                json!({"vendor": id, "message": message, "status": "accepted", "set_hash": hash}),
            ),
            _ => ("vendor-changed", &vendor.name, json!({"vendor": id, "changed": "document"})),
        },
    };
    ledger::append(tx, action, subject, &body)
}

/// An id like a real one, and the same every time.
fn made_up(number: usize, kind: u8) -> String {
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(kind);
    let random = [mixed.to_be_bytes(), [kind; 8]].concat();
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&random[..10]);
    uuid::Builder::from_unix_timestamp_millis(1_700_000_000_000 + number as u64 * 61_000, &bytes)
        .into_uuid()
        .to_string()
}
