//! APE tags: at the end of Monkey's Audio, WavPack and Musepack files, and of some MP3s.
//!
//! In: a tag that lofty read. Out: a [`Tag`]. Keys are the same in any case; of several values the
//! first counts for the original's fields, and all of them for lists.

use lofty::ape::ApeTag;

use super::details::Items;
use super::fields::{Date, Fields};
use super::items::Item;
use super::tag::Tag;

/// What a tag says.
pub fn read(tag: &ApeTag) -> Tag {
    let mut items = Items::default();
    for item in tag {
        let Some(mut texts) = item.text_values() else {
            continue;
        };
        // The standard's own key for what others call `Date`.
        if item.key().eq_ignore_ascii_case("Year") {
            items.add(Item::Date, texts.next().unwrap_or_default());
        } else {
            items.add_named(item.key(), texts);
        }
    }
    Tag {
        fields: fields(tag),
        details: items.into_details(),
    }
}

fn fields(tag: &ApeTag) -> Fields {
    let first = |key: &str| {
        let mut values = tag.get(key)?.text_values()?;
        values.next().map(str::to_owned)
    };
    Fields {
        album: first("Album"),
        artist: first("Artist"),
        genre: first("Genre"),
        title: first("Title"),
        track: first("Track").or_else(|| first("Tracknumber")),
        date: first("Year").or_else(|| first("Date")).map(Date::Text),
        disc: first("Disc").or_else(|| first("Discnumber")),
    }
}

#[cfg(test)]
mod tests {
    use lofty::ape::ApeItem;
    use lofty::tag::ItemValue;

    use super::*;

    #[test]
    fn every_field_has_its_key() {
        let mut tag = ApeTag::new();
        for (key, value) in [
            ("TITLE", "Title\0Second"),
            ("Artist", "Artist"),
            ("album", "Albüm"),
            ("Genre", "17"),
            ("Track", "3/12"),
            ("Year", "1994-06"),
            ("Disc", "1/2"),
        ] {
            let value = ItemValue::Text(value.to_owned());
            tag.insert(ApeItem::new(key.to_owned(), value).unwrap());
        }
        assert_eq!(
            fields(&tag),
            Fields {
                album: Some("Albüm".to_owned()),
                artist: Some("Artist".to_owned()),
                genre: Some("17".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3/12".to_owned()),
                date: Some(Date::Text("1994-06".to_owned())),
                disc: Some("1/2".to_owned()),
            }
        );
    }

    #[test]
    fn binary_items_are_no_text() {
        let mut tag = ApeTag::new();
        let value = ItemValue::Binary(b"x".to_vec());
        tag.insert(ApeItem::new("Title".to_owned(), value).unwrap());
        assert!(fields(&tag).is_empty());
    }
}
