//! `grant renew --rule`, `--no-rule` and `--due`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::grant::GrantView;
use super::text::{Text, Tone, count, day, local, plain, short, toned};
use crate::delivery::renewal::Due;
use crate::grant::Renewal;
use crate::grant::renewal::{Decision, Why};
use crate::grant::scope::friendly;

/// The rule by which a grant is renewed.
#[derive(Clone, Serialize, JsonSchema)]
pub struct RenewalView {
    /// How long a renewal lasts: an ISO 8601 duration.
    pub each: String,
    /// No renewal goes past this end.
    pub until: Timestamp,
}

impl RenewalView {
    /// The view of a rule.
    pub fn of(rule: &Renewal) -> Self {
        Self { each: rule.each.clone(), until: rule.until }
    }

    /// The same for people.
    pub fn words(&self) -> String {
        format!("by rule: {} at a time, until {}", friendly(&self.each), local(self.until))
    }
}

/// How far a change of a rule has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The user is about to be asked.
    Proposed,
    /// It is set.
    Set,
    /// It is taken away.
    Removed,
}

/// `cmr grant renew --rule` and `--no-rule`.
#[derive(Serialize, JsonSchema)]
pub struct RuleChange {
    /// The grant, with its rule as it is from now on.
    pub grant: GrantView,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
    /// How far it has come.
    #[serde(skip)]
    pub stage: Stage,
}

impl View for RuleChange {
    const SCHEMA: &'static str = "cmr/renewal-rule/1";

    fn text(&self, out: &mut Text) {
        let (grant, name) = (&self.grant, format!("The grant to {} ({})", self.grant.vendor, short(&self.grant.id)));
        match self.stage {
            _ if self.dry_run => out.line("Nothing was done: --dry-run."),
            Stage::Proposed => self.proposal(out),
            Stage::Removed => out.line(format!("{name} has no rule any more: it ends on {}.", local(grant.expires))),
            Stage::Set => {
                out.line(format!("{name} is renewed {}.", grant.rule_words()));
                out.line("The vendor is not told of the rule. To have it used each night: cmr upkeep install");
            }
        }
    }
}

impl RuleChange {
    /// What the rule allows, before the user says yes to it.
    fn proposal(&self, out: &mut Text) {
        let grant = &self.grant;
        out.line(format!("Without asking you again, {} may keep:", grant.vendor));
        out.fields([
            ("claims", grant.claims.join(", ")),
            ("for", grant.purposes.join(", ")),
            ("recipients", grant.recipients.join(", ")),
            ("ends now", local(grant.expires)),
            ("renewed", grant.rule_words()),
        ]);
        out.line("The rule holds for this or less: it goes when the grant is made wider.");
    }
}

impl GrantView {
    fn rule_words(&self) -> String {
        self.renewal.as_ref().map(RenewalView::words).unwrap_or_default()
    }
}

/// `cmr grant renew --due`.
#[derive(Serialize, JsonSchema)]
pub struct Renewals {
    /// What its rule renewed, or would renew with `--dry-run`.
    pub renewed: Vec<Renewed>,
    /// What ends, or ended, and no rule renewed.
    pub needs_you: Vec<NeedsYou>,
    /// Whether nothing was done, because of `--dry-run`.
    pub dry_run: bool,
    /// Whether the user is about to be asked.
    #[serde(skip)]
    pub proposed: bool,
}

/// A grant that its rule renewed.
#[derive(Serialize, JsonSchema)]
pub struct Renewed {
    /// The grant's id.
    pub grant: String,
    /// The vendor's name.
    pub vendor: String,
    /// When it would have ended.
    pub was: Timestamp,
    /// When it ends now.
    pub expires: Timestamp,
    /// The rule.
    pub rule: RenewalView,
}

/// A grant that only the user can go on with.
#[derive(Serialize, JsonSchema)]
pub struct NeedsYou {
    /// The grant's id.
    pub grant: String,
    /// The vendor's name.
    pub vendor: String,
    /// When it ends, or ended.
    pub expires: Timestamp,
    /// `no_rule`, `rule_used_up`, `ended`, `rule_unreadable` or `failed`.
    pub reason: &'static str,
    /// The same in words.
    pub words: String,
    /// What to type next.
    pub next: String,
}

impl Renewals {
    /// The view of what is due.
    pub fn of(due: &[Due], dry_run: bool, proposed: bool) -> Self {
        let renewed = due.iter().filter_map(Renewed::of).collect();
        let needs_you = due.iter().filter_map(NeedsYou::of).collect();
        Self { renewed, needs_you, dry_run, proposed }
    }
}

impl Renewed {
    fn of(due: &Due) -> Option<Self> {
        let Decision::Renew { until } = due.decision else { return None };
        let rule = RenewalView::of(due.grant.renewal.as_ref()?);
        let (grant, vendor) = (due.grant.id.clone(), due.vendor.clone());
        Some(Self { grant, vendor, was: due.grant.expires_at, expires: until, rule })
    }
}

impl NeedsYou {
    fn of(due: &Due) -> Option<Self> {
        let Decision::NeedsUser(why) = &due.decision else { return None };
        let id = short(&due.grant.id);
        let next = match why {
            Why::NoRule => format!("cmr grant renew {id} --expires 90d"),
            Why::UsedUp | Why::Unreadable => format!("cmr grant renew {id} --rule 90d --until 1y"),
            Why::Ended => format!("cmr grant create {} …", due.vendor),
            Why::Failed(_) => format!("cmr grant show {id}"),
        };
        Some(Self {
            grant: due.grant.id.clone(),
            vendor: due.vendor.clone(),
            expires: due.grant.expires_at,
            reason: why.name(),
            words: why.words().to_owned(),
            next,
        })
    }
}

impl View for Renewals {
    const SCHEMA: &'static str = "cmr/renewals/1";

    fn text(&self, out: &mut Text) {
        if self.renewed.is_empty() && self.needs_you.is_empty() {
            out.line("Nothing that you lend ends in that time.");
        }
        if !self.renewed.is_empty() {
            out.heading(if self.proposed || self.dry_run { "To be renewed by rule" } else { "Renewed by rule" });
            let row = |one: &Renewed| {
                [
                    toned(&one.vendor, Tone::Strong),
                    plain(day(one.was)),
                    plain(day(one.expires)),
                    plain(day(one.rule.until)),
                    toned(short(&one.grant), Tone::Dim),
                ]
            };
            let header = ["vendor", "was until", "now until", "by rule until?", "id?"];
            out.table(header, self.renewed.iter().map(row).collect());
        }
        if !self.needs_you.is_empty() && !self.proposed {
            out.heading("Needs you");
            let row = |one: &NeedsYou| {
                let what = [plain(day(one.expires)), plain(&one.words), plain(&one.next)];
                let [ends, words, next] = what;
                [toned(&one.vendor, Tone::Strong), ends, words, next]
            };
            out.table(["vendor", "ends", "", "next"], self.needs_you.iter().map(row).collect());
        }
        match (self.dry_run, self.renewed.len()) {
            (true, _) => out.line("Nothing was done: --dry-run."),
            (false, n) if n > 0 && !self.proposed => {
                out.line(format!("{} renewed. The vendors are told with: cmr push", count(n, "grant")));
            }
            _ => {}
        }
    }
}
