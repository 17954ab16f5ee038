//! Writing a library: pieces of it, as a scan finds them.
//!
//! In: a [`Writer`], and [`Changes`] one after another, names, and what the scanner wants to remember.
//! Out: rows. They are never emptied by TRUNCATE, which would show readers of an older snapshot on
//! PostgreSQL an empty table.
//!
//! What stays true: tracks never refer to an album, artist or genre that is not there. On SQLite
//! that rests on the order of the writes alone (foreign keys are off for a scan, which halves its
//! cost); PostgreSQL checks it.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use super::changes::{Changes, NameChanges};
use super::connection::AnyConnection;
use super::details::SoundProperties;
use super::error::DatabaseError;
use super::insert::{NewAlbum, NewArtist, NewFile, NewGenre, NewTrack};
use super::memory::{IssueRow, RootRow, ScanRow, shown};
use super::record::{DetailColumns, TrackRecord};
use super::rows::{Rows, TrackRow};
use super::schema::{albums, artists, files, genres, scan_issues, scan_roots, scans, tracks};
use super::transaction::{End, Inner, Writer, on_writer, update, write_error};
use super::values::StoredId;

/// Rows that one COPY or one DELETE of PostgreSQL takes.
const PIECE: usize = 10_000;

/// Scans that are remembered.
const SCANS_KEPT: i64 = 100;

impl Writer<'_> {
    fn done(&self, written: QueryResult<()>) -> Result<(), DatabaseError> {
        written.map_err(|source| write_error(self.url, source))
    }

    /// Empties the library and what is remembered of its files.
    ///
    /// # Errors
    /// [`DatabaseError::Write`], as of all that follow.
    pub fn clear(&mut self) -> Result<(), DatabaseError> {
        let cleared = on_writer!(self, c => c.clear());
        self.done(cleared)
    }

    /// Says that a whole library is about to be written into empty tables: SQLite then makes the
    /// indexes of tracks after it, sorted, in less than half of the time that it takes to keep them
    /// up row by row. On PostgreSQL that would shut readers out.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_indexes_aside(&mut self) -> Result<(), DatabaseError> {
        let Inner::Sqlite(c) = &mut self.inner else {
            return Ok(());
        };
        let dropped = drop_indexes(c).map(|statements| self.set_aside = statements);
        self.done(dropped)
    }

    /// Makes the indexes that were set aside, before the commit.
    pub(super) fn restore_indexes(&mut self) -> QueryResult<()> {
        for statement in self.set_aside.drain(..) {
            on_writer!(self, c => diesel::sql_query(statement).execute(*c))?;
        }
        Ok(())
    }

    /// Writes one step.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn write(&mut self, changes: &Changes) -> Result<(), DatabaseError> {
        let written = match &mut self.inner {
            Inner::Sqlite(c) => into_sqlite(c, changes),
            Inner::Postgres(c) => into_postgres(c, changes),
        };
        self.done(written)
    }

    /// Gives albums, artists and genres new spellings, and deletes those of no track.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn rename(&mut self, changes: &NameChanges) -> Result<(), DatabaseError> {
        let renamed = on_writer!(self, c => c.rename(changes));
        self.done(renamed)
    }

    /// Says of files when they were first seen.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_added(&mut self, files: &[(i64, i64)]) -> Result<(), DatabaseError> {
        let set = on_writer!(self, c => c.set_added(files));
        self.done(set)
    }

    /// Replaces the remembered roots.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_roots(&mut self, roots: &[RootRow]) -> Result<(), DatabaseError> {
        let set = on_writer!(self, c => c.set_roots(roots));
        self.done(set)
    }

    /// Replaces the remembered issues.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn set_issues(&mut self, issues: &[IssueRow]) -> Result<(), DatabaseError> {
        let set = on_writer!(self, c => c.set_issues(issues));
        self.done(set)
    }

    /// Notes a scan, and forgets those before the last hundred.
    ///
    /// # Errors
    /// [`DatabaseError::Write`].
    pub fn add_scan(&mut self, scan: &ScanRow) -> Result<(), DatabaseError> {
        let added = on_writer!(self, c => c.add_scan(scan));
        self.done(added)
    }
}

