//! Requests made of a connector file's calls: values are put into what is parsed already, never into raw text, so that none
//! of them can break out of its place.

use std::collections::BTreeSet;

use reqwest::header::AUTHORIZATION;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::file::{Auth, AuthKind, Call, CallMethod, File};
use super::template::{Filled, Template, Values};
use crate::delivery::http::{self, HeaderName, HeaderValue, MAX_ERROR_BODY, Method, Request};
use crate::error::{Error, Result};
use crate::text::printable;

/// The most that is read of an answer that says something even where all is well, in bytes.
pub(super) const MAX_ANSWER: usize = 256 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// The request of a call. None where no claim that it is about has a value: there is nothing to say by it.
///
/// # Errors
/// Kind bad input for a value that cannot stand where it should.
pub(super) fn request(call: &Call, host: &Url, values: &Values<'_>) -> Result<Option<Request>> {
    let mut says = call.claims.iter().any(|claim| values.claims.contains_key(claim) || values.gone.contains_key(claim));
    let Some(url) = url(call, host, values, &mut says)? else { return Ok(None) };
    let body = body(call, values, &mut says)?;
    if !says && !claims_of(call)?.is_empty() {
        return Ok(None);
    }
    let limit = if call.graphql.is_some() { MAX_ANSWER } else { MAX_ERROR_BODY };
    let mut request = Request::new(method(call.method), url, limit);
    for (name, value) in &call.headers {
        if let Filled::Text(value) = template(value)?.fill(values) {
            let (name, value) = header(name, &value)?;
            request.headers.insert(name, value);
        }
    }
    Ok(Some(match body {
        Some((kind, body)) => request.with_body(kind, body),
        None => request,
    }))
}

/// Adds what lets in.
///
/// # Errors
/// Kind bad input for a token with characters that no token has.
pub(super) fn let_in(request: &mut Request, file: &File, values: &Values<'_>, token: &SecretString) -> Result<()> {
    let (name, value) = match &file.auth {
        Auth { kind: AuthKind::Bearer, scheme, .. } => {
            let scheme = scheme.as_deref().unwrap_or("Bearer");
            (AUTHORIZATION, http::with_secret(&format!("{scheme} "), token)?)
        }
        Auth { kind: AuthKind::Basic, .. } => {
            (AUTHORIZATION, http::basic(&user(file, values)?.unwrap_or_default(), token)?)
        }
        Auth { kind: AuthKind::Header, header: name, .. } => {
            (header(name.as_deref().unwrap_or_default(), "")?.0, http::with_secret("", token)?)
        }
    };
    request.headers.insert(name, value);
    Ok(())
}

/// The name by which a password lets in.
pub(super) fn user(file: &File, values: &Values<'_>) -> Result<Option<String>> {
    let Some(user) = &file.auth.user else { return Ok(None) };
    match template(user)?.fill(values) {
        Filled::Text(user) => Ok(Some(user)),
        Filled::Null | Filled::Nothing => Ok(None),
    }
}

fn method(method: CallMethod) -> Method {
    match method {
        CallMethod::Get => Method::GET,
        CallMethod::Post => Method::POST,
        CallMethod::Put => Method::PUT,
        CallMethod::Patch => Method::PATCH,
        CallMethod::Delete => Method::DELETE,
    }
}

/// A text of the file, which was checked when it was taken.
fn template(text: &str) -> Result<Template> {
    Template::parse(text).map_err(|why| Error::damaged(format!("it holds a connector that is not readable: {why}")))
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let wrong = |what: &str| Error::bad_input(format!("{} cannot be sent: {what}", printable(name)));
    let name = HeaderName::try_from(name).map_err(|_| wrong("it is no name of a header field"))?;
    let value = HeaderValue::try_from(value).map_err(|_| wrong("its value holds characters that a header cannot"))?;
    Ok((name, value))
}

/// The segments of a path: what is between the slashes.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// The URL, below the host's: one segment for each of the path, whatever is put into it.
fn url(call: &Call, host: &Url, values: &Values<'_>, says: &mut bool) -> Result<Option<Url>> {
    let mut filled = Vec::new();
    for segment in segments(&call.path) {
        let template = template(segment)?;
        let Filled::Text(text) = template.fill(values) else { return Ok(None) };
        if template.pieces().len() > 1 || text != segment {
            stands_in_a_path(&text)?;
        }
        *says |= template.is_about_claims();
        filled.push(text);
    }
    let mut url = host.clone();
    url.set_query(None);
    url.set_fragment(None);
    let below = |url: &Url| url.path_segments().map_or(0, |all| all.filter(|segment| !segment.is_empty()).count());
    let before = below(&url);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(&filled);
    }
    if below(&url) != before + filled.iter().filter(|segment| !segment.is_empty()).count() {
        return Err(Error::bad_input("a value does not stand in a path as one name"));
    }
    for (name, value) in &call.query {
        let template = template(value)?;
        if let Filled::Text(value) = template.fill(values) {
            *says |= template.is_about_claims();
            url.query_pairs_mut().append_pair(name, &value);
        }
    }
    Ok(Some(url))
}

