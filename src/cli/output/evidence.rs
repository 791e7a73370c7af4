//! What imports show of vendors: in lists, and beside what was lent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::text::{Col, Text, Tone, day, plain, toned};
use crate::import::evidence::Kind;
use crate::import::{Held, Trace, Traces};

/// What imports show of a vendor.
#[derive(Serialize, JsonSchema)]
pub struct EvidenceView {
    /// That you have an account there.
    pub login: Option<TraceView>,
    /// That you pay it, or it pays you.
    pub payment: Option<TraceView>,
    /// That it writes to you.
    pub mail: Option<TraceView>,
    /// When anything of it was last seen, as the files say.
    pub last_seen: Option<Timestamp>,
    /// Your accounts there.
    pub accounts: Vec<String>,
    /// E-mail addresses of yours that it has.
    pub emails: Vec<String>,
    /// Whether it is a ghost: an account that was not used for three years, no payment since, and nothing lent.
    pub ghost: bool,
}

/// What shows a relationship, of one kind.
#[derive(Serialize, JsonSchema)]
pub struct TraceView {
    /// How many pieces of evidence.
    pub pieces: u64,
    /// When the first was seen, as the files say.
    pub first_seen: Option<Timestamp>,
    /// When the last was.
    pub last_seen: Option<Timestamp>,
}

impl From<Trace> for TraceView {
    fn from(trace: Trace) -> Self {
        Self { pieces: trace.pieces, first_seen: trace.first_seen, last_seen: trace.last_seen }
    }
}

impl EvidenceView {
    /// The view of what imports show.
    pub fn of(traces: Traces, ghost: bool) -> Self {
        let all = [&traces.login, &traces.payment, &traces.mail];
        Self {
            last_seen: all.into_iter().flatten().filter_map(|trace| trace.last_seen).max(),
            login: traces.login.map(Into::into),
            payment: traces.payment.map(Into::into),
            mail: traces.mail.map(Into::into),
            accounts: traces.accounts,
            emails: traces.emails,
            ghost,
        }
    }

    fn has(trace: &Option<TraceView>) -> Col {
        match trace {
            Some(TraceView { last_seen: Some(last), .. }) => plain(day(*last)),
            Some(_) => plain("yes"),
            None => plain(""),
        }
    }

    /// Its cells in a list: login, pays, mails, what it has.
    pub(super) fn cells(&self) -> [Col; 4] {
        let emails = if self.emails.is_empty() { &self.accounts } else { &self.emails };
        [Self::has(&self.login), Self::has(&self.payment), Self::has(&self.mail), plain(emails.join(", "))]
    }

    /// The same of one vendor.
    pub(super) fn text(&self, out: &mut Text) {
        let words = |trace: &Option<TraceView>| match trace {
            Some(TraceView { last_seen: Some(last), .. }) => format!("last seen {}", day(*last)),
            Some(_) => "yes, not dated".to_owned(),
            None => String::new(),
        };
        out.heading("Imports show");
        out.fields([
            ("an account", words(&self.login)),
            ("accounts", self.accounts.join(", ")),
            ("payments", words(&self.payment)),
            ("mail", words(&self.mail)),
            ("it has", self.emails.join(", ")),
            ("ghost", if self.ghost { "not used for three years: ask for erasure".into() } else { String::new() }),
        ]);
    }
}

/// A claim that a vendor holds by import, without a grant.
#[derive(Serialize, JsonSchema)]
pub struct HeldView {
    /// The vendor's name.
    pub vendor: String,
    /// OpenID claim name.
    pub claim: String,
    /// The value, as the file has it.
    pub value: String,
    /// What shows it.
    pub by: Kind,
    /// The file, and where it stands there.
    pub source: String,
    /// The number of the import.
    pub import: i64,
    /// Since when, as the file says; else when it was imported.
    pub since: Timestamp,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
}

impl From<Held> for HeldView {
    fn from(held: Held) -> Self {
        Self {
            vendor: held.vendor,
            claim: held.claim,
            value: held.value,
            by: held.kind,
            source: held.source,
            import: held.batch,
            since: held.since,
            last_seen: held.last_seen,
        }
    }
}

/// What vendors hold by import, for people.
pub(super) fn held_text(out: &mut Text, held: &[HeldView]) {
    if held.is_empty() {
        return;
    }
    out.heading("Held without a grant, as imports show");
    let row = |held: &HeldView| {
        [
            toned(&held.vendor, Tone::Strong),
            plain(&held.claim),
            plain(&held.value),
            plain(day(held.since)),
            toned(format!("{} in {}", held.by.name(), held.source), Tone::Dim),
        ]
    };
    out.table(["vendor", "claim", "value", "since", "by?"], held.iter().map(row).collect());
}
