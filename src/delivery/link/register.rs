//! Registration: one client for one relationship, known by the relationship's key (RFC 7591), and its end (RFC 7592).

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::metadata::Server;
use super::{Auth, Client, Failure, Link, MAX_ANSWER, MAX_WORDS, browser};
use crate::delivery::http::{Http, Method, Reply, Request, Trouble, bearer};
use crate::error::{Error, Result};
use crate::text::printable;
use crate::wire::jose::Jwk;

/// The grants that are asked for, where the server offers them.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What a registration says.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The authorization server.
    pub server: &'a Server,
    /// The relationship's public key.
    pub key: Jwk,
    /// What will be asked for.
    pub scope: &'a [String],
    /// Whether tokens are to be bound to the key.
    pub dpop: bool,
}

/// What the server answers.
#[derive(Deserialize)]
struct Registered {
    client_id: String,
    client_secret: Option<String>,
    token_endpoint_auth_method: Option<String>,
    registration_client_uri: Option<Url>,
    registration_access_token: Option<String>,
}

/// How a client that is registered here proves itself.
///
/// # Errors
/// Kind bad input where the server takes nothing that we can prove.
pub fn method(server: &Server) -> Result<Auth> {
    match () {
        () if server.takes_our_assertions() => Ok(Auth::PrivateKeyJwt),
        () if server.token_endpoint_auth_methods_supported.iter().any(|one| one == "none") => Ok(Auth::None),
        () => Err(Error::bad_input(format!(
            "{} registers no client that proves itself by an Ed25519 key",
            printable(&server.issuer)
        ))
        .hint("register one by hand there, and give it: --client-id ID")),
    }
}

impl Wanted<'_> {
    fn document(&self, auth: Auth) -> Value {
        let server = self.server;
        let mut grants = vec!["refresh_token"];
        if server.device_authorization_endpoint.is_some() {
            grants.push(DEVICE_GRANT);
        }
        let browser = server.authorization_endpoint.is_some();
        if browser {
            grants.push("authorization_code");
        }
        let mut document = json!({
            "client_name": "cmr",
            "application_type": "native",
            "grant_types": grants,
            "response_types": if browser { vec!["code"] } else { Vec::new() },
            "redirect_uris": if browser { vec![browser::REDIRECT] } else { Vec::new() },
            "token_endpoint_auth_method": auth.name(),
            "jwks": {"keys": [self.key]},
        });
        if auth == Auth::PrivateKeyJwt {
            document["token_endpoint_auth_signing_alg"] = json!("EdDSA");
        }
        if !self.scope.is_empty() {
            document["scope"] = json!(self.scope.join(" "));
        }
        if self.dpop {
            document["dpop_bound_access_tokens"] = json!(true);
        }
        document
    }
}

/// Registers a client.
///
/// # Errors
/// A [`Failure`].
pub async fn register(
    http: &Http,
    allow_loopback: bool,
    wanted: &Wanted<'_>,
    approved: impl Fn(&Url) -> bool,
) -> Result<Client, Failure> {
    let server = wanted.server;
    let url = server.registration_endpoint.clone().ok_or_else(|| {
        let what = format!("{} registers no clients by itself", printable(&server.issuer));
        Failure::Unusable(Error::bad_input(what).hint("register one by hand there, and give it: --client-id ID"))
    })?;
    let auth = method(server).map_err(Failure::Unusable)?;
    let request = |wanted: &Wanted| {
        let body = wanted.document(auth).to_string();
        Request::new(Method::POST, url.clone(), MAX_ANSWER).with_body("application/json", body)
    };
    let mut reply = send(http, allow_loopback, request(wanted)).await?;
    if reply.status == 400 && !wanted.scope.is_empty() {
        // Some want to hear of scopes here, and some of their own alone: those of a resource are asked for with the token.
        reply = send(http, allow_loopback, request(&Wanted { scope: &[], ..wanted.clone() })).await?;
    }
    match reply.status {
        200 | 201 => read(&reply, auth, None, approved),
        401 | 403 => Err(Failure::Unusable(
            Error::must_act(format!("{} registers no strangers", printable(&server.issuer)))
                .hint("register a client by hand there, and give it: --client-id ID"),
        )),
        _ => Err(refused(&reply)),
    }
}

