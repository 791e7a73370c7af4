//! `cmr vendor link`.

use jiff::Timestamp;

use super::super::args::vendor::LinkArgs;
use super::super::output::link::{Code, LinkView, Linked, show_page};
use super::super::output::vault::DryRun;
use super::super::secret;
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::delivery;
use crate::delivery::answer::Hold;
use crate::delivery::http::{self, Http, TIMEOUT};
use crate::delivery::link::caller::Caller;
use crate::delivery::link::discover::{self, Found, Place};
use crate::delivery::link::register::{self, Wanted};
use crate::delivery::link::{self, Auth, Client, Failure, Link, Tokens, browser, device, metadata};
use crate::error::Error;
use crate::text::printable;
use crate::vault::{Tx, Vault, try_lock};
use crate::vendor::{self, Vendor};
use crate::wire::jose::SigningKey;

pub(super) fn run(args: &LinkArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let vendor = vendor::find(vault.connection(), &args.vendor)?;
    if vendor.web().is_none() {
        return Err(Error::bad_input(format!(
            "{} has no address on the web: there is nothing to sign in at",
            vendor.name
        )));
    }
    let _alone = try_lock(&vault.dir().join(".linking"))?.ok_or_else(|| {
        Error::failed("another cmr is linking an account").hint("confirm its code, or stop it, and try again")
    })?;
    let http = Http::new(TIMEOUT)?;
    let linking = Linking { args, session, vendor: &vendor, http: &http };
    let Some(retried) = http::run(linking.run(&mut vault))?? else { return Ok(Outcome::Done) };
    let missing = || Error::damaged(format!("it holds no link with {}", vendor.name));
    let link = LinkView::of(link::summary(vault.connection(), &vendor.id)?.ok_or_else(missing)?);
    session.printer().show(&Linked { vendor: vendor.name.clone(), link, retried })?;
    Ok(Outcome::Done)
}

struct Linking<'a> {
    args: &'a LinkArgs,
    session: &'a Session,
    vendor: &'a Vendor,
    http: &'a Http,
}

