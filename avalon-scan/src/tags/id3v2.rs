//! ID3v2: the tag at the start of an MP3, and in chunks of AIFF and WAV.
//!
//! In: the frames of a tag ([`super::id3v2_frames`]). Out: a [`Tag`]. A frame may have several
//! values, divided by zeros as ID3v2.4 has it; nothing else divides them. Of repeated frames the
//! first counts for the original's fields, and all of them for lists.

use std::borrow::Cow;

use super::details::Items;
use super::fields::{Date, Fields};
use super::genre;
use super::id3v2_decode::Frame;
use super::items::{Item, STANDARD};
use super::tag::Tag;

/// Who gives the ids of recordings in `UFID`.
const MUSICBRAINZ: &str = "http://musicbrainz.org";

/// What a tag says.
pub fn read(frames: &[Frame]) -> Tag {
    let genres = genre::all(&values(frames, *b"TCON"));
    let fields = fields(frames, genres.first());
    let mut items = Items::with_capacity(frames.len() + 4);
    for frame in frames {
        match frame {
            Frame::Text(name, text) => {
                if let Some((item, rank)) = item(name) {
                    for value in split(text) {
                        items.add_ranked(item, rank, value);
                    }
                }
            }
            Frame::User(description, text) => items.add_named(description, split(text)),
            Frame::Comment(description, text) => {
                if let Some(rank) = comment_rank(description) {
                    items.add_ranked(Item::Comment, rank, text.as_str());
                }
            }
            Frame::Identifier(owner, id) if owner == MUSICBRAINZ => {
                items.add(Item::RecordingId, id.as_str());
            }
            Frame::Identifier(..) => {}
            Frame::Gain(situation, gain, peak) => add_gain(&mut items, situation, *gain, *peak),
        }
    }
    for genre in genres {
        items.add(Item::Genre, genre);
    }
    if let Some(date) = &fields.date {
        items.add(Item::Date, date.text().to_owned());
    }
    Tag {
        details: items.into_details(),
        fields,
    }
}

/// What the texts mean; those that are put together from several are not among them.
fn item(name: &[u8; 4]) -> Option<(Item, u8)> {
    let item = match name {
        b"TPE1" => Item::Artist,
        b"TPE2" => Item::AlbumArtist,
        b"TCOM" => Item::Composer,
        b"TRCK" => Item::Track,
        b"TPOS" => Item::Disc,
        b"TDOR" => Item::OriginalDate,
        // The older versions' year, and a release date where nothing better is.
        b"TORY" => return Some((Item::OriginalDate, STANDARD + 1)),
        b"TDRL" => return Some((Item::Date, STANDARD + 1)),
        b"TBPM" => Item::Bpm,
        b"TSRC" => Item::Isrc,
        b"TPUB" => Item::Label,
        b"TCMP" => Item::Compilation,
        b"TSOT" => Item::TitleSort,
        b"TSOA" => Item::AlbumSort,
        b"TSOP" => Item::ArtistSort,
        b"TSO2" => Item::AlbumArtistSort,
        b"TSOC" => Item::ComposerSort,
        _ => return None,
    };
    Some((item, STANDARD))
}

/// Comments are told apart by their descriptions. That of the user has none; programs keep data of
/// their own in others, such as iTunes its `iTunNORM` and MediaMonkey its `Songs-DB_Custom1`.
fn comment_rank(description: &str) -> Option<u8> {
    let is_data = ["iTun", "Songs-DB_"].iter();
    let mut is_data = is_data.filter(|prefix| description.starts_with(**prefix));
    match (description, is_data.next()) {
        ("", _) => Some(STANDARD),
        (_, None) => Some(STANDARD + 3),
        (_, Some(_)) => None,
    }
}

/// `RVA2`, which says the same as ReplayGain's texts, and counts where these are missing.
fn add_gain(items: &mut Items, situation: &str, gain: f64, peak: Option<f64>) {
    let (gain_item, peak_item) = match situation {
        _ if situation.eq_ignore_ascii_case("track") => (Item::TrackGain, Item::TrackPeak),
        _ if situation.eq_ignore_ascii_case("album") => (Item::AlbumGain, Item::AlbumPeak),
        _ => return,
    };
    let text = |value: f64| Cow::Owned(value.to_string());
    items.add_ranked(gain_item, u8::MAX - 1, text(gain));
    items.add_ranked(peak_item, u8::MAX - 1, peak.map_or_else(Cow::default, text));
}

/// The values of a text; each value of UTF-16 may have its own mark.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split('\0')
        .map(|value| value.trim_start_matches('\u{feff}'))
}

/// The values of the first frame with a name.
fn values(frames: &[Frame], name: [u8; 4]) -> Vec<String> {
    let text = text(frames, name);
    text.map_or_else(Vec::new, |text| split(text).map(str::to_owned).collect())
}

fn text(frames: &[Frame], name: [u8; 4]) -> Option<&str> {
    frames.iter().find_map(|frame| match frame {
        Frame::Text(other, text) if *other == name => Some(text.as_str()),
        _ => None,
    })
}

fn fields(frames: &[Frame], genre: Option<&String>) -> Fields {
    let first = |name: [u8; 4]| split(text(frames, name)?).next().map(str::to_owned);
    Fields {
        album: first(*b"TALB"),
        artist: first(*b"TPE1"),
        genre: genre.cloned(),
        title: first(*b"TIT2"),
        track: first(*b"TRCK"),
        date: first(*b"TDRC").map(Date::Id3).or_else(|| old_date(frames)),
        disc: first(*b"TPOS"),
    }
}

/// The date of the versions before ID3v2.4, put together: `TYER`, `TDAT` (day and month) and `TIME`
/// (hour and minute).
fn old_date(frames: &[Frame]) -> Option<Date> {
    let text = |name: [u8; 4]| {
        let text = values(frames, name).join("\0");
        (!text.trim_matches('\0').is_empty()).then_some(text)
    };
    let halves = |text: &str| -> (String, String) {
        (
            text.chars().take(2).collect(),
            text.chars().skip(2).collect(),
        )
    };
    let mut date = text(*b"TYER")?;
    if let Some(day) = text(*b"TDAT") {
        let (day, month) = halves(&day);
        date = format!("{date}-{month}-{day}");
        if let Some(time) = text(*b"TIME") {
            let (hour, minute) = halves(&time);
            date = format!("{date}T{hour}:{minute}:00");
        }
    }
    let first = date.split(',').next().unwrap_or_default();
    Some(Date::Id3(first.to_owned()))
}
