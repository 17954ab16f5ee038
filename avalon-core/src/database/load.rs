//! Reading a library: the four tables as they stand at one moment.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::connection::{AnyConnection, Backend, read_error};
use super::error::DatabaseError;
use super::generation::{postgres_last_scan, sqlite_last_scan};
use super::migrations::{SchemaState, postgres_schema_state, sqlite_schema_state};
use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
use super::schema::{albums, artists, genres, tracks};
use super::values::{StoredId, StoredNumber};

type Named = (StoredId, Option<String>);
type OriginalTrack = (
    StoredId,
    Option<String>,
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<StoredId>,
    Option<StoredId>,
    Option<StoredId>,
);

/// Loads the whole library in one read transaction, so that all four tables are of one state.
/// Without a disc column (a database of the original) every disc is `None`; without tables there is
/// nothing.
///
/// # Errors
/// The tables cannot be read, or hold an id that is none.
pub fn load(connection: &mut AnyConnection) -> Result<Rows, DatabaseError> {
    let loaded = match &mut connection.backend {
        Backend::Sqlite(c) => c.transaction(|c| match sqlite_schema_state(c)? {
            SchemaState::Absent => Ok(Rows::default()),
            state => from_sqlite(c, state),
        }),
        // Under READ COMMITTED, PostgreSQL's default, each SELECT would see a state of its own.
        Backend::Postgres(c) => {
            c.build_transaction().repeatable_read().read_only().run(
                |c| match postgres_schema_state(c)? {
                    SchemaState::Absent => Ok(Rows::default()),
                    state => from_postgres(c, state),
                },
            )
        }
    };
    loaded.map_err(|source| read_error(&connection.url, source))
}

/// The queries, once for both backends.
macro_rules! load_from {
    ($name:ident, $connection:ty, $last_scan:ident) => {
        fn $name(c: &mut $connection, state: SchemaState) -> QueryResult<Rows> {
            Ok(Rows {
                generation: $last_scan(c, state)?.generation,
                albums: named(albums::table.load::<Named>(c)?, |id, name| AlbumRow {
                    id: id.into(),
                    name,
                }),
                artists: named(artists::table.load::<Named>(c)?, |id, name| ArtistRow {
                    id: id.into(),
                    name,
                }),
                genres: named(genres::table.load::<Named>(c)?, |id, name| GenreRow {
                    id: id.into(),
                    name,
                }),
                tracks: if state != SchemaState::Original {
                    let all: Vec<(OriginalTrack, Option<StoredNumber>)> = tracks::table
                        .select((ORIGINAL_COLUMNS, tracks::disc))
                        .load(c)?;
                    all.into_iter()
                        .map(|(track, disc)| row(track, disc))
                        .collect()
                } else {
                    let all: Vec<OriginalTrack> = tracks::table.select(ORIGINAL_COLUMNS).load(c)?;
                    all.into_iter().map(|track| row(track, None)).collect()
                },
            })
        }
    };
}

load_from!(from_sqlite, SqliteConnection, sqlite_last_scan);
load_from!(from_postgres, PgConnection, postgres_last_scan);

/// The columns of `tracks` that the original has, in the order of [`OriginalTrack`].
const ORIGINAL_COLUMNS: (
    tracks::id,
    tracks::name,
    tracks::length,
    tracks::track,
    tracks::year,
    tracks::album_id,
    tracks::artist_id,
    tracks::genre_id,
) = (
    tracks::id,
    tracks::name,
    tracks::length,
    tracks::track,
    tracks::year,
    tracks::album_id,
    tracks::artist_id,
    tracks::genre_id,
);

fn named<Row>(all: Vec<Named>, row: impl Fn(StoredId, Option<String>) -> Row) -> Vec<Row> {
    all.into_iter().map(|(id, name)| row(id, name)).collect()
}

fn row(track: OriginalTrack, disc: Option<StoredNumber>) -> TrackRow {
    let (id, name, length, number, year, album_id, artist_id, genre_id) = track;
    let plain = |stored: StoredNumber| stored.0;
    TrackRow {
        id: id.into(),
        name,
        length: length.map(plain),
        track: number.map(plain),
        year: year.map(plain),
        disc: disc.map(plain),
        album_id: album_id.map(Into::into),
        artist_id: artist_id.map(Into::into),
        genre_id: genre_id.map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place, library};
    use super::super::{open_for_scan, open_for_server, replace};
    use super::*;

    #[test]
    fn what_was_written_is_loaded() {
        let place = Place::new();
        let rows = library(&["One", "Two\u{301}", ""]);
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &rows).unwrap();
        let mut reader = open_for_server(&place.url()).unwrap();
        assert_eq!(load(&mut reader).unwrap(), rows);
    }

    #[test]
    fn the_server_makes_the_schema_where_there_is_none() {
        let place = Place::new();
        let mut connection = open_for_server(&place.url()).unwrap();
        assert_eq!(load(&mut connection).unwrap(), Rows::default());
    }

    #[test]
    fn a_database_of_the_original_is_served_as_it_stands() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = std::fs::read(place.path()).unwrap();
        let rows = load(&mut open_for_server(&place.url()).unwrap()).unwrap();
        assert_eq!(rows.tracks.len(), 1);
        assert_eq!(rows.tracks[0].track, Some(4_294_967_296));
        assert_eq!((rows.tracks[0].year, rows.tracks[0].disc), (None, None));
        assert_eq!(
            std::fs::read(place.path()).unwrap(),
            before,
            "the file is untouched"
        );
    }

    #[test]
    fn an_id_that_is_none_is_an_error_that_shows_it() {
        let place = Place::new();
        place.run(ORIGINAL);
        place.run("INSERT INTO albums VALUES ('nonsense', 'x')");
        let error = load(&mut open_for_server(&place.url()).unwrap()).unwrap_err();
        let error = &error as &dyn std::error::Error;
        let chain: Vec<String> = std::iter::successors(Some(error), |e| e.source())
            .map(ToString::to_string)
            .collect();
        assert!(
            chain.iter().any(|said| said.contains("nonsense")),
            "{chain:?}"
        );
    }
}
