//! The texts that WAV and AIFF have of their own: RIFF INFO, and the text chunks of AIFF.
//!
//! In: texts that lofty read. Out: a [`Tag`]. They count where there is no ID3 chunk. Their names
//! are those of the formats' specifications, and for composer, label and tempo, which these do not
//! have, those that taggers write.

use lofty::iff::aiff::AiffTextChunks;
use lofty::iff::wav::RiffInfoList;

use super::details::Items;
use super::fields::{Date, Fields};
use super::items::Item;
use super::tag::Tag;

/// What a RIFF INFO list says.
pub fn riff_info(info: &RiffInfoList) -> Tag {
    let text = |key: &str| info.get(key).map(str::to_owned);
    let fields = Fields {
        album: text("IPRD"),
        artist: text("IART"),
        genre: text("IGNR"),
        title: text("INAM"),
        track: text("ITRK").or_else(|| text("IPRT")),
        date: text("ICRD").map(Date::Text),
        disc: None,
    };
    let mut items = Items::default();
    for (item, key) in [
        (Item::Artist, "IART"),
        (Item::Genre, "IGNR"),
        (Item::Composer, "IMUS"),
        (Item::Track, "ITRK"),
        (Item::Track, "IPRT"),
        (Item::Date, "ICRD"),
        (Item::Bpm, "IBPM"),
        (Item::Label, "IPUB"),
        (Item::Comment, "ICMT"),
    ] {
        items.add(item, info.get(key).unwrap_or_default());
    }
    Tag {
        fields,
        details: items.into_details(),
    }
}

/// What the text chunks of an AIFF say.
pub fn aiff_texts(texts: &AiffTextChunks) -> Tag {
    let fields = Fields {
        title: texts.name.clone(),
        artist: texts.author.clone(),
        ..Fields::default()
    };
    let mut items = Items::default();
    items.add(Item::Artist, texts.author.as_deref().unwrap_or_default());
    for annotation in texts.annotations.iter().flatten() {
        items.add(Item::Comment, annotation.as_str());
    }
    for comment in texts.comments.iter().flatten() {
        items.add(Item::Comment, comment.text.as_str());
    }
    Tag {
        fields,
        details: items.into_details(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn riff_info_has_its_items() {
        let mut info = RiffInfoList::new();
        for (key, value) in [
            ("IART", "Artist"),
            ("IGNR", "Rock"),
            ("IMUS", "Composer"),
            ("IPRT", "3/12"),
            ("ICRD", "1994-06-07"),
            ("IBPM", "120"),
            ("IPUB", "Label"),
            ("ICMT", "Comment"),
        ] {
            info.insert(key.to_owned(), value.to_owned());
        }
        let details = riff_info(&info).details;
        assert_eq!(details.artists, ["Artist"]);
        assert_eq!(details.genres, ["Rock"]);
        assert_eq!(details.composers, ["Composer"]);
        assert_eq!(details.track_total, Some(12));
        assert_eq!(details.date.as_deref(), Some("1994-06-07"));
        assert_eq!(details.bpm, Some(120.0));
        assert_eq!(details.labels, ["Label"]);
        assert_eq!(details.comment.as_deref(), Some("Comment"));
    }

    #[test]
    fn aiff_has_an_author_and_annotations() {
        let mut texts = AiffTextChunks::new();
        texts.author = Some("Author".to_owned());
        texts.annotations = Some(vec!["Note".to_owned()]);
        let details = aiff_texts(&texts).details;
        assert_eq!(details.artists, ["Author"]);
        assert_eq!(details.comment.as_deref(), Some("Note"));
    }
}
