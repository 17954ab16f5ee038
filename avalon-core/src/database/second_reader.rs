//! A second reader of a large SQLite file, which reads one half of the tracks while the first reads the other.
//!
//! In: a connection in a read transaction. Out: another one, in a read transaction of its own that sees the same
//! state, and where its half begins; or nothing, where there are few tracks, or that is not certain. What stays true:
//! it waits for nobody. Outside WAL mode nobody commits while anybody reads, so of one file all transactions that are
//! open at the same moment see the same state.

use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::connection::{AnyConnection, Backend};
use super::file::Identity;
use super::url::DatabaseUrl;

/// Of fewer tracks the second half is not worth a connection.
pub(super) const MANY: i64 = 50_000;

/// Who reads the second half.
pub(super) struct SecondReader {
    pub(super) connection: SqliteConnection,
    /// The first rowid of its half.
    pub(super) begin: i64,
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[derive(QueryableByName)]
struct Ends {
    #[diesel(sql_type = Nullable<BigInt>)]
    first: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last: Option<i64>,
}

impl SecondReader {
    /// Beside a connection to that file, which has read in its transaction already. Where anything is in the way, one
    /// reader reads it all, and tells what it was.
    pub(super) fn beside(
        first: &mut SqliteConnection,
        url: &DatabaseUrl,
        file: Option<Identity>,
        many: i64,
    ) -> Option<Self> {
        let file = file?;
        let begin = middle(first, many).ok()??;
        let second = AnyConnection::connect_again(url).ok()?;
        // Another one may have been put in its place.
        if second.file != Some(file) {
            return None;
        }
        let Backend::Sqlite(mut connection) = second.backend else {
            return None;
        };
        // Whoever waits to commit lets nobody else begin to read, and waits for the first reader.
        connection
            .batch_execute("PRAGMA busy_timeout = 0; BEGIN; SELECT 1 FROM sqlite_master LIMIT 1")
            .ok()?;
        Some(Self { connection, begin })
    }
}

/// The rowid that halves the tracks, if they are many and all readers see one state.
fn middle(c: &mut SqliteConnection, many: i64) -> QueryResult<Option<i64>> {
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode").get_result(c)?;
    if mode.journal_mode == "wal" {
        return Ok(None);
    }
    let ends: Ends = diesel::sql_query(
        "SELECT (SELECT min(rowid) FROM tracks) AS first, (SELECT max(rowid) FROM tracks) AS last",
    )
    .get_result(c)?;
    let (Some(first), Some(last)) = (ends.first, ends.last) else {
        return Ok(None);
    };
    let half = last.checked_sub(first).map_or(0, |between| between / 2);
    Ok((half >= many / 2).then_some(first + half + 1))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::Connection;

    use super::super::samples::{Place, library};
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
                let second = SecondReader::beside(first, &url, file, many);
                QueryResult::Ok(second.map(|second| second.begin))
            })
            .unwrap()
    }

    #[test]
    fn the_tracks_of_a_large_file_are_halved() {
        let (place, mut connection) = filled();
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
        assert_eq!(begin_after(&mut connection, 18, || ()), Some(11));
        assert_eq!(begin_after(&mut connection, 20, || ()), None);
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
        assert_eq!(begin_after(&mut connection, 10, commits), None);
        writer.batch_execute("COMMIT").unwrap();
        assert_eq!(begin_after(&mut connection, 10, || ()), Some(11));
    }

    #[test]
    fn two_readers_read_what_one_does() {
        let (place, mut connection) = filled();
        let load = |connection: &mut AnyConnection, many| {
            let mut rows = Rows::default();
            super::super::load::load_in_halves(connection, &mut rows, many).unwrap();
            rows.tracks.sort_by_key(|row| row.id);
            rows
        };
        let by_one = load(&mut connection, MANY);
        assert_eq!(by_one.tracks.len(), 20);
        assert_eq!(load(&mut connection, 10), by_one);
        place.run("DELETE FROM tracks WHERE rowid BETWEEN 3 AND 18");
        assert_eq!(load(&mut connection, 10).tracks.len(), 4);
    }
}
