//! What is known of a file between two scans, while it is not there: moved from part to part, behind a
//! broken link, gone bit by bit.

use std::os::unix::fs::symlink;
use std::time::SystemTime;

use super::books::{Books, File};
use super::*;
use crate::report::Counts;

impl Collection {
    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// A file that the scans before have not seen, of an older time than any scan.
    fn add(&self, name: &str, title: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, aiff(title)).unwrap();
        set_mtime(&path, SystemTime::UNIX_EPOCH);
    }

    fn rename(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.path(from), to).unwrap();
    }

    fn copy(&self, from: &str, to: &str) {
        let time = fs::metadata(self.path(from)).unwrap().modified().unwrap();
        fs::copy(self.path(from), self.path(to)).unwrap();
        set_mtime(&self.path(to), time);
    }

    fn whole(&self) -> Counts {
        self.scan().unwrap().counts
    }

    fn part(&self, names: &[&str]) -> Counts {
        let parts = names.iter().map(|name| self.path(name)).collect();
        self.scan_only(parts).unwrap().counts
    }

    /// A scan of parts from which much may go.
    fn allowing(&self, names: &[&str]) -> Result<Report, ScanError> {
        let meant = Request {
            roots: Vec::new(),
            only: names.iter().map(|name| self.path(name)).collect(),
            allow_shrink: true,
            ..self.request()
        };
        let stop = AtomicBool::new(false);
        run(&meant, &self.url, &Progress::new(false), &stop)
    }

    fn file(&self, name: &str) -> Option<File> {
        let books = Books::of(&self.folder.path().join("a.sqlite"));
        let path = self.path(name);
        books.files.get(path.as_os_str().as_bytes()).cloned()
    }

    #[track_caller]
    fn added(&self, name: &str) -> i64 {
        self.file(name).expect("a row").added_ns
    }
}

fn set_mtime(path: &Path, time: SystemTime) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

fn changes(counts: Counts) -> [u64; 4] {
    [counts.added, counts.changed, counts.moved, counts.removed]
}

/// `a/1`, `a/anchor`, `b/anchor`, scanned.
fn scanned() -> Collection {
    let collection = Collection::new();
    collection.add("a/1", "One");
    collection.add("a/anchor", "A");
    collection.add("b/anchor", "B");
    collection.whole();
    collection
}

#[test]
fn what_moves_out_of_a_part_is_found_in_the_next() {
    let collection = scanned();
    let added = collection.added("a/1");
    collection.rename("a/1", "b/1");
    assert_eq!(changes(collection.part(&["a"])), [0, 0, 0, 1]);
    assert_eq!(collection.titles(), ["A", "B"]);
    assert!(collection.file("a/1").unwrap().is_gone());
    let counts = collection.part(&["b"]);
    assert_eq!((changes(counts), counts.tracks), ([1, 0, 0, 0], 3));
    assert_eq!(collection.added("b/1"), added);
    assert_eq!(collection.file("a/1"), None, "it turned up");
    // A copy of it is none.
    collection.copy("b/1", "b/2");
    collection.part(&["b"]);
    assert!(collection.added("b/2") > added);
    let counts = collection.whole();
    assert_eq!((changes(counts), counts.tracks), ([0; 4], 4));
    assert_eq!(collection.added("b/1"), added);
}

#[test]
fn what_moves_into_a_part_is_found_where_it_was() {
    for ends_whole in [false, true] {
        let collection = scanned();
        let added = collection.added("a/1");
        collection.rename("a/1", "b/1");
        let counts = collection.part(&["b"]);
        assert_eq!((changes(counts), counts.tracks), ([1, 0, 0, 0], 4));
        assert_eq!(
            collection.titles(),
            ["A", "B", "One", "One"],
            "it is not a's turn"
        );
        assert_eq!(collection.added("b/1"), added);
        // The old one cannot be another's source too.
        collection.copy("b/1", "b/2");
        let counts = match ends_whole {
            true => collection.whole(),
            false => collection.part(&["a", "b"]),
        };
        assert_eq!(changes(counts), [1, 0, 0, 1]);
        assert_eq!(
            (collection.added("b/1"), collection.file("a/1")),
            (added, None)
        );
        assert!(collection.added("b/2") > added);
    }
}

#[test]
fn of_two_that_could_have_moved_neither_has() {
    // One that went from a part, and one that is gone elsewhere.
    let collection = Collection::new();
    for name in ["a/1", "b/1", "c/anchor"] {
        collection.add(name, "One");
    }
    let songs: Vec<PathBuf> = ["a/1", "b/1"].map(|name| collection.path(name)).into();
    fs::remove_file(&songs[1]).unwrap();
    fs::hard_link(&songs[0], &songs[1]).unwrap();
    collection.whole();
    let added = collection.added("a/1");
    collection.rename("a/1", "c/1");
    fs::remove_file(collection.path("b/1")).unwrap();
    assert_eq!(changes(collection.part(&["a"])), [0, 0, 0, 1]);
    assert_eq!(changes(collection.part(&["c"])), [1, 0, 0, 0]);
    assert!(collection.added("c/1") > added);
}

