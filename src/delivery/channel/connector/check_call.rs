//! What a request in a connector file must be.

use serde_json::Value;

use super::check::{Found, Step, is_dated};
use super::file::Call;
use super::render::{claims_of, segments};
use super::template::{Piece, Template};
use crate::delivery::http::{HeaderName, HeaderValue};

/// The longest path, header or form value of a file, in bytes.
const MAX_TEXT: usize = 2048;

/// How deep a body may be.
const MAX_DEPTH: usize = 16;

/// Header fields that a file may not set: they say who asks, where, and how the message is framed (RFC 9110, RFC 9112).
const NOT_ALLOWED: [&str; 22] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Why a file may not set a header field; none where it may.
pub(super) fn header_objection(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let begins = ["sec-", "proxy-", "x-forwarded-"].iter().any(|begin| lower.starts_with(begin));
    if HeaderName::try_from(name).is_err() {
        return Some("it is no name of a header field");
    }
    (begins || NOT_ALLOWED.contains(&lower.as_str())).then_some("a connector may not set this header field")
}

/// What may stand where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    claims: bool,
    clears: bool,
    nulls: bool,
}

impl Place {
    /// Where claims are brought.
    pub(super) const SET: Place = Place { claims: true, clears: false, nulls: false };
    /// Where they are taken back.
    pub(super) const CLEAR: Place = Place { claims: false, clears: true, nulls: true };
    /// Where only what the user gave may stand.
    pub(super) const OF_FIELDS: Place = Place { claims: false, clears: false, nulls: false };

    fn without_null(self) -> Self {
        Self { nulls: false, ..self }
    }

    /// Why a placeholder may not stand here.
    pub(super) fn objection(self, piece: &Piece) -> Option<&'static str> {
        match piece {
            Piece::Claim(..) if !self.claims => Some("no claim's value may stand here"),
            Piece::Empty(_) if !self.clears => Some("{empty:…} stands only where something is taken back"),
            Piece::Null(_) if !self.clears => Some("{null:…} stands only where something is taken back"),
            Piece::Null(_) if !self.nulls => Some("{null:…} stands only in JSON"),
            _ => None,
        }
    }
}

fn below(at: &[Step], step: impl Into<Step>) -> Vec<Step> {
    at.iter().cloned().chain([step.into()]).collect()
}

impl Found<'_> {
    /// Checks a request.
    pub(super) fn call(&mut self, at: Vec<Step>, call: &Call, place: Place) {
        let before = self.mistakes.len();
        // Servers write addresses into their logs: no claim stands in one.
        self.path(below(&at, "path"), &call.path, Place::OF_FIELDS);
        for (name, value) in &call.query {
            self.template(below(&below(&at, "query"), name.as_str()), value, Place::OF_FIELDS);
        }
        for (name, value) in &call.headers {
            self.header(below(&below(&at, "headers"), name.as_str()), name, value);
        }
        for (name, value) in call.form.iter().flatten() {
            self.template(below(&below(&at, "form"), name.as_str()), value, place.without_null());
        }
        if let Some(json) = &call.json {
            self.document(below(&at, "json"), json, place, MAX_DEPTH);
        }
        if let Some(graphql) = &call.graphql {
            self.document(below(&below(&at, "graphql"), "variables"), &graphql.variables, place, MAX_DEPTH);
        }
        if call.bodies() > 1 {
            self.wrong(at.clone(), "a request has one body: json, form or graphql");
        }
        for (index, claim) in call.claims.iter().enumerate() {
            self.claim(below(&below(&at, "claims"), index), claim, None);
            if place.claims {
                self.brought.insert(claim.clone());
            }
        }
        if (place.claims || place.clears)
            && self.mistakes.len() == before
            && claims_of(call).is_ok_and(|claims| claims.is_empty())
        {
            self.wrong(at, "it is about no claim: a placeholder or its claims say when it is made");
        }
    }

    fn path(&mut self, at: Vec<Step>, path: &str, place: Place) {
        let whole = match path {
            _ if !path.starts_with('/') || path.starts_with("//") => {
                Some("a path begins with one /: the host is said elsewhere")
            }
            _ if path.contains(['?', '#', '\\', '%']) => {
                Some("a path holds no ?, #, \\ or %: query has a place of its own")
            }
            _ => None,
        };
        if let Some(what) = whole {
            return self.wrong(at, what);
        }
        let count = segments(path).count();
        for (index, segment) in segments(path).enumerate() {
            if segment == "." || segment == ".." || (segment.is_empty() && index + 1 < count) {
                self.wrong(at.clone(), "a path has no segment that is empty, . or ..");
            }
            self.template(at.clone(), segment, place);
        }
    }

    fn header(&mut self, at: Vec<Step>, name: &str, value: &str) {
        if let Some(objection) = header_objection(name) {
            return self.wrong(at, objection);
        }
        if HeaderValue::try_from(value).is_err() {
            return self.wrong(at, "its value holds what no header field does");
        }
        self.template(at, value, Place::OF_FIELDS);
    }

    fn document(&mut self, at: Vec<Step>, document: &Value, place: Place, depth: usize) {
        if depth == 0 {
            return self.wrong(at, "it is too deep");
        }
        match document {
            Value::String(text) => self.template(at, text, place),
            Value::Array(all) => {
                all.iter().enumerate().for_each(|(i, one)| self.document(below(&at, i), one, place, depth - 1));
            }
            Value::Object(_) if is_dated(document) && document.as_object().is_some_and(|one| one.len() == 1) => {
                self.wrong(at, "a date is written as a text here");
            }
            Value::Object(members) => {
                members.iter().for_each(|(name, one)| self.document(below(&at, name.as_str()), one, place, depth - 1));
            }
            _ => {}
        }
    }

    /// Checks a text and the placeholders in it.
    pub(super) fn template(&mut self, at: Vec<Step>, text: &str, place: Place) {
        if text.len() > MAX_TEXT {
            return self.wrong(at, format!("it is longer than {MAX_TEXT} bytes"));
        }
        match Template::parse(text) {
            Ok(template) => {
                let has_null = template.pieces().iter().any(|piece| matches!(piece, Piece::Null(_)));
                if has_null && template.pieces().len() > 1 {
                    self.wrong(at.clone(), "{null:…} stands alone");
                }
                template.pieces().iter().for_each(|piece| self.piece(&at, piece, place));
            }
            Err(what) => self.wrong(at, what),
        }
    }
}
