//! The contents of one text frame of ID3v2.
//!
//! In: the bytes of a frame with its flags. Out: its values, or `None` where the frame is
//! encrypted, compressed beyond reading, or not text in the encoding that it names.
//!
//! What stays true: the repairs are those of the original's reader (a missing byte order mark, half
//! a terminator), and nothing else is guessed.

use std::io::Read;

/// A compressed frame may hold this much text; a bomb holds more.
const LARGEST_TEXT: u64 = 1 << 20;

/// A frame as it lies in the tag.
pub(super) struct Frame {
    /// What follows the header of the frame.
    pub(super) data: Vec<u8>,
    /// 2, 3 or 4.
    pub(super) version: u8,
    /// The flags of the frame; 0 in ID3v2.2.
    pub(super) flags: u16,
    /// Whether the header of the tag says that it is unsynchronised.
    pub(super) unsynchronised: bool,
}

/// The texts of a frame, one or more.
pub(super) fn values(frame: Frame) -> Option<Vec<String>> {
    let version = frame.version;
    let data = plain(frame)?;
    let (&encoding, mut rest) = data.split_first()?;
    let encoding = Encoding::of(encoding)?;
    let mut values = Vec::new();
    while !rest.is_empty() {
        let (value, after) = terminated(rest, encoding)?;
        values.push(value);
        // Before ID3v2.4 there was one value, and zeros after it are padding.
        rest = if version < 4 && after.iter().all(|&byte| byte == 0) {
            &[]
        } else {
            &rest[rest.len() - after.len()..]
        };
    }
    (!values.is_empty()).then_some(values)
}

/// Takes out the zeros that keep a tag free of what looks like the start of MPEG sound; `None`
/// where the bytes were never made so, as some taggers leave them.
pub(super) fn synchronise(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        plain.push(byte);
        if byte == 0xff {
            match rest.next()? {
                0 => {}
                0xe0.. => return None,
                other => plain.push(other),
            }
        }
    }
    Some(plain)
}

/// The contents without what the flags add: group, length, synchronisation, compression.
fn plain(frame: Frame) -> Option<Vec<u8>> {
    let Frame {
        data,
        version,
        flags,
        unsynchronised,
    } = frame;
    let on = |flag: u16| flags & flag != 0;
    let (added, encrypted, compressed) = match version {
        3 => (
            usize::from(on(0x80)) * 4 + usize::from(on(0x20)),
            on(0x40),
            on(0x80),
        ),
        4 => (
            usize::from(on(0x40)) + usize::from(on(0x08) || on(0x01)) * 4,
            on(0x04),
            on(0x08),
        ),
        _ => (0, false, false),
    };
    if encrypted {
        return None;
    }
    let mut data = data.get(added..)?.to_vec();
    if version == 4 && (on(0x02) || unsynchronised) {
        data = synchronise(&data).unwrap_or(data);
    }
    if compressed {
        let mut text = Vec::new();
        flate2::read::ZlibDecoder::new(&data[..])
            .take(LARGEST_TEXT)
            .read_to_end(&mut text)
            .ok()?;
        return Some(text);
    }
    Some(data)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Latin1,
    Utf16,
    Utf16Be,
    Utf8,
}

impl Encoding {
    fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Latin1,
            1 => Self::Utf16,
            2 => Self::Utf16Be,
            3 => Self::Utf8,
            _ => return None,
        })
    }
}

/// The text up to a terminator or the end, and what follows.
fn terminated(bytes: &[u8], encoding: Encoding) -> Option<(String, Vec<u8>)> {
    match encoding {
        Encoding::Latin1 => {
            let (text, after) = until_zero(bytes);
            let text = text.iter().copied().map(char::from).collect();
            Some((text, after.to_vec()))
        }
        Encoding::Utf8 => {
            let (text, after) = until_zero(bytes);
            let text = std::str::from_utf8(text).ok()?;
            Some((text.to_owned(), after.to_vec()))
        }
        // Half a terminator at the end, then a missing mark (little end first), then both.
        Encoding::Utf16 => utf16_marked(bytes)
            .or_else(|| utf16_marked(&[bytes, b"\0"].concat()))
            .or_else(|| utf16_marked(&[b"\xff\xfe", bytes].concat()))
            .or_else(|| utf16_marked(&[b"\xff\xfe", bytes, b"\0"].concat())),
        Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes)
            .or_else(|| utf16(&[bytes, b"\0"].concat(), u16::from_be_bytes)),
    }
}

