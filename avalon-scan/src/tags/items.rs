//! The items that a tag may have beyond the original's fields, and the names that taggers give them.
//!
//! In: a name as a tag spells it: the key of a Vorbis comment or of an APE item, the description of
//! a `TXXX` frame, the name of a freeform atom. Out: the [`Item`] that it means, and its rank among
//! the names of that item. One table for all families, since taggers write the same names in each.
//!
//! What stays true: of several names of one item in a tag, those of the lowest rank count, so that
//! nothing is listed twice.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use rustc_hash::FxHasher;

/// What an item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Artist,
    AlbumArtist,
    Genre,
    Composer,
    /// `3/12`: the total in it.
    Track,
    TrackTotal,
    /// `1/2`: likewise.
    Disc,
    DiscTotal,
    Date,
    OriginalDate,
    RecordingId,
    TrackId,
    ReleaseId,
    ReleaseGroupId,
    ArtistId,
    AlbumArtistId,
    TrackGain,
    TrackPeak,
    AlbumGain,
    AlbumPeak,
    R128TrackGain,
    R128AlbumGain,
    Bpm,
    Isrc,
    Label,
    Compilation,
    TitleSort,
    AlbumSort,
    ArtistSort,
    AlbumArtistSort,
    ComposerSort,
    Comment,
}

/// How many items there are.
pub(super) const ITEMS: usize = Item::Comment as usize + 1;

/// The rank of what a format itself has for an item: a frame, an atom. Before it come the fields that
/// taggers made for several values; after it come other names.
pub(super) const STANDARD: u8 = 1;

/// Names in upper case, what they mean, and their rank.
const NAMES: [(&str, Item, u8); 73] = [
    ("ARTISTS", Item::Artist, 0),
    ("ARTIST", Item::Artist, 2),
    ("ALBUMARTISTS", Item::AlbumArtist, 0),
    ("ALBUMARTIST", Item::AlbumArtist, 2),
    ("ALBUM ARTIST", Item::AlbumArtist, 3),
    ("ALBUM_ARTIST", Item::AlbumArtist, 4),
    ("GENRE", Item::Genre, 2),
    ("COMPOSER", Item::Composer, 2),
    ("TRACKNUMBER", Item::Track, 3),
    ("TRACK", Item::Track, 2),
    ("TRACKTOTAL", Item::TrackTotal, 2),
    ("TOTALTRACKS", Item::TrackTotal, 3),
    ("DISCNUMBER", Item::Disc, 3),
    ("DISC", Item::Disc, 2),
    ("DISCTOTAL", Item::DiscTotal, 2),
    ("TOTALDISCS", Item::DiscTotal, 3),
    ("DATE", Item::Date, 2),
    ("YEAR", Item::Date, 3),
    ("ORIGINALDATE", Item::OriginalDate, 2),
    ("ORIGINALYEAR", Item::OriginalDate, 3),
    ("ORIGINAL YEAR", Item::OriginalDate, 4),
    ("ORIGYEAR", Item::OriginalDate, 5),
    ("MUSICBRAINZ_TRACKID", Item::RecordingId, 2),
    ("MUSICBRAINZ TRACK ID", Item::RecordingId, 3),
    ("MUSICBRAINZ_RECORDINGID", Item::RecordingId, 4),
    ("MUSICBRAINZ RECORDING ID", Item::RecordingId, 5),
    ("MUSICBRAINZ_RELEASETRACKID", Item::TrackId, 2),
    ("MUSICBRAINZ RELEASE TRACK ID", Item::TrackId, 3),
    ("MUSICBRAINZ_ALBUMID", Item::ReleaseId, 2),
    ("MUSICBRAINZ ALBUM ID", Item::ReleaseId, 3),
    ("MUSICBRAINZ_RELEASEID", Item::ReleaseId, 4),
    ("MUSICBRAINZ RELEASE ID", Item::ReleaseId, 5),
    ("MUSICBRAINZ_RELEASEGROUPID", Item::ReleaseGroupId, 2),
    ("MUSICBRAINZ RELEASE GROUP ID", Item::ReleaseGroupId, 3),
    ("MUSICBRAINZ_ARTISTID", Item::ArtistId, 2),
    ("MUSICBRAINZ ARTIST ID", Item::ArtistId, 3),
    ("MUSICBRAINZ_ALBUMARTISTID", Item::AlbumArtistId, 2),
    ("MUSICBRAINZ ALBUM ARTIST ID", Item::AlbumArtistId, 3),
    ("REPLAYGAIN_TRACK_GAIN", Item::TrackGain, 2),
    ("REPLAYGAIN_TRACK_PEAK", Item::TrackPeak, 2),
    ("REPLAYGAIN_ALBUM_GAIN", Item::AlbumGain, 2),
    ("REPLAYGAIN_ALBUM_PEAK", Item::AlbumPeak, 2),
    ("R128_TRACK_GAIN", Item::R128TrackGain, 2),
    ("R128_ALBUM_GAIN", Item::R128AlbumGain, 2),
    ("BPM", Item::Bpm, 2),
    ("TEMPO", Item::Bpm, 3),
    ("ISRC", Item::Isrc, 2),
    ("LABEL", Item::Label, 2),
    ("ORGANIZATION", Item::Label, 3),
    ("PUBLISHER", Item::Label, 4),
    ("COMPILATION", Item::Compilation, 2),
    ("ITUNESCOMPILATION", Item::Compilation, 3),
    ("TCMP", Item::Compilation, 4),
    ("TITLESORT", Item::TitleSort, 2),
    ("TITLESORTORDER", Item::TitleSort, 3),
    ("TITLE SORT", Item::TitleSort, 4),
    ("ALBUMSORT", Item::AlbumSort, 2),
    ("ALBUMSORTORDER", Item::AlbumSort, 3),
    ("ALBUM SORT", Item::AlbumSort, 4),
    ("ARTISTSORT", Item::ArtistSort, 2),
    ("ARTISTSORTORDER", Item::ArtistSort, 3),
    ("ARTIST SORT", Item::ArtistSort, 4),
    ("ALBUMARTISTSORT", Item::AlbumArtistSort, 2),
    ("ALBUMARTISTSORTORDER", Item::AlbumArtistSort, 3),
    ("ALBUM ARTIST SORT", Item::AlbumArtistSort, 4),
    ("COMPOSERSORT", Item::ComposerSort, 2),
    ("COMPOSERSORTORDER", Item::ComposerSort, 3),
    ("COMPOSER SORT", Item::ComposerSort, 4),
    ("COMMENT", Item::Comment, 2),
    ("DESCRIPTION", Item::Comment, 3),
    ("TRACK TOTAL", Item::TrackTotal, 4),
    ("DISC TOTAL", Item::DiscTotal, 4),
    ("ORIGINAL DATE", Item::OriginalDate, 6),
];

