//! MP4 (m4a, m4b, mp4 and their kin).
//!
//! In: a file. Out: its [`Sound`]: the item list of the movie atom, and the length of the first
//! track of sound.

use lofty::file::AudioFile;
use lofty::mp4::Mp4File;

use crate::reader::Source;
use crate::tags::ilst;
use crate::view::View;

use super::lofty_file::{first_of, open, seconds};
use super::sound::{AudioError, Sound};

/// Reads an MP4 file.
///
/// # Errors
/// lofty's.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let mut view = View::new(source, Vec::new());
    let (file, damage) = open::<Mp4File>(&mut view)?;
    Ok(Sound {
        fields: first_of([file.ilst().map(ilst::fields)]),
        length: seconds(file.properties().duration()),
        damage,
    })
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
        assert_eq!(
            sound.unwrap(),
            Sound {
                fields: Fields {
                    album: Some("Albüm".to_owned()),
                    artist: Some("Artist".to_owned()),
                    genre: Some("Rock".to_owned()),
                    title: Some("Title".to_owned()),
                    track: Some("3/12".to_owned()),
                    date: Some(Date::Text("1994-06-07".to_owned())),
                    disc: Some("1".to_owned()),
                },
                length: Some(2),
                damage: None,
            }
        );
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