/// What is written alike on both backends. diesel's types are those of one backend each, so it is a
/// macro that says it once.
trait Statements {
    fn clear(&mut self) -> QueryResult<()>;
    fn rename(&mut self, changes: &NameChanges) -> QueryResult<()>;
    fn set_added(&mut self, files: &[(i64, i64)]) -> QueryResult<()>;
    fn set_roots(&mut self, roots: &[RootRow]) -> QueryResult<()>;
    fn set_issues(&mut self, issues: &[IssueRow]) -> QueryResult<()>;
    fn add_scan(&mut self, scan: &ScanRow) -> QueryResult<()>;
}

macro_rules! statements {
    ($connection:ty) => {
        impl Statements for $connection {
            fn clear(&mut self) -> QueryResult<()> {
                // Tracks first: they refer to the others.
                diesel::delete(tracks::table).execute(self)?;
                diesel::delete(albums::table).execute(self)?;
                diesel::delete(artists::table).execute(self)?;
                diesel::delete(genres::table).execute(self)?;
                diesel::delete(files::table).execute(self)?;
                Ok(())
            }

            fn rename(&mut self, changes: &NameChanges) -> QueryResult<()> {
                macro_rules! rename {
                    ($table:ident, $renamed:expr, $gone:expr) => {
                        for row in $renamed {
                            let this = $table::table.find(StoredId::from(row.id));
                            let name = $table::name.eq(row.name.as_deref());
                            diesel::update(this).set(name).execute(self)?;
                        }
                        for id in $gone {
                            let this = $table::table.find(StoredId::from(*id));
                            diesel::delete(this).execute(self)?;
                        }
                    };
                }
                rename!(albums, &changes.albums, &changes.gone_albums);
                rename!(artists, &changes.artists, &changes.gone_artists);
                rename!(genres, &changes.genres, &changes.gone_genres);
                Ok(())
            }

            fn set_added(&mut self, files: &[(i64, i64)]) -> QueryResult<()> {
                for (id, added) in files {
                    let this = files::table.find(id);
                    let set = files::added_ns.eq(added);
                    diesel::update(this).set(set).execute(self)?;
                }
                Ok(())
            }

            fn set_roots(&mut self, roots: &[RootRow]) -> QueryResult<()> {
                diesel::delete(scan_roots::table).execute(self)?;
                for (id, root) in (1_i64..).zip(roots) {
                    let values = (
                        scan_roots::id.eq(id),
                        scan_roots::typed.eq(&root.typed),
                        scan_roots::key.eq(&root.key),
                        scan_roots::absolute.eq(&root.absolute),
                        scan_roots::path_text.eq(shown(&root.absolute)),
                        scan_roots::is_mount_point.eq(root.is_mount_point),
                    );
                    diesel::insert_into(scan_roots::table)
                        .values(values)
                        .execute(self)?;
                }
                Ok(())
            }

            fn set_issues(&mut self, issues: &[IssueRow]) -> QueryResult<()> {
                diesel::delete(scan_issues::table).execute(self)?;
                for (id, issue) in (1_i64..).zip(issues) {
                    let values = (
                        scan_issues::id.eq(id),
                        scan_issues::path.eq(&issue.path),
                        scan_issues::path_text.eq(shown(&issue.path)),
                        scan_issues::kind.eq(&issue.kind),
                        scan_issues::message.eq(issue.message.replace('\0', "\u{fffd}")),
                    );
                    diesel::insert_into(scan_issues::table)
                        .values(values)
                        .execute(self)?;
                }
                Ok(())
            }

            fn add_scan(&mut self, scan: &ScanRow) -> QueryResult<()> {
                let values = (
                    scans::id.eq(scan.id),
                    scans::generation.eq(scan.generation),
                    scans::version.eq(&scan.version),
                    scans::scope.eq(&scan.scope),
                    scans::roots.eq(&scan.roots),
                    scans::started_ns.eq(scan.started_ns),
                    scans::seconds.eq(scan.seconds),
                    scans::seen.eq(scan.seen.cast_signed()),
                    scans::read.eq(scan.read.cast_signed()),
                    scans::unchanged.eq(scan.unchanged.cast_signed()),
                    scans::added.eq(scan.added.cast_signed()),
                    scans::changed.eq(scan.changed.cast_signed()),
                    scans::moved.eq(scan.moved.cast_signed()),
                    scans::removed.eq(scan.removed.cast_signed()),
                    scans::tracks.eq(scan.tracks.cast_signed()),
                    scans::skipped.eq(scan.skipped.cast_signed()),
                    scans::warnings.eq(scan.warnings.cast_signed()),
                    scans::other.eq(scan.other.cast_signed()),
                );
                diesel::insert_into(scans::table)
                    .values(values)
                    .execute(self)?;
                let old = scans::table.filter(scans::id.le(scan.id - SCANS_KEPT));
                diesel::delete(old).execute(self)?;
                Ok(())
            }
        }
    };
}

