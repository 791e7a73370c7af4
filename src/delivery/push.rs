//! Push: delivering the outbox, by RFC 8935. One message in flight for each vendor, the oldest first but a revocation
//! before all.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::answer::{Answer, Hold, Remedies, Verdict, verdict};
use super::channel::{self, Kind as ChannelKind, Parcel, Ways, pack};
use super::link::Failure;
use super::message::{Message, MessageState};
use super::talk::{Conversation, News};
use super::{discover, lend, mail, queue_store, rekey, resign};
use crate::error::{Error, Kind, Result};
use crate::grant::{self, Step};
use crate::ledger;
use crate::text::printable;
use crate::vault::Tx;
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;
use crate::wire::transport::ErrorCode;

/// What a push did with one message: the message as it is now, but for its token.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The vendor's name.
    pub vendor: String,
    /// The message's id.
    pub id: String,
    /// The event's name.
    pub event: String,
    /// The grant that it is about.
    pub grant_id: Option<String>,
    /// The grant's version that it makes.
    pub version: Option<u32>,
    /// What became of it.
    pub state: MessageState,
    /// Not before this is it sent again.
    pub due_at: Option<Timestamp>,
    /// Why it is in this state.
    pub reason: Option<String>,
}

impl Sent {
    /// A message as it is, for showing.
    pub fn of(message: &Message, vendor: &str) -> Self {
        Self {
            vendor: vendor.to_owned(),
            id: message.id.clone(),
            event: message.event.clone(),
            grant_id: message.grant_id.clone(),
            version: message.version,
            state: message.state,
            due_at: message.due_at,
            reason: message.reason.clone(),
        }
    }
}

/// Whose turn it is in a vendor's queue.
#[derive(Debug)]
pub(super) enum Turn {
    /// This message's: it is marked as tried, and may have arrived from now on.
    Send(Box<Parcel>),
    /// This message's, but not yet.
    Later(Box<Message>),
    /// Nobody's: the queue is empty, or stopped by what is held. What comes after that would be out of order: it may be
    /// the key that the rest is signed with.
    Nobody,
}

/// Takes the next message of a vendor out to be sent, whatever other commands did to the queue meanwhile. What is over
/// must have been expired in the same transaction.
pub(super) fn next(tx: &Tx, vendor: &Arc<Vendor>, ways: &Ways, all: bool) -> Result<Turn> {
    loop {
        let Some(message) = queue_store::next_of(tx, &vendor.id)? else { return Ok(Turn::Nobody) };
        if message.state == MessageState::Held {
            return Ok(Turn::Nobody);
        }
        let carried = Event::from_name(&message.event).and_then(|event| Some((event, ways.carrying(event)?.kind())));
        let Some((event, kind)) = carried else {
            untold(tx, vendor, &message)?;
            continue;
        };
        if !all && message.due_at.is_some_and(|due| due > tx.now()) {
            return Ok(Turn::Later(Box::new(message)));
        }
        let message = resign::if_old(tx, message)?;
        queue_store::mark_attempt(tx, &message, kind)?;
        let message = Message { channel: Some(kind), ..message };
        let mut parcel = pack(tx, vendor, kind, event, message)?;
        if let Some(text) = ways.carrying(event).and_then(|way| way.text(&parcel)) {
            // Another attempt says the same, whatever the profile says by then.
            mail::keep_text(tx, &parcel.message.id, &text)?;
            parcel.edited = Some(text);
        }
        return Ok(Turn::Send(Box::new(parcel)));
    }
}

/// Takes a message out of the queue that none of the vendor's ways can carry: nothing would be said by it there.
fn untold(tx: &Tx, vendor: &Vendor, message: &Message) -> Result<()> {
    let reason = format!("no channel of {} carries this: it is not told", vendor.name);
    queue_store::set_state(tx, &message.id, MessageState::Cancelled, Some(&reason))?;
    let body = json!({"vendor": vendor.id, "event": message.event, "grant": message.grant_id});
    ledger::append(tx, "message-not-told", &message.id, &body)
}

