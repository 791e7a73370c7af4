//! The JSON schemas of every document that a command prints, for `docs/schemas/`.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::json;

use super::View;
use super::{
    connector, demo, grant, import, imports, inbox, key, ledger, lending, link, mail, message, profile, receipt,
    receiver, relocation, renewal, search, upkeep, vault, vendor, vendor_key, verify,
};

/// The schema of a view, with the member `schema` that every document has.
fn schema_of<V: View + JsonSchema>() -> (&'static str, Schema) {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<V>();
    schema.insert("title".into(), json!(V::SCHEMA));
    let object = schema.ensure_object();
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    properties["schema"] = json!({"const": V::SCHEMA});
    if let Some(required) = object.entry("required").or_insert_with(|| json!([])).as_array_mut() {
        required.insert(0, json!("schema"));
    }
    (V::SCHEMA, schema)
}

/// Every document's name and schema.
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        schema_of::<demo::Demo>(),
        schema_of::<vault::Made>(),
        schema_of::<vault::DryRun>(),
        schema_of::<vault::Status>(),
        schema_of::<vault::LockState>(),
        schema_of::<key::Keys>(),
        schema_of::<key::KeyChanged>(),
        schema_of::<key::KeyRotated>(),
        schema_of::<profile::Profile>(),
        schema_of::<profile::OneClaim>(),
        schema_of::<profile::Changed>(),
        schema_of::<profile::Import>(),
        schema_of::<profile::History>(),
        schema_of::<profile::Exported>(),
        schema_of::<profile::Personas>(),
        schema_of::<import::Imported>(),
        schema_of::<imports::Imports>(),
        schema_of::<imports::ImportUndone>(),
        schema_of::<vendor::Vendors>(),
        schema_of::<vendor::VendorDetail>(),
        schema_of::<vendor::VendorChanged>(),
        schema_of::<vendor_key::NewKeys>(),
        schema_of::<link::Linked>(),
        schema_of::<link::Unlinked>(),
        schema_of::<connector::Connectors>(),
        schema_of::<connector::Checked>(),
        connector::file_form(),
        schema_of::<vendor::Aliases>(),
        schema_of::<vendor::Known>(),
        schema_of::<verify::Verification>(),
        schema_of::<grant::Grants>(),
        schema_of::<grant::GrantDetail>(),
        schema_of::<lending::Preview>(),
        schema_of::<lending::Lent>(),
        schema_of::<renewal::RuleChange>(),
        schema_of::<renewal::Renewals>(),
        schema_of::<lending::Closed>(),
        schema_of::<receipt::ReceiptView>(),
        schema_of::<relocation::Move>(),
        schema_of::<message::Moved>(),
        schema_of::<message::Outbox>(),
        schema_of::<message::OneMessage>(),
        schema_of::<inbox::Inbox>(),
        schema_of::<inbox::OneReceived>(),
        schema_of::<inbox::Reply>(),
        schema_of::<mail::AccountView>(),
        schema_of::<mail::Written>(),
        schema_of::<mail::OneMail>(),
        schema_of::<upkeep::Upkeep>(),
        schema_of::<upkeep::Timetable>(),
        schema_of::<search::Search>(),
        schema_of::<ledger::Log>(),
        schema_of::<ledger::OneEntry>(),
        schema_of::<ledger::Verified>(),
        schema_of::<receiver::Serving>(),
        schema_of::<receiver::Added>(),
        schema_of::<receiver::Customers>(),
        schema_of::<receiver::Arrived>(),
    ]
}
