//! `receiver`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::View;
use super::profile::one_line;
use super::text::{BOLD, DIM, Text, Tone, local, plain, short, toned};
use crate::receiver::{CustomerDetail, CustomerView, NewCustomer};

/// `cmr receiver serve`, once it listens.
#[derive(Serialize, JsonSchema)]
pub struct Serving {
    /// Where it listens.
    pub listen: String,
    /// The vendor's URL, for `cmr vendor add`.
    pub resource: String,
}

impl View for Serving {
    const SCHEMA: &'static str = "cmr/receiver/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("Serving {BOLD}{}{BOLD:#} on {}. Ctrl-C stops it.", self.resource, self.listen));
    }
}

/// `cmr receiver customer add`.
#[derive(Serialize, JsonSchema)]
pub struct Added {
    /// The customer's name.
    pub name: String,
    /// Their token, shown this once.
    pub token: String,
}

impl From<NewCustomer> for Added {
    fn from(new: NewCustomer) -> Self {
        Self { name: new.name, token: new.token }
    }
}

impl View for Added {
    const SCHEMA: &'static str = "cmr/receiver-customer/1";

    fn text(&self, out: &mut Text) {
        out.line(&self.token);
    }
}

/// `cmr receiver customer list`.
#[derive(Serialize, JsonSchema)]
pub struct Customers {
    /// The customers.
    #[schemars(with = "Vec<Value>")]
    pub customers: Vec<CustomerView>,
}

impl View for Customers {
    const SCHEMA: &'static str = "cmr/receiver-customers/1";

    fn text(&self, out: &mut Text) {
        let row = |customer: &CustomerView| {
            [
                toned(&customer.name, Tone::Strong),
                plain(local(customer.created_at)),
                plain(customer.bound_at.map_or_else(|| "no key yet".into(), local)),
                plain(customer.active_grants.to_string()),
            ]
        };
        out.table(["customer", "added", "key bound", "active grants"], self.customers.iter().map(row).collect());
    }
}

/// `cmr receiver show`.
#[derive(Serialize, JsonSchema)]
pub struct Arrived {
    /// The customers with all that is held about them.
    #[schemars(with = "Vec<Value>")]
    pub customers: Vec<CustomerDetail>,
}

impl View for Arrived {
    const SCHEMA: &'static str = "cmr/receiver-show/1";

    fn text(&self, out: &mut Text) {
        for detail in &self.customers {
            out.heading(&detail.customer.name);
            if let Some(issuer) = &detail.customer.issuer {
                out.line(format!("  {DIM}{}{DIM:#}", crate::text::printable(issuer)));
            }
            if let [now, before @ ..] = detail.customer.keys.as_slice()
                && !before.is_empty()
            {
                out.line(format!("  {DIM}signs with {now}, after {} before it{DIM:#}", before.join(", ")));
            }
            for grant in &detail.grants {
                out.line(format!(
                    "  grant {} v{} {}, until {}, for {}",
                    short(&crate::text::printable(&grant.grant_id)),
                    grant.version,
                    grant.status.as_str(),
                    local(grant.expires_at),
                    crate::text::printable(&grant.purposes.join(", ")),
                ));
                out.fields(grant.claims.iter().map(|(claim, value)| (claim.as_str(), one_line(value))));
            }
            let row = |set: &crate::receiver::ReceivedView| {
                let version = set.version.map(|version| format!(" v{version}")).unwrap_or_default();
                [
                    plain(local(set.received_at)),
                    plain(format!("{}{version}", set.event)),
                    plain(format!("{:?}", set.outcome).to_lowercase()),
                    plain(set.reason.as_deref().unwrap_or("")),
                    toned(short(&set.jti), Tone::Dim),
                ]
            };
            if !detail.received.is_empty() {
                out.table(["at", "message", "outcome", "", "jti"], detail.received.iter().map(row).collect());
            }
            for said in &detail.feedback {
                let about =
                    said.feedback.about.as_deref().map(|jti| format!(" about {}", short(jti))).unwrap_or_default();
                let words = format!("{}{about}: {}", said.feedback.kind.name(), said.feedback.text);
                out.line(format!("  {} {}", local(said.received_at), crate::text::printable(&words)));
                let wishes = [
                    ("would like", said.feedback.desired_outcome.clone().unwrap_or_default()),
                    ("answer by", said.feedback.respond_by.map(local).unwrap_or_default()),
                ];
                out.fields(wishes);
            }
            if detail.customer.issuer.is_none() && detail.received.is_empty() {
                out.line("  nothing has arrived yet");
            }
            for refused in &detail.refused {
                out.line(format!(
                    "  the customer refused an answer: {} {}",
                    crate::text::printable(&refused.err),
                    crate::text::printable(&refused.description)
                ));
            }
        }
        if self.customers.is_empty() {
            out.line("No customers yet. Add one: cmr receiver customer add NAME --data DIR");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::RefusedView;

    #[test]
    fn a_customer_s_error_code_and_claim_names_cannot_drive_the_terminal() {
        let now = jiff::Timestamp::now();
        let customer = CustomerView {
            name: "ada".into(),
            created_at: now,
            issuer: None,
            bound_at: None,
            keys: vec![],
            active_grants: 0,
        };
        let refused =
            RefusedView { jti: "1".into(), err: "\u{1b}[2J".into(), description: "\u{9b}2J".into(), refused_at: now };
        let detail = CustomerDetail {
            customer,
            grants: vec![],
            received: vec![],
            feedback: vec![],
            waiting: vec![],
            refused: vec![refused],
        };
        let mut out = Text::default();
        Arrived { customers: vec![detail] }.text(&mut out);
        out.fields([("na\u{1b}]0;me\u{7}", "value".to_owned())]);
        let shown = out.into_string();
        assert!(!shown.contains("\u{1b}[2J") && !shown.contains("\u{1b}]") && !shown.contains('\u{7}'), "{shown:?}");
    }
}
