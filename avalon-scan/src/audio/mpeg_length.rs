//! How long MPEG audio is: the one length that is not lofty's.
//!
//! In: a file and where its tags end. Out: milliseconds, cut, by the original's count, or `None`
//! where it found no stream. The first frame is searched for in the first MiB after the tags, where a
//! header with a Xing or VBRI table stands, or several headers follow each other. The length is that
//! of the table, less the samples that the encoder added by LAME's extension of it, else the size of
//! the rest of the file over the bitrate of the first frame.
//!
//! What stays true: lengths equal the original's (the contract: `length` is cut to whole seconds).
//! lofty counts the added samples, rounds to milliseconds, and measures to the last frame rather
//! than to the end, which is another second for about every twentieth file.

use std::io;

use crate::reader::Source;

use super::mpeg_frames::{BITRATES, LONGEST_SEARCH, RATES};
use super::sound::milliseconds;

/// How many places that look like a frame are tried.
const MOST_SYNCS: usize = 999;

/// So many frames in a row are surely a stream, ...
const ENOUGH_FRAMES: usize = 4;

/// ... and so many will do where that is all there is.
const FEWEST_FRAMES: usize = 2;

/// A frame's header, and the table in the first frame of a stream.
#[derive(Clone, Copy, Debug)]
struct Frame {
    offset: u64,
    /// Bytes to the next frame.
    size: u64,
    /// Bits per second.
    bitrate: u32,
    /// Samples and samples per second, by the table; `Some(None)` is a table without a number.
    length: Option<Option<(u64, u32)>>,
}

/// The length in milliseconds of the stream that is found after `start`.
///
/// # Errors
/// The file's.
pub(super) fn read(source: &mut Source, start: u64) -> io::Result<Option<i64>> {
    let mut candidate = None;
    let mut syncs = Syncs::new(start);
    for _ in 0..MOST_SYNCS {
        let Some(sync) = syncs.next(source)? else {
            break;
        };
        let frames = frames_at(source, sync)?;
        let Some((&first, &last)) = frames.first().zip(frames.last()) else {
            continue;
        };
        if last.length.is_some() {
            return Ok(length(source, last));
        }
        if frames.len() >= ENOUGH_FRAMES {
            return Ok(length(source, first));
        }
        if frames.len() >= FEWEST_FRAMES && candidate.is_none() {
            candidate = Some(first);
        }
    }
    Ok(candidate.and_then(|frame| length(source, frame)))
}

fn length(source: &Source, frame: Frame) -> Option<i64> {
    match frame.length.flatten() {
        Some((samples, rate)) => milliseconds(u128::from(samples), u64::from(rate)),
        None => {
            let bits = u128::from(source.len().saturating_sub(frame.offset)) * 8;
            milliseconds(bits, u64::from(frame.bitrate))
        }
    }
}

/// The places after `start` that look like the start of a frame: eleven set bits.
struct Syncs {
    start: u64,
    at: u64,
    chunk: Vec<u8>,
    chunk_start: u64,
}

impl Syncs {
    fn new(start: u64) -> Self {
        Self {
            start,
            at: start,
            chunk: Vec::new(),
            chunk_start: start,
        }
    }

    fn next(&mut self, source: &mut Source) -> io::Result<Option<u64>> {
        let end = self.start + LONGEST_SEARCH;
        while self.at + 1 < end {
            let from = (self.at - self.chunk_start) as usize;
            let rest = self.chunk.get(from..).unwrap_or_default();
            let sync = |pair: &[u8]| pair[0] == 0xff && pair[1] & 0xe0 == 0xe0;
            if let Some(found) = rest.windows(2).position(sync) {
                let found = self.at + found as u64;
                self.at = found + 1;
                return Ok((found < end).then_some(found));
            }
            // The last byte may be the first of a pair. Most files need the first bytes only.
            self.at += rest.len().saturating_sub(1) as u64;
            let size = (self.chunk.len() as u64 * 4).clamp(1 << 10, 1 << 16);
            self.chunk_start = self.at;
            self.chunk = source.piece(self.at, size)?;
            if self.chunk.len() < 2 {
                break;
            }
        }
        Ok(None)
    }
}

