//! An mbox, read on one thread, which tells the fields apart, and counted on another: each takes about half of the time.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use jiff::Timestamp;

use super::super::evidence::Sink;
use super::head;
use super::heads::Heads;
use super::mbox::Mbox;
use super::tally::Tally;
use crate::error::{Error, Result};

/// How many bytes of heads are handed over at once; a head more at most.
const BATCH: usize = 256 * 1024;

/// How many batches may wait.
const WAITING: usize = 4;

/// How often the sink is asked whether to go on, while a long body is read past.
const TICK: Duration = Duration::from_millis(100);

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
        let (shared, now) = (&shared, tally.now());
        let reader = scope.spawn(move || split(input, name, &sender, shared, now));
        let counted = count(&receiver, shared, tally, sink);
        shared.stop.store(true, Ordering::Relaxed);
        drop(receiver);
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        counted.and(read)
    });
    counted.map(|()| shared.total.load(Ordering::Relaxed))
}

fn split(input: impl Read, name: &str, sender: &SyncSender<Heads>, shared: &Shared, now: Timestamp) -> Result<()> {
    let before = shared.total.load(Ordering::Relaxed);
    let mut mbox = Mbox::new(input, name.to_owned());
    let mut batch = Heads::default();
    let mut at = |read: u64| {
        shared.total.store(before + read, Ordering::Relaxed);
        match shared.stop.load(Ordering::Relaxed) {
            true => Err(Error::failed("stopped")),
            false => Ok(()),
        }
    };
    while let Some(message) = mbox.next(&mut at)? {
        batch.push(message.head, message.cut, now, || head::date_of_from_line(message.from_line));
        if batch.len() >= BATCH && sender.send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    // Whoever does not listen any more has an error of its own.
    _ = sender.send(batch);
    Ok(())
}

fn count(receiver: &Receiver<Heads>, shared: &Shared, tally: &mut Tally, sink: &mut dyn Sink) -> Result<()> {
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(batch) => tally.count(&batch),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return sink.at(shared.total.load(Ordering::Relaxed)),
        }
        sink.at(shared.total.load(Ordering::Relaxed))?;
    }
}
