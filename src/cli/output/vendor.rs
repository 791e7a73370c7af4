//! `vendor` and `who`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::channel::ChannelView;
use super::evidence::{ContactView, DirectoryView, EvidenceView, HeldView, held_text};
use super::grant::GrantView;
use super::link::LinkView;
use super::profile::{ClaimView, FollowView, one_line};
use super::text::{DIM, Text, Tone, count, local, plain, toned};
use super::vendor_key::OwnKeysView;
use crate::import::Held;
use crate::ledger::disclosure::Disclosure;
use crate::vendor::{Card, ChannelKind, Relationship, Vendor};

/// A vendor, and my side of the relationship.
#[derive(Serialize, JsonSchema)]
pub struct VendorView {
    /// Its id.
    pub id: String,
    /// What you call it.
    pub name: String,
    /// What it calls itself.
    pub title: Option<String>,
    /// Its URL.
    pub url: String,
    /// Its host.
    pub domain: String,
    /// Your account or customer number there.
    pub account: Option<String>,
    /// How much it matters to you, 1 first.
    pub rank: Option<i64>,
    /// Whether a token is kept for it.
    pub has_token: bool,
    /// Whether it may be on this machine.
    pub allow_loopback: bool,
    /// Since when it is in the vault.
    pub added: Timestamp,
}

impl VendorView {
    /// The view of a vendor.
    pub fn of(vendor: &Vendor, relationship: &Relationship) -> Self {
        Self {
            id: vendor.id.clone(),
            name: vendor.name.clone(),
            title: vendor.title.clone(),
            url: vendor.url.to_string(),
            domain: vendor.domain.clone(),
            account: relationship.account.clone(),
            rank: relationship.rank,
            has_token: relationship.token.is_some(),
            allow_loopback: vendor.allow_loopback,
            added: vendor.added_at,
        }
    }
}

impl From<Card> for VendorView {
    fn from(card: Card) -> Self {
        Self {
            id: card.id,
            name: card.name,
            title: card.title,
            url: card.url,
            domain: card.domain,
            account: card.account,
            rank: card.rank,
            has_token: card.has_token,
            allow_loopback: card.allow_loopback,
            added: card.added_at,
        }
    }
}

/// `cmr vendor list`.
#[derive(Serialize, JsonSchema)]
pub struct Vendors {
    /// The vendors, by rank and name; with `--by evidence`, the last seen first.
    pub vendors: Vec<VendorLine>,
    /// Whether people see what imports show.
    #[serde(skip)]
    pub by_evidence: bool,
    /// Whether these are ghosts alone.
    #[serde(skip)]
    pub ghosts: bool,
}

/// A vendor in a list.
#[derive(Serialize, JsonSchema)]
pub struct VendorLine {
    /// The vendor.
    #[serde(flatten)]
    pub vendor: VendorView,
    /// How many current grants it has.
    pub grants: usize,
    /// What imports show of it; with `--by evidence` and `--ghosts` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
}

impl Vendors {
    fn evidence_text(&self, out: &mut Text) {
        if self.vendors.is_empty() {
            return out.line("No ghosts: of each account there is a sign of use within three years, or no date.");
        }
        let row = |line: &VendorLine| {
            let ghost = line.evidence.as_ref().is_some_and(|evidence| evidence.ghost);
            let name = toned(&line.vendor.name, if ghost { Tone::Warn } else { Tone::Strong });
            let cells = line.evidence.as_ref().map(EvidenceView::cells);
            let [login, pays, mails, has] = cells.unwrap_or_else(|| [(); 4].map(|()| plain("")));
            [name, login, pays, mails, has]
        };
        let header = ["vendor", "login", "pays", "mails", "it has?"];
        out.table(header, self.vendors.iter().map(row).collect());
        let ghost = |line: &&VendorLine| line.evidence.as_ref().is_some_and(|evidence| evidence.ghost);
        if let Some(first) = self.vendors.iter().find(ghost) {
            let ghosts = self.vendors.iter().filter(ghost).count();
            let what = format!(
                "{}: no sign of use for three years. Ask for erasure; how to reach one:",
                count(ghosts, "ghost")
            );
            out.step(&what, &format!("cmr vendor show {}", first.vendor.name));
        }
    }
}

