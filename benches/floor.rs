//! The floor under a read: rusqlite and SQLCipher, and nothing of ours.
//!
//! Opens the database that is its first argument with the raw key on standard input, 64 hexadecimal digits, and prints one
//! row: the claim that `cmr profile show email` shows. With `vendors` as its second argument it prints what `cmr vendor
//! list` shows; with `note` it writes one, durably.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::{BufWriter, Write};

// SQLCipher's cryptography, which nothing here names.
use cmr_sqlcipher as _;
use rusqlite::Connection;

const ROW: &str = "SELECT value FROM claim WHERE persona = 'default' AND name = 'email' AND ended_at IS NULL";

const VENDORS: &str = "SELECT v.name, v.domain, r.rank, r.account,
                              (SELECT count(*) FROM \"grant\" g WHERE g.vendor_id = v.id AND g.status = 'active')
                       FROM vendor v JOIN relationship r ON r.vendor_id = v.id ORDER BY r.rank IS NULL, r.rank, v.name";

const NOTE: &str = "INSERT INTO note (vendor_id, at, text) SELECT id, 0, 'rang' FROM vendor LIMIT 1";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: floor DATABASE [vendors|note] <KEY")?;
    let key = std::io::read_to_string(std::io::stdin())?;
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "key", format!("x'{}'", key.trim()))?;
    match std::env::args().nth(2).as_deref() {
        None => println!("{}", connection.query_row(ROW, [], |row| row.get::<_, String>(0))?),
        Some("vendors") => vendors(&connection)?,
        Some("note") => note(&connection)?,
        Some(other) => return Err(format!("{other} is neither vendors nor note").into()),
    }
    Ok(())
}

/// As durable as a write of `cmr`, in the same mode of the log.
fn note(connection: &Connection) -> Result<(), Box<dyn Error>> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    match connection.execute(NOTE, [])? {
        1 => Ok(()),
        rows => Err(format!("{rows} notes were written").into()),
    }
}

fn vendors(connection: &Connection) -> Result<(), Box<dyn Error>> {
    let mut statement = connection.prepare(VENDORS)?;
    let mut rows = statement.query([])?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    while let Some(row) = rows.next()? {
        let (name, domain): (String, String) = (row.get(0)?, row.get(1)?);
        let (rank, account): (Option<i64>, Option<String>) = (row.get(2)?, row.get(3)?);
        let grants: i64 = row.get(4)?;
        let (rank, account) = (rank.map(|rank| rank.to_string()).unwrap_or_default(), account.unwrap_or_default());
        writeln!(out, "  {name:<13}  {domain:<21}  {grants:<6}  {rank:<4}  {account}")?;
    }
    out.flush()?;
    Ok(())
}
