//! Whether there is something new to serve, looked at cheaply and often.
//!
//! In: a [`DatabaseUrl`], whose connection is kept from look to look. Out: a [`Look`]. On SQLite most looks
//! are two `stat`s and a pragma, and who wrote is told by counting commits; on PostgreSQL three small queries.
//! What stays true: nothing is made or written, no transaction is open between looks (a connection to a SQLite database in WAL mode keeps the
//! lock by which SQLite knows that the mode is in use), and whatever went wrong, the next look begins anew.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};

use super::connection::{AnyConnection, Backend, is_busy, read_error, set_busy_timeout};
use super::error::DatabaseError;
use super::file::Identity;
use super::generation::{has_memory, postgres_last_scan, postgres_may_read, sqlite_last_scan};
use super::migrations::{postgres_schema_state, sqlite_schema_state};
use super::recall::LastScan;
use super::url::DatabaseUrl;

/// How long a look waits for a lock of SQLite: a commit of seconds is looked at after it.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a look found. The number is the generation, 0 where the database remembers no scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Look {
    /// The first that found anything: what later ones compare with.
    First(i64),
    /// What is served is what it was.
    Same(i64),
    /// What is served may be another than before. Later looks compare with this one.
    Changed(i64),
    /// Nothing can be told: somebody is about to commit. A later look will tell.
    Busy,
}

/// Looks at a database again and again.
///
/// What is loaded before the first look may be older than it without a later look telling: look, then
/// load. The generation of what was loaded may then be newer than that of the look; the next look tells
/// of it once more.
#[derive(Debug)]
pub struct Watch {
    url: DatabaseUrl,
    kept: Option<Kept>,
    seen: Option<LastScan>,
}

/// A connection that is kept, and of SQLite what its file was last seen to be.
#[derive(Debug)]
struct Kept {
    connection: AnyConnection,
    /// The same file, to read its header. Closed after the connection and never before, nor while a library is loaded:
    /// closing it ends the locks that this process has on the file, those of a connection in WAL mode among them.
    header: Option<File>,
    /// `None` before it is read for the first time.
    known: Option<SqliteState>,
}

/// What of a SQLite database is another after a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SqliteState {
    /// Its `data_version`, which means something to one connection alone.
    version: i64,
    /// How many transactions ever wrote to the file; `None` where nobody counts them, as in WAL mode.
    commits: Option<u32>,
    /// What the system tells of the file; likewise.
    stamp: Option<Stamp>,
}

/// What is another after whatever was written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    mtime: i64,
    mtime_nsec: i64,
}

impl Watch {
    /// Connects to nothing yet.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            kept: None,
            seen: None,
        }
    }

    /// Looks whether what is served may be another than when a look last said [`Look::First`] or
    /// [`Look::Changed`]: whether the generation is another one (an older one is that of a database that
    /// was restored), or the last scan is one before that or another one of the same number (restored,
    /// and scanned since then), or a SQLite database was replaced, or written by a program that is no scan
    /// of ours. A scan that changed nothing is no change, but of a SQLite database in WAL mode. A PostgreSQL database of the original has nothing by
    /// which a change could be told.
    ///
    /// # Errors
    /// The database cannot be opened, reached or read, as a SQLite file that is gone for a moment while
    /// somebody restores one. The next look connects anew, and compares with the same state as this one.
    pub fn look(&mut self) -> Result<Look, DatabaseError> {
        let looked = self.look_or_fail();
        if looked.is_err() {
            self.kept = None;
        }
        looked
    }

    fn look_or_fail(&mut self) -> Result<Look, DatabaseError> {
        let file_now = file(&self.url)?;
        let is_same = |kept: &Kept| kept.connection.file == file_now;
        self.kept = self.kept.take().filter(is_same);
        if self.kept.as_mut().is_some_and(Kept::is_overwritten) {
            self.kept = None;
        }
        let kept = match &mut self.kept {
            Some(kept) => kept,
            None => {
                let kept = Kept::connect(&self.url)?;
                // Between the two the file may have been replaced.
                if kept.connection.file != file_now {
                    return Ok(Look::Busy);
                }
                self.kept.insert(kept)
            }
        };
        let looked = match &mut kept.connection.backend {
            Backend::Sqlite(c) => {
                look_at_sqlite(c, kept.header.as_ref(), &mut kept.known, &mut self.seen)
            }
            Backend::Postgres(c) => look_at_postgres(c, &self.url, &mut self.seen),
        };
        match looked {
            Err(error) if is_busy(&error) => Ok(Look::Busy),
            looked => looked.map_err(|error| read_error(&self.url, error)),
        }
    }
}

/// The file of a SQLite database.
fn file(url: &DatabaseUrl) -> Result<Option<Identity>, DatabaseError> {
    Identity::of(url).map_err(|error| DatabaseError::Connect {
        url: url.to_string(),
        reason: error.to_string(),
    })
}

