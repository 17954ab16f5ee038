//! A whole scan: what was there, the walk, the reading, the books, the write.
//!
//! In: a [`Request`], a database, and a flag that stops the scan. Out: a [`Report`], or why the
//! database is as it was. This is the only module that knows all stages and their order:
//!
//! ```text
//! Root::open -> ScanLock -> update { Memory -> pipeline { walk -> look -> Ledger } -> guards -> close }
//! ```
//!
//! What stays true: everything happens in one transaction, which ends in a commit only after the
//! walk came to its end and nothing was refused; readers see the old library until then.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use avalon_core::database::{
    self, AnyConnection, DatabaseError, DatabaseUrl, End, IssueRow, LastScan, RootRow, ScanLock,
    ScanRow, Writer,
};
use thiserror::Error;

use crate::exit::ExitCode;
use crate::files::{self, Found, Root, RootError};
use crate::guards::{self, Refusal};
use crate::issue::Issue;
use crate::ledger::{Ledger, Part};
use crate::look::{self, How};
use crate::memory::Memory;
use crate::pipeline::{self, Feeder, Outcome};
use crate::progress::Progress;
use crate::read;
use crate::report::Report;

/// Files that the walk may be ahead of the reading.
const QUEUE: usize = 16_384;

/// What to scan, and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The roots of the library, as typed; none where `only` names parts of those of the last scan.
    pub roots: Vec<PathBuf>,
    /// Folders or files below the roots of the last scan, to scan these alone.
    pub only: Vec<PathBuf>,
    /// Whether to open files that are as they were.
    pub full: bool,
    /// Whether much may go, and disks may be missing.
    pub allow_shrink: bool,
    /// The part of the library that may go without that, %.
    pub max_shrink: u8,
    /// Whether to look only.
    pub dry_run: bool,
    /// Whether to go into folders through links.
    pub follow_links: bool,
}

/// Why a scan left the database as it was.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The collection is none.
    #[error("refused to scan")]
    Root(#[from] RootError),
    /// The library would lose too much.
    #[error("refused to scan")]
    Refused(#[from] Refusal),
    /// What `--only` names lies below no root of the last scan.
    #[error(
        "refused to scan: {} lies below no root of the last scan ({roots}); scan the whole \
         collection first, by its root", path.display()
    )]
    NotBelowARoot {
        /// What was named.
        path: PathBuf,
        /// What there is.
        roots: String,
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
    /// Something does not answer.
    #[error("the scan failed: {0}; the database is as it was")]
    Hung(String),
    /// The flag was set.
    #[error("stopped; the database is as it was")]
    Interrupted,
}

impl ScanError {
    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Root(_)
            | Self::Refused(_)
            | Self::NotBelowARoot { .. }
            | Self::InMemory
            | Self::AnotherScan(_) => ExitCode::Refused,
            Self::Database(_) | Self::Hung(_) => ExitCode::Failed,
            Self::Interrupted => ExitCode::Interrupted,
        }
    }
}

impl From<DatabaseError> for ScanError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::ScanRunning { .. } => Self::AnotherScan(error),
            error => Self::Database(error),
        }
    }
}

/// Scans into the database. Setting `stop` ends it at once.
///
/// # Errors
/// [`ScanError`]; the database is as it was then.
pub fn run(
    request: &Request,
    database: &DatabaseUrl,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Report, ScanError> {
    let clock = Clock::start();
    let roots = open_roots(&request.roots)?;
    if *database == DatabaseUrl::SqliteMemory {
        return Err(ScanError::InMemory);
    }
    let _lock = ScanLock::acquire(database)?;
    let mut connection = database::open_for_scan(database)?;
    let largest_number = connection.largest_number();
    let scan = Scan {
        request,
        largest_number,
        progress,
        stop,
        clock,
    };
    update(&mut connection, scan, roots)
}

fn open_roots(typed: &[PathBuf]) -> Result<Vec<Root>, RootError> {
    let roots: Vec<Root> = typed
        .iter()
        .map(|typed| Root::open(typed))
        .collect::<Result<_, _>>()?;
    files::check_overlap(&roots)?;
    Ok(roots)
}

fn update(
    connection: &mut AnyConnection,
    scan: Scan<'_>,
    roots: Vec<Root>,
) -> Result<Report, ScanError> {
    database::update(connection, |writer| {
        let report = scan.run(roots, writer)?;
        Ok(match report.is_dry {
            true => End::RollBack(report),
            false => End::Commit(report),
        })
    })
}

/// When the scan began, by the clock on the wall and by one that only goes forward.
#[derive(Clone, Copy)]
struct Clock {
    began: Instant,
    began_ns: i64,
}

impl Clock {
    fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ns = since.map_or(0, |since| since.as_nanos());
        Self {
            began: Instant::now(),
            began_ns: i64::try_from(ns).unwrap_or(i64::MAX),
        }
    }
}

