//! Reading a library: the four tables as they stand at one moment, row by row.
//!
//! In: a connection. Out: every row, given to a [`Receiver`] as it comes, albums, artists and genres
//! before tracks. What stays true: all rows are of one state of the database, and none is held here.

use std::panic;
use std::sync::atomic::AtomicBool;
use std::thread;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;

use super::connection::{AnyConnection, Backend, read_error};
use super::error::DatabaseError;
use super::generation::{LibraryState, postgres_library_state, sqlite_library_state};
use super::migrations::{Incomplete, SchemaState, postgres_schema_state, sqlite_schema_state};
use super::receiver::Receiver;
use super::schema::{albums, artists, genres, tracks};
use super::second_reader::{Half, MANY, SecondReader};
use super::selection::{PostgresColumns, SqliteBytes, SqliteTexts, is_utf8};
use super::taking::Taking;
use super::url::DatabaseUrl;

/// Loads the whole library of one state: in one read transaction, or of a large SQLite file in two that see the same.
/// Without a disc column (a database of the original) every disc is `None`; without tables there is
/// nothing. Gives back which state that was, to load its details by.
///
/// # Errors
/// The tables cannot be read, some are missing and not others, or they hold an id that is none. What was
/// received by then is worth nothing.
pub fn load(
    connection: &mut AnyConnection,
    receiver: &mut impl Receiver,
) -> Result<LibraryState, DatabaseError> {
    load_in_halves(connection, receiver, MANY)
}

