//! What makes a file known again after it was moved: a fingerprint of its sound.
//!
//! In: a file and where in it the sound lies. Out: 16 bytes, or nothing where there is no sound to
//! be found. They are a hash (XXH3, 128 bits) of the first 16 KiB of the sound, seeded with the
//! length of the sound in bytes.
//!
//! What stays true: writing tags does not change it, since tags lie before and behind the sound, and
//! it costs one read. It is no proof: files with one beginning and one length are taken for the same.

use std::io;

use twox_hash::XxHash3_128;

use crate::reader::Source;
use crate::tags::id3v1;

/// How much of the sound is looked at, in bytes.
const SAMPLE: u64 = 16 << 10;

/// The size of the footer of an APE tag, and of its header.
const APE: u64 = 32;

/// Tags behind one another at the end of a file.
const MOST_TAGS: usize = 10;

/// The fingerprint of the sound between two places. The beginning of it stays at hand for other
/// readers.
pub(super) fn of(source: &mut Source, start: u64, end: u64) -> Option<[u8; 16]> {
    let len = end.checked_sub(start).filter(|&len| len > 0)?;
    let sample = source.hold(start, len.min(SAMPLE)).ok()?;
    Some(hash(len, sample))
}

/// The fingerprint of sound in which writers of tags change something, which `undo` takes out.
pub(super) fn of_changed(
    source: &mut Source,
    start: u64,
    end: u64,
    undo: impl FnOnce(&mut [u8]),
) -> Option<[u8; 16]> {
    let len = end.checked_sub(start).filter(|&len| len > 0)?;
    let mut sample = source.piece(start, len.min(SAMPLE)).ok()?;
    undo(&mut sample);
    Some(hash(len, &sample))
}

fn hash(len: u64, sample: &[u8]) -> [u8; 16] {
    XxHash3_128::oneshot_with_seed(len, sample).to_be_bytes()
}

/// Where the tags at the end of a file begin: APE, Lyrics3 and ID3v1, in any order.
///
/// # Errors
/// The file's.
pub(super) fn tags_start(source: &mut Source) -> io::Result<u64> {
    let mut end = source.len();
    for _ in 0..MOST_TAGS {
        match tag_size(source, end)? {
            0 => break,
            size => end = end.saturating_sub(size),
        }
    }
    Ok(end)
}

/// The size of the tag that ends at `end`; 0 where there is none.
fn tag_size(source: &mut Source, end: u64) -> io::Result<u64> {
    // The last page is looked at first, so that one read serves.
    if let Some(start) = end.checked_sub(APE)
        && let Some(footer) = source.array::<{ APE as usize }>(start)?
    {
        if let [
            b'A',
            b'P',
            b'E',
            b'T',
            b'A',
            b'G',
            b'E',
            b'X',
            _,
            _,
            _,
            _,
            rest @ ..,
        ] = footer
        {
            let [a, b, c, d, ..] = rest;
            let has_header = rest[11] & 0x80 != 0;
            let size = u64::from(u32::from_le_bytes([a, b, c, d]));
            return Ok(size.max(APE) + if has_header { APE } else { 0 });
        }
        if let [
            ..,
            s0,
            s1,
            s2,
            s3,
            s4,
            s5,
            b'L',
            b'Y',
            b'R',
            b'I',
            b'C',
            b'S',
            b'2',
            b'0',
            b'0',
        ] = footer
        {
            let digits = [s0, s1, s2, s3, s4, s5];
            let size = str::from_utf8(&digits)
                .ok()
                .and_then(|size| size.parse().ok());
            return Ok(size.map_or(0, |size: u64| size + digits.len() as u64 + 9));
        }
    }
    let start = end.checked_sub(id3v1::SIZE);
    Ok(match start {
        Some(start) if source.array::<3>(start)?.as_ref() == Some(b"TAG") => id3v1::SIZE,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ape(has_header: bool) -> Vec<u8> {
        let part = |flags: u8| {
            let head = [
                &b"APETAGEX\xd0\x07\0\0\x2c\0\0\0\x01\0\0\0\0\0\0"[..],
                &[flags],
            ]
            .concat();
            [head, vec![0; 8]].concat()
        };
        let header = if has_header { part(0xa0) } else { vec![] };
        let flags = if has_header { 0x80 } else { 0 };
        [header, b"items of 12.".to_vec(), part(flags)].concat()
    }

    fn id3v1() -> Vec<u8> {
        let mut tag = b"TAG".to_vec();
        tag.resize(128, 0);
        tag
    }

    #[test]
    fn tags_at_the_end_are_stepped_over() {
        let lyrics = b"LYRICSBEGININD0000200000029LYRICS200".to_vec();
        let lyrics = [&lyrics[..21], b"000021LYRICS200"].concat();
        for (name, tags) in [
            ("none", vec![]),
            ("APE", ape(false)),
            ("APE with a header", ape(true)),
            ("ID3v1", id3v1()),
            ("APE and ID3v1", [ape(true), id3v1()].concat()),
            ("ID3v1 and APE", [id3v1(), ape(true)].concat()),
            ("all", [ape(true), lyrics, id3v1()].concat()),
        ] {
            for len in [0, 10, 200, 50_000] {
                let bytes = [vec![7; len], tags.clone()].concat();
                let mut source = Source::new(&bytes, bytes.len() as u64);
                assert_eq!(
                    tags_start(&mut source).unwrap(),
                    len as u64,
                    "{name}, {len}"
                );
            }
        }
    }

    #[test]
    fn sizes_that_cannot_be_end_the_search() {
        let mut bytes = [vec![7; 100], ape(false)].concat();
        let at = bytes.len() - 20;
        bytes[at..at + 4].fill(0xff);
        let mut source = Source::new(&bytes, bytes.len() as u64);
        assert_eq!(tags_start(&mut source).unwrap(), 0);
        assert_eq!(of(&mut source, 0, 0), None);
        assert_eq!(of(&mut source, 5, 3), None);
    }

    #[test]
    fn the_beginning_and_the_length_make_it() {
        let print = |bytes: &[u8]| {
            let bytes = bytes.to_vec();
            let len = bytes.len() as u64;
            let mut source = Source::new(&bytes, len);
            let print = of(&mut source, 0, len).unwrap();
            assert!(source.bytes_read() <= SAMPLE);
            print
        };
        let sound: Vec<u8> = (0..40_000_u32).map(|at| (at * 31 % 251) as u8).collect();
        let mut other = sound.clone();
        other[9] ^= 1;
        assert_eq!(print(&sound), print(&sound.clone()));
        assert_ne!(print(&sound), print(&other));
        assert_ne!(print(&sound), print(&sound[..39_999]));
        // Stored in databases: it must never change.
        let stored = 0xd296_3a77_6017_f272_7585_9cd1_d4ac_a627_u128;
        assert_eq!(print(b"sound"), stored.to_be_bytes());
    }
}
