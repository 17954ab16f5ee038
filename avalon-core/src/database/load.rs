//! Reading a library: the four tables as they stand at one moment, row by row.
//!
//! In: a connection. Out: every row, given to a [`Receiver`] as it comes, albums, artists and genres
//! before tracks. What stays true: all rows are of one state of the database, and no more than a few
//! thousand are held here at a time.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;

use super::connection::{AnyConnection, Backend, read_error};
use super::each_row::{each_row, each_row_of_all};
use super::error::DatabaseError;
use super::generation::{LibraryState, postgres_library_state, sqlite_library_state};
use super::migrations::{Incomplete, SchemaState, postgres_schema_state, sqlite_schema_state};
use super::read_track::ReadTrack;
use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
use super::schema::{albums, artists, genres, tracks};
use super::second_reader::{MANY, SecondReader};
use super::url::DatabaseUrl;
use super::values::{StoredId, StoredNumber, StoredText};
use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// What a load gives its rows to.
pub trait Receiver {
    /// The generation of the library, before all rows; 0 is that of a database of the original. It is not
    /// told where there are no tables.
    fn generation(&mut self, generation: i64);
    /// An album; `None` is a name that is NULL, as of all that follow.
    fn album(&mut self, id: AlbumId, name: Option<&str>);
    /// An artist.
    fn artist(&mut self, id: ArtistId, name: Option<&str>);
    /// A genre.
    fn genre(&mut self, id: GenreId, name: Option<&str>);
    /// A track, after all of the others; in no order.
    fn track(&mut self, track: &LoadedTrack<'_>);
}

/// A row of `tracks` on its way, like [`TrackRow`].
#[derive(Clone, Copy, Debug)]
pub struct LoadedTrack<'a> {
    /// Made of the path of the file.
    pub id: TrackId,
    /// The title.
    pub name: Option<&'a str>,
    /// Whole seconds.
    pub length: Option<i64>,
    /// Number on its disc.
    pub track: Option<i64>,
    /// Year of the recording.
    pub year: Option<i64>,
    /// Number of the disc; `None` in a database of the original.
    pub disc: Option<i64>,
    /// The row of `albums` it belongs to.
    pub album_id: Option<AlbumId>,
    /// The row of `artists` it belongs to.
    pub artist_id: Option<ArtistId>,
    /// The row of `genres` it belongs to.
    pub genre_id: Option<GenreId>,
}

type Named = (StoredId, Option<StoredText>);

/// Loads the whole library of one state: in one read transaction, or of a large SQLite file in two that see the same.
/// Without a disc column (a database of the original) every disc is `None`; without tables there is
/// nothing. Gives back which state that was, to load its details by.
///
/// # Errors
/// The tables cannot be read, some are missing and not others, or they hold an id that is none. What was
/// received by then is worth nothing.
pub fn load(
    connection: &mut AnyConnection,
    receiver: &mut dyn Receiver,
) -> Result<LibraryState, DatabaseError> {
    load_in_halves(connection, receiver, MANY)
}

/// The same. Where the rowids of tracks in a SQLite file span so many, a second reader reads one half.
pub(super) fn load_in_halves(
    connection: &mut AnyConnection,
    receiver: &mut dyn Receiver,
    many: i64,
) -> Result<LibraryState, DatabaseError> {
    let (url, file) = (&connection.url, connection.file);
    let loaded = match &mut connection.backend {
        Backend::Sqlite(c) => c.transaction(|c| {
            let schema = sqlite_schema_state(c)?.all_or_none()?;
            let state = sqlite_library_state(c, schema)?;
            let mut second = SecondReader::beside(c, url, file, many)?;
            let second = second
                .as_mut()
                .map(|SecondReader { connection, begin }| (connection, *begin));
            lists_from_sqlite(c, second, schema, &state, receiver)?;
            Ok::<_, LoadFailure>(state)
        }),
        // Under READ COMMITTED, PostgreSQL's default, each SELECT would see a state of its own.
        Backend::Postgres(c) => c
            .build_transaction()
            .repeatable_read()
            .read_only()
            .run(|c| {
                let schema = postgres_schema_state(c)?.all_or_none()?;
                let state = postgres_library_state(c, schema)?;
                lists_from_postgres(c, None, schema, &state, receiver)?;
                Ok::<_, LoadFailure>(state)
            }),
    };
    loaded.map_err(|failure| failure.of(&connection.url))
}

/// Why a load failed: a query, or the tables are not those of a library.
pub(super) enum LoadFailure {
    Query(DieselError),
    Incomplete(Incomplete),
    /// There are none, and there were to be.
    Gone,
}

impl LoadFailure {
    pub(super) fn of(self, url: &DatabaseUrl) -> DatabaseError {
        match self {
            Self::Query(source) => read_error(url, source),
            Self::Incomplete(incomplete) => incomplete.of(url),
            Self::Gone => DatabaseError::Gone {
                url: url.to_string(),
            },
        }
    }
}

impl From<DieselError> for LoadFailure {
    fn from(error: DieselError) -> Self {
        Self::Query(error)
    }
}

impl From<Incomplete> for LoadFailure {
    fn from(incomplete: Incomplete) -> Self {
        Self::Incomplete(incomplete)
    }
}

/// Which tracks a reader reads.
enum Half {
    Both,
    /// Those with smaller rowids.
    Before(i64),
    /// Those from this rowid on.
    From(i64),
}

