//! The two forms of a name, and the parts of Python's text rules that they stand on.
//!
//! In: a name as the tags spell it. Out: [`lower`], which ids and exact matches are made of, and
//! [`search_form`], which the prefix search and the default order are made of. The two are never
//! interchangeable: `lower` keeps accents and outer spaces, `search_form` does not.
//!
//! What stays true: every function gives, bit by bit, what Python 3.11 (Unicode 14.0) gives, since
//! ids that clients have stored depend on it. Characters that later versions of Unicode assigned or
//! changed pass through untouched, as they do there.

use std::borrow::Cow;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Characters on which this program's Unicode tables and Unicode 14.0 disagree in lower case,
/// canonical decomposition or category Mn; inclusive ranges, ascending. All of them but U+1171E
/// were unassigned in Unicode 14.0.
const NEWER_THAN_UNICODE_14: &[(char, char)] = &[
    ('\u{5c8}', '\u{5c9}'),
    ('\u{897}', '\u{897}'),
    ('\u{b53}', '\u{b54}'),
    ('\u{ece}', '\u{ece}'),
    ('\u{1acf}', '\u{1af0}'),
    ('\u{1c89}', '\u{1c89}'),
    ('\u{a7cb}', '\u{a7cc}'),
    ('\u{a7ce}', '\u{a7ce}'),
    ('\u{a7d2}', '\u{a7d2}'),
    ('\u{a7d4}', '\u{a7d4}'),
    ('\u{a7da}', '\u{a7da}'),
    ('\u{a7dc}', '\u{a7dc}'),
    ('\u{105c9}', '\u{105c9}'),
    ('\u{105e4}', '\u{105e4}'),
    ('\u{10d50}', '\u{10d65}'),
    ('\u{10d69}', '\u{10d6d}'),
    ('\u{10ecb}', '\u{10ecf}'),
    ('\u{10ef0}', '\u{10eff}'),
    ('\u{11241}', '\u{11241}'),
    ('\u{11383}', '\u{11383}'),
    ('\u{11385}', '\u{11385}'),
    ('\u{1138e}', '\u{1138e}'),
    ('\u{11391}', '\u{11391}'),
    ('\u{113bb}', '\u{113c0}'),
    ('\u{113c5}', '\u{113c5}'),
    ('\u{113c7}', '\u{113c8}'),
    ('\u{113ce}', '\u{113ce}'),
    ('\u{113d0}', '\u{113d0}'),
    ('\u{113d2}', '\u{113d2}'),
    ('\u{113e1}', '\u{113e2}'),
    ('\u{1171e}', '\u{1171e}'),
    ('\u{11b60}', '\u{11b60}'),
    ('\u{11b62}', '\u{11b64}'),
    ('\u{11b66}', '\u{11b66}'),
    ('\u{11df0}', '\u{11df0}'),
    ('\u{11f00}', '\u{11f01}'),
    ('\u{11f36}', '\u{11f3a}'),
    ('\u{11f40}', '\u{11f40}'),
    ('\u{11f42}', '\u{11f42}'),
    ('\u{11f5a}', '\u{11f5a}'),
    ('\u{13440}', '\u{13440}'),
    ('\u{13447}', '\u{13455}'),
    ('\u{1611e}', '\u{16129}'),
    ('\u{1612d}', '\u{1612f}'),
    ('\u{16d68}', '\u{16d6a}'),
    ('\u{16ea0}', '\u{16eb8}'),
    ('\u{1d127}', '\u{1d128}'),
    ('\u{1d25b}', '\u{1d25c}'),
    ('\u{1e08f}', '\u{1e08f}'),
    ('\u{1e4ec}', '\u{1e4ef}'),
    ('\u{1e5ee}', '\u{1e5ef}'),
    ('\u{1e6e3}', '\u{1e6e3}'),
    ('\u{1e6e6}', '\u{1e6e6}'),
    ('\u{1e6ee}', '\u{1e6ef}'),
    ('\u{1e6f5}', '\u{1e6f5}'),
];

