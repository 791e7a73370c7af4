//! Them: vendors, the relationship with each, aliases, notes, and the keys that each signs with.

mod card_store;
mod channel_store;
pub mod identity;
mod kept_key_store;
mod key_rule;
mod key_store;
pub mod model;
mod store;

pub use card_store::{Card, Note, card, cards_after, list, name_of, note, notes_after};
pub use channel_store::{channels, order_channels, put_channel, remove_channel};
pub use kept_key_store::{KeptKey, kept_keys, kept_own_keys};
pub use key_rule::{KeysRule, keys_rule};
pub use key_store::{
    OwnKey, add_key, add_next_key, current_key, end_key_change, ensure_key, key, keys, keys_asked, note_asked,
    own_keys, signing_key,
};
pub use model::{Channel, ChannelKind, FoundBy, Relationship, Vendor};
pub use store::{
    NewVendor, add, add_note, aliases, beginning_with, count, find, get, introduced, mark_introduced, names, notes,
    relationship, remove_alias, rename, set_account, set_alias, set_metadata, set_rank, set_title, set_token,
};

use crate::error::{Error, Result};

/// Checks the name by which a user wants to call a vendor: it must be typed easily, and never be taken for an option.
///
/// # Errors
/// Kind bad input.
pub fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fine = (1..=64).contains(&name.chars().count()) && name.chars().all(allowed) && !name.starts_with(['-', '.']);
    if fine {
        return Ok(());
    }
    Err(Error::bad_input(format!("{name:?} cannot name a vendor"))
        .hint("a name is 1 to 64 letters, digits, '.', '-' and '_'"))
}
