//! Makes a vault of any size, for benches, tests and a look by hand:
//! `cargo run --release --example generate -- --vendors 10000 --ledger 1000000 DIR`
//!
//! In DIR are then the vault, and a file each with its data key, its passphrase and its recovery key.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;

mod vaults;
use vaults::{Size, generate};

/// Make a vault to measure on. Whose data is in it is made up, and so is the passphrase: keep nothing of yours there.
#[derive(Parser)]
struct Args {
    /// How many vendors
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    vendors: u64,
    /// How many ledger entries in all; at least one for each vendor is there
    #[arg(long, value_name = "N")]
    ledger: Option<u64>,
    /// A new directory for the vault and the files that open it
    dir: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    if args.dir.exists() {
        return Err(format!("{} is there already", args.dir.display()).into());
    }
    let size = Size { vendors: args.vendors as usize, ledger: args.ledger.map(|entries| entries as usize) };
    let sample = generate(&args.dir, size)?;
    println!("export CMR_HOME={} CMR_IDENTITY_FILE={}", sample.dir.display(), sample.identity.display());
    println!("# the data key is in {}, the passphrase in {}", sample.key.display(), sample.passphrase.display());
    Ok(())
}
