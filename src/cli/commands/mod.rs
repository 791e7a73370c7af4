//! What each command does: one file for each in `args/`.

pub(super) mod agent;
pub(super) mod completions;
pub(super) mod demo;
mod editor;
pub(super) mod grant;
mod grant_close;
mod grant_renew;
pub(super) mod inbox;
pub(super) mod init;
pub(super) mod key;
pub(super) mod log;
pub(super) mod moving;
mod new_secret;
pub(super) mod outbox;
pub(super) mod persona;
pub(super) mod profile;
mod receipt;
pub(super) mod receiver;
pub(super) mod search;
mod standing;
pub(super) mod status;
pub(super) mod upkeep;
mod upkeep_install;
pub(super) mod vendor;
mod vendor_add;
mod vendor_channel;
mod vendor_key;
