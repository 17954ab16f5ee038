//! FLAC.
//!
//! In: a file. Out: its [`Sound`]: the length of STREAMINFO and the Vorbis comments. An ID3v2 tag
//! before the stream is stepped over; the original did not read it either.

use std::io;

use avalon_core::database::SoundProperties;
use lofty::file::AudioFile;
use lofty::flac::FlacFile;
use lofty::ogg::tag::VorbisComments;

use crate::reader::Source;
use crate::tags::{Tag, id3v2_header, vorbis};
use crate::view::View;

use super::fingerprint;
use super::format::{Format, container};
use super::lofty_file::{TAGS_DAMAGED, milliseconds, open};
use super::sound::{AudioError, Sound, known};

/// The kind of a block of comments (RFC 9639, 8.1).
const COMMENTS: u8 = 4;

/// Blocks of one file; there are seven kinds, of which pictures and padding may repeat.
const MOST_BLOCKS: usize = 1000;

/// Reads a FLAC file.
///
/// # Errors
/// lofty's.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let start = id3v2_header::end(source, 0)?;
    let mut view = View::from(source, start, Vec::new());
    let (file, damage) = open::<FlacFile>(&mut view)?;
    let blocks = blocks(source, start + 4)?;
    let repaired = repaired(source, &blocks, file.vorbis_comments())?;
    let comments = repaired.as_ref().or(file.vorbis_comments());
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Flac),
        codec: Some("flac"),
        bitrate: known(measured.audio_bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: milliseconds(measured.duration()),
    };
    // The MD5 of the samples, which most encoders write (RFC 9639, 8.2).
    let fingerprint = match measured.signature() {
        0 => {
            let end = fingerprint::tags_start(source)?;
            fingerprint::of(source, blocks.end, end)
        }
        signature => Some(signature.to_be_bytes()),
    };
    let tag = Tag::first_of([comments.map(vorbis::read)]);
    let damage = damage.or(repaired.is_some().then_some(TAGS_DAMAGED));
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

/// Where the blocks of metadata are.
struct Blocks {
    /// Position and size of the comments. Of several blocks of them the last counts, as for lofty.
    comments: Option<(u64, u64)>,
    /// Where the frames of sound begin.
    end: u64,
}

fn blocks(source: &mut Source, start: u64) -> io::Result<Blocks> {
    let mut blocks = Blocks {
        comments: None,
        end: start,
    };
    for _ in 0..MOST_BLOCKS {
        let Some([kind, size @ ..]) = source.array::<4>(blocks.end)? else {
            break;
        };
        let size = u64::from(u32::from_be_bytes([0, size[0], size[1], size[2]]));
        if kind & 0x7f == COMMENTS {
            blocks.comments = Some((blocks.end + 4, size));
        }
        blocks.end += 4 + size;
        if kind & 0x80 != 0 {
            break;
        }
    }
    Ok(blocks)
}

/// The comments where lofty leaves some out; see [`vorbis::repaired`].
fn repaired(
    source: &mut Source,
    blocks: &Blocks,
    found: Option<&VorbisComments>,
) -> io::Result<Option<VorbisComments>> {
    let Some((at, size)) = blocks.comments else {
        return Ok(None);
    };
    let mut buffer = Vec::new();
    let packet = source.stretch(at, size, &mut buffer)?;
    if found.is_some_and(|found| vorbis::is_whole(packet, found)) {
        return Ok(None);
    }
    Ok(vorbis::repaired(packet))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: u8, data: &[u8]) -> Vec<u8> {
        let [_, a, b, c] = (data.len() as u32).to_be_bytes();
        [&[kind, a, b, c], data].concat()
    }

    fn streaminfo(samples: u64) -> Vec<u8> {
        let bits = 44_100_u64 << 44 | 1 << 41 | 15 << 36 | samples;
        block(0, &[&[0; 10][..], &bits.to_be_bytes(), &[0; 16]].concat())
    }

    fn comments() -> Vec<u8> {
        block(COMMENTS, b"\x01\0\0\0v\x01\0\0\0\x07\0\0\0title=T")
    }

    fn file(blocks: &[Vec<u8>]) -> Vec<u8> {
        [b"fLaC".to_vec(), blocks.concat()].concat()
    }

    fn read_file(bytes: &[u8]) -> Result<Sound, AudioError> {
        let bytes = bytes.to_vec();
        read(&mut Source::new(&bytes, bytes.len() as u64))
    }

    #[test]
    fn length_and_comments_are_read() {
        let bytes = file(&[streaminfo(44_100 * 3 - 1), comments(), block(0x81, &[0; 9])]);
        let id3 = b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x".to_vec();
        for (name, bytes) in [
            ("plain", bytes.clone()),
            ("after ID3", [id3, bytes].concat()),
        ] {
            let sound = read_file(&bytes).unwrap();
            assert_eq!(sound.length, Some(2), "{name}");
            assert_eq!(sound.fields.title.as_deref(), Some("T"), "{name}");
            assert_eq!(sound.damage, None, "{name}");
        }
    }

    #[test]
    fn comments_that_are_not_utf_8_are_kept_and_told() {
        let data = b"\x01\0\0\0v\x01\0\0\0\x0a\0\0\0title=caf\xe9";
        let bytes = file(&[streaminfo(44_100), block(0x80 | COMMENTS, data)]);
        let id3 = b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x".to_vec();
        for bytes in [bytes.clone(), [id3, bytes].concat()] {
            let sound = read_file(&bytes).unwrap();
            assert_eq!(sound.fields.title.as_deref(), Some("caf\u{fffd}"));
            assert_eq!(sound.damage, Some(TAGS_DAMAGED));
        }
    }

    #[test]
    fn properties_and_fingerprint_are_read() {
        let sound = read_file(&file(&[streaminfo(44_100), block(0x81, &[0; 9])])).unwrap();
        assert_eq!(
            sound.properties,
            SoundProperties {
                format: "flac",
                codec: Some("flac"),
                bitrate: None,
                sample_rate: Some(44_100),
                channels: Some(2),
                length_ms: Some(1000),
            }
        );
        assert_eq!(sound.fingerprint, None, "no sound, and no MD5");
        let mut bytes = file(&[streaminfo(44_100), block(0x81, &[0; 9])]);
        bytes.extend([7; 1000]);
        let without = read_file(&bytes).unwrap().fingerprint;
        assert!(without.is_some());
        let retagged = file(&[streaminfo(44_100), comments(), block(0x81, &[0; 99])]);
        let retagged = [retagged, vec![7; 1000]].concat();
        assert_eq!(read_file(&retagged).unwrap().fingerprint, without);
        bytes[8 + 18..8 + 34].copy_from_slice(b"an MD5, 16 bytes");
        let with = read_file(&bytes).unwrap().fingerprint;
        assert_eq!(with, Some(*b"an MD5, 16 bytes"));
    }

    #[test]
    fn what_is_cut_or_broken_is_refused() {
        let whole = file(&[streaminfo(44_100)]);
        for (name, bytes) in [
            ("nothing", vec![]),
            ("no blocks", file(&[])),
            (
                "cut in its comments",
                file(&[streaminfo(44_100), comments()[..9].to_vec()]),
            ),
            ("cut", whole[..30].to_vec()),
            ("other first", file(&[comments()])),
            ("not FLAC", b"RIFF".to_vec()),
        ] {
            assert!(read_file(&bytes).is_err(), "{name}");
        }
    }
}