impl Linking<'_> {
    /// The key that signs for the relationship. A vendor that an import brought gets its first one now.
    fn key(&self, vault: &mut Vault) -> Result<SigningKey> {
        let id = &self.vendor.id;
        match self.session.globals().dry_run && vendor::relationship(vault.connection(), id)?.issuer.is_empty() {
            true => {
                SigningKey::generate().map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))
            }
            false => {
                vault.write(|tx| vendor::ensure_key(tx, id))?;
                vendor::signing_key(vault.connection(), id)
            }
        }
    }

    /// Links the account. Returns how many messages can go now, or none after `--dry-run`.
    async fn run(&self, vault: &mut Vault) -> Result<Option<usize>> {
        let (vendor, known) = (self.vendor, link::find(vault.connection(), &self.vendor.id)?);
        let place =
            Place { vendor: &vendor.url, allow_loopback: vendor.allow_loopback, issuer: self.issuer(known.as_ref()) };
        let found = discover::find(self.http, place).await?;
        let moved = self.settle_changes(known.as_ref(), &found)?;
        let approved = self.approve(known.as_ref(), &found)?;
        let key = self.key(vault)?;
        let mut link = self.wanted(found, approved, &key)?;
        if self.session.globals().dry_run {
            self.would(&link, known.is_some())?;
            return Ok(None);
        }
        if let Some(known) = known.as_ref().filter(|known| !self.goes_on_with(known) && known.is_worth_keeping()) {
            let (name, id) = (&vendor.name, printable(&known.client.id));
            return Err(Error::bad_input(format!("{name} knows cmr as the client {id} already"))
                .hint(format!("take that back first: cmr vendor unlink {name}")));
        }
        match known.filter(|known| self.goes_on_with(known)) {
            Some(known) => {
                (link.client, link.client_key) = (known.client, known.client_key);
                let same = !moved && !self.args.anew && known.scope == link.scope && known.dpop == link.dpop;
                link.pending = known.pending.filter(|pending| same && !pending.is_over(Timestamp::now()));
            }
            None => link.client = self.client(&link, &key).await?,
        }
        if link.pending.is_none() {
            vault.write(|tx| link::keep_client(tx, vendor, &link))?;
        }
        let key = link::key_of(vault.connection(), &vendor.id, &link.client_key)?;
        let caller = Caller::new(self.http, vendor.allow_loopback, &link.server, &link.client, &key, link.dpop);
        let (tokens, how) = match self.args.browser || link.server.device_authorization_endpoint.is_none() {
            true => (self.by_browser(&caller, &link).await?, "browser"),
            false => (self.by_device(vault, &caller, &link).await?, "device"),
        };
        vault.write(|tx| finish(tx, vendor, &tokens, how)).map(Some)
    }

    /// The issuer that the user names now, or named when the vendor's document did not.
    fn issuer<'a>(&'a self, known: Option<&'a Link>) -> Option<&'a str> {
        let before = known.filter(|known| known.resource.is_none()).map(|known| known.server.issuer.as_str());
        self.args.issuer.as_deref().or(before)
    }

    /// Whether the authorization server has changed since the account was linked, in a way that the user just agreed to.
    fn settle_changes(&self, known: Option<&Link>, found: &Found) -> Result<bool> {
        let name = &self.vendor.name;
        let Some(known) = known else { return Ok(false) };
        let Some(change) = metadata::changed(&known.server, &found.server) else { return Ok(false) };
        if known.server.issuer != found.server.issuer {
            return Err(Error::must_act(format!("{name}: {change}"))
                .hint(format!("unlink the old one first: cmr vendor unlink {name}")));
        }
        let question = format!("{name}: {change}. Link it there?");
        match self.args.anew || self.session.prompt().confirm(&question, "--anew")? {
            true => Ok(true),
            false => Err(Error::must_act("stopped at your word: nothing was changed")),
        }
    }

    /// Origins other than the vendor's own, each approved by `--approve-origin`, by the name of the issuer, before, or now.
    fn approve(&self, known: Option<&Link>, found: &Found) -> Result<Vec<String>> {
        let origins = found.server.foreign_origins(&self.vendor.url);
        let before = known.map(|known| known.approved_origins.as_slice()).unwrap_or_default();
        let named = self.args.issuer.as_deref().and_then(metadata::origin);
        for origin in &origins {
            let given = |list: &[String]| list.iter().any(|other| other.trim_end_matches('/') == origin);
            if given(&self.args.approve_origin) || given(before) || named.as_ref() == Some(origin) {
                continue;
            }
            let shown = printable(origin);
            let question =
                format!("Accounts of {} are linked at another origin, {shown}. Approve it?", self.vendor.name);
            if !self.session.prompt().confirm(&question, &format!("--approve-origin {shown}"))? {
                return Err(Error::must_act(format!("{shown} was not approved: nothing was changed")));
            }
        }
        Ok(origins)
    }

    /// The link as it is to be, but for who we are there.
    fn wanted(&self, found: Found, approved_origins: Vec<String>, key: &SigningKey) -> Result<Link> {
        let Found { resource, server } = found;
        let listed = resource.as_ref().is_some_and(|one| one.authorization_servers.contains(&server.issuer));
        let mut scope = match &self.args.scope[..] {
            [] => resource.as_ref().map(|found| found.scopes_supported.clone()).unwrap_or_default(),
            given => given.iter().flat_map(|one| one.split_whitespace()).map(str::to_owned).collect(),
        };
        if scope.iter().any(|one| one == "openid") && server.scopes_supported.iter().any(|one| one == OFFLINE) {
            scope.push(OFFLINE.to_owned());
        }
        scope.sort();
        scope.dedup();
        Ok(Link {
            dpop: metadata::binds(resource.as_ref(), &server)?,
            resource: listed.then(|| self.vendor.resource().to_owned()),
            scope,
            server,
            approved_origins,
            client: Client { id: String::new(), secret: None, auth: Auth::None, registration: None },
            client_key: key.thumbprint(),
            tokens: None,
            refreshed_at: None,
            linked_at: None,
            pending: None,
        })
    }

    /// Whether the client that is known is used again: unless the user names another one.
    fn goes_on_with(&self, known: &Link) -> bool {
        self.args.client_id.as_ref().is_none_or(|id| *id == known.client.id && self.args.client_secret_file.is_none())
    }

    /// Who we are at the server: the client that the user names, or one that is registered now.
    async fn client(&self, link: &Link, key: &SigningKey) -> Result<Client> {
        let server = &link.server;
        if let Some(id) = &self.args.client_id {
            let secret = secret::given_client_secret(self.args.client_secret_file.as_deref())?;
            let methods = &server.token_endpoint_auth_methods_supported;
            let posts = methods.iter().any(|one| one == Auth::Post.name());
            let basic = methods.is_empty() || methods.iter().any(|one| one == Auth::Basic.name());
            let auth = match secret {
                None => Auth::None,
                Some(_) if posts && !basic => Auth::Post,
                Some(_) => Auth::Basic,
            };
            return Ok(Client { id: id.clone(), secret, auth, registration: None });
        }
        let wanted = Wanted { server, key: key.public(), scope: &link.scope, dpop: link.dpop };
        let approved = link.approval(&self.vendor.url);
        let made = register::register(self.http, self.vendor.allow_loopback, &wanted, approved).await;
        made.map_err(|failure| failure.during(&format!("no client was registered for {}", self.vendor.name)))
    }

    async fn by_browser(&self, caller: &Caller<'_>, link: &Link) -> Result<Tokens> {
        let asked = browser::begin(caller, link).await?;
        show_page(&self.vendor.name, &link.server, asked.url.as_str());
        asked.wait(caller, link).await.map_err(|failure| self.said_no(failure))
    }

    async fn by_device(&self, vault: &mut Vault, caller: &Caller<'_>, link: &Link) -> Result<Tokens> {
        let (vendor, name) = (self.vendor, &self.vendor.name);
        let pending = match &link.pending {
            Some(pending) => pending.clone(),
            None => {
                let begun = device::begin(caller, link).await;
                let begun = begun.map_err(|failure| self.said_no(failure))?;
                vault.write(|tx| link::keep_pending(tx, vendor, Some(&begun)))?;
                begun
            }
        };
        let code = Code {
            vendor: name,
            server: &link.server,
            page: pending.page(),
            page_with_code: pending.page_with_code(),
            code: pending.code(),
            until: pending.expires_at,
        };
        code.show();
        match device::wait(caller, link, &pending).await {
            Ok(tokens) => Ok(tokens),
            Err(failure) => {
                if matches!(failure, Failure::Refused { .. }) {
                    vault.write(|tx| link::keep_pending(tx, vendor, None))?;
                }
                Err(self.said_no(failure))
            }
        }
    }

    /// Why nothing was linked.
    fn said_no(&self, failure: Failure) -> Error {
        let name = &self.vendor.name;
        let again = format!("for another try: cmr vendor link {name}");
        match () {
            () if failure.is("access_denied") => {
                Error::must_act(format!("{name} was not linked: it was declined there")).hint(again)
            }
            () if failure.is("expired_token") || failure.is("invalid_grant") => {
                Error::must_act(format!("{name} was not linked: the code was not confirmed in time")).hint(again)
            }
            () if failure.is("invalid_client") || failure.is("unauthorized_client") => {
                failure.during(&format!("{name} was not linked: it does not know the client")).hint(format!(
                    "if it was deleted there, forget it: cmr vendor unlink {name} --force; then cmr vendor link {name}"
                ))
            }
            () => failure.during(&format!("{name} was not linked")),
        }
    }

    fn would(&self, link: &Link, known: bool) -> Result<()> {
        let name = &self.vendor.name;
        let way = match self.args.browser || link.server.device_authorization_endpoint.is_none() {
            true => "a browser on this machine",
            false => "a code that you confirm on any device",
        };
        let client = match (&self.args.client_id, known) {
            (Some(id), _) => format!("as the client {}", printable(id)),
            (None, true) => "as the client that is registered".to_owned(),
            (None, false) => "as a client that is registered for this relationship alone".to_owned(),
        };
        let scope = if link.scope.is_empty() { "what the server gives" } else { &link.scope.join(" ") };
        let bound = if link.dpop { ", with tokens bound to your key there" } else { "" };
        let at = printable(&link.server.origin());
        let would = format!("{name} would be linked at {at} by {way}, {client}, for {}{bound}.", printable(scope));
        self.session.printer().show(&DryRun { would })
    }
}

/// What gets a refresh token where OpenID Connect is spoken (OpenID Connect Core 1.0, section 11).
const OFFLINE: &str = "offline_access";

/// Keeps the tokens, and lets go what was held for want of them.
fn finish(tx: &Tx, vendor: &Vendor, tokens: &Tokens, how: &str) -> Result<usize> {
    link::keep_linked(tx, vendor, tokens, how)?;
    Ok(delivery::release(tx, &vendor.id, &[Hold::Relink, Hold::Unlinked])?.len())
}
