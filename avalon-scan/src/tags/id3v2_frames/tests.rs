//! Frames as files have them, whole and damaged.

use std::io::Cursor;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::error::FileParseError;
use lofty::file::AudioFile;
use lofty::mpeg::MpegFile;

use super::super::fields::{Date, Fields};
use super::super::{id3v2, id3v2_decode};
use super::*;
use crate::reader::ReadAt;

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

/// What is read here.
fn read_tag(bytes: &[u8]) -> Fields {
    let bytes = bytes.to_vec();
    let mut source = Source::new(&bytes, bytes.len() as u64);
    let tag = read(&mut source, 0).unwrap().expect("a tag");
    id3v2::read(&tag.frames).fields
}

/// What lofty reads.
fn unpatched(bytes: &[u8]) -> Result<Fields, FileParseError> {
    let bytes = [bytes, &[0; 200]].concat();
    let file = MpegFile::read_from(&mut Cursor::new(bytes), options())?;
    let tag = file
        .id3v2()
        .map(|tag| id3v2::read(&id3v2_decode::of_tag(tag)));
    Ok(tag.unwrap_or_default().fields)
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
    let tag = read(&mut source, 0).unwrap().unwrap();
    assert_eq!(tag.end, bytes.len() as u64);
    let fields = id3v2::read(&tag.frames).fields;
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
    const SECOND: u64 = HEADER + (1 << 28) - 1;
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
    let tag = read(&mut source, 0).unwrap().unwrap();
    assert_eq!(tag.end, 2 * SECOND);
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
