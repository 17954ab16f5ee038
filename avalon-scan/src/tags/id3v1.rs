//! ID3v1 and v1.1: the last 128 bytes of a file.
//!
//! In: a file. Out: the [`Fields`] of the tag, in Latin-1 and trimmed, since its fields are padded
//! to a fixed size; or `None`. The tag counts only where nothing better is (rule S6).

use std::io;

use crate::reader::Source;

use super::fields::{Date, Fields};
use super::genre;

/// The size of the tag in bytes.
pub const SIZE: u64 = 128;

/// Some programs wrote the year too short, so a tag may be up to four bytes shorter.
const SHORTEST: usize = 124;

/// Bytes before the tag that tell it from the `TAG` of `APETAGEX`.
const BEFORE: u64 = 3;

/// The tag at the end of the file.
///
/// # Errors
/// The file's.
pub fn read(source: &mut Source) -> io::Result<Option<Fields>> {
    let start = source.len().saturating_sub(SIZE + BEFORE);
    let bytes = source.piece(start, SIZE + BEFORE)?;
    let Some(at) = bytes.windows(3).position(|three| three == b"TAG") else {
        return Ok(None);
    };
    if bytes[..at].ends_with(b"APE") && bytes[at..].starts_with(b"TAGEX") {
        return Ok(None);
    }
    Ok(parse(&bytes[at..]))
}

fn parse(tag: &[u8]) -> Option<Fields> {
    if !(SHORTEST..=SIZE as usize).contains(&tag.len()) {
        return None;
    }
    let (head, year_and_rest) = tag.split_at(93);
    let (year, rest) = year_and_rest.split_at(tag.len() - SHORTEST);
    let (&genre, rest) = rest.split_last()?;
    let (&track, comment) = rest.split_last()?;
    // Some programs pad the comment with spaces, where a track number would be a zero before it.
    let is_track = track != 0 && (track != b' ' || comment.last() == Some(&0));
    let fields = Fields {
        title: text(&head[3..33]),
        artist: text(&head[33..63]),
        album: text(&head[63..93]),
        date: text(year).map(|year| {
            let first = year.split(',').next().unwrap_or_default();
            Date::Id3(first.to_owned())
        }),
        track: is_track.then(|| track.to_string()),
        genre: (genre != 255).then(|| genre::name(usize::from(genre)).to_owned()),
        disc: None,
    };
    Some(fields)
}

/// Latin-1 up to a zero, without white space at the ends; `None` for nothing.
fn text(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))?;
    Some(text[start..=end].iter().copied().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(title: &[u8], year: &[u8], comment_end: [u8; 2], genre: u8) -> Vec<u8> {
        let padded = |text: &[u8], size| {
            let mut text = text.to_vec();
            text.resize(size, 0);
            text
        };
        [
            b"TAG".to_vec(),
            padded(title, 30),
            padded(b"Artist   ", 30),
            padded(b"  Album\0junk", 30),
            year.to_vec(),
            padded(b"", 28),
            comment_end.to_vec(),
            vec![genre],
        ]
        .concat()
    }

    fn read_file(bytes: impl Into<Vec<u8>>) -> Option<Fields> {
        let bytes = bytes.into();
        read(&mut Source::new(&bytes, bytes.len() as u64)).unwrap()
    }

    #[test]
    fn all_fields_are_read() {
        let file = [vec![0; 500], tag(b"caf\xe9", b"1994", [0, 3], 17)].concat();
        assert_eq!(
            read_file(file),
            Some(Fields {
                album: Some("Album".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("café".to_owned()),
                track: Some("3".to_owned()),
                date: Some(Date::Id3("1994".to_owned())),
                disc: None,
            })
        );
    }

    #[test]
    fn odd_tags_are_read_as_the_original_did() {
        let fields = |year: &[u8], end, genre| read_file(tag(b"T", year, end, genre));
        let track = |end| fields(b"1994", end, 0).and_then(|fields| fields.track);
        assert_eq!(track([0, 32]).as_deref(), Some("32"));
        assert_eq!(track([b' ', b' ']), None, "a comment padded with spaces");
        assert_eq!(track([b'x', 7]).as_deref(), Some("7"));
        assert_eq!(track([0, 0]), None);
        let genre = |number| fields(b"1994", [0, 0], number).and_then(|fields| fields.genre);
        assert_eq!(genre(255), None);
        assert_eq!(genre(200).as_deref(), Some("Unknown"));
        let date = |year| fields(year, [0, 0], 0).and_then(|fields| fields.date);
        assert_eq!(date(b"94"), Some(Date::Id3("94".to_owned())), "a short tag");
        assert_eq!(date(b"\0\0\0\0"), None);
    }

    #[test]
    fn what_is_no_tag_is_none() {
        for (name, file) in [
            ("empty", vec![]),
            ("short", b"TAG".to_vec()),
            ("zeros", vec![0; 300]),
            ("an APE tag", [&b"APETAGEX"[..], &[0; 120]].concat()),
            (
                "too far from the end",
                [tag(b"T", b"1994", [0, 0], 0), vec![0; 9]].concat(),
            ),
        ] {
            assert_eq!(read_file(file), None, "{name}");
        }
    }
}
