//! Reading a library: the four tables as they stand at one moment.
//!
//! In: a connection. Out: every row, given to a [`Receiver`] as it comes, albums, artists and genres
//! before tracks. What stays true: all rows are of one state of the database, and none is held here.

use std::panic;
use std::sync::Once;
use std::sync::atomic::AtomicBool;
use std::thread;

use diesel::connection::DefaultLoadingMode;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sqlite::SqliteConnection;

use super::connection::{AnyConnection, Backend, read_error};
use super::error::DatabaseError;
use super::file::Identity;
use super::generation::{LibraryState, postgres_library_state, sqlite_library_state};
use super::leaves::Leaves;
use super::migrations::{Incomplete, SchemaState, postgres_schema_state, sqlite_schema_state};
use super::receiver::Receiver;
use super::second_reader::second_reader;
use super::selection::{Disc, PostgresColumns, SqliteColumns, select_names, select_tracks};
use super::taking::{TakesNames, TakesTracks, each_row_of};
use super::url::DatabaseUrl;

/// Pages of tracks from which on a second reader is worth a connection: some 30,000 tracks.
const MANY: usize = 1000;

/// The tables of names, in the order in which readers read them.
const TABLES_OF_NAMES: [&str; 3] = ["albums", "artists", "genres"];

/// That it was told that tracks are selected: it is so at every load.
static SELECTED: Once = Once::new();

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

