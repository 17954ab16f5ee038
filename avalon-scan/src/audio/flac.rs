//! FLAC.
//!
//! In: a file. Out: its [`Sound`]: the length of STREAMINFO and the Vorbis comments. An ID3v2 tag
//! before the stream is stepped over; the original did not read it either.

use lofty::file::AudioFile;
use lofty::flac::FlacFile;

use crate::reader::Source;
use crate::tags::{id3v2_frames, vorbis};
use crate::view::View;

use super::lofty_file::{first_of, open, seconds};
use super::sound::{AudioError, Sound};

/// Reads a FLAC file.
///
/// # Errors
/// lofty's.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let patch = id3v2_frames::patch(source, 0)?;
    let mut view = View::new(source, patch.into_iter().collect());
    let (file, damage) = open::<FlacFile>(&mut view)?;
    Ok(Sound {
        fields: first_of([file.vorbis_comments().map(vorbis::fields)]),
        length: seconds(file.properties().duration()),
        damage,
    })
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
        let data = b"\x01\0\0\0v\x01\0\0\0\x07\0\0\0title=T";
        block(4, data)
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
