//! From what a tag says, item by item, to [`TrackDetails`].
//!
//! In: items with their texts, in the order of the tag. Out: lists, texts and numbers. The rules that
//! are the same for every family of tags stand here: which of several names counts, what a gain or a
//! total looks like, and the bounds.
//!
//! What stays true: a text has no U+0000, is not empty and not longer than [`LONGEST_TEXT`]; a list
//! has no more than [`LONGEST_LIST`] texts; a number is finite. What cannot be read is left out.

use std::borrow::Cow;

use avalon_core::database::TrackDetails;
use avalon_core::text;

use super::items::{ITEMS, Item, STANDARD, named};
use super::track_number;

/// The most bytes that are kept of one text.
pub const LONGEST_TEXT: usize = 16 << 10;

/// The most texts that are kept of one item.
pub const LONGEST_LIST: usize = 100;

/// One text of an item.
struct Found<'a> {
    item: Item,
    rank: u8,
    text: Cow<'a, str>,
}

/// What was found in a tag.
#[derive(Default)]
pub(super) struct Items<'a>(Vec<Found<'a>>);

impl<'a> Items<'a> {
    /// With room for so many.
    pub(super) fn with_capacity(items: usize) -> Self {
        Self(Vec::with_capacity(items))
    }

    /// Adds what the format itself has for an item.
    pub(super) fn add(&mut self, item: Item, text: impl Into<Cow<'a, str>>) {
        self.add_ranked(item, STANDARD, text);
    }

    /// Adds something under a rank.
    pub(super) fn add_ranked(&mut self, item: Item, rank: u8, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Found { item, rank, text });
        }
    }

    /// Adds the texts of a name that taggers made, if it means anything.
    pub(super) fn add_named(&mut self, name: &str, texts: impl Iterator<Item = &'a str>) {
        if let Some((item, rank)) = named(name) {
            for text in texts {
                self.add_ranked(item, rank, text);
            }
        }
    }

    /// What it all says.
    pub(super) fn into_details(self) -> TrackDetails {
        let mut lowest = [u8::MAX; ITEMS];
        for found in &self.0 {
            let lowest = &mut lowest[found.item as usize];
            *lowest = found.rank.min(*lowest);
        }
        let mut details = TrackDetails::default();
        let (mut tracks, mut discs) = (None, None);
        for Found { item, rank, text } in self.0 {
            if rank == lowest[item as usize] {
                match item {
                    Item::Track => put(&mut tracks, total(&text)),
                    Item::Disc => put(&mut discs, total(&text)),
                    _ => set(&mut details, item, text),
                }
            }
        }
        details.track_total = details.track_total.or(tracks);
        details.disc_total = details.disc_total.or(discs);
        details
    }
}

fn set(details: &mut TrackDetails, item: Item, text: Cow<str>) {
    match item {
        Item::Artist => push(&mut details.artists, text),
        Item::AlbumArtist => push(&mut details.album_artists, text),
        Item::Genre => push(&mut details.genres, text),
        Item::Composer => push(&mut details.composers, text),
        Item::Isrc => push(&mut details.isrcs, text),
        Item::Label => push(&mut details.labels, text),
        Item::ArtistId => push_ids(&mut details.musicbrainz_artist_ids, &text),
        Item::AlbumArtistId => push_ids(&mut details.musicbrainz_album_artist_ids, &text),
        Item::Track | Item::Disc => {}
        Item::TrackTotal => put(&mut details.track_total, count(&text)),
        Item::DiscTotal => put(&mut details.disc_total, count(&text)),
        Item::Date => put_text(&mut details.date, text),
        Item::OriginalDate => put_text(&mut details.original_date, text),
        Item::RecordingId => put_id(&mut details.musicbrainz_recording_id, &text),
        Item::TrackId => put_id(&mut details.musicbrainz_track_id, &text),
        Item::ReleaseId => put_id(&mut details.musicbrainz_release_id, &text),
        Item::ReleaseGroupId => put_id(&mut details.musicbrainz_release_group_id, &text),
        Item::TitleSort => put_text(&mut details.title_sort, text),
        Item::AlbumSort => put_text(&mut details.album_sort, text),
        Item::ArtistSort => put_text(&mut details.artist_sort, text),
        Item::AlbumArtistSort => put_text(&mut details.album_artist_sort, text),
        Item::ComposerSort => put_text(&mut details.composer_sort, text),
        Item::Comment => put_text(&mut details.comment, text),
        Item::TrackGain => put(&mut details.replaygain_track_gain, gain(&text)),
        Item::TrackPeak => put(&mut details.replaygain_track_peak, number(&text)),
        Item::AlbumGain => put(&mut details.replaygain_album_gain, gain(&text)),
        Item::AlbumPeak => put(&mut details.replaygain_album_peak, number(&text)),
        Item::R128TrackGain => put(&mut details.r128_track_gain, r128(&text)),
        Item::R128AlbumGain => put(&mut details.r128_album_gain, r128(&text)),
        Item::Bpm => put(&mut details.bpm, number(&text).filter(|&bpm| bpm > 0.0)),
        Item::Compilation => put(&mut details.compilation, flag(&text)),
    }
}

