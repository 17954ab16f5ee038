//! A second reader of a large SQLite file, which reads one half of each table that can be halved.
//!
//! In: a connection in a read transaction. Out: another one, in a read transaction of its own that sees the same
//! state, and which half of each table each reads; or nothing, where there are few tracks, or that is not certain.
//!
//! What stays true: it waits for nobody. Outside WAL mode nobody commits while anybody reads, so of one file all
//! transactions that are open at the same moment see the same state. (That is by the locks that this process has on the
//! file, which end where anybody in it closes the file otherwise than by SQLite: see [`Watch`](super::Watch).)

use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::connection::{AnyConnection, Backend};
use super::file::Identity;
use super::url::DatabaseUrl;

/// Where rowids span less the second half is not worth a connection.
pub(super) const MANY: i64 = 50_000;

/// Who reads the second half.
pub(super) struct SecondReader<C = SqliteConnection> {
    pub(super) connection: C,
    pub(super) begins: Begins,
}

/// The first rowid of the second half of each table. One that cannot be halved is the first reader's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begins {
    pub(super) albums: Option<i64>,
    pub(super) artists: Option<i64>,
    pub(super) genres: Option<i64>,
    pub(super) tracks: Option<i64>,
}

/// What one of two readers reads of a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    All,
    Nothing,
    /// Rows with smaller rowids.
    Before(i64),
    /// Rows from this rowid on.
    From(i64),
}

impl Half {
    /// What the first and the second reader read, by where the second half begins.
    pub(super) fn both(begin: Option<i64>) -> [Self; 2] {
        match begin {
            Some(begin) => [Self::Before(begin), Self::From(begin)],
            None => [Self::All, Self::Nothing],
        }
    }
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Bool)]
    has_rowids: bool,
}

#[derive(QueryableByName)]
struct Ends {
    #[diesel(sql_type = Nullable<BigInt>)]
    first: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last: Option<i64>,
}

impl SecondReader {
    /// Beside a connection to that file, which has read in its transaction already, where the rowids of the tracks span
    /// at least so many. Where anything is in the way of the second connection there is none.
    ///
    /// # Errors
    /// The first one cannot be read.
    pub(super) fn beside(
        first: &mut SqliteConnection,
        url: &DatabaseUrl,
        file: Option<Identity>,
        many: i64,
    ) -> QueryResult<Option<Self>> {
        let mode: Mode = diesel::sql_query("PRAGMA journal_mode").get_result(first)?;
        if mode.journal_mode == "wal" {
            return Ok(None);
        }
        let tracks = middle(first, "tracks", many)?;
        let (Some(file), Some(_)) = (file, tracks) else {
            return Ok(None);
        };
        let begins = Begins {
            albums: middle(first, "albums", 2)?,
            artists: middle(first, "artists", 2)?,
            genres: middle(first, "genres", 2)?,
            tracks,
        };
        Ok(connect(url, file).map(|connection| Self { connection, begins }))
    }
}

/// A connection to the same file that has begun to read.
fn connect(url: &DatabaseUrl, file: Identity) -> Option<SqliteConnection> {
    let connection = AnyConnection::connect_again(url).ok()?;
    // Another one may have been put in its place.
    if connection.file != Some(file) {
        return None;
    }
    let Backend::Sqlite(mut connection) = connection.backend else {
        return None;
    };
    // Where anybody is in the way he may wait for the first reader: nobody is waited for.
    connection
        .batch_execute("PRAGMA busy_timeout = 0; BEGIN; SELECT 1 FROM sqlite_master LIMIT 1")
        .ok()?;
    Some(connection)
}

