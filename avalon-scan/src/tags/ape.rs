//! APEv1 and APEv2: at the end of Monkey's Audio, WavPack and Musepack files, and of some MP3s.
//!
//! In: a file. Out: the [`Fields`] of the tag, or `None` where there is none. The tag ends the file,
//! or stands before an ID3v1 tag, or before Lyrics3 and ID3v1, or, against the specification, at the
//! start of the file.
//!
//! What stays true: items after a broken one are lost, those before it are kept, and binary items
//! (pictures) are not read.

use std::io;

use crate::reader::Source;

use super::fields::{Date, Fields};
use super::id3v1;

const MARK: &[u8; 8] = b"APETAGEX";

/// The size of a header or footer in bytes.
const FOOTER: u64 = 32;

/// No text of a tag is longer.
const LARGEST_ITEM: u64 = 1 << 20;

/// Keys may have 255 bytes by the specification.
const LONGEST_KEY: usize = 256;

/// The tag of the file.
///
/// # Errors
/// The file's.
pub fn read(source: &mut Source) -> io::Result<Option<Fields>> {
    let Some((start, end, items)) = find(source)? else {
        return Ok(None);
    };
    let mut tag = Items::default();
    let mut at = start;
    for _ in 0..items {
        let Some(next) = read_item(source, at, end, &mut tag)? else {
            break;
        };
        at = next;
    }
    Ok(Some(tag.into()))
}

/// Where the items begin and end, and how many there are.
fn find(source: &mut Source) -> io::Result<Option<(u64, u64, u32)>> {
    let len = source.len();
    let mut ends = vec![len];
    if let Some(before_id3v1) = len.checked_sub(id3v1::SIZE)
        && source.array::<3>(before_id3v1)?.as_ref() == Some(b"TAG")
    {
        ends.push(before_id3v1);
        ends.extend(before_lyrics(source, before_id3v1)?);
    }
    for end in ends {
        let Some(footer) = end.checked_sub(FOOTER) else {
            continue;
        };
        if let Some((size, items)) = footer_at(source, footer)? {
            // The size includes the footer.
            let start = end.saturating_sub(u64::from(size));
            return Ok(Some((start, footer, items)));
        }
    }
    // A header: the size does not include it, but the footer, which may be missing.
    Ok(footer_at(source, 0)?.map(|(size, items)| (FOOTER, u64::from(size).min(len), items)))
}

/// Where a Lyrics3v2 tag that ends at `end` begins: its last 15 bytes are its size in six digits
/// and `LYRICS200`.
fn before_lyrics(source: &mut Source, end: u64) -> io::Result<Option<u64>> {
    let Some(at) = end.checked_sub(15) else {
        return Ok(None);
    };
    let Some(last) = source.array::<15>(at)? else {
        return Ok(None);
    };
    let size = last
        .strip_suffix(b"LYRICS200")
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.trim().parse::<u64>().ok());
    Ok(size.and_then(|size| at.checked_sub(size)))
}

/// The size and number of items that a footer (or header) at `at` tells.
fn footer_at(source: &mut Source, at: u64) -> io::Result<Option<(u32, u32)>> {
    let Some(footer) = source.array::<20>(at)? else {
        return Ok(None);
    };
    let [
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        i0,
        i1,
        i2,
        i3,
    ] = footer;
    Ok(footer.starts_with(MARK).then_some((
        u32::from_le_bytes([s0, s1, s2, s3]),
        u32::from_le_bytes([i0, i1, i2, i3]),
    )))
}

/// The texts of the items that the library uses; of repeated keys the last counts.
#[derive(Default)]
struct Items {
    fields: Fields,
    track: Option<String>,
    tracknumber: Option<String>,
    year: Option<String>,
    date: Option<String>,
    disc: Option<String>,
    discnumber: Option<String>,
}

impl Items {
    /// The place of an item; keys are the same in any case.
    fn slot(&mut self, key: &[u8]) -> Option<&mut Option<String>> {
        Some(match key.to_ascii_lowercase().as_slice() {
            b"album" => &mut self.fields.album,
            b"artist" => &mut self.fields.artist,
            b"genre" => &mut self.fields.genre,
            b"title" => &mut self.fields.title,
            b"track" => &mut self.track,
            b"tracknumber" => &mut self.tracknumber,
            b"year" => &mut self.year,
            b"date" => &mut self.date,
            b"disc" => &mut self.disc,
            b"discnumber" => &mut self.discnumber,
            _ => return None,
        })
    }
}

impl From<Items> for Fields {
    fn from(items: Items) -> Self {
        Self {
            track: items.track.or(items.tracknumber),
            date: items.year.or(items.date).map(Date::Text),
            disc: items.disc.or(items.discnumber),
            ..items.fields
        }
    }
}

