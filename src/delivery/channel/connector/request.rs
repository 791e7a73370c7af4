//! Requests, made from a connector's description and what is lent.

use serde_json::{Map, Value};
use url::Url;

use super::file::{Auth, Call, Read, Verb, templates_of};
use super::template::{Filling, Template};
use super::{MAX_ANSWER, Settings};
use crate::delivery::http::{self, HeaderMap, HeaderName, HeaderValue, Method, Request};
use crate::error::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

/// Whether a request has a place for a claim that is among those that fill it.
pub(super) fn says_something(call: &Call, with: &Filling) -> bool {
    templates_of(call)
        .iter()
        .any(|template| template.claims().next().is_some() && template.fill(with, str::to_owned).is_some())
}

/// The request that sets claims, or takes them away.
pub(super) fn of_call(settings: &Settings, call: &Call, with: &Filling, null: bool) -> Result<Request> {
    let method = match call.method {
        Verb::Put => Method::PUT,
        Verb::Post => Method::POST,
        Verb::Patch => Method::PATCH,
    };
    let mut request = Request::new(method, url(settings, &call.path, with)?, MAX_ANSWER);
    headers(&mut request.headers, &call.headers, with)?;
    Ok(match (&call.json, &call.form) {
        (Some(json), _) => {
            let body = filled(json, with, null).unwrap_or_else(|| Value::Object(Map::new()));
            request.with_body("application/json", body.to_string())
        }
        (None, form) => {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            for (name, text) in form.iter().flatten() {
                if let Some(value) = template(text)?.fill(with, str::to_owned) {
                    body.append_pair(name, &value);
                }
            }
            request.with_body("application/x-www-form-urlencoded", body.finish())
        }
    })
}

/// The request that reads claims back.
pub(super) fn of_read(settings: &Settings, read: &Read, with: &Filling) -> Result<Request> {
    let url = url(settings, &read.path, with)?;
    let mut request = match &read.json {
        Some(json) => Request::new(Method::POST, url, MAX_ANSWER)
            .with_body("application/json", filled(json, with, false).unwrap_or_default().to_string()),
        None => Request::new(Method::GET, url, MAX_ANSWER),
    };
    headers(&mut request.headers, &read.headers, with)?;
    Ok(request)
}

/// Lets a request in.
pub(super) fn let_in(request: Request, auth: &Auth, with: &Filling, secret: Option<&SecretString>) -> Result<Request> {
    let Some(secret) = secret else { return Ok(request) };
    match auth {
        Auth::Bearer => Ok(request.authorized(Some(http::bearer(secret)?))),
        Auth::Basic { user } => {
            let user = template(user)?.fill(with, str::to_owned).unwrap_or_default();
            Ok(request.authorized(Some(http::basic(&user, secret)?)))
        }
        Auth::Header { name } => {
            let wrong = || Error::bad_input("the vendor's token holds characters that no token has");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
            let mut value = HeaderValue::try_from(secret.expose_secret()).map_err(|_| wrong())?;
            value.set_sensitive(true);
            let mut request = request;
            request.headers.insert(name, value);
            Ok(request)
        }
    }
}

fn template(text: &str) -> Result<Template> {
    Template::parse(text).map_err(|what| Error::damaged(format!("it holds a connector that is not readable: {what}")))
}

fn url(settings: &Settings, path: &str, with: &Filling) -> Result<Url> {
    let escape = |value: &str| percent(value);
    let path = template(path)?.fill(with, escape).unwrap_or_default();
    let (path, query) = path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
    let mut url = settings.host.clone();
    // Below what the user gave: the program may stand in a folder of its server.
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}{path}"));
    url.set_query(query);
    Ok(url)
}

/// Escapes whatever could end a segment of a path.
fn percent(value: &str) -> String {
    // A name of dots alone would be a way up.
    if value.chars().all(|c| c == '.') {
        return value.replace('.', "%2E");
    }
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

fn headers(to: &mut HeaderMap, from: &std::collections::BTreeMap<String, String>, with: &Filling) -> Result<()> {
    for (name, text) in from {
        let value = template(text)?.fill(with, str::to_owned).unwrap_or_default();
        let wrong = |_| Error::bad_input(format!("{name} would hold characters that no header field has"));
        let value = HeaderValue::try_from(value).map_err(wrong)?;
        let name =
            HeaderName::try_from(name.as_str()).map_err(|_| Error::damaged("it holds a header without a name"))?;
        to.insert(name, value);
    }
    Ok(())
}

/// JSON with its places filled. What has places and no claim for them is left out, and what is empty by that as well.
fn filled(json: &Value, with: &Filling, null: bool) -> Option<Value> {
    match json {
        Value::String(text) => {
            let template = Template::parse(text).ok()?;
            if with.empty && null && template.claims().next().is_some() {
                return template.fill(with, str::to_owned).map(|_| Value::Null);
            }
            template.fill(with, str::to_owned).map(Value::String)
        }
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(|item| filled(item, with, null)).collect();
            (!items.is_empty() || json == &Value::Array(Vec::new())).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            let filled: Map<String, Value> =
                members.iter().filter_map(|(name, member)| Some((name.clone(), filled(member, with, null)?))).collect();
            (!filled.is_empty() || members.is_empty()).then_some(Value::Object(filled))
        }
        other => Some(other.clone()),
    }
}
