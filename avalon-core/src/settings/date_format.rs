//! LOG_DATE_FORMAT: a format of `strftime`, checked once.
//!
//! In: `%Y-%m-%dT%H:%M:%S`. Out: a [`DateFormat`] that writes a moment in a time zone as C's (and so
//! Python's) `strftime` does in the C locale. It knows no clock.

use std::fmt;
use std::str::FromStr;

use jiff::Zoned;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use thiserror::Error;

/// A checked LOG_DATE_FORMAT.
#[derive(Clone, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    /// `text` in jiff's words.
    pattern: String,
}

/// Why a text is no date format: what `strftime` does not know.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DateFormatError {
    /// Nothing would be written.
    #[error("is empty: write %Y-%m-%dT%H:%M:%S, for example")]
    Empty,
    /// A directive that there is not.
    #[error("is no strftime format: {0}")]
    Directive(String),
}

impl DateFormat {
    /// The text of a moment.
    pub(crate) fn text(&self, moment: &Zoned) -> String {
        // Parsing has written a moment with the same directives, which are all that could fail.
        write(&self.pattern, moment).unwrap_or_default()
    }
}

impl FromStr for DateFormat {
    type Err = DateFormatError;

    fn from_str(text: &str) -> Result<Self, DateFormatError> {
        if text.is_empty() {
            return Err(DateFormatError::Empty);
        }
        let pattern = pattern(text);
        write(&pattern, &Zoned::default())
            .map_err(|error| DateFormatError::Directive(error.to_string()))?;
        Ok(Self {
            text: text.to_owned(),
            pattern,
        })
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateFormat({:?})", self.text)
    }
}

fn write(pattern: &str, moment: &Zoned) -> Result<String, jiff::Error> {
    let config = Config::new().custom(PosixCustom::new());
    BrokenDownTime::from(moment).to_string_with_config(&config, pattern)
}

/// `text` with Python's `%f`, always six digits, as jiff spells it, and without POSIX's modifiers E
/// and O, which change nothing in the C locale.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        pattern.push(c);
        if c == '%' {
            let modified = rest.clone().nth(1).is_some_and(char::is_alphabetic);
            if modified && matches!(rest.clone().next(), Some('E' | 'O')) {
                rest.next();
            }
            match rest.next() {
                Some('f') => pattern.push_str("6f"),
                Some(directive) => pattern.push(directive),
                None => {}
            }
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::{Offset, TimeZone};

    #[test]
    fn a_moment_is_written_as_strftime_does() {
        let zone = TimeZone::fixed(Offset::constant(1));
        let moment = date(2026, 3, 7)
            .at(9, 5, 2, 7_000_000)
            .to_zoned(zone)
            .unwrap();
        for (format, expected) in [
            ("%Y-%m-%dT%H:%M:%S", "2026-03-07T09:05:02"),
            (
                "%Y-%m-%d %H:%M:%S.%f %z",
                "2026-03-07 09:05:02.007000 +0100",
            ),
            ("%d/%b/%Y:%I:%M:%S %p", "07/Mar/2026:09:05:02 AM"),
            ("%a %A %B %y %j %w %u", "Sat Saturday March 26 066 6 6"),
            ("%U %W %V %G", "09 09 10 2026"),
            ("%c", "Sat Mar  7 09:05:02 2026"),
            ("%x %X", "03/07/26 09:05:02"),
            ("%e|%k|%l|%-d", " 7| 9| 9|7"),
            ("%Ey %Od %OH %EX %%Ey", "26 07 09 09:05:02 %Ey"),
            ("%s%%f", "1772870702%f"),
            ("100%%", "100%"),
            (
                "%D %F %T %R %h %n%t",
                "03/07/26 2026-03-07 09:05:02 09:05 Mar \n\t",
            ),
            ("no directive é", "no directive é"),
        ] {
            let parsed: DateFormat = format.parse().unwrap();
            assert_eq!(parsed.text(&moment), expected, "{format}");
        }
    }

    #[test]
    fn what_strftime_does_not_know_is_refused() {
        for format in ["", "%", "%!", "%Y-%", "%ö", "%E", "%E-"] {
            assert!(format.parse::<DateFormat>().is_err(), "{format:?}");
        }
    }
}
