//! The end of connections: each finishes the request that it is at, and takes no other.
//!
//! In: connections while the server runs, and the word that it shall stop. Out: nothing; the drain is over
//! when the last connection is gone. What stays true: until that word, a connection that is polled looks at
//! one flag that nobody writes, and takes no lock that others take.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Where the word is given.
#[derive(Debug)]
pub(super) struct Drain {
    is_stopping: Arc<AtomicBool>,
    wake: watch::Sender<()>,
}

/// Where a connection hears it; as long as it is there, the drain is not over.
#[derive(Debug)]
pub(super) struct Watcher {
    is_stopping: Arc<AtomicBool>,
    wake: watch::Receiver<()>,
}

impl Drain {
    pub(super) fn new() -> Self {
        Self {
            is_stopping: Arc::default(),
            wake: watch::Sender::new(()),
        }
    }

    /// For one more connection.
    pub(super) fn watcher(&self) -> Watcher {
        Watcher {
            is_stopping: self.is_stopping.clone(),
            wake: self.wake.subscribe(),
        }
    }

    /// How many connections there are.
    pub(super) fn count(&self) -> usize {
        self.wake.receiver_count()
    }

    /// Tells all connections, and waits until they are gone.
    pub(super) async fn finish(self) {
        self.is_stopping.store(true, Ordering::Release);
        // Nobody may be there to hear it.
        let _ = self.wake.send(());
        self.wake.closed().await;
    }
}

impl Watcher {
    /// Runs a connection to its end, and calls `finish` with it once it shall come to that. To be awaited by
    /// a task directly: it asks once to be woken, and a task stays the same.
    pub(super) async fn watch<C: Future>(
        mut self,
        connection: C,
        finish: impl FnOnce(Pin<&mut C>),
    ) -> C::Output {
        let mut connection = pin!(connection);
        let mut finish = Some(finish);
        let mut woken = pin!(self.wake.changed());
        let mut is_asked = false;
        poll_fn(|context| {
            if !is_asked {
                is_asked = true;
                // Why it was woken is told by the flag.
                let _ = woken.as_mut().poll(context);
            }
            if self.is_stopping.load(Ordering::Acquire)
                && let Some(finish) = finish.take()
            {
                finish(connection.as_mut());
            }
            connection.as_mut().poll(context)
        })
        .await
    }
}
