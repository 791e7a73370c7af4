//! What an API's answers mean.

use jiff::Timestamp;
use serde_json::Value;

use super::file::{File, Means};
use crate::delivery::answer::{Answer, retry_after};
use crate::delivery::channel::Outcome;
use crate::delivery::http::Reply;
use crate::text::printable;

/// The most characters of an error that are shown.
const MAX_WORDS: usize = 200;

/// Where APIs usually say in words what is wrong.
const WORDS: [&str; 6] =
    ["/error", "/message", "/error_description", "/errors/0/message", "/errors/0", "/ocs/meta/message"];

/// What an answer means; none where it is good. `secret` must not be repeated, even where the vendor repeats it.
pub(super) fn trouble(file: &File, reply: &Reply, secret: Option<&str>) -> Option<Outcome> {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let meaning = body.as_ref().and_then(|body| meaning(file, body));
    if meaning.is_none() && (200..300).contains(&reply.status) {
        return None;
    }
    let wait = reply.header("retry-after").and_then(|header| retry_after(header, Timestamp::now()));
    // The one table decides, by the status that says the same.
    let status = match meaning {
        Some(Means::Relink) => 401,
        Some(Means::Denied) => 403,
        Some(Means::Later) => 503,
        Some(Means::Refused) => 422,
        None => reply.status,
    };
    Some(Outcome {
        answer: Answer::Http { status, code: None, retry_after: wait },
        words: words(reply, body.as_ref(), secret),
        unsent: false,
    })
}

/// What the body of an answer means by the file.
fn meaning(file: &File, body: &Value) -> Option<Means> {
    let applies = |at: &str, is: Option<&str>| match (body.pointer(at), is) {
        (Some(Value::String(found)), Some(is)) => found == is,
        (Some(Value::Number(found)), Some(is)) => found.to_string() == is,
        (Some(Value::Null) | None, _) | (Some(_), Some(_)) => false,
        (Some(Value::Array(items)), None) => !items.is_empty(),
        (Some(Value::String(text)), None) => !text.is_empty(),
        (Some(_), None) => true,
    };
    file.errors.iter().find(|one| applies(&one.at, one.is.as_deref())).map(|one| one.means)
}

fn words(reply: &Reply, body: Option<&Value>, secret: Option<&str>) -> String {
    let said = body.and_then(|body| WORDS.iter().find_map(|at| body.pointer(at)?.as_str()));
    let said = match said {
        Some(said) => format!("{}: {said}", reply.status),
        None => format!("it answered {}", reply.status),
    };
    let said = match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => said.replace(secret, "…"),
        None => said,
    };
    printable(&said).chars().take(MAX_WORDS).collect()
}
