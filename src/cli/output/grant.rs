//! `grant`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::message::MessageView;
use super::renewal::RenewalView;
use super::text::{DIM, Text, Tone, day, local, local_or, plain, short, toned};
use crate::delivery::{MessageState, Underway};
use crate::grant::model::Mode;
use crate::grant::scope::friendly;
use crate::grant::{Grant, Status, VendorStatus, ended};
use crate::wire::event::Event;

/// A grant.
#[derive(Serialize, JsonSchema)]
pub struct GrantView {
    /// Its id.
    pub id: String,
    /// The vendor's name.
    pub vendor: String,
    /// Counts its messages that changed it.
    pub version: u32,
    /// What holds here.
    pub status: Status,
    /// What the vendor confirmed of the grant as it stands now.
    pub vendor_status: VendorStatus,
    /// OpenID names of its claims.
    pub claims: Vec<String>,
    /// What for: terms of DPV 2.2.
    pub purposes: Vec<String>,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// When it was made.
    pub granted: Timestamp,
    /// When a claim of it was last delivered.
    pub last_disclosure: Option<Timestamp>,
    /// Whose values.
    pub persona: String,
    /// How long the vendor may keep the claims: an ISO 8601 duration.
    pub data_life: String,
    /// Whether changes of a claim follow.
    pub mode: Mode,
    /// `Consent` or `Contract`.
    pub lawful_basis: String,
    /// The IEEE 7012 agreement.
    pub terms: Option<String>,
    /// Who else may have the claims.
    pub recipients: Vec<String>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub ended_how: Option<String>,
    /// By when the vendor should have stated the deletion.
    pub confirm_by: Option<Timestamp>,
    /// When the vendor last confirmed something.
    pub confirmed: Option<Timestamp>,
    /// The rule by which it is renewed while it lasts.
    pub renewal: Option<RenewalView>,
    /// The last version that the vendor said it has in use: it goes by that one until it takes another.
    pub vendor_version: Option<u32>,
    /// The newest message of it that waits, is held or failed.
    pub underway: Option<UnderwayView>,
    /// When you stopped waiting for the vendor to confirm its end.
    pub closed: Option<Timestamp>,
}

/// A message of a grant that was not delivered.
#[derive(Serialize, JsonSchema)]
pub struct UnderwayView {
    /// The version of the grant that it makes.
    pub version: u32,
    /// `queued`, `held` or `failed`.
    pub state: MessageState,
    /// Whether it was sent, and may have arrived all the same.
    pub may_have_arrived: bool,
}

impl GrantView {
    /// The view of a grant at a moment: one whose time is over is expired, told or not.
    pub fn of(
        grant: &Grant,
        vendor: &str,
        last_disclosure: Option<Timestamp>,
        underway: Option<&Underway>,
        now: Timestamp,
    ) -> Self {
        let state = ended::as_of(grant, now);
        let may_know = underway.is_some_and(|message| message.may_have_arrived);
        Self {
            id: grant.id.clone(),
            vendor: vendor.to_owned(),
            version: grant.state.version,
            status: state.status,
            vendor_status: match state.vendor {
                VendorStatus::NotTold if may_know => VendorStatus::NotConfirmed,
                vendor => vendor,
            },
            claims: grant.claim_names(),
            purposes: grant.scope.purposes.iter().map(|purpose| purpose.term.clone()).collect(),
            expires: grant.expires_at,
            granted: grant.created_at,
            last_disclosure,
            persona: grant.persona.clone(),
            data_life: grant.scope.data_life.clone(),
            mode: grant.scope.mode,
            lawful_basis: grant.scope.lawful_basis.clone(),
            terms: grant.scope.terms.clone(),
            recipients: grant.scope.recipients.clone(),
            ended: grant.ended_at,
            ended_how: grant.ended_how.clone(),
            confirm_by: grant.confirm_by,
            confirmed: grant.confirmed_at,
            vendor_version: grant.state.confirmed,
            underway: underway.map(|message| UnderwayView {
                version: message.version,
                state: message.state,
                may_have_arrived: message.may_have_arrived,
            }),
            closed: grant.closed_at,
            renewal: grant.renewal.as_ref().filter(|_| grant.is_current(now)).map(RenewalView::of),
        }
    }

