//! What is published about linking: by the vendor (RFC 9728), and by the authorization server that it names (RFC 8414).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, Result};
use crate::text::printable;
use crate::wire::discovery::resource_id;

/// The names under which servers list the algorithm that we sign with (RFC 8037, RFC 9864).
const ALGORITHMS: [&str; 2] = ["EdDSA", "Ed25519"];

/// What linking needs of a vendor's document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Resource {
    /// Whose document it is.
    pub resource: String,
    /// The issuers of tokens for it.
    #[serde(default)]
    pub authorization_servers: Vec<String>,
    /// What may be asked for.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    /// Algorithms of DPoP proofs that it takes.
    #[serde(default)]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether it takes no token that is not bound to a key.
    #[serde(default)]
    pub dpop_bound_access_tokens_required: bool,
}

impl Resource {
    /// Reads a document that was fetched for this URL. It must speak for that very URL (RFC 9728, section 3.3).
    ///
    /// # Errors
    /// Kind bad input.
    pub fn parse(json: &[u8], url: &Url) -> Result<Self> {
        let refuse = |why: String| Error::bad_input(format!("the document of {}: {why}", resource_id(url)));
        let found: Self =
            serde_json::from_slice(json).map_err(|e| refuse(format!("not readable: {}", printable(&e.to_string()))))?;
        match found.resource == resource_id(url) || found.resource == url.as_str() {
            true => Ok(found),
            false => Err(refuse(format!("it speaks for another resource, {}", printable(&found.resource)))),
        }
    }
}

/// What linking needs of an authorization server's document; kept with the link, so that a change is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name, exactly as it stands in the document.
    pub issuer: String,
    /// Where tokens come from.
    pub token_endpoint: Url,
    /// Where a code for another device comes from (RFC 8628).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<Url>,
    /// The page for a browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Url>,
    /// Where clients register (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<Url>,
    /// Where tokens are taken back (RFC 7009).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<Url>,
    /// How a client may prove itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// What a client's assertion may be signed with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// What DPoP proofs may be signed with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Which forms of PKCE it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// What may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// Whether it names itself in what a browser brings back (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Server {
    /// Reads a document that was fetched for this issuer: it must name that very issuer (RFC 8414, section 3.3), and no
    /// endpoint may be reached with less protection.
    ///
    /// # Errors
    /// Kind bad input.
    pub fn parse(json: &[u8], issuer: &str) -> Result<Self> {
        let refuse = |why: String| Error::bad_input(format!("the authorization server {}: {why}", printable(issuer)));
        let found: Self = serde_json::from_slice(json)
            .map_err(|e| refuse(format!("its document is not readable: {}", printable(&e.to_string()))))?;
        if found.issuer != issuer {
            return Err(refuse(format!("its document is that of another issuer, {}", printable(&found.issuer))));
        }
        let scheme = Url::parse(issuer).map(|url| url.scheme().to_owned()).unwrap_or_default();
        match found.endpoints().into_iter().find(|(_, url)| url.scheme() != "https" && url.scheme() != scheme) {
            Some((name, url)) => Err(refuse(format!("its {name} is not https: {url}"))),
            None => Ok(found),
        }
    }

    fn endpoints(&self) -> Vec<(&'static str, &Url)> {
        let all = [
            ("token_endpoint", Some(&self.token_endpoint)),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_ref()),
            ("authorization_endpoint", self.authorization_endpoint.as_ref()),
            ("registration_endpoint", self.registration_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
        ];
        all.into_iter().filter_map(|(name, url)| url.map(|url| (name, url))).collect()
    }

    /// The origin that signs in: what a person should see in their browser's address bar.
    pub fn origin(&self) -> String {
        origin(&self.issuer).unwrap_or_else(|| self.issuer.clone())
    }

    /// The origins of the issuer and its endpoints, but for the vendor's own: the user approves them once.
    pub fn foreign_origins(&self, vendor: &Url) -> Vec<String> {
        let own = vendor.origin().ascii_serialization();
        let endpoints = self.endpoints().into_iter().map(|(_, url)| url.origin().ascii_serialization());
        let mut origins: Vec<String> = endpoints.chain([self.origin()]).filter(|origin| *origin != own).collect();
        origins.sort();
        origins.dedup();
        origins
    }

    /// Whether a client may prove itself by a JWT that we can sign (RFC 7523).
    pub fn takes_our_assertions(&self) -> bool {
        let algorithms = &self.token_endpoint_auth_signing_alg_values_supported;
        let method = self.token_endpoint_auth_methods_supported.iter().any(|one| one == "private_key_jwt");
        // A server that lists no algorithm breaks RFC 8414; it may know ours.
        method && (algorithms.is_empty() || ours(algorithms))
    }

    /// Whether it issues tokens bound to a key of ours (RFC 9449).
    pub fn takes_our_proofs(&self) -> bool {
        ours(&self.dpop_signing_alg_values_supported)
    }
}

