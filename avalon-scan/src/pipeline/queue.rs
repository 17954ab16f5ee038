//! The queue between the feed and the workers, bounded in items.
//!
//! In: single items, from one [`Feeder`]. Out: batches, to many takers. What stays true: the feeder waits
//! where the queue is full, and is woken when half of it is free, so that few wake-ups serve many
//! items; a taker that finds less than a batch waits a moment for more, and then takes what there is, so
//! that no item of a slow feed waits for others; and a stop ends all waiting.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a taker waits for a batch to fill. A wake-up costs some microseconds, an item about
/// 30: a batch fills in this time where the feed is not slow anyway.
const LINGER: Duration = Duration::from_millis(1);

/// Where the feed puts its items.
#[derive(Debug)]
pub struct Feeder<I> {
    queue: Arc<Queue<I>>,
}

impl<I> Feeder<I> {
    pub(super) fn new(queue: Arc<Queue<I>>) -> Self {
        Self { queue }
    }

    /// Hands an item over; waits where the queue is full. Breaks where no more are wanted.
    pub fn give(&self, item: I) -> ControlFlow<()> {
        self.alive()?;
        self.queue.give(item)
    }

    /// Says that the feed has come a step further without finding an item, and asks whether to go
    /// on.
    pub fn alive(&self) -> ControlFlow<()> {
        // The only writer: no need for an atomic addition.
        let steps = self.queue.steps.load(Ordering::Relaxed);
        self.queue.steps.store(steps + 1, Ordering::Relaxed);
        match self.queue.stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

#[derive(Debug)]
pub(super) struct Queue<I> {
    bound: usize,
    batch: usize,
    workers: usize,
    inner: Mutex<Inner<I>>,
    /// For takers that wait for a first item.
    some: Condvar,
    /// For the one taker that waits for a batch to fill.
    filled: Condvar,
    /// For the feeder.
    room: Condvar,
    stopped: AtomicBool,
    steps: AtomicU64,
}

#[derive(Debug)]
struct Inner<I> {
    items: VecDeque<I>,
    /// No more items will come.
    closed: bool,
    /// Takers that wait for a first item.
    idle: usize,
    /// A taker waits for a batch to fill.
    lingers: bool,
    /// The feeder waits.
    full: bool,
}

impl<I> Queue<I> {
    /// A queue of at most `bound` items for this many workers, which take at most `batch` at once.
    pub(super) fn new(bound: usize, batch: usize, workers: usize) -> Self {
        Self {
            bound: bound.max(1),
            batch: batch.max(1),
            workers: workers.max(1),
            inner: Mutex::new(Inner {
                items: VecDeque::new(),
                closed: false,
                idle: 0,
                lingers: false,
                full: false,
            }),
            some: Condvar::new(),
            filled: Condvar::new(),
            room: Condvar::new(),
            stopped: AtomicBool::new(false),
            steps: AtomicU64::new(0),
        }
    }

    fn give(&self, item: I) -> ControlFlow<()> {
        let mut inner = self.lock();
        if inner.items.len() >= self.bound {
            inner.full = true;
            inner = wait(&self.room, inner, |inner| {
                inner.items.len() > self.bound / 2 && !self.stopped()
            });
            inner.full = false;
        }
        if self.stopped() {
            return ControlFlow::Break(());
        }
        inner.items.push_back(item);
        let length = inner.items.len();
        if inner.lingers && length >= self.batch {
            self.filled.notify_one();
        } else if inner.idle > 0 && (length == 1 || length.is_multiple_of(self.batch)) {
            self.some.notify_one();
        }
        ControlFlow::Continue(())
    }

    /// Some items: at least one, at most a batch, and no more than a fair share. None: there will be
    /// no more, or they are not wanted.
    pub(super) fn take(&self) -> Option<Vec<I>> {
        let mut inner = self.lock();
        loop {
            inner.idle += 1;
            inner = wait(&self.some, inner, |inner| {
                inner.items.is_empty() && !inner.closed && !self.stopped()
            });
            inner.idle -= 1;
            if !inner.lingers && !inner.closed && inner.items.len() < self.batch {
                inner = self.linger(inner);
            }
            if self.stopped() || (inner.closed && inner.items.is_empty()) {
                return None;
            }
            // While this one lingered, others may have taken all.
            if !inner.items.is_empty() {
                break;
            }
        }
        let share = inner.items.len().div_ceil(self.workers);
        let taken: Vec<I> = inner.items.drain(..share.min(self.batch)).collect();
        if inner.full && inner.items.len() <= self.bound / 2 {
            self.room.notify_one();
        }
        if inner.idle > 0 && !inner.items.is_empty() {
            self.some.notify_one();
        }
        Some(taken)
    }

    fn linger<'a>(&self, mut inner: MutexGuard<'a, Inner<I>>) -> MutexGuard<'a, Inner<I>> {
        let until = Instant::now() + LINGER;
        inner.lingers = true;
        while inner.items.len() < self.batch && !inner.closed && !self.stopped() {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                break;
            };
            let waited = self.filled.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.lingers = false;
        inner
    }

