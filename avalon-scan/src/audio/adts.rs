//! AAC in ADTS frames (.aac).
//!
//! In: a file. Out: its [`Sound`]. The format has no length: it is estimated from the first hundred
//! frames and the size of the file, as the original did. (lofty takes the first frame alone, and
//! the frames of AAC differ widely.) Tags are those of an MP3, though the original read none.

use std::io;

use crate::reader::Source;

use super::mpeg;
use super::sound::{AudioError, Sound, seconds};

/// Bytes in which the first frame must begin.
const LONGEST_SEARCH: u64 = 512;

/// Bytes that may lie between frames.
const LONGEST_GAP: u64 = 10;

/// Places at which a stream is tried.
const MOST_TRIES: usize = 10;

/// Frames from which the length is estimated.
const FRAMES: u32 = 100;

/// Frames that make a stream.
const FEWEST_FRAMES: u32 = 3;

/// Samples per second by the four bits of the header.
const RATES: [u64; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// Reads an AAC file.
///
/// # Errors
/// [`AudioError::Damaged`] where no frames follow each other.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let (start, tag) = mpeg::leading_tag(source)?;
    let length =
        estimate(source, start)?.ok_or(AudioError::Damaged("no frames of AAC were found"))?;
    Ok(Sound {
        length,
        ..tag.or_trailing(source)?
    })
}

/// Whether a stream of frames begins at `offset`.
///
/// # Errors
/// The file's.
pub fn begins_at(source: &mut Source, offset: u64) -> io::Result<bool> {
    Ok(find_frame(source, offset, 1)? == Some(offset)
        && stream(source, offset)?.frames >= FEWEST_FRAMES)
}

/// The first frames of a stream.
struct Stream {
    frames: u32,
    samples: u64,
    end: u64,
    rate: u64,
}

/// The length in seconds of the stream after `start`; `None` where there is no stream.
fn estimate(source: &mut Source, start: u64) -> io::Result<Option<Option<i64>>> {
    let mut from = start;
    for _ in 0..MOST_TRIES {
        let Some(sync) = find_frame(source, from, LONGEST_SEARCH)? else {
            return Ok(None);
        };
        let stream = stream(source, sync)?;
        if stream.frames < FEWEST_FRAMES {
            from = sync + 1;
            continue;
        }
        // The original counted what it skipped in front twice, and began one byte late.
        let skipped = sync - from;
        let size = source.len().saturating_sub(from + 2 * skipped + 1);
        let units = u128::from(stream.samples) * u128::from(size);
        let length = seconds(units, stream.rate * (stream.end - from));
        return Ok(Some(length));
    }
    Ok(None)
}

/// The first sync word (twelve set bits) that begins within `reach` bytes after `from`.
fn find_frame(source: &mut Source, from: u64, reach: u64) -> io::Result<Option<u64>> {
    let bytes = source.piece(from, reach + 1)?;
    let sync = bytes
        .windows(2)
        .position(|pair| pair[0] == 0xff && pair[1] >> 4 == 0xf);
    Ok(sync.map(|at| from + at as u64))
}

/// Up to a hundred frames from `start` on whose fixed headers are the same.
fn stream(source: &mut Source, start: u64) -> io::Result<Stream> {
    let mut stream = Stream {
        frames: 0,
        samples: 0,
        end: start,
        rate: 0,
    };
    let mut fixed = None;
    let mut at = start;
    while stream.frames < FRAMES {
        let Some(header) = source.array::<7>(at)? else {
            break;
        };
        let [_, b1, b2, b3, b4, b5, b6] = header;
        // Everything up to the two copyright bits; the layer is always 0.
        let own_fixed = [b1, b2, b3 & 0xf0];
        let size = u64::from(b3 & 3) << 11 | u64::from(b4) << 3 | u64::from(b5) >> 5;
        let is_frame = b1 & 6 == 0 && size >= 7 && *fixed.get_or_insert(own_fixed) == own_fixed;
        if !is_frame {
            break;
        }
        stream.rate = RATES.get(usize::from(b2 >> 2 & 15)).copied().unwrap_or(0);
        stream.samples += (u64::from(b6 & 3) + 1) * 1024;
        stream.frames += 1;
        stream.end = at + size;
        match find_frame(source, stream.end, LONGEST_GAP)? {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of 44.1 kHz AAC LC, stereo, of `size` bytes.
    fn frame(size: u16) -> Vec<u8> {
        let [high, low] = (size << 5 | 0x1f).to_be_bytes();
        let top = (size >> 11) as u8;
        let mut frame = vec![0xff, 0xf1, 0x50, 0x80 | top, high, low, 0xfc];
        frame.resize(usize::from(size), 0);
        frame
    }

    fn length_of(bytes: &[u8]) -> Option<i64> {
        let bytes = bytes.to_vec();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        read(&mut source).ok().and_then(|sound| sound.length)
    }

    #[test]
    fn the_length_is_estimated() {
        for (name, bytes, expected) in [
            ("a second", frame(200).repeat(44), Some(1)),
            ("ten", frame(200).repeat(431), Some(10)),
            ("less", frame(200).repeat(43), Some(0)),
            (
                "junk before",
                [vec![1; 300], frame(200).repeat(130)].concat(),
                Some(2),
            ),
            ("two frames", frame(200).repeat(2), None),
            ("zeros", vec![0; 900], None),
            ("nothing", vec![], None),
        ] {
            assert_eq!(length_of(&bytes), expected, "{name}");
        }
    }

    #[test]
    fn a_stream_begins_where_frames_follow_each_other() {
        for (name, bytes, expected) in [
            ("frames", frame(50).repeat(3), true),
            ("later", [vec![0], frame(50).repeat(9)].concat(), false),
            ("too few", frame(50).repeat(2), false),
        ] {
            let mut source = Source::new(&bytes, bytes.len() as u64);
            assert_eq!(begins_at(&mut source, 0).unwrap(), expected, "{name}");
        }
    }
}