/// The origin of a URL in a document.
pub fn origin(text: &str) -> Option<String> {
    Url::parse(text).ok().map(|url| url.origin().ascii_serialization())
}

fn ours(algorithms: &[String]) -> bool {
    algorithms.iter().any(|one| ALGORITHMS.contains(&one.as_str()))
}

/// Whether the tokens are to be bound to the relationship's key: where the vendor wants it, or both sides can.
///
/// # Errors
/// Kind bad input where the vendor wants it and it cannot be had.
pub fn binds(resource: Option<&Resource>, server: &Server) -> Result<bool> {
    let Some(resource) = resource else { return Ok(false) };
    let listed = &resource.dpop_signing_alg_values_supported;
    let possible = server.takes_our_proofs() && (listed.is_empty() || ours(listed));
    match resource.dpop_bound_access_tokens_required {
        true if !possible => Err(Error::bad_input(format!(
            "{} takes only tokens that are bound to a key, and not to one of Ed25519, which is what cmr has",
            printable(&resource.resource)
        ))),
        wanted => Ok(possible && (wanted || !listed.is_empty())),
    }
}

/// What of an authorization server is no longer as it was when the account was linked, in words; none where all of it is.
/// What it offers beside is no change.
pub fn changed(kept: &Server, found: &Server) -> Option<String> {
    if kept.issuer != found.issuer {
        let (was, is) = (printable(&kept.issuer), printable(&found.issuer));
        return Some(format!("its authorization server was {was}, and is {is} now"));
    }
    let now = found.endpoints();
    kept.endpoints().into_iter().find_map(|(name, was)| {
        let is = now.iter().find(|(other, _)| *other == name).map(|(_, url)| *url);
        match is {
            Some(is) if is == was => None,
            Some(is) => Some(format!("its {name} was {was}, and is {is} now")),
            None => Some(format!("its {name} was {was}, and there is none now")),
        }
    })
}

