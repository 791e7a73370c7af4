//! Channels, in `vendor show`.

use schemars::JsonSchema;
use serde::Serialize;

use super::text::{Col, Tone, plain, toned};
use crate::delivery::{self, channel::Ways};
use crate::vendor::{Channel, ChannelKind, FoundBy};
use crate::wire::event::Event;

/// A way to a vendor.
#[derive(Serialize, JsonSchema)]
pub struct ChannelView {
    /// What sort of way it is.
    pub kind: ChannelKind,
    /// Where it leads.
    pub leads_to: String,
    /// Who set it up.
    pub found_by: FoundBy,
    /// Whether what you lend goes this way: it is the first in your order that can carry it.
    pub in_use: bool,
}

impl ChannelView {
    /// The views of all ways to a vendor.
    pub fn all(ways: &Ways, channels: &[Channel]) -> Vec<Self> {
        let lends = ways.carrying(Event::GrantCreated).map(|way| way.kind());
        let view = |(way, channel): (&dyn delivery::channel::Channel, &Channel)| Self {
            kind: channel.kind,
            leads_to: crate::text::printable(&way.leads_to()),
            found_by: channel.found_by,
            in_use: lends == Some(channel.kind),
        };
        ways.iter().zip(channels).map(view).collect()
    }

    pub(super) fn row(&self) -> [Col; 4] {
        let why = match self.found_by {
            FoundBy::Discovery => "its document names it",
            FoundBy::User => "you set it up",
            FoundBy::Import => "an import brought it",
        };
        let used = if self.in_use { "what you lend" } else { "" };
        [toned(self.kind.name(), Tone::Strong), plain(&self.leads_to), plain(why), toned(used, Tone::Good)]
    }
}
