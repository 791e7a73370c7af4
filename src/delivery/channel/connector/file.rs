//! Connector files: an API of a vendor, described as data. They hold no code and no command, and name no host but the
//! vendor's own. All mistakes are refused when a file is read, with the line.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::template::{Place, Template, is_name};
use crate::error::{Error, Result};

/// The largest file that is read, in bytes.
pub const MAX_FILE: usize = 64 * 1024;

/// Header fields that a file may set: none that says who sends, to whom, or how long a body is.
const HEADERS: [&str; 5] = ["accept", "accept-language", "ocs-apirequest", "x-requested-with", "api-username"];

/// An API, described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What it is called: `--connector NAME`.
    pub name: String,
    /// Whose API it is, as people know it.
    pub title: String,
    /// The page that it was written from.
    pub documentation: String,
    /// When that page was read: `2026-11-25`.
    pub read_on: String,
    /// Against which version of the real program it was run; absent: it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// The only origin that it talks to, such as `https://api.github.com`; absent: the URL that the user gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What a user should know before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How it is let in.
    pub auth: Auth,
    /// What else the user gives, by `--with NAME=VALUE`, and what it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// The requests that set claims, in their order. One of which no claim is lent is not made.
    pub set: Vec<Call>,
    /// How claims are read back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<Read>,
    /// What can be taken back.
    pub withdraw: Withdraw,
    /// What its errors mean, beyond what their status says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Meaning>,
}

/// How a request says who sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Auth {
    /// A bearer token (RFC 6750): one that the user made there, or that linking got.
    Bearer,
    /// A user's name and a password for programs (RFC 7617).
    Basic {
        /// The user's name, such as `{field:user}`.
        user: String,
    },
    /// A token in a header field of the vendor's own.
    Header {
        /// The field's name.
        name: String,
    },
}

/// A request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `PUT`, `POST` or `PATCH`.
    pub method: Verb,
    /// The path below the vendor's URL.
    pub path: String,
    /// Header fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A body of JSON. A member whose claims are not lent is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// A body like a form's. A name whose claims are not lent is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<BTreeMap<String, String>>,
}

/// The methods that set something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// `PUT`.
    Put,
    /// `POST`.
    Post,
    /// `PATCH`.
    Patch,
}

/// Where claims are read back from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The path below the vendor's URL.
    pub path: String,
    /// Header fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A body of JSON: then it is posted, as a GraphQL query is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// Claims, or parts of an address, and where each stands in the answer (RFC 6901).
    pub claims: BTreeMap<String, String>,
}

/// What a revocation can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "how", rename_all = "snake_case")]
pub enum Withdraw {
    /// The same requests with nothing in the place of the claims.
    Clear {
        /// Claims that the API does not let go of: they can only be asked for.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        keeps: BTreeSet<String>,
        /// Whether nothing is `null`, and not an empty text.
        #[serde(default)]
        null: bool,
    },
    /// Nothing: the user asks the vendor.
    Ask,
}

/// What an error means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// Where the error's code stands in the answer (RFC 6901).
    pub at: String,
    /// The code; absent: anything there that is not empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// What it means.
    pub means: Means,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// The token is not accepted.
    Relink,
    /// The user may not do this there.
    Denied,
    /// It may work later.
    Later,
    /// It will never be taken.
    Refused,
}

/// What of a file is looked at for the line of a mistake.
#[derive(Deserialize)]
struct Lines {
    #[serde(default)]
    set: Vec<Spanned<toml::Value>>,
    #[serde(default)]
    read: Vec<Spanned<toml::Value>>,
}

