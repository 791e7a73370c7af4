//! Pull: polling vendors for their answers, by RFC 8936. Each is verified, made durable, and only then acknowledged.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use url::Url;

use super::discover;
use super::http::{Http, Post};
use super::incoming::Incoming;
use super::message::Message;
use super::store;
use crate::error::{Error, Kind, Result};
use crate::text::printable;
use crate::vault::{Tx, Vault};
use crate::vendor::{self, KeysRule, Relationship, Vendor};
use crate::wire::jose::Jwk;
use crate::wire::set::{Claims, Refusal, Unchecked};
use crate::wire::transport::{ErrorBody, ErrorCode, PollRequest, PollResponse};

/// How many SETs are asked for at a time.
const BATCH: u32 = 100;

/// The largest poll answer that is read, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// How many polls in a row one vendor may ask for: a vendor that always has more is cut off until the next pull.
const MAX_POLLS: usize = 100;

/// How long one vendor may keep a pull busy, in requests that take all the time they may: the others wait for it.
const PATIENCE: u32 = 4;

/// What a pull brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// The vendor's name.
    pub vendor: String,
    /// What was received and verified.
    pub messages: Vec<Message>,
    /// What was refused: `jti` and why.
    pub refused: Vec<(String, String)>,
    /// Why the vendor could not be asked: the kind says whether the user must act, or it may work later.
    pub trouble: Option<(Kind, String)>,
}

/// Asks vendors for their answers: one, or all that were introduced to the relationship's key.
///
/// # Errors
/// The vault's. What a vendor does is no error: it is in the result.
pub fn pull(vault: &mut Vault, http: &Http, only: Option<&str>, mut told: impl FnMut(&Pulled)) -> Result<Vec<Pulled>> {
    let _turn = super::push::turn(vault)?;
    vault.write(|tx| super::lend::expire_due(tx).map(|_| ()))?;
    let mut all = Vec::new();
    for id in vendor::introduced(vault.connection())?.into_iter().filter(|id| only.is_none_or(|only| only == id)) {
        let vendor = vendor::get(vault.connection(), &id)?;
        let relationship = vendor::relationship(vault.connection(), &id)?;
        let pulled = Puller { vault, http, vendor, relationship }.run()?;
        told(&pulled);
        all.push(pulled);
    }
    Ok(all)
}

struct Puller<'a> {
    vault: &'a mut Vault,
    http: &'a Http,
    vendor: Vendor,
    relationship: Relationship,
}

