//! ID3v2.2, 2.3 and 2.4: the tag at the start of an MP3, and in chunks of AIFF and WAV.
//!
//! In: a file and where in it a tag begins. Out: its [`Fields`]. Frames that the library does not
//! use (pictures above all) are stepped over, not read.
//!
//! What stays true: the values are those that the original's reader of tags found. Hence frames are
//! read here and not by lofty, which gives a date only as numbers (a `c. 1975` is lost), takes the
//! last of repeated frames instead of the first, and knows no frame sizes as iTunes wrote them.

use std::io;

use crate::reader::Source;

use super::fields::{Date, Fields};
use super::genre;
use super::id3v2_text::{self, Frame};

/// The size of the header, in bytes.
const HEADER: u64 = 10;

/// The most bytes of one text frame. No text is longer; pictures are not read at all.
const LARGEST_FRAME: u64 = 1 << 20;

/// The most bytes of a tag that must be decoded as a whole before its frames can be found.
const LARGEST_UNSYNCHRONISED: u64 = 4 << 20;

/// A tag that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it says.
    pub fields: Fields,
    /// Whether it claims to reach beyond the end of the file.
    pub truncated: bool,
}

/// The first ten bytes of a tag.
#[derive(Clone, Copy, Debug)]
struct Header {
    version: u8,
    flags: u8,
    /// Bytes after the header.
    size: u64,
}

/// What a frame is called in ID3v2.3 or 2.4 and in ID3v2.2 (which has no `TDRC`), for the frames
/// that the library uses.
const WANTED: [(&[u8; 4], &[u8; 3]); 10] = [
    (b"TALB", b"TAL"),
    (b"TPE1", b"TP1"),
    (b"TCON", b"TCO"),
    (b"TIT2", b"TT2"),
    (b"TRCK", b"TRK"),
    (b"TPOS", b"TPA"),
    (b"TDRC", b"---"),
    (b"TYER", b"TYE"),
    (b"TDAT", b"TDA"),
    (b"TIME", b"TIM"),
];

/// The values of the wanted frames, in the order of [`WANTED`].
type Texts = [Vec<String>; WANTED.len()];

/// Where the tags that begin at `offset` end: taggers stack them.
///
/// # Errors
/// The file's.
pub fn end(source: &mut Source, offset: u64) -> io::Result<u64> {
    let mut end = offset;
    while let Some(header) = header(source, end)? {
        end += HEADER + header.size;
    }
    Ok(end)
}

/// The tag at `offset`, or `None` where there is none.
///
/// # Errors
/// The file's.
pub fn read(source: &mut Source, offset: u64) -> io::Result<Option<Tag>> {
    let Some(header) = header(source, offset)? else {
        return Ok(None);
    };
    let end = offset + HEADER + header.size;
    let truncated = end > source.len();
    let end = end.min(source.len());
    let start = offset + HEADER + extended_header(source, header, offset + HEADER)?;
    let texts = if header.version < 4 && header.flags & 0x80 != 0 {
        let size = end.saturating_sub(start).min(LARGEST_UNSYNCHRONISED);
        let body = source.piece(start, size)?;
        let body = id3v2_text::synchronise(&body).unwrap_or(body);
        let mut source = Source::new(&body, body.len() as u64);
        frames(&mut source, header, 0, body.len() as u64)?
    } else {
        frames(source, header, start, end)?
    };
    Ok(Some(Tag {
        fields: fields(&texts),
        truncated,
    }))
}

fn header(source: &mut Source, offset: u64) -> io::Result<Option<Header>> {
    let Some([b'I', b'D', b'3', version @ 2..=4, _, flags, size @ ..]) =
        source.array::<10>(offset)?
    else {
        return Ok(None);
    };
    Ok(Some(Header {
        version,
        flags,
        size: u64::from(synchsafe(u32::from_be_bytes(size))),
    }))
}

/// The size of the extended header that the flags promise. Some taggers promise one and write a
/// frame.
fn extended_header(source: &mut Source, header: Header, offset: u64) -> io::Result<u64> {
    if header.flags & 0x40 == 0 || header.version == 2 {
        return Ok(0);
    }
    let Some(bytes) = source.array::<4>(offset)? else {
        return Ok(0);
    };
    let size = u32::from_be_bytes(bytes);
    Ok(match header.version {
        _ if is_frame_id(&bytes) => 0,
        4 => u64::from(synchsafe(size).max(4)),
        _ => 4 + u64::from(size),
    })
}

