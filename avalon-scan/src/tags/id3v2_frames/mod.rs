//! The frames of an ID3v2 tag that the library knows.
//!
//! In: a file and where in it tags begin. Out: [`Frames`], decoded, and where the tags end. Only
//! headers of frames are walked here; lofty decodes what is in them ([`super::id3v2_decode`]).
//!
//! What stays true: the values are those that the original found, which lofty's reader of tags alone
//! does not give: of tags in a row, it takes the last (the contract: the first); one text in a broken
//! encoding makes it refuse the file; and it reads past the sizes that iTunes wrote. Pictures, and
//! whatever else the library does not know, are stepped over.

use std::borrow::Cow;
use std::io::{self, Read};

use lofty::id3::v2::util::synchsafe::UnsynchronizedStream;

use crate::reader::Source;

use super::id3v2_decode::{Frame, plain, undone};
use super::id3v2_header::{self as header, HEADER, Header, is_frame_id, synchsafe};

/// The most bytes that are read of one frame; no text is longer.
pub(super) const LARGEST_FRAME: u64 = 1 << 20;

/// The most bytes that are read of a frame of which a tag may have many: more than is kept of a text.
const LARGEST_REPEATED: u64 = 64 << 10;

/// The most bytes of all frames but the first of each name.
const MOST_REPEATED: u64 = 1 << 20;

/// The most bytes of a tag that must be decoded as a whole before its frames can be found.
const LARGEST_UNSYNCHRONISED: u64 = 4 << 20;

/// What the tags at one place of a file say.
#[derive(Debug, Default)]
pub struct Frames {
    /// The frames of the first tag, in its order.
    pub frames: Vec<Frame>,
    /// Where the last tag ends.
    pub end: u64,
    /// Whether a frame was there that could not be undone.
    pub is_damaged: bool,
    /// Whether frames were left out, since there are more than are read.
    pub is_cut: bool,
}

/// The tags at `offset`; `None` where there is none.
///
/// # Errors
/// The file's.
pub fn read(source: &mut Source, offset: u64) -> io::Result<Option<Frames>> {
    let Some(header) = header::read(source, offset)? else {
        return Ok(None);
    };
    let frames_end = (offset + HEADER + header.size).min(source.len());
    let start = offset + HEADER + header::extended_header(source, header, offset + HEADER)?;
    let mut found = Frames::default();
    if header.version < 4 && header.is_unsynchronised() {
        let size = frames_end.saturating_sub(start);
        let body = source.piece(start, size.min(LARGEST_UNSYNCHRONISED))?;
        found.is_cut = size > LARGEST_UNSYNCHRONISED;
        let mut plain = Vec::with_capacity(body.len());
        UnsynchronizedStream::new(&body[..]).read_to_end(&mut plain)?;
        let len = plain.len() as u64;
        found.walk(&mut Source::new(&plain, len), header, 0, len)?;
    } else {
        found.walk(source, header, start, frames_end)?;
    }
    found.end = header::end(source, offset)?;
    Ok(Some(found))
}

impl Frames {
    /// Decodes the frames between two places that are wanted.
    fn walk(
        &mut self,
        source: &mut Source,
        header: Header,
        start: u64,
        end: u64,
    ) -> io::Result<()> {
        let plain_sizes = header.version == 4 && sizes_are_plain(source, start, end)?;
        let is_changed = header.version == 4 && header.is_unsynchronised();
        let mut buffer = Vec::new();
        let mut repeated = 0;
        let mut at = start;
        while let Some(frame) = frame_at(source, header.version, at, end)? {
            let size = match header.version {
                4 if !plain_sizes => synchsafe(frame.size),
                _ => frame.size,
            };
            let data = at + frame.header;
            at = data + u64::from(size);
            let Some(name) = wanted(frame.id) else {
                continue;
            };
            let size = u64::from(size).min(end - data);
            let is_first = !matches!(&name, b"TXXX" | b"COMM" | b"UFID" | b"RVA2")
                && !self.frames.iter().any(|frame| frame.is_text(name));
            if size == 0 || is_encrypted(header, frame.flags) {
                continue;
            }
            let most = match is_first {
                true => LARGEST_FRAME,
                false => LARGEST_REPEATED.min(MOST_REPEATED - repeated),
            };
            let is_plain = frame.flags == 0 && !is_changed;
            // What was changed cannot be undone where it is cut.
            let fits = match is_plain {
                true => most > 0 && (is_first || most >= size.min(LARGEST_REPEATED)),
                false => size <= most,
            };
            if !fits {
                self.is_cut = true;
                continue;
            }
            let data = source.stretch(data, size.min(most), &mut buffer)?;
            let undone = match is_plain {
                true => Some(Cow::Borrowed(data)),
                false => undone(header, frame.flags, data, most).map(Cow::Owned),
            };
            if !is_first {
                let unpacked = undone.as_ref().map_or(0, |data| data.len() as u64);
                repeated += unpacked.max(size.min(most));
            }
            let decoded = undone.and_then(|data| decoded(header, name, &data, most));
            self.is_damaged |= decoded.is_none() && !is_plain;
            self.frames.extend(decoded);
        }
        Ok(())
    }
}

