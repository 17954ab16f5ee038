//! Vorbis comments: the tags of Ogg files and of FLAC.
//!
//! In: comments that lofty read. Out: their [`Fields`]. Keys are the same in any case; of a
//! repeated key the first value counts (lofty's generic tag would give the last).

use lofty::ogg::tag::VorbisComments;

use super::fields::{Date, Fields};

/// What the comments say.
pub fn fields(comments: &VorbisComments) -> Fields {
    let first = |key: &str| comments.get(key).map(str::to_owned);
    Fields {
        album: first("ALBUM"),
        artist: first("ARTIST"),
        genre: first("GENRE"),
        title: first("TITLE"),
        track: first("TRACKNUMBER"),
        date: first("DATE").map(Date::Text),
        disc: first("DISCNUMBER"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_key_and_the_first_counts() {
        let mut comments = VorbisComments::new();
        for (key, value) in [
            ("title", "Title"),
            ("TITLE", "Second"),
            ("Artist", "A=B"),
            ("album", ""),
            ("GENRE", "Rock"),
            ("TrackNumber", "3/12"),
            ("date", "c. 1975"),
            ("DATE", "1995"),
            ("discnumber", "1"),
            ("comment", "x"),
        ] {
            comments.push(key.to_owned(), value.to_owned());
        }
        assert_eq!(
            fields(&comments),
            Fields {
                album: Some(String::new()),
                artist: Some("A=B".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3/12".to_owned()),
                date: Some(Date::Text("c. 1975".to_owned())),
                disc: Some("1".to_owned()),
            }
        );
    }
}