/// The same. Where a SQLite file has so many pages of tracks, a second reader reads one half.
pub(super) fn load_in_halves(
    connection: &mut AnyConnection,
    receiver: &mut impl Receiver,
    many: usize,
) -> Result<LibraryState, DatabaseError> {
    let (url, file) = (&connection.url, connection.file);
    let loaded = match &mut connection.backend {
        Backend::Sqlite(c) => c.transaction(|c| {
            let schema = sqlite_schema_state(c)?.all_or_none()?;
            let state = sqlite_library_state(c, schema)?;
            let beside = Beside { url, file, many };
            lists_from_sqlite(c, Some(&beside), schema, &state, receiver)?;
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

/// Where a second reader may be connected to, and how many pages of tracks there must be for it.
pub(super) struct Beside<'a> {
    url: &'a DatabaseUrl,
    file: Option<Identity>,
    many: usize,
}

/// Reads the rows that are its part, or all of them.
trait Reader {
    /// Albums, artists and genres.
    fn names<R: Receiver>(&mut self, has_failed: &AtomicBool) -> QueryResult<[R::Names; 3]>;
    /// Tracks.
    fn tracks<R: Receiver>(
        &mut self,
        has_failed: &AtomicBool,
        receiver: &R,
    ) -> QueryResult<R::Tracks>;
}

/// Reads its part of a SQLite database.
struct SqliteReader<'a> {
    c: &'a mut SqliteConnection,
    disc: Disc,
    /// Of the tables of names in their order.
    names: [Part; 3],
    tracks: Part,
}

/// Reads all of a PostgreSQL database.
struct PostgresReader<'a> {
    c: &'a mut PgConnection,
    disc: Disc,
}

/// What a reader reads of a table.
enum Part {
    /// Every row, by a SELECT.
    Selected,
    /// What is in these pages.
    Leaves(Leaves),
    Nothing,
}

impl Part {
    /// What the first reader reads and what a second one does, if there is one.
    fn both(leaves: Option<Leaves>, has_second: bool) -> [Self; 2] {
        match leaves {
            None => [Self::Selected, Self::Nothing],
            Some(leaves) if has_second => leaves.halves().map(Self::Leaves),
            Some(leaves) => [Self::Leaves(leaves), Self::Nothing],
        }
    }
}

/// All lists of a SQLite database, by a second reader, too, where there may be one beside and it is worth it.
pub(super) fn lists_from_sqlite(
    c: &mut SqliteConnection,
    beside: Option<&Beside<'_>>,
    schema: SchemaState,
    state: &LibraryState,
    receiver: &mut impl Receiver,
) -> QueryResult<()> {
    let Some(disc) = disc(schema) else {
        return Ok(());
    };
    receiver.generation(state.generation());
    let [albums, artists, genres] = TABLES_OF_NAMES.map(|table| Leaves::of_names(c, table));
    let tracks = Leaves::of_tracks(c, disc)?;
    if tracks.is_none() {
        SELECTED.call_once(|| {
            log::info!(
                "Tracks are selected row by row, which takes longer than to read pages: it is their table, its encoding, \
                 or how SQLite was built (docs/installation.md)"
            );
        });
    }
    let count = tracks.as_ref().map_or(0, Leaves::len);
    let mut second = match beside {
        Some(beside) if count >= beside.many => second_reader(c, beside.url, beside.file)?,
        _ => None,
    };
    let both = |leaves| Part::both(leaves, second.is_some());
    let [albums, more_albums] = both(albums?);
    let [artists, more_artists] = both(artists?);
    let [genres, more_genres] = both(genres?);
    let [tracks, more_tracks] = both(tracks);
    let first = SqliteReader {
        c,
        disc,
        names: [albums, artists, genres],
        tracks,
    };
    let second = second.as_mut().map(|c| SqliteReader {
        c,
        disc,
        names: [more_albums, more_artists, more_genres],
        tracks: more_tracks,
    });
    let mut readers = vec![first];
    readers.extend(second);
    lists_from(&mut readers, receiver)
}

/// All lists of a PostgreSQL database.
pub(super) fn lists_from_postgres(
    c: &mut PgConnection,
    schema: SchemaState,
    state: &LibraryState,
    receiver: &mut impl Receiver,
) -> QueryResult<()> {
    let Some(disc) = disc(schema) else {
        return Ok(());
    };
    receiver.generation(state.generation());
    lists_from(&mut [PostgresReader { c, disc }], receiver)
}

/// What there is of discs; `None` where there are no tables.
fn disc(schema: SchemaState) -> Option<Disc> {
    match schema {
        SchemaState::Absent => None,
        SchemaState::Original => Some(Disc::Unknown),
        _ => Some(Disc::Column),
    }
}

/// All lists, of which each reader reads its part.
fn lists_from<R: Receiver>(
    readers: &mut [impl Reader + Send],
    receiver: &mut R,
) -> QueryResult<()> {
    let has_failed = AtomicBool::new(false);
    let names = by_all(readers, |reader| reader.names::<R>(&has_failed))?;
    let (mut albums, mut artists, mut genres) = (Vec::new(), Vec::new(), Vec::new());
    for [of_albums, of_artists, of_genres] in names {
        albums.push(of_albums);
        artists.push(of_artists);
        genres.push(of_genres);
    }
    receiver.albums(albums);
    receiver.artists(artists);
    receiver.genres(genres);
    let tracks = by_all(readers, |reader| reader.tracks(&has_failed, &*receiver))?;
    receiver.tracks(tracks);
    Ok(())
}

/// What each reader reads, the first by this thread and any other by one of its own.
fn by_all<Rd: Reader + Send, T: Send>(
    readers: &mut [Rd],
    read: impl Fn(&mut Rd) -> QueryResult<T> + Sync,
) -> QueryResult<Vec<T>> {
    let Some((first, others)) = readers.split_first_mut() else {
        return Ok(Vec::new());
    };
    let read = &read;
    thread::scope(|scope| {
        let others = others.iter_mut();
        let others: Vec<_> = others
            .map(|other| scope.spawn(move || read(other)))
            .collect();
        let first = read(first);
        let others = others.into_iter().map(|other| {
            let read = other.join();
            read.unwrap_or_else(|panic| panic::resume_unwind(panic))
        });
        std::iter::once(first).chain(others).collect()
    })
}

impl Reader for SqliteReader<'_> {
    fn names<R: Receiver>(&mut self, has_failed: &AtomicBool) -> QueryResult<[R::Names; 3]> {
        let mut taken = <[R::Names; 3]>::default();
        for ((taken, table), part) in taken.iter_mut().zip(TABLES_OF_NAMES).zip(&self.names) {
            *taken = match part {
                Part::Nothing => continue,
                Part::Leaves(leaves) => leaves.names::<R>(self.c, has_failed)?,
                Part::Selected => {
                    let mut takes = TakesNames::<SqliteColumns, R>::new(table);
                    let query = diesel::sql_query(select_names(table));
                    each_row_of::<DefaultLoadingMode, _, _>(self.c, query, has_failed, &mut takes)?;
                    takes.taken
                }
            };
        }
        Ok(taken)
    }

    fn tracks<R: Receiver>(
        &mut self,
        has_failed: &AtomicBool,
        receiver: &R,
    ) -> QueryResult<R::Tracks> {
        match &self.tracks {
            Part::Nothing => Ok(R::Tracks::default()),
            Part::Leaves(leaves) => leaves.tracks(self.c, self.disc, has_failed, receiver),
            Part::Selected => {
                let mut takes = TakesTracks::<SqliteColumns, R>::new(receiver);
                let query = diesel::sql_query(select_tracks(self.disc));
                each_row_of::<DefaultLoadingMode, _, _>(self.c, query, has_failed, &mut takes)?;
                Ok(takes.taken)
            }
        }
    }
}

