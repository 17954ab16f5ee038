//! The generation of a library: which of its states a transaction sees.
//!
//! In: a connection, in a transaction where what is read beside it is to be of one state, and what it has
//! of our schema. Out: the last scan that the database remembers, whose generation is that of the library.
//! What stays true: a database without our memory (one of the original), and one whose memory we may not
//! read, is of generation 0; reading it never spoils the caller's transaction.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::migrations::SchemaState;
use super::recall::{LastScan, Recall};

/// Whether the database has the tables of the scanner, `scans` and `files` among them.
pub(super) fn has_memory(state: SchemaState) -> bool {
    state >= SchemaState::Memory
}

/// The last scan of a SQLite database.
pub(super) fn sqlite_last_scan(
    c: &mut SqliteConnection,
    state: SchemaState,
) -> QueryResult<LastScan> {
    match has_memory(state) {
        true => c.last_scan(),
        false => Ok(LastScan::default()),
    }
}

/// The last scan of a PostgreSQL database.
pub(super) fn postgres_last_scan(
    c: &mut PgConnection,
    state: SchemaState,
) -> QueryResult<LastScan> {
    match has_memory(state) && postgres_may_read(c, "scans")? {
        true => c.last_scan(),
        false => Ok(LastScan::default()),
    }
}

/// Whether our role may read a table of a PostgreSQL database; not where there is none. Roles that were
/// made to read the four tables of the original go on working, and trying it would end the transaction.
pub(super) fn postgres_may_read(c: &mut PgConnection, table: &str) -> QueryResult<bool> {
    let answer: Permission = diesel::sql_query(
        "SELECT coalesce(has_table_privilege(to_regclass($1), 'SELECT'), FALSE) AS is_given",
    )
    .bind::<Text, _>(table)
    .get_result(c)?;
    Ok(answer.is_given)
}

#[derive(QueryableByName)]
struct Permission {
    #[diesel(sql_type = Bool)]
    is_given: bool,
}
