//! Taking an import back: exactly what it brought, and nothing that the user changed or used since.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use serde_json::json;

use super::directory_store;
use super::evidence::Kind;
use super::matching::Wanted;
use super::model::Batch;
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::Tx;

/// A vendor that an import brought, and that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staying {
    /// Its name.
    pub name: String,
    /// Why, in words for the user.
    pub why: String,
}

/// What became of an import that was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Pieces of evidence that are gone.
    pub evidence: u64,
    /// Pieces of earlier imports that say again what they said before, or wait for their vendor again.
    pub restored: u64,
    /// Pieces that stay, because a later import has them as well.
    pub kept: u64,
    /// The names of the vendors that are gone.
    pub vendors: Vec<String>,
    /// Vendors that stay.
    pub staying: Vec<Staying>,
    /// Records of a directory that are gone.
    pub records: u64,
}

/// Takes an import back.
///
/// # Errors
/// Kind bad input for one that is taken back already; the database's.
pub fn undo(tx: &Tx, batch: &Batch) -> Result<Undone> {
    if batch.undone_at.is_some() {
        return Err(Error::bad_input(format!("import {} is taken back already", batch.number)).hint("cmr import list"));
    }
    let number = batch.number;
    let (restored, kept) = restore(tx, number)?;
    let mut undone = Undone { restored: restored + unsettle(tx, number)?, kept, ..Undone::default() };
    undone.evidence = remove_evidence(tx, number)?;
    tx.execute("DELETE FROM import_answer WHERE batch = ?1", [number])?;
    let records = "SELECT count(*) FROM directory_record WHERE batch = ?1";
    undone.records = tx.query_row(records, [number], |row| row.get::<_, i64>(0))?.unsigned_abs();
    directory_store::undo(tx, number)?;
    vendors(tx, number, &mut undone)?;
    tx.execute("UPDATE import_batch SET undone_at = ?2 WHERE number = ?1", [number, tx.now_millis()])?;
    let body = json!({"batch": batch.id, "evidence": undone.evidence, "kept": undone.kept, "vendors": undone.vendors.len(),
                      "staying": undone.staying.len(), "records": undone.records});
    ledger::append(tx, "import-undone", batch.kind.name(), &body)?;
    Ok(undone)
}

/// Evidence that other imports have as well says what those say of it, and belongs to the first of them. How many pieces of
/// earlier imports say something else now, and how many of this one stay with a later.
fn restore(tx: &Tx, number: i64) -> Result<(u64, u64)> {
    let mut seen = tx.prepare("SELECT evidence_id FROM evidence_seen WHERE batch = ?1")?;
    let ids: Vec<i64> = seen.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    tx.execute("DELETE FROM evidence_seen WHERE batch = ?1", [number])?;
    let (mut restored, mut kept) = (0, 0);
    for id in ids {
        let handed = tx
            .prepare_cached(
                "UPDATE evidence AS e
                 SET batch = s.batch, source = s.source, place = s.place, matched_by = nullif(e.matched_by, s.batch)
                 FROM (SELECT batch, source, place FROM evidence_seen WHERE evidence_id = ?1 ORDER BY batch LIMIT 1) s
                 WHERE e.id = ?1 AND e.batch = ?2",
            )?
            .execute([id, number])?;
        let changed = tx
            .prepare_cached(
                "UPDATE evidence AS e SET first_seen = s.first_seen, last_seen = s.last_seen, details = s.details
                 FROM (SELECT min(first_seen) AS first_seen, max(last_seen) AS last_seen,
                              (SELECT details FROM evidence_seen WHERE evidence_id = ?1 AND details IS NOT NULL
                               ORDER BY last_seen DESC, batch LIMIT 1) AS details
                       FROM evidence_seen WHERE evidence_id = ?1) s
                 WHERE e.id = ?1 AND (e.first_seen IS NOT s.first_seen OR e.last_seen IS NOT s.last_seen
                                      OR e.details IS NOT s.details)",
            )?
            .execute([id])?;
        // What one import alone says is what the piece says.
        tx.prepare_cached(
            "DELETE FROM evidence_seen
             WHERE evidence_id = ?1 AND (SELECT count(*) FROM evidence_seen WHERE evidence_id = ?1) = 1",
        )?
        .execute([id])?;
        kept += handed as u64;
        restored += if handed == 0 { changed as u64 } else { 0 };
    }
    Ok((restored, kept))
}