#[test]
fn what_is_meant_to_go_from_a_part_is_forgotten_there_alone() {
    let collection = scanned();
    collection.add("b/2", "Two");
    collection.whole();
    let added = collection.added("b/2");
    for name in ["a/1", "b/2"] {
        fs::remove_file(collection.path(name)).unwrap();
    }
    assert_eq!(changes(collection.part(&["a", "b"])), [0, 0, 0, 2]);
    collection.allowing(&["a"]).unwrap();
    assert_eq!(collection.file("a/1"), None);
    assert!(collection.file("b/2").expect("a row").is_gone());
    collection.add("b/2", "Two");
    collection.part(&["b"]);
    assert_eq!(collection.added("b/2"), added, "it came back");
}

#[test]
fn what_is_there_still_has_not_moved() {
    let collection = scanned();
    fs::create_dir(collection.path("c")).unwrap();
    fs::hard_link(collection.path("a/1"), collection.path("c/1")).unwrap();
    let added = collection.added("a/1");
    assert_eq!(changes(collection.part(&["c"])), [1, 0, 0, 0]);
    assert!(collection.added("c/1") > added);
}

#[test]
fn what_went_is_no_part_of_anything_and_forgotten_by_a_whole_scan() {
    let collection = scanned();
    fs::remove_file(collection.path("a/1")).unwrap();
    collection.part(&["a"]);
    let added = collection.file("a/1").expect("a row").added_ns;
    let counts = collection.part(&["b"]);
    assert_eq!(
        (changes(counts), counts.tracks, counts.other),
        ([0; 4], 2, 0)
    );
    let error = collection
        .scan_only(vec![collection.path("a/1")])
        .unwrap_err();
    assert!(matches!(error, ScanError::NothingThere(_)), "{error}");
    // It comes back.
    collection.add("a/1", "One");
    assert_eq!(changes(collection.part(&["a"])), [1, 0, 0, 0]);
    assert_eq!(collection.added("a/1"), added);
    fs::remove_file(collection.path("a/1")).unwrap();
    collection.part(&["a"]);
    assert_eq!(changes(collection.whole()), [0; 4]);
    assert_eq!(collection.file("a/1"), None);
    collection.add("a/1", "One");
    assert_eq!(changes(collection.whole()), [1, 0, 0, 0]);
    assert!(collection.added("a/1") > added);
}

#[test]
fn what_went_long_ago_is_forgotten() {
    let collection = scanned();
    let database = collection.folder.path().join("a.sqlite");
    fs::remove_file(collection.path("a/1")).unwrap();
    collection.part(&["a"]);
    let day = 24 * 3600 * 1_000_000_000_i64;
    for (days, is_remembered) in [(29, true), (2, false)] {
        let aged = format!(
            "UPDATE files SET read_ns = read_ns - {} WHERE kind = 'gone'",
            days * day
        );
        books::execute(&database, &aged);
        collection.part(&["b"]);
        assert_eq!(collection.file("a/1").is_some(), is_remembered, "{days}");
    }
}

#[test]
fn a_link_whose_target_was_away_is_the_same_track_when_it_is_back() {
    for name in ["a/link.aiff", "a/link"] {
        for follow_links in [false, true] {
            let collection = scanned();
            let (disk, away) = (
                collection.folder.path().join("disk"),
                collection.path("../away"),
            );
            fs::create_dir(&disk).unwrap();
            fs::write(disk.join("1"), aiff("Linked")).unwrap();
            symlink(disk.join("1"), collection.path(name)).unwrap();
            let request = Request {
                follow_links,
                ..collection.request()
            };
            let scan = || {
                let stop = AtomicBool::new(false);
                run(&request, &collection.url, &Progress::new(false), &stop).unwrap()
            };
            scan();
            let added = collection.added(name);
            fs::rename(&disk, &away).unwrap();
            for expected in [[0, 0, 0, 1], [0; 4]] {
                let report = scan();
                assert_eq!(changes(report.counts), expected, "{name}");
                // Whatever it is called: a track that goes is named.
                assert_eq!(
                    (report.counts.skipped, report.counts.tracks),
                    (1, 3),
                    "{name}"
                );
                let file = collection.file(name).unwrap();
                assert_eq!((&*file.kind, file.added_ns), ("skipped", added), "{name}");
            }
            fs::rename(&away, &disk).unwrap();
            let report = scan();
            assert_eq!(changes(report.counts), [1, 0, 0, 0], "{name}");
            assert_eq!(
                (report.counts.skipped, report.counts.tracks),
                (0, 4),
                "{name}"
            );
            assert_eq!(collection.added(name), added, "{name}");
            // The link itself goes, and with it what is known.
            fs::remove_file(collection.path(name)).unwrap();
            scan();
            assert_eq!(collection.file(name), None, "{name}");
        }
    }
}

