//! Conditions: whether a client has the answer already (RFC 9110, 13.1.2).
//!
//! In: the header lines `If-None-Match` of a request, and the tag of the answer. Out: whether one of
//! them names it. A weak tag names it too: nginx makes ours weak where it compresses. What is no
//! list of tags names nothing from there on, so that its sender gets the answer.

use hyper::HeaderMap;
use hyper::header::IF_NONE_MATCH;

use super::tags::EntityTag;

/// Whether the client has the answer with this tag.
pub(super) fn has_it(headers: &HeaderMap, tag: &EntityTag) -> bool {
    let mut lines = headers.get_all(IF_NONE_MATCH).into_iter();
    lines.any(|line| names(line.as_bytes(), tag.as_bytes()))
}

/// Whether a line is `*`, or a list that names the tag.
fn names(line: &[u8], tag: &[u8]) -> bool {
    let mut rest = line.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while let Some((opaque, after)) = next_tag(rest) {
        if opaque == tag {
            return true;
        }
        rest = after;
    }
    false
}

/// The next tag of a list with its quotes, and what comes after its comma. Elements may be empty.
fn next_tag(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = list
        .iter()
        .position(|byte| *byte != b',' && !is_space(byte))?;
    let tag = &list[start..];
    let quoted = tag.strip_prefix(b"W/").unwrap_or(tag);
    let inside = quoted.strip_prefix(b"\"")?;
    // Commas are characters like others in there; spaces and controls are none.
    let length = inside
        .iter()
        .position(|&byte| byte <= b' ' || byte == b'"' || byte == 0x7f)?;
    let after = inside[length..].strip_prefix(b"\"")?;
    let opaque = &quoted[..length + 2];
    match after.iter().position(|byte| !is_space(byte)) {
        None => Some((opaque, &[])),
        Some(comma) if after[comma] == b',' => Some((opaque, &after[comma + 1..])),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::super::tags::Tags;
    use super::*;
    use crate::catalog::Collection;

    #[test]
    fn a_line_is_a_list_of_tags_or_a_star() {
        for (line, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            (" \t\"a\"\t ", true),
            ("*", true),
            (" * ", true),
            ("\"b\", \"a\"", true),
            ("\"b\",W/\"a\"", true),
            ("\"b\" \t,\t \"a\" , \"c\"", true),
            (",, ,\"a\",", true),
            ("\"\", \"a\"", true),
            ("\"x,y\", \"a\"", true),
            ("\"\\\", \"a\"", true),
            ("\"\u{e9}\", \"a\"", true),
            ("", false),
            (",", false),
            ("\"b\"", false),
            ("\"A\"", false),
            ("\"\"", false),
            ("a", false),
            ("\"a", false),
            ("a\"", false),
            ("'a'", false),
            ("W/a", false),
            ("w/\"a\"", false),
            ("W/ \"a\"", false),
            ("W/W/\"a\"", false),
            ("\"x,\"a\"", false),
            ("\"b\" \"a\"", false),
            ("\"b\";\"a\"", false),
            ("b, \"a\"", false),
            ("\"b c\", \"a\"", false),
            ("\"b\", *", false),
            ("**", false),
            ("\"*\"", false),
        ] {
            assert_eq!(names(line.as_bytes(), b"\"a\""), expected, "{line}");
        }
    }

    #[test]
    fn every_line_counts() {
        let tags = Tags::of(1);
        let tag = tags.list(Collection::Songs, "");
        let other = tags.list(Collection::Albums, "");
        let headers = |values: &[HeaderValue]| -> HeaderMap {
            let lines = values.iter().map(|value| (IF_NONE_MATCH, value.clone()));
            lines.collect()
        };
        let star = HeaderValue::from_static("*");
        let broken = HeaderValue::from_static("\"");
        for (values, expected) in [
            (&[][..], false),
            (&[other.header()], false),
            (&[tag.header()], true),
            (&[other.header(), tag.header()], true),
            (&[broken, tag.header()], true),
            (&[other.header(), star], true),
        ] {
            assert_eq!(has_it(&headers(values), &tag), expected, "{values:?}");
        }
    }
}
