//! The ID3v2 tag as lofty is to see it: the text frames of the fields, and nothing else.
//!
//! In: a file and where in it tags begin. Out: a [`Patch`] that puts a plain tag in their place.
//! Only headers of frames are walked here; lofty decodes what is in them.
//!
//! What stays true: the values are those that the original found, which lofty alone does not give.
//! It takes dates as numbers and drops what it cannot parse, such as `c. 1975` (rule S1; so the frame
//! is presented as `TXDR`, which it takes as text); of repeated frames, and of tags in a row,
//! it takes the last (the contract: the first value); one text in a broken encoding makes it
//! refuse the file; and it reads past the sizes that iTunes wrote. Pictures need not be read.

use std::io::{self, Read};

use lofty::id3::v2::util::synchsafe::UnsynchronizedStream;
use lofty::id3::v2::{FrameFlags, FrameId, Id3v2Version, TextInformationFrame};

use crate::reader::Source;
use crate::view::Patch;

use super::id3v2_header::{self as header, HEADER, Header, is_frame_id, spread, synchsafe};

/// The frame that the date of ID3v2.4, `TDRC`, is presented as.
pub(super) const RECORDED: &str = "TXDR";

/// The frame that the year of ID3v2.2, `TYE`, is presented as.
pub(super) const OLD_YEAR: &str = "TXY";

/// The most bytes of one frame; no text is longer.
const LARGEST_FRAME: u64 = 1 << 20;

/// The most bytes of a tag that must be decoded as a whole before its frames can be found.
const LARGEST_UNSYNCHRONISED: u64 = 4 << 20;

/// The largest number of four bytes of seven bits.
const LARGEST_TAG: u64 = (1 << 28) - 1;

/// The frames of the fields, with the names that they are presented by.
const WANTED: [(&[u8; 4], &str); 10] = [
    (b"TALB", "TALB"),
    (b"TPE1", "TPE1"),
    (b"TCON", "TCON"),
    (b"TIT2", "TIT2"),
    (b"TRCK", "TRCK"),
    (b"TPOS", "TPOS"),
    (b"TDRC", RECORDED),
    (b"TYER", "TYER"),
    (b"TDAT", "TDAT"),
    (b"TIME", "TIME"),
];

/// The same in ID3v2.2, which some taggers wrote in tags of ID3v2.3 too.
const WANTED_OLD: [(&[u8; 3], &str); 9] = [
    (b"TAL", "TAL"),
    (b"TP1", "TP1"),
    (b"TCO", "TCO"),
    (b"TT2", "TT2"),
    (b"TRK", "TRK"),
    (b"TPA", "TPA"),
    (b"TYE", OLD_YEAR),
    (b"TDA", "TDA"),
    (b"TIM", "TIM"),
];

/// What to put in the place of the tags at `offset`; `None` where there is none.
///
/// # Errors
/// The file's.
pub fn patch(source: &mut Source, offset: u64) -> io::Result<Option<Patch>> {
    let Some(header) = header::read(source, offset)? else {
        return Ok(None);
    };
    let tags_end = header::end(source, offset)?;
    let frames_end = (offset + HEADER + header.size).min(source.len());
    let start = offset + HEADER + header::extended_header(source, header, offset + HEADER)?;
    let frames = if header.version < 4 && header.is_unsynchronised() {
        let size = frames_end.saturating_sub(start).min(LARGEST_UNSYNCHRONISED);
        let body = source.piece(start, size)?;
        let mut plain = Vec::with_capacity(body.len());
        UnsynchronizedStream::new(&body[..]).read_to_end(&mut plain)?;
        let len = plain.len() as u64;
        frames(&mut Source::new(&plain, len), header, 0, len)?
    } else {
        frames(source, header, start, frames_end)?
    };
    // Only ID3v2.4 has synchronisation within frames.
    let flags = match header.version {
        4 => header.flags & 0x80,
        _ => 0,
    };
    // Tags in a row can be larger than one can say that it is.
    let size = (tags_end - offset - HEADER).min(LARGEST_TAG);
    let mut bytes = vec![b'I', b'D', b'3', header.version, 0, flags];
    bytes.extend(spread(size as u32));
    bytes.extend(frames.concat());
    Ok(Some(Patch {
        start: offset,
        end: tags_end,
        bytes,
    }))
}

