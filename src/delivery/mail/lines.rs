//! The lines to the user's mail server that one exchange keeps: several messages go over each.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::wire::{Halt, Outgoing, Session};

/// How many messages a server is handed at a time. It knows them by one account and may want fewer: each line that it
/// refuses is one less.
pub(in crate::delivery) const AT_ONCE: usize = 8;

/// How long a line that was idle may take to show that it is still there, and how long a goodbye may take.
const QUICK: Duration = Duration::from_secs(5);

/// The lines that are there, and the turns to use one.
pub struct Lines {
    turns: Semaphore,
    /// How many turns there are, taken or not.
    at_once: Cell<usize>,
    idle: RefCell<Vec<Session>>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), at_once: Cell::new(AT_ONCE), idle: RefCell::default() }
    }
}

impl Lines {
    /// Hands a message over when it is its turn, which may take so long, and says how long it took.
    pub(super) async fn hand_over(
        &self,
        tls: &rustls::ClientConfig,
        mail: &Outgoing<'_>,
        limit: Duration,
    ) -> (Result<(), Halt>, Duration) {
        let in_vain = || Err(Halt::nothing(mail.account, "it did not answer in time"));
        loop {
            // None is ever closed.
            let Ok(turn) = self.turns.acquire().await else { return (in_vain(), Duration::ZERO) };
            let start = Instant::now();
            let result = timeout(limit, self.over_a_line(tls, mail)).await.unwrap_or_else(|_| in_vain());
            if !matches!(&result, Err(halt) if halt.is_one_too_many() && !mail.left.get() && self.has_others()) {
                return (result, start.elapsed());
            }
            // The others go on, and one of them is for this message too.
            turn.forget();
            self.at_once.set(self.at_once.get() - 1);
        }
    }

    /// Whether others have a turn besides the one who asks.
    fn has_others(&self) -> bool {
        self.at_once.get() > self.turns.available_permits() + 1
    }

    async fn over_a_line(&self, tls: &rustls::ClientConfig, mail: &Outgoing<'_>) -> Result<(), Halt> {
        let mut line = match self.idle_line(mail).await {
            Some(line) => line,
            None => Session::open(mail.account, tls).await?,
        };
        let result = line.hand_over(mail).await;
        // What the message came to is known: nothing is waited for any more.
        if result.as_ref().err().is_none_or(Halt::leaves_the_line) {
            self.idle.borrow_mut().push(line);
        }
        result
    }

    /// A line that is there and takes another message.
    async fn idle_line(&self, mail: &Outgoing<'_>) -> Option<Session> {
        let mut line = self.idle.borrow_mut().pop()?;
        if line.serves(mail.account) && timeout(QUICK, line.is_ready_again()).await == Ok(true) {
            return Some(line);
        }
        let _ = timeout(QUICK, line.end()).await;
        None
    }

    /// Says goodbye on all of them, once no message is under way.
    pub async fn close(&self) {
        let mut farewells = tokio::task::JoinSet::new();
        for line in self.idle.take() {
            farewells.spawn(timeout(QUICK, line.end()));
        }
        farewells.join_all().await;
    }
}
