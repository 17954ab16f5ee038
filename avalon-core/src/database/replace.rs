//! Writing a library: everything out, everything in, in one transaction.
//!
//! In: [`Rows`]. Out: a database of the current schema that holds exactly them, or, after any error,
//! what it held before; on SQLite its schema is then as it was too.
//! Readers see the old library until the commit. Rows are never emptied by TRUNCATE, which would
//! show readers of an older snapshot on PostgreSQL an empty table.

use std::ops::ControlFlow;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

use super::connection::{
    AnyConnection, Backend, MigrationFailure, migrate_postgres, migrate_sqlite,
};
use super::error::DatabaseError;
use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
use super::schema::{albums, artists, genres, tracks};
use super::values::{StoredId, StoredNumber};

/// Rows that one COPY of PostgreSQL sends; the caller can stop the write between two of them.
const COPY_ROWS: usize = 10_000;

/// Replaces the library by `rows`, in a schema brought up to date. `on_row` is called with the number of rows written so far; when
/// it breaks, the transaction is rolled back.
///
/// # Errors
/// [`DatabaseError::Interrupted`] when `on_row` broke, [`DatabaseError::Write`] otherwise; in both
/// cases the library is as it was.
pub fn replace(
    connection: &mut AnyConnection,
    rows: &Rows,
    on_row: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), DatabaseError> {
    let mut progress = Progress { written: 0, on_row };
    let written = match &mut connection.backend {
        Backend::Sqlite(c) => c.immediate_transaction(|c| {
            migrate_sqlite(c)?;
            into_sqlite(c, rows, &mut progress)
        }),
        // In a transaction of its own: ALTER TABLE locks even readers out until the commit, which
        // must not be that of a long write.
        Backend::Postgres(c) => c
            .transaction(migrate_postgres)
            .map_err(WriteFailure::from)
            .and_then(|()| c.transaction(|c| into_postgres(c, rows, &mut progress))),
    };
    written.map_err(|failure| match failure {
        WriteFailure::Interrupted => DatabaseError::Interrupted,
        WriteFailure::Migration(failure) => failure.of(&connection.url),
        WriteFailure::Database(source) => DatabaseError::Write {
            url: connection.url.to_string(),
            source,
        },
    })
}

struct Progress<'a> {
    written: usize,
    on_row: &'a mut dyn FnMut(usize) -> ControlFlow<()>,
}

impl Progress<'_> {
    fn add(&mut self, rows: usize) -> Result<(), WriteFailure> {
        self.written += rows;
        match (self.on_row)(self.written) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(WriteFailure::Interrupted),
        }
    }
}

enum WriteFailure {
    Interrupted,
    Migration(MigrationFailure),
    Database(DieselError),
}

impl From<DieselError> for WriteFailure {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl From<MigrationFailure> for WriteFailure {
    fn from(failure: MigrationFailure) -> Self {
        Self::Migration(failure)
    }
}

/// The values of a row that has a name alone. A macro, since each table's columns are types of
/// their own.
macro_rules! named_values {
    ($table:ident, $row:expr) => {
        (
            $table::id.eq(StoredId::from($row.id)),
            $table::name.eq($row.name.as_deref()),
        )
    };
}

macro_rules! track_values {
    ($row:expr) => {
        (
            tracks::id.eq(StoredId::from($row.id)),
            tracks::name.eq($row.name.as_deref()),
            tracks::length.eq($row.length.map(StoredNumber)),
            tracks::track.eq($row.track.map(StoredNumber)),
            tracks::year.eq($row.year.map(StoredNumber)),
            tracks::album_id.eq($row.album_id.map(StoredId::from)),
            tracks::artist_id.eq($row.artist_id.map(StoredId::from)),
            tracks::genre_id.eq($row.genre_id.map(StoredId::from)),
            tracks::disc.eq($row.disc.map(StoredNumber)),
        )
    };
}

macro_rules! delete_everything {
    ($c:expr) => {{
        // Tracks first: they refer to the others.
        diesel::delete(tracks::table).execute($c)?;
        diesel::delete(albums::table).execute($c)?;
        diesel::delete(artists::table).execute($c)?;
        diesel::delete(genres::table).execute($c)?;
    }};
}

/// One prepared statement a table, run once a row: the fastest way into SQLite.
fn into_sqlite(
    c: &mut SqliteConnection,
    rows: &Rows,
    progress: &mut Progress<'_>,
) -> Result<(), WriteFailure> {
    macro_rules! insert {
        ($table:ident, $rows:expr, $row:ident => $values:expr) => {
            for $row in $rows {
                diesel::insert_into($table::table)
                    .values($values)
                    .execute(c)?;
                progress.add(1)?;
            }
        };
    }
    delete_everything!(c);
    insert!(albums, &rows.albums, row => named_values!(albums, row));
    insert!(artists, &rows.artists, row => named_values!(artists, row));
    insert!(genres, &rows.genres, row => named_values!(genres, row));
    insert!(tracks, &rows.tracks, row => track_values!(row));
    Ok(())
}

/// COPY in pieces: the fastest way into PostgreSQL.
fn into_postgres(
    c: &mut PgConnection,
    rows: &Rows,
    progress: &mut Progress<'_>,
) -> Result<(), WriteFailure> {
    macro_rules! copy {
        ($table:ident, $rows:expr, $row:ident: $type:ty => $values:expr) => {
            for piece in $rows.chunks(COPY_ROWS) {
                let values: Vec<_> = piece.iter().map(|$row: &$type| $values).collect();
                diesel::copy_from($table::table)
                    .from_insertable(&values)
                    .execute(c)?;
                progress.add(piece.len())?;
            }
        };
    }
    delete_everything!(c);
    copy!(albums, rows.albums, row: AlbumRow => named_values!(albums, row));
    copy!(artists, rows.artists, row: ArtistRow => named_values!(artists, row));
    copy!(genres, rows.genres, row: GenreRow => named_values!(genres, row));
    copy!(tracks, rows.tracks, row: TrackRow => track_values!(row));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place, library};
    use super::super::{load, open_for_scan, open_for_server};
    use super::*;

