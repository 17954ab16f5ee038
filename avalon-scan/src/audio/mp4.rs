//! MP4 (m4a, m4b, mp4 and their kin).
//!
//! In: a file. Out: its [`Sound`]: the item list of the movie atom, and the length of the first
//! track of sound.

use std::io;

use avalon_core::database::SoundProperties;
use lofty::file::AudioFile;
use lofty::mp4::{Mp4Codec, Mp4File};

use crate::reader::Source;
use crate::tags::{Tag, ilst};
use crate::view::View;

use super::fingerprint;
use super::format::{Format, container};
use super::lofty_file::{milliseconds, open};
use super::sound::{AudioError, Sound, known};

/// Atoms of the outermost level; a film in fragments has some thousands.
const MOST_ATOMS: usize = 10_000;

/// Reads an MP4 file.
///
/// # Errors
/// lofty's.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let mut view = View::new(source, Vec::new());
    let (file, damage) = open::<Mp4File>(&mut view)?;
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Mp4),
        codec: measured.codec().and_then(codec),
        bitrate: measured.audio_bitrate().and_then(known),
        sample_rate: measured.sample_rate().and_then(known),
        channels: measured.channels().and_then(known),
        length_ms: milliseconds(measured.duration()),
    };
    let sound = sound(source)?;
    let fingerprint = sound.and_then(|(start, end)| fingerprint::of(source, start, end));
    let tag = Tag::first_of([file.ilst().map(ilst::read)]);
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

fn codec(codec: Mp4Codec) -> Option<&'static str> {
    Some(match codec {
        Mp4Codec::AAC => "aac",
        Mp4Codec::ALAC => "alac",
        Mp4Codec::MP3 => "mp3",
        Mp4Codec::FLAC => "flac",
        _ => return None,
    })
}

/// Where the contents of the first atom of media data begin and end.
fn sound(source: &mut Source) -> io::Result<Option<(u64, u64)>> {
    let mut at = 0_u64;
    for _ in 0..MOST_ATOMS {
        let Some([s0, s1, s2, s3, name @ ..]) = source.array::<8>(at)? else {
            break;
        };
        let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (8, source.len() - at),
            1 => {
                let large = source.array::<8>(at + 8)?;
                (16, large.map_or(0, u64::from_be_bytes))
            }
            size => (8, u64::from(size)),
        };
        if size < header {
            break;
        }
        let end = at.saturating_add(size).min(source.len());
        if &name == b"mdat" {
            return Ok(Some((at + header, end)));
        }
        at = end;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::{Date, Fields};

    fn atom(name: &[u8; 4], data: &[Vec<u8>]) -> Vec<u8> {
        let data = data.concat();
        let size = (data.len() as u32 + 8).to_be_bytes();
        [&size[..], name, &data].concat()
    }

    fn value(kind: u8, bytes: &[u8]) -> Vec<u8> {
        atom(b"data", &[vec![0, 0, 0, kind, 0, 0, 0, 0], bytes.to_vec()])
    }

    fn track(handler: &[u8; 4], unit: u32, length: u32) -> Vec<u8> {
        let header = [
            &[0; 12][..],
            &unit.to_be_bytes(),
            &length.to_be_bytes(),
            &[0; 4],
        ]
        .concat();
        let handler = [&[0; 8][..], handler, &[0; 12]].concat();
        let media = [atom(b"mdhd", &[header]), atom(b"hdlr", &[handler])];
        atom(b"trak", &[atom(b"mdia", &media)])
    }

    fn file(items: &[Vec<u8>]) -> Vec<u8> {
        let meta = [
            vec![0; 4],
            atom(b"hdlr", &[vec![0; 25]]),
            atom(b"ilst", items),
        ];
        let moov = [
            track(b"vide", 1000, 9000),
            track(b"soun", 1000, 2999),
            atom(b"udta", &[atom(b"meta", &meta)]),
        ];
        [
            atom(b"ftyp", &[b"M4A \0\0\0\0".to_vec()]),
            atom(b"mdat", &[vec![7; 99]]),
            atom(b"moov", &moov),
        ]
        .concat()
    }

    fn read_file(bytes: &[u8]) -> Result<Sound, AudioError> {
        let bytes = bytes.to_vec();
        read(&mut Source::new(&bytes, bytes.len() as u64))
    }

    #[test]
    fn every_field_has_its_item() {
        let sound = read_file(&file(&[
            atom(b"\xa9nam", &[value(1, b"Title"), value(1, b"Second")]),
            atom(b"\xa9ART", &[value(1, b"Artist")]),
            atom(b"\xa9alb", &[value(0, "Albüm".as_bytes())]),
            atom(b"\xa9gen", &[value(1, b"Rock")]),
            atom(b"\xa9day", &[value(1, b"1994-06-07")]),
            atom(b"trkn", &[value(0, &[0, 0, 0, 3, 0, 12, 0, 0])]),
            atom(b"disk", &[value(0, &[0, 0, 0, 1, 0, 0])]),
            atom(b"covr", &[value(13, &[0; 5000])]),
        ]));
        let sound = sound.unwrap();
        assert_eq!(
            sound.fields,
            Fields {
                album: Some("Albüm".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3/12".to_owned()),
                date: Some(Date::Text("1994-06-07".to_owned())),
                disc: Some("1".to_owned()),
            }
        );
        assert_eq!((sound.length, sound.damage), (Some(2), None));
        assert_eq!(sound.properties.format, "mp4");
        assert_eq!(sound.properties.length_ms, Some(2999));
    }

    #[test]
    fn the_fingerprint_is_that_of_the_media_data() {
        let print = |bytes: &[u8]| read_file(bytes).unwrap().fingerprint;
        let one = file(&[]);
        let retagged = file(&[atom(b"\xa9nam", &[value(1, b"Title")])]);
        assert!(print(&one).is_some());
        assert_eq!(print(&one), print(&retagged));
        let mut other = one.clone();
        other[40] = 8;
        assert_ne!(print(&one), print(&other));
    }

    #[test]
    fn damaged_items_say_nothing_and_cut_files_are_refused() {
        let title = atom(b"\xa9nam", &[value(1, b"caf\xe9")]);
        let artist = atom(b"\xa9ART", &[value(1, b"Artist")]);
        let whole = file(&[title, artist]);
        let fields = read_file(&whole).unwrap().fields;
        assert_eq!(
            (fields.title, fields.artist.as_deref()),
            (None, Some("Artist"))
        );
        for len in [0, 10, 60, 130] {
            assert!(read_file(&whole[..len]).is_err(), "{len}");
        }
    }
}
