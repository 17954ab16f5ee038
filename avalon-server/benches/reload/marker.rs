//! Tracks by which an answer tells of which generation it is, and the commits that change them.
//!
//! In: a database. Out: a commit by `avalon_core::database::update`, as a scan makes it, after which the
//! marker artist has 40 new tracks in place of the old, with the number of the generation in every
//! title and in the name of their album, which is another album each time, with another id.

use std::time::{Duration, Instant};

use anyhow::Result;
use avalon_core::database::{
    AlbumRow, AnyConnection, ArtistRow, Changes, DatabaseError, DatabaseUrl, DetailColumns, End,
    GenreRow, NameChanges, ScanRow, SoundProperties, TrackRecord, TrackRow, open_for_scan, update,
};
use avalon_core::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// What every name begins with; no other name of the library has this word.
pub(crate) const WORD: &str = "Avalonmarker";
/// The artist.
pub(crate) const ARTIST: &str = "Avalonmarker Quartet";
const GENRE: &str = "Avalonmarker Genre";

/// How long the lock of a commit may outlive it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tracks of the artist.
pub(crate) const TRACKS: i64 = 40;

/// Commits the next generation and returns its number.
pub(crate) fn commit(url: &DatabaseUrl) -> Result<i64> {
    let mut connection = open_alone(url)?;
    let generation = update(&mut connection, |writer| -> Result<_, DatabaseError> {
        let last = writer.last_scan()?;
        let generation = last.generation + 1;
        let is_there = writer
            .names()?
            .artists
            .iter()
            .any(|row| row.id == ArtistId::of(ARTIST));
        writer.write(&changes(generation, is_there))?;
        if is_there {
            writer.rename(&NameChanges {
                gone_albums: vec![AlbumId::of(&album(last.generation))],
                ..NameChanges::default()
            })?;
        }
        writer.add_scan(&ScanRow {
            id: last.id + 1,
            generation,
            scope: "changes".to_owned(),
            changed: TRACKS.unsigned_abs(),
            ..ScanRow::default()
        })?;
        Ok(End::Commit(generation))
    })?;
    Ok(generation)
}

/// Opens the database for the next commit. PostgreSQL may still hold the lock of the one before, whose
/// connection has just been closed.
fn open_alone(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match open_for_scan(url) {
            Err(DatabaseError::ScanRunning { .. }) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(10));
            }
            opened => return opened,
        }
    }
}

/// The number in a name of a track or album of the marker.
pub(crate) fn generation_in(name: &str) -> Option<i64> {
    let words = name.strip_prefix(WORD)?.split_whitespace();
    words
        .filter(|word| *word != "Album")
        .find_map(|word| word.parse().ok())
}

fn album(generation: i64) -> String {
    format!("{WORD} Album {generation:06}")
}

fn changes(generation: i64, is_there: bool) -> Changes {
    let album = album(generation);
    let id = |number: i64| TrackId::of(format!("/music/marker/{number}.flac").as_bytes());
    let tracks = (1..=TRACKS).map(|number| TrackRecord {
        row: TrackRow {
            id: id(number),
            name: Some(format!("{WORD} {generation:06} {number:02}")),
            length: Some(100 + (number * generation) % 300),
            track: Some(number),
            year: Some(2000),
            disc: Some(1),
            album_id: Some(AlbumId::of(&album)),
            artist_id: Some(ArtistId::of(ARTIST)),
            genre_id: Some(GenreId::of(GENRE)),
        },
        details: DetailColumns::default(),
        sound: SoundProperties {
            format: "flac",
            ..SoundProperties::default()
        },
    });
    let mut changes = Changes {
        albums: vec![AlbumRow {
            id: AlbumId::of(&album),
            name: Some(album.clone()),
        }],
        tracks: tracks.collect(),
        ..Changes::default()
    };
    if is_there {
        changes.gone_tracks = (1..=TRACKS).map(id).collect();
    } else {
        changes.artists.push(ArtistRow {
            id: ArtistId::of(ARTIST),
            name: Some(ARTIST.to_owned()),
        });
        changes.genres.push(GenreRow {
            id: GenreId::of(GENRE),
            name: Some(GENRE.to_owned()),
        });
    }
    changes
}
