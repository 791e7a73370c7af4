//! Exchange: talking to many vendors at once, and writing down what comes of it.
//!
//! One thread talks: a conversation for each vendor, each with one request under way, so many at a time. The other, which
//! has the vault, writes: whatever the conversations want written while a commit is under way goes into the next one,
//! together. So a conversation knows that a step is durable before it takes the next, and a thousand steps cost a few
//! dozen commits.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinSet, LocalSet};

use super::{http, mail};
use crate::error::{Error, Result};
use crate::vault::{Tx, Vault};

/// How many vendors are talked to at a time.
pub const AT_ONCE: usize = 64;

/// How many more may be waited for that are slow.
const SLOW: usize = 448;

/// How many files a conversation may need: its vendor may have an origin for messages, another for answers and a third for
/// keys, and a connection is kept for what comes next.
const FILES_EACH: u64 = 3;

/// How many files are for all else: the vault above all, which must not go without, and the lines to a mail server.
const FILES_APART: u64 = 40 + mail::AT_ONCE as u64;

/// How long a vendor may take before it counts as slow, and another takes its seat: those that are dead must not keep
/// those that are not.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most that is written in one commit.
const GROUP: usize = 256;

/// Tells a conversation that its part was committed.
type Committed = Box<dyn FnOnce() + Send>;

/// A change that a conversation wants made.
type Job = Box<dyn FnOnce(&Tx) -> Result<Committed> + Send>;

/// What a conversation wants done where the vault is.
enum Order<N> {
    /// To be written.
    Write(Job),
    /// To be told, after what was ordered before is durable.
    Tell(N),
}

/// The way from the conversations to the vault. `N` is the news that they have for whoever waits for them.
pub struct Clerk<N> {
    orders: mpsc::Sender<Order<N>>,
}

impl<N> Clone for Clerk<N> {
    fn clone(&self) -> Self {
        Self { orders: self.orders.clone() }
    }
}

impl<N: Send> Clerk<N> {
    /// Has a change made, in one transaction with changes of other conversations; returns when it is durable.
    ///
    /// An error of the change takes back the whole transaction and ends the exchange: what may fail by itself belongs
    /// into [`Tx::nested`].
    ///
    /// # Errors
    /// Kind failed where the vault could not be written. The error that matters is [`run`]'s.
    pub async fn write<T: Send + 'static>(&self, change: impl FnOnce(&Tx) -> Result<T> + Send + 'static) -> Result<T> {
        let (done, result) = oneshot::channel();
        let job = move |tx: &Tx| -> Result<Committed> {
            let value = change(tx)?;
            Ok(Box::new(move || {
                // A conversation that is gone wants to know nothing.
                let _ = done.send(value);
            }))
        };
        self.order(Order::Write(Box::new(job)))?;
        result.await.map_err(|_| stopped())
    }

    /// Tells news, after all that was written before.
    ///
    /// # Errors
    /// As [`Clerk::write`].
    pub fn tell(&self, news: N) -> Result<()> {
        self.order(Order::Tell(news))
    }

    fn order(&self, order: Order<N>) -> Result<()> {
        self.orders.send(order).map_err(|_| stopped())
    }
}

fn stopped() -> Error {
    Error::failed("the vault could not be written")
}

/// Runs conversations on a thread of their own, and writes here what they order, until they are done. `first` comes first
/// in each transaction.
///
/// # Errors
/// The vault's first; else that of the conversations.
pub fn run<N: Send>(
    vault: &mut Vault,
    first: fn(&Tx) -> Result<()>,
    mut told: impl FnMut(N),
    conversations: impl AsyncFnOnce(Clerk<N>) -> Result<()> + Send,
) -> Result<()> {
    std::thread::scope(|scope| {
        let (orders, ordered) = mpsc::channel();
        let (commits, mut committed) = unbounded_channel();
        let talking = scope.spawn(move || {
            http::run(async {
                let mut talk = pin!(conversations(Clerk { orders }));
                poll_fn(|context| {
                    while let Poll::Ready(group) = committed.poll_recv(context) {
                        // Once nothing more can be written, whoever still waits for a vendor waits for nothing.
                        let Some(group) = group else { return Poll::Ready(Err(stopped())) };
                        Vec::into_iter(group).for_each(|tell: Committed| tell());
                    }
                    talk.as_mut().poll(context)
                })
                .await
            })?
        });
        let written = keep(vault, first, &ordered, &commits, &mut told);
        drop((ordered, commits));
        let talked = talking.join().unwrap_or_else(|_| Err(Error::failed("a conversation broke off")));
        written.and(talked)
    })
}

/// Writes what is ordered: all that came while the last commit was made goes into one.
fn keep<N>(
    vault: &mut Vault,
    first: fn(&Tx) -> Result<()>,
    ordered: &mpsc::Receiver<Order<N>>,
    commits: &UnboundedSender<Vec<Committed>>,
    told: &mut impl FnMut(N),
) -> Result<()> {
    let mut vault = vault.many_writes()?;
    while let Ok(one) = ordered.recv() {
        let (mut jobs, mut news) = (Vec::new(), Vec::new());
        for order in std::iter::once(one).chain(ordered.try_iter().take(GROUP - 1)) {
            match order {
                Order::Write(job) => jobs.push(job),
                Order::Tell(one) => news.push(one),
            }
        }
        if !jobs.is_empty() {
            let group = vault.write(|tx| {
                first(tx)?;
                jobs.into_iter().map(|job| job(tx)).collect::<Result<Vec<_>>>()
            })?;
            // Conversations that are over need not know.
            let _ = commits.send(group);
        }
        news.into_iter().for_each(&mut *told);
    }
    Ok(())
}

