//! What a connector file must be, beyond its form: every mistake, and where in the file it is.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::check_call::{self, Place};
use super::file::{AuthKind, By, FORMAT, File};
use super::template::Piece;
use crate::profile::model::{Shape, claim_kind};

/// A step from the top of a file to a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A member.
    Key(String),
    /// An element, from 0.
    Index(usize),
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Where it is.
    pub(super) at: Vec<Step>,
    /// What it is.
    pub(super) what: String,
}

/// What is found as a file is gone through.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The file.
    pub(super) file: &'a File,
    /// The mistakes.
    pub(super) mistakes: Vec<Mistake>,
    /// The claims that requests bring.
    pub(super) brought: BTreeSet<String>,
    /// The fields that are used.
    pub(super) used: BTreeSet<String>,
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// Finds every mistake of a file.
pub(super) fn mistakes(file: &File) -> Vec<Mistake> {
    let mut found = Found { file, mistakes: Vec::new(), brought: BTreeSet::new(), used: BTreeSet::new() };
    found.head();
    found.host();
    found.auth();
    found.calls();
    found.reading();
    found.errors();
    found.all_is_used();
    found.mistakes
}

impl Found<'_> {
    /// Notes a mistake.
    pub(super) fn wrong(&mut self, at: Vec<Step>, what: impl Into<String>) {
        self.mistakes.push(Mistake { at, what: what.into() });
    }

    fn wrong_at(&mut self, keys: &[&str], what: impl Into<String>) {
        self.wrong(keys.iter().map(|key| Step::from(*key)).collect(), what);
    }

    fn head(&mut self) {
        let file = self.file;
        if file.format != FORMAT {
            self.wrong_at(&["format"], format!("this program reads format {FORMAT}"));
        }
        if !is_name(&file.name) {
            self.wrong_at(&["name"], "a name is 1 to 32 small letters, digits and -");
        }
        let says = file.checked.as_str();
        if says != "not run against the real program" && !says.starts_with("against the real program, version ") {
            self.wrong_at(
                &["checked"],
                "it says \"against the real program, version …\", or \"not run against the real program\"",
            );
        }
        for (at, claim) in file.claims.iter().enumerate() {
            if claim_kind(claim).is_err() {
                self.wrong(vec!["claims".into(), at.into()], format!("there is no claim named {claim:?}"));
            }
        }
        if Url::parse(&file.documentation.url).map_or(true, |url| url.scheme() != "https") {
            self.wrong_at(&["documentation", "url"], "it is no https URL");
        }
        if file.documentation.read.parse::<jiff::civil::Date>().is_err() {
            self.wrong_at(&["documentation", "read"], "it is no date, such as 2026-11-25");
        }
        for name in file.fields.keys() {
            if !is_field(name) {
                self.wrong_at(&["fields", name], "a field's name is 1 to 32 small letters, digits and _");
            }
        }
    }

    fn host(&mut self) {
        let host = &self.file.host;
        match (&host.fixed, &host.given) {
            (Some(fixed), None) => {
                let bare = |url: &Url| {
                    let plain = url.username().is_empty() && url.password().is_none();
                    url.scheme() == "https"
                        && url.has_host()
                        && plain
                        && url.query().is_none()
                        && url.fragment().is_none()
                };
                if !Url::parse(fixed).is_ok_and(|url| bare(&url)) {
                    self.wrong_at(&["host", "fixed"], "it is no https URL of a host, such as https://api.example.org");
                }
            }
            (None, Some(_)) => {}
            _ => self.wrong_at(&["host"], "a host is either fixed or given"),
        }
    }

    fn auth(&mut self) {
        let auth = &self.file.auth;
        let (user, header, scheme) = (auth.user.is_some(), auth.header.is_some(), auth.scheme.is_some());
        let fits = match auth.kind {
            AuthKind::Bearer => !user && !header,
            AuthKind::Basic => user && !header && !scheme,
            AuthKind::Header => header && !user && !scheme,
        };
        if !fits {
            self.wrong_at(
                &["auth"],
                "bearer may have a scheme, basic has a user, header has a header: and nothing else",
            );
        }
        if let Some(header) = &auth.header
            && !header.eq_ignore_ascii_case("authorization")
            && check_call::header_objection(header).is_some()
        {
            self.wrong_at(&["auth", "header"], "it is no header field that a token goes in");
        }
        if let Some(scheme) = &auth.scheme
            && !(1..=32).contains(&scheme.len()) | !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            self.wrong_at(&["auth", "scheme"], "it is one word of letters, digits and -");
        }
        if let Some(user) = &auth.user {
            self.template(vec!["auth".into(), "user".into()], user, Place::OF_FIELDS);
        }
    }

    fn calls(&mut self) {
        let file = self.file;
        if file.set.is_empty() {
            self.wrong_at(&["set"], "no request brings anything");
        }
        for (at, call) in file.set.iter().enumerate() {
            self.call(vec!["set".into(), at.into()], call, Place::SET);
        }
        let take_back = &file.take_back;
        for (at, call) in take_back.requests.iter().enumerate() {
            let place = if take_back.by == By::Clear { Place::CLEAR } else { Place::OF_FIELDS };
            self.call(vec!["take_back".into(), "requests".into(), at.into()], call, place);
        }
        if (take_back.by == By::Ask) != take_back.requests.is_empty() {
            self.wrong_at(&["take_back"], "clear and delete-token have requests, and ask has none");
        }
        if take_back.by == By::Ask && take_back.ask.is_none() {
            self.wrong_at(&["take_back"], "ask says what the user is to do, by the name of ask");
        }
    }

    fn reading(&mut self) {
        let Some(read) = &self.file.read else { return };
        self.call(vec!["read".into(), "request".into()], &read.request, Place::OF_FIELDS);
        for (claim, pointer) in &read.claims {
            let at = || vec!["read".into(), "claims".into(), claim.as_str().into()];
            let (name, part) = claim.split_once('.').map_or((claim.as_str(), None), |(name, part)| (name, Some(part)));
            self.claim(at(), name, part);
            if !is_pointer(pointer) {
                self.wrong(at(), format!("{pointer:?} is no JSON pointer: it begins with /"));
            }
        }
    }

    fn errors(&mut self) {
        let errors = &self.file.errors;
        let lists = [("code", &errors.code), ("message", &errors.message)];
        for (name, pointers) in lists {
            for (at, pointer) in pointers.iter().enumerate().filter(|(_, pointer)| !is_pointer(pointer)) {
                let what = format!("{pointer:?} is no JSON pointer: it begins with /");
                self.wrong(vec!["errors".into(), name.into(), at.into()], what);
            }
        }
        if errors.wait_ms.as_ref().is_some_and(|pointer| !is_pointer(pointer)) {
            self.wrong_at(&["errors", "wait_ms"], "it is no JSON pointer: it begins with /");
        }
        for status in errors.status.keys() {
            if !status.parse::<u16>().is_ok_and(|status| (300..=599).contains(&status)) {
                self.wrong_at(&["errors", "status", status], "it is no status of an error, 300 to 599");
            }
        }
    }

    /// What is declared and never used is a mistake somewhere else.
    fn all_is_used(&mut self) {
        let file = self.file;
        for (at, claim) in file.claims.iter().enumerate() {
            if !self.brought.contains(claim) {
                self.wrong(vec!["claims".into(), at.into()], format!("no request brings {claim}"));
            }
        }
        for name in file.fields.keys() {
            if !self.used.contains(name) {
                self.wrong_at(&["fields", name], "no request uses it");
            }
        }
    }

    /// Whether a claim is declared, and a part is one of an address.
    pub(super) fn claim(&mut self, at: Vec<Step>, claim: &str, part: Option<&str>) {
        let kind = claim_kind(claim);
        if kind.is_err() {
            return self.wrong(at, format!("there is no claim named {claim:?}"));
        }
        if !self.file.claims.iter().any(|declared| declared == claim) {
            return self.wrong(at, format!("{claim} does not stand among the file's claims"));
        }
        let parts = crate::profile::model::AddressPart::named;
        let is_address = kind.is_ok_and(|kind| kind.shape == Shape::Address);
        if part.is_some_and(|part| !is_address || parts(part).is_none()) {
            self.wrong(at, format!("{claim} has no such part"));
        }
    }

    /// Whether what a placeholder names is declared.
    pub(super) fn piece(&mut self, at: &[Step], piece: &Piece, place: Place) {
        if let Some(objection) = place.objection(piece) {
            self.wrong(at.to_vec(), objection);
        }
        match piece {
            Piece::Text(text) if text.chars().any(char::is_control) => {
                self.wrong(at.to_vec(), "it holds a control character");
            }
            Piece::Field(name) if !self.file.fields.contains_key(name) => {
                self.wrong(at.to_vec(), format!("{name} does not stand among the file's fields"));
            }
            Piece::Field(name) => drop(self.used.insert(name.clone())),
            Piece::Claim(claim, part) => {
                self.brought.insert(claim.clone());
                self.claim(at.to_vec(), claim, part.map(|part| part.name()));
            }
            Piece::Empty(claim) | Piece::Null(claim) => self.claim(at.to_vec(), claim, None),
            Piece::Text(_) => {}
        }
    }
}

/// Whether a text can name a connector, and its file.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-')
}

fn is_field(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed)
}

fn is_pointer(pointer: &str) -> bool {
    pointer.starts_with('/')
}

/// Whether a document holds something that TOML has and JSON has not.
pub(super) fn is_dated(document: &Value) -> bool {
    match document {
        Value::Array(all) => all.iter().any(is_dated),
        Value::Object(members) => members.iter().any(|(name, value)| name.starts_with("$__") || is_dated(value)),
        _ => false,
    }
}
