//! Where lofty is let look for frames of MPEG audio and AAC, and where not.
//!
//! In: a file and where its tags end. Out: whether two headers that belong together stand in the first
//! MiB after that, by lofty's own rule. lofty looks for them to the end of the file, a byte at a time;
//! what has none so far in (a picture, a disk image, a file whose sound was lost) is none.
//!
//! What stays true: where frames begin at once, as in nearly every file, nothing is read for it that
//! others do not read again; else a few reads take all that is looked at.

use std::io;

use memchr::memchr_iter;

use crate::reader::Source;

/// Where the search for a frame ends, in bytes after the tags: what the original had. Of decoders,
/// mpg123 gives up after a KiB and FFmpeg after 64.
pub(super) const LONGEST_SEARCH: u64 = 1 << 20;

/// The steps of the search, in bytes after the tags: junk is mostly short.
const STRETCHES: [(u64, u64); 3] = [
    (0, 16 << 10),
    (16 << 10, 128 << 10),
    (128 << 10, LONGEST_SEARCH),
];

/// The size of the header of an APE tag.
const APE: u64 = 32;

/// What kind of frames.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frames {
    /// MPEG audio: layers I to III.
    Mpeg,
    /// AAC in ADTS.
    Adts,
}

/// The frames of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    /// Where the search for them began.
    pub(super) start: u64,
    /// Whether there are any.
    pub(super) is_there: bool,
}

