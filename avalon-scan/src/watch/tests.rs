//! With the kernel's own events, in a folder of the test's own.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// A change that is not reported in this time never will be.
const BOUND: Duration = Duration::from_secs(60);

struct Watched {
    _folder: tempfile::TempDir,
    root: PathBuf,
    watch: Watch,
}

impl Watched {
    fn new(mode: Mode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("music");
        fs::create_dir_all(root.join("artist/album")).unwrap();
        fs::create_dir(root.join("read")).unwrap();
        fs::write(root.join("read/0.ogg"), "0").unwrap();
        let timing = Timing {
            quiet: Duration::from_millis(20),
            longest: Duration::from_secs(1),
            poll: Duration::from_millis(20),
            check: Duration::from_millis(20),
        };
        let ignore: Ignore = Arc::new(|path| path.ends_with("library.sqlite"));
        let roots = [(root.clone(), mode)];
        let watch = Watch::new(&roots, timing, false, &ignore, &|| false).unwrap();
        Self {
            _folder: folder,
            root,
            watch,
        }
    }

    /// Reports until there is one of this folder.
    fn wait_for(&mut self, folder: &str) {
        let folder = self.root.join(folder);
        let until = Instant::now() + BOUND;
        let mut reported = Vec::new();
        while !reported.contains(&folder) {
            let next = self.watch.next(&|| Instant::now() > until);
            let next = next.unwrap_or_else(|| panic!("{folder:?} is not in {reported:?}"));
            reported.extend(next);
        }
    }

    fn write(&self, file: &str) {
        fs::write(self.root.join(file), file).unwrap();
    }
}

#[test]
fn what_changes_is_reported_by_its_folder() {
    let mut watched = Watched::new(Mode::Events);
    let how: Vec<How> = watched.watch.how().map(|(_, how)| how.clone()).collect();
    assert_eq!(how, [How::Events(4)]);

    watched.write("artist/album/1.ogg");
    watched.wait_for("artist/album");

    fs::create_dir_all(watched.root.join("new/one")).unwrap();
    watched.write("new/one/2.ogg");
    watched.wait_for("new");
    watched.write("new/one/3.ogg");
    watched.wait_for("new/one");

    fs::rename(
        watched.root.join("new/one"),
        watched.root.join("artist/two"),
    )
    .unwrap();
    watched.wait_for("artist/two");
    watched.write("artist/two/4.ogg");
    watched.wait_for("artist/two");

    fs::remove_dir_all(watched.root.join("artist/two")).unwrap();
    watched.wait_for("artist");
}

#[test]
fn a_root_that_was_deleted_is_watched_again_when_it_is_back() {
    let mut watched = Watched::new(Mode::Events);
    fs::remove_dir_all(&watched.root).unwrap();
    let gone = AtomicBool::new(false);
    // Until the watch has seen it, which its state says only between two calls.
    let until = Instant::now() + BOUND;
    while watched.watch.how().any(|(_, how)| *how != How::Gone) {
        assert!(Instant::now() < until, "{:?}", watched.watch);
        gone.store(false, Ordering::Relaxed);
        // Stops at the second look, after all news were followed once.
        watched.watch.next(&|| gone.swap(true, Ordering::Relaxed));
    }
    fs::create_dir_all(watched.root.join("artist")).unwrap();
    watched.wait_for("");
    watched.write("artist/1.ogg");
    watched.wait_for("artist");
}

#[test]
fn a_polled_root_is_reported_though_nothing_is_heard_of_it() {
    let mut watched = Watched::new(Mode::Poll);
    for _ in 0..3 {
        let root = watched.root.clone();
        assert_eq!(watched.watch.next(&|| false), Some(vec![root]));
    }
    let how: Vec<How> = watched.watch.how().map(|(_, how)| how.clone()).collect();
    assert_eq!(how, [How::Polled(Why::Network)]);
}

#[test]
fn reading_and_what_is_ignored_are_no_changes() {
    let mut watched = Watched::new(Mode::Events);
    fs::read(watched.root.join("read/0.ogg")).unwrap();
    watched.write("library.sqlite");
    // Events come in order: were the others any, they would be reported with this one or before.
    watched.write("artist/2.ogg");
    let until = Instant::now() + BOUND;
    let mut reported: Vec<PathBuf> = Vec::new();
    while !reported.contains(&watched.root.join("artist")) {
        reported.extend(watched.watch.next(&|| Instant::now() > until).unwrap());
    }
    assert_eq!(reported, [watched.root.join("artist")]);
}

#[test]
fn a_stop_ends_the_waiting_and_a_relative_root_is_refused() {
    let mut watched = Watched::new(Mode::Events);
    assert_eq!(watched.watch.next(&|| true), None);
    let ignore: Ignore = Arc::new(|_| false);
    let roots = [(PathBuf::from("music"), Mode::Events)];
    let error = Watch::new(&roots, Timing::default(), false, &ignore, &|| false).unwrap_err();
    assert!(error.to_string().contains("music"), "{error}");
}
