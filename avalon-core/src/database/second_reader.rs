//! A second reader of a large SQLite file.
//!
//! In: a connection in a read transaction. Out: another one, in a read transaction of its own that sees the same
//! state; or nothing, where that is not certain.
//!
//! What stays true: it waits for nobody. Outside WAL mode nobody commits while anybody reads, so of one file all
//! transactions that are open at the same moment see the same state. (That is by the locks that this process has on the
//! file, which end where anybody in it closes the file otherwise than by SQLite: see [`Watch`](super::Watch).)

use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::connection::{AnyConnection, Backend};
use super::file::Identity;
use super::url::DatabaseUrl;

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

/// A connection beside another one to that file, which has read in its transaction already. Where anything is in the way
/// there is none.
///
/// # Errors
/// The first one cannot be read.
pub(super) fn second_reader(
    first: &mut SqliteConnection,
    url: &DatabaseUrl,
    file: Option<Identity>,
) -> QueryResult<Option<SqliteConnection>> {
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode").get_result(first)?;
    if mode.journal_mode == "wal" {
        return Ok(None);
    }
    Ok(file.and_then(|file| connect(url, file)))
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use diesel::Connection;

    use super::super::connection::BUSY_TIMEOUT;
    use super::super::samples::{Place, library};
    use super::super::{open_for_scan, open_for_server, replace};
    use super::*;

    /// A library, and the connection of the first reader.
    fn filled() -> (Place, AnyConnection) {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&["One", "Two"])).unwrap();
        drop(connection);
        let connection = open_for_server(&place.url()).unwrap();
        (place, connection)
    }

    /// Whether there is a second reader beside a first who has begun, and then `happens`.
    fn is_there_after(connection: &mut AnyConnection, happens: impl FnOnce()) -> bool {
        let (url, file) = (connection.url.clone(), connection.file);
        let Backend::Sqlite(first) = &mut connection.backend else {
            panic!("it is a file");
        };
        first
            .transaction(|first| {
                first.batch_execute("SELECT 1 FROM sqlite_master")?;
                happens();
                let second = second_reader(first, &url, file)?;
                QueryResult::Ok(second.is_some())
            })
            .unwrap()
    }

    #[test]
    fn there_is_one_beside_the_first_reader_of_a_file() {
        let (_place, mut connection) = filled();
        assert!(is_there_after(&mut connection, || ()));
        let memory = DatabaseUrl::parse("sqlite://").unwrap();
        let mut connection = open_for_server(&memory).unwrap();
        assert!(!is_there_after(&mut connection, || ()));
    }

    #[test]
    fn there_is_none_where_the_state_may_be_another() {
        let (place, mut connection) = filled();
        let replaced = || {
            let copy = place.path().with_extension("copy");
            fs::copy(place.path(), &copy).unwrap();
            fs::rename(copy, place.path()).unwrap();
        };
        assert!(!is_there_after(&mut connection, replaced));
        let mut connection = open_for_server(&place.url()).unwrap();
        assert!(is_there_after(&mut connection, || ()));
        fs::remove_file(place.path()).unwrap();
        assert!(!is_there_after(&mut connection, || ()));
        let (place, mut connection) = filled();
        place.run("PRAGMA journal_mode = WAL");
        assert!(!is_there_after(&mut connection, || ()));
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
        assert!(!is_there_after(&mut connection, commits));
        assert!(started.elapsed() < BUSY_TIMEOUT / 2);
        writer.batch_execute("COMMIT").unwrap();
        assert!(is_there_after(&mut connection, || ()));
    }
}