fn until_zero(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&byte| byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

fn utf16_marked(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => None,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<(String, Vec<u8>)> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
    let end = text.len() * 2;
    let terminated = bytes.len() >= end + 2;
    if !terminated && bytes.len() != end {
        return None;
    }
    let after = bytes.get(end + 2..).unwrap_or_default().to_vec();
    Some((String::from_utf16(&text).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(version: u8, flags: u16, data: &[u8]) -> Option<Vec<String>> {
        values(Frame {
            data: data.to_vec(),
            version,
            flags,
            unsynchronised: false,
        })
    }

    #[test]
    fn every_encoding_is_read_and_repaired() {
        for (name, data, expected) in [
            ("latin-1", &b"\0caf\xe9"[..], Some(&["caf\u{e9}"][..])),
            ("utf-8", b"\x03caf\xc3\xa9\0", Some(&["café"])),
            ("two values", b"\x03a\0b", Some(&["a", "b"])),
            ("an empty one", b"\x03a\0\0b", Some(&["a", "", "b"])),
            ("empty", b"\x03\0", Some(&[""])),
            ("no text at all", b"\x03", None),
            ("bad utf-8", b"\x03caf\xe9", None),
            ("no such encoding", b"\x04a", None),
            ("utf-16, little", b"\x01\xff\xfea\0", Some(&["a"])),
            ("utf-16, big", b"\x01\xfe\xff\0a\0\0", Some(&["a"])),
            ("no mark", b"\x01a\0b\0", Some(&["ab"])),
            ("half a terminator", b"\x01\xff\xfea\0\0", Some(&["a"])),
            ("both", b"\x01a\0\0", Some(&["a"])),
            (
                "two marks",
                b"\x01\xff\xfea\0\0\0\xff\xfeb\0",
                Some(&["a", "b"]),
            ),
            (
                "second unmarked",
                b"\x01\xff\xfea\0\0\0b\0",
                Some(&["a", "b"]),
            ),
            ("lone surrogate", b"\x01\xff\xfe\0\xd8", None),
            ("utf-16be", b"\x02\0a", Some(&["a"])),
            ("utf-16be, half", b"\x02\0a\0", Some(&["a"])),
            ("a mark only", b"\x01\xff\xfe", Some(&[""])),
        ] {
            let expected: Option<Vec<String>> =
                expected.map(|values| values.iter().map(|&value| value.to_owned()).collect());
            assert_eq!(read(4, 0, data), expected, "{name}");
        }
    }

    #[test]
    fn padding_is_no_value_before_version_4() {
        assert_eq!(read(3, 0, b"\0a\0\0\0"), Some(vec!["a".to_owned()]));
        assert_eq!(read(4, 0, b"\0a\0\0\0").map(|values| values.len()), Some(3));
        assert_eq!(read(3, 0, b"\0a\0b").map(|values| values.len()), Some(2));
    }

    #[test]
    fn what_the_flags_add_is_taken_off() {
        let mut packed = Vec::new();
        flate2::read::ZlibEncoder::new(&b"\x03a"[..], flate2::Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        let a = Some(vec!["a".to_owned()]);
        for (name, version, flags, data, expected) in [
            ("length", 4, 0x01, b"\0\0\0\x02\x03a".to_vec(), &a),
            ("group", 4, 0x40, b"\x07\x03a".to_vec(), &a),
            (
                "compressed",
                4,
                0x08,
                [b"\0\0\0\x02", &packed[..]].concat(),
                &a,
            ),
            (
                "compressed, 2.3",
                3,
                0x80,
                [b"\0\0\0\x02", &packed[..]].concat(),
                &a,
            ),
            ("group, 2.3", 3, 0x20, b"\x07\x03a".to_vec(), &a),
            ("encrypted", 4, 0x04, b"\x03a".to_vec(), &None),
            ("too short", 4, 0x01, b"\x03".to_vec(), &None),
        ] {
            assert_eq!(&read(version, flags, &data), expected, "{name}");
        }
    }

    #[test]
    fn synchronisation_is_undone() {
        for (bytes, expected) in [
            (&b"\xff\0\xe0"[..], Some(&b"\xff\xe0"[..])),
            (b"\xff\x01", Some(b"\xff\x01")),
            (b"abc", Some(b"abc")),
            (b"\xff\xe0", None),
            (b"a\xff", None),
        ] {
            assert_eq!(synchronise(bytes).as_deref(), expected, "{bytes:?}");
        }
    }
}
