use super::*;
use crate::delivery::link::metadata::Server;
use crate::delivery::link::{find, keep_client, keep_linked, keep_new_key, keep_tokens, names};
use crate::delivery::race_tests::lent;
use crate::vault::Vault;
use crate::vendor;

fn tokens(number: u32) -> Tokens {
    Tokens {
        access: format!("access-{number}").into(),
        refresh: Some(format!("refresh-{number}").into()),
        dpop: true,
        expires_at: Some(Timestamp::MAX),
        scope: Some("a b".into()),
    }
}

/// A vault with a linked vendor.
fn linked(dir: &std::path::Path) -> (Vault, Vendor) {
    let (mut vault, _) = lent(dir);
    let (id, _) = vendor::names(vault.connection()).unwrap().remove(0);
    let vendor = vendor::get(vault.connection(), &id).unwrap();
    let server = json!({"issuer": "https://as.example", "token_endpoint": "https://as.example/token"}).to_string();
    let key = vendor::signing_key(vault.connection(), &id).unwrap().thumbprint();
    let link = Link {
        server: Server::parse(server.as_bytes(), "https://as.example").unwrap(),
        approved_origins: vec!["https://as.example".into()],
        resource: Some("https://acme.example".into()),
        scope: vec!["a".into(), "b".into()],
        dpop: true,
        client: Client {
            id: "client-1".into(),
            secret: None,
            auth: Auth::PrivateKeyJwt,
            registration: Some((Url::parse("https://as.example/reg/1").unwrap(), "rat-1".into())),
        },
        client_key: key,
        tokens: None,
        refreshed_at: None,
        linked_at: None,
        pending: None,
    };
    vault.write(|tx| keep_client(tx, &vendor, &link)).unwrap();
    assert!(names(vault.connection()).unwrap().is_empty());
    vault.write(|tx| keep_linked(tx, &vendor, &tokens(1), "device")).unwrap();
    (vault, vendor)
}

fn access(vault: &Vault, vendor: &Vendor) -> String {
    find(vault.connection(), &vendor.id).unwrap().unwrap().tokens.unwrap().access.expose_secret().to_owned()
}

#[test]
fn a_link_comes_back_as_it_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let (vault, vendor) = linked(dir.path());
    let link = find(vault.connection(), &vendor.id).unwrap().unwrap();
    assert_eq!((link.scope.len(), link.dpop, link.client.auth), (2, true, Auth::PrivateKeyJwt));
    assert_eq!(link.client.registration.unwrap().1.expose_secret(), "rat-1");
    let tokens = link.tokens.unwrap();
    assert_eq!((tokens.access.expose_secret(), tokens.dpop), ("access-1", true));
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "refresh-1");
    assert!(link.linked_at.is_some() && link.pending.is_none());
    assert_eq!(names(vault.connection()).unwrap(), [vendor.name]);
}

#[test]
fn tokens_that_somebody_else_replaced_are_not_replaced_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut vault, vendor) = linked(dir.path());
    assert!(vault.write(|tx| keep_tokens(tx, &vendor, &tokens(1), &tokens(2))).unwrap());
    // A refresh that began with the first ones comes late.
    assert!(!vault.write(|tx| keep_tokens(tx, &vendor, &tokens(1), &tokens(3))).unwrap());
    assert_eq!(access(&vault, &vendor), "access-2");
    let link = find(vault.connection(), &vendor.id).unwrap().unwrap();
    vault.write(|tx| forget(tx, &vendor, &link, &Report::default())).unwrap();
    assert!(!vault.write(|tx| keep_tokens(tx, &vendor, &tokens(2), &tokens(3))).unwrap());
    assert!(find(vault.connection(), &vendor.id).unwrap().is_none());
}

#[test]
fn a_token_that_is_bound_to_a_key_is_refreshed_after_that_key_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut vault, vendor) = linked(dir.path());
    let link = find(vault.connection(), &vendor.id).unwrap().unwrap();
    vault.write(|tx| keep_new_key(tx, &vendor, &link.client, &link.client_key)).unwrap();
    let after = find(vault.connection(), &vendor.id).unwrap().unwrap();
    assert!(!link.tokens.unwrap().is_expired(Timestamp::now()));
    assert!(after.tokens.unwrap().is_expired(Timestamp::now()));
}

#[test]
fn the_ledger_holds_no_secret_of_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (mut vault, vendor) = linked(dir.path());
    vault.write(|tx| keep_tokens(tx, &vendor, &tokens(1), &tokens(2))).unwrap();
    let link = find(vault.connection(), &vendor.id).unwrap().unwrap();
    vault.write(|tx| forget(tx, &vendor, &link, &Report::default())).unwrap();
    let mut statement = vault.connection().prepare("SELECT action, body FROM ledger").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let entries: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>().unwrap();
    for action in ["link-begun", "vendor-linked", "token-refreshed", "vendor-unlinked"] {
        assert!(entries.iter().any(|(found, _)| found == action), "{action}");
    }
    for secret in ["access-", "refresh-", "rat-1"] {
        assert!(!entries.iter().any(|(_, body)| body.contains(secret)), "{secret}");
    }
}
