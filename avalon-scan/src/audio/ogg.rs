//! Ogg with Vorbis, Opus or Speex.
//!
//! In: a file. Out: its [`Sound`]: the comments, and the length by the position of the last page.
//!
//! lofty looks for the last page byte by byte, which takes longer than everything else, and reads the
//! pictures among the comments; so it is shown a file in which the last page, without its contents, follows
//! the pages of the headers, and these hold no picture. Where those cannot be found, it is shown the file.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::time::Duration;

use avalon_core::database::SoundProperties;
use lofty::file::{AudioFile, FileType};
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OpusFile, SpeexFile, VorbisFile};
use memchr::memrchr_iter;
use ogg_pager::{PAGE_HEADER_SIZE, Packets};

use crate::reader::Source;
use crate::tags::{Tag, vorbis};
use crate::view::View;

use super::fingerprint;
use super::format::container;
use super::lofty_file::{TAGS_DAMAGED, milliseconds, open};
use super::ogg_headers::{self, Headers, PAGE};
use super::sound::{AudioError, Sound, known};

/// How much of the first page names its codec.
const HEAD: u64 = 36;

/// What a packet of comments begins with: of Vorbis, of Opus, and of Speex.
const VORBIS_COMMENTS: &[u8] = b"\x03vorbis";
const OPUS_COMMENTS: &[u8] = b"OpusTags";
const SPEEX_COMMENTS: &[u8] = b"";

/// How far from the end the last page is looked for: no page is larger than the last of these.
const TAILS: [u64; 3] = [4 << 10, 16 << 10, 66 << 10];

/// Opus is decoded at this rate, whatever the rate of what was encoded (RFC 7845, 5.1).
const OPUS_RATE: i64 = 48_000;

/// Reads an Ogg file, whatever of the three it has.
///
/// # Errors
/// lofty's; [`AudioError::NoSound`] for another codec.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let head = source.piece(0, HEAD)?;
    let codec = match FileType::from_buffer(&head) {
        Some(codec @ (FileType::Opus | FileType::Speex)) => codec,
        None if head.starts_with(PAGE) && head.len() as u64 == HEAD => {
            return Err(AudioError::NoSound);
        }
        _ => FileType::Vorbis,
    };
    let (packets, signature) = match codec {
        FileType::Opus => (2, OPUS_COMMENTS),
        FileType::Speex => (2, SPEEX_COMMENTS),
        _ => (3, VORBIS_COMMENTS),
    };
    let headers = ogg_headers::find(source, packets)?;
    let short = match &headers {
        Some(headers) => shortened(source, headers, signature)?,
        None => None,
    };
    let opened = match short {
        Some(bytes) => open_as(codec, &mut Cursor::new(bytes))?,
        None => open_as(codec, &mut View::new(source, Vec::new()))?,
    };
    let mut properties = opened.properties;
    let mut fingerprint = None;
    if let Some(Headers { end: start, .. }) = headers {
        let end = source.len();
        fingerprint = fingerprint::of_changed(source, start, end, without_numbers);
        // The average: what Vorbis' headers say is what was asked of the encoder.
        let length = properties
            .length_ms
            .and_then(|length| u64::try_from(length).ok());
        let bits = end.saturating_sub(start).saturating_mul(8);
        let bitrate = length.and_then(|length| bits.checked_div(length));
        properties.bitrate = bitrate.and_then(|bitrate| i64::try_from(bitrate).ok());
    }
    Ok(Sound::new(
        opened.tag,
        properties,
        fingerprint,
        opened.damage,
    ))
}

/// What lofty read.
struct Opened {
    tag: Tag,
    properties: SoundProperties,
    damage: Option<&'static str>,
}

