//! What a vendor publishes about itself: protected-resource metadata (RFC 9728) with a `cmr` object.

use serde::{Deserialize, Serialize};
use url::{Origin, Url};

use crate::error::{Error, Result};

/// The largest discovery document or key set that is read, in bytes.
pub const MAX_DOCUMENT: usize = 256 * 1024;

/// The largest SET that a vendor accepts when its document does not say, in bytes.
pub const DEFAULT_MAX_SET_BYTES: usize = 64 * 1024;

/// The version of this profile, as `cmr.version` states it.
pub const PROFILE_VERSION: u32 = 1;

/// The members of the metadata that this profile reads or writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The vendor's resource URL: the `aud` of what it receives and the `iss` of what it sends.
    pub resource: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// Where its signing keys are.
    pub jwks_uri: String,
    /// Authorization servers, for account linking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<String>,
    /// How a bearer token is taken; `header` here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bearer_methods_supported: Vec<String>,
    /// A page with the vendor's privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_policy_uri: Option<String>,
    /// This profile's own object.
    pub cmr: CmrObject,
}

/// The `cmr` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CmrObject {
    /// Major version of the profile.
    pub version: u32,
    /// Where SETs are pushed to.
    pub push_endpoint: String,
    /// Where answers are polled from.
    pub poll_endpoint: String,
    /// Event URIs that the vendor takes.
    #[serde(default)]
    pub events_supported: Vec<String>,
    /// Claims that the vendor takes; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_supported: Vec<String>,
    /// IEEE 7012 agreements that the vendor signs; empty means that it does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms_supported: Vec<String>,
    /// The largest SET it takes, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_set_bytes: Option<usize>,
}

/// Where the metadata of a resource lies: the well-known path goes between host and path (RFC 9728, section 3.1).
///
/// # Errors
/// Kind bad input for a URL that is no http(s) URL, or has a query, a fragment, a user or a password.
pub fn metadata_url(resource: &Url) -> Result<Url> {
    let bad = |why: &str| Error::bad_input(format!("{} cannot be a vendor's URL: {why}", resource.as_str()));
    if !matches!(resource.scheme(), "http" | "https") || resource.host().is_none() {
        return Err(bad("it is not an https URL"));
    }
    if resource.query().is_some() || resource.fragment().is_some() {
        return Err(bad("it has a query or a fragment"));
    }
    if !resource.username().is_empty() || resource.password().is_some() {
        return Err(bad("it holds a user name or a password"));
    }
    let mut url = resource.clone();
    let path = resource.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
    Ok(url)
}

/// A resource URL as this profile compares it: without the slash that a URL parser adds to an empty path.
pub fn resource_id(resource: &Url) -> String {
    match resource.path() {
        "/" => resource.as_str().trim_end_matches('/').to_owned(),
        _ => resource.as_str().to_owned(),
    }
}

impl Metadata {
    /// Reads a document that was fetched for this resource, and checks that it is about that resource
    /// (RFC 9728, section 3.3), that this version of the profile can talk to it, and that its endpoints are URLs.
    ///
    /// # Errors
    /// Kind bad input, saying what is wrong with the document.
    pub fn parse(json: &[u8], resource: &Url) -> Result<Self> {
        let refuse = |why: String| Error::bad_input(format!("the document of {}: {why}", resource_id(resource)));
        let metadata: Self = serde_json::from_slice(json).map_err(|e| refuse(format!("not readable: {e}")))?;
        if metadata.resource != resource_id(resource) && metadata.resource != resource.as_str() {
            let other = crate::text::printable(&metadata.resource);
            return Err(refuse(format!("it speaks for another resource, {other}"))
                .hint(format!("if that is the vendor, give that URL: --url {other}")));
        }
        if metadata.cmr.version != PROFILE_VERSION {
            return Err(refuse(format!("it speaks version {} of the profile, not 1", metadata.cmr.version)));
        }
        for (name, text) in metadata.endpoints() {
            let url = Url::parse(text).map_err(|e| refuse(format!("{name} is not a URL: {e}")))?;
            if url.scheme() != resource.scheme() {
                return Err(refuse(format!("{name} is not {}: {text:?}", resource.scheme())));
            }
        }
        Ok(metadata)
    }

    fn endpoints(&self) -> [(&'static str, &str); 3] {
        [
            ("push_endpoint", &self.cmr.push_endpoint),
            ("poll_endpoint", &self.cmr.poll_endpoint),
            ("jwks_uri", &self.jwks_uri),
        ]
    }

    /// Origins other than the resource's own that an endpoint lies on: the user approves them once.
    pub fn foreign_origins(&self, resource: &Url) -> Vec<String> {
        let own = resource.origin();
        let mut origins: Vec<String> = self
            .endpoints()
            .iter()
            .filter_map(|(_, text)| Url::parse(text).ok().map(|url| url.origin()))
            .filter(|origin| *origin != own)
            .map(|origin: Origin| origin.ascii_serialization())
            .collect();
        origins.sort();
        origins.dedup();
        origins
    }

    /// The largest SET that may be sent, in bytes.
    pub fn max_set_bytes(&self) -> usize {
        self.cmr.max_set_bytes.unwrap_or(DEFAULT_MAX_SET_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn document(resource: &str, push: &str) -> String {
        serde_json::json!({
            "resource": resource, "jwks_uri": "https://acme.example/jwks",
            "cmr": {"version": 1, "push_endpoint": push, "poll_endpoint": "https://acme.example/poll"},
        })
        .to_string()
    }

    #[test]
    fn the_well_known_path_goes_between_host_and_path() {
        let at = |text| metadata_url(&url(text)).unwrap().to_string();
        assert_eq!(at("https://acme.example"), "https://acme.example/.well-known/oauth-protected-resource");
        assert_eq!(at("https://acme.example/a/b"), "https://acme.example/.well-known/oauth-protected-resource/a/b");
        for bad in ["ftp://acme.example", "https://a@acme.example", "https://acme.example/?q", "mailto:a@b"] {
            assert!(metadata_url(&url(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_document_about_somebody_else_is_refused() {
        let resource = url("https://acme.example");
        assert!(
            Metadata::parse(document("https://acme.example", "https://acme.example/set").as_bytes(), &resource).is_ok()
        );
        let other = Metadata::parse(document("https://evil.example", "https://acme.example/set").as_bytes(), &resource);
        assert!(other.unwrap_err().to_string().contains("another resource"));
    }

    #[test]
    fn endpoints_elsewhere_are_named_and_plain_http_is_refused() {
        let resource = url("https://acme.example");
        let elsewhere = document("https://acme.example", "https://push.example/set");
        let metadata = Metadata::parse(elsewhere.as_bytes(), &resource).unwrap();
        assert_eq!(metadata.foreign_origins(&resource), ["https://push.example"]);
        let plain = document("https://acme.example", "http://acme.example/set");
        assert!(Metadata::parse(plain.as_bytes(), &resource).is_err());
    }
}
