//! A whole scan: walk, read, make rows, write.
//!
//! In: the root of a collection, a database, and a flag that stops the scan. Out: a [`Report`], or
//! why the database is as it was. This is the only module that knows all stages and their order:
//!
//! ```text
//! check_root -> ScanLock -> open_for_scan -> walk -> read (all cores) -> from_tracks -> replace
//! ```
//!
//! What stays true: tags are read before the database is locked for writing, and nothing is written
//! unless everything was read.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use avalon_core::database::{self, DatabaseError, DatabaseUrl, Rows, ScanLock};
use rayon::prelude::*;
use thiserror::Error;

use crate::exit::ExitCode;
use crate::files::{self, RootError, Walk};
use crate::issue::{Issue, Kind};
use crate::progress::Progress;
use crate::read::{self, Read, Track};
use crate::rows;

/// Why a scan left the database as it was.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The collection is none.
    #[error("refused to scan")]
    Root(#[from] RootError),
    /// The collection has no tracks, the library has.
    #[error(
        "refused to empty the library: there is no sound that can be read below {}, but the \
         database holds {known} tracks; to start anew, name another database", root.display()
    )]
    NoTracks {
        /// The root of the collection.
        root: PathBuf,
        /// Tracks in the database.
        known: u64,
    },
    /// The database lives in memory.
    #[error(
        "refused to scan into a database in memory, which would be gone at the end: name a file, \
         such as sqlite:////var/lib/avalon/avalon.sqlite"
    )]
    InMemory,
    /// The database's.
    #[error("the scan failed")]
    Database(#[source] DatabaseError),
    /// Another scan of this database is running.
    #[error("refused to scan")]
    AnotherScan(#[source] DatabaseError),
    /// The flag was set.
    #[error("stopped; the database is as it was")]
    Interrupted,
}

impl ScanError {
    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Root(_) | Self::InMemory | Self::NoTracks { .. } | Self::AnotherScan(_) => {
                ExitCode::Refused
            }
            Self::Database(_) => ExitCode::Failed,
            Self::Interrupted => ExitCode::Interrupted,
        }
    }
}

impl From<DatabaseError> for ScanError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Interrupted => Self::Interrupted,
            DatabaseError::ScanRunning { .. } => Self::AnotherScan(error),
            error => Self::Database(error),
        }
    }
}

/// What a scan did. Its `Display` is the line that ends the log.
#[derive(Debug)]
pub struct Report {
    /// Files below the root.
    pub files: usize,
    /// Tracks in the library now.
    pub tracks: usize,
    /// Files that are no sound.
    pub ignored: usize,
    /// Skips and warnings, by path.
    pub issues: Vec<Issue>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self.count(true) {
            0 => ExitCode::Done,
            _ => ExitCode::Skipped,
        }
    }

    /// The number of skips, or of warnings.
    fn count(&self, skips: bool) -> usize {
        let counted = |issue: &&Issue| issue.kind.is_skip() == skips;
        self.issues.iter().filter(counted).count()
    }

    /// The skips or warnings by kind: `2 damaged, 1 unreadable`.
    fn by_kind(&self, skips: bool) -> String {
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for issue in self
            .issues
            .iter()
            .filter(|issue| issue.kind.is_skip() == skips)
        {
            *kinds.entry(issue.kind).or_default() += 1;
        }
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| format!("{count} {}", kind.name()))
            .collect();
        match kinds.is_empty() {
            true => String::new(),
            false => format!(" ({})", kinds.join(", ")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Done in {:.1} s: {} files seen, {} tracks, {} not audio, {} skipped{}, {} warnings{}",
            self.took.as_secs_f64(),
            self.files,
            self.tracks,
            self.ignored,
            self.count(true),
            self.by_kind(true),
            self.count(false),
            self.by_kind(false),
        )
    }
}

