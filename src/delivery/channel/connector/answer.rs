//! What an API's answer means, by the file's table of errors.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::file::{Errors, Meaning};
use crate::delivery::answer::Answer;
use crate::delivery::channel::Outcome;
use crate::delivery::http::{MAX_ERROR_BODY, Reply};

/// The most characters of what an API says that are kept.
const MAX_WORDS: usize = 200;

/// Whether an answer says that all is well; else what came of it. `secrets` are what must not be repeated, whoever says it.
pub(super) fn read(reply: &Reply, errors: &Errors, is_graphql: bool, secrets: &[SecretString]) -> Result<(), Outcome> {
    let success = (200..=299).contains(&reply.status);
    if success && !is_graphql {
        return Ok(());
    }
    if reply.broken && (success || (400..500).contains(&reply.status)) {
        // What it would have said decides what becomes of the message.
        return Err(unreadable(format!("it answered {}, and its answer broke off", reply.status)));
    }
    let body = if success { &reply.body[..] } else { &reply.body[..reply.body.len().min(MAX_ERROR_BODY)] };
    let body: Option<Value> = serde_json::from_slice(body).ok();
    if success {
        match &body {
            Some(body) if body.get("data").is_some() || body.get("errors").is_some() => {
                if !has_errors(body) {
                    return Ok(());
                }
            }
            _ => return Err(unreadable(format!("it answered {} with no answer of GraphQL", reply.status))),
        }
    }
    let body = body.unwrap_or_default();
    let code = first(&body, &errors.code);
    let meaning = meaning(errors, reply.status, code.as_deref(), success);
    if meaning == Some(Meaning::Taken) {
        return Ok(());
    }
    let words = without(&words(reply.status, code.as_deref(), first(&body, &errors.message).as_deref()), secrets);
    let mut outcome = Outcome::http(reply, &words);
    if let Answer::Http { status, retry_after, .. } = outcome.answer {
        let wait = errors.wait_ms.as_ref().and_then(|at| body.pointer(at)).and_then(Value::as_u64);
        outcome.answer = Answer::Meant {
            status: Some(status),
            like: meaning.map_or(status, |meaning| status_of(meaning, status)),
            retry_after: wait.map(Duration::from_millis).or(retry_after),
        };
    }
    Err(outcome)
}

/// It may have been taken; the same again does no harm.
fn unreadable(words: String) -> Outcome {
    Outcome { answer: Answer::Nothing, words, unsent: false }
}

/// GraphQL answers 200 to what it refuses: `errors` for the operation, and a mutation's own by the name of `userErrors`.
fn has_errors(body: &Value) -> bool {
    let some = |errors: Option<&Value>| errors.and_then(Value::as_array).is_some_and(|errors| !errors.is_empty());
    let mutations = body.get("data").and_then(Value::as_object).into_iter().flat_map(|data| data.values());
    some(body.get("errors")) || mutations.into_iter().any(|answer| some(answer.get("userErrors")))
}

/// What an error means: its code says more than its status, and nothing but the status may be there.
fn meaning(errors: &Errors, status: u16, code: Option<&str>, success: bool) -> Option<Meaning> {
    let by_code = code.and_then(|code| errors.codes.get(code));
    let by_status = errors.status.get(&status.to_string());
    by_code.or(by_status).copied().or(success.then_some(Meaning::Refused))
}

/// The status that means this to the table of the protocol; the one that it has, where that means the same.
fn status_of(meaning: Meaning, status: u16) -> u16 {
    match meaning {
        Meaning::Relink => 401,
        Meaning::Denied => 403,
        Meaning::Later if matches!(status, 408 | 425 | 429 | 500..=599) => status,
        Meaning::Later => 429,
        Meaning::Gone => 410,
        Meaning::Refused if matches!(status, 400 | 413 | 415 | 422) => status,
        Meaning::Refused | Meaning::Taken => 422,
    }
}

/// The first text or number at any of these places.
fn first(body: &Value, pointers: &[String]) -> Option<String> {
    let at = |pointer: &String| match body.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    pointers.iter().find_map(at).map(|text| text.chars().take(MAX_WORDS).collect())
}

fn words(status: u16, code: Option<&str>, message: Option<&str>) -> String {
    match (code, message) {
        (Some(code), Some(message)) => format!("it answered {status} {code}: {message}"),
        (Some(code), None) => format!("it answered {status} {code}"),
        (None, Some(message)) => format!("it answered {status}: {message}"),
        (None, None) => format!("it answered {status}"),
    }
}

