//! Receipts: a message of ours and the vendor's answer to it, and whether the two verify now, by the keys that were kept.

use rusqlite::Connection;
use serde_json::Value;

use super::message::Message;
use super::store;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::vendor::{self, KeptKey};
use crate::wire::jose::{Jwk, Unverified, set_hash};
use crate::wire::set::{Claims, Unchecked, customer_issuer};

/// Two messages that belong together.
#[derive(Debug)]
pub struct Receipt {
    /// Ours.
    pub ours: Message,
    /// The vendor's answer.
    pub theirs: Message,
    /// The relationship's key that ours names; none if it is not kept.
    pub our_key: Option<KeptKey>,
    /// The key that the answer was verified with when it came in.
    pub their_key: Option<Jwk>,
    /// That key among those that the vendor was seen with.
    pub seen: Option<KeptKey>,
    /// What was checked now.
    pub checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, as a name that does not change.
    pub check: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// By what, or why not.
    pub detail: String,
}

impl Receipt {
    /// Whether all of it holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// What the vendor states.
    pub fn stated(&self) -> Option<Value> {
        self.theirs.payload()
    }
}

/// The receipt of a grant: of one of its messages, or the latest. A message of ours stands for the last answer to it.
///
/// # Errors
/// Kind not found if the vendor has not answered, or the message is not one of the grant's.
pub fn receipt(connection: &Connection, grant: &Grant, message: Option<&Message>) -> Result<Receipt> {
    let messages = store::of_grant(connection, &grant.id)?;
    if let Some(message) = message.filter(|message| messages.iter().all(|one| one.id != message.id)) {
        return Err(Error::not_found(format!("the message {} is none of this grant", message.id))
            .hint(format!("cmr grant show {} lists them", grant.id)));
    }
    let wanted = |answer: &&Message| {
        message.is_none_or(|wanted| wanted.id == answer.id || answer.answers.as_ref() == Some(&wanted.id))
    };
    let mut answers = messages.iter().filter(|one| !one.outgoing && one.answers.is_some() && !one.jws.is_empty());
    let Some(theirs) = answers.rfind(wanted) else {
        return Err(Error::not_found("there is no receipt: the vendor has not answered").hint("ask it: cmr pull"));
    };
    let ours = messages.iter().find(|one| Some(&one.id) == theirs.answers.as_ref());
    let ours = ours.ok_or_else(|| Error::damaged("it holds an answer to a message of another grant"))?;
    let kid = Unverified::parse(&ours.jws).ok().and_then(|jws| jws.header().kid.clone());
    let own = vendor::kept_own_keys(connection, &grant.vendor_id)?;
    let our_key = own.into_iter().find(|key| key.jwk.kid == kid);
    let their_key: Option<Jwk> = theirs.verified_by.as_deref().and_then(|jwk| serde_json::from_str(jwk).ok());
    let thumbprint = their_key.as_ref().and_then(|key| key.thumbprint().ok());
    let kept = vendor::kept_keys(connection, &grant.vendor_id)?;
    let seen = kept.into_iter().find(|key| thumbprint.is_some() && key.jwk.thumbprint().ok() == thumbprint);
    let (ours, theirs) = (ours.clone(), theirs.clone());
    let mut receipt = Receipt { ours, theirs, our_key, their_key, seen, checks: Vec::new() };
    receipt.checks = checks(&receipt, grant);
    Ok(receipt)
}

/// Checks all that a third party could check with the two tokens and the two keys, and that the two are what the vault
/// says that they are.
fn checks(receipt: &Receipt, grant: &Grant) -> Vec<Check> {
    let (ours, theirs) = (&receipt.ours, &receipt.theirs);
    let mut checks = vec![
        signature("our_signature", &ours.jws, receipt.our_key.as_ref().map(|key| &key.jwk)),
        signature("their_signature", &theirs.jws, receipt.their_key.as_ref()),
        Check {
            check: "their_key",
            ok: receipt.seen.is_some(),
            detail: match &receipt.seen {
                Some(_) => "the key is one that the vendor published".into(),
                None => "the vendor was never seen with this key".into(),
            },
        },
        same(
            "our_bytes",
            "they have the hash that was noted when they were signed",
            &ours.set_hash,
            &set_hash(&ours.jws),
        ),
        same(
            "their_bytes",
            "they have the hash that was noted when they came",
            &theirs.set_hash,
            &set_hash(&theirs.jws),
        ),
    ];
    match (claims(&ours.jws), claims(&theirs.jws)) {
        (Some(ours_say), Some(theirs_say)) => checks.extend(pair(receipt, grant, &ours_say, &theirs_say)),
        _ => checks.push(Check { check: "readable", ok: false, detail: "a token is not readable".into() }),
    }
    checks
}

fn pair(receipt: &Receipt, grant: &Grant, ours: &Claims, theirs: &Claims) -> Vec<Check> {
    let word = |claims: &Claims, name: &str| -> String {
        let value = claims.event().and_then(|(_, payload)| payload.get(name)).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let first = customer_issuer(receipt.our_key.as_ref().and_then(|key| key.jwk.kid.as_deref()).unwrap_or_default());
    let from_first =
        if ours.iss == first { "by the relationship's first key" } else { "by a later key of the relationship" };
    let answers = Check {
        check: "parties",
        ok: theirs.iss == ours.aud.one() && theirs.aud.contains(&ours.iss),
        detail: format!("each is addressed to the sender of the other; ours is signed {from_first}"),
    };
    let txn = theirs.txn.is_none() || theirs.txn == ours.txn;
    vec![
        same(
            "set_hash",
            "the answer names the hash of our bytes",
            &word(theirs, "set_hash"),
            &set_hash(&receipt.ours.jws),
        ),
        same("our_id", "our token has the id of the message", &receipt.ours.id, &ours.jti),
        same("our_grant", "our token is about the grant", &word(ours, "grant_id"), &grant.id),
        same("their_grant", "the answer is about the grant", &word(theirs, "grant_id"), &grant.id),
        answers,
        Check {
            check: "txn",
            ok: txn,
            detail: match (&theirs.txn, txn) {
                (None, _) => "the answer names no transaction".into(),
                (_, true) => "both are of one transaction".into(),
                (_, false) => "the answer is of another transaction".into(),
            },
        },
    ]
}

fn signature(check: &'static str, jws: &str, key: Option<&Jwk>) -> Check {
    let Some(key) = key else { return Check { check, ok: false, detail: "its key is not kept".into() } };
    let thumbprint = key.thumbprint().unwrap_or_default();
    match Unverified::parse(jws).and_then(|token| token.verify(key)) {
        Ok(_) => Check { check, ok: true, detail: format!("it verifies now with the key {thumbprint}") },
        Err(why) => Check { check, ok: false, detail: format!("{why}: the key is {thumbprint}") },
    }
}

fn same(check: &'static str, what: &str, one: &str, other: &str) -> Check {
    match one == other {
        true => Check { check, ok: true, detail: what.to_owned() },
        false => Check { check, ok: false, detail: format!("it does not hold that {what}") },
    }
}

fn claims(jws: &str) -> Option<Claims> {
    Unchecked::parse(jws).ok().map(|set| set.peek().clone())
}
