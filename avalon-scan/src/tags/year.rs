//! Years out of dates.
//!
//! In: the date of a tag. Out: the year, or `None` where none can be read. What the original parsed
//! gives what it gave: a number as it stands, and the two forms of date with a time that it knew.
//! The rest is rule S1 of the contract: a year of four digits anywhere sensible.

use avalon_core::text;

use super::fields::Date;
use super::track_number::whole_number;

/// Years that a date may be searched for. Music has been written down for about a thousand years;
/// four digits outside of this are something else (`0000`, a part of a number).
const SENSIBLE: std::ops::RangeInclusive<u64> = 1000..=2999;

/// The year of a date, if one can be read.
pub fn read(date: &Date) -> Option<u64> {
    match date {
        Date::Text(text) => as_the_original(text).or_else(|| anywhere(text)),
        Date::Id3(text) => as_the_original(&id3_time_stamp(text)).or_else(|| anywhere(text)),
    }
}

/// A number, or `%Y-%m-%d %H:%M:%S` with a space or a `T`, by the rules of Python's `strptime`.
fn as_the_original(text: &str) -> Option<u64> {
    whole_number(text).or_else(|| date_and_time(text))
}

fn date_and_time(text: &str) -> Option<u64> {
    let mut rest = text.chars().peekable();
    let mut number = |longest: usize, until: fn(char) -> bool| {
        let mut value = 0;
        let mut digits = 0;
        while let Some(digit) = rest.peek().copied().and_then(text::decimal_digit) {
            value = value * 10 + u64::from(digit);
            digits += 1;
            rest.next();
            if digits > longest {
                return None;
            }
        }
        let mut separators = 0;
        while rest.next_if(|&c| until(c)).is_some() {
            separators += 1;
        }
        (digits > 0).then_some((value, digits, separators))
    };
    let hyphen = |c| c == '-';
    let colon = |c| c == ':';
    let space_or_t = |c: char| text::is_space(c) || matches!(c, 'T' | 't');
    let (year, 4, 1) = number(4, hyphen)? else {
        return None;
    };
    let (month, _, 1) = number(2, hyphen)? else {
        return None;
    };
    let (day, _, 1..) = number(2, space_or_t)? else {
        return None;
    };
    let (hour, _, 1) = number(2, colon)? else {
        return None;
    };
    let (minute, _, 1) = number(2, colon)? else {
        return None;
    };
    let (second, _, 0) = number(2, |_| true)? else {
        return None;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let real = year > 0 && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    real.then_some(year)
}

/// The first run of four digits that is a sensible year, or of eight that is a date
/// (`19990503`), with no digit before or after it.
fn anywhere(text: &str) -> Option<u64> {
    let runs = text.split(|c| text::decimal_digit(c).is_none());
    runs.filter_map(|run| {
        let value = whole_number(run)?;
        match run.chars().count() {
            4 => Some(value),
            8 if matches!(value / 100 % 100, 1..=12) && matches!(value % 100, 1..=31) => {
                Some(value / 10_000)
            }
            _ => None,
        }
    })
    .find(|year| SENSIBLE.contains(year))
}

/// A time stamp of ID3v2 as the original's reader of tags wrote it anew: up to six numbers between
/// any of `-T:/.` and white space, joined as `YYYY-MM-DD HH:MM:SS`, cut before the first that is no
/// number.
fn id3_time_stamp(text: &str) -> String {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut after_space = false;
    for c in text.chars() {
        let space = text::is_space(c);
        if space && after_space {
            continue;
        }
        if space || matches!(c, '-' | 'T' | ':' | '/' | '.') {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
        after_space = space;
    }
    parts.push(part);
    let mut stamp = String::new();
    for (at, number) in parts
        .iter()
        .take(6)
        .map_while(|part| python_int(part))
        .enumerate()
    {
        match at {
            0 => stamp.push_str(&format!("{number:04}")),
            3 => stamp.push_str(&format!(" {number:02}")),
            1 | 2 => stamp.push_str(&format!("-{number:02}")),
            _ => stamp.push_str(&format!(":{number:02}")),
        }
    }
    stamp
}

/// Python's `int()` of a word without white space: a sign, and single underscores between digits.
fn python_int(word: &str) -> Option<u64> {
    let digits = word.strip_prefix('+').unwrap_or(word);
    let lone = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    lone.then(|| whole_number(&digits.replace('_', "")))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_of_free_text() {
        for (text, expected) in [
            // What the original read.
            ("1999", Some(1999)),
            ("0", Some(0)),
            ("99", Some(99)),
            ("2038", Some(2038)),
            ("١٩٩٩", Some(1999)),
            ("19990503", Some(19_990_503)),
            ("1999-05-03 10:20:30", Some(1999)),
            ("1999-05-03T10:20:30", Some(1999)),
            ("1999-5-3 1:2:3", Some(1999)),
            ("0850-05-03 10:20:30", Some(850)),
            ("9999-05-03T10:20:30", Some(9999)),
            ("0850-02-29 10:20:30", None),
            ("0848-02-29 10:20:30", Some(848)),
            ("0850-05-03 10:20:60", None),
            ("0850-05-03 24:20:30", None),
            ("0850-05-03 10:20", None),
            ("0850-13-03 10:20:30", None),
            ("0850-05-03 10:20:30Z", None),
            // S1: it dropped the file.
            ("1999-05-03", Some(1999)),
            ("1999-05", Some(1999)),
            ("1999/05/03", Some(1999)),
            ("1999-05-03T10:20:30Z", Some(1999)),
            ("03.05.1999", Some(1999)),
            ("c. 1975", Some(1975)),
            ("1975?", Some(1975)),
            ("1990s", Some(1990)),
            ("(1987) 2004", Some(1987)),
            (" 1999 ", Some(1999)),
            ("20010203T101010", Some(2001)),
            ("0000-00-00", None),
            ("", None),
            (" ", None),
            ("unknown", None),
            ("'99", None),
            ("12345 6", None),
            ("19995", Some(19_995)),
            ("x19995", None),
            ("²", None),
        ] {
            assert_eq!(read(&Date::Text(text.to_owned())), expected, "{text:?}");
        }
    }

    #[test]
    fn years_of_id3_time_stamps() {
        for (text, expected) in [
            ("1999", Some(1999)),
            ("99", Some(99)),
            ("1999-05-03T10:20:30", Some(1999)),
            ("1999/05/03 10.20.30", Some(1999)),
            ("850-5-3 1:2:3", Some(850)),
            ("1_999", Some(1999)),
            ("+850", Some(850)),
            // S1.
            ("1999-05", Some(1999)),
            ("1999-05-03", Some(1999)),
            ("03/05/1999", Some(1999)),
            (" 1999", Some(1999)),
            ("c. 1975", Some(1975)),
            ("", None),
            ("5/3", None),
        ] {
            assert_eq!(read(&Date::Id3(text.to_owned())), expected, "{text:?}");
        }
    }

    #[test]
    fn time_stamps_are_written_anew() {
        for (text, expected) in [
            ("2003", "2003"),
            ("2003-5", "2003-05"),
            ("2003-05-03T12:34:00", "2003-05-03 12:34:00"),
            ("2003  5", "2003-05"),
            ("2003-x-5", "2003"),
            ("c. 1975", ""),
            ("1-2-3-4-5-6-7", "0001-02-03 04:05:06"),
        ] {
            assert_eq!(id3_time_stamp(text), expected, "{text:?}");
        }
    }
}