/// A value in a path is one name: neither none, nor one of those that mean another place.
fn stands_in_a_path(text: &str) -> Result<()> {
    let wrong = text.is_empty() || text == "." || text == ".." || text.chars().any(char::is_control);
    match wrong {
        true => Err(Error::bad_input("a value that would be part of an address is empty, or holds what no name does")),
        false => Ok(()),
    }
}

fn body(call: &Call, values: &Values<'_>, says: &mut bool) -> Result<Option<(&'static str, String)>> {
    if let Some(form) = &call.form {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form {
            let template = template(value)?;
            if let Filled::Text(value) = template.fill(values) {
                *says |= template.is_about_claims();
                pairs.append_pair(name, &value);
            }
        }
        return Ok(Some((FORM, pairs.finish())));
    }
    if let Some(graphql) = &call.graphql {
        let variables = filled(&graphql.variables, values, says)?.unwrap_or_else(|| json!({}));
        return Ok(Some((JSON, json!({"query": graphql.query, "variables": variables}).to_string())));
    }
    let Some(body) = &call.json else { return Ok(None) };
    Ok(filled(body, values, says)?.map(|body| (JSON, body.to_string())))
}

/// A document with values in it. What is about claims of which none has a value is left out.
fn filled(document: &Value, values: &Values<'_>, says: &mut bool) -> Result<Option<Value>> {
    let mut here = Spoken::default();
    let value = fill(document, values, &mut here)?;
    *says |= here.says;
    Ok(value)
}

/// Whether something is about claims, and whether any of them has a value.
#[derive(Debug, Default, Clone, Copy)]
struct Spoken {
    about: bool,
    says: bool,
}

fn fill(document: &Value, values: &Values<'_>, spoken: &mut Spoken) -> Result<Option<Value>> {
    let mut here = Spoken::default();
    let value = match document {
        Value::String(text) => {
            let template = template(text)?;
            let value = match template.fill(values) {
                Filled::Text(text) => Some(Value::String(text)),
                Filled::Null => Some(Value::Null),
                Filled::Nothing => None,
            };
            here.about = template.is_about_claims();
            here.says = here.about && value.is_some();
            value
        }
        Value::Array(all) => {
            let all = all.iter().map(|one| fill(one, values, &mut here));
            Some(Value::Array(all.filter_map(Result::transpose).collect::<Result<_>>()?))
        }
        Value::Object(members) => {
            let mut left = Map::new();
            for (name, value) in members {
                if let Some(value) = fill(value, values, &mut here)? {
                    left.insert(name.clone(), value);
                }
            }
            Some(Value::Object(left))
        }
        other => Some(other.clone()),
    };
    spoken.about |= here.about;
    spoken.says |= here.says;
    Ok(value.filter(|_| !here.about || here.says))
}

/// The claims that a call is about.
pub(super) fn claims_of(call: &Call) -> Result<BTreeSet<String>> {
    let mut texts: Vec<&str> = segments(&call.path).collect();
    texts.extend(call.query.values().map(String::as_str));
    texts.extend(call.form.iter().flat_map(|form| form.values()).map(String::as_str));
    let documents = call.json.iter().chain(call.graphql.iter().map(|graphql| &graphql.variables));
    documents.for_each(|document| texts_in(document, &mut texts));
    let mut claims: BTreeSet<String> = call.claims.iter().cloned().collect();
    for text in texts {
        claims.extend(template(text)?.pieces().iter().filter_map(|piece| piece.claim()).map(str::to_owned));
    }
    Ok(claims)
}

/// Every text in a document.
fn texts_in<'a>(document: &'a Value, texts: &mut Vec<&'a str>) {
    match document {
        Value::String(text) => texts.push(text),
        Value::Array(all) => all.iter().for_each(|one| texts_in(one, texts)),
        Value::Object(members) => members.values().for_each(|one| texts_in(one, texts)),
        _ => {}
    }
}
