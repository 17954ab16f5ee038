//! What is larger than it is read in an ID3v2 tag: it is cut, or it is said that it was left out.

use crate::reader::Source;

use super::LONGEST_TEXT;
use super::id3v2;
use super::id3v2_frames::{LARGEST_FRAME, read};

/// A frame of ID3v2.3.
fn frame(id: &str, flags: u8, data: &[u8]) -> Vec<u8> {
    let size = (data.len() as u32).to_be_bytes();
    [id.as_bytes(), &size, &[0, flags], data].concat()
}

fn tag(frames: &[u8]) -> Vec<u8> {
    let size = frames.len() as u32;
    let size = [size >> 21, size >> 14 & 127, size >> 7 & 127, size & 127];
    [&b"ID3\x03\0\0"[..], &size.map(|byte| byte as u8), frames].concat()
}

/// A tag of one large frame and a title behind it.
fn with_large(id: &str, flags: u8, data: &[u8]) -> Vec<u8> {
    tag(&[frame(id, flags, data), frame("TIT2", 0, b"\0Title")].concat())
}

#[test]
fn a_text_that_is_too_large_is_cut_between_two_letters() {
    const LARGE: usize = 100_000;
    let pairs = "\u{1f3b5}".repeat(LARGE);
    let pairs: Vec<u8> = pairs.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_8 = "€".repeat(LARGE).into_bytes();
    let latin = vec![b'x'; LARGE];
    for (name, letter, id, before, data) in [
        ("Latin-1", 'x', "COMM", &b"\0eng\0"[..], &latin),
        ("UTF-8", '€', "COMM", b"\x03eng\0", &utf_8),
        (
            "UTF-16",
            '\u{1f3b5}',
            "COMM",
            b"\x01eng\xff\xfe\0\0\xff\xfe",
            &pairs,
        ),
        (
            "half a letter",
            '\u{1f3b5}',
            "COMM",
            b"\x01eng\xff\xfex\0\0\0\xff\xfe",
            &pairs,
        ),
        (
            "a field of one's own",
            '€',
            "TXXX",
            b"\x03Comment\0",
            &utf_8,
        ),
    ] {
        let bytes = with_large(id, 0, &[before, data].concat());
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let tag = read(&mut source, 0).unwrap().unwrap();
        assert!(!tag.is_cut && !tag.is_damaged, "{name}");
        let tag = id3v2::read(&tag.frames);
        assert_eq!(tag.fields.title.as_deref(), Some("Title"), "{name}");
        let comment = tag.details.comment.expect(name);
        assert!(comment.chars().all(|c| c == letter), "{name}");
        let whole = LONGEST_TEXT / letter.len_utf8() * letter.len_utf8();
        assert_eq!(comment.len(), whole, "{name}");
        assert!(
            source.bytes_read() < 80_000,
            "{name}: {}",
            source.bytes_read()
        );
    }
    let title = [&b"\x03"[..], &"€".repeat(400_000).into_bytes()].concat();
    let bytes = with_large("TALB", 0, &title);
    let frames = read(&mut Source::new(&bytes, bytes.len() as u64), 0)
        .unwrap()
        .unwrap();
    let album = id3v2::read(&frames.frames).fields.album.unwrap();
    assert_eq!(album.len(), (LARGEST_FRAME as usize - 1) / 3 * 3);
}

#[test]
fn what_is_left_out_is_told() {
    let comment = |len| [&b"\x03eng\0"[..], &vec![b'x'; len]].concat();
    let comments = |count: usize| {
        let data = comment(70_000);
        frame("COMM", 0, &data).repeat(count)
    };
    for (name, bytes, is_cut) in [
        ("as many as are read", tag(&comments(16)), false),
        ("one more", tag(&comments(17)), true),
        (
            "changed, and too large",
            with_large("COMM", 0x20, &comment(70_000)),
            true,
        ),
        ("changed", with_large("COMM", 0x20, &comment(1000)), false),
    ] {
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let tag = read(&mut source, 0).unwrap().unwrap();
        assert_eq!(tag.is_cut, is_cut, "{name}");
    }
}
