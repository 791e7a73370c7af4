//! What imports show of vendors: in lists, and beside what was lent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::text::{Col, Text, Tone, day, plain, toned};
use crate::import::evidence::Kind;
use crate::import::{Contact, Held, Trace, Traces};

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
    /// How many of them are of money that only came in: where all are, it pays you.
    pub incoming: u64,
    /// When the first was seen, as the files say.
    pub first_seen: Option<Timestamp>,
    /// When the last was.
    pub last_seen: Option<Timestamp>,
    /// Whether it was used then; else its entry was made or changed, which is all that the file knows.
    pub is_use: bool,
}

impl From<Trace> for TraceView {
    fn from(trace: Trace) -> Self {
        Self {
            pieces: trace.pieces,
            incoming: trace.incoming,
            first_seen: trace.first_seen,
            last_seen: trace.last_seen,
            is_use: trace.is_use,
        }
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

    fn seen(trace: &Option<TraceView>) -> String {
        match trace {
            Some(TraceView { last_seen: Some(last), is_use: false, .. }) => format!("entry of {}", day(*last)),
            Some(TraceView { last_seen: Some(last), .. }) => day(*last),
            Some(_) => "yes".to_owned(),
            None => String::new(),
        }
    }

    /// Whether all payments came in.
    fn pays_me(&self) -> bool {
        self.payment.as_ref().is_some_and(|payment| payment.incoming == payment.pieces)
    }

    /// What there is to say of a ghost; a suspicion is called one.
    fn ghost_words(&self) -> &'static str {
        match (self.ghost, &self.login) {
            (true, Some(TraceView { is_use: true, .. })) => "no sign of use for three years: ask for erasure",
            (true, _) => "nothing is known of the last three years: if you do not use it, ask for erasure",
            _ => "",
        }
    }

    /// Its cells in a list: login, pays, mails, what it has.
    pub(super) fn cells(&self) -> [Col; 4] {
        let emails = if self.emails.is_empty() { &self.accounts } else { &self.emails };
        let to_me = if self.pays_me() { "to you, " } else { "" };
        let pays = format!("{to_me}{}", Self::seen(&self.payment));
        [Self::seen(&self.login), pays, Self::seen(&self.mail), emails.join(", ")].map(plain)
    }

    /// The same of one vendor.
    pub(super) fn text(&self, out: &mut Text) {
        let words = |trace: &Option<TraceView>| match trace {
            Some(TraceView { last_seen: Some(last), is_use: false, .. }) => {
                format!("its entry was last changed {}; nothing says when it was used", day(*last))
            }
            Some(TraceView { last_seen: Some(last), .. }) => format!("last seen {}", day(*last)),
            Some(_) => "yes, not dated".to_owned(),
            None => String::new(),
        };
        let shows_something = self.login.is_some() || self.payment.is_some() || self.mail.is_some() || self.ghost;
        if !shows_something && self.accounts.is_empty() && self.emails.is_empty() {
            return out.line("An import brought it, and shows no account, payment or mail of it.");
        }
        out.heading("Imports show");
        out.fields([
            ("an account", words(&self.login)),
            ("accounts", self.accounts.join(", ")),
            (if self.pays_me() { "payments to you" } else { "payments" }, words(&self.payment)),
            ("mail", words(&self.mail)),
            ("it has", self.emails.join(", ")),
            ("ghost", self.ghost_words().into()),
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

/// How to reach a vendor, as a card of an address book says.
#[derive(Serialize, JsonSchema)]
pub struct ContactView {
    /// What the card calls it.
    pub name: String,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Postal addresses, each on several lines.
    pub addresses: Vec<String>,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let Contact { name, emails, phones, addresses } = contact;
        Self { name, emails, phones, addresses }
    }
}

impl ContactView {
    /// The same for people.
    pub(super) fn text(&self, out: &mut Text) {
        out.heading(&format!("Your address book says of {}", self.name));
        out.fields([
            ("e-mail", self.emails.join(", ")),
            ("telephone", self.phones.join(", ")),
            ("address", self.addresses.join("\n").replace('\n', ", ")),
        ]);
    }
}

/// What a public directory says of a vendor.
#[derive(Serialize, JsonSchema)]
pub struct DirectoryView {
    /// The directory.
    pub source: String,
    /// What it calls the vendor.
    pub name: String,
    /// Its record.
    pub record: Value,
}

impl DirectoryView {
    /// How to reach it about data, for people.
    pub(super) fn text(&self, out: &mut Text) {
        let text = |pointer: &str| self.record.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let lines = self.record.pointer("/contacts/address").and_then(Value::as_array);
        let address: Vec<&str> = lines.into_iter().flatten().filter_map(Value::as_str).collect();
        let required = self.record.pointer("/requires").and_then(Value::as_array);
        let required: Vec<&str> =
            required.into_iter().flatten().filter_map(|required| required["what"].as_str()).collect();
        out.heading(&format!("{} says of {}", self.source, self.name));
        out.fields([
            ("e-mail", text("/contacts/email")),
            ("form", text("/contacts/webform")),
            ("address", address.join(", ")),
            ("fax", text("/contacts/fax")),
            ("a request needs", required.join(", ")),
            ("delete the account at", text("/deletion/url")),
            ("which is", text("/deletion/difficulty")),
            ("how", text("/deletion/notes")),
        ]);
    }
}
