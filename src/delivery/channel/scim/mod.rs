//! SCIM 2.0: the user's own entry in a vendor's directory, read and patched (RFC 7643, RFC 7644).

use reqwest::header::{ACCEPT, ETAG, IF_MATCH, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Channel, Given, Kind, Outcome, Parcel, Pending, ReadResult, Way};
use crate::delivery::answer::Answer;
use crate::delivery::http::{self, HeaderValue, MAX_ERROR_BODY, Method, Reply, Request};
use crate::error::{Error, Result};
use crate::text::printable;
use crate::wire::event::Event;

mod map;
mod patch;
#[cfg(test)]
mod patch_tests;
mod reply;

use map::{member, text_at};
use patch::{Change, Patch, quoted};
use reply::{document, refused, scim_type, senseless, unclear, unread};

/// The content type of SCIM (RFC 7644, section 3.1).
const CONTENT_TYPE: &str = "application/scim+json";

/// The largest user that is read, in bytes.
const MAX_USER: usize = 256 * 1024;

/// How often a user that somebody else changes meanwhile is read and patched.
const TRIES: usize = 3;

/// Where a vendor's directory is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The address that all others of the directory begin with.
    pub base: Url,
    /// The user's own entry, where the user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Url>,
}

impl Settings {
    /// The settings by what was given: the vendor's URL, and `user`, which is an entry's URL or its id.
    ///
    /// # Errors
    /// Kind usage without a URL, or for something else that is given; kind bad input for an entry on another origin.
    pub fn of(given: &Given) -> Result<Self> {
        let missing =
            || Error::usage("--url is missing: where the SCIM server is").hint("--url https://shop.example/scim/v2");
        let base = given.url.clone().ok_or_else(missing)?;
        if given.connector.is_none()
            && let Some(name) = given.with.keys().find(|name| *name != "user")
        {
            let what = format!("scim takes no {}", printable(name));
            return Err(Error::usage(what).hint("--with user=ID says which entry of the directory is yours"));
        }
        let user =
            given.with.get("user").filter(|user| !user.is_empty()).map(|typed| entry(&base, typed)).transpose()?;
        Ok(Self { base, user })
    }
}

/// The URL of an entry that is named by it, or by its id.
fn entry(base: &Url, typed: &str) -> Result<Url> {
    if !typed.starts_with("http://") && !typed.starts_with("https://") {
        return Ok(below(base, &["Users", typed]));
    }
    let url = Url::parse(typed).map_err(|e| Error::bad_input(format!("user={} is no URL: {e}", printable(typed))))?;
    match url.origin() == base.origin() {
        true => Ok(url),
        false => Err(Error::bad_input(format!("user={} lies on another origin than {base}", printable(typed)))),
    }
}

/// A URL below another.
fn below(base: &Url, names: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(names);
    }
    url
}

/// The way to a vendor's directory.
pub struct Scim {
    settings: Settings,
    account: Option<String>,
}

/// The user's entry, as it was read.
struct User {
    url: Url,
    /// Whether it was read by the name that everybody has for their own.
    is_me: bool,
    etag: Option<HeaderValue>,
    body: Value,
}

/// Something that was read, or what came of trying to.
type Read<T> = std::result::Result<T, Outcome>;