/// The query for some columns of them.
macro_rules! tracks_of {
    ($half:expr, $columns:expr, $connection:ty) => {{
        let all = tracks::table.select($columns);
        let all = all.into_boxed::<<$connection as Connection>::Backend>();
        match $half {
            Half::Both => all,
            Half::Before(end) => all.filter(sql::<Bool>("rowid < ").bind::<BigInt, _>(end)),
            Half::From(begin) => all.filter(sql::<Bool>("rowid >= ").bind::<BigInt, _>(begin)),
        }
    }};
}

/// The queries, once for both backends. A second reader, if there is one, reads the tracks from a rowid on.
macro_rules! load_from {
    ($name:ident, $connection:ty, $mode:ty) => {
        pub(super) fn $name(
            c: &mut $connection,
            second: Option<(&mut $connection, i64)>,
            schema: SchemaState,
            state: &LibraryState,
            receiver: &mut dyn Receiver,
        ) -> QueryResult<()> {
            if schema == SchemaState::Absent {
                return Ok(());
            }
            receiver.generation(state.generation());
            each_row::<$mode, Named, _, _>(c, albums::table, |(id, name)| {
                receiver.album(id.into(), name.as_deref());
            })?;
            each_row::<$mode, Named, _, _>(c, artists::table, |(id, name)| {
                receiver.artist(id.into(), name.as_deref());
            })?;
            each_row::<$mode, Named, _, _>(c, genres::table, |(id, name)| {
                receiver.genre(id.into(), name.as_deref());
            })?;
            let take = |row: ReadTrack| receiver.track(&loaded(&row));
            let first = match second {
                None => Half::Both,
                Some((_, begin)) => Half::Before(begin),
            };
            let second = second.map(|(c, begin)| (c, Half::From(begin)));
            let readers = [(c, first)].into_iter().chain(second);
            if schema == SchemaState::Original {
                let all =
                    readers.map(|(c, half)| (c, tracks_of!(half, ORIGINAL_COLUMNS, $connection)));
                each_row_of_all::<$mode, ReadTrack, _, _>(all, take)
            } else {
                let columns = (ORIGINAL_COLUMNS, tracks::disc);
                let all = readers.map(|(c, half)| (c, tracks_of!(half, columns, $connection)));
                each_row_of_all::<$mode, ReadTrack, _, _>(all, take)
            }
        }
    };
}

load_from!(lists_from_sqlite, SqliteConnection, DefaultLoadingMode);
load_from!(lists_from_postgres, PgConnection, PgRowByRowLoadingMode);

/// The columns of `tracks` that the original has, in the order of [`ReadTrack`].
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

fn loaded(record: &ReadTrack) -> LoadedTrack<'_> {
    let plain = |stored: Option<StoredNumber>| stored.map(|stored| stored.0);
    LoadedTrack {
        id: record.id.into(),
        name: record.name.as_deref(),
        length: plain(record.length),
        track: plain(record.track),
        year: plain(record.year),
        disc: plain(record.disc),
        album_id: record.album_id.map(Into::into),
        artist_id: record.artist_id.map(Into::into),
        genre_id: record.genre_id.map(Into::into),
    }
}

impl Receiver for Rows {
    fn generation(&mut self, generation: i64) {
        self.generation = generation;
    }

    fn album(&mut self, id: AlbumId, name: Option<&str>) {
        let name = name.map(str::to_owned);
        self.albums.push(AlbumRow { id, name });
    }

    fn artist(&mut self, id: ArtistId, name: Option<&str>) {
        let name = name.map(str::to_owned);
        self.artists.push(ArtistRow { id, name });
    }

    fn genre(&mut self, id: GenreId, name: Option<&str>) {
        let name = name.map(str::to_owned);
        self.genres.push(GenreRow { id, name });
    }

    fn track(&mut self, track: &LoadedTrack<'_>) {
        self.tracks.push(TrackRow {
            id: track.id,
            name: track.name.map(str::to_owned),
            length: track.length,
            track: track.track,
            year: track.year,
            disc: track.disc,
            album_id: track.album_id,
            artist_id: track.artist_id,
            genre_id: track.genre_id,
        });
    }
}

impl Rows {
    /// Gives every row to a receiver, as [`load`] does with those of a database.
    pub fn give(&self, receiver: &mut dyn Receiver) {
        receiver.generation(self.generation);
        for row in &self.albums {
            receiver.album(row.id, row.name.as_deref());
        }
        for row in &self.artists {
            receiver.artist(row.id, row.name.as_deref());
        }
        for row in &self.genres {
            receiver.genre(row.id, row.name.as_deref());
        }
        for row in &self.tracks {
            receiver.track(&LoadedTrack {
                id: row.id,
                name: row.name.as_deref(),
                length: row.length,
                track: row.track,
                year: row.year,
                disc: row.disc,
                album_id: row.album_id,
                artist_id: row.artist_id,
                genre_id: row.genre_id,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place, library, loaded};
    use super::super::{open_for_scan, open_for_server, replace};
    use super::*;

    #[test]
    fn what_was_written_is_loaded() {
        let place = Place::new();
        let rows = library(&["One", "Two\u{301}", ""]);
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &rows).unwrap();
        let mut reader = open_for_server(&place.url()).unwrap();
        assert_eq!(loaded(&mut reader), rows);
    }

    #[test]
    fn the_server_makes_the_schema_where_there_is_none() {
        let place = Place::new();
        let mut connection = open_for_server(&place.url()).unwrap();
        assert_eq!(loaded(&mut connection), Rows::default());
    }

    #[test]
    fn a_database_of_the_original_is_served_as_it_stands() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = std::fs::read(place.path()).unwrap();
        let rows = loaded(&mut open_for_server(&place.url()).unwrap());
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
        let error = load(
            &mut open_for_server(&place.url()).unwrap(),
            &mut Rows::default(),
        )
        .unwrap_err();
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
