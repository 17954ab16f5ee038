//! Stopping a scan: asked for by Ctrl-C, forced where something does not answer.
//!
//! In: that somebody wants it to end. Out: whether to stop, for everything that waits or repeats. What
//! stays true: a process that is ended in the middle of a scan leaves the database as it was; only in a
//! commit it is let finish, since SQLite's readers may have no right to undo half of one.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether a scan is to stop.
pub trait Stop: Sync {
    /// Asked often; from then on it is true.
    fn is_asked(&self) -> bool;

    /// Told when the commit begins, and when it is over.
    fn commits(&self, _begins: bool) {}
}

impl Stop for AtomicBool {
    fn is_asked(&self) -> bool {
        self.load(Relaxed)
    }
}

/// What a signal asks for.
#[derive(Debug, Default)]
pub struct Interrupt {
    is_asked: AtomicBool,
    is_committing: AtomicBool,
}

impl Interrupt {
    /// Asks to stop; whether that was asked before.
    pub fn ask(&self) -> bool {
        self.is_asked.swap(true, Relaxed)
    }

    /// Whether the process may be ended.
    pub fn may_be_forced(&self) -> bool {
        !self.is_committing.load(Relaxed)
    }
}

impl Stop for Interrupt {
    fn is_asked(&self) -> bool {
        self.is_asked.load(Relaxed)
    }

    fn commits(&self, begins: bool) {
        self.is_committing.store(begins, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_forced_at_any_time_but_in_a_commit() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.is_asked() && interrupt.may_be_forced());
        interrupt.commits(true);
        assert!(!interrupt.ask(), "the first");
        assert!(interrupt.ask(), "the second");
        assert!(interrupt.is_asked() && !interrupt.may_be_forced());
        interrupt.commits(false);
        assert!(interrupt.may_be_forced());
    }
}