/// A scan that may begin.
struct Scan<'a> {
    request: &'a Request,
    largest_number: i64,
    progress: &'a Progress,
    stop: &'a AtomicBool,
    clock: Clock,
}

/// A root, and the ways from it that are to be walked; none is the whole.
struct Walk {
    root: Root,
    below: Vec<PathBuf>,
}

impl Scan<'_> {
    fn run(self, roots: Vec<Root>, writer: &mut Writer<'_>) -> Result<Report, ScanError> {
        let remembered = writer.roots()?;
        let last = writer.last_scan()?;
        let (walks, part) = self.plan(roots, &remembered)?;
        let roots: Vec<&Root> = walks.iter().map(|walk| &walk.root).collect();
        if !self.request.allow_shrink {
            guards::check_mounts(&roots, &remembered)?;
        }
        warn_of_spellings(&roots, &remembered);
        let rows: Vec<RootRow> = roots.iter().map(|root| root_row(root)).collect();

        let memory = remember(writer)?;
        let (tracks, is_ours) = writer.tracks()?;
        let is_foreign = !is_ours || memory.tracks() != tracks;
        let foreign = match is_foreign {
            true => Some(writer.track_ids()?),
            false => None,
        };
        if is_foreign {
            if part != Part::All {
                return Err(self.not_below(&remembered));
            }
            log::info!("The library was written by another program: reading every file...");
            writer.clear()?;
        }
        let is_whole = part == Part::All;
        let (scope, shown_roots) = self.scope(&walks, is_whole);
        let issues = writer.issues()?;
        let began = self.clock.began_ns;
        let mut ledger = Ledger::new(
            Arc::clone(&memory),
            foreign,
            began,
            part,
            self.request.dry_run,
        );
        let reads_all = self.request.full || is_foreign;
        self.read(walks, reads_all, &memory, &mut ledger, writer)?;

        ledger.log_passed_by();
        let balance = ledger.balance();
        let request = self.request;
        let allowed = guards::check_shrink(&balance, request.max_shrink, request.allow_shrink);
        if let Err(refusal) = allowed {
            ledger.issues().for_each(|issue| log::warn!("{issue}"));
            return Err(refusal.into());
        }
        log::info!("Loaded metadata for {} songs", balance.tracks);
        let closing = ledger.close(&balance, &issues, writer)?;
        if is_whole && rows != remembered {
            writer.set_roots(&rows)?;
        }
        for (_, issue) in &closing.issues {
            log::warn!("{issue}");
        }
        let issue_rows: Vec<IssueRow> = closing.issues.iter().map(issue_row).collect();
        if issue_rows != issues {
            writer.set_issues(&issue_rows)?;
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(ScanError::Interrupted);
        }
        let report = Report {
            counts: closing.counts,
            issues: closing.issues.into_iter().map(|(_, issue)| issue).collect(),
            changes: closing.list,
            generation: last.generation + i64::from(closing.is_served_changed),
            is_dry: request.dry_run,
            took: self.clock.began.elapsed(),
        };
        writer.add_scan(&self.row(last, scope, shown_roots, &report))?;
        Ok(report)
    }

    /// What to walk: the roots that were named, or the parts of those of the last scan.
    fn plan(
        &self,
        roots: Vec<Root>,
        remembered: &[RootRow],
    ) -> Result<(Vec<Walk>, Part), ScanError> {
        if self.request.only.is_empty() {
            let whole = |root| Walk {
                root,
                below: Vec::new(),
            };
            return Ok((roots.into_iter().map(whole).collect(), Part::All));
        }
        let path = |bytes: &Vec<u8>| PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
        let roots = remembered
            .iter()
            .map(|row| Root::open_again(&path(&row.typed), &path(&row.absolute)))
            .collect::<Result<Vec<_>, _>>()?;
        files::check_overlap(&roots)?;
        let walk = |root| Walk {
            root,
            below: Vec::new(),
        };
        let mut walks: Vec<Walk> = roots.into_iter().map(walk).collect();
        let mut keys = Vec::new();
        for path in &self.request.only {
            let found = walks.iter_mut().find_map(|walk| {
                let way = walk.root.relative(path)?;
                Some((walk, way))
            });
            let Some((walk, way)) = found else {
                return Err(ScanError::NotBelowARoot {
                    path: path.clone(),
                    roots: shown(remembered),
                });
            };
            keys.push(walk.root.key_of(way.as_os_str().as_bytes()));
            walk.below.push(way);
        }
        walks.retain(|walk| !walk.below.is_empty());
        for walk in &mut walks {
            walk.below = outermost(std::mem::take(&mut walk.below));
        }
        Ok((walks, Part::Below(keys)))
    }

    fn not_below(&self, remembered: &[RootRow]) -> ScanError {
        ScanError::NotBelowARoot {
            path: self.request.only.first().cloned().unwrap_or_default(),
            roots: shown(remembered),
        }
    }

    /// Walks and reads, and enters everything into the books.
    fn read(
        &self,
        walks: Vec<Walk>,
        reads_all: bool,
        memory: &Arc<Memory>,
        ledger: &mut Ledger,
        writer: &mut Writer<'_>,
    ) -> Result<(), ScanError> {
        for walk in &walks {
            log::info!(
                "Crawling music collection at {}...",
                walk.root.typed.display()
            );
        }
        let reads_whole = self.request.only.is_empty();
        let how = How {
            reads_all,
            patience: read::PATIENCE,
            largest_number: self.largest_number,
        };
        let options = pipeline::Options {
            // A reader looks at its deadline itself; only one that hangs is left behind.
            patience: how.patience + how.patience / 2,
            // So far the walk runs ahead, and knows early how many files there are.
            queue: QUEUE,
            ..pipeline::Options::default()
        };
        let walk_options = files::Options {
            follow_links: self.request.follow_links,
        };
        let remembered = match reads_whole && !memory.is_empty() {
            true => Some(memory.len() as u64),
            false => None,
        };
        // Files below the roots, as soon as the walk has come to its end.
        let expected = Arc::new(OnceLock::new());
        let at_end = Arc::clone(&expected);
        let feed = move |feeder: &Feeder<Found>| {
            let walk_root = |walk| walk_root(walk, &walk_options, feeder);
            let files: u64 = walks.iter().map(walk_root).sum();
            // It is set here alone.
            let _ = at_end.set(files);
        };
        let (for_work, for_instead) = (Arc::clone(memory), Arc::clone(memory));
        let work = move |found: &Found| look::look(found, &for_work, &how);
        let instead = |found: &Found, fault| look::instead(found, &for_instead, &fault);
        let mut failed: Option<DatabaseError> = None;
        let ledger = std::cell::RefCell::new(ledger);
        let sink = |looked| match ledger.borrow_mut().enter(looked, writer) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        };
        let tick = || {
            let expected = expected.get().copied().or(remembered);
            self.progress.show(ledger.borrow().counts(), expected);
            match self.stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outcome = pipeline::run(options, feed, work, instead, sink, tick);
        self.progress.clear();
        match (failed, outcome) {
            (Some(error), _) => Err(error.into()),
            (None, Outcome::Done(())) => Ok(()),
            (None, Outcome::Stopped) => Err(ScanError::Interrupted),
            (None, Outcome::FeederHung(after)) => Err(ScanError::Hung(format!(
                "the collection does not answer for {} s; is its disk or network gone?",
                after.as_secs()
            ))),
            (None, Outcome::WorkersHung(count)) => Err(ScanError::Hung(format!(
                "{count} files do not answer; is their disk or network gone?"
            ))),
            (None, Outcome::FeederPanicked(message)) => {
                Err(ScanError::Hung(format!("the walk broke down: {message}")))
            }
            (None, Outcome::NoThread(error)) => Err(ScanError::Hung(format!(
                "no thread can be started: {error}"
            ))),
        }
    }

    fn scope(&self, walks: &[Walk], is_whole: bool) -> (&'static str, String) {
        let scope = match (is_whole, self.request.full) {
            (false, _) => "part",
            (true, true) => "full",
            (true, false) => "changes",
        };
        let shown = |path: &Path| path.display().to_string();
        let paths: Vec<String> = match is_whole {
            true => walks.iter().map(|walk| shown(&walk.root.typed)).collect(),
            false => self.request.only.iter().map(|path| shown(path)).collect(),
        };
        (scope, serde_json::to_string(&paths).unwrap_or_default())
    }

    fn row(&self, last: LastScan, scope: &str, roots: String, report: &Report) -> ScanRow {
        let counts = report.counts;
        ScanRow {
            id: last.id + 1,
            generation: report.generation,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scope: scope.to_owned(),
            roots,
            started_ns: self.clock.began_ns,
            seconds: report.took.as_secs_f64(),
            seen: counts.seen,
            read: counts.read,
            unchanged: counts.unchanged,
            added: counts.added,
            changed: counts.changed,
            moved: counts.moved,
            removed: counts.removed,
            tracks: counts.tracks,
            skipped: counts.skipped,
            warnings: counts.warnings,
            other: counts.other,
        }
    }
}