impl View for Vendors {
    const SCHEMA: &'static str = "cmr/vendors/1";

    fn text(&self, out: &mut Text) {
        if self.vendors.is_empty() && !self.ghosts {
            out.line("No vendors yet. Add one: cmr vendor add NAME --url https://…");
            return;
        }
        if self.by_evidence {
            return self.evidence_text(out);
        }
        let row = |line: &VendorLine| {
            [
                toned(&line.vendor.name, Tone::Strong),
                plain(&line.vendor.domain),
                plain(line.grants.to_string()),
                plain(line.vendor.rank.map(|rank| rank.to_string()).unwrap_or_default()),
                plain(line.vendor.account.as_deref().unwrap_or("")),
            ]
        };
        out.table(["vendor", "domain", "grants", "rank", "account"], self.vendors.iter().map(row).collect());
    }
}

/// `cmr vendor add` and `show`.
#[derive(Serialize, JsonSchema)]
pub struct VendorDetail {
    /// The vendor.
    #[serde(flatten)]
    pub vendor: VendorView,
    /// The ways to it, in your order.
    pub channels: Vec<ChannelView>,
    /// Where messages of the protocol go; empty where it does not speak that.
    pub push_endpoint: String,
    /// Where answers come from; empty where it does not speak the protocol.
    pub poll_endpoint: String,
    /// Claims that it takes; empty means any.
    pub claims_supported: Vec<String>,
    /// Agreements that it signs; empty means that it does not say.
    pub terms_supported: Vec<String>,
    /// Ids of the keys that it signs with.
    pub keys: Vec<String>,
    /// Origins other than its own that you approved.
    pub approved_origins: Vec<String>,
    /// Who you are there: a name that no other vendor knows. Empty while nothing was signed for a vendor that an import
    /// brought.
    pub issuer: String,
    /// The key that you sign with there; null while `issuer` is empty.
    pub key: Option<OwnKeysView>,
    /// When it took the relationship's key.
    pub introduced: Option<Timestamp>,
    /// The account that is linked there, or is about to be.
    pub link: Option<LinkView>,
    /// What it gets in place of claims of the profile.
    pub aliases: Vec<ClaimView>,
    /// Its grants, ended ones too.
    pub grants: Vec<GrantView>,
    /// What imports show of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
    /// How to reach it, as your address book says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactView>,
    /// What the public directories say of it, as they say it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub directory: Vec<DirectoryView>,
    /// Your notes, newest first.
    pub notes: Vec<NoteView>,
}

/// A note.
#[derive(Serialize, JsonSchema)]
pub struct NoteView {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl View for VendorDetail {
    const SCHEMA: &'static str = "cmr/vendor/1";