/// The zero of every run of ten decimal digits (general category Nd) in Unicode 14.0, ascending.
const DECIMAL_ZEROS: &[char] = &[
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// The lower case of a whole name: Python's `str.lower()`.
///
/// Ids and exact matches are made of it (CONTRACT, IDs). No trimming, no accent folding, no
/// normalisation; a capital sigma at the end of a word becomes `ς`, and `İ` becomes `i` followed by
/// U+0307.
///
/// ```
/// use avalon_core::text::lower;
/// assert_eq!(lower("Motörhead "), "motörhead ");
/// assert_eq!(lower("ΟΔΥΣΣΕΑΣ"), "οδυσσεας");
/// ```
pub fn lower(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    each_known_piece(name, |piece| Cow::Owned(piece.to_lowercase()))
}

/// The form of a text that searches compare: canonical decomposition, without non-spacing marks
/// (category Mn), in lower case, without outer white space (CONTRACT, Search).
///
/// Inner white space stays as it is.
///
/// ```
/// use avalon_core::text::search_form;
/// assert_eq!(search_form(" Björk "), "bjork");
/// assert_eq!(search_form("Straße"), "straße");
/// ```
pub fn search_form(text: &str) -> String {
    let mut form = String::new();
    append_search_form(text, &mut form);
    form
}

/// Appends the [`search_form`] of a text: of many, into one buffer.
pub fn append_search_form(text: &str, out: &mut String) {
    let start = out.len();
    if text.is_ascii() {
        out.push_str(trim(text));
        out[start..].make_ascii_lowercase();
        return;
    }
    // A space is no letter and no mark, so it bounds the context of every rule: one word that the kept forms do not
    // do for costs no other its time.
    for word in text.split_inclusive(' ') {
        if !append_kept_forms(word, out) {
            append_any_form(word, out);
        }
    }
    let end = out[start..].trim_end_matches(is_space).len();
    out.truncate(start + end);
    let outer = end - out[start..].trim_start_matches(is_space).len();
    out.drain(start..start + outer);
}

/// Appends a text character by character, with its outer white space; not where there are others in it than those whose
/// forms are kept.
fn append_kept_forms(text: &str, out: &mut String) -> bool {
    let folds = FOLDS.get_or_init(folds);
    let start = out.len();
    for c in text.chars() {
        let folded = match c {
            IDEOGRAPHS_FIRST..=IDEOGRAPHS_LAST => {
                out.push(c);
                continue;
            }
            _ => fold_place(c).and_then(|place| folds[place].as_deref()),
        };
        let Some(folded) = folded else {
            out.truncate(start);
            return false;
        };
        out.push_str(folded);
    }
    true
}

/// Appends the form of a text of any characters, with its outer white space.
fn append_any_form(text: &str, out: &mut String) {
    let unmarked = each_known_piece(text, |piece| {
        Cow::Owned(
            piece
                .nfd()
                .filter(|c| c.general_category() != GeneralCategory::NonspacingMark)
                .collect(),
        )
    });
    out.push_str(&lower(&unmarked));
}

/// The search forms of single characters, by [`fold_place`]; `None` where the neighbours of a character
/// matter. Names of such characters alone, which most are, need no normalisation.
static FOLDS: OnceLock<Vec<Option<Box<str>>>> = OnceLock::new();

/// Whose forms are kept, as inclusive ranges: Latin, Greek, Cyrillic; punctuation; kana.
const FOLDED: [(char, char); 3] = [
    ('\0', '\u{52f}'),
    ('\u{2000}', '\u{206f}'),
    ('\u{3000}', '\u{30ff}'),
];

/// Unified ideographs are their own forms: they have no marks and no case.
const IDEOGRAPHS_FIRST: char = '\u{4e00}';
const IDEOGRAPHS_LAST: char = '\u{9fff}';

/// Where the form of a character is kept.
fn fold_place(c: char) -> Option<usize> {
    let mut before = 0;
    for (first, last) in FOLDED {
        if (first..=last).contains(&c) {
            return Some(before + (u32::from(c) - u32::from(first)) as usize);
        }
        before += (u32::from(last) - u32::from(first)) as usize + 1;
    }
    None
}

fn folds() -> Vec<Option<Box<str>>> {
    let all = FOLDED.into_iter().flat_map(|(first, last)| first..=last);
    all.map(|c| {
        let is_mark = c.general_category() == GeneralCategory::NonspacingMark;
        // A capital sigma is written otherwise at the end of a word, and marks that stay change places.
        if c == '\u{3a3}' || (canonical_combining_class(c) != 0 && !is_mark) {
            return None;
        }
        // Between letters, so that white space stays.
        let mut form = String::new();
        append_any_form(&format!("x{c}x"), &mut form);
        Some(form[1..form.len() - 1].into())
    })
    .collect()
}

/// Whether Python's `str.isspace` holds for the character: Unicode white space, and the four
/// separators U+001C to U+001F that Rust's [`char::is_whitespace`] lacks.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// The text without white space at both ends: Python's `str.strip()`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The words of a text: Python's `str.split()`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// The value of a decimal digit of any script (category Nd), as Python's `int()` takes them:
/// `'٣'` is 3; `'²'`, `'①'` and `'三'` are none.
pub fn decimal_digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.to_digit(10).map(|digit| digit as u8);
    }
    let run = DECIMAL_ZEROS.partition_point(|&zero| zero <= c);
    let distance = u32::from(c) - u32::from(*DECIMAL_ZEROS.get(run.checked_sub(1)?)?);
    (distance < 10).then_some(distance as u8)
}