#[test]
fn tracks_behind_links_that_lead_nowhere_are_a_loss() {
    let collection = scanned();
    let disk = collection.folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    for number in 0..30 {
        let target = disk.join(number.to_string());
        fs::write(&target, aiff(&number.to_string())).unwrap();
        symlink(target, collection.path(&format!("a/{number}.aiff"))).unwrap();
    }
    collection.whole();
    fs::rename(&disk, collection.path("../away")).unwrap();
    for refused in [
        collection.scan(),
        collection.scan_only(vec![collection.path("a")]),
    ] {
        let refused = refused.unwrap_err();
        let is_it = |refused: &ScanError| {
            matches!(
                refused,
                ScanError::Refused(Refusal::Shrink {
                    going: 30,
                    known: 33,
                    ..
                })
            )
        };
        assert!(is_it(&refused), "{refused:?}");
    }
}

#[test]
fn a_part_follows_links_as_the_whole_did() {
    let collection = scanned();
    let outside = collection.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("1"), aiff("Outside")).unwrap();
    symlink(&outside, collection.path("b/link")).unwrap();
    let scan = |request: &Request| {
        let stop = AtomicBool::new(false);
        run(request, &collection.url, &Progress::new(false), &stop)
            .unwrap()
            .counts
    };
    let follow = Request {
        follow_links: true,
        ..collection.request()
    };
    assert_eq!(changes(scan(&follow)), [1, 0, 0, 0]);
    for part in ["b", "b/link", "b/link/1"] {
        assert_eq!(changes(collection.part(&[part])), [0; 4], "{part}");
    }
    fs::write(outside.join("2"), aiff("Two")).unwrap();
    assert_eq!(changes(collection.part(&["b/link"])), [1, 0, 0, 0]);
    assert_eq!(
        changes(collection.whole()),
        [0, 0, 0, 2],
        "not asked for any more"
    );
    assert_eq!(
        changes(collection.part(&["b"])),
        [0; 4],
        "and not remembered"
    );
}

#[test]
fn a_touched_file_is_a_changed_track() {
    let collection = scanned();
    set_mtime(&collection.path("a/1"), SystemTime::now());
    let dry = Request {
        dry_run: true,
        ..collection.request()
    };
    let stop = AtomicBool::new(false);
    let report = run(&dry, &collection.url, &Progress::new(false), &stop).unwrap();
    let path = collection.path("a/1").into_os_string().into_encoded_bytes();
    assert_eq!(report.changes, [crate::report::Change::Changed(path)]);
    let before = Books::of(&collection.folder.path().join("a.sqlite"));
    assert_eq!(changes(collection.whole()), [0, 1, 0, 0]);
    let after = Books::of(&collection.folder.path().join("a.sqlite"));
    assert_eq!(after.generation, before.generation + 1);
    assert_eq!(after.library, before.library);
    // And no more than that.
    assert_eq!(changes(collection.whole()), [0; 4]);
}

#[test]
fn losses_of_parts_add_up_until_the_whole_is_scanned() {
    let collection = Collection::new();
    for number in 0..100 {
        collection.add(
            &format!("{}/{number}", number / 10),
            &format!("{number:03}"),
        );
    }
    collection.whole();
    let remove = |folder: &str| fs::remove_dir_all(collection.path(folder)).unwrap();
    for folder in ["0", "1"] {
        remove(folder);
        assert_eq!(changes(collection.part(&[folder])), [0, 0, 0, 10]);
    }
    // What moves does not count, in either order.
    collection.rename("5", "x");
    collection.part(&["x"]);
    collection.part(&["5"]);
    collection.rename("2", "y");
    let refused = collection
        .scan_only(vec![collection.path("2")])
        .unwrap_err();
    let is_it = |refused: &ScanError| {
        let expected = (10, 30, 100);
        matches!(refused, ScanError::Refused(Refusal::Erosion { going, all, before, .. })
            if (*going, *all, *before) == expected)
    };
    assert!(is_it(&refused), "{refused:?}");
    collection.part(&["2", "y"]);
    // Nothing goes: no reason to refuse.
    assert_eq!(changes(collection.part(&["3"])), [0; 4]);
    remove("3");
    for refused in [
        collection.scan_only(vec![collection.path("3")]),
        collection.scan(),
    ] {
        let refused = refused.unwrap_err();
        assert!(is_it(&refused), "{refused:?}");
    }
    // Meant is what goes there, and not what went elsewhere.
    let part = collection.allowing(&["3"]);
    assert_eq!(changes(part.unwrap().counts), [0, 0, 0, 10]);
    remove("4");
    let refused = collection
        .scan_only(vec![collection.path("4")])
        .unwrap_err();
    let of_90 = matches!(
        refused,
        ScanError::Refused(Refusal::Erosion {
            going: 10,
            all: 30,
            before: 90,
            ..
        })
    );
    assert!(of_90, "{refused:?}");
    let parts = collection.allowing(&["0", "1", "4"]);
    assert_eq!(changes(parts.unwrap().counts), [0, 0, 0, 10]);
    remove("x");
    assert_eq!(
        changes(collection.part(&["x"])),
        [0, 0, 0, 10],
        "counted from there"
    );
}
