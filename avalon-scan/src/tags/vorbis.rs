//! Vorbis comments: the tags of Ogg files of every codec, and of FLAC.
//!
//! In: bytes that begin with a comment header (vendor, number, comments). Out: [`Comments`], the
//! [`Fields`] and where the header ends. Long comments (pictures in base64) are stepped over unless
//! they are a field of ours.
//!
//! What stays true: of a repeated key the first value counts; bytes that are not UTF-8 become
//! U+FFFD as they did in the original (lofty would drop the comment).

use std::io;

use crate::reader::Source;

use super::fields::{Date, Fields};

/// No text of a comment is longer.
const LARGEST_COMMENT: u64 = 1 << 20;

/// The longest key that the library uses, with its `=`.
const LONGEST_KEY: u64 = 12;

/// A comment header that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// What it says.
    pub fields: Fields,
    /// The position after the last comment; `None` where the header is broken, and the fields are
    /// those before the break.
    pub end: Option<u64>,
}

/// Reads the comment header at `start`.
///
/// # Errors
/// The file's.
pub fn read(source: &mut Source, start: u64) -> io::Result<Comments> {
    let mut comments = Comments::default();
    let Some(vendor) = length(source, start)? else {
        return Ok(comments);
    };
    let mut at = start + 4 + vendor;
    let Some(count) = length(source, at)? else {
        return Ok(comments);
    };
    at += 4;
    for _ in 0..count {
        let Some(size) = length(source, at)? else {
            return Ok(comments);
        };
        let comment = at + 4;
        at = comment + size;
        if at > source.len() {
            return Ok(comments);
        }
        let key = source.piece(comment, size.min(LONGEST_KEY))?;
        let Some(equals) = key.iter().position(|&byte| byte == b'=') else {
            continue;
        };
        if size <= LARGEST_COMMENT
            && let Some(slot) = slot(&mut comments.fields, &key[..equals])
        {
            let value = source.piece(comment + equals as u64 + 1, size - equals as u64 - 1)?;
            slot.set(String::from_utf8_lossy(&value).into_owned());
        }
    }
    comments.end = Some(at);
    Ok(comments)
}

fn length(source: &mut Source, at: u64) -> io::Result<Option<u64>> {
    let bytes = source.array::<4>(at)?;
    Ok(bytes.map(|bytes| u64::from(u32::from_le_bytes(bytes))))
}

/// A field that is still free.
enum Slot<'a> {
    Text(&'a mut Option<String>),
    Date(&'a mut Option<Date>),
}

impl Slot<'_> {
    fn set(self, value: String) {
        match self {
            Self::Text(field) => *field = Some(value),
            Self::Date(field) => *field = Some(Date::Text(value)),
        }
    }
}

/// The field for a key (the same in any case), unless an earlier comment has filled it.
fn slot<'a>(fields: &'a mut Fields, key: &[u8]) -> Option<Slot<'a>> {
    let field = match key.to_ascii_lowercase().as_slice() {
        b"album" => &mut fields.album,
        b"artist" => &mut fields.artist,
        b"genre" => &mut fields.genre,
        b"title" => &mut fields.title,
        b"tracknumber" => &mut fields.track,
        b"discnumber" => &mut fields.disc,
        b"date" if fields.date.is_none() => return Some(Slot::Date(&mut fields.date)),
        _ => return None,
    };
    field.is_none().then_some(Slot::Text(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(comments: &[&[u8]]) -> Vec<u8> {
        let sized = |bytes: &[u8]| [&(bytes.len() as u32).to_le_bytes()[..], bytes].concat();
        let count = (comments.len() as u32).to_le_bytes().to_vec();
        let comments = comments.iter().flat_map(|comment| sized(comment));
        [sized(b"vendor"), count]
            .into_iter()
            .flatten()
            .chain(comments)
            .collect()
    }

    fn read_header(bytes: &[u8]) -> Comments {
        let bytes = bytes.to_vec();
        read(&mut Source::new(&bytes, bytes.len() as u64), 0).unwrap()
    }

    #[test]
    fn every_field_has_its_key_and_the_first_counts() {
        let bytes = header(&[
            b"title=Title",
            b"TITLE=Second",
            b"Artist=A=B",
            b"album=",
            b"GENRE=Rock",
            b"TrackNumber=3/12",
            b"date=1994",
            b"DATE=1995",
            b"discnumber=1",
            b"comment=x",
            b"no equals sign",
        ]);
        assert_eq!(
            read_header(&bytes),
            Comments {
                fields: Fields {
                    album: Some(String::new()),
                    artist: Some("A=B".to_owned()),
                    genre: Some("Rock".to_owned()),
                    title: Some("Title".to_owned()),
                    track: Some("3/12".to_owned()),
                    date: Some(Date::Text("1994".to_owned())),
                    disc: Some("1".to_owned()),
                },
                end: Some(bytes.len() as u64),
            }
        );
    }

    #[test]
    fn bytes_that_are_no_utf8_are_replaced() {
        let fields = read_header(&header(&[b"title=caf\xe9!"])).fields;
        assert_eq!(fields.title.as_deref(), Some("caf\u{fffd}!"));
    }

    #[test]
    fn a_broken_header_gives_what_came_before() {
        let bytes = header(&[b"title=Title", b"artist=Artist"]);
        for cut in [0, 3, 9, 13, 20, bytes.len() - 1] {
            let comments = read_header(&bytes[..cut]);
            assert_eq!(comments.end, None, "{cut}");
            assert_eq!(comments.fields.artist, None, "{cut}");
        }
        let comments = read_header(&bytes[..bytes.len() - 1]);
        assert_eq!(comments.fields.title.as_deref(), Some("Title"));
    }

    #[test]
    fn pictures_are_not_read() {
        let picture = [&b"METADATA_BLOCK_PICTURE="[..], &[b'A'; 500_000]].concat();
        let bytes = header(&[&picture, b"title=Title"]);
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let comments = read(&mut source, 0).unwrap();
        assert_eq!(comments.fields.title.as_deref(), Some("Title"));
        assert!(source.bytes_read() < 10_000, "{}", source.bytes_read());
    }
}
