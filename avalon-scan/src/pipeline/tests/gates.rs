//! What holds the threads of a test, and the time that it lets pass.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Holds threads until it is opened.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<(Mutex<(usize, bool)>, Condvar)>);

impl Gate {
    pub(super) fn wait(&self) {
        let mut inner = self.0.0.lock().unwrap();
        inner.0 += 1;
        drop(self.0.1.wait_while(inner, |(_, open)| !*open).unwrap());
    }

    pub(super) fn came(&self) -> usize {
        self.0.0.lock().unwrap().0
    }

    pub(super) fn open(&self) {
        self.0.0.lock().unwrap().1 = true;
        self.0.1.notify_all();
    }
}

/// A clock that the test moves.
pub(super) struct Clock {
    start: Instant,
    passed: Cell<Duration>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            passed: Cell::new(Duration::ZERO),
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.start + self.passed.get()
    }

    pub(super) fn pass(&self, time: Duration) {
        self.passed.set(self.passed.get() + time);
    }
}
