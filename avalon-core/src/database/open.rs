//! Opening a database for the scanner or for the server.
//!
//! In: a [`DatabaseUrl`]. Out: an [`AnyConnection`] whose schema is as its user needs it. The
//! scanner writes and so migrates, later; the server only reads, and makes the schema only where there
//! is none at all and nobody else is at it, so that read permission is enough for it otherwise.

use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;

use super::connection::{
    AnyConnection, BUSY_TIMEOUT, Backend, is_busy, read_error, set_busy_timeout,
};
use super::encoding::require_unicode;
use super::error::DatabaseError;
use super::file::Made;
use super::migrations::{
    MigrationFailure, SchemaState, migrate_postgres, migrate_sqlite, repair_postgres,
    try_to_lock_migrations,
};
use super::scan_lock::{ScanLock, lock_file, lock_session};
use super::url::DatabaseUrl;
use super::waiting::ATTEMPT;

/// How long a server waits for somebody else who writes a database that has no schema.
const SERVER_PATIENCE: Duration = Duration::from_secs(1);

/// Opens the database for a scan, and keeps other scans out as long as the connection lives. Nothing is
/// written yet but the lock file of SQLite: [`update`](super::update()) brings the schema up to date.
///
/// # Errors
/// [`DatabaseError::ScanRunning`] when another scan is under way; cannot be opened or reached.
pub fn open_for_scan(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    let made = Made::folder(url)?;
    let lock = match url.sqlite_path() {
        Some(path) => Some(lock_file(url, path)?),
        None => None,
    };
    // From here on it is dropped before the lock.
    let mut made = made;
    made.lock = lock.as_ref().and_then(ScanLock::made);
    if let Some(path) = url.sqlite_path() {
        made.make_database(path);
    }
    let mut connection = AnyConnection::connect(url)?;
    match &mut connection.backend {
        Backend::Sqlite(sqlite) => {
            // A cache that spills takes the exclusive lock in mid-write: readers would be shut out
            // for the length of the whole write instead of that of the commit.
            let ready = sqlite
                .batch_execute("PRAGMA cache_spill = OFF; PRAGMA foreign_keys = OFF")
                .and_then(|()| set_busy_timeout(sqlite, ATTEMPT));
            ready.map_err(|source| read_error(url, source))?;
        }
        Backend::Postgres(postgres) => {
            require_unicode(url, postgres)?;
            lock_session(url, postgres)?;
        }
    }
    connection.made = made;
    connection.lock = lock;
    Ok(connection)
}

/// Opens the database for reading. Nothing is written unless there is no schema, which is then
/// made; a database of the original stays as it is. Where there is none and another program is about to
/// make it (a first scan), the log says so, and the library is empty.
///
/// # Errors
/// Cannot be opened or reached, is no database, has some of the four tables and not others, or has no schema
/// and may not be written.
pub fn open_for_server(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    let mut connection = AnyConnection::connect(url)?;
    let state = connection.schema_state();
    let state = state.map_err(|source| read_error(url, source))?;
    let state = state.all_or_none();
    let state = state.map_err(|incomplete| incomplete.of(url))?;
    if state == SchemaState::Absent && !connection.make_schema()? {
        log::warn!(
            "{url} has no library yet, and another program is writing it: serving an empty one"
        );
    }
    Ok(connection)
}

/// Opens the database for reading once more, after [`open_for_server`]: nothing is made, and a SQLite file
/// that is gone, as for a moment while somebody restores one, is an error.
///
/// # Errors
/// Cannot be opened or reached.
pub fn open_again_for_server(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    AnyConnection::connect_again(url)
}

impl AnyConnection {
    /// Runs the migrations that the database lacks, all or none; whether nobody else was at it.
    fn make_schema(&mut self) -> Result<bool, DatabaseError> {
        let made = match &mut self.backend {
            Backend::Sqlite(c) => {
                set_busy_timeout(c, SERVER_PATIENCE)
                    .map_err(|source| read_error(&self.url, source))?;
                let made = c.immediate_transaction(migrate_sqlite);
                set_busy_timeout(c, BUSY_TIMEOUT)
                    .map_err(|source| read_error(&self.url, source))?;
                match made {
                    Err(MigrationFailure::Transaction(error)) if is_busy(&error) => Ok(false),
                    made => made.map(|()| true),
                }
            }
            Backend::Postgres(c) => c.transaction(|c| {
                // Two servers that start at once do not wait for long; a scan is not waited for.
                let attempts = SERVER_PATIENCE.as_millis() / ATTEMPT.as_millis();
                for _ in 0..attempts {
                    if try_to_lock_migrations(c)? {
                        repair_postgres(c)?;
                        migrate_postgres(c)?;
                        return Ok(true);
                    }
                    std::thread::sleep(ATTEMPT);
                }
                Ok(false)
            }),
        };
        made.map_err(|failure: MigrationFailure| failure.of(&self.url))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::sqlite::SqliteConnection;

    use super::super::rows::Rows;
    use super::super::samples::{ORIGINAL, Place, loaded};
    use super::super::{End, update};
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let url = DatabaseUrl::parse("sqlite:////no/such/folder/avalon.sqlite").unwrap();
        let error = open_for_server(&url).unwrap_err().to_string();
        assert!(
            error.contains("there is no folder /no/such/folder"),
            "{error}"
        );
    }

