//! A mailbox on its server, over IMAP (RFC 3501), and only to look at: folders are opened with `EXAMINE`, heads are fetched
//! with `BODY.PEEK`, so that nothing is marked as read. TLS from the first byte on (RFC 8314), and nothing else: what
//! is sent first is a password.
//!
//! The server is one that the user named, and may be anywhere, also at home.

mod fence;
mod session;
mod stream;

use async_imap::Authenticator;
use async_imap::imap_proto::{AttributeValue, NameAttribute, Response};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use self::session::Session;
pub use self::stream::Connection;
use super::super::evidence::Sink;
use super::folder::NOT_VENDORS;
use super::head;
use super::tally::{Summary, Tally};
use crate::error::{Error, Result};
use crate::text::{nearest, printable};

/// The port of IMAP over TLS.
pub const PORT: u16 = 993;

/// How many heads are asked for at once.
const BATCH: u32 = 200;

/// The most of a head that is asked for, in bytes: of the fields that are looked at, it is more than any message has.
const MAX_FIELDS: u32 = 64 * 1024;

/// The most folders that a mailbox may have.
const MAX_FOLDERS: usize = 10_000;

/// Where a mailbox is, and what opens it.
#[derive(Debug)]
pub struct Account {
    /// The server's host.
    pub host: String,
    /// Its port: [`PORT`], unless the user says otherwise.
    pub port: u16,
    /// The user's name there.
    pub user: String,
    /// The password, often one for this program alone.
    pub password: SecretString,
}

/// The answer to `AUTHENTICATE PLAIN` (RFC 4616).
struct Plain<'a>(&'a Account);

impl Authenticator for Plain<'_> {
    type Response = Zeroizing<Vec<u8>>;

    fn process(&mut self, _: &[u8]) -> Self::Response {
        let Account { user, password, .. } = self.0;
        Zeroizing::new(["\0", user, "\0", password.expose_secret()].concat().into_bytes())
    }
}

/// A folder as the server lists it.
#[derive(Debug, Clone, PartialEq)]
struct Folder {
    name: String,
    /// The last part of its name.
    label: String,
    readable: bool,
    /// All mail is in it (RFC 6154).
    all: bool,
    /// It holds no vendor's mail: drafts, junk, what was sent or thrown away; or what is in other folders too.
    none_of_vendors: bool,
}

/// Reads these folders of a mailbox; all with vendors' mail in them, if none is named. `mine` is as in
/// [`super::Options`]. Nothing is told to the sink before all was read: a connection that breaks off leaves nothing behind.
///
/// # Errors
/// Kind failed for the network, naming the folder; the user must act where the server refuses the password; not found for
/// a folder that is not there.
pub fn read(account: &Account, folders: &[String], mine: &[String], sink: &mut dyn Sink) -> Result<Summary> {
    let mut tally = Tally::new(mine);
    run(async {
        let stream = session::connect(account, sink).await?;
        read_all(stream, account, folders, &mut tally, sink).await
    })?;
    tally.finish(sink)
}

/// The same over a connection that is there already.
///
/// # Errors
/// As [`read`].
pub fn read_over(
    stream: impl Connection,
    account: &Account,
    folders: &[String],
    mine: &[String],
    sink: &mut dyn Sink,
) -> Result<Summary> {
    let mut tally = Tally::new(mine);
    run(read_all(stream, account, folders, &mut tally, sink))?;
    tally.finish(sink)
}

fn run(work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("cannot start the network: {e}")))?;
    let done = runtime.block_on(work);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    done
}

async fn read_all(
    stream: impl Connection,
    account: &Account,
    folders: &[String],
    tally: &mut Tally,
    sink: &mut dyn Sink,
) -> Result<()> {
    let mut session = Session::open(stream, account, sink).await?;
    let listed = list(&mut session, sink).await?;
    for folder in chosen(listed, folders, tally)? {
        let named = |error: Error| {
            let named = Error::new(error.kind(), format!("the folder {}: {error}", printable(&folder)));
            match error.hint_text() {
                Some(hint) => named.hint(hint),
                None => named,
            }
        };
        read_folder(&mut session, &folder, tally, sink).await.map_err(named)?;
    }
    session.leave(sink).await;
    Ok(())
}

async fn list(session: &mut Session<'_>, sink: &mut dyn Sink) -> Result<Vec<Folder>> {
    let mut folders = Vec::new();
    let mut take = |response: &Response<'_>| {
        if let Response::MailboxData(async_imap::imap_proto::MailboxDatum::List(data)) = response
            && folders.len() < MAX_FOLDERS
        {
            folders.push(folder(&data.name, data.delimiter.as_deref(), &data.name_attributes));
        }
        Ok(())
    };
    session.command("LIST \"\" \"*\"", sink, &mut take).await?;
    Ok(folders)
}