/// Reads the item at `at` into `tag` and says where the next one is; `None` at the end, or where an
/// item is broken.
fn read_item(source: &mut Source, at: u64, end: u64, tag: &mut Items) -> io::Result<Option<u64>> {
    let Some(header) = source.array::<8>(at)? else {
        return Ok(None);
    };
    let [s0, s1, s2, s3, flags, ..] = header;
    let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
    let key = source.piece(at + 8, LONGEST_KEY as u64)?;
    let Some(key_len) = key.iter().position(|&byte| byte == 0) else {
        return Ok(None);
    };
    let value = at + 8 + key_len as u64 + 1;
    if value + size > end {
        return Ok(None);
    }
    let is_text = flags & 0b110 == 0;
    if let Some(slot) = tag.slot(&key[..key_len])
        && is_text
        && size <= LARGEST_ITEM
    {
        let value = source.piece(value, size)?;
        // Several values are divided by zeros; the first counts.
        let first = value.split(|&byte| byte == 0).next().unwrap_or_default();
        *slot = Some(match std::str::from_utf8(first) {
            Ok(text) => text.to_owned(),
            // APEv1 had no encoding; what is not UTF-8 is most likely Latin-1.
            Err(_) => first.iter().copied().map(char::from).collect(),
        });
    }
    Ok(Some(value + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(key: &str, flags: u32, value: &[u8]) -> Vec<u8> {
        [
            &(value.len() as u32).to_le_bytes()[..],
            &flags.to_le_bytes(),
            key.as_bytes(),
            b"\0",
            value,
        ]
        .concat()
    }

    /// A tag without a header: items and footer.
    fn tag(items: &[Vec<u8>]) -> Vec<u8> {
        let body = items.concat();
        let footer = footer(body.len() as u32 + 32, items.len() as u32);
        [body, footer].concat()
    }

    fn footer(size: u32, items: u32) -> Vec<u8> {
        [
            &MARK[..],
            &2000_u32.to_le_bytes(),
            &size.to_le_bytes(),
            &items.to_le_bytes(),
            &[0; 12],
        ]
        .concat()
    }

    fn read_file(bytes: impl Into<Vec<u8>>) -> Option<Fields> {
        let bytes = bytes.into();
        read(&mut Source::new(&bytes, bytes.len() as u64)).unwrap()
    }

    fn title(bytes: impl Into<Vec<u8>>) -> Option<String> {
        read_file(bytes).and_then(|fields| fields.title)
    }

    #[test]
    fn every_field_has_its_key() {
        let bytes = tag(&[
            item("Title", 0, b"Title\0Second"),
            item("ARTIST", 0, b"Artist"),
            item("album", 0, "Albüm".as_bytes()),
            item("Genre", 0, b"17"),
            item("Track", 0, b"3/12"),
            item("Year", 0, b"1994"),
            item("Disc", 0, b"1/2"),
        ]);
        assert_eq!(
            read_file([vec![7; 100], bytes].concat()),
            Some(Fields {
                album: Some("Albüm".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("17".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3/12".to_owned()),
                date: Some(Date::Text("1994".to_owned())),
                disc: Some("1/2".to_owned()),
            })
        );
    }

    #[test]
    fn a_tag_is_found_wherever_it_may_stand() {
        let tag = tag(&[item("Title", 0, b"T")]);
        let id3v1 = [&b"TAG"[..], &[0; 125]].concat();
        let lyrics = b"LYRICSBEGIN00000xxx000019LYRICS200".to_vec();
        let header = footer(tag.len() as u32, 1);
        for (name, file) in [
            ("alone", tag.clone()),
            ("at the end", [vec![7; 99], tag.clone()].concat()),
            (
                "before ID3v1",
                [vec![7; 99], tag.clone(), id3v1.clone()].concat(),
            ),
            (
                "before Lyrics3",
                [vec![7; 99], tag.clone(), lyrics, id3v1].concat(),
            ),
            ("at the start", [header, tag, vec![7; 99]].concat()),
        ] {
            assert_eq!(title(file).as_deref(), Some("T"), "{name}");
        }
        assert_eq!(read_file(vec![7; 99]), None);
        assert_eq!(read_file(vec![]), None);
    }

    #[test]
    fn broken_items_end_the_tag() {
        let huge = [&[0xff; 4][..], &[0; 4], b"Album\0x"].concat();
        let bytes = tag(&[item("Title", 0, b"T"), huge, item("Artist", 0, b"A")]);
        let fields = read_file(bytes).unwrap();
        assert_eq!(fields.title.as_deref(), Some("T"));
        assert_eq!((fields.album, fields.artist), (None, None));
    }

    #[test]
    fn values_of_other_kinds_and_encodings() {
        let bytes = tag(&[item("Title", 2, b"binary"), item("Title", 0, b"caf\xe9")]);
        assert_eq!(title(bytes).as_deref(), Some("café"));
        let bytes = tag(&[item("Title", 2, b"binary")]);
        assert_eq!(title(bytes), None);
        let bytes = tag(&[item("Title", 0, b"first"), item("TITLE", 0, b"last")]);
        assert_eq!(title(bytes).as_deref(), Some("last"));
    }
}
