//! Ogg: Vorbis, Opus, Speex, FLAC and Theora in pages.
//!
//! In: a file. Out: its [`Sound`]: the comments of the first stream whose codec is known, and its
//! length, which is the position in the last page of that stream.
//!
//! What stays true: pages are stepped over by their headers; no sound is read. A file that is cut
//! in its header pages is refused, one that is cut later is as long as its last whole page says.

use std::cell::RefCell;
use std::io;

use crate::reader::{ReadAt, Source};
use crate::tags::vorbis;

use super::flac;
use super::sound::{AudioError, Sound, seconds};

const MARK: &[u8; 4] = b"OggS";

/// The largest page: header, 255 segment sizes, 255 segments of 255 bytes.
const LARGEST_PAGE: u64 = 27 + 255 + 255 * 255;

/// Streams that one file may begin with.
const MOST_STREAMS: usize = 64;

/// Pages that one comment packet may be spread over: 64 MiB.
const MOST_PAGES: usize = 1024;

/// Reads an Ogg file.
///
/// # Errors
/// [`AudioError::NoSound`] without a stream that is known, [`AudioError::Damaged`] where a header
/// page is cut.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    if source.array::<4>(0)?.as_ref() != Some(MARK) {
        return Err(AudioError::Damaged("it does not begin as Ogg does"));
    }
    let (stream, after) = first_stream(source)?;
    let (comments, signature) = comment_packet(source, &stream, after)?;
    let comments = {
        let packet = Packet {
            source: RefCell::new(source),
            parts: &comments,
        };
        let len = packet.parts.iter().map(|part| part.len).sum();
        vorbis::read(&mut Source::new(&packet, len), signature)?
    };
    Ok(Sound {
        fields: comments.fields,
        length: length(source, &stream)?,
        damage: comments.end.is_none().then_some("its comments are damaged"),
    })
}

/// A page's header.
struct Page {
    /// 2: the first of its stream, 4: the last.
    flags: u8,
    /// Where the stream has come to, in units of the codec; -1 where no packet ends in the page.
    position: i64,
    serial: u32,
    /// The sizes of its segments.
    segments: Vec<u8>,
    data: u64,
    end: u64,
}

const CUT: AudioError = AudioError::Damaged("a page of its header is cut short");

/// The page at `at`; `None` at the end of the file, or where no whole page is.
fn page_at(source: &mut Source, at: u64) -> io::Result<Option<Page>> {
    let mut header = [0; 27 + 255];
    let read = source.read_once(at, &mut header)?;
    let Some((&head, rest)) = header[..read].split_first_chunk::<27>() else {
        return Ok(None);
    };
    let [m0, m1, m2, m3, version, flags, rest_of_head @ ..] = head;
    let [p0, p1, p2, p3, p4, p5, p6, p7, s0, s1, s2, s3, .., count] = rest_of_head;
    let Some(segments) = rest.get(..usize::from(count)) else {
        return Ok(None);
    };
    let data = at + 27 + u64::from(count);
    let end = data + segments.iter().copied().map(u64::from).sum::<u64>();
    if [m0, m1, m2, m3] != *MARK || version != 0 || end > source.len() {
        return Ok(None);
    }
    Ok(Some(Page {
        flags,
        position: i64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]),
        serial: u32::from_le_bytes([s0, s1, s2, s3]),
        segments: segments.to_vec(),
        data,
        end,
    }))
}

/// How positions become seconds.
enum Clock {
    /// Samples per second, and samples to take off first.
    Samples { rate: u64, before: i64 },
    /// Theora: frames since a key frame in the low bits, key frames above them; frames per
    /// second as a fraction.
    Frames { shift: u32, per: u64, seconds: u64 },
    /// Known from the header.
    Known(i64),
}

struct Stream {
    serial: u32,
    /// Bytes before the comments in their packet.
    signature: u64,
    clock: Clock,
}

/// The first stream of a known codec, and where its first page ends.
fn first_stream(source: &mut Source) -> Result<(Stream, u64), AudioError> {
    let mut at = 0;
    for _ in 0..MOST_STREAMS {
        let Some(page) = page_at(source, at)? else {
            return Err(CUT);
        };
        if page.flags & 2 == 0 {
            break;
        }
        let packet = source.piece(page.data, (page.end - page.data).min(128))?;
        if let Some((signature, clock)) = codec(source, page.data, &packet)? {
            let serial = page.serial;
            let stream = Stream {
                serial,
                signature,
                clock,
            };
            return Ok((stream, page.end));
        }
        at = page.end;
    }
    Err(AudioError::NoSound)
}

