//! Ogg with Vorbis, Opus or Speex.
//!
//! In: a file. Out: its [`Sound`]: the comments, and the length by the position of the last page.

use std::io::{Seek, SeekFrom};

use lofty::file::{AudioFile, FileType};
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OpusFile, SpeexFile, VorbisFile};
use ogg_pager::Packets;

use crate::reader::Source;
use crate::tags::vorbis;
use crate::view::View;

use super::lofty_file::{TAGS_DAMAGED, open, seconds};
use super::sound::{AudioError, Sound};

/// How much of the first page names its codec.
const HEAD: u64 = 36;

/// Reads an Ogg file, whatever of the three it has.
///
/// # Errors
/// lofty's; [`AudioError::NoSound`] for another codec.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let head = source.piece(0, HEAD)?;
    let codec = FileType::from_buffer(&head);
    let mut view = View::new(source, Vec::new());
    let (mut fields, duration, mut damage) = match codec {
        Some(FileType::Opus) => {
            let (file, damage) = open::<OpusFile>(&mut view)?;
            let fields = vorbis::fields(file.vorbis_comments());
            (fields, file.properties().duration(), damage)
        }
        Some(FileType::Speex) => {
            let (file, damage) = open::<SpeexFile>(&mut view)?;
            let fields = vorbis::fields(file.vorbis_comments());
            (fields, file.properties().duration(), damage)
        }
        None if head.starts_with(b"OggS") && head.len() as u64 == HEAD => {
            return Err(AudioError::NoSound);
        }
        _ => {
            let (file, damage) = open::<VorbisFile>(&mut view)?;
            let fields = vorbis::fields(file.vorbis_comments());
            (fields, file.properties().duration(), damage)
        }
    };
    if let Some(comments) = repaired(&mut view) {
        fields = vorbis::fields(&comments);
        damage = Some(TAGS_DAMAGED);
    }
    Ok(Sound {
        fields,
        length: seconds(duration),
        damage,
    })
}

/// The comments where lofty leaves some out; see [`vorbis::repaired`]. They are the second packet.
fn repaired(view: &mut View) -> Option<VorbisComments> {
    view.seek(SeekFrom::Start(0)).ok()?;
    let (packets, _) = Packets::read_count(view, 2).ok()?;
    let packet = packets.get(1)?;
    // Speex has no signature.
    let signed = [&b"\x03vorbis"[..], b"OpusTags"];
    let mut bare = signed.iter().filter_map(|sign| packet.strip_prefix(*sign));
    vorbis::repaired(bare.next().unwrap_or(packet))
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