/// The same. Where the rowids of tracks in a SQLite file span so many, a second reader reads one half.
pub(super) fn load_in_halves(
    connection: &mut AnyConnection,
    receiver: &mut impl Receiver,
    many: i64,
) -> Result<LibraryState, DatabaseError> {
    let (url, file) = (&connection.url, connection.file);
    let loaded = match &mut connection.backend {
        Backend::Sqlite(c) => c.transaction(|c| {
            let schema = sqlite_schema_state(c)?.all_or_none()?;
            let state = sqlite_library_state(c, schema)?;
            let second = SecondReader::beside(c, url, file, many)?;
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
                lists_from_postgres(c, schema, &state, receiver)?;
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

/// All lists of a SQLite database. A second reader, if there is one, reads one half of each table that can be halved.
pub(super) fn lists_from_sqlite(
    c: &mut SqliteConnection,
    second: Option<SecondReader>,
    schema: SchemaState,
    state: &LibraryState,
    receiver: &mut impl Receiver,
) -> QueryResult<()> {
    let Some(disc) = disc(schema, "NULL") else {
        return Ok(());
    };
    receiver.generation(state.generation());
    match is_utf8(c)? {
        true => lists_from_bytes(c, second, disc, receiver),
        false => lists_from_texts(c, second, disc, receiver),
    }
}

/// All lists of a PostgreSQL database.
pub(super) fn lists_from_postgres(
    c: &mut PgConnection,
    schema: SchemaState,
    state: &LibraryState,
    receiver: &mut impl Receiver,
) -> QueryResult<()> {
    let Some(disc) = disc(schema, "NULL::integer") else {
        return Ok(());
    };
    receiver.generation(state.generation());
    lists_from_rows(c, None, disc, receiver)
}

/// What is selected as the disc, by how the database spells a number that is NULL; `None` where there are no tables.
fn disc(schema: SchemaState, null: &'static str) -> Option<&'static str> {
    match schema {
        SchemaState::Absent => None,
        SchemaState::Original => Some(null),
        _ => Some("tracks.disc"),
    }
}

/// One half of a query for all rows of a table; `None` is nothing.
macro_rules! half_of {
    ($all:expr, $half:expr, $connection:ty) => {{
        let all = $all.into_boxed::<<$connection as Connection>::Backend>();
        let rowid = |is, than| sql::<Bool>(is).bind::<BigInt, _>(than);
        match $half {
            Half::All => Some(all),
            Half::Nothing => None,
            Half::Before(end) => Some(all.filter(rowid("rowid < ", end))),
            Half::From(begin) => Some(all.filter(rowid("rowid >= ", begin))),
        }
    }};
}

/// The queries, once for all ways to select.
macro_rules! lists_from {
    ($name:ident, $connection:ty, $mode:ty, $selection:ty) => {
        fn $name<R: Receiver>(
            c: &mut $connection,
            second: Option<SecondReader<$connection>>,
            disc: &str,
            receiver: &mut R,
        ) -> QueryResult<()> {
            type Lists = Taking<$mode, $selection>;
            let has_failed = AtomicBool::new(false);
            let names = |c: &mut $connection, [albums, artists, genres]: [Half; 3]| {
                let named = <$selection>::named;
                let albums = half_of!(albums::table.select(named("albums")), albums, $connection);
                let artists = half_of!(
                    artists::table.select(named("artists")),
                    artists,
                    $connection
                );
                let genres = half_of!(genres::table.select(named("genres")), genres, $connection);
                QueryResult::Ok([
                    Lists::names::<_, _, R>(c, "albums", albums, &has_failed)?,
                    Lists::names::<_, _, R>(c, "artists", artists, &has_failed)?,
                    Lists::names::<_, _, R>(c, "genres", genres, &has_failed)?,
                ])
            };
            let tracks = |c: &mut $connection, half: Half, receiver: &R| {
                let all = tracks::table.select(<$selection>::track(disc));
                Lists::tracks(c, half_of!(all, half, $connection), &has_failed, receiver)
            };
            match second {
                None => {
                    let [albums, artists, genres] = names(c, [Half::All; 3])?;
                    receiver.albums(vec![albums]);
                    receiver.artists(vec![artists]);
                    receiver.genres(vec![genres]);
                    let taken = tracks(c, Half::All, receiver)?;
                    receiver.tracks(vec![taken]);
                }
                Some(SecondReader {
                    connection: mut other,
                    begins,
                }) => {
                    let begin = [begins.albums, begins.artists, begins.genres].map(Half::both);
                    let of_reader = |reader: usize| begin.map(|halves| halves[reader]);
                    let (mine, others) = both(
                        || names(c, of_reader(0)),
                        || names(&mut other, of_reader(1)),
                    );
                    let [mine, others] = [mine?, others?];
                    let [albums, artists, genres] = mine;
                    let [more_albums, more_artists, more_genres] = others;
                    receiver.albums(vec![albums, more_albums]);
                    receiver.artists(vec![artists, more_artists]);
                    receiver.genres(vec![genres, more_genres]);
                    let [half, rest] = Half::both(begins.tracks);
                    let (mine, others) = both(
                        || tracks(c, half, receiver),
                        || tracks(&mut other, rest, receiver),
                    );
                    receiver.tracks(vec![mine?, others?]);
                }
            }
            Ok(())
        }
    };
}

lists_from!(
    lists_from_bytes,
    SqliteConnection,
    DefaultLoadingMode,
    SqliteBytes
);
lists_from!(
    lists_from_texts,
    SqliteConnection,
    DefaultLoadingMode,
    SqliteTexts
);
lists_from!(
    lists_from_rows,
    PgConnection,
    PgRowByRowLoadingMode,
    PostgresColumns
);

/// Does one by this thread and the other by another one.
fn both<A, B: Send>(this: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let this = this();
        let other = other
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic));
        (this, other)
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place, library, loaded};
    use super::super::{Rows, open_for_scan, open_for_server, replace};
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
    fn texts_of_any_encoding_are_what_they_say() {
        let read = |encoding: &str, many| {
            let place = Place::new();
            place.run(&format!("PRAGMA encoding = '{encoding}'; {ORIGINAL}"));
            place.run(
                "INSERT INTO artists VALUES ('ABCDEF00-0000-0000-0000-00000000000A', 'Björk, 日本');
                 INSERT INTO albums VALUES ('abcdef000000000000000000000000ff', NULL);
                 INSERT INTO tracks SELECT '0000000000000000000000000000000' || value,
                 'A 𝄞 name' || replace(hex(zeroblob(20 * value)), '0', 'é'), -value, NULL,
                 1 << 40, NULL, 'abcdef0000000000000000000000000a', NULL
                 FROM (SELECT 2 AS value UNION SELECT 3)",
            );
            let mut rows = Rows::default();
            let mut connection = open_for_server(&place.url()).unwrap();
            load_in_halves(&mut connection, &mut rows, many).unwrap();
            rows
        };
        let rows = read("UTF-8", MANY);
        assert_eq!(rows.artists[0].name.as_deref(), Some("Björk, 日本"));
        assert_eq!(rows.tracks[2].artist_id, Some(rows.artists[0].id));
        let name = format!("A 𝄞 name{}", "é".repeat(120));
        assert_eq!(rows.tracks[2].name, Some(name));
        for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
            for many in [2, MANY] {
                assert_eq!(read(encoding, many), rows, "{encoding}");
            }
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_read_as_far_as_it_is_one() {
        let place = Place::new();
        place.run(ORIGINAL);
        place.run("UPDATE tracks SET name = CAST(x'41ff42' AS TEXT)");
        place.run("INSERT INTO genres VALUES ('00000000000000000000000000000007', x'4100ff')");
        let rows = loaded(&mut open_for_server(&place.url()).unwrap());
        assert_eq!(rows.tracks[0].name.as_deref(), Some("A\u{fffd}B"));
        assert_eq!(rows.genres[0].name.as_deref(), Some("A\0\u{fffd}"));
    }

    #[test]
    fn an_id_that_is_none_is_an_error_that_shows_where_it_is() {
        for (change, shown) in [
            (
                "INSERT INTO albums VALUES ('nonsense', 'x')",
                ["\"id\" of albums", "nonsense"],
            ),
            (
                "UPDATE tracks SET artist_id = 'none'",
                ["\"artist_id\" of tracks", "none"],
            ),
            ("UPDATE tracks SET id = 'x'", ["\"id\" of tracks", "\"x\""]),
            (
                "CREATE TABLE new (id, name); INSERT INTO new VALUES (NULL, 'x');
                 DROP TABLE genres; ALTER TABLE new RENAME TO genres",
                ["\"id\" of genres", "null"],
            ),
        ] {
            let place = Place::new();
            place.run(ORIGINAL);
            place.run(change);
            let mut connection = open_for_server(&place.url()).unwrap();
            let error = load(&mut connection, &mut Rows::default()).unwrap_err();
            let error = &error as &dyn std::error::Error;
            let chain: Vec<String> = std::iter::successors(Some(error), |e| e.source())
                .map(ToString::to_string)
                .collect();
            for shown in shown {
                assert!(chain.iter().any(|said| said.contains(shown)), "{chain:?}");
            }
        }
    }
}
