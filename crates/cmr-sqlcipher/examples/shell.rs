//! The smallest shell around SQLCipher with this crate's cryptography. `tests/interop/provider.py` has it write files
//! for other builds of SQLCipher, and read theirs.
//!
//! `shell DATABASE` takes a line at a time from standard input and stops at the first that fails:
//!
//! - `key HEX` and `rekey HEX`, 64 digits each;
//! - `crash`, which ends the process there and then;
//! - anything else is SQL, one statement; its rows are printed, values divided by `|`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::BufRead;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).ok_or("usage: shell DATABASE <COMMANDS")?;
    let connection = Connection::open(path)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("key", digits)) => cmr_sqlcipher::key(&connection, &key(digits)?)?,
            Some(("rekey", digits)) => cmr_sqlcipher::rekey(&connection, &key(digits)?)?,
            _ if line == "crash" => std::process::abort(),
            _ => execute(&connection, &line)?,
        }
    }
    Ok(())
}

fn key(digits: &str) -> Result<[u8; 32]> {
    let bytes = (0..digits.len() / 2).map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2).unwrap_or(""), 16));
    let bytes = bytes.collect::<std::result::Result<Vec<u8>, _>>()?;
    bytes.try_into().map_err(|_| "a key has 64 digits".into())
}

fn execute(connection: &Connection, sql: &str) -> Result<()> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| Ok(text(row.get_ref(column)?)));
        println!("{}", values.collect::<rusqlite::Result<Vec<String>>>()?.join("|"));
    }
    Ok(())
}

fn text(value: ValueRef) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
