//! Talking to one vendor: what waits is sent, then the answers are collected.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::channel::{Way, Ways};
use super::drift::Asked;
use super::exchange::{self, AT_ONCE, Clerk, Seat};
use super::http::Http;
use super::link::{self, Credential};
use super::mail::Lines;
use super::pull::Pulled;
use super::push::Sent;
use super::{lend, queue_store};
use crate::error::{Error, Result};
use crate::vault::{Tx, Vault, lock, try_lock};
use crate::vendor::{self, Relationship, Vendor};

/// Whom to talk to, and about what.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Only this vendor, by id.
    pub vendor_id: Option<String>,
    /// What is sent.
    pub send: Send,
    /// Whose answers are collected.
    pub collect: Collect,
    /// Whether it is asked what it shows, even if nothing is sent.
    pub verify: bool,
}

/// What is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Send {
    /// Nothing.
    #[default]
    Nothing,
    /// What is due.
    Due,
    /// Also what waits for a later time.
    All,
}

/// Whose answers are collected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Collect {
    /// Nobody's.
    #[default]
    Nothing,
    /// Those of vendors that took something: it is worth asking what they made of it.
    FromReached,
    /// Those of every vendor that was introduced to the relationship's key.
    FromAll,
}

/// What is heard while vendors are talked to.
#[derive(Debug)]
pub enum News {
    /// So many vendors will be talked to.
    Begins(usize),
    /// A message was settled, or has to wait.
    Sent(Sent),
    /// A vendor was asked for its answers.
    Pulled(Pulled),
    /// A vendor was asked what it shows.
    ReadBack(Asked),
    /// One more vendor is done with.
    Ended,
}

/// The right to exchange messages for this vault. `waits` is called if somebody else has it, before they are waited for.
///
/// # Errors
/// Kind failed for the disk.
pub fn turn(vault: &Vault, waits: impl FnOnce()) -> Result<std::fs::File> {
    let path = vault.dir().join(".delivery");
    if let Some(turn) = try_lock(&path)? {
        return Ok(turn);
    }
    waits();
    lock(&path)
}

/// The right to look after this vault; `None` if another upkeep has it.
///
/// # Errors
/// Kind failed for the disk.
pub fn upkeep_turn(vault: &Vault) -> Result<Option<std::fs::File>> {
    try_lock(&vault.dir().join(".upkeep"))
}

/// Talks to all vendors that the plan is about, many at a time. `told` hears of each step when it is durable. Needs the
/// [`turn`].
///
/// # Errors
/// The vault's. What a vendor does is no error: it is in the news.
pub fn talk(vault: &mut Vault, http: Http, plan: &Plan, told: impl FnMut(News)) -> Result<()> {
    // What is over is neither sent nor collected any more, however long the exchange lasts.
    let expire = |tx: &Tx| lend::expire_due(tx).map(|_| ());
    vault.write(expire)?;
    let whom = whom(vault, plan)?;
    let plan = plan.clone();
    exchange::run(vault, expire, told, async move |clerk: Clerk<News>| {
        clerk.tell(News::Begins(whom.len()))?;
        let lines = Rc::new(Lines::default());
        let (mail, to_vault) = (Rc::clone(&lines), clerk.clone());
        let talk = async move |vendor_id: String, seat| {
            let network = (http.apart(), Rc::clone(&mail));
            let mut conversation = Conversation::begin(&to_vault, network, seat, vendor_id).await?;
            conversation.run(&plan).await?;
            to_vault.tell(News::Ended)
        };
        let talked = exchange::all(whom, AT_ONCE, talk).await;
        lines.close().await;
        // It is over when the last clerk is gone.
        drop(clerk);
        talked
    })
}

