//! A scan that only says what it would do.
//!
//! In: a [`DatabaseUrl`], of which nothing needs to exist. Out: what the body makes of it. What stays
//! true: nothing is written, neither the database nor a file or folder beside it, and no right to write
//! is needed; what a scan reads is what it would read in the transaction of `update`.

use diesel::result::QueryResult;

use super::changes::{Changes, NameChanges};
use super::connection::{AnyConnection, Backend, is_busy, read_error, set_busy_timeout};
use super::encoding::require_unicode;
use super::error::DatabaseError;
use super::memory::{FileRow, IssueRow, RootRow, ScanRow, Spellings};
use super::migrations::SchemaState;
use super::recall::{LastScan, Recall};
use super::rows::Rows;
use super::scan_lock::{lock_file_if_there, lock_session};
use super::url::DatabaseUrl;
use super::waiting::{ATTEMPT, WRITER, wait_for};
use super::write::Record;
use super::writer::Writer;
use crate::ids::TrackId;

/// Runs `body` on what is there, and lets what it writes go nowhere. Other scans are kept out where
/// that can be done without writing. Where others keep it from reading, it waits until they do not, or
/// `stop` says to stop.
///
/// # Errors
/// The caller's, or [`DatabaseError`].
pub fn rehearse<T, E: From<DatabaseError>>(
    url: &DatabaseUrl,
    stop: &dyn Fn() -> bool,
    body: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let _lock = match url.sqlite_path() {
        Some(path) => lock_file_if_there(path)?,
        None => None,
    };
    let mut connection = AnyConnection::connect_to_read(url)?;
    let mut rehearsal = match &mut connection {
        None => Rehearsal::default(),
        Some(connection) => {
            match &mut connection.backend {
                Backend::Sqlite(c) => {
                    let set = set_busy_timeout(c, ATTEMPT);
                    set.map_err(|source| read_error(url, source))?;
                }
                Backend::Postgres(c) => {
                    require_unicode(url, c)?;
                    lock_session(url, c)?;
                }
            }
            let state = wait_for(WRITER, stop, || match connection.schema_state() {
                Ok(state) => Ok(Some(state)),
                Err(error) if is_busy(&error) => Ok(None),
                Err(error) => Err(read_error(url, error)),
            })?;
            let state = state.all_or_none();
            let state = state.map_err(|incomplete| incomplete.of(url))?;
            Rehearsal {
                state,
                there: Some(match &mut connection.backend {
                    Backend::Sqlite(c) => c,
                    Backend::Postgres(c) => c,
                }),
                is_cleared: false,
            }
        }
    };
    body(&mut Writer::new(&mut rehearsal, url, stop))
}

/// A database as a scan would find it, each read for itself: a transaction of the length of a scan would
/// keep others from writing.
struct Rehearsal<'c> {
    there: Option<&'c mut dyn Recall>,
    state: SchemaState,
    is_cleared: bool,
}

impl Default for Rehearsal<'_> {
    fn default() -> Self {
        Self {
            there: None,
            state: SchemaState::Absent,
            is_cleared: false,
        }
    }
}

impl<'c> Rehearsal<'c> {
    /// The tables of the library, unless they are missing or cleared.
    fn library(&mut self) -> Option<&mut (dyn Recall + 'c)> {
        let is_there = self.state != SchemaState::Absent && !self.is_cleared;
        self.there.as_deref_mut().filter(|_| is_there)
    }

    /// The tables of the scanner, unless some are missing: the others are made anew then.
    fn memory(&mut self) -> Option<&mut (dyn Recall + 'c)> {
        let is_there = self.state >= SchemaState::Memory;
        self.there.as_deref_mut().filter(|_| is_there)
    }
}

impl Recall for Rehearsal<'_> {
    fn files(&mut self, on_file: &mut dyn FnMut(FileRow)) -> QueryResult<()> {
        let is_cleared = self.is_cleared;
        let there = self.memory().filter(|_| !is_cleared);
        there.map_or(Ok(()), |there| there.files(on_file))
    }

    fn spellings(&mut self, on_names: &mut dyn FnMut(i64, Spellings)) -> QueryResult<()> {
        let is_cleared = self.is_cleared;
        let there = self.memory().filter(|_| !is_cleared);
        there.map_or(Ok(()), |there| there.spellings(on_names))
    }

    fn names(&mut self) -> QueryResult<Rows> {
        self.library().map_or(Ok(Rows::default()), Recall::names)
    }

    fn track_ids(&mut self) -> QueryResult<Vec<TrackId>> {
        self.library().map_or(Ok(Vec::new()), Recall::track_ids)
    }

    fn count_tracks(&mut self) -> QueryResult<u64> {
        self.library().map_or(Ok(0), Recall::count_tracks)
    }

    fn has_tracks_of_others(&mut self) -> QueryResult<bool> {
        if self.state < SchemaState::Details {
            // Without our columns there is nothing of our writing.
            return Ok(self.count_tracks()? > 0);
        }
        self.library()
            .map_or(Ok(false), Recall::has_tracks_of_others)
    }

    fn roots(&mut self) -> QueryResult<Vec<RootRow>> {
        let read = match self.state {
            SchemaState::Current => Recall::roots,
            _ => Recall::roots_without_links,
        };
        self.memory().map_or(Ok(Vec::new()), read)
    }

    fn roots_without_links(&mut self) -> QueryResult<Vec<RootRow>> {
        self.roots()
    }

    fn issues(&mut self) -> QueryResult<Vec<IssueRow>> {
        self.memory().map_or(Ok(Vec::new()), Recall::issues)
    }

    fn last_scan(&mut self) -> QueryResult<LastScan> {
        self.memory()
            .map_or(Ok(LastScan::default()), Recall::last_scan)
    }
}