/// What a vendor's answer to a message means.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) verdict: Verdict,
    pub(super) words: String,
    /// The same without the vendor's own words: they may quote a value, and the ledger must not.
    pub(super) noted: String,
    /// Whether nothing can have arrived.
    pub(super) unsent: bool,
}

impl Conversation {
    /// Sends the vendor's messages in order until one has to wait. Returns whether the vendor took any.
    pub(super) async fn drain(&mut self, all: bool) -> Result<bool> {
        let (mut remedies, mut reached) = (Remedies::default(), false);
        let (vendor, ways) = (Arc::clone(&self.vendor), Arc::clone(&self.ways));
        let mut turn = self.clerk.write(move |tx| next(tx, &vendor, &ways, all)).await?;
        loop {
            let parcel = match turn {
                Turn::Send(parcel) => *parcel,
                Turn::Later(message) => {
                    self.clerk.tell(News::Sent(Sent::of(&message, &self.vendor.name)))?;
                    return Ok(reached);
                }
                Turn::Nobody => return Ok(reached),
            };
            let (settled, next) = self.deliver(parcel, &mut remedies, all).await?;
            if let Some(sent) = settled {
                reached |= sent.state == MessageState::Delivered;
                self.clerk.tell(News::Sent(sent))?;
            }
            turn = next;
        }
    }

    /// Sends one message, settles it, and takes out the next. Nothing is settled where the message must be sent once more,
    /// after a remedy.
    async fn deliver(&mut self, parcel: Parcel, remedies: &mut Remedies, all: bool) -> Result<(Option<Sent>, Turn)> {
        if parcel.message.channel != Some(ChannelKind::Set) {
            // Neither its key nor its document is what such a vendor goes by.
            (remedies.key, remedies.discovery) = (true, true);
        }
        let channel::Outcome { answer, words, unsent } = self.bring(&parcel).await;
        let message = parcel.message;
        let verdict = match verdict(&answer, *remedies, message.attempts + 1, dice()?).for_event(&message.event) {
            // What its way says of a message that arrived is worth keeping, such as what of it was not done.
            Verdict::Delivered { .. } if answer == Answer::Taken => Verdict::Delivered { unusual: !words.is_empty() },
            verdict => verdict,
        };
        log::info!("{} to {}: {verdict:?}", message.event, self.vendor.name);
        let noted = noted(&answer, &words);
        let mut answered = Answered { verdict, words, noted, unsent };
        match verdict {
            Verdict::RefreshToken => {
                remedies.token = true;
                if !self.is_linked {
                    answered.verdict = Verdict::Hold(Hold::Relink);
                    if self.access.is_none() {
                        answered.words = "the vendor wants a token, and there is none".to_owned();
                    }
                } else if let Err(failure) = self.renew().await? {
                    answered = without_token(answered, failure, message.attempts + 1, dice()?);
                } else {
                    let (vendor, ways) = (Arc::clone(&self.vendor), Arc::clone(&self.ways));
                    return Ok((None, self.clerk.write(move |tx| next(tx, &vendor, &ways, all)).await?));
                }
            }
            Verdict::Hold(Hold::Relink) if self.is_linked => answered.verdict = Verdict::Hold(Hold::Unlinked),
            Verdict::RegisterKey => {
                remedies.key = true;
                let (vendor, ways) = (Arc::clone(&self.vendor), Arc::clone(&self.ways));
                let introduce = move |tx: &Tx| {
                    lend::introduce_again(tx, &vendor)?;
                    next(tx, &vendor, &ways, all)
                };
                return Ok((None, self.clerk.write(introduce).await?));
            }
            Verdict::Rediscover => {
                remedies.discovery = true;
                match self.rediscover(all).await? {
                    Ok(turn) => return Ok((None, turn)),
                    Err(error) => {
                        answered.verdict = without_document(&answer, &error, message.attempts + 1, dice()?);
                        answered.words = format!("{}; {error}", answered.words);
                    }
                }
            }
            _ => {}
        }
        self.settle_and_go_on(message, answered, all).await
    }

