//! The rows of a query, taken as they lie in the memory of the database's library.
//!
//! In: a connection and a query. Out: each of its rows, in order, by this thread, to who takes it. What stays true: a
//! name is not copied on its way, and no row is put together to be taken apart, since a library has a million tracks.
//!
//! That is [`LoadConnection::load`], which diesel keeps for those who build upon it: they enable a feature, of which it
//! says that it is for no other use, and that what it opens may change between minor versions. To have a value made of
//! each row first, as is usual, takes a fifth longer, and a copy of each page where [pages](super::leaves) are read; so
//! it is used here and nowhere else, and one minor version is required.

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

/// Whose columns [`TakesTracks`] reads.
pub(super) const TRACKS: &str = "tracks";

/// What a column holds that it should not.
#[derive(Debug, Error)]
#[error("the column {column:?} of {table} cannot be read")]
struct ColumnError {
    table: &'static str,
    column: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// What is done with each row.
pub(super) trait TakesRows<DB: Backend> {
    /// Takes a row.
    ///
    /// # Errors
    /// It cannot be read.
    fn row<'a>(&mut self, row: &impl Row<'a, DB>) -> deserialize::Result<()>;
}

/// Takes albums, artists or genres, as the receiver does, by how they were [selected](Selection).
pub(super) struct TakesNames<S, R: Receiver> {
    table: &'static str,
    pub(super) id: LastId<Uuid>,
    pub(super) taken: R::Names,
    selection: PhantomData<S>,
}

/// Takes tracks likewise.
pub(super) struct TakesTracks<'a, S, R: Receiver> {
    pub(super) receiver: &'a R,
    pub(super) id: LastId<TrackId>,
    pub(super) album: LastId<AlbumId>,
    pub(super) artist: LastId<ArtistId>,
    pub(super) genre: LastId<GenreId>,
    pub(super) taken: R::Tracks,
    selection: PhantomData<S>,
}

/// Tells the other thread where this one ends otherwise than it was to, also by a panic.
struct Ending<'a> {
    has_failed: &'a AtomicBool,
    is_well: bool,
}

/// Gives each row of a query to who takes it, unless another thread has failed meanwhile; gives back how many.
///
/// # Errors
/// Those of the query, or a row cannot be taken; and it has failed then.
pub(super) fn each_row_of<Mode, C, Q>(
    c: &mut C,
    query: Q,
    has_failed: &AtomicBool,
    takes: &mut impl TakesRows<C::Backend>,
) -> QueryResult<usize>
where
    C: LoadConnection<Mode>,
    C::Backend: QueryMetadata<Q::SqlType>,
    Q: Query + QueryFragment<C::Backend> + QueryId,
{
    let mut ending = Ending {
        has_failed,
        is_well: false,
    };
    let mut rows = 0;
    for row in c.load(query)? {
        if has_failed.load(Ordering::Relaxed) {
            break;
        }
        takes
            .row(&row?)
            .map_err(DieselError::DeserializationError)?;
        rows += 1;
    }
    ending.is_well = true;
    Ok(rows)
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_well {
            self.has_failed.store(true, Ordering::Relaxed);
        }
    }
}

impl<S, R: Receiver> TakesNames<S, R> {
    /// None yet; of that table.
    pub(super) fn new(table: &'static str) -> Self {
        Self {
            table,
            id: LastId::default(),
            taken: R::Names::default(),
            selection: PhantomData,
        }
    }
}

impl<'a, S, R: Receiver> TakesTracks<'a, S, R> {
    /// None yet.
    pub(super) fn new(receiver: &'a R) -> Self {
        Self {
            receiver,
            id: LastId::default(),
            album: LastId::default(),
            artist: LastId::default(),
            genre: LastId::default(),
            taken: R::Tracks::default(),
            selection: PhantomData,
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
    use super::super::selection::{Disc, SqliteColumns, select_tracks};
    use super::*;

    fn tracks_of(c: &mut SqliteConnection, has_failed: &AtomicBool) -> QueryResult<usize> {
        let query = diesel::sql_query(select_tracks(Disc::Unknown));
        let receiver = Rows::default();
        let mut takes = TakesTracks::<SqliteColumns, _>::new(&receiver);
        each_row_of::<DefaultLoadingMode, _, _>(c, query, has_failed, &mut takes)?;
        Ok(takes.taken.len())
    }

    #[test]
    fn where_another_thread_has_failed_nothing_more_is_taken() {
        let mut c = SqliteConnection::establish(":memory:").unwrap();
        c.batch_execute(ORIGINAL).unwrap();
        let has_failed = AtomicBool::new(false);
        assert_eq!(tracks_of(&mut c, &has_failed), Ok(1));
        assert!(!has_failed.load(Ordering::Relaxed));
        c.batch_execute("UPDATE tracks SET id = 'nonsense'")
            .unwrap();
        tracks_of(&mut c, &has_failed).unwrap_err();
        assert!(has_failed.load(Ordering::Relaxed));
        assert_eq!(tracks_of(&mut c, &has_failed), Ok(0));
    }

    #[test]
    fn who_panics_has_failed() {
        struct Panics;
        impl TakesRows<diesel::sqlite::Sqlite> for Panics {
            fn row<'a>(
                &mut self,
                _: &impl Row<'a, diesel::sqlite::Sqlite>,
            ) -> deserialize::Result<()> {
                panic!("as it was to");
            }
        }
        let has_failed = AtomicBool::new(false);
        std::panic::catch_unwind(|| {
            let mut c = SqliteConnection::establish(":memory:").unwrap();
            let query = diesel::sql_query("SELECT 1");
            each_row_of::<DefaultLoadingMode, _, _>(&mut c, query, &has_failed, &mut Panics)
        })
        .unwrap_err();
        assert!(has_failed.load(Ordering::Relaxed));
    }
}