/// The vendors of a plan, those first whose messages have waited longest.
fn whom(vault: &Vault, plan: &Plan) -> Result<Vec<String>> {
    let mut whom = match plan.send {
        Send::Nothing => Vec::new(),
        Send::Due | Send::All => queue_store::vendors_waiting(vault.connection())?,
    };
    if plan.verify {
        whom.extend(plan.vendor_id.clone().filter(|id| !whom.contains(id)));
    }
    if plan.collect == Collect::FromAll {
        let waiting: std::collections::HashSet<String> = whom.iter().cloned().collect();
        whom.extend(vendor::introduced(vault.connection())?.into_iter().filter(|id| !waiting.contains(id)));
    }
    whom.retain(|id| plan.vendor_id.as_ref().is_none_or(|only| only == id));
    Ok(whom)
}

/// What is under way with one vendor.
pub(super) struct Conversation {
    pub(super) clerk: Clerk<News>,
    pub(super) http: Http,
    /// The lines to the user's own mail server, which all conversations share.
    pub(super) mail: Rc<Lines>,
    pub(super) seat: Seat,
    pub(super) vendor: Arc<Vendor>,
    pub(super) relationship: Arc<Relationship>,
    /// The ways to it.
    pub(super) ways: Arc<Ways>,
    /// What lets in there.
    pub(super) access: Option<Credential>,
    /// Whether that is the token of a linked account, which can be refreshed.
    pub(super) is_linked: bool,
    /// Whether it was.
    pub(super) is_refreshed: bool,
    /// How long its slow answers took, together.
    waited: Duration,
}

/// How long one vendor may keep an exchange busy by slow answers, in requests that take all the time they may: a command
/// that has something to take back from another vendor may be waiting for its turn.
pub(super) const PATIENCE: u32 = 4;

impl Conversation {
    async fn begin(
        clerk: &Clerk<News>,
        (http, mail): (Http, Rc<Lines>),
        seat: Seat,
        vendor_id: String,
    ) -> Result<Self> {
        let load = move |tx: &Tx| {
            let vendor = vendor::get(tx, &vendor_id)?;
            let (ways, relationship) = (Ways::of(tx, &vendor)?, vendor::relationship(tx, &vendor_id)?);
            let access = (link::credential(tx, &vendor_id)?, link::is_linked(tx, &vendor_id)?);
            Ok((Arc::new(relationship), Arc::new(ways), Arc::new(vendor), access))
        };
        let (relationship, ways, vendor, (access, is_linked)) = clerk.write(load).await?;
        let (is_refreshed, waited) = (false, Duration::ZERO);
        let clerk = clerk.clone();
        Ok(Self { clerk, http, mail, seat, vendor, relationship, ways, access, is_linked, is_refreshed, waited })
    }

    async fn run(&mut self, plan: &Plan) -> Result<()> {
        self.freshen().await?;
        let reached = match plan.send {
            Send::Nothing => false,
            Send::Due | Send::All => self.drain(plan.send == Send::All).await?,
        };
        if plan.verify || (reached && self.ways.show_something() && !self.is_too_slow()) {
            self.read_back().await?;
        }
        match plan.collect {
            // Only who speaks the protocol has answers to hand over.
            _ if self.vendor.metadata.is_none() => Ok(()),
            Collect::FromAll => self.collect().await,
            Collect::FromReached if reached => self.collect().await,
            Collect::FromReached | Collect::Nothing => Ok(()),
        }
    }

    /// The means to go a way to the vendor.
    pub(super) fn way(&mut self) -> Way<'_> {
        Way {
            http: &self.http,
            mail: &self.mail,
            seat: &mut self.seat,
            allow_loopback: self.vendor.allow_loopback,
            credential: self.access.as_ref().map(Credential::token),
            proves: self.access.as_ref(),
            waited: &mut self.waited,
        }
    }

    /// Whether the vendor has had its share of this exchange.
    pub(super) fn is_too_slow(&self) -> bool {
        self.waited > self.http.timeout().saturating_mul(PATIENCE)
    }
}

/// One of a vendor's endpoints, which were checked when its document was read.
pub(super) fn endpoint(text: &str) -> Result<Url> {
    Url::parse(text).map_err(|e| Error::damaged(format!("it holds an endpoint that is no URL: {e}")))
}
