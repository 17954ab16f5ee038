//! ID3v1: the last 128 bytes of a file.
//!
//! In: a tag that lofty read, and its bytes. Out: a [`Tag`], without the white space that
//! pads them. The tag counts only where nothing better is (rule S6).
//!
//! Year, track and genre are taken from the bytes: lofty knows only years of four digits (rule S1
//! wants the text), drops the number of a genre that has no name (it is `Unknown`), and a track
//! after a comment that is not ended by a zero, all of which the original kept.

use lofty::id3::v1::Id3v1Tag;

use super::details::Items;
use super::fields::{Date, Fields};
use super::genre;
use super::items::Item;
use super::tag::Tag;

/// The size of the tag in bytes.
pub const SIZE: u64 = 128;

/// What a tag says.
pub fn read(tag: &Id3v1Tag, bytes: &[u8; SIZE as usize]) -> Tag {
    let fields = fields(tag, bytes);
    let mut items = Items::default();
    let date = fields.date.as_ref().map(Date::text);
    let comment = tag.comment.as_deref().and_then(trimmed);
    for (item, text) in [
        (Item::Artist, fields.artist.clone()),
        (Item::Genre, fields.genre.clone()),
        (Item::Date, date.map(str::to_owned)),
        (Item::Comment, comment),
    ] {
        items.add(item, text.unwrap_or_default());
    }
    Tag {
        details: items.into_details(),
        fields,
    }
}

fn fields(tag: &Id3v1Tag, bytes: &[u8; SIZE as usize]) -> Fields {
    let [.., before, track, genre] = *bytes;
    // Some programs pad the comment with spaces, where a track number would have a zero before it.
    let is_track = track != 0 && (track != b' ' || before == 0);
    let year: String = bytes[93..97].iter().copied().map(char::from).collect();
    let year = year.split('\0').next().and_then(trimmed);
    Fields {
        title: tag.title.as_deref().and_then(trimmed),
        artist: tag.artist.as_deref().and_then(trimmed),
        album: tag.album.as_deref().and_then(trimmed),
        date: year.map(Date::Id3),
        track: is_track.then(|| track.to_string()),
        genre: (genre != 255).then(|| genre::name(usize::from(genre)).to_owned()),
        disc: None,
    }
}

/// The text without white space of ASCII at its ends; `None` for nothing.
fn trimmed(text: &str) -> Option<String> {
    let text = text.trim_matches(|c| matches!(c, '\t'..='\r' | ' '));
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use lofty::config::ParsingMode;

    use super::*;

    fn tag(title: &[u8], year: &[u8; 4], comment_end: [u8; 2], genre: u8) -> (Id3v1Tag, Fields) {
        let mut bytes = [0; 128];
        let mut put = |at: usize, text: &[u8]| bytes[at..at + text.len()].copy_from_slice(text);
        put(0, b"TAG");
        put(3, title);
        put(33, b"Artist   ");
        put(63, b"  Album\0junk");
        put(93, year);
        put(125, &comment_end);
        put(127, &[genre]);
        let tag = Id3v1Tag::parse(bytes, ParsingMode::Relaxed).unwrap();
        let fields = fields(&tag, &bytes);
        (tag, fields)
    }

    #[test]
    fn all_fields_are_read() {
        assert_eq!(
            tag(b"caf\xe9", b"1994", [0, 3], 17).1,
            Fields {
                album: Some("Album".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("café".to_owned()),
                track: Some("3".to_owned()),
                date: Some(Date::Id3("1994".to_owned())),
                disc: None,
            }
        );
    }

    #[test]
    fn what_lofty_drops_is_read_as_the_original_did() {
        let (tag_of, fields) = tag(b"T", b"94\0\0", [b'x', 7], 200);
        assert_eq!(
            (tag_of.year, tag_of.track_number, tag_of.genre),
            (None, None, None)
        );
        assert_eq!(fields.date, Some(Date::Id3("94".to_owned())));
        assert_eq!(fields.track.as_deref(), Some("7"));
        assert_eq!(fields.genre.as_deref(), Some("Unknown"));
    }

    #[test]
    fn paddings_are_no_values() {
        let fields = |year, end, genre| tag(b"T", year, end, genre).1;
        for (name, end, expected) in [
            ("32 after a zero", [0, 32], Some("32")),
            ("a comment padded with spaces", [b' ', b' '], None),
            ("none", [0, 0], None),
        ] {
            assert_eq!(fields(b"1994", end, 0).track.as_deref(), expected, "{name}");
        }
        assert_eq!(fields(b"1994", [0, 0], 255).genre, None);
        assert_eq!(fields(b"\0\0\0\0", [0, 0], 0).date, None);
        assert_eq!(fields(b"    ", [0, 0], 0).date, None);
    }
}
