//! The transaction of a scan: all or nothing.
//!
//! In: an [`AnyConnection`] and what to do. Out: a database of the current schema with all of it, or,
//! after any error, what it held before; on SQLite its schema is then as it was too. Readers see the
//! old library until the commit.

use diesel::Connection;
use diesel::RunQueryDsl;
use diesel::pg::PgConnection;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

use super::connection::{
    AnyConnection, Backend, MigrationFailure, migrate_postgres, migrate_sqlite,
};
use super::error::DatabaseError;
use super::url::DatabaseUrl;

/// How the body of [`update`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<T> {
    /// What was written stands.
    Commit(T),
    /// Nothing was written: a dry run.
    RollBack(T),
}

/// Runs `body` in one write transaction, in a schema brought up to date. An error rolls back.
///
/// # Errors
/// The caller's, or [`DatabaseError`]; the library is then as it was.
pub fn update<T, E: From<DatabaseError>>(
    connection: &mut AnyConnection,
    body: impl FnOnce(&mut Writer<'_>) -> Result<End<T>, E>,
) -> Result<T, E> {
    let url = &connection.url.clone();
    // Kept out of diesel's hands: where the database has rolled back by itself (a full disk), it would
    // tell of the second roll-back, which fails, and not of the reason.
    let mut reason = None;
    let run = |inner: Inner<'_>| {
        let mut writer = Writer {
            inner,
            url,
            set_aside: Vec::new(),
        };
        match body(&mut writer) {
            Ok(End::Commit(answer)) => {
                writer.restore_indexes()?;
                Ok(answer)
            }
            Ok(End::RollBack(answer)) => Err(Failure::RolledBack(answer)),
            Err(error) => {
                reason = Some(error);
                Err(Failure::Caller)
            }
        }
    };
    let ended = match &mut connection.backend {
        Backend::Sqlite(c) => c.immediate_transaction(|c| {
            migrate_sqlite(c)?;
            run(Inner::Sqlite(c))
        }),
        // In a transaction of its own: ALTER TABLE locks even readers out until the commit, which
        // must not be that of a long write.
        Backend::Postgres(c) => match c.transaction(migrate_postgres) {
            Err(failure) => Err(Failure::Migration(failure)),
            Ok(()) => c.transaction(|c| {
                // The reading of files may take its time between two writes.
                let patient = "SET LOCAL idle_in_transaction_session_timeout = 0";
                diesel::sql_query(patient).execute(c)?;
                run(Inner::Postgres(c))
            }),
        },
    };
    match (ended, reason) {
        (Ok(answer) | Err(Failure::RolledBack(answer)), _) => Ok(answer),
        (Err(_), Some(reason)) => Err(reason),
        (Err(Failure::Migration(failure)), None) => Err(failure.of(url).into()),
        (Err(Failure::Database(source)), None) => Err(write_error(url, source).into()),
        (Err(Failure::Caller), None) => {
            Err(write_error(url, DieselError::RollbackTransaction).into())
        }
    }
}

/// Why a transaction is rolled back.
enum Failure<T> {
    RolledBack(T),
    Caller,
    Migration(MigrationFailure),
    Database(DieselError),
}

impl<T> From<DieselError> for Failure<T> {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl<T> From<MigrationFailure> for Failure<T> {
    fn from(failure: MigrationFailure) -> Self {
        Self::Migration(failure)
    }
}

pub(super) fn write_error(url: &DatabaseUrl, source: DieselError) -> DatabaseError {
    DatabaseError::Write {
        url: url.to_string(),
        source,
    }
}

/// The hand that writes, inside the transaction of [`update`].
pub struct Writer<'c> {
    pub(super) inner: Inner<'c>,
    pub(super) url: &'c DatabaseUrl,
    /// Statements that make the indexes anew that [`Writer::set_indexes_aside`] dropped.
    pub(super) set_aside: Vec<String>,
}

pub(super) enum Inner<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// Compiles one expression for each backend and runs that of the writer.
macro_rules! on_writer {
    ($writer:expr, $c:ident => $body:expr) => {
        match &mut $writer.inner {
            $crate::database::transaction::Inner::Sqlite($c) => $body,
            $crate::database::transaction::Inner::Postgres($c) => $body,
        }
    };
}
pub(super) use on_writer;

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::super::samples::{Place, library};
    use super::super::{load, open_for_scan, replace};
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
        assert_eq!(load(&mut connection).unwrap(), old);
    }
}
