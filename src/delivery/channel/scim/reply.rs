//! What answers of a directory mean.

use serde_json::Value;

use super::map::text_at;
use super::{MAX_USER, Read};
use crate::delivery::answer::Answer;
use crate::delivery::channel::Outcome;
use crate::delivery::http::Reply;

/// The document that an answer is.
pub(super) fn document(reply: &Reply) -> Read<Value> {
    match (reply.cut, reply.broken) {
        (true, _) => Err(senseless(&format!("more than {MAX_USER} bytes"))),
        (_, true) => Err(senseless("half a document")),
        _ => match serde_json::from_slice(&reply.body) {
            Ok(document @ Value::Object(_)) => Ok(document),
            _ => Err(senseless("no SCIM document")),
        },
    }
}

/// Something came that says nothing. It may have been a server in between, and be otherwise later.
pub(super) fn senseless(what: &str) -> Outcome {
    Outcome { answer: Answer::Nothing, words: format!("it answered with {what}"), unsent: true }
}

/// It is not known which entry is the user's.
pub(super) fn unclear(words: &str) -> Outcome {
    Outcome { answer: Answer::NoAccount, words: words.to_owned(), unsent: true }
}

/// It did not show what it was asked for.
pub(super) fn unread(reply: &Reply) -> Outcome {
    Outcome { unsent: true, ..refused(reply) }
}

/// It did not do what it was asked for, and says why (RFC 7644, section 3.12).
pub(super) fn refused(reply: &Reply) -> Outcome {
    if reply.broken && (400..500).contains(&reply.status) {
        // What it would have said decides whether the message fails for good.
        let words = format!("it answered {}, and its answer broke off", reply.status);
        return Outcome { answer: Answer::Nothing, words, unsent: false };
    }
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let kind = scim_type(reply).map(|kind| format!(" {kind}")).unwrap_or_default();
    let words = match text_at(&body, &["detail"]) {
        Some(detail) => format!("{}{kind}: {detail}", reply.status),
        None => format!("it answered {}{kind}", reply.status),
    };
    Outcome::http(reply, &words)
}

/// What sort of error it is (RFC 7644, table 9).
pub(super) fn scim_type(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    text_at(&body, &["scimType"]).map(str::to_owned)
}