/// Up to four frames in a row, fewer where one has a table.
fn frames_at(source: &mut Source, offset: u64) -> io::Result<Vec<Frame>> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = offset;
    while frames.len() < ENOUGH_FRAMES
        && let Some(frame) = frame_at(source, at)?
    {
        at += frame.size;
        frames.push(frame);
        if frame.length.is_some() {
            break;
        }
    }
    Ok(frames)
}

fn frame_at(source: &mut Source, offset: u64) -> io::Result<Option<Frame>> {
    let Some(header) = source.array::<4>(offset)? else {
        return Ok(None);
    };
    let bits = u32::from_be_bytes(header);
    let version = bits >> 19 & 3;
    let layer = bits >> 17 & 3;
    let bitrate = bits >> 12 & 15;
    let rate = bits >> 10 & 3;
    let valid = bits >> 21 == 0x7ff && version != 1 && layer != 0;
    if !valid || matches!(bitrate, 0 | 15) || rate == 3 {
        return Ok(None);
    }
    let is_first_version = version == 3;
    let layer = 4 - layer;
    let row = match (is_first_version, layer) {
        (true, layer) => layer - 1,
        (false, 1) => 3,
        (false, _) => 4,
    };
    let bitrate = BITRATES[row as usize][bitrate as usize] * 1000;
    // 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5.
    let rate = RATES[rate as usize] / [4, 1, 2, 1][version as usize];
    let (samples, slot) = match (is_first_version, layer) {
        (_, 1) => (384, 4),
        (false, 3) => (576, 1),
        _ => (1152, 1),
    };
    // In whole slots: ISO 11172-3, 2.4.3.1.
    let size = (samples / 8 / slot * bitrate / rate + (bits >> 9 & 1)) * slot;
    let mono = bits >> 6 & 3 == 3;
    let length = if layer == 3 {
        table(source, offset, is_first_version, mono, samples)?
    } else {
        None
    };
    Ok(Some(Frame {
        offset,
        size: u64::from(size),
        bitrate,
        length: length.map(|samples| samples.map(|samples| (samples, rate))),
    }))
}

/// The number of samples by the Xing (or `Info`) or VBRI table in a frame; `None` without a table.
fn table(
    source: &mut Source,
    frame: u64,
    is_first_version: bool,
    mono: bool,
    samples: u32,
) -> io::Result<Option<Option<u64>>> {
    let xing = frame
        + match (is_first_version, mono) {
            (true, false) => 36,
            (true, true) | (false, false) => 21,
            (false, true) => 13,
        };
    if let Some(found) = xing_table(source, xing, u64::from(samples))? {
        return Ok(Some(found));
    }
    let frames = vbri_frames(source, frame + 36)?;
    Ok(frames.map(|frames| Some(u64::from(frames) * u64::from(samples))))
}

fn xing_table(source: &mut Source, at: u64, samples: u64) -> io::Result<Option<Option<u64>>> {
    let Some([a, b, c, d, flags @ ..]) = source.array::<8>(at)? else {
        return Ok(None);
    };
    if !matches!(&[a, b, c, d], b"Xing" | b"Info") {
        return Ok(None);
    }
    let flags = u32::from_be_bytes(flags);
    let frames_at = at + 8;
    let has = |flag: u32, size: u64| if flags & flag == 0 { 0 } else { size };
    let end = frames_at + has(1, 4) + has(2, 4) + has(4, 100) + has(8, 4);
    if end > source.len() {
        return Ok(None);
    }
    if flags & 1 == 0 {
        return Ok(Some(None));
    }
    let Some(frames) = source.array::<4>(frames_at)? else {
        return Ok(None);
    };
    let frames = u64::from(u32::from_be_bytes(frames));
    let added = samples_added(source, end)?;
    Ok(Some(Some((samples * frames).saturating_sub(added))))
}

/// Samples that the encoder put before and after the music, by LAME's extension of the table.
fn samples_added(source: &mut Source, at: u64) -> io::Result<u64> {
    let Some(version) = source.array::<20>(at)? else {
        return Ok(0);
    };
    if !has_lame_extension(&version) {
        return Ok(0);
    }
    let Some(extension) = source.array::<27>(at + 9)? else {
        return Ok(0);
    };
    if extension[0] >> 4 != 0 {
        return Ok(0);
    }
    let [before, both, after] = [extension[12], extension[13], extension[14]].map(u64::from);
    Ok((before << 4 | both >> 4) + ((both & 15) << 8 | after))
}