fn open_as(codec: FileType, reader: &mut (impl Read + Seek)) -> Result<Opened, AudioError> {
    let properties =
        |codec_name, bitrate: u32, rate: i64, channels: u8, length: Duration| SoundProperties {
            format: container(codec),
            codec: Some(codec_name),
            bitrate: known(bitrate),
            sample_rate: known(rate),
            channels: known(channels),
            length_ms: milliseconds(length),
        };
    Ok(match codec {
        FileType::Opus => {
            let (file, damage) = open::<OpusFile>(reader)?;
            let of = file.properties();
            let rate = OPUS_RATE;
            let of = properties(
                "opus",
                of.audio_bitrate(),
                rate,
                of.channels(),
                of.duration(),
            );
            opened(file.vorbis_comments(), of, damage, reader)
        }
        FileType::Speex => {
            let (file, damage) = open::<SpeexFile>(reader)?;
            let of = file.properties();
            let rate = of.sample_rate().into();
            let of = properties(
                "speex",
                of.audio_bitrate(),
                rate,
                of.channels(),
                of.duration(),
            );
            opened(file.vorbis_comments(), of, damage, reader)
        }
        _ => {
            let (file, damage) = open::<VorbisFile>(reader)?;
            let of = file.properties();
            let rate = of.sample_rate().into();
            let of = properties(
                "vorbis",
                of.audio_bitrate(),
                rate,
                of.channels(),
                of.duration(),
            );
            opened(file.vorbis_comments(), of, damage, reader)
        }
    })
}

/// The comments, with those that lofty leaves out; see [`vorbis::repaired`]. They are the second
/// packet.
fn opened(
    comments: &VorbisComments,
    properties: SoundProperties,
    damage: Option<&'static str>,
    reader: &mut (impl Read + Seek),
) -> Opened {
    match repaired(comments, reader) {
        Some(comments) => Opened {
            tag: vorbis::read(&comments),
            properties,
            damage: Some(TAGS_DAMAGED),
        },
        None => Opened {
            tag: vorbis::read(comments),
            properties,
            damage,
        },
    }
}

fn repaired(found: &VorbisComments, reader: &mut (impl Read + Seek)) -> Option<VorbisComments> {
    reader.seek(SeekFrom::Start(0)).ok()?;
    let (packets, _) = Packets::read_count(reader, 2).ok()?;
    let packet = packets.get(1)?;
    let signed = [VORBIS_COMMENTS, OPUS_COMMENTS];
    let mut bare = signed.iter().filter_map(|sign| packet.strip_prefix(*sign));
    let packet = bare.next().unwrap_or(packet);
    if vorbis::is_whole(packet, found) {
        return None;
    }
    vorbis::repaired(packet)
}

/// The file as lofty is to see it.
fn shortened(
    source: &mut Source,
    headers: &Headers,
    signature: &[u8],
) -> io::Result<Option<Vec<u8>>> {
    let Some(mut last) = last_page(source, headers.end)? else {
        return Ok(None);
    };
    // One segment, and nothing in it.
    last[26] = 1;
    let mut bytes = match headers.without_pictures(source, signature)? {
        Some(bytes) => bytes,
        None => source.piece(0, headers.end)?,
    };
    bytes.extend(last);
    bytes.push(0);
    Ok(Some(bytes))
}

/// The header of the last page, by lofty's rule: what looks like one, next to the end. `None` where
/// there is none after `start`, or where it is cut.
fn last_page(source: &mut Source, start: u64) -> io::Result<Option<[u8; PAGE_HEADER_SIZE]>> {
    for tail in TAILS {
        let from = source.len().saturating_sub(tail).max(start);
        let bytes = source.piece(from, tail)?;
        for at in memrchr_iter(PAGE[0], &bytes) {
            let page = &bytes[at..];
            if !page.starts_with(PAGE) {
                continue;
            }
            let Some((header, rest)) = page.split_first_chunk::<PAGE_HEADER_SIZE>() else {
                return Ok(None);
            };
            let count = usize::from(header[26]);
            if header[4] != 0 || count == 0 {
                continue;
            }
            let segments = rest.get(..count).unwrap_or_default().iter();
            let size: usize = segments.map(|&segment| usize::from(segment)).sum();
            let is_whole = rest.len() >= count + size;
            return Ok(is_whole.then_some(*header));
        }
        if from == start {
            break;
        }
    }
    Ok(None)
}

