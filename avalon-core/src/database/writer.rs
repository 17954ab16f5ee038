//! The hand of a scan: what it reads and writes, whatever is behind it.
//!
//! In: a [`Hand`], which is a connection in the transaction of `update`, or a rehearsal. Out: the same
//! methods for both, with errors that name the database.

use diesel::result::{Error as DieselError, QueryResult};

use super::changes::{Changes, NameChanges};
use super::connection::{is_busy, read_error};
use super::error::DatabaseError;
use super::memory::{FileRow, IssueRow, RootRow, ScanRow, Spellings};
use super::recall::{LastScan, Recall};
use super::rows::Rows;
use super::url::DatabaseUrl;
use super::waiting::{Stop, WRITER, wait_for};
use super::write::Record;
use crate::ids::TrackId;

/// What reads and writes.
pub(super) trait Hand: Recall + Record {}

impl<T: Recall + Record> Hand for T {}

/// Reads and writes for a scan, inside [`update`](super::update()) or [`rehearse`](super::rehearse()).
pub struct Writer<'c> {
    hand: &'c mut dyn Hand,
    url: &'c DatabaseUrl,
    stop: Stop<'c>,
    /// Statements that make the indexes anew that [`Writer::set_indexes_aside`] dropped.
    set_aside: Vec<String>,
}

pub(super) fn write_error(url: &DatabaseUrl, source: DieselError) -> DatabaseError {
    DatabaseError::Write {
        url: url.to_string(),
        source,
    }
}

impl<'c> Writer<'c> {
    /// A writer by that hand, into the database of that URL; it waits for others until `stop` says to.
    pub(super) fn new(hand: &'c mut dyn Hand, url: &'c DatabaseUrl, stop: Stop<'c>) -> Self {
        Self {
            hand,
            url,
            stop,
            set_aside: Vec::new(),
        }
    }
}

impl Writer<'_> {
    fn written(&self, written: QueryResult<()>) -> Result<(), DatabaseError> {
        written.map_err(|source| write_error(self.url, source))
    }

    /// Reads when nobody keeps us from it: in a rehearsal others may, whose lock comes before the first
    /// row and never between two.
    fn read<T>(
        &mut self,
        mut read: impl FnMut(&mut dyn Hand) -> QueryResult<T>,
    ) -> Result<T, DatabaseError> {
        wait_for(WRITER, self.stop, || match read(&mut *self.hand) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_busy(&error) => Ok(None),
            Err(error) => Err(read_error(self.url, error)),
        })
    }

    /// Every remembered file.
    ///
    /// # Errors
    /// [`DatabaseError::Read`], as of all that read.
    pub fn files(&mut self, on_file: &mut dyn FnMut(FileRow)) -> Result<(), DatabaseError> {
        self.read(|hand| hand.files(on_file))
    }

    /// The spellings of every file that is a track, by the number of the file.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn spellings(
        &mut self,
        on_names: &mut dyn FnMut(i64, Spellings),
    ) -> Result<(), DatabaseError> {
        self.read(|hand| hand.spellings(on_names))
    }

    /// The albums, artists and genres as they stand, without tracks.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn names(&mut self) -> Result<Rows, DatabaseError> {
        self.read(|hand| hand.names())
    }

    /// The ids of all tracks: what an original's database knows of its files.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn track_ids(&mut self) -> Result<Vec<TrackId>, DatabaseError> {
        self.read(|hand| hand.track_ids())
    }

    /// The number of tracks, and whether all are of our writing (none is, of the original's: it rewrites
    /// the whole library, and leaves our columns NULL).
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn tracks(&mut self) -> Result<(u64, bool), DatabaseError> {
        let count = self.read(|hand| hand.count_tracks())?;
        let has_others = self.read(|hand| hand.has_tracks_of_others())?;
        Ok((count, !has_others))
    }

    /// The roots of the last scan.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn roots(&mut self) -> Result<Vec<RootRow>, DatabaseError> {
        self.read(|hand| hand.roots())
    }

    /// The issues as of the last scan, in their order.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn issues(&mut self) -> Result<Vec<IssueRow>, DatabaseError> {
        self.read(|hand| hand.issues())
    }

    /// The last scan.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn last_scan(&mut self) -> Result<LastScan, DatabaseError> {
        self.read(|hand| hand.last_scan())
    }

    /// Empties the library and what is remembered of its files.
    ///
    /// # Errors
    /// [`DatabaseError::Write`], as of all that write.
    pub fn clear(&mut self) -> Result<(), DatabaseError> {
        let cleared = self.hand.clear();
        self.written(cleared)
    }

    /// Says that a whole library is about to be written into empty tables: SQLite then makes the
    /// indexes of tracks after it, sorted, in less than half of the time that it takes to keep them
    /// up row by row. On PostgreSQL that would shut readers out, so they stay.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_indexes_aside(&mut self) -> Result<(), DatabaseError> {
        let dropped = self.hand.drop_indexes();
        let dropped = dropped.map(|statements| self.set_aside.extend(statements));
        self.written(dropped)
    }

    /// Makes the indexes that were set aside, before the commit.
    pub(super) fn restore_indexes(&mut self) -> Result<(), DatabaseError> {
        let made = self.hand.make_indexes(&self.set_aside);
        self.written(made)
    }

    /// Writes one step.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn write(&mut self, changes: &Changes) -> Result<(), DatabaseError> {
        let written = self.hand.write(changes);
        self.written(written)
    }

    /// Gives albums, artists and genres new spellings, and deletes those of no track.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn rename(&mut self, changes: &NameChanges) -> Result<(), DatabaseError> {
        let renamed = self.hand.rename(changes);
        self.written(renamed)
    }

    /// Says of files when they were first seen.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_added(&mut self, files: &[(i64, i64)]) -> Result<(), DatabaseError> {
        let set = self.hand.set_added(files);
        self.written(set)
    }

    /// Says of tracks that their files moved elsewhere ([`SPENT`](super::SPENT)).
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_spent(&mut self, files: &[i64]) -> Result<(), DatabaseError> {
        let set = self.hand.set_spent(files);
        self.written(set)
    }

    /// Replaces the remembered roots.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_roots(&mut self, roots: &[RootRow]) -> Result<(), DatabaseError> {
        let set = self.hand.set_roots(roots);
        self.written(set)
    }

    /// Replaces the remembered issues.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_issues(&mut self, issues: &[IssueRow]) -> Result<(), DatabaseError> {
        let set = self.hand.set_issues(issues);
        self.written(set)
    }

    /// Notes a scan, and forgets those before the last hundred.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn add_scan(&mut self, scan: &ScanRow) -> Result<(), DatabaseError> {
        let added = self.hand.add_scan(scan);
        self.written(added)
    }
}
