//! `cmr vendor`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::connector::ConnectorVerb;
use super::{candidates, examples};
use crate::vendor::ChannelKind;

/// Vendors, and your relationship with each.
#[derive(Debug, Args)]
pub struct VendorArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: VendorVerb,
}

/// Where a vendor's token comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct TokenArgs {
    /// Read the token that the vendor gave you from this file
    #[arg(long, value_name = "FILE", conflicts_with = "token_fd", add = candidates::files())]
    pub token_file: Option<PathBuf>,
    /// Read it from this open file descriptor
    #[arg(long, value_name = "N")]
    pub token_fd: Option<u32>,
}

/// `cmr vendor link`.
#[derive(Debug, Clone, Args)]
pub struct LinkArgs {
    /// The vendor
    #[arg(add = candidates::vendors())]
    pub vendor: String,
    /// Its authorization server, where its document does not name the one
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The client that you registered there by hand, where it registers none by itself
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Read the secret of that client from this file
    #[arg(long, value_name = "FILE", requires = "client_id", add = candidates::files())]
    pub client_secret_file: Option<PathBuf>,
    /// What cmr may do there, instead of what the vendor's document names; can be given several times
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Sign in with a browser on this machine instead of a code
    #[arg(long)]
    pub browser: bool,
    /// Approve an endpoint's origin other than the vendor's own
    #[arg(long, value_name = "ORIGIN")]
    pub approve_origin: Vec<String>,
    /// Begin anew: with a new code, and with the authorization server as it is now, where it has changed
    #[arg(long)]
    pub anew: bool,
}

/// The ways to a vendor, and what sets them up.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Channels")]
pub struct ChannelArgs {
    /// The way that messages go, or several in your order: set, scim, connector, mail, letter
    #[arg(long = "channel", value_name = "KIND", value_delimiter = ',', value_parser = channel)]
    pub channels: Vec<ChannelKind>,
    /// For connector: which one; cmr vendor connector list shows them
    #[arg(long, value_name = "NAME")]
    pub connector: Option<String>,
    /// Whatever else a channel needs, such as user_id=@ada:example.org
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub with: Vec<(String, String)>,
    /// For mail: the vendor's address
    #[arg(long, value_name = "ADDRESS")]
    pub mail_to: Option<String>,
    /// For letter: a file with the vendor's postal address, or the address with \n between its lines
    #[arg(long, value_name = "FILE|TEXT")]
    pub letter_to: Option<String>,
    /// For mail and letter: the vendor's language, en, fr, de or es
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
}

fn channel(typed: &str) -> Result<ChannelKind, String> {
    let names = || ChannelKind::ALL.map(ChannelKind::name).join(", ");
    ChannelKind::from_name(typed).ok_or_else(|| format!("the channels are {}", names()))
}