/// A frame; of one that was cut after `most` bytes, up to the last letter that is whole.
fn decoded(header: Header, name: [u8; 4], data: &[u8], most: u64) -> Option<Frame> {
    /// More bytes than these no letter has, less one; nor half a pair of UTF-16 that is not even.
    const PART: usize = 3;
    let is_cut = data.len() as u64 >= most;
    let mut shorter =
        (0..=if is_cut { PART } else { 0 }).map_while(|by| data.len().checked_sub(by));
    shorter.find_map(|len| plain(header, name, &data[..len]))
}

impl Frame {
    fn is_text(&self, name: [u8; 4]) -> bool {
        matches!(self, Self::Text(other, _) if *other == name)
    }
}

/// The name of a frame in ID3v2.4, or where that has none, in ID3v2.3, if the library knows it. Some
/// taggers wrote the names of ID3v2.2 in later versions too, with a zero behind.
fn wanted(id: [u8; 4]) -> Option<[u8; 4]> {
    Some(match &id {
        b"TALB" | b"TBPM" | b"TCMP" | b"TCOM" | b"TCON" | b"TDAT" | b"TDOR" | b"TDRC" | b"TDRL"
        | b"TIME" | b"TIT2" | b"TORY" | b"TPE1" | b"TPE2" | b"TPOS" | b"TPUB" | b"TRCK"
        | b"TSO2" | b"TSOA" | b"TSOC" | b"TSOP" | b"TSOT" | b"TSRC" | b"TYER" | b"TXXX"
        | b"COMM" | b"UFID" | b"RVA2" => id,
        b"TAL\0" => *b"TALB",
        b"TBP\0" => *b"TBPM",
        b"TCP\0" => *b"TCMP",
        b"TCM\0" => *b"TCOM",
        b"TCO\0" => *b"TCON",
        b"TDA\0" => *b"TDAT",
        b"TIM\0" => *b"TIME",
        b"TT2\0" => *b"TIT2",
        b"TOR\0" => *b"TORY",
        b"TP1\0" => *b"TPE1",
        b"TP2\0" => *b"TPE2",
        b"TPA\0" => *b"TPOS",
        b"TPB\0" => *b"TPUB",
        b"TRK\0" => *b"TRCK",
        b"TS2\0" => *b"TSO2",
        b"TSA\0" | b"XSOA" => *b"TSOA",
        b"TSC\0" => *b"TSOC",
        b"TSP\0" | b"XSOP" => *b"TSOP",
        b"TST\0" | b"XSOT" => *b"TSOT",
        b"TRC\0" => *b"TSRC",
        b"TYE\0" => *b"TYER",
        b"XDOR" => *b"TDOR",
        b"TXX\0" => *b"TXXX",
        b"COM\0" => *b"COMM",
        b"UFI\0" => *b"UFID",
        _ => return None,
    })
}

fn is_encrypted(header: Header, flags: u16) -> bool {
    match header.version {
        3 => flags & 0x40 != 0,
        4 => flags & 0x04 != 0,
        _ => false,
    }
}

/// A frame's header.
struct FrameHeader {
    /// Its own size.
    header: u64,
    id: [u8; 4],
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
    Ok(Some(FrameHeader {
        header,
        id,
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
mod tests;
