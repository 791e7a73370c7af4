//! Discovery: fetching what a vendor publishes about itself.

use url::Url;

use super::http::{Http, Trouble};
use crate::error::{Error, Result};
use crate::wire::discovery::{MAX_DOCUMENT, Metadata, metadata_url};
use crate::wire::jose::JwkSet;

/// The URL that a user typed for a vendor; `https://` may be left out.
///
/// # Errors
/// Kind bad input for what is no URL, or cannot be a vendor's.
pub fn vendor_url(typed: &str) -> Result<Url> {
    let text = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let url = Url::parse(&text)
        .map_err(|e| Error::bad_input(format!("{typed:?} is not a URL: {e}")).hint("such as https://shop.example"))?;
    metadata_url(&url)?;
    Ok(url)
}

/// Fetches a vendor's document and checks that it is about this very URL.
///
/// # Errors
/// Kind failed for the network; kind bad input for a document that cannot be used, saying why.
pub async fn metadata(http: &Http, url: &Url, allow_loopback: bool) -> Result<Metadata> {
    let body = document(http, &metadata_url(url)?, allow_loopback).await?;
    Metadata::parse(&body, url)
}

/// Fetches the keys that a vendor signs with. Its document must have been approved before: the URL may lie elsewhere.
///
/// # Errors
/// As [`metadata`]; also for a set without a key that can be used.
pub async fn keys(http: &Http, metadata: &Metadata, allow_loopback: bool) -> Result<JwkSet> {
    let url = Url::parse(&metadata.jwks_uri).map_err(|e| Error::bad_input(format!("jwks_uri is not a URL: {e}")))?;
    let body = document(http, &url, allow_loopback).await?;
    let mut set = JwkSet::parse(&body).map_err(|e| Error::bad_input(format!("{url}: {e}")))?;
    set.keys.retain(|key| key.kid.is_some() && key.thumbprint().is_ok());
    if set.keys.is_empty() {
        return Err(Error::bad_input(format!("{url} holds no key that can be used: a key needs a kid")));
    }
    Ok(set)
}

async fn document(http: &Http, url: &Url, allow_loopback: bool) -> Result<Vec<u8>> {
    let reply = http.get(url, allow_loopback, MAX_DOCUMENT).await.map_err(|trouble| match trouble {
        Trouble::Network { what, .. } => {
            Error::failed(format!("the vendor could not be reached: {what}")).hint("check the URL, and try again")
        }
        Trouble::Refused(error) => error,
    })?;
    match reply.status {
        200 => Ok(reply.body),
        404 => Err(Error::bad_input(format!("there is no vendor document at {url}"))
            .hint("is this the URL that the vendor names for cmr?")),
        status => Err(Error::failed(format!("{url} answers {status}"))),
    }
}
