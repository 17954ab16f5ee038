//! The generation of a library: which of its states a transaction sees.
//!
//! In: a connection, in a transaction where what is read beside it is to be of one state, and what it has
//! of our schema. Out: the last scan that the database remembers, whose generation is that of the library,
//! or a [`LibraryState`] to know it again by. What stays true: a database without our memory (one of the
//! original), and one whose memory we may not read, is of generation 0; reading it never spoils the
//! caller's transaction.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::migrations::SchemaState;
use super::recall::{LastScan, Recall};

/// Which state of a library a transaction saw, to know it again by in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryState {
    generation: i64,
    snapshot: Snapshot,
}

/// What tells states of one generation apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Snapshot {
    /// Nothing has to: the generation does, or, on SQLite, a [`Watch`](super::Watch) afterwards.
    Needless,
    /// Which transactions of a PostgreSQL server the one that looked could see.
    Of(String),
    /// Nothing can.
    Unknown,
}

impl LibraryState {
    /// Its generation; 0 is that of a database of the original.
    pub(super) fn generation(&self) -> i64 {
        self.generation
    }

    /// Whether both are one state; not where that cannot be told.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.snapshot != Snapshot::Unknown && self == other
    }
}

/// The state of a SQLite database.
pub(super) fn sqlite_library_state(
    c: &mut SqliteConnection,
    schema: SchemaState,
) -> QueryResult<LibraryState> {
    Ok(LibraryState {
        generation: sqlite_last_scan(c, schema)?.generation,
        snapshot: Snapshot::Needless,
    })
}

/// The state of a PostgreSQL database, by a transaction with one snapshot. It is asked for that only where
/// there is no generation: it is another after whatever anybody committed on the server, also where that
/// was elsewhere.
pub(super) fn postgres_library_state(
    c: &mut PgConnection,
    schema: SchemaState,
) -> QueryResult<LibraryState> {
    let generation = postgres_last_scan(c, schema)?.generation;
    let snapshot = match generation {
        0 => postgres_snapshot(c)?,
        _ => Snapshot::Needless,
    };
    Ok(LibraryState {
        generation,
        snapshot,
    })
}

/// On a standby the text leaves out the transactions that are under way, so two may look alike there. By its
/// older name the function is in every version.
fn postgres_snapshot(c: &mut PgConnection) -> QueryResult<Snapshot> {
    let answer: SnapshotText = diesel::sql_query(
        "SELECT CASE WHEN NOT pg_is_in_recovery() THEN txid_current_snapshot()::text END AS text",
    )
    .get_result(c)?;
    Ok(answer.text.map_or(Snapshot::Unknown, Snapshot::Of))
}

#[derive(QueryableByName)]
struct SnapshotText {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_is_another_state() {
        let state = |generation, snapshot: &Snapshot| LibraryState {
            generation,
            snapshot: snapshot.clone(),
        };
        let snapshots = ["1:1:", "1:2:", "1:3:1"].map(|text| Snapshot::Of(text.to_owned()));
        let all: Vec<_> = [Snapshot::Needless, Snapshot::Unknown]
            .into_iter()
            .chain(snapshots)
            .collect();
        for (at, one) in all.iter().enumerate() {
            for (other_at, other) in all.iter().enumerate() {
                let is_same = state(0, one).is_same(&state(0, other));
                let expected = at == other_at && *one != Snapshot::Unknown;
                assert_eq!(is_same, expected, "{one:?} {other:?}");
                assert!(!state(1, one).is_same(&state(2, other)));
            }
        }
    }
}
