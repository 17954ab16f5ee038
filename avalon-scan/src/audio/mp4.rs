//! MP4 (m4a, m4b, mp4 and their kin): atoms within atoms.
//!
//! In: a file. Out: its [`Sound`]: the texts of `moov.udta.meta.ilst`, and the length of the first
//! sound track.
//!
//! What stays true: an item that is damaged or of another type than it should be says nothing, and
//! the items beside it still count. Only the items that the library uses are read, so no pictures.
//! lofty is not asked, since it rounds lengths to milliseconds and stops the whole file at some
//! damaged items.

use std::io;

use crate::reader::Source;
use crate::tags::{Date, Fields, genre};

use super::sound::{AudioError, Sound, seconds};

/// No text of an item is longer.
const LARGEST_ITEM: u64 = 1 << 20;

/// No file is longer, and sums with it do not overflow.
const LARGEST_POSITION: u64 = 1 << 62;

const CUT: AudioError = AudioError::Damaged("its movie atom is cut short or broken");

/// An atom.
#[derive(Clone, Copy)]
struct Atom {
    name: [u8; 4],
    /// Where its contents begin and end.
    data: u64,
    end: u64,
}

/// Reads an MP4 file.
///
/// # Errors
/// [`AudioError::Damaged`] where the movie atom is missing or cut.
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let moov = movie(source)?.ok_or(AudioError::Damaged("it has no movie atom"))?;
    let mut sound = Sound::default();
    let mut has_sound = false;
    let mut has_tags = false;
    for atom in children(source, moov.data, moov.end)? {
        match &atom.name {
            b"trak" if !has_sound => {
                if let Some(length) = sound_track(source, atom)? {
                    sound.length = length;
                    has_sound = true;
                }
            }
            b"udta" if !has_tags => {
                has_tags = true;
                read_tags(source, atom, &mut sound)?;
            }
            _ => {}
        }
    }
    Ok(sound)
}

/// The first `moov` at the top; what follows it does not matter.
fn movie(source: &mut Source) -> Result<Option<Atom>, AudioError> {
    let mut at = 0;
    while at + 8 <= source.len() {
        let atom = atom_at(source, at, true)?.ok_or(CUT)?;
        if atom.name == *b"moov" {
            return Ok(Some(atom));
        }
        at = atom.end;
    }
    Ok(None)
}

/// The atom at `at`; `None` where its size cannot be.
fn atom_at(source: &mut Source, at: u64, is_top: bool) -> io::Result<Option<Atom>> {
    let Some([s0, s1, s2, s3, name @ ..]) = source.array::<8>(at)? else {
        return Ok(None);
    };
    let size = u64::from(u32::from_be_bytes([s0, s1, s2, s3]));
    let (size, header) = match size {
        0 if is_top => (source.len() - at, 8),
        1 => match source.array::<8>(at + 8)? {
            Some(size) => (u64::from_be_bytes(size), 16),
            None => return Ok(None),
        },
        _ => (size, 8),
    };
    let end = at.saturating_add(size);
    let possible = size >= header && end <= LARGEST_POSITION;
    Ok(possible.then_some(Atom {
        name,
        data: at + header,
        end,
    }))
}

/// The atoms between `start` and `end`.
fn children(source: &mut Source, start: u64, end: u64) -> Result<Vec<Atom>, AudioError> {
    let mut atoms = Vec::new();
    let mut at = start;
    while at < end {
        let atom = atom_at(source, at, false)?.ok_or(CUT)?;
        atoms.push(atom);
        at = atom.end;
    }
    Ok(atoms)
}

fn child(source: &mut Source, parent: Atom, name: &[u8; 4]) -> Result<Option<Atom>, AudioError> {
    let atoms = children(source, parent.data, parent.end)?;
    Ok(atoms.into_iter().find(|atom| atom.name == *name))
}