/// The first value counts.
fn put<T>(place: &mut Option<T>, value: Option<T>) {
    if place.is_none() {
        *place = value;
    }
}

fn put_text(place: &mut Option<String>, text: Cow<str>) {
    if place.is_none() {
        *place = bounded(text);
    }
}

fn push(list: &mut Vec<String>, text: Cow<str>) {
    if list.len() < LONGEST_LIST {
        list.extend(bounded(text));
    }
}

fn put_id(place: &mut Option<String>, text: &str) {
    if let Some(&first) = ids(text).first() {
        put_text(place, first.into());
    }
}

fn push_ids(list: &mut Vec<String>, text: &str) {
    for id in ids(text) {
        push(list, id.into());
    }
}

/// Several ids that a tagger put into one text: MusicBrainz Picard joins values with `/` in ID3v2.3,
/// others with `;`. Where each piece is an id, none of them can be part of a name.
fn ids(text: &str) -> Vec<&str> {
    let is_id = |id: &&str| {
        let group = |(group, len): (&str, usize)| {
            group.len() == len && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let groups = id.split('-').zip([8, 4, 4, 4, 12]);
        id.len() == 36 && groups.clone().count() == 5 && groups.clone().all(group)
    };
    let pieces: Vec<&str> = text.split(['/', ';']).map(text::trim).collect();
    match pieces.iter().all(is_id) {
        true => pieces,
        false => vec![text],
    }
}

/// The text without U+0000, and not too long; `None` for nothing.
fn bounded(text: Cow<str>) -> Option<String> {
    let mut text = match text.contains('\0') {
        true => text.replace('\0', ""),
        false => text.into_owned(),
    };
    if text.len() > LONGEST_TEXT {
        let mut end = LONGEST_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    (!text.is_empty()).then_some(text)
}

/// How many there are; 0 is how taggers write that they do not know.
fn count(text: &str) -> Option<i64> {
    let count = i64::try_from(track_number::read(text)?).ok()?;
    (count > 0).then_some(count)
}

/// The total of `3/12`.
fn total(text: &str) -> Option<i64> {
    count(text.split_once('/')?.1)
}

/// A number, with a comma or a point.
fn number(text: &str) -> Option<f64> {
    let text = text::trim(text);
    let number: f64 = match text.split_once(',') {
        Some((whole, rest)) => format!("{whole}.{rest}").parse().ok()?,
        None => text.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// `-7.03 dB`, or without the unit.
fn gain(text: &str) -> Option<f64> {
    let text = text::trim(text);
    let unit = text.len().checked_sub(2).and_then(|at| text.get(at..));
    match unit {
        Some(unit) if unit.eq_ignore_ascii_case("db") => number(&text[..text.len() - 2]),
        _ => number(text),
    }
}

/// A gain of R128, which is a whole number of 256ths of a decibel (Q7.8 of RFC 7845, 5.2.1).
fn r128(text: &str) -> Option<f64> {
    let steps: i16 = text::trim(text).parse().ok()?;
    Some(f64::from(steps) / 256.0)
}

fn flag(text: &str) -> Option<bool> {
    let text = text::trim(text);
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["1", "true", "yes", "y"]) => Some(true),
        () if is(["0", "false", "no", "n"]) => Some(false),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(named: &[(&str, &str)]) -> TrackDetails {
        let mut items = Items::default();
        for &(name, text) in named {
            items.add_named(name, std::iter::once(text));
        }
        items.into_details()
    }

    #[test]
    fn values_keep_their_order_and_nothing_is_split() {
        let details = details(&[
            ("ARTIST", "AC/DC"),
            ("artist", "Simon, Garfunkel"),
            ("Artist", "A; B"),
            ("GENRE", "Rock"),
            ("GENRE", "Rock"),
        ]);
        assert_eq!(details.artists, ["AC/DC", "Simon, Garfunkel", "A; B"]);
        assert_eq!(details.genres, ["Rock", "Rock"]);
    }

    #[test]
    fn of_several_names_the_best_counts_alone() {
        let all = [
            ("ARTIST", "A feat. B"),
            ("ALBUM ARTIST", "Second"),
            ("ALBUMARTIST", "First"),
            ("ARTISTS", "A"),
            ("ARTISTS", "B"),
            ("DESCRIPTION", "described"),
            ("YEAR", "1999"),
        ];
        let details = details(&all);
        assert_eq!(details.artists, ["A", "B"]);
        assert_eq!(details.album_artists, ["First"]);
        assert_eq!(details.comment.as_deref(), Some("described"));
        assert_eq!(details.date.as_deref(), Some("1999"));
    }

    #[test]
    fn an_empty_text_hides_no_other() {
        let details = details(&[("ARTISTS", ""), ("ARTIST", "A"), ("COMMENT", "\0")]);
        assert_eq!(details.artists, ["A"]);
        assert_eq!(details.comment, None);
    }

    #[test]
    fn totals_come_from_their_own_field_or_from_the_number() {
        for (named, expected) in [
            (&[("TRACKNUMBER", "3/12")][..], Some(12)),
            (&[("TRACKNUMBER", "3/12"), ("TRACKTOTAL", "13")], Some(13)),
            (&[("TRACKNUMBER", "3/12"), ("TRACKTOTAL", "x")], Some(12)),
            (&[("TOTALTRACKS", "09")], Some(9)),
            (&[("TRACKNUMBER", "3")], None),
            (&[("TRACKNUMBER", "3/")], None),
            (&[("TRACKNUMBER", "3/0")], None),
            (&[("TRACKTOTAL", "0")], None),
            (&[("TRACKTOTAL", "99999999999999999999")], None),
        ] {
            assert_eq!(details(named).track_total, expected, "{named:?}");
        }
    }

    #[test]
    fn gains_are_read_as_they_are_written() {
        for (text, expected) in [
            ("-7.03 dB", Some(-7.03)),
            ("+2.5dB", Some(2.5)),
            (" -7.03 DB ", Some(-7.03)),
            ("-7,03 dB", Some(-7.03)),
            ("0", Some(0.0)),
            ("dB", None),
            ("", None),
            ("NaN dB", None),
            ("inf", None),
            ("1e999", None),
            ("1,000.5", None),
            ("loud", None),
            ("5 €", None),
        ] {
            let read = details(&[("REPLAYGAIN_TRACK_GAIN", text)]).replaygain_track_gain;
            assert_eq!(read, expected, "{text:?}");
        }
        for (text, expected) in [
            ("-512", Some(-2.0)),
            ("1", Some(1.0 / 256.0)),
            ("32768", None),
            ("1.5", None),
        ] {
            let read = details(&[("R128_TRACK_GAIN", text)]).r128_track_gain;
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn ids_that_were_joined_are_taken_apart_and_nothing_else() {
        let a = "5b11f4ce-a62d-471e-81fc-a69a8278c7da";
        let b = "0383DADF-2A4E-4D10-A46A-E9E041DA8EB3";
        for (text, expected) in [
            (a.to_owned(), &[a][..]),
            (format!("{a}/{b}"), &[a, b]),
            (format!("{a} / {b}"), &[a, b]),
            (format!("{a};{b}"), &[a, b]),
            (format!("{a}; {b}"), &[a, b]),
            (format!("{a}/{b};{a}"), &[a, b, a]),
            (format!("{a}/"), &[&format!("{a}/")]),
            (format!("{a}/x"), &[&format!("{a}/x")]),
            (format!("{a},{b}"), &[&format!("{a},{b}")]),
            ("AC/DC".to_owned(), &["AC/DC"]),
        ] {
            let named = [
                "MUSICBRAINZ_ARTISTID",
                "MUSICBRAINZ_ALBUMARTISTID",
                "MUSICBRAINZ_TRACKID",
            ];
            let details = details(&named.map(|name| (name, text.as_str())));
            assert_eq!(details.musicbrainz_artist_ids, expected, "{text}");
            assert_eq!(details.musicbrainz_album_artist_ids, expected, "{text}");
            let first = expected.first().copied();
            assert_eq!(details.musicbrainz_recording_id.as_deref(), first, "{text}");
        }
        let joined = format!("{a}/{b}");
        assert_eq!(details(&[("ISRC", &joined)]).isrcs, [joined.as_str()]);
    }

    #[test]
    fn flags_and_tempos_are_read() {
        for (text, expected) in [
            ("1", Some(true)),
            ("Yes", Some(true)),
            ("0", Some(false)),
            ("2", None),
        ] {
            assert_eq!(details(&[("COMPILATION", text)]).compilation, expected);
        }
        for (text, expected) in [("120", Some(120.0)), ("99.5", Some(99.5)), ("0", None)] {
            assert_eq!(details(&[("BPM", text)]).bpm, expected, "{text}");
        }
    }

    #[test]
    fn texts_and_lists_have_bounds() {
        let long = format!("x{}", "ä".repeat(LONGEST_TEXT));
        let comment = details(&[("COMMENT", &long)]).comment.unwrap();
        assert_eq!(comment.len(), LONGEST_TEXT - 1, "cut between two letters");
        let many = vec![("ARTIST", "A"); LONGEST_LIST + 1];
        assert_eq!(details(&many).artists.len(), LONGEST_LIST);
        assert_eq!(details(&[("LABEL", "a\0b")]).labels, ["ab"]);
    }
}
