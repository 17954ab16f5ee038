//! The end of connections: each finishes the request that it is at, and takes no other.
//!
//! In: connections while the server runs, the word that it shall stop, and the word that an old library is to be
//! freed, which ends connections that dawdle over something from it, in the middle of that. Out: nothing; the drain is over
//! when the last connection is gone. What stays true: until such a word, a connection that is polled looks at
//! flags that nobody writes, and takes no lock; and no connection sleeps through a word.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use atomic_waker::AtomicWaker;
use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::doing::Doing;

/// Where the words are given.
#[derive(Debug)]
pub(super) struct Drain {
    words: Arc<Words>,
    /// Says nothing; who subscribes is a connection.
    connections: watch::Sender<()>,
}

/// Where a connection hears them; as long as it is there, the drain is not over.
#[derive(Debug)]
pub(super) struct Watcher {
    words: Arc<Words>,
    number: u64,
    waker: Arc<AtomicWaker>,
    _connection: watch::Receiver<()>,
}

#[derive(Debug, Default)]
struct Words {
    is_stopping: AtomicBool,
    /// Nobody shall dawdle any more over what is sent from the library of this number, or from those before it.
    ended: AtomicU64,
    /// Who takes fewer bytes a second dawdles.
    slowest: u64,
    /// How many connections there were, to number them.
    accepted: AtomicU64,
    /// Of each connection what wakes its task. (A [`watch`] would wake once whoever waits for it, and a
    /// connection, which waits for others too, would have to ask for that again whenever it is polled,
    /// under a lock.)
    wakers: Mutex<FxHashMap<u64, Arc<AtomicWaker>>>,
}

impl Words {
    fn wakers(&self) -> MutexGuard<'_, FxHashMap<u64, Arc<AtomicWaker>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has all connections look at the words, which were said before.
    fn wake(&self) {
        self.wakers().values().for_each(|waker| waker.wake());
    }
}

impl Drain {
    /// Who takes fewer bytes a second than `slowest` dawdles.
    pub(super) fn new(slowest: u64) -> Self {
        let words = Words {
            slowest,
            ..Words::default()
        };
        Self {
            words: Arc::new(words),
            connections: watch::Sender::new(()),
        }
    }

    /// For one more connection.
    pub(super) fn watcher(&self) -> Watcher {
        let number = self.words.accepted.fetch_add(1, Ordering::Relaxed);
        let waker = Arc::new(AtomicWaker::new());
        self.words.wakers().insert(number, waker.clone());
        Watcher {
            words: self.words.clone(),
            number,
            waker,
            _connection: self.connections.subscribe(),
        }
    }

    /// How many connections there are.
    pub(super) fn count(&self) -> usize {
        self.connections.receiver_count()
    }

    /// Ends the connections that dawdle over something from the library of this number, or from one before it.
    pub(super) fn end(&self, library: u64) {
        self.words.ended.store(library, Ordering::Release);
        self.words.wake();
    }

    /// Tells all connections, and waits until they are gone.
    pub(super) async fn finish(self) {
        self.words.is_stopping.store(true, Ordering::Release);
        self.words.wake();
        self.connections.closed().await;
    }
}

impl Watcher {
    /// Runs a connection to its end, and calls `finish` with it once it shall come to that; `None` where it was
    /// ended in the middle.
    pub(super) async fn watch<C: Future>(
        self,
        connection: C,
        doing: &Doing,
        finish: impl FnOnce(Pin<&mut C>),
    ) -> Option<C::Output> {
        let mut connection = pin!(connection);
        let mut finish = Some(finish);
        poll_fn(|context| {
            // First: a word that is not seen below wakes again.
            self.waker.register(context.waker());
            let words = &*self.words;
            if doing.dawdles_over(words.ended.load(Ordering::Acquire), words.slowest) {
                return Poll::Ready(None);
            }
            if words.is_stopping.load(Ordering::Acquire)
                && let Some(finish) = finish.take()
            {
                finish(connection.as_mut());
            }
            connection.as_mut().poll(context).map(Some)
        })
        .await
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.words.wakers().remove(&self.number);
    }
}
