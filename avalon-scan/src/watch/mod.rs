//! Which folders of a collection change, while it is watched.
//!
//! In: the absolute roots, and what the kernel says of them. Out: again and again, the folders to scan
//! once more. What stays true: a folder is watched before it is reported, so nothing that changes after
//! that is missed; what the kernel cannot tell (on a network file system, or beyond its limits) is
//! asked for regularly instead, and the log says so; and what is remembered between two reports is
//! bounded.
//!
//! Not noticed at once: changes behind a link to a file that lies elsewhere, and what a share hides
//! when it is unmounted. A scan of all finds them.

mod changes;

mod event;

mod how;

mod places;

mod root;

mod own_files;

mod rounds;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::files::mounts::Mounts;

pub use how::{How, Why};
pub use own_files::own_files;
pub use places::Mode;
pub use rounds::{Around, rounds};

use changes::Changes;
use root::{News, Root};

/// How often the caller is asked whether to stop.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// Why there is nothing to watch.
#[derive(Debug, Error)]
pub enum WatchError {
    /// Of relative paths nobody knows later where they began.
    #[error("cannot watch {}: it is no absolute path", .0.display())]
    NotAbsolute(PathBuf),
    /// The root cannot be found.
    #[error("cannot watch {}", .0.display())]
    Root(PathBuf, #[source] io::Error),
}

/// When changes are reported.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// So long nothing must have changed; a file that is being copied is not read half.
    pub quiet: Duration,
    /// But no change waits longer than this.
    pub longest: Duration,
    /// A root that cannot tell is reported this long after its last scan.
    pub poll: Duration,
    /// How often it is checked that each root is still the same folder: an unmounted disk says nothing.
    pub check: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(2),
            longest: Duration::from_secs(30),
            poll: Duration::from_secs(300),
            check: Duration::from_secs(10),
        }
    }
}

/// Tells which paths do not matter, whatever happens to them.
pub type Ignore = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// Says what is mounted now; nothing where nobody knows.
pub type ListMounts = Arc<dyn Fn() -> Mounts + Send + Sync>;

/// How to watch.
#[derive(Clone)]
pub struct Options {
    /// When changes are reported.
    pub timing: Timing,
    /// Whether links to folders are followed, as the scan does too.
    pub follow_links: bool,
    /// Paths that do not matter. They must be those that a scan [writes itself](own_files()), if they lie
    /// in a root. Otherwise, each scan would ask for the next one.
    pub ignore: Ignore,
    /// What is mounted.
    pub mounts: ListMounts,
}

impl Options {
    /// The usual times, and what the system says of mounts.
    pub fn new(follow_links: bool, ignored: Vec<PathBuf>) -> Self {
        Self {
            timing: Timing::default(),
            follow_links,
            ignore: Arc::new(move |path| ignored.iter().any(|ignored| ignored == path)),
            mounts: Arc::new(|| Mounts::read().unwrap_or_default()),
        }
    }
}

/// The roots as typed, as a watch wants them: absolute and without links.
///
/// # Errors
/// [`WatchError::Root`] for one that is not there.
pub fn absolute(roots: &[PathBuf]) -> Result<Vec<PathBuf>, WatchError> {
    let absolute = |root: &PathBuf| {
        let failed = |error| WatchError::Root(root.clone(), error);
        root.canonicalize().map_err(failed)
    };
    roots.iter().map(absolute).collect()
}

/// Watches the roots of a collection.
#[derive(Debug)]
pub struct Watch {
    timing: Timing,
    roots: Vec<Root>,
    shared: Arc<Shared>,
    next_check: Instant,
}

/// What the threads that listen to the kernel tell.
#[derive(Debug)]
struct Shared {
    noted: Mutex<Noted>,
    changed: Condvar,
}

#[derive(Debug)]
struct Noted {
    changes: Changes,
    /// For each root, what its watching needs.
    news: Vec<News>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        // A panic in here leaves at most a folder unreported.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Begins to watch; from now on, every change is reported by [`next`](Self::next). Call it before
    /// the first scan. It takes as long as a walk over all folders, unless `stop` says to stop.
    ///
    /// # Errors
    /// [`WatchError`]. A root that cannot be watched by events is no error: it is asked regularly.
    pub fn new(
        roots: &[PathBuf],
        options: &Options,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, WatchError> {
        if let Some(path) = roots.iter().find(|path| !path.is_absolute()) {
            return Err(WatchError::NotAbsolute(path.clone()));
        }
        let timing = options.timing;
        let shared = Arc::new(Shared {
            noted: Mutex::new(Noted {
                changes: Changes::new(timing, roots.to_vec()),
                news: roots.iter().map(|_| News::default()).collect(),
            }),
            changed: Condvar::new(),
        });
        let mut watch = Self {
            timing,
            roots: Vec::new(),
            next_check: Instant::now() + timing.check,
            shared,
        };
        for (number, path) in roots.iter().enumerate() {
            let shared = Arc::clone(&watch.shared);
            let mut root = Root::new(number, path.clone(), shared, options.clone());
            root.watch(stop);
            watch.roots.push(root);
        }
        Ok(watch)
    }

    /// Waits until something changed, and then for a quiet moment. Out: folders, each at or below a
    /// root and none below another of them; or none, since `stop` says to stop. A folder that is gone
    /// is not among them, but the one in which it was.
    pub fn next(&mut self, stop: &dyn Fn() -> bool) -> Option<Vec<PathBuf>> {
        self.shared.lock().changes.resume(Instant::now());
        loop {
            if stop() {
                return None;
            }
            self.follow(stop);
            let mut noted = self.shared.lock();
            let now = Instant::now();
            let folders = noted.changes.take(now);
            if !folders.is_empty() {
                return Some(folders);
            }
            let due = noted.changes.due();
            let until = due.map_or(self.next_check, |due| due.min(self.next_check));
            let wait = until.saturating_duration_since(now).min(STOP_CHECK);
            // The lock is held from the look to the wait: no change is between them.
            drop(self.shared.changed.wait_timeout(noted, wait));
        }
    }

    /// How each root is watched now.
    pub fn how(&self) -> impl Iterator<Item = (&Path, &How)> {
        self.roots.iter().map(|root| (root.path(), root.how()))
    }

    /// Does what the events ask for: watches new folders, and roots anew.
    fn follow(&mut self, stop: &dyn Fn() -> bool) {
        let now = Instant::now();
        // A share that is not there any more is not to be scanned: its tracks would go.
        let check = now >= self.next_check || self.shared.lock().changes.is_poll_due(now);
        if check {
            self.next_check = Instant::now() + self.timing.check;
        }
        for root in &mut self.roots {
            root.follow(check, stop);
        }
    }
}
