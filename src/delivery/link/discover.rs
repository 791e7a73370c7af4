//! Finding the authorization server of a vendor, and reading what it publishes.

use url::Url;

use super::metadata::{Resource, Server};
use crate::delivery::http::{Http, Trouble};
use crate::error::{Error, Result};
use crate::text::printable;
use crate::wire::discovery::{MAX_DOCUMENT, metadata_url};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The vendor's own document, where it has one.
    pub resource: Option<Resource>,
    /// Its authorization server.
    pub server: Server,
}

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The vendor's URL.
    pub vendor: &'a Url,
    /// Whether it may be on this machine.
    pub allow_loopback: bool,
    /// The issuer that the user named.
    pub issuer: Option<&'a str>,
}

/// Finds the authorization server that the vendor's document or the user names.
///
/// # Errors
/// Kind failed for the network; kind bad input for documents that cannot be used; kind not found where nobody names one.
pub async fn find(http: &Http, place: Place<'_>) -> Result<Found> {
    let resource = match document(http, &metadata_url(place.vendor)?, place.allow_loopback).await {
        Ok(body) => body.map(|body| Resource::parse(&body, place.vendor)).transpose()?,
        // The user named the issuer: a vendor that has no such page at all needs none.
        Err(error) if place.issuer.is_some() => {
            log::info!("the vendor's document: {error}");
            None
        }
        Err(error) => return Err(error),
    };
    let listed = resource.as_ref().map(|found| found.authorization_servers.as_slice()).unwrap_or_default();
    let issuer = choose(place.vendor, listed, place.issuer)?;
    let server = server(http, &issuer, place.allow_loopback).await?;
    Ok(Found { resource, server })
}

/// The one issuer among those that the vendor lists, or that the user named.
fn choose(vendor: &Url, listed: &[String], named: Option<&str>) -> Result<String> {
    let shown = || listed.iter().map(|one| printable(one)).collect::<Vec<_>>().join(", ");
    let same = |one: &&String, named: &str| one.trim_end_matches('/') == named.trim_end_matches('/');
    match (listed, named) {
        ([], Some(named)) => Ok(named.to_owned()),
        (listed, Some(named)) => listed.iter().find(|one| same(one, named)).cloned().ok_or_else(|| {
            Error::bad_input(format!("{vendor} does not name {} as its authorization server", printable(named)))
                .hint(format!("it names {}", shown()))
        }),
        ([one], None) => Ok(one.clone()),
        ([], None) => Err(Error::not_found(format!("{vendor} does not say where accounts are linked"))
            .hint("name its authorization server with --issuer URL, or keep a token that it gave you")),
        (_, None) => Err(Error::usage(format!("{vendor} has several authorization servers: {}", shown()))
            .hint("choose one with --issuer URL")),
    }
}

/// Reads an authorization server's document: RFC 8414, else what OpenID Connect Discovery has.
///
/// # Errors
/// As [`find`].
pub async fn server(http: &Http, issuer: &str, allow_loopback: bool) -> Result<Server> {
    for url in places(issuer)? {
        if let Some(body) = document(http, &url, allow_loopback).await? {
            return Server::parse(&body, issuer);
        }
    }
    Err(Error::bad_input(format!("{} publishes nothing about itself", printable(issuer)))
        .hint("is this the vendor's authorization server? --issuer URL names another"))
}

/// Where an issuer's document may lie: the well-known path goes between host and path (RFC 8414, section 3.1), that of
/// OpenID Connect comes after the path.
fn places(issuer: &str) -> Result<[Url; 2]> {
    let bad = |why: &str| Error::bad_input(format!("{:?} cannot be an issuer: {why}", printable(issuer)));
    let url = Url::parse(issuer).map_err(|e| bad(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad("it is not an https URL"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it has more than a host and a path"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let at = |path: String| {
        let mut url = url.clone();
        url.set_path(&path);
        url
    };
    Ok([
        at(format!("/.well-known/oauth-authorization-server{path}")),
        at(format!("{path}/.well-known/openid-configuration")),
    ])
}

/// Fetches a document; none where there is none.
async fn document(http: &Http, url: &Url, allow_loopback: bool) -> Result<Option<Vec<u8>>> {
    let reply = http.get(url, allow_loopback, MAX_DOCUMENT).await.map_err(|trouble| match trouble {
        Trouble::Network { what, .. } => Error::failed(format!("{url} could not be read: {what}")).hint("try again"),
        Trouble::Refused(error) => error,
    })?;
    match reply.status {
        200 if reply.broken => Err(Error::failed(format!("{url} broke off")).hint("try again")),
        200 => Ok(Some(reply.body)),
        404 | 410 => Ok(None),
        status => Err(Error::failed(format!("{url} answers {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn the_document_lies_at_two_places() {
        let at = |issuer| places(issuer).unwrap().map(|url| url.to_string());
        assert_eq!(
            at("https://as.example"),
            [
                "https://as.example/.well-known/oauth-authorization-server",
                "https://as.example/.well-known/openid-configuration"
            ]
        );
        assert_eq!(
            at("https://as.example/tenant/"),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant",
                "https://as.example/tenant/.well-known/openid-configuration"
            ]
        );
        for bad in ["as.example", "ftp://as.example", "https://a@as.example", "https://as.example/?x", "mailto:a@b"] {
            assert!(places(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_issuer_is_never_guessed() {
        let vendor = Url::parse("https://shop.example").unwrap();
        let choose = |listed: &[&str], named| {
            let listed: Vec<String> = listed.iter().map(|one| (*one).to_owned()).collect();
            choose(&vendor, &listed, named).map_err(|error| error.kind())
        };
        assert_eq!(choose(&["https://a.example"], None).unwrap(), "https://a.example");
        assert_eq!(choose(&[], Some("https://b.example")).unwrap(), "https://b.example");
        // As it is listed, not as it was typed.
        assert_eq!(choose(&["https://a.example/"], Some("https://a.example")).unwrap(), "https://a.example/");
        assert_eq!(choose(&["https://a.example"], Some("https://b.example")), Err(Kind::BadInput));
        assert_eq!(choose(&["https://a.example", "https://b.example"], None), Err(Kind::Usage));
        assert_eq!(choose(&[], None), Err(Kind::NotFound));
    }
}
