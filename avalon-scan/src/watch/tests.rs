//! With the kernel's own events, in a folder of the test's own.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::files::mounts::Mount;

/// A change that is not reported in this time never will be.
const BOUND: Duration = Duration::from_secs(60);

struct Watched {
    folder: tempfile::TempDir,
    root: PathBuf,
    watch: Watch,
    /// What is mounted: a point, and the type of the file system.
    mounts: Arc<Mutex<Vec<(PathBuf, &'static str)>>>,
}

impl Watched {
    fn new() -> Self {
        Self::with(|_| Vec::new())
    }

    /// With this mounted in the root.
    fn with(mounted: impl Fn(&Path) -> Vec<(PathBuf, &'static str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("music");
        fs::create_dir_all(root.join("artist/album")).unwrap();
        fs::create_dir(root.join("read")).unwrap();
        fs::write(root.join("read/0.ogg"), "0").unwrap();
        let mounts = Arc::new(Mutex::new(mounted(&root)));
        let options = Options {
            timing: Timing {
                quiet: Duration::from_millis(20),
                longest: Duration::from_secs(1),
                poll: Duration::from_millis(20),
                check: Duration::from_millis(20),
            },
            follow_links: true,
            ignore: Arc::new(|path| path.ends_with("library.sqlite")),
            mounts: list(&mounts),
        };
        let watch = Watch::new(std::slice::from_ref(&root), &options, &|| false).unwrap();
        Self {
            folder,
            root,
            watch,
            mounts,
        }
    }

    fn how(&self) -> Vec<How> {
        self.watch.how().map(|(_, how)| how.clone()).collect()
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

    /// Writes files into this folder until that is reported: what was due before may cover it once.
    fn write_until_reported(&mut self, folder: &str) {
        let until = Instant::now() + BOUND;
        let path = self.root.join(folder);
        for number in 0.. {
            self.write(&format!("{folder}/{number}.ogg"));
            let next = self.watch.next(&|| Instant::now() > until);
            if next.expect("it is reported").contains(&path) {
                return;
            }
        }
    }

    fn write(&self, file: &str) {
        fs::write(self.root.join(file), file).unwrap();
    }
}

fn list(mounts: &Arc<Mutex<Vec<(PathBuf, &'static str)>>>) -> ListMounts {
    let mounts = Arc::clone(mounts);
    Arc::new(move || Mounts {
        entries: mounts
            .lock()
            .unwrap()
            .iter()
            .map(|(point, file_system)| Mount {
                id: 1,
                point: point.clone(),
                file_system: (*file_system).to_owned(),
            })
            .collect(),
    })
}

#[test]
fn what_changes_is_reported_by_its_folder() {
    let mut watched = Watched::new();
    assert_eq!(watched.how(), [How::Events(4)]);

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
    let mut watched = Watched::new();
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
    watched.write_until_reported("artist");
}

#[test]
fn a_root_on_a_network_is_reported_though_nothing_is_heard_of_it() {
    let mut watched = Watched::with(|root| vec![(root.to_owned(), "nfs4")]);
    for _ in 0..3 {
        let root = watched.root.clone();
        assert_eq!(watched.watch.next(&|| false), Some(vec![root]));
    }
    assert_eq!(watched.how(), [How::Polled(Why::Network)]);
}

#[test]
fn a_share_in_a_root_is_reported_though_nothing_is_heard_of_it() {
    let mut watched = Watched::with(|root| vec![(root.join("artist"), "cifs")]);
    assert_eq!(watched.how(), [How::Events(4)], "the rest tells by itself");
    for _ in 0..3 {
        let share = watched.root.join("artist");
        assert_eq!(watched.watch.next(&|| false), Some(vec![share]));
    }
    watched.write("read/1.ogg");
    watched.wait_for("read");
}

#[test]
fn a_share_behind_a_link_is_reported_by_the_link() {
    let mut watched = Watched::new();
    let share = watched.folder.path().canonicalize().unwrap().join("share");
    fs::create_dir_all(share.join("below")).unwrap();
    watched
        .mounts
        .lock()
        .unwrap()
        .push((share.join("below"), "nfs"));
    std::os::unix::fs::symlink(&share, watched.root.join("link")).unwrap();
    watched.wait_for("link/below");
    for _ in 0..3 {
        watched.wait_for("link/below");
    }
}

#[test]
fn what_is_mounted_later_is_reported_and_what_is_unmounted_is_not() {
    let mut watched = Watched::new();
    let album = watched.root.join("artist/album");
    watched.mounts.lock().unwrap().push((album.clone(), "ext4"));
    assert_eq!(watched.watch.next(&|| false), Some(vec![album.clone()]));
    let mount = |file_system| *watched.mounts.lock().unwrap() = vec![(album.clone(), file_system)];
    mount("nfs4");
    for _ in 0..3 {
        assert_eq!(watched.watch.next(&|| false), Some(vec![album.clone()]));
    }
    watched.mounts.lock().unwrap().clear();
    let looks = std::cell::Cell::new(0);
    // Whatever was due before is out by the first look; a poll would come again and again.
    let until = Instant::now() + BOUND;
    let next = watched.watch.next(&|| {
        looks.set(looks.get() + 1);
        looks.get() > 3 || Instant::now() > until
    });
    assert_eq!(next, None);
}

#[test]
fn reading_and_what_is_ignored_are_no_changes() {
    let mut watched = Watched::new();
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
    let mut watched = Watched::new();
    assert_eq!(watched.watch.next(&|| true), None);
    let options = Options::new(false, Vec::new());
    let roots = [PathBuf::from("music")];
    let error = Watch::new(&roots, &options, &|| false).unwrap_err();
    assert!(error.to_string().contains("music"), "{error}");
}