/// Evidence that waited until this import waits again.
fn unsettle(tx: &Tx, number: i64) -> Result<u64> {
    let settled: Vec<(i64, String, Option<String>, Option<String>)> = {
        let mut statement = tx.prepare("SELECT id, kind, host, name FROM evidence WHERE matched_by = ?1")?;
        let rows = statement.query_map([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for (id, kind, host, name) in &settled {
        let wanted = Wanted::new(Kind::stored(kind)?, host.as_deref(), name.as_deref());
        tx.prepare_cached("UPDATE evidence SET vendor_id = NULL, matched_by = NULL, waits_for = ?2 WHERE id = ?1")?
            .execute(params![id, wanted.key()])?;
    }
    Ok(settled.len() as u64)
}

fn remove_evidence(tx: &Tx, number: i64) -> Result<u64> {
    tx.execute("DELETE FROM evidence_claim WHERE evidence_id IN (SELECT id FROM evidence WHERE batch = ?1)", [number])?;
    Ok(tx.execute("DELETE FROM evidence WHERE batch = ?1", [number])? as u64)
}

/// The vendors of the import go, but for those that something else holds.
fn vendors(tx: &Tx, number: i64, undone: &mut Undone) -> Result<()> {
    undone.staying.extend(hand_over(tx, number)?);
    for (id, staying) in used(tx, number)? {
        tx.execute("DELETE FROM import_vendor WHERE vendor_id = ?1", [id])?;
        undone.staying.push(staying);
    }
    undone.staying.sort_by(|a, b| a.name.cmp(&b.name));
    let gone =
        "SELECT v.name FROM import_vendor i JOIN vendor v ON v.id = i.vendor_id WHERE i.batch = ?1 ORDER BY v.name";
    undone.vendors = tx.prepare(gone)?.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    without_foreign_keys(tx, || {
        // An answer that another import keeps says nothing without its vendor.
        tx.execute(
            "DELETE FROM import_answer
             WHERE kind = 'vendor' AND answer IN (SELECT vendor_id FROM import_vendor WHERE batch = ?1)",
            [number],
        )?;
        for table in [("relationship", "vendor_id"), ("vendor", "id")] {
            let (table, id) = table;
            let own = "SELECT vendor_id FROM import_vendor WHERE batch = ?1";
            tx.execute(&format!("DELETE FROM {table} WHERE {id} IN ({own})"), [number])?;
        }
        tx.execute("DELETE FROM import_vendor WHERE batch = ?1", [number])?;
        Ok(())
    })
}

/// Vendors that other imports have evidence of stay with the first of those.
fn hand_over(tx: &Tx, number: i64) -> Result<Vec<Staying>> {
    let held = "SELECT 1 FROM evidence e WHERE e.vendor_id = i.vendor_id";
    let sql = format!(
        "SELECT v.name FROM import_vendor i JOIN vendor v ON v.id = i.vendor_id
         WHERE i.batch = ?1 AND EXISTS ({held})"
    );
    let names: Vec<String> =
        tx.prepare(&sql)?.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    tx.execute(
        &format!(
            "UPDATE import_vendor AS i
             SET batch = (SELECT min(coalesce(e.matched_by, e.batch)) FROM evidence e WHERE e.vendor_id = i.vendor_id)
             WHERE i.batch = ?1 AND EXISTS ({held})"
        ),
        [number],
    )?;
    let why = "another import found it as well";
    Ok(names.into_iter().map(|name| Staying { name, why: why.to_owned() }).collect())
}

/// What a table with rows of a vendor means to the user. Whatever is not listed here counts as use all the same.
const USES: [(&str, &str); 11] = [
    ("alias", "it has an alias"),
    ("channel", "it has a channel"),
    ("delivery", "it was written to"),
    ("grant", "it has a grant"),
    ("link", "your account is linked"),
    ("message", "there are messages"),
    ("note", "it has a note"),
    ("read_back", "it was read back"),
    ("signing_key", "you have a key there"),
    ("vendor_document", "it was discovered"),
    ("vendor_key", "its keys are kept"),
];

/// What an import itself writes of a vendor.
const OWN: [&str; 3] = ["relationship", "import_vendor", "evidence"];

/// The vendors of an import that the user changed or used: whatever refers to one, in any table that there is.
fn used(tx: &Tx, number: i64) -> Result<Vec<(String, Staying)>> {
    let mut used: Vec<(String, Staying)> = Vec::new();
    let mut add = |sql: &str, why: &str| -> Result<()> {
        let mut statement = tx.prepare(sql)?;
        for row in statement.query_map([number], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (id, name): (String, String) = row?;
            match used.iter_mut().find(|(other, _)| *other == id) {
                Some((_, staying)) => staying.why = format!("{}, {why}", staying.why),
                None => used.push((id, Staying { name, why: why.to_owned() })),
            }
        }
        Ok(())
    };
    let of = "SELECT v.id, v.name FROM import_vendor i JOIN vendor v ON v.id = i.vendor_id WHERE i.batch = ?1";
    for (table, column) in referring(tx)? {
        let words = USES.iter().find(|(used, _)| *used == table).map(|(_, words)| (*words).to_owned());
        let sql = format!("{of} AND v.id IN (SELECT \"{column}\" FROM \"{table}\")");
        add(&sql, &words.unwrap_or_else(|| format!("there is something of it in {table}")))?;
    }
    add(&format!("{of} AND (v.name <> i.name OR v.title IS NOT i.title)"), "you call it otherwise")?;
    let touched = "EXISTS (SELECT 1 FROM relationship r WHERE r.vendor_id = v.id AND (r.account IS NOT NULL
                   OR r.rank IS NOT NULL OR r.token IS NOT NULL OR r.introduced_at IS NOT NULL))";
    add(&format!("{of} AND {touched}"), "you keep an account, a rank or a token")?;
    Ok(used)
}

/// The tables that refer to vendors, and by which column, but for those that an import writes itself.
fn referring(connection: &Connection) -> Result<Vec<(String, String)>> {
    let sql = "SELECT s.name, f.\"from\" FROM sqlite_schema s JOIN pragma_foreign_key_list(s.name) f
               WHERE s.type = 'table' AND f.\"table\" = 'vendor' ORDER BY s.name";
    let rows = connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    Ok(rows.into_iter().filter(|(table, _)| !OWN.contains(&table.as_str())).collect())
}

/// Takes vendors away without looking for what refers to each: it was looked for in all of them at once, and not every
/// table has an index for it.
fn without_foreign_keys(tx: &Tx, remove: impl FnOnce() -> Result<()>) -> Result<()> {
    tx.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let removed = remove();
    tx.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    removed
}
