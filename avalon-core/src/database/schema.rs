//! The tables as diesel sees them: one description for both backends.
//!
//! Two columns types differ between the backends of the original: an id is 32 hexadecimal digits of
//! text on SQLite and a `uuid` on PostgreSQL; a number has 64 bits on SQLite and 32 on PostgreSQL.
//! [`Id`] and [`Number`] are those types under one name each.

use diesel::sql_types::SqlType;

/// An id: SQLite `CHAR(32)`, PostgreSQL `uuid`.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(
    sqlite_type(name = "Text"),
    postgres_type(oid = 2950, array_oid = 2951)
)]
pub struct Id;

/// A number: SQLite `INTEGER` (64 bits), PostgreSQL `integer` (32 bits).
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(sqlite_type(name = "Long"), postgres_type(oid = 23, array_oid = 1007))]
pub struct Number;

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use super::Id;

    albums (id) {
        id -> Id,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use super::Id;

    artists (id) {
        id -> Id,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use super::Id;

    genres (id) {
        id -> Id,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use super::{Id, Number};

    tracks (id) {
        id -> Id,
        name -> Nullable<Text>,
        length -> Nullable<Number>,
        track -> Nullable<Number>,
        year -> Nullable<Number>,
        album_id -> Nullable<Id>,
        artist_id -> Nullable<Id>,
        genre_id -> Nullable<Id>,
        disc -> Nullable<Number>,
    }
}