/// Whether LAME's version is one that wrote the extension: 3.90 (not its alphas) or later.
fn has_lame_extension(version: &[u8; 20]) -> bool {
    if !version.starts_with(b"LAME") && !version.starts_with(b"L3.99") {
        return false;
    }
    let letters = |byte: &u8| b"LAME".contains(byte);
    let text = &version[version.iter().take_while(|&byte| letters(byte)).count()..];
    let Some((&major, rest)) = text.split_first() else {
        return false;
    };
    let rest = &rest[rest.iter().take_while(|&&byte| byte == b'.').count()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (minor, rest) = rest.split_at(digits);
    if !major.is_ascii_digit() || minor.is_empty() || rest.len() < 11 {
        return false;
    }
    let minor = minor.iter().fold(0_u64, |minor, byte| {
        minor.saturating_mul(10) + u64::from(byte - b'0')
    });
    let version = (major - b'0', minor);
    version > (3, 90) || (version == (3, 90) && rest[rest.len() - 11] != b'(')
}

/// The number of frames by the table of Fraunhofer's encoder.
fn vbri_frames(source: &mut Source, at: u64) -> io::Result<Option<u32>> {
    let Some(table) = source.array::<26>(at)? else {
        return Ok(None);
    };
    let word = |at: usize| u16::from_be_bytes([table[at], table[at + 1]]);
    if !table.starts_with(b"VBRI") || word(4) != 1 || !matches!(word(22), 2 | 4) {
        return Ok(None);
    }
    let entries = u64::from(word(18)) * u64::from(word(22));
    let frames = u32::from_be_bytes([table[14], table[15], table[16], table[17]]);
    Ok((at + 26 + entries <= source.len()).then_some(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes, 1152 samples.
    fn frame() -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x44];
        frame.resize(417, 0);
        frame
    }

    /// Two frames of MPEG 1 layer I, 384 kbit/s, 44.1 kHz: 104 slots of 4 bytes, the second padded
    /// by one.
    fn layer_1() -> Vec<u8> {
        let mut frames = vec![0xff, 0xff, 0xc0, 0x44];
        frames.resize(416, 0);
        frames.extend([0xff, 0xff, 0xc2, 0x44]);
        frames.resize(416 + 420, 0);
        frames
    }

    fn with_xing(frames: u32, lame: &[u8]) -> Vec<u8> {
        let mut frame = frame();
        let table = [&b"Info\0\0\0\x01"[..], &frames.to_be_bytes(), lame].concat();
        frame[36..36 + table.len()].copy_from_slice(&table);
        frame
    }

    fn length_of(bytes: &[u8]) -> Option<i64> {
        let bytes = bytes.to_vec();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let length = read(&mut source, 0).unwrap();
        length.map(|length| length / 1000)
    }

    #[test]
    fn the_length_is_the_tables_or_the_sizes() {
        let lame = |version: &[u8]| {
            let mut lame = version.to_vec();
            lame.resize(9 + 27, 0);
            // 576 samples before, 1000 after.
            lame[9 + 12..9 + 15].copy_from_slice(&[0x24, 0x03, 0xe8]);
            lame
        };
        for (name, bytes, expected) in [
            ("constant", frame().repeat(39), Some(1)),
            ("constant, shorter", frame().repeat(38), Some(0)),
            ("layer I", layer_1().repeat(58), Some(1)),
            ("layer I, shorter", layer_1().repeat(57), Some(0)),
            ("two frames", frame().repeat(2), Some(0)),
            ("one frame", frame(), None),
            ("table", with_xing(77, b""), Some(2)),
            ("LAME", with_xing(77, &lame(b"LAME3.99r")), Some(1)),
            ("LAME 3.100", with_xing(77, &lame(b"LAME3.100")), Some(1)),
            ("old LAME", with_xing(77, &lame(b"LAME3.89 ")), Some(2)),
            (
                "junk before",
                [vec![7; 5000], frame().repeat(39)].concat(),
                Some(1),
            ),
            ("junk only", vec![7; 5000], None),
            ("zeros", vec![0; 5000], None),
            ("all bits", vec![0xff; 5000], None),
            ("empty", vec![], None),
        ] {
            assert_eq!(length_of(&bytes), expected, "{name}");
        }
    }
}
