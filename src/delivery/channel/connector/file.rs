//! What a connector file holds: an HTTP API as data. No code, no command, and no host but the one that it is for.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format that this program reads.
pub const FORMAT: u32 = 1;

/// A connector file: how a vendor's own API shows, changes and clears what it has of its user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The version of this format: 1.
    pub format: u32,
    /// What it is called, as its file is: small letters, digits and -.
    pub name: String,
    /// What people call the program or the service that it is for.
    pub title: String,
    /// What it was run against: "against the real program, version …", or "not run against the real program".
    pub checked: String,
    /// What is worth knowing before one uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The OpenID names of the claims that it can bring.
    pub claims: Vec<String>,
    /// Where the API is described.
    pub documentation: Documentation,
    /// Where the API is.
    pub host: Host,
    /// How it lets in.
    pub auth: Auth,
    /// What the user gives besides a token, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Field>,
    /// The requests that bring claims, in their order. One is made where a claim in it is lent.
    pub set: Vec<Call>,
    /// The request that shows what the vendor has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Reading>,
    /// What can be taken back, and how.
    pub take_back: TakeBack,
    /// What its errors mean.
    #[serde(default)]
    pub errors: Errors,
}

/// Where an API is described, and when that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Documentation {
    /// Its URL.
    pub url: String,
    /// The day on which it was read, such as 2026-11-25.
    pub read: String,
}

/// Where an API is: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The one host that it is at, as an https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// The user says where it is: in words, what to give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
}

/// How an API lets in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// In which way.
    pub kind: AuthKind,
    /// For basic: the user's name, made of fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// For header: its name, such as PRIVATE-TOKEN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// For bearer: the word before the token, where it is not Bearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Where the user gets the token or the password.
    pub token: String,
}

/// The ways to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// `Authorization` with a token (RFC 6750): one that the user was given, or that of a linked account.
    Bearer,
    /// `Authorization` with a name and a password (RFC 7617), such as an application password.
    Basic,
    /// The token alone, in a header field of its own.
    Header,
}

/// Something that the user gives: `--with NAME=…`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What it is.
    pub description: String,
    /// Whether it may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// The methods of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum CallMethod {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

/// A request. Texts in it may hold placeholders: {claim:given_name}, {claim:address.locality}, {field:user_id}, and where
/// something is taken back {empty:CLAIM} and {null:CLAIM}. What a placeholder without a value stands in is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Its method.
    pub method: CallMethod,
    /// Its path, from /.
    pub path: String,
    /// Its query.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Its header fields, made of fields alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Its body as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Its body as a form (application/x-www-form-urlencoded).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<BTreeMap<String, String>>,
    /// Its body as a GraphQL operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graphql: Option<GraphQl>,
    /// The claims that it is about, where no placeholder says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
}

/// A GraphQL operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphQl {
    /// The document, as it is sent: without placeholders.
    pub query: String,
    /// The variables.
    #[serde(default)]
    pub variables: Value,
}

/// How what the vendor has is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The request.
    pub request: Call,
    /// Where each claim, or part of an address, stands in the answer: a JSON pointer (RFC 6901).
    pub claims: BTreeMap<String, String>,
    /// What it means that there is nothing at a pointer.
    #[serde(default)]
    pub missing: Missing,
    /// Codes of errors that mean that there is nothing to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nothing: Vec<String>,
}

/// What it means that an answer does not hold something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// The vendor has none.
    None,
}

/// What can be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBack {
    /// By what.
    pub by: By,
    /// The requests that do it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Call>,
    /// What the user is to do about what these cannot take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
}

/// The ways of taking back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Fields are cleared: set to nothing, or to what the file says.
    Clear,
    /// The token is made invalid: the vendor fetches by it, and keeps nothing.
    DeleteToken,
    /// It cannot be done by this API: the vendor must be asked.
    Ask,
}

/// What an API's errors mean: by a code in the body first, then by the status, then as the protocol's table has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Errors {
    /// Where the code stands: JSON pointers, the first that holds one counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<String>,
    /// Where words for people stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub message: Vec<String>,
    /// Where it says how long to wait, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<String>,
    /// What each code means.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, Meaning>,
    /// What each status means.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub status: BTreeMap<String, Meaning>,
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// It does not take the token.
    Relink,
    /// It does not let this user do this.
    Denied,
    /// Not now.
    Later,
    /// Never as it was sent.
    Refused,
    /// There is nothing there any more.
    Gone,
    /// It is as it should be.
    Taken,
}

impl File {
    /// All of its requests.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.set.iter().chain(&self.take_back.requests).chain(self.read.iter().map(|read| &read.request))
    }

    /// The claims whose values it can show.
    pub fn shows(&self) -> BTreeSet<&str> {
        let pointers = self.read.iter().flat_map(|read| read.claims.keys());
        pointers.map(|name| name.split('.').next().unwrap_or(name)).collect()
    }
}

impl Call {
    /// How many bodies it has: one at most makes sense.
    pub(super) fn bodies(&self) -> usize {
        usize::from(self.json.is_some()) + usize::from(self.form.is_some()) + usize::from(self.graphql.is_some())
    }
}
