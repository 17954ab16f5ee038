//! Reading what is known of each track beyond what lists show.
//!
//! In: a connection, and the state that the lists were loaded of. Out: row after row, of `files` and
//! then of `tracks`, if they are of that state still. What stays true: all rows are of one moment, and
//! none is kept, so that a library of any size costs a few thousand rows of memory here.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::connection::{AnyConnection, Backend};
use super::each_row::each_row;
use super::error::DatabaseError;
use super::generation::{
    LibraryState, has_memory, postgres_library_state, postgres_may_read, sqlite_library_state,
};
use super::load::LoadFailure;
use super::memory::FileKind;
use super::migrations::{SchemaState, postgres_schema_state, sqlite_schema_state};
use super::schema::{files, tracks};
use super::values::{StoredId, StoredNumber};
use crate::ids::TrackId;

/// The columns of a track beyond those of the original, as they stand: nothing says that a column of JSON
/// holds JSON, since other programs can write it. `None` is unknown. `Text` is a text that is owned, or
/// lies elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DetailRow<Text = String> {
    /// Number of the disc.
    pub disc: Option<i64>,
    /// Every artist, a JSON array of strings.
    pub artists: Option<Text>,
    /// Every artist of the album, likewise.
    pub album_artists: Option<Text>,
    /// Every genre, likewise.
    pub genres: Option<Text>,
    /// Every composer, likewise.
    pub composers: Option<Text>,
    /// Tracks on the disc.
    pub track_total: Option<i64>,
    /// Discs of the release.
    pub disc_total: Option<i64>,
    /// When it was released or recorded, as the tag writes it.
    pub date: Option<Text>,
    /// When it was first released, likewise.
    pub original_date: Option<Text>,
    /// Ids of MusicBrainz, a JSON object.
    pub musicbrainz: Option<Text>,
    /// Gains and peaks, a JSON object.
    pub gains: Option<Text>,
    /// Beats per minute.
    pub bpm: Option<f64>,
    /// Every ISRC, a JSON array of strings.
    pub isrcs: Option<Text>,
    /// Every label, likewise.
    pub labels: Option<Text>,
    /// Whether the album is a compilation.
    pub compilation: Option<bool>,
    /// Names as they sort, a JSON object.
    pub sort_names: Option<Text>,
    /// The comment.
    pub comment: Option<Text>,
    /// The container.
    pub format: Option<Text>,
    /// What is in it.
    pub codec: Option<Text>,
    /// kbit/s.
    pub bitrate: Option<i64>,
    /// Hz.
    pub sample_rate: Option<i64>,
    /// Channels.
    pub channels: Option<i64>,
    /// Milliseconds.
    pub length_ms: Option<i64>,
}

/// What is known of the file of a track. `Path` is one that is owned, or lies elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileDetailRow<Path = Vec<u8>> {
    /// Bytes.
    pub size: i64,
    /// When its content changed last, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// When it was first seen, likewise.
    pub added_ns: i64,
    /// Where it is, as the system has it; `None` where nobody asked.
    pub path: Option<Path>,
}

