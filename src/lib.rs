//! Customer Managed Relationships: the vault that a customer keeps, and what they lend from it.

pub mod error;
pub mod profile;
pub mod receiver;
pub mod text;
pub mod wire;
