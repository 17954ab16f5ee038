//! Track and disc numbers: `3`, `03` and `3/12` as 3.
//!
//! In: the text of a tag. Out: the number, or `None` where there is none to read. Everything that
//! the original read gives what it gave; the rest is rule S2 of the contract: the number where one
//! can be read. Digits of every script count, as they do in Python.

use avalon_core::text;

/// Python's `int()` refuses more digits than this, and so did the original.
const MOST_DIGITS: usize = 4300;

/// The number of a track or disc: the digits at the start, after white space.
///
/// A number above [`u64::MAX`] comes out as that; what is larger than a column is for the caller to
/// say. Negative numbers are none.
pub fn read(text: &str) -> Option<u64> {
    let text = text::trim(text);
    leading_number(text.strip_prefix('+').unwrap_or(text))
}

/// The number that the whole text is, as the original's `isdigit()` and `int()` take it.
pub(super) fn whole_number(text: &str) -> Option<u64> {
    let digits = text.chars().all(|c| text::decimal_digit(c).is_some());
    (digits && !text.is_empty())
        .then(|| leading_number(text))
        .flatten()
}

fn leading_number(text: &str) -> Option<u64> {
    let mut number: u64 = 0;
    let mut digits = 0;
    for digit in text.chars().map_while(text::decimal_digit) {
        number = number.saturating_mul(10).saturating_add(u64::from(digit));
        digits += 1;
    }
    (1..=MOST_DIGITS).contains(&digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_there_is_one() {
        for (text, expected) in [
            // What the original read.
            ("3", Some(3)),
            ("03", Some(3)),
            ("0", Some(0)),
            ("00", Some(0)),
            ("3/12", Some(3)),
            ("3/0", Some(3)),
            ("03/12x", Some(3)),
            ("٣", Some(3)),
            ("٣/١٢", Some(3)),
            ("999999", Some(999_999)),
            ("4294967296", Some(4_294_967_296)),
            ("9223372036854775807", Some(i64::MAX as u64)),
            // S2: it dropped the file.
            (" 8", Some(8)),
            ("8 ", Some(8)),
            ("8/", Some(8)),
            ("1 of 12", Some(1)),
            ("\t4\n", Some(4)),
            ("+5", Some(5)),
            ("1.5", Some(1)),
            ("12a", Some(12)),
            ("9223372036854775808", Some(1 << 63)),
            ("99999999999999999999", Some(u64::MAX)),
            ("A1", None),
            ("", None),
            (" ", None),
            ("/12", None),
            ("-1", None),
            ("+", None),
            ("²", None),
            ("三", None),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_number_of_thousands_of_digits_is_none() {
        assert_eq!(read(&"9".repeat(4300)), Some(u64::MAX));
        assert_eq!(read(&"9".repeat(4301)), None);
    }

    #[test]
    fn only_digits_are_a_whole_number() {
        for (text, expected) in [
            ("1994", Some(1994)),
            ("١٩٩٤", Some(1994)),
            ("", None),
            ("1994 ", None),
            ("+1994", None),
            ("²", None),
        ] {
            assert_eq!(whole_number(text), expected, "{text:?}");
        }
    }
}
