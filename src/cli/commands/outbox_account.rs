//! `cmr outbox account`.

use super::super::args::outbox::{AccountArgs, TlsArg};
use super::super::output::mail::AccountView;
use super::super::output::text::count;
use super::super::secret;
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::delivery;
use crate::delivery::http::{Http, TIMEOUT};
use crate::delivery::mail::{self, Account, Tls, send};
use crate::error::Error;
use crate::vault::Vault;

pub(super) fn run(args: &AccountArgs, session: &Session, mut vault: Vault) -> Result<Outcome> {
    if args.remove {
        return remove(session, vault);
    }
    let there = mail::account(vault.connection())?;
    let account = match changes(args) {
        true => Some(changed(args, session, there)?),
        false => there,
    };
    let mut released = 0;
    if args.check {
        let account = account.as_ref().ok_or_else(none)?;
        // Before it is kept: one that does not work is of no use.
        send::check(account, &Http::new(TIMEOUT)?)?;
    }
    if let Some(account) = account.as_ref().filter(|_| changes(args)) {
        released = vault.write(|tx| {
            mail::put_account(tx, account)?;
            Ok(delivery::release_mail(tx)?.len())
        })?;
    }
    session.printer().show(&AccountView::of(account.as_ref(), args.check))?;
    if released > 0 {
        let messages = count(released, "message");
        session.printer().remark(&format!("{messages} waited for it: cmr push"));
    }
    Ok(Outcome::Done)
}

fn none() -> Error {
    Error::not_found("no mail account is set up").hint("cmr outbox account --from ADDRESS --smtp HOST:PORT --user NAME")
}

fn remove(session: &Session, mut vault: Vault) -> Result<Outcome> {
    if !vault.write(mail::remove_account)? {
        return Err(none());
    }
    session.printer().show(&AccountView::of(None, false))?;
    Ok(Outcome::Done)
}

fn changes(args: &AccountArgs) -> bool {
    let AccountArgs { from, name, smtp, tls, user, password_file, password_fd, check: _, remove: _ } = args;
    [from, name, smtp, user].into_iter().any(Option::is_some)
        || tls.is_some()
        || password_file.is_some()
        || password_fd.is_some()
}

/// The account as it is to be: what was typed, over what there is. A password goes to the server that it was given for, and
/// to no other.
fn changed(args: &AccountArgs, session: &Session, there: Option<Account>) -> Result<Account> {
    let missing = |what: &str, hint: &str| Error::usage(format!("{what} is missing")).hint(hint.to_owned());
    let from = args.from.clone().or_else(|| there.as_ref().map(|account| account.from.clone()));
    let typed = args.smtp.as_deref().map(mail::server).transpose()?;
    let server = typed.or_else(|| there.as_ref().map(|account| (account.host.clone(), account.port)));
    let from = from.ok_or_else(|| missing("--from", "--from ada@example.org"))?;
    let (host, port) = server.ok_or_else(|| missing("--smtp", "--smtp smtp.example.org:465"))?;
    let same = there.filter(|account| (&account.host, account.port) == (&host, port));
    let mut account = Account {
        from: mail::address(&from)?.to_string(),
        name: args.name.clone().or_else(|| same.as_ref().and_then(|account| account.name.clone())),
        tls: args.tls.map_or_else(|| same.as_ref().map_or(Tls::of_port(port), |account| account.tls), tls),
        user: args.user.clone().or_else(|| same.as_ref().and_then(|account| account.user.clone())),
        password: secret::given_password(args.password_file.as_deref(), args.password_fd)?,
        host,
        port,
    };
    account.check()?;
    let kept = same.filter(|same| same.user == account.user).and_then(|same| same.password);
    account.password = match (account.password, &account.user) {
        (Some(_), None) => return Err(missing("--user", "say whose password it is: --user NAME")),
        (given, None) => given,
        (given, Some(_)) => given.or(kept),
    };
    if let (Some(user), None) = (&account.user, &account.password) {
        account.password = Some(ask(session, user, &account.host)?);
    }
    Ok(account)
}

fn ask(session: &Session, user: &str, host: &str) -> Result<secrecy::SecretString> {
    if !session.prompt().is_interactive() {
        return Err(Error::usage(format!("the password of {user} is missing")).hint("--password-file FILE"));
    }
    session.prompt().secret(&format!("The password of {user} at {host}"))
}

fn tls(typed: TlsArg) -> Tls {
    match typed {
        TlsArg::Implicit => Tls::Implicit,
        TlsArg::Starttls => Tls::Starttls,
        TlsArg::None => Tls::None,
    }
}
