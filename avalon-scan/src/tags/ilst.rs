//! The item list of MP4, iTunes' tags.
//!
//! In: a list that lofty read (without its conversions: a genre's number stays a number). Out: a
//! [`Tag`]. Of several items or values the first counts for the original's fields, and all of them
//! for lists; a value of an odd type says nothing.

use std::borrow::Cow;

use lofty::mp4::{AtomData, AtomIdent, DataType, Ilst};

use super::details::Items;
use super::fields::{Date, Fields};
use super::genre;
use super::items::Item;
use super::tag::Tag;

/// What the list says.
pub fn read(list: &Ilst) -> Tag {
    let mut items = Items::default();
    for atom in list {
        match atom.ident() {
            AtomIdent::Fourcc(name) => {
                let Some(item) = item(name) else { continue };
                for value in atom.data() {
                    items.add(item, shown(name, value).unwrap_or_default());
                }
            }
            // Whoever's name space it is: the names are the same in all of them.
            AtomIdent::Freeform { name, .. } => {
                items.add_named(name, atom.data().filter_map(str_of));
            }
        }
    }
    Tag {
        fields: fields(list),
        details: items.into_details(),
    }
}

/// What the items of the standard and of iTunes mean.
fn item(name: &[u8; 4]) -> Option<Item> {
    Some(match name {
        b"\xa9ART" => Item::Artist,
        b"aART" => Item::AlbumArtist,
        b"\xa9gen" | b"gnre" => Item::Genre,
        b"\xa9wrt" => Item::Composer,
        b"trkn" => Item::Track,
        b"disk" => Item::Disc,
        b"\xa9day" => Item::Date,
        b"tmpo" => Item::Bpm,
        b"cpil" => Item::Compilation,
        b"sonm" => Item::TitleSort,
        b"soal" => Item::AlbumSort,
        b"soar" => Item::ArtistSort,
        b"soaa" => Item::AlbumArtistSort,
        b"soco" => Item::ComposerSort,
        b"\xa9cmt" => Item::Comment,
        _ => return None,
    })
}

/// A value as text.
fn shown<'a>(name: &[u8; 4], value: &'a AtomData) -> Option<Cow<'a, str>> {
    let number = match (name, value) {
        (b"trkn" | b"disk", value) => pair(value),
        (b"gnre", value) => genre_number(value),
        (_, AtomData::SignedInteger(number)) => Some(number.to_string()),
        (_, AtomData::UnsignedInteger(number)) => Some(number.to_string()),
        (_, AtomData::Bool(flag)) => Some(u8::from(*flag).to_string()),
        (b"tmpo", value) => match reserved(value) {
            Some(&[high, low]) => Some(u16::from_be_bytes([high, low]).to_string()),
            _ => None,
        },
        _ => return str_of(value).map(Cow::Borrowed),
    };
    number.map(Cow::Owned)
}

fn fields(list: &Ilst) -> Fields {
    let mut fields = Fields::default();
    for atom in list {
        let (AtomIdent::Fourcc(name), Some(value)) = (atom.ident(), atom.data().next()) else {
            continue;
        };
        let field = match name {
            b"\xa9alb" => &mut fields.album,
            b"\xa9ART" => &mut fields.artist,
            b"\xa9gen" | b"gnre" => &mut fields.genre,
            b"\xa9nam" => &mut fields.title,
            b"trkn" => &mut fields.track,
            b"disk" => &mut fields.disc,
            b"\xa9day" if fields.date.is_none() => {
                fields.date = text(value).map(Date::Text);
                continue;
            }
            _ => continue,
        };
        if field.is_none() {
            *field = match name {
                b"gnre" => genre_number(value),
                b"trkn" | b"disk" => pair(value),
                _ => text(value),
            };
        }
    }
    fields
}

/// A text; type 0 is whatever the item has, which is UTF-8 too.
fn str_of(value: &AtomData) -> Option<&str> {
    match value {
        AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text),
        _ => str::from_utf8(reserved(value)?).ok(),
    }
}

fn text(value: &AtomData) -> Option<String> {
    str_of(value).map(str::to_owned)
}

fn reserved(value: &AtomData) -> Option<&[u8]> {
    match value {
        AtomData::Unknown {
            code: DataType::Reserved,
            data,
        } => Some(data),
        _ => None,
    }
}

/// A number and a total, as `3/12`, or `3` without a total.
fn pair(value: &AtomData) -> Option<String> {
    let [_, _, n0, n1, t0, t1, ..] = *reserved(value)? else {
        return None;
    };
    let number = u16::from_be_bytes([n0, n1]);
    Some(match u16::from_be_bytes([t0, t1]) {
        0 => number.to_string(),
        total => format!("{number}/{total}"),
    })
}

/// The name of a genre given as a number.
fn genre_number(value: &AtomData) -> Option<String> {
    let [high, low] = *reserved(value)? else {
        return None;
    };
    genre::mp4_name(u16::from_be_bytes([high, low])).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use lofty::mp4::Atom;

    use super::*;

    fn list(atoms: &[(&[u8; 4], AtomData)]) -> Ilst {
        let mut list = Ilst::new();
        for (name, value) in atoms {
            list.insert(Atom::new(AtomIdent::Fourcc(**name), value.clone()));
        }
        list
    }

    fn bytes(data: &[u8]) -> AtomData {
        AtomData::Unknown {
            code: DataType::Reserved,
            data: data.to_vec(),
        }
    }

    #[test]
    fn every_field_has_its_item() {
        let utf8 = |text: &str| AtomData::UTF8(text.to_owned());
        let list = list(&[
            (b"\xa9alb", utf8("Album")),
            (b"\xa9ART", utf8("Artist")),
            (b"gnre", bytes(&[0, 18])),
            (b"\xa9nam", bytes("Title".as_bytes())),
            (b"trkn", bytes(&[0, 0, 0, 3, 0, 12, 0, 0])),
            (b"\xa9day", utf8("c. 1975")),
            (b"disk", bytes(&[0, 0, 0, 1, 0, 0])),
        ]);
        assert_eq!(
            fields(&list),
            Fields {
                album: Some("Album".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3/12".to_owned()),
                date: Some(Date::Text("c. 1975".to_owned())),
                disc: Some("1".to_owned()),
            }
        );
    }

    #[test]
    fn values_of_odd_types_say_nothing() {
        let list = list(&[
            (b"\xa9nam", AtomData::Bool(true)),
            (b"\xa9alb", bytes(b"caf\xe9")),
            (b"trkn", bytes(&[0, 0, 0])),
            (b"gnre", bytes(&[0, 0])),
            (b"disk", AtomData::UTF8("1".to_owned())),
        ]);
        assert!(fields(&list).is_empty());
    }
}
