//! A track as a row of the database.
//!
//! In: a [`Track`], the path that its id is made of, and the largest number that the database
//! holds. Out: a [`TrackRecord`], the file's own spellings, and what had to be left out. Pure.
//!
//! What stays true: the row follows from the file and its path alone.

use avalon_core::database::{Spellings, TrackRecord, TrackRow};
use avalon_core::ids::TrackId;

use crate::issue::{Issue, Kind};
use crate::names::{Ids, NameIds};
use crate::read::Track;

/// What is written of one track.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// Its row in `tracks`.
    pub record: TrackRecord,
    /// [`TrackRecord::digest`]: the same for the same row and spellings.
    pub digest: i64,
    /// Whose it is.
    pub ids: NameIds,
    /// The names as this file spells them.
    pub spellings: Spellings,
    /// A hash of its sound.
    pub fingerprint: Option<[u8; 16]>,
}

/// Makes a row of a track. A number above `largest_number` becomes 0 (no disc), with an [`Issue`].
pub fn prepare(
    track: Track,
    key: &[u8],
    largest_number: i64,
    ids: &mut Ids,
) -> (Prepared, Vec<Issue>) {
    let Track {
        path,
        tags,
        mut details,
        mut properties,
        fingerprint,
        length,
    } = track;
    let mut issues = Vec::new();
    let mut fitting = |field: &str, number: i64| {
        if number <= largest_number {
            return Some(number);
        }
        issues.push(Issue {
            path: path.clone(),
            kind: Kind::Number,
            message: format!("the {field} {number} is more than the database holds"),
        });
        None
    };
    let track = fitting("track number", tags.track).unwrap_or(0);
    let year = fitting("year", tags.year).unwrap_or(0);
    let length = fitting("length", length).unwrap_or(0);
    let disc = tags.disc.and_then(|disc| fitting("disc number", disc));
    for number in [
        &mut details.track_total,
        &mut details.disc_total,
        &mut properties.bitrate,
        &mut properties.sample_rate,
        &mut properties.channels,
    ] {
        *number = number.filter(|&number| number <= largest_number);
    }
    let spellings = Spellings {
        album: tags.album,
        artist: tags.artist,
        genre: tags.genre,
    };
    let ids = ids.of(&spellings);
    let row = TrackRow {
        id: TrackId::of(key),
        track: Some(track),
        year: Some(year),
        length: Some(length),
        disc,
        album_id: Some(ids.album),
        artist_id: Some(ids.artist),
        genre_id: Some(ids.genre),
        name: Some(tags.title),
    };
    let record = TrackRecord {
        row,
        details: details.into(),
        sound: properties,
    };
    let prepared = Prepared {
        digest: record.digest(&spellings),
        record,
        ids,
        spellings,
        fingerprint,
    };
    (prepared, issues)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use avalon_core::database::{SoundProperties, TrackDetails};
    use avalon_core::ids::{AlbumId, ArtistId, GenreId};

    use super::*;
    use crate::tags::Tags;

    fn track(path: &str) -> Track {
        Track {
            path: PathBuf::from(path),
            tags: Tags {
                album: "¡Uno!".to_owned(),
                artist: "Minor Threat".to_owned(),
                genre: "Rock".to_owned(),
                title: path.to_owned(),
                track: 1,
                year: 1994,
                disc: None,
            },
            details: TrackDetails::default(),
            properties: SoundProperties::default(),
            fingerprint: None,
            length: 61,
        }
    }

    fn prepared(track: Track, largest_number: i64) -> (Prepared, Vec<Issue>) {
        prepare(track, b"/m/a", largest_number, &mut Ids::default())
    }

    #[test]
    fn a_track_becomes_a_row_with_the_ids_of_its_names() {
        let path = "/music/Voodoo_Glow_Skulls/02-adicción,_tradición,_revolución.ogg";
        let key = path.as_bytes();
        let (prepared, issues) = prepare(track(path), key, i64::MAX, &mut Ids::default());
        assert_eq!(issues, []);
        let expected = TrackRow {
            id: TrackId::of(key),
            name: Some(path.to_owned()),
            length: Some(61),
            track: Some(1),
            year: Some(1994),
            disc: None,
            album_id: Some(AlbumId::of("¡Uno!")),
            artist_id: Some(ArtistId::of("Minor Threat")),
            genre_id: Some(GenreId::of("Rock")),
        };
        assert_eq!(prepared.record.row, expected);
        assert_eq!(
            expected.id.0.to_string(),
            "56b33b92-d5b6-5971-b166-dc959b442c0c"
        );
    }

    #[test]
    fn numbers_that_the_database_cannot_hold_are_left_out() {
        let mut big = track("/m/a");
        big.tags.track = 1 << 32;
        big.tags.year = i64::MAX;
        big.tags.disc = Some(1 << 31);
        big.details.track_total = Some(1 << 31);
        let (kept, issues) = prepared(big.clone(), i64::from(i32::MAX));
        let row = &kept.record.row;
        assert_eq!((row.track, row.year, row.disc), (Some(0), Some(0), None));
        let mut plain = track("/m/a");
        plain.details.track_total = None;
        let (plain, _) = prepared(plain, i64::from(i32::MAX));
        assert_eq!(kept.record.details, plain.record.details);
        assert_eq!(issues.len(), 3);
        assert!(issues.iter().all(|issue| issue.kind == Kind::Number));
        assert_eq!(
            issues[0].message,
            "the track number 4294967296 is more than the database holds"
        );
        let (kept, issues) = prepared(big, i64::MAX);
        assert_eq!((kept.record.row.track, issues.len()), (Some(1 << 32), 0));
    }

    #[test]
    fn the_digest_follows_from_the_row_and_the_spellings() {
        let digest = |change: fn(&mut Track)| {
            let mut track = track("/m/a");
            change(&mut track);
            prepared(track, i64::MAX).0.digest
        };
        let same = digest(|_| {});
        assert_eq!(
            digest(|track| track.path = PathBuf::from("elsewhere")),
            same
        );
        assert_ne!(digest(|track| track.tags.track = 2), same);
        // One id, so one row, and yet another name for the artist.
        assert_ne!(
            digest(|track| track.tags.artist = "MINOR THREAT".to_owned()),
            same
        );
    }
}
