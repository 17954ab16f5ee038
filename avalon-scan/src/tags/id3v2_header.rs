//! The first bytes of an ID3v2 tag, and its numbers of seven bits a byte.
//!
//! In: a file and where in it a tag may begin. Out: its header, and where the tags end, for what
//! looks behind them: the search for frames of sound, and the guess at the format.

use std::io;

use memchr::memmem;

use crate::reader::Source;

/// The size of a tag's header, and of a frame's from ID3v2.3 on.
pub(super) const HEADER: u64 = 10;

/// The most bytes before a tag.
const MOST_JUNK: u64 = 1024;

/// The first ten bytes of a tag.
#[derive(Clone, Copy)]
pub(super) struct Header {
    /// 2, 3 or 4.
    pub(super) version: u8,
    /// 0x80: unsynchronised, 0x40: with an extended header.
    pub(super) flags: u8,
    /// Bytes after the header.
    pub(super) size: u64,
}

impl Header {
    /// Whether zeros were put in that must be taken out.
    pub(super) fn is_unsynchronised(self) -> bool {
        self.flags & 0x80 != 0
    }
}

/// Where the tags that begin at `offset` end: taggers stack them.
///
/// # Errors
/// The file's.
pub fn end(source: &mut Source, offset: u64) -> io::Result<u64> {
    let mut end = offset;
    while let Some(header) = read(source, end)? {
        end += HEADER + header.size;
    }
    Ok(end)
}

/// Where the first tag of a file of frames begins: junk may lie before it, but no frame. 0 where there is
/// none.
///
/// # Errors
/// The file's.
pub fn start(source: &mut Source) -> io::Result<u64> {
    let head = source.piece(0, MOST_JUNK + HEADER)?;
    if matches!(head[..], [0xff, 0xe0..=0xff, ..]) {
        return Ok(0);
    }
    for at in memmem::find_iter(&head, b"ID3") {
        let at = at as u64;
        if at <= MOST_JUNK && read(source, at)?.is_some() {
            return Ok(at);
        }
    }
    Ok(0)
}

/// The header of the tag at `offset`; `None` where there is none.
pub(super) fn read(source: &mut Source, offset: u64) -> io::Result<Option<Header>> {
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
pub(super) fn extended_header(source: &mut Source, header: Header, offset: u64) -> io::Result<u64> {
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
pub(super) fn synchsafe(size: u32) -> u32 {
    size & 0x7f | size >> 1 & 0x3f80 | size >> 2 & 0x1f_c000 | size >> 3 & 0xfe0_0000
}

/// Whether four bytes can be the name of a frame.
pub(super) fn is_frame_id(id: &[u8; 4]) -> bool {
    id[0].is_ascii_uppercase()
        && id
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A size in four bytes of seven bits.
    fn spread(size: u32) -> [u8; 4] {
        [size >> 21, size >> 14, size >> 7, size].map(|bits| (bits & 0x7f) as u8)
    }

    #[test]
    fn junk_may_lie_before_the_first_tag() {
        const TAG: &[u8] = b"ID3\x03\0\0\0\0\0\x04\0\0\0\0";
        for (name, before, expected) in [
            ("nothing", &b""[..], 0),
            ("zeros", &[0; 20], 20),
            ("letters", b"ID3 ID", 6),
            ("too much", &[7; 1025], 0),
            ("as much as may be", &[7; 1024], 1024),
            ("a frame", b"\xff\xfb\x90\x44\0\0\0\0", 0),
        ] {
            let bytes = [before, TAG, &[0xff; 50]].concat();
            let mut source = Source::new(&bytes, bytes.len() as u64);
            assert_eq!(start(&mut source).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn stacked_tags_end_together() {
        let one = b"ID3\x03\0\0\0\0\0\x04\0\0\0\0".to_vec();
        let bytes = [&one[..], &one, b"\xff\xfb"].concat();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        assert_eq!(end(&mut source, 0).unwrap(), 2 * one.len() as u64);
        assert_eq!(end(&mut source, 1).unwrap(), 1, "no tag");
    }

    #[test]
    fn numbers_of_seven_bits_a_byte_come_back() {
        for size in [0, 127, 128, 300, 0xfff_ffff] {
            assert_eq!(synchsafe(u32::from_be_bytes(spread(size))), size, "{size}");
        }
    }
}
