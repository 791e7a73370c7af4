//! Pull: polling vendors for their answers, by RFC 8936. Each is verified, made durable, and only then acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::Hold;
use super::discover;
use super::http::{self, Method, Reply, Request, Trouble};
use super::incoming::{self, Incoming};
use super::link::Failure;
use super::message::Message;
use super::talk::{Conversation, News, PATIENCE, endpoint};
use crate::error::{Error, Kind, Result};
use crate::vault::Tx;
use crate::vendor::{self, KeysRule, Relationship, Vendor};
use crate::wire::discovery::Metadata;
use crate::wire::jose::Jwk;
use crate::wire::set::{Claims, Refusal, Unchecked};
use crate::wire::transport::{ErrorBody, ErrorCode, PollRequest, PollResponse};

/// How many SETs are asked for at a time.
const BATCH: u32 = 100;

/// The largest poll answer that is read, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// How much of one vendor is taken in by one pull before the rest is left for the next, in bytes: it is kept, and shown.
const MAX_TAKEN: usize = 8 * 1024 * 1024;

/// How many polls in a row one vendor may ask for: a vendor that always has more is cut off until the next pull.
const MAX_POLLS: usize = 100;

/// A message of a vendor that was verified and is durable here.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The message, but for its token.
    pub message: Message,
    /// What it says: the event's payload.
    pub content: Value,
}

impl Received {
    fn of(message: &Message, claims: &Claims) -> Self {
        let content = claims.event().map(|(_, payload)| payload.clone()).unwrap_or_default();
        Self { message: Message { jws: String::new(), ..message.clone() }, content }
    }
}

/// What a pull brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// The vendor's name.
    pub vendor: String,
    /// What was received and verified.
    pub messages: Vec<Received>,
    /// What was refused: `jti` and why.
    pub refused: Vec<(String, String)>,
    /// Why the vendor could not be asked: the kind says whether the user must act, or it may work later.
    pub trouble: Option<(Kind, String)>,
}

/// A SET that a vendor handed over, under this id.
struct Handed {
    jti: String,
    token: String,
}

/// What was made of the SETs of one answer.
#[derive(Default)]
struct Taken {
    ack: Vec<String>,
    set_errs: BTreeMap<String, ErrorBody>,
    messages: Vec<Received>,
    refused: Vec<(String, String)>,
    /// Those for which the vendor's keys must be fetched first.
    unknown: Vec<Handed>,
}

fn document(vendor: &Vendor) -> Result<&Metadata> {
    vendor.metadata.as_ref().ok_or_else(|| Error::damaged(format!("it holds no document of {}", vendor.name)))
}

impl Conversation {
    /// Asks the vendor for its answers until it has no more.
    pub(super) async fn collect(&mut self) -> Result<()> {
        let mut pulled =
            Pulled { vendor: self.vendor.name.clone(), messages: Vec::new(), refused: Vec::new(), trouble: None };
        self.ask_on(&mut pulled).await?;
        if !pulled.refused.is_empty() {
            let (vendor, refused) = (Arc::clone(&self.vendor), pulled.refused.clone());
            self.clerk.write(move |tx| incoming::note_refused(tx, &vendor, &refused)).await?;
        }
        self.clerk.tell(News::Pulled(pulled))
    }

    /// Asks until the vendor has no more, or has had its share of this pull.
    async fn ask_on(&mut self, pulled: &mut Pulled) -> Result<()> {
        let mut request = PollRequest { max_events: Some(BATCH), return_immediately: true, ..PollRequest::default() };
        let (start, patience) = (Instant::now(), self.http.timeout().saturating_mul(PATIENCE));
        let mut room = MAX_TAKEN;
        for _ in 0..MAX_POLLS {
            if start.elapsed() > patience {
                pulled.trouble = Some((Kind::Failed, "it takes too long: the rest comes with the next pull".into()));
                break;
            }
            let response = match self.poll(&request).await? {
                Ok(response) => response,
                Err(error) => {
                    pulled.trouble = Some((error.kind(), error.to_string()));
                    break;
                }
            };
            if response.sets.is_empty() || room == 0 {
                break;
            }
            let more = response.more_available || response.sets.len() > BATCH as usize;
            room = room.saturating_sub(size(&response));
            request = self.take_in(response, pulled).await?;
            // The last round acknowledges and asks for nothing more.
            request.max_events = Some(if more && room > 0 { BATCH } else { 0 });
            if more && room == 0 {
                pulled.trouble = Some((Kind::Failed, "it has very much: the rest comes with the next pull".into()));
            }
        }
        Ok(())
    }

