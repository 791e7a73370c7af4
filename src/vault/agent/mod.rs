//! The agent: a process that holds the data key of one unlocked vault, hands it to commands of the same user, and
//! ends on time.
//!
//! ```text
//! cmr unlock ──starts──► cmr agent ◄──one connection a command── cmr profile show …
//! ```
//!
//! It listens on a socket that only its user can reach, answers one question a connection, and holds the database
//! open, so that the log is not written back and removed at the end of each command. It is the program itself, run
//! in the background: no library, no thread for each client, no runtime.

use std::time::Duration;

mod client;
mod keeper;
mod lease;
#[cfg(all(feature = "logind", target_os = "linux"))]
mod logind;
mod place;
mod protocol;
mod server;

pub use client::{Turn, key, lock, peek, prepare, report, start, turn};
pub use lease::Limits;
pub use protocol::Report;
pub use server::serve;

/// How long either side waits for the other: both are on this machine, and answer in well under a millisecond.
const PATIENCE: Duration = Duration::from_secs(2);
