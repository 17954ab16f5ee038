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
    /// [`TrackRecord::digest`].
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
        details,
        sound: properties,
    };
    let prepared = Prepared {
        digest: record.digest(),
        record,
        ids,
        spellings,
        fingerprint,
    };
    (prepared, issues)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::tags::Tags;

    fn track(path: &str, album: &str, artist: &str) -> Track {
        Track {
            path: PathBuf::from(path),
            tags: Tags {
                album: album.to_owned(),
                artist: artist.to_owned(),
                genre: "Rock".to_owned(),
                title: path.to_owned(),
                track: 1,
                year: 1994,
                disc: None,
            },
            length: 61,
        }
    }

    fn artist_names(rows: &Rows) -> Vec<&str> {
        rows.artists
            .iter()
            .filter_map(|artist| artist.name.as_deref())
            .collect()
    }

    #[test]
    fn a_track_becomes_a_row_with_the_ids_of_its_names() {
        let path = "/music/Voodoo_Glow_Skulls/02-adicción,_tradición,_revolución.ogg";
        let (rows, issues) = from_tracks(vec![track(path, "¡Uno!", "Minor Threat")], i64::MAX);
        assert_eq!(issues, []);
        let expected = TrackRow {
            id: TrackId::of(path.as_bytes()),
            name: Some(path.to_owned()),
            length: Some(61),
            track: Some(1),
            year: Some(1994),
            disc: None,
            album_id: Some(AlbumId::of("¡Uno!")),
            artist_id: Some(ArtistId::of("Minor Threat")),
            genre_id: Some(GenreId::of("Rock")),
        };
        assert_eq!(rows.tracks, [expected]);
        assert_eq!(
            rows.tracks[0].id.0.to_string(),
            "56b33b92-d5b6-5971-b166-dc959b442c0c"
        );
    }

    #[test]
    fn the_last_path_in_byte_order_names_what_is_spelled_in_several_ways() {
        let tracks = vec![
            track("/m/b", "One", "AC/DC"),
            track("/m/a", "one", "ac/dc"),
            // After Z in byte order, though not in a dictionary.
            track("/m/Z", "ONE", "Ac/Dc"),
        ];
        let (rows, _) = from_tracks(tracks, i64::MAX);
        assert_eq!(artist_names(&rows), ["AC/DC"]);
        assert_eq!(rows.albums[0].name.as_deref(), Some("One"));
        assert_eq!((rows.albums.len(), rows.genres.len()), (1, 1));
        assert_eq!(rows.tracks.len(), 3);
    }

    #[test]
    fn ids_follow_the_normalised_path() {
        let id = |path| from_tracks(vec![track(path, "", "")], 9999).0.tracks[0].id;
        let plain = id("/x/a.mp3");
        assert_eq!(plain, TrackId::of(b"/x/a.mp3"));
        for same in ["/x/./a.mp3", "/x//a.mp3", "/y/../x/a.mp3"] {
            assert_eq!(id(same), plain, "{same}");
        }
        for other in ["//x/a.mp3", "x/a.mp3", "/x/A.mp3"] {
            assert_ne!(id(other), plain, "{other}");
        }
        let mut bytes = track("", "", "");
        bytes.path = PathBuf::from(OsStr::from_bytes(b"/x/caf\xe9.mp3"));
        let (rows, _) = from_tracks(vec![bytes], i64::MAX);
        assert_eq!(rows.tracks[0].id, TrackId::of(b"/x/caf\xe9.mp3"));
    }

    #[test]
    fn numbers_that_the_database_cannot_hold_are_left_out() {
        let mut big = track("/m/a", "", "");
        big.tags.track = 1 << 32;
        big.tags.year = i64::MAX;
        big.tags.disc = Some(1 << 31);
        let (rows, issues) = from_tracks(vec![big.clone()], i64::from(i32::MAX));
        let row = &rows.tracks[0];
        assert_eq!((row.track, row.year, row.disc), (Some(0), Some(0), None));
        assert_eq!(issues.len(), 3);
        assert!(issues.iter().all(|issue| issue.kind == Kind::Number));
        assert_eq!(
            issues[0].message,
            "the track number 4294967296 is more than the database holds"
        );
        let (rows, issues) = from_tracks(vec![big], i64::MAX);
        assert_eq!((rows.tracks[0].track, issues.len()), (Some(1 << 32), 0));
    }

    proptest! {
        #[test]
        fn rows_do_not_depend_on_the_order_of_reading(
            names in proptest::collection::vec(("[a-c]", "[aA]", "[bB]"), 0..20),
            seed in any::<u64>(),
        ) {
            let mut tracks: Vec<Track> = names
                .iter()
                .enumerate()
                .map(|(at, (path, album, artist))| {
                    track(&format!("/m/{path}{at}"), album, artist)
                })
                .collect();
            let (expected, _) = from_tracks(tracks.clone(), i64::MAX);
            tracks.sort_by_key(|track| TrackId::of(track.path.as_os_str().as_bytes()).0.as_u128()
                ^ u128::from(seed));
            prop_assert_eq!(from_tracks(tracks, i64::MAX).0, expected);
        }
    }
}
