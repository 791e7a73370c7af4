//! The floor under a read: rusqlite and SQLCipher, and nothing of ours.
//!
//! Opens the database that is its argument with the raw key on standard input, 64 hexadecimal digits, and prints one
//! row: the claim that `cmr profile show email` shows.
#![allow(clippy::print_stdout)]

use std::error::Error;

// SQLCipher's cryptography, which nothing here names.
use cmr_sqlcipher as _;
use rusqlite::Connection;

const ROW: &str = "SELECT value FROM claim WHERE persona = 'default' AND name = 'email' AND ended_at IS NULL";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: floor DATABASE <KEY")?;
    let key = std::io::read_to_string(std::io::stdin())?;
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "key", format!("x'{}'", key.trim()))?;
    let value: String = connection.query_row(ROW, [], |row| row.get(0))?;
    println!("{value}");
    Ok(())
}