    #[test]
    fn a_stopped_write_leaves_the_library_as_it_was() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One", "Two"]);
        replace(&mut connection, &old, &mut |_| ControlFlow::Continue(())).unwrap();

        let new = library(&["Three", "Four", "Five"]);
        let mut stop_at_the_fifth = |written| match written {
            5 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let error = replace(&mut connection, &new, &mut stop_at_the_fifth).unwrap_err();
        assert!(matches!(error, DatabaseError::Interrupted), "{error:?}");
        assert_eq!(load(&mut connection).unwrap(), old);
    }

    #[test]
    fn a_stopped_write_leaves_a_database_of_the_original_without_our_schema() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = std::fs::read(place.path()).unwrap();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let stopped = replace(&mut connection, &library(&["One"]), &mut |_| {
            ControlFlow::Break(())
        });
        assert!(
            matches!(stopped, Err(DatabaseError::Interrupted)),
            "{stopped:?}"
        );
        drop(connection);
        assert_eq!(std::fs::read(place.path()).unwrap(), before);
    }

    #[test]
    fn readers_see_the_old_library_until_the_commit() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One"]);
        replace(&mut connection, &old, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut seen = Vec::new();
        let mut look = |_| {
            let mut reader = open_for_server(&place.url()).unwrap();
            seen.push(load(&mut reader).unwrap());
            ControlFlow::Continue(())
        };
        replace(&mut connection, &library(&["Two", "Three"]), &mut look).unwrap();
        assert!(seen.len() > 2 && seen.iter().all(|rows| *rows == old));
    }

    #[test]
    fn a_failed_write_leaves_the_library_as_it_was() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One"]);
        replace(&mut connection, &old, &mut |_| ControlFlow::Continue(())).unwrap();
        let twice = library(&["Two", "Two"]);
        let error =
            replace(&mut connection, &twice, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(error, DatabaseError::Write { .. }), "{error:?}");
        assert_eq!(load(&mut connection).unwrap(), old);
    }

    #[test]
    fn a_database_of_the_original_gets_what_it_lacks_and_keeps_the_rest() {
        let place = Place::new();
        place.run(ORIGINAL);
        let mut connection = open_for_scan(&place.url()).unwrap();
        let rows = library(&["One", "Two"]);
        replace(&mut connection, &rows, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(
            load(&mut open_for_server(&place.url()).unwrap()).unwrap(),
            rows
        );
        // What the original's scanner does to it.
        place.run(
            "DELETE FROM tracks;
             INSERT INTO tracks (id, name, length, track, year, album_id, artist_id, genre_id)
             VALUES ('00000000000000000000000000000002', 'x', 1, 2, 3, NULL, NULL, NULL);",
        );
        let after = load(&mut open_for_server(&place.url()).unwrap()).unwrap();
        assert_eq!((after.tracks.len(), after.tracks[0].disc), (1, None));
    }
}
