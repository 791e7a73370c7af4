//! SQLCipher asks this crate for its cryptography, and was compiled as `cmr` wants it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::Connection;

fn keyed() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    cmr_sqlcipher::key(&connection, &[1; 32]).unwrap();
    connection
}

fn pragma(connection: &Connection, name: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("PRAGMA {name}")).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn the_provider_is_ours() {
    let connection = keyed();
    assert_eq!(pragma(&connection, "cipher_provider"), ["rustcrypto"]);
    assert_eq!(pragma(&connection, "cipher"), ["AES-256-CBC"]);
    assert_eq!(pragma(&connection, "cipher_hmac_algorithm"), ["HMAC_SHA512"]);
    assert_eq!(pragma(&connection, "cipher_kdf_algorithm"), ["PBKDF2_HMAC_SHA512"]);
    assert_eq!(pragma(&connection, "cipher_fips_status"), ["0"]);
}

/// What `PRAGMA cipher_provider_version` says is what this crate's Cargo.toml pins.
#[test]
fn the_provider_names_the_crates_that_it_is_made_of() {
    let said = pragma(&keyed(), "cipher_provider_version").remove(0);
    let pinned = include_str!("../Cargo.toml");
    assert_eq!(said.split(", ").count(), 5, "{said}");
    for part in said.split(", ") {
        let (name, version) = part.split_once(' ').unwrap();
        assert!(pinned.contains(&format!("{name} = {{ version = \"={version}.")), "{part}");
    }
}

#[test]
fn the_flags_arrived() {
    let options = pragma(&keyed(), "compile_options");
    for wanted in ["HAS_CODEC", "TEMP_STORE=3", "THREADSAFE=1", "EXTRA_INIT=sqlcipher_extra_init"] {
        assert!(options.iter().any(|option| option == wanted), "{wanted} is not among {options:?}");
    }
    for left_out in ["ENABLE_FTS3", "ENABLE_RTREE", "SOUNDEX"] {
        assert!(!options.iter().any(|option| option == left_out), "{left_out} is among {options:?}");
    }
}

/// The glue's struct has the members of SQLCipher's, in their order: C would not notice.
#[test]
fn the_providers_layout_is_sqlciphers() {
    let source = std::fs::read_to_string(concat!(env!("SQLCIPHER_INCLUDE"), "/sqlcipher.c"));
    let source = source.unwrap();
    let (_, from) = source.split_once("struct sqlcipher_provider {").unwrap();
    let (theirs, _) = from.split_once("};").unwrap();
    let theirs: Vec<&str> = theirs.split(';').filter_map(member).collect();
    let (_, from) = include_str!("../src/provider.rs").split_once("struct Provider {\n").unwrap();
    let (ours, _) = from.split_once("\n}").unwrap();
    let ours: Vec<&str> = ours.lines().filter_map(|line| Some(line.trim().split_once(':')?.0)).collect();
    assert_eq!(theirs.len(), 18, "{theirs:?}");
    assert_eq!(ours, theirs);
}

/// The name in a C declaration: `int (*name)(…)` or `type *name`.
fn member(declaration: &str) -> Option<&str> {
    let declaration = declaration.trim();
    match declaration.split_once("(*") {
        Some((_, rest)) => rest.split(')').next(),
        None => declaration.rsplit('*').next().filter(|name| !name.is_empty()),
    }
}
