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
use uuid::Uuid;

use super::receiver::{LoadedTrack, Receiver};
use super::selection::Selection;
use super::values::LastId;
use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// Takes the rows of queries, of which [`Selection`] says how they are read.
pub(super) struct Taking<Mode, S>(PhantomData<(Mode, S)>);

/// Whose columns [`TakesTracks`] reads.
const TRACKS: &str = "tracks";

/// What a column holds that it should not.
#[derive(Debug, Error)]
#[error("the column {column:?} of {table} cannot be read")]
struct ColumnError {
    table: &'static str,
    column: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// What is done with each row.
trait TakesRows<DB: Backend> {
    fn row<'a>(&mut self, row: &impl Row<'a, DB>) -> deserialize::Result<()>;
}

/// Takes albums, artists or genres.
struct TakesNames<S, R: Receiver> {
    table: &'static str,
    id: LastId<Uuid>,
    taken: R::Names,
    selection: PhantomData<S>,
}

/// Takes tracks.
struct TakesTracks<'a, S, R: Receiver> {
    receiver: &'a R,
    id: LastId<TrackId>,
    album: LastId<AlbumId>,
    artist: LastId<ArtistId>,
    genre: LastId<GenreId>,
    taken: R::Tracks,
    selection: PhantomData<S>,
}

/// Tells the other thread where this one ends before its last row, also by a panic.
struct Ending<'a> {
    has_failed: &'a AtomicBool,
    at_last: bool,
}

impl<Mode, S: Selection> Taking<Mode, S> {
    /// The albums, artists or genres of a query, as the receiver takes them, unless another thread has failed
    /// meanwhile; none where there is no query.
    ///
    /// # Errors
    /// Those of the query, or an id is none; and it has failed then.
    pub(super) fn names<C, Q, R>(
        c: &mut C,
        table: &'static str,
        query: Option<Q>,
        has_failed: &AtomicBool,
    ) -> QueryResult<R::Names>
    where
        C: LoadConnection<Mode, Backend = S::Backend>,
        C::Backend: QueryMetadata<Q::SqlType>,
        Q: Query + QueryFragment<C::Backend> + QueryId,
        R: Receiver,
    {
        let mut takes = TakesNames::<S, R> {
            table,
            id: LastId::default(),
            taken: R::Names::default(),
            selection: PhantomData,
        };
        Self::rows(c, query, has_failed, &mut takes)?;
        Ok(takes.taken)
    }

    /// Likewise the tracks of a query.
    ///
    /// # Errors
    /// Likewise.
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
        let mut takes = TakesTracks::<S, R> {
            receiver,
            id: LastId::default(),
            album: LastId::default(),
            artist: LastId::default(),
            genre: LastId::default(),
            taken: R::Tracks::default(),
            selection: PhantomData,
        };
        Self::rows(c, query, has_failed, &mut takes)?;
        Ok(takes.taken)
    }

    fn rows<C, Q>(
        c: &mut C,
        query: Option<Q>,
        has_failed: &AtomicBool,
        takes: &mut impl TakesRows<S::Backend>,
    ) -> QueryResult<()>
    where
        C: LoadConnection<Mode, Backend = S::Backend>,
        C::Backend: QueryMetadata<Q::SqlType>,
        Q: Query + QueryFragment<C::Backend> + QueryId,
    {
        let mut ending = Ending {
            has_failed,
            at_last: false,
        };
        if let Some(query) = query {
            for row in c.load(query)? {
                if has_failed.load(Ordering::Relaxed) {
                    break;
                }
                takes
                    .row(&row?)
                    .map_err(DieselError::DeserializationError)?;
            }
        }
        ending.at_last = true;
        Ok(())
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.at_last {
            self.has_failed.store(true, Ordering::Relaxed);
        }
    }
}

impl<S: Selection, R: Receiver> TakesRows<S::Backend> for TakesNames<S, R> {
    fn row<'a>(&mut self, row: &impl Row<'a, S::Backend>) -> deserialize::Result<()> {
        let Self {
            table, id, taken, ..
        } = self;
        not_null(table, row, 0, |value| S::id(value, id))?;
        let field = row.get(1).ok_or(UnexpectedEndOfRow)?;
        let mut name = field.value();
        let name = name.as_mut().map(S::name).transpose();
        let name = name.map_err(|source| of_column(table, &field, source))?;
        R::name(taken, *id.get(), name.as_deref());
        Ok(())
    }
}

impl<S: Selection, R: Receiver> TakesRows<S::Backend> for TakesTracks<'_, S, R> {
    fn row<'a>(&mut self, row: &impl Row<'a, S::Backend>) -> deserialize::Result<()> {
        let number = |at| -> deserialize::Result<Option<i64>> {
            let mut number = 0;
            let there = is_there(TRACKS, row, at, |value| {
                number = S::number(value)?;
                Ok(())
            })?;
            Ok(there.then_some(number))
        };
        not_null(TRACKS, row, 0, |value| S::id(value, &mut self.id))?;
        let field = row.get(1).ok_or(UnexpectedEndOfRow)?;
        let mut name = field.value();
        let name = name.as_mut().map(S::name).transpose();
        let name = name.map_err(|source| of_column(TRACKS, &field, source))?;
        let [length, track, year] = [number(2)?, number(3)?, number(4)?];
        let has_album = is_there(TRACKS, row, 5, |value| S::id(value, &mut self.album))?;
        let has_artist = is_there(TRACKS, row, 6, |value| S::id(value, &mut self.artist))?;
        let has_genre = is_there(TRACKS, row, 7, |value| S::id(value, &mut self.genre))?;
        let track = LoadedTrack {
            id: self.id.get(),
            name: name.as_deref(),
            length,
            track,
            year,
            disc: number(8)?,
            album_id: has_album.then_some(self.album.get()),
            artist_id: has_artist.then_some(self.artist.get()),
            genre_id: has_genre.then_some(self.genre.get()),
        };
        self.receiver.track(&mut self.taken, &track);
        Ok(())
    }
}

/// Reads the value of a column where there is one: it is not NULL.
fn is_there<'a, DB: Backend>(
    table: &'static str,
    row: &impl Row<'a, DB>,
    at: usize,
    read: impl FnOnce(&mut DB::RawValue<'_>) -> deserialize::Result<()>,
) -> deserialize::Result<bool> {
    let field = row.get(at).ok_or(UnexpectedEndOfRow)?;
    let mut value = field.value();
    let Some(value) = &mut value else {
        return Ok(false);
    };
    match read(value) {
        Ok(()) => Ok(true),
        Err(source) => Err(of_column(table, &field, source)),
    }
}

/// Likewise where NULL is an error.
fn not_null<'a, DB: Backend>(
    table: &'static str,
    row: &impl Row<'a, DB>,
    at: usize,
    read: impl FnOnce(&mut DB::RawValue<'_>) -> deserialize::Result<()>,
) -> deserialize::Result<()> {
    if is_there(table, row, at, read)? {
        return Ok(());
    }
    let field = row.get(at).ok_or(UnexpectedEndOfRow)?;
    Err(of_column(table, &field, UnexpectedNullError.into()))
}

/// The error of a column.
#[cold]
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
