//! Gives the linker a `libcrypto` with nothing in it.
//!
//! libsqlite3-sys asks for OpenSSL's whenever it compiles SQLCipher, and cannot know that the cryptography comes from
//! this crate (`SQLCIPHER_CRYPTO_CUSTOM`). With an empty archive, which the linker finds before the system's library,
//! a machine without OpenSSL builds the same program as one that has it.

use std::path::PathBuf;
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("libcrypto.a"), b"!<arch>\n")?;
    println!("cargo::rustc-link-search=native={}", out.display());
    // For the test that compares the provider's layout with SQLCipher's own words.
    let include = env::var("DEP_SQLITE3_INCLUDE")?;
    println!("cargo::rustc-env=SQLCIPHER_INCLUDE={include}");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
