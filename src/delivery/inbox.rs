//! What vendors sent: verified, kept, and worth reading or not.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::message::Message;
use super::{mail, store};
use crate::error::Result;
use crate::wire::event::Event;

/// A message of a vendor, with what became of it here.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// What it says.
    pub payload: Option<Value>,
    /// Our replies to it, oldest first.
    pub replies: Vec<Message>,
}

/// Whether a person would want to read it. Who is told of each plain yes reads none of them.
pub fn is_news(event: &str, payload: Option<&Value>) -> bool {
    match Event::from_name(event) {
        Some(Event::Verification) => false,
        Some(Event::GrantAcknowledged) => !payload.is_some_and(is_plain_yes),
        _ => true,
    }
}

fn is_plain_yes(payload: &Value) -> bool {
    let refuses = payload.get("refused_claims").and_then(Value::as_array).is_some_and(|claims| !claims.is_empty());
    payload.get("status").and_then(Value::as_str) == Some("accepted") && !refuses
}

/// What vendors sent, or one of them, newest first and at most `limit`: what a person would want to read, or all.
///
/// # Errors
/// The database's.
pub fn inbox(connection: &Connection, vendor_id: Option<&str>, all: bool, limit: usize) -> Result<Vec<Received>> {
    let mut found = Vec::new();
    for id in store::received_ids(connection, vendor_id)? {
        if found.len() == limit {
            break;
        }
        let message = store::get(connection, &id)?;
        let payload = payload(connection, &message)?;
        if all || is_news(&message.event, payload.as_ref()) {
            let replies = store::replies(connection, &message.id)?;
            found.push(Received { message, payload, replies });
        }
    }
    Ok(found)
}

/// The message of a vendor that has this id, or the beginning or end of one.
///
/// # Errors
/// Kind not found if there is none or there are several.
pub fn received(connection: &Connection, typed: &str) -> Result<Received> {
    let message = store::find_received(connection, typed)?;
    let replies = store::replies(connection, &message.id)?;
    Ok(Received { payload: payload(connection, &message)?, message, replies })
}

/// What a message says: its event's own, or what a vendor wrote by e-mail.
fn payload(connection: &Connection, message: &Message) -> Result<Option<Value>> {
    if message.event != mail::answer::EVENT {
        return Ok(message.payload());
    }
    Ok(mail::received(connection, &message.id)?.map(|read| {
        json!({"from": read.sender, "subject": read.subject, "text": read.text, "confirms": read.confirms, "signed": false})
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_yes_and_a_connection_test_are_no_news_and_all_else_is() {
        let ack = |payload: Value| is_news("grant-acknowledged", Some(&payload));
        assert!(!ack(json!({"status": "accepted"})) && !ack(json!({"status": "accepted", "refused_claims": []})));
        assert!(ack(json!({"status": "rejected"})) && ack(json!({"status": "partially_accepted"})));
        assert!(ack(json!({"status": "accepted", "refused_claims": ["email"]})) && ack(json!([])));
        assert!(is_news("grant-acknowledged", None));
        assert!(!is_news("verification", Some(&json!({}))));
        for event in ["deletion-completed", "terms-declined", "feedback-responded", "urn:example:gift"] {
            assert!(is_news(event, None), "{event}");
        }
    }
}
