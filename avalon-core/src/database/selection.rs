//! What lists are made of: the columns of the four tables as they are selected, and how they are read.
//!
//! In: whether there is a disc; later a row. Out: columns to select; the ids, names and numbers of the row. What stays
//! true: a row is the same however it was selected.

use std::borrow::Cow;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::schema::{Id, Number};
use super::values::{LastId, StoredId, StoredNumber};

/// The types of the columns of albums, artists and genres, by those of ids and names.
type NamedColumns<Id, Name> = (Id, Nullable<Name>);

/// Likewise of the columns of tracks.
type TrackColumns<Id, Name> = (
    Id,
    Nullable<Name>,
    Nullable<Number>,
    Nullable<Number>,
    Nullable<Number>,
    Nullable<Id>,
    Nullable<Id>,
    Nullable<Id>,
    Nullable<Number>,
);

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

/// Those of SQLite, ids and names as the bytes that they are stored as. diesel would check twice that each is UTF-8,
/// which takes an eighth of the time of reading.
pub(super) struct SqliteBytes;

/// Those of SQLite as they are, where texts are not stored as UTF-8.
pub(super) struct SqliteTexts;

/// Those of PostgreSQL.
pub(super) struct PostgresColumns;

#[derive(QueryableByName)]
struct Encoding {
    #[diesel(sql_type = Text)]
    encoding: String,
}

/// Whether the texts of a SQLite database are UTF-8, as they are but where somebody asked for another encoding.
///
/// # Errors
/// It cannot be read.
pub(super) fn is_utf8(c: &mut SqliteConnection) -> QueryResult<bool> {
    let stored: Encoding = diesel::sql_query("PRAGMA encoding").get_result(c)?;
    Ok(stored.encoding == "UTF-8")
}

macro_rules! columns_of {
    ($selection:ty, $id:ty, $name:ty, $spelled:literal) => {
        impl $selection {
            /// The columns of albums, artists or genres: id, name.
            pub(super) fn named(table: &str) -> SqlLiteral<NamedColumns<$id, $name>> {
                let columns = ["id", "name"].map(|column| Self::spelled(table, column));
                sql(&columns.join(", "))
            }

            /// The columns of tracks: id, name, length, track, year, ids of album, artist and genre, disc; the last is
            /// given, since the original has no such column.
            pub(super) fn track(disc: &str) -> SqlLiteral<TrackColumns<$id, $name>> {
                let spelled = |column| Self::spelled("tracks", column);
                let texts = ["id", "name"].map(spelled);
                let numbers = ["length", "track", "year"].map(|number| format!("tracks.{number}"));
                let owners = ["album_id", "artist_id", "genre_id"].map(spelled);
                let columns = [&texts[..], &numbers, &owners, &[disc.to_owned()]].concat();
                sql(&columns.join(", "))
            }

            /// With the table, so that an error tells it.
            fn spelled(table: &str, column: &str) -> String {
                format!($spelled, table, column)
            }
        }
    };
}

columns_of!(SqliteBytes, Binary, Binary, "CAST({0}.{1} AS BLOB) AS {1}");
columns_of!(SqliteTexts, Id, Text, "{0}.{1}");
columns_of!(PostgresColumns, Id, Text, "{0}.{1}");

impl Selection for SqliteBytes {
    type Backend = Sqlite;

    fn id<I: From<StoredId>>(
        value: &mut Raw<'_, Self>,
        last: &mut LastId<I>,
    ) -> deserialize::Result<()> {
        last.read(value.read_blob())
    }

    fn name<'a>(value: &'a mut Raw<'_, Self>) -> deserialize::Result<Cow<'a, str>> {
        let bytes = value.read_blob();
        // As diesel reads a text that is none.
        Ok(str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
    }

    fn number(value: &mut Raw<'_, Self>) -> deserialize::Result<i64> {
        Ok(value.read_long())
    }
}

impl Selection for SqliteTexts {
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