impl Kept {
    fn connect(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        let mut connection = AnyConnection::connect_again(url)?;
        if let Backend::Sqlite(c) = &mut connection.backend {
            set_busy_timeout(c, PATIENCE).map_err(|error| read_error(url, error))?;
        }
        // Where it cannot be opened, what was written counts as written by others.
        let header = url.sqlite_path().and_then(|path| File::open(path).ok());
        let is_same = |header: &File| {
            let metadata = header.metadata().ok();
            metadata.map(|metadata| Identity::from(&metadata)) == connection.file
        };
        let header = header.filter(is_same);
        Ok(Self {
            connection,
            header,
            known: None,
        })
    }

    /// Whether the file was written, and SQLite sees no commit: it tells states apart by few bytes of the
    /// header, which a file that was copied over it may have in common with it. The connection then trusts
    /// pages that it remembers.
    fn is_overwritten(&mut self) -> bool {
        let (Some(known), Some(header)) = (self.known, &self.header) else {
            return false;
        };
        let Backend::Sqlite(c) = &mut self.connection.backend else {
            return false;
        };
        // In this order: a commit between the two is seen by the next look.
        known
            .stamp
            .is_some_and(|known| Stamp::of(header) != Some(known))
            && sqlite_version(c) == Ok(known.version)
    }
}

impl Stamp {
    fn of(file: &File) -> Option<Self> {
        let metadata = file.metadata().ok()?;
        Some(Self {
            size: metadata.size(),
            mtime: metadata.mtime(),
            mtime_nsec: metadata.mtime_nsec(),
        })
    }
}

fn look_at_sqlite(
    c: &mut SqliteConnection,
    header: Option<&File>,
    known: &mut Option<SqliteState>,
    seen: &mut Option<LastScan>,
) -> QueryResult<Look> {
    if let (version, Some(seen)) = (sqlite_version(c)?, &seen)
        && known.is_some_and(|known| known.version == version)
    {
        return Ok(Look::Same(seen.generation));
    }
    let (state, last) = sqlite_state(c, header)?;
    let before = known.replace(state);
    Ok(compare(seen, last, |seen| {
        // What a connection of before would have told of writers is lost with it.
        before.is_none_or(|before| !is_scans_alone(before, state, last.id.saturating_sub(seen.id)))
    }))
}

/// Whether a number of scans of ours, and nobody else, made the one state of the other. Each writes a row of
/// `scans`, also where it changed nothing, and commits once.
fn is_scans_alone(before: SqliteState, state: SqliteState, scans: i64) -> bool {
    let (Some(before), Some(commits)) = (before.commits, state.commits) else {
        return false;
    };
    scans > 0 && i64::from(commits.wrapping_sub(before)) == scans
}

fn look_at_postgres(
    c: &mut PgConnection,
    url: &DatabaseUrl,
    seen: &mut Option<LastScan>,
) -> QueryResult<Look> {
    let state = postgres_schema_state(c)?;
    let last = postgres_last_scan(c, state)?;
    if seen.is_none() && has_memory(state) && !postgres_may_read(c, "scans")? {
        log::warn!(
            "this role may not read the table scans of {url}, so new scans go unnoticed \
             (GRANT SELECT ON scans, files TO ...)"
        );
    }
    Ok(compare(seen, last, |_| false))
}

/// What `last` means beside what was seen before; `is_other` tells states of one generation apart.
fn compare(
    seen: &mut Option<LastScan>,
    last: LastScan,
    is_other: impl Fn(LastScan) -> bool,
) -> Look {
    match seen.replace(last) {
        None => Look::First(last.generation),
        Some(seen)
            if seen.generation != last.generation || is_undone(seen, last) || is_other(seen) =>
        {
            Look::Changed(last.generation)
        }
        Some(_) => Look::Same(last.generation),
    }
}

/// Whether the scan that was seen is not in the past of `last`: numbers only grow, and none is given twice.
fn is_undone(seen: LastScan, last: LastScan) -> bool {
    last.id < seen.id || last.id == seen.id && last.started_ns != seen.started_ns
}

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

/// A number that is another one after each commit of another connection, in any journal mode.
fn sqlite_version(c: &mut SqliteConnection) -> QueryResult<i64> {
    let version: DataVersion = diesel::sql_query("PRAGMA data_version").get_result(c)?;
    Ok(version.data_version)
}

/// Both of one moment.
fn sqlite_state(
    c: &mut SqliteConnection,
    header: Option<&File>,
) -> QueryResult<(SqliteState, LastScan)> {
    c.transaction(|c| {
        let schema = sqlite_schema_state(c)?;
        let version = sqlite_version(c)?;
        // With the read lock that the first query took nobody writes to the file.
        let commits = header.and_then(commits);
        let state = SqliteState {
            version,
            commits,
            // In WAL mode a checkpoint writes to it at any time.
            stamp: commits.and(header).and_then(Stamp::of),
        };
        Ok::<_, DieselError>((state, sqlite_last_scan(c, schema)?))
    })
}

/// The file change counter in the header of a SQLite file, <https://www.sqlite.org/fileformat.html>.
fn commits(file: &File) -> Option<u32> {
    let mut header = [0; 28];
    file.read_exact_at(&mut header, 0).ok()?;
    let [.., one, two, three, four] = header;
    // The formats for writing and for reading: 1 with a rollback journal, 2 in WAL mode.
    let is_counted = header[18..20] == [1, 1];
    is_counted.then(|| u32::from_be_bytes([one, two, three, four]))
}

#[cfg(test)]
mod tests;