/// Whether a vendor's document names other authorization servers than the one that its account is linked with, in words.
/// One that names none says nothing about it.
pub fn names_another(listed: &[String], kept: &Server) -> Option<String> {
    let first = listed.first().filter(|_| !listed.contains(&kept.issuer))?;
    Some(format!("it is linked with {}, and its document now names {}", printable(&kept.issuer), printable(first)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://login.shop.example";

    fn document() -> Value {
        json!({
            "issuer": ISSUER, "token_endpoint": "https://login.shop.example/token",
            "device_authorization_endpoint": "https://login.shop.example/device",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "EdDSA"],
            "dpop_signing_alg_values_supported": ["Ed25519"], "unknown": {"member": null},
        })
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Server> {
        let mut document = document();
        change(&mut document);
        Server::parse(document.to_string().as_bytes(), ISSUER)
    }

    fn server() -> Server {
        with(|_| ()).unwrap()
    }

    #[test]
    fn a_document_of_another_issuer_is_refused_whatever_differs() {
        for other in ["https://login.shop.example/", "https://LOGIN.shop.example", "https://evil.example", ""] {
            let error = with(|d| d["issuer"] = json!(other)).unwrap_err().to_string();
            assert!(error.contains("another issuer"), "{other}: {error}");
        }
        assert!(server().takes_our_assertions() && server().takes_our_proofs());
    }

    #[test]
    fn an_endpoint_without_tls_is_refused_unless_its_issuer_has_none() {
        let error = with(|d| d["token_endpoint"] = json!("http://login.shop.example/token")).unwrap_err();
        assert!(error.to_string().contains("token_endpoint is not https"), "{error}");
        let local = json!({"issuer": "http://127.0.0.1:9", "token_endpoint": "http://127.0.0.1:9/token"});
        assert!(Server::parse(local.to_string().as_bytes(), "http://127.0.0.1:9").is_ok());
        for bad in ["not a url", "/token", ""] {
            assert!(with(|d| d["token_endpoint"] = json!(bad)).is_err(), "{bad}");
        }
        assert!(Server::parse(b"<html>\x1b[31m", ISSUER).is_err());
    }

    #[test]
    fn origins_other_than_the_vendors_own_are_named_once() {
        let vendor = Url::parse("https://shop.example/api").unwrap();
        assert_eq!(server().foreign_origins(&vendor), [ISSUER]);
        assert!(server().foreign_origins(&Url::parse(ISSUER).unwrap()).is_empty());
        let elsewhere = with(|d| d["token_endpoint"] = json!("https://tokens.example/t")).unwrap();
        assert_eq!(elsewhere.foreign_origins(&vendor), [ISSUER, "https://tokens.example"]);
    }

    #[test]
    fn what_moved_is_named_and_what_is_new_is_no_change() {
        assert_eq!(changed(&server(), &server()), None);
        let more = with(|d| d["revocation_endpoint"] = json!("https://login.shop.example/revoke")).unwrap();
        assert_eq!(changed(&server(), &more), None);
        assert!(changed(&more, &server()).unwrap().contains("there is none now"));
        let moved = with(|d| d["token_endpoint"] = json!("https://login.shop.example/other")).unwrap();
        assert!(changed(&server(), &moved).unwrap().contains("token_endpoint was"));
        let other = Server { issuer: "https://evil.example".into(), ..server() };
        assert!(changed(&server(), &other).unwrap().contains("https://evil.example now"));
    }

    #[test]
    fn a_vendor_that_names_another_server_is_noticed_and_one_that_names_none_is_not() {
        let ask = |listed: &[&str]| {
            let listed: Vec<String> = listed.iter().map(|one| (*one).to_owned()).collect();
            names_another(&listed, &server())
        };
        assert_eq!(ask(&[]), None);
        assert_eq!(ask(&["https://other.example", ISSUER]), None);
        assert!(ask(&["https://other.example"]).unwrap().ends_with("now names https://other.example"));
    }

    #[test]
    fn tokens_are_bound_where_the_vendor_wants_it_or_both_can() {
        let resource = |required: bool, listed: &[&str]| Resource {
            dpop_bound_access_tokens_required: required,
            dpop_signing_alg_values_supported: listed.iter().map(|one| (*one).to_owned()).collect(),
            ..Resource::default()
        };
        let without = Server { dpop_signing_alg_values_supported: vec!["ES256".into()], ..server() };
        let ask = |required, listed: &[&str], server: &Server| binds(Some(&resource(required, listed)), server);
        assert!(ask(true, &[], &server()).unwrap());
        assert!(ask(false, &["EdDSA"], &server()).unwrap());
        assert!(!ask(false, &[], &server()).unwrap());
        assert!(!ask(false, &["ES256"], &server()).unwrap());
        assert!(!ask(false, &["EdDSA"], &without).unwrap());
        assert!(ask(true, &[], &without).is_err());
        assert!(ask(true, &["ES256"], &server()).is_err());
        assert!(!binds(None, &server()).unwrap());
    }

    #[test]
    fn a_vendors_document_speaks_for_that_vendor() {
        let url = Url::parse("https://shop.example/scim").unwrap();
        let plain = json!({"resource": "https://shop.example/scim", "authorization_servers": [ISSUER]});
        let found = Resource::parse(plain.to_string().as_bytes(), &url).unwrap();
        assert_eq!(found.authorization_servers, [ISSUER]);
        let other = json!({"resource": "https://evil.example"}).to_string();
        assert!(Resource::parse(other.as_bytes(), &url).unwrap_err().to_string().contains("another resource"));
    }
}
