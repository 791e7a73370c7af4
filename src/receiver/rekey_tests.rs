//! A customer who changes the key of the relationship.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::test_kit::*;
use super::*;
use crate::wire::event::Event;
use crate::wire::jose::SigningKey;
use crate::wire::key_proof::Change;
use crate::wire::set::customer_issuer;

fn new_key() -> SigningKey {
    SigningKey::generate().unwrap()
}

impl Fixture {
    /// What proves that a key is held, for a change from the fixture's first key.
    fn proof(&self, new: &SigningKey) -> String {
        self.proof_from(&self.key, new)
    }

    fn proof_from(&self, old: &SigningKey, new: &SigningKey) -> String {
        let issuer = customer_issuer(&self.key.thumbprint());
        let change = Change { issuer: &issuer, audience: self.server.resource(), old_key: &old.thumbprint() };
        change.prove(new, Timestamp::now())
    }

    /// Changes from one key to another.
    fn rekey(&self, old: &SigningKey, new: &SigningKey) -> String {
        let payload = json!({"jwk": new.public(), "proof": self.proof_from(old, new)});
        self.claims(Event::KeysChanged, payload).sign(old, false)
    }

    fn grant(&self, key: &SigningKey, version: u32) -> Reply {
        let content = content(version, json!({"email": "jo@example.org"}), 999);
        self.push(&self.claims(Event::GrantUpdated, content).sign(key, false))
    }

    fn introduction(&self, key: &SigningKey) -> Reply {
        self.push(&self.claims(Event::RelationshipCreated, json!({"claims_offered": "none"})).sign(key, true))
    }
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one_and_the_issuer_stays() {
    let fixture = Fixture::bound();
    let (second, third) = (new_key(), new_key());
    assert_eq!(fixture.grant(&fixture.key, 1).status, 202);
    assert_eq!(fixture.push(&fixture.rekey(&fixture.key, &second)).status, 202);
    assert_eq!(fixture.grant(&second, 2).status, 202);
    fixture.grant(&fixture.key, 3).refused_with(400, "invalid_key");
    assert_eq!(fixture.push(&fixture.rekey(&second, &third)).status, 202);
    fixture.grant(&second, 3).refused_with(400, "invalid_key");
    assert_eq!(fixture.grant(&third, 3).status, 202);
    let customer = fixture.detail().customer;
    assert_eq!(customer.issuer, Some(customer_issuer(&fixture.key.thumbprint())));
    assert_eq!(customer.keys, [third.thumbprint(), second.thumbprint(), fixture.key.thumbprint()]);
    // The introduction again is by the key of now.
    assert_eq!(fixture.introduction(&third).status, 202);
    fixture.introduction(&fixture.key).refused_with(400, "invalid_key");
}

#[test]
fn the_same_bytes_again_are_taken_though_their_key_was_replaced() {
    let fixture = Fixture::bound();
    let second = new_key();
    let before = fixture.set(Event::GrantCreated, content(1, json!({"email": "jo@example.org"}), 999));
    let change = fixture.rekey(&fixture.key, &second);
    for set in [&before, &change, &change, &before, &change] {
        assert_eq!(fixture.push(set).status, 202);
    }
    let outcomes: Vec<_> = fixture.detail().received.iter().map(|set| set.outcome).collect();
    assert_eq!(outcomes, [Outcome::Applied; 3]);
    // From anybody else they are what they are: signed by a key that is not theirs.
    let other = add_customer(fixture.dir.path(), "mo").unwrap().token;
    fixture.push_as(&other, "application/secevent+jwt", &change).refused_with(400, "invalid_key");
    // The same id with other bytes is another message.
    let mut claims = fixture.claims(Event::KeysChanged, json!({}));
    claims.jti = fixture.detail().received[2].jti.clone();
    fixture.push(&claims.sign(&fixture.key, false)).refused_with(400, "invalid_key");
}

#[test]
fn a_change_without_a_good_proof_changes_nothing() {
    let fixture = Fixture::bound();
    let (new, other) = (new_key(), new_key());
    let private = fixture.key.public();
    let refused = |payload: Value, err: &str| {
        fixture.push(&fixture.set(Event::KeysChanged, payload)).refused_with(400, err);
    };
    refused(json!({"jwk": new.public()}), "invalid_request");
    refused(json!({"proof": fixture.proof(&new)}), "invalid_request");
    refused(json!({"jwk": new.public(), "proof": "nothing"}), "invalid_request");
    refused(json!({"jwk": new.public(), "proof": fixture.proof(&other)}), "invalid_key");
    refused(json!({"jwk": other.public(), "proof": fixture.proof(&new)}), "invalid_key");
    refused(json!({"jwk": new.public(), "proof": fixture.proof_from(&other, &new)}), "invalid_key");
    refused(json!({"jwk": private, "proof": fixture.proof(&fixture.key)}), "invalid_key");
    refused(json!({"jwk": {"kty": "oct", "k": "AAAA"}, "proof": fixture.proof(&new)}), "invalid_key");
    // Signed by the new key, which is not known yet.
    let payload = json!({"jwk": new.public(), "proof": fixture.proof(&new)});
    fixture.push(&fixture.claims(Event::KeysChanged, payload).sign(&new, true)).refused_with(400, "invalid_key");
    assert_eq!(fixture.detail().customer.keys, [fixture.key.thumbprint()]);
    assert_eq!(fixture.grant(&fixture.key, 1).status, 202);
}

#[test]
fn a_key_that_was_ever_bound_is_not_bound_again() {
    let fixture = Fixture::bound();
    let (second, third) = (new_key(), new_key());
    assert_eq!(fixture.push(&fixture.rekey(&fixture.key, &second)).status, 202);
    // Back to the first.
    fixture.push(&fixture.rekey(&second, &fixture.key)).refused_with(400, "invalid_key");
    // A key that another customer has or had.
    let token = add_customer(fixture.dir.path(), "mo").unwrap().token;
    let resource = fixture.server.resource().to_owned();
    let mut bind = fixture.claims(Event::RelationshipCreated, json!({"claims_offered": "none"}));
    bind.iss = customer_issuer(&third.thumbprint());
    bind.sub_id = Some(crate::wire::set::SubjectId::new(&resource, "mo"));
    assert_eq!(fixture.push_as(&token, "application/secevent+jwt", &bind.sign(&third, true)).status, 202);
    fixture.push(&fixture.rekey(&second, &third)).refused_with(400, "invalid_key");
    assert_eq!(fixture.grant(&second, 1).status, 202);
}
