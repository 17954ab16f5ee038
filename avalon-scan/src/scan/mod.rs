//! A whole scan: what was there, the walk, the reading, the books, the write.
//!
//! In: a [`Request`], a database, and a flag that stops the scan. Out: a [`Report`], or why the
//! database is as it was. This is the only module that knows all stages and their order:
//!
//! ```text
//! Root::open -> open_for_scan -> update { walk, Memory -> pipeline { look -> Ledger } -> guards -> close }
//! ```
//!
//! What stays true: everything happens in one transaction, which ends in a commit only after the
//! walk came to its end and nothing was refused; readers see the old library until then. A dry run is
//! the same with a writer that writes nothing.

mod plan;

mod crawl;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use avalon_core::database::{
    self, DatabaseError, DatabaseUrl, End, IssueRow, LastScan, RootRow, ScanRow, Writer,
};
use crawl::Crawl;
use thiserror::Error;

use crate::exit::ExitCode;
use crate::files::{Gone, Identity, Root, RootError};
use crate::guards::{self, Refusal};
use crate::issue::Issue;
use crate::ledger::{Beyond, Ledger, Part};
use crate::memory::Memory;
use crate::progress::Progress;
use crate::report::Report;
use crate::stop::Stop;

/// How long it is looked, all in all, whether tracks outside of a part are gone: their disks may be.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// A part of a library of which it is not known what files it was made of.
    #[error(
        "refused to scan a part: the library was written by another program; scan the whole \
         collection first"
    )]
    AnotherProgram,
    /// What `--only` names is not there, and the library knows nothing of it.
    #[error(
        "refused to scan: there is nothing at {}, and the library has nothing from there",
        shown_paths(.0)
    )]
    NothingThere(Vec<PathBuf>),
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
            | Self::AnotherProgram
            | Self::NothingThere(_)
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
            DatabaseError::Stopped { .. } => Self::Interrupted,
            error => Self::Database(error),
        }
    }
}

fn shown_paths(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    shown.join(", ")
}

/// Scans into the database, until it is asked to stop.
///
/// # Errors
/// [`ScanError`]; the database is as it was then.
pub fn run(
    request: &Request,
    database: &DatabaseUrl,
    progress: &Progress,
    stop: &dyn Stop,
) -> Result<Report, ScanError> {
    let clock = Clock::start();
    let roots = plan::open_roots(&request.roots)?;
    if *database == DatabaseUrl::SqliteMemory {
        return Err(ScanError::InMemory);
    }
    let scan = Scan {
        request,
        largest_number: database.largest_number(),
        progress,
        stop,
        clock,
    };
    let stopped = || stop.is_asked();
    if request.dry_run {
        return database::rehearse(database, &stopped, |writer| scan.run(roots, writer));
    }
    let mut connection = database::open_for_scan(database)?;
    let updated = database::update_until(&mut connection, &stopped, |writer| {
        let report = scan.run(roots, writer)?;
        stop.commits(true);
        match stop.is_asked() {
            true => Err(ScanError::Interrupted),
            false => Ok(End::Commit(report)),
        }
    });
    stop.commits(false);
    updated
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
    stop: &'a dyn Stop,
    clock: Clock,
}

impl Scan<'_> {
    fn run(self, roots: Vec<Root>, writer: &mut Writer<'_>) -> Result<Report, ScanError> {
        let remembered = writer.roots()?;
        let last = writer.last_scan()?;
        let plan::Plan {
            walks,
            part,
            roots: within_reach,
        } = plan::plan(self.request, roots, &remembered)?;
        let roots: Vec<&Root> = walks.iter().map(|walk| &walk.root).collect();
        if !self.request.allow_shrink {
            guards::check_mounts(&roots, &remembered)?;
        }
        plan::warn_of_spellings(&roots, &remembered);
        plan::warn_of_links(&walks, &remembered);
        let rows: Vec<RootRow> = walks.iter().map(plan::root_row).collect();
        let is_whole = part == Part::All;
        let (scope, shown_roots) = self.scope(&walks, is_whole);
        let walked: Vec<(Root, Option<Identity>)> = walks
            .iter()
            .map(|walk| (walk.root.clone(), walk.root.identity()))
            .collect();

        let crawl = Crawl::begin(walks);
        let memory = remember(writer)?;
        let (tracks, is_ours) = writer.tracks()?;
        let is_foreign = !is_ours || memory.tracks() != tracks;
        let foreign = match is_foreign {
            true => Some(writer.track_ids()?),
            false => None,
        };
        if is_foreign {
            if !is_whole {
                return Err(ScanError::AnotherProgram);
            }
            log::info!("The library was written by another program: reading every file...");
            writer.clear()?;
        }
        if is_foreign || memory.is_empty() {
            writer.set_indexes_aside()?;
        }
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
        self.crawl(crawl, reads_all, &memory, &mut ledger, writer)?;

        guards::check_still_there(&walked)?;
        if let Some(folder) = ledger
            .lost_sight_of()
            .filter(|_| !self.request.allow_shrink)
        {
            let folder = PathBuf::from(OsStr::from_bytes(folder));
            return Err(Refusal::OutOfSight(folder).into());
        }
        let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
        if !is_whole && ledger.met_nothing() && !self.request.only.iter().any(is_there) {
            let paths = self.request.only.clone();
            return Err(ScanError::NothingThere(paths));
        }
        ledger.log_passed_by();
        let request = self.request;
        let gone = Gone::new(PATIENCE);
        let balance = ledger.balance(&Beyond {
            is_gone: &|key| plan::is_gone(&gone, &within_reach, key),
            is_meant: request.allow_shrink,
        });
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
        let report = Report {
            counts: closing.counts,
            issues: closing.issues.into_iter().map(|(_, issue)| issue).collect(),
            changes: closing.list,
            generation: last.generation + i64::from(closing.counts.changes() > 0),
            is_dry: request.dry_run,
            took: self.clock.began.elapsed(),
        };
        writer.add_scan(&self.row(last, scope, shown_roots, &report))?;
        Ok(report)
    }

    fn scope(&self, walks: &[plan::Walk], is_whole: bool) -> (&'static str, String) {
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

fn remember(writer: &mut Writer<'_>) -> Result<Arc<Memory>, DatabaseError> {
    let mut memory = Memory::default();
    writer.files(&mut |row| memory.add(&row))?;
    Ok(Arc::new(memory))
}

fn issue_row((key, issue): &(Vec<u8>, Issue)) -> IssueRow {
    IssueRow {
        path: key.clone(),
        kind: issue.kind.name().to_owned(),
        message: issue.message.clone(),
    }
}
