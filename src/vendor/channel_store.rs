//! The table of channels: the ways to each vendor, in the user's order.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::model::{Channel, ChannelKind, FoundBy, Vendor};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::Tx;

/// The ways to a vendor, the user's first one first.
///
/// # Errors
/// Kind damaged for a way that is not readable.
pub fn channels(connection: &Connection, vendor_id: &str) -> Result<Vec<Channel>> {
    let sql = "SELECT kind, settings, found_by FROM channel WHERE vendor_id = ?1 ORDER BY place, kind";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([vendor_id], channel)?.map(|row| row?).collect()
}

fn channel(row: &Row) -> rusqlite::Result<Result<Channel>> {
    let (kind, settings, found_by): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let damaged = || Error::damaged(format!("it holds a channel, {kind}, that is not readable"));
    let read = || {
        Some(Channel {
            kind: ChannelKind::from_name(&kind)?,
            settings: serde_json::from_str(&settings).ok()?,
            found_by: FoundBy::from_name(&found_by)?,
        })
    };
    Ok(read().ok_or_else(damaged))
}

/// Sets a way to a vendor up, after those that there are, or gives one that there is other settings. `of` says of what sort
/// the settings are in the ledger, without the settings themselves.
///
/// # Errors
/// The database's.
pub fn put_channel(tx: &Tx, vendor: &Vendor, channel: &Channel) -> Result<()> {
    insert_channel(tx, &vendor.id, channel)?;
    let body = json!({"vendor": vendor.id, "channel": channel.kind.name()});
    ledger::append(tx, "channel-set", &vendor.name, &body)
}

/// The same without a ledger entry: for a vendor whose own entry says it.
pub(super) fn insert_channel(tx: &Tx, vendor_id: &str, channel: &Channel) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO channel (vendor_id, kind, place, settings, found_by, added_at)
         VALUES (?1, ?2, (SELECT coalesce(max(place) + 1, 0) FROM channel WHERE vendor_id = ?1), ?3, ?4, ?5)
         ON CONFLICT (vendor_id, kind) DO UPDATE SET settings = excluded.settings, found_by = excluded.found_by",
    )?
    .execute(params![
        vendor_id,
        channel.kind.name(),
        channel.settings.to_string(),
        channel.found_by.name(),
        tx.now_millis()
    ])?;
    Ok(())
}

/// Puts ways to a vendor first, in this order; the others keep theirs.
///
/// # Errors
/// Kind bad input for a way that there is not.
pub fn order_channels(tx: &Tx, vendor: &Vendor, first: &[ChannelKind]) -> Result<()> {
    let there = channels(tx, &vendor.id)?;
    let missing = first.iter().find(|kind| there.iter().all(|channel| channel.kind != **kind));
    if let Some(kind) = missing {
        return Err(Error::bad_input(format!("{} has no channel {}", vendor.name, kind.name()))
            .hint(format!("cmr vendor set {} --help says what sets one up", vendor.name)));
    }
    let rest = there.iter().map(|channel| channel.kind).filter(|kind| !first.contains(kind));
    for (place, kind) in first.iter().copied().chain(rest).enumerate() {
        let sql = "UPDATE channel SET place = ?3 WHERE vendor_id = ?1 AND kind = ?2";
        tx.execute(sql, params![vendor.id, kind.name(), place as i64])?;
    }
    let order: Vec<&str> = first.iter().map(|kind| kind.name()).collect();
    ledger::append(tx, "channels-ordered", &vendor.name, &json!({"vendor": vendor.id, "first": order}))
}

/// Takes a way to a vendor away.
///
/// # Errors
/// Kind not found if there is none of this kind.
pub fn remove_channel(tx: &Tx, vendor: &Vendor, kind: ChannelKind) -> Result<()> {
    let gone = tx.execute("DELETE FROM channel WHERE vendor_id = ?1 AND kind = ?2", (&vendor.id, kind.name()))?;
    if gone == 0 {
        return Err(Error::not_found(format!("{} has no channel {}", vendor.name, kind.name())));
    }
    let body: Value = json!({"vendor": vendor.id, "channel": kind.name()});
    ledger::append(tx, "channel-removed", &vendor.name, &body)
}
