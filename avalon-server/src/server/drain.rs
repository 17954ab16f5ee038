//! The end of connections: each finishes the request that it is at, and takes no other.
//!
//! In: connections while the server runs, the word that it shall stop, and the word that nothing shall be sent
//! from old libraries any more, which ends connections in the middle of it. Out: nothing; the drain is over
//! when the last connection is gone. What stays true: until such a word, a connection that is polled looks at
//! flags that nobody writes, and takes no lock that others take.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;

use tokio::sync::watch;

use super::doing::Doing;

/// Where the words are given.
#[derive(Debug)]
pub(super) struct Drain {
    words: Arc<Words>,
    wake: watch::Sender<()>,
}

/// Where a connection hears them; as long as it is there, the drain is not over.
#[derive(Debug)]
pub(super) struct Watcher {
    words: Arc<Words>,
    wake: watch::Receiver<()>,
}

#[derive(Debug, Default)]
struct Words {
    is_stopping: AtomicBool,
    /// Nothing shall be sent from the library of this number any more, nor from those before it.
    ended: AtomicU64,
}

/// What became of a connection that was looked at.
enum Looked<T> {
    /// It came to its end.
    Done(T),
    /// It is at something that has been ended.
    Ended,
    /// It was woken, and must ask for that again.
    Woken,
}

impl Drain {
    pub(super) fn new() -> Self {
        Self {
            words: Arc::default(),
            wake: watch::Sender::new(()),
        }
    }

    /// For one more connection.
    pub(super) fn watcher(&self) -> Watcher {
        Watcher {
            words: self.words.clone(),
            wake: self.wake.subscribe(),
        }
    }

    /// How many connections there are.
    pub(super) fn count(&self) -> usize {
        self.wake.receiver_count()
    }

    /// Ends the connections that are sent something from the library of this number, or from one before it.
    pub(super) fn end(&self, library: u64) {
        self.words.ended.store(library, Ordering::Release);
        // Nobody may be there to hear it.
        let _ = self.wake.send(());
    }

    /// Tells all connections, and waits until they are gone.
    pub(super) async fn finish(self) {
        self.words.is_stopping.store(true, Ordering::Release);
        // Likewise.
        let _ = self.wake.send(());
        self.wake.closed().await;
    }
}

impl Watcher {
    /// Runs a connection to its end, and calls `finish` with it once it shall come to that; `None` where it was
    /// ended in the middle. To be awaited by a task directly: it asks to be woken once for each word, and a
    /// task stays the same.
    pub(super) async fn watch<C: Future>(
        self,
        connection: C,
        doing: &Doing,
        finish: impl FnOnce(Pin<&mut C>),
    ) -> Option<C::Output> {
        let Self { words, mut wake } = self;
        let mut connection = pin!(connection);
        let mut finish = Some(finish);
        let mut heard = words.ended.load(Ordering::Acquire);
        loop {
            let mut woken = pin!(wake.changed());
            let mut is_asked = false;
            let looked = poll_fn(|context| {
                if !is_asked {
                    is_asked = true;
                    // An error is that nobody is left who could say a word.
                    if let Poll::Ready(Ok(())) = woken.as_mut().poll(context) {
                        return Poll::Ready(Looked::Woken);
                    }
                }
                // Why it was woken is told by the words.
                let ended = words.ended.load(Ordering::Acquire);
                if doing.sends_from(ended) {
                    return Poll::Ready(Looked::Ended);
                }
                if ended != heard {
                    heard = ended;
                    return Poll::Ready(Looked::Woken);
                }
                if words.is_stopping.load(Ordering::Acquire)
                    && let Some(finish) = finish.take()
                {
                    finish(connection.as_mut());
                }
                connection.as_mut().poll(context).map(Looked::Done)
            });
            match looked.await {
                Looked::Done(output) => return Some(output),
                Looked::Ended => return None,
                Looked::Woken => {}
            }
        }
    }
}
