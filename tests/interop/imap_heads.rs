//! The reader of mailboxes on its own, for `imap.py`: `imap_heads HOST PORT USER [FOLDER…]`, the password on standard input.
//! Prints what a sink hears, a line of JSON each, and ends with the error's exit code. `STOP_AFTER_MS` stops it, as Ctrl-C
//! would.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is asked by a check, and answers it")]

use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cmr::error::{Error, Result};
use cmr::import::evidence::{Evidence, Place, Secret, Sink};
use cmr::import::mail::imap::{self, Account};
use secrecy::SecretString;
use serde_json::json;

struct Printed {
    stop: Option<Instant>,
}

impl Sink for Printed {
    fn found(&mut self, evidence: Evidence) -> Result<()> {
        let Evidence { host, name, claims, details, first_seen, last_seen, .. } = evidence;
        let to = claims.first().map(|(_, value)| value);
        println!(
            "{}",
            json!({ "host": host, "name": name, "to": to, "details": details.value(), "seen": [first_seen, last_seen] })
        );
        Ok(())
    }

    fn skipped(&mut self, _: Place, why: &str) -> Result<()> {
        println!("{}", json!({ "skipped": why }));
        Ok(())
    }

    fn passed_over(&mut self, _: Place, why: &str) -> Result<()> {
        println!("{}", json!({ "passed_over": why }));
        Ok(())
    }

    fn dropped(&mut self, _: Secret) {}

    fn at(&mut self, _: u64) -> Result<()> {
        match self.stop {
            Some(stop) if Instant::now() >= stop => Err(Error::failed("stopped")),
            _ => Ok(()),
        }
    }
}

fn main() -> ExitCode {
    match read() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "{}",
                json!({ "code": error.kind().code(), "message": error.to_string(), "hint": error.hint_text() })
            );
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn read() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, folders @ ..] = words.as_slice() else {
        return Err(Error::usage("imap_heads HOST PORT USER [FOLDER…]"));
    };
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).map_err(|e| Error::failed(e.to_string()))?;
    let port = port.parse().map_err(|_| Error::usage("PORT is a number"))?;
    let password = SecretString::from(password.trim_end().to_owned());
    let account = Account { host: host.clone(), port, user: user.clone(), password };
    let stop = std::env::var("STOP_AFTER_MS").ok().and_then(|text| text.parse().ok());
    let mut sink = Printed { stop: stop.map(|after| Instant::now() + Duration::from_millis(after)) };
    let summary = imap::read(&account, folders, &["me@home.example".to_owned()], &mut sink)?;
    println!("{}", json!({ "messages": summary.messages, "from_vendors": summary.from_vendors }));
    Ok(())
}
