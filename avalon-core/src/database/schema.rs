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
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
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
        artists -> Nullable<Text>,
        album_artists -> Nullable<Text>,
        genres -> Nullable<Text>,
        composers -> Nullable<Text>,
        track_total -> Nullable<Number>,
        disc_total -> Nullable<Number>,
        date -> Nullable<Text>,
        original_date -> Nullable<Text>,
        musicbrainz -> Nullable<Text>,
        gains -> Nullable<Text>,
        bpm -> Nullable<Double>,
        isrcs -> Nullable<Text>,
        labels -> Nullable<Text>,
        compilation -> Nullable<Bool>,
        sort_names -> Nullable<Text>,
        comment -> Nullable<Text>,
        format -> Nullable<Text>,
        codec -> Nullable<Text>,
        bitrate -> Nullable<Number>,
        sample_rate -> Nullable<Number>,
        channels -> Nullable<Number>,
        length_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
    use super::Id;

    files (id) {
        id -> BigInt,
        path -> Binary,
        path_text -> Text,
        kind -> Text,
        size -> BigInt,
        mtime_ns -> BigInt,
        ctime_ns -> BigInt,
        inode -> BigInt,
        mapping -> Integer,
        read_ns -> BigInt,
        added_ns -> BigInt,
        fingerprint -> Nullable<Binary>,
        digest -> Nullable<BigInt>,
        track_id -> Nullable<Id>,
        album -> Nullable<Text>,
        artist -> Nullable<Text>,
        genre -> Nullable<Text>,
    }
}

diesel::table! {
    scan_roots (id) {
        id -> BigInt,
        typed -> Binary,
        key -> Binary,
        absolute -> Binary,
        path_text -> Text,
        is_mount_point -> Bool,
        follows_links -> Bool,
    }
}

diesel::table! {
    scan_issues (id) {
        id -> BigInt,
        path -> Binary,
        path_text -> Text,
        kind -> Text,
        message -> Text,
    }
}

diesel::table! {
    scans (id) {
        id -> BigInt,
        generation -> BigInt,
        version -> Text,
        scope -> Text,
        roots -> Text,
        started_ns -> BigInt,
        seconds -> Double,
        seen -> BigInt,
        read -> BigInt,
        unchanged -> BigInt,
        added -> BigInt,
        changed -> BigInt,
        moved -> BigInt,
        removed -> BigInt,
        tracks -> BigInt,
        skipped -> BigInt,
        warnings -> BigInt,
        other -> BigInt,
    }
}