statements!(SqliteConnection);
statements!(PgConnection);

/// An index as SQLite remembers it.
#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Drops the indexes of tracks, all but that of its key; what makes them again.
fn drop_indexes(c: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let indexes: Vec<Index> = diesel::sql_query(
        "SELECT name, sql FROM sqlite_master \
         WHERE type = 'index' AND tbl_name = 'tracks' AND sql IS NOT NULL ORDER BY name",
    )
    .load(c)?;
    for index in &indexes {
        let name = index.name.replace('"', "\"\"");
        diesel::sql_query(format!("DROP INDEX \"{name}\"")).execute(c)?;
    }
    Ok(indexes.into_iter().map(|index| index.sql).collect())
}

/// One prepared statement a table, run once a row: the fastest way into SQLite.
fn into_sqlite(c: &mut SqliteConnection, changes: &Changes) -> QueryResult<()> {
    macro_rules! insert {
        ($new:ident, $rows:expr) => {
            for row in $rows {
                $new::from(row).execute(c)?;
            }
        };
    }
    for id in &changes.gone_tracks {
        diesel::delete(tracks::table.find(StoredId::from(*id))).execute(c)?;
    }
    for id in &changes.gone_files {
        diesel::delete(files::table.find(id)).execute(c)?;
    }
    insert!(NewAlbum, &changes.albums);
    insert!(NewArtist, &changes.artists);
    insert!(NewGenre, &changes.genres);
    insert!(NewTrack, &changes.tracks);
    insert!(NewFile, &changes.files);
    Ok(())
}

/// COPY in pieces: the fastest way into PostgreSQL.
fn into_postgres(c: &mut PgConnection, changes: &Changes) -> QueryResult<()> {
    macro_rules! copy {
        ($table:ident, $new:ident, $rows:expr) => {
            for piece in $rows.chunks(PIECE) {
                let values: Vec<_> = piece.iter().map($new::from).collect();
                diesel::copy_from($table::table)
                    .from_insertable(&values)
                    .execute(c)?;
            }
        };
    }
    for ids in changes.gone_tracks.chunks(PIECE) {
        let ids: Vec<StoredId> = ids.iter().copied().map(StoredId::from).collect();
        diesel::delete(tracks::table.filter(tracks::id.eq_any(ids))).execute(c)?;
    }
    for ids in changes.gone_files.chunks(PIECE) {
        diesel::delete(files::table.filter(files::id.eq_any(ids))).execute(c)?;
    }
    copy!(albums, NewAlbum, changes.albums);
    copy!(artists, NewArtist, changes.artists);
    copy!(genres, NewGenre, changes.genres);
    copy!(tracks, NewTrack, changes.tracks);
    copy!(files, NewFile, changes.files);
    Ok(())
}

/// Replaces the library by rows that no scan found: what benchmarks and tests serve.
///
/// # Errors
/// [`DatabaseError`]; the library is then as it was.
pub fn replace(connection: &mut AnyConnection, rows: &Rows) -> Result<(), DatabaseError> {
    update(connection, |writer| {
        writer.clear()?;
        writer.set_indexes_aside()?;
        writer.write(&Changes {
            albums: rows.albums.clone(),
            artists: rows.artists.clone(),
            genres: rows.genres.clone(),
            ..Changes::default()
        })?;
        for piece in rows.tracks.chunks(PIECE) {
            writer.write(&Changes {
                tracks: piece.iter().map(bare).collect(),
                ..Changes::default()
            })?;
        }
        Ok(End::Commit(()))
    })
}