/// Puts another key of the relationship into its registration (RFC 7592, section 2.2): whoever has the token of the
/// registration may, whatever key the server knows.
///
/// # Errors
/// A [`Failure`].
pub async fn change_key(
    http: &Http,
    allow_loopback: bool,
    link: &Link,
    key: Jwk,
    approved: impl Fn(&Url) -> bool,
) -> Result<Client, Failure> {
    let Some((url, token)) = &link.client.registration else {
        return Err(Failure::Unusable(Error::bad_input("the client was registered by hand")));
    };
    let token = bearer(token).map_err(Failure::Unusable)?;
    let request = |scope: &[String]| {
        let wanted = Wanted { server: &link.server, key: key.clone(), scope, dpop: link.dpop };
        let mut document = wanted.document(link.client.auth);
        document["client_id"] = json!(link.client.id);
        Request::new(Method::PUT, url.clone(), MAX_ANSWER)
            .with_body("application/json", document.to_string())
            .authorized(Some(token.clone()))
    };
    let mut reply = send(http, allow_loopback, request(&link.scope)).await?;
    if reply.status == 400 && !link.scope.is_empty() {
        reply = send(http, allow_loopback, request(&[])).await?;
    }
    match reply.status {
        200 => read(&reply, link.client.auth, Some(&link.client), approved),
        _ => Err(refused(&reply)),
    }
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// It is deleted.
    Now,
    /// The server has it no more.
    Before,
}

/// Deletes a registration (RFC 7592, section 2.3).
///
/// # Errors
/// A [`Failure`].
pub async fn delete(http: &Http, allow_loopback: bool, url: &Url, token: &SecretString) -> Result<Deleted, Failure> {
    let token = bearer(token).map_err(Failure::Unusable)?;
    let request = Request::new(Method::DELETE, url.clone(), MAX_ANSWER).authorized(Some(token));
    let reply = send(http, allow_loopback, request).await?;
    match reply.status {
        200 | 202 | 204 => Ok(Deleted::Now),
        404 | 410 => Ok(Deleted::Before),
        _ => Err(refused(&reply)),
    }
}

async fn send(http: &Http, allow_loopback: bool, request: Request) -> Result<Reply, Failure> {
    match http.send(request, allow_loopback).await {
        Ok(reply) if reply.broken => Err(Failure::Lost("its answer broke off".into())),
        Ok(reply) if reply.status >= 500 || matches!(reply.status, 408 | 425 | 429) => {
            Err(Failure::Lost(format!("it answered {}", reply.status)))
        }
        Ok(reply) => Ok(reply),
        Err(Trouble::Network { what, .. }) => Err(Failure::Lost(what)),
        Err(Trouble::Refused(error)) => Err(Failure::Unusable(error)),
    }
}

/// Reads a registration. Where it is changed must lie on an origin that is approved: a token goes there. What an answer to a
/// change leaves out stays as it was.
fn read(
    reply: &Reply,
    asked: Auth,
    before: Option<&Client>,
    approved: impl Fn(&Url) -> bool,
) -> Result<Client, Failure> {
    let unusable = |why: &str| Failure::Unusable(Error::bad_input(format!("the registration is not used: {why}")));
    let registered: Registered =
        serde_json::from_slice(&reply.body).map_err(|_| unusable("it is not what RFC 7591 says"))?;
    let id = registered.client_id;
    if id.is_empty() || id.len() > 1024 || id.chars().any(char::is_control) {
        return Err(unusable("it names no client"));
    }
    if before.is_some_and(|before| before.id != id) {
        return Err(unusable("it names another client"));
    }
    let auth = match registered.token_endpoint_auth_method.as_deref() {
        None => asked,
        Some(name) => {
            Auth::from_name(name).ok_or_else(|| unusable("the client must prove itself in an unknown way"))?
        }
    };
    let secret = registered.client_secret.filter(|_| matches!(auth, Auth::Basic | Auth::Post)).map(SecretString::from);
    if matches!(auth, Auth::Basic | Auth::Post) && secret.is_none() {
        return Err(unusable("it wants a secret, and gives none"));
    }
    let uri = registered.registration_client_uri;
    let old = before.and_then(|before| before.registration.clone());
    let registration = match (uri, registered.registration_access_token) {
        (Some(uri), Some(token)) if approved(&uri) => Some((uri, token.into())),
        (None, Some(token)) => old.map(|(uri, _)| (uri, token.into())),
        (_, None) => old,
        (Some(uri), Some(_)) => {
            log::warn!(
                "the registration can be changed at {} alone, which is not approved",
                uri.origin().ascii_serialization()
            );
            old
        }
    };
    Ok(Client { id, secret, auth, registration })
}

/// The body of an error (RFC 7591, section 3.2.2).
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    #[serde(default)]
    error_description: String,
}