/// Takes out of pages what changes when their headers become longer or shorter: the number of the
/// page, and the checksum.
fn without_numbers(pages: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = pages.get_mut(at..at + PAGE_HEADER_SIZE)
        && header.starts_with(PAGE)
    {
        header[18..26].fill(0);
        let count = usize::from(header[26]);
        at += PAGE_HEADER_SIZE;
        let segments = pages.get(at..at + count).unwrap_or_default();
        at += count
            + segments
                .iter()
                .map(|&segment| usize::from(segment))
                .sum::<usize>();
    }
    // A header that the sample cuts.
    if let Some(cut) = pages.get_mut(at + 18..) {
        cut.fill(0);
    }
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

    fn comments(signature: &[u8], title: &[u8]) -> Vec<u8> {
        let comment = [b"title=", title].concat();
        let size = (comment.len() as u32).to_le_bytes();
        [signature, b"\0\0\0\0\x01\0\0\0", &size, &comment].concat()
    }

    fn vorbis_head() -> Vec<u8> {
        [
            &b"\x01vorbis\0\0\0\0\x01"[..],
            &8000_u32.to_le_bytes(),
            &[0; 14],
        ]
        .concat()
    }

    fn read_file(bytes: &[u8]) -> Result<Sound, AudioError> {
        let bytes = bytes.to_vec();
        read(&mut Source::new(&bytes, bytes.len() as u64))
    }

    #[test]
    fn every_codec_is_read() {
        let opus = [&b"OpusHead\x01\x02"[..], &[0x38, 1, 0, 0, 0, 0, 0, 0, 0]].concat();
        let mut speex = [
            &b"Speex   "[..],
            &[0; 28],
            &16_000_u32.to_le_bytes(),
            &[0; 40],
        ]
        .concat();
        speex[28] = 1;
        speex[48] = 1;
        for (name, head, signature, position, expected) in [
            ("vorbis", vorbis_head(), &b"\x03vorbis"[..], 8000 * 3 - 9, 2),
            ("opus", opus, b"OpusTags", 48_000 * 2 + 0x100, 1),
            ("speex", speex, b"", 16_000 * 5, 5),
        ] {
            for (title, shown, damage) in [
                (name.as_bytes(), name, None),
                (b"caf\xe9", "caf\u{fffd}", Some(TAGS_DAMAGED)),
            ] {
                let tags = comments(signature, title);
                let bytes = [
                    page(7, 2, 0, &[&head]),
                    page(7, 0, 0, &[&tags, b"\x05vorbis"]),
                    page(7, 4, position, &[b"sound"]),
                ]
                .concat();
                let sound = read_file(&bytes).unwrap();
                assert_eq!(sound.fields.title.as_deref(), Some(shown), "{name}");
                assert_eq!(sound.length, Some(expected), "{name}");
                assert_eq!(sound.damage, damage, "{name}");
            }
        }
    }

    #[test]
    fn a_picture_changes_nothing_but_the_size() {
        let file = |picture: usize| {
            let comments = [
                b"TITLE=t".to_vec(),
                [&b"METADATA_BLOCK_PICTURE="[..], &vec![b'A'; picture]].concat(),
                b"ARTIST=caf\xe9".to_vec(),
            ];
            let mut tags = [&b"\x03vorbis"[..], &[0; 4], &3_u32.to_le_bytes()].concat();
            for comment in comments {
                tags.extend((comment.len() as u32).to_le_bytes());
                tags.extend(comment);
            }
            let mut headers = Vec::new();
            let mut segments = vec![255; tags.len() / 255];
            segments.push((tags.len() % 255) as u8);
            let mut rest = tags.as_slice();
            for page in segments.chunks(255) {
                let len = page.iter().map(|&segment| usize::from(segment)).sum();
                let (data, after) = rest.split_at(len);
                headers.extend(raw_page(7, 0, 0, page, data));
                rest = after;
            }
            headers.extend(page(7, 0, 0, &[b"\x05vorbis"]));
            let head = page(7, 2, 0, &[&vorbis_head()]);
            let last = page(7, 4, 8000 * 3, &[b"sound"]);
            let bytes = [head, headers, last].concat();
            let mut source = Source::new(&bytes, bytes.len() as u64);
            let sound = read(&mut source).unwrap();
            (sound, source.bytes_read())
        };
        let (small, _) = file(100);
        for picture in [100_000, 30 << 20] {
            let (big, read) = file(picture);
            assert_eq!(big.fields.title.as_deref(), Some("t"));
            assert_eq!(big.fields.artist.as_deref(), Some("caf\u{fffd}"));
            assert_eq!(big.fields, small.fields);
            assert_eq!((big.length, big.fingerprint), (Some(3), small.fingerprint));
            // One read of 282 bytes for each page of 64 KiB, and little else.
            assert!(read < 100_000 + picture as u64 / 100, "{read} of {picture}");
        }
    }

    #[test]
    fn longer_comments_leave_the_fingerprint() {
        let file = |title: &[u8], pages: u32, sound: &[u8]| {
            let tags = comments(b"\x03vorbis", title);
            let mut last = page(7, 4, 8000, &[sound]);
            // Pages are numbered, and each has a checksum.
            last[18..22].copy_from_slice(&pages.to_le_bytes());
            last[22..26].copy_from_slice(title.get(..4).unwrap_or(&[0; 4]));
            let head = page(7, 2, 0, &[&vorbis_head()]);
            let headers = page(7, 0, 0, &[&tags, b"\x05vorbis"]);
            read_file(&[head, headers, last].concat()).unwrap()
        };
        let short = file(b"T", 2, b"sound");
        let long = file(&[b'x'; 5000], 3, b"sound");
        assert!(short.fingerprint.is_some());
        assert_eq!(short.fingerprint, long.fingerprint);
        assert_eq!(long.fields.title.map(|title| title.len()), Some(5000));
        assert_ne!(short.fingerprint, file(b"T", 2, b"other").fingerprint);
    }

    #[test]
    fn pages_that_the_sample_cuts_lose_their_numbers_too() {
        let whole = [page(7, 0, 1, &[b"ab"]), page(7, 0, 2, &[b"cd"])].concat();
        for cut in 0..=whole.len() {
            let mut one = whole[..cut].to_vec();
            let mut other = one.clone();
            for start in [0, 30] {
                for byte in other.iter_mut().take(start + 26).skip(start + 18) {
                    *byte = 9;
                }
            }
            without_numbers(&mut one);
            without_numbers(&mut other);
            assert_eq!(one, other, "{cut}");
        }
    }

    #[test]
    fn the_last_page_is_found_as_lofty_does() {
        let last = |tail: &[u8]| {
            let bytes = [vec![7; 40_000], tail.to_vec()].concat();
            let mut source = Source::new(&bytes, bytes.len() as u64);
            let page = last_page(&mut source, 10).unwrap();
            page.map(|header| header[6])
        };
        let whole = page(7, 4, 5, &[b"sound"]);
        let other = page(7, 4, 6, &[&[0; 20_000]]);
        let mut wrong = whole.clone();
        wrong[4] = 1;
        for (name, tail, expected) in [
            ("one", whole.clone(), Some(5)),
            ("two", [whole.clone(), other].concat(), Some(6)),
            (
                "of another version",
                [whole.clone(), wrong].concat(),
                Some(5),
            ),
            ("cut", whole[..whole.len() - 1].to_vec(), None),
            ("cut in its header", [&whole[..], b"OggS"].concat(), None),
            ("none", vec![], None),
        ] {
            assert_eq!(last(&tail), expected, "{name}");
        }
    }

    #[test]
    fn other_codecs_and_cut_files_are_refused() {
        let theora = [&b"\x80theora\x03\x02\0"[..], &[0; 32]].concat();
        let bytes = page(7, 2, 0, &[&theora]);
        assert!(matches!(read_file(&bytes), Err(AudioError::NoSound)));
        let whole = page(7, 2, 0, &[&vorbis_head()]);
        for len in [0, 30, whole.len()] {
            let read = read_file(&whole[..len]);
            assert!(matches!(read, Err(AudioError::Library(_))), "{len}");
        }
    }
}