impl Scim {
    /// A way by its settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings, account: None }
    }

    /// The same for the user who has this account there: what the entry is looked for by.
    #[must_use]
    pub fn known_as(mut self, account: Option<String>) -> Self {
        self.account = account;
        self
    }

    /// Finds the user's entry: where the user said, else as `/Me` (RFC 7644, section 3.11), else by the account's name.
    async fn find(&self, way: &mut Way<'_>, account: Option<&str>) -> Read<User> {
        if let Some(user) = &self.settings.user {
            return self.read(way, self.own(user.as_str())?, false).await;
        }
        let url = below(&self.settings.base, &["Me"]);
        let reply = get(way, url.clone()).await?;
        match (reply.status, reply.header(LOCATION)) {
            (200..=299, _) => return User::of(&reply, url, true),
            (300..=399, Some(elsewhere)) => {
                let url = self.own(elsewhere)?;
                return self.read(way, url, false).await;
            }
            (status, _) if no_me(status) => {}
            _ => return Err(unread(&reply)),
        }
        let nameless = "it knows no entry as yours by your token alone, and no account of yours is kept: \
                        --account USERNAME or --with user=ID says it";
        let account = account.ok_or_else(|| unclear(nameless))?;
        let reply = get(way, self.search(account)).await?;
        let location = self.only(&reply, account)?;
        self.read(way, location, false).await
    }

    /// The question for a user of this name (RFC 7644, section 3.4.2.2).
    fn search(&self, account: &str) -> Url {
        let mut url = below(&self.settings.base, &["Users"]);
        url.query_pairs_mut().append_pair("filter", &format!("userName eq {}", quoted(account)));
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        url
    }

    /// The one entry that is found: neither two nor somebody else's.
    fn only(&self, reply: &Reply, account: &str) -> Read<Url> {
        if !(200..=299).contains(&reply.status) {
            return Err(unread(reply));
        }
        let list = document(reply)?;
        let found: Vec<&Value> = map::entries(&list, "Resources").collect();
        let total = member(&list, "totalResults").and_then(Value::as_u64).unwrap_or(found.len() as u64);
        let [user] = found[..] else {
            return Err(unclear(&format!(
                "{total} of its entries have your account's name: --with user=ID says which is yours"
            )));
        };
        let is_named =
            text_at(user, &["userName"]).is_some_and(|name| name.trim().eq_ignore_ascii_case(account.trim()));
        if total != 1 || !is_named {
            return Err(unclear(
                "what it finds by your account's name is not it: --with user=ID says which entry is yours",
            ));
        }
        match (text_at(user, &["meta", "location"]), text_at(user, &["id"])) {
            (Some(location), _) => self.own(location),
            (None, Some(id)) => Ok(below(&self.settings.base, &["Users", id])),
            (None, None) => Err(senseless("an entry without an id")),
        }
    }

    /// An address in the directory. One on another origin is not gone to: the token is for this one.
    fn own(&self, location: &str) -> Read<Url> {
        let url = self.settings.base.join(location).map_err(|_| senseless("an address that is no URL"))?;
        if url.origin() != self.settings.base.origin() {
            let words =
                format!("it says that your entry lies on another origin, {}", url.origin().ascii_serialization());
            return Err(Outcome { answer: Answer::NotContacted, words, unsent: true });
        }
        Ok(url)
    }

    async fn read(&self, way: &mut Way<'_>, url: Url, is_me: bool) -> Read<User> {
        let reply = get(way, url.clone()).await?;
        match reply.status {
            200..=299 => User::of(&reply, url, is_me),
            _ => Err(unread(&reply)),
        }
    }

    /// Makes the user's entry show what it should. Whoever changes it meanwhile is not written over: it is read again.
    async fn change(&self, way: &mut Way<'_>, parcel: &Parcel) -> Read<Outcome> {
        let change = Change { set: &parcel.set, before: &parcel.before, clear: &parcel.clear, kind: kind_of(parcel) };
        let account = parcel.account.as_deref().or(self.account.as_deref());
        let mut user = self.find(way, account).await?;
        let mut sent = false;
        for _ in 0..TRIES {
            let patch = Patch::of(&user.body, &change);
            let taken = Outcome { words: patch.words(), ..Outcome::taken() };
            if patch.operations.is_empty() {
                return Ok(taken);
            }
            let reply = way.send(user.patched(way, &patch)?).await.map_err(|trouble| {
                let outcome = Outcome::none(&trouble);
                Outcome { unsent: outcome.unsent && !sent, ..outcome }
            })?;
            sent = true;
            let again = match reply.status {
                200..=299 => return Ok(taken),
                412 => self.read(way, user.url.clone(), user.is_me).await,
                400 if scim_type(&reply).as_deref() == Some("noTarget") => {
                    self.read(way, user.url.clone(), user.is_me).await
                }
                // It shows the entry by that name, and does not take it there.
                status if user.is_me && no_me(status) => match text_at(&user.body, &["meta", "location"]) {
                    Some(location) => self.read(way, self.own(location)?, false).await,
                    None => return Err(refused(&reply)),
                },
                _ => return Err(refused(&reply)),
            };
            user = again.map_err(|outcome| Outcome { unsent: false, ..outcome })?;
        }
        let words =
            format!("somebody else changed your entry each of the {TRIES} times that it was about to be changed");
        Err(Outcome { answer: Answer::Nothing, words, unsent: false })
    }
}

/// Statuses by which a server says that it has no `/Me`, whatever else they may mean.
fn no_me(status: u16) -> bool {
    matches!(status, 403 | 404 | 405 | 501)
}

/// The type of an e-mail address, a number or an address that is added: by the persona that it is of.
fn kind_of(parcel: &Parcel) -> &'static str {
    match parcel.grant.as_ref().is_some_and(|grant| grant.persona == "work") {
        true => "work",
        false => "home",
    }
}

/// Asks for something in the directory.
async fn get(way: &mut Way<'_>, url: Url) -> Read<Reply> {
    let request = request(way, Method::GET, url, MAX_USER)?;
    // Nothing of the user's has left by asking.
    way.send(request).await.map_err(|trouble| Outcome { unsent: true, ..Outcome::none(&trouble) })
}