/// The first readable frame of each name that is wanted, with its header.
fn frames(source: &mut Source, header: Header, start: u64, end: u64) -> io::Result<Vec<Vec<u8>>> {
    let plain_sizes = header.version == 4 && sizes_are_plain(source, start, end)?;
    let mut found: Vec<(&str, Vec<u8>)> = Vec::new();
    let mut at = start;
    while let Some(frame) = frame_at(source, header.version, at, end)? {
        let size = match header.version {
            4 if !plain_sizes => synchsafe(frame.size),
            _ => frame.size,
        };
        let data = at + frame.header;
        at = data + u64::from(size);
        let Some(name) = frame.wanted else { continue };
        let size = u64::from(size).min(end - data);
        if size == 0 || size > LARGEST_FRAME || found.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let data = source.piece(data, size)?;
        let flags = frame.flags.to_be_bytes();
        let is_old = header.version == 2;
        if let Some(data) = readable(header, name, frame.flags, data) {
            let size = data.len() as u32;
            let plain = size.to_be_bytes();
            let header = match header.version {
                2 => plain[1..].to_vec(),
                3 => [&plain[..], &flags].concat(),
                _ => [&spread(size)[..], &flags].concat(),
            };
            let name_bytes = format!("{name:\0<width$}", width = if is_old { 3 } else { 4 });
            found.push((name, [name_bytes.as_bytes(), &header, &data].concat()));
        }
    }
    Ok(found.into_iter().map(|(_, frame)| frame).collect())
}

