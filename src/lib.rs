//! Customer Managed Relationships: the vault that a customer keeps, and what they lend from it.

pub mod cli;
pub mod delivery;
pub mod error;
pub mod grant;
pub mod import;
pub mod ledger;
pub mod profile;
pub mod receiver;
pub mod search;
pub mod text;
pub mod tls;
pub mod vault;
pub mod vendor;
pub mod wire;