impl Puller<'_> {
    fn run(&mut self) -> Result<Pulled> {
        let mut pulled =
            Pulled { vendor: self.vendor.name.clone(), messages: Vec::new(), refused: Vec::new(), trouble: None };
        let mut request = PollRequest { max_events: Some(BATCH), return_immediately: true, ..PollRequest::default() };
        let (start, patience) = (Instant::now(), self.http.timeout().saturating_mul(PATIENCE));
        for _ in 0..MAX_POLLS {
            if start.elapsed() > patience {
                pulled.trouble = Some((Kind::Failed, "it takes too long: the rest comes with the next pull".into()));
                break;
            }
            let response = match self.poll(&request) {
                Ok(response) => response,
                Err(error) => {
                    pulled.trouble = Some((error.kind(), error.to_string()));
                    break;
                }
            };
            let nothing_left = response.sets.is_empty();
            request.ack.clear();
            request.set_errs.clear();
            // A vendor that hands over more than was asked for has the rest left with it.
            for (jti, token) in response.sets.iter().take(BATCH as usize) {
                self.take(jti, token, &mut request, &mut pulled)?;
            }
            if nothing_left {
                break;
            }
            // The last round acknowledges and asks for nothing more.
            let more = response.more_available || response.sets.len() > BATCH as usize;
            request.max_events = Some(if more { BATCH } else { 0 });
        }
        Ok(pulled)
    }

    fn poll(&self, request: &PollRequest) -> Result<PollResponse> {
        let endpoint = &self.vendor.metadata.cmr.poll_endpoint;
        let url =
            Url::parse(endpoint).map_err(|e| Error::damaged(format!("it holds an endpoint that is no URL: {e}")))?;
        let body = serde_json::to_string(request).map_err(|e| Error::failed(format!("cannot write a poll: {e}")))?;
        let token = self.relationship.token.as_ref();
        let post = Post { url: &url, content_type: "application/json", body, token, limit: MAX_ANSWER };
        let reply = self.http.post(post, self.vendor.allow_loopback)?;
        match reply.status {
            200 if reply.cut => Err(Error::failed(format!("its answer is larger than {MAX_ANSWER} bytes"))),
            200 => serde_json::from_slice(&reply.body)
                .map_err(|e| Error::failed(format!("its answer is not a poll response: {e}"))),
            401 | 403 => Err(Error::must_act(format!("it does not accept the token (it answered {})", reply.status))),
            status => Err(Error::failed(format!("it answered {status}"))),
        }
    }

    /// Verifies one SET and makes it durable, then puts it on the list of what to acknowledge or to refuse.
    fn take(&mut self, jti: &str, token: &str, request: &mut PollRequest, pulled: &mut Pulled) -> Result<()> {
        let taken = match self.verify(jti, token)? {
            Ok((claims, key)) => self.store(&claims, token, &key)?,
            Err(refusal) => Err(refusal),
        };
        match taken {
            Ok(Some(message)) => {
                request.ack.push(jti.to_owned());
                pulled.messages.push(message);
            }
            Ok(None) => request.ack.push(jti.to_owned()),
            Err(refusal) => {
                log::warn!("refused a message of {}: {refusal}", self.vendor.name);
                pulled.refused.push((printable(jti), printable(&refusal.description)));
                let body = ErrorBody { err: refusal.code, description: refusal.description };
                request.set_errs.insert(jti.to_owned(), body);
            }
        }
        Ok(())
    }

    fn verify(&mut self, jti: &str, token: &str) -> Result<Result<(Claims, Jwk), Refusal>> {
        let set = match Unchecked::parse(token) {
            Ok(set) => set,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(kid) = set.header().kid.clone() else {
            return Ok(Err(Refusal::new(ErrorCode::InvalidKey, "the header names no key")));
        };
        let Some(key) = self.key(&kid)? else {
            return Ok(Err(Refusal::new(ErrorCode::InvalidKey, "the key is not in the vendor's jwks_uri")));
        };
        let verified = set.verify(&key, self.vendor.resource(), &self.relationship.issuer, Timestamp::now());
        Ok(match verified {
            Ok(claims) if claims.jti != jti => {
                Err(Refusal::new(ErrorCode::InvalidRequest, "the SET has another jti than it was handed over under"))
            }
            other => other.map(|claims| (claims, key)),
        })
    }

    /// The vendor's key of this id, if it is to be believed: the vendor's keys may have to be fetched again for that.
    fn key(&mut self, kid: &str) -> Result<Option<Jwk>> {
        let (rule, known) = self.known_key(kid)?;
        if rule != KeysRule::Fetch {
            return Ok(known.filter(|_| rule == KeysRule::Believe));
        }
        let vendor = &self.vendor;
        self.vault.write(|tx| vendor::note_asked(tx, &vendor.id))?;
        match discover::keys(self.http, &vendor.metadata, vendor.allow_loopback) {
            Ok(set) => self.vault.write(|tx| set.keys.iter().try_for_each(|key| learn(tx, vendor, key)))?,
            Err(error) => log::warn!("could not read the keys of {} again: {error}", vendor.name),
        }
        let (rule, known) = self.known_key(kid)?;
        Ok(known.filter(|_| rule == KeysRule::Believe))
    }

    fn known_key(&self, kid: &str) -> Result<(KeysRule, Option<Jwk>)> {
        let (connection, id) = (self.vault.connection(), &self.vendor.id);
        let known = vendor::current_key(connection, id, kid)?;
        let (fetched, asked) = vendor::keys_asked(connection, id)?;
        Ok((vendor::keys_rule(known.is_some(), fetched, asked, Timestamp::now()), known))
    }

    /// Makes a verified SET durable with all that it changes. None if it was received before.
    fn store(&mut self, claims: &Claims, token: &str, key: &Jwk) -> Result<Result<Option<Message>, Refusal>> {
        let vendor = &self.vendor;
        let outcome = self.vault.write(|tx| {
            if store::was_received(tx, &vendor.id, &claims.jti)? {
                return Ok(None);
            }
            let incoming = Incoming { tx, vendor, claims, token, key };
            incoming.apply().map(Some)
        });
        match outcome {
            Ok(message) => Ok(Ok(message)),
            // The vendor's fault: nothing was written, and the vendor is told.
            Err(error) if error.kind() == Kind::BadInput => {
                Ok(Err(Refusal::new(ErrorCode::InvalidRequest, error.to_string())))
            }
            Err(error) => Err(error),
        }
    }
}

/// Takes over a key of a vendor. One that cannot be taken is passed over: it must not cost the vendor's other keys, nor
/// the other vendors their turn.
fn learn(tx: &Tx, vendor: &Vendor, key: &Jwk) -> Result<()> {
    match vendor::add_key(tx, &vendor.id, key) {
        Err(error) if error.kind() == Kind::BadInput => {
            log::warn!("passed over a key of {}: {error}", vendor.name);
            Ok(())
        }
        other => other,
    }
}

/// What the latest answer of a vendor about a grant says, for showing: the statement's or acknowledgement's payload.
///
/// # Errors
/// The database's.
pub fn answers(connection: &Connection, grant_id: &str) -> Result<BTreeMap<String, Value>> {
    let mut answers = BTreeMap::new();
    for message in store::of_grant(connection, grant_id)?.into_iter().filter(|message| !message.outgoing) {
        if let Ok(set) = Unchecked::parse(&message.jws)
            && let Some((_, payload)) = set.peek().event()
        {
            answers.insert(message.id, payload.clone());
        }
    }
    Ok(answers)
}
