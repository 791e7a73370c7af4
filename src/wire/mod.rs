//! The protocol, CMR-SET 1: bytes in, bytes out. No file, no database, no network.
//!
//! `jose` signs and verifies compact JWS; `set` is the envelope of a security event token; `event` holds the
//! payloads; `discovery` reads what a vendor publishes about itself; `transport` holds the bodies of push
//! (RFC 8935) and poll (RFC 8936). The vendor's description of the same stands in `docs/protocol.md`.

pub mod discovery;
pub mod event;
pub mod jose;
pub mod key_proof;
pub mod set;
pub mod transport;
