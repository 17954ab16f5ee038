//! Entity tags: which bytes an answer has, without making them (RFC 9110, 8.8.3).
//!
//! In: the digest of the library's content, and what is asked for. Out: strong tags. Two answers
//! share one only if they are the same bytes: the release and the version of its rendering are part
//! of every tag, and so is the content coding, of which there is one.

use hyper::header::HeaderValue;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use crate::catalog::Collection;

/// Bumped whenever the same library is rendered to other bytes by the same version of this program; a test
/// of the service holds it to the bytes of many answers.
pub(super) const RENDERING: u32 = 3;

/// The one coding that answers are sent in.
const CODING: &str = "identity";

/// What all tags of one library are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tags([u8; 16]);

/// A tag as it stands in headers, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EntityTag([u8; 34]);

impl Tags {
    /// For a library whose content has this digest.
    pub(super) fn of(digest: u128) -> Self {
        Self::rendered_by(digest, env!("CARGO_PKG_VERSION"), RENDERING)
    }

    fn rendered_by(digest: u128, version: &str, rendering: u32) -> Self {
        let said = format!("{version}\0{rendering}\0{CODING}\0{digest:032x}");
        Self(XxHash3_128::oneshot(said.as_bytes()).to_be_bytes())
    }

    /// The tag of a list, by the query string as it was sent.
    pub(super) fn list(&self, collection: Collection, query_string: &str) -> EntityTag {
        let kind = match collection {
            Collection::Albums => b'b',
            Collection::Artists => b'a',
            Collection::Genres => b'g',
            Collection::Songs => b's',
        };
        // Hashed by itself first: so the rest is of one size, and needs no memory.
        let asked = XxHash3_128::oneshot(query_string.as_bytes());
        self.tag(kind, asked)
    }

    /// The tag of all that is known of one track; `details` is the digest of what lists do not show.
    pub(super) fn song(&self, id: Uuid, details: u128) -> EntityTag {
        let both = [id.into_bytes(), details.to_be_bytes()];
        self.tag(b'1', XxHash3_128::oneshot(both.as_flattened()))
    }

    /// The tag of bytes that do not come from the library.
    pub(super) fn of_bytes(bytes: &[u8]) -> EntityTag {
        EntityTag::of(XxHash3_128::oneshot(bytes))
    }

    /// The tag of what a search finds, by the query string as it was sent; `search` is the digest of what
    /// searches depend on and lists do not show.
    pub(super) fn search(&self, query_string: &str, search: u128) -> EntityTag {
        self.tag(b'f', query_and(query_string, search))
    }

    /// The tag of suggestions, likewise.
    pub(super) fn suggestions(&self, query_string: &str, search: u128) -> EntityTag {
        self.tag(b't', query_and(query_string, search))
    }

    fn tag(&self, kind: u8, asked: u128) -> EntityTag {
        let mut bytes = [kind; 33];
        bytes[1..17].copy_from_slice(&self.0);
        bytes[17..].copy_from_slice(&asked.to_be_bytes());
        EntityTag::of(XxHash3_128::oneshot(&bytes))
    }
}

/// A digest of a query string and of another digest.
fn query_and(query_string: &str, digest: u128) -> u128 {
    let asked = XxHash3_128::oneshot(query_string.as_bytes());
    let both = [asked.to_be_bytes(), digest.to_be_bytes()];
    XxHash3_128::oneshot(both.as_flattened())
}

impl EntityTag {
    fn of(digest: u128) -> Self {
        let mut text = [b'"'; 34];
        for (pair, byte) in text[1..33].chunks_exact_mut(2).zip(digest.to_be_bytes()) {
            pair[0] = hex(byte >> 4);
            pair[1] = hex(byte & 0xf);
        }
        Self(text)
    }

    /// The bytes, quotes included.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the value of a header.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).expect("quotes and hexadecimal digits may be sent")
    }
}

fn hex(digit: u8) -> u8 {
    b"0123456789abcdef"[usize::from(digit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_change_the_bytes_changes_the_tag() {
        let tags = |digest| Tags::rendered_by(digest, "1.0.0", 1);
        let plain = tags(7).list(Collection::Songs, "limit=1");
        assert_eq!(tags(7).list(Collection::Songs, "limit=1"), plain);
        let others = [
            tags(8).list(Collection::Songs, "limit=1"),
            tags(7).list(Collection::Albums, "limit=1"),
            tags(7).list(Collection::Artists, "limit=1"),
            tags(7).list(Collection::Genres, "limit=1"),
            tags(7).list(Collection::Songs, ""),
            tags(7).song(Uuid::from_u128(1), 1),
            tags(7).song(Uuid::from_u128(1), 2),
            tags(7).song(Uuid::from_u128(2), 1),
            tags(8).song(Uuid::from_u128(1), 1),
            tags(7).search("limit=1", 1),
            tags(7).search("limit=1", 2),
            tags(7).search("limit=2", 1),
            tags(8).search("limit=1", 1),
            tags(7).suggestions("limit=1", 1),
            tags(7).suggestions("limit=1", 2),
            tags(7).suggestions("limit=2", 1),
            tags(8).suggestions("limit=1", 1),
            tags(7).list(Collection::Songs, "limit=2"),
            tags(7).list(Collection::Songs, &"limit=1&".repeat(1000)),
            Tags::rendered_by(7, "1.0.1", 1).list(Collection::Songs, "limit=1"),
            Tags::rendered_by(7, "1.0.0", 2).list(Collection::Songs, "limit=1"),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(*other, plain, "{at}");
            assert!(!others[..at].contains(other), "{at}");
        }
    }

    #[test]
    fn a_tag_is_32_hexadecimal_digits_in_quotes() {
        let tag = EntityTag::of(0x0123_4567_89ab_cdef_0000_0000_0000_00ff);
        let expected = "\"0123456789abcdef00000000000000ff\"";
        assert_eq!(tag.as_bytes(), expected.as_bytes());
        assert_eq!(tag.header(), expected);
    }
}
