//! What a tag means: names as they stand, and numbers where there are any.
//!
//! In: the [`Fields`] of a tag. Out: [`Tags`], and a list of what could not be understood. Pure: the
//! caller knows which file it was.
//!
//! What stays true: a tag is never a reason to lose a file. A year or a track number that cannot be
//! read is 0 (rules S1, S2), and U+0000, which PostgreSQL refuses, is taken out of a name.

use crate::issue::Kind;

use super::fields::Fields;
use super::{track_number, year};

/// The tags of one track, as the library has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The name of the album; `""` where there is none, as in the fields below.
    pub album: String,
    /// The name of the artist.
    pub artist: String,
    /// The name of the genre.
    pub genre: String,
    /// The title.
    pub title: String,
    /// The number on its disc; 0 where unknown.
    pub track: i64,
    /// The year; 0 where unknown.
    pub year: i64,
    /// The number of the disc; `None` where unknown.
    pub disc: Option<i64>,
}

impl Tags {
    /// Understands the fields of a tag.
    pub fn of(fields: Fields) -> (Self, Vec<(Kind, String)>) {
        let mut problems = Vec::new();
        let mut number = |what: &str, kind, text: &str, number: Option<u64>| {
            let (kind, problem) = match number.map(i64::try_from) {
                Some(Ok(number)) => return number,
                Some(Err(_)) => (
                    Kind::Number,
                    format!("the {what} {} is too large", shown(text)),
                ),
                None => (kind, format!("no {what} can be read from {}", shown(text))),
            };
            problems.push((kind, problem));
            0
        };
        let year = fields.date.map_or(0, |date| {
            number("year", Kind::Year, date.text(), year::read(&date))
        });
        let track = fields.track.map_or(0, |text| {
            number(
                "track number",
                Kind::Track,
                &text,
                track_number::read(&text),
            )
        });
        // Nobody misses a disc number that was never one; 0 is how taggers write that.
        let disc = fields.disc.as_deref().and_then(track_number::read);
        let disc = disc.and_then(|disc| i64::try_from(disc).ok());
        let mut name = |field: &str, text: Option<String>| {
            let text = text.unwrap_or_default();
            if !text.contains('\0') {
                return text;
            }
            problems.push((
                Kind::Nul,
                format!("the {field} contains U+0000, which was removed"),
            ));
            text.replace('\0', "")
        };
        let tags = Self {
            album: name("album", fields.album),
            artist: name("artist", fields.artist),
            genre: name("genre", fields.genre),
            title: name("title", fields.title),
            track,
            year,
            disc: disc.filter(|&disc| disc > 0),
        };
        (tags, problems)
    }
}

/// A text in a message: quoted, and cut where it is long.
fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Date;
    use super::*;

    #[test]
    fn a_tag_is_understood() {
        let fields = Fields {
            album: Some(" Album ".to_owned()),
            artist: Some("Artist".to_owned()),
            genre: None,
            title: Some("Title".to_owned()),
            track: Some("3/12".to_owned()),
            date: Some(Date::Id3("1994-06-07".to_owned())),
            disc: Some("1/2".to_owned()),
        };
        let expected = Tags {
            album: " Album ".to_owned(),
            artist: "Artist".to_owned(),
            genre: String::new(),
            title: "Title".to_owned(),
            track: 3,
            year: 1994,
            disc: Some(1),
        };
        assert_eq!(Tags::of(fields), (expected, vec![]));
        assert_eq!(Tags::of(Fields::default()), (Tags::default(), vec![]));
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        let fields = Fields {
            title: Some("a\0b".to_owned()),
            track: Some("A1".to_owned()),
            date: Some(Date::Text(String::new())),
            disc: Some("none".to_owned()),
            ..Fields::default()
        };
        let (tags, problems) = Tags::of(fields);
        assert_eq!(
            tags,
            Tags {
                title: "ab".to_owned(),
                ..Tags::default()
            }
        );
        let problem = |kind, message: &str| (kind, message.to_owned());
        assert_eq!(
            problems,
            [
                problem(Kind::Year, "no year can be read from \"\""),
                problem(Kind::Track, "no track number can be read from \"A1\""),
                problem(Kind::Nul, "the title contains U+0000, which was removed"),
            ]
        );
    }

    #[test]
    fn numbers_beyond_all_columns_are_left_out() {
        let tags = |track: &str| {
            let fields = Fields {
                track: Some(track.to_owned()),
                ..Fields::default()
            };
            let (tags, problems) = Tags::of(fields);
            (
                tags.track,
                problems.into_iter().map(|(kind, _)| kind).collect(),
            )
        };
        assert_eq!(tags("9223372036854775807"), (i64::MAX, vec![]));
        assert_eq!(tags("9223372036854775808"), (0, vec![Kind::Number]));
        assert_eq!(tags("99999999999999999999"), (0, vec![Kind::Number]));
    }

    #[test]
    fn long_texts_are_cut_in_messages() {
        assert_eq!(shown(&"ä".repeat(60)), format!("{:?}", "ä".repeat(60)));
        assert_eq!(shown(&"ä".repeat(61)), format!("{:?}...", "ä".repeat(60)));
    }
}
