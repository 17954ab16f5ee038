//! The rows of a query, taken as they lie in the memory of the database's library.
//!
//! In: a connection and a query. Out: each of its rows, in order, by this thread. What stays true: a name is not copied
//! on its way, and no row is put together to be taken apart, since a library has a million tracks.
//!
//! That is [`LoadConnection::load`], which diesel keeps for those who build upon it: they enable a feature, of which it
//! says that it is for no other use, and that what it opens may change between minor versions. To have a value made of
//! each row first, as is usual, takes a fifth longer; so it is used here and nowhere else, and one minor version is
//! required.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::backend::Backend;
use diesel::connection::LoadConnection;
use diesel::deserialize;
use diesel::expression::QueryMetadata;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::{Error as DieselError, QueryResult, UnexpectedEndOfRow, UnexpectedNullError};
use diesel::row::{Field, Row};
use thiserror::Error;

use super::receiver::{LoadedTrack, Receiver};
use super::selection::Selection;
use super::values::StoredId;

/// Takes the rows of queries, of which [`Selection`] says how they are read.
pub(super) struct Taking<Mode, S>(PhantomData<(Mode, S)>);

/// The table of [`Taking::tracks`].
const TRACKS: &str = "tracks";

/// What a column holds that it should not.
#[derive(Debug, Error)]
#[error("the column {column:?} of {table} cannot be read")]
struct ColumnError {
    table: &'static str,
    column: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl<Mode, S: Selection> Taking<Mode, S> {
    /// The albums, artists or genres of a query, as the receiver takes them; none where there is no query.
    ///
    /// # Errors
    /// Those of the query, or an id is none.
    pub(super) fn names<C, Q, R>(
        c: &mut C,
        table: &'static str,
        query: Option<Q>,
    ) -> QueryResult<R::Names>
    where
        C: LoadConnection<Mode, Backend = S::Backend>,
        C::Backend: QueryMetadata<Q::SqlType>,
        Q: Query + QueryFragment<C::Backend> + QueryId,
        R: Receiver,
    {
        let mut taken = R::Names::default();
        let Some(query) = query else {
            return Ok(taken);
        };
        for row in c.load(query)? {
            named::<S>(table, &row?, |id, name| {
                R::name(&mut taken, id.into(), name);
            })
            .map_err(DieselError::DeserializationError)?;
        }
        Ok(taken)
    }

    /// Likewise the tracks of a query, unless another thread has failed meanwhile.
    ///
    /// # Errors
    /// Likewise, and it has failed then.
    pub(super) fn tracks<C, Q, R>(
        c: &mut C,
        query: Option<Q>,
        has_failed: &AtomicBool,
        receiver: &R,
    ) -> QueryResult<R::Tracks>
    where
        C: LoadConnection<Mode, Backend = S::Backend>,
        C::Backend: QueryMetadata<Q::SqlType>,
        Q: Query + QueryFragment<C::Backend> + QueryId,
        R: Receiver,
    {
        let read = || -> QueryResult<R::Tracks> {
            let mut taken = R::Tracks::default();
            let Some(query) = query else {
                return Ok(taken);
            };
            for row in c.load(query)? {
                if has_failed.load(Ordering::Relaxed) {
                    break;
                }
                track::<S>(&row?, |track| receiver.track(&mut taken, track))
                    .map_err(DieselError::DeserializationError)?;
            }
            Ok(taken)
        };
        read().inspect_err(|_| has_failed.store(true, Ordering::Relaxed))
    }
}

/// A row of albums, artists or genres.
fn named<'a, S: Selection>(
    table: &'static str,
    row: &impl Row<'a, S::Backend>,
    take: impl FnOnce(StoredId, Option<&str>),
) -> deserialize::Result<()> {
    let id = not_null(table, row, 0, S::id)?;
    let field = row.get(1).ok_or(UnexpectedEndOfRow)?;
    let mut name = field.value();
    let name = name.as_mut().map(S::name).transpose();
    let name = name.map_err(|source| of_column(table, &field, source))?;
    take(id, name.as_deref());
    Ok(())
}