    async fn poll(&mut self, request: &PollRequest) -> Result<Result<PollResponse>> {
        let url = endpoint(&document(&self.vendor)?.cmr.poll_endpoint)?;
        let body = serde_json::to_string(request).map_err(|e| Error::failed(format!("cannot write a poll: {e}")))?;
        let request = Request::new(Method::POST, url, MAX_ANSWER).with_body("application/json", body);
        let mut reply = match self.post(request.clone()).await {
            Ok(reply) => reply,
            Err(trouble) => return Ok(Err(trouble.into())),
        };
        if reply.status == 401 && self.is_linked {
            match self.renew().await? {
                Ok(()) => match self.post(request).await {
                    Ok(again) => reply = again,
                    Err(trouble) => return Ok(Err(trouble.into())),
                },
                Err(failure) => return Ok(Err(self.unlinked(failure))),
            }
        }
        Ok(match reply.status {
            200 if reply.cut => Err(Error::failed(format!("its answer is larger than {MAX_ANSWER} bytes"))),
            200 => serde_json::from_slice(&reply.body)
                // The parser's own words would quote it, however long it is.
                .map_err(|_| Error::failed("its answer is not a poll response")),
            401 | 403 => Err(Error::must_act(format!("it does not accept the token (it answered {})", reply.status))),
            status => Err(Error::failed(format!("it answered {status}"))),
        })
    }

    /// Posts with what lets in.
    async fn post(&mut self, request: Request) -> Result<Reply, Trouble> {
        let token = self.access.as_ref().map(|access| http::bearer(access.token())).transpose();
        let request = request.authorized(token.map_err(Trouble::Refused)?);
        self.way().send(request).await
    }

    /// Why a linked account does not let in any more.
    fn unlinked(&self, failure: Failure) -> Error {
        let name = &self.vendor.name;
        match failure {
            Failure::Lost(why) => Error::failed(format!("its token could not be refreshed: {why}")),
            other => Error::must_act(format!("{}: cmr vendor link {name}", other.during(Hold::Unlinked.reason()))),
        }
    }

    /// Makes what the vendor handed over durable, and returns the request that says so.
    async fn take_in(&mut self, response: PollResponse, pulled: &mut Pulled) -> Result<PollRequest> {
        // A vendor that hands over more than was asked for has the rest left with it.
        let handed = response.sets.into_iter().take(BATCH as usize).map(|(jti, token)| Handed { jti, token }).collect();
        let mut taken = self.take(handed).await?;
        if !taken.unknown.is_empty() {
            self.ask_for_keys().await?;
            let rest = self.take(std::mem::take(&mut taken.unknown)).await?;
            taken.ack.extend(rest.ack);
            taken.set_errs.extend(rest.set_errs);
            taken.messages.extend(rest.messages);
            taken.refused.extend(rest.refused);
        }
        pulled.messages.append(&mut taken.messages);
        pulled.refused.append(&mut taken.refused);
        let (ack, set_errs) = (taken.ack, taken.set_errs);
        Ok(PollRequest { ack, set_errs, return_immediately: true, max_events: None })
    }

    async fn take(&self, handed: Vec<Handed>) -> Result<Taken> {
        let taker = Taker { vendor: Arc::clone(&self.vendor), relationship: Arc::clone(&self.relationship) };
        self.clerk.write(move |tx| taker.take(tx, handed)).await
    }

    /// Fetches the vendor's keys again, and takes over what can be taken over.
    async fn ask_for_keys(&mut self) -> Result<()> {
        let vendor = Arc::clone(&self.vendor);
        let asked = Arc::clone(&vendor);
        self.clerk.write(move |tx| vendor::note_asked(tx, &asked.id)).await?;
        let fetched = self.seat.wait(discover::keys(&self.http, document(&vendor)?, vendor.allow_loopback)).await;
        let keys = match fetched {
            Ok(set) => set.keys,
            Err(error) => {
                log::warn!("could not read the keys of {} again: {error}", vendor.name);
                Vec::new()
            }
        };
        self.clerk.write(move |tx| keys.iter().try_for_each(|key| learn(tx, &vendor, key))).await
    }
}

