//! What the customer has to say to a vendor, in their own words.

use serde_json::json;

use super::events::{About, Signer};
use super::message::Message;
use super::{lend, mail, store};
use crate::error::{Error, Result};
use crate::ledger;
use crate::text::printable;
use crate::vault::Tx;
use crate::vendor::Vendor;
use crate::wire::event::{Event, FeedbackSubmitted};

/// The longest text, in characters.
pub const MAX_TEXT: usize = 4000;

/// A text as it may be sent: printable, without blanks around it, its lines kept.
///
/// # Errors
/// Kind bad input for a text that is empty or too long.
pub fn text(typed: &str) -> Result<String> {
    let lines: Vec<String> = typed.trim().lines().map(|line| printable(line).trim_end().to_owned()).collect();
    let text = lines.join("\n");
    match text.chars().count() {
        0 => Err(Error::bad_input("there is nothing to send: the text is empty")),
        n if n > MAX_TEXT => Err(Error::bad_input(format!("the text has {n} characters, and {MAX_TEXT} may be sent"))),
        _ => Ok(text),
    }
}

/// Replies to a message of a vendor: signed, and sent with the next push. The ledger holds that it was said, and not what.
///
/// # Errors
/// Kind damaged for a message that is not readable any more; kind bad input for what is larger than the vendor takes.
pub fn reply(tx: &Tx, vendor: &Vendor, to: &Message, mut feedback: FeedbackSubmitted) -> Result<Message> {
    let unreadable = || Error::damaged(format!("it holds a message, {}, that is not readable", to.id));
    // An e-mail has no id that the protocol knows.
    let theirs = match to.event == mail::answer::EVENT {
        true => None,
        false => Some(to.claims().ok_or_else(unreadable)?),
    };
    feedback.about = theirs.as_ref().map(|theirs| theirs.jti.clone());
    let signer = Signer::of(tx, vendor)?;
    lend::introduce(tx, &signer)?;
    // It is about no grant: what overtakes a grant's messages must not overtake it.
    let about = About { txn: theirs.as_ref().and_then(|theirs| theirs.txn.as_deref()), ..About::default() };
    let mut message = signer.sign(Event::FeedbackSubmitted, &feedback, about, tx.now())?;
    message.answers = Some(to.id.clone());
    store::insert(tx, &message, &message.id)?;
    // The hash is over the signature as well: a text cannot be guessed by it.
    let body = json!({"vendor": vendor.id, "message": message.id, "about": to.id, "kind": feedback.kind,
                      "set_hash": message.set_hash});
    ledger::append(tx, Event::FeedbackSubmitted.name(), &vendor.name, &body)?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_lines_and_loses_what_drives_a_terminal() {
        assert_eq!(text("  Which law?\r\n\n\u{1b}[2JPlease say. \n").unwrap(), "Which law?\n\n[2JPlease say.");
        assert!(text(" \n\u{7}").is_err());
        assert!(text(&"é".repeat(MAX_TEXT)).is_ok() && text(&"é".repeat(MAX_TEXT + 1)).is_err());
    }
}