/// Seven bits of each byte.
fn synchsafe(size: u32) -> u32 {
    size & 0x7f | size >> 1 & 0x3f80 | size >> 2 & 0x1f_c000 | size >> 3 & 0xfe0_0000
}

fn is_frame_id(id: &[u8; 4]) -> bool {
    id[0].is_ascii_uppercase()
        && id
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The frames between `start` and `end` of a source.
fn frames(source: &mut Source, header: Header, start: u64, end: u64) -> io::Result<Texts> {
    let plain_sizes = header.version == 4 && sizes_are_plain(source, start, end)?;
    let mut texts = Texts::default();
    let mut at = start;
    while let Some(frame) = frame_at(source, header.version, at, end)? {
        let size = match header.version {
            4 if !plain_sizes => synchsafe(frame.size),
            _ => frame.size,
        };
        let data = at + frame.header;
        at = data + u64::from(size);
        let Some(wanted) = frame.wanted else { continue };
        let size = u64::from(size).min(end - data);
        if size == 0 || size > LARGEST_FRAME {
            continue;
        }
        let data = source.piece(data, size)?;
        let values = id3v2_text::values(Frame {
            data,
            version: header.version,
            flags: frame.flags,
            unsynchronised: header.flags & 0x80 != 0,
        });
        for value in values.unwrap_or_default() {
            if !texts[wanted].contains(&value) {
                texts[wanted].push(value);
            }
        }
    }
    Ok(texts)
}

/// A frame's header.
struct FrameHeader {
    /// Its own size.
    header: u64,
    id: [u8; 4],
    /// The index in [`WANTED`].
    wanted: Option<usize>,
    /// As it is written.
    size: u32,
    flags: u16,
}

/// The header of the frame at `at`; `None` where padding begins or the tag ends.
fn frame_at(
    source: &mut Source,
    version: u8,
    at: u64,
    end: u64,
) -> io::Result<Option<FrameHeader>> {
    let header = if version == 2 { 6 } else { 10 };
    if at + header > end {
        return Ok(None);
    }
    let mut bytes = [0; 10];
    let read = source.read_at(at, &mut bytes[..header as usize])?;
    let (id, size, flags) = match (version, bytes) {
        (2, [a, b, c, size @ ..]) => ([a, b, c, 0], [0, size[0], size[1], size[2]], 0),
        (_, [a, b, c, d, s0, s1, s2, s3, f0, f1]) => {
            ([a, b, c, d], [s0, s1, s2, s3], u16::from_be_bytes([f0, f1]))
        }
    };
    if (read as u64) < header || id == [0; 4] {
        return Ok(None);
    }
    // Some taggers wrote names of ID3v2.2 in tags of ID3v2.3.
    let wanted = WANTED.iter().position(|(new, old)| {
        if id[3] == 0 {
            id[..3] == old[..]
        } else {
            id == **new
        }
    });
    Ok(Some(FrameHeader {
        header,
        id,
        wanted,
        size: u32::from_be_bytes(size),
        flags,
    }))
}

/// Whether the sizes of an ID3v2.4 tag are plain numbers, as iTunes used to write them: by which
/// reading more frames are found, and at a tie, which one ends where the tag does.
fn sizes_are_plain(source: &mut Source, start: u64, end: u64) -> io::Result<bool> {
    let mut walk = |size: fn(u32) -> u32| -> io::Result<_> {
        let (mut at, mut found, mut differ) = (start, 0, false);
        // As the original's reader: a header that just fits is not looked at.
        while at + 10 < end {
            let Some(frame) = frame_at(source, 4, at, end)? else {
                return Ok((found, -(((end - at) % 10) as i64), differ));
            };
            differ |= synchsafe(frame.size) != frame.size;
            found += usize::from(is_frame_id(&frame.id));
            at += 10 + u64::from(size(frame.size));
        }
        Ok((found, at as i64 - end as i64, differ))
    };
    let (safe, safe_off, differ) = walk(synchsafe)?;
    if !differ {
        return Ok(false);
    }
    let (plain, plain_off, _) = walk(|size| size)?;
    Ok(plain > safe || (plain == safe && safe_off >= 1 && plain_off <= 1))
}

fn fields(texts: &Texts) -> Fields {
    let [album, artist, genre, title, track, disc, ..] = texts;
    let first = |values: &Vec<String>| values.first().cloned();
    Fields {
        album: first(album),
        artist: first(artist),
        genre: genre::first(genre),
        title: first(title),
        track: first(track),
        date: date(texts),
        disc: first(disc),
    }
}

/// The date of ID3v2.4, or that of the older versions put together: `TYER`, `TDAT` (day and month)
/// and `TIME` (hour and minute).
fn date([.., recorded, year, day, time]: &Texts) -> Option<Date> {
    if let Some(recorded) = recorded.first() {
        return Some(Date::Id3(recorded.clone()));
    }
    let text = |values: &Vec<String>| {
        let text = values.join("\0");
        (!text.trim_matches('\0').is_empty()).then_some(text)
    };
    let halves = |text: &str| -> (String, String) {
        (
            text.chars().take(2).collect(),
            text.chars().skip(2).collect(),
        )
    };
    let mut date = text(year)?;
    if let Some(day) = text(day) {
        let (day, month) = halves(&day);
        date = format!("{date}-{month}-{day}");
        if let Some(time) = text(time) {
            let (hour, minute) = halves(&time);
            date = format!("{date}T{hour}:{minute}:00");
        }
    }
    let first = date.split(',').next().unwrap_or_default();
    Some(Date::Id3(first.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: &str, flags: [u8; 2], data: &[u8], size: u32) -> Vec<u8> {
        [id.as_bytes(), &size.to_be_bytes(), &flags, data].concat()
    }

    /// A text frame of ID3v2.3 or 2.4 (short enough for both kinds of size).
    fn text(id: &str, text: &str) -> Vec<u8> {
        let data = [b"\x03", text.as_bytes()].concat();
        frame(id, [0, 0], &data, data.len() as u32)
    }

    fn tag(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
        let body = frames.concat();
        let size = body.len() as u32;
        let size = [size >> 21, size >> 14 & 127, size >> 7 & 127, size & 127];
        let header = [b'I', b'D', b'3', version, 0, flags];
        [&header[..], &size.map(|byte| byte as u8), &body].concat()
    }

    fn read_tag(bytes: &[u8]) -> Fields {
        let bytes = bytes.to_vec();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        read(&mut source, 0).unwrap().expect("a tag").fields
    }

    #[test]
    fn every_field_has_its_frame() {
        let bytes = tag(
            4,
            0,
            &[
                text("TIT2", "Title\0Second"),
                text("TPE1", "Artist"),
                text("TALB", "Album"),
                text("TCON", "17"),
                text("TRCK", "3/12"),
                text("TPOS", "1/2"),
                text("TDRC", "1994-06-07"),
            ],
        );
        assert_eq!(
            read_tag(&bytes),
            Fields {
                album: Some("Album".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3/12".to_owned()),
                date: Some(Date::Id3("1994-06-07".to_owned())),
                disc: Some("1/2".to_owned()),
            }
        );
    }

    #[test]
    fn names_of_the_oldest_version_are_known() {
        let old = |id: &str, text: &str| {
            let size = text.len() as u8 + 1;
            [id.as_bytes(), &[0, 0, size, 0], text.as_bytes()].concat()
        };
        let bytes = tag(
            2,
            0,
            &[old("TT2", "T"), old("TYE", "2003"), old("TDA", "0305")],
        );
        let fields = read_tag(&bytes);
        assert_eq!(fields.title.as_deref(), Some("T"));
        assert_eq!(fields.date, Some(Date::Id3("2003-05-03".to_owned())));
        // In a tag of the next version, as some taggers wrote them.
        let fields = read_tag(&tag(3, 0, &[text("TT2\0", "T"), text("TP1\0", "A")]));
        assert_eq!(fields.title.as_deref(), Some("T"));
        assert_eq!(fields.artist.as_deref(), Some("A"));
    }

    #[test]
    fn dates_of_the_older_versions_are_put_together() {
        let table: [(&[Vec<u8>], Option<&str>); 6] = [
            (&[text("TYER", "2003")], Some("2003")),
            (
                &[text("TYER", "2003"), text("TDAT", "0305")],
                Some("2003-05-03"),
            ),
            (
                &[
                    text("TYER", "2003"),
                    text("TDAT", "0305"),
                    text("TIME", "1234"),
                ],
                Some("2003-05-03T12:34:00"),
            ),
            (&[text("TDAT", "0305")], None),
            (&[text("TYER", "2003"), text("TDRC", "1999")], Some("1999")),
            (&[text("TYER", "1999, 2003")], Some("1999")),
        ];
        for (frames, expected) in table {
            let expected = expected.map(|text| Date::Id3(text.to_owned()));
            assert_eq!(read_tag(&tag(3, 0, frames)).date, expected, "{expected:?}");
        }
    }

    #[test]
    fn the_first_of_repeated_frames_counts() {
        let bytes = tag(4, 0, &[text("TPE1", "First"), text("TPE1", "Second")]);
        assert_eq!(read_tag(&bytes).artist.as_deref(), Some("First"));
        let bytes = tag(4, 0, &[text("TPE1", "\0"), text("TPE1", "Second")]);
        assert_eq!(read_tag(&bytes).artist.as_deref(), Some(""));
        let bytes = tag(4, 0, &[text("TCON", "\0"), text("TCON", "Second")]);
        assert_eq!(read_tag(&bytes).genre.as_deref(), Some("Second"));
    }

    #[test]
    fn sizes_as_itunes_wrote_them_are_read() {
        let long = [&b"\x03"[..], &[b'x'; 299]].concat();
        let plain = frame("TALB", [0, 0], &long, 300);
        let safe = frame("TALB", [0, 0], &long, 0x22c);
        for (name, album) in [("plain", plain), ("synchsafe", safe)] {
            let fields = read_tag(&tag(4, 0, &[album, text("TIT2", "Title")]));
            assert_eq!(fields.title.as_deref(), Some("Title"), "{name}");
            assert_eq!(fields.album.map(|album| album.len()), Some(299), "{name}");
        }
    }

    #[test]
    fn an_unsynchronised_tag_is_decoded_before_its_frames_are_found() {
        // The size in the header of the frame is that after decoding.
        let body = frame("TIT2", [0, 0], b"\x01\xff\x00\xfeA\x00", 5);
        let bytes = tag(3, 0x80, &[body, text("TALB", "Album")]);
        let fields = read_tag(&bytes);
        assert_eq!(fields.title.as_deref(), Some("A"));
        assert_eq!(fields.album.as_deref(), Some("Album"));
    }

    #[test]
    fn pictures_are_not_read() {
        let picture = frame("APIC", [0, 0], &vec![0; 1_000_000], 1_000_000);
        let bytes = tag(3, 0, &[picture, text("TIT2", "Title")]);
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let tag = read(&mut source, 0).unwrap().unwrap();
        assert_eq!(tag.fields.title.as_deref(), Some("Title"));
        assert!(source.bytes_read() < 10_000, "{}", source.bytes_read());
    }

    #[test]
    fn extended_headers_are_stepped_over() {
        let title = text("TIT2", "Title");
        for (name, version, extended) in [
            ("2.4", 4, &[0, 0, 0, 6, 1, 0][..]),
            ("2.3", 3, &[0, 0, 0, 6, 0, 0, 0, 0, 0, 0]),
            ("promised only", 3, &[]),
        ] {
            let bytes = tag(version, 0x40, &[extended.to_vec(), title.clone()]);
            assert_eq!(read_tag(&bytes).title.as_deref(), Some("Title"), "{name}");
        }
    }

    #[test]
    fn a_tag_cut_short_is_read_as_far_as_it_goes() {
        let bytes = tag(3, 0, &[text("TIT2", "Title"), text("TALB", "Album")]);
        let cut = bytes[..bytes.len() - 3].to_vec();
        let mut source = Source::new(&cut, cut.len() as u64);
        let read = read(&mut source, 0).unwrap().unwrap();
        assert!(read.truncated);
        assert_eq!(read.fields.title.as_deref(), Some("Title"));
        assert_eq!(read.fields.album.as_deref(), Some("Al"));
    }

    #[test]
    fn stacked_tags_end_together() {
        let one = tag(3, 0, &[text("TIT2", "Title")]);
        let bytes = [&one[..], &one, b"\xff\xfb"].concat();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        assert_eq!(end(&mut source, 0).unwrap(), 2 * one.len() as u64);
        assert_eq!(end(&mut source, 1).unwrap(), 1, "no tag");
    }
}