/// Scans the collection below `root` into the database. Setting `stop` ends it at the next file or
/// row.
///
/// # Errors
/// [`ScanError`]; the database is as it was then.
pub fn run(
    root: &Path,
    database: &DatabaseUrl,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Report, ScanError> {
    let started = Instant::now();
    files::check_root(root)?;
    if *database == DatabaseUrl::SqliteMemory {
        return Err(ScanError::InMemory);
    }
    let _lock = ScanLock::acquire(database)?;
    let mut connection = database::open_for_scan(database)?;

    log::info!("Crawling music collection at {}...", root.display());
    let walk = walk(root, progress, stop)?;
    log::info!(
        "Attempting to load metadata for {} files...",
        walk.files.len()
    );
    let readings = read_all(&walk.files, progress, stop)?;
    let mut found = Found::of(walk.issues, readings);
    log::info!("Loaded metadata for {} songs", found.tracks.len());

    if found.tracks.is_empty() {
        let known = database::count_tracks(&mut connection)?;
        if known > 0 {
            log_issues(&found.issues);
            let root = root.to_owned();
            return Err(ScanError::NoTracks { root, known });
        }
    }
    let (rows, issues) = rows::from_tracks(found.tracks, connection.largest_number());
    found.issues.extend(issues);
    found.issues.sort_by(|one, other| one.path.cmp(&other.path));
    log_issues(&found.issues);

    log::info!(
        "Replacing the library: {} tracks, {} albums, {} artists, {} genres...",
        rows.tracks.len(),
        rows.albums.len(),
        rows.artists.len(),
        rows.genres.len()
    );
    write(&mut connection, &rows, progress, stop)?;
    Ok(Report {
        files: walk.files.len(),
        tracks: rows.tracks.len(),
        ignored: found.ignored,
        issues: found.issues,
        took: started.elapsed(),
    })
}

fn walk(root: &Path, progress: &Progress, stop: &AtomicBool) -> Result<Walk, ScanError> {
    progress.begin_count("Finding files");
    let walk = files::walk(root, &mut |files| {
        progress.set(files);
        go_on(stop)
    });
    progress.clear();
    let ControlFlow::Continue(walk) = walk else {
        return Err(ScanError::Interrupted);
    };
    for link in &walk.links_to_folders {
        log::info!("Not followed: {} is a link to a folder", link.display());
    }
    Ok(walk)
}

fn read_all(
    files: &[PathBuf],
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Vec<Read>, ScanError> {
    progress.begin("Reading tags", files.len(), "files");
    let readings: Option<Vec<Read>> = files
        .par_iter()
        .map(|file| {
            let reading = go_on(stop).is_continue().then(|| read::read(file));
            progress.step();
            reading
        })
        .collect();
    progress.clear();
    readings.ok_or(ScanError::Interrupted)
}

/// What reading came to.
struct Found {
    tracks: Vec<Track>,
    ignored: usize,
    issues: Vec<Issue>,
}

impl Found {
    fn of(issues: Vec<Issue>, readings: Vec<Read>) -> Self {
        let mut found = Self {
            tracks: Vec::with_capacity(readings.len()),
            ignored: 0,
            issues,
        };
        for reading in readings {
            match reading {
                Read::Track(track, warnings) => {
                    found.tracks.push(track);
                    found.issues.extend(warnings);
                }
                Read::Skip(issue) => found.issues.push(issue),
                Read::NotAudio => found.ignored += 1,
            }
        }
        found
    }
}

fn log_issues(issues: &[Issue]) {
    for issue in issues {
        log::warn!("{issue}");
    }
}

fn write(
    connection: &mut database::AnyConnection,
    rows: &Rows,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<(), ScanError> {
    let total = rows.tracks.len() + rows.albums.len() + rows.artists.len() + rows.genres.len();
    // Asked before the first row too: an empty library has none.
    if go_on(stop).is_break() {
        return Err(ScanError::Interrupted);
    }
    progress.begin("Writing the database", total, "rows");
    let written = database::replace(connection, rows, &mut |written| {
        progress.set(written);
        go_on(stop)
    });
    progress.clear();
    Ok(written?)
}

fn go_on(stop: &AtomicBool) -> ControlFlow<()> {
    match stop.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use avalon_core::database::{load, open_for_server};

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

        fn scan(&self) -> Result<Report, ScanError> {
            let stop = AtomicBool::new(false);
            run(&self.root(), &self.url, &Progress::new(false), &stop)
        }

        fn titles(&self) -> Vec<String> {
            let rows = load(&mut open_for_server(&self.url).unwrap()).unwrap();
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
        assert_eq!((report.files, report.tracks, report.ignored), (3, 2, 1));
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
            matches!(error, ScanError::NoTracks { known: 1, .. }),
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
        assert_eq!((report.tracks, report.exit_code()), (0, ExitCode::Done));
        assert_eq!(collection.titles(), [""; 0]);
    }

    #[test]
    fn a_second_scan_at_the_same_time_is_refused() {
        let collection = Collection::new().with("1.aiff", &aiff("One"));
        let held = ScanLock::acquire(&collection.url).unwrap();
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
        let error = run(&collection.root(), &collection.url, &progress, &stop).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Interrupted, "{error}");
        assert_eq!(collection.titles(), ["One"]);
    }
}
