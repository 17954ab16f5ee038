//! MP4 (m4a, m4b, mp4 and their kin).
//!
//! In: a file. Out: its [`Sound`]: the item list of the movie atom, and the length of the first
//! track of sound. Atoms are walked here for the pictures, which are hidden from lofty, and for the
//! media data; lofty finds and reads the rest.

use std::io;

use avalon_core::database::SoundProperties;
use lofty::file::AudioFile;
use lofty::mp4::{Mp4Codec, Mp4File};

use crate::reader::Source;
use crate::tags::{Tag, ilst};
use crate::view::{Patch, View};

use super::fingerprint;
use super::format::{Format, container};
use super::lofty_file::{milliseconds, open};
use super::sound::{AudioError, Sound, known};

/// Atoms of one level; a film in fragments has some thousands.
const MOST_ATOMS: usize = 10_000;

/// Pictures of one file that are left out.
const MOST_PICTURES: usize = 16;

/// Reads an MP4 file.
///
/// # Errors
/// lofty's.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let len = source.len();
    let atoms = atoms(source, 0, len)?;
    let named = |name: &[u8; 4]| atoms.iter().find(|atom| &atom.name == name);
    let hidden = match named(b"moov") {
        Some(moov) => pictures(source, moov)?,
        None => Hidden::default(),
    };
    let mut view = View::without(source, hidden.sizes, hidden.cuts);
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
    let media = named(b"mdat");
    let fingerprint = media.and_then(|media| fingerprint::of(source, media.data, media.end));
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

/// An atom: a size, a name, and contents.
struct Atom {
    name: [u8; 4],
    start: u64,
    /// Where its contents begin.
    data: u64,
    end: u64,
    /// Whether its size is that, and not more than there is, or a zero.
    is_whole: bool,
}

impl Atom {
    /// Its size with so many bytes less; `None` for the odd ones whose size is not in four bytes, or
    /// is not theirs.
    fn shorter(&self, by: u64) -> Option<Patch> {
        let size = u32::try_from((self.end - self.start).checked_sub(by)?).ok()?;
        let is_plain = self.is_whole && self.data == self.start + 8;
        is_plain.then(|| Patch::exact(self.start, &size.to_be_bytes()))
    }
}

/// The atoms between two places.
fn atoms(source: &mut Source, start: u64, end: u64) -> io::Result<Vec<Atom>> {
    let mut atoms = Vec::new();
    let mut at = start;
    while atoms.len() < MOST_ATOMS && at < end {
        let Some([s0, s1, s2, s3, name @ ..]) = source.array::<8>(at)? else {
            break;
        };
        let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (8, end - at),
            1 => {
                let large = source.array::<8>(at + 8)?;
                (16, large.map_or(0, u64::from_be_bytes))
            }
            size => (8, u64::from(size)),
        };
        if size < header || name == [0; 4] {
            break;
        }
        atoms.push(Atom {
            name,
            start: at,
            data: at + header,
            end: at.saturating_add(size).min(end),
            is_whole: at.saturating_add(size) <= end && [s0, s1, s2, s3] != [0; 4],
        });
        at = at.saturating_add(size);
    }
    Ok(atoms)
}

/// What lofty is not to see of a file: what is left out, and the sizes of the atoms around it.
#[derive(Default)]
struct Hidden {
    cuts: Vec<(u64, u64)>,
    sizes: Vec<Patch>,
}

/// The pictures in item lists, which lofty reads whole.
fn pictures(source: &mut Source, moov: &Atom) -> io::Result<Hidden> {
    let mut hidden = Hidden::default();
    let mut all = 0;
    for [data, meta, list] in item_lists(source, moov)? {
        let items = atoms(source, list.data, list.end)?;
        let pictures = items.iter().filter(|item| &item.name == b"covr");
        let pictures: Vec<_> = pictures.map(|item| (item.start, item.end)).collect();
        let size: u64 = pictures.iter().map(|(start, end)| end - start).sum();
        let around = [&data, &meta, &list].map(|atom| atom.shorter(size));
        let [Some(data), Some(meta), Some(list)] = around else {
            continue;
        };
        if size > 0 && hidden.cuts.len() + pictures.len() <= MOST_PICTURES {
            hidden.sizes.extend([data, meta, list]);
            hidden.cuts.extend(pictures);
            all += size;
        }
    }
    match moov.shorter(all) {
        Some(moov) if all > 0 => hidden.sizes.push(moov),
        _ => return Ok(Hidden::default()),
    }
    Ok(hidden)
}

/// The atoms on the way to each list at `moov.udta.meta.ilst`.
fn item_lists(source: &mut Source, moov: &Atom) -> io::Result<Vec<[Atom; 3]>> {
    let mut lists = Vec::new();
    for data in atoms(source, moov.data, moov.end)? {
        if &data.name != b"udta" {
            continue;
        }
        let inner = atoms(source, data.data, data.end)?;
        let Some(meta) = inner.into_iter().find(|atom| &atom.name == b"meta") else {
            continue;
        };
        // Some writers leave out its version and flags.
        let bare = matches!(
            source.array::<8>(meta.data)?,
            Some([_, _, _, _, b'h', b'd', b'l', b'r'] | [_, _, _, _, b'i', b'l', b's', b't'])
        );
        let start = meta.data + if bare { 0 } else { 4 };
        let inner = atoms(source, start, meta.end)?;
        let list = inner.into_iter().find(|atom| &atom.name == b"ilst");
        lists.extend(list.map(|list| [data, meta, list]));
    }
    Ok(lists)
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
    fn pictures_are_not_read_wherever_they_are() {
        let cover = atom(b"covr", &[value(13, &[7; 100_000])]);
        let title = atom(b"\xa9nam", &[value(1, b"Title")]);
        let artist = atom(b"\xa9ART", &[value(1, b"Artist")]);
        for (name, items) in [
            ("at the end", [title.clone(), artist.clone(), cover.clone()]),
            ("between", [title.clone(), cover.clone(), artist.clone()]),
            ("first", [cover.clone(), title.clone(), artist.clone()]),
            (
                "twice",
                [title.clone(), [cover.clone(), cover].concat(), artist],
            ),
        ] {
            let bytes = file(&items);
            let mut source = Source::new(&bytes, bytes.len() as u64);
            let fields = read(&mut source).unwrap().fields;
            assert_eq!(fields.title.as_deref(), Some("Title"), "{name}");
            assert_eq!(fields.artist.as_deref(), Some("Artist"), "{name}");
            assert!(source.bytes_read() < 65_536, "{name}");
        }
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
