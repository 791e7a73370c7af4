//! By hand: what the user brings themselves, by a letter or by their own mail program, and what they say of it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::json;

use super::channel::letter::Letter;
use super::channel::mail::Mail;
use super::channel::{Kind, Parcel, Text, Ways, pack};
use super::mail as post;
use super::message::{Message, MessageState};
use super::{push, queue_store, store};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::Tx;
use crate::vendor::{self, Vendor};
use crate::wire::event::Event;

/// A message that goes as a text, with its way.
pub struct Texted {
    /// All that is needed to write it.
    pub parcel: Parcel,
    /// By which way it goes.
    pub way: TextWay,
    /// Whether the text is the user's own.
    pub edited: bool,
}

/// A way that carries a text.
pub enum TextWay {
    /// E-mail.
    Mail(Mail),
    /// A letter.
    Letter(Letter),
}

impl Texted {
    /// The text as it would go.
    pub fn text(&self) -> Text {
        match &self.way {
            TextWay::Mail(mail) => mail.text(&self.parcel),
            TextWay::Letter(letter) => letter.text(&self.parcel),
        }
    }

    /// Whether a person who opens it can tell whose it is.
    pub fn says_who(&self) -> bool {
        let named = ["name", "family_name"].iter().any(|claim| self.parcel.identity.contains_key(*claim));
        named || self.parcel.account.is_some() || self.edited
    }

    /// What sort of way it is.
    pub fn kind(&self) -> Kind {
        match self.way {
            TextWay::Mail(_) => Kind::Mail,
            TextWay::Letter(_) => Kind::Letter,
        }
    }
}

/// A message of ours as the text that it goes as; none where it goes in another way, or by none.
///
/// # Errors
/// The database's.
pub fn texted(connection: &Connection, message: &Message) -> Result<Option<Texted>> {
    let Some(event) = Event::from_name(&message.event).filter(|_| message.outgoing) else { return Ok(None) };
    let vendor = Arc::new(vendor::get(connection, &message.vendor_id)?);
    let Some((kind, way)) = way(connection, &vendor, event, message)? else { return Ok(None) };
    let edited = post::is_edited(connection, &message.id)?;
    Ok(Some(Texted { parcel: pack(connection, &vendor, kind, event, message.clone())?, way, edited }))
}

/// The way that a message goes, or went, if it carries a text.
fn way(connection: &Connection, vendor: &Vendor, event: Event, message: &Message) -> Result<Option<(Kind, TextWay)>> {
    let goes = Ways::of(connection, vendor)?.carrying(event).map(|way| way.kind());
    let kind = if is_open(message) { goes } else { message.channel.or(goes) };
    let mut rows = vendor::channels(connection, &vendor.id)?.into_iter();
    let Some(row) = rows.find(|row| Some(row.kind) == kind) else { return Ok(None) };
    Ok(match row.kind {
        Kind::Mail => Some((Kind::Mail, TextWay::Mail(Mail::open(connection, row)?))),
        Kind::Letter => Some((Kind::Letter, TextWay::Letter(Letter::open(connection, row)?))),
        _ => None,
    })
}

/// As [`texted`].
///
/// # Errors
/// Kind bad input for a message that goes in another way.
pub fn require_text(connection: &Connection, message: &Message) -> Result<Texted> {
    texted(connection, message)?.ok_or_else(|| {
        Error::bad_input("this message goes by no e-mail and no letter: there is no text of it")
            .hint("cmr vendor set VENDOR --channel mail --mail-to ADDRESS makes it one")
    })
}

/// Keeps the text of a message as the user edited it.
///
/// # Errors
/// Kind bad input for a message that may have left, or an empty text.
pub fn edit(tx: &Tx, message: &Message, text: &Text) -> Result<()> {
    // As it is now: it may have been sent while it was edited.
    let message = store::get(tx, &message.id)?;
    check_editable(&message)?;
    if text.subject.trim().is_empty() || text.body.trim().is_empty() {
        return Err(Error::bad_input("a text has a subject, an empty line, and then what it says"));
    }
    post::put_edited(tx, &message, text)
}

/// Checks that a message can still be edited.
///
/// # Errors
/// Kind bad input for a message that may have left, or will not.
pub fn check_editable(message: &Message) -> Result<()> {
    if !is_open(message) {
        return Err(Error::bad_input(format!("the message is {}: its text is what it was", message.state.name())));
    }
    match message.attempted_at {
        None => Ok(()),
        Some(_) => Err(Error::bad_input("the message may have left already: its text stays what it was")
            .hint("a fix is a new message: change the grant, or cmr outbox drop")),
    }
}

fn is_open(message: &Message) -> bool {
    matches!(message.state, MessageState::Queued | MessageState::Held)
}

/// Notes that the user was handed a message to bring: from now on it may have left.
///
/// # Errors
/// Kind bad input for a message that is at an end.
pub fn handed_out(tx: &Tx, texted: &Texted) -> Result<()> {
    let (message, by) = (store::get(tx, &texted.parcel.message.id)?, texted.kind());
    if !is_open(&message) {
        return Ok(());
    }
    post::keep_text(tx, &message.id, &texted.text())?;
    queue_store::mark_attempt(tx, &message, by)?;
    let body = json!({"vendor": message.vendor_id, "event": message.event, "channel": by.name()});
    ledger::append(tx, "message-written-out", &message.id, &body)
}

/// Notes that the user brought a message: their word, and nobody else's.
///
/// # Errors
/// Kind bad input for a message that is at an end, that goes by itself, or for a moment that has not come or was before the
/// message.
pub fn delivered(tx: &Tx, message: &Message, on: Timestamp) -> Result<Message> {
    let message = store::get(tx, &message.id)?;
    if !is_open(&message) && message.state != MessageState::Failed {
        return Err(Error::bad_input(format!("the message is {} already", message.state.name())));
    }
    let texted = require_text(tx, &message)?;
    let kind = texted.kind();
    let day = |time: Timestamp| time.to_zoned(TimeZone::system()).date();
    if on > tx.now() {
        return Err(Error::bad_input(format!("{} has not come yet", day(on))));
    }
    if day(on) < day(message.created_at) {
        let written = day(message.created_at);
        return Err(Error::bad_input(format!("the message was written on {written}: it cannot have gone before")));
    }
    let on = on.max(message.created_at);
    let reason = format!("delivered by hand on {}", day(on));
    post::keep_text(tx, &message.id, &texted.text())?;
    if message.attempted_at.is_none() {
        queue_store::mark_attempt(tx, &message, kind)?;
    }
    queue_store::set_state(tx, &message.id, MessageState::Delivered, Some(&reason))?;
    post::set_brought(tx, &message.id, on)?;
    push::delivered(tx, &message)?;
    let body = json!({"vendor": message.vendor_id, "event": message.event, "grant": message.grant_id, "channel": kind.name(),
                      "by": "the user's word", "on": on});
    ledger::append(tx, "message-delivered", &message.id, &body)?;
    store::get(tx, &message.id)
}

/// The end of a day that the user names.
///
/// # Errors
/// Kind bad input for a day that there was not.
pub fn end_of(day: jiff::civil::Date) -> Result<Timestamp> {
    let end = day.at(23, 59, 59, 0).to_zoned(TimeZone::system());
    Ok(end.map_err(|e| Error::bad_input(format!("{day} is no day here: {e}")))?.timestamp())
}
