//! The rows of a query, taken as they lie in the memory of the database's library.
//!
//! In: a connection and a query. Out: each of its rows, in order, by this thread. What stays true: a name is not copied
//! on its way, and no row is put together to be taken apart, since a library has a million tracks. That is
//! [`LoadConnection::load`], which diesel gives to those who enable a feature, since it may change between minor
//! versions: so one of these is required.

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

/// What a column holds that it should not.
#[derive(Debug, Error)]
#[error("the column {column:?} cannot be read")]
struct ColumnError {
    column: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl<Mode, S: Selection> Taking<Mode, S> {
    /// The albums, artists or genres of a query, as the receiver takes them; none where there is no query.
    ///
    /// # Errors
    /// Those of the query, or an id is none.
    pub(super) fn names<C, Q, R>(c: &mut C, query: Option<Q>) -> QueryResult<R::Names>
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
            named::<S>(&row?, |id, name| R::name(&mut taken, id.into(), name))
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
    row: &impl Row<'a, S::Backend>,
    take: impl FnOnce(StoredId, Option<&str>),
) -> deserialize::Result<()> {
    let id = value(row, 0, S::id)?.ok_or(UnexpectedNullError)?;
    let field = row.get(1).ok_or(UnexpectedEndOfRow)?;
    let mut name = field.value();
    let name = name.as_mut().map(S::name).transpose();
    take(
        id,
        name.map_err(|source| of_column(&field, source))?.as_deref(),
    );
    Ok(())
}

/// A row of tracks.
fn track<'a, S: Selection>(
    row: &impl Row<'a, S::Backend>,
    take: impl FnOnce(&LoadedTrack<'_>),
) -> deserialize::Result<()> {
    let number = |at| value(row, at, S::number).map(|number| number.map(|number| number.0));
    let id = value(row, 0, S::id)?.ok_or(UnexpectedNullError)?;
    let field = row.get(1).ok_or(UnexpectedEndOfRow)?;
    let mut name = field.value();
    let name = name.as_mut().map(S::name).transpose();
    take(&LoadedTrack {
        id: id.into(),
        name: name.map_err(|source| of_column(&field, source))?.as_deref(),
        length: number(2)?,
        track: number(3)?,
        year: number(4)?,
        album_id: value(row, 5, S::id)?.map(Into::into),
        artist_id: value(row, 6, S::id)?.map(Into::into),
        genre_id: value(row, 7, S::id)?.map(Into::into),
        disc: number(8)?,
    });
    Ok(())
}

/// The value of a column; `None` is NULL.
fn value<'a, DB: Backend, T>(
    row: &impl Row<'a, DB>,
    at: usize,
    read: impl FnOnce(DB::RawValue<'_>) -> deserialize::Result<T>,
) -> deserialize::Result<Option<T>> {
    let field = row.get(at).ok_or(UnexpectedEndOfRow)?;
    let value = field.value().map(read).transpose();
    value.map_err(|source| of_column(&field, source))
}

/// The error of a column.
fn of_column<'a, DB: Backend>(
    field: &impl Field<'a, DB>,
    source: Box<dyn std::error::Error + Send + Sync>,
) -> Box<dyn std::error::Error + Send + Sync> {
    let column = field.field_name().unwrap_or_default().to_owned();
    ColumnError { column, source }.into()
}