/// The contents of a frame if lofty can decode them, which would else give up the file. UTF-16
/// without its mark, or with half a terminator, is put right first, as the original did, and in
/// the same space.
fn readable(header: Header, name: &'static str, flags: u16, mut data: Vec<u8>) -> Option<Vec<u8>> {
    let encrypted = match header.version {
        3 => flags & 0x40 != 0,
        4 => flags & 0x04 != 0,
        _ => false,
    };
    if encrypted {
        return None;
    }
    if flags != 0 || header.version == 4 && header.is_unsynchronised() {
        // lofty undoes what the flags say.
        return Some(data);
    }
    if data.first() == Some(&1) {
        if data.len().is_multiple_of(2) {
            data.pop();
        }
        if !matches!(data[1..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            // Little end first, which is encoding 2 with the bytes exchanged.
            data[0] = 2;
            data[1..].chunks_exact_mut(2).for_each(<[u8]>::reverse);
        }
    }
    let id = FrameId::new(name).ok()?;
    let version = match header.version {
        2 => Id3v2Version::V2,
        3 => Id3v2Version::V3,
        _ => Id3v2Version::V4,
    };
    TextInformationFrame::parse(&mut &data[..], id, FrameFlags::default(), version).ok()??;
    Some(data)
}

/// A frame's header.
struct FrameHeader {
    /// Its own size.
    header: u64,
    id: [u8; 4],
    /// The name to present it as.
    wanted: Option<&'static str>,
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
    let header = if version == 2 { 6 } else { HEADER };
    if at + header > end {
        return Ok(None);
    }
    let mut bytes = [0; HEADER as usize];
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
    let wanted = match id {
        [a, b, c, 0] => WANTED_OLD
            .iter()
            .find(|(id, _)| **id == [a, b, c])
            .map(|(_, name)| *name),
        id => WANTED
            .iter()
            .find(|(other, _)| **other == id)
            .map(|(_, name)| *name),
    };
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
        while at + HEADER < end {
            let Some(frame) = frame_at(source, 4, at, end)? else {
                return Ok((found, -(((end - at) % 10) as i64), differ));
            };
            differ |= synchsafe(frame.size) != frame.size;
            found += usize::from(is_frame_id(&frame.id));
            at += HEADER + u64::from(size(frame.size));
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use lofty::config::{ParseOptions, ParsingMode};
    use lofty::error::FileParseError;
    use lofty::file::AudioFile;
    use lofty::mpeg::MpegFile;

    use super::super::fields::{Date, Fields};
    use super::super::id3v2;
    use super::*;
    use crate::reader::ReadAt;
    use crate::view::View;

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

    fn options() -> ParseOptions {
        ParseOptions::new()
            .parsing_mode(ParsingMode::Relaxed)
            .implicit_conversions(false)
            .read_properties(false)
    }

    /// What lofty reads through the patch.
    fn read_tag(bytes: &[u8]) -> Fields {
        // lofty looks for other tags at the end, for which the file must be long enough.
        let bytes = [bytes, &[0; 200]].concat();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let patch = patch(&mut source, 0).unwrap().expect("a tag");
        let mut view = View::new(&mut source, vec![patch]);
        let file = MpegFile::read_from(&mut view, options()).unwrap();
        id3v2::fields(file.id3v2().expect("a tag"))
    }

    /// What lofty reads without it.
    fn unpatched(bytes: &[u8]) -> Result<Fields, FileParseError> {
        let bytes = [bytes, &[0; 200]].concat();
        let file = MpegFile::read_from(&mut Cursor::new(bytes), options())?;
        Ok(file.id3v2().map(id3v2::fields).unwrap_or_default())
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
        let patch = patch(&mut source, 0).unwrap().unwrap();
        let mut view = View::new(&mut source, vec![patch]);
        let file = MpegFile::read_from(&mut view, options()).unwrap();
        let fields = file.id3v2().map(id3v2::fields).unwrap();
        assert_eq!(fields.title.as_deref(), Some("Title"));
        assert!(source.bytes_read() < 20_000, "{}", source.bytes_read());
    }

    #[test]
    fn dates_that_lofty_drops_are_kept_as_text() {
        for date in ["c. 1975", "99", "[1999]", "May 1999"] {
            let bytes = tag(4, 0, &[text("TDRC", date)]);
            let expected = Some(Date::Id3(date.to_owned()));
            assert_eq!(read_tag(&bytes).date, expected, "{date}");
        }
    }

    #[test]
    fn what_lofty_refuses_or_mistakes_is_put_right() {
        let broken = frame("TENC", [0, 0], b"\x01ab\0", 4);
        let title = text("TIT2", "Title");
        let unmarked = frame("TIT2", [0, 0], b"\x01T\0i\0t\0l\0e\0", 11);
        let half = frame("TIT2", [0, 0], b"\x01\xff\xfeT\0i\0t\0l\0e\0\0", 14);
        let bad = frame("TIT2", [0, 0], b"\x03\xff\xff", 3);
        let one = tag(3, 0, std::slice::from_ref(&title));
        let other = tag(3, 0, &[text("TIT2", "Other")]);
        for (name, bytes) in [
            (
                "another frame is broken",
                tag(3, 0, &[title.clone(), broken]),
            ),
            ("UTF-16 without a mark", tag(3, 0, &[unmarked])),
            ("half a terminator", tag(3, 0, &[half])),
            (
                "repeated",
                tag(4, 0, &[title.clone(), text("TIT2", "Other")]),
            ),
            ("broken, then repeated", tag(4, 0, &[bad, title])),
            ("stacked", [one, other].concat()),
        ] {
            let alone = unpatched(&bytes).ok().and_then(|fields| fields.title);
            assert_ne!(
                alone.as_deref(),
                Some("Title"),
                "{name}: drop the supplement"
            );
            assert_eq!(read_tag(&bytes).title.as_deref(), Some("Title"), "{name}");
        }
    }

    #[test]
    fn tags_in_a_row_may_be_larger_than_a_tag_can_be() {
        /// Two tags, each as large as can be.
        struct Tags;
        const SECOND: u64 = HEADER + LARGEST_TAG;
        impl ReadAt for Tags {
            fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
                buffer.fill(0);
                if matches!(offset, 0 | SECOND) {
                    buffer[..10].copy_from_slice(b"ID3\x04\0\0\x7f\x7f\x7f\x7f");
                }
                Ok(buffer.len())
            }
        }
        let mut source = Source::new(&Tags, 1 << 30);
        let patch = patch(&mut source, 0).unwrap().unwrap();
        assert_eq!(patch.end, 2 * SECOND);
        assert_eq!(patch.bytes[6..10], [0x7f; 4]);
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
}