/// The size of the codec's comment signature, and its clock, by the first packet of a stream.
fn codec(source: &mut Source, at: u64, packet: &[u8]) -> Result<Option<(u64, Clock)>, AudioError> {
    const SHORT: AudioError = AudioError::Damaged("its identification header is cut short");
    let u32_at = |at: usize, of: fn([u8; 4]) -> u32| {
        let bytes = packet.get(at..)?.first_chunk::<4>()?;
        Some(of(*bytes))
    };
    let samples = |rate: u32, before| Clock::Samples {
        rate: u64::from(rate),
        before,
    };
    let le = u32::from_le_bytes;
    Ok(Some(if packet.starts_with(b"\x01vorbis") {
        (7, samples(u32_at(12, le).ok_or(SHORT)?, 0))
    } else if packet.starts_with(b"OpusHead") {
        let skip = u32_at(10, le).ok_or(SHORT)? & 0xffff;
        (8, samples(48_000, i64::from(skip)))
    } else if packet.starts_with(b"Speex   ") {
        (0, samples(u32_at(36, le).ok_or(SHORT)?, 0))
    } else if packet.starts_with(b"\x7fFLAC") {
        let info = at + 17;
        let rate = u32_at(17 + 10, u32::from_be_bytes).ok_or(SHORT)? >> 12;
        let clock = match flac::stream_length(source, info)? {
            Some(length) => Clock::Known(length),
            None => samples(rate, 0),
        };
        (4, clock)
    } else if packet.starts_with(b"\x80theora") {
        let be = u32::from_be_bytes;
        let clock = Clock::Frames {
            per: u64::from(u32_at(22, be).ok_or(SHORT)?),
            seconds: u64::from(u32_at(26, be).ok_or(SHORT)?),
            shift: u32_at(38, be).ok_or(SHORT)? >> 5 & 31,
        };
        (7, clock)
    } else {
        return Ok(None);
    }))
}

/// A piece of the file.
struct Part {
    start: u64,
    len: u64,
}

/// Where the second packet of a stream lies, which holds the comments, and the size of its
/// signature.
fn comment_packet(
    source: &mut Source,
    stream: &Stream,
    after: u64,
) -> Result<(Vec<Part>, u64), AudioError> {
    let mut parts = Vec::new();
    let mut at = after;
    for _ in 0..MOST_PAGES {
        let Some(page) = page_at(source, at)? else {
            return Err(CUT);
        };
        at = page.end;
        if page.serial != stream.serial {
            continue;
        }
        let whole = page.segments.iter().position(|&size| size < 255);
        let segments = whole.map_or(page.segments.len(), |last| last + 1);
        let sizes = page.segments[..segments].iter().copied().map(u64::from);
        parts.push(Part {
            start: page.data,
            len: sizes.sum(),
        });
        if whole.is_some() {
            return Ok((parts, stream.signature));
        }
    }
    Err(AudioError::Damaged("its comments have no end"))
}

/// A packet as one run of bytes.
struct Packet<'p, 's, 'f> {
    source: RefCell<&'p mut Source<'f>>,
    parts: &'s [Part],
}

impl ReadAt for Packet<'_, '_, '_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut before = 0;
        for part in self.parts {
            if let Some(into) = offset.checked_sub(before).filter(|&into| into < part.len) {
                let len = buffer.len().min((part.len - into) as usize);
                let mut source = self.source.borrow_mut();
                return source.read_at(part.start + into, &mut buffer[..len]);
            }
            before += part.len;
        }
        Ok(0)
    }
}

/// The length in seconds; `None` where no page tells it.
fn length(source: &mut Source, stream: &Stream) -> io::Result<Option<i64>> {
    if let Clock::Known(length) = stream.clock {
        return Ok(Some(length));
    }
    let Some(position) = last_position(source, stream.serial)? else {
        return Ok(None);
    };
    let position = |before: i64| u128::try_from(position.saturating_sub(before)).unwrap_or(0);
    Ok(match stream.clock {
        Clock::Known(length) => Some(length),
        Clock::Samples { rate, before } => seconds(position(before), rate),
        Clock::Frames {
            shift,
            per,
            seconds: unit,
        } => {
            let frames = (position(0) >> shift) + (position(0) & ((1 << shift) - 1));
            seconds(frames * u128::from(unit), per)
        }
    })
}

/// The position in the last page of a stream.
fn last_position(source: &mut Source, serial: u32) -> io::Result<Option<i64>> {
    if let Some(page) = last_page(source)?
        && page.serial == serial
        && page.position != -1
    {
        return Ok(Some(page.position));
    }
    // Several streams, or a cut file: page by page.
    let mut last = None;
    let mut at = 0;
    while let Some(page) = page_at(source, at)? {
        if page.serial == serial {
            if page.position != -1 {
                last = Some(page.position);
            }
            if page.flags & 4 != 0 {
                break;
            }
        }
        at = page.end;
    }
    Ok(last)
}