fn refused(reply: &Reply) -> Failure {
    let shown = |text: &str| printable(text).chars().take(MAX_WORDS).collect::<String>();
    match serde_json::from_slice::<ErrorBody>(&reply.body) {
        Ok(body) => Failure::Refused { code: shown(&body.error), words: shown(&body.error_description) },
        Err(_) => Failure::Refused { code: format!("it answered {}", reply.status), words: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::http::HeaderMap;
    use crate::wire::jose::SigningKey;
    use secrecy::ExposeSecret;

    fn server(change: impl FnOnce(&mut Value)) -> Server {
        let mut document = json!({
            "issuer": "https://as.example", "token_endpoint": "https://as.example/token",
            "authorization_endpoint": "https://as.example/auth",
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
        });
        change(&mut document);
        Server::parse(document.to_string().as_bytes(), "https://as.example").unwrap()
    }

    fn read_as(body: Value, before: Option<&Client>) -> Result<Client, Failure> {
        let body = body.to_string().into_bytes();
        let reply = Reply { status: 201, headers: HeaderMap::new(), body, cut: false, broken: false };
        read(&reply, Auth::PrivateKeyJwt, before, |url| url.host_str() == Some("as.example"))
    }

    #[test]
    fn a_registration_shows_the_public_key_and_no_name_of_the_user() {
        let key = SigningKey::from_seed(&[3; 32]);
        let server = server(|_| ());
        let scope = ["profile".to_owned()];
        let wanted = Wanted { server: &server, key: key.public(), scope: &scope, dpop: true };
        let document = wanted.document(method(&server).unwrap());
        assert_eq!(document["token_endpoint_auth_method"], "private_key_jwt");
        assert_eq!(document["jwks"]["keys"][0]["kid"], json!(key.thumbprint()));
        assert!(document["jwks"]["keys"][0].get("d").is_none());
        assert_eq!(document["client_name"], "cmr");
        assert_eq!(document["dpop_bound_access_tokens"], true);
        // No device endpoint, no device grant.
        assert_eq!(document["grant_types"], json!(["refresh_token", "authorization_code"]));
    }

    #[test]
    fn a_server_that_cannot_read_our_signature_gets_a_public_client_or_none() {
        let with = |methods: Value, algorithms: Value| {
            method(&server(|d| {
                d["token_endpoint_auth_methods_supported"] = methods;
                d["token_endpoint_auth_signing_alg_values_supported"] = algorithms;
            }))
        };
        assert_eq!(with(json!(["private_key_jwt"]), json!(["EdDSA"])).unwrap(), Auth::PrivateKeyJwt);
        assert_eq!(with(json!(["private_key_jwt", "none"]), json!(["RS256"])).unwrap(), Auth::None);
        assert!(
            with(json!(["client_secret_basic"]), json!([])).unwrap_err().hint_text().unwrap().contains("--client-id")
        );
    }

    #[test]
    fn the_token_of_a_registration_goes_nowhere_that_was_not_approved() {
        let at =
            |uri: &str| json!({"client_id": "c", "registration_client_uri": uri, "registration_access_token": "rat-1"});
        let near = read_as(at("https://as.example/reg/c"), None).unwrap();
        assert!(near.registration.is_some());
        assert!(read_as(at("https://evil.example/reg/c"), None).unwrap().registration.is_none());
        // A change that says nothing of it leaves it as it was; one with another token brings that.
        let kept = read_as(json!({"client_id": "c"}), Some(&near)).unwrap().registration.unwrap();
        assert_eq!(kept.1.expose_secret(), "rat-1");
        let new = json!({"client_id": "c", "registration_access_token": "rat-2"});
        assert_eq!(read_as(new, Some(&near)).unwrap().registration.unwrap().1.expose_secret(), "rat-2");
        assert!(read_as(json!({"client_id": "another"}), Some(&near)).is_err());
    }

    #[test]
    fn a_registration_that_cannot_be_used_is_refused() {
        for bad in [
            json!({}),
            json!({"client_id": ""}),
            json!({"client_id": "a\u{1b}[2J"}),
            json!({"client_id": "c", "token_endpoint_auth_method": "tls_client_auth"}),
            json!({"client_id": "c", "token_endpoint_auth_method": "client_secret_basic"}),
        ] {
            assert!(matches!(read_as(bad.clone(), None), Err(Failure::Unusable(_))), "{bad}");
        }
        let secret =
            json!({"client_id": "c", "token_endpoint_auth_method": "client_secret_post", "client_secret": "s"});
        assert_eq!(read_as(secret, None).unwrap().auth, Auth::Post);
    }
}
