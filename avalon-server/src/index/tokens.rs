//! The token rule of the contract's search, as suffixes of one buffer.
//!
//! In: the search form of a name. Out: bytes that hold every token of it, and the positions at
//! which tokens begin. The tokens are the whole form with its white space as it is, each word, and
//! each trailing portion of two words or more from the second word on, joined by one space. A query
//! matches where it is a prefix of a token (CONTRACT, Search).
//!
//! Since only prefixes count, few positions cover all tokens. A word is a prefix of the portion that
//! begins with it, and the first word is a prefix of the whole form, so words need none of their
//! own; where the words are parted by single spaces, the portions are suffixes of the whole form.

use avalon_core::text::words;
use memchr::memchr_iter;

/// Ends every text in the buffer. It is in no UTF-8, so that no query matches across it.
pub(crate) const END: u8 = 0xff;

/// Appends `form` to `text` and calls `start` with each position at which a match may begin. An empty
/// form has none, and its terminator all the same.
pub(crate) fn append(form: &str, text: &mut Vec<u8>, mut start: impl FnMut(usize)) {
    if form.is_empty() {
        text.push(END);
        return;
    }
    let whole = text.len();
    start(whole);
    text.extend_from_slice(form.as_bytes());
    text.push(END);
    if is_joined_by_single_spaces(form) {
        memchr_iter(b' ', form.as_bytes()).for_each(|at| start(whole + at + 1));
        return;
    }
    let mut after_first = words(form).skip(1).peekable();
    while let Some(word) = after_first.next() {
        start(text.len());
        text.extend_from_slice(word.as_bytes());
        text.push(if after_first.peek().is_some() {
            b' '
        } else {
            END
        });
    }
}

/// Bytes that are no white space but for the space, and begin none: not control characters, nor what U+0085 and
/// U+00A0, U+1680, U+2000 to U+205F, and U+3000 begin with.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < b' ' as usize {
        plain[byte] = false;
        byte += 1;
    }
    plain[0xc2] = false;
    plain[0xe1] = false;
    plain[0xe2] = false;
    plain[0xe3] = false;
    plain
};

/// Whether `form`, which has no outer white space, equals its words joined by one space.
fn is_joined_by_single_spaces(form: &str) -> bool {
    // Most forms have no other white space, which is seen sooner than where words are.
    let mut before = 0;
    let is_seen = form.bytes().all(|byte| {
        let is_plain = PLAIN[usize::from(byte)] && (byte != b' ' || before != b' ');
        before = byte;
        is_plain
    });
    if is_seen {
        return true;
    }
    let mut end = None;
    words(form).all(|word| {
        let at = word.as_ptr() as usize - form.as_ptr() as usize;
        let regular = match end {
            None => at == 0,
            Some(end) => at == end + 1 && form.as_bytes()[end] == b' ',
        };
        end = Some(at + word.len());
        regular
    })
}

#[cfg(test)]
mod tests {
    use avalon_core::text::{is_space, search_form};
    use proptest::prelude::*;

    use super::*;

    fn suffixes(name: &str) -> Vec<String> {
        let mut text = Vec::new();
        let mut starts = Vec::new();
        append(&search_form(name), &mut text, |at| starts.push(at));
        let suffix = |&at: &usize| {
            let rest = text[at..].split(|&byte| byte == END).next().unwrap();
            String::from_utf8(rest.to_vec()).unwrap()
        };
        starts.iter().map(suffix).collect()
    }

    #[test]
    fn every_token_is_a_prefix_of_a_suffix() {
        for (name, expected) in [
            ("", &[][..]),
            (" \t\u{301} ", &[]),
            ("Punk", &["punk"]),
            (" This is Up ", &["this is up", "is up", "up"]),
            (
                "Double  Space   Name",
                &["double  space   name", "space name", "name"],
            ),
            ("a\tb c", &["a\tb c", "b c", "c"]),
            ("a b\u{a0}c", &["a b\u{a0}c", "b c", "c"]),
            ("a\u{1c}b", &["a\u{1c}b", "b"]),
            ("a\u{3000}", &["a"]),
            ("a\u{3000}b c", &["a\u{3000}b c", "b c", "c"]),
            ("a\u{2003}b", &["a\u{2003}b", "b"]),
            ("a\u{1680}b", &["a\u{1680}b", "b"]),
            ("a\u{85}b", &["a\u{85}b", "b"]),
            ("a\0b c", &["a\0b c", "c"]),
            ("¿Qué? ああ —", &["¿que? ああ —", "ああ —", "—"]),
        ] {
            assert_eq!(suffixes(name), expected, "{name:?}");
        }
    }

    #[test]
    fn no_white_space_but_the_space_begins_with_a_plain_byte() {
        for c in ('\0'..=char::MAX).filter(|&c| is_space(c) && c != ' ') {
            let mut bytes = [0; 4];
            let first = c.encode_utf8(&mut bytes).as_bytes()[0];
            assert!(!PLAIN[usize::from(first)], "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn words_are_joined_by_single_spaces_where_that_gives_the_form(
            text in "[ab éあ\0\t\u{85}\u{a0}\u{1680}\u{2003}\u{2028}\u{3000}—]{1,8}",
        ) {
            let form = search_form(&text);
            let joined = words(&form).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(form.is_empty() || is_joined_by_single_spaces(&form), joined == form);
        }
    }
}
