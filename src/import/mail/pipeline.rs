//! An mbox, read on one thread and counted on another: each takes about half of the time.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::super::evidence::Sink;
use super::head;
use super::mbox::Mbox;
use super::tally::Tally;
use crate::error::{Error, Result};

/// How many bytes of heads are handed over at once; a head more at most.
const BATCH: usize = 256 * 1024;

/// How many batches may wait.
const WAITING: usize = 4;

/// How often the sink is asked whether to go on, while a long body is read past.
const TICK: Duration = Duration::from_millis(100);

/// Heads, each behind the line that parts it from the message before.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// How long the line is and how long the head, and whether that went on.
    messages: Vec<(usize, usize, bool)>,
}

impl Batch {
    fn count(&self, tally: &mut Tally) {
        let mut rest = self.bytes.as_slice();
        for (line, head, cut) in &self.messages {
            let (from_line, after) = rest.split_at(*line);
            let (head, after) = after.split_at(*head);
            rest = after;
            tally.message(head, *cut, || head::date_of_from_line(from_line));
        }
    }
}

/// What the two threads tell each other besides.
#[derive(Default)]
struct Shared {
    /// How many bytes were read in all.
    total: AtomicU64,
    /// Nobody wants to hear more.
    stop: AtomicBool,
}

/// Reads an mbox, and counts its messages. `before` bytes were read of other files; gives how many were in all.
pub fn read(input: impl Read + Send, name: &str, before: u64, tally: &mut Tally, sink: &mut dyn Sink) -> Result<u64> {
    let shared = Shared { total: AtomicU64::new(before), ..Shared::default() };
    let counted = std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let shared = &shared;
        let reader = scope.spawn(move || split(input, name, &sender, shared));
        let counted = count(&receiver, shared, tally, sink);
        shared.stop.store(true, Ordering::Relaxed);
        drop(receiver);
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        counted.and(read)
    });
    counted.map(|()| shared.total.load(Ordering::Relaxed))
}

fn split(input: impl Read, name: &str, sender: &SyncSender<Batch>, shared: &Shared) -> Result<()> {
    let before = shared.total.load(Ordering::Relaxed);
    let mut mbox = Mbox::new(input, name.to_owned());
    let mut batch = Batch::default();
    let mut at = |read: u64| {
        shared.total.store(before + read, Ordering::Relaxed);
        match shared.stop.load(Ordering::Relaxed) {
            true => Err(Error::failed("stopped")),
            false => Ok(()),
        }
    };
    while let Some(message) = mbox.next(&mut at)? {
        batch.bytes.extend_from_slice(message.from_line);
        batch.bytes.extend_from_slice(message.head);
        batch.messages.push((message.from_line.len(), message.head.len(), message.cut));
        if batch.bytes.len() >= BATCH && sender.send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    // Whoever does not listen any more has an error of its own.
    _ = sender.send(batch);
    Ok(())
}

fn count(receiver: &Receiver<Batch>, shared: &Shared, tally: &mut Tally, sink: &mut dyn Sink) -> Result<()> {
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(batch) => batch.count(tally),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return sink.at(shared.total.load(Ordering::Relaxed)),
        }
        sink.at(shared.total.load(Ordering::Relaxed))?;
    }
}
