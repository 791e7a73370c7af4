//! Push: delivering the outbox, by RFC 8935.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use url::Url;

use super::answer::{Answer, Hold, Remedies, Verdict, retry_after, verdict};
use super::http::{Http, MAX_ERROR_BODY, Post, Reply, Trouble};
use super::message::{Message, MessageState};
use super::{discover, lend, rekey, resign, store};
use crate::error::{Error, Result};
use crate::grant::{self, Step};
use crate::ledger;
use crate::text::printable;
use crate::vault::{Tx, Vault, lock};
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;
use crate::wire::transport::{ErrorBody, SET_CONTENT_TYPE};

/// What a push did with one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The vendor's name.
    pub vendor: String,
    /// The message as it is now.
    pub message: Message,
}

/// Which messages to send, and when.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Only to this vendor, by id.
    pub vendor_id: Option<String>,
    /// Also those that wait for a later time.
    pub now: bool,
}

/// Takes the right to exchange messages for this vault: a second push or pull waits until the first is done.
///
/// # Errors
/// Kind failed for the disk.
pub fn turn(vault: &Vault) -> Result<std::fs::File> {
    lock(&vault.dir().join(".delivery"))
}

/// Sends what is due: vendor by vendor, one message in flight, the oldest first but a revocation before all.
/// `told` hears of each message as it is settled.
///
/// # Errors
/// The vault's. What a vendor does is no error: it is in the result.
pub fn push(vault: &mut Vault, http: &Http, plan: &Plan, mut told: impl FnMut(&Sent)) -> Result<Vec<Sent>> {
    let _turn = turn(vault)?;
    vault.write(|tx| lend::expire_due(tx).map(|_| ()))?;
    let waiting = store::vendors_waiting(vault.connection())?;
    let mut sent = Vec::new();
    for vendor_id in waiting.into_iter().filter(|id| plan.vendor_id.as_ref().is_none_or(|only| only == id)) {
        let vendor = vendor::get(vault.connection(), &vendor_id)?;
        Pusher { vault, http, vendor, remedies: Remedies::default() }.drain(plan.now, &mut |one| {
            told(&one);
            sent.push(one);
        })?;
    }
    Ok(sent)
}

struct Pusher<'a> {
    vault: &'a mut Vault,
    http: &'a Http,
    vendor: Vendor,
    remedies: Remedies,
}

