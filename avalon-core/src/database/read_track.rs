//! A row of `tracks` on its way from the thread that reads to the one that takes.
//!
//! In: the columns of the original, and the disc if the database has it. Out: what lists are made of. A library
//! has a million of them, so a row is made where it stays, and not of tuples that are made of tuples.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::Pg;
use diesel::result::{UnexpectedEndOfRow, UnexpectedNullError};
use diesel::row::{Field, Row};
use diesel::sql_types::{Nullable, Text};
use diesel::sqlite::Sqlite;
use thiserror::Error;

use super::schema::{Id, Number};
use super::values::{StoredId, StoredNumber, StoredText};

/// A row of `tracks`.
pub(super) struct ReadTrack {
    pub(super) id: StoredId,
    pub(super) name: Option<StoredText>,
    pub(super) length: Option<StoredNumber>,
    pub(super) track: Option<StoredNumber>,
    pub(super) year: Option<StoredNumber>,
    pub(super) album_id: Option<StoredId>,
    pub(super) artist_id: Option<StoredId>,
    pub(super) genre_id: Option<StoredId>,
    /// Nothing in a database of the original.
    pub(super) disc: Option<StoredNumber>,
}

/// The types of the columns that the original has.
type Original = (
    Id,
    Nullable<Text>,
    Nullable<Number>,
    Nullable<Number>,
    Nullable<Number>,
    Nullable<Id>,
    Nullable<Id>,
    Nullable<Id>,
);

/// With the disc.
type WithDisc = (Original, Nullable<Number>);

/// What a column holds that it should not.
#[derive(Debug, Error)]
#[error("the column {column:?} cannot be read")]
struct ColumnError {
    column: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

macro_rules! read_from {
    ($($backend:ty),+) => {
        $(
            impl FromSqlRow<Original, $backend> for ReadTrack {
                fn build_from_row<'a>(row: &impl Row<'a, $backend>) -> deserialize::Result<Self> {
                    Self::read(row, None)
                }
            }

            impl FromSqlRow<WithDisc, $backend> for ReadTrack {
                fn build_from_row<'a>(row: &impl Row<'a, $backend>) -> deserialize::Result<Self> {
                    Self::read(row, value(row, 8)?)
                }
            }
        )+
    };
}

read_from!(Sqlite, Pg);

impl ReadTrack {
    fn read<'a, DB>(row: &impl Row<'a, DB>, disc: Option<StoredNumber>) -> deserialize::Result<Self>
    where
        DB: Backend,
        StoredId: FromSql<Id, DB>,
        StoredNumber: FromSql<Number, DB>,
        StoredText: FromSql<Text, DB>,
    {
        Ok(Self {
            id: value(row, 0)?.ok_or(UnexpectedNullError)?,
            name: value(row, 1)?,
            length: value(row, 2)?,
            track: value(row, 3)?,
            year: value(row, 4)?,
            album_id: value(row, 5)?,
            artist_id: value(row, 6)?,
            genre_id: value(row, 7)?,
            disc,
        })
    }
}

/// The value of a column; `None` is NULL.
fn value<'a, Value, Type, DB>(
    row: &impl Row<'a, DB>,
    at: usize,
) -> deserialize::Result<Option<Value>>
where
    DB: Backend,
    Value: FromSql<Type, DB>,
{
    let field = row.get(at).ok_or(UnexpectedEndOfRow)?;
    let value = field.value().map(Value::from_sql).transpose();
    value.map_err(|source| {
        let column = field.field_name().unwrap_or_default().to_owned();
        ColumnError { column, source }.into()
    })
}
