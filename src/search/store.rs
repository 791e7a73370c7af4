//! The index's tables.
//!
//! Each noun has an index of its own. That of the ledger holds no text: the vault has it, and a million of them. The
//! others keep theirs, so that weighing many does not read rows of the vault that are mostly something else.
//!
//! Entries and notes, which never change, are numbered as in the vault; vendors and messages are numbered here.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::model::{HIT, HIT_END, Noun};
use super::words::Words;
use crate::error::{Error, Result};
use crate::vault::Head;

/// The form of the index. One that another program wrote in another form is thrown away.
const FORMAT: i64 = 1;

/// How many words a snippet has.
const SNIPPET_WORDS: usize = 16;

const TOKENS: &str = "tokenize = 'unicode61 remove_diacritics 2'";

fn schema() -> String {
    let table = |noun: Noun| {
        // What is never changed and never weighed by the whole index needs no sizes either.
        let kept = if noun == Noun::Ledger { "content = '', columnsize = 0," } else { "" };
        format!("CREATE VIRTUAL TABLE {} USING fts5 (text, ids, {kept} {TOKENS});", noun.name())
    };
    let tables = Noun::ALL.map(table);
    format!(
        "CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE item (number INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL) STRICT;
         CREATE UNIQUE INDEX item_id ON item (id, name);
         {} PRAGMA user_version = {FORMAT};",
        tables.concat()
    )
}

/// Runs one transaction on the index.
pub(super) fn write<T>(cache: &Connection, change: impl FnOnce() -> Result<T>) -> Result<T> {
    let transaction = Transaction::new_unchecked(cache, TransactionBehavior::Immediate)?;
    let value = change()?;
    transaction.commit()?;
    Ok(value)
}

/// Whether nothing was ever written to it.
pub(super) fn is_new(cache: &Connection) -> Result<bool> {
    Ok(cache.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?)
}

/// Whether it has the form of this program.
pub(super) fn is_known(cache: &Connection) -> Result<bool> {
    Ok(cache.query_row("PRAGMA user_version", [], |row| Ok(row.get::<_, i64>(0)? == FORMAT))?)
}

/// Makes the tables.
pub(super) fn create(cache: &Connection) -> Result<()> {
    Ok(cache.execute_batch(&schema())?)
}

/// How far the index has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    /// The last entry that is indexed; none before the first.
    pub entry: Option<Head>,
    /// The entry up to which all other nouns were read when the index was begun: none before it tells a change of them.
    pub begun_at: i64,
    /// The last note.
    pub note: i64,
}

/// How far the index has come.
pub(super) fn reached(cache: &Connection) -> Result<Reached> {
    let mark = |name: &str| -> Result<String> {
        let mut statement = cache.prepare_cached("SELECT value FROM mark WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0))?)
    };
    let number = |name: &str| -> Result<i64> { mark(name)?.parse().map_err(|_| Error::damaged("a mark is no number")) };
    let (seq, hash) = (number("entry")?, mark("hash")?);
    let entry = (seq > 0).then_some(Head { seq, hash });
    Ok(Reached { entry, begun_at: number("begun_at")?, note: number("note")? })
}

/// Notes how far the index has come.
pub(super) fn set_reached(cache: &Connection, reached: &Reached) -> Result<()> {
    let (seq, hash) = reached.entry.as_ref().map_or((0, ""), |head| (head.seq, &*head.hash));
    cache
        .prepare_cached(
            "INSERT OR REPLACE INTO mark VALUES ('entry', ?1), ('hash', ?2), ('begun_at', ?3), ('note', ?4)",
        )?
        .execute(params![seq.to_string(), hash, reached.begun_at.to_string(), reached.note.to_string()])?;
    Ok(())
}

/// Indexes an entry or a note, which has this number in the vault and never changes.
pub(super) fn put(cache: &Connection, noun: Noun, number: i64, words: &Words) -> Result<()> {
    let sql = format!("INSERT INTO {} (rowid, text, ids) VALUES (?1, ?2, ?3)", noun.name());
    cache.prepare_cached(&sql)?.execute(params![number, words.text, words.ids])?;
    Ok(())
}

/// Indexes a vendor or a message, in place of what was indexed of it before.
pub(super) fn put_item(cache: &Connection, noun: Noun, id: &str, name: &str, words: &Words) -> Result<()> {
    let before: Option<i64> =
        cache.prepare_cached("SELECT number FROM item WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
    let number = match before {
        Some(number) => number,
        None => {
            cache.prepare_cached("INSERT INTO item (id, name) VALUES (?1, ?2)")?.execute((id, name))?;
            cache.last_insert_rowid()
        }
    };
    let sql = format!("INSERT OR REPLACE INTO {} (rowid, text, ids) VALUES (?1, ?2, ?3)", noun.name());
    cache.prepare_cached(&sql)?.execute(params![number, words.text, words.ids])?;
    Ok(())
}

/// The name of the vendor of this id, as it was when it was indexed: were it another today, the index would be unfit.
pub(super) fn name(cache: &Connection, id: &str) -> Result<Option<String>> {
    let mut statement = cache.prepare_cached("SELECT name FROM item WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// The id of the vendor or message that has this number.
pub(super) fn item_id(cache: &Connection, number: i64) -> Result<Option<String>> {
    let mut statement = cache.prepare_cached("SELECT id FROM item WHERE number = ?1")?;
    Ok(statement.query_row([number], |row| row.get(0)).optional()?)
}

/// The numbers of the entries that match a condition, the newest first.
pub(super) fn matching_entries(cache: &Connection, condition: &str, limit: usize) -> Result<Vec<i64>> {
    let sql = "SELECT rowid FROM ledger WHERE ledger MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
    let mut statement = cache.prepare_cached(sql)?;
    Ok(statement.query_map((condition, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// What of another noun matches a condition, the newest first, with its words.
pub(super) fn matching(cache: &Connection, noun: Noun, condition: &str, limit: usize) -> Result<Vec<(i64, Words)>> {
    let table = noun.name();
    let sql = format!("SELECT rowid, text, ids FROM {table} WHERE {table} MATCH ?1 ORDER BY rowid DESC LIMIT ?2");
    let mut statement = cache.prepare_cached(&sql)?;
    let rows = statement
        .query_map((condition, limit as i64), |row| Ok((row.get(0)?, Words { text: row.get(1)?, ids: row.get(2)? })))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which of these match a condition, each with a snippet; the best first, or the newest. They are weighed among
/// themselves, in memory: weighing by the whole index would read every place of each word. To be called in a transaction.
pub(super) fn snippets(
    cache: &Connection,
    candidates: &[(i64, Words)],
    condition: &str,
    newest: bool,
    limit: usize,
) -> Result<Vec<(i64, String)>> {
    cache.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.candidate;
         CREATE VIRTUAL TABLE temp.candidate USING fts5 (text, ids, {TOKENS});"
    ))?;
    let mut insert = cache.prepare("INSERT INTO temp.candidate (rowid, text, ids) VALUES (?1, ?2, ?3)")?;
    for (number, words) in candidates {
        insert.execute(params![number, words.text, words.ids])?;
    }
    let order = if newest { "rowid DESC" } else { "bm25(candidate), rowid DESC" };
    let mut statement = cache.prepare_cached(&format!(
        "SELECT rowid, snippet(candidate, 0, '{HIT}', '{HIT_END}', '…', {SNIPPET_WORDS})
         FROM temp.candidate WHERE candidate MATCH ?1 ORDER BY {order} LIMIT ?2"
    ))?;
    let rows = statement.query_map((condition, limit as i64), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
