//! What vendors have by what was imported: claims that they hold without a grant, and what shows that there is an account.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::evidence::Kind;
use crate::error::Result;
use crate::vault::{from_millis, to_millis};

/// A claim that a vendor holds by import: nothing was lent, and it has it all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The vendor's name.
    pub vendor: String,
    /// OpenID claim name.
    pub claim: String,
    /// The value, as the file has it.
    pub value: String,
    /// What shows it.
    pub kind: Kind,
    /// The file, and where it stands there.
    pub source: String,
    /// The number of the import.
    pub batch: i64,
    /// Since when, as the file says; else when it was imported.
    pub since: Timestamp,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
}

const HELD: &str = "SELECT v.name, c.claim, c.value, e.kind,
                           coalesce(json_extract(b.sources, '$[' || e.source || '].file'), '') || ', ' || e.place,
                           e.batch, coalesce(e.first_seen, b.at) AS since, e.last_seen
                    FROM evidence_claim c JOIN evidence e ON e.id = c.evidence_id
                    JOIN import_batch b ON b.number = e.batch JOIN vendor v ON v.id = e.vendor_id";

fn held(row: &Row) -> rusqlite::Result<Result<Held>> {
    let kind = match Kind::stored(&row.get::<_, String>(3)?) {
        Ok(kind) => kind,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(Held {
        vendor: row.get(0)?,
        claim: row.get(1)?,
        value: row.get(2)?,
        kind,
        source: row.get(4)?,
        batch: row.get(5)?,
        since: from_millis(row.get(6)?),
        last_seen: row.get::<_, Option<i64>>(7)?.map(from_millis),
    }))
}

/// One line for each vendor, claim and value: the earliest.
fn distinct(rows: Vec<Held>) -> Vec<Held> {
    let mut places: HashMap<(String, String, String), usize> = HashMap::new();
    let mut held: Vec<Held> = Vec::new();
    for row in rows {
        // Nobody tells mailboxes apart by case (RFC 5321, section 2.4, lets them, and asks not to).
        let value = if row.claim == "email" { row.value.to_lowercase() } else { row.value.clone() };
        let same = (row.vendor.clone(), row.claim.clone(), value);
        match places.get(&same) {
            Some(place) => held[*place].last_seen = held[*place].last_seen.max(row.last_seen),
            None => {
                places.insert(same, held.len());
                held.push(row);
            }
        }
    }
    held
}

/// Who holds a claim by import, on a moment.
///
/// # Errors
/// The database's.
pub fn held_claim(connection: &Connection, claim: &str, at: Timestamp) -> Result<Vec<Held>> {
    let sql = format!("{HELD} WHERE c.claim = ?1 AND since <= ?2 ORDER BY v.name, since");
    let mut statement = connection.prepare(&sql)?;
    let rows: Result<Vec<Held>> = statement.query_map(params![claim, to_millis(at)], held)?.map(|row| row?).collect();
    rows.map(distinct)
}

/// What a vendor holds by import, on a moment.
///
/// # Errors
/// The database's.
pub fn held_by_vendor(connection: &Connection, vendor_id: &str, at: Timestamp) -> Result<Vec<Held>> {
    let sql = format!("{HELD} WHERE e.vendor_id = ?1 AND since <= ?2 ORDER BY c.claim, since");
    let mut statement = connection.prepare(&sql)?;
    let rows: Result<Vec<Held>> =
        statement.query_map(params![vendor_id, to_millis(at)], held)?.map(|row| row?).collect();
    rows.map(distinct)
}

/// What shows a relationship with a vendor, of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// How many pieces of evidence.
    pub pieces: u64,
    /// How many of them are of money that only came in.
    pub incoming: u64,
    /// When the first was seen, as the files say.
    pub first_seen: Option<Timestamp>,
    /// When the last was.
    pub last_seen: Option<Timestamp>,
    /// Whether a file says that it was used then. Of most accounts no more is known than when their entry was made or
    /// changed.
    pub is_use: bool,
}