/// The page that begins last, if it is whole.
fn last_page(source: &mut Source) -> io::Result<Option<Page>> {
    // Most pages are of 4 to 8 KiB.
    for reach in [8 << 10, LARGEST_PAGE] {
        let start = source.len().saturating_sub(reach);
        let tail = source.piece(start, reach)?;
        if let Some(at) = tail.windows(4).rposition(|four| four == MARK) {
            return page_at(source, start + at as u64);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(serial: u32, flags: u8, position: i64, packets: &[&[u8]]) -> Vec<u8> {
        let mut segments = Vec::new();
        for packet in packets {
            segments.extend(vec![255; packet.len() / 255]);
            segments.push((packet.len() % 255) as u8);
        }
        raw_page(serial, flags, position, &segments, &packets.concat())
    }

    fn raw_page(serial: u32, flags: u8, position: i64, segments: &[u8], data: &[u8]) -> Vec<u8> {
        [
            &b"OggS\0"[..],
            &[flags],
            &position.to_le_bytes(),
            &serial.to_le_bytes(),
            &[0; 8],
            &[segments.len() as u8],
            segments,
            data,
        ]
        .concat()
    }

    fn comments(signature: &[u8], title: &str) -> Vec<u8> {
        let comment = format!("title={title}");
        let size = (comment.len() as u32).to_le_bytes();
        [signature, b"\0\0\0\0\x01\0\0\0", &size, comment.as_bytes()].concat()
    }

    fn vorbis_head() -> Vec<u8> {
        [
            &b"\x01vorbis\0\0\0\0\x01"[..],
            &8000_u32.to_le_bytes(),
            &[0; 14],
        ]
        .concat()
    }

    fn vorbis(serial: u32) -> [Vec<u8>; 3] {
        [
            page(serial, 2, 0, &[&vorbis_head()]),
            page(serial, 0, 0, &[&comments(b"\x03vorbis", "T"), b"setup"]),
            page(serial, 4, 8000 * 3 - 1, &[b"sound"]),
        ]
    }

    fn read_file(bytes: &[u8]) -> Result<Sound, AudioError> {
        let bytes = bytes.to_vec();
        read(&mut Source::new(&bytes, bytes.len() as u64))
    }

    #[test]
    fn every_codec_is_read() {
        let opus = [&b"OpusHead\x01\x02"[..], &[0x38, 1, 0, 0, 0, 0, 0, 0, 0]].concat();
        let speex = [
            &b"Speex   "[..],
            &[0; 28],
            &16_000_u32.to_le_bytes(),
            &[0; 40],
        ]
        .concat();
        let info = 44_100_u64 << 44;
        let flac = [
            &b"\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22"[..],
            &[0; 10],
            &info.to_be_bytes(),
            &[0; 16],
        ]
        .concat();
        let theora = [
            &b"\x80theora\x03\x02\0"[..],
            &[0; 12],
            &25_u32.to_be_bytes(),
            &1_u32.to_be_bytes(),
            &[0; 10],
            &[0x00, 0xc0],
        ]
        .concat();
        for (name, head, signature, position, expected) in [
            ("vorbis", vorbis_head(), &b"\x03vorbis"[..], 8000 * 3 - 1, 2),
            ("opus", opus, b"OpusTags", 48_000 * 2 + 0x137, 1),
            ("speex", speex, b"", 16_000 * 5, 5),
            ("flac", flac, b"\x04\0\0\0", 44_100 * 4, 4),
            ("theora", theora, b"\x81theora", 74 << 6 | 1, 3),
        ] {
            let bytes = [
                page(7, 2, 0, &[&head]),
                page(7, 0, 0, &[&comments(signature, name)]),
                page(7, 4, position, &[b"sound"]),
            ]
            .concat();
            let sound = read_file(&bytes).unwrap();
            assert_eq!(sound.fields.title.as_deref(), Some(name));
            assert_eq!(sound.length, Some(expected), "{name}");
        }
    }

    #[test]
    fn comments_are_put_together_from_several_pages() {
        let packet = comments(b"\x03vorbis", &"x".repeat(600));
        let (first, second) = packet.split_at(510);
        let [head, _, sound] = vorbis(7);
        let bytes = [
            head,
            raw_page(7, 0, -1, &[255, 255], first),
            page(8, 2, 0, &[b"another stream"]),
            page(7, 1, 0, &[second]),
            sound,
        ]
        .concat();
        let title = read_file(&bytes).unwrap().fields.title.unwrap();
        assert_eq!(title, "x".repeat(600));
    }

    #[test]
    fn streams_are_told_apart() {
        let [head, tags, sound] = vorbis(7);
        let skeleton = page(1, 2, 0, &[b"fishead\0"]);
        let last = page(1, 4, 99_000_000, &[b""]);
        let bytes = [skeleton, head, tags, sound, last].concat();
        assert_eq!(read_file(&bytes).unwrap().length, Some(2));
        let unknown = page(1, 2, 0, &[b"fishead\0"]);
        assert!(matches!(
            read_file(&[unknown, page(1, 4, 0, &[b"x"])].concat()),
            Err(AudioError::NoSound)
        ));
    }

    #[test]
    fn a_cut_file_is_as_long_as_its_last_whole_page() {
        let [head, tags, sound] = vorbis(7);
        let middle = page(7, 0, 8000, &[b"sound"]);
        let whole = [head, tags, middle, sound].concat();
        let cut = &whole[..whole.len() - 1];
        assert_eq!(read_file(cut).unwrap().length, Some(1));
        for (name, len) in [
            ("none", 0),
            ("in the first page", 30),
            ("in the second", 90),
        ] {
            assert!(read_file(&whole[..len]).is_err(), "{name}");
        }
    }
}
