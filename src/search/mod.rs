//! Full-text search over vendors, notes, messages and the ledger.
//!
//! The index lies beside the vault in a database of its own, and is a cache: it is made of what the nouns' stores say,
//! can be thrown away at any time, and is when it is damaged, of another key, or of another vault. It is brought up to
//! date when somebody searches, never inside of a change. What a vendor was told, tokens and keys never enter it.
//!
//! The ledger is also what tells that something changed: each change has an entry, which names by its id whatever it
//! is about. A noun that comes later (requests) gets a [`Noun`], its words, and a page of its store to read.

mod find;
mod index;
mod model;
mod query;
mod store;
mod words;

use std::path::Path;

pub use model::{CANDIDATES, Found, Group, HIT, HIT_END, Hit, Noun, Options, Thing};
pub use query::Query;

use crate::error::Result;
use crate::vault::key::DataKey;
use crate::vault::{CacheTrouble, Vault, cache_trouble, memory_cache, remove_cache};

/// The index's file name.
pub const INDEX: &str = "search.db";

/// Searches the vault; `progress` hears how many entries of the ledger are indexed, and of how many, while they are.
///
/// Where the index cannot be written, one is made in memory, for this search alone.
///
/// # Errors
/// The vault's. What is wrong with the index alone is none: it is made anew.
pub fn search(
    vault: &Vault,
    key: &DataKey,
    query: &Query,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Found> {
    let mut in_file = || -> Result<Found> {
        let cache = index::open(vault, key, progress)?;
        find::find(vault.connection(), &cache, query, options)
    };
    let found = match in_file() {
        Err(error) if cache_trouble(&error) == Some(CacheTrouble::Damaged) => {
            log::debug!("the search index is made anew: {error}");
            forget(vault.dir()).and_then(|()| in_file())
        }
        other => other,
    };
    match found {
        // Should it be the vault that is damaged and not the index, this says so.
        Err(error) if cache_trouble(&error).is_some() => {
            log::info!("the search index cannot be kept ({error}): it is made in memory, for this search alone");
            let cache = memory_cache()?;
            index::catch_up(vault.connection(), &cache, progress)?;
            find::find(vault.connection(), &cache, query, options)
        }
        other => other,
    }
}

/// Throws the index of a vault away: after a change of the data key, say. The next search makes it anew.
///
/// # Errors
/// Kind failed where nothing can be written.
pub fn forget(dir: &Path) -> Result<()> {
    let _guard = index::lock(dir)?;
    remove_cache(&dir.join(INDEX))
}