    fn text(&self, out: &mut Text) {
        let vendor = &self.vendor;
        let any = |list: &[String], otherwise: &str| {
            if list.is_empty() { otherwise.to_owned() } else { list.join(", ") }
        };
        let protocol = !self.push_endpoint.is_empty();
        out.heading(&match &vendor.title {
            Some(title) => format!("{}, {title}", vendor.name),
            None => vendor.name.clone(),
        });
        out.fields([
            ("url", if vendor.url.starts_with("http") { vendor.url.clone() } else { String::new() }),
            ("takes", if protocol { any(&self.claims_supported, "any claim") } else { String::new() }),
            ("agreements", if protocol { any(&self.terms_supported, "it does not say") } else { String::new() }),
            ("pushed to", self.push_endpoint.clone()),
            ("answers from", self.poll_endpoint.clone()),
            ("signs with", self.keys.join(", ")),
            ("approved origins", self.approved_origins.join(", ")),
            ("you are there", if protocol { self.issuer.clone() } else { String::new() }),
            ("your key there", self.key.as_ref().filter(|_| protocol).map(OwnKeysView::words).unwrap_or_default()),
            (
                "introduced",
                if protocol { self.introduced.map_or_else(|| "not yet".into(), local) } else { String::new() },
            ),
            ("linked", self.link.as_ref().map(LinkView::words).unwrap_or_default()),
            ("token", if vendor.has_token { "kept".into() } else { "none".into() }),
            ("account", vendor.account.clone().unwrap_or_default()),
            ("rank", vendor.rank.map(|rank| rank.to_string()).unwrap_or_default()),
            ("on this machine", if vendor.allow_loopback { "allowed, without TLS".into() } else { String::new() }),
        ]);
        for alias in &self.aliases {
            out.line(format!(
                "  {DIM}alias{DIM:#}  {} is {} for them",
                alias.claim,
                crate::text::printable(&one_line(&alias.value))
            ));
        }
        match self.channels.as_slice() {
            [] => out
                .step("no way to it is known:", &format!("cmr vendor set {} --channel mail --mail-to …", vendor.name)),
            // The protocol alone is said above.
            [only] if only.kind == ChannelKind::Set => {}
            ways => {
                out.heading("Channels");
                out.table(["channel", "leads to", "because", "carries"], ways.iter().map(ChannelView::row).collect());
            }
        }
        if !self.grants.is_empty() {
            out.heading("Grants");
            let row = |grant: &GrantView| {
                [
                    plain(grant.claims.join(", ")),
                    plain(grant.purposes.join(", ")),
                    plain(grant.status.name()),
                    toned(grant.vendor_words().0, grant.vendor_words().1),
                    plain(local(grant.expires)),
                    toned(super::text::short(&grant.id), Tone::Dim),
                ]
            };
            let header = ["claims", "purpose", "here", "at the vendor", "expires?", "id?"];
            out.table(header, self.grants.iter().map(row).collect());
        }
        if let Some(evidence) = &self.evidence {
            evidence.text(out);
        }
        self.contacts.iter().for_each(|contact| contact.text(out));
        self.directory.iter().for_each(|directory| directory.text(out));
        if !self.notes.is_empty() {
            out.heading("Notes");
            out.table(["at", "note"], self.notes.iter().map(|n| [plain(local(n.at)), plain(&n.text)]).collect());
        }
    }
}

/// `cmr vendor set` and `note`.
#[derive(Serialize, JsonSchema)]
pub struct VendorChanged {
    /// The vendor.
    #[serde(flatten)]
    pub vendor: VendorView,
    /// What changed, in words.
    pub changed: Vec<String>,
}

impl View for VendorChanged {
    const SCHEMA: &'static str = "cmr/vendor-changes/1";

    fn text(&self, out: &mut Text) {
        match self.changed.is_empty() {
            true => out.line(format!("{}: nothing changed", self.vendor.name)),
            false => out.line(format!("{}: {}", self.vendor.name, self.changed.join(", "))),
        }
    }
}

/// `cmr vendor alias`.
#[derive(Serialize, JsonSchema)]
pub struct Aliases {
    /// The vendor's name.
    pub vendor: String,
    /// What it gets in place of claims of the profile.
    pub aliases: Vec<ClaimView>,
    /// The grants whose vendor will hear of it.
    pub follows: Vec<FollowView>,
}

impl View for Aliases {
    const SCHEMA: &'static str = "cmr/aliases/1";