/// What imports show of one vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// An account.
    pub login: Option<Trace>,
    /// Payments.
    pub payment: Option<Trace>,
    /// Mail.
    pub mail: Option<Trace>,
    /// The accounts there.
    pub accounts: Vec<String>,
    /// The e-mail addresses that it has.
    pub emails: Vec<String>,
}

/// How to reach a vendor, as cards of an address book say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// What the card calls it.
    pub name: String,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Postal addresses, each on several lines.
    pub addresses: Vec<String>,
}

/// How to reach a vendor, by the cards that were imported.
///
/// # Errors
/// The database's.
pub fn contacts(connection: &Connection, vendor_id: &str) -> Result<Vec<Contact>> {
    let sql = "SELECT ifnull(name, ''), ifnull(details, '{}') FROM evidence
               WHERE vendor_id = ?1 AND kind = 'card' ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([vendor_id], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let contact = |(name, details): (String, String)| {
        let details: Value = serde_json::from_str(&details).unwrap_or_default();
        let list = |key: &str| -> Vec<String> {
            let texts = details[key].as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Contact { name, emails: list("emails"), phones: list("phones"), addresses: list("addresses") }
    };
    rows.map(|row| Ok(contact(row?))).collect()
}

/// What imports show of each vendor, by its id; of one alone where it is named.
///
/// # Errors
/// The database's.
pub fn traces(connection: &Connection, vendor_id: Option<&str>) -> Result<HashMap<String, Traces>> {
    let mut all: HashMap<String, Traces> = HashMap::new();
    let which = match vendor_id {
        Some(_) => "e.vendor_id = ?1",
        None => "e.vendor_id IS NOT NULL AND ?1 IS NULL",
    };
    let sql = format!(
        "SELECT e.vendor_id, e.kind, count(*), min(e.first_seen), max(e.last_seen),
                max(CASE WHEN ifnull(json_extract(e.details, '$.last_seen_by'), 'last used') = 'last used'
                         THEN e.last_seen END) = max(e.last_seen),
                count(CASE WHEN e.kind = 'payment'
                           AND json_extract(e.details, '$.incoming') = json_extract(e.details, '$.count') THEN 1 END)
         FROM evidence e WHERE {which} GROUP BY e.vendor_id, e.kind"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([vendor_id])?;
    while let Some(row) = rows.next()? {
        let time = |index| row.get::<_, Option<i64>>(index).map(|time| time.map(from_millis));
        let number = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
        let trace = Trace {
            pieces: number(2)?,
            incoming: number(6)?,
            first_seen: time(3)?,
            last_seen: time(4)?,
            is_use: row.get::<_, Option<bool>>(5)?.unwrap_or_default(),
        };
        let traces = all.entry(row.get(0)?).or_default();
        match Kind::stored(&row.get::<_, String>(1)?)? {
            Kind::Login => traces.login = Some(trace),
            Kind::Payment => traces.payment = Some(trace),
            Kind::Mail => traces.mail = Some(trace),
            Kind::Card | Kind::Directory => {}
        }
    }
    let mut add = |sql: String, of: fn(&mut Traces) -> &mut Vec<String>| -> Result<()> {
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([vendor_id])?;
        while let Some(row) = rows.next()? {
            of(all.entry(row.get(0)?).or_default()).push(row.get(1)?);
        }
        Ok(())
    };
    let accounts = "e.kind = 'login' AND e.account IS NOT NULL";
    add(
        format!(
            "SELECT e.vendor_id, min(e.account) AS account FROM evidence e WHERE {which} AND {accounts}
             GROUP BY e.vendor_id, iif(instr(e.account, '@'), lower(e.account), e.account) ORDER BY account"
        ),
        |traces| &mut traces.accounts,
    )?;
    let claims = "evidence e JOIN evidence_claim c ON c.evidence_id = e.id";
    add(
        format!(
            "SELECT e.vendor_id, min(c.value) AS email FROM {claims} WHERE {which} AND c.claim = 'email'
             GROUP BY e.vendor_id, lower(c.value) ORDER BY email"
        ),
        |traces| &mut traces.emails,
    )?;
    Ok(all)
}
