//! Vorbis comments: the tags of Ogg files and of FLAC.
//!
//! In: comments that lofty read. Out: a [`Tag`]. Keys are the same in any case; of a repeated key
//! the first value counts for the original's fields (lofty's generic tag would give the last), and
//! all of them for lists. Comments that are not UTF-8, which lofty leaves out, are kept as the
//! original did: with U+FFFD.

use std::borrow::Cow;

use lofty::ogg::tag::VorbisComments;

use super::details::Items;
use super::fields::{Date, Fields};
use super::tag::Tag;

/// What the comments say.
pub fn read(comments: &VorbisComments) -> Tag {
    let all = comments.items();
    let mut items = Items::with_capacity(all.len());
    for (key, value) in all {
        items.add_named(key, std::iter::once(value));
    }
    Tag {
        fields: fields(comments),
        details: items.into_details(),
    }
}

fn fields(comments: &VorbisComments) -> Fields {
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

/// Whether lofty left nothing out of a packet: so many comments were found as it says.
pub fn is_whole(mut packet: &[u8], found: &VorbisComments) -> bool {
    let packet = &mut packet;
    let count = piece(packet).and_then(|_| number(packet));
    count.is_some_and(|count| count as usize == found.items().len())
}

/// All comments of a packet, or of a FLAC's block, if some of them are not UTF-8: with U+FFFD in
/// the place of what cannot be decoded. `None` where lofty leaves nothing out.
pub fn repaired(mut packet: &[u8]) -> Option<VorbisComments> {
    let packet = &mut packet;
    piece(packet)?;
    let count = number(packet)?;
    let mut comments = VorbisComments::new();
    let mut is_damaged = false;
    for _ in 0..count {
        let Some(comment) = piece(packet) else { break };
        let text = String::from_utf8_lossy(comment);
        is_damaged |= matches!(text, Cow::Owned(_));
        if let Some((key, value)) = text.split_once('=') {
            comments.push(key.to_owned(), value.to_owned());
        }
    }
    is_damaged.then_some(comments)
}

/// Four bytes, little end first.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}

/// As many bytes as the number before them says.
fn piece<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let size = number(rest)? as usize;
    let (piece, after) = rest.split_at_checked(size)?;
    *rest = after;
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_are_not_utf_8_are_kept() {
        let packet = |comments: &[&[u8]]| {
            let mut packet = [&b"\x01\0\0\0v"[..], &[comments.len() as u8, 0, 0, 0]].concat();
            for comment in comments {
                packet.extend([comment.len() as u8, 0, 0, 0]);
                packet.extend(*comment);
            }
            packet
        };
        let good = packet(&[b"title=caf\xc3\xa9"]);
        let bad = packet(&[b"artist=A", b"title=caf\xe9", b"no key", b"TITLE=B"]);
        let claiming = [&b"\0\0\0\0\xff\xff\xff\xff"[..], &bad[9..]].concat();
        for (name, packet, title) in [
            ("all are UTF-8", good, None),
            ("one is not", bad.clone(), Some("caf\u{fffd}")),
            ("more are promised", claiming, Some("caf\u{fffd}")),
            ("cut before it", bad[..20].to_vec(), None),
            ("cut in the number", bad[..7].to_vec(), None),
            ("nothing", vec![], None),
        ] {
            let fields = repaired(&packet).map(|comments| fields(&comments));
            let artist = fields.as_ref().and_then(|fields| fields.artist.as_deref());
            assert_eq!(artist, title.map(|_| "A"), "{name}");
            let found = fields.as_ref().and_then(|fields| fields.title.as_deref());
            assert_eq!(found, title, "{name}");
        }
    }

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