impl Record for Rehearsal<'_> {
    fn drop_indexes(&mut self) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn make_indexes(&mut self, _: &[String]) -> QueryResult<()> {
        Ok(())
    }

    fn write(&mut self, _: &Changes) -> QueryResult<()> {
        Ok(())
    }

    fn clear(&mut self) -> QueryResult<()> {
        self.is_cleared = true;
        Ok(())
    }

    fn rename(&mut self, _: &NameChanges) -> QueryResult<()> {
        Ok(())
    }

    fn set_added(&mut self, _: &[(i64, i64)]) -> QueryResult<()> {
        Ok(())
    }

    fn set_spent(&mut self, _: &[i64]) -> QueryResult<()> {
        Ok(())
    }

    fn set_roots(&mut self, _: &[RootRow]) -> QueryResult<()> {
        Ok(())
    }

    fn set_issues(&mut self, _: &[IssueRow]) -> QueryResult<()> {
        Ok(())
    }

    fn add_scan(&mut self, _: &ScanRow) -> QueryResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::connection::SimpleConnection;
    use diesel::{Connection, SqliteConnection};

    use super::super::migrations::revert_sqlite;
    use super::super::samples::{ORIGINAL, Place, library};
    use super::super::{End, open_for_scan, replace, update_until};
    use super::*;

    /// What a scan reads at first, and again after it has cleared the library.
    fn reads(writer: &mut Writer<'_>) -> Result<String, DatabaseError> {
        let mut all = String::new();
        for _ in 0..2 {
            let mut files = Vec::new();
            writer.files(&mut |row| files.push(row.path))?;
            let mut spellings = Vec::new();
            writer.spellings(&mut |id, names| spellings.push((id, names)))?;
            let names = writer.names()?;
            let (ids, tracks) = (writer.track_ids()?, writer.tracks()?);
            let (roots, issues) = (writer.roots()?, writer.issues()?);
            let last = writer.last_scan()?;
            all += &format!("{files:?} {spellings:?} {names:?} {ids:?} {tracks:?} ");
            all += &format!("{roots:?} {issues:?} {last:?}\n");
            writer.clear()?;
        }
        Ok(all)
    }

    #[test]
    fn a_rehearsal_reads_what_a_scan_reads_and_writes_nothing() {
        let ours = |place: &Place| {
            let mut connection = open_for_scan(&place.url()).unwrap();
            replace(&mut connection, &library(&["One", "Two"])).unwrap();
            place.run(
                "INSERT INTO files VALUES
                     (1, x'61', 'a', 'track', 1, 2, 3, 4, 5, 6, 7, NULL, 8, 'x', 'A', 'B', 'C');
                 INSERT INTO scan_roots (id, typed, key, absolute, path_text, is_mount_point)
                 VALUES (1, x'2f', x'2f', x'2f', '/', 1);
                 INSERT INTO scan_issues VALUES (1, x'62', 'b', 'damaged', 'it is');
                 INSERT INTO scans VALUES
                     (7, 3, '1', 'full', '[]', 1, 1.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
            );
        };
        type Make<'m> = &'m dyn Fn(&Place);
        let reverted = |steps: usize| {
            move |place: &Place| {
                ours(place);
                let mut c = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
                (0..steps).for_each(|_| revert_sqlite(&mut c));
            }
        };
        let without = |statements: &'static str| {
            move |place: &Place| {
                ours(place);
                place.run(statements);
            }
        };
        let cases: [(&str, Make<'_>); 15] = [
            ("nothing", &|_| {}),
            ("an empty file", &|place| {
                fs::write(place.path(), "").unwrap();
            }),
            ("the original's", &|place| place.run(ORIGINAL)),
            ("an older one of ours", &|place| {
                place.run(ORIGINAL);
                place.run("ALTER TABLE tracks ADD COLUMN disc INTEGER");
            }),
            ("ours", &ours),
            ("six migrations of ours", &reverted(1)),
            ("five", &reverted(2)),
            ("four", &reverted(3)),
            ("three", &reverted(4)),
            ("two", &reverted(5)),
            ("one", &reverted(6)),
            ("none", &reverted(7)),
            (
                "ours without memory",
                &without(
                    "DROP TABLE files; DROP TABLE scan_roots; DROP TABLE scans;
                     DROP TABLE scan_issues",
                ),
            ),
            ("ours without scans", &without("DROP TABLE scans")),
            (
                "ours without a library",
                &without(
                    "DROP TABLE tracks; DROP TABLE albums; DROP TABLE artists; DROP TABLE genres",
                ),
            ),
        ];
        for (case, make) in cases {
            let place = Place::new();
            make(&place);
            let folder = place.path().parent().unwrap().to_owned();
            let there = || {
                let mut names: Vec<_> = fs::read_dir(&folder)
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name())
                    .collect();
                names.sort();
                (names, fs::read(place.path()).ok())
            };
            let before = there();
            let rehearsed: Result<_, DatabaseError> = rehearse(&place.url(), &|| false, reads);
            assert_eq!(there(), before, "{case}");
            if case == "an older one of ours" {
                // The migrations that it lacks cannot be made up by a test.
                place.run("ALTER TABLE tracks DROP COLUMN disc");
            }
            let mut connection = open_for_scan(&place.url()).unwrap();
            let read = update_until(&mut connection, &|| false, |writer| {
                Ok::<_, DatabaseError>(End::RollBack(reads(writer)?))
            });
            assert_eq!(rehearsed.unwrap(), read.unwrap(), "{case}");
            replace(&mut connection, &library(&["Three"])).unwrap();
            assert_eq!(connection.schema_state(), Ok(SchemaState::Current));
        }
    }

    #[test]
    fn a_rehearsal_does_not_keep_others_from_writing() {
        let place = Place::new();
        place.run(ORIGINAL);
        let rehearsed: Result<_, DatabaseError> = rehearse(&place.url(), &|| false, |writer| {
            writer.tracks()?;
            place.run("DELETE FROM tracks");
            writer.tracks()
        });
        assert_eq!(rehearsed.unwrap(), (0, true));
    }

    #[test]
    fn a_rehearsal_that_waits_for_others_can_be_stopped() {
        let place = Place::new();
        place.run(ORIGINAL);
        let mut other = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
        let tracks = |writer: &mut Writer<'_>| {
            writer.tracks()?;
            other.batch_execute("BEGIN EXCLUSIVE").unwrap();
            writer.tracks()
        };
        let stopped = rehearse(&place.url(), &|| true, tracks).unwrap_err();
        assert!(
            matches!(stopped, DatabaseError::Stopped { .. }),
            "{stopped}"
        );
        let tracks = |writer: &mut Writer<'_>| writer.tracks();
        let stopped = rehearse(&place.url(), &|| true, tracks).unwrap_err();
        assert!(
            matches!(stopped, DatabaseError::Stopped { .. }),
            "{stopped}"
        );
        let other = std::cell::Cell::new(Some(other));
        let let_go = || {
            drop(other.take());
            false
        };
        let waited: Result<_, DatabaseError> = rehearse(&place.url(), &let_go, tracks);
        assert_eq!(waited.unwrap(), (1, false));
    }

    #[test]
    fn a_file_of_any_name_is_found() {
        let place = Place::new();
        for name in ["plain", "a b?mode=rw#c%25%é", "file:x", "'\"&="] {
            let url = DatabaseUrl::SqliteFile(place.path().with_file_name(name));
            replace(&mut open_for_scan(&url).unwrap(), &library(&["One"])).unwrap();
            let tracks = |writer: &mut Writer<'_>| writer.tracks();
            let tracks: Result<_, DatabaseError> = rehearse(&url, &|| false, tracks);
            assert_eq!(tracks.unwrap(), (1, true), "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_unless_it_would_be_made() {
        let place = Place::new();
        let path = place.path().with_file_name("share").join("avalon.sqlite");
        let tracks = |writer: &mut Writer<'_>| writer.tracks();
        let error =
            rehearse(&DatabaseUrl::SqliteFile(path.clone()), &|| false, tracks).unwrap_err();
        assert!(error.to_string().contains("there is no folder"), "{error}");
        let tracks: Result<_, DatabaseError> =
            rehearse(&DatabaseUrl::SqliteDefault(path.clone()), &|| false, tracks);
        assert_eq!(tracks.unwrap(), (0, true));
        assert!(!path.parent().unwrap().exists());
    }
}
