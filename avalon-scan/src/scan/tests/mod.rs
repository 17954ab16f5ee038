//! Scans of small collections into SQLite, in this process.

mod song;

mod tree;

mod books;

mod world;

mod property;

mod found;

mod apart;

use std::fs;
use std::sync::atomic::AtomicBool;

use avalon_core::database::{Rows, load, open_for_scan, open_for_server};

use super::*;

/// An AIFF of no sound with this title.
fn aiff(title: &str) -> Vec<u8> {
    let name = [
        &b"NAME"[..],
        &(title.len() as u32).to_be_bytes(),
        title.as_bytes(),
    ]
    .concat();
    let common = b"COMM\0\0\0\x12\0\x01\0\0\0\0\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0";
    [b"FORM\0\0\0\0AIFF", &common[..], &name].concat()
}

struct Collection {
    folder: tempfile::TempDir,
    url: DatabaseUrl,
}

impl Collection {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("music")).unwrap();
        let database = folder.path().join("a.sqlite");
        let url = DatabaseUrl::parse(&format!("sqlite:///{}", database.display())).unwrap();
        Self { folder, url }
    }

    fn with(self, name: &str, content: &[u8]) -> Self {
        fs::write(self.root().join(name), content).unwrap();
        self
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("music")
    }

    fn request(&self) -> Request {
        Request {
            roots: vec![self.root()],
            max_shrink: 20,
            ..Request::default()
        }
    }

    fn scan(&self) -> Result<Report, ScanError> {
        let stop = AtomicBool::new(false);
        let request = self.request();
        run(&request, &self.url, &Progress::new(false), &stop)
    }

    fn scan_only(&self, only: Vec<PathBuf>) -> Result<Report, ScanError> {
        let stop = AtomicBool::new(false);
        let request = Request {
            roots: Vec::new(),
            only,
            ..self.request()
        };
        run(&request, &self.url, &Progress::new(false), &stop)
    }

    fn titles(&self) -> Vec<String> {
        let mut rows = Rows::default();
        load(&mut open_for_server(&self.url).unwrap(), &mut rows).unwrap();
        let mut titles: Vec<String> = rows
            .tracks
            .into_iter()
            .filter_map(|track| track.name)
            .collect();
        titles.sort();
        titles
    }
}

#[test]
fn a_database_in_memory_is_refused() {
    let mut collection = Collection::new().with("a.aiff", &aiff("A"));
    collection.url = DatabaseUrl::SqliteMemory;
    let error = collection.scan().unwrap_err();
    assert!(matches!(error, ScanError::InMemory), "{error:?}");
    assert_eq!(error.exit_code(), ExitCode::Refused);
}

#[test]
fn a_scan_replaces_the_library_and_reports() {
    let collection = Collection::new()
        .with("1.aiff", &aiff("One"))
        .with("2", &aiff("Two"))
        .with("cover.jpg", b"\xff\xd8\xff\xe0");
    let report = collection.scan().unwrap();
    let counts = report.counts;
    assert_eq!((counts.seen, counts.tracks, counts.other), (3, 2, 1));
    assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
    assert_eq!(collection.titles(), ["One", "Two"]);
    fs::remove_file(collection.root().join("2")).unwrap();
    let collection = collection.with("3.aiff", &aiff("Three")).with("4.mp3", b"");
    let report = collection.scan().unwrap();
    assert_eq!(report.exit_code(), ExitCode::Skipped);
    assert!(
        report
            .to_string()
            .contains("1 skipped (1 damaged), 0 warnings"),
        "{report}"
    );
    assert_eq!(collection.titles(), ["One", "Three"]);
}

#[test]
fn a_scan_never_empties_a_library() {
    let collection = Collection::new().with("1.aiff", &aiff("One"));
    collection.scan().unwrap();
    fs::remove_file(collection.root().join("1.aiff")).unwrap();
    let error = collection.scan().unwrap_err();
    assert!(
        matches!(error, ScanError::Root(RootError::Empty(_))),
        "{error}"
    );
    assert_eq!(error.exit_code(), ExitCode::Refused);
    let collection = collection.with("cover.jpg", b"x").with("2.mp3", b"");
    let error = collection.scan().unwrap_err();
    assert!(
        matches!(error, ScanError::Refused(Refusal::NoTracks { known: 1 })),
        "{error}"
    );
    assert_eq!(error.exit_code(), ExitCode::Refused);
    assert_eq!(collection.titles(), ["One"]);
}

#[test]
fn a_refused_root_makes_no_database() {
    let collection = Collection::new();
    assert!(collection.scan().is_err());
    assert!(!collection.folder.path().join("a.sqlite").exists());
}

#[test]
fn an_empty_database_may_stay_empty() {
    let collection = Collection::new().with("cover.jpg", b"x");
    let report = collection.scan().unwrap();
    assert_eq!(
        (report.counts.tracks, report.exit_code()),
        (0, ExitCode::Done)
    );
    assert_eq!(collection.titles(), [""; 0]);
}

#[test]
fn a_second_scan_at_the_same_time_is_refused() {
    let collection = Collection::new().with("1.aiff", &aiff("One"));
    let held = open_for_scan(&collection.url).unwrap();
    let error = collection.scan().unwrap_err();
    assert!(matches!(error, ScanError::AnotherScan(_)), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Refused);
    drop(held);
    collection.scan().unwrap();
}

#[test]
fn a_stopped_scan_leaves_the_database_as_it_was() {
    let collection = Collection::new().with("1.aiff", &aiff("One"));
    collection.scan().unwrap();
    let collection = collection.with("2.aiff", &aiff("Two"));
    let stop = AtomicBool::new(true);
    let progress = Progress::new(false);
    let error = run(&collection.request(), &collection.url, &progress, &stop).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Interrupted, "{error}");
    assert_eq!(collection.titles(), ["One"]);
}
