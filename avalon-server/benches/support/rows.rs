//! A made-up track as the rows that a scan would write of its file.
//!
//! In: a [`Track`]. Out: its row of `tracks` with the details that tags most often have, and its row of
//! `files`. Pure.

use avalon_core::database::{
    DetailColumns, FileKind, FileRow, FileStat, SoundProperties, Spellings, TrackDetails,
    TrackRecord, TrackRow,
};
use avalon_core::ids::{AlbumId, ArtistId, GenreId, TrackId};

use super::generator::Track;
use super::vocabulary::Random;

/// When the files were made: 2024, nanoseconds since 1970.
const MADE_NS: i64 = 1_704_067_200_000_000_000;

/// When the scan ran, a year later.
pub(crate) const SCANNED_NS: i64 = MADE_NS + 31_536_000_000_000_000;

/// The version of the scanner's reading of tags of which these rows are.
const MAPPING: i32 = 2;

/// A row of `files` with the track that it is.
pub(crate) type File = (FileRow, Option<(TrackId, Spellings)>);

/// The row of `tracks`; with the original's columns and the disc alone where `is_bare`.
pub(crate) fn record(track: &Track, is_bare: bool) -> TrackRecord {
    let row = TrackRow {
        id: TrackId::of(track.path.as_bytes()),
        name: Some(track.title.clone()),
        length: Some(track.milliseconds / 1000),
        track: Some(track.number),
        year: Some(track.year),
        disc: track.disc,
        album_id: Some(AlbumId::of(&track.album)),
        artist_id: Some(ArtistId::of(&track.artist)),
        genre_id: Some(GenreId::of(&track.genre)),
    };
    if is_bare {
        return TrackRecord {
            row,
            details: DetailColumns::default(),
            sound: SoundProperties::default(),
        };
    }
    let details = TrackDetails {
        artists: vec![track.artist.clone()],
        album_artists: vec![track.artist.clone()],
        genres: vec![track.genre.clone()],
        track_total: Some(track.total),
        date: (track.year > 0).then(|| match track.number % 2 {
            0 => track.year.to_string(),
            _ => format!("{}-06-07", track.year),
        }),
        ..TrackDetails::default()
    };
    let format = if track.is_flac { "flac" } else { "mp3" };
    TrackRecord {
        row,
        details: details.into(),
        sound: SoundProperties {
            format,
            codec: Some(format),
            bitrate: Some(if track.is_flac { 912 } else { 256 }),
            sample_rate: Some(44_100),
            channels: Some(2),
            length_ms: Some(track.milliseconds),
        },
    }
}

/// The row of `files`: the `id`th file that the scan found.
pub(crate) fn file(track: &Track, record: &TrackRecord, id: i64) -> File {
    let spellings = Spellings {
        album: track.album.clone(),
        artist: track.artist.clone(),
        genre: track.genre.clone(),
    };
    let bytes_a_second = if track.is_flac { 114_000 } else { 32_000 };
    let changed = MADE_NS + id * 1_000_000;
    let mut random = Random::new(id.cast_unsigned());
    let mut fingerprint = [0; 16];
    fingerprint[..8].copy_from_slice(&random.next().to_le_bytes());
    fingerprint[8..].copy_from_slice(&random.next().to_le_bytes());
    let row = FileRow {
        id,
        path: track.path.clone().into_bytes(),
        kind: FileKind::Track,
        stat: FileStat {
            size: track.milliseconds.unsigned_abs() * bytes_a_second / 1000,
            mtime_ns: changed,
            ctime_ns: changed,
            inode: id.cast_unsigned(),
        },
        mapping: MAPPING,
        read_ns: SCANNED_NS,
        added_ns: SCANNED_NS,
        fingerprint: Some(fingerprint),
        digest: Some(record.digest(&spellings)),
    };
    (row, Some((record.row.id, spellings)))
}
