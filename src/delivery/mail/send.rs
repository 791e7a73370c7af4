//! Sending by the user's own account, and trying the account out.

use std::cell::Cell;

use super::wire::{self, Halt, Outgoing};
use super::{Account, Envelope, eml};
use crate::delivery::answer::Answer;
use crate::delivery::channel::{Outcome, Text, Way};
use crate::delivery::http::{self, Http};
use crate::error::{Error, Result};

/// What is said of a message that the user's own server took: more is not known.
const TAKEN: &str = "your mail server took it";

/// Hands an e-mail to the user's server.
pub async fn send(account: &Account, way: &mut Way<'_>, envelope: &Envelope, text: &Text) -> Outcome {
    let mail = match eml(envelope, text, false) {
        Ok(mail) => mail,
        Err(error) => return Outcome { answer: Answer::NotContacted, words: error.to_string(), unsent: true },
    };
    let outgoing = Outgoing { account, to: &envelope.to, bytes: &mail, left: Cell::new(false) };
    let talk = way.mail.hand_over(way.http.tls(), &outgoing, way.http.timeout());
    let (result, took) = way.seat.wait(talk).await;
    way.note_slow(took);
    outcome(result, outgoing.left.get())
}

/// What a conversation came to. What was refused before the text was spoken did not leave.
fn outcome(result: Result<(), Halt>, left: bool) -> Outcome {
    let (answer, words) = match result {
        Ok(()) => return Outcome { words: TAKEN.into(), ..Outcome::taken() },
        Err(Halt::Nothing { what }) => (Answer::Nothing, what),
        Err(Halt::Answered { code, words }) => (Answer::Mail { code }, words),
        Err(Halt::Account(words)) => (Answer::Account, words),
    };
    Outcome { answer, words, unsent: !left }
}

/// Tries an account out: connects, encrypts, logs in, and sends nothing.
///
/// # Errors
/// Kind failed if nobody answers, kind user must act if the account does not let in.
pub fn check(account: &Account, http: &Http) -> Result<()> {
    let tried = http::run(async {
        let talk = wire::check(account, http.tls());
        let in_vain = |_| Err(Halt::nothing(account, "it did not answer in time"));
        tokio::time::timeout(http.timeout(), talk).await.unwrap_or_else(in_vain)
    })?;
    let hint = "set it up: cmr outbox account --from ADDRESS --smtp HOST:PORT --user NAME";
    tried.map_err(|halt| match halt {
        Halt::Nothing { what } => Error::failed(what),
        Halt::Answered { words, .. } => Error::failed(format!("{} answered {words}", account.server())),
        Halt::Account(words) => {
            Error::must_act(format!("{} does not let you in: {words}", account.server())).hint(hint)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::answer::{Hold, Remedies, Verdict, verdict};

    #[test]
    fn each_answer_of_a_mail_server_means_what_the_table_says() {
        let on = |halt: Halt, left| {
            let outcome = outcome(Err(halt), left);
            (verdict(&outcome.answer, Remedies::default(), 1, 0.5), outcome.unsent)
        };
        assert!(matches!(on(Halt::answered(451, "later"), false), (Verdict::Later(_), true)));
        assert!(matches!(on(Halt::answered(451, "greylisted"), true), (Verdict::Later(_), false)));
        assert_eq!(on(Halt::answered(550, "no such user"), false), (Verdict::Fail, true));
        assert_eq!(on(Halt::answered(554, "spam"), true), (Verdict::Fail, false));
        assert_eq!(on(Halt::answered(535, "no").about_the_account(), false), (Verdict::Hold(Hold::Account), true));
        assert!(matches!(on(Halt::answered(454, "later").about_the_account(), false), (Verdict::Later(_), true)));
        let lost = |left| on(Halt::Nothing { what: "broke off".into() }, left);
        assert!(matches!((lost(true), lost(false)), ((Verdict::Later(_), false), (Verdict::Later(_), true))));
        assert_eq!(outcome(Ok(()), true), Outcome { answer: Answer::Taken, words: TAKEN.into(), unsent: false });
    }

    #[test]
    fn what_a_server_says_is_printable_and_short() {
        let Halt::Answered { words, .. } = Halt::answered(550, &format!("\u{1b}[2J{}", "x".repeat(9999))) else {
            panic!()
        };
        assert!(words.starts_with("550 [2Jxxx") && words.chars().count() == 300);
    }
}
