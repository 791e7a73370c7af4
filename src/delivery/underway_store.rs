//! What of grants has not been delivered, from the tables of messages and of what becomes of them.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql};

use super::message::MessageState;
use crate::error::Result;
use crate::vault::from_millis;

/// The newest message of a grant that waits, is held or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Underway {
    /// The version of the grant that it makes.
    pub version: u32,
    /// What has become of it.
    pub state: MessageState,
    /// Whether it was sent to a server that could be connected to.
    pub may_have_arrived: bool,
}

/// Of which grants.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// All.
    All,
    /// Those of a vendor, by its id.
    Vendor(&'a str),
    /// One, by its id.
    Grant(&'a str),
}

/// What of grants has not been delivered, by the grant's id.
///
/// # Errors
/// The database's.
pub fn underway(connection: &Connection, of: Of) -> Result<HashMap<String, Underway>> {
    let mut found = HashMap::new();
    // Each by its index: what is not at an end is little, and messages are large.
    let open = "delivery d CROSS JOIN message m ON m.id = d.message_id WHERE d.state IN ('queued', 'held')";
    let failed = "delivery d CROSS JOIN message m ON m.id = d.message_id WHERE d.state = 'failed'";
    let of_grant = "message m CROSS JOIN delivery d ON d.message_id = m.id
                    WHERE m.grant_id = ?1 AND d.state IN ('queued', 'held', 'failed')";
    let of_vendor = |rest: &str| format!("{rest} AND d.vendor_id = ?1");
    match of {
        Of::All => [open, failed].iter().try_for_each(|rest| add(connection, rest, &[], &mut found))?,
        Of::Vendor(id) => {
            [open, failed].iter().try_for_each(|rest| add(connection, &of_vendor(rest), &[&id], &mut found))?;
        }
        Of::Grant(id) => add(connection, of_grant, &[&id], &mut found)?,
    }
    Ok(found)
}

fn add(
    connection: &Connection,
    among: &str,
    params: &[&dyn ToSql],
    found: &mut HashMap<String, Underway>,
) -> Result<()> {
    let sql = format!("SELECT m.grant_id, m.version, d.state, d.attempted_at IS NOT NULL FROM {among}");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        if let (Some(grant), Some(one)) = (row.get::<_, Option<String>>(0)?, underway_of(row)?) {
            let newest = found.entry(grant).or_insert(one);
            if one.version > newest.version {
                *newest = one;
            }
        }
    }
    Ok(())
}

fn underway_of(row: &Row) -> rusqlite::Result<Option<Underway>> {
    let state = MessageState::from_name(&row.get::<_, String>(2)?).unwrap_or(MessageState::Held);
    let version: Option<u32> = row.get(1)?;
    let may_have_arrived = row.get(3)?;
    Ok(version.map(|version| Underway { version, state, may_have_arrived }))
}

/// When something of what waits may be sent. None where nothing waits, or all of it behind what is held.
///
/// # Errors
/// The database's.
pub fn next_due(connection: &Connection) -> Result<Option<Timestamp>> {
    let sql = "SELECT min(coalesce(d.due_at, 0)) FROM delivery d
               WHERE d.state IN ('queued', 'held') AND d.state = 'queued'
                 AND NOT EXISTS (SELECT 1 FROM delivery e
                                 WHERE e.state IN ('queued', 'held') AND e.vendor_id = d.vendor_id
                                   AND (e.place, e.message_id) < (d.place, d.message_id))";
    let due: Option<i64> = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(due.map(from_millis))
}