    #[test]
    fn the_default_databases_folder_is_made() {
        let place = Place::new();
        let path = place.path().with_file_name("share").join("avalon.sqlite");
        open_for_server(&DatabaseUrl::SqliteDefault(path.clone())).unwrap();
        assert!(path.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_default_folder_that_is_not_utf8_is_refused_and_not_made() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        let place = Place::new();
        let folder = place.path().with_file_name(OsStr::from_bytes(b"share\xff"));
        let url = DatabaseUrl::SqliteDefault(folder.join("avalon.sqlite"));
        for opened in [open_for_server(&url), open_for_scan(&url)] {
            let error = opened.unwrap_err().to_string();
            assert!(
                error.contains("is not UTF-8") && error.contains("share\\xFF"),
                "{error}"
            );
        }
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_that_names_it() {
        let place = Place::new();
        fs::write(place.path(), "this is a shopping list, not a database").unwrap();
        let scanned = open_for_scan(&place.url())
            .and_then(|mut connection| update(&mut connection, |_| Ok(End::Commit(()))));
        for opened in [open_for_server(&place.url()).map(drop), scanned] {
            let error = opened.unwrap_err();
            assert!(error.to_string().contains("avalon.sqlite"), "{error}");
        }
    }

    #[test]
    fn opening_for_a_scan_writes_nothing() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = fs::read(place.path()).unwrap();
        open_for_scan(&place.url()).unwrap();
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }

    #[test]
    fn what_was_made_for_a_scan_that_wrote_nothing_is_taken_away() {
        let place = Place::new();
        let home = place.path().parent().unwrap().to_owned();
        let path = home.join("share/avalon/avalon.sqlite");
        let url = DatabaseUrl::SqliteDefault(path.clone());
        let scan = |end: End<()>| {
            let mut connection = open_for_scan(&url).unwrap();
            update(&mut connection, |_| Ok::<_, DatabaseError>(end)).unwrap();
        };
        scan(End::RollBack(()));
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
        // What others made, or put there meanwhile, stays.
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        scan(End::RollBack(()));
        assert!(path.is_file());
        fs::remove_file(&path).unwrap();
        let connection = open_for_scan(&url).unwrap();
        let mut other = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        other.batch_execute("CREATE TABLE theirs (id)").unwrap();
        drop(connection);
        other.batch_execute("SELECT * FROM theirs").unwrap();
        assert!(path.is_file());
        fs::remove_file(&path).unwrap();
        scan(End::Commit(()));
        assert!(path.is_file());
    }

    #[test]
    fn migrations_run_once() {
        let place = Place::new();
        for _ in 0..2 {
            let mut connection = open_for_scan(&place.url()).unwrap();
            assert!(connection.make_schema().unwrap());
            assert_eq!(connection.schema_state(), Ok(SchemaState::Current));
        }
    }

    #[test]
    fn a_second_scan_is_refused_as_long_as_the_first_has_its_connection() {
        let place = Place::new();
        let first = open_for_scan(&place.url()).unwrap();
        let error = open_for_scan(&place.url()).unwrap_err();
        assert!(
            matches!(error, DatabaseError::ScanRunning { .. }),
            "{error}"
        );
        drop(first);
        open_for_scan(&place.url()).unwrap();
    }

    #[test]
    fn a_server_does_not_wait_for_the_end_of_the_first_scan() {
        let place = Place::new();
        let path = place.path();
        let mut scan = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        scan.batch_execute("BEGIN IMMEDIATE; CREATE TABLE albums (id)")
            .unwrap();
        let mut connection = open_for_server(&place.url()).unwrap();
        assert_eq!(loaded(&mut connection), Rows::default());
        scan.batch_execute("ROLLBACK").unwrap();
    }
}