/// Kilobits per second by the four bits of a header: MPEG 1 layers I, II, III, then MPEG 2 layers I,
/// and II or III.
#[rustfmt::skip]
pub(super) const BITRATES: [[u32; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// Samples per second of MPEG 1; MPEG 2 has half, MPEG 2.5 a quarter.
pub(super) const RATES: [u32; 3] = [44_100, 48_000, 32_000];

/// Looks for frames after the tags that end at `start`.
///
/// # Errors
/// The file's.
pub(super) fn find(source: &mut Source, start: u64, kind: Frames) -> io::Result<Stream> {
    let start = start + ape_tag(source, start)?;
    Ok(Stream {
        start,
        is_there: search(source, start, kind)?,
    })
}

/// The size of an APE tag before the sound, where lofty reads it; 0 where there is none.
fn ape_tag(source: &mut Source, start: u64) -> io::Result<u64> {
    let header = source.array::<16>(start)?;
    Ok(match header {
        Some(
            [
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
                size @ ..,
            ],
        ) => APE + u64::from(u32::from_le_bytes(size)),
        _ => 0,
    })
}

/// What a place turns out to be that begins as a frame does.
enum Place {
    Frame,
    /// No frame, and the search goes on so many bytes further.
    Other(u64),
    /// lofty gives up here.
    End,
}

fn search(source: &mut Source, start: u64, kind: Frames) -> io::Result<bool> {
    if let Place::Frame = place(source, start, kind)? {
        return Ok(true);
    }
    let mut next = start;
    for (from, to) in STRETCHES {
        let from = start + from;
        // With the first byte after it: two make a header's beginning.
        let len = start + to - from + 1;
        source.hold(from, len)?;
        let bytes = source.piece(from, len)?;
        for place_of in memchr_iter(0xff, &bytes) {
            let at = from + place_of as u64;
            let is_sync = matches!(bytes.get(place_of + 1), Some(0xe0..));
            if !is_sync || at < next {
                continue;
            }
            match place(source, at, kind)? {
                Place::Frame => return Ok(true),
                Place::Other(size) => next = at + size,
                Place::End => return Ok(false),
            }
        }
    }
    Ok(false)
}

fn place(source: &mut Source, at: u64, kind: Frames) -> io::Result<Place> {
    // What of the next header is the same.
    let mask: u32 = match kind {
        Frames::Mpeg => 0xfffe_0c00,
        Frames::Adts => 0xffff_ffe0,
    };
    let Some(header) = source.array::<4>(at)? else {
        return Ok(Place::End);
    };
    let bits = u32::from_be_bytes(header);
    let size = match kind {
        _ if bits >> 21 != 0x7ff => return Ok(Place::Other(1)),
        Frames::Mpeg => match mpeg_size(bits) {
            Some(size) => size,
            None => return Ok(Place::Other(4)),
        },
        Frames::Adts => match source.array::<3>(at + 4)? {
            // No such rate.
            _ if bits >> 10 & 15 == 15 => return Ok(Place::End),
            None => return Ok(Place::End),
            Some([high, low, _]) => adts_size(bits, high, low),
        },
    };
    Ok(match source.array::<4>(at + size)? {
        None => Place::End,
        Some(next) if (u32::from_be_bytes(next) ^ bits) & mask == 0 => Place::Frame,
        Some(_) => Place::Other(size),
    })
}

/// The size of a frame of MPEG audio as lofty computes it; `None` where the header is none.
fn mpeg_size(bits: u32) -> Option<u64> {
    let version = bits >> 19 & 3;
    let layer = 4 - (bits >> 17 & 3);
    let bitrate = bits >> 12 & 15;
    let rate = RATES.get((bits >> 10 & 3) as usize)?;
    if version == 1 || layer == 4 || matches!(bitrate, 0 | 15) {
        return None;
    }
    let is_first_version = version == 3;
    let row = match (is_first_version, layer) {
        (true, layer) => layer - 1,
        (false, 1) => 3,
        (false, _) => 4,
    };
    let bitrate = BITRATES[row as usize][bitrate as usize];
    let rate = rate / [4, 1, 2, 1][version as usize];
    let (samples, slot) = match (is_first_version, layer) {
        (_, 1) => (384, 4),
        (false, 3) => (576, 1),
        _ => (1152, 1),
    };
    let padding = (bits >> 9 & 1) * slot;
    Some(u64::from(samples * bitrate * 125 / rate + padding).max(4))
}

/// The size of a frame in ADTS (ISO 13818-7, 6.2).
fn adts_size(bits: u32, high: u8, low: u8) -> u64 {
    let header = if bits >> 16 & 1 == 0 { 9 } else { 7 };
    let size = (bits & 3) << 11 | u32::from(high) << 3 | u32::from(low) >> 5;
    u64::from(size.max(header))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of MPEG 1 layer III, 128 kbit/s, 44.1 kHz.
    fn mpeg() -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x44];
        frame.resize(417, 0);
        frame
    }

    fn adts() -> Vec<u8> {
        let mut frame = vec![0xff, 0xf1, 0x50, 0x80, 0x19, 0x1f, 0xfc];
        frame.resize(200, 0);
        frame
    }

    #[test]
    fn frames_are_found_in_the_first_mib_and_no_further() {
        let ape = b"APETAGEX\xd0\x07\0\0\0\0\x20\0".to_vec();
        let picture = [ape, vec![0; 16 + (2 << 20)]].concat();
        let mib = LONGEST_SEARCH as usize;
        let lone = [&mpeg()[..], &[7; 1000]].concat();
        for (name, before, expected) in [
            ("at once", vec![], true),
            ("after zeros", vec![0; 5000], true),
            ("after junk", vec![7; 5000], true),
            ("after what looks like frames", vec![0xff; 5000], true),
            ("after a lone frame", lone, true),
            ("across two steps", vec![0; (16 << 10) - 1], true),
            ("at the second step", vec![0; 16 << 10], true),
            ("before the third step", vec![0; (128 << 10) - 2], true),
            ("at the end of the bound", vec![0; mib - 2], true),
            ("behind the bound", vec![0; mib], false),
            ("after an APE tag", picture, true),
        ] {
            for (kind, frame) in [(Frames::Mpeg, mpeg()), (Frames::Adts, adts())] {
                // For lofty, this is the end of the search for AAC.
                if matches!(kind, Frames::Adts) && before.first() == Some(&0xff) {
                    continue;
                }
                let bytes = [before.clone(), frame.repeat(3)].concat();
                let mut source = Source::new(&bytes, bytes.len() as u64);
                let found = find(&mut source, 0, kind).unwrap();
                assert_eq!(found.is_there, expected, "{name}: {kind:?}");
                // No further than the step, and a page or two for what was found.
                let most = before.len().max(4 << 10) as u64 * 8 + (16 << 10);
                assert!(source.bytes_read() <= most, "{name}: {kind:?}");
            }
        }
    }

    #[test]
    fn what_has_no_two_frames_in_a_row_has_none() {
        for bytes in [vec![], vec![0xff], mpeg(), adts(), vec![0xff; 5000]] {
            for kind in [Frames::Mpeg, Frames::Adts] {
                let mut source = Source::new(&bytes, bytes.len() as u64);
                let found = find(&mut source, 0, kind).unwrap();
                assert!(!found.is_there, "{kind:?} in {} bytes", bytes.len());
            }
        }
    }
}