/// The length of a track of sound (unknown where the inner option is `None`); `None` for a track of
/// something else.
fn sound_track(source: &mut Source, track: Atom) -> Result<Option<Option<i64>>, AudioError> {
    const NO_MEDIA: AudioError = AudioError::Damaged("a track of it has no media header");
    let media = child(source, track, b"mdia")?.ok_or(NO_MEDIA)?;
    let handler = child(source, media, b"hdlr")?.ok_or(NO_MEDIA)?;
    if source.array::<4>(handler.data + 8)?.as_ref() != Some(b"soun") {
        return Ok(None);
    }
    let header = child(source, media, b"mdhd")?.ok_or(NO_MEDIA)?;
    let version = source.array::<1>(header.data)?.ok_or(CUT)?;
    let (unit, length) = match version {
        [0] => {
            let [u0, u1, u2, u3, length @ ..] = source.array::<8>(header.data + 12)?.ok_or(CUT)?;
            (
                u32::from_be_bytes([u0, u1, u2, u3]),
                u64::from(u32::from_be_bytes(length)),
            )
        }
        [1] => (
            u32::from_be_bytes(source.array(header.data + 20)?.ok_or(CUT)?),
            u64::from_be_bytes(source.array(header.data + 24)?.ok_or(CUT)?),
        ),
        _ => {
            return Err(AudioError::Damaged(
                "its media header is of an unknown kind",
            ));
        }
    };
    Ok(Some(seconds(u128::from(length), u64::from(unit))))
}

fn read_tags(source: &mut Source, user: Atom, sound: &mut Sound) -> Result<(), AudioError> {
    let Some(meta) = child(source, user, b"meta")? else {
        return Ok(());
    };
    // Four bytes of version and flags, which some programs leave out.
    let is_bare = source.array::<4>(meta.data + 4)?.as_ref() == Some(b"hdlr");
    let meta = Atom {
        data: meta.data + if is_bare { 0 } else { 4 },
        ..meta
    };
    let Some(list) = child(source, meta, b"ilst")? else {
        return Ok(());
    };
    for item in children(source, list.data, list.end)? {
        if item.end > source.len() {
            return Err(CUT);
        }
        if !read_item(source, item, &mut sound.fields)? {
            sound.damage = Some("an item of its tags is damaged");
        }
    }
    Ok(())
}

/// Puts an item's first value into its field, unless an earlier item has; `false` where it is
/// damaged.
fn read_item(source: &mut Source, item: Atom, fields: &mut Fields) -> io::Result<bool> {
    let field = match &item.name {
        b"\xa9alb" => &mut fields.album,
        b"\xa9ART" => &mut fields.artist,
        b"\xa9gen" | b"gnre" => &mut fields.genre,
        b"\xa9nam" => &mut fields.title,
        b"trkn" => &mut fields.track,
        b"disk" => &mut fields.disc,
        b"\xa9day" if fields.date.is_some() => return Ok(true),
        b"\xa9day" => {
            let Some(values) = values(source, item)? else {
                return Ok(false);
            };
            let text = text(&values);
            let damaged = text.is_none();
            fields.date = text.flatten().map(Date::Text);
            return Ok(!damaged);
        }
        _ => return Ok(true),
    };
    if field.is_some() {
        return Ok(true);
    }
    let Some(values) = values(source, item)? else {
        return Ok(false);
    };
    let value = match &item.name {
        b"gnre" => genre_number(&values),
        b"trkn" | b"disk" => pair(&values),
        _ => text(&values),
    };
    let damaged = value.is_none();
    *field = value.flatten();
    Ok(!damaged)
}

/// The type of a value, and its bytes.
type Value = (u32, Vec<u8>);

/// The values of an item; `None` where it is not made of values.
fn values(source: &mut Source, item: Atom) -> io::Result<Option<Vec<Value>>> {
    if item.end - item.data > LARGEST_ITEM {
        return Ok(None);
    }
    let mut values = Vec::new();
    let mut at = item.data;
    while at < item.end {
        let Some(head) = source.array::<12>(at)? else {
            return Ok(None);
        };
        let [s0, s1, s2, s3, b'd', b'a', b't', b'a', _, kind @ ..] = head else {
            return Ok(None);
        };
        let size = u64::from(u32::from_be_bytes([s0, s1, s2, s3]));
        if size < 16 || at + size > item.end {
            return Ok(None);
        }
        let kind = u32::from_be_bytes([0, kind[0], kind[1], kind[2]]);
        values.push((kind, source.piece(at + 16, size - 16)?));
        at += size;
    }
    Ok(Some(values))
}

