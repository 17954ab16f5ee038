//! What lists are made of: the columns of the four tables as they are selected, and how they are read.
//!
//! In: whether there is a disc; later a row. Out: a query; the ids, names and numbers of the row. What stays true: both
//! databases give the same columns, in the same order.

use std::borrow::Cow;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;

use super::schema::{Id, Number};
use super::values::{LastId, StoredId, StoredNumber};

/// What is selected as the disc of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disc {
    /// NULL: the original has no such column.
    Unknown,
    /// What its column holds.
    Column,
}

/// How the values of selected columns are read, of which none is NULL: where they lie, since to move one takes longer
/// than most of what is done with it.
pub(super) trait Selection {
    /// Whose rows they are.
    type Backend: Backend;
    /// Reads an id, after that of the row before.
    fn id<I: From<StoredId>>(
        value: &mut Raw<'_, Self>,
        last: &mut LastId<I>,
    ) -> deserialize::Result<()>;
    /// A name, which need not be copied.
    fn name<'a>(value: &'a mut Raw<'_, Self>) -> deserialize::Result<Cow<'a, str>>;
    /// A number.
    fn number(value: &mut Raw<'_, Self>) -> deserialize::Result<i64>;
}

/// A value as the database's library has it.
pub(super) type Raw<'a, S> = <<S as Selection>::Backend as Backend>::RawValue<'a>;

/// Columns of SQLite.
pub(super) struct SqliteColumns;

/// Columns of PostgreSQL.
pub(super) struct PostgresColumns;

/// The query for all albums, artists or genres: id, name.
pub(super) fn select_names(table: &str) -> String {
    // With the table, so that an error tells it.
    format!("SELECT {table}.id, {table}.name FROM {table}")
}

/// The query for all tracks: id, name, length, track, year, ids of album, artist and genre, disc.
pub(super) fn select_tracks(disc: Disc) -> String {
    let disc = match disc {
        Disc::Unknown => "CAST(NULL AS INTEGER)",
        Disc::Column => "tracks.disc",
    };
    format!(
        "SELECT tracks.id, tracks.name, tracks.length, tracks.track, tracks.year, \
         tracks.album_id, tracks.artist_id, tracks.genre_id, {disc} FROM tracks"
    )
}

impl Selection for SqliteColumns {
    type Backend = Sqlite;

    fn id<I: From<StoredId>>(
        value: &mut Raw<'_, Self>,
        last: &mut LastId<I>,
    ) -> deserialize::Result<()> {
        last.read(value.read_text().as_bytes())
    }

    fn name<'a>(value: &'a mut Raw<'_, Self>) -> deserialize::Result<Cow<'a, str>> {
        Ok(Cow::Borrowed(value.read_text()))
    }

    fn number(value: &mut Raw<'_, Self>) -> deserialize::Result<i64> {
        Ok(value.read_long())
    }
}

impl Selection for PostgresColumns {
    type Backend = Pg;

    fn id<I: From<StoredId>>(
        value: &mut Raw<'_, Self>,
        last: &mut LastId<I>,
    ) -> deserialize::Result<()> {
        last.set(FromSql::<Id, Pg>::from_sql(*value)?);
        Ok(())
    }

    fn name<'a>(value: &'a mut Raw<'_, Self>) -> deserialize::Result<Cow<'a, str>> {
        Ok(Cow::Borrowed(str::from_utf8(value.as_bytes())?))
    }

    fn number(value: &mut Raw<'_, Self>) -> deserialize::Result<i64> {
        Ok(<StoredNumber as FromSql<Number, Pg>>::from_sql(*value)?.0)
    }
}
