//! FLAC: metadata blocks.
//!
//! In: a file. Out: its [`Sound`]: the length of STREAMINFO and the Vorbis comments. An ID3v2 tag
//! before the stream is stepped over; the original did not read it either.
//!
//! What stays true: sizes of comment and picture blocks are not trusted, since some taggers wrote
//! wrong ones (a picture of more than 16 MiB does not fit the field) and players read such files.

use std::io;

use crate::reader::Source;
use crate::tags::{id3v2, vorbis};

use super::sound::{AudioError, Sound, seconds};

const STREAMINFO: u8 = 0;
const VORBIS_COMMENT: u8 = 4;
const PICTURE: u8 = 6;

/// The size of the STREAMINFO block.
const STREAMINFO_SIZE: u64 = 34;

/// Reads a FLAC file.
///
/// # Errors
/// [`AudioError::Damaged`] where the stream information is missing or a block ends after the file.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let start = id3v2::end(source, 0)?;
    if source.array::<4>(start)?.as_ref() != Some(b"fLaC") {
        return Err(AudioError::Damaged("it does not begin as FLAC does"));
    }
    let mut sound: Option<Sound> = None;
    let mut has_comments = false;
    let mut at = start + 4;
    loop {
        let Some([kind, size @ ..]) = source.array::<4>(at)? else {
            return Err(AudioError::Damaged("its metadata is cut short"));
        };
        let data = at + 4;
        let mut end = data + size_of(size);
        let Some(sound) = &mut sound else {
            // The first block is STREAMINFO, or this is no FLAC.
            if kind & 0x7f != STREAMINFO {
                return Err(AudioError::Damaged("it has no stream information"));
            }
            sound = Some(Sound {
                length: stream_length(source, data)?,
                ..Sound::default()
            });
            if kind & 0x80 != 0 {
                break;
            }
            at = end;
            continue;
        };
        match kind & 0x7f {
            VORBIS_COMMENT => {
                let comments = vorbis::read(source, data)?;
                match comments.end {
                    Some(real_end) => end = real_end,
                    None => sound.damage = Some("its Vorbis comments are damaged"),
                }
                if !has_comments {
                    sound.fields = comments.fields;
                    has_comments = true;
                }
            }
            PICTURE => end = picture_end(source, data)?.unwrap_or(end),
            _ => {}
        }
        if end > source.len() {
            return Err(AudioError::Damaged("its metadata is cut short"));
        }
        if kind & 0x80 != 0 {
            break;
        }
        at = end;
    }
    sound.ok_or(AudioError::Damaged("it has no stream information"))
}

fn size_of([a, b, c]: [u8; 3]) -> u64 {
    u64::from(u32::from_be_bytes([0, a, b, c]))
}

/// The length in seconds by the STREAMINFO at `at`; `None` where the encoder did not know it.
///
/// # Errors
/// [`AudioError::Damaged`] where the block is cut or has no sample rate.
pub(super) fn stream_length(source: &mut Source, at: u64) -> Result<Option<i64>, AudioError> {
    let block = source.piece(at, STREAMINFO_SIZE)?;
    let Some(&[a, b, c, d, e, f, g, h]) = block
        .get(10..18)
        .and_then(|bytes| bytes.first_chunk::<8>())
        .filter(|_| block.len() as u64 == STREAMINFO_SIZE)
    else {
        return Err(AudioError::Damaged("its stream information is cut short"));
    };
    // 20 bits sample rate, 3 channels, 5 bits per sample, 36 bits number of samples.
    let bits = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let rate = bits >> 44;
    let samples = bits & 0xf_ffff_ffff;
    if rate == 0 {
        return Err(AudioError::Damaged("its sample rate is 0"));
    }
    Ok((samples > 0)
        .then(|| seconds(u128::from(samples), rate))
        .flatten())
}

/// Where the picture block whose data begins at `at` ends by its own account: type, media type,
/// description, four numbers, and the data, each text with its size before it.
fn picture_end(source: &mut Source, at: u64) -> io::Result<Option<u64>> {
    let mut at = at + 4;
    for fixed in [0, 16, 0] {
        let Some(size) = source.array::<4>(at)? else {
            return Ok(None);
        };
        at += 4 + u64::from(u32::from_be_bytes(size)) + fixed;
    }
    Ok(Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: u8, data: &[u8], size: usize) -> Vec<u8> {
        let [_, a, b, c] = (size as u32).to_be_bytes();
        [&[kind, a, b, c], data].concat()
    }

    fn streaminfo(rate: u64, samples: u64) -> Vec<u8> {
        let bits = rate << 44 | 1 << 41 | 15 << 36 | samples;
        [&[0; 10][..], &bits.to_be_bytes(), &[0; 16]].concat()
    }

    fn comments() -> Vec<u8> {
        [&b"\x01\0\0\0v\x01\0\0\0\x07\0\0\0"[..], b"title=T"].concat()
    }

    fn read_file(blocks: &[Vec<u8>]) -> Result<Sound, AudioError> {
        let bytes = [b"fLaC".to_vec(), blocks.concat()].concat();
        read(&mut Source::new(&bytes, bytes.len() as u64))
    }

    #[test]
    fn length_and_comments_are_read() {
        let info = block(0, &streaminfo(44_100, 44_100 * 3 - 1), 34);
        let sound = read_file(&[info, block(0x84, &comments(), 20)]).unwrap();
        assert_eq!(sound.length, Some(2));
        assert_eq!(sound.fields.title.as_deref(), Some("T"));
        assert_eq!(sound.damage, None);
    }

    #[test]
    fn a_stream_of_unknown_length_is_kept() {
        let sound = read_file(&[block(0x80, &streaminfo(44_100, 0), 34)]).unwrap();
        assert_eq!(sound, Sound::default());
    }

    #[test]
    fn wrong_sizes_of_comments_and_pictures_are_seen_through() {
        let info = block(0, &streaminfo(44_100, 44_100), 34);
        let picture = [
            &b"\0\0\0\x03\0\0\0\x01x\0\0\0\x02yy"[..],
            &[0; 16],
            b"\0\0\0\x03abc",
        ]
        .concat();
        let blocks = [
            info,
            block(6, &picture, 3),
            block(1, &[0; 5], 5),
            block(0x84, &comments(), 4000),
        ];
        let sound = read_file(&blocks).unwrap();
        assert_eq!(sound.fields.title.as_deref(), Some("T"));
    }

    #[test]
    fn what_is_cut_or_broken_is_refused() {
        let info = block(0, &streaminfo(44_100, 44_100), 34);
        let last = block(0x80, &streaminfo(44_100, 44_100), 34);
        for (name, blocks, expected) in [
            ("nothing", vec![], "its metadata is cut short"),
            (
                "cut",
                vec![last[..20].to_vec()],
                "its stream information is cut short",
            ),
            (
                "other first",
                vec![block(0x84, &comments(), 20)],
                "it has no stream information",
            ),
            (
                "no rate",
                vec![block(0x80, &streaminfo(0, 1), 34)],
                "its sample rate is 0",
            ),
            (
                "cut later",
                vec![info, block(0x81, &[0; 5], 50)],
                "its metadata is cut short",
            ),
        ] {
            assert_eq!(
                read_file(&blocks).unwrap_err().to_string(),
                expected,
                "{name}"
            );
        }
        let bytes = b"RIFF".to_vec();
        assert!(read(&mut Source::new(&bytes, 4)).is_err());
    }
}