fn pair(typed: &str) -> Result<(String, String), String> {
    let (name, value) = typed.split_once('=').ok_or("it has the form NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// What a list of vendors is ordered by, beside rank and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// What imports show.
    Evidence,
}

/// What to do with vendors.
#[derive(Debug, Subcommand)]
pub enum VendorVerb {
    /// Add a vendor: discover what it takes, and make a key for this relationship alone
    #[command(after_help = examples::help(&examples::VENDOR_ADD))]
    Add {
        /// What you call it
        name: String,
        /// Its https URL, as it names it for cmr, or that of its server
        #[arg(long)]
        url: Option<String>,
        /// The ways to it.
        #[command(flatten)]
        channel: ChannelArgs,
        /// Where the token comes from.
        #[command(flatten)]
        token: TokenArgs,
        /// Let the vendor be on this machine, without TLS; kept with the vendor. For tests
        #[arg(long)]
        allow_loopback: bool,
        /// Approve an endpoint's origin other than the vendor's own
        #[arg(long, value_name = "ORIGIN")]
        approve_origin: Vec<String>,
        /// Your account or customer number there
        #[arg(long)]
        account: Option<String>,
    },
    /// List the vendors
    #[command(after_help = examples::help(&examples::VENDOR_LIST))]
    List {
        /// With what imports show of each: account, payments, mail; the last seen first
        #[arg(long, value_name = "WHAT")]
        by: Option<By>,
        /// Only ghosts: an account not used for three years, no payment since, and nothing lent
        #[arg(long)]
        ghosts: bool,
    },
    /// Show a vendor: what it takes, its keys, grants, aliases and notes
    Show {
        /// The vendor: its name or the beginning of it, its domain, or its id
        #[arg(add = candidates::vendors())]
        vendor: String,
    },
    /// Change what you keep about a vendor
    #[command(after_help = examples::help(&examples::VENDOR_SET))]
    Set {
        /// The vendor
        #[arg(add = candidates::vendors(), required_unless_present = "all")]
        vendor: Option<String>,
        /// Call it otherwise
        #[arg(long)]
        name: Option<String>,
        /// Its name in full
        #[arg(long)]
        title: Option<String>,
        /// Your account or customer number there; empty takes it away
        #[arg(long)]
        account: Option<String>,
        /// How much it matters to you, 1 first; 0 takes it away
        #[arg(long)]
        rank: Option<i64>,
        /// Where a new token comes from.
        #[command(flatten)]
        token: TokenArgs,
        /// Read its document and keys again
        #[arg(long)]
        discover: bool,
        /// The ways to it.
        #[command(flatten)]
        channel: ChannelArgs,
        /// Take a channel away
        #[arg(long, value_name = "KIND", value_parser = channel, help_heading = "Channels")]
        drop_channel: Option<ChannelKind>,
        /// Approve an endpoint's origin other than the vendor's own
        #[arg(long, value_name = "ORIGIN")]
        approve_origin: Vec<String>,
        /// Sign with a new key there, as soon as the vendor took it
        #[arg(long)]
        new_key: bool,
        /// With --new-key: at every vendor that knows a key of yours
        #[arg(long, requires = "new_key", conflicts_with_all = ["vendor", "name", "title", "account", "rank",
              "token_file", "token_fd", "discover", "approve_origin", "channels", "connector", "with", "mail_to",
              "letter_to", "language", "drop_channel"])]
        all: bool,
    },
    /// Link your account there: sign in once, and cmr is let in until you unlink it
    Link(LinkArgs),
    /// Unlink the account: take back there what let cmr in, and forget it here
    Unlink {
        /// The vendor
        #[arg(add = candidates::vendors())]
        vendor: String,
        /// Forget it here even where the vendor does not take it back; what remains there is said
        #[arg(long)]
        force: bool,
    },
    /// Connectors: files that describe the API of a vendor
    Connector {
        /// What to do.
        #[command(subcommand)]
        verb: ConnectorVerb,
    },
    /// Note something about a vendor
    Note {
        /// The vendor
        #[arg(add = candidates::vendors())]
        vendor: String,
        /// The note
        text: String,
    },
    /// Give one vendor another value of a claim than the others get
    Alias {
        /// The vendor
        #[arg(add = candidates::vendors())]
        vendor: String,
        /// The claim
        #[arg(add = candidates::claims())]
        claim: Option<String>,
        /// The value for this vendor; without it the alias is shown
        value: Option<String>,
        /// Take the alias away
        #[arg(long, conflicts_with = "value", requires = "claim")]
        remove: bool,
    },
    /// Ask a vendor what it shows of what you lent it, and took back
    Verify {
        /// The vendor
        #[arg(add = candidates::vendors())]
        vendor: String,
        /// Bring again what it shows otherwise, where it is lent
        #[arg(long)]
        again: bool,
        /// How long it may take to answer, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
        timeout: u64,
    },
    /// What a vendor knows of you, from what was delivered and not stated deleted
    #[command(after_help = examples::help(&examples::VENDOR_KNOWS))]
    Knows {
        /// The vendor
        #[arg(add = candidates::vendors())]
        vendor: String,
        /// As of the end of this day, or of this moment
        #[arg(long, value_name = "DATE")]
        at: Option<String>,
    },
}
