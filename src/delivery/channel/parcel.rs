//! Packing: all that a way needs to bring a message, read in the transaction in which the message is taken out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::Value;

use super::{Kind, Parcel};
use crate::delivery::mail;
use crate::delivery::message::Message;
use crate::error::Result;
use crate::grant::{self, Grant};
use crate::ledger::disclosure::{self, Disclosure};
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;

/// Claims that tell a vendor who writes, where it has them.
const IDENTITY: [&str; 4] = ["name", "given_name", "family_name", "email"];

/// Packs a message for a way of this kind. The protocol needs the message alone.
pub(in crate::delivery) fn pack(
    connection: &Connection,
    vendor: &Arc<Vendor>,
    kind: Kind,
    event: Event,
    message: Message,
) -> Result<Parcel> {
    let mut parcel = Parcel {
        message,
        event,
        grant: None,
        vendor: Arc::clone(vendor),
        account: None,
        set: BTreeMap::new(),
        before: BTreeMap::new(),
        clear: BTreeMap::new(),
        identity: BTreeMap::new(),
        words: None,
        edited: None,
    };
    if kind == Kind::Set {
        return Ok(parcel);
    }
    let payload = parcel.message.payload().unwrap_or_default();
    let claims = payload.get("claims").and_then(Value::as_object);
    parcel.set = claims.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    parcel.words = payload.get("text").and_then(Value::as_str).map(str::to_owned);
    parcel.account = vendor::relationship(connection, &vendor.id)?.account;
    let id = parcel.message.grant_id.as_deref();
    parcel.grant = id.map(|id| grant::get(connection, id)).transpose()?;
    parcel.edited = mail::kept_text(connection, &parcel.message.id)?;
    told(connection, &mut parcel)?;
    Ok(parcel)
}

/// What the vendor was told before, and what of it is to be taken away.
fn told(connection: &Connection, parcel: &mut Parcel) -> Result<()> {
    let query = disclosure::Query { vendor_id: Some(&parcel.vendor.id), ..Default::default() };
    let mut known = disclosure::known(connection, &query)?;
    known.retain(|told| told.message_id != parcel.message.id && !told.refused);
    let latest = latest(&known);
    parcel.before = latest.iter().filter(|(claim, _)| parcel.set.contains_key(**claim)).map(owned).collect();
    parcel.identity =
        latest.iter().chain(&borrowed(&parcel.set)).filter(|(claim, _)| IDENTITY.contains(claim)).map(owned).collect();
    let Some(grant) = parcel.grant.as_ref().filter(|_| parcel.event != Event::GrantRenewed) else { return Ok(()) };
    let lent = lent_otherwise(connection, grant)?;
    let by_grant: BTreeSet<&str> =
        known.iter().filter(|told| told.grant_id == grant.id).map(|told| told.claim.as_str()).collect();
    let gone = |claim: &str| by_grant.contains(claim) && !parcel.set.contains_key(claim) && !lent.contains(claim);
    parcel.clear = latest.iter().filter(|(claim, _)| gone(claim)).map(owned).collect();
    Ok(())
}

/// The last value of each claim: they come newest first.
fn latest(known: &[Disclosure]) -> BTreeMap<&str, &Value> {
    let mut latest = BTreeMap::new();
    for told in known {
        latest.entry(told.claim.as_str()).or_insert(&told.value);
    }
    latest
}

fn borrowed(claims: &BTreeMap<String, Value>) -> BTreeMap<&str, &Value> {
    claims.iter().map(|(claim, value)| (claim.as_str(), value)).collect()
}

fn owned((claim, value): (&&str, &&Value)) -> (String, Value) {
    ((*claim).to_owned(), (*value).clone())
}

/// The claims that other current grants lend the same vendor: what one takes back, another may still lend.
fn lent_otherwise(connection: &Connection, grant: &Grant) -> Result<BTreeSet<&'static str>> {
    let now = jiff::Timestamp::now();
    let others = grant::list_of_vendor(connection, &grant.vendor_id)?;
    let current = others.iter().filter(|other| other.id != grant.id && other.is_current(now));
    Ok(current.flat_map(|other| other.scope.claims.iter().map(|lent| lent.claim.base())).collect())
}