impl Reader for PostgresReader<'_> {
    fn names<R: Receiver>(&mut self, has_failed: &AtomicBool) -> QueryResult<[R::Names; 3]> {
        let mut taken = <[R::Names; 3]>::default();
        for (taken, table) in taken.iter_mut().zip(TABLES_OF_NAMES) {
            let mut takes = TakesNames::<PostgresColumns, R>::new(table);
            let query = diesel::sql_query(select_names(table));
            each_row_of::<PgRowByRowLoadingMode, _, _>(self.c, query, has_failed, &mut takes)?;
            *taken = takes.taken;
        }
        Ok(taken)
    }

    fn tracks<R: Receiver>(
        &mut self,
        has_failed: &AtomicBool,
        receiver: &R,
    ) -> QueryResult<R::Tracks> {
        let mut takes = TakesTracks::<PostgresColumns, R>::new(receiver);
        let query = diesel::sql_query(select_tracks(self.disc));
        each_row_of::<PgRowByRowLoadingMode, _, _>(self.c, query, has_failed, &mut takes)?;
        Ok(takes.taken)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::receiver::LoadedTrack;
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
            for many in [0, MANY] {
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

    /// What is loaded, with two readers where there are so many pages of tracks.
    fn loaded_in_halves(
        connection: &mut AnyConnection,
        many: usize,
    ) -> Result<Rows, DatabaseError> {
        let mut rows = Rows::default();
        load_in_halves(connection, &mut rows, many)?;
        rows.tracks.sort_by_key(|row| row.id);
        rows.artists.sort_by_key(|row| row.id);
        Ok(rows)
    }

    /// How many rows each reader gave.
    #[derive(Default)]
    struct Parts {
        artists: Vec<usize>,
        tracks: Vec<usize>,
    }

    impl Receiver for Parts {
        type Names = usize;
        type Tracks = usize;

        fn generation(&mut self, _: i64) {}

        fn name(taken: &mut usize, _: Uuid, _: Option<&str>) {
            *taken += 1;
        }

        fn albums(&mut self, _: Vec<usize>) {}

        fn artists(&mut self, taken: Vec<usize>) {
            self.artists = taken;
        }

        fn genres(&mut self, _: Vec<usize>) {}

        fn track(&self, taken: &mut usize, _: &LoadedTrack<'_>) {
            *taken += 1;
        }

        fn tracks(&mut self, taken: Vec<usize>) {
            self.tracks = taken;
        }
    }

    /// Twenty tracks and artists on a few pages of each.
    fn on_pages() -> Place {
        let place = Place::new();
        let titles: Vec<String> = (0..20).map(|at| format!("Title {at}")).collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&titles)).unwrap();
        drop(connection);
        place.run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 19)
             INSERT INTO artists SELECT printf('%032x', i), 'Artist ' || i FROM n;
             PRAGMA page_size = 512; VACUUM",
        );
        place
    }

    #[test]
    fn two_readers_read_what_one_does() {
        let place = on_pages();
        let mut connection = open_for_server(&place.url()).unwrap();
        let mut parts = Parts::default();
        load_in_halves(&mut connection, &mut parts, MANY).unwrap();
        assert_eq!((parts.artists, parts.tracks), (vec![20], vec![20]));
        let mut parts = Parts::default();
        load_in_halves(&mut connection, &mut parts, 2).unwrap();
        for parts in [parts.artists, parts.tracks] {
            assert_eq!(parts.iter().sum::<usize>(), 20);
            assert!(
                parts.len() == 2 && parts.iter().min() > Some(&5),
                "{parts:?}"
            );
        }
        let by_one = loaded_in_halves(&mut connection, MANY).unwrap();
        assert_eq!((by_one.tracks.len(), by_one.artists.len()), (20, 20));
        assert_eq!(loaded_in_halves(&mut connection, 2).unwrap(), by_one);
        place.run(
            "PRAGMA foreign_keys = OFF; DELETE FROM genres;
             DELETE FROM tracks WHERE rowid BETWEEN 3 AND 18",
        );
        let rows = loaded_in_halves(&mut connection, 1).unwrap();
        assert_eq!((rows.tracks.len(), rows.genres.len()), (4, 0));
        assert_eq!(rows, loaded_in_halves(&mut connection, MANY).unwrap());
        place.run("DELETE FROM tracks");
        assert_eq!(loaded_in_halves(&mut connection, 0).unwrap().tracks, []);
    }

    #[test]
    fn what_either_cannot_read_is_an_error() {
        for (table, rowids) in [
            ("tracks", "5"),
            ("tracks", "15"),
            ("tracks", "1, 20"),
            ("artists", "5"),
            ("artists", "15"),
        ] {
            let place = on_pages();
            place.run(&format!(
                "PRAGMA foreign_keys = OFF;
                 UPDATE {table} SET id = 'nonsense' || rowid WHERE rowid IN ({rowids})"
            ));
            let mut connection = open_for_server(&place.url()).unwrap();
            let error = loaded_in_halves(&mut connection, 2).unwrap_err();
            let error = &error as &dyn std::error::Error;
            let said: Vec<String> = std::iter::successors(Some(error), |error| error.source())
                .map(ToString::to_string)
                .collect();
            assert!(said.join(": ").contains("nonsense"), "{said:?}");
        }
    }
}
