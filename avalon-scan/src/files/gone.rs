//! Whether files are gone, asked where a disk may not answer.
//!
//! In: paths, one after another. Out: for each, whether nothing is there. The system is asked from a
//! thread of its own, since a call into a file system that is dead (a network disk that went away) may
//! never return.
//!
//! What stays true: all the answers together are waited for no longer than was said. What was not
//! answered by then is not known to be gone, and from then on nothing is asked any more; the thread is
//! left behind.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::stat::is_gone;

/// Asks whether files are gone.
pub struct Gone {
    questions: Sender<PathBuf>,
    answers: Receiver<bool>,
    /// For how long it may still be waited.
    left: Cell<Duration>,
}

impl Gone {
    /// Begins to ask. All the answers together are waited for so long.
    pub fn new(patience: Duration) -> Self {
        Self::asking(patience, is_gone)
    }

    fn asking(patience: Duration, is_gone: impl Fn(&Path) -> bool + Send + 'static) -> Self {
        let (questions, asked) = mpsc::channel::<PathBuf>();
        let (answer, answers) = mpsc::channel();
        let work = move || {
            for path in asked {
                if answer.send(is_gone(&path)).is_err() {
                    break;
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("gone".to_owned()).spawn(work) {
            // What was to work is dropped, so no question finds anybody.
            log::warn!("No thread can be started to look for files that moved: {error}");
        }
        Self {
            questions,
            answers,
            left: Cell::new(patience),
        }
    }

    /// Whether nothing is at a path, not even a broken link; not so, where the system does not answer.
    pub fn is_gone(&self, path: PathBuf) -> bool {
        let left = self.left.get();
        if left.is_zero() {
            return false;
        }
        let shown = path.display().to_string();
        let began = Instant::now();
        let asked = self.questions.send(path).is_ok();
        let answer = asked
            .then(|| self.answers.recv_timeout(left).ok())
            .flatten();
        let left = match answer {
            Some(_) => left.saturating_sub(began.elapsed()),
            // An answer that comes later would be taken for that of another question.
            None => Duration::ZERO,
        };
        self.left.set(left);
        if left.is_zero() {
            log::warn!("Not known whether {shown} and others are gone: their disk is too slow");
        }
        answer.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn what_is_not_there_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "x").unwrap();
        std::os::unix::fs::symlink("nowhere", path("link")).unwrap();
        let gone = Gone::new(Duration::from_secs(600));
        for (name, expected) in [
            ("file", false),
            ("missing", true),
            ("link", false),
            ("file/below", true),
            ("file", false),
        ] {
            assert_eq!(gone.is_gone(path(name)), expected, "{name}");
        }
    }

    #[test]
    fn what_does_not_answer_is_not_gone_and_asked_once() {
        // The disk answers when this is let go: after the test.
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        let ask = move |path: &Path| {
            told.lock().unwrap().push(path.to_owned());
            let _ = held.lock().unwrap().recv();
            true
        };
        let gone = Gone::asking(Duration::from_millis(20), ask);
        for name in ["one", "two"] {
            assert!(!gone.is_gone(name.into()), "{name}");
        }
        let asked = asked.lock().unwrap();
        assert!(!asked.contains(&PathBuf::from("two")), "{asked:?}");
        drop(release);
    }

    #[test]
    fn nobody_who_could_answer_says_that_nothing_is_gone() {
        let gone = Gone::asking(Duration::from_secs(600), |_| panic!("the thread ends"));
        for name in ["one", "two"] {
            assert!(!gone.is_gone(name.into()), "{name}");
        }
    }
}