    fn text(&self, out: &mut Text) {
        match self.aliases.is_empty() {
            true => out.line(format!("{} has no alias: it gets what the profile says.", self.vendor)),
            false => {
                let row = |alias: &ClaimView| [toned(&alias.claim, Tone::Strong), plain(one_line(&alias.value))];
                out.table(["claim", "value for them"], self.aliases.iter().map(row).collect());
            }
        }
        if !self.follows.is_empty() {
            out.line(format!("{} will hear of it: cmr push", self.vendor));
        }
    }
}

/// `cmr vendor knows` and `cmr who`.
#[derive(Serialize, JsonSchema)]
pub struct Known {
    /// What was asked: a vendor or a claim.
    pub about: String,
    /// As of when.
    pub at: Timestamp,
    /// What is known, newest first.
    pub known: Vec<KnownView>,
    /// What is held without a grant, as imports show, and was not lent as well.
    pub held_by_import: Vec<HeldView>,
}

/// One value that a vendor knows.
#[derive(Serialize, JsonSchema)]
pub struct KnownView {
    /// The vendor's name.
    pub vendor: String,
    /// OpenID claim name.
    pub claim: String,
    /// The value.
    pub value: Value,
    /// When the vendor's server last took it; null if it left and was not answered: the vendor may know it.
    pub delivered: Option<Timestamp>,
    /// Since when the vendor has it, by the grants that are not stated deleted.
    pub since: Option<Timestamp>,
    /// Whether it is the latest that the vendor took of this claim; others it has seen as well.
    pub latest: bool,
    /// Whether the vendor said that it did not take it. It has seen it all the same.
    pub refused: bool,
    /// The grant.
    pub grant: String,
}

impl KnownView {
    fn aside(&self) -> &'static str {
        match (self.refused, self.latest) {
            (true, _) => "refused by them, after they saw it",
            (false, true) => "",
            (false, false) => "earlier value",
        }
    }
}

impl Known {
    /// The view of disclosures, newest first; the same value told again to the same vendor is one line.
    pub fn of(about: &str, at: Timestamp, disclosures: &[Disclosure]) -> Self {
        let mut known: Vec<KnownView> = Vec::new();
        for disclosure in disclosures {
            let same = |view: &&mut KnownView| view.vendor == disclosure.vendor && view.claim == disclosure.claim;
            let refused = disclosure.refused;
            let latest = !refused && !known.iter_mut().filter(same).any(|view| !view.refused);
            let alike = |view: &&mut KnownView| view.value == disclosure.value && view.refused == refused;
            let again = known.iter_mut().filter(same).find(alike);
            match again {
                Some(view) if view.delivered.is_some() => view.since = disclosure.delivered_at.or(view.since),
                _ => known.push(KnownView {
                    vendor: disclosure.vendor.clone(),
                    claim: disclosure.claim.clone(),
                    value: disclosure.value.clone(),
                    delivered: disclosure.delivered_at,
                    since: disclosure.delivered_at,
                    latest,
                    refused,
                    grant: disclosure.grant_id.clone(),
                }),
            }
        }
        Self { about: about.to_owned(), at, known, held_by_import: Vec::new() }
    }

    /// The same with what is held by import. What the vendor was lent as well is said above.
    #[must_use]
    pub fn with_held(mut self, held: Vec<Held>) -> Self {
        let lent = |held: &Held| {
            let same = |known: &KnownView| known.vendor == held.vendor && known.claim == held.claim;
            self.known.iter().any(|known| same(known) && known.value == held.value.as_str())
        };
        self.held_by_import = held.into_iter().filter(|held| !lent(held)).map(HeldView::from).collect();
        self
    }
}

impl View for Known {
    const SCHEMA: &'static str = "cmr/known/1";

    fn text(&self, out: &mut Text) {
        if self.known.is_empty() {
            let what = match self.held_by_import.is_empty() {
                true => "nothing is known to be held",
                false => "nothing was lent",
            };
            out.line(format!("{}: {what}, as of {}.", self.about, local(self.at)));
            return held_text(out, &self.held_by_import);
        }
        let row = |known: &KnownView| {
            let (when, tone) = match known.since {
                Some(at) => (local(at), Tone::Plain),
                None => ("may have arrived".to_owned(), Tone::Warn),
            };
            [
                toned(&known.vendor, Tone::Strong),
                plain(&known.claim),
                plain(one_line(&known.value)),
                toned(when, tone),
                toned(known.aside(), Tone::Dim),
            ]
        };
        out.table(["vendor", "claim", "value", "since", ""], self.known.iter().map(row).collect());
        out.line(format!("  {DIM}{}, as of {}{DIM:#}", count(self.known.len(), "value"), local(self.at)));
        held_text(out, &self.held_by_import);
    }
}
