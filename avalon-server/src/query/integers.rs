//! Integers as Python's `int()` reads them from a text (CONTRACT, Parameters).
//!
//! In: the value of `limit` or `offset`. Out: an integer of any size, or nothing where Python would
//! raise a ValueError: white space around, a sign, single underscores between digits, digits of any
//! script, at most 4,300 of them.

use std::fmt;

use avalon_core::text::{decimal_digit, is_space};

/// CPython's bound on the digits of a text that it converts; leading zeros count.
const MAX_DIGITS: usize = 4300;

/// An integer of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integer {
    negative: bool,
    /// ASCII, without leading zeros, not empty.
    digits: String,
}

impl Integer {
    /// Reads a text; `None` where it is no integer to Python.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(is_skipped);
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let mut read = String::new();
        // Groups are parted by single underscores, so none is empty.
        for group in digits.split('_') {
            if group.is_empty() || read.len() + group.len() > MAX_DIGITS * char::MAX.len_utf8() {
                return None;
            }
            for c in group.chars() {
                read.push(char::from(b'0' + decimal_digit(c)?));
            }
        }
        if read.len() > MAX_DIGITS {
            return None;
        }
        let digits = match read.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        Some(Self {
            negative: negative && digits != "0",
            digits: digits.to_owned(),
        })
    }

    /// Whether it is less than 0.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// As a number of elements: no list is as long as the largest.
    pub fn saturating(&self) -> usize {
        if self.negative {
            return 0;
        }
        self.digits.parse().unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.negative { "-" } else { "" })?;
        f.write_str(&self.digits)
    }
}

/// White space that `int()` skips: as `str.strip()`, but of ASCII only what C's isspace knows.
fn is_skipped(c: char) -> bool {
    is_space(c) && !matches!(c, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_python_reads_them() {
        let nines = "9".repeat(4300);
        for (text, expected) in [
            ("0", "0"),
            ("+5", "5"),
            (" 5 ", "5"),
            ("\t\n5\r\u{b}\u{c}", "5"),
            ("01", "1"),
            ("-0", "0"),
            ("-00", "0"),
            ("-1", "-1"),
            ("1_0", "10"),
            ("0_0", "0"),
            ("1_2_3", "123"),
            ("٣", "3"),
            ("１２", "12"),
            ("1٣", "13"),
            ("+٣", "3"),
            ("३", "3"),
            ("\u{a0}7\u{3000}", "7"),
            ("\u{85}7", "7"),
            ("\u{2000}7", "7"),
            ("18446744073709551616", "18446744073709551616"),
            (&nines, &nines),
            (&format!("-{nines}"), &format!("-{nines}")),
            (&format!("{}7", "0".repeat(4299)), "7"),
            (&"1_".repeat(99)[..197], &"1".repeat(99)),
        ] {
            let read = Integer::parse(text).map(|integer| integer.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for text in [
            "",
            " ",
            "1.0",
            "1e3",
            "0x10",
            "_1",
            "1_",
            "1__0",
            "-_1",
            "²",
            "①",
            "三",
            "1\0",
            "\u{1c}1",
            "1\u{1f}",
            "\u{1c}٣",
            "\u{200b}1",
            "\u{feff}1",
            "\u{2212}1",
            "--1",
            "+-1",
            "+ 1",
            "- 1",
            "1 2",
            "1,2",
            "None",
            "+",
            "-",
            "_",
            "\u{7f}1",
            "１.０",
            &"0".repeat(4301),
            &"9".repeat(4301),
            &"٣".repeat(4301),
        ] {
            assert_eq!(Integer::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn huge_integers_count_as_the_largest() {
        for (text, expected) in [
            ("-5", 0),
            ("0", 0),
            ("007", 7),
            ("18446744073709551615", usize::MAX),
            ("18446744073709551616", usize::MAX),
        ] {
            assert_eq!(
                Integer::parse(text).unwrap().saturating(),
                expected,
                "{text}"
            );
        }
    }
}
