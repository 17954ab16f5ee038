//! A whole row of `tracks`: the original's columns and everything beside them.
//!
//! In: a [`TrackRow`], [`TrackDetails`] and [`SoundProperties`]. Out: the texts of the columns that
//! hold JSON, and a digest of the row. Pure.
//!
//! What stays true: the digest is the same for the same row on every machine of one byte order, so a
//! file that was read again and says the same is known to have changed nothing.

use std::hash::{Hash, Hasher};

use serde::Serialize;
use twox_hash::XxHash3_64;

use super::details::{SoundProperties, TrackDetails};
use super::memory::Spellings;
use super::rows::TrackRow;

/// A track with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackRecord {
    /// The original's columns, and the disc.
    pub row: TrackRow,
    /// The rest of the tags.
    pub details: DetailColumns,
    /// The sound.
    pub sound: SoundProperties,
}

/// [`TrackDetails`] as columns hold them: lists and groups are JSON. Made by whoever reads the file,
/// so that the one thread that writes has less to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetailColumns {
    pub(super) artists: Option<String>,
    pub(super) album_artists: Option<String>,
    pub(super) genres: Option<String>,
    pub(super) composers: Option<String>,
    pub(super) track_total: Option<i64>,
    pub(super) disc_total: Option<i64>,
    pub(super) date: Option<String>,
    pub(super) original_date: Option<String>,
    pub(super) musicbrainz: Option<String>,
    pub(super) gains: Option<String>,
    pub(super) bpm: Option<f64>,
    pub(super) isrcs: Option<String>,
    pub(super) labels: Option<String>,
    pub(super) compilation: Option<bool>,
    pub(super) sort_names: Option<String>,
    pub(super) comment: Option<String>,
}

impl From<TrackDetails> for DetailColumns {
    fn from(d: TrackDetails) -> Self {
        Self {
            artists: list(&d.artists),
            album_artists: list(&d.album_artists),
            genres: list(&d.genres),
            composers: list(&d.composers),
            track_total: d.track_total,
            disc_total: d.disc_total,
            musicbrainz: musicbrainz(&d),
            gains: gains(&d),
            bpm: d.bpm,
            isrcs: list(&d.isrcs),
            labels: list(&d.labels),
            compilation: d.compilation,
            sort_names: sort_names(&d),
            date: d.date,
            original_date: d.original_date,
            comment: d.comment,
        }
    }
}

impl TrackRecord {
    /// A hash of every column, and of the names as the file spells them: several spellings of a name
    /// have one id.
    pub fn digest(&self, spellings: &Spellings) -> i64 {
        let mut hasher = XxHash3_64::new();
        spellings.hash(&mut hasher);
        self.row.hash(&mut hasher);
        let d = &self.details;
        (&d.artists, &d.album_artists, &d.genres, &d.composers).hash(&mut hasher);
        (d.track_total, d.disc_total, &d.date, &d.original_date).hash(&mut hasher);
        (&d.musicbrainz, &d.gains, d.bpm.map(f64::to_bits)).hash(&mut hasher);
        (&d.isrcs, &d.labels, d.compilation).hash(&mut hasher);
        (&d.sort_names, &d.comment).hash(&mut hasher);
        self.sound.hash(&mut hasher);
        hasher.finish().cast_signed()
    }
}

/// A list as a column holds it: a JSON array of strings, NULL where there is nothing.
fn list(values: &[String]) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    serde_json::to_string(values).ok()
}

#[derive(Serialize)]
struct MusicBrainz<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release_group: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    artists: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    album_artists: &'a [String],
}

#[derive(Serialize)]
struct Gains {
    #[serde(skip_serializing_if = "Option::is_none")]
    replaygain_track_gain: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaygain_track_peak: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaygain_album_gain: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaygain_album_peak: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r128_track_gain: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r128_album_gain: Option<f64>,
}

#[derive(Serialize)]
struct SortNames<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    album: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artist: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    album_artist: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    composer: Option<&'a str>,
}

/// The column `musicbrainz`.
fn musicbrainz(d: &TrackDetails) -> Option<String> {
    object(&MusicBrainz {
        recording: d.musicbrainz_recording_id.as_deref(),
        track: d.musicbrainz_track_id.as_deref(),
        release: d.musicbrainz_release_id.as_deref(),
        release_group: d.musicbrainz_release_group_id.as_deref(),
        artists: &d.musicbrainz_artist_ids,
        album_artists: &d.musicbrainz_album_artist_ids,
    })
}

/// The column `gains`.
fn gains(d: &TrackDetails) -> Option<String> {
    object(&Gains {
        replaygain_track_gain: d.replaygain_track_gain,
        replaygain_track_peak: d.replaygain_track_peak,
        replaygain_album_gain: d.replaygain_album_gain,
        replaygain_album_peak: d.replaygain_album_peak,
        r128_track_gain: d.r128_track_gain,
        r128_album_gain: d.r128_album_gain,
    })
}

/// The column `sort_names`.
fn sort_names(d: &TrackDetails) -> Option<String> {
    object(&SortNames {
        title: d.title_sort.as_deref(),
        album: d.album_sort.as_deref(),
        artist: d.artist_sort.as_deref(),
        album_artist: d.album_artist_sort.as_deref(),
        composer: d.composer_sort.as_deref(),
    })
}

/// An object, NULL where it has no member.
fn object(value: &impl Serialize) -> Option<String> {
    let text = serde_json::to_string(value).ok()?;
    (text != "{}").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::samples::library;

    fn details() -> TrackDetails {
        TrackDetails {
            artists: vec!["AC/DC".to_owned(), "\"Two\"".to_owned()],
            musicbrainz_release_id: Some("r".to_owned()),
            musicbrainz_artist_ids: vec!["a".to_owned()],
            r128_track_gain: Some(-1.5),
            album_sort: Some("Album, The".to_owned()),
            ..TrackDetails::default()
        }
    }

    fn record() -> TrackRecord {
        TrackRecord {
            row: library(&["One"]).tracks.remove(0),
            details: details().into(),
            sound: SoundProperties {
                format: "flac",
                ..SoundProperties::default()
            },
        }
    }

    #[test]
    fn columns_of_json_hold_what_there_is_and_are_null_for_nothing() {
        let d = details();
        assert_eq!(list(&d.artists).unwrap(), r#"["AC/DC","\"Two\""]"#);
        assert_eq!(
            musicbrainz(&d).unwrap(),
            r#"{"release":"r","artists":["a"]}"#
        );
        assert_eq!(gains(&d).unwrap(), r#"{"r128_track_gain":-1.5}"#);
        assert_eq!(sort_names(&d).unwrap(), r#"{"album":"Album, The"}"#);
        let none = TrackDetails::default();
        assert_eq!(list(&none.artists), None);
        assert_eq!((musicbrainz(&none), gains(&none)), (None, None));
        assert_eq!(sort_names(&none), None);
    }

    #[test]
    fn the_digest_tells_rows_apart_by_every_kind_of_column() {
        let same = record();
        let digest = |record: &TrackRecord| record.digest(&Spellings::default());
        assert_eq!(digest(&record()), digest(&same));
        let changed: [fn(&mut TrackRecord); 6] = [
            |record| record.row.disc = Some(9),
            |record| record.row.name = None,
            |record| record.details.artists = None,
            |record| record.details.bpm = Some(120.0),
            |record| record.details.compilation = Some(false),
            |record| record.sound.format = "ogg",
        ];
        for (row, change) in changed.iter().enumerate() {
            let mut other = record();
            change(&mut other);
            assert_ne!(digest(&other), digest(&same), "{row}");
        }
    }
}