/// A track of which no more is known than the original knew.
fn bare(row: &TrackRow) -> TrackRecord {
    TrackRecord {
        row: row.clone(),
        details: DetailColumns::default(),
        sound: SoundProperties::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place, library};
    use super::super::{load, open_for_scan, open_for_server};
    use super::*;

    #[test]
    fn what_fails_in_the_middle_leaves_the_library_as_it_was() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One", "Two"]);
        replace(&mut connection, &old).unwrap();
        let stopped = update(
            &mut connection,
            |writer| -> Result<End<()>, DatabaseError> {
                writer.clear()?;
                let (tracks, _) = writer.tracks()?;
                assert_eq!(tracks, 0);
                Ok(End::RollBack(()))
            },
        );
        stopped.unwrap();
        assert_eq!(load(&mut connection).unwrap(), old);
        let twice = library(&["Two", "Two"]);
        let error = replace(&mut connection, &twice).unwrap_err();
        assert!(matches!(error, DatabaseError::Write { .. }), "{error:?}");
        assert_eq!(load(&mut connection).unwrap(), old);
    }

    #[test]
    fn indexes_that_were_set_aside_are_there_after_the_commit() {
        let indexes = |connection: &mut AnyConnection| {
            let names = |writer: &mut Writer<'_>| {
                let Inner::Sqlite(c) = &mut writer.inner else {
                    panic!("no SQLite");
                };
                let listed = diesel::sql_query(
                    "SELECT name, sql FROM sqlite_master \
                     WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
                );
                let indexes: Vec<Index> = listed.load(*c).unwrap();
                let text = |index: Index| format!("{}: {}", index.name, index.sql);
                let texts: Vec<String> = indexes.into_iter().map(text).collect();
                Ok::<_, DatabaseError>(End::RollBack(texts))
            };
            update(connection, names).unwrap()
        };
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&["One"])).unwrap();
        place.run("CREATE INDEX \"an\"\"other\" ON tracks (name) WHERE name > 'M'");
        let before = indexes(&mut connection);
        assert_eq!(before.len(), 4, "{before:?}");
        let rows = library(&["One", "Two"]);
        replace(&mut connection, &rows).unwrap();
        assert_eq!(indexes(&mut connection), before);
        let stopped = update(&mut connection, |writer| {
            writer.set_indexes_aside()?;
            Ok::<_, DatabaseError>(End::RollBack(()))
        });
        stopped.unwrap();
        assert_eq!(indexes(&mut connection), before);
        place.run("PRAGMA integrity_check");
        assert_eq!(load(&mut connection).unwrap(), rows);
    }

    #[test]
    fn a_roll_back_leaves_a_database_of_the_original_without_our_schema() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = std::fs::read(place.path()).unwrap();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let rolled_back = update(&mut connection, |writer| {
            writer.clear()?;
            Ok::<_, DatabaseError>(End::RollBack(()))
        });
        rolled_back.unwrap();
        drop(connection);
        assert_eq!(std::fs::read(place.path()).unwrap(), before);
    }

    #[test]
    fn readers_see_the_old_library_until_the_commit() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One"]);
        replace(&mut connection, &old).unwrap();
        let seen = || load(&mut open_for_server(&place.url()).unwrap()).unwrap();
        let written = update(&mut connection, |writer| {
            writer.clear()?;
            assert_eq!(seen(), old);
            let tracks = library(&["Two", "Three"]).tracks;
            let tracks = tracks.iter().map(bare).collect();
            writer.write(&Changes {
                tracks,
                ..Changes::default()
            })?;
            assert_eq!(seen(), old);
            Ok::<_, DatabaseError>(End::Commit(()))
        });
        written.unwrap();
        assert_eq!(seen().tracks.len(), 2);
    }

    #[test]
    fn a_database_of_the_original_gets_what_it_lacks_and_keeps_the_rest() {
        let place = Place::new();
        place.run(ORIGINAL);
        let mut connection = open_for_scan(&place.url()).unwrap();
        let is_ours = |writer: &mut Writer<'_>| -> Result<End<_>, DatabaseError> {
            Ok(End::RollBack(writer.tracks()?))
        };
        assert_eq!(update(&mut connection, is_ours).unwrap(), (1, false));
        let rows = library(&["One", "Two"]);
        replace(&mut connection, &rows).unwrap();
        assert_eq!(update(&mut connection, is_ours).unwrap(), (2, true));
        let loaded = load(&mut open_for_server(&place.url()).unwrap()).unwrap();
        assert_eq!(loaded, rows);
        // What the original's scanner does to it.
        place.run(
            "DELETE FROM tracks;
             INSERT INTO tracks (id, name, length, track, year, album_id, artist_id, genre_id)
             VALUES ('00000000000000000000000000000002', 'x', 1, 2, 3, NULL, NULL, NULL);",
        );
        let after = load(&mut open_for_server(&place.url()).unwrap()).unwrap();
        assert_eq!((after.tracks.len(), after.tracks[0].disc), (1, None));
        assert_eq!(update(&mut connection, is_ours).unwrap(), (1, false));
    }
}