impl Pusher<'_> {
    /// Sends the vendor's messages in order until one has to wait.
    fn drain(&mut self, all: bool, told: &mut dyn FnMut(Sent)) -> Result<()> {
        while let Some(message) = store::next_of(self.vault.connection(), &self.vendor.id)? {
            // What comes after it would be out of order: it may be the key that the rest is signed with.
            if message.state == MessageState::Held {
                return Ok(());
            }
            if !all && message.due_at.is_some_and(|due| due > Timestamp::now()) {
                told(Sent { vendor: self.vendor.name.clone(), message });
                return Ok(());
            }
            let message = self.fresh(message)?;
            let Some(settled) = self.deliver(&message)? else { continue };
            let state = settled.state;
            told(Sent { vendor: self.vendor.name.clone(), message: settled });
            // What was refused for good is out of the way; what waits or is held stops the vendor's queue.
            if !matches!(state, MessageState::Delivered | MessageState::Failed) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The message, signed again if it waited for too long.
    fn fresh(&mut self, message: Message) -> Result<Message> {
        if !resign::is_old(&message, Timestamp::now()) {
            return Ok(message);
        }
        let vendor = &self.vendor;
        self.vault.write(|tx| resign::if_old(tx, vendor, message))
    }

    /// Sends one message and settles it. None where the queue changed and must be looked at again: by a remedy, or by
    /// another command.
    fn deliver(&mut self, message: &Message) -> Result<Option<Message>> {
        let begun = self.vault.write(|tx| {
            lend::expire_due(tx)?;
            store::begin_attempt(tx, message)
        })?;
        if !begun {
            return Ok(None);
        }
        let reply = self.post(message)?;
        let (answer, words) = self.read(&reply);
        let verdict = verdict(&answer, self.remedies, message.attempts + 1, dice()?).for_event(&message.event);
        log::info!("{} to {}: {verdict:?}", message.event, self.vendor.name);
        let unsent = matches!(reply, Err(Trouble::Network { sent: false, .. } | Trouble::Refused(_)));
        match verdict {
            // The token cannot be refreshed before accounts are linked: what the user gave is what there is.
            Verdict::RefreshToken => {
                self.remedies.token = true;
                let had = vendor::relationship(self.vault.connection(), &self.vendor.id)?.token.is_some();
                let words = if had { words } else { "the vendor wants a token, and there is none".to_owned() };
                self.settle(message, Verdict::Hold(Hold::Relink), &words, unsent)
            }
            Verdict::RegisterKey => {
                self.remedies.key = true;
                let vendor = self.vendor.clone();
                self.vault.write(|tx| lend::introduce_again(tx, &vendor))?;
                Ok(None)
            }
            Verdict::Rediscover => {
                self.remedies.discovery = true;
                match self.rediscover() {
                    Ok(()) => Ok(None),
                    Err(error) => {
                        let hold = if matches!(answer, Answer::Http { status: 300..=399, .. }) {
                            Hold::Redirected
                        } else {
                            Hold::Unreachable
                        };
                        let words = format!("{words}; {error}");
                        self.settle(message, Verdict::Hold(hold), &words, unsent)
                    }
                }
            }
            verdict => self.settle(message, verdict, &words, unsent),
        }
    }

    fn post(&self, message: &Message) -> Result<Result<Reply, Trouble>> {
        let relationship = vendor::relationship(self.vault.connection(), &self.vendor.id)?;
        let endpoint = &self.vendor.metadata.cmr.push_endpoint;
        let url =
            Url::parse(endpoint).map_err(|e| Error::damaged(format!("it holds an endpoint that is no URL: {e}")))?;
        let post = Post {
            url: &url,
            content_type: SET_CONTENT_TYPE,
            body: message.jws.clone(),
            token: relationship.token.as_ref(),
            limit: MAX_ERROR_BODY,
        };
        Ok(self.http.post(post, self.vendor.allow_loopback))
    }

    /// The answer, and what it says in words.
    fn read(&self, reply: &Result<Reply, Trouble>) -> (Answer, String) {
        let reply = match reply {
            Ok(reply) => reply,
            Err(Trouble::Network { what, .. }) => return (Answer::Nothing, what.clone()),
            Err(Trouble::Refused(error)) => return (Answer::NotContacted, error.to_string()),
        };
        let body: Option<ErrorBody> = serde_json::from_slice(&reply.body).ok();
        let words = match &body {
            Some(body) if !body.description.is_empty() => {
                format!("{} {}: {}", reply.status, body.err.as_str(), body.description)
            }
            Some(body) => format!("{} {}", reply.status, body.err.as_str()),
            None => format!("it answered {}", reply.status),
        };
        let wait = reply.retry_after.as_deref().and_then(|header| retry_after(header, Timestamp::now()));
        let answer = Answer::Http { status: reply.status, code: body.map(|body| body.err), retry_after: wait };
        let words: String = printable(&words).chars().take(300).collect();
        (answer, words)
    }

    /// Records the verdict, durably, with its ledger entry. None for a message that another command cancelled while it
    /// was under way, and that did not arrive: it stays cancelled.
    fn settle(&mut self, message: &Message, verdict: Verdict, words: &str, unsent: bool) -> Result<Option<Message>> {
        let vendor = &self.vendor;
        self.vault.write(|tx| {
            if unsent {
                store::unmark_attempt(tx, message)?;
            }
            let cancelled = store::state_of(tx, &message.id)? == MessageState::Cancelled;
            if cancelled && !matches!(verdict, Verdict::Delivered { .. }) {
                return Ok(None);
            }
            match verdict {
                Verdict::Delivered { unusual } => {
                    let reason = unusual.then_some(words);
                    store::set_state(tx, &message.id, MessageState::Delivered, reason)?;
                    delivered(tx, message)?;
                    note(tx, "message-delivered", vendor, message, reason)?;
                    rekey::settled(tx, vendor, message, MessageState::Delivered)?;
                }
                Verdict::Later(wait) => store::set_due(tx, &message.id, later(tx.now(), wait), words)?,
                Verdict::Hold(hold) => {
                    let reason = format!("{} ({words})", hold.reason());
                    store::set_state(tx, &message.id, MessageState::Held, Some(&reason))?;
                    note(tx, "message-held", vendor, message, Some(&reason))?;
                    rekey::settled(tx, vendor, message, MessageState::Held)?;
                }
                _ => {
                    store::set_state(tx, &message.id, MessageState::Failed, Some(words))?;
                    note(tx, "message-failed", vendor, message, Some(words))?;
                    rekey::settled(tx, vendor, message, MessageState::Failed)?;
                }
            }
            store::find(tx, &message.id).map(Some)
        })
    }

    /// Reads the vendor's document again. A document with endpoints on an origin that the user never approved is not
    /// taken over.
    fn rediscover(&mut self) -> Result<()> {
        let metadata = discover::metadata(self.http, &self.vendor.url, self.vendor.allow_loopback)?;
        let foreign = metadata.foreign_origins(&self.vendor.url);
        if let Some(new) = foreign.iter().find(|origin| !self.vendor.approved_origins.contains(origin)) {
            return Err(Error::must_act(format!(
                "its document now names {}, which you have not approved",
                printable(new)
            )));
        }
        let (vendor, approved) = (self.vendor.clone(), self.vendor.approved_origins.clone());
        self.vault.write(|tx| vendor::set_metadata(tx, &vendor, &metadata, &approved))?;
        self.vendor.metadata = metadata;
        Ok(())
    }
}

fn delivered(tx: &Tx, message: &Message) -> Result<()> {
    if message.event == Event::RelationshipCreated.name() {
        vendor::mark_introduced(tx, &message.vendor_id)?;
    }
    if let Some(id) = &message.grant_id {
        let mut grant = grant::get(tx, id)?;
        if let Ok(state) = grant.state.step(Step::Delivered) {
            grant.state = state;
            grant::save(tx, &grant)?;
        }
    }
    Ok(())
}

fn note(tx: &Tx, action: &str, vendor: &Vendor, message: &Message, reason: Option<&str>) -> Result<()> {
    let body = json!({"vendor": vendor.id, "event": message.event, "grant": message.grant_id, "reason": reason});
    ledger::append(tx, action, &message.id, &body)
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// A random number from 0 to 1.
fn dice() -> Result<f64> {
    let mut bytes = [0u8; 4];
    getrandom::fill(&mut bytes).map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
    Ok(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
