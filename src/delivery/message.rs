//! Messages: signed once, kept as the bytes that are sent.

use jiff::Timestamp;
use serde_json::Value;

use crate::vendor::ChannelKind;
use crate::wire::set::{Claims, Unchecked};

/// What has become of a message that is ours to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It will be sent, or sent again.
    Queued,
    /// The vendor's server took it. What the vendor does with it is another matter.
    Delivered,
    /// The user must do something first.
    Held,
    /// The vendor will never take it.
    Failed,
    /// It was overtaken before it was sent, or the user dropped it.
    Cancelled,
    /// It is the vendor's, and was verified.
    Received,
}

impl MessageState {
    /// The name, as in JSON and in the vault.
    pub fn name(self) -> &'static str {
        match self {
            MessageState::Queued => "queued",
            MessageState::Delivered => "delivered",
            MessageState::Held => "held",
            MessageState::Failed => "failed",
            MessageState::Cancelled => "cancelled",
            MessageState::Received => "received",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        use MessageState::*;
        [Queued, Delivered, Held, Failed, Cancelled, Received].into_iter().find(|state| state.name() == name)
    }
}

/// One message, out or in.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Our id of it; for our own also its `jti`.
    pub id: String,
    /// Whether it is ours.
    pub outgoing: bool,
    /// To or from whom.
    pub vendor_id: String,
    /// The grant that it is about.
    pub grant_id: Option<String>,
    /// The event's name.
    pub event: String,
    /// The grant's version that it makes or answers.
    pub version: Option<u32>,
    /// The compact SET.
    pub jws: String,
    /// Its hash.
    pub set_hash: String,
    /// What became of it.
    pub state: MessageState,
    /// When it was signed, or received.
    pub created_at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was first sent to a server that could be connected to: since then it may have arrived.
    pub attempted_at: Option<Timestamp>,
    /// Not before this is it sent again.
    pub due_at: Option<Timestamp>,
    /// When the vendor's server took it.
    pub delivered_at: Option<Timestamp>,
    /// Why it is in this state, in words.
    pub reason: Option<String>,
    /// The message that it answers.
    pub answers: Option<String>,
    /// The key (JWK) that it was verified with.
    pub verified_by: Option<String>,
    /// By which way it was last tried.
    pub channel: Option<ChannelKind>,
}

impl Message {
    /// The claims of its token. None where it is not readable.
    pub fn claims(&self) -> Option<Claims> {
        Unchecked::parse(&self.jws).ok().map(|set| set.peek().clone())
    }

    /// What its event says. None where the token is not readable.
    pub fn payload(&self) -> Option<Value> {
        self.claims().and_then(|claims| claims.events.into_values().next())
    }
}