    /// When it ends, and whether a rule will see to that.
    fn ends(&self) -> String {
        let renews = self.renewal.as_ref().is_some_and(|rule| self.expires < rule.until);
        format!("{}{}", day(self.expires), if renews { ", renews" } else { "" })
    }

    /// What the vendor confirmed, up to which version, and what is on its way to it.
    pub(super) fn vendor_words(&self) -> (String, Tone) {
        let (words, tone) = match self.vendor_status {
            VendorStatus::NotTold => (self.and_underway("not told"), Tone::Dim),
            VendorStatus::NotConfirmed => return self.unconfirmed_words(),
            VendorStatus::Accepted => ("accepted".into(), Tone::Good),
            VendorStatus::PartiallyAccepted => ("partially accepted".into(), Tone::Warn),
            VendorStatus::Rejected => match self.vendor_version {
                Some(kept) => (format!("rejected v{}; goes by v{kept}", self.version), Tone::Bad),
                None => ("rejected".into(), Tone::Bad),
            },
            VendorStatus::AcceptedInWriting => ("accepted in writing, unsigned".into(), Tone::Plain),
            VendorStatus::DeletionInWriting => ("deletion in writing, unsigned".into(), Tone::Plain),
            VendorStatus::DeletionStated => ("deletion stated".into(), Tone::Good),
        };
        (words, tone)
    }

    fn unconfirmed_words(&self) -> (String, Tone) {
        if self.closed.is_some() {
            return ("never confirmed; you closed it".into(), Tone::Dim);
        }
        let words = match (self.status.is_current(), self.vendor_version) {
            (true, Some(accepted)) if self.underway.is_some() => self.and_underway(&format!("accepted v{accepted}")),
            (true, Some(accepted)) => format!("accepted v{accepted}; v{} not confirmed", self.version),
            _ => self.and_underway("not confirmed"),
        };
        (words, Tone::Warn)
    }

    /// What stands with the vendor, and what of the grant it has not got.
    fn and_underway(&self, words: &str) -> String {
        let Some(message) = &self.underway else { return words.to_owned() };
        // Of an ended grant nothing but its end can be under way.
        let what = if self.status.is_current() { format!("v{} ", message.version) } else { String::new() };
        match message.state {
            // The first version of a grant is what was just offered: that it waits says nothing new.
            MessageState::Queued if !message.may_have_arrived && message.version == 1 => words.to_owned(),
            MessageState::Queued => format!("{words}; {what}on its way"),
            MessageState::Held => format!("{words}; {what}held"),
            _ => format!("{words}; {what}not taken"),
        }
    }

    fn status_tone(&self) -> Tone {
        match self.status {
            Status::Active => Tone::Good,
            Status::Offered | Status::Draft => Tone::Plain,
            Status::Rejected => Tone::Bad,
            Status::Expired | Status::Revoked => Tone::Dim,
        }
    }
}

/// `cmr grant list`.
#[derive(Serialize, JsonSchema)]
pub struct Grants {
    /// The grants, newest first.
    pub grants: Vec<GrantView>,
    /// The only vendor that was asked about.
    #[serde(skip)]
    pub vendor: Option<String>,
}

impl View for Grants {
    const SCHEMA: &'static str = "cmr/grants/1";

    fn text(&self, out: &mut Text) {
        if self.grants.is_empty() {
            let (state, vendor) = match &self.vendor {
                Some(vendor) => (format!("{vendor} has no such grant."), vendor.as_str()),
                None => ("You lend nothing.".to_owned(), "VENDOR"),
            };
            out.line(format!("{state} Lend: cmr grant create {vendor} --claims … --purpose … --expires 90d"));
            return;
        }
        let row = |grant: &GrantView| {
            let (vendor_words, vendor_tone) = grant.vendor_words();
            [
                toned(&grant.vendor, Tone::Strong),
                plain(grant.claims.join(", ")),
                plain(grant.purposes.join(", ")),
                toned(grant.status.name(), grant.status_tone()),
                toned(vendor_words, vendor_tone),
                plain(day(grant.granted)),
                plain(grant.ends()),
                plain(grant.last_disclosure.map_or_else(|| "never".into(), day)),
                toned(short(&grant.id), Tone::Dim),
            ]
        };
        let header =
            ["vendor", "claims", "purpose", "here", "at the vendor", "granted?", "expires", "disclosed?", "id?"];
        out.table(header, self.grants.iter().map(row).collect());
    }
}

