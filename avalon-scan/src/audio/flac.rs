//! FLAC.
//!
//! In: a file. Out: its [`Sound`]: the length of STREAMINFO and the Vorbis comments. An ID3v2 tag
//! before the stream is stepped over; the original did not read it either.

use std::io;

use lofty::file::AudioFile;
use lofty::flac::FlacFile;
use lofty::ogg::tag::VorbisComments;

use crate::reader::Source;
use crate::tags::{id3v2_frames, id3v2_header, vorbis};
use crate::view::View;

use super::lofty_file::{TAGS_DAMAGED, first_of, open, seconds};
use super::sound::{AudioError, Sound};

/// The kind of a block of comments (RFC 9639, 8.1).
const COMMENTS: u8 = 4;

/// Blocks of one file; there are seven kinds, of which pictures and padding may repeat.
const MOST_BLOCKS: usize = 1000;

/// Reads a FLAC file.
///
/// # Errors
/// lofty's.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let patch = id3v2_frames::patch(source, 0)?;
    let mut view = View::new(source, patch.into_iter().collect());
    let (file, damage) = open::<FlacFile>(&mut view)?;
    let repaired = repaired(source)?;
    let comments = repaired.as_ref().or(file.vorbis_comments());
    Ok(Sound {
        fields: first_of([comments.map(vorbis::fields)]),
        length: seconds(file.properties().duration()),
        damage: damage.or(repaired.is_some().then_some(TAGS_DAMAGED)),
    })
}

/// The comments where lofty leaves some out; see [`vorbis::repaired`]. Of several blocks of them
/// the last counts, as for lofty.
fn repaired(source: &mut Source) -> io::Result<Option<VorbisComments>> {
    let mut found = None;
    let mut at = id3v2_header::end(source, 0)? + 4;
    for _ in 0..MOST_BLOCKS {
        let Some([kind, size @ ..]) = source.array::<4>(at)? else {
            break;
        };
        let size = u64::from(u32::from_be_bytes([0, size[0], size[1], size[2]]));
        if kind & 0x7f == COMMENTS {
            found = vorbis::repaired(&source.piece(at + 4, size)?);
        }
        if kind & 0x80 != 0 {
            break;
        }
        at += 4 + size;
    }
    Ok(found)
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
