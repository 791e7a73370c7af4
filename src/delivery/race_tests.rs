//! What happens when another command changes the outbox between two steps of a push.

use std::sync::Arc;

use jiff::ToSpan;

use super::channel::Ways;
use super::{Message, lend, push, queue_store, store};
use crate::error::Result;
use crate::grant::model::Mode;
use crate::grant::{self, LentClaim, Purpose, Scope};
use crate::profile::model::{Claim, ClaimValue};
use crate::vault::key::DataKey;
use crate::vault::slot::{NewSlot, new_recovery};
use crate::vault::{Tx, Vault};
use crate::vendor::{self, NewVendor, Vendor};
use crate::wire::discovery::Metadata;
use crate::{ledger, profile};

/// A vault with a vendor, and an e-mail address lent to it that never left.
pub(super) fn lent(dir: &std::path::Path) -> (Vault, Vendor) {
    let (identity, _) = new_recovery();
    let first = |tx: &Tx| {
        ledger::append(tx, "vault-created", "vault", &serde_json::json!({}))?;
        profile::add_persona(tx, profile::DEFAULT_PERSONA).map(|_| ())
    };
    let slots = [NewSlot::Recovery(&identity)];
    let mut vault = Vault::create(&dir.join("vault"), &DataKey::generate().unwrap(), &slots, first).unwrap();
    let vendor = vault.write(lend_email).unwrap();
    (vault, vendor)
}

fn lend_email(tx: &Tx) -> Result<Vendor> {
    let name: profile::model::ClaimName = "email".parse()?;
    let claim = Claim { name: name.clone(), value: ClaimValue::Text("ada@example.org".into()) };
    profile::apply(tx, profile::DEFAULT_PERSONA, &profile::diff(&[], &[claim], false), "typed")?;
    let url = url::Url::parse("https://acme.example").unwrap();
    let document = serde_json::json!({
        "resource": "https://acme.example", "jwks_uri": "https://acme.example/jwks",
        "cmr": {"version": 1, "push_endpoint": "https://acme.example/set", "poll_endpoint": "https://acme.example/poll"},
    });
    let new = NewVendor {
        name: "acme".into(),
        metadata: Some(Metadata::parse(document.to_string().as_bytes(), &url)?),
        channels: Vec::new(),
        url,
        keys: Vec::new(),
        allow_loopback: false,
        approved_origins: Vec::new(),
        token: None,
    };
    let vendor = vendor::add(tx, new)?;
    lend_again(tx, &vendor)?;
    vendor::mark_introduced(tx, &vendor.id)?;
    Ok(vendor)
}

/// Lends the address for a day.
pub(super) fn lend_again(tx: &Tx, vendor: &Vendor) -> Result<()> {
    let name: profile::model::ClaimName = "email".parse()?;
    let scope = Scope {
        claims: vec![LentClaim { claim: name, why: None, optional: false }],
        purposes: vec![Purpose { term: "DeliveryOfGoods".into(), words: None }],
        lawful_basis: "Consent".into(),
        mode: Mode::Continuous,
        data_life: "P1Y".into(),
        recipients: Vec::new(),
        terms: None,
    };
    let expires_at = tx.now() + 24.hours();
    let persona = profile::DEFAULT_PERSONA;
    let mut grant = lend::draft(tx, lend::NewGrant { vendor, persona, scope, expires_at })?;
    lend::offer(tx, vendor, &mut grant)
}

/// The grant's first message, as a push looks at it before it sends.
fn looked_at(vault: &mut Vault, vendor: &Vendor) -> Message {
    let introduction = queue_store::next_of(vault.connection(), &vendor.id).unwrap().unwrap();
    vault.write(|tx| queue_store::set_state(tx, &introduction.id, super::MessageState::Delivered, None)).unwrap();
    queue_store::next_of(vault.connection(), &vendor.id).unwrap().unwrap()
}

/// Takes out whatever's turn it is.
pub(super) fn next(tx: &Tx, vendor: &Vendor) -> Result<push::Turn> {
    push::next(tx, &Arc::new(vendor.clone()), &Ways::of(tx, vendor)?, true)
}

fn revoke(vault: &mut Vault, vendor: &Vendor) {
    let revoked = vault.write(|tx| {
        let mut grant = grant::list_of_vendor(tx, &vendor.id)?.remove(0);
        lend::revoke(tx, vendor, &mut grant, "taken back")
    });
    assert!(!revoked.unwrap(), "nothing ever left");
}

#[test]
fn a_message_taken_back_since_it_was_looked_at_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let (mut vault, vendor) = lent(dir.path());
    let message = looked_at(&mut vault, &vendor);
    revoke(&mut vault, &vendor);
    let turn = vault.write(|tx| next(tx, &vendor)).unwrap();
    assert!(matches!(turn, push::Turn::Nobody), "{turn:?}");
    let now = store::find(vault.connection(), &message.id).unwrap();
    assert_eq!((now.attempts, now.attempted_at), (0, None));
}

#[test]
fn a_message_cancelled_since_it_was_looked_at_is_neither_retried_nor_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let (mut vault, vendor) = lent(dir.path());
    let message = looked_at(&mut vault, &vendor);
    revoke(&mut vault, &vendor);
    assert!(vault.write(|tx| queue_store::retry(tx, &message)).is_err());
    assert!(vault.write(|tx| queue_store::drop_message(tx, &message)).is_err());
    assert!(queue_store::next_of(vault.connection(), &vendor.id).unwrap().is_none());
}