/// How much a vendor handed over, in bytes.
fn size(response: &PollResponse) -> usize {
    response.sets.iter().map(|(jti, token)| jti.len() + token.len()).sum()
}

/// What was newly stored, and why the vendor is told that it was not understood.
type Stored = (Option<Received>, Option<Refusal>);

/// Takes in SETs of one vendor, in the transaction that makes them durable.
struct Taker {
    vendor: Arc<Vendor>,
    relationship: Arc<Relationship>,
}

impl Taker {
    /// Verifies each SET and stores it, or says why not.
    fn take(&self, tx: &Tx, handed: Vec<Handed>) -> Result<Taken> {
        let mut taken = Taken::default();
        let tell = |refusal: Refusal| ErrorBody { err: refusal.code, description: refusal.description };
        for one in handed {
            let result = match self.verify(tx, &one)? {
                Ok(Some((claims, key))) => self.store(tx, &claims, &one.token, &key)?,
                Ok(None) => {
                    taken.unknown.push(one);
                    continue;
                }
                Err(refusal) => Err(refusal),
            };
            match result {
                Ok((message, refusal)) => {
                    taken.messages.extend(message);
                    match refusal {
                        Some(refusal) => _ = taken.set_errs.insert(one.jti, tell(refusal)),
                        None => taken.ack.push(one.jti),
                    }
                }
                Err(refusal) => {
                    log::warn!("refused a message of {}: {refusal}", self.vendor.name);
                    taken.refused.push(incoming::in_short(&one.jti, &refusal.description));
                    taken.set_errs.insert(one.jti, tell(refusal));
                }
            }
        }
        Ok(taken)
    }

    /// The claims of a SET and the key that it was verified with; none where the vendor's keys must be fetched first.
    fn verify(&self, tx: &Tx, one: &Handed) -> Result<Result<Option<(Claims, Jwk)>, Refusal>> {
        let set = match incoming::check_size(&one.token).and_then(|()| Unchecked::parse(&one.token)) {
            Ok(set) => set,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(kid) = set.header().kid.clone() else {
            return Ok(Err(Refusal::new(ErrorCode::InvalidKey, "the header names no key")));
        };
        let known = vendor::current_key(tx, &self.vendor.id, &kid)?;
        let (fetched, asked) = vendor::keys_asked(tx, &self.vendor.id)?;
        let key = match (vendor::keys_rule(known.is_some(), fetched, asked, tx.now()), known) {
            (KeysRule::Fetch, _) => return Ok(Ok(None)),
            (KeysRule::Believe, Some(key)) => key,
            _ => return Ok(Err(Refusal::new(ErrorCode::InvalidKey, "the key is not in the vendor's jwks_uri"))),
        };
        let verified = set.verify(&key, self.vendor.resource(), &self.relationship.issuer, Timestamp::now());
        Ok(match verified {
            Ok(claims) if claims.jti != one.jti => {
                Err(Refusal::new(ErrorCode::InvalidRequest, "the SET has another jti than it was handed over under"))
            }
            other => other.map(|claims| Some((claims, key))),
        })
    }

    /// Stores a verified SET with all that it changes; the message is none if it was received before. A refusal beside
    /// it says what the vendor is told instead of an acknowledgement.
    fn store(&self, tx: &Tx, claims: &Claims, token: &str, key: &Jwk) -> Result<Result<Stored, Refusal>> {
        let incoming = Incoming { tx, vendor: &self.vendor, claims, token, key };
        match tx.nested(|| incoming.apply()) {
            Ok(incoming::Taken::Accepted(message)) => Ok(Ok((Some(Received::of(&message, claims)), None))),
            Ok(incoming::Taken::Kept(message, refusal)) => {
                Ok(Ok((Some(Received::of(&message, claims)), Some(refusal))))
            }
            Ok(incoming::Taken::Repeated(refusal)) => Ok(Ok((None, refusal))),
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