/// Feeds what is found; the number of files.
fn walk_root(walk: &Walk, options: &files::Options, feeder: &Feeder<Found>) -> u64 {
    let mut files = 0;
    let mut sink = |found| {
        match found {
            Found::Folder => return feeder.alive(),
            Found::File { .. } => files += 1,
            _ => {}
        }
        feeder.give(found)
    };
    if walk.below.is_empty() {
        let _ = files::walk(&walk.root, None, options, &mut sink);
    }
    for below in &walk.below {
        if files::walk(&walk.root, Some(below), options, &mut sink).is_break() {
            break;
        }
    }
    files
}

/// The paths that lie in none of the others: nothing is to be met twice.
fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    // By their parts: a folder comes right before all that is in it.
    paths.sort();
    paths.dedup_by(|inner, outer| inner.starts_with(outer));
    paths
}

fn remember(writer: &mut Writer<'_>) -> Result<Arc<Memory>, DatabaseError> {
    let mut memory = Memory::default();
    writer.files(&mut |row| memory.add(&row))?;
    Ok(Arc::new(memory))
}

fn root_row(root: &Root) -> RootRow {
    RootRow {
        typed: root.typed.as_os_str().as_bytes().to_vec(),
        key: root.key.clone(),
        absolute: root.absolute.as_os_str().as_bytes().to_vec(),
        is_mount_point: root.is_mount_point,
    }
}

fn issue_row((key, issue): &(Vec<u8>, Issue)) -> IssueRow {
    IssueRow {
        path: key.clone(),
        kind: issue.kind.name().to_owned(),
        message: issue.message.clone(),
    }
}

fn shown(roots: &[RootRow]) -> String {
    let typed = |row: &RootRow| String::from_utf8_lossy(&row.typed).into_owned();
    match roots {
        [] => "there was none".to_owned(),
        roots => roots.iter().map(typed).collect::<Vec<_>>().join(", "),
    }
}

/// Warns where a root is the same place as at the last scan and spelled otherwise.
fn warn_of_spellings(roots: &[&Root], remembered: &[RootRow]) {
    for root in roots {
        let is_it = |row: &&RootRow| row.absolute == root.absolute.as_os_str().as_bytes();
        let renamed = remembered
            .iter()
            .find(is_it)
            .filter(|row| row.key != root.key);
        if let Some(row) = renamed {
            log::warn!(
                "{} is the same place as {} of the last scan: the ids of its tracks follow from \
                 the spelling, and change",
                root.typed.display(),
                String::from_utf8_lossy(&row.typed)
            );
        }
    }
}