/// A row of either table.
#[derive(Clone, Copy, Debug)]
pub enum AnyDetailRow<'a> {
    /// Of `files`.
    File(&'a FileDetailRow),
    /// Of `tracks`.
    Track(&'a DetailRow),
}

type Numbers = (
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<StoredNumber>,
    Option<i64>,
    Option<f64>,
    Option<bool>,
);
type Lists = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);
type Texts = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Hands out every file of a track, and then every track, in one read transaction; gives back whether that
/// is of the same state as the lists were. Where it is not, or that cannot be told, or the database has no
/// such columns (one of the original), nothing is handed out. Edits of a database that has a generation by
/// other programs are not told. `files` without permission to read them (PostgreSQL) is
/// no files. Paths are read `with_paths` only.
///
/// # Errors
/// The tables cannot be read, some are missing, or they hold an id that is none; part of the rows may have been handed out.
pub fn load_details(
    connection: &mut AnyConnection,
    of_lists: &LibraryState,
    with_paths: bool,
    on_row: &mut dyn FnMut(TrackId, AnyDetailRow<'_>),
) -> Result<bool, DatabaseError> {
    let loaded: Result<bool, LoadFailure> = match &mut connection.backend {
        Backend::Sqlite(c) => c.transaction(|c| {
            let schema = sqlite_schema_state(c)?.all_or_none()?;
            let is_same = of_lists.is_same(&sqlite_library_state(c, schema)?);
            if is_same {
                details_from_sqlite(c, schema, with_paths, on_row)?;
            }
            Ok(is_same)
        }),
        Backend::Postgres(c) => c
            .build_transaction()
            .repeatable_read()
            .read_only()
            .run(|c| {
                let schema = postgres_schema_state(c)?.all_or_none()?;
                let is_same = of_lists.is_same(&postgres_library_state(c, schema)?);
                if is_same {
                    details_from_postgres(c, schema, with_paths, on_row)?;
                }
                Ok(is_same)
            }),
    };
    loaded.map_err(|failure| failure.of(&connection.url))
}

/// What [`load_details`] hands out, in a transaction of the caller's.
pub(super) fn details_from_sqlite(
    c: &mut SqliteConnection,
    state: SchemaState,
    with_paths: bool,
    on_row: &mut dyn FnMut(TrackId, AnyDetailRow<'_>),
) -> QueryResult<()> {
    if has_memory(state) {
        sqlite_files(c, with_paths, on_row)?;
    }
    sqlite_tracks(c, state, on_row)
}

/// Likewise.
pub(super) fn details_from_postgres(
    c: &mut PgConnection,
    state: SchemaState,
    with_paths: bool,
    on_row: &mut dyn FnMut(TrackId, AnyDetailRow<'_>),
) -> QueryResult<()> {
    if has_memory(state) && postgres_may_read(c, "files")? {
        postgres_files(c, with_paths, on_row)?;
    }
    postgres_tracks(c, state, on_row)
}

/// The queries, once for both backends.
macro_rules! details_from {
    ($files:ident, $tracks:ident, $connection:ty, $mode:ty) => {
        fn $files(
            c: &mut $connection,
            with_paths: bool,
            on_row: &mut dyn FnMut(TrackId, AnyDetailRow<'_>),
        ) -> QueryResult<()> {
            type File = (Option<StoredId>, i64, i64, i64);
            let mut hand_out = |(id, size, mtime_ns, added_ns): File, path| {
                if let Some(id) = id {
                    let row = FileDetailRow {
                        size,
                        mtime_ns,
                        added_ns,
                        path,
                    };
                    on_row(id.into(), AnyDetailRow::File(&row));
                }
            };
            let columns = (
                files::track_id,
                files::size,
                files::mtime_ns,
                files::added_ns,
            );
            let is_track = files::kind.eq(FileKind::Track.name());
            let all = files::table.filter(is_track);
            if with_paths {
                let all = all.select((columns, files::path));
                each_row::<$mode, (File, Vec<u8>), _, _>(c, all, |(file, path)| {
                    hand_out(file, Some(path));
                })
            } else {
                let all = all.select(columns);
                each_row::<$mode, File, _, _>(c, all, |file| hand_out(file, None))
            }
        }

        fn $tracks(
            c: &mut $connection,
            state: SchemaState,
            on_row: &mut dyn FnMut(TrackId, AnyDetailRow<'_>),
        ) -> QueryResult<()> {
            if state < SchemaState::Disc {
                return Ok(());
            }
            if state == SchemaState::Disc {
                type Disc = (StoredId, Option<StoredNumber>);
                let all = tracks::table.select((tracks::id, tracks::disc));
                return each_row::<$mode, Disc, _, _>(c, all, |(id, disc)| {
                    let row = DetailRow {
                        disc: disc.map(plain),
                        ..DetailRow::default()
                    };
                    on_row(id.into(), AnyDetailRow::Track(&row));
                });
            }
            let numbers = (
                tracks::disc,
                tracks::track_total,
                tracks::disc_total,
                tracks::bitrate,
                tracks::sample_rate,
                tracks::channels,
                tracks::length_ms,
                tracks::bpm,
                tracks::compilation,
            );
            let lists = (
                tracks::artists,
                tracks::album_artists,
                tracks::genres,
                tracks::composers,
                tracks::isrcs,
                tracks::labels,
            );
            let texts = (
                tracks::date,
                tracks::original_date,
                tracks::musicbrainz,
                tracks::gains,
                tracks::sort_names,
                tracks::comment,
                tracks::format,
                tracks::codec,
            );
            let all = tracks::table.select((tracks::id, numbers, lists, texts));
            type Track = (StoredId, Numbers, Lists, Texts);
            each_row::<$mode, Track, _, _>(c, all, |(id, numbers, lists, texts)| {
                let row = detail_row(numbers, lists, texts);
                on_row(id.into(), AnyDetailRow::Track(&row));
            })
        }
    };
}

details_from!(
    sqlite_files,
    sqlite_tracks,
    SqliteConnection,
    DefaultLoadingMode
);
details_from!(
    postgres_files,
    postgres_tracks,
    PgConnection,
    PgRowByRowLoadingMode
);

fn detail_row(numbers: Numbers, lists: Lists, texts: Texts) -> DetailRow {
    let (
        disc,
        track_total,
        disc_total,
        bitrate,
        sample_rate,
        channels,
        length_ms,
        bpm,
        compilation,
    ) = numbers;
    let (artists, album_artists, genres, composers, isrcs, labels) = lists;
    let (date, original_date, musicbrainz, gains, sort_names, comment, format, codec) = texts;
    DetailRow {
        disc: disc.map(plain),
        artists,
        album_artists,
        genres,
        composers,
        track_total: track_total.map(plain),
        disc_total: disc_total.map(plain),
        date,
        original_date,
        musicbrainz,
        gains,
        bpm,
        isrcs,
        labels,
        compilation,
        sort_names,
        comment,
        format,
        codec,
        bitrate: bitrate.map(plain),
        sample_rate: sample_rate.map(plain),
        channels: channels.map(plain),
        length_ms,
    }
}

fn plain(stored: StoredNumber) -> i64 {
    stored.0
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place};
    use super::super::{Rows, load as load_lists, open_for_server};
    use super::*;

    const ID: &str = "00000000000000000000000000000001";
    const OTHER: &str = "00000000000000000000000000000002";

    /// What was handed out, in order, and whether it is of the state that was asked for.
    type Handed = (bool, Vec<FileDetailRow>, Vec<DetailRow>);

    fn load(place: &Place, with_paths: bool) -> Handed {
        load_of(place, &seen(place), with_paths)
    }

    /// The state that the lists are of.
    fn seen(place: &Place) -> LibraryState {
        let mut connection = open_for_server(&place.url()).unwrap();
        load_lists(&mut connection, &mut Rows::default()).unwrap()
    }

    fn load_of(place: &Place, of_lists: &LibraryState, with_paths: bool) -> Handed {
        let mut connection = open_for_server(&place.url()).unwrap();
        let (mut files, mut tracks) = (Vec::new(), Vec::new());
        let mut on_row = |id: TrackId, row: AnyDetailRow<'_>| match row {
            AnyDetailRow::File(row) => {
                assert!(tracks.is_empty(), "files come first");
                assert_eq!(id.0.as_u128(), 1);
                files.push(row.clone());
            }
            AnyDetailRow::Track(row) => tracks.push(row.clone()),
        };
        let found = load_details(&mut connection, of_lists, with_paths, &mut on_row).unwrap();
        (found, files, tracks)
    }

    fn ours() -> Place {
        let place = Place::new();
        open_for_server(&place.url()).unwrap();
        place.run(&format!(
            "INSERT INTO tracks VALUES ('{ID}', 'n', 1, 2, 3, NULL, NULL, NULL,
                 4, 'a', 'aa', 'g', 'c', 5, 6, 'd', 'od', 'mb', 'ga', 7.5, 'i', 'l', 1, 's', 'co',
                 'f', 'cod', 8, 9, 10, 5000000000);
             INSERT INTO tracks (id) VALUES ('{OTHER}');
             INSERT INTO files VALUES
                 (1, X'2FFF', '', 'track', 11, 12, 0, 0, 0, 0, 13, NULL, NULL, '{ID}', '', '', ''),
                 (2, X'2F', '', 'gone', 1, 1, 0, 0, 0, 0, 1, NULL, NULL, '{OTHER}', '', '', ''),
                 (3, X'2F', '', 'other', 1, 1, 0, 0, 0, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL);
             INSERT INTO scans VALUES (1, 3, '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)"
        ));
        place
    }

    #[test]
    fn every_column_is_where_it_belongs() {
        let (is_same, files, tracks) = load(&ours(), false);
        let text = |text: &str| Some(text.to_owned());
        let row = DetailRow {
            disc: Some(4),
            artists: text("a"),
            album_artists: text("aa"),
            genres: text("g"),
            composers: text("c"),
            track_total: Some(5),
            disc_total: Some(6),
            date: text("d"),
            original_date: text("od"),
            musicbrainz: text("mb"),
            gains: text("ga"),
            bpm: Some(7.5),
            isrcs: text("i"),
            labels: text("l"),
            compilation: Some(true),
            sort_names: text("s"),
            comment: text("co"),
            format: text("f"),
            codec: text("cod"),
            bitrate: Some(8),
            sample_rate: Some(9),
            channels: Some(10),
            length_ms: Some(5_000_000_000),
        };
        assert!(is_same);
        assert_eq!(tracks, [row, DetailRow::default()]);
        let file = FileDetailRow {
            size: 11,
            mtime_ns: 12,
            added_ns: 13,
            path: None,
        };
        assert_eq!(files, [file], "of live tracks alone, without paths");
    }

    #[test]
    fn paths_are_told_to_who_asks() {
        let (_, files, _) = load(&ours(), true);
        assert_eq!(files[0].path.as_deref(), Some(&b"/\xff"[..]));
    }

    #[test]
    fn of_another_generation_nothing_is_read() {
        let place = ours();
        let before = seen(&place);
        place.run(
            "INSERT INTO scans VALUES (2, 4, '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        );
        let handed = load_of(&place, &before, false);
        assert_eq!(handed, (false, Vec::new(), Vec::new()));
        assert!(load(&place, false).0);
    }

    #[test]
    fn a_database_of_the_original_has_no_details() {
        let place = Place::new();
        place.run(ORIGINAL);
        assert_eq!(load(&place, true), (true, Vec::new(), Vec::new()));
        place.run("ALTER TABLE tracks ADD COLUMN disc INTEGER; UPDATE tracks SET disc = 2");
        let row = DetailRow {
            disc: Some(2),
            ..DetailRow::default()
        };
        assert_eq!(load(&place, true), (true, Vec::new(), vec![row]));
    }
}