/// The words without what lets in, should the API repeat it, or a good part of it where its words were cut.
fn without(words: &str, secrets: &[SecretString]) -> String {
    let hide = |words: String, secret: &SecretString| {
        let secret = secret.expose_secret();
        if secret.is_empty() {
            return words;
        }
        let hidden = words.replace(secret, "[token]");
        let kept = |most: usize| (4..=most).rev().filter(|at| secret.is_char_boundary(*at));
        let begun = kept(secret.len().saturating_sub(1)).map(|at| &secret[..at]).find(|part| hidden.ends_with(part));
        match begun {
            Some(part) => format!("{}[token]", &hidden[..hidden.len() - part.len()]),
            None => hidden,
        }
    };
    secrets.iter().fold(words.to_owned(), hide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::http::HeaderMap;
    use proptest::prelude::*;
    use serde_json::json;

    fn reply(status: u16, body: &Value) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: body.to_string().into_bytes(), cut: false, broken: false }
    }

    fn errors() -> Errors {
        serde_json::from_value(json!({
            "code": ["/errcode", "/errors/0/extensions/code"],
            "message": ["/error", "/errors/0/message"],
            "wait_ms": "/retry_after_ms",
            "codes": {"M_UNKNOWN_TOKEN": "relink", "M_LIMIT_EXCEEDED": "later", "THROTTLED": "later", "SAME": "taken"},
            "status": {"409": "denied"},
        }))
        .unwrap()
    }

    fn http(outcome: &Outcome) -> (u16, Option<u64>) {
        match &outcome.answer {
            Answer::Meant { like, retry_after, .. } => (*like, retry_after.map(|wait| wait.as_millis() as u64)),
            other => panic!("{other:?}"),
        }
    }

    fn refused(status: u16, body: Value) -> Outcome {
        read(&reply(status, &body), &errors(), false, &[]).unwrap_err()
    }

    #[test]
    fn a_code_says_more_than_a_status_and_the_words_say_both() {
        let outcome = refused(403, json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Unknown\u{1b}[2J token"}));
        assert_eq!(
            (http(&outcome), outcome.words.as_str()),
            ((401, None), "it answered 403 M_UNKNOWN_TOKEN: Unknown[2J token")
        );
        let outcome = refused(400, json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}));
        assert_eq!(http(&outcome), (429, Some(1500)));
        assert!(matches!(outcome.answer, Answer::Meant { status: Some(400), .. }), "what it answered is kept");
        assert_eq!(http(&refused(409, json!({}))), (403, None));
        assert_eq!(
            (http(&refused(404, json!([]))), refused(418, json!(null)).words.as_str()),
            ((404, None), "it answered 418")
        );
        assert_eq!(read(&reply(400, &json!({"errcode": "SAME"})), &errors(), false, &[]), Ok(()));
    }

    #[test]
    fn graphql_refuses_with_200() {
        let ask = |body: Value| read(&reply(200, &body), &errors(), true, &[]);
        assert_eq!(ask(json!({"data": {"customerUpdate": {"userErrors": []}}})), Ok(()));
        let own = ask(json!({"data": {"customerUpdate": {"userErrors": [{"message": "no"}]}}})).unwrap_err();
        assert_eq!(http(&own), (422, None));
        let throttled = json!({"errors": [{"message": "slower", "extensions": {"code": "THROTTLED"}}]});
        let throttled = ask(throttled).unwrap_err();
        assert_eq!((http(&throttled), throttled.words.as_str()), ((429, None), "it answered 200 THROTTLED: slower"));
        assert_eq!(ask(json!("hello")).unwrap_err().answer, Answer::Nothing);
        assert_eq!(read(&reply(200, &json!("whatever")), &errors(), false, &[]), Ok(()), "no body of REST is judged");
    }

    #[test]
    fn an_answer_that_breaks_off_decides_nothing() {
        let broken = Reply { broken: true, ..reply(400, &json!({"errcode": "M_UNKNOWN_TOKEN"})) };
        assert_eq!(read(&broken, &errors(), false, &[]).unwrap_err().answer, Answer::Nothing);
    }

    proptest! {
        #[test]
        fn a_token_is_never_repeated(before in ".{0,260}", token in "[A-Za-z0-9_.~+/-]{8,60}", after in ".{0,40}") {
            let body = json!({"errcode": "X", "error": format!("{before}{token}{after}")});
            let outcome = read(&reply(400, &body), &errors(), false, &[token.clone().into()]).unwrap_err();
            prop_assert!(!outcome.words.contains(&token));
            prop_assert!(outcome.words.chars().count() <= 300);
            prop_assert!(!outcome.words.chars().any(char::is_control));
        }
    }
}