/// The longest name, in bytes.
const LONGEST: usize = 28;

type Hasher = BuildHasherDefault<FxHasher>;

/// The table by name: each comment of each file is looked up.
static BY_NAME: LazyLock<HashMap<&'static [u8], (Item, u8), Hasher>> = LazyLock::new(|| {
    let rows = NAMES.iter();
    rows.map(|&(name, item, rank)| (name.as_bytes(), (item, rank)))
        .collect()
});

/// What a name means, and its rank; in any case.
pub(super) fn named(name: &str) -> Option<(Item, u8)> {
    let mut upper = [0; LONGEST];
    let upper = upper.get_mut(..name.len())?;
    upper.copy_from_slice(name.as_bytes());
    upper.make_ascii_uppercase();
    BY_NAME.get(&*upper).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case() {
        for (name, expected) in [
            ("ARTISTS", Some((Item::Artist, 0))),
            ("MusicBrainz Album Id", Some((Item::ReleaseId, 3))),
            ("replaygain_track_gain", Some((Item::TrackGain, 2))),
            ("ARTISTSS", None),
            ("", None),
            ("a name that is longer than any of them", None),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
    }

    #[test]
    fn every_name_is_reached_and_no_rank_is_taken_twice() {
        for (at, &(name, item, rank)) in NAMES.iter().enumerate() {
            assert_eq!(named(name), Some((item, rank)), "{name}");
            assert_ne!(rank, STANDARD, "{name}");
            let mut others = NAMES[..at].iter();
            assert!(
                !others.any(|other| (other.1, other.2) == (item, rank)),
                "{name}"
            );
        }
        let longest = NAMES.iter().map(|(name, ..)| name.len()).max();
        assert_eq!(longest, Some(LONGEST));
    }
}
