//! What a connection is at, as its parts tell each other.
//!
//! In: what the task that answers does. Out: the same, for the stream below hyper and the watch above it, which
//! hyper keeps apart. What stays true: all of them are one task, so nobody waits for anybody.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// What a connection is at.
#[derive(Debug)]
pub(super) struct Doing {
    waits: AtomicBool,
    /// The library that an answer is being sent from; 0 for none.
    library: AtomicU64,
    /// When the connection began.
    start: Instant,
    /// When that answer did, in milliseconds after the start.
    since: AtomicU64,
    /// Bytes of its body.
    length: AtomicU64,
    /// Bytes that were sent since then.
    bytes: AtomicU64,
}

/// As long as it is there, the request waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting<'a>(&'a Doing);

impl Doing {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            waits: AtomicBool::new(false),
            library: AtomicU64::new(0),
            start: Instant::now(),
            since: AtomicU64::new(0),
            length: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// From now on the request waits for its turn.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waits.store(true, Ordering::Relaxed);
        Waiting(self)
    }

    /// Whether the request waits for its turn.
    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// A request has come: the answer before it is sent.
    pub(super) fn begin(&self) {
        self.library.store(0, Ordering::Relaxed);
    }

    /// From now on an answer is sent from this library, with a body of so many bytes.
    pub(super) fn send(&self, library: u64, bytes: u64) {
        self.since.store(self.milliseconds(), Ordering::Relaxed);
        self.length.store(bytes, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.library.store(library, Ordering::Relaxed);
    }

    /// So many bytes more are sent, of an answer and of its head.
    pub(super) fn add(&self, bytes: usize) {
        if self.library.load(Ordering::Relaxed) == 0 {
            return;
        }
        let bytes = self.bytes.load(Ordering::Relaxed) + bytes as u64;
        self.bytes.store(bytes, Ordering::Relaxed);
        // The head counts too, so that little of the body may be left.
        if bytes >= self.length.load(Ordering::Relaxed) {
            self.library.store(0, Ordering::Relaxed);
        }
    }

    /// Whether an answer is being sent from this library, or one before it, by fewer than so many bytes a
    /// second since it began.
    pub(super) fn dawdles_over(&self, last: u64, bytes_a_second: u64) -> bool {
        let library = self.library.load(Ordering::Relaxed);
        if library == 0 || library > last {
            return false;
        }
        let time = self.milliseconds() - self.since.load(Ordering::Relaxed);
        let least = bytes_a_second.saturating_mul(time + 1) / 1000;
        self.bytes.load(Ordering::Relaxed) < least
    }

    fn milliseconds(&self) -> u64 {
        // Of more than 500 million years they would not fit.
        self.start.elapsed().as_millis() as u64
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waits.store(false, Ordering::Relaxed);
    }
}
