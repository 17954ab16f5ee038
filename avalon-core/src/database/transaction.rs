//! The transaction of a scan: all or nothing.
//!
//! In: an [`AnyConnection`] and what to do. Out: a database of the current schema with all of it, or,
//! after any error, what it held before, and the schema that it had. (An older schema of ours on
//! PostgreSQL is brought up to date before.) Readers see the old library until the commit.

use diesel::connection::{
    AnsiTransactionManager, SimpleConnection, TransactionDepthChange, TransactionManager,
    TransactionManagerStatus,
};
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sqlite::SqliteConnection;

use super::connection::{AnyConnection, Backend, is_busy};
use super::error::DatabaseError;
use super::migrations::{
    MigrationFailure, SchemaState, migrate_postgres, migrate_sqlite, postgres_lacks_migrations,
    postgres_schema_state, repair_postgres, try_to_lock_library, try_to_lock_migrations,
    try_to_lock_tracks,
};
use super::staging::{bring_over, show_originals, stage};
use super::url::DatabaseUrl;
use super::waiting::{Stop, WRITER, wait_for};
use super::writer::{Hand, Writer, write_error};

/// How the body of [`update`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<T> {
    /// What was written stands.
    Commit(T),
    /// Nothing was written.
    RollBack(T),
}

/// [`update_until`] that waits for others as long as it takes.
///
/// # Errors
/// As of that.
pub fn update<T, E: From<DatabaseError>>(
    connection: &mut AnyConnection,
    body: impl FnOnce(&mut Writer<'_>) -> Result<End<T>, E>,
) -> Result<T, E> {
    update_until(connection, &|| false, body)
}

/// Runs `body` in one write transaction, in a schema brought up to date. An error rolls back. Where the
/// database is locked by others, it waits until it is not, or `stop` says to stop; a commit that only
/// waits for readers is never given up otherwise.
///
/// # Errors
/// The caller's, or [`DatabaseError`]; the library is then as it was.
pub fn update_until<T, E: From<DatabaseError>>(
    connection: &mut AnyConnection,
    stop: &dyn Fn() -> bool,
    body: impl FnOnce(&mut Writer<'_>) -> Result<End<T>, E>,
) -> Result<T, E> {
    let url = &connection.url.clone();
    let body = |hand: &mut dyn Hand| {
        let mut writer = Writer::new(hand, url, stop);
        let end = body(&mut writer)?;
        if matches!(end, End::Commit(_)) {
            writer.restore_indexes()?;
        }
        Ok(end)
    };
    match &mut connection.backend {
        Backend::Sqlite(c) => on_sqlite(c, url, stop, body),
        Backend::Postgres(c) => on_postgres(c, url, stop, body),
    }
}

fn on_sqlite<T, E: From<DatabaseError>>(
    c: &mut SqliteConnection,
    url: &DatabaseUrl,
    stop: Stop<'_>,
    body: impl FnOnce(&mut dyn Hand) -> Result<End<T>, E>,
) -> Result<T, E> {
    begin(c, url, stop)?;
    let tried = try_to_write(c);
    roll_back(c);
    tried.map_err(|source| write_error(url, source))?;

    begin(c, url, stop)?;
    let migrated = migrate_sqlite(c).map_err(|failure| failure.of(url).into());
    let ended = migrated.and_then(|()| match body(c)? {
        End::Commit(answer) => commit(c, url, stop)
            .map(|()| (answer, true))
            .map_err(E::from),
        End::RollBack(answer) => Ok((answer, false)),
    });
    finish(c, ended)
}

/// Takes the write lock.
fn begin(c: &mut SqliteConnection, url: &DatabaseUrl, stop: Stop<'_>) -> Result<(), DatabaseError> {
    wait_for(WRITER, stop, || {
        let begun = AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE");
        unless_busy(url, begun)
    })
}

/// Writes a page, since SQLite opens a file that it may not write without a word, and finds out about
/// the folder, where its journal lies, only then: better now than after hours of reading.
fn try_to_write(c: &mut SqliteConnection) -> Result<(), DieselError> {
    c.batch_execute("PRAGMA user_version = 1")
}

/// Commits. SQLite keeps a transaction whose COMMIT found readers, and it can be tried again; diesel
/// would roll it back, so it learns only of the end.
fn commit(
    c: &mut SqliteConnection,
    url: &DatabaseUrl,
    stop: Stop<'_>,
) -> Result<(), DatabaseError> {
    wait_for("a program that reads the database", stop, || {
        unless_busy(url, c.batch_execute("COMMIT"))
    })?;
    let ended = match AnsiTransactionManager::transaction_manager_status_mut(c) {
        TransactionManagerStatus::Valid(status) => {
            status.change_transaction_depth(TransactionDepthChange::DecreaseDepth)
        }
        TransactionManagerStatus::InError => Err(DieselError::BrokenTransactionManager),
    };
    ended.map_err(|source| write_error(url, source))
}

fn unless_busy(
    url: &DatabaseUrl,
    done: Result<(), DieselError>,
) -> Result<Option<()>, DatabaseError> {
    match done {
        Ok(()) => Ok(Some(())),
        Err(error) if is_busy(&error) => Ok(None),
        Err(error) => Err(write_error(url, error)),
    }
}

fn on_postgres<T, E: From<DatabaseError>>(
    c: &mut PgConnection,
    url: &DatabaseUrl,
    stop: Stop<'_>,
    body: impl FnOnce(&mut dyn Hand) -> Result<End<T>, E>,
) -> Result<T, E> {
    let state = postgres_schema_state(c).map_err(|source| write_error(url, source))?;
    let state = state.all_or_none();
    let state = state.map_err(|incomplete| incomplete.of(url))?;
    let is_ours = state > SchemaState::Original;
    if is_ours && postgres_lacks_migrations(c).map_err(|failure| failure.of(url))? {
        // In a transaction of its own: ALTER TABLE locks even readers out until the commit, which
        // must not be that of a long write.
        begin_postgres(c, url)?;
        let migrated = lock_schema(c, url, stop, try_to_lock_tracks)
            .and_then(|()| {
                let migrated = repair_postgres(c).and_then(|()| migrate_postgres(c));
                migrated.map_err(|failure| failure.of(url))
            })
            .and_then(|()| commit_postgres(c, url));
        finish(c, migrated.map(|()| ((), true)))?;
    }
    begin_postgres(c, url)?;
    let ended = in_schema(c, url, stop, state, body).and_then(|end| match end {
        End::Commit(answer) => commit_postgres(c, url)
            .map(|()| (answer, true))
            .map_err(E::from),
        End::RollBack(answer) => Ok((answer, false)),
    });
    finish(c, ended)
}

/// Runs the body where our schema is: that of the database, one made for it, or a staged one.
fn in_schema<T, E: From<DatabaseError>>(
    c: &mut PgConnection,
    url: &DatabaseUrl,
    stop: Stop<'_>,
    state: SchemaState,
    body: impl FnOnce(&mut dyn Hand) -> Result<End<T>, E>,
) -> Result<End<T>, E> {
    let failed = |failure: MigrationFailure| failure.of(url);
    match state {
        SchemaState::Absent => {
            // Kept until the end: a server that finds no schema must not wait for this one.
            lock_migrations(c, url, stop)?;
            repair_postgres(c)
                .and_then(|()| migrate_postgres(c))
                .map_err(failed)?;
            body(c)
        }
        SchemaState::Original => {
            let staged = repair_postgres(c).and_then(|()| stage(c)).map_err(failed)?;
            let end = body(c)?;
            if matches!(end, End::Commit(_)) {
                show_originals(c, &staged).map_err(|source| write_error(url, source))?;
                lock_schema(c, url, stop, try_to_lock_library)?;
                bring_over(c, &staged).map_err(failed)?;
            }
            Ok(end)
        }
        _ => body(c),
    }
}

fn begin_postgres(c: &mut PgConnection, url: &DatabaseUrl) -> Result<(), DatabaseError> {
    // The reading of files may take its time between two writes.
    let patient = "SET LOCAL idle_in_transaction_session_timeout = 0";
    AnsiTransactionManager::begin_transaction(c)
        .and_then(|()| c.batch_execute(patient))
        .map_err(|source| write_error(url, source))
}

fn commit_postgres(c: &mut PgConnection, url: &DatabaseUrl) -> Result<(), DatabaseError> {
    AnsiTransactionManager::commit_transaction(c).map_err(|source| write_error(url, source))
}

/// Takes the locks for a change of the schema.
fn lock_schema(
    c: &mut PgConnection,
    url: &DatabaseUrl,
    stop: Stop<'_>,
    try_to_lock: fn(&mut PgConnection) -> QueryResult<bool>,
) -> Result<(), DatabaseError> {
    lock_migrations(c, url, stop)?;
    wait_for("programs that use the database", stop, || {
        let taken = try_to_lock(c).map_err(|source| write_error(url, source))?;
        Ok(taken.then_some(()))
    })
}

fn lock_migrations(
    c: &mut PgConnection,
    url: &DatabaseUrl,
    stop: Stop<'_>,
) -> Result<(), DatabaseError> {
    wait_for("another program that makes the schema", stop, || {
        let taken = try_to_lock_migrations(c).map_err(|source| write_error(url, source))?;
        Ok(taken.then_some(()))
    })
}

/// Rolls back what was not committed.
fn finish<C, T, E>(c: &mut C, ended: Result<(T, bool), E>) -> Result<T, E>
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    match ended {
        Ok((answer, true)) => Ok(answer),
        Ok((answer, false)) => {
            roll_back(c);
            Ok(answer)
        }
        Err(error) => {
            roll_back(c);
            Err(error)
        }
    }
}

/// Rolls back. Where the database has done so by itself (a full disk, a lost session) that fails, and
/// the reason is told already; what is not committed is gone with the connection in any case.
fn roll_back<C>(c: &mut C)
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    let _ = AnsiTransactionManager::rollback_transaction(c);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use diesel::Connection;

    use super::super::rows::Rows;
    use super::super::samples::{Place, library, loaded};
    use super::super::{open_for_scan, open_for_server, replace};
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_that() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One"]);
        replace(&mut connection, &old).unwrap();
        let Backend::Sqlite(c) = &mut connection.backend else {
            panic!("no SQLite");
        };
        // A file that may not grow.
        c.batch_execute("PRAGMA max_page_count = 1").unwrap();
        let titles: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let error = replace(&mut connection, &library(&titles)).unwrap_err();
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert!(reason.contains("full"), "{error}: {reason}");
        assert_eq!(loaded(&mut connection), old);
    }

    #[test]
    fn a_file_that_may_not_be_written_is_refused_before_the_scan() {
        let place = Place::new();
        replace(
            &mut open_for_scan(&place.url()).unwrap(),
            &library(&["One"]),
        )
        .unwrap();
        let mut connection = AnyConnection::connect_to_read(&place.url())
            .unwrap()
            .unwrap();
        let updated = update(&mut connection, |_| -> Result<End<()>, DatabaseError> {
            panic!("it reads files")
        });
        let error = updated.unwrap_err();
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert!(reason.contains("readonly"), "{error}: {reason}");
    }

    /// A place with a library of one track, and somebody else who does something there.
    fn with_another(does: &str) -> (Place, Rows, SqliteConnection) {
        let place = Place::new();
        let old = library(&["One"]);
        replace(&mut open_for_scan(&place.url()).unwrap(), &old).unwrap();
        let mut other = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
        other.batch_execute(does).unwrap();
        (place, old, other)
    }

    fn emptied(place: &Place, stop: Stop<'_>) -> Result<(), DatabaseError> {
        let mut connection = open_for_scan(&place.url()).unwrap();
        let emptied = update_until(&mut connection, stop, |writer| {
            writer.clear()?;
            Ok(End::Commit(()))
        });
        // However it ended, the connection is in no transaction.
        let tracks = library(&["Two"]);
        if emptied.is_ok() {
            replace(&mut connection, &tracks).unwrap();
            assert_eq!(loaded(&mut connection), tracks);
        } else {
            update(&mut connection, |_| {
                Ok::<_, DatabaseError>(End::RollBack(()))
            })
            .unwrap();
        }
        emptied
    }

    const OTHERS: [&str; 2] = [
        "BEGIN; SELECT count(*) FROM tracks",
        "BEGIN IMMEDIATE; UPDATE tracks SET name = 'Other'",
    ];

    #[test]
    fn a_scan_waits_for_others_until_they_let_go() {
        for does in OTHERS {
            let (place, _, other) = with_another(does);
            let other = Cell::new(Some(other));
            let asked = Cell::new(0);
            let stop = || {
                asked.set(asked.get() + 1);
                if asked.get() == 3 {
                    drop(other.take());
                }
                false
            };
            emptied(&place, &stop).unwrap();
            assert_eq!(asked.get(), 3, "{does}");
        }
    }

    #[test]
    fn a_scan_that_waits_for_others_can_be_stopped() {
        for does in OTHERS {
            let (place, old, mut other) = with_another(does);
            let asked = Cell::new(0);
            let stop = || {
                asked.set(asked.get() + 1);
                if asked.get() == 2 {
                    other_ends(&mut other);
                }
                asked.get() == 2
            };
            let stop = std::cell::RefCell::new(stop);
            let error = emptied(&place, &|| stop.borrow_mut()()).unwrap_err();
            assert!(matches!(error, DatabaseError::Stopped { .. }), "{error}");
            let mut reader = open_for_server(&place.url()).unwrap();
            assert_eq!(loaded(&mut reader), old, "{does}");
        }

        /// Lets what is looked at afterwards be looked at.
        fn other_ends(other: &mut SqliteConnection) {
            other.batch_execute("ROLLBACK").unwrap();
        }
    }
}
