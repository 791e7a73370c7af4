use super::*;
use crate::vault::Vault;
use crate::vault::key::DataKey;
use crate::vendor::{NewVendor, add};
use crate::wire::discovery::Metadata;
use url::Url;

fn metadata() -> Metadata {
    serde_json::from_value(json!({
        "resource": "https://acme.example", "jwks_uri": "https://acme.example/jwks",
        "cmr": {"version": 1, "push_endpoint": "https://acme.example/set", "poll_endpoint": "https://acme.example/poll"},
    }))
    .unwrap()
}

#[test]
fn a_key_that_was_withdrawn_verifies_old_receipts_and_no_new_answer() {
    let dir = tempfile::tempdir().unwrap();
    let key = DataKey::generate().unwrap();
    let mut vault = Vault::create(&dir.path().join("vault"), &key, &[], |_| Ok(())).unwrap();
    let jwk = |seed: u8| SigningKey::from_seed(&[seed; 32]).public();
    let kid = |seed: u8| jwk(seed).kid.unwrap();
    let new = NewVendor {
        name: "acme".into(),
        url: Url::parse("https://acme.example").unwrap(),
        metadata: Some(metadata()),
        channels: Vec::new(),
        keys: vec![jwk(1), jwk(2)],
        allow_loopback: false,
        approved_origins: Vec::new(),
        token: None,
    };
    let vendor = vault.write(|tx| add(tx, new)).unwrap();
    let current = |vault: &Vault, seed| current_key(vault.connection(), &vendor.id, &kid(seed)).unwrap().is_some();
    assert!(current(&vault, 1) && current(&vault, 2));

    // The next fetch, at a later millisecond, has one of them no more.
    let before = Timestamp::now().as_millisecond();
    while Timestamp::now().as_millisecond() <= before {}
    vault.write(|tx| add_key(tx, &vendor.id, &jwk(2))).unwrap();
    assert!(!current(&vault, 1) && current(&vault, 2));
    assert!(super::key(vault.connection(), &vendor.id, &kid(1)).unwrap().is_some());
}
