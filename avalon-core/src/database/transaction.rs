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
    let run = |inner: Inner<'_>| match body(&mut Writer { inner, url }) {
        Ok(End::Commit(answer)) => Ok(answer),
        Ok(End::RollBack(answer)) => Err(Failure::RolledBack(answer)),
        Err(error) => Err(Failure::Caller(error)),
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
    ended.or_else(|failure| match failure {
        Failure::RolledBack(answer) => Ok(answer),
        Failure::Caller(error) => Err(error),
        Failure::Migration(failure) => Err(failure.of(url).into()),
        Failure::Database(source) => Err(write_error(url, source).into()),
    })
}

/// Why a transaction is rolled back.
enum Failure<T, E> {
    RolledBack(T),
    Caller(E),
    Migration(MigrationFailure),
    Database(DieselError),
}

impl<T, E> From<DieselError> for Failure<T, E> {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl<T, E> From<MigrationFailure> for Failure<T, E> {
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