/// `cmr grant show`.
#[derive(Serialize, JsonSchema)]
pub struct GrantDetail {
    /// The grant.
    #[serde(flatten)]
    pub grant: GrantView,
    /// Why each claim is needed, where that was said.
    pub reasons: Vec<Reason>,
    /// Its messages and the vendor's answers, oldest first.
    pub messages: Vec<MessageView>,
}

impl GrantDetail {
    /// The agreement proffered, and what the vendor last said to it.
    fn terms_words(&self) -> String {
        let said = self.messages.iter().rev().find_map(|message| {
            let words = match Event::from_name(&message.event)? {
                Event::TermsAccepted => "the vendor accepts",
                Event::TermsCountered => "the vendor counters with",
                Event::TermsDeclined => "the vendor declines",
                _ => return None,
            };
            let named = message.content.as_ref().and_then(|content| content.get("terms")?.as_str()).unwrap_or_default();
            Some(format!("{words} {named}").trim_end().to_owned())
        });
        self.grant.terms.iter().cloned().chain(said).collect::<Vec<_>>().join("; ")
    }
}

/// Why a claim is needed.
#[derive(Serialize, JsonSchema)]
pub struct Reason {
    /// The claim of the profile.
    pub claim: String,
    /// Why.
    pub why: Option<String>,
    /// Whether the purpose can do without it.
    pub optional: bool,
}

impl View for GrantDetail {
    const SCHEMA: &'static str = "cmr/grant/1";

    fn text(&self, out: &mut Text) {
        let grant = &self.grant;
        let (vendor_words, _) = grant.vendor_words();
        let claim = |reason: &Reason| {
            let optional = if reason.optional { " (optional)" } else { "" };
            let why = reason.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("{}{optional}{why}", reason.claim)
        };
        let confirmed = match (grant.confirmed, grant.vendor_status) {
            (None, _) => String::new(),
            (Some(at), VendorStatus::NotConfirmed) => format!("; its last word came {}", local(at)),
            (Some(at), _) => format!(", {}", local(at)),
        };
        let waited_for = grant.confirm_by.filter(|_| grant.vendor_status == VendorStatus::NotConfirmed);
        out.line(format!("Grant to {} {DIM}{}{DIM:#}", grant.vendor, grant.id));
        out.fields([
            ("here", format!("{}, version {}", grant.status.name(), grant.version)),
            ("at the vendor", format!("{vendor_words}{confirmed}")),
            ("claims", self.reasons.iter().map(claim).collect::<Vec<_>>().join("; ")),
            ("for", grant.purposes.join(", ")),
            ("lawful basis", grant.lawful_basis.clone()),
            ("terms", self.terms_words()),
            ("recipients", grant.recipients.join(", ")),
            ("persona", grant.persona.clone()),
            ("granted", local(grant.granted)),
            ("expires", local(grant.expires)),
            ("renewal", grant.renewal.as_ref().map(RenewalView::words).unwrap_or_default()),
            ("they may keep it", friendly(&grant.data_life)),
            ("last disclosure", local_or(grant.last_disclosure, "never")),
            (
                "ended",
                grant
                    .ended
                    .map(|at| format!("{}: {}", local(at), grant.ended_how.as_deref().unwrap_or("")))
                    .unwrap_or_default(),
            ),
            ("confirm by", waited_for.map(local).unwrap_or_default()),
            ("closed", grant.closed.map(|at| format!("{}, without the vendor's word", local(at))).unwrap_or_default()),
        ]);
        if !self.messages.is_empty() {
            out.heading("Messages");
            super::message::table(out, &self.messages);
        }
    }
}