fn request(way: &Way<'_>, method: Method, url: Url, limit: usize) -> Read<Request> {
    let not = |error: Error| Outcome { answer: Answer::NotContacted, words: error.to_string(), unsent: true };
    let token = way.credential.map(http::bearer).transpose().map_err(not)?;
    let mut request = Request::new(method, url, limit).authorized(token);
    request.headers.insert(ACCEPT, HeaderValue::from_static(CONTENT_TYPE));
    Ok(request)
}

impl User {
    fn of(reply: &Reply, url: Url, is_me: bool) -> Read<Self> {
        let body = document(reply)?;
        let version = reply.header(ETAG).or_else(|| text_at(&body, &["meta", "version"]));
        let etag = version.and_then(|version| HeaderValue::try_from(version).ok());
        Ok(Self { url, is_me, etag, body })
    }

    /// The request that patches it as it was read (RFC 7644, section 3.14). A server without versions is patched without.
    fn patched(&self, way: &Way<'_>, patch: &Patch) -> Read<Request> {
        let request = request(way, Method::PATCH, self.url.clone(), MAX_ERROR_BODY)?;
        let mut request = request.with_body(CONTENT_TYPE, patch.body());
        if let Some(etag) = &self.etag {
            request.headers.insert(IF_MATCH, etag.clone());
        }
        Ok(request)
    }
}

impl Channel for Scim {
    fn kind(&self) -> Kind {
        Kind::Scim
    }

    fn leads_to(&self) -> String {
        self.settings.user.as_ref().unwrap_or(&self.settings.base).to_string()
    }

    fn takes(&self, claim: &str) -> bool {
        map::place(claim).is_some()
    }

    fn carries(&self, event: Event) -> bool {
        // It holds values, and knows neither grants nor what a customer has to say.
        matches!(event, Event::GrantCreated | Event::GrantUpdated | Event::GrantRevoked)
    }

    fn deliver<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        Box::pin(async move { self.change(way, parcel).await.unwrap_or_else(|outcome| outcome) })
    }

    fn withdraw<'a>(&'a self, way: &'a mut Way<'_>, parcel: &'a Parcel) -> Pending<'a, Outcome> {
        self.deliver(way, parcel)
    }

    fn shows(&self) -> bool {
        true
    }

    fn read_back<'a>(&'a self, way: &'a mut Way<'_>, claims: &'a [String]) -> Option<Pending<'a, ReadResult>> {
        Some(Box::pin(async move {
            let user = self.find(way, self.account.as_deref()).await?;
            Ok(map::shown(&user.body, claims))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(url: &str, with: &[(&str, &str)]) -> Given {
        let with = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Given { url: Url::parse(url).ok(), with, ..Given::default() }
    }

    #[test]
    fn an_entry_is_named_by_its_id_or_by_its_url_at_the_vendor() {
        let user = |typed: &str| Settings::of(&given("https://shop.example/scim/v2/", &[("user", typed)]));
        let named = |typed: &str| user(typed).unwrap().user.unwrap().to_string();
        assert_eq!(named("28/19"), "https://shop.example/scim/v2/Users/28%2F19");
        assert_eq!(named("https://shop.example/u/7"), "https://shop.example/u/7");
        assert!(user("https://thief.example/u/7").unwrap_err().to_string().contains("another origin"));
        assert_eq!(Settings::of(&given("https://shop.example", &[])).unwrap().user, None);
        let wrong = Settings::of(&given("https://shop.example", &[("usr", "7")])).unwrap_err();
        assert!(wrong.to_string().contains("takes no usr"));
    }

    #[test]
    fn an_account_of_any_name_is_one_string_in_the_question() {
        let scim = Scim::new(Settings::of(&given("https://shop.example/v2", &[])).unwrap());
        let url = scim.search("a+b \" or userName pr & \\");
        assert_eq!(url.path(), "/v2/Users");
        let (name, value) = url.query_pairs().next().unwrap();
        assert_eq!((name.as_ref(), url.query_pairs().count()), ("filter", 1));
        assert_eq!(value, r#"userName eq "a+b \" or userName pr & \\""#);
        assert!(!url.query().unwrap().contains('+'), "a blank is %20 to everybody");
    }

    #[test]
    fn an_entry_elsewhere_is_not_gone_to() {
        let scim = Scim::new(Settings::of(&given("https://shop.example/v2", &[])).unwrap());
        assert_eq!(scim.own("/v2/Users/1").ok().unwrap().as_str(), "https://shop.example/v2/Users/1");
        for elsewhere in ["https://thief.example/Users/1", "http://shop.example/v2/Users/1", "//thief.example/1"] {
            let outcome = scim.own(elsewhere).unwrap_err();
            assert_eq!((outcome.answer, outcome.unsent), (Answer::NotContacted, true), "{elsewhere}");
        }
    }
}