/// The first of texts in UTF-8. The outer `None` is damage, as below.
fn text(values: &[Value]) -> Option<Option<String>> {
    // 1 is UTF-8, 0 is whatever the item has, which is UTF-8 too.
    let texts = values.iter().map(|(kind, bytes)| match kind {
        0 | 1 => std::str::from_utf8(bytes).ok(),
        _ => None,
    });
    let texts: Option<Vec<&str>> = texts.collect();
    Some(texts?.first().map(|&text| text.to_owned()))
}

/// The first of pairs of a number and a total, as `3/12`, or `3` without a total.
fn pair(values: &[Value]) -> Option<Option<String>> {
    let Some((_, bytes)) = values.first() else {
        return Some(None);
    };
    let [_, _, n0, n1, t0, t1, ..] = bytes[..] else {
        return None;
    };
    let number = u16::from_be_bytes([n0, n1]);
    Some(Some(match u16::from_be_bytes([t0, t1]) {
        0 => number.to_string(),
        total => format!("{number}/{total}"),
    }))
}

/// The first genre given as a number.
fn genre_number(values: &[Value]) -> Option<Option<String>> {
    let Some((_, bytes)) = values.first() else {
        return Some(None);
    };
    let number = u16::from_be_bytes(bytes[..].try_into().ok()?);
    Some(Some(genre::mp4_name(number)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn fields(items: &[Vec<u8>]) -> Fields {
        read_file(&file(items)).unwrap().fields
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
    fn genres_may_be_numbers() {
        let number = |number| atom(b"gnre", &[value(0, &[0, number])]);
        let text = || atom(b"\xa9gen", &[value(1, b"Own")]);
        for (name, items, expected) in [
            ("a number", vec![number(18)], Some("Rock")),
            ("both, number first", vec![number(18), text()], Some("Rock")),
            ("both, text first", vec![text(), number(18)], Some("Own")),
            ("unknown", vec![number(200), text()], Some("Own")),
        ] {
            assert_eq!(fields(&items).genre.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn damaged_items_say_nothing() {
        for (name, item) in [
            (
                "no value",
                atom(b"\xa9nam", &[atom(b"free", &[vec![0; 8]])]),
            ),
            ("not UTF-8", atom(b"\xa9nam", &[value(1, b"caf\xe9")])),
            ("UTF-16", atom(b"\xa9nam", &[value(2, b"\0a")])),
            ("short", atom(b"\xa9nam", &[b"\0\0\0\x09data\0".to_vec()])),
            (
                "too long",
                atom(
                    b"\xa9nam",
                    &[b"\0\0\xff\xffdata\0\0\0\x01\0\0\0\0x".to_vec()],
                ),
            ),
        ] {
            let artist = atom(b"\xa9ART", &[value(1, b"Artist")]);
            let sound = read_file(&file(&[item, artist])).unwrap();
            assert_eq!(sound.fields.title, None, "{name}");
            assert_eq!(sound.fields.artist.as_deref(), Some("Artist"), "{name}");
            assert!(sound.damage.is_some(), "{name}");
        }
        let short = atom(b"trkn", &[value(0, &[0, 0, 0])]);
        assert_eq!(fields(&[short]).track, None);
    }

    #[test]
    fn a_file_without_its_movie_is_refused() {
        let whole = file(&[]);
        for len in [0, 4, 16, 40, 130, 160, whole.len() - 9] {
            assert!(read_file(&whole[..len]).is_err(), "{len}");
        }
        assert!(read_file(&[&whole[..], b"junk at the end"].concat()).is_ok());
        let zero = [&b"\0\0\0\0free"[..], &[0; 50]].concat();
        assert!(read_file(&zero).is_err(), "an atom to the end of the file");
        let huge = b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff".to_vec();
        assert!(read_file(&huge).is_err(), "an atom beyond all files");
    }
}
