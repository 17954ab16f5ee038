//! Reading a library and what is known of each track beyond its lists, all of one moment.
//!
//! In: a connection, and what makes of the lists whatever takes the details. Out: that, with every row of
//! both. What stays true: all rows are of one state of the database, however often it changes meanwhile,
//! and no more than a few thousand are held here at a time.

use diesel::Connection;
use diesel::connection::SimpleConnection;

use super::connection::{AnyConnection, Backend};
use super::error::DatabaseError;
use super::generation::{postgres_library_state, sqlite_library_state};
use super::load::{LoadFailure, lists_from_postgres, lists_from_sqlite};
use super::load_details::{AnyDetailRow, details_from_postgres, details_from_sqlite};
use super::migrations::{SchemaState, postgres_schema_state, sqlite_schema_state};
use super::receiver::Receiver;
use crate::ids::TrackId;

/// What a database without the tables of a library is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutTables {
    /// A library in which nothing is yet.
    IsEmpty,
    /// An error: there was a library before.
    IsAnError,
}

impl WithoutTables {
    fn check(self, state: SchemaState) -> Result<SchemaState, LoadFailure> {
        match state.all_or_none()? {
            SchemaState::Absent if self == Self::IsAnError => Err(LoadFailure::Gone),
            state => Ok(state),
        }
    }
}

/// Does [`load()`](super::load()) and [`load_details()`](super::load_details()) in one read transaction:
/// the lists go to `lists`, of which `build` makes what then is given each row of the details by `on_row`.
/// The transaction is open while it builds, so on SQLite nobody commits for so long. Where it cannot be
/// built, the inner error is that of `build`, and no details are read.
///
/// # Errors
/// The tables cannot be read, some are missing and not others (or all, unless that is an empty library), or
/// they hold an id that is none. What was received by then is worth nothing.
pub fn load_whole<Lists: Receiver, Built, Failure>(
    connection: &mut AnyConnection,
    mut lists: Lists,
    with_paths: bool,
    without_tables: WithoutTables,
    build: impl FnOnce(Lists) -> Result<Built, Failure>,
    mut on_row: impl FnMut(&mut Built, TrackId, AnyDetailRow<'_>),
) -> Result<Result<Built, Failure>, DatabaseError> {
    let loaded: Result<Result<Built, Failure>, LoadFailure> = match &mut connection.backend {
        Backend::Sqlite(c) => c.transaction(|c| {
            let schema = without_tables.check(sqlite_schema_state(c)?)?;
            let state = sqlite_library_state(c, schema)?;
            // One reader: others are served meanwhile.
            lists_from_sqlite(c, None, schema, &state, &mut lists)?;
            let mut built = build(lists);
            if let Ok(built) = &mut built {
                details_from_sqlite(c, schema, with_paths, &mut |id, row| on_row(built, id, row))?;
            }
            Ok(built)
        }),
        Backend::Postgres(c) => c
            .build_transaction()
            .repeatable_read()
            .read_only()
            .run(|c| {
                // The building may take its time between two queries.
                c.batch_execute("SET LOCAL idle_in_transaction_session_timeout = 0")?;
                let schema = without_tables.check(postgres_schema_state(c)?)?;
                let state = postgres_library_state(c, schema)?;
                lists_from_postgres(c, schema, &state, &mut lists)?;
                let mut built = build(lists);
                if let Ok(built) = &mut built {
                    details_from_postgres(c, schema, with_paths, &mut |id, row| {
                        on_row(built, id, row);
                    })?;
                }
                Ok(built)
            }),
    };
    loaded.map_err(|failure| failure.of(&connection.url))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Place, library};
    use super::super::{
        Rows, load, load_details, open_again_for_server, open_for_scan, open_for_server, replace,
    };
    use super::*;

    fn filled() -> Place {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&["One", "Two"])).unwrap();
        drop(connection);
        place.run("UPDATE tracks SET comment = name");
        place
    }

    #[test]
    fn lists_and_details_are_of_one_state_though_it_changes_between_them() {
        let place = filled();
        // In this mode alone somebody can commit while others read.
        place.run("PRAGMA journal_mode = WAL");
        let mut connection = open_for_server(&place.url()).unwrap();
        let build = |rows: Rows| {
            place.run("UPDATE tracks SET name = 'Other', comment = 'Other'");
            Ok::<_, ()>((rows, Vec::new()))
        };
        let (rows, comments) = load_whole(
            &mut connection,
            Rows::default(),
            false,
            WithoutTables::IsEmpty,
            build,
            |(_, comments), id, row| {
                if let AnyDetailRow::Track(row) = row {
                    comments.push((id, row.comment.clone()));
                }
            },
        )
        .unwrap()
        .unwrap();
        let names: Vec<_> = rows
            .tracks
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        assert_eq!(names.len(), 2);
        assert!(
            names
                .iter()
                .all(|(_, name)| name.as_deref() != Some("Other"))
        );
        assert_eq!(comments, names);
    }

    #[test]
    fn a_part_of_a_library_is_an_error_and_none_unless_it_is_an_empty_one() {
        let place = filled();
        let mut connection = open_for_server(&place.url()).unwrap();
        let state = load(&mut connection, &mut Rows::default()).unwrap();
        drop(connection);
        let load = |without_tables| {
            let mut connection = open_again_for_server(&place.url()).unwrap();
            let build = |rows: Rows| Ok::<_, ()>(rows);
            let rows = Rows::default();
            load_whole(
                &mut connection,
                rows,
                false,
                without_tables,
                build,
                |_, _, _| (),
            )
        };
        for (table, missing) in [
            ("genres", "genres"),
            ("albums", "albums, genres"),
            ("tracks", "albums, genres, tracks"),
        ] {
            place.run(&format!("PRAGMA foreign_keys = OFF; DROP TABLE {table}"));
            for without_tables in [WithoutTables::IsEmpty, WithoutTables::IsAnError] {
                let error = load(without_tables).unwrap_err();
                let DatabaseError::Incomplete { missing: named, .. } = error else {
                    panic!("{error}");
                };
                assert_eq!(named, missing);
            }
            let mut connection = open_again_for_server(&place.url()).unwrap();
            let error = load_details(&mut connection, &state, false, &mut |_, _| ()).unwrap_err();
            assert!(matches!(error, DatabaseError::Incomplete { .. }), "{error}");
        }
        place.run("DROP TABLE artists");
        let error = load(WithoutTables::IsAnError).unwrap_err();
        assert!(matches!(error, DatabaseError::Gone { .. }), "{error}");
        let rows = load(WithoutTables::IsEmpty).unwrap().unwrap();
        assert_eq!(rows, Rows::default());
    }

    #[test]
    fn of_lists_that_cannot_be_built_no_details_are_read() {
        let mut connection = open_for_server(&filled().url()).unwrap();
        let outcome = load_whole(
            &mut connection,
            Rows::default(),
            false,
            WithoutTables::IsEmpty,
            |rows| Err::<(), _>(rows.tracks.len()),
            |(), _, _| panic!("a row of details"),
        );
        assert_eq!(outcome.unwrap(), Err(2));
    }
}
