//! What a connection is at, as its parts tell each other.
//!
//! In: what the task that answers does. Out: the same, for the stream below hyper and the watch above it, which
//! hyper keeps apart. What stays true: all of them are one task, so nobody waits for anybody.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a connection is at.
#[derive(Debug, Default)]
pub(super) struct Doing {
    waits: AtomicBool,
    /// The library that an answer is being sent from; 0 for none.
    library: AtomicU64,
}

/// As long as it is there, the request waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting<'a>(&'a Doing);

impl Doing {
    /// From now on the request waits for its turn.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waits.store(true, Ordering::Relaxed);
        Waiting(self)
    }

    /// Whether the request waits for its turn.
    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// From now on an answer is sent, from this library if it needs one for that.
    pub(super) fn send_from(&self, library: Option<u64>) {
        self.library.store(library.unwrap_or(0), Ordering::Relaxed);
    }

    /// The answer is sent.
    pub(super) fn sent(&self) {
        self.send_from(None);
    }

    /// Whether an answer is being sent from this library, or one before it.
    pub(super) fn sends_from(&self, last: u64) -> bool {
        let library = self.library.load(Ordering::Relaxed);
        library != 0 && library <= last
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waits.store(false, Ordering::Relaxed);
    }
}