/// The rowid that halves a table, if its rowids span so many, and each row has one.
fn middle(c: &mut SqliteConnection, table: &str, many: i64) -> QueryResult<Option<i64>> {
    // A column of that name would be meant instead of the rowid, and may be NULL.
    let found: Table = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT 1 FROM pragma_table_list \
         WHERE schema = 'main' AND name = '{table}' AND type = 'table' AND NOT wr) \
         AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('{table}') WHERE lower(name) = 'rowid') \
         AS has_rowids",
    ))
    .get_result(c)?;
    if !found.has_rowids {
        return Ok(None);
    }
    let ends: Ends = diesel::sql_query(format!(
        "SELECT (SELECT min(rowid) FROM {table}) AS first, (SELECT max(rowid) FROM {table}) AS last",
    ))
    .get_result(c)?;
    let (Some(first), Some(last)) = (ends.first, ends.last) else {
        return Ok(None);
    };
    // Of the whole range of rowids, which has no such number, two halves would be no halves of the rows either.
    let between = last.checked_sub(first).unwrap_or_default();
    Ok((between > 0 && between >= many - 1).then(|| first + between / 2 + 1))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use diesel::Connection;

    use super::super::connection::BUSY_TIMEOUT;
    use super::super::error::DatabaseError;
    use super::super::load::load_in_halves;
    use super::super::samples::{ORIGINAL, Place, library};
    use super::super::{Rows, open_for_scan, open_for_server, replace};
    use super::*;

    /// Twenty tracks, and the connection of the first reader.
    fn filled() -> (Place, AnyConnection) {
        let place = Place::new();
        let titles: Vec<String> = (0..20).map(|at| format!("Title {at}")).collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&titles)).unwrap();
        drop(connection);
        let connection = open_for_server(&place.url()).unwrap();
        (place, connection)
    }

    /// Where the half of a second reader begins, if there is one beside a first who has begun, and then `happens`.
    fn begin_after(
        connection: &mut AnyConnection,
        many: i64,
        happens: impl FnOnce(),
    ) -> Option<i64> {
        let (url, file) = (connection.url.clone(), connection.file);
        let Backend::Sqlite(first) = &mut connection.backend else {
            panic!("it is a file");
        };
        first
            .transaction(|first| {
                first.batch_execute("SELECT 1 FROM sqlite_master")?;
                happens();
                let second = SecondReader::beside(first, &url, file, many)?;
                QueryResult::Ok(second.and_then(|second| second.begins.tracks))
            })
            .unwrap()
    }

    #[test]
    fn the_tracks_of_a_large_file_are_halved() {
        let (place, mut connection) = filled();
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
        assert_eq!(begin_after(&mut connection, 20, || ()), Some(11));
        assert_eq!(begin_after(&mut connection, 21, || ()), None);
        assert_eq!(begin_after(&mut connection, MANY, || ()), None);
        place.run("UPDATE tracks SET rowid = 9223372036854775807 WHERE rowid = 20");
        place.run("UPDATE tracks SET rowid = -9223372036854775807 WHERE rowid = 1");
        assert_eq!(begin_after(&mut connection, 10, || ()), None);
        place.run("DELETE FROM tracks");
        assert_eq!(begin_after(&mut connection, 10, || ()), None);
        let memory = DatabaseUrl::parse("sqlite://").unwrap();
        let mut connection = open_for_server(&memory).unwrap();
        assert_eq!(begin_after(&mut connection, 0, || ()), None);
    }

    #[test]
    fn there_is_none_where_the_state_may_be_another() {
        let (place, mut connection) = filled();
        let replaced = || {
            let copy = place.path().with_extension("copy");
            fs::copy(place.path(), &copy).unwrap();
            fs::rename(copy, place.path()).unwrap();
        };
        assert_eq!(begin_after(&mut connection, 10, replaced), None);
        let mut connection = open_for_server(&place.url()).unwrap();
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
        fs::remove_file(place.path()).unwrap();
        assert_eq!(begin_after(&mut connection, 10, || ()), None);
        let (place, mut connection) = filled();
        place.run("PRAGMA journal_mode = WAL");
        assert_eq!(begin_after(&mut connection, 10, || ()), None);
    }

    #[test]
    fn there_is_none_where_tracks_have_no_rowids() {
        for table in [
            "CREATE VIEW tracks AS SELECT * FROM old",
            "CREATE VIEW tracks AS SELECT *, NULL AS rowid FROM old",
            "CREATE TABLE tracks AS SELECT *, NULL AS RowId FROM old",
            "CREATE TABLE tracks (id CHAR(32) PRIMARY KEY) WITHOUT ROWID;
             INSERT INTO tracks SELECT id FROM old",
        ] {
            let (place, mut connection) = filled();
            place.run("PRAGMA legacy_alter_table = 1; ALTER TABLE tracks RENAME TO old");
            place.run(table);
            assert_eq!(begin_after(&mut connection, 10, || ()), None, "{table}");
        }
    }

    #[test]
    fn it_does_not_wait_for_who_waits_to_commit() {
        let (place, mut connection) = filled();
        let path = place.path();
        let mut writer = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        let commits = || {
            writer
                .batch_execute("BEGIN; UPDATE tracks SET name = 'Other'")
                .unwrap();
            // The first reader is in the way; and nobody else may begin now.
            writer.batch_execute("COMMIT").unwrap_err();
        };
        let started = Instant::now();
        assert_eq!(begin_after(&mut connection, 10, commits), None);
        assert!(started.elapsed() < BUSY_TIMEOUT / 2);
        writer.batch_execute("COMMIT").unwrap();
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
    }

    /// What is loaded, with two readers where rowids span so many.
    fn loaded(connection: &mut AnyConnection, many: i64) -> Result<Rows, DatabaseError> {
        let mut rows = Rows::default();
        load_in_halves(connection, &mut rows, many)?;
        rows.tracks.sort_by_key(|row| row.id);
        Ok(rows)
    }

    #[test]
    fn two_readers_read_what_one_does() {
        let (place, mut connection) = filled();
        let by_one = loaded(&mut connection, MANY).unwrap();
        assert_eq!(by_one.tracks.len(), 20);
        assert_eq!(loaded(&mut connection, 10).unwrap(), by_one);
        place.run("DELETE FROM tracks WHERE rowid BETWEEN 3 AND 18");
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
        assert_eq!(loaded(&mut connection, 10).unwrap().tracks.len(), 4);
    }

    #[test]
    fn two_readers_read_a_database_of_the_original() {
        let place = Place::new();
        place.run(ORIGINAL);
        place.run(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 30)
             INSERT INTO tracks SELECT printf('%032x', i), name || i, length, track, year,
             album_id, artist_id, genre_id FROM tracks, n",
        );
        let mut connection = open_for_server(&place.url()).unwrap();
        assert!(begin_after(&mut connection, 10, || ()).is_some());
        let rows = loaded(&mut connection, 10).unwrap();
        assert_eq!(rows.tracks.len(), 31);
        assert_eq!(rows, loaded(&mut connection, MANY).unwrap());
    }

    #[test]
    fn a_table_without_rowids_is_read_by_the_first() {
        let (place, mut connection) = filled();
        let by_one = loaded(&mut connection, MANY).unwrap();
        place.run(
            "PRAGMA legacy_alter_table = 1; ALTER TABLE albums RENAME TO old;
             CREATE TABLE albums (id CHAR(32) PRIMARY KEY, name VARCHAR) WITHOUT ROWID;
             INSERT INTO albums SELECT * FROM old",
        );
        let mut connection = open_for_server(&place.url()).unwrap();
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
        assert_eq!(loaded(&mut connection, 10).unwrap(), by_one);
    }

    #[test]
    fn names_of_both_readers_are_there_once() {
        let (place, mut connection) = filled();
        place.run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9)
             INSERT INTO artists SELECT printf('%032x', i), 'Artist ' || i FROM n;
             PRAGMA foreign_keys = OFF; DELETE FROM genres",
        );
        let mut by_two = loaded(&mut connection, 10).unwrap();
        assert_eq!((by_two.artists.len(), by_two.genres.len()), (10, 0));
        let mut by_one = loaded(&mut connection, MANY).unwrap();
        by_two.artists.sort_by_key(|row| row.id);
        by_one.artists.sort_by_key(|row| row.id);
        assert_eq!(by_two, by_one);
    }

    #[test]
    fn what_either_cannot_read_is_an_error() {
        let more = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 19)
                    INSERT INTO artists SELECT printf('%032x', i), i FROM n";
        for (table, rowids) in [
            ("tracks", "5"),
            ("tracks", "15"),
            ("tracks", "1, 20"),
            ("artists", "5"),
            ("artists", "15"),
        ] {
            let (place, mut connection) = filled();
            place.run(more);
            place.run(&format!(
                "PRAGMA foreign_keys = OFF;
                 UPDATE {table} SET id = 'nonsense' || rowid WHERE rowid IN ({rowids})"
            ));
            let error = loaded(&mut connection, 10).unwrap_err();
            let error = &error as &dyn std::error::Error;
            let said: Vec<String> = std::iter::successors(Some(error), |error| error.source())
                .map(ToString::to_string)
                .collect();
            assert!(said.join(": ").contains("nonsense"), "{said:?}");
        }
    }
}
