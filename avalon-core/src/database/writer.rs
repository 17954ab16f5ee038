//! The hand of a scan: what it reads and writes, whatever is behind it.
//!
//! In: a [`Hand`], which is a connection in the transaction of `update`, or a rehearsal. Out: the same
//! methods for both, with errors that name the database.

use diesel::result::{Error as DieselError, QueryResult};

use super::changes::{Changes, NameChanges};
use super::connection::read_error;
use super::error::DatabaseError;
use super::memory::{FileRow, IssueRow, RootRow, ScanRow, Spellings};
use super::recall::{LastScan, Recall};
use super::rows::Rows;
use super::url::DatabaseUrl;
use super::write::Record;
use crate::ids::TrackId;

/// What reads and writes.
pub(super) trait Hand: Recall + Record {}

impl<T: Recall + Record> Hand for T {}

/// Reads and writes for a scan, inside [`update`](super::update()) or [`rehearse`](super::rehearse()).
pub struct Writer<'c> {
    hand: &'c mut dyn Hand,
    url: &'c DatabaseUrl,
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
    /// A writer by that hand, into the database of that URL.
    pub(super) fn new(hand: &'c mut dyn Hand, url: &'c DatabaseUrl) -> Self {
        Self {
            hand,
            url,
            set_aside: Vec::new(),
        }
    }
}

impl Writer<'_> {
    fn written(&self, written: QueryResult<()>) -> Result<(), DatabaseError> {
        written.map_err(|source| write_error(self.url, source))
    }

    fn read<T>(&self, read: QueryResult<T>) -> Result<T, DatabaseError> {
        read.map_err(|source| read_error(self.url, source))
    }

    /// Every remembered file.
    ///
    /// # Errors
    /// [`DatabaseError::Read`], as of all that read.
    pub fn files(&mut self, on_file: &mut dyn FnMut(FileRow)) -> Result<(), DatabaseError> {
        let read = self.hand.files(on_file);
        self.read(read)
    }

    /// The spellings of every file that is a track, by the number of the file.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn spellings(
        &mut self,
        on_names: &mut dyn FnMut(i64, Spellings),
    ) -> Result<(), DatabaseError> {
        let read = self.hand.spellings(on_names);
        self.read(read)
    }

    /// The albums, artists and genres as they stand, without tracks.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn names(&mut self) -> Result<Rows, DatabaseError> {
        let read = self.hand.names();
        self.read(read)
    }

    /// The ids of all tracks: what an original's database knows of its files.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn track_ids(&mut self) -> Result<Vec<TrackId>, DatabaseError> {
        let read = self.hand.track_ids();
        self.read(read)
    }

    /// The number of tracks, and whether all are of our writing (none is, of the original's: it rewrites
    /// the whole library, and leaves our columns NULL).
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn tracks(&mut self) -> Result<(u64, bool), DatabaseError> {
        let count = self.hand.count_tracks();
        let others = self.hand.has_tracks_of_others();
        Ok((self.read(count)?, !self.read(others)?))
    }

    /// The roots of the last scan.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn roots(&mut self) -> Result<Vec<RootRow>, DatabaseError> {
        let read = self.hand.roots();
        self.read(read)
    }

    /// The issues as of the last scan, in their order.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn issues(&mut self) -> Result<Vec<IssueRow>, DatabaseError> {
        let read = self.hand.issues();
        self.read(read)
    }

    /// The last scan.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn last_scan(&mut self) -> Result<LastScan, DatabaseError> {
        let read = self.hand.last_scan();
        self.read(read)
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