fn folder(name: &str, delimiter: Option<&str>, attributes: &[NameAttribute<'_>]) -> Folder {
    let label = delimiter.and_then(|delimiter| name.rsplit(delimiter).next()).unwrap_or(name).to_lowercase();
    let is = |attribute: &NameAttribute<'_>| attributes.contains(attribute);
    let missing = |attribute: &NameAttribute<'_>| matches!(attribute, NameAttribute::Extension(name) if name.eq_ignore_ascii_case("\\NonExistent"));
    let others = [NameAttribute::Drafts, NameAttribute::Junk, NameAttribute::Sent, NameAttribute::Trash];
    Folder {
        readable: !is(&NameAttribute::NoSelect) && !attributes.iter().any(missing),
        all: is(&NameAttribute::All),
        none_of_vendors: others.iter().any(is) || is(&NameAttribute::Flagged) || NOT_VENDORS.contains(&label.as_str()),
        name: name.to_owned(),
        label,
    }
}

/// Which folders are read: those that the user names; else the one with all mail in it; else all, but for those that hold
/// none of vendors'.
fn chosen(listed: Vec<Folder>, named: &[String], tally: &mut Tally) -> Result<Vec<String>> {
    let same = |one: &str, other: &str| {
        one == other || (one.eq_ignore_ascii_case("inbox") && other.eq_ignore_ascii_case("inbox"))
    };
    if let Some(missing) = named.iter().find(|name| !listed.iter().any(|one| one.readable && same(&one.name, name))) {
        let near = nearest(missing, listed.iter().filter(|one| one.readable).map(|one| one.name.as_str()));
        let error = Error::not_found(format!("the mailbox has no folder {}", printable(missing)));
        return Err(match near.first() {
            Some(near) => error.hint(format!("did you mean --folder '{}'?", printable(near))),
            None => error,
        });
    }
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    if let Some(all) = listed.iter().find(|one| one.all && one.readable) {
        return Ok(vec![all.name.clone()]);
    }
    let (none, some): (Vec<_>, Vec<_>) =
        listed.into_iter().filter(|one| one.readable).partition(|one| one.none_of_vendors);
    for folder in none {
        tally.left_out(&folder.name, "a folder that holds no vendor's mail", true);
    }
    Ok(some.into_iter().map(|one| one.name).collect())
}

async fn read_folder(session: &mut Session<'_>, name: &str, tally: &mut Tally, sink: &mut dyn Sink) -> Result<()> {
    let mut exists = 0;
    let mut count = |response: &Response<'_>| {
        if let Response::MailboxData(async_imap::imap_proto::MailboxDatum::Exists(count)) = response {
            exists = *count;
        }
        Ok(())
    };
    session.command(&format!("EXAMINE {}", session::quoted(name)?), sink, &mut count).await?;
    let mut got = 0;
    for first in (1..=exists).step_by(BATCH as usize) {
        let last = exists.min(first + (BATCH - 1));
        let what = format!(
            "FETCH {first}:{last} (INTERNALDATE FLAGS BODY.PEEK[HEADER.FIELDS ({})]<0.{MAX_FIELDS}>)",
            head::FIELDS
        );
        let mut take = |response: &Response<'_>| {
            if let Response::Fetch(_, attributes) = response {
                got += u32::from(message(attributes, tally));
            }
            Ok(())
        };
        session.command(&what, sink, &mut take).await?;
    }
    if got < exists {
        let why = format!("the server gave {got} of the {exists} messages in this folder");
        tally.left_out(name, &why, false);
    }
    Ok(())
}

/// Counts a message, if it is one: servers also tell of flags that change.
fn message(attributes: &[AttributeValue<'_>], tally: &mut Tally) -> bool {
    let (mut head, mut came, mut gone) = (None, None, false);
    for attribute in attributes {
        match attribute {
            AttributeValue::BodySection { data: Some(data), .. } => head = Some(data),
            AttributeValue::InternalDate(date) => came = Some(date),
            AttributeValue::Flags(flags) => {
                gone = flags.iter().any(|flag| ["\\Deleted", "\\Draft"].iter().any(|it| it.eq_ignore_ascii_case(flag)));
            }
            _ => {}
        }
    }
    let Some(head) = head else { return false };
    if gone {
        tally.set_aside();
    } else {
        let cut = head.len() >= MAX_FIELDS as usize;
        tally.message(head, cut, || came.and_then(|date| internal_date(date)));
    }
    true
}

/// When a message came (RFC 3501, `date-time`).
fn internal_date(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()
}

#[cfg(test)]
#[path = "imap/tests.rs"]
mod tests;