    /// No more items will come; those in the queue are still taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake_all();
    }

    /// Nothing is given or taken any more.
    pub(super) fn stop(&self) {
        {
            // Under the lock, so that none is between its look at the flag and its wait.
            let _inner = self.lock();
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.wake_all();
    }

    /// Whether [`stop`](Self::stop) was called.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// How many steps the feed has made; none while it waits for room here.
    pub(super) fn feed_is_at(&self) -> Option<u64> {
        let inner = self.lock();
        (!inner.full).then(|| self.steps.load(Ordering::Relaxed))
    }

    fn wake_all(&self) {
        self.some.notify_all();
        self.filled.notify_all();
        self.room.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<I>> {
        // Nothing in here panics between two changes that belong together.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    mut condition: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    condvar
        .wait_while(guard, &mut condition)
        .unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn queue(bound: usize, batch: usize, workers: usize) -> Arc<Queue<u32>> {
        Arc::new(Queue::new(bound, batch, workers))
    }

    #[test]
    fn takers_get_batches_and_share_what_is_left() {
        let queue = queue(100, 8, 2);
        for item in 0..20 {
            assert!(queue.give(item).is_continue());
        }
        queue.close();
        let sizes: Vec<usize> = std::iter::from_fn(|| queue.take())
            .map(|batch| batch.len())
            .collect();
        assert_eq!(sizes, [8, 6, 3, 2, 1]);
    }

    #[test]
    fn an_item_of_a_slow_feed_is_taken_though_no_other_comes() {
        let queue = queue(100, 8, 1);
        assert!(queue.give(7).is_continue());
        assert_eq!(queue.take(), Some(vec![7]));
    }

    #[test]
    fn a_full_queue_makes_the_feeder_wait_until_half_of_it_is_free() {
        let queue = queue(4, 1, 1);
        let feeder = Feeder::new(Arc::clone(&queue));
        let feed = thread::spawn(move || (0..5).all(|item| feeder.give(item).is_continue()));
        while queue.feed_is_at().is_some() {
            thread::yield_now();
        }
        assert_eq!(queue.take(), Some(vec![0]));
        assert_eq!(queue.feed_is_at(), None, "one place is free: not woken yet");
        assert_eq!(queue.take(), Some(vec![1]));
        assert!(feed.join().unwrap());
        assert_eq!(queue.feed_is_at(), Some(5));
    }

    #[test]
    fn a_stop_ends_all_waiting() {
        let empty = queue(1, 1, 1);
        let taker = thread::spawn({
            let queue = Arc::clone(&empty);
            move || queue.take()
        });
        let full = queue(1, 1, 1);
        let giver = thread::spawn({
            let queue = Arc::clone(&full);
            move || (0..9).any(|item| queue.give(item).is_break())
        });
        while full.feed_is_at().is_some() {
            thread::yield_now();
        }
        empty.stop();
        full.stop();
        assert_eq!(taker.join().unwrap(), None);
        assert!(giver.join().unwrap());
        assert_eq!(full.take(), None, "what is left is not wanted");
        let feeder = Feeder::new(full);
        assert!(feeder.alive().is_break() && feeder.give(1).is_break());
    }
}
