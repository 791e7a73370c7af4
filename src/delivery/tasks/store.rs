//! What the tasks are decided from, as it is read: one row for each vendor or grant, and no message's token.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{Stuck, Waiting, Watched};
use crate::delivery::message::MessageState;
use crate::delivery::store::OPEN;
use crate::error::Result;
use crate::ledger::disclosure;
use crate::vault::{from_millis, to_millis};
use crate::{grant, vendor};

/// Grants to look after. When they were last touched is looked up for those alone that are older than a time.
pub(super) fn watched(connection: &Connection, now: Timestamp, older_than: Timestamp) -> Result<Vec<Watched>> {
    let names: HashMap<String, String> = vendor::names(connection)?.into_iter().collect();
    let mut moved = last_moved(connection, older_than)?;
    let grants = grant::watched(connection)?;
    let mut disclosed = match grants.iter().all(|grant| grant.is_current(now)) {
        true => HashMap::new(),
        false => disclosure::last_of_grants(connection, None)?,
    };
    let watched = |grant: grant::Grant| {
        let times = [Some(grant.created_at), grant.confirmed_at, moved.remove(&grant.id)];
        let touched_at = times.into_iter().flatten().max().unwrap_or(grant.created_at);
        let disclosed_at = disclosed.remove(&grant.id);
        Watched { vendor: names.get(&grant.vendor_id).cloned().unwrap_or_default(), touched_at, disclosed_at, grant }
    };
    Ok(grants.into_iter().map(watched).collect())
}

/// When the last message about each current grant that was made before a time came, or was taken.
fn last_moved(connection: &Connection, before: Timestamp) -> Result<HashMap<String, Timestamp>> {
    let mut statement = connection.prepare(
        "SELECT g.id, max(m.created_at, coalesce(d.delivered_at, 0))
         FROM \"grant\" g
         JOIN message m ON m.id = (SELECT max(id) FROM message WHERE grant_id = g.id)
         LEFT JOIN delivery d ON d.message_id = m.id
         WHERE g.status IN ('offered', 'active') AND g.created_at < ?1",
    )?;
    let row = |row: &Row| Ok((row.get(0)?, from_millis(row.get(1)?)));
    Ok(statement.query_map([to_millis(before)], row)?.collect::<rusqlite::Result<_>>()?)
}

/// What is held or failed at each vendor.
pub(super) fn stuck(connection: &Connection) -> Result<Vec<Stuck>> {
    // Each state has an index of its own.
    let mut found = stuck_in(connection, MessageState::Held, &format!("{OPEN} AND d.state = 'held'"))?;
    found.extend(stuck_in(connection, MessageState::Failed, "d.state = 'failed'")?);
    Ok(found)
}

fn stuck_in(connection: &Connection, state: MessageState, which: &str) -> Result<Vec<Stuck>> {
    let mut statement = connection.prepare(&format!(
        "SELECT v.name, q.messages, m.created_at, f.reason
         FROM (SELECT d.vendor_id, count(*) AS messages, min(d.message_id) AS first
               FROM delivery d WHERE {which} GROUP BY d.vendor_id) q
         JOIN message m ON m.id = q.first
         JOIN delivery f ON f.message_id = q.first
         JOIN vendor v ON v.id = q.vendor_id"
    ))?;
    let row = |row: &Row| -> rusqlite::Result<Stuck> {
        let (vendor, messages, since, reason) = (row.get(0)?, row.get(1)?, from_millis(row.get(2)?), row.get(3)?);
        Ok(Stuck { vendor, state, messages, since, reason })
    };
    Ok(statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
}

/// Vendors that a message waits for in spite of an attempt, and since when they were to take something: since the first
/// message after the last that they took, whether or not another has overtaken it since.
pub(super) fn waiting(connection: &Connection) -> Result<Vec<Waiting>> {
    // A message of ours has its id as its `jti`, which is what the index of a vendor's messages is ordered by.
    let mut statement = connection.prepare(&format!(
        "SELECT v.name, q.reason,
                (SELECT m.created_at FROM message m
                 WHERE m.vendor_id = q.vendor_id AND m.direction = 'out'
                   AND m.jti > coalesce((SELECT o.jti FROM message o JOIN delivery t ON t.message_id = o.id
                                         WHERE o.vendor_id = q.vendor_id AND o.direction = 'out'
                                           AND t.state = 'delivered' ORDER BY o.jti DESC LIMIT 1), '')
                 ORDER BY m.jti LIMIT 1)
         FROM (SELECT d.vendor_id, max(d.attempts) AS attempts, d.reason
               FROM delivery d WHERE {OPEN} AND d.state = 'queued' GROUP BY d.vendor_id) q
         JOIN vendor v ON v.id = q.vendor_id
         WHERE q.attempts > 0"
    ))?;
    let row = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?));
    let mut found = Vec::new();
    for row in statement.query_map([], row)? {
        let (vendor, reason, since) = row?;
        found.extend(since.map(|since| Waiting { vendor, since: from_millis(since), reason }));
    }
    Ok(found)
}
