//! New rows as each backend takes them fastest.
//!
//! In: rows of the four tables and of `files`. Out: values that PostgreSQL's COPY takes in pieces, and
//! that are each an INSERT of their own on SQLite.
//!
//! What stays true: what is written to a column is said once, for both backends. On SQLite the
//! statement is written out here and not put together by diesel, which walks a tuple of thirty-one
//! columns four times for each row to find its commas: twice the time of all bindings together.

use std::borrow::Cow;

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

use super::memory::{FileRow, Spellings, shown};
use super::record::TrackRecord;
use super::rows::{AlbumRow, ArtistRow, GenreRow};
use super::schema::{albums, artists, files, genres, tracks};
use super::values::{NewId, StoredNumber};
use crate::ids::TrackId;

/// A row to come: its columns, once for PostgreSQL's COPY ([`Insertable`]), once as a statement for
/// SQLite.
macro_rules! new_row {
    (
        $(#[$doc:meta])*
        $name:ident into $table:ident { $first:ident: $first_type:ty, $($column:ident: $type:ty,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub(super) struct $name<'a> {
            $first: $first_type,
            $($column: $type,)+
        }

        impl QueryId for $name<'_> {
            type QueryId = $name<'static>;

            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl QueryFragment<Sqlite> for $name<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql(concat!(
                    "INSERT INTO ", stringify!($table), " (", stringify!($first),
                    $(", ", stringify!($column),)+
                    ") VALUES ("
                ));
                out.push_bind_param::<SqlTypeOf<$table::$first>, _>(&self.$first)?;
                $(
                    out.push_sql(", ");
                    out.push_bind_param::<SqlTypeOf<$table::$column>, _>(&self.$column)?;
                )+
                out.push_sql(")");
                Ok(())
            }
        }

        impl<C> RunQueryDsl<C> for $name<'_> {}
    };
}

new_row! {
    /// An album.
    NewAlbum into albums { id: NewId, name: Option<&'a str>, }
}

new_row! {
    /// An artist.
    NewArtist into artists { id: NewId, name: Option<&'a str>, }
}

new_row! {
    /// A genre.
    NewGenre into genres { id: NewId, name: Option<&'a str>, }
}

new_row! {
    /// A track.
    NewTrack into tracks {
        id: NewId,
        name: Option<&'a str>,
        length: Option<StoredNumber>,
        track: Option<StoredNumber>,
        year: Option<StoredNumber>,
        album_id: Option<NewId>,
        artist_id: Option<NewId>,
        genre_id: Option<NewId>,
        disc: Option<StoredNumber>,
        artists: Option<&'a str>,
        album_artists: Option<&'a str>,
        genres: Option<&'a str>,
        composers: Option<&'a str>,
        track_total: Option<StoredNumber>,
        disc_total: Option<StoredNumber>,
        date: Option<&'a str>,
        original_date: Option<&'a str>,
        musicbrainz: Option<&'a str>,
        gains: Option<&'a str>,
        bpm: Option<f64>,
        isrcs: Option<&'a str>,
        labels: Option<&'a str>,
        compilation: Option<bool>,
        sort_names: Option<&'a str>,
        comment: Option<&'a str>,
        format: Option<&'a str>,
        codec: Option<&'a str>,
        bitrate: Option<StoredNumber>,
        sample_rate: Option<StoredNumber>,
        channels: Option<StoredNumber>,
        length_ms: Option<i64>,
    }
}

new_row! {
    /// A file, with the track and the names of one that is a track.
    NewFile into files {
        id: i64,
        path: &'a [u8],
        path_text: Cow<'a, str>,
        kind: &'a str,
        size: i64,
        mtime_ns: i64,
        ctime_ns: i64,
        inode: i64,
        mapping: i32,
        read_ns: i64,
        added_ns: i64,
        fingerprint: Option<&'a [u8]>,
        digest: Option<i64>,
        track_id: Option<NewId>,
        album: Option<&'a str>,
        artist: Option<&'a str>,
        genre: Option<&'a str>,
    }
}

macro_rules! named {
    ($($row:ident => $new:ident),+) => {
        $(
            impl<'a> From<&'a $row> for $new<'a> {
                fn from(row: &'a $row) -> Self {
                    Self {
                        id: row.id.into(),
                        name: row.name.as_deref(),
                    }
                }
            }
        )+
    };
}

named!(AlbumRow => NewAlbum, ArtistRow => NewArtist, GenreRow => NewGenre);

impl<'a> From<&'a TrackRecord> for NewTrack<'a> {
    fn from(record: &'a TrackRecord) -> Self {
        let TrackRecord {
            row,
            details,
            sound,
        } = record;
        Self {
            id: row.id.into(),
            name: row.name.as_deref(),
            length: row.length.map(StoredNumber),
            track: row.track.map(StoredNumber),
            year: row.year.map(StoredNumber),
            album_id: row.album_id.map(NewId::from),
            artist_id: row.artist_id.map(NewId::from),
            genre_id: row.genre_id.map(NewId::from),
            disc: row.disc.map(StoredNumber),
            artists: details.artists.as_deref(),
            album_artists: details.album_artists.as_deref(),
            genres: details.genres.as_deref(),
            composers: details.composers.as_deref(),
            track_total: details.track_total.map(StoredNumber),
            disc_total: details.disc_total.map(StoredNumber),
            date: details.date.as_deref(),
            original_date: details.original_date.as_deref(),
            musicbrainz: details.musicbrainz.as_deref(),
            gains: details.gains.as_deref(),
            bpm: details.bpm,
            isrcs: details.isrcs.as_deref(),
            labels: details.labels.as_deref(),
            compilation: details.compilation,
            sort_names: details.sort_names.as_deref(),
            comment: details.comment.as_deref(),
            format: Some(sound.format),
            codec: sound.codec,
            bitrate: sound.bitrate.map(StoredNumber),
            sample_rate: sound.sample_rate.map(StoredNumber),
            channels: sound.channels.map(StoredNumber),
            length_ms: sound.length_ms,
        }
    }
}

impl<'a> From<&'a (FileRow, Option<(TrackId, Spellings)>)> for NewFile<'a> {
    fn from((row, track): &'a (FileRow, Option<(TrackId, Spellings)>)) -> Self {
        let names = track.as_ref().map(|(_, names)| names);
        Self {
            id: row.id,
            path: &row.path,
            path_text: shown(&row.path),
            kind: row.kind.name(),
            size: row.stat.size.cast_signed(),
            mtime_ns: row.stat.mtime_ns,
            ctime_ns: row.stat.ctime_ns,
            inode: row.stat.inode.cast_signed(),
            mapping: row.mapping,
            read_ns: row.read_ns,
            added_ns: row.added_ns,
            fingerprint: row.fingerprint.as_ref().map(<[u8; 16]>::as_slice),
            digest: row.digest,
            track_id: track.as_ref().map(|(id, _)| (*id).into()),
            album: names.map(|names| names.album.as_str()),
            artist: names.map(|names| names.artist.as_str()),
            genre: names.map(|names| names.genre.as_str()),
        }
    }
}
