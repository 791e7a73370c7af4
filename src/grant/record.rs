//! The consent record of a grant: field names of ISO/IEC TS 27560:2023, terms of DPV 2.2, as the W3C's guide
//! "Implementing ISO/IEC 27560 using DPV" puts them together. `pii_reason`, why a claim is needed, is an addition.

use serde_json::{Value, json};

use super::model::{Grant, Scope};
use crate::profile::model::claim_kind;

/// The schema that the record follows.
const SCHEMA: &str = "https://w3id.org/dpv/schema/dpv-27560#record";

/// Who the parties of a record are.
pub struct Parties<'a> {
    /// The customer's pairwise issuer URN.
    pub customer: &'a str,
    /// The vendor's resource URL.
    pub vendor: &'a str,
    /// The vendor's name.
    pub vendor_name: &'a str,
}

/// The record of a grant, with `event_state` as its last event (a consent status of DPV).
pub fn record(grant: &Grant, parties: &Parties, event_state: &str) -> Value {
    json!({
        "schema_version": SCHEMA,
        "record_id": grant.id,
        "pii_principal_id": parties.customer,
        "pii_processing": {
            "purposes": purposes(&grant.scope, parties),
        },
        "party_identification": [
            {"party_id": parties.customer, "party_role": "dpv:DataSubject"},
            {"party_id": parties.vendor, "party_name": parties.vendor_name, "party_role": "dpv:DataController",
             "party_url": parties.vendor},
        ],
        "events": [{
            "event_type": format!("dpv:{}", grant.scope.lawful_basis),
            "event_state": format!("dpv:{event_state}"),
            "event_time": grant.created_at.to_string(),
            "validity_duration": {"until": grant.expires_at.to_string()},
            "entity_id": parties.customer,
        }],
    })
}

fn purposes(scope: &Scope, parties: &Parties) -> Vec<Value> {
    let information: Vec<Value> = scope
        .claims
        .iter()
        .map(|lent| {
            let category = claim_kind(lent.claim.base()).map_or("", |kind| kind.category);
            let mut entry = json!({
                "pii_type": format!("pd:{category}"),
                "pii_attribute_id": lent.claim.base(),
                "pii_optional": lent.optional,
            });
            if let Some(why) = &lent.why {
                entry["pii_reason"] = json!(why);
            }
            entry
        })
        .collect();
    let one = |purpose: &super::model::Purpose| {
        let mut entry = json!({
            "purpose": purpose.words.as_deref().unwrap_or(&purpose.term),
            "purpose_type": format!("dpv:{}", purpose.term),
            "lawful_basis": format!("dpv:{}", scope.lawful_basis),
            "pii_information": information,
            "pii_controllers": [parties.vendor],
            "recipient_third_parties": scope.recipients,
            "collection_method": "push by the customer, CMR-SET 1",
            "retention_period": scope.data_life,
            "withdrawal_method": "grant-revoked, CMR-SET 1",
        });
        if let Some(terms) = &scope.terms {
            entry["codes_of_conduct"] = json!([format!("https://w3id.org/dpv/standards/p7012#{terms}")]);
        }
        entry
    };
    scope.purposes.iter().map(one).collect()
}