impl File {
    /// Reads a file and checks all of it.
    ///
    /// # Errors
    /// Kind bad input, with the line.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_FILE {
            return Err(Error::bad_input(format!("it is longer than {MAX_FILE} bytes: no connector is")));
        }
        let at = |place: usize, what: &str| {
            let line = text[..place.min(text.len())].matches('\n').count() + 1;
            Error::bad_input(format!("line {line}: {what}"))
        };
        let refuse = |e: toml::de::Error| at(e.span().map_or(0, |span| span.start), e.message());
        let file: Self = toml::from_str(text).map_err(refuse)?;
        let lines: Lines = toml::from_str(text).map_err(refuse)?;
        let named = |name: &str| text.find(name).unwrap_or(0);
        file.check_head().map_err(|(name, what)| at(named(name), &what))?;
        for (call, lines) in file.set.iter().zip(&lines.set) {
            file.check_call(call).map_err(|(name, what)| at(within(text, lines, &name), &what))?;
        }
        for (read, lines) in file.read.iter().zip(&lines.read) {
            file.check_read(read).map_err(|(name, what)| at(within(text, lines, &name), &what))?;
        }
        Ok(file)
    }

    /// The claims that it can carry.
    pub fn claims(&self) -> BTreeSet<String> {
        self.set.iter().flat_map(templates_of).flat_map(|t| t.claims().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    fn check_head(&self) -> Result<(), (&'static str, String)> {
        let bad = |name: &'static str, what: String| Err((name, what));
        if !is_name(&self.name) {
            return bad("name", format!("{:?} cannot name a connector: a-z, 0-9 and _ can", self.name));
        }
        if self.read_on.parse::<jiff::civil::Date>().is_err() {
            return bad("read_on", "read_on is a day, such as 2026-11-25".into());
        }
        if !self.documentation.starts_with("https://") {
            return bad("documentation", "documentation is the https URL of a page".into());
        }
        let origin = self.origin.as_deref().map(url::Url::parse);
        match origin {
            Some(Ok(url)) if url.scheme() == "https" && url.path() == "/" && url.query().is_none() => {}
            None => {}
            _ => return bad("origin", "origin is an https URL without a path".into()),
        }
        if let Some(name) = self.fields.keys().find(|name| !is_name(name)) {
            return bad("fields", format!("{name:?} cannot name a field"));
        }
        match &self.auth {
            Auth::Basic { user } => self.check_template(user).map_err(|what| ("user", what))?,
            Auth::Header { name } if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                return bad("auth", format!("{name:?} is no header field"));
            }
            Auth::Header { name } if is_ours(name) => return bad("auth", format!("{name} is not for a file to set")),
            _ => {}
        }
        if self.set.is_empty() || self.claims().is_empty() {
            return bad("set", "no request has a place for a claim".into());
        }
        Ok(())
    }

    fn check_call(&self, call: &Call) -> Result<(), (String, String)> {
        self.check_path(&call.path)?;
        self.check_headers(&call.headers)?;
        if call.json.is_some() == call.form.is_some() {
            return Err(("method".into(), "a request has a body: json or form, one of them".into()));
        }
        for text in texts_of(call) {
            self.check_template(&text).map_err(|what| (text.clone(), what))?;
        }
        Ok(())
    }

    fn check_read(&self, read: &Read) -> Result<(), (String, String)> {
        self.check_path(&read.path)?;
        self.check_headers(&read.headers)?;
        let carried = self.claims();
        for (name, pointer) in &read.claims {
            let place = Place::parse(name).map_err(|what| (name.clone(), what))?;
            if !carried.contains(&place.claim) {
                return Err((name.clone(), format!("{} is read, and no request sets it", place.claim)));
            }
            if !pointer.starts_with('/') {
                return Err((pointer.clone(), format!("{pointer:?} is no JSON pointer: it begins with /")));
            }
        }
        Ok(())
    }

    fn check_path(&self, path: &str) -> Result<(), (String, String)> {
        let bad = |what: &str| Err((path.to_owned(), format!("the path {path:?} {what}")));
        if !path.starts_with('/') || path.starts_with("//") || path.contains("://") {
            return bad("leads to another host, or is none: it begins with one /");
        }
        if path.split(['/', '?']).any(|segment| segment == "..") || path.contains(['\\', '#']) {
            return bad("leads out of where it begins");
        }
        let template = Template::parse(path).map_err(|what| (path.to_owned(), what))?;
        match template.claims().next() {
            Some(_) => bad("holds a claim: logs keep paths"),
            None => self.check_template(path).map_err(|what| (path.to_owned(), what)),
        }
    }

    fn check_headers(&self, headers: &BTreeMap<String, String>) -> Result<(), (String, String)> {
        for (name, value) in headers {
            if !HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err((name.clone(), format!("{name} is not a header field that a file may set")));
            }
            if value.chars().any(char::is_control) {
                return Err((name.clone(), format!("{name} holds a control character")));
            }
            let template = Template::parse(value).map_err(|what| (name.clone(), what))?;
            if template.claims().next().is_some() {
                return Err((name.clone(), "a header field holds no claim".into()));
            }
            self.check_template(value).map_err(|what| (name.clone(), what))?;
        }
        Ok(())
    }

    /// Checks that a text's places are of claims that there are, and of fields that this file declares.
    fn check_template(&self, text: &str) -> Result<(), String> {
        let template = Template::parse(text)?;
        match template.fields().find(|name| !self.fields.contains_key(*name)) {
            Some(name) => Err(format!("{{field:{name}}} is not declared under [fields]")),
            None => Ok(()),
        }
    }
}

/// Whether a header field is the program's own to set.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "host"
            | "authorization"
            | "cookie"
            | "content-length"
            | "content-type"
            | "transfer-encoding"
            | "connection"
            | "dpop"
    )
}

/// Where a text stands in one table of a file.
fn within(text: &str, table: &Spanned<toml::Value>, name: &str) -> usize {
    // A table's span may be its heading alone.
    let start = table.span().start;
    // In the file a text may be quoted otherwise: then the table's own line is named.
    let first = name.lines().next().unwrap_or(name);
    text.get(start..).and_then(|rest| rest.find(first)).map_or(start, |place| start + place)
}

/// The texts of a request's body.
fn texts_of(call: &Call) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(json) = &call.json {
        collect(json, &mut texts);
    }
    texts.extend(call.form.iter().flat_map(|form| form.values().cloned()));
    texts
}

fn collect(json: &serde_json::Value, texts: &mut Vec<String>) {
    match json {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        serde_json::Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        _ => {}
    }
}

/// The templates of a request's body: those that are none were refused when the file was read.
pub(super) fn templates_of(call: &Call) -> Vec<Template> {
    texts_of(call).iter().filter_map(|text| Template::parse(text).ok()).collect()
}