    /// Brings a message by its way, or takes back what it takes back.
    async fn bring(&mut self, parcel: &Parcel) -> channel::Outcome {
        let ways = Arc::clone(&self.ways);
        let Some(channel) = ways.carrying(parcel.event) else { return channel::Outcome::no_way() };
        let mut way = self.way();
        match parcel.event {
            Event::GrantRevoked => channel.withdraw(&mut way, parcel).await,
            _ => channel.deliver(&mut way, parcel).await,
        }
    }

    /// Settles a message and takes out the one after it, in one transaction, unless the vendor has had its share.
    async fn settle_and_go_on(&self, message: Message, answered: Answered, all: bool) -> Result<(Option<Sent>, Turn)> {
        let (vendor, ways, goes_on) = (Arc::clone(&self.vendor), Arc::clone(&self.ways), !self.is_too_slow());
        let settle = move |tx: &Tx| {
            let (settled, clear) = settle_one(tx, &vendor, message, &answered)?;
            Ok((settled, if clear && goes_on { next(tx, &vendor, &ways, all)? } else { Turn::Nobody }))
        };
        self.clerk.write(settle).await
    }

    /// Reads the vendor's document again, and takes out the next message. A document with endpoints on an origin that the
    /// user never approved is not taken over.
    async fn rediscover(&mut self, all: bool) -> Result<Result<Turn>> {
        let vendor = Arc::clone(&self.vendor);
        let read = self.seat.wait(discover::metadata(&self.http, &vendor.url, vendor.allow_loopback)).await;
        let metadata = match read {
            Ok(metadata) => metadata,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(change) = self.names_another_server(&metadata.authorization_servers).await? {
            return Ok(Err(Error::must_act(change)));
        }
        let foreign = metadata.foreign_origins(&vendor.url);
        if let Some(new) = foreign.iter().find(|origin| !vendor.approved_origins.contains(origin)) {
            let what = format!("its document now names {}, which you have not approved", printable(new));
            return Ok(Err(Error::must_act(what)));
        }
        self.vendor = Arc::new(Vendor { metadata: Some(metadata.clone()), ..Vendor::clone(&vendor) });
        let (now, ways) = (Arc::clone(&self.vendor), Arc::clone(&self.ways));
        let take_over = move |tx: &Tx| {
            // Another command may have approved an origin meanwhile.
            let vendor = vendor::get(tx, &vendor.id)?;
            vendor::set_metadata(tx, &vendor, &metadata, &vendor.approved_origins)?;
            next(tx, &now, &ways, all)
        };
        self.clerk.write(take_over).await.map(Ok)
    }
}

/// Settles a message, and says whether the next may go. What was refused for good is out of the way; what waits or is held
/// stops the vendor's queue.
fn settle_one(tx: &Tx, vendor: &Vendor, message: Message, answered: &Answered) -> Result<(Option<Sent>, bool)> {
    let settled = settle(tx, vendor, message, answered)?;
    let clear = settled.as_ref().is_none_or(|m| matches!(m.state, MessageState::Delivered | MessageState::Failed));
    Ok((settled.map(|message| Sent::of(&message, &vendor.name)), clear))
}

/// Records what became of a message, with its ledger entry. None for a message that another command cancelled while it
/// was under way, and that did not arrive: it stays cancelled.
pub(super) fn settle(tx: &Tx, vendor: &Vendor, mut message: Message, answered: &Answered) -> Result<Option<Message>> {
    if answered.unsent {
        queue_store::unmark_attempt(tx, &message)?;
        if message.attempted_at.is_none() {
            mail::forget_text(tx, &message.id)?;
        }
    }
    let words = &answered.words;
    let (state, reason) = match answered.verdict {
        Verdict::Delivered { unusual } => {
            // What is usual by the protocol needs no words. By another way they say who took it.
            let says = unusual || message.channel == Some(ChannelKind::Mail);
            (MessageState::Delivered, says.then(|| words.clone()))
        }
        Verdict::Later(wait) => {
            let due = tx.now().checked_add(wait).unwrap_or(Timestamp::MAX);
            let waits = queue_store::set_due(tx, &message.id, due, words)?;
            return Ok(waits.then(|| Message { due_at: Some(due), reason: Some(words.clone()), ..message }));
        }
        Verdict::Hold(hold) => (MessageState::Held, Some(format!("{} ({words})", hold.reason()))),
        _ => (MessageState::Failed, Some(words.clone())),
    };
    if state == MessageState::Delivered {
        queue_store::set_state(tx, &message.id, state, reason.as_deref())?;
        delivered(tx, &message)?;
    } else if !queue_store::set_state_of_open(tx, &message.id, state, reason.as_deref())? {
        return Ok(None);
    }
    let noted = reason.is_some().then_some(&answered.noted);
    let body = json!({"vendor": vendor.id, "event": message.event, "grant": message.grant_id, "reason": noted});
    ledger::append(tx, &format!("message-{}", state.name()), &message.id, &body)?;
    (message.state, message.reason, message.due_at) = (state, reason, None);
    rekey::settled(tx, vendor, &mut message)?;
    Ok(Some(message))
}

/// What follows from a message's being delivered.
pub(super) fn delivered(tx: &Tx, message: &Message) -> Result<()> {
    if message.event == Event::RelationshipCreated.name() {
        vendor::mark_introduced(tx, &message.vendor_id)?;
    }
    if let Some(id) = &message.grant_id {
        grant::take_step(tx, id, Step::Delivered)?;
    }
    Ok(())
}

/// What to do about a vendor that is not where its document said, and whose document could not be taken over. One whose
/// document did not come at all may be away as a whole, and come back.
fn without_document(answer: &Answer, error: &Error, attempts: u32, dice: f64) -> Verdict {
    match answer {
        _ if error.kind() == Kind::Failed => verdict(&Answer::Nothing, Remedies::default(), attempts, dice),
        Answer::Http { status: 300..=399, .. } => Verdict::Hold(Hold::Redirected),
        _ => Verdict::Hold(Hold::Unreachable),
    }
}

const NOT_REFRESHED: &str = "the token could not be refreshed";

/// What to do where the token was refused and could not be refreshed. A server that does not answer may come back.
fn without_token(answered: Answered, failure: Failure, attempts: u32, dice: f64) -> Answered {
    let (verdict, why) = match failure {
        Failure::Lost(why) => {
            (verdict(&Answer::Nothing, Remedies::default(), attempts, dice), format!("{NOT_REFRESHED}: {why}"))
        }
        other => (Verdict::Hold(Hold::Unlinked), other.during(NOT_REFRESHED).to_string()),
    };
    Answered { verdict, words: format!("{}; {why}", answered.words), ..answered }
}

/// What the ledger says of an answer: the status and the standard's code, for all else is the vendor's to choose.
fn noted(answer: &Answer, words: &str) -> String {
    match answer {
        Answer::Http { code: Some(ErrorCode::Other(_)) | None, status, .. } => format!("it answered {status}"),
        Answer::Http { code: Some(code), status, .. } => format!("{status} {}", code.as_str()),
        Answer::Meant { status: Some(status), .. } => format!("it answered {status}"),
        Answer::Mail { code } => format!("the mail server answered {code}"),
        Answer::Account => "the mail account does not let in".to_owned(),
        Answer::Meant { status: None, .. } => words.to_owned(),
        Answer::Nothing | Answer::NotContacted | Answer::Taken | Answer::ByHand | Answer::NoAccount => words.to_owned(),
    }
}

/// A random number from 0 to 1.
fn dice() -> Result<f64> {
    let mut bytes = [0u8; 4];
    getrandom::fill(&mut bytes).map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
    Ok(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
