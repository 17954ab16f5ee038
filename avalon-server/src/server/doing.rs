//! What a connection is at, as its parts tell each other.
//!
//! In: what the task that answers does. Out: the same, for the stream below hyper and the watch above it, which
//! hyper keeps apart. What stays true: all of them are one task, so nobody waits for anybody.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// An answer that came well for so long, in milliseconds, is judged anew from then on: what its client took before
/// must not make up for hours in which it takes nothing.
const JUDGED_ANEW: u64 = 60_000;

/// For so long, in milliseconds, it is not judged then: a client that takes its share in bursts may rest in between.
const GRACE: u64 = JUDGED_ANEW;

/// What a connection is at.
#[derive(Debug)]
pub(super) struct Doing {
    waits: AtomicBool,
    /// The library that an answer is being sent from; 0 for none.
    library: AtomicU64,
    /// When the connection began.
    start: Instant,
    /// When that answer did, in milliseconds after the start; or since when it is judged anew.
    since: AtomicU64,
    /// For so long after that it is not judged.
    grace: AtomicU64,
    /// Bytes of its body that were left then.
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
            grace: AtomicU64::new(0),
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
        self.judge_from(self.milliseconds(), bytes, 0);
        self.library.store(library, Ordering::Relaxed);
    }

    /// Judges what is left of an answer, so many bytes, from now on, but not before so many milliseconds.
    fn judge_from(&self, now: u64, left: u64, grace: u64) {
        self.since.store(now, Ordering::Relaxed);
        self.grace.store(grace, Ordering::Relaxed);
        self.length.store(left, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
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
    /// second: since it began, or in the last minute or so of a longer one.
    pub(super) fn dawdles_over(&self, last: u64, bytes_a_second: u64) -> bool {
        let library = self.library.load(Ordering::Relaxed);
        let is_of_it = library > 0 && library <= last;
        is_of_it && self.dawdles(self.milliseconds(), bytes_a_second)
    }

    fn dawdles(&self, now: u64, bytes_a_second: u64) -> bool {
        let time = now - self.since.load(Ordering::Relaxed);
        if time < self.grace.load(Ordering::Relaxed) {
            return false;
        }
        let least = bytes_a_second.saturating_mul(time + 1) / 1000;
        let bytes = self.bytes.load(Ordering::Relaxed);
        if bytes < least {
            return true;
        }
        if time >= JUDGED_ANEW {
            let left = self.length.load(Ordering::Relaxed).saturating_sub(bytes);
            self.judge_from(now, left, GRACE);
        }
        false
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

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u64 = 64 * 1024;

    #[test]
    fn what_was_taken_fast_does_not_make_up_for_what_is_not_taken() {
        let doing = Doing::new();
        doing.send(1, 1_000_000_000);
        let start = doing.since.load(Ordering::Relaxed);
        doing.add(300_000_000);
        // The first minutes come out of that.
        assert!(!doing.dawdles(start + 1000, RATE));
        assert!(!doing.dawdles(start + 120_000, RATE));
        // A word right behind another one is no hurry.
        assert!(!doing.dawdles(start + 120_001, RATE));
        doing.add(1000);
        assert!(!doing.dawdles(start + 179_999, RATE));
        assert!(doing.dawdles(start + 180_000, RATE));
    }

    #[test]
    fn who_goes_on_taking_is_waited_for_to_the_end() {
        let doing = Doing::new();
        let most = 200 * RATE * 40;
        doing.send(1, most);
        let start = doing.since.load(Ordering::Relaxed);
        // In bursts, twice as much as there must be.
        for burst in 1..=100 {
            assert_eq!(doing.library.load(Ordering::Relaxed), 1, "{burst}");
            doing.add(2 * RATE as usize * 40);
            assert!(!doing.dawdles(start + 40_000 * burst, RATE), "{burst}");
        }
        assert_eq!(
            doing.library.load(Ordering::Relaxed),
            0,
            "all of it is sent"
        );
    }

    #[test]
    fn rests_between_bursts_are_no_dawdling() {
        let doing = Doing::new();
        doing.send(1, u64::MAX);
        let start = doing.since.load(Ordering::Relaxed);
        // Each in its first ten seconds, and judged when it begins and when it ends.
        for burst in 0..20 {
            let begin = start + 50_000 * burst;
            assert!(burst == 0 || !doing.dawdles(begin, RATE), "{burst}");
            doing.add(2 * RATE as usize * 50);
            assert!(!doing.dawdles(begin + 10_000, RATE), "{burst}");
        }
    }

    #[test]
    fn nobody_dawdles_over_another_library() {
        let doing = Doing::new();
        assert!(!doing.dawdles_over(1, u64::MAX));
        doing.send(2, 10);
        assert!(!doing.dawdles_over(1, u64::MAX));
        assert!(doing.dawdles_over(2, u64::MAX));
        doing.begin();
        assert!(!doing.dawdles_over(2, u64::MAX));
    }
}
