//! `cmr import mail`: a file or folder of mail, or a mailbox on its server.

use std::path::Path;

use secrecy::SecretString;

use super::super::args::import::{MailboxArgs, TakeArgs};
use super::super::secret;
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::import::{collect, name_of, no_format, taken};
use crate::error::Error;
use crate::import::collect::Collector;
use crate::import::mail::imap::{self, Account};
use crate::import::mail::{self, Format, Options};
use crate::import::model::BatchKind;
use crate::profile;
use crate::profile::model::ClaimValue;
use crate::vault::Vault;

/// What stands in the place of a path for a mailbox on its server.
const IMAP: &str = "imap";

pub(super) fn run(session: &Session, path: &Path, mailbox: &MailboxArgs, take: &TakeArgs) -> Result<Outcome> {
    let formats = [Format::Mbox, Format::Message].map(|format| (format.name(), format));
    let format = take.format.as_deref().map(|typed| {
        let found = formats.iter().find(|(name, _)| *name == typed);
        found.map(|(_, format)| *format).ok_or_else(|| no_format(typed, &formats))
    });
    let format = format.transpose()?;
    let mut vault = session.vault()?;
    let mine = mine(&vault, &mailbox.mine)?;
    let collected = match path.as_os_str() == IMAP {
        true => {
            let account = account(session, mailbox)?;
            let name = format!("{} at {}", account.user, account.host);
            collect(session, BatchKind::Mail, take, 0, |collector: &mut Collector| {
                let read = collector.source(&name, IMAP, |sink| imap::read(&account, &mailbox.folder, &mine, sink));
                read.map(|_| ())
            })?
        }
        false => {
            let options = Options { format, mine: &mine };
            let size = path.metadata().map_or(0, |file| if file.is_file() { file.len() } else { 0 });
            collect(session, BatchKind::Mail, take, size, |collector: &mut Collector| {
                let read = collector.source(&name_of(path), "mail", |sink| match path.as_os_str() == "-" {
                    true => mail::read_stream(std::io::stdin(), "standard input", options, sink),
                    false => mail::read(path, options, sink),
                });
                read.map(|_| ())
            })?
        }
    };
    taken(session, &mut vault, &collected, take)?;
    Ok(Outcome::Done)
}

/// The user's own addresses: those of every persona, and those that were typed.
fn mine(vault: &Vault, typed: &[String]) -> Result<Vec<String>> {
    let mut mine = typed.to_vec();
    for (persona, _) in profile::personas(vault.connection())? {
        for claim in profile::named(vault.connection(), &persona, "email")? {
            if let ClaimValue::Text(address) = claim.value {
                mine.push(address);
            }
        }
    }
    Ok(mine)
}

fn account(session: &Session, mailbox: &MailboxArgs) -> Result<Account> {
    let missing = |what: &str| Error::usage(format!("--{what} is missing")).hint("cmr import mail --help");
    let host = mailbox.host.clone().ok_or_else(|| missing("host"))?;
    let user = mailbox.user.clone().ok_or_else(|| missing("user"))?;
    let given = secret::given_password(mailbox.password_file.as_deref(), mailbox.password_fd)?;
    let password: SecretString = match given {
        Some(password) => password,
        None if session.prompt().is_interactive() => {
            session.prompt().secret(&format!("Password of {user} at {host}"))?
        }
        None => return Err(Error::usage("the password is missing").hint("answer with --password-file FILE")),
    };
    Ok(Account { host, port: mailbox.port.unwrap_or(imap::PORT), user, password })
}