/// A conversation's right to be under way.
pub struct Seat {
    quick: Option<OwnedSemaphorePermit>,
    slow: Option<OwnedSemaphorePermit>,
    slow_seats: Arc<Semaphore>,
}

impl Seat {
    /// Waits for a vendor. One that takes its time gives its seat up to the next, while there is room among the slow.
    pub async fn wait<T>(&mut self, request: impl Future<Output = T>) -> T {
        let mut request = pin!(request);
        if self.slow.is_none()
            && let Ok(answer) = tokio::time::timeout(PATIENCE, &mut request).await
        {
            return answer;
        }
        if self.slow.is_none()
            && let Ok(slow) = Arc::clone(&self.slow_seats).try_acquire_owned()
        {
            self.slow = Some(slow);
            self.quick = None;
        }
        request.await
    }
}

/// How many may be talked to at a time, and how many slow ones be waited for beside, by a process that may have so many
/// files: a connection too many would fail, and look as if the vendor could not be reached.
fn seats(at_once: usize, files: u64) -> (usize, usize) {
    let most = usize::try_from(files.saturating_sub(FILES_APART) / FILES_EACH).unwrap_or(usize::MAX);
    let quick = at_once.min(most).max(1);
    (quick, SLOW.min(most.saturating_sub(quick)))
}

/// How many files this process may have. It asks for as many as all seats need: the limit that a process begins with is
/// often lower than what it may have.
fn files(at_once: usize) -> u64 {
    let wanted = FILES_APART + FILES_EACH * (at_once + SLOW) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = maximum.unwrap_or(wanted).min(wanted);
    let now = current.unwrap_or(wanted);
    if now < allowed && setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum }).is_ok() {
        return allowed;
    }
    now
}

/// Has a conversation about each of these, so many at a time or fewer where files are short, in this order.
///
/// # Errors
/// The first of a conversation; the others are broken off.
pub async fn all<I: 'static>(
    whom: impl IntoIterator<Item = I>,
    at_once: usize,
    talk: impl AsyncFn(I, Seat) -> Result<()> + 'static,
) -> Result<()> {
    let (quick, slow) = seats(at_once, files(at_once));
    let (seats, slow_seats) = (Arc::new(Semaphore::new(quick)), Arc::new(Semaphore::new(slow)));
    let talk = Rc::new(talk);
    let local = LocalSet::new();
    let run = async {
        let mut under_way = JoinSet::new();
        for one in whom {
            let quick = Arc::clone(&seats).acquire_owned().await.map_err(|_| stopped())?;
            let seat = Seat { quick: Some(quick), slow: None, slow_seats: Arc::clone(&slow_seats) };
            let talk = Rc::clone(&talk);
            under_way.spawn_local(async move { talk(one, seat).await });
            while let Some(ended) = under_way.try_join_next() {
                ended.map_err(|_| stopped())??;
            }
        }
        while let Some(ended) = under_way.join_next().await {
            ended.map_err(|_| stopped())??;
        }
        Ok(())
    };
    local.run_until(run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{delivery::race_tests, ledger};

    /// One change of a group fails: nothing of the group is done, nobody is told that it was, and nobody is waited for.
    #[test]
    fn what_was_in_a_group_that_failed_is_not_told_and_the_slow_are_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let (mut vault, _) = race_tests::lent(dir.path());
        let before = ledger::count(vault.connection()).unwrap();
        let ((is_told, begins), (ordered, goes_on)) = (mpsc::channel(), mpsc::channel());
        let mut heard = Vec::new();
        let told = |news: u32| {
            heard.push(news);
            // While this waits, what is ordered comes into one group.
            is_told.send(()).unwrap();
            goes_on.recv_timeout(Duration::from_secs(20)).unwrap();
        };
        let start = std::time::Instant::now();
        let result = run(
            &mut vault,
            |_| Ok(()),
            told,
            async move |clerk: Clerk<u32>| {
                clerk.tell(0)?;
                begins.recv().unwrap();
                all(0..3, 3, async move |number, _| match number {
                    0 => {
                        clerk.write(|tx| ledger::append(tx, "tested", "test", &serde_json::json!({}))).await?;
                        clerk.tell(1)
                    }
                    1 => clerk.write(|_| Err(Error::failed("the disk is full"))).await,
                    _ => {
                        ordered.send(()).unwrap();
                        tokio::time::sleep(Duration::from_secs(60)).await;
                        clerk.tell(2)
                    }
                })
                .await
            },
        );
        assert_eq!(result.unwrap_err().to_string(), "the disk is full");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!(heard, [0]);
        assert_eq!(ledger::count(vault.connection()).unwrap(), before);
        ledger::check_anchor(&vault).unwrap();
    }

    #[test]
    fn no_more_are_talked_to_than_there_are_files_for() {
        assert_eq!(seats(AT_ONCE, 1584), (AT_ONCE, SLOW));
        assert_eq!(seats(AT_ONCE, u64::MAX), (AT_ONCE, SLOW));
        assert_eq!(seats(AT_ONCE, 1024), (AT_ONCE, 261));
        assert_eq!(seats(AT_ONCE, 100), (17, 0));
        assert_eq!(seats(AT_ONCE, 0), (1, 0));
        for files in 51..2000 {
            let (quick, slow) = seats(AT_ONCE, files);
            assert!((quick + slow) as u64 * FILES_EACH + FILES_APART <= files, "{files}");
        }
    }
}
