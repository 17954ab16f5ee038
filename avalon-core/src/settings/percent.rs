//! One conversion of Python's `%` formatting: `-20s`, `03d`, `.2f`.
//!
//! In: what stands behind `%(name)`, read once; then values. Out: their text, as Python writes it.
//! Widths and precisions have a bound, so that a setting cannot ask for a line of gigabytes.

use std::borrow::Cow;
use std::fmt::Write;
use std::iter::Peekable;
use std::str::CharIndices;

/// The most that a width or a precision may be.
const MOST: usize = 1000;

/// A value to convert.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Real(f64),
}

/// What a value is before there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Real,
}

/// Flags, width, precision and letter of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conversion {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Conversion {
    /// Reads a conversion up to and with its letter, for values of `kind`.
    ///
    /// # Errors
    /// What is wrong with it, to go behind the attribute's name.
    pub(crate) fn parse(
        text: &mut Peekable<CharIndices<'_>>,
        kind: Kind,
    ) -> Result<Self, &'static str> {
        let mut conversion = Self {
            left: false,
            zero: false,
            plus: false,
            space: false,
            alternate: false,
            width: 0,
            precision: None,
            letter: 's',
        };
        while let Some((_, flag)) = text.next_if(|(_, c)| "-0+ #".contains(*c)) {
            match flag {
                '-' => conversion.left = true,
                '0' => conversion.zero = true,
                '+' => conversion.plus = true,
                ' ' => conversion.space = true,
                _ => conversion.alternate = true,
            }
        }
        conversion.width = number(text)?.unwrap_or(0);
        if text.next_if(|(_, c)| *c == '.').is_some() {
            conversion.precision = Some(number(text)?.unwrap_or(0));
        }
        // Python reads C's length modifiers and ignores them.
        text.next_if(|(_, c)| "hlL".contains(*c));
        conversion.letter = match (text.next().map(|(_, c)| c), kind) {
            (None, _) => return Err("the format ends before its conversion, such as s or d"),
            (Some(letter @ ('s' | 'r' | 'a')), _)
            | (
                Some(letter @ ('d' | 'i' | 'u' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G')),
                Kind::Integer | Kind::Real,
            )
            | (Some(letter @ ('o' | 'x' | 'X' | 'c')), Kind::Integer) => letter,
            (Some(_), Kind::Text) => return Err("a text takes the conversion s, r or a"),
            (Some(_), Kind::Integer) => return Err("a number takes the conversion d, x, f or s"),
            (Some(_), Kind::Real) => return Err("a number with a fraction takes f, d, e, g or s"),
        };
        Ok(conversion)
    }

    /// Appends `field` as Python's `%` operator writes it.
    pub(crate) fn write(&self, field: &Field<'_>, out: &mut String) {
        match (field, self.letter) {
            (Field::Integer(value), 'd' | 'i' | 'u') => self.integer(*value, out),
            (Field::Real(value), 'd' | 'i' | 'u') => self.integer(value.trunc() as i64, out),
            (Field::Integer(value), 'o' | 'x' | 'X') => self.integer(*value, out),
            (Field::Integer(value), 'c') => {
                let c = u32::try_from(*value).ok().and_then(char::from_u32);
                self.pad(
                    c.unwrap_or(char::REPLACEMENT_CHARACTER)
                        .encode_utf8(&mut [0; 4]),
                    out,
                );
            }
            (Field::Integer(value), 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                self.real(*value as f64, out);
            }
            (Field::Real(value), 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => self.real(*value, out),
            (Field::Integer(value), _) => self.text(&value.to_string(), out),
            // The shortest digits that read back as the same number, as in Python.
            (Field::Real(value), _) => self.text(&format!("{value:?}"), out),
            (Field::Text(value), 'r') => self.text(&repr(value, false), out),
            (Field::Text(value), 'a') => self.text(&repr(value, true), out),
            (Field::Text(value), _) => self.text(value, out),
        }
    }

    fn text(&self, text: &str, out: &mut String) {
        let end = self
            .precision
            .and_then(|most| text.char_indices().nth(most))
            .map_or(text.len(), |(at, _)| at);
        self.pad(&text[..end], out);
    }

    fn integer(&self, value: i64, out: &mut String) {
        let size = value.unsigned_abs();
        let (prefix, digits) = match self.letter {
            'o' => ("0o", format!("{size:o}")),
            'x' => ("0x", format!("{size:x}")),
            'X' => ("0X", format!("{size:X}")),
            _ => ("", size.to_string()),
        };
        let prefix = if self.alternate { prefix } else { "" };
        let digits = format!("{digits:0>least$}", least = self.precision.unwrap_or(0));
        self.signed(value < 0, prefix, &digits, out);
    }

    fn real(&self, value: f64, out: &mut String) {
        let precision = self.precision.unwrap_or(6);
        let size = value.abs();
        let digits = match self.letter {
            'f' | 'F' => format!("{size:.precision$}"),
            'e' | 'E' => exponential(size, precision),
            _ => general(size, precision, self.alternate),
        };
        let digits = match self.letter {
            'E' | 'G' => digits.to_uppercase(),
            _ => digits,
        };
        let point = self.alternate && precision == 0 && matches!(self.letter, 'f' | 'F');
        let digits = if point { digits + "." } else { digits };
        self.signed(value.is_sign_negative(), "", &digits, out);
    }

    /// Sign, prefix and digits, with the zeros of the flag `0` between them.
    fn signed(&self, negative: bool, prefix: &str, digits: &str, out: &mut String) {
        let sign = match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let zeros = if self.zero && !self.left {
            (self.width).saturating_sub(sign.len() + prefix.len() + digits.len())
        } else {
            0
        };
        self.pad(&format!("{sign}{prefix}{}{digits}", "0".repeat(zeros)), out);
    }

    fn pad(&self, text: &str, out: &mut String) {
        let spaces = self.width.saturating_sub(text.chars().count());
        let (before, behind) = if self.left { (0, spaces) } else { (spaces, 0) };
        out.extend(std::iter::repeat_n(' ', before));
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', behind));
    }
}

/// Digits up to something else; `None` where there are none.
fn number(text: &mut Peekable<CharIndices<'_>>) -> Result<Option<usize>, &'static str> {
    if text.peek().is_some_and(|(_, c)| *c == '*') {
        return Err("* is no width or precision that a log format could fill in");
    }
    let mut value = None;
    while let Some((_, digit)) = text.next_if(|(_, c)| c.is_ascii_digit()) {
        let digit = digit.to_digit(10).unwrap_or(0) as usize;
        let sum = value.unwrap_or(0) * 10 + digit;
        if sum > MOST {
            return Err("a width or precision may be at most 1000");
        }
        value = Some(sum);
    }
    Ok(value)
}

/// `%e`: Rust writes `1.5e2`, C and Python `1.5e+02`.
fn exponential(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

/// `%g`: the shorter of `%f` and `%e`, without trailing zeros unless `alternate`.
fn general(size: f64, precision: usize, alternate: bool) -> String {
    let significant = precision.max(1);
    let rounded = format!("{size:.*e}", significant - 1);
    let exponent = rounded
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse::<i32>().ok())
        .unwrap_or(0);
    let fixed = usize::try_from(significant as i32 - 1 - exponent);
    let (digits, exponent) = match fixed {
        Ok(decimals) if exponent >= -4 => (format!("{size:.decimals$}"), String::new()),
        _ => {
            let text = exponential(size, significant - 1);
            match text.split_once('e') {
                Some((digits, exponent)) => (digits.to_owned(), format!("e{exponent}")),
                None => (text, String::new()),
            }
        }
    };
    if alternate || !digits.contains('.') {
        return digits + &exponent;
    }
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}{exponent}")
}

/// Python's `repr` of a text, or its `ascii`.
fn repr(text: &str, ascii: bool) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        // Writing into a String cannot fail.
        let _ = match c {
            '\\' => write!(out, "\\\\"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            c if c == quote => write!(out, "\\{c}"),
            c if c.is_control() || (ascii && !c.is_ascii()) => match c as u32 {
                code @ 0..0x100 => write!(out, "\\x{code:02x}"),
                code @ 0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
                code => write!(out, "\\U{code:08x}"),
            },
            c => write!(out, "{c}"),
        };
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(conversion: &str, field: &Field<'_>) -> Result<String, &'static str> {
        let kind = match field {
            Field::Text(_) => Kind::Text,
            Field::Integer(_) => Kind::Integer,
            Field::Real(_) => Kind::Real,
        };
        let mut out = String::new();
        Conversion::parse(&mut conversion.char_indices().peekable(), kind)?.write(field, &mut out);
        Ok(out)
    }

    #[test]
    fn texts_are_padded_and_cut_as_in_python() {
        for (conversion, value, expected) in [
            ("s", "INFO", "INFO"),
            ("8s", "INFO", "    INFO"),
            ("-8s", "INFO", "INFO    "),
            ("08s", "INFO", "    INFO"),
            (".2s", "INFO", "IN"),
            ("-5.2s", "éàü", "éà   "),
            ("r", "it's", "\"it's\""),
            ("r", "it's \"so\"\n\u{1}", r#"'it\'s "so"\n\x01'"#),
            ("a", "aé€😀", r"'a\xe9\u20ac\U0001f600'"),
            ("ls", "x", "x"),
        ] {
            let field = Field::Text(value.into());
            assert_eq!(
                convert(conversion, &field),
                Ok(expected.to_owned()),
                "{conversion}"
            );
        }
    }

    #[test]
    fn whole_numbers_are_written_as_in_python() {
        for (conversion, value, expected) in [
            ("d", 42, "42"),
            ("i", -42, "-42"),
            ("05d", 42, "00042"),
            ("05d", -42, "-0042"),
            ("-5d", 42, "42   "),
            ("-05d", 42, "42   "),
            ("+d", 42, "+42"),
            (" d", 42, " 42"),
            ("+05d", 42, "+0042"),
            (".4d", 42, "0042"),
            ("8.4d", 42, "    0042"),
            ("08.4d", 42, "00000042"),
            ("x", 255, "ff"),
            ("#X", 255, "0XFF"),
            ("#08x", 255, "0x0000ff"),
            ("#o", 8, "0o10"),
            ("s", 42, "42"),
            ("5s", 42, "   42"),
            ("c", 65, "A"),
            (".1f", 42, "42.0"),
        ] {
            let got = convert(conversion, &Field::Integer(value));
            assert_eq!(got, Ok(expected.to_owned()), "{conversion} of {value}");
        }
    }

    #[test]
    fn fractions_are_written_as_in_python() {
        for (conversion, value, expected) in [
            ("f", 1.5, "1.500000"),
            (".0f", 2.5, "2"),
            ("#.0f", 2.5, "2."),
            ("03d", 7.9, "007"),
            ("d", -7.9, "-7"),
            ("09.2f", 1234.567, "001234.57"),
            ("e", 1234.567, "1.234567e+03"),
            (".2E", 0.00012, "1.20E-04"),
            ("g", 1234.5, "1234.5"),
            ("g", 1_234_567.0, "1.23457e+06"),
            ("g", 0.0001, "0.0001"),
            ("g", 0.00001, "1e-05"),
            ("g", 0.0, "0"),
            ("#g", 1.0, "1.00000"),
            (".0g", 123.0, "1e+02"),
            ("g", 999_999.5, "1e+06"),
            ("s", 123.0, "123.0"),
            ("s", 1_732_149_788.125, "1732149788.125"),
        ] {
            let got = convert(conversion, &Field::Real(value));
            assert_eq!(got, Ok(expected.to_owned()), "{conversion} of {value}");
        }
    }

    #[test]
    fn a_conversion_that_python_would_refuse_is_refused() {
        let text = Field::Text("x".into());
        for (conversion, field) in [
            ("d", &text),
            ("c", &text),
            ("f", &text),
            ("q", &text),
            ("", &text),
            ("5", &text),
            ("*s", &text),
            (".*s", &text),
            ("1001s", &text),
            (".99999999999999999999s", &text),
            ("%", &text),
            ("x", &Field::Real(1.0)),
            ("c", &Field::Real(1.0)),
            ("q", &Field::Integer(1)),
        ] {
            assert!(
                convert(conversion, field).is_err(),
                "{conversion} of {field:?}"
            );
        }
    }
}
