//! The channels of `cmr vendor add` and `cmr vendor set`.

use std::path::Path;

use url::Url;

use super::super::args::vendor::ChannelArgs;
use super::super::{Result, config};
use crate::delivery::channel::{Given, settings};
use crate::error::{Error, io};
use crate::vault::Tx;
use crate::vendor::{self, Channel, ChannelKind, FoundBy, Vendor};

/// The longest postal address that is read from a file, in bytes.
const MAX_ADDRESS: u64 = 4096;

/// What was typed for channels, for a vendor at this URL.
pub(super) fn given(args: &ChannelArgs, url: Option<&Url>, allow_loopback: bool) -> Result<Given> {
    Ok(Given {
        url: url.cloned(),
        connector: args.connector.clone(),
        connectors: config::connectors(),
        with: args.with.iter().cloned().collect(),
        mail_to: args.mail_to.clone(),
        letter_to: args.letter_to.as_deref().map(postal_address).transpose()?,
        language: args.language.clone(),
        allow_loopback,
    })
}

/// A postal address: the content of a file of this name, or what was typed.
fn postal_address(typed: &str) -> Result<String> {
    let path = Path::new(typed);
    if !path.is_file() {
        return Ok(typed.replace("\\n", "\n"));
    }
    if path.metadata().is_ok_and(|file| file.len() > MAX_ADDRESS) {
        return Err(Error::bad_input(format!("{} is longer than {MAX_ADDRESS} bytes: no address is", path.display())));
    }
    std::fs::read_to_string(path).map_err(|e| io("read", path, e))
}

/// A way of this kind, by what was typed.
pub(super) fn set_up(kind: ChannelKind, given: &Given) -> Result<Channel> {
    let found_by = if kind == ChannelKind::Set { FoundBy::Discovery } else { FoundBy::User };
    Ok(Channel { kind, settings: settings(kind, given)?, found_by })
}

/// Sets ways up, puts them first in the order in which they were typed, or takes one away. Returns what changed, in words.
pub(super) fn change(
    tx: &Tx,
    vendor: &Vendor,
    args: &ChannelArgs,
    dropped: Option<ChannelKind>,
) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    let given = given(args, vendor.web(), vendor.allow_loopback)?;
    let there = vendor::channels(tx, &vendor.id)?;
    for kind in &args.channels {
        let is_there = there.iter().any(|channel| channel.kind == *kind);
        if is_there && !given.speaks_of(*kind) {
            continue;
        }
        if *kind == ChannelKind::Set {
            return Err(Error::bad_input(format!("{} has no document of the protocol", vendor.name))
                .hint(format!("look for one: cmr vendor set {} --discover", vendor.name)));
        }
        vendor::put_channel(tx, vendor, &set_up(*kind, &given)?)?;
        changed.push(format!("it can be reached by {}", kind.name()));
    }
    if !args.channels.is_empty() {
        vendor::order_channels(tx, vendor, &args.channels)?;
        let names: Vec<&str> = args.channels.iter().map(|kind| kind.name()).collect();
        changed.push(format!("messages go by {}", names.join(", then ")));
    }
    if let Some(kind) = dropped {
        vendor::remove_channel(tx, vendor, kind)?;
        changed.push(format!("it is not reached by {} any more", kind.name()));
    }
    Ok(changed)
}