/// A row of tracks.
fn track<'a, S: Selection>(
    row: &impl Row<'a, S::Backend>,
    take: impl FnOnce(&LoadedTrack<'_>),
) -> deserialize::Result<()> {
    let number = |at| value(TRACKS, row, at, S::number).map(|number| number.map(|number| number.0));
    let id = not_null(TRACKS, row, 0, S::id)?;
    let field = row.get(1).ok_or(UnexpectedEndOfRow)?;
    let mut name = field.value();
    let name = name.as_mut().map(S::name).transpose();
    let name = name.map_err(|source| of_column(TRACKS, &field, source))?;
    take(&LoadedTrack {
        id: id.into(),
        name: name.as_deref(),
        length: number(2)?,
        track: number(3)?,
        year: number(4)?,
        album_id: value(TRACKS, row, 5, S::id)?.map(Into::into),
        artist_id: value(TRACKS, row, 6, S::id)?.map(Into::into),
        genre_id: value(TRACKS, row, 7, S::id)?.map(Into::into),
        disc: number(8)?,
    });
    Ok(())
}

/// The value of a column; `None` is NULL.
fn value<'a, DB: Backend, T>(
    table: &'static str,
    row: &impl Row<'a, DB>,
    at: usize,
    read: impl FnOnce(DB::RawValue<'_>) -> deserialize::Result<T>,
) -> deserialize::Result<Option<T>> {
    let field = row.get(at).ok_or(UnexpectedEndOfRow)?;
    let value = field.value().map(read).transpose();
    value.map_err(|source| of_column(table, &field, source))
}

/// Likewise where NULL is an error.
fn not_null<'a, DB: Backend, T>(
    table: &'static str,
    row: &impl Row<'a, DB>,
    at: usize,
    read: impl FnOnce(DB::RawValue<'_>) -> deserialize::Result<T>,
) -> deserialize::Result<T> {
    let field = row.get(at).ok_or(UnexpectedEndOfRow)?;
    let value = field.value().ok_or(UnexpectedNullError);
    let value = value.map_err(Into::into).and_then(read);
    value.map_err(|source| of_column(table, &field, source))
}

/// The error of a column.
fn of_column<'a, DB: Backend>(
    table: &'static str,
    field: &impl Field<'a, DB>,
    source: Box<dyn std::error::Error + Send + Sync>,
) -> Box<dyn std::error::Error + Send + Sync> {
    let column = field.field_name().unwrap_or_default().to_owned();
    let error = ColumnError {
        table,
        column,
        source,
    };
    error.into()
}

#[cfg(test)]
mod tests {
    use diesel::connection::{DefaultLoadingMode, SimpleConnection};
    use diesel::prelude::*;
    use diesel::sqlite::SqliteConnection;

    use super::super::Rows;
    use super::super::samples::ORIGINAL;
    use super::super::schema::tracks;
    use super::super::selection::SqliteBytes;
    use super::*;

    fn tracks_of(c: &mut SqliteConnection, has_failed: &AtomicBool) -> QueryResult<usize> {
        let query = tracks::table.select(SqliteBytes::track("NULL"));
        let receiver = Rows::default();
        Taking::<DefaultLoadingMode, SqliteBytes>::tracks(c, Some(query), has_failed, &receiver)
            .map(|taken| taken.len())
    }

    #[test]
    fn where_another_thread_has_failed_nothing_more_is_taken() {
        let mut c = SqliteConnection::establish(":memory:").unwrap();
        c.batch_execute(ORIGINAL).unwrap();
        let has_failed = AtomicBool::new(false);
        assert_eq!(tracks_of(&mut c, &has_failed), Ok(1));
        c.batch_execute("UPDATE tracks SET id = 'nonsense'")
            .unwrap();
        tracks_of(&mut c, &has_failed).unwrap_err();
        assert!(has_failed.load(Ordering::Relaxed));
        assert_eq!(tracks_of(&mut c, &has_failed), Ok(0));
    }
}
