//! A bounded pipeline whose workers can be left behind: one thread feeds items, a few work on them,
//! and the caller's thread takes the answers.
//!
//! ```text
//! feed (1 thread) --Queue--> work (n threads) --channel--> sink (the caller's thread)
//! ```
//!
//! In: items from a `feed`. Out: one answer for each, in any order, given to a `sink`. What stays
//! true: each item is answered once; no more than [`Options::most_items`] of them are underway, however
//! many there are; and nothing waits for ever: a thread that sits in a system call that does not
//! return (a dead network mount) is left behind with its one item, its other items go to another
//! thread, and what it says later is dropped.
//!
//! That is why the closures are `'static` and the threads are not scoped: a scope would wait.

mod patience;

mod queue;

mod worker;

mod supervisor;

#[cfg(test)]
mod tests;

use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

pub use queue::Feeder;
pub use supervisor::Fed;

/// How a pipeline works. The defaults are for reading the tags of files.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads that work; at least one is started.
    pub workers: usize,
    /// The most items that a thread takes at once; at least one. It takes fewer where few are left,
    /// so that all threads share them.
    pub batch: usize,
    /// Items that wait for a worker, at most; at least four batches for each. The further the feed
    /// may run ahead, the sooner its end, and with it the number of all items, is known.
    pub queue: usize,
    /// An item that takes longer is given up.
    pub patience: Duration,
    /// A feed that says nothing for longer (see [`Feeder::alive`]) ends the run.
    pub feed_patience: Duration,
    /// More threads than these that hang at the same time end the run.
    pub most_hanging: usize,
    /// How often `tick` is called, and how exact the patience is.
    pub tick: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: available_parallelism().map_or(1, NonZero::get),
            batch: 128,
            queue: 0,
            patience: Duration::from_secs(30),
            feed_patience: Duration::from_secs(60),
            most_hanging: 32,
            tick: Duration::from_millis(100),
        }
    }
}

impl Options {
    /// The most items and answers that are held at any time: items in the queue before the workers,
    /// items and answers at the workers, answers in the channel behind them, and those at the sink.
    pub fn most_items(&self) -> usize {
        let workers = 2 * self.workers.max(1) + self.most_hanging;
        self.queued() + (workers + self.batches_answered() + 1) * self.batch.max(1)
    }

    /// Items between the feed and the workers.
    fn queued(&self) -> usize {
        self.queue.max(4 * self.workers.max(1) * self.batch.max(1))
    }

    /// Batches between the workers and the sink.
    fn batches_answered(&self) -> usize {
        2 * self.workers.max(1)
    }
}

/// Why `work` gave no answer to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It took this long, and longer than [`Options::patience`], and has not come back.
    Hung(Duration),
    /// It panicked with this message.
    Panicked(String),
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome<R> {
    /// Every item was answered, and the feed returned this.
    Done(R),
    /// `sink` or `tick` did not want to go on.
    Stopped,
    /// The feed itself has said nothing for this long.
    FeederHung(Duration),
    /// The feed panicked with this message.
    FeederPanicked(String),
    /// This many workers hang, more than [`Options::most_hanging`].
    WorkersHung(usize),
    /// The system gives us no thread.
    NoThread(io::Error),
}

/// Starts `feed` in a thread of its own, named `scan-walk`; [`Fed::run`] works on all that it gives.
/// Where [`Feeder::give`] breaks, the rest is not wanted.
pub fn feed<I, O, R>(
    options: Options,
    feed: impl FnOnce(&Feeder<I>) -> R + Send + 'static,
) -> Fed<I, O, R>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
    R: Send + 'static,
{
    Fed::begin(options, feed)
}