/// Applies `change` to each longest run of characters that Unicode 14.0 knows as this program's
/// tables do, and copies the others. An unassigned character is no letter and has no combining
/// class, so it bounds the context of both rules (final sigma, order of marks) and nothing is lost
/// by the cut.
fn each_known_piece<'a>(text: &'a str, change: impl Fn(&'a str) -> Cow<'a, str>) -> String {
    if !text.chars().any(is_newer_than_unicode_14) {
        return change(text).into_owned();
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, newer)) = rest
        .char_indices()
        .find(|&(_, c)| is_newer_than_unicode_14(c))
    {
        whole.push_str(&change(&rest[..at]));
        whole.push(newer);
        rest = &rest[at + newer.len_utf8()..];
    }
    whole.push_str(&change(rest));
    whole
}

fn is_newer_than_unicode_14(c: char) -> bool {
    let (first, _) = NEWER_THAN_UNICODE_14[0];
    if c < first {
        return false;
    }
    let run = NEWER_THAN_UNICODE_14.partition_point(|&(first, _)| first <= c);
    run > 0 && c <= NEWER_THAN_UNICODE_14[run - 1].1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lower_is_pythons_lower() {
        for (name, expected) in [
            ("", ""),
            ("Minor Threat", "minor threat"),
            (" A ", " a "),
            ("¡Uno!", "¡uno!"),
            ("İ", "i\u{307}"),
            ("I", "i"),
            ("ı", "ı"),
            ("ẞ", "ß"),
            ("Σ", "σ"),
            ("ΟΔΥΣΣΕΑΣ", "οδυσσεας"),
            ("ΣΑΣ ΣΑΣ", "σας σας"),
            ("É", "é"),
            ("E\u{301}", "e\u{301}"),
            // U+1C89 got its lower case in Unicode 16.0, U+10D50 its existence.
            ("\u{1c89}A", "\u{1c89}a"),
            ("\u{10d50}", "\u{10d50}"),
        ] {
            assert_eq!(lower(name), expected, "{name:?}");
        }
    }

    #[test]
    fn search_form_folds_as_the_contract_says() {
        for (text, expected) in [
            ("", ""),
            ("  Double  Space   Name ", "double  space   name"),
            ("\u{1c}x\u{1f}", "x"),
            ("\u{301}", ""),
            ("Motörhead", "motorhead"),
            ("İI\u{307}ıi", "iiıi"),
            ("ΟΔΥΣΣΕΑΣ", "οδυσσεας"),
            ("Σ", "σ"),
            ("й", "и"),
            ("ё", "е"),
            ("\u{212b}", "a"),
            ("\u{212a}", "k"),
            ("đ", "đ"),
            ("ŭ", "u"),
            ("ơ", "o"),
            ("하", "\u{1112}\u{1161}"),
            ("ﬁ", "ﬁ"),
            ("Ⅷ", "ⅷ"),
            ("a\u{fe0f}", "a"),
            ("a\u{200d}b\u{200b}", "a\u{200d}b\u{200b}"),
            // Mn since Unicode 14.0's successor, Mc before.
            ("a\u{1171e}", "a\u{1171e}"),
            ("É\u{897}É", "e\u{897}e"),
        ] {
            assert_eq!(search_form(text), expected, "{text:?}");
        }
    }

    #[test]
    fn white_space_is_pythons() {
        let spaces: Vec<u32> = (0..=0x0010_ffff)
            .filter(|&c| char::from_u32(c).is_some_and(is_space))
            .collect();
        let expected: Vec<u32> = [
            0x9..=0xd,
            0x1c..=0x20,
            0x85..=0x85,
            0xa0..=0xa0,
            0x1680..=0x1680,
            0x2000..=0x200a,
            0x2028..=0x2029,
            0x202f..=0x202f,
            0x205f..=0x205f,
            0x3000..=0x3000,
        ]
        .into_iter()
        .flatten()
        .collect();
        assert_eq!(spaces, expected);
    }

    #[test]
    fn decimal_digits_of_every_script_are_read() {
        for (c, expected) in [
            ('0', Some(0)),
            ('9', Some(9)),
            ('a', None),
            ('٣', Some(3)),
            ('५', Some(5)),
            ('７', Some(7)),
            ('𝟿', Some(9)),
            ('²', None),
            ('①', None),
            ('三', None),
            ('Ⅷ', None),
            // Kawi digits came with Unicode 15.0.
            ('\u{11f50}', None),
        ] {
            assert_eq!(decimal_digit(c), expected, "{c:?}");
        }
        let all = (0..=0x0010_ffff_u32)
            .filter_map(char::from_u32)
            .filter(|&c| decimal_digit(c).is_some());
        assert_eq!(all.count(), 660, "Unicode 14.0 has 660 decimal digits");
    }

    #[test]
    fn tables_are_in_ascending_order() {
        assert!(DECIMAL_ZEROS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            NEWER_THAN_UNICODE_14
                .iter()
                .all(|(first, last)| first <= last)
        );
        assert!(
            NEWER_THAN_UNICODE_14
                .windows(2)
                .all(|pair| pair[0].1 < pair[1].0)
        );
    }

    fn in_full(text: &str) -> String {
        let mut form = String::new();
        append_any_form(text, &mut form);
        trim(&form).to_owned()
    }

    #[test]
    fn every_character_is_folded_as_by_the_full_rule() {
        for c in ('\0'..=char::MAX).filter(|&c| c < '\u{30000}') {
            for text in [format!("{c}"), format!("é{c}"), format!(" {c}Ä\u{301}{c} ")] {
                assert_eq!(search_form(&text), in_full(&text), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn texts_are_folded_as_by_the_full_rule(
            text in "[ a-zA-Z\\t\u{a0}\u{1c}éÄİıßΣσςΟ\u{301}\u{345}\u{302e}ЙёがパＡ日本하\u{e94}ǅ'.각\u{1112}\u{1161}بא\u{5b0}\u{315}\u{f71}]{0,12}",
        ) {
            prop_assert_eq!(search_form(&text), in_full(&text));
        }
    }
}
