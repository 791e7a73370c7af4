//! `cmr vendor add`.

use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use super::super::args::vendor::{ChannelArgs, TokenArgs};
use super::super::output::vault::DryRun;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::super::{config, secret};
use super::vendor::{approve, detail};
use super::vendor_channel::{given, set_up};
use crate::delivery::channel::connector;
use crate::delivery::discover;
use crate::delivery::http::{self, Http, TIMEOUT};
use crate::error::{Error, Kind};
use crate::vendor::{self, Channel, ChannelKind, NewVendor};
use crate::wire::discovery::Metadata;
use crate::wire::jose::Jwk;

/// A vendor as the user names it.
pub(super) struct Add<'a> {
    pub(super) name: &'a str,
    pub(super) url: Option<&'a str>,
    pub(super) channel: &'a ChannelArgs,
    pub(super) token: &'a TokenArgs,
    pub(super) allow_loopback: bool,
    pub(super) approve_origin: &'a [String],
    pub(super) account: Option<&'a str>,
}

/// What the vendor says of itself, if it speaks the protocol.
struct Found {
    metadata: Metadata,
    approved_origins: Vec<String>,
    keys: Vec<Jwk>,
}

impl Add<'_> {
    pub(super) fn run(&self, session: &Session) -> Result<Outcome> {
        vendor::check_name(self.name)?;
        let url = self.url()?;
        let channels = self.channels(&url)?;
        let mut vault = session.vault()?;
        let token = secret::given_token(self.token)?;
        let found = if self.speaks_the_protocol() { Some(self.discover(session, &url)?) } else { None };
        if session.globals().dry_run {
            return self.would_add(session, &url, &channels);
        }
        let links = found.as_ref().is_some_and(|found| !found.metadata.authorization_servers.is_empty());
        let token = match token {
            None if self.wants_token() && !links => ask_token(session, self.name)?,
            token => token,
        };
        let has_token = token.is_some();
        let (metadata, approved_origins, keys) = match found {
            Some(found) => (Some(found.metadata), found.approved_origins, found.keys),
            None => (None, Vec::new(), Vec::new()),
        };
        let (name, allow_loopback) = (self.name.to_owned(), self.allow_loopback);
        let vendor = vault.write(|tx| {
            let new = NewVendor { name, url, metadata, channels, keys, allow_loopback, approved_origins, token };
            let vendor = vendor::add(tx, new)?;
            if let Some(account) = self.account {
                vendor::set_account(tx, &vendor, Some(account))?;
            }
            Ok(vendor)
        })?;
        session.printer().show(&detail(&vault, &vendor)?)?;
        session.printer().remark(&self.next(has_token, links));
        Ok(Outcome::Done)
    }

    /// What is to be done next.
    fn next(&self, has_token: bool, links: bool) -> String {
        let name = self.name;
        match has_token || !self.wants_token() {
            false if links => format!("Next, sign in there, so that cmr is let in: cmr vendor link {name}"),
            true => format!("Next: cmr grant create {name} --claims … --purpose … --expires 90d"),
            false => format!("No token is kept for it. When it gives you one: cmr vendor set {name} --token-file FILE"),
        }
    }

    fn would_add(&self, session: &Session, url: &Url, channels: &[Channel]) -> Result<Outcome> {
        let kinds: Vec<&str> = channels.iter().map(|channel| channel.kind.name()).collect();
        let would = match self.speaks_the_protocol() {
            true => format!("{url} is a vendor that cmr can talk to: it would be added as {}.", self.name),
            false => format!("{} would be added, to be reached by {}.", self.name, kinds.join(", then ")),
        };
        session.printer().show(&DryRun { would })?;
        Ok(Outcome::Done)
    }

    fn speaks_the_protocol(&self) -> bool {
        self.channel.channels.is_empty() || self.channel.channels.contains(&ChannelKind::Set)
    }

    /// Whether some way to it wants to be let in.
    fn wants_token(&self) -> bool {
        let by_text = |kind: &ChannelKind| matches!(kind, ChannelKind::Mail | ChannelKind::Letter);
        self.channel.channels.is_empty() || !self.channel.channels.iter().all(by_text)
    }

    /// Its address on the web. One that is reached by mail or letter alone need have none.
    fn url(&self) -> Result<Url> {
        match self.url {
            Some(typed) => discover::vendor_url(typed),
            None if self.wants_token() => self.connector_host()?.ok_or_else(|| {
                Error::usage("--url is missing: where the vendor is").hint("--url https://shop.example")
            }),
            None => {
                let urn = format!("urn:uuid:{}", Uuid::now_v7());
                Url::parse(&urn).map_err(|e| Error::failed(format!("cannot name the vendor: {e}")))
            }
        }
    }

    /// The one host that the vendor's connector is for.
    fn connector_host(&self) -> Result<Option<Url>> {
        match &self.channel.connector {
            Some(name) => connector::fixed_host(name, config::connectors().as_deref()),
            None => Ok(None),
        }
    }

    fn channels(&self, url: &Url) -> Result<Vec<Channel>> {
        let given = given(self.channel, Some(url).filter(|url| url.has_host()), self.allow_loopback)?;
        self.channel.channels.iter().map(|kind| set_up(*kind, &given)).collect()
    }

    fn discover(&self, session: &Session, url: &Url) -> Result<Found> {
        let http = Http::new(TIMEOUT)?;
        http::run(async {
            let metadata = discover::metadata(&http, url, self.allow_loopback).await.map_err(|e| self.otherwise(e))?;
            let approved_origins = approve(session, &metadata, url, self.approve_origin, &[])?;
            let keys = discover::keys(&http, &metadata, self.allow_loopback).await?.keys;
            Ok(Found { metadata, approved_origins, keys })
        })?
    }

    /// A vendor that publishes nothing may be reached in another way.
    fn otherwise(&self, error: Error) -> Error {
        match error.kind() == Kind::BadInput && error.to_string().starts_with("there is no vendor document") {
            true => error.hint(format!(
                "reach it otherwise: cmr vendor add {} --channel mail --mail-to ADDRESS (or scim, connector, letter)",
                self.name
            )),
            false => error,
        }
    }
}

fn ask_token(session: &Session, name: &str) -> Result<Option<SecretString>> {
    let typed = session.prompt().optional_secret(&format!("The token that {name} gave you (empty for none)"))?;
    typed.as_ref().map(secret::token).transpose()
}
